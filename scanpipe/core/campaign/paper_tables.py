"""Where in an office's sheet the figures of paper stand: one figure a row, or sections down and months across, or the other way round."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from scanpipe.core.campaign.paper_counts import Unit
from scanpipe.core.campaign.paper_words import (
    Sections,
    amounts_of,
    calendar_of,
    duplex_in,
    is_colour,
    is_empty,
    is_month,
    is_total,
    is_year,
    month_of,
    size_in,
    source_of,
    unit_in,
    unit_of,
)
from scanpipe.core.schedules.schedule_facts import Grid
from scanpipe.core.schedules.schedule_terms import plain

Row = Sequence[str]
_LOOKED_AT: Final = 40  # rows for the headings
_ROLES: Final = {
    role: re.compile(pattern, re.IGNORECASE)
    for role, pattern in {
        "month": "(?:対象|使用|購入|納品|発注|計上|検針)?(?:年?月|年・月|月分|日付|年月日|日)|month|年度|対象年度",
        "department": "(?:所管|担当|使用|設置|購入|配布)?(?:課所?|課室|所属|部署|部課|所管)(?:名称?|コード)?|department|section|課係名?",
        "source": "区分|種別|source|出所|根拠|データ種別",
        "unit": "単位|unit",
        "device": "機器(?:名|番号|id)?|機番|機種名?|号機|装置|device|(?:機器|資産)?管理番号|機械番号|シリアル(?:番号|no\\.?)?|プリンター?名?|複合機(?:名|番号)?",
        "item": "品名|品目|物品名?|商品名?|製品名",
        "size": "(?:用?紙の?)?サイズ|規格|用紙|size",
        "duplex": "両面(?:率|割合|印刷率)|duplex",
        "note": "備考|摘要|notes?|メモ|注記?",
    }.items()
}
_QUANTITY: Final = re.compile(
    r"(?:年間|月間|総|購入|発注|納品|納入|使用|印刷|出力|コピー|複写|プリント|カウンター?|モノクロ|白黒|カラー|片面|両面|[ab][345])*"
    r"(?:数量?|個数|箱数?|冊数?|枚数?|面数?|量|値|quantity)?(?:\([^()]{1,4}\))?",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile("[数枚箱冊面量値]|カウンタ|モノクロ|白黒|カラー|[ab][345]|quantity", re.IGNORECASE)
_MONEY: Final = re.compile("金額|単価|円|税|価格|料金|費")


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure and the words around it. line: the row as Excel shows it. month, section: as printed, "" where nothing is.

    words: of its headings and labels. given: cells of columns with a heading of their own, by role.
    """

    line: int
    month: str
    section: str
    value: str
    words: tuple[str, ...] = ()
    given: dict[str, str] = field(default_factory=dict)
    carried: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of one sheet, and all words above them."""

    title: str
    cells: tuple[Cell, ...]


def table_of(grid: Grid, sections: Sections) -> Table | None:
    """The first table of a sheet; None if no headings were understood."""
    rows = [(line, [str(cell) for cell in row]) for line, row in grid.rows]
    for at, (_line, row) in enumerate(rows[:_LOOKED_AT]):
        above = " ".join(dict.fromkeys(cell.strip() for _n, other in rows[:at] for cell in other if cell.strip()))
        cells = _cells(rows, at, row, sections, above)
        if cells is not None:
            return Table(above, tuple(cells))
    return None


def _cells(rows: Sequence[tuple[int, Row]], at: int, row: Row, sections: Sections, above: str) -> list[Cell] | None:
    if at + 1 < len(rows) and (merged := _years_above(row, rows[at + 1][1])):
        rows = [*rows[:at], (rows[at + 1][0], merged), *rows[at + 2 :]]
        row = merged
    roles = {column: _role(cell) for column, cell in enumerate(row)}
    across = {plain(cell) for cell in row if is_month(cell)} or {plain(cell) for cell in row if is_year(cell)}
    body = rows[at + 1 :]
    if len(across) >= 2 or (across and "department" in roles.values()):
        return list(_wide(rows, at, sections))
    known = set(roles.values())
    if "quantity" in known and known & {"month", "department"}:
        return list(_long(body, row, roles, sections))
    if sum(is_month(other[0]) for _line, other in body if other) >= 2 and any(sections.code_of(cell) for cell in row[1:]):
        return list(_turned(rows, at))
    if "department" not in known and "month" not in known:
        return None
    if _filled(row) >= 2 and "quantity" not in known and "month" in known and sum(is_month(other[0]) for _line, other in body if other) >= 2:
        return list(_turned(rows, at))  # sections across, none of them known: each is told
    return None


def _years_above(row: Row, below: Row) -> Row | None:
    """One row of headings made of 令和6年度 above 4月, 5月 …: months with their years. None where these are no such two rows."""
    if not any(is_year(cell) for cell in row) or sum(is_month(cell) for cell in below) < 2:
        return None
    year, merged = "", list[str]()
    for column in range(max(len(row), len(below))):
        above, own = _at(row, column), _at(below, column)
        year = above if is_year(above) else year
        merged.append((month_of(own, calendar_of(year)) if year and is_month(own) else None) or own or above)
    return merged


def _filled(row: Row) -> int:
    return sum(1 for cell in row if cell.strip())


def _role(heading: str) -> str:
    said = plain(heading)
    for role, pattern in _ROLES.items():
        if pattern.fullmatch(said):
            return role
    return "quantity" if _QUANTITY.fullmatch(said) and _COUNTED.search(said) and not _MONEY.search(said) else ""


# --- a figure a row ---


def _long(body: Sequence[tuple[int, Row]], head: Row, roles: dict[int, str], sections: Sections) -> Iterator[Cell]:
    places = {role: column for column, role in reversed(roles.items()) if role and role != "quantity"}
    if "department" in places:  # a code and a name stand in two columns: the one that is filled
        places["department"] = _fullest([column for column, role in roles.items() if role == "department"], body)
    quantities = [column for column, role in roles.items() if role == "quantity"]
    for column in (sums_only := _summing(quantities, head, body)):
        yield Cell(0, f"{_SUM}({head[column].strip()})", "", "0")  # told and left out
    quantities = [column for column in quantities if column not in sums_only]
    labels = _Labels([column for column, role in roles.items() if role in ("", "source") and column < min(quantities)], places.get("department"), sections)
    last = {"month": "", "department": ""}
    sums = _Sums()
    for line, row in body:
        given = {role: _at(row, column) for role, column in places.items()}
        values = [(column, _at(row, column)) for column in quantities]
        if not any(value for _column, value in values) and not any(given.values()):
            continue
        if "department" in places:
            given["department"] = labels.total(row) or given["department"] or labels.beside(row)
        if not any(given.values()) and sums.are(values):
            given["department"] = _SUM
        elif not labels.total(row):
            sums.add(values)
        carried = False
        for role in last:
            if role in places and not given[role] and any(not is_empty(value) for _column, value in values):
                given[role], carried = last[role], bool(last[role])
            last[role] = given.get(role, "") or last[role]
        for column, value in values:
            extra = {role: text for role, text in given.items() if role not in ("month", "department")}
            yield Cell(line, given.get("month", ""), given.get("department", ""), value, (head[column],), extra, carried)


_SUM: Final = "合計"  # stands for what nobody wrote beside a sum


def _summing(columns: Sequence[int], head: Row, body: Sequence[tuple[int, Row]]) -> set[int]:
    """Of the columns of figures those that say no more than the others: their sum in every row, or a part of what 総枚数 says."""
    rows = [[sum(one.quantity for one in amounts_of(_at(row, column))) for column in columns] for _line, row in body]
    filled = [row for row in rows if any(row)]
    for place, column in enumerate(columns):
        whole, named = [(row[place], sum(row) - row[place]) for row in filled], plain(head[column]).startswith("総")
        if not whole or len(columns) < (2 if named else 3):
            continue
        if all(abs(own - others) < 0.01 for own, others in whole):
            return {column}
        if named and all(own >= others for own, others in whole) and unit_in(head[column]) is Unit.SHEET and len({unit_in(head[one]) for one in columns}) == 1:
            return set(columns) - {column}
    return set()


class _Sums:
    """What the columns add up to so far: a row of that and nothing else is their sum."""

    def __init__(self) -> None:
        self._columns: dict[int, list[float]] = {}

    def add(self, values: Sequence[tuple[int, str]]) -> None:
        for column, value in values:
            if amounts := amounts_of(value):
                self._columns.setdefault(column, []).append(sum(one.quantity for one in amounts))

    def are(self, values: Sequence[tuple[int, str]]) -> bool:
        """Whether each of these is the sum of two or more above it."""
        filled = [(column, sum(one.quantity for one in amounts_of(value))) for column, value in values if not is_empty(value)]
        return bool(filled) and all(len(self._columns.get(column, ())) > 1 and abs(sum(self._columns[column]) - number) < 0.01 for column, number in filled)


class _Labels:
    """The cells of a row that may name it, beside the one that does: a bureau, a kind, a word for a sum."""

    def __init__(self, columns: Sequence[int], section: int | None, sections: Sections) -> None:
        """columns: those without a meaning of their own. section: the column that names sections, None where no heading says so."""
        self.columns, self.section, self.sections = columns, section, sections

    def total(self, row: Row) -> str:
        """The word that makes this row a sum of others; "" if there is none."""
        return next((text for column in self.columns if is_total(text := _at(row, column)) and not self.sections.code_of(text)), "")

    def beside(self, row: Row) -> str:
        """What names a row whose section is empty: what stands where bureaus do, left of it. "" where nothing does, so that the section above holds on."""
        texts = [_at(row, column) for column in self.columns if self.section is None or column < self.section]
        return next((text for text in reversed(texts) if text and _is_name(text)), "")


def _is_name(text: str) -> bool:
    """No number and no word of another kind."""
    return not (unit_of(text) or source_of(text) or size_in(text) or _numbered(text) or duplex_in(text) is not None or amounts_of(text))


def _fullest(columns: list[int], body: Sequence[tuple[int, Row]]) -> int:
    return max(columns, key=lambda column: sum(1 for _line, row in body if _at(row, column)))


def _at(row: Row, column: int) -> str:
    return row[column].strip() if column < len(row) else ""


# --- months across ---


def _wide(rows: Sequence[tuple[int, Row]], at: int, sections: Sections) -> Iterator[Cell]:
    head = rows[at][1]
    first = next(column for column, cell in enumerate(head) if is_month(cell) or is_year(cell))
    below = rows[at + 1][1] if at + 1 < len(rows) else []
    under = _second_heading(below, first)
    months = _carried(head, first) if under else list(head)
    named = next((column for column in range(first) if _role(head[column]) == "department"), None)
    beside = _Labels([column for column in range(first) if column != named and _role(head[column]) in ("", "source")], named, sections)
    last: dict[int, str] = {}
    for line, row in rows[at + 1 + bool(under) :]:
        own = {column: _at(row, column) for column in range(first)}
        if not any(_at(row, column) for column in range(len(row))):
            continue
        labels = {column: text or last.get(column, "") for column, text in own.items()} if any(own.values()) else own
        last |= {column: text for column, text in labels.items() if text and not is_total(text)}
        section, words, given = _labels(labels, head)
        section = beside.total(row) or _own(own, named, beside, row) or section
        for column in range(first, len(head)):
            month = (_sum_below(below, column, first) if under else "") or months[column]
            if month.strip():
                yield Cell(line, month, section, _at(row, column), (*words, *([_at(below, column)] if under else [])), given)


def _own(own: dict[int, str], named: int | None, beside: _Labels, row: Row) -> str:
    """What names a row whose section is empty; "" where the row has a section of its own, or goes on with the one above."""
    last = named if named is not None else max((column for column in beside.columns), default=None)
    return "" if last is None or own[last] else beside.beside(row)


def _second_heading(row: Row, first: int) -> bool:
    """Whether units or sources stand under the months."""
    filled = [cell for cell in row[first:] if cell.strip()]
    return any(not is_total(cell) for cell in filled) and all(not amounts_of(cell) and _is_kind(cell) for cell in filled)


def _is_kind(text: str) -> bool:
    """What may stand below a month or a section: a unit, a source, a size, black or colour, one side or both, a sum of them."""
    return bool(unit_in(text) or source_of(text) or size_in(text) or is_colour(text) or duplex_in(text) is not None or is_total(text))


def _sum_below(below: Row, column: int, first: int) -> str:
    """The word by which a second heading says that it sums those beside it: 計, 前年比, 総枚数 beside black and colour; "" if it does not."""
    said = _at(below, column)
    if is_total(said):
        return said
    return f"{_SUM}({said})" if plain(said).startswith("総") and any(is_colour(cell) for cell in below[first:]) else ""


def _carried(head: Row, first: int) -> list[str]:
    months, last = list(head), ""
    for column in range(first, len(head)):
        last = months[column] = head[column] or last
    return months


def _labels(labels: dict[int, str], head: Row) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """(section, other words, cells with a role) of the cells to the left of the months: the last that is no word of another kind is the section."""
    section, words, given = "", list[str](), dict[str, str]()
    for column, text in labels.items():
        role = _role(head[column])
        if role == "department":
            section = text
        elif role in ("device", "unit", "source", "size", "item", "duplex", "note"):
            given[role] = text
        elif unit_of(text) or source_of(text) or size_in(text):
            words.append(text)
        elif text and not _numbered(text) and not any(_role(head[other]) == "department" for other in labels):
            section = text
    return section, tuple(words), given


def _numbered(text: str) -> bool:
    return bool(re.fullmatch("[0-9]{1,3}", plain(text)))


# --- sections across ---


def _turned(rows: Sequence[tuple[int, Row]], at: int) -> Iterator[Cell]:
    head = rows[at][1]
    below = rows[at + 1][1] if at + 1 < len(rows) else []
    under = _second_heading(below, 1) and not is_month(_at(below, 0))
    names = _carried(head, 1) if under else list(head)
    for line, row in rows[at + 1 + under :]:
        month = _at(row, 0)
        if not month:
            continue
        for column in range(1, len(head)):
            name = (_sum_below(below, column, 1) if under else "") or names[column]
            if name.strip():
                yield Cell(line, month, name, _at(row, column), (_at(below, column),) if under else ())
