"""Where in an office's sheet the figures of paper stand: one figure a row, or sections down and months across, or the other way round."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from scanpipe.core.campaign.paper_counts import Unit
from scanpipe.core.campaign.paper_headings import (
    MORE_IN_ALL,
    NOT_USE,
    SUM,
    UNCLEAR,
    UNREAD,
    Row,
    alike,
    bought_beside_used,
    carried,
    cell_at,
    is_counted,
    is_money,
    is_year_alone,
    left_out,
    name_and_kind,
    read_together,
    role_of,
    row_left_out,
    second_heading,
    sum_below,
    with_year,
    years_above,
)
from scanpipe.core.campaign.paper_words import Sections, amounts_of, duplex_in, is_empty, is_month, is_total, is_year, size_in, source_of, unit_in, unit_of
from scanpipe.core.schedules.schedule_facts import Grid
from scanpipe.core.schedules.schedule_terms import plain

_LOOKED_AT: Final = 40  # rows for the headings


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure and the words around it. line: the row as Excel shows it. month, section: as printed, "" where nothing is.

    words: of its headings and labels. given: cells of columns with a heading of their own, by role. run: the months of one run follow each other.
    across: its month or section is the heading of its column. left_out: a message id, why it is not taken; "" where it is.
    """

    line: int
    month: str
    section: str
    value: str
    words: tuple[str, ...] = ()
    given: dict[str, str] = field(default_factory=dict)
    carried: bool = False
    run: tuple[str, ...] = ()
    across: bool = False
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of one sheet, and all words above them."""

    title: str
    cells: tuple[Cell, ...]


def table_of(grid: Grid, sections: Sections) -> Table | None:
    """The first table of a sheet; None if no headings were understood."""
    rows: list[tuple[int, Row]] = [(line, [str(cell) for cell in row]) for line, row in grid.rows]
    for at in range(min(len(rows), _LOOKED_AT)):
        above = " ".join(dict.fromkeys(cell.strip() for _n, other in rows[:at] for cell in other if cell.strip()))
        cells = _cells(read_together(rows, at), at, sections)
        if cells is not None:
            return Table(above, tuple(cells))
    return None


def parts_of(grid: Grid) -> list[Grid]:
    """The tables below each other on a sheet, each with the words above it; words above the first hold on, units only where a table says none of its own."""
    rows: list[tuple[int, Row]] = [(line, [str(cell) for cell in row]) for line, row in grid.rows]
    heads = [n for n, (_line, row) in enumerate(rows) if _heads_months(row)]
    if len(heads) < 2:
        return [grid]
    tops = [0, *(_top(rows, head) for head in heads[1:])]
    first = rows[: heads[0]]
    parts = [Grid(grid.name, rows[0 : tops[1]])]
    for top, head, end in zip(tops[1:], heads[1:], [*tops[2:], len(rows)], strict=True):
        own = " ".join(cell for _line, row in rows[top:head] for cell in row)
        kept = [(line, row) for line, row in first if not ((unit_in(own) or is_money(own)) and unit_in(" ".join(row)))]
        parts.append(Grid(grid.name, [*kept, *rows[top:end]]))
    return parts


def _heads_months(row: Row) -> bool:
    """A row of headings with months, and no row of figures with two dates."""
    return len({plain(cell) for cell in row if is_month(cell)}) >= 2 and not any(amounts_of(cell) for cell in row if not is_month(cell))


def _top(rows: Sequence[tuple[int, Row]], head: int) -> int:
    """The first of the rows of words that stand right above a row of headings."""
    while head and len({cell.strip() for cell in rows[head - 1][1]} - {""}) <= 1:
        head -= 1
    return head


def _cells(rows: Sequence[tuple[int, Row]], at: int, sections: Sections) -> list[Cell] | None:
    row = rows[at][1]
    if at + 1 < len(rows) and (merged := years_above(row, rows[at + 1][1])):
        rows = [*rows[:at], (rows[at + 1][0], merged), *rows[at + 2 :]]
        row = merged
    roles = {column: role_of(cell) for column, cell in enumerate(row)}
    across = {plain(cell) for cell in row if is_month(cell)} or {plain(cell) for cell in row if is_year(cell)}
    body = rows[at + 1 :]
    if len(across) >= 2 or (across and "department" in roles.values()):
        return list(_wide(rows, at, sections))
    known = set(roles.values())
    if "quantity" in known and known & {"month", "department"}:
        return list(_long(body, row, roles, sections))
    if sum(is_month(other[0]) for _line, other in body if other) >= 2 and any(sections.code_of(name_and_kind(cell)[0]) for cell in row[1:]):
        return list(_turned(rows, at))
    if "department" not in known and "month" not in known:
        return None
    if _filled(row) >= 2 and "quantity" not in known and "month" in known and sum(is_month(other[0]) for _line, other in body if other) >= 2:
        return list(_turned(rows, at))  # sections across, none of them known: each is told
    return None


def _filled(row: Row) -> int:
    return sum(1 for cell in row if cell.strip())


# --- a figure a row ---


def _long(body: Sequence[tuple[int, Row]], head: Row, roles: dict[int, str], sections: Sections) -> Iterator[Cell]:
    places = {role: column for column, role in reversed(roles.items()) if role and role != "quantity"}
    if "department" in places:  # a code and a name stand in two columns: the one that is filled
        places["department"] = _fullest([column for column, role in roles.items() if role == "department"], body)
    quantities = [column for column, role in roles.items() if role == "quantity"]
    for column in (sums_only := _summing(quantities, head, body)):
        yield Cell(0, f"{SUM}({name_and_kind(plain(head[column]))[0]})", "", "0")  # told and left out
    unread = [column for column, role in roles.items() if not role and is_counted(head[column]) and any(_sum(cell_at(row, column)) for _line, row in body)]
    for why, columns in ((NOT_USE, (twice := bought_beside_used(head))), (UNREAD, unread)):
        for column in columns:
            yield Cell(0, "", "", "", (head[column],), left_out=why)
    quantities = [column for column in quantities if column not in sums_only and column not in twice]
    labels = _Labels(roles, min(quantities), places.get("department"), sections)
    all_of = _all_of(head, quantities)
    last = {"month": "", "department": ""}
    sums = _Sums()
    for line, row in body:
        given = {role: cell_at(row, column) for role, column in places.items()}
        values = [(column, cell_at(row, column)) for column in quantities]
        if not any(value for _column, value in values) and not any(given.values()):
            continue
        if all(plain(value) == plain(head[column]) for column, value in values):  # the next page
            sums.begin_again()
            continue
        if "department" in places:
            given["department"] = labels.total(row) or given["department"] or labels.beside(row)
        if not any(given.values()) and sums.are(values):
            given["department"] = SUM
        elif not (labels.total(row) or is_total(given.get("department", ""))):
            sums.add(values)
        else:
            sums.begin_again()
        carried = False
        why = MORE_IN_ALL if all_of is not None and _sum(cell_at(row, all_of)) > sum(_sum(value) for _column, value in values) + 0.01 else ""
        for role in last:
            if role in places and not given[role] and any(not is_empty(value) for _column, value in values):
                given[role], carried = last[role], bool(last[role])
            last[role] = given.get(role, "") or last[role]
        for column, value in values:
            extra = {role: text for role, text in given.items() if role not in ("month", "department")}
            run = (given.get("department", ""), *(extra.get(role, "") for role in ("source", "device", "item", "size")))
            yield Cell(line, given.get("month", ""), given.get("department", ""), value, (head[column],), extra, carried, run, left_out=why)


def _sum(value: str) -> float:
    return sum(one.quantity for one in amounts_of(value))


def _all_of(head: Row, quantities: Sequence[int]) -> int | None:
    """The column that says what all figures of a row make together; None where there is none, or where it may be money."""
    if len(quantities) < 2 or any(is_money(cell) for cell in head):
        return None
    return next((column for column, cell in enumerate(head) if plain(cell) in ("計", "合計", "総計", "総合計")), None)


def _summing(columns: Sequence[int], head: Row, body: Sequence[tuple[int, Row]]) -> set[int]:
    """Of the columns of figures those that say no more than the others: their sum in every row, or a part of what 総枚数 says."""
    rows = [[sum(one.quantity for one in amounts_of(cell_at(row, column))) for column in columns] for _line, row in body]
    filled = [row for row in rows if any(row)]
    for place, column in enumerate(columns):
        whole, named = [(row[place], sum(row) - row[place]) for row in filled], plain(head[column]).startswith("総")
        if not whole or len(columns) < (2 if named else 3):
            continue
        if all(abs(own - others) < 0.01 for own, others in whole) and (named or not size_in(head[column])):
            return {column}
        if named and all(own >= others for own, others in whole) and unit_in(head[column]) is Unit.SHEET and len({unit_in(head[one]) for one in columns}) == 1:
            return set(columns) - {column}
    return set()


class _Sums:
    """What the columns add up to so far: a row of that and nothing else is their sum."""

    def __init__(self) -> None:
        self._all: dict[int, float] = defaultdict(float)
        self._since: dict[int, float] = defaultdict(float)  # the last sum, or the last row of headings

    def add(self, values: Sequence[tuple[int, str]]) -> None:
        for column, value in values:
            self._all[column] += _sum(value)
            self._since[column] += _sum(value)

    def begin_again(self) -> None:
        """A sum stood here, or a page ended."""
        self._since.clear()

    def are(self, values: Sequence[tuple[int, str]]) -> bool:
        """Whether each of these is the sum of all above it, or of those since the last sum or row of headings."""
        filled = [(column, _sum(value)) for column, value in values if not is_empty(value)]
        return any(bool(filled) and all(abs(sums[column] - number) < 0.01 and number for column, number in filled) for sums in (self._all, self._since))


class _Labels:
    """The cells of a row that may name it, beside the one that does: a bureau, a kind, a word for a sum."""

    def __init__(self, roles: dict[int, str], until: int, section: int | None, sections: Sections) -> None:
        """roles: of the columns. until: where the figures begin. section: the column that names sections, None where no heading says so."""
        self.columns = [column for column, role in roles.items() if role in ("", "source") and column < until]
        self.named = [column for column, role in roles.items() if role in ("", "source", "device", "item", "size") and column < until]
        self.section, self.sections = section, sections

    def total(self, row: Row) -> str:
        """The word that makes this row a sum of others; "" if there is none."""
        return next((text for column in self.named if is_total(text := cell_at(row, column)) and not self.sections.code_of(text)), "")

    def beside(self, row: Row) -> str:
        """What names a row whose section is empty: what stands where bureaus do, left of it. "" where nothing does, so that the section above holds on."""
        texts = [cell_at(row, column) for column in self.columns if self.section is None or column < self.section]
        return next((text for text in reversed(texts) if text and _is_name(text)), "")


def _is_name(text: str) -> bool:
    """No number and no word of another kind."""
    return not (unit_of(text) or source_of(text) or size_in(text) or _numbered(text) or duplex_in(text) is not None or amounts_of(text))


def _fullest(columns: list[int], body: Sequence[tuple[int, Row]]) -> int:
    return max(columns, key=lambda column: sum(1 for _line, row in body if cell_at(row, column)))


# --- months across ---


def _wide(rows: Sequence[tuple[int, Row]], at: int, sections: Sections) -> Iterator[Cell]:
    head = rows[at][1]
    first = next(column for column, cell in enumerate(head) if is_month(cell) or is_year(cell))
    below = rows[at + 1][1] if at + 1 < len(rows) else []
    under = second_heading(head, below, first)
    months = carried(head, first) if under else list(head)
    twice = bought_beside_used(below) if under else set()
    named = next((column for column in range(first) if role_of(head[column]) == "department"), None)
    beside = _Labels({column: role_of(head[column]) for column in range(first) if column != named}, first, named, sections)
    last: dict[int, str] = {}
    for line, row in rows[at + 1 + bool(under) :]:
        own = {column: cell_at(row, column) for column in range(first)}
        if not any(cell_at(row, column) for column in range(len(row))):
            continue
        labels = {column: text or last.get(column, "") for column, text in own.items()} if any(own.values()) else own
        last |= {column: text for column, text in labels.items() if text and not is_total(text)}
        section, words, given = _labels(labels, head)
        section = beside.total(row) or _own(own, named, beside, row) or section
        kinds = [text for column, text in labels.items() if column != named and role_of(head[column]) not in ("device", "note")]
        not_used, year = next((why for text in kinds if (why := row_left_out(text))), ""), next(filter(is_year_alone, kinds), "")
        for column in range(first, len(head)):
            month = with_year(_heading(months, below if under else (), column, first), year)
            if month.strip() and (under or column == (same := alike(months, column))[0]):
                told = cell_at(below, column) if under else ""
                value, why = (cell_at(row, column), NOT_USE if column in twice else left_out(told)) if under else _one_of(row, same)
                said = (*words, *([told] if under else []))
                yield Cell(line, month, section, value, said, given, run=(str(line), *labels.values()), across=True, left_out=not_used or why)


def _heading(names: Row, below: Row, column: int, first: int) -> str:
    """The month or section of a column, or the word that makes it a sum of others."""
    return sum_below(below, column, first) or with_year(names[column], cell_at(below, column))


def _one_of(row: Row, columns: Sequence[int]) -> tuple[str, str]:
    """(value, why it is left out) of columns with one heading: a merged cell says its figure in each; where they differ, nothing says which is meant."""
    values = {text for column in columns if (text := cell_at(row, column))}
    return (values.pop() if len(values) == 1 else " / ".join(cell_at(row, column) for column in columns)), UNCLEAR if len(values) > 1 else ""


def _own(own: dict[int, str], named: int | None, beside: _Labels, row: Row) -> str:
    """What names a row whose section is empty; "" where the row has a section of its own, or goes on with the one above."""
    last = named if named is not None else max((column for column in beside.columns), default=None)
    return "" if last is None or own[last] else beside.beside(row)


def _labels(labels: dict[int, str], head: Row) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """(section, other words, cells with a role) of the cells to the left of the months: the last that is no word of another kind is the section."""
    section, words, given = "", list[str](), dict[str, str]()
    for column, text in labels.items():
        role = role_of(head[column])
        if role == "department":
            section = text
        elif role in ("device", "unit", "source", "size", "item", "duplex", "note"):
            given[role] = text
        elif unit_of(text) or source_of(text) or size_in(text):
            words.append(text)
        elif text and not _numbered(text) and not any(role_of(head[other]) == "department" for other in labels):
            section = text
    return section, tuple(words), given


def _numbered(text: str) -> bool:
    return bool(re.fullmatch("[0-9]{1,3}", plain(text)))


# --- sections across ---


def _turned(rows: Sequence[tuple[int, Row]], at: int) -> Iterator[Cell]:
    head = rows[at][1]
    below = rows[at + 1][1] if at + 1 < len(rows) else []
    under = not is_month(cell_at(below, 0)) and second_heading(head, below, 1)
    names = carried(head, 1) if under else list(head)
    twice = bought_beside_used(below) if under else set()
    for line, row in rows[at + 1 + under :]:
        month = cell_at(row, 0)
        if not month:
            continue
        for column in range(1, len(head)):
            name, kind = name_and_kind(_heading(names, below if under else (), column, 1))
            if name.strip() and role_of(name) != "note" and (under or column == (same := alike(names, column))[0]):
                told = cell_at(below, column) if under else kind
                value, why = (cell_at(row, column), NOT_USE if column in twice else left_out(told)) if under else _one_of(row, same)
                yield Cell(line, month, name, value, (told,), run=(name, told), across=True, left_out=why)
