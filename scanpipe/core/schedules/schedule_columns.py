"""Which column of a body's retention schedule says what: headings as offices write them, in one to three rows (分類 over 大/中/小, 保存期間 over 永年/10年/5年)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final

from scanpipe.core.schedules.schedule_terms import Term, plain, read_period

DEEPEST: Final = 3  # rows of headings


class Role(StrEnum):
    """What a column holds."""

    CODE = "code"
    SERIAL = "serial"  # a running number, which says nothing
    CLASS = "class"
    CLASS_CODE = "class code"
    TITLE = "title"
    PERIOD = "period"
    MARK = "mark"  # 区分, 種別: 甲乙丙, 第1種 - or simply the period
    GIVEN = "given"  # a period stands in the heading; cells hold ○ or a list of kinds
    START = "start"
    EVENT = "event"
    DISPOSITION = "disposition"
    TRANSFER = "transfer"  # ○ = yes
    DESTROY = "destroy"
    REMARK = "remark"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. at: from 0. heading: as printed, its rows joined. level: of a class, from 1. term: of a GIVEN one."""

    at: int
    heading: str
    role: Role
    level: int = 0
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """The headings of one table. depth: how many rows they take."""

    columns: tuple[Column, ...]
    depth: int

    def of(self, *roles: Role) -> tuple[Column, ...]:
        """Its columns of these roles, from left to right."""
        return tuple(column for column in self.columns if column.role in roles)


_LEVEL: Final = {"大": 1, "中": 2, "小": 3, "細": 4, "細々": 5, "1": 1, "2": 2, "3": 3, "4": 4, "一": 1, "二": 2, "三": 3, "四": 4, "I": 1, "II": 2, "III": 3}
_CLASS: Final = re.compile(
    "(?:分類|区分)?(?P<level>大|中|小|細々?|第?(?:[1-4一二三四]|I{1,3}))(?:次|段階)?(?:分類|項目|区分|類|ガイド)?(?P<what>名|名称|項目名|記号|コード|番号|No\\.?)?"
)
_PLAIN_CLASS: Final = re.compile(
    "(?:文書)?分類(?:名|名称|項目|項目名|区分)?|事務(?:事業)?(?:名|区分|の区分)?|業務(?:名|区分|の区分)?|事項|項目|部門|類別?|事務事業|大見出し"
)
_ROLES: Final = tuple(
    (role, re.compile(pattern))
    for role, pattern in (
        (Role.OTHER, "保存(?:場所|媒体|期間満了.*日|満了.*日|期限|開始.*日|者)|満了(?:年月)?日|廃棄(?:予定|年月|年度|日).*|引継.*|作成.*|取得.*|年度|完結.*日|冊数|数量|.*媒体.*|.*場所|主管.*|.*担当.*|所管.*|所属.*|管理者|課(?:名|所名?|等)?|部課名?|係|様式(?:番号)?|枚数|保管(?:場所|単位)"),
        (Role.SERIAL, "(?:通し|通|連|項|行|整理|簿冊|ファイル|フォルダー?|追)番号?|番号|番|No\\.?|#|項"),
        (Role.CODE, "(?:文書)?分類(?:記号|番号|コード|No\\.?)|(?:文書|簿冊)?(?:記号|コード)|code|分類記号番号|記号・?番号|文書番号"),
        (Role.START, "(?:保存期間の?)?起算(?:日|点|時期|の?時点|方法|の始期|年度)?|始期|保存期間の(?:起算日|始期)|start"),
        (Role.EVENT, "特定日|起算事由|起算となる(?:事実|出来事)|事由|event"),
        (Role.TRANSFER, "(?:移管|歴史(?:的)?(?:公文書|文書|資料|的価値).*|公文書館.*|選別)(?:等|該当)?(?:の有無)?"),
        (Role.DESTROY, "廃棄"),
        (
            Role.DISPOSITION,
            "(?:保存)?(?:期間)?の?(?:満了|経過|終了)(?:時|後|した(?:とき|時|後))?(?:の|における|に行う)?(?:措置|取り?扱い?|処置|処分|対応|移管[・、/]?廃棄)(?:の?(?:別|区分|方法|内容))?|(?:最終)?(?:措置|処置)(?:の?(?:別|区分|方法|内容))?"
            "|(?:最終)?処分(?:の?(?:方法|区分|別))?|取り?扱い?|レコードスケジュール|(?:廃棄|移管|選別|延長|保存)(?:[・、,/]|又は|若しくは|もしくは|または|及び|と)?(?:廃棄|移管|選別|延長)(?:[・、,/]?(?:廃棄|移管|選別|延長))?等?(?:(?:の|に係る)?(?:別|区分|方法|措置|取り?扱い?|処分|処置|判定|判断|決定|予定))?"
            "|(?:廃棄|移管)等?の?(?:区分|別|方法|措置)|disposition",
        ),
        (Role.PERIOD, "(?:文書)?(?:の)?保存(?:期間|年限|年数|期限年数)(?:\\(?年\\)?|基準|区分)?|(?:保管)?(?:年限|年数)|保管期間|期間|保存|period"),
        (Role.MARK, "(?:保存)?(?:区分|種別|種類区分)|保存種類|保存(?:期間)?の?種別|種"),
        (Role.TITLE, ".*(?:件|簿冊|ファイル|フォルダー?|文書|書類|帳簿|台帳)(?:等)?の?名(?:称)?(?:等)?|簿冊|フォルダー?|(?:公|行政|対象|該当|主な|標準的な|具体的な|主要な?|関係|代表的な)*(?:文書|書類|帳票)(?:等)?(?:の)?(?:種類|種別|名称?|例|例示|内容|類型|表題|標題|題名)?(?:\\(?例\\)?)?"
         "|(?:種類|種別|名称?|内容|例|例示|類型|標題|表題|題名|具体例|該当文書|ファイル|titles?|name)|当該業務に係る.*類型|.*具体例|.*文書の(?:名称|種類|例|内容|類型)"),
        (Role.REMARK, "備考|摘要|注(?:記|釈)?|特記事項|(?:関係|根拠)?法令等?|根拠(?:法令|規定|条文)?等?|説明|理由|remarks?|note"),
    )
)  # fmt: skip


