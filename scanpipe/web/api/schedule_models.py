"""What the API says of sections, the schedule, files, holds and disposal."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from scanpipe.web.api.models import Day, Hold, Moment, Retention


class ListedHold(Hold):
    in_force: bool
    numbers: list[str] = Field(description="records that it names and that you may see")
    standing: dict[str, Any] | None = Field(description="department, category, fiscal_year of records that are held whenever they come")
    query: str | None
    records: int = Field(description="how many records it keeps that you may see")
    ended_by: str | None
    voided_by: str | None
    void_reason: str


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
