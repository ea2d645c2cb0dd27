"""What the API says of searches, of what waits for a person, and of decisions."""

from typing import Any

from pydantic import BaseModel, Field

from scanpipe.web.api.models import Day, Moment, Suggestion


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
