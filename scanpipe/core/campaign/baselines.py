"""A base year for who kept no figures: from invoices, from boxes on a shelf, or from one month's counters, always as a range.

What the ranges are made of are assumptions, written here so that they can be read and disputed: they are shown with every figure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from scanpipe.core.campaign.paper_counts import BAD_QUANTITY, BadRow, PaperRow, Source, Terms, Unit, sheets_of
from scanpipe.i18n import N_

OTHER_BOX: Final = 5_000  # sheets: the other reading of published boxes (domain §5)
STOCK_MONTHS: Final = 1.0  # of paper that may lie in store at either end of a year
CALM: Final = (0.7, 1.0, 1.3)  # a month's use as a part of the mean month: least, likely, most
BUSY: Final[Mapping[int, tuple[float, float, float]]] = {3: (1.0, 1.3, 2.0), 4: (1.0, 1.3, 2.0), 2: (0.8, 1.1, 1.6), 8: (0.6, 0.9, 1.1)}

BOXES: Final = N_("a box may hold {other} sheets instead of {sheets}: look at one, then write sheets_per_box in [metrics] and in confirmed")
STOCK: Final = N_("up to a month's paper may lie in store at the beginning or the end of the year")
COUNTED: Final = N_("a box may just have been opened or used up at either count")
SEASON: Final = N_("a month says little of a year: {month} is taken as {least} to {most} of the mean month")
DUPLEX: Final = N_("nobody has said how much is printed on both sides: all sides on sheets of their own, or all of them two by two")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A4 sheets a year: likely, and between which two the true figure should lie. because: (message id, values) of what makes it uncertain."""

    low: float
    likely: float
    high: float
    because: tuple[tuple[str, Mapping[str, object]], ...] = ()


def from_invoices(boxes: float, terms: Terms) -> Estimate:
    """Boxes bought in a year. Raises BadRow below 0."""
    likely = _boxes(boxes, terms)
    store = STOCK_MONTHS / 12
    return _widened_by_box(Estimate(low=likely * (1 - store), likely=likely, high=likely * (1 + store), because=((STOCK, {}),)), terms)


def from_boxes_used(boxes: float, weeks: float, terms: Terms) -> Estimate:
    """Boxes that were used up in so many weeks. Raises BadRow below 0, and for no time."""
    if weeks <= 0:
        raise BadRow(BAD_QUANTITY, quantity=weeks)
    a_year = 365.25 / 7 / weeks
    low, likely, high = (_boxes(max(0.0, boxes + more), terms) * a_year for more in (-1, 0, 1))
    season = CALM
    because: tuple[tuple[str, Mapping[str, object]], ...] = ((COUNTED, {}),)
    if weeks < 26:
        low, high = low / season[2], high / season[0]
        because = (*because, (SEASON, {"month": f"{weeks:g} weeks", "least": season[0], "most": season[2]}))
    return _widened_by_box(Estimate(low=low, likely=likely, high=high, because=because), terms)


def from_counter(sides: float, month: date, terms: Terms, duplex: float | None = None) -> Estimate:
    """One month's clicks x 12, by the season. duplex: share of the sides that are two on a sheet, None = not known. Raises BadRow below 0."""
    least, usual, most = BUSY.get(month.month, CALM)
    row = PaperRow(month=f"{month:%Y-%m}", department="", source=Source.COUNTER, unit=Unit.SIDE, quantity=_positive(sides), duplex=duplex)
    sheets = sheets_of(row, terms).count
    known = duplex is not None or "duplex_share" in terms.confirmed
    few, many = (sheets, sheets) if known else (sides / 2, sides)
    season: Mapping[str, object] = {"month": f"{month:%Y-%m}", "least": least, "most": most}
    because: tuple[tuple[str, Mapping[str, object]], ...] = ((SEASON, season),)
    return Estimate(low=few * 12 / most, likely=sheets * 12 / usual, high=many * 12 / least, because=because if known else (*because, (DUPLEX, {})))


def _positive(quantity: float) -> float:
    if not 0 <= quantity < 1e12:
        raise BadRow(BAD_QUANTITY, quantity=quantity)
    return quantity


def _boxes(boxes: float, terms: Terms) -> float:
    return _positive(boxes) * terms.factors["sheets_per_box"]


def _widened_by_box(estimate: Estimate, terms: Terms) -> Estimate:
    """What a box holds is an assumption until somebody has looked."""
    here = terms.factors["sheets_per_box"]
    if "sheets_per_box" in terms.confirmed:
        return estimate
    low, high = min(1.0, OTHER_BOX / here), max(1.0, OTHER_BOX / here)
    says: tuple[str, Mapping[str, object]] = (BOXES, {"other": OTHER_BOX, "sheets": f"{here:g}"})
    return Estimate(low=estimate.low * low, likely=estimate.likely, high=estimate.high * high, because=(*estimate.because, says))


def rows_of(estimate: Estimate, department: str, fiscal_year: int, note: str) -> tuple[PaperRow, ...]:
    """The likely figure as an estimate for each month of the year."""
    months = (f"{fiscal_year if month >= 4 else fiscal_year + 1:04d}-{month:02d}" for month in (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3))
    quantity = estimate.likely / 12
    return tuple(PaperRow(month=month, department=department, source=Source.ESTIMATE, unit=Unit.SHEET, quantity=quantity, note=note) for month in months)
