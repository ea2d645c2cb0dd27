"""All figures as plain tables, one a topic: what the workbook has on its sheets and the CSV files in their rows. Values are those of core.campaign.figures, untouched."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from scanpipe import named
from scanpipe.core.campaign.campaigns import Gap
from scanpipe.core.campaign.figures import Figures, MonthFigures, Part
from scanpipe.core.campaign.indicators import KINDS, Unit
from scanpipe.core.campaign.ledger_a import Figure
from scanpipe.i18n import N_, _

Value = str | float | int | date | None
PROVISIONAL: Final = "仮"


class Share(float):
    """A fraction among other amounts: shown in per cent."""


class Kind(StrEnum):
    """What a column holds: how it is written."""

    TEXT = "text"
    SHEETS = "sheets"  # A4
    RATE = "rate"  # a fraction
    HEAD = "head"  # sheets a head
    METRES = "metres"
    COUNT = "count"
    DAY = "day"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Table:
    """name: of a sheet, at most 31 signs. title: above the rows. columns: heading and kind. note: below the title, "" = none."""

    name: str
    title: str
    columns: tuple[tuple[str, Kind], ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""


_NOT_ADDED: Final = N_("Ledger A (paper never printed) and ledger B (stored paper removed) are counted apart and never added.")
_MARKED: Final = N_("{mark}: made from factors that nobody has confirmed yet: {names}.")


def tables(figures: Figures) -> list[Table]:
    """In the language of the context; those of which nothing is known are left away, the first two never."""
    found = [summary(figures), sections(figures), _months(figures), _so_far(figures), _by_month(figures), _years(figures)]
    found += [_cabinets(figures), _curve(figures), _targets(figures), _indicators(figures), _conversions(figures)]
    return [table for place, table in enumerate(found) if table.rows or place < 2]


def note_of(part: Part) -> str:
    """What has to be said beside the figures of ledger A; "" if nothing."""
    return _(_MARKED).format(mark=PROVISIONAL, names=named.factors(part.provisional)) if part.provisional else ""


def _mark(part: Part) -> str:
    return PROVISIONAL if part.provisional else ""


def _ledger_a(figure: Figure) -> tuple[Value, ...]:
    return figure.base, figure.current, figure.saved, figure.rate


def _a_columns() -> tuple[tuple[str, Kind], ...]:
    """Of ledger A."""
    return (_("A: base"), Kind.SHEETS), (_("A: used"), Kind.SHEETS), (_("A: saved"), Kind.SHEETS), (_("A: rate"), Kind.RATE)


def _b_columns() -> tuple[tuple[str, Kind], ...]:
    """Of ledger B."""
    return (_("B: digitised"), Kind.SHEETS), (_("B: cleared"), Kind.SHEETS), (_("B: removed"), Kind.SHEETS)


def summary(figures: Figures) -> Table:
    """The whole office, a figure a row."""
    city, shelf = figures.city, figures.city.cabinets
    sheets = _("A4 sheets")
    rows: list[tuple[Value, ...]] = [
        *((heading, str(year), "", "") for heading, year in _which_years(figures) if year is not None),
        *((heading, value, sheets, _mark(city)) for (heading, _kind), value in zip(_a_columns()[:3], _ledger_a(city.ledger_a)[:3], strict=True)),
        (_("A: rate"), _share(city.ledger_a.rate), _("fraction"), _mark(city)),
        (_("B: digitised"), city.ledger_b.digitised, sheets, ""),
        (_("B: cleared"), city.ledger_b.cleared, sheets, ""),
        (_("B: removed"), city.ledger_b.removed, sheets, ""),
        (_("Cabinets: metres at the start"), shelf.fm_start, "m", PROVISIONAL if city.cabinets_provisional else ""),
        (_("Cabinets: metres now"), shelf.fm_now, "m", PROVISIONAL if city.cabinets_provisional else ""),
        (_("Cabinets"), shelf.cabinets, "", ""),
        (_("Cabinets emptied"), shelf.emptied, "", ""),
        (_("Cabinets signed off"), shelf.signed_off, "", ""),
    ]
    columns = ((_("Figure"), Kind.TEXT), (_("Figure in numbers"), Kind.AMOUNT), (_("Unit"), Kind.TEXT), (_("Provisional"), Kind.TEXT))
    title = _("{office}: paper saved, as on {day}").format(office=city.name, day=figures.day.isoformat())
    return Table(_("Summary"), title, columns, tuple(rows), _(_NOT_ADDED))


def _which_years(figures: Figures) -> tuple[tuple[str, int | None], ...]:
    return (_("Fiscal year of ledger B"), figures.fiscal_year), (_("Fiscal year of ledger A"), figures.paper_year), (_("Base year"), figures.base_year)


def _share(value: float | None) -> Share | None:
    return None if value is None else Share(value)


def sections(figures: Figures) -> Table:
    """The office and each section: both ledgers, a head, cabinets."""
    columns = (
        (_("Code"), Kind.TEXT), (_("Section"), Kind.TEXT), (_("Bureau"), Kind.TEXT), *_a_columns(), (_("A: saved a head"), Kind.HEAD), (_("Provisional"), Kind.TEXT),
        *_b_columns(), (_("B: removed a head"), Kind.HEAD),
        (_("Cabinets: metres at the start"), Kind.METRES), (_("Cabinets: metres now"), Kind.METRES), (_("Cabinets"), Kind.COUNT),
        (_("Cabinets emptied"), Kind.COUNT), (_("Cabinets signed off"), Kind.COUNT),
    )  # fmt: skip
    rows = tuple(_section(part) for part in (figures.city, *_known(figures)))
    note = _("A rate is left away where the base is below {sheets} sheets.").format(sheets=f"{figures.hide_below:,.0f}")
    return Table(_("Sections"), _("Sections side by side"), columns, rows, " ".join(filter(None, (note, note_of(figures.city)))))


def _known(figures: Figures) -> list[Part]:
    return [part for part in figures.sections if part.known]


def _section(part: Part) -> tuple[Value, ...]:
    shelf, sheets = part.cabinets, part.ledger_b
    return (
        part.code or "*", part.name, part.bureau, *_ledger_a(part.ledger_a), part.per_head.saved, _mark(part), sheets.digitised, sheets.cleared, sheets.removed,
        part.per_head.removed, shelf.fm_start, shelf.fm_now, shelf.cabinets, shelf.emptied, shelf.signed_off,
    )  # fmt: skip


def _months(figures: Figures) -> Table:
    columns = ((_("Month"), Kind.TEXT), *_a_columns(), *_b_columns())
    rows = tuple((one.month, *_ledger_a(one.ledger_a), *_ledger_b(one)) for one in figures.city.months)
    return Table(_("Months"), _("Month by month, the whole office"), columns, rows, note_of(figures.city))


def _ledger_b(one: MonthFigures) -> tuple[Value, ...]:
    return one.ledger_b.digitised, one.ledger_b.cleared, one.ledger_b.removed


def _so_far(figures: Figures) -> Table:
    """Both ledgers added up from April, each in its own columns: what was saved beside what the campaign asks by then."""
    paper, stored = {one.month: one for one in figures.so_far(figures.city)}, dict(figures.stored_so_far(figures.city))
    rows = []
    for name in sorted({*paper, *stored}):
        one, sheets = paper.get(name), stored.get(name)
        gone = (sheets.digitised, sheets.cleared, sheets.removed) if sheets else (None, None, None)
        rows.append((name, *_ledger_a(one.ledger_a if one else Figure()), one.to_save if one else None, *gone))
    columns = ((_("Up to the month"), Kind.TEXT), *_a_columns(), (_("A: asked by then"), Kind.SHEETS), *_b_columns())
    return Table(_("Added up"), _("Since April, the whole office"), columns, tuple(rows), note_of(figures.city))


def _by_month(figures: Figures) -> Table:
    """Ledger A's saving, a section a row and a month a column."""
    names = sorted({one.month for part in figures.sections for one in part.months if one.ledger_a.saved is not None})
    rows = []
    for part in _known(figures) if names else []:
        saved = {one.month: one.ledger_a.saved for one in part.months}
        if any(value is not None for value in saved.values()):
            rows.append((part.code, part.name, *(saved.get(name) for name in names)))
    columns = ((_("Code"), Kind.TEXT), (_("Section"), Kind.TEXT), *((name, Kind.SHEETS) for name in names))
    return Table(_("Sections by month"), _("Ledger A: sheets saved by section and month"), columns, tuple(rows), note_of(figures.city))


