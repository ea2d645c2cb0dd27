"""What /api/v1/stats answers, field by field. Sheets are A4; ledger A and ledger B are never added (design §9). Unknown = null."""

from typing import Literal

from pydantic import BaseModel, Field

from scanpipe.web.api.models import Day


class LedgerA(BaseModel):
    """Sheets that were never printed: paper used against the same months of the base year."""

    base: float | None
    current: float | None
    saved: float | None
    rate: float | None = Field(description="saved of base (with the staff ratio), as a fraction; null also where the base is too small to tell")


class LedgerB(BaseModel):
    """Stored sheets: digitised, cleared for removal, removed. Three stages of the same paper, never added."""

    digitised: float
    cleared: float
    removed: float


class Note(BaseModel):
    """Why a month is out of the ordinary. department: null = all sections. sheets: that it took."""

    month: str
    department: str | None
    text: str
    sheets: float | None


class Hint(BaseModel):
    """A March whose purchases look like stock for the next year."""

    month: str
    department: str
    sheets: float
    mean: float = Field(description="of January to March")


class Behind(BaseModel):
    """What stands behind a figure of ledger A."""

    months: list[str] = Field(description="that were compared")
    months_without_base: list[str]
    months_without_current: list[str]
    sources: list[str] = Field(description="purchase, counter, estimate")
    sources_differ: list[str] = Field(description="months in which base and use come from different sources")
    provisional: list[str] = Field(description="factors that nobody has confirmed and the figure was made from: it carries 仮")
    adjusted: LedgerA | None = Field(description="without what the notes tell of")
    notes: list[Note]
    stockpiled: list[Hint]


class Cabinets(BaseModel):
    """fm: metres of stacked paper."""

    fm_start: float
    fm_now: float
    cabinets: int
    emptied: int
    signed_off: int = Field(description="by a second person")


class Conversion(BaseModel):
    """The saved sheets as something else."""

    name: str
    amount: float
    unit: str
    factor: str
    value: float
    source: str
    provisional: bool = Field(description="nobody has confirmed the factor")


class SectionStats(BaseModel):
    name: str | None
    ledger_a: LedgerA
    paper: Behind | None = Field(description="null = no row of ledger A")
    ledger_b: LedgerB
    cabinets: Cabinets


class CityStats(BaseModel):
    ledger_a: LedgerA
    paper: Behind | None
    ledger_b: LedgerB
    cabinets: Cabinets
    conversions: list[Conversion]


class Stats(BaseModel):
    fiscal_year: int | None = Field(description="of ledger B and cabinets; null = all years")
    base_year: int | None
    ledger_a_year: int | None = Field(description="of ledger A; where no fiscal_year was asked for, the newest with rows")
    city: CityStats
    departments: dict[str, SectionStats] = Field(description="by code; those of which anything is known")
    ledger_a_months: dict[str, LedgerA] = Field(description="of the city")


class Month(BaseModel):
    month: str
    ledger_a: LedgerA
    ledger_b: LedgerB


class PerHead(BaseModel):
    """Sheets a desk worker."""

    base: float | None
    current: float | None
    saved: float | None
    digitised: float | None
    removed: float | None


class TargetMetres(BaseModel):
    """Metres that may be left on a day, by a running campaign."""

    day: Day
    fm: float
    campaign: int
    planned_now: float | None


class Forecast(BaseModel):
    day: Day | None = Field(description="on which nothing is left, if it goes on as in the last weeks")
    metres_a_week: float | None
    reason: str | None = Field(description="why there is no day")


class Target(BaseModel):
    rate: float | None
    cap: int | None
    fm: float | None
    scans_week: int | None


class Gap(BaseModel):
    """missing: how much is still to do, 0 or below = on course."""

    asked: float
    actual: float
    missing: float


class RateGap(Gap):
    """In sheets."""

    rate: float
    target: float


class Gaps(BaseModel):
    rate: RateGap | None
    cap: Gap | None
    fm: Gap | None
    scans: Gap | None


class Backslide(BaseModel):
    month: str
    used: float
    allowed: float


class Allowance(BaseModel):
    """What a month may use. base: of the same month of the campaign's base year, staff ratio included."""

    month: str
    sheets: float
    base: float | None


