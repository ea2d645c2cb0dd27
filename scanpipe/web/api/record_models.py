"""What the API says of a record."""

from typing import Any

from pydantic import BaseModel, Field

from scanpipe.web.api.models import Day, Evidence, Fact, Moment, Retention, Suggestion


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
    sizes: dict[str, int] | None = Field(description="sheets by the size of their paper, as A4 or 80x200 (mm)")
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
