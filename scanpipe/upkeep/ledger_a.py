"""Ledger A as it is shown: for the city and each section base, current, saved, rate, raw and adjusted, with what it was made from. Ledger B is never added."""

from collections.abc import Mapping, Sequence
from typing import Any

from scanpipe.catalogue import paper_rows
from scanpipe.config import Settings
from scanpipe.config_schema import FACTORS
from scanpipe.core import ledger_a
from scanpipe.core.conversions import conversions
from scanpipe.core.ledger_a import Figure, Month, Note
from scanpipe.core.paper_counts import WHOLE, Division, Terms
from scanpipe.core.serial import as_json

NOTHING: Mapping[str, None] = dict.fromkeys(("base", "current", "saved", "rate"))


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


def figures(db: Any, settings: Settings, fiscal_year: int | None, base_year: int | None) -> dict[str, Any]:
    """Ledger A of one fiscal year against another. None: the newest year with rows; the configured base year.

    {fiscal_year, base_year, city, departments, months}: city and each section have `ledger_a` (the contract's four figures, design §10) and `paper`, what
    stands behind them; months: ledger A by month for the city.
    """
    terms = _against(terms_of(settings), base_year)
    years = paper_rows.years(db)
    year = fiscal_year if fiscal_year is not None else max((one for one in years if one != terms.base_year), default=terms.base_year)
    if year is None or not years:
        return {"fiscal_year": year, "base_year": terms.base_year, "city": _shown([], [], terms, year), "departments": {}, "months": {}}
    base = paper_rows.in_force(db, terms.base_year)
    months = ledger_a.months_of(year, paper_rows.in_force(db, year), base, paper_rows.devices(db), terms)
    notes, city = paper_rows.notes(db), ledger_a.city_months(months)
    by_month = {name: as_json(ledger_a.total([month for month in city if month.month == name], terms)) for name in dict.fromkeys(one.month for one in city)}
    return {
        "fiscal_year": year,
        "base_year": terms.base_year,
        "city": _shown(city, notes, terms, year, city=True) | {"conversions": _converted(ledger_a.total(city, terms), settings)},
        "departments": {code: _shown([month for month in months if month.department == code], notes, terms, year) for code in _sections(months)},
        "months": by_month,
    }


def _against(terms: Terms, base_year: int | None) -> Terms:
    """base_sheets of the sections are of the configured base year alone."""
    if base_year is None or base_year == terms.base_year:
        return terms
    divisions = tuple(Division(code=one.code, valid_to=one.valid_to, successor=one.successor) for one in terms.divisions)
    return Terms(
        factors=terms.factors,
        confirmed=terms.confirmed,
        base_year=base_year,
        staff_ratio=terms.staff_ratio,
        hide_below=terms.hide_below,
        divisions=divisions,
    )


def _sections(months: Sequence[Month]) -> list[str]:
    return sorted({month.department for month in months} - {WHOLE})


def _shown(months: Sequence[Month], notes: Sequence[Note], terms: Terms, year: int | None, *, city: bool = False) -> dict[str, Any]:
    """The four figures, and what a reader has to know of them."""
    compared = [month for month in months if month.comparable] or [month for month in months if month.current is not None]
    special = (ledger_a.city_adjusted if city else ledger_a.adjusted)(months, notes, terms)
    names = frozenset[str]().union(*(month.made_from for month in compared)) | ({"staff_ratio"} if terms.staff_ratio != 1 else frozenset())
    return {
        "ledger_a": as_json(ledger_a.total(months, terms)),
        "paper": {
            "months": sorted({month.month for month in compared}),
            "months_without_base": sorted({month.month for month in months if month.base is None}),
            "months_without_current": sorted({month.month for month in months if month.current is None}),
            "sources": sorted({month.source.value for month in compared if month.source}),
            "sources_differ": sorted({month.month for month in compared if month.base_source and month.base_source != month.source}),
            "provisional": list(terms.unconfirmed(frozenset(names))),
            "adjusted": as_json(special) if special is not None else None,
            "notes": [as_json(note) for note in notes if _concerns(note, months, terms, city=city)],
            "stockpiled": [as_json(hint) for hint in ledger_a.stockpiled(months, terms)],
        },
    }


def _concerns(note: Note, months: Sequence[Month], terms: Terms, *, city: bool) -> bool:
    shown = {month.month for month in months} | {ledger_a.base_month(month.month, terms) for month in months}
    return note.month in shown and (city or note.department is None or any(month.department == note.department for month in months))


def _converted(figure: Figure, settings: Settings) -> list[Any]:
    """What was saved as boxes, metres, weight and money; empty where nothing is known of it."""
    if figure.saved is None:
        return []
    metrics = settings.metrics
    return [as_json(one) for one in conversions(figure.saved, factors_of(settings), metrics.confirmed, metrics.sources)]