def _years(figures: Figures) -> Table:
    columns = ((_("Fiscal year"), Kind.TEXT), *_a_columns(), *_b_columns())
    rows = tuple((str(one.fiscal_year), *_ledger_a(one.ledger_a), one.ledger_b.digitised, one.ledger_b.cleared, one.ledger_b.removed) for one in figures.years)
    return Table(_("Years"), _("Fiscal years, the whole office"), columns, rows, note_of(figures.city))


def _cabinets(figures: Figures) -> Table:
    columns = (
        (_("Code"), Kind.TEXT), (_("Section"), Kind.TEXT), (_("Cabinets: metres at the start"), Kind.METRES), (_("Cabinets: metres now"), Kind.METRES),
        (_("Cabinets"), Kind.COUNT), (_("Cabinets emptied"), Kind.COUNT), (_("Cabinets signed off"), Kind.COUNT), (_("Zero"), Kind.TEXT),
        (_("Target day"), Kind.DAY), (_("Metres that may be left then"), Kind.METRES), (_("Metres a week"), Kind.METRES), (_("Forecast of zero"), Kind.DAY),
    )  # fmt: skip
    parts = [part for part in (figures.city, *figures.sections) if part.cabinets.cabinets]
    return Table(_("Cabinets"), _("Cabinets and the way to zero"), columns, tuple(_shelf(part) for part in parts))


