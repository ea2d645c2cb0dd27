"""Words of an office's paper tables: months (令和7年4月, R7.4, 2025/04, 4月), quantities (１２箱３冊, 1,234枚), sources, units, sizes, sections, totals."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol, cast
from unicodedata import normalize

from scanpipe.core.campaign.paper_counts import SIZES, WHOLE, Source, Unit
from scanpipe.core.dates import era_year, find_accounting_year
from scanpipe.core.schedules.schedule_terms import plain, whole
from scanpipe.core.text import fold

# --- months ---

_ERAS: Final = {"令和": "令和", "令": "令和", "R": "令和", "平成": "平成", "平": "平成", "H": "平成"}
_ERA: Final = r"(?P<era>令和|平成|令|平|[RHrh])(?P<y>元|[0-9]{1,2})"
_WESTERN: Final = r"(?P<w>(?:19|20)[0-9]{2})"
_NUMERAL: Final = "[0-9]{1,2}|十[一二]?|[一二三四五六七八九]"
_END: Final = r"(?:月(?:分|度|中|実績)?)?(?:[./-]?[0-9]{1,2}日?)?"
_FULL: Final = re.compile(rf"(?:{_ERA}|{_WESTERN})(?:年|[./-])(?P<m>[0-9]{{1,2}}){_END}(?:[T ].*)?")
_DIGITS: Final = re.compile(r"(?P<w>20[0-9]{2})(?P<m>0[1-9]|1[0-2])(?:[0-3][0-9])?")
_MONTH: Final = re.compile(rf"(?P<m>{_NUMERAL})月(?:分|度|中|実績)?")
_YEARLY: Final = re.compile(rf"(?:{_ERA}|{_WESTERN})年度(?:分|実績)?")
_TITLE_YEAR: Final = re.compile(rf"(?:{_ERA}|{_WESTERN})年(?!度)")
_YEAR_CELL: Final = re.compile(rf"(?:{_ERA}|{_WESTERN})(?:年度?)?")
_BARE_YEAR: Final = re.compile(r"(?:^|[\s(_-])([RH][0-9]{1,2}|(?:令和|平成)(?:元|[0-9]{1,2}))(?=$|[\s)_-])", re.IGNORECASE)
_TITLE_MONTH: Final = re.compile(rf"(?:{_ERA}|{_WESTERN})年?[./-]?(?P<m>[0-9]{{1,2}})月")


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a table says of its year outside the cells. fiscal_year: 年度; year: 年; last: the month read before, YYYY-MM. None = nothing."""

    fiscal_year: int | None = None
    year: int | None = None
    last: str | None = None

    def after(self, month: str) -> "Calendar":
        return replace(self, last=month)


def calendar_of(title: str, fiscal_year: int | None = None) -> Calendar:
    """The year in the words above a table, in its sheet's name or its file's. fiscal_year: said by a person, goes first."""
    if fiscal_year is not None:
        return Calendar(fiscal_year)
    found = _TITLE_YEAR.search(plain(title))
    return Calendar(find_accounting_year(title) or (None if found else bare_year(title)), _year(found) if found else None)


def month_in_year(year: str, month: str, *, fiscal: bool) -> str | None:
    """YYYY-MM of two cells (令和6, 12); None where they are no year with its era or century and no month. fiscal: the column says 年度."""
    found, number = _YEAR_CELL.fullmatch(plain(year)), re.fullmatch("([0-9]{1,2})(?:月分?)?", plain(month))
    if not found or not number:
        return None
    said = _year(found)
    return _named(said + (fiscal and int(number[1]) < 4), int(number[1]))


def bare_year(text: str) -> int | None:
    """The fiscal year of an R6 or H31 that stands alone among these words, as offices name their sheets; None if there is none."""
    found = _BARE_YEAR.search(normalize("NFKC", text))
    return None if found is None else _year(cast(re.Match[str], re.fullmatch(_ERA, found[1])))


def _year(found: re.Match[str]) -> int:
    parts = found.groupdict()
    if parts.get("w"):
        return int(parts["w"])
    return era_year(_ERAS[parts["era"].upper()], 1 if parts["y"] == "元" else int(parts["y"]))


