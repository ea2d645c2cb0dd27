"""Ledger A: sheets never printed (domain §5). saved = base x k - current, rate = saved / (base x k); base = the same months of the base year, k = staff ratio.

One source counts for a section and month: purchase before counter before estimate, and where base and current have one in common, that one. It is never
added to ledger B. What is compared is only what both years tell: a month that is known of one year alone changes no saving.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from scanpipe.core.campaign.devices import Device, keeper_of
from scanpipe.core.campaign.paper_counts import WHOLE, PaperRow, Sheets, Source, Terms, first_day, sheets_of
from scanpipe.core.retention import successor_of

_YEAR_OF_MONTHS: Final = (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)
_STOCKPILE: Final = 1.5  # a March above this many times the mean of January to March looks like stock for the next year

BySource = dict[Source, Sheets]
Sums = dict[tuple[str, int], BySource]  # (section, month 1-12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One section's month in A4 sheets. month: YYYY-MM. base: of the same month of the base year. None = not known.

    source, base_source: where each comes from. made_from: the factors in both.
    """

    month: str
    department: str
    current: float | None
    base: float | None = None
    source: Source | None = None
    base_source: Source | None = None
    made_from: frozenset[str] = frozenset()

    @property
    def comparable(self) -> bool:
        return self.base is not None and self.current is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What stands in ledger A, in A4 sheets. rate: a fraction, None where the base is too small to tell. All None = nothing is known."""

    base: float | None = None
    current: float | None = None
    saved: float | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Why a month is out of the ordinary: an election, benefits, a census. department: None = all sections.

    sheets: A4 sheets that it took, None = not known; the adjusted figure then leaves the month out.
    """

    month: str
    department: str | None
    text: str
    sheets: float | None = None


def months_of(fiscal_year: int, rows: Iterable[PaperRow], base_rows: Iterable[PaperRow], devices: Mapping[str, Device], terms: Terms) -> list[Month]:
    """Every section's months of this fiscal year of which anything is known, by month and section.

    rows, base_rows: those of this fiscal year and of the base year. A section that had ended counts under its successor from the month after, the base
    too, and so does the base of a device where it stands now: months before a change stay as they were.
    """
    current, base = _summed(fiscal_year, rows, devices, terms), _summed(fiscal_year, base_rows, devices, terms)
    found = [_month(fiscal_year, key, current.get(key, {}), base.get(key, {}), terms) for key in sorted(current.keys() | base.keys(), key=_order)]
    return [month for month in found if month.current is not None or month.base is not None]


def _order(key: tuple[str, int]) -> tuple[int, str]:
    return _YEAR_OF_MONTHS.index(key[1]), key[0]


def month_name(fiscal_year: int, month: int) -> str:
    """YYYY-MM of this calendar month, 1-12, in this fiscal year."""
    return f"{fiscal_year if month >= 4 else fiscal_year + 1:04d}-{month:02d}"


def _summed(fiscal_year: int, rows: Iterable[PaperRow], devices: Mapping[str, Device], terms: Terms) -> Sums:
    sums: dict[tuple[str, int], BySource] = defaultdict(dict)
    keepers: dict[tuple[str, str, int], str] = {}  # a few hundred for thousands of rows
    ended = {one.code for one in terms.divisions if one.valid_to}
    for row in rows:
        number = int(row.month[5:])
        place = (row.department, row.device, number)
        if not row.device and row.department not in ended:
            keepers[place] = row.department  # as nearly all
        elif place not in keepers:
            keepers[place] = answering(row, first_day(month_name(fiscal_year, number)), devices, terms)
        by_source = sums[keepers[place], number]
        sheets, before = sheets_of(row, terms, devices.get(row.device)), by_source.get(row.source)
        by_source[row.source] = sheets if before is None else before + sheets
    _fill_purchases(sums)
    return sums


def answering(row: PaperRow, day: date, devices: Mapping[str, Device], terms: Terms) -> str:
    """The section that this row counts for on that day, WHOLE for none."""
    if row.department == WHOLE:
        return WHOLE
    code = keeper_of(row.device, day, devices) if row.device else None
    return successor_of(terms.divisions, code or row.department, day)


def _fill_purchases(sums: Sums) -> None:
    """Who buys paper a few times a year bought none in the other months: 0, as far as purchases are known at all, the whole city's apart from the sections'."""
    bought = [(section, month) for (section, month), by_source in sums.items() if Source.PURCHASE in by_source]
    for whole in (True, False):
        buyers = {section for section, _ in bought if (section == WHOLE) == whole}
        known = [_YEAR_OF_MONTHS.index(month) for section, month in bought if section in buyers]
        for section in buyers:
            for month in _YEAR_OF_MONTHS[min(known) : max(known) + 1]:
                if not sums.get((section, month)):
                    sums[section, month] = {Source.PURCHASE: Sheets()}


def _month(fiscal_year: int, key: tuple[str, int], current: BySource, base: BySource, terms: Terms) -> Month:
    section, number = key
    common = next((source for source in Source if source in current and source in base), None)
    mine, other = common or _best(current), common or _best(base)
    now, then = (current[mine] if mine else None), (base[other] if other else None)
    if then is None and now is not None and (yearly := _configured_base(section, terms)) is not None:
        then, other = Sheets(yearly / 12), Source.ESTIMATE
    return Month(
        month=month_name(fiscal_year, number),
        department=section,
        current=now.count if now else None,
        base=then.count if then else None,
        source=mine,
        base_source=other,
        made_from=(now.made_from if now else frozenset()) | (then.made_from if then else frozenset()),
    )