def _shelf(part: Part) -> tuple[Value, ...]:
    shelf, goal, forecast = part.cabinets, part.goal, part.forecast
    return (
        part.code or "*", part.name, shelf.fm_start, shelf.fm_now, shelf.cabinets, shelf.emptied, shelf.signed_off, _("yes") if shelf.zero else _("no"),
        goal.day if goal else None, goal.fm if goal else None, forecast.metres_a_week if forecast else None, forecast.day if forecast else None,
    )  # fmt: skip


def _curve(figures: Figures) -> Table:
    columns = ((_("Day"), Kind.DAY), (_("Metres recorded"), Kind.METRES), (_("Left (m)"), Kind.METRES), (_("Metres planned"), Kind.METRES))
    rows = tuple((one.day, one.fm, one.left, one.planned) for one in figures.curve)
    return Table(_("Burn-down"), _("Metres left, week by week"), columns, rows)


def _targets(figures: Figures) -> Table:
    columns = (
        (_("Code"), Kind.TEXT), (_("Section"), Kind.TEXT), (_("Target: rate"), Kind.RATE), (_("Sheets too many (rate)"), Kind.SHEETS), (_("Target: sheets at most"), Kind.SHEETS),
        (_("Sheets too many (cap)"), Kind.SHEETS), (_("Target: metres left"), Kind.METRES), (_("Metres too many"), Kind.METRES), (_("Target: scans a week"), Kind.AMOUNT),
        (_("Scans a week missing"), Kind.AMOUNT), (_("Why it lags"), Kind.TEXT),
    )  # fmt: skip
    rows = tuple(row for part in (figures.city, *figures.sections) for row in _target(part))
    title = _("Targets of the campaign {name}").format(name=figures.campaign.name) if figures.campaign else _("Targets")
    return Table(_("Targets"), title, columns, rows)


