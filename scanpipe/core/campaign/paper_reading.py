"""An office's own table of paper -> rows of ledger A: what is not certain is told, what is not understood is left out and told, nothing is guessed in silence."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from scanpipe.core.campaign.paper_counts import WHOLE, PaperRow, Source, Unit
from scanpipe.core.campaign.paper_headings import MORE_IN_ALL, NOT_USE, UNREAD, is_money, is_used, is_year_alone, of_a_meter
from scanpipe.core.campaign.paper_tables import Cell, parts_of, table_of
from scanpipe.core.campaign.paper_words import (
    Amount,
    Calendar,
    Sections,
    amounts_of,
    calendar_of,
    duplex_in,
    is_below_0,
    is_colour,
    is_copy_paper,
    is_empty,
    is_month,
    is_total,
    month_of,
    months_of_year,
    packed_in,
    scale_in,
    size_in,
    source_of,
    title_month,
    unit_in,
    unit_of,
)
from scanpipe.core.schedules.schedule_facts import Grid
from scanpipe.core.schedules.schedule_terms import plain
from scanpipe.i18n import N_

NO_TABLE: Final = N_("No table of paper was found here. Name the columns in one row, for example: month,department,source,unit,quantity,note")
NO_YEAR: Final = N_("This month has no year. Write it as 2025-04, or write 令和7年度 above the table. Or give --year 2025.")
NOT_A_MONTH: Final = N_("This is not a month. Write it like 2025-04 or 令和7年4月.")
NOT_A_SECTION: Final = N_("There is no section of this name in departments.toml. Correct the name, or add the section.")
NO_SECTION: Final = N_("This row names no section.")
NOT_A_NUMBER: Final = N_("This is not a quantity of paper. Write a number of 0 or more, for example 12 or 12箱.")
NO_UNIT: Final = N_("It is not said what was counted. Add a column 単位 (箱, 冊, 枚, 面). Or give --unit box, ream, sheet or side.")
NO_SOURCE: Final = N_("It is not said whether this was bought or counted. Write 購入 or カウンター above the table. Or give --source purchase or counter.")
NOT_A_SOURCE: Final = N_("This is none of purchase, counter and estimate.")
NOT_A_UNIT: Final = N_("This is none of 箱, 冊, 枚 and 面 (box, ream, sheet, side).")
TOTAL: Final = N_("A total; left out, because it is made of the others.")
RETURNED: Final = N_("Less than 0: paper returned, or a correction. Take it off the figure of its month in the file, then import again.")
EMPTY: Final = N_("Empty cells were taken as not known, not as 0.")
TWICE: Final = N_("The same figures stand on an earlier sheet of this file; they count once.")
ROUGH: Final = N_("Roughly, by the cell's own word.")
CARRIED: Final = N_("Month or section were taken from the row above.")
SIDES: Final = N_("Taken as sides: counters count a sheet printed on both sides twice.")
SPREAD: Final = N_("A figure of a whole year, spread evenly over its months.")
NOT_PAPER: Final = N_("No paper for copiers; left out.")
PACKED: Final = N_("Boxes, in sheets as the row itself says what is in one (500枚×5冊).")
SAME: Final = N_("Section and month stand on another row of this table, too, and nothing tells the two apart; they were added.")
READINGS: Final = N_(
    "A reading of a meter, which goes on counting. Give what was counted since the last one (使用枚数), or both readings (前月指針, 今月指針)."
)
OTHER_UNIT: Final = N_("The same paper stands here in boxes or reams, too; the sheets were taken.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a person should look at. problem: the figure was not taken. line: None for a whole sheet. says: a message id. like: sections perhaps meant."""

    sheet: str
    line: int | None
    value: str
    says: str
    problem: bool = False
    like: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A row as it was understood. raw: the cell. doubts: message ids."""

    row: PaperRow
    sheet: str
    raw: str
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All of a file."""

    understood: tuple[Understood, ...]
    remarks: tuple[Remark, ...]

    @property
    def rows(self) -> tuple[PaperRow, ...]:
        return tuple(each.row for each in self.understood)

    @property
    def problems(self) -> tuple[Remark, ...]:
        return tuple(remark for remark in self.remarks if remark.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person says of a file that the file itself does not. None = nothing."""

    source: Source | None = None
    unit: Unit | None = None
    fiscal_year: int | None = None


def read_paper(grids: Iterable[Grid], sections: Sections, name: str = "", said: Said | None = None) -> Reading:
    """The rows of all sheets. name: of the file, which may say the year. Never raises for what a sheet holds."""
    told = said or Said()
    understood: list[Understood] = []
    remarks: list[Remark] = []
    for grid in (part for each in grids for part in parts_of(each)):
        sheet = _Sheet(grid, sections, name, told)
        found = sheet.read()
        remarks += sheet.remarks
        again = _twice(understood, found)
        if again:
            remarks.append(Remark(sheet=grid.name, line=None, value="", says=TWICE))
        understood += [each for each in found if each.row.key not in again]
    return Reading(understood=tuple(understood), remarks=tuple(remarks))


def _twice(known: Sequence[Understood], found: Sequence[Understood]) -> set[tuple[str, str, str, str]]:
    """Keys that an earlier sheet has: a summary of the year beside its months."""
    return {each.row.key for each in known} & {each.row.key for each in found}


def _doubled(found: Sequence[tuple[Cell, Understood]]) -> list[Understood]:
    """The figures; doubted are those that stand on several rows of a table with months or sections across: one may be hidden, or an old one."""
    lines: dict[tuple[PaperRow, tuple[str, ...]], set[int]] = defaultdict(set)
    places = [(replace(each.row, quantity=0, line=0), cell.run[1:]) for cell, each in found]
    for place, (cell, _each) in zip(places, found, strict=True):
        lines[place].add(cell.line if cell.across else 0)
    return [replace(each, doubts=(*each.doubts, SAME)) if len(lines[place]) > 1 else each for place, (_cell, each) in zip(places, found, strict=True)]


class _Fault(Exception):
    """This figure is not taken."""

    def __init__(self, says: str, value: str, like: tuple[str, ...] = ()) -> None:
        super().__init__(says)
        self.says, self.value, self.like = says, value, like


class _Sheet:
    """One sheet while it is read."""

    def __init__(self, grid: Grid, sections: Sections, name: str, said: Said) -> None:
        self.grid, self.sections, self.said = grid, sections, said
        self.remarks: list[Remark] = []
        self._empty = 0
        self._first: str | None = None  # month that was read
        self._last: dict[tuple[str, ...], str] = {}  # the same of each run
        self._table = table_of(grid, sections)
        title = f"{self._table.title if self._table else ''} {grid.name}"
        self.title = title
        self.calendar = self._calendar(f"{title} ", name)

    def _calendar(self, title: str, name: str) -> Calendar:
        found = calendar_of(title, self.said.fiscal_year)
        return found if found != Calendar() else calendar_of(name)

    def read(self) -> list[Understood]:
        if self._table is None:
            if any(cell.strip() for _line, row in self.grid.rows for cell in row):
                self._tell(None, "", NO_TABLE, problem=True)
            return []
        cells = self._table.cells
        self._has_sections = any(self.sections.code_of(cell.section) not in (None, WHOLE) for cell in cells)
        found = [(cell, each) for cell in cells for each in self._figures(cell)]
        if self._empty:
            self._tell(None, str(self._empty), EMPTY)
        return self._one_unit(_doubled(found))

    def _tell(self, line: int | None, value: str, says: str, *, problem: bool = False, like: tuple[str, ...] = ()) -> None:
        remark = Remark(sheet=self.grid.name, line=line, value=value, says=says, problem=problem, like=like)
        if remark not in self.remarks:
            self.remarks.append(remark)

    def _figures(self, cell: Cell) -> list[Understood]:
        if self._is_total(cell):
            return []
        if not is_copy_paper(item := cell.given.get("item", "")):
            self._tell(cell.line, item, NOT_PAPER)
            return []
        if cell.left_out:
            row = cell.left_out == MORE_IN_ALL
            self._tell(
                cell.line if row else None,
                cell.value if row else " ".join(cell.words) or cell.value,
                cell.left_out,
                problem=cell.left_out not in (NOT_USE, UNREAD),
            )
            return []
        if is_empty(cell.value):
            self._pass_by(cell)
            self._empty += bool(cell.section or cell.month)
            return []
        try:
            return list(self._understood(cell))
        except _Fault as fault:
            self._tell(cell.line, fault.value, fault.says, problem=True, like=fault.like)
            return []

    def _pass_by(self, cell: Cell) -> None:
        """An empty cell, too, is one of the months that follow each other."""
        with suppress(_Fault):
            self._months(cell)

    def _is_total(self, cell: Cell) -> bool:
        code = self.sections.code_of(cell.section)
        sums_all = code == WHOLE and self._has_sections
        for text, is_sum in ((cell.section, sums_all or (code is None and is_total(cell.section))), (cell.month, is_total(cell.month))):
            if is_sum:
                self._tell(cell.line if text == cell.section else None, text, TOTAL)
                return True
        return False

    def _understood(self, cell: Cell) -> Iterator[Understood]:
        if of_a_meter(" ".join((self.title, *cell.words))):
            raise _Fault(READINGS, cell.value)
        amounts = amounts_of(cell.value)
        if not amounts:
            raise _Fault(RETURNED if is_below_0(cell.value) else NOT_A_NUMBER, cell.value)
        section, months = self._section(cell), self._months(cell)
        duplex = _share(cell.given.get("duplex", "")) if cell.given.get("duplex") else duplex_in(" ".join((cell.given.get("source", ""), *cell.words)))
        for amount in amounts:
            source, unit, doubts = self._kind(cell, amount)
            scale = 1 if amount.unit else self._scale(cell)
            if unit is Unit.BOX and (packed := packed_in(" ".join(cell.given.get(role, "") for role in ("item", "size", "unit", "note")))):
                unit, scale, doubts = Unit.SHEET, scale * packed, [*doubts, PACKED]
            doubts += [says for says, holds in ((ROUGH, amount.rough), (CARRIED, cell.carried), (SPREAD, len(months) > 1)) if holds]
            for month in months:
                row = PaperRow(
                    month=month,
                    department=section,
                    source=source,
                    unit=unit,
                    quantity=amount.quantity * scale / len(months),
                    size=size_in(" ".join((cell.given.get("size", ""), cell.given.get("item", ""), *cell.words))) or size_in(self.title) or "A4",
                    duplex=duplex,
                    device=cell.given.get("device", ""),
                    note=cell.given.get("note", ""),
                    line=cell.line,
                )
                yield Understood(row=row, sheet=self.grid.name, raw=cell.value, doubts=tuple(doubts))

    def _section(self, cell: Cell) -> str:
        if not cell.section.strip():
            raise _Fault(NO_SECTION, cell.value)
        code = self.sections.code_of(cell.section)
        if code is None:
            raise _Fault(NOT_A_SECTION, cell.section, self.sections.like(cell.section))
        return code

    def _months(self, cell: Cell) -> tuple[str, ...]:
        if not cell.month.strip() and (only := title_month(self.title) or (month_of(self.grid.name, self.calendar) if is_month(self.grid.name) else None)):
            return (only,)
        if yearly := months_of_year(cell.month):
            return yearly
        calendar = self.calendar if (last := self._last.get(cell.run, self._first)) is None else self.calendar.after(last)
        month = month_of(cell.month, calendar)
        if month is None:
            raise _Fault(NO_YEAR if is_month(cell.month) else NOT_A_MONTH, cell.month)
        self._last[cell.run], self._first = month, self._first or month
        return (month,)

    def _kind(self, cell: Cell, amount: Amount) -> tuple[Source, Unit, list[str]]:
        """Source and unit: what stands in the row goes before its headings, these before the title, all before what a person said of the file."""
        words, doubts = " ".join(cell.words), list[str]()
        unit = self._unit(cell, amount, words)
        source = self._source(cell, unit, words)
        if unit is None:
            if source is not Source.COUNTER:
                raise _Fault(NO_UNIT, cell.value)
            unit = Unit.SIDE
            doubts.append(SIDES)
        elif source is Source.COUNTER and unit is Unit.SHEET and plain(cell.given.get("unit", "")).lower() not in ("sheet", "sheets"):
            unit = Unit.SIDE  # 「枚」 of a counter are sides (domain §5)
            doubts.append(SIDES)
        return source, unit, doubts

    def _unit(self, cell: Cell, amount: Amount, words: str) -> Unit | None:
        given = cell.given.get("unit", "")
        if given and (unit := unit_of(given) or (unit_in(given) if scale_in(given) != 1 else None)) is None:
            raise _Fault(NOT_A_UNIT, given)
        return (
            amount.unit
            or (unit if given else None)
            or unit_in(words)
            or unit_of(cell.given.get("source", ""))
            or unit_in(self.title)
            or (None if is_money(self.title) else self.said.unit)
        )

    def _scale(self, cell: Cell) -> int:
        """As _unit: what stands nearest goes first."""
        places = (cell.given.get("unit", ""), " ".join(cell.words), cell.given.get("source", ""), self.title)
        return next((scale_in(text) for text in places if unit_in(text)), 1)

    def _source(self, cell: Cell, unit: Unit | None, words: str) -> Source:
        given = cell.given.get("source", "")
        source = source_of(given)
        if (
            given
            and source is None
            and unit_of(given) is None
            and size_in(given) is None
            and not is_colour(given)
            and not (is_used(given) or is_year_alone(given))
            and duplex_in(given) is None
        ):
            raise _Fault(NOT_A_SOURCE, given)
        if found := source or source_of(words) or source_of(self.title) or self.said.source:
            return found
        if unit is None and any(is_colour(word) for word in cell.words):
            return Source.COUNTER
        by_unit = {Unit.BOX: Source.PURCHASE, Unit.REAM: Source.PURCHASE, Unit.SIDE: Source.COUNTER}
        if unit not in by_unit:
            raise _Fault(NO_SOURCE if unit else NO_UNIT, cell.value)
        return by_unit[unit]

    def _one_unit(self, found: list[Understood]) -> list[Understood]:
        """Where a row has its paper in sheets and in boxes, it is the same paper."""
        units: dict[tuple[int, tuple[str, str, str, str]], set[Unit]] = defaultdict(set)
        for each in found:
            units[each.row.line, each.row.key].add(each.row.unit)
        kept: list[Understood] = []
        for each in found:
            beside = units[each.row.line, each.row.key]
            if Unit.SHEET not in beside or len(beside) == 1:
                kept.append(each)
            elif each.row.unit is Unit.SHEET:
                kept.append(replace(each, doubts=(*each.doubts, OTHER_UNIT)))
        return kept


def _share(text: str) -> float | None:
    """0.6, 60% or 60 as a share; None for something else."""
    said = plain(text).rstrip("%")
    try:
        number = float(said)
    except ValueError:
        raise _Fault(NOT_A_NUMBER, text) from None
    share = number / 100 if number > 1 or "%" in text or "％" in text else number
    if not 0 <= share <= 1:
        raise _Fault(NOT_A_NUMBER, text)
    return share
