"""What the API answers, field by field: the contract (design §10) as OpenAPI shows it. Unknown = null."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
LONGEST_QUERY: Final = 1000
_LAST: Final = 9223372036854775807  # of SQLite's whole numbers
Year = Annotated[int, Field(ge=1868, le=9998)]
Code = Annotated[str, Field(max_length=100)]
Cursor = Annotated[int, Field(ge=0, le=_LAST)]


class Fault(BaseModel):
    """Something in the request that is not understood."""

    loc: list[str | int] = Field(description="where: query, path or body, then the name")
    msg: str
    type: str


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str | list[Fault] = Field(description="a sentence of cause and remedy, or what of the request is not understood")


class Suggestion(BaseModel):
    category: str
    confidence: float = Field(ge=0, le=1)


class Hold(BaseModel):
    """What keeps records beyond their period."""

    id: str
    kind: str = Field(description="disclosure, appeal, litigation, audit or other")
    reason: str
    reference: str = Field(description="number of the request, case or audit")
    by: str
    from_: Day = Field(alias="from")
    until: Day | None = Field(description="the last day, where it is known beforehand")
    until_event: str | None = Field(description="what is waited for")
    ended: Day | None = Field(description="the day of the decision")
    voided: Day | None = Field(description="since when it is known to be a mistake")
    ends: Day | None = Field(description="its last day; null = until further notice")


class ListedHold(Hold):
    in_force: bool
    numbers: list[str] = Field(description="records that it names and that you may see")
    standing: dict[str, Any] | None = Field(description="department, category, fiscal_year of records that are held whenever they come")
    query: str | None
    records: int = Field(description="how many records it keeps that you may see")
    ended_by: str | None
    voided_by: str | None
    void_reason: str


class Retention(BaseModel):
    period: int | str | None = Field(description="whole years, 永年 or 常用")
    start: str | None = Field(description="the rule by which the period starts")
    starts: Day | None
    expires: Day | None
    disposition: str | None = Field(description="transfer, dispose or review")
    holds: list[Hold]


class Fact(BaseModel):
    """One fact that a page states, and where."""

    name: str
    value: str | int
    confidence: float
    page: int | None
    box: list[int] | None = Field(description="left, top, right, bottom in pixels of the upright page")
    quote: str


class Evidence(BaseModel):
    """One reason for a fact."""

    about: str
    rule: str
    quote: str
    weight: float | None
    page: int | None


class Original(BaseModel):
    name: str
    sha256: str
    bytes: int
    media_type: str


class PageFile(BaseModel):
    name: str
    sha256: str
    bytes: int


class Disposed(BaseModel):
    """How the record ended."""

    list_: str | None = Field(alias="list")
    kind: str
    action: str
    reason: str
    reference: str | None
    replaced_by: str | None
    at: Moment
    proposed_by: str
    approved_by: list[str]


class Brief(BaseModel):
    """A record in a list."""

    number: str
    id: str
    state: str
    department: str
    department_name: str | None
    category: str | None
    category_name: str | None
    needs_review: bool | None
    restricted: bool | None
    title: str | None
    kind: str | None
    document_number: str | None
    date: Day | None
    fiscal_year: int | None
    expires: Day | None
    pages: int | None
    sheets: int | None
    a4_sheets: float | None
    name: str = Field(description="of the file that was delivered")
    received: Moment
    filed: Moment | None


class Records(BaseModel):
    records: list[Brief] = Field(description="the newest first")
    next: int | None = Field(description="`before` of the next page; null = there is none")


class Correction(BaseModel):
    number: int
    at: Moment
    by: str
    reason: str
    changes: dict[str, Any]
    undoes: int | None


class Record(BaseModel):
    """A record, all facts (design §10)."""

    number: str
    id: str
    state: str
    department: str
    department_name: str | None
    category: str | None
    category_name: str | None
    confidence: float | None
    suggestions: list[Suggestion]
    needs_review: bool | None
    flags: list[str]
    title: str | None
    kind: str | None
    document_number: str | None
    date: Day | None
    fiscal_year: int | None
    completed: Day | None
    amount: int | None = Field(description="yen")
    sender: str | None
    addressee: str | None
    retention: Retention
    pages: int | None
    blank_pages: int | None
    sides: int | None
    sheets: int | None
    a4_sheets: float | None
    restricted: bool | None
    fields: list[Fact]
    evidence: list[Evidence]
    paper_status: str | None
    box: str | None
    original: Original
    files: list[PageFile]
    declared: dict[str, str]
    path: str | None = Field(description="in the cabinet, relative to store/archive")
    vault_path: str | None
    received: Moment
    filed: Moment | None
    engine: str | None
    last_error: str | None
    disposal: Disposed | None
    batch: str | None
    parts: list[str]
    merged: list[str]
    merged_into: str | None
    replaces: str | None
    replaced_by: str | None
    corrections: list[Correction]
    next: str = Field(description="what happens next, in a sentence")
    text: str | None = Field(default=None, description="pages joined by form feeds; only with ?text=true")


class Text(BaseModel):
    number: str
    text: str = Field(description="pages joined by form feeds")


class Page(BaseModel):
    """A page that was read. width, height: pixels of the upright page."""

    page: int
    width: int
    height: int
    dpi: float
    rotation: int = Field(description="clockwise degrees that turn the stored page upright")
    blank: bool
    engine: str
    confidence: float | None = Field(description="mean of what was read, 0-100")
    text: str


class Pages(BaseModel):
    number: str
    pages: list[Page]


class Part(BaseModel):
    text: str
    hit: bool


class OnePage(BaseModel):
    """A page as it is looked at. width, height: pixels of the upright page."""

    number: str
    page: int
    width: int
    height: int
    blank: bool
    text: list[Part] = Field(description="in order; what the query found is marked")
    boxes: list[list[float]] = Field(description="of the hits: left, top, right, bottom in pixels of the upright page")


class Event(BaseModel):
    seq: int
    at: Moment
    kind: str
    actor: str
    data: dict[str, Any]


class Events(BaseModel):
    number: str
    events: list[Event]


class Hit(BaseModel):
    number: str
    title: str | None
    department: str
    category: str
    fiscal_year: int
    date: Day | None
    page: int = Field(description="on which the words stand best")
    snippet: str


class Facet(BaseModel):
    value: str
    records: int


class Found(BaseModel):
    hits: list[Hit]
    total: int = Field(description="0-1000")
    capped: bool = Field(description="there are more than `total`")
    exact: bool = Field(description="false: longer words were not verified on every record")
    more: bool
    before: int | None = Field(description="for the next page, newest order; null = there is none")
    after: int | None = Field(description="for the previous page, newest order; null = there is none")
    facets: dict[str, list[Facet]]


class SavedSearch(BaseModel):
    name: str
    query: str = Field(description="as the address of the search page has it")
    created: Moment


class SavedSearches(BaseModel):
    searches: list[SavedSearch]


class Doubtful(BaseModel):
    """A record that asks for a person."""

    number: str
    department: str
    path: str | None
    title: str | None
    date: Day | None
    category: str | None
    confidence: float | None
    suggestions: list[Suggestion]
    flags: list[str]


class Review(BaseModel):
    records: list[Doubtful] = Field(description="the oldest first")


class Changes(BaseModel):
    """New values by name; null = there is none. Nothing at all = the record is right as it is."""

    model_config = {"extra": "forbid"}

    category: str | None = None
    department: str | None = None
    title: str | None = None
    kind: str | None = None
    document_number: str | None = None
    sender: str | None = None
    addressee: str | None = None
    date: str | None = None
    completed: str | None = None
    event: str | None = None
    extended: str | None = None


class Decision(BaseModel):
    """What a person says of a record."""

    model_config = {"extra": "forbid"}

    changes: Changes = Field(default_factory=Changes)
    reason: str = Field(default="", max_length=500)
    undo: bool = Field(default=False, description="take the newest correction back instead")
    dry_run: bool = Field(default=False, description="only say what would change")


class Decided(BaseModel):
    number: str
    title: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    expires: Day | None
    path: str | None
    needs_review: bool


class Decisions(BaseModel):
    records: list[Decided]
    unchanged: list[str] = Field(description="numbers of those that are as they should be already")
    dry_run: bool


class Section(BaseModel):
    code: str
    name: str
    bureau: str
    staff: int
    valid_from: Day | None
    valid_to: Day | None
    successor: str | None


class Sections(BaseModel):
    departments: list[Section]


class Category(BaseModel):
    code: str
    name: str
    name_en: str
    period: int | str
    start: str
    disposition: str
    event: str = Field(description="what starts the period; empty where nothing does")
    restricted: bool
    records: int = Field(description="that you may see")


class Categories(BaseModel):
    categories: list[Category]


class Due(BaseModel):
    number: str
    title: str | None
    department: str = Field(description="that answers for it today")
    section_of_origin: str
    category: str
    category_name: str | None
    completed: Day
    retention: Retention
    sheets: int
    without_holds: Day
    disposable_from: Day | None


class DueList(BaseModel):
    fiscal_year: int
    until: Day
    due: list[Due]
    blocked: list[Due] = Field(description="that only a hold keeps beyond that day")


class Holds(BaseModel):
    holds: list[ListedHold]


class Volume(BaseModel):
    records: int
    sheets: int


class Binder(BaseModel):
    id: str
    department: str
    year: int
    calendar: bool
    category: str
    category_name: str | None
    records: int
    sheets: int
    first_completed: Day
    last_completed: Day
    volumes: list[Volume]


class BinderList(BaseModel):
    binders: list[Binder]
    loose: int = Field(description="records that are in no binder, since nobody knows their category yet")


class RegisterLine(BaseModel):
    """The 13 fields of the register (行政文書ファイル管理簿)."""

    created: str
    class_1: str
    class_2: str
    name: str
    author: str
    starts: Day | None
    period: str
    expires: Day | None
    media: str
    place: str
    keeper: str
    disposition: str
    remarks: str


class RegisterList(BaseModel):
    register_: list[RegisterLine] = Field(alias="register")


class Proposed(BaseModel):
    by: str
    at: Moment


class Act(BaseModel):
    by: str
    at: Moment
    text: str


class Need(BaseModel):
    what: str
    of: list[str]
    count: int


class Disposal(BaseModel):
    """A list of records to destroy or to hand to the archives."""

    number: str
    id: str
    kind: Literal["expired", "withdrawal"]
    stage: str
    fiscal_year: int
    proposed: Proposed
    records: int = Field(description="of those that you may see")
    disposed: int
    needs: list[Need]


class Disposals(BaseModel):
    disposals: list[Disposal]


class DisposalEntry(BaseModel):
    number: str
    department: str
    department_name: str | None
    action: str | None
    state: str
    obstacle: str | None
    held_by: str | None = Field(description="references of the holds that keep it today")
    batch_of: list[str]
    bagged: bool
    title: str | None
    category: str | None
    category_name: str | None
    completed: Day | None
    period: str | None
    expires: Day | None
    sheets: int | None
    pages: int | None
    a4_sheets: float | None
    sha256: str
    restricted: bool


class Answer(BaseModel):
    department: str
    by: str
    at: Moment
    text: str


class OneDisposal(BaseModel):
    number: str
    id: str
    kind: Literal["expired", "withdrawal"]
    stage: str
    fiscal_year: int
    proposed: Proposed
    reason: str
    last: Day
    replaced_by: str | None
    entries: list[DisposalEntry]
    sheets: int
    answers: list[Answer]
    approvals: list[Act]
    begun: Act | None
    bagged: Act | None
    handed_over: Act | None
    cancelled: Act | None
    done: Act | None
    needs: list[Need]


class SectionStatus(BaseModel):
    deliveries: int
    records: int
    duplicates: int
    rejected: int
    waiting: int
    last_received: Moment | None


class Waiting(BaseModel):
    number: str
    department: str
    received: Moment
    state: str
    attempts: int
    last_error: str | None


class Paused(BaseModel):
    stage: str
    since: Moment
    reason: str
    says: str


class Lying(BaseModel):
    department: str
    name: str
    since: Moment
    reason: str
    says: str


class Job(BaseModel):
    started: Moment
    finished: Moment | None
    outcome: str


class Reading(BaseModel):
    """A scan that waits to be read or is being read."""

    number: str
    department: str
    name: str
    pages_read: int
    pages: int | None


class Altered(BaseModel):
    """A record that is not as it was filed."""

    number: str
    department: str
    checked: Moment
    says: list[str]


class Fixity(BaseModel):
    """How far the background reading is. late: due for more than a day."""

    records: int
    checked: int
    oldest: Moment | None
    newest: Moment | None
    late: int
    faults: list[Altered]


class Counts(BaseModel):
    """deliveries = records + duplicates + rejected + waiting."""

    deliveries: int
    records: int
    duplicates: int
    rejected: int
    waiting: int
    disposed: int
    needs_review: int
    states: dict[str, int]
    departments: dict[str, SectionStatus]
    paused: list[Paused] = Field(description="places at fault: a stage rests")
    lying: list[Lying] = Field(description="files in drop folders that are not taken")


class Status(Counts):
    """What is where, of what you may see."""

    oldest_waiting: Waiting | None
    timetable: dict[str, Job]
    reading: list[Reading]
    fixity: Fixity


class Delivery(BaseModel):
    """A scan of the day and what became of it."""

    received: Moment
    name: str
    department: str
    outcome: Literal["accession", "duplicate", "rejected"]
    number: str | None
    state: str | None
    pages: int | None
    sheets: int | None
    title: str | None
    category: str | None
    category_name: str | None
    path: str | None
    needs_review: bool
    reason: str | None = Field(description="why it was not taken")


class Today(BaseModel):
    day: Day
    deliveries: list[Delivery] = Field(description="the newest first, at most 200")
    counts: dict[str, int]


class AsScanned(BaseModel):
    """What scanners saw of the records that count. pages: images, blank ones too. sides: with content. sheets: pieces of paper of any size."""

    records: int
    pages: int
    blank_pages: int
    sides: int
    sheets: int


class RawSheets(BaseModel):
    digitised: AsScanned
    cleared: AsScanned
    removed: AsScanned


class SheetsOf(BaseModel):
    """Stored sheets in A4: digitised, cleared for removal, removed."""

    key: str = Field(
        description="code of the section or category, the month or fiscal year; the device as its companion files name it, else inbox: and the section's code"
    )
    name: str | None
    digitised: float
    cleared: float
    removed: float
    raw: RawSheets | None = Field(default=None, description="where it was asked for")


class Sheets(BaseModel):
    by: Literal["department", "month", "fiscal_year", "category", "device"]
    fiscal_year: int | None
    rows: list[SheetsOf]


class Uploaded(BaseModel):
    department: str
    names: list[str] = Field(description="that the scans have in the drop folder; they stand so in the receipt list")