@lru_cache(maxsize=8192)
def role_of(heading: str) -> tuple[Role, int] | None:
    """What a column of this heading holds and, for classes, its level (0 = not said); None for what is no heading."""
    text = plain(heading).strip("*※:・")
    text = re.sub(r"\((?!例\)|年\))[^()]*\)", "", text) or text.strip("()")
    if not text or len(text) > 30:
        return None
    found = _CLASS.fullmatch(text)
    if found and (len(text) > 1 or text in "大中小細"):
        code = found["what"] in ("記号", "コード", "番号", "No", "No.")
        return (Role.CLASS_CODE if code else Role.CLASS), _LEVEL[found["level"].removeprefix("第")]
    if _PLAIN_CLASS.fullmatch(text):
        return Role.CLASS, 0
    return next(((role, 0) for role, pattern in _ROLES if pattern.fullmatch(text)), None)


def header_at(rows: Sequence[Sequence[str]]) -> Header | None:
    """The header that begins with the first of these rows (up to three are looked at); None if it is none.

    A header names where the period stands and what is kept: a title, a class or a code.
    """
    best: Header | None = None
    for depth in range(1, min(DEEPEST, len(rows)) + 1):
        header = _header(rows[:depth])
        if header and (best is None or _worth(header) > _worth(best)):
            best = header
    return best


def _worth(header: Header) -> tuple[int, int]:
    known = sum(column.role is not Role.OTHER for column in header.columns)
    return known + 2 * len(header.of(Role.GIVEN)) + sum(column.level > 0 for column in header.columns), -header.depth


