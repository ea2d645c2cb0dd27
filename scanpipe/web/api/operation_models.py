"""What the API says of the operation and of the sheets that were counted."""

from typing import Literal

from pydantic import BaseModel, Field

from scanpipe.web.api.models import Day, Moment


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
    """What scanners saw of the records that count. pages: images, blank ones too. sides: with content. sheets: pieces of paper of any size.

    sizes: the sheets by A3, A4, A5, B4, B5 and other, those that occur.
    """

    records: int
    pages: int
    blank_pages: int
    sides: int
    sheets: int
    sizes: dict[str, int]


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
