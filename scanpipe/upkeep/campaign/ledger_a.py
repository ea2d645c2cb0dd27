"""Ledger A as it is shown: for the city and each section base, current, saved, rate, raw and adjusted, with what it was made from. Ledger B is never added."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from scanpipe.catalogue import paper_rows
from scanpipe.catalogue.database import Row
from scanpipe.config import Settings
from scanpipe.config_schema import FACTORS
from scanpipe.core.campaign import ledger_a
from scanpipe.core.campaign.conversions import Conversion, conversions
from scanpipe.core.campaign.devices import Device
from scanpipe.core.campaign.figures import Behind
from scanpipe.core.campaign.ledger_a import Figure, Month, Note
from scanpipe.core.campaign.paper_counts import WHOLE, Division, PaperRow, Terms


def terms_of(settings: Settings) -> Terms:
    """What the configuration says of ledger A."""
    metrics = settings.metrics
    divisions = tuple(Division(code=one.code, valid_to=one.valid_to, successor=one.successor, base_sheets=one.base_sheets) for one in settings.departments)
    return Terms(
        factors=factors_of(settings),
        confirmed=tuple(sorted(metrics.confirmed)),
        base_year=metrics.base_year,
        staff_ratio=metrics.staff_ratio,
        hide_below=float(metrics.hide_rate_below_sheets),
        divisions=divisions,
    )


def factors_of(settings: Settings) -> dict[str, float]:
    """All factors of [metrics] by name."""
    return {name: float(getattr(settings.metrics, name)) for name in FACTORS}


def against(terms: Terms, base_year: int | None) -> Terms:
    """The terms with this base year; None: as configured. base_sheets of the sections are of the configured base year alone."""
    if base_year is None or base_year == terms.base_year:
        return terms
    return replace(terms, base_year=base_year, divisions=tuple(replace(one, base_sheets=None) for one in terms.divisions))


class PaperYears:
    """Ledger A by fiscal year, each year read and counted once."""

    def __init__(self, db: Any, terms: Terms, until: str | None = None) -> None:
        """until: YYYY-MM; of its fiscal year what was used in later months is not known yet. None = all that was brought in is."""
        self.db, self.terms, self.until = db, terms, until
        self._months: dict[int, list[Month]] = {}

    @cached_property
    def years(self) -> list[int]:
        """Fiscal years with rows, oldest first."""
        return paper_rows.years(self.db)

    @cached_property
    def notes(self) -> list[Note]:
        return paper_rows.notes(self.db)

    @cached_property
    def _devices(self) -> dict[str, Device]:
        return paper_rows.devices(self.db)

    @cached_property
    def _base(self) -> list[PaperRow]:
        return paper_rows.in_force(self.db, self.terms.base_year)

    def chosen(self, fiscal_year: int | None) -> int | None:
        """This year; None: the newest with rows but for the base year. None where nothing is known at all."""
        newest = max((one for one in self.years if one != self.terms.base_year), default=self.terms.base_year)
        return fiscal_year if fiscal_year is not None else newest

    def months(self, year: int | None) -> list[Month]:
        """Every section's months of this year."""
        if year is None or not self.years:
            return []
        if year not in self._months:
            rows = paper_rows.in_force(self.db, year)
            if self.until is not None and ledger_a.month_name(year, 4) <= self.until < ledger_a.month_name(year, 3):
                rows = [row for row in rows if row.month <= self.until]
            self._months[year] = ledger_a.months_of(year, rows, self._base, self._devices, self.terms)
        return self._months[year]

    def of_city(self, year: int) -> Figure:
        """The city's figure of a year: of the sums that the catalogue has made already where it did so by these very terms."""
        sums = None if year in self._months or not self._as_counted else self._by_year.get(year)
        if sums is None or sums["whole"]:
            return ledger_a.total(ledger_a.city_months(self.months(year)), self.terms)
        if not sums["both"]:
            return Figure(current=None if sums["current"] is None else round(sums["current"], 2))
        return ledger_a.figure(sums["base"], sums["compared"], self.terms)

    @cached_property
    def _by_year(self) -> dict[int, Row]:
        return paper_rows.by_year(self.db)

    @cached_property
    def _as_counted(self) -> bool:
        """Table `paper_month` leaves out months that have a base alone; of the whole city's they decide what stands for the city."""
        return paper_rows.terms(self.db) == self.terms and all(row.department != WHOLE for row in self._base)


def by_month(months: Sequence[Month], terms: Terms) -> dict[str, Figure]:
    """The figure of each month, oldest first."""
    found: dict[str, list[Month]] = defaultdict(list)
    for month in months:
        found[month.month].append(month)
    return {name: ledger_a.total(several, terms) for name, several in found.items()}


def behind(months: Sequence[Month], notes: Sequence[Note], terms: Terms, *, city: bool = False) -> Behind:
    """What a reader has to know of the figure that these months make. city: they are those of `core.campaign.ledger_a.city_months`."""
    compared = [month for month in months if month.comparable] or [month for month in months if month.current is not None]
    names = frozenset[str]().union(*(month.made_from for month in compared)) | ({"staff_ratio"} if terms.staff_ratio != 1 else frozenset())
    return Behind(
        months=_names(compared),
        months_without_base=_names(month for month in months if month.base is None),
        months_without_current=_names(month for month in months if month.current is None),
        sources=tuple(sorted({month.source.value for month in compared if month.source})),
        sources_differ=_names(month for month in compared if month.base_source and month.base_source != month.source),
        provisional=terms.unconfirmed(frozenset(names)),
        adjusted=(ledger_a.city_adjusted if city else ledger_a.adjusted)(months, notes, terms) if notes else None,
        notes=tuple(note for note in notes if _concerns(note, months, terms, city=city)),
        stockpiled=tuple(ledger_a.stockpiled(months, terms)),
    )


def _names(months: Iterable[Month]) -> tuple[str, ...]:
    return tuple(sorted({month.month for month in months}))


def _concerns(note: Note, months: Sequence[Month], terms: Terms, *, city: bool) -> bool:
    shown = {month.month for month in months} | {ledger_a.base_month(month.month, terms) for month in months}
    return note.month in shown and (city or note.department is None or any(month.department == note.department for month in months))


def converted(figure: Figure, settings: Settings) -> tuple[Conversion, ...]:
    """What was saved as boxes, metres, weight and money; empty where nothing is known of it."""
    if figure.saved is None:
        return ()
    metrics = settings.metrics
    return tuple(conversions(figure.saved, factors_of(settings), metrics.confirmed, metrics.sources))


def sections(months: Sequence[Month]) -> dict[str, list[Month]]:
    """Each section's months."""
    found: dict[str, list[Month]] = defaultdict(list)
    for month in months:
        if month.department != WHOLE:
            found[month.department].append(month)
    return found
