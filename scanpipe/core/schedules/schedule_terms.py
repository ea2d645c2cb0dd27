"""One cell of a body's retention schedule -> period, start rule and disposition: 「５年間」「十年（契約終了後）」「永久」「移管」 (domain §2.2-2.5).

Where a cell may be understood in two ways the longer period is taken and a doubt is told: a wrong guess may keep a record too long, never too short.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from scanpipe.core.retention import CURRENT, DISPOSITIONS, PERMANENT, START_RULES
from scanpipe.i18n import N_

MOST_YEARS: Final = 1000  # what the configuration takes

LAWFUL: Final = N_("The law's own years are not written here; taken as 永年. Write the years that the law asks for.")
WITHOUT_END: Final = N_("Taken as 永年. Write the years if the office's rule gives a number.")
SEVERAL: Final = N_("Several periods are written; the longest was taken. Write one.")
ROUNDED_UP: Final = N_("Taken as whole years, rounded up.")
AT_LEAST: Final = N_("Taken as just this many years. Write another number if records are kept longer.")
NO_NUMBER: Final = N_("No number of years is written; taken as one year. Write the period.")
UNTIL_EVENT: Final = N_("Kept until this event and no longer. Write the years if records are kept after it.")
IN_USE: Final = N_("Taken as 常用, which has no end of its own.")
NEXT_DAY: Final = N_("Counting from the day after completion is not one of the rules; taken as from the next 1 April, which is later.")


@dataclass(frozen=True, slots=True)
class Term:
    """How long, and from when. period: whole years, "永年" or "常用". start: one of START_RULES, None where the cell does not say.

    event: what starts the clock, "" for none. review: to be looked at again at the end. doubts: message ids of what was guessed.
    """

    period: int | str
    start: str | None = None
    event: str = ""
    review: bool = False
    doubts: tuple[str, ...] = ()


def length(period: int | str) -> float:
    """A period for comparison: 常用 ends when somebody says so, 永年 never."""
    return float(period) if isinstance(period, int) else {CURRENT: float(MOST_YEARS + 1)}.get(period, math.inf)


def plain(text: str) -> str:
    """A cell for comparison: NFKC, without blanks and line breaks."""
    return re.sub(r"\s+", "", normalize("NFKC", text))


# --- numbers ---

_DIGITS: Final = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "壱": 1, "弐": 2, "参": 3}
_TENS: Final = {"十": 10, "拾": 10, "百": 100}
_NUMBER: Final = r"(?:[0-9]+(?:\.[0-9]+)?|[〇零一二三四五六七八九壱弐参十拾百]+)"


def whole(text: str) -> int:
    """The number in ASCII digits or kanji numerals (三十, 二〇, 百五十), rounded up. Raises ValueError for other text."""
    if not text or text[0].isascii():
        return math.ceil(float(text))
    if not any(sign in _TENS for sign in text):
        return int("".join(str(_digit(sign)) for sign in text))
    total, last = 0, 0
    for sign in text:
        if sign in _TENS:
            total, last = total + (last or 1) * _TENS[sign], 0
        else:
            last = last * 10 + _digit(sign)
    return total + last


def _digit(sign: str) -> int:
    try:
        return _DIGITS[sign]
    except KeyError:
        raise ValueError(sign) from None


# --- periods ---

_REVIEWED: Final = re.compile(rf"{_NUMBER}年(?:間)?(?:ごと|毎|経過(?:ごと|毎)|経過時|後に?(?:見直|再検討|再評価))[^,、。)]*|見直し?|延長(?:を?検討)?|再検討")
_CALENDAR: Final = re.compile(
    rf"(?:令和|平成|昭和|大正|明治|[RHSTM](?=[0-9元]))(?:元|{_NUMBER})年度?|(?:19|20)[0-9][0-9]年度?|{_NUMBER}月{_NUMBER}日|[翌当前毎同暦歴何]年度?|{_NUMBER}年度"
)
_DURATION: Final = re.compile(
    rf"(?P<years>{_NUMBER})(?:[かカヵヶケ箇個]?年)(?:間)?(?:(?:と|および|及び)?(?P<extra>{_NUMBER})[かカヵヶケ箇個]?月)?(?P<bound>未満|以内|以下|以上|超)?"
    rf"|(?P<months>{_NUMBER})(?:[かカヵヶケ箇個]月|月)(?:間|未満|以内)?|(?P<days>{_NUMBER})(?:日|週)(?:間|未満|以内)?"
)
_FOR_EVER: Final = re.compile("永年|永久|恒久|永続|永代")
_ENDLESS: Final = re.compile("無期限|無期|無制限|期限なし|長期")
_IN_USE: Final = re.compile("常用|常時|使用中|使用期間中|利用中|現用中|在職中|存続中|継続中|恒常")
_BY_LAW: Final = re.compile("法定|法令|法律|政令|省令|(?:別に|条例で|規則で|要綱等で)定め")
_SHORT: Final = re.compile("随時|短期|軽易|必要な?期間|用済|事務処理上|その都度|都度")
_FOOTNOTE: Final = re.compile(r"[※*]+[0-9]*|\(?注[0-9]*\)?|[\"'「」『』]")
_BARE: Final = re.compile(rf"(?:満|保存)?({_NUMBER})")


def read_period(text: str, legend: Mapping[str, str] | None = None) -> Term | None:
    """What a cell says about the period; None if it says nothing that can be understood.

    legend: what the body's own marks mean (甲 -> 永年保存, 2種 -> 10年), as `legend_of` finds them.
    """
    said = _FOOTNOTE.sub("", plain(text))
    meaning = (legend or {}).get(mark(said))
    if meaning is not None:
        return read_period(meaning)
    review = bool(_REVIEWED.search(said))
    core = _REVIEWED.sub("", said)
    start, event = _start(core), _event(core)
    measured = _CALENDAR.sub("", core)
    years, doubts = _durations(measured)
    term = _chosen(measured, years, event, doubts)
    if term is None or (isinstance(term.period, int) and term.period > MOST_YEARS):
        return None
    return _with_start(term, start, event, review)


def _durations(said: str) -> tuple[list[int], list[str]]:
    """All lengths in the cell as whole years, rounded up, and what was guessed."""
    bare = _BARE.fullmatch(said)
    if bare:
        return _numbers([bare[1]])
    years: list[int] = []
    doubts: list[str] = []
    for found in _DURATION.finditer(said):
        more, doubt = _one_duration(found)
        years += more
        doubts += doubt
    return years, doubts


def _numbers(texts: Iterable[str]) -> tuple[list[int], list[str]]:
    try:
        return [whole(text) for text in texts], []
    except (ValueError, OverflowError):
        return [], []


def _one_duration(found: re.Match[str]) -> tuple[list[int], list[str]]:
    written = found["years"] or found["months"] or found["days"]
    numbers, _none = _numbers([written, found["extra"] or "0"])
    if not numbers:
        return [], []
    if found["months"]:
        return [max(1, math.ceil(numbers[0] / 12))], [ROUNDED_UP]
    if found["days"]:
        return [max(1, math.ceil(numbers[0] * (7 if "週" in found[0] else 1) / 366))], [ROUNDED_UP]
    if numbers[1]:
        return [numbers[0] + math.ceil(numbers[1] / 12)], [ROUNDED_UP]
    if found["bound"] == "未満" and numbers[0] == 1:
        return [0], []
    return [numbers[0]], [AT_LEAST] if found["bound"] else [ROUNDED_UP] if "." in written else []


def _chosen(said: str, years: list[int], event: str, doubts: list[str]) -> Term | None:
    """The longest of what is written. 法定 speaks only where no number does; 常用(廃止後5年) runs from the event on."""
    several = (SEVERAL,) if len(set(years)) > 1 else ()
    if _FOR_EVER.search(said):
        return Term(PERMANENT, doubts=(SEVERAL,) if years else ())
    if _IN_USE.search(said) and not (years and event):
        return Term(CURRENT, doubts=(SEVERAL,) if years else () if "常用" in said else (IN_USE,))
    if years:
        return Term(max(years), doubts=(*several, *dict.fromkeys(doubts)))
    if _BY_LAW.search(said):
        return Term(PERMANENT, doubts=(LAWFUL,))
    if _ENDLESS.search(said):
        return Term(PERMANENT, doubts=(WITHOUT_END,))
    if event and "まで" in said:
        return Term(0, start="event_next_day", doubts=(UNTIL_EVENT,))
    return Term(1, doubts=(NO_NUMBER,)) if _SHORT.search(said) else None


def _with_start(term: Term, start: str | None, event: str, review: bool) -> Term:
    if not isinstance(term.period, int):
        return Term(term.period, None, "", review, term.doubts)
    rule, doubt = resolved_start(term.start or start, event)
    return Term(term.period, rule, event if rule and rule.startswith("event_") else "", review, (*term.doubts, *doubt))


# --- when it starts ---

_EVENT_WORDS: Final = (
    "契約|許可|認可|失効|終了|満了|退職|退任|離職|廃止|廃業|廃車|廃棄|解散|消滅|確定|解決|終結|判決|裁決|裁定|返還|返済|完済|償還|完成|竣工|しゅん工|"
    "引渡|喪失|転出|死亡|除却|滅失|支給|閉鎖|卒業|退所|退院|退去|特定日|抹消|除籍|改定|改正|更新|売却|譲渡|処分|解除|中止|事業完了|工事完了|検査|交付|登記|供用"
)
_EVENT: Final = re.compile(
    rf"(?P<event>[一-龠々ァ-ヶーぁ-ん・]*(?:{_EVENT_WORDS}))(?:した|する|された|となった|の)?(?:日|とき|時|年度|年)?(?:[のがに]?(?:属する|係る)(?:会計)?年度?)?の?"
    r"(?:翌日|翌(?:会計)?年度?)?の?(?:初日|当初|4月1日|1月1日)?(?:から|より|後|以後|以降|まで|起算)"
)
_COMPLETION: Final = re.compile("(?:年度|事務|事案|処理|出納|案件|取扱い?|保存期間|閲覧|供覧)の?(?:処理)?(?:終了|完了|完結|閉鎖|満了|終結)$")
_LEADING: Final = re.compile(r"^(?:常用|当該|その|各|保存|文書|は|の|に係る|及び|又は|、|年|間)+")


def _event(said: str) -> str:
    """契約終了後10年 -> 契約終了; "" where the clock starts by completion (完結, 処理, 作成)."""
    found = _EVENT.search(said)
    if found is None or _COMPLETION.search(found["event"]):
        return ""
    return event_name(found["event"])


def event_name(text: str) -> str:
    """What starts a clock, without what is said around it: 契約終了日 -> 契約終了, 許可の効力が消滅する日に係る特定日 -> 許可の効力が消滅."""
    name = re.sub("(?:する|した|の)?(?:日|年度)?に係る特定日$|(?<=[^定])日$", "", _LEADING.sub("", plain(text)))
    return (name or plain(text))[-20:]


def _start(said: str) -> str | None:
    if re.search("出納閉鎖|(?<![0-9])6月1日", said):
        return "account_close_jun1"
    if re.search("出納整理|会計年度所属|所属する?(?:会計)?年度", said):
        return "account_fy_apr1"
    calendar = re.search("暦年|歴年", said)
    if re.search(r"翌年の?4月1日", said) or (calendar and "4月1日" in said):
        return "cy_next_apr1"
    if calendar or re.search(r"(?<![0-9])1月1日|翌年の?(?:初日|始め|から|より|1月)", said):
        return "cy_next_jan1"
    if "翌日" in said:
        return "event_next_day"
    return "fy_next_apr1" if re.search("翌(?:会計)?年度|(?<![0-9])4月1日|年度末|次年度", said) else None


def resolved_start(start: str | None, event: str) -> tuple[str | None, tuple[str, ...]]:
    """The rule for a start and an event that were read apart, and what was guessed. An event without a rule counts from the next fiscal year."""
    if event:
        return ("event_next_day" if start == "event_next_day" else "event_fy_next_apr1"), ()
    return ("fy_next_apr1", (NEXT_DAY,)) if start == "event_next_day" else (start, ())


def read_start(text: str) -> tuple[str | None, str] | None:
    """Start rule and event of a 起算日 cell: 「契約終了日の翌年度」 -> event_fy_next_apr1, 契約終了. None if it cannot be understood."""
    said = plain(text)
    if said in START_RULES:
        return said, ""
    start, event = _start(said), _event(f"{said}から")
    if start is None and not event and not re.search("完結|完了|作成|取得|処理|決裁|収受", said):
        return None
    return resolved_start(start, event)[0], event


_CALENDAR_YEAR: Final = re.compile("(?:暦年|歴年)(?:による|ごと|単位|管理|整理|で?(?:管理|整理)|文書|もの|度|とする|完結)*")
_START_SAID: Final = re.compile(
    "(?:起算日?(?:は|:)?)?(?:出納(?:整理期間)?(?:の)?閉鎖(?:期日|日|後)?|会計年度(?:所属)?(?:終了)?|(?:完結|完了|作成|取得|処理|決裁)?(?:した日|の日|日)?の?(?:属する年度?)?の?翌(?:会計)?年度?)"
    "(?:の?(?:翌日|初日|翌年度|[146]月1日))?(?:から|より|後|に)?(?:起算|保存|計算|数える)?(?:する|とする|日)?"
)
_TAIL: Final = re.compile("(?:起算|保存|計算|数える)?(?:する|とする)?")


def read_remark(text: str) -> tuple[str | None, str, str]:
    """What a remark says about the start: rule (None = nothing), event, and the rest of the remark, which says something else; "" for none.

    A calendar year counts from 1 April (domain §2.3 has both ways): a remark does not say which, and that is the longer one.
    """
    start, event = None, ""
    rest: list[str] = []
    for part in filter(None, (part.strip() for part in re.split(r"[。;；,，、\n／]", normalize("NFKC", text)))):
        rule, what = _said_in(plain(part).strip("()※*・「」"))
        if rule is None or start is not None:
            rest.append(part)
        else:
            start, event = rule, what
    return start, event, "、".join(rest)


def _said_in(said: str) -> tuple[str | None, str]:
    if _CALENDAR_YEAR.fullmatch(said):
        return "cy_next_apr1", ""
    found = _EVENT.search(said)
    if found and (event := _event(said)) and _TAIL.fullmatch(said[found.end() :]):
        return resolved_start(_start(said), event)[0], event
    return (_start(said), "") if _START_SAID.fullmatch(said) and _start(said) != "event_next_day" else (None, "")


# --- what then ---

_TRANSFER: Final = re.compile("移管|公文書館|文書館|史料館|博物館|図書館|引継|歴史|移送")
_DESTROY: Final = re.compile("廃棄|焼却|溶解|裁断|消去|破棄|処分")
_DECIDE: Final = re.compile("選別|評価|協議|検討|見直|延長|判断|又は|または|もしくは|審査|保存|継続|都度|未定")


def read_disposition(text: str) -> str | None:
    """transfer, dispose or review; None if the cell says something else. What may be either is decided then (review)."""
    said = plain(text)
    if said in DISPOSITIONS:
        return said
    transfer, destroy, decide = (bool(each.search(said)) for each in (_TRANSFER, _DESTROY, _DECIDE))
    if decide or (transfer and destroy):
        return "review"
    return "transfer" if transfer else "dispose" if destroy else None


# --- marks of a body's own: 甲乙丙, 第1種, A-E ---

_MARK: Final = r"第?[1-9一二三四五六七八九](?:種|類)|[甲乙丙丁戊己庚](?:種|類)?|[A-H](?:種|類|ランク)?|[イロハニホヘト]"
_LENGTH_WORDS: Final = rf"(?:永年|永久|無期限|長期|常用|{_NUMBER}年(?:間)?(?:未満|以上)?|{_NUMBER}[かカヵヶケ箇]月)"
_LEGEND: Final = re.compile(
    rf"(?<![0-9A-Za-z一-龠])(?P<mark>{_MARK})(?:[ \t]*[:=.・,、→—―ー-]+[ \t]*|[ \t]*(?:は|とは)[、]?|[ \t]*\(|[ \t]+|(?<=種)|(?<=類))(?:保存期間)?(?P<says>{_LENGTH_WORDS})"
)


def mark(text: str) -> str:
    """A mark as it is looked up: 第一種 and 1種 are one, 甲種 is 甲."""
    said = plain(text).removeprefix("第").removesuffix("保存").removesuffix("文書")
    found = re.fullmatch(r"([1-9一二三四五六七八九])(?:種|類)", said)
    if found:
        return f"{whole(found[1])}種"
    return re.sub("(?:種|類|ランク)$", "", said) if len(said) > 1 else said


def is_legend(text: str) -> bool:
    """Whether a cell explains marks and says nothing else: 「凡例　甲＝永年、乙＝10年」."""
    rest, found = _LEGEND.subn("", normalize("NFKC", text))
    return found > 0 and not re.sub(r"凡例|備考|注記?|区分|種別|とする|保存|[^\w]", "", rest)


def legend_of(texts: Iterable[str]) -> dict[str, str]:
    """What marks mean, from titles and notes: 「甲：永年　乙：10年」「第1種 永久保存」. A mark with two meanings keeps the longer one."""
    legend: dict[str, str] = {}
    for text in texts:
        for found in _LEGEND.finditer(normalize("NFKC", text)):
            key, says = mark(found["mark"]), found["says"]
            before = read_period(legend[key]) if key in legend else None
            term = read_period(says)
            if term and (before is None or length(term.period) > length(before.period)):
                legend[key] = says
    return legend


_TRANSFERRED: Final = re.compile(
    "(?:歴史(?:的)?(?:公|重要)?(?:公文書|文書|資料)(?:等)?として(?:.{0,20})?)?(?:移管|引き?継ぎ?|移送)(?:する|すること)?[.。]?|歴史(?:的)?(?:公|重要)?(?:文書|資料)(?:等)?として.{0,20}移管.{0,20}"
)
_DESTROYED: Final = re.compile("廃棄(?:する|処分|すること)?[.。]?")


def read_remark_disposition(text: str) -> str | None:
    """What a remark (備考) says if it says only what comes at the end of the period: "transfer" or "dispose"; None for any other remark."""
    said = plain(text)
    return "transfer" if _TRANSFERRED.fullmatch(said) else "dispose" if _DESTROYED.fullmatch(said) else None