def title_month(title: str) -> str | None:
    """The one month that a whole table is about (令和7年4月分), None if its words name none."""
    found = _TITLE_MONTH.search(plain(title))
    return _named(_year(found), int(found["m"])) if found else None


_CLOCK: Final = re.compile(r"[ T]+[0-9]{1,2}:[0-9]{2}.*$|\([月火水木金土日祝・]+\)")


def _day(text: str) -> str:
    """A cell for comparison, without the time of day and the day of the week that stand behind a date."""
    return plain(_CLOCK.sub("", normalize("NFKC", text).strip()))


def is_month(text: str) -> bool:
    """Whether a cell names a month, with or without its year."""
    said = _day(text)
    return bool(_FULL.fullmatch(said) or _MONTH.fullmatch(said) or _DIGITS.fullmatch(said))


def is_year(text: str) -> bool:
    """Whether a cell names a fiscal year (令和5年度)."""
    return bool(_YEARLY.fullmatch(plain(text)))


def month_of(text: str, calendar: Calendar) -> str | None:
    """YYYY-MM of a cell; None if it names no month, or no year is known for it."""
    said = _day(text)
    found = _FULL.fullmatch(said) or _DIGITS.fullmatch(said)
    if found:
        return _named(_year(found), int(found["m"]))
    found = _MONTH.fullmatch(said)
    if not found:
        return None
    number = int(found["m"]) if found["m"].isascii() else whole(found["m"])
    year = _year_for(number, calendar)
    return None if year is None else _named(year, number)


def _year_for(number: int, calendar: Calendar) -> int | None:
    if calendar.fiscal_year is not None:
        return calendar.fiscal_year if number >= 4 else calendar.fiscal_year + 1
    if calendar.last is not None:  # R7.4, 5月, … 12月, 1月
        year, last = int(calendar.last[:4]), int(calendar.last[5:])
        return year if number >= last else year + 1
    return calendar.year


def _named(year: int, month: int) -> str | None:
    return f"{year:04d}-{month:02d}" if 1 <= month <= 12 else None


def months_of_year(text: str) -> tuple[str, ...]:
    """The twelve months of a fiscal year that a cell names; none if it names none."""
    found = _YEARLY.fullmatch(plain(text))
    if not found:
        return ()
    year = _year(found)
    return tuple(f"{year if month >= 4 else year + 1:04d}-{month:02d}" for month in (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3))


# --- quantities ---

