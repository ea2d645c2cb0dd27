"""A body's own retention schedule, as its tables have it -> what each row says (文書分類表, ファイル基準表, 保存期間表; domain §2.1).

Three shapes are known: a table with a column for the period; a table with one column for each period (○, or lists of kinds);
and a list in which the period is a heading with the kinds below or beside it. `schedule_grouping` makes categories of the rows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from scanpipe.core.schedules.schedule_columns import Column, Header, Role, blocks, header_at
from scanpipe.core.schedules.schedule_facts import (
    CODE_TWICE,
    MARK_IS_NUMBER,
    NO_NAME,
    NO_PERIOD,
    NO_TABLE,
    NOT_A_DISPOSITION,
    NOT_A_PERIOD,
    NOT_A_START,
    PERIOD_FROM_ABOVE,
    REMARK_UNUSED,
    TAKEN_AS_HEADING,
    UNKNOWN_MARK,
    Entry,
    Grid,
    Reading,
    Remark,
)
from scanpipe.core.schedules.schedule_lists import NOTE, heading_period, read_list
from scanpipe.core.schedules.schedule_serials import without_serials
from scanpipe.core.schedules.schedule_terms import (
    SEVERAL,
    Term,
    event_name,
    is_legend,
    legend_of,
    length,
    mark,
    plain,
    read_disposition,
    read_period,
    read_remark,
    read_remark_disposition,
    read_start,
    resolved_start,
)
from scanpipe.core.schedules.schedule_titles import clean, titles_of


def read_schedule(grids: Iterable[Grid], legend: Mapping[str, str] | None = None) -> Reading:
    """What the sheets say. legend: meanings of marks that stand in no sheet; they win over what is found there."""
    sheets = list(grids)
    reading = Reading(legend=legend_of(_lines(sheets)) | {mark(key): says for key, says in (legend or {}).items()})
    found = False
    for grid in sheets:
        filled = [(number, cells) for number, cells in grid.rows if any(cell.strip() for cell in cells)]
        reading.rows += len(filled)
        found = _read_sheet(grid.name, filled, reading) or found
    if not found:
        reading.remarks.append(Remark(sheets[0].name if len(sheets) == 1 else "", None, "", "", NO_TABLE, problem=True))
    reading.remarks += _codes_twice(reading.entries)
    return reading


def _codes_twice(entries: Iterable[Entry]) -> Iterator[Remark]:
    """Codes that are written in rows of different periods, each told once: at the first row that differs."""
    first: dict[str, Entry] = {}
    told: set[str] = set()
    for entry in entries:
        before = first.setdefault(entry.code, entry) if entry.coded else entry
        if before.term.period != entry.term.period and entry.code not in told:
            told.add(entry.code)
            yield Remark(entry.sheet, entry.row, "", f"{entry.code}: {before.term.period} / {entry.term.period}", CODE_TWICE)


def _lines(sheets: Iterable[Grid]) -> Iterator[str]:
    """Where a legend may stand: cells by themselves, and short rows (甲 | 永年)."""
    for grid in sheets:
        for _number, cells in grid.rows:
            texts = list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))
            yield from texts
            if 1 < len(texts) <= 3:
                yield ": ".join(texts)


def _read_sheet(name: str, rows: Sequence[tuple[int, Sequence[str]]], reading: Reading) -> bool:
    """Whether any table or list was found in it."""
    starts = _headers([cells for _number, cells in rows])
    if not starts:
        return read_list(name, rows, reading)
    reading.notes += starts[0][0]
    for (at, header), (end, _next) in zip(starts, [*starts[1:], (len(rows), starts[-1][1])], strict=True):
        reading.notes += header.depth
        body = rows[at + header.depth : end]
        for part in blocks(header):
            part = without_serials(part, body, name, reading)
            if (name, part.columns) not in [(sheet, columns) for sheet, _row, columns in reading.tables]:  # a heading repeated on every page
                reading.tables.append((name, rows[at][0], part.columns))
            _Table(name, part, reading).read(body)
    return True


def _headers(rows: Sequence[Sequence[str]]) -> list[tuple[int, Header]]:
    found: list[tuple[int, Header]] = []
    at = 0
    while at < len(rows):
        header = header_at(rows[at : at + 3])
        if header:
            found.append((at, header))
        at += header.depth if header else 1
    return found


# --- tables ---

_DITTO: Final = re.compile("[\"”“〃″´`]|〃+|同上|同|仝|々|↑|同じ|上に同じ|''|,,")
_YES: Final = re.compile(r"[○◯〇●◎✓✔レ☑■×xX*1]|有|該当|yes|true|する", re.IGNORECASE)
_NO: Final = re.compile(r"[-‐－―ー–—~/／]+|無|なし|×|該当なし|no|false|しない", re.IGNORECASE)
_LEGEND_HEAD: Final = re.compile("[(【※*]*(?:凡例|備考|注記?|説明)[)】:]*")
_TOTAL: Final = re.compile(r"[(【]?(?:合|小|総|累|中)?計[)】]?")
_COUNT: Final = re.compile(r"[0-9,.]+(?:件|冊|枚|種類?|項目|箱|本|行)?")
_LONG_SENTENCE: Final = 60
_HEADS: Final = re.compile(
    "(?:関係|事務|業務|共通|一般|全般|部門|[部局課室係]|に(?:関する|係る)(?:もの|こと|文書|書類|事務)?|関係(?:書類|文書)|】|〕|])$|^[■◆●【〔\\[]"
)
_SECTION: Final = re.compile("(?:[^関共]|^)(?:課|係|室|部|局|支所|出張所|センター|事務所|委員会)(?:関係)?[】〕\\])]?$")  # whose kinds they are, not what
_STYLES: Final = tuple(
    map(re.compile, (r"\s*[(（][0-9０-９]", r"\s*[①-⑳]", r"\s*[0-9０-９]", r"\s*[ア-ン][ 　)）]", r"\s*[(（]?[一二三四五六七八九十][ 　)）、]", r"\s*第"))
)


def _is_total(cells: Iterable[str]) -> bool:
    """小計 | 12 | 340: a row that only adds up what stands above it."""
    texts = [plain(cell) for cell in cells if cell.strip()]
    totals = [text for text in texts if _TOTAL.fullmatch(text)]
    return bool(totals) and all(text in totals or _COUNT.fullmatch(text) or _NO.fullmatch(text) for text in texts)


def _style(text: str) -> int:
    """How an item is numbered; items of one list are numbered alike."""
    return next((number for number, style in enumerate(_STYLES) if style.match(text)), -1)


class _Table:
    """Reads the rows below one header, remembering what stands above."""

    def __init__(self, sheet: str, header: Header, reading: Reading) -> None:
        self.sheet, self.header, self.reading = sheet, header, reading
        titles = header.of(Role.TITLE)
        first_title = titles[0].at if titles else 10_000
        self.periods = header.of(Role.PERIOD) or header.of(Role.MARK)
        self.tree = sorted(header.of(Role.CLASS, Role.CLASS_CODE, Role.CODE), key=lambda column: column.at)
        self.inherits = {column.at for column in self.periods if column.at < first_title and titles}
        self.above: dict[int, str] = {}
        self.heading = ""
        self.section: Term | None = None
        self.waiting: list[tuple[int, str]] = []

    def read(self, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
        for number, cells in rows:
            mine = {column.at: cells[column.at].strip() if column.at < len(cells) else "" for column in self.header.columns}
            if any(mine.values()):
                self._row(number, mine)
        self._give_up()

    def _row(self, number: int, own: dict[int, str]) -> None:
        written = list(dict.fromkeys(value for value in own.values() if value))
        if self._is_legend(own) or _is_total(own.values()):
            self.reading.notes += 1
            return
        if len(written) == 1 and self._is_heading(number, written[0], own):
            return
        cells = self._filled(own)
        term = self._term(number, cells, own)
        if term is None:
            return
        titles = self._titles(cells)
        path = tuple(dict.fromkeys(clean(cells[column.at]) or cells[column.at] for column in self._classes() if cells[column.at]))
        code = self._code(cells)
        for each, extra in term:
            self._add(number, cells, code, path, (*titles, *extra), each, coded=any(own[column.at] for column in self.header.of(Role.CODE)))

    def _major_and_middle(self, cells: Mapping[int, str]) -> tuple[str, ...]:
        """The first two levels of the row's classes; unnamed levels count from the left. A middle class without its major one says too little."""
        names = {column.level or place: clean(cells[column.at]) or cells[column.at] for place, column in enumerate(self._classes(), 1)}
        found = (names.get(1) or self.heading, names.get(2, ""))
        return tuple(name for name in found if name) if found[0] else ()

    def _add(self, number: int, cells: Mapping[int, str], code: str, path: tuple[str, ...], titles: tuple[str, ...], term: Term, *, coded: bool) -> None:
        if not (code or path or titles):
            self._remark(number, "", " ".join(cells.values())[:40], NO_NAME, problem=True)
            return
        self._end_waiting(next((cells[column.at] for column in self.header.of(Role.TITLE, Role.GIVEN) if cells[column.at]), ""))
        for doubt in term.doubts:
            self._remark(number, "", self._shown(term, cells), doubt)
        path = path if path or not self.heading else (self.heading,)
        disposition = self._disposition(number, cells) or ("review" if term.review else None)
        self.reading.entries.append(
            Entry(
                sheet=self.sheet,
                row=number,
                code=code,
                path=path,
                titles=titles,
                term=term,
                disposition=disposition,
                remark=self._remarks(cells)[:200],
                classes=self._major_and_middle(cells),
                coded=coded and bool(code),
            )
        )

    # --- rows that say something about others ---

    def _is_heading(self, number: int, text: str, own: Mapping[int, str]) -> bool:
        """A single cell (or one merged over the row): a period for the rows below, a note, a class, or a row that lacks its period."""
        where = [column for column in self.header.columns if own[column.at]]
        if NOTE.search(text) or text.endswith("。") or len(text) > _LONG_SENTENCE or (self.header.of(Role.MARK) and legend_of([text])):
            self.reading.notes += 1
            return True
        term = heading_period(text, self.reading.legend) if where[0].role is not Role.GIVEN else None
        if term and not (len(where) == 1 and where[0] in self.periods and self.header.of(Role.TITLE)):
            self.section = term
            self.reading.notes += 1
            return True
        if (
            self.section
            or any(column.role is Role.GIVEN for column in where)
            or (len(where) == 1 and where[0].role in (Role.CLASS, Role.CLASS_CODE, Role.CODE))
        ):
            if len(where) == 1 and where[0].role in (Role.CLASS, Role.CLASS_CODE) and not self.section:
                self._filled(dict(own))
                self.reading.notes += 1
                return True
            return False
        if (len(where) > 1 or where[0].role in (Role.TITLE, Role.SERIAL)) and not self.inherits:
            self.waiting.append((number, text))
            return True
        return False

    def _is_legend(self, own: Mapping[int, str]) -> bool:
        """Cells that only explain marks: 凡例 | 甲＝永年 | 乙＝10年, or 甲 | 永年 where no code can stand."""
        texts = [(at, text) for at, text in own.items() if text and not _LEGEND_HEAD.fullmatch(plain(text))]
        if texts and all(is_legend(text) for _at, text in texts):
            return True
        coded = {column.at for column in self.header.of(Role.CODE, Role.CLASS_CODE, Role.CLASS, Role.MARK)}
        return len(texts) == 2 and texts[0][0] not in coded and is_legend(f"{texts[0][1]}: {texts[1][1]}")

    def _end_waiting(self, following: str) -> None:
        """Rows without a period, now that one with a period follows: a heading looks other than the kinds below it."""
        for row, text in self.waiting:
            heads = _HEADS.search(plain(text)) or _style(text) != _style(following)
            if heads:
                self.heading = "" if _SECTION.search(plain(text)) else (clean(text) or text).strip("【】〔〕[]■◆● ")
            self._remark(row, "", text, TAKEN_AS_HEADING if heads else NO_PERIOD, problem=not heads)
        self.waiting.clear()

    def _give_up(self) -> None:
        for row, value in self.waiting:
            self._remark(row, "", value, NO_PERIOD, problem=True)
        self.waiting.clear()

    # --- cells ---

    def _filled(self, own: dict[int, str]) -> dict[int, str]:
        """Ditto marks everywhere, and blanks in the columns of the tree, are what stands above - unless a class further up has changed."""
        cells = {at: self.above.get(at, "") if _DITTO.fullmatch(value) else value for at, value in own.items()}
        changed = False
        for column in self.tree:
            if not cells[column.at] and not changed:
                cells[column.at] = self.above.get(column.at, "")
            elif column.role is not Role.CODE:
                changed = changed or cells[column.at] != self.above.get(column.at, "")
        if changed:
            self._forget_codes(own, cells)
        self.above |= {at: value for at, value in cells.items() if value or at in {column.at for column in self.tree}}
        return cells

    def _forget_codes(self, own: Mapping[int, str], cells: dict[int, str]) -> None:
        """A code left of the class that changed belongs to the class before."""
        for column in self.header.of(Role.CODE):
            if not own[column.at]:
                cells[column.at] = ""

    def _classes(self) -> list[Column]:
        columns = list(self.header.of(Role.CLASS))
        return sorted(columns, key=lambda column: (column.level or 0, column.at)) if all(column.level for column in columns) else columns

    def _code(self, cells: Mapping[int, str]) -> str:
        """The row's own code; else the codes of its classes joined, also where they stand before the names (01 総務)."""
        own = [plain(cells[column.at]) for column in self.header.of(Role.CODE) if cells[column.at] and not _NO.fullmatch(plain(cells[column.at]))]
        if own:
            return "-".join(own)
        levels = [plain(cells[column.at]) for column in self.header.of(Role.CLASS_CODE) if cells[column.at]]
        if levels:
            return "-".join(levels)
        named = [cells[column.at] for column in self._classes() if cells[column.at]]
        leading = [found[1] for text in named if (found := re.match(r"([A-Z]{1,2}[0-9]{0,3}|[0-9]{1,4})(?=[ .:_-]*[^\x00-\x7f])", plain(text)))]
        return "-".join(leading) if leading and len(leading) == len(named) else ""

    def _titles(self, cells: Mapping[int, str]) -> tuple[str, ...]:
        found = [title for column in self.header.of(Role.TITLE) if not _NO.fullmatch(cells[column.at] or "-") for title in titles_of(cells[column.at])]
        return tuple(dict.fromkeys(found))

    def _term(self, number: int, cells: dict[int, str], own: Mapping[int, str]) -> list[tuple[Term, tuple[str, ...]]] | None:
        """The row's periods, each with the titles that stand under it; None if there is none, which is told."""
        if self.header.of(Role.GIVEN):
            given = self._given(number, cells)
            if given or not self.periods:
                return given
        texts = [(column, cells[column.at]) for column in self.periods if cells[column.at] and not _NO.fullmatch(plain(cells[column.at]))]
        if not texts:
            return self._inherited(number, cells, own)
        terms: list[Term] = []
        for column, text in texts:
            term = self._read(column, text)
            if term is None:
                self._remark(number, column.heading, text, self._why(column, text), problem=True)
                return None
            terms.append(term)
        longest = max(terms, key=lambda term: length(term.period))
        if len({term.period for term in terms}) > 1:
            longest = replace(longest, doubts=(*longest.doubts, SEVERAL))
        return [(self._started(number, longest, cells), ())]

    def _read(self, column: Column, text: str) -> Term | None:
        if column.role is Role.MARK and plain(text).isdecimal() and f"{int(plain(text))}種" in self.reading.legend:
            return read_period(f"{int(plain(text))}種", self.reading.legend)
        if column.role is Role.MARK and plain(text).isdecimal():
            return None
        return read_period(text, self.reading.legend)

    def _why(self, column: Column, text: str) -> str:
        if column.role is Role.MARK and plain(text).isdecimal():
            return MARK_IS_NUMBER
        return UNKNOWN_MARK if re.fullmatch("第?[0-9一二三四五六七八九]?(?:種|類)|.?[甲乙丙丁戊]種?|[A-Za-zイロハニホヘト]種?", plain(text)) else NOT_A_PERIOD

    def _inherited(self, number: int, cells: Mapping[int, str], own: Mapping[int, str]) -> list[tuple[Term, tuple[str, ...]]] | None:
        if self.section:
            return [(self._started(number, self.section, cells), ())]
        for column in self.periods:
            before = self.above.get(column.at, "")
            if column.at in self.inherits and before and (term := self._read(column, before)):
                self._remark(number, column.heading, before, PERIOD_FROM_ABOVE)
                return [(self._started(number, term, cells), ())]
        titles = [own[column.at] for column in self.header.of(Role.TITLE) if own[column.at]]
        if titles or any(own[column.at] for column in self.header.columns if column.role in (Role.CODE, Role.START, Role.DISPOSITION)):
            self._remark(number, self.periods[0].heading if self.periods else "", " ".join(titles)[:60], NO_PERIOD, problem=True)
        else:
            self.reading.notes += 1  # only classes: they were remembered
        return None

    def _given(self, number: int, cells: Mapping[int, str]) -> list[tuple[Term, tuple[str, ...]]]:
        """One column for each period: ○ says that the row has it (of several the longest), other words are kinds kept so long."""
        marked: list[Term] = []
        listed: list[tuple[Term, tuple[str, ...]]] = []
        for column in self.header.of(Role.GIVEN):
            text, term = cells[column.at], column.term
            if term is None or not text or (_NO.fullmatch(plain(text)) and not _YES.fullmatch(plain(text))):
                continue
            if _YES.fullmatch(plain(text)):
                marked.append(term)
            elif titles := titles_of(text):
                listed.append((self._started(number, term, cells), titles))
        if marked:
            longest = max(marked, key=lambda term: length(term.period))
            longest = replace(longest, doubts=(*longest.doubts, SEVERAL)) if len(marked) > 1 else longest
            listed.append((self._started(number, longest, cells), ()))
        if not listed and not self.periods and self._titles(cells):
            self._remark(number, "", " ".join(self._titles(cells))[:60], NO_PERIOD, problem=True)
        return listed

    def _started(self, number: int, term: Term, cells: Mapping[int, str]) -> Term:
        """The period with the row's own start and event, where it has columns for them."""
        start, event = term.start, term.event
        for column in self.header.of(Role.START):
            text = cells[column.at]
            if text and not _NO.fullmatch(plain(text)):
                said = read_start(text)
                if said is None:
                    self._remark(number, column.heading, text, NOT_A_START)
                    continue
                start, event = said[0] or start, said[1] or event
        for column in self.header.of(Role.EVENT):
            text = clean(cells[column.at])
            event = event_name(text) if text and not _NO.fullmatch(plain(text)) else event
        unused = self._remarks(cells)
        if isinstance(term.period, int) and start is None and not event:
            start, event, unused = read_remark(unused)
        if unused and self._remark_disposition(cells) and read_remark_disposition(unused):
            unused = ""
        if unused and not any(one.row == number and one.says == REMARK_UNUSED for one in self.reading.remarks[-3:]):
            self._remark(number, self.header.of(Role.REMARK)[0].heading, unused, REMARK_UNUSED)
        if not isinstance(term.period, int):
            return replace(term, start=None, event="")
        rule, doubts = resolved_start(start, event)
        return replace(term, start=rule, event=event if rule and rule.startswith("event_") else "", doubts=(*term.doubts, *doubts))

    def _remarks(self, cells: Mapping[int, str]) -> str:
        return " ".join(dict.fromkeys(" ".join(cells[column.at].split()) for column in self.header.of(Role.REMARK) if cells[column.at]))

    def _disposition(self, number: int, cells: Mapping[int, str]) -> str | None:
        """What the columns say together: two that differ are for a person to decide."""
        said: set[str] = set()
        for column in self.header.of(Role.DISPOSITION):
            text = cells[column.at]
            if text and not _NO.fullmatch(plain(text)):
                found = read_disposition(text)
                if found is None:
                    self._remark(number, column.heading, text, NOT_A_DISPOSITION)
                said.add(found or "review")
        for role, word in ((Role.TRANSFER, "transfer"), (Role.DESTROY, "dispose")):
            if any(_YES.fullmatch(plain(cells[column.at])) or read_disposition(cells[column.at]) == word for column in self.header.of(role)):
                said.add(word)
        if not said and (found := self._remark_disposition(cells)):
            said.add(found)
        return said.pop() if len(said) == 1 else "review" if said else None

    def _remark_disposition(self, cells: Mapping[int, str]) -> str | None:
        """A remark that says 移管 or 廃棄 and nothing else, in a table that has no column for it."""
        if self.header.of(Role.DISPOSITION, Role.TRANSFER, Role.DESTROY):
            return None
        found = {word for column in self.header.of(Role.REMARK) if (word := read_remark_disposition(cells[column.at]))}
        return found.pop() if len(found) == 1 else "review" if found else None

    def _shown(self, term: Term, cells: Mapping[int, str]) -> str:
        texts = [cells[column.at] for column in (*self.periods, *self.header.of(Role.START)) if cells[column.at]]
        return " ".join(dict.fromkeys(texts)) or str(term.period)

    def _remark(self, row: int, column: str, value: str, says: str, *, problem: bool = False) -> None:
        self.reading.remarks.append(Remark(self.sheet, row, column, " ".join(value.split())[:80], says, problem))
