"""The figures as the CSV of the API: one row a section, or a section and month, the whole office first; columns are named once and for all."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from scanpipe.core.campaign.figures import Figures, LedgerB, Part
from scanpipe.core.campaign.ledger_a import Figure
from scanpipe.upkeep.reports import harmless

Cell = str | float | date | None
Row = Sequence[Cell]

_LEDGERS: Final = (
    "ledger_a_base", "ledger_a_current", "ledger_a_saved", "ledger_a_rate", "ledger_b_digitised", "ledger_b_cleared", "ledger_b_removed",
)  # fmt: skip
SECTIONS: Final = (
    "fiscal_year", "ledger_a_year", "base_year", "department", "name", "bureau", "staff", *_LEDGERS, "provisional", "current_per_head", "saved_per_head",
    "digitised_per_head", "removed_per_head", "fm_start", "fm_now", "cabinets", "emptied", "signed_off", "target_rate", "target_cap", "target_fm",
    "target_scans_week", "gap_sheets_rate", "gap_sheets_cap", "gap_fm", "lagging",
)  # fmt: skip
MONTHS: Final = ("month", "department", "name", *_LEDGERS)


def sections(figures: Figures) -> Iterator[Row]:
    """SECTIONS of the office (department "") and of every section. provisional, lagging: 1 = yes."""
    for part in (figures.city, *figures.sections):
        head = (figures.fiscal_year, figures.paper_year, figures.base_year, part.code, part.name, part.bureau, part.staff or None)
        shelf, heads = part.cabinets, part.per_head
        yield (
            *head, *_ledgers(part.ledger_a, part.ledger_b), int(bool(part.provisional)), heads.current, heads.saved, heads.digitised, heads.removed,
            shelf.fm_start, shelf.fm_now, shelf.cabinets, shelf.emptied, shelf.signed_off, *_way(part),
        )  # fmt: skip


def months(figures: Figures) -> Iterator[Row]:
    """MONTHS of the office (department "") and of every section."""
    for part in (figures.city, *figures.sections):
        for one in part.months:
            yield (one.month, part.code, part.name, *_ledgers(one.ledger_a, one.ledger_b))


def _ledgers(paper: Figure, sheets: LedgerB) -> Row:
    return (paper.base, paper.current, paper.saved, paper.rate, sheets.digitised, sheets.cleared, sheets.removed)


def _way(part: Part) -> Row:
    if part.way is None:
        return (None,) * 8
    target, course = part.way.target, part.way.course
    asked = (target.rate, target.cap, target.fm, target.scans_week) if target else (None,) * 4
    gaps = (one.missing if one else None for one in (course.rate, course.cap, course.fm))
    return (*asked, *gaps, int(part.way.lagging))


def as_csv(columns: Sequence[str], rows: Iterable[Row], *, bom: bool = False) -> bytes:
    """UTF-8 CSV, lines ended as RFC 4180 says. Unknown = empty; numbers as they are, to the last digit. bom: so that Excel knows it for UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


def cell(value: Cell) -> str:
    """A number without what a float adds to whole ones; a text that a spreadsheet would take for a formula is shown as text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(int(value)) if value == int(value) else repr(value)