_UNITS: Final = (
    (Unit.BOX, "箱|ケース|カートン|box(?:es)?|c/s"),
    (Unit.REAM, "冊|包|ream?s?|パック"),
    (Unit.SHEET, "枚|sheets?"),
    (Unit.SIDE, "面|カウント|クリック|頁|ページ|sides?|counts?"),
)
_UNIT_SIGNS: Final = "|".join(pattern for _unit, pattern in _UNITS)
_MULTIPLES: Final = {"百": 100, "千": 1_000, "万": 10_000, "億": 100_000_000, "": 1}
_AMOUNT: Final = re.compile(
    rf"(?P<n>(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?![0-9,])(?:\.[0-9]+)?|[一二三四五六七八九十百]+)(?P<k>千|万|億)?(?P<u>{_UNIT_SIGNS})?", re.IGNORECASE
)
_EMPTY: Final = re.compile(r"[-‐‑‒–—―−－ー~〜/／\\＼…・*※]*|n/?a|該当なし|対象外|未(?:定|報告|集計|提出)|不明")
_ABOUT: Final = re.compile("^(?:約|およそ|概ね|計)")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it stands in a cell. unit: None where the cell does not say. rough: the cell says 約."""

    quantity: float
    unit: Unit | None
    rough: bool = False


def is_empty(text: str) -> bool:
    """A cell that says nothing: no figure is known, which is not 0."""
    return bool(_EMPTY.fullmatch(plain(text).lower()))


def is_below_0(text: str) -> bool:
    """An amount with a minus before it, or in brackets as bookkeepers write it: -1箱, △2, (3)."""
    found = re.fullmatch(r"[-‐‑‒–—−△▲▼](.+)|\((.+)\)", plain(text))
    return bool(found and amounts_of(found[1] or found[2]))


def amounts_of(text: str) -> tuple[Amount, ...]:
    """All amounts in a cell, which add up (12箱3冊); none if it is something else, also if it is below 0."""
    said = plain(text)
    rough, said = bool(_ABOUT.match(said)), _ABOUT.sub("", said)
    found: list[Amount] = []
    at = 0
    while at < len(said):
        match = _AMOUNT.match(said, at)
        if match is None or (found and match["u"] is None):
            return ()
        number = float(match["n"].replace(",", "")) if match["n"].isascii() else float(whole(match["n"]))
        found.append(Amount(number * _MULTIPLES[match["k"] or ""], unit_of(match["u"] or ""), rough))
        at = match.end()
    return tuple(found)


# --- words of sources, units, sizes ---

_SOURCES: Final = (
    (Source.ESTIMATE, re.compile("推計|推定|見積|見込|概算|estimate", re.IGNORECASE)),
    (
        Source.COUNTER,
        re.compile(
            "カウンタ|検針|複写機|複合機|(?<!用紙)(?<!用紙の)使用枚数|印刷枚数|出力枚数|コピー枚数|プリント|ファク(?:ス|シミリ)|counter|fax", re.IGNORECASE
        ),
    ),
    (Source.PURCHASE, re.compile("購入|発注|納品|納入|注文|支給|払出|購買|用紙代|purchase", re.IGNORECASE)),
)
_UNIT_WORD: Final = tuple((unit, re.compile(f"(?:{pattern})(?:数|単位)?", re.IGNORECASE)) for unit, pattern in _UNITS)
_UNIT_IN: Final = tuple((unit, re.compile(pattern, re.IGNORECASE)) for unit, pattern in _UNITS)
_SIZE: Final = re.compile("(?<![A-Z0-9])(A3|A4|A5|B4|B5)(?![0-9])")
_PACKED: Final = re.compile(r"([0-9][0-9,]*)枚(?:入り?)?[x×✕*]([0-9]{1,2})(?:冊|包|束|パック|締|〆|個|入|$|[^0-9])", re.IGNORECASE)
_DUPLEX: Final = {"両面": 1.0, "片面": 0.0, "duplex": 1.0, "simplex": 0.0}


def source_of(text: str) -> Source | None:
    """What kind of figure these words tell of; the most telling word wins."""
    said = plain(text)
    return next((source for source, pattern in _SOURCES if pattern.search(said)), None)


def unit_of(text: str) -> Unit | None:
    """The unit that a cell is (箱, 冊数, sheet), None if it is something else."""
    said = plain(text)
    return next((unit for unit, pattern in _UNIT_WORD if pattern.fullmatch(said)), None)


def unit_in(text: str) -> Unit | None:
    """The unit in a heading or title (数量（箱）, 単位：枚, カウンター面数): in brackets or behind 単位 first."""
    said = plain(text)
    marked = re.search(r"単位[:は]?([^)、]{1,5})|\(([^()]{1,5})\)", said)
    if marked and (unit := unit_of(marked[1] or marked[2])):
        return unit
    return next((unit for unit, pattern in _UNIT_IN if pattern.search(said)), None)


def packed_in(text: str) -> int | None:
    """Sheets of one box where its own words say it (500枚×3冊 -> 1,500), None where they do not."""
    found = _PACKED.search(" ".join(normalize("NFKC", text).split()).replace("枚 ", "枚"))
    return int(found[1].replace(",", "")) * int(found[2]) if found else None


_SCALED: Final = re.compile(rf"(?:単位[:は]?|[(]|^)([百千万])({_UNIT_SIGNS})(?:数|単位)?", re.IGNORECASE)


def scale_in(text: str) -> int:
    """What a figure is to be multiplied by, as a unit in a heading or title says: 1,000 for 単位：千枚, 1 where it says nothing."""
    found = _SCALED.search(plain(text))
    return _MULTIPLES[found[1]] if found else 1


def size_in(text: str) -> str | None:
    """A paper size in these words, None if there is none."""
    found = _SIZE.search(normalize("NFKC", text).upper())  # with its blanks: A3 500枚
    return found[1] if found and found[1] in SIZES else None


_OTHER_GOODS: Final = re.compile(
    "封筒|トナー|ドラム|インク|カートリッジ|ラベル|付箋|付せん|ふせん|ファイル|フォルダ|は?がき|ハガキ|名刺|テープ|ホチキス|ステープ|画用紙|ロール紙|感熱"
)
_COPY_PAPER: Final = re.compile("コピー用?紙|複写用?紙|複合機用紙|ppc", re.IGNORECASE)


def is_copy_paper(item: str) -> bool:
    """Whether what was bought may be paper for copiers; False for envelopes, toner and the like."""
    said = plain(item)
    return bool(_COPY_PAPER.search(said)) or not _OTHER_GOODS.search(said)


_COLOUR: Final = re.compile(
    r"(?:モノクロ|白黒|黒|単色|フルカラー|カラー|[2二]色(?:カラー)?|mono(?:chrome)?|b/?w|colou?r)(?:印刷|コピー|プリント|プリンター?|出力|ファク(?:ス|シミリ)|fax)?(?:枚数|面数|数)?",
    re.IGNORECASE,
)


def is_colour(text: str) -> bool:
    """A cell that tells black from colour, as copiers count them."""
    return bool(_COLOUR.fullmatch(plain(text)))


def duplex_in(text: str) -> float | None:
    """1 for 両面, 0 for 片面; None where the words say neither or both."""
    said = {share for word, share in _DUPLEX.items() if word in plain(text).lower()}
    return said.pop() if len(said) == 1 else None


# --- sections and totals ---

_TOTAL: Final = re.compile(
    r"(?:総|年間|年度?|月|課|[上下]期|(?:令和|平成|[rh])[0-9元]+年?度?|20[0-9]{2}年?度?)?(?:合計|総計|小計|累計|計|平均)(?:額|数|値)?|[^0-9]*(?:局|部|庁|先|所|年度|半期|四半期)(?:[合小総]?計|平均)|差引?額?|差異|(?:職員)?[1一]人(?:当|あ)たり|(?:第.)?[上下前後]?(?:四)?半期(?:計)?|(?:対)?前年(?:度|同月)?(?:比|差|実績)?|増減(?:率|数)?"
    r"|構成比|削減(?:率|量|数)|割合|(?:grand)?total|sum|average|平均"
)
_DECORATION: Final = re.compile(r"\([^()]*\)|[【】\[\]《》〈〉<>■◎○●※*:]")
_WHOLE: Final = re.compile(r"\*|全庁(?:計|合計)?|全課|全所属|全部署|[市町村区](?:役所|役場|全体)(?:全体)?|庁内(?:全体)?|全体|city")


def is_total(text: str) -> bool:
    """A row or column that sums, averages or compares others. Ask first whether it is a section (会計課)."""
    return bool(_TOTAL.fullmatch(_DECORATION.sub("", plain(text).lower())))


class Named(Protocol):
    """What of a section is compared with a cell."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def bureau(self) -> str: ...


