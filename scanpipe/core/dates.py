"""Dates as offices write them: eras, 元年, kanji numerals, full width, Western years, and the slips of OCR (domain §3).

Positions always refer to the text as it was given: signs are narrowed one for one, so nothing shifts.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from scanpipe.errors import UsageError
from scanpipe.i18n import N_

FIRST, LAST, LAST_KEPT = date(1868, 1, 1), date(2200, 12, 31), date(2999, 12, 31)  # of what happened; of what is kept longer or held
NOT_PLAUSIBLE: Final = N_("{value} cannot be right; write one from {first} to {last}.")
NO_YEAR: Final = N_("{value} is not a fiscal year. Write four digits, for example 2025.")

_ERAS: dict[str, tuple[date, date]] = {  # first and last day; last days overlap with the next era's first (domain §3)
    "明治": (date(1868, 1, 25), date(1912, 7, 30)),
    "大正": (date(1912, 7, 30), date(1926, 12, 25)),
    "昭和": (date(1926, 12, 25), date(1989, 1, 8)),
    "平成": (date(1989, 1, 8), date(2019, 5, 1)),
    "令和": (date(2019, 5, 1), date.max),
}
_LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_SHORT = {name[0]: name for name in _ERAS}
_SQUARE = {"㍾": "明治", "㍽": "大正", "㍼": "昭和", "㍻": "平成", "㋿": "令和"}
_MISREAD = {
    "合和": "令和",
    "今和": "令和",
    "令禾": "令和",
    "令利": "令和",
    "令租": "令和",
    "令合": "令和",
    "令知": "令和",
    "令祖": "令和",
    "令私": "令和",
    "令相": "令和",
    "分和": "令和",
    "平戌": "平成",
    "平威": "平成",
    "乎成": "平成",
    "照和": "昭和",
}
_KANJI = {"〇": 0, "零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_DIGIT_SLIPS = str.maketrans("OoQ〇○◯lI|", "000000111")

_NARROW = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: " ", 0x00A0: " ", ord("・"): ".", ord("．"): ".", ord("。"): "."}
_NARROW |= {ord(sign): "-" for sign in "‐‑‒–—−"} | {ord("⽇"): "日", ord("⽉"): "月", ord("⼀"): "一", ord("⼆"): "二", ord("⼗"): "十"}

_GAP = r"[ \t]*"
_KANJI_NUMBER = r"(?:[〇零一二三四五六七八九][〇零一二三四五六七八九]|[二三四五六七八九]?十[一二三四五六七八九]?|[〇零一二三四五六七八九])"
_DIGITS = r"(?:[0-9OoQ〇○◯lI|](?:[ ]?[0-9OoQ〇○◯lI|])?)"
_NUMBER = rf"(?:{_DIGITS}(?![0-9])|{_KANJI_NUMBER})"
_YEAR_SIGN, _DAY_SIGN = r"[年午]", r"[日曰目]"
_ERA_WORD = "|".join([*_ERAS, *_MISREAD, *_SQUARE])
_ASIDE = r"(?:\([^()]{2,12}\)[ \t]*)?"  # 令和7年(2025年)4月1日

_ERA_LONG = re.compile(
    rf"(?P<era>(?:令|合|今|平|昭|大|明){_GAP}(?:和|成|正|治)|{_ERA_WORD}|(?<![一-龠])和|(?<![A-Za-z0-9])[MTSHRmtshr]|(?<![一-龠])[令平昭大明]){_GAP}"
    rf"(?P<y>元|兀|{_NUMBER}){_GAP}{_ASIDE}{_YEAR_SIGN}{_GAP}{_ASIDE}(?P<m>{_NUMBER}){_GAP}月{_GAP}(?P<d>{_NUMBER}){_GAP}{_DAY_SIGN}"
)
_ERA_DOTS = re.compile(
    rf"(?P<era>{_ERA_WORD}|(?<![A-Za-z0-9])[MTSHRmtshr]|(?<![一-龠])[令平昭大明]){_GAP}(?P<y>元|[0-9]{{1,2}}){_GAP}[./-]{_GAP}"
    rf"(?P<m>[0-9]{{1,2}}){_GAP}[./-]{_GAP}(?P<d>[0-9]{{1,2}})(?![0-9])"
)
_WESTERN_LONG = re.compile(
    rf"(?<![0-9])(?P<y>[12][0-9OoQ〇lI]{{3}}){_GAP}{_ASIDE}{_YEAR_SIGN}{_GAP}{_ASIDE}(?P<m>{_NUMBER}){_GAP}月{_GAP}(?P<d>{_NUMBER}){_GAP}{_DAY_SIGN}"
)
_WESTERN_DOTS = re.compile(r"(?<![0-9./-])(?P<y>(?:18|19|20|21)[0-9]{2}) ?(?P<sep>[./-]) ?(?P<m>[0-9]{1,2}) ?(?P=sep) ?(?P<d>[0-9]{1,2})(?![0-9])")
_PLAIN = re.compile(r"(?<![0-9.,/-])(?P<y>(?:19|20)[0-9]{2})(?P<m>[01][0-9])(?P<d>[0-3][0-9])(?![0-9.,/-])")
_WESTERN_KANJI = re.compile(rf"(?P<y>[一二][〇零一二三四五六七八九]{{3}})年(?P<m>{_KANJI_NUMBER})月(?P<d>{_KANJI_NUMBER})日")
_BARE = re.compile(
    rf"(?<![0-9年./-])(?P<y>元|[0-9]{{1,2}}){_GAP}(?:{_YEAR_SIGN}{_GAP}(?P<m>[0-9]{{1,2}}){_GAP}月{_GAP}(?P<d>[0-9]{{1,2}}){_GAP}{_DAY_SIGN}"
    r"|[.] ?(?P<m2>[0-9]{1,2}) ?[.] ?(?P<d2>[0-9]{1,2})(?![0-9.]))"
)
_ACCOUNTING = re.compile(
    rf"(?:(?P<era>[令平昭]{_GAP}[和成]|{_ERA_WORD}|(?<![A-Za-z0-9])[RHSrhs]|(?<![一-龠])[令平昭]){_GAP}(?P<y>元|兀|{_NUMBER})|(?P<w>(?<![0-9])(?:19|20)[0-9]{{2}})){_GAP}{_ASIDE}{_YEAR_SIGN}{_GAP}度"
)


_ERA_PART = re.compile(  # 令和7年4月, 令和7年, R7.4, R7
    rf"(?P<era>{_ERA_WORD}|[MTSHRmtshr令平昭大明]){_GAP}(?P<y>元|{_NUMBER}){_GAP}"
    rf"(?:年{_GAP}(?:(?P<m>{_NUMBER}){_GAP}月)?|[./-]{_GAP}(?P<m2>[0-9]{{1,2}}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDate:
    """A date as it stands in a text: text[start:end] == quote.

    certain: False where a slip of OCR was mended, a sign was guessed, or the day lies outside its era (平成32年).
    """

    day: date
    start: int
    end: int
    quote: str
    certain: bool


class NotPlausible(UsageError):
    """A day or year so far away that it was surely mistyped."""


def plausible(day: date, *, last: date = LAST) -> date:
    """The day itself. last: the last that is believed; LAST_KEPT for ends of holds and extensions. Raises NotPlausible, with the range.

    Periods that begin so late would end beyond the years that a calendar has.
    """
    if not FIRST <= day <= last:
        raise NotPlausible(NOT_PLAUSIBLE, value=day.isoformat(), first=FIRST.isoformat(), last=last.isoformat())
    return day


def plausible_year(year: int) -> int:
    """The Western year itself. Raises NotPlausible, with the range."""
    if not FIRST.year <= year <= LAST.year:
        raise NotPlausible(NOT_PLAUSIBLE, value=year, first=FIRST.year, last=LAST.year)
    return year


def year_typed(text: str) -> int | None:
    """A fiscal year as people type it into a field (2025, ２０２５年度); None for an empty one. Raises UsageError, NotPlausible."""
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("年度")
    if plain and not (plain.isascii() and plain.isdigit() and len(plain) == 4):
        raise UsageError(NO_YEAR, value=text[:20])
    return plausible_year(int(plain)) if plain else None


def fiscal_year(day: date) -> int:
    """The year (年度) that begins on 1 April."""
    return day.year if day.month >= 4 else day.year - 1


def narrow(text: str) -> str:
    """Full-width signs as ASCII, one sign for one, so that positions stay."""
    return text.translate(_NARROW)


def find_dates(text: str, *, era: str | None = None) -> list[FoundDate]:
    """All whole dates (year, month, day) in `text`, in the order in which they stand; impossible ones (4月31日) are left out.

    era: a name (令和) for dates whose era is not printed (7.4.1, 7年4月1日); None = such dates are not read. Never raises.
    """
    plain = narrow(text)
    found: list[FoundDate] = []
    taken = bytearray(len(plain))
    for start, end, day, certain in _readings(plain, era):
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            found.append(FoundDate(day=day, start=start, end=end, quote=text[start:end], certain=certain))
    return sorted(found, key=lambda one: one.start)


def parse_date(text: str, *, era: str | None = None) -> date | None:
    """The first date in `text`, None if there is none."""
    found = find_dates(text, era=era)
    return found[0].day if found else None


def find_accounting_year(text: str) -> int | None:
    """The first 年度 in `text` as a Western year: 令和7年度 -> 2025, 平成31年度 and 令和元年度 -> 2019. None if there is none."""
    for match in _ACCOUNTING.finditer(narrow(text)):
        if match["w"]:
            return int(match["w"])
        year = _number(match["y"])
        if year:
            return _ERAS[_era(match["era"])][0].year + year - 1
    return None


def era_period(text: str) -> tuple[int, int | None] | None:
    """The Western year and the month of a whole text that names no day: 令和7年4月 and R7.4 -> (2025, 4), 令和7年 -> (2025, None). None if it is neither."""
    match = _ERA_PART.fullmatch(narrow(text).strip())
    if not match:
        return None
    written = match["m"] or match["m2"]
    year, month = _number(match["y"]), _number(written) if written else None
    if not year or (written and not 1 <= (month or 0) <= 12):
        return None
    return era_year(_era(match["era"]), year), month


def era_year(era: str, year: int) -> int:
    """The Western year: ("令和", 7) -> 2025."""
    return _ERAS[era][0].year + year - 1


def _readings(plain: str, era: str | None) -> Iterator[tuple[int, int, date, bool]]:
    """Start, end, day and certainty, the surest forms first."""
    if not any(sign in plain for sign in "0123456789月"):
        return
    for pattern in (_ERA_LONG, _ERA_DOTS):
        for match in pattern.finditer(plain):
            yield from _in_era(match, _era(match["era"]), sure=match["era"] not in _MISREAD and match["era"] != "和")
    for pattern in (_WESTERN_LONG, _WESTERN_DOTS, _WESTERN_KANJI, _PLAIN):
        for match in pattern.finditer(plain):
            day = _day(_western(match["y"]), match["m"], match["d"])
            if day:
                yield match.start(), match.end(), day, pattern is not _PLAIN and not _mended(match.group())
    if era in _ERAS:
        for match in _BARE.finditer(plain):
            yield from _in_era(match, era, sure=False)


def _in_era(match: re.Match[str], era: str, *, sure: bool) -> Iterator[tuple[int, int, date, bool]]:
    parts = match.groupdict()
    month, day_of_month = parts["m"] or parts.get("m2"), parts["d"] or parts.get("d2")
    if month is None or day_of_month is None:
        return
    year = _number(parts["y"])
    if parts["y"] == "九" and month.isdecimal():  # 元 is read as 九; a year in kanji beside a month in digits is not written by people
        year, sure = 1, False
    day = _day(era_year(era, year) if year else None, month, day_of_month)
    if day is None:
        return
    first, last = _ERAS[era]
    yield match.start(), match.end(), day, sure and first <= day <= last and not _mended(match.group())


def _mended(quote: str) -> bool:
    return any(sign in quote for sign in "兀午曰目OoQ○◯l|")


def _era(word: str) -> str:
    word = word.replace(" ", "").replace("\t", "")
    return _SQUARE.get(word) or _MISREAD.get(word) or _LETTERS.get(word.upper()) or (word if word in _ERAS else _by_first_sign(word))


def _by_first_sign(word: str) -> str:
    return _SHORT.get({"合": "令", "今": "令"}.get(word[0], word[0]), "令和")


def _western(text: str) -> int | None:
    if text[0] in _KANJI:
        return int("".join(str(_KANJI[sign]) for sign in text))
    return _number(text)


def _number(text: str) -> int | None:
    """1-99 and 元 from digits, kanji numerals or misread digits; None if it is no number."""
    text = text.replace(" ", "")
    if text in {"元", "兀"}:
        return 1
    mended = text.translate(_DIGIT_SLIPS)
    if mended.isascii() and mended.isdecimal():
        return int(mended)
    tens, ten, ones = text.partition("十")
    if ten:
        return 10 * _KANJI.get(tens, 1) + _KANJI.get(ones, 0)
    digits = [_KANJI.get(sign) for sign in text]
    return None if None in digits or not digits else int("".join(map(str, digits)))


def _day(year: int | None, month: str, day: str) -> date | None:
    m, d = _number(month), _number(day)
    if not year or not m or not d:
        return None
    try:
        return date(year, m, d)
    except ValueError:
        return None
