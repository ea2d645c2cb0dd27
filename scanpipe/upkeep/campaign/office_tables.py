"""Lists that offices keep in CSV or Excel: rows under headings of many names, sections by code or name, totals in between. All that is wrong is said at once."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from scanpipe.config import Settings
from scanpipe.core.campaign.paper_counts import WHOLE
from scanpipe.core.campaign.paper_words import Sections, is_total
from scanpipe.core.retention import successor_of
from scanpipe.core.schedules.schedule_facts import Grid
from scanpipe.core.schedules.schedule_terms import plain
from scanpipe.errors import ScanError, UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.schedule.schedule_files import grids_of

_LOOKED_AT: Final = 30  # rows above the headings: titles, dates, remarks
_NAMES: Final = ("department", "id", "kind", "month")  # columns in which a word for a total makes the row one

NO_HEADINGS: Final = N_("{file}: there is no row with the headings {wanted}. Write them above the rows, for example: {example}")
NO_ROWS: Final = N_("{file}: there are no rows below the headings. Write them in and save the file again.")
NO_SECTION: Final = N_("there is no section {value} in departments.toml; correct it")
NO_SECTION_BUT: Final = N_("there is no section {value} in departments.toml; did you mean {near}?")


class BadTable(ScanError):
    """The list has faults, a line each; nothing of it was taken."""

    template = "{faults}"

    def __init__(self, faults: Iterable[str]) -> None:
        super().__init__(faults="\n".join(faults))


@dataclass(frozen=True, slots=True)
class Row:
    """One row. where: as people find it again. cells: by the key of their column, without empty ones. headings: how each column is titled."""

    where: str
    cells: Mapping[str, str]
    headings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """rows: all that hold anything. totals: places of rows that add others up and were left out."""

    rows: tuple[Row, ...]
    totals: tuple[str, ...]


def read(path: Path, columns: Mapping[str, tuple[str, ...]], needs: tuple[str, ...], settings: Settings) -> Table:
    """All rows of all sheets that have the headings. columns: key -> how it may be titled; needs: keys without which a row of headings is none.

    Raises NotATable for what is no file of these kinds, BadTable where no sheet has such headings or rows.
    """
    grids = grids_of(path)
    sections = Sections(settings.departments)
    parts = [_part(grid, columns, needs, path.name, sections) for grid in grids]
    found = [part for part in parts if part is not None]
    if not found:
        example = ",".join(columns[key][0] for key in columns)
        raise BadTable([_(NO_HEADINGS).format(file=path.name, wanted=", ".join(columns[key][0] for key in needs), example=example)])
    rows = tuple(row for part in found for row in part.rows)
    if not rows:
        raise BadTable([_(NO_ROWS).format(file=path.name)])
    return Table(rows, tuple(place for part in found for place in part.totals))


def _part(grid: Grid, columns: Mapping[str, tuple[str, ...]], needs: tuple[str, ...], file: str, sections: Sections) -> Table | None:
    keys = {_heading(title): key for key, titles in columns.items() for title in (key, *titles)}
    for place, (_number, cells) in enumerate(grid.rows[:_LOOKED_AT]):
        heading = [keys.get(_heading(cell), "") for cell in cells]
        if all(key in heading for key in needs):
            return _below(grid, place, heading, file, sections)
    return None


def _heading(text: str) -> str:
    """A title without its unit in brackets and its marks: 幅(mm) is 幅."""
    return re.sub(r"\(.*?\)|[※*:]|必須", "", plain(text)).lower()


def _below(grid: Grid, place: int, heading: list[str], file: str, sections: Sections) -> Table:
    titles = {key: plain(title) for key, title in reversed(list(zip(heading, grid.rows[place][1], strict=False))) if key}
    rows: list[Row] = []
    totals: list[str] = []
    for number, cells in grid.rows[place + 1 :]:
        where = (
            _("{file}, {sheet} row {row}").format(file=file, sheet=grid.name, row=number) if grid.name else _("{file}, row {row}").format(file=file, row=number)
        )
        said = {key: cell.strip() for key, cell in reversed(list(zip(heading, cells, strict=False))) if key and cell.strip()}
        names = [said[key] for key in _NAMES if key in said] or list(said.values())
        if any(is_total(name) and not sections.code_of(name) for name in names):
            totals.append(where)
        elif said:
            rows.append(Row(where, said, titles))
    return Table(tuple(rows), tuple(totals))


def section_of(text: str, settings: Settings, day: date, *, whole: bool = False) -> str:
    """The code of the section that a cell names, by code, name or both; of one that has ended, the code of who took over.

    whole: whether the whole office may stand there; WHOLE then. Raises UsageError with what is near.
    """
    sections = Sections(settings.departments)
    code = sections.code_of(text)
    if code == WHOLE and whole:
        return WHOLE
    if code is None or code == WHOLE:
        like = sections.like(text)
        if like:
            raise UsageError(NO_SECTION_BUT, value=text.strip(), near=", ".join(like))
        raise UsageError(NO_SECTION, value=text.strip())
    return successor_of(settings.departments, code, day)