_BETWEEN: Final = re.compile("(?<=[0-9])[:._/・-](?=[^0-9])")  # 1202:総務課


class Sections:
    """Finds sections by code, name, both, or bureau and name; never by likeness."""

    def __init__(self, sections: Iterable[Named]) -> None:
        self._codes: dict[str, set[str]] = {}
        self._names: dict[str, str] = {}  # as to be shown, by code
        for section in sections:
            self._names[section.code] = f"{section.code} {section.name}"
            for text in (section.code, section.name, f"{section.code}{section.name}", f"{section.name}{section.code}", f"{section.bureau}{section.name}"):
                self._codes.setdefault(_folded(text), set()).add(section.code)

    def code_of(self, text: str) -> str | None:
        """The one section of this name, WHOLE for the whole city; None if there is none, or more than one."""
        said = plain(text)
        found = self._codes.get(_folded(said)) or self._codes.get(_folded(_BETWEEN.sub("", said)), set())
        if len(found) == 1:
            return next(iter(found))
        return WHOLE if not found and _WHOLE.fullmatch(said.lower()) else None

    def like(self, text: str) -> tuple[str, ...]:
        """Up to three sections that may be meant, the likeliest first, as `1105 デジタル政策課`."""
        said = _folded(text)
        near = [
            *sorted(self._codes.get(said, ())),
            *(code for key in difflib.get_close_matches(said, self._codes, n=6, cutoff=0.5) for code in self._codes[key]),
        ]
        return tuple(self._names[code] for code in dict.fromkeys(near))[:3]


def _folded(text: str) -> str:
    return fold(plain(text), 2).replace(" ", "")
