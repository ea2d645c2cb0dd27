"""What the API answers, field by field: the contract (design §10) as OpenAPI shows it. Unknown = null."""

from typing import Annotated, Final

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
