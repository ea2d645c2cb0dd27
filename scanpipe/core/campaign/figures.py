"""All figures of paper as one tree, and its JSON: what page, API, CSV, Excel, PDF and Prometheus show is taken from here, to the last digit (design §9).

Ledger A (paper never printed) and ledger B (stored sheets removed) stand apart: nothing here adds one to the other. All sheets are A4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import accumulate
from typing import Any, Final

from scanpipe.core.campaign import indicators
from scanpipe.core.campaign.burndown import Forecast
from scanpipe.core.campaign.campaigns import Campaign, Course, Reason, Target
from scanpipe.core.campaign.conversions import Conversion
from scanpipe.core.campaign.indicators import KINDS
from scanpipe.core.campaign.ledger_a import Figure, Hint, Note
from scanpipe.core.campaign.so_far import SoFar, so_far
from scanpipe.core.serial import as_json
from scanpipe.i18n import _

JsonObject = dict[str, Any]
LEDGERS: Final = ("digitised", "cleared", "removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerB:
    """Stored sheets that were digitised, that may go (cleared), and that are gone (removed). They are stages of the same paper, never added either."""

    digitised: float = 0.0
    cleared: float = 0.0
    removed: float = 0.0

    def __add__(self, other: "LedgerB") -> "LedgerB":
        return LedgerB(digitised=self.digitised + other.digitised, cleared=self.cleared + other.cleared, removed=self.removed + other.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What stands behind a figure of ledger A.

    months: those compared. sources_differ: months in which base and use come from different sources. provisional: factors nobody confirmed that it was made
    from: the figure carries 仮. adjusted: without what the notes tell of, None where none does. stockpiled: Marches that look like stock.
    """

    months: tuple[str, ...] = ()
    months_without_base: tuple[str, ...] = ()
    months_without_current: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sources_differ: tuple[str, ...] = ()
    provisional: tuple[str, ...] = ()
    adjusted: Figure | None = None
    notes: tuple[Note, ...] = ()
    stockpiled: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Cabinets: metres at the start and now, how many there are, are emptied, are signed off by a second person. assumed: of them with nothing but a factor."""

    fm_start: float = 0.0
    fm_now: float = 0.0
    cabinets: int = 0
    emptied: int = 0
    signed_off: int = 0
    assumed: int = 0

    @property
    def zero(self) -> bool:
        """There are cabinets, and all are emptied and signed off (design §9)."""
        return self.cabinets > 0 and self.emptied == self.signed_off == self.cabinets


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfGoal:
    """day: on which fm metres may be left, in campaign number `campaign`. planned_now: what the straight line there allows today, None before it begins."""

    day: date
    fm: float
    campaign: int
    planned_now: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Metres on one day. fm: recorded then; left: of the cabinets that there are now, as if they had always been there; planned: None without a goal."""

    day: date
    fm: float
    left: float
    planned: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerHead:
    """Sheets a desk worker, rounded to 0.1; None where it or the staff is not known."""

    base: float | None = None
    current: float | None = None
    saved: float | None = None
    digitised: float | None = None
    removed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFigures:
    """month: 2025-04."""

    month: str
    ledger_a: Figure
    ledger_b: LedgerB