class PaperSoFar(LedgerA):
    """Ledger A from April to the end of this month; nulls for months to come."""

    month: str
    to_save: float | None = Field(description="what the campaign asks to have saved by then")


class StoredSoFar(LedgerB):
    """Ledger B from April to the end of this month."""

    month: str


class AddedUp(BaseModel):
    """Both ledgers, each by itself, added up month by month."""

    ledger_a: list[PaperSoFar]
    ledger_b: list[StoredSoFar]


class Way(BaseModel):
    """A section's way in the campaign."""

    target: Target | None
    gaps: Gaps
    backslides: list[Backslide]
    path: list[Allowance] = Field(description="of all months of the campaign: by rate and cap, the lower one")
    sliding: bool = Field(description="the newest three months all lie above the path: the alert")
    provisional: list[str]
    filled_again: float
    last_scan: Day | None
    lagging: bool
    reasons: list[str]


class Part(SectionStats):
    bureau: str | None
    staff: int | None
    exists: bool
    provisional: list[str]
    rate_hidden: bool = Field(description="the base is below rate_hidden_below")
    per_head: PerHead
    months: list[Month]
    so_far: AddedUp
    conversions: list[Conversion]
    zero: bool = Field(description="has cabinets, and all are emptied and signed off")
    cabinets_provisional: bool
    target_fm: TargetMetres | None
    forecast: Forecast | None
    way: Way | None = Field(description="null without a campaign")


class Campaign(BaseModel):
    id: str
    number: int
    name: str
    start: Day
    end: Day
    base_year: int | None
    by: str
    at: str
    ended: Day | None
    ended_by: str | None
    end_reason: str
    runs: bool


class Year(BaseModel):
    """A fiscal year of the city."""

    fiscal_year: int
    ledger_a: LedgerA
    ledger_b: LedgerB


class Sum(BaseModel):
    kind: str
    value: float
    numerator: float | None
    denominator: float | None
    months: int
    counted: bool = Field(description="false: a share that was reported without its counts")


class IndicatorMonth(BaseModel):
    month: str
    kind: str
    department: str
    value: float
    numerator: float | None
    denominator: float | None
    source: str
    note: str


class Indicator(BaseModel):
    """A figure that offices report beside their paper; never a part of any ledger."""

    name: str
    definition: str
    unit: Literal["share", "pieces", "hours", "yen"]
    total: Sum | None
    months: list[IndicatorMonth]


class Point(BaseModel):
    day: Day
    fm: float
    left: float
    planned: float | None


class CampaignStats(BaseModel):
    """Everything that the page /campaign shows."""

    day: Day
    fiscal_year: int | None
    ledger_a_year: int | None
    base_year: int | None
    rate_hidden_below: float
    campaign: Campaign | None
    city: Part
    departments: dict[str, Part] = Field(description="by code; all sections")
    years: list[Year]
    indicators: dict[str, Indicator]
    cabinet_curve: list[Point]


class Act(BaseModel):
    by: str
    day: Day


class Cabinet(BaseModel):
    """One cabinet. fm: metres of paper in it now."""

    id: str
    department: str
    place: str
    tiers: int | None
    width_m: float | None
    fm: float
    basis: Literal["measured", "computed", "assumed"]
    fm_start: float
    since: Day
    changed: Day
    emptied: Act | None
    signed_off: Act | None = Field(description="by a second person")
    voided: bool
    provisional: bool = Field(description="its metres are nothing but a factor that nobody has confirmed")


class Suggestion(BaseModel):
    """Paper that ledger B saw removed since the cabinets of the section were changed last. Nothing is entered by itself: measured volume wins."""

    removed_sheets: float
    since: Day
    fm: float = Field(description="removed_sheets in metres")
    fm_now_suggested: float
    factor: str
    sheets_per_file_metre: float
    provisional: bool


class Progress(Cabinets):
    """Of one section or of the whole office."""

    zero: bool
    target: TargetMetres | None
    forecast: Forecast
    suggestion: Suggestion | None


class Register(BaseModel):
    day: Day
    cabinets: list[Cabinet]
    departments: dict[str, Progress] = Field(description="by code")
    city: Progress