def _header(rows: Sequence[Sequence[str]]) -> Header | None:
    if not _are_headings(rows):
        return None
    columns = [column for at, cells in enumerate(zip(*_spread(rows), strict=True)) if (column := _column(at, cells))]
    if sum(column.role is Role.GIVEN for column in columns) == 1:  # one alone is a value in a row of data
        return None
    header = Header(tuple(columns), len(rows))
    periods, kept = header.of(Role.PERIOD, Role.MARK, Role.GIVEN), header.of(Role.TITLE, Role.CLASS, Role.CODE, Role.CLASS_CODE)
    return header if periods and (kept or header.of(Role.GIVEN)) else None


def _are_headings(rows: Sequence[Sequence[str]]) -> bool:
    """Every row must look like headings: half of its words are known, most where periods are among them; a row of data soon has others."""
    for number, row in enumerate(rows):
        cells = {cell for cell in row if cell.strip()}
        given = sum(_given(cell) is not None for cell in cells)
        unknown = sum(role_of(cell) is None and _given(cell) is None for cell in cells)
        if not cells or unknown * (3 if given else 2) >= len(cells) + (not given) or (number and given == 1):
            return False
    return True


def _spread(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """A heading over several columns, which a CSV has in the first of them alone, stands over those that have headings of their own below."""
    width = max(map(len, rows))
    spread = [[*row, *[""] * (width - len(row))] for row in rows]
    for above, below in pairwise(spread):
        for at in range(1, width):
            if not above[at].strip() and above[at - 1].strip() and below[at].strip() and below[at - 1].strip():
                above[at] = above[at - 1]
    return spread


def _column(at: int, cells: Sequence[str]) -> Column | None:
    """The lowest row that says something, helped by the ones above: 記号 under 大分類 is that class's code."""
    texts = list(dict.fromkeys(cell for cell in cells if cell.strip()))
    if not texts:
        return None
    heading = " ".join(" ".join(text.split()) for text in texts)
    given = next((term for text in reversed(texts) if (term := _given(text))), None)
    if given:
        return Column(at, heading, Role.GIVEN, term=given)
    for text in ("".join(texts), *reversed(texts)):
        found = role_of(text)
        if found and not (found[0] is Role.SERIAL and len(texts) > 1 and text != texts[-1]):
            role, level = found
            above = role_of(texts[0]) if len(texts) > 1 else None
            if role in (Role.CODE, Role.SERIAL) and above and above[0] is Role.CLASS and above[1]:
                role, level = Role.CLASS_CODE, above[1]
            return Column(at, heading, role, level)
    return Column(at, heading, Role.OTHER)


@lru_cache(maxsize=8192)
def _given(heading: str) -> Term | None:
    """The period that a heading is: 永年, 10年保存, 第2種(10年). Plain numbers are years only where a unit is written."""
    text = plain(heading)
    if len(text) > 20 or not re.search("年|永久|常用|無期限|長期", text) or re.search("年度|年限|年数|起算|分類", text):
        return None
    return read_period(text)


def blocks(header: Header) -> list[Header]:
    """Tables that stand side by side, each with headings of its own; mostly there is one."""
    cuts = [0]
    names: set[str] = set()
    seen_period = False
    for number, column in enumerate(header.columns):
        if seen_period and column.heading in names and column.role in (Role.CODE, Role.SERIAL, Role.CLASS, Role.TITLE, Role.CLASS_CODE):
            cuts.append(number)
            names, seen_period = set(), False
        names.add(column.heading)
        seen_period = seen_period or column.role in (Role.PERIOD, Role.MARK)
    parts = [Header(header.columns[a:b], header.depth) for a, b in zip(cuts, [*cuts[1:], None], strict=True)]
    return parts if all(part.of(Role.PERIOD, Role.MARK, Role.GIVEN) for part in parts) else [header]