def _target(part: Part) -> Iterator[tuple[Value, ...]]:
    way = part.way
    if way is None or not (way.target or way.lagging):
        return
    target, course = way.target, way.course
    asked = (target.rate, target.cap, target.fm, target.scans_week) if target else (None, None, None, None)
    gaps = (course.rate, course.cap, course.fm, course.scans)
    both = [value for one, gap in zip(asked, gaps, strict=True) for value in (one, _missing(gap))]
    yield part.code or "*", part.name, *both, " ".join(way.says())


def _missing(gap: Gap | None) -> float | None:
    return None if gap is None else gap.missing


def _indicators(figures: Figures) -> Table:
    columns = (
        (_("Indicator"), Kind.TEXT), (_("Figure in numbers"), Kind.AMOUNT), (_("Numerator"), Kind.AMOUNT), (_("Denominator"), Kind.AMOUNT), (_("Unit"), Kind.TEXT),
        (_("Months counted"), Kind.COUNT), (_("Definition"), Kind.TEXT),
    )  # fmt: skip
    rows = [
        (
            _(KINDS[one.kind].name),
            _as_unit(one.kind, one.total.value),
            one.total.numerator,
            one.total.denominator,
            _(unit_name(one.kind)),
            one.total.months,
            _(KINDS[one.kind].says),
        )
        for one in figures.indicators
        if one.total is not None
    ]
    return Table(_("Indicators"), _("Indicators that the office reports, never mixed into sheets"), columns, tuple(rows))


def _as_unit(kind: str, value: float) -> float:
    return Share(value) if KINDS[kind].unit is Unit.SHARE else value


_UNIT_NAMES: Final = {"share": N_("fraction"), "pieces": N_("pieces"), "hours": N_("hours"), "yen": N_("yen")}


def unit_name(kind: str) -> str:
    """The message id of an indicator's unit."""
    return _UNIT_NAMES[KINDS[kind].unit.value]


def _conversions(figures: Figures) -> Table:
    columns = (
        (_("Saved paper as"), Kind.TEXT), (_("As much as"), Kind.AMOUNT), (_("Factor"), Kind.TEXT), (_("Figure in numbers"), Kind.AMOUNT), (_("Provisional"), Kind.TEXT),
        (_("Where it comes from"), Kind.TEXT),
    )  # fmt: skip
    rows = tuple(
        (named.conversion(one.name), one.amount, one.factor, one.value, PROVISIONAL if one.provisional or figures.city.provisional else "", _(one.source))
        for one in figures.city.conversions
    )
    return Table(_("Conversions"), _("Ledger A's saving in other units, each with its source"), columns, rows)


def flat(figures: Figures) -> tuple[Sequence[str], Iterable[Sequence[Value]]]:
    """One table for spreadsheets: the office and each section, its year and its months. Headings and rows."""
    headings = [
        _("Fiscal year"),
        _("Month"),
        _("Code"),
        _("Section"),
        _("Bureau"),
        *(heading for heading, _kind in (*_a_columns(), *_b_columns())),
        _("Provisional"),
    ]
    return headings, _flat(figures)


def _flat(figures: Figures) -> Iterator[Sequence[Value]]:
    year = figures.fiscal_year or figures.paper_year
    for part in (figures.city, *_known(figures)):
        named = (part.code or "*", part.name, part.bureau)
        yield year, None, *named, *_ledger_a(part.ledger_a), part.ledger_b.digitised, part.ledger_b.cleared, part.ledger_b.removed, _mark(part)
        for one in part.months:
            yield year_of(one.month), one.month, *named, *_ledger_a(one.ledger_a), *_ledger_b(one), _mark(part)


def year_of(month: str) -> int:
    """The fiscal year of a month YYYY-MM."""
    year, number = map(int, month.split("-"))
    return year if number >= 4 else year - 1