@dataclass(frozen=True, slots=True, kw_only=True)
class YearFigures:
    """A fiscal year of the whole office."""

    fiscal_year: int
    ledger_a: Figure
    ledger_b: LedgerB


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A section's, or the office's, way in the campaign. provisional: factors nobody confirmed behind its sheets. reasons: why it lags, empty if it does not."""

    target: Target | None
    course: Course
    provisional: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def lagging(self) -> bool:
        return bool(self.reasons)

    def says(self) -> list[str]:
        """The reasons, as sentences in the language of who reads."""
        return [_(one.says).format(**one.facts) for one in self.reasons]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The figures of one section, or with code "" (campaigns.OFFICE) of all together.

    name, bureau: "" = not known any more. staff: at desks. exists: on the day. months: of the period, oldest first, none to come. conversions: of what ledger A saved.
    way: None without a campaign. known: whether anything at all was entered or filed for it.
    """

    code: str
    name: str = ""
    bureau: str = ""
    staff: int = 0
    exists: bool = True
    known: bool = False
    ledger_a: Figure = field(default_factory=Figure)
    behind: Behind | None = None
    ledger_b: LedgerB = field(default_factory=LedgerB)
    cabinets: Shelf = field(default_factory=Shelf)
    cabinets_provisional: bool = False
    per_head: PerHead = field(default_factory=PerHead)
    months: tuple[MonthFigures, ...] = ()
    goal: ShelfGoal | None = None
    forecast: Forecast | None = None
    conversions: tuple[Conversion, ...] = ()
    way: Way | None = None

    @property
    def provisional(self) -> tuple[str, ...]:
        """Factors that nobody confirmed behind ledger A's figures."""
        return self.behind.provisional if self.behind else ()

    @property
    def rate_hidden(self) -> bool:
        """The base is too small for a rate to say anything (domain §5, trap 14)."""
        return self.ledger_a.base is not None and self.ledger_a.rate is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A figure that offices report beside their paper, never mixed into sheets. total: over the period. months: of the whole office."""

    kind: str
    total: indicators.Sum | None
    months: tuple[indicators.Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything at once.

    day: as on which cabinets and campaign are seen. fiscal_year: of ledger B, None = all years. paper_year: of ledger A, None = no rows. base_year: that
    it is compared with. campaign: None = none runs. sections: by their codes. years: all that anything is known of. curve: metres of the whole office.
    """

    day: date
    fiscal_year: int | None
    paper_year: int | None
    base_year: int | None
    hide_below: float
    campaign: Campaign | None
    city: Part
    sections: tuple[Part, ...]
    years: tuple[YearFigures, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    curve: tuple[Point, ...] = ()

    def section(self, code: str) -> Part | None:
        return next((one for one in self.sections if one.code == code), None)

    @property
    def lagging(self) -> tuple[Part, ...]:
        """The sections that lag in the campaign."""
        return tuple(one for one in self.sections if one.way is not None and one.way.lagging)

    @property
    def sliding(self) -> tuple[Part, ...]:
        """The sections whose newest months all lie above their path: the alert."""
        return tuple(one for one in self.sections if one.way is not None and one.way.course.sliding)

    def so_far(self, part: Part) -> tuple[SoFar, ...]:
        """Ledger A of a part of this, added up month by month against what the campaign asks."""
        months = {one.month: one.ledger_a for one in part.months}
        path = part.way.course.path if part.way else ()
        return so_far(months, part.ledger_a, path, self.paper_year, self.hide_below) if self.paper_year is not None else ()

    def stored_so_far(self, part: Part) -> tuple[tuple[str, LedgerB], ...]:
        """Ledger B of a part of this, added up month by month."""
        return tuple(zip((one.month for one in part.months), accumulate(one.ledger_b for one in part.months), strict=True))

    def without_sections(self) -> "Figures":
        """For the public: nothing that names a section or can be traced to one."""
        behind = replace(self.city.behind, notes=(), stockpiled=()) if self.city.behind else None
        way = replace(self.city.way, reasons=()) if self.city.way else None
        return replace(self, city=replace(self.city, behind=behind, way=way), sections=())

    # --- as JSON ---

    def stats(self) -> JsonObject:
        """The body of `stats --json` and /api/v1/stats (design §10), without `by` and `rows`: the sections of which anything is known."""
        return {
            "fiscal_year": self.fiscal_year,
            "base_year": self.base_year,
            "ledger_a_year": self.paper_year,
            "city": {**_contract(self.city), "conversions": [as_json(one) for one in self.city.conversions]},
            "departments": {one.code: {"name": one.name or None, **_contract(one)} for one in self.sections if one.known},
            "ledger_a_months": {one.month: as_json(one.ledger_a) for one in self.city.months if _any(one.ledger_a)},
        }

    def body(self) -> JsonObject:
        """The body of /api/v1/stats/campaign: everything, all sections, sentences in the language of who reads."""
        return {
            "day": self.day.isoformat(),
            "fiscal_year": self.fiscal_year,
            "ledger_a_year": self.paper_year,
            "base_year": self.base_year,
            "rate_hidden_below": self.hide_below,
            "campaign": campaign_json(self.campaign, self.day) if self.campaign else None,
            "city": _whole(self, self.city),
            "departments": {one.code: _whole(self, one) for one in self.sections},
            "years": [as_json(one) for one in self.years],
            "indicators": {one.kind: _indicator(one) for one in self.indicators},
            "cabinet_curve": [as_json(one) for one in self.curve],
        }


def _any(figure: Figure) -> bool:
    return figure != Figure()


def _contract(part: Part) -> JsonObject:
    """What `stats --json` says of the city and of each section."""
    held = {name: getattr(part.cabinets, name) for name in ("fm_start", "fm_now", "cabinets", "emptied", "signed_off")}
    return {
        "ledger_a": as_json(part.ledger_a),
        "paper": as_json(part.behind) if part.behind else None,
        "ledger_b": as_json(part.ledger_b),
        "cabinets": held,
    }


def _whole(figures: Figures, part: Part) -> JsonObject:
    return {
        "name": part.name or None,
        "bureau": part.bureau or None,
        "staff": part.staff or None,
        "exists": part.exists,
        **_contract(part),
        "provisional": list(part.provisional),
        "rate_hidden": part.rate_hidden,
        "per_head": as_json(part.per_head),
        "months": [as_json(one) for one in part.months],
        "so_far": {
            "ledger_a": [{"month": one.month, **as_json(one.ledger_a), "to_save": one.to_save} for one in figures.so_far(part)],
            "ledger_b": [{"month": month, **as_json(sheets)} for month, sheets in figures.stored_so_far(part)],
        },
        "conversions": [as_json(one) for one in part.conversions],
        "zero": part.cabinets.zero,
        "cabinets_provisional": part.cabinets_provisional,
        "target_fm": as_json(part.goal) if part.goal else None,
        "forecast": as_json(part.forecast) if part.forecast else None,
        "way": way_json(part.way) if part.way else None,
    }


def way_json(way: Way) -> JsonObject:
    """A way in a campaign, as `campaign show --json` has it. lagging is said of sections alone."""
    course, target = way.course, way.target
    return {
        "target": {name: getattr(target, name) for name in ("rate", "cap", "fm", "scans_week")} if target else None,
        "gaps": {name: as_json(gap) if (gap := getattr(course, name)) else None for name in ("rate", "cap", "fm", "scans")},
        "backslides": [as_json(one) for one in course.backslides],
        "path": [as_json(one) for one in course.path],
        "sliding": course.sliding,
        "provisional": list(way.provisional),
        "filled_again": course.filled,
        "last_scan": course.last_scan.isoformat() if course.last_scan else None,
        "lagging": way.lagging,
        "reasons": way.says(),
    }


def campaign_json(campaign: Campaign, day: date) -> JsonObject:
    """A campaign and whether it runs on this day."""
    return {**as_json(campaign), "runs": campaign.runs(day)}


def _indicator(one: Indicator) -> JsonObject:
    definition = KINDS[one.kind]
    return {
        "name": _(definition.name),
        "definition": _(definition.says),
        "unit": definition.unit.value,
        "total": as_json(one.total) if one.total else None,
        "months": [as_json(month) for month in one.months],
    }


# --- made of parts ---


def per_head(staff: int, figure: Figure, sheets: LedgerB) -> PerHead:
    """Sheets a head; nothing where the staff is not known."""
    if staff <= 0:
        return PerHead()
    values: Mapping[str, float | None] = {
        "base": figure.base, "current": figure.current, "saved": figure.saved, "digitised": sheets.digitised, "removed": sheets.removed
    }  # fmt: skip
    return PerHead(**{name: None if value is None else round(value / staff, 1) + 0.0 for name, value in values.items()})


def by_month(paper: Mapping[str, Figure], sheets: Mapping[str, LedgerB]) -> tuple[MonthFigures, ...]:
    """Both ledgers side by side for every month that either tells of."""
    return tuple(MonthFigures(month=name, ledger_a=paper.get(name, Figure()), ledger_b=sheets.get(name, LedgerB())) for name in sorted({*paper, *sheets}))


def summed(several: Iterable[LedgerB]) -> LedgerB:
    """All of them together."""
    return sum(several, LedgerB())
