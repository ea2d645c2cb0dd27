"""What the API answers of paper in boxes, of events that are waited for and of a changed schedule, field by field. Unknown = null."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from scanpipe.web.api.models import Day


class BoxBrief(BaseModel):
    """A box of paper originals."""

    box: str
    department: str
    status: str = Field(description="registered, digitised, verified, cleared, approved, destroyed, transferred or returned")
    attempts: int = Field(description="checks that it failed")
    done: list[dict[str, Any]] = Field(description="steps that stand: {kind, day, by, …}")
    records: int
    sheets: int
    a4_sheets: float
    declared_sheets: int | None = Field(description="as covers said")
    declared_counted: int | None = Field(description="as the scans of those have")
    earliest: Day | None = Field(description="on which its paper may go, as far as is known")


class Loose(BaseModel):
    """Records whose paper lies in no box."""

    department: str
    records: int
    sheets: int | None


class LeftOut(BaseModel):
    """A record whose cover named a box that did not take it."""

    number: str
    department: str
    box: str


class Boxes(BaseModel):
    boxes: list[BoxBrief]
    loose: list[Loose]
    left_out: list[LeftOut]


class Content(BaseModel):
    """A record in a box. free: the day from which its paper may go. lowest_dpi: of its pages, where it is in the sample."""

    number: str
    title: str | None
    category: str | None
    category_name: str | None
    pages: int | None
    blank_pages: int | None
    sheets: int | None
    a4_sheets: float | None
    restricted: bool
    declared_sheets: int | None
    needs_review: bool
    paper_only: bool
    held: bool
    free: Day | None
    in_sample: bool
    lowest_dpi: float | None


class NextStep(BaseModel):
    step: str
    not_by: list[str] = Field(description="people who may not do it, since they did what is checked")


class OneBox(BoxBrief):
    contents: list[Content] = Field(description="those that you may see")
    waits_for: list[str] = Field(description="in sentences")
    sample: list[str]
    sampled_by: str | None
    next: NextStep | None
    steps: list[dict[str, Any]] = Field(description="all that was done to it, the first first")


class Awaited(BaseModel):
    """How many records of a category wait for the event that starts their period."""

    category: str
    category_name: str | None
    records: int
    oldest: Day


class AwaitedList(BaseModel):
    awaiting: list[Awaited]


class Kept(BaseModel):
    period: int | str | None = Field(description="whole years, 永年 or 常用")
    start: str | None
    starts: Day | None
    expires: Day | None
    disposition: str | None


class Changed(BaseModel):
    """A record that the schedule of today would keep otherwise. after: null where its category is gone."""

    number: str
    category: str
    title: str | None
    effect: Literal["shorter", "longer", "other", "gone"]
    before: Kept
    after: Kept | None


class ChangedList(BaseModel):
    counts: dict[str, dict[str, int]] = Field(description="records by category and effect")
    records: list[Changed] = Field(description="of the category that was asked for, at most 1,000")