def _best(by_source: BySource) -> Source | None:
    return next((source for source in Source if source in by_source), None)


def _configured_base(section: str, terms: Terms) -> int | None:
    """base_sheets of departments.toml, for who has no rows of the base year."""
    return next((division.base_sheets for division in terms.divisions if division.code == section), None) if terms.base_year else None


# --- sums over months ---


def total(months: Iterable[Month], terms: Terms) -> Figure:
    """Over the months that can be compared; where none can, what was used alone."""
    listed = list(months)
    both = [month for month in listed if month.comparable]
    if not both:
        used = [month.current for month in listed if month.current is not None]
        return Figure(current=_rounded(sum(used)) if used else None)
    base, current = sum(month.base or 0.0 for month in both), sum(month.current or 0.0 for month in both)
    return figure(base, current, terms)


def figure(base: float, current: float, terms: Terms) -> Figure:
    """saved = base x k - current, and its share of base x k."""
    expected = base * terms.staff_ratio
    rate = None if base < terms.hide_below or expected <= 0 else round((expected - current) / expected, 6)
    return Figure(base=_rounded(base), current=_rounded(current), saved=_rounded(expected - current), rate=rate)


def _rounded(sheets: float) -> float:
    return round(sheets, 2) + 0.0  # a year spread over twelve months adds up to itself, and nothing is -0


def city_months(months: Sequence[Month]) -> list[Month]:
    """The months that make the city's figure: those of the whole city where such are known, else the sections'. Never both of one month."""
    by_month: dict[str, list[Month]] = defaultdict(list)
    for month in months:
        by_month[month.month].append(month)
    chosen: list[Month] = []
    for each in by_month.values():
        whole = [month for month in each if month.department == WHOLE]
        parts = [month for month in each if month.department != WHOLE]
        takes_whole = any(month.comparable for month in whole) or not any(month.comparable for month in parts)
        chosen += whole if whole and (takes_whole or not parts) else parts
    return chosen


def adjusted(months: Iterable[Month], notes: Sequence[Note], terms: Terms) -> Figure | None:
    """The figure without what the notes tell of; None where no note is about these months. The raw one is always shown beside it."""
    listed = [month for month in months if month.comparable]
    changed = [_without(month, notes, terms) for month in listed]
    if changed == listed:
        return None
    return total([month for month in changed if month is not None], terms)


def city_adjusted(months: Sequence[Month], notes: Sequence[Note], terms: Terms) -> Figure | None:
    """As `adjusted`, of the city's months: what the whole city used is taken off its sum, once."""
    listed = [month for month in months if month.comparable]
    changed = [_without(month, notes, terms) for month in listed]
    kept = [month for month in changed if month is not None]
    merged = [month for month in kept if month.department == WHOLE] + _merged([month for month in kept if month.department != WHOLE])
    of_all = [note for note in notes if note.department is None and note.sheets is not None]
    parted = {month.month for month in kept if month.department != WHOLE}
    last = [_without(month, of_all, terms) if month.month in parted else month for month in merged]
    return None if changed == listed and last == merged else total([month for month in last if month is not None], terms)


def _merged(months: Iterable[Month]) -> list[Month]:
    """The sections' months as months of the whole city."""
    sums: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for month in months:
        current, base = sums[month.month]
        sums[month.month] = (current + (month.current or 0.0), base + (month.base or 0.0))
    return [Month(month=name, department=WHOLE, current=current, base=base) for name, (current, base) in sums.items()]


def _without(month: Month, notes: Sequence[Note], terms: Terms) -> Month | None:
    """This month less what was special; None where nobody knows how much that was."""
    base, current = month.base or 0.0, month.current or 0.0
    for note in notes:
        now, then = note.month == month.month, note.month == base_month(month.month, terms)
        if not (now or then) or not _is_about(note, month):
            continue
        if note.sheets is None:
            return None
        base, current = base - note.sheets * then, current - note.sheets * now
    return replace(month, base=max(0.0, base), current=max(0.0, current))


def _is_about(note: Note, month: Month) -> bool:
    if note.department is None:
        return note.sheets is None or month.department == WHOLE  # what the whole city used belongs to no single section
    return note.department == month.department or (month.department == WHOLE and note.sheets is not None)


def base_month(month: str, terms: Terms) -> str | None:
    """The same month of the base year; None where no base year is chosen."""
    return None if terms.base_year is None else month_name(terms.base_year, int(month[5:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A March whose purchases look like stock: sheets bought, and the mean of January to March, which says more about use."""

    month: str
    department: str
    sheets: float
    mean: float


def stockpiled(months: Sequence[Month], terms: Terms) -> list[Hint]:
    """Marches, of this year and the base year, that hold much more than their share of the last quarter (domain §5, trap 3)."""
    hints: list[Hint] = []
    by_section: dict[str, list[Month]] = defaultdict(list)
    for month in months:
        by_section[month.department].append(month)
    for section, own in sorted(by_section.items()):
        now = [(month.month, month.current) for month in own if month.source is Source.PURCHASE]
        then = [(base_month(month.month, terms), month.base) for month in own if month.base_source is Source.PURCHASE]
        for side in (now, then):
            quarter = {name: sheets for name, sheets in side if name and sheets is not None and name[5:] in ("01", "02", "03")}
            march = next((name for name in quarter if name.endswith("-03")), None)
            mean = sum(quarter.values()) / 3
            if march and len(quarter) == 3 and quarter[march] > _STOCKPILE * mean:
                hints.append(Hint(month=march, department=section, sheets=_rounded(quarter[march]), mean=_rounded(mean)))
    return hints
