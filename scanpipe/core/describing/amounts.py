"""How much money: the total that a record is about, with tax, without tax and the tax itself (domain §3)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from scanpipe.core.dates import find_dates
from scanpipe.core.describing.layout import Row, below, beside

_DIGITS: Final = dict(zip("〇零壱一弐二参三肆四伍五陸六漆七捌八玖九", (0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9), strict=True))
_TENS: Final = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "阡": 1000, "千": 1000}
_MYRIADS: Final = {"万": 10**4, "萬": 10**4, "億": 10**8}
_UNITS: Final = {"億円": 10**8, "百万円": 10**6, "万円": 10**4, "千円": 10**3, "円": 1, "圓": 1, "丹": 1, "": 1, "-": 1}
_UNIT: Final = r"億円|百万円|万円|千円|円|圓|-"
_UNDER: Final = r"(?:[0-9][0-9,]*(?:\.[0-9]{1,4})?|(?:[0-9]千)?(?:[0-9]百)?(?:[0-9]十)?[0-9]{0,3})"  # 2,345, 1.5, 3千4百
_MYRIAD_FIGURES: Final = re.compile(  # 1億2,345万円, 12万3千円, 3千万円; at least one of 億, 万, 千, 百
    rf"(?<![0-9,.])(?=[0-9][0-9,.]*[億万千百])(?:(?P<oku>{_UNDER})億)?(?:(?P<man>{_UNDER})万)?(?P<rest>{_UNDER})円"
)
_FIGURES: Final = re.compile(
    rf"(?P<sign>[¥\\]|(?<![A-Za-z])Y|金額?)?\s*(?P<n>(?<![0-9,.])[0-9]{{1,3}}(?:[ ]?[,.、'][ ]?[0-9]{{3}}(?:[0-9]{{3}})?)+(?![0-9])|(?<![0-9,.])[0-9]{{1,12}})\s*(?P<unit>{_UNIT})?"
)
_KANJI_FIGURES: Final = re.compile(r"金?\s*(?<![0-9,.])(?P<k>[壱弐参肆伍陸漆捌玖拾佰仟阡百千万萬億〇零一二三四五六七八九十]{2,})\s*(?:円|圓)")
_SLIPS: Final = re.compile(r"(?<=[0-9,.¥])[OoQ〇○D](?=[0-9,.円-]|$)|(?:(?<=[0-9,¥])|(?<![A-Za-z0-9]))[lI|](?=[0-9]{0,2},[0-9]{3})")
_TABLE_UNIT: Final = re.compile(
    r"^[(\[【]?(?:金額の?)?単位\s*[:.]?\s*(?P<unit>百万円|万円|千円|円)[)\]】]?|\(単位[:.]?\s*(?P<unit2>百万円|万円|千円|円)\)|^\((?P<unit3>百万円|千円)\)$"
)

_TAX: Final = re.compile(  # of which consumption tax
    r"(?:\(?(?:うち|内|上記のうち|取引に係る|左のうち)\s*)?(?:取引に係る)?(?:消費税(?:額)?(?:及び|・|および)?(?:地方消費税|等)?(?:の?相当?額|の額|額|等)?|税額(?!控除)|消費税)\s*(?:\(?10%\)?|\(?8%\)?|10%対象)?"
)
_ITEM: Final = re.compile(r"^\s*(?:\(?[0-9一二三四五六七八九十]{1,2}[.)、\s]\s*|[0-9]{1,2}(?=[^0-9,.\s年月日/-])|[ア-オ]\s|[・●○■□◆◇※])\s*")
_MONEY: Final = re.compile(r"[¥\\円圓]|金\s*[0-9壱弐参一二三四五六七八九]")
_NET: Final = re.compile(r"税抜き?(?:合計)?(?:金額|価格|額)?|本体(?:価格|金額)")
_WITHOUT: Final = re.compile(r"税抜|税別|消費税(?:等|及び地方消費税)?(?:を|は)?(?:除|含ま)|本体価格|本体金額|課税対象額|抜き?価格")
_WITH: Final = re.compile(r"税込|消費税(?:等|及び地方消費税)?(?:相当額)?を?含(?!ま)")
_LABELS: Final[tuple[tuple[re.Pattern[str], float], ...]] = tuple(  # label -> rank; of the same rank the largest figure wins
    (re.compile(rf"[^0-9]{{0,5}}?(?:{pattern})"), rank)
    for pattern, rank in (
        (r"変更(?:後の?)?(?:契約金額|請負代金額?|委託料)|(?:今回)?(?:御|ご)?請求(?:予定)?(?:金額|額|合計|総額|残高)|御請求|請求総合計", 9.5),
        (r"契約(?:金額|額|代金)|請負(?:代金額?|金額|代金)|(?:業務)?委託(?:料|金額|費)|賃(?:貸借)?料|賃借料|売買代金|売買代価|落札(?:金額|価格|額)|決定金額", 9),
        (
            r"支出(?:命令額|金額|負担行為額|額)|負担行為額|支払(?:金額|額)|領収(?:金額|額)|精算額|調定額|納付(?:金額|すべき額|額)|納入金額|還付(?:金額|額)|返還(?:金額|額)|支給(?:金額|額)|振込金?額",
            9,
        ),
        (
            r"交付決定額|(?:交付)?確定額|交付金額|補助金(?:等)?の?(?:交付)?(?:決定)?額|交付申請額|(?:補助|助成)金(?:申請)?額|申請額|減免(?:金額|額)|補助金の額",
            8,
        ),
        (
            r"(?:御|お)?見積(?:金額|額|合計)|入札(?:金額|価格)|予定価格|納品金額|購入(?:予定)?(?:金額|価格|額)|執行(?:予定)?額|概算額|設計金額|起工金額",
            7.5,
        ),
        (r"総\s*合計|税込(?:合計)?(?:金額|額)?|合計(?:金額|額)?\(?(?:税込)|総\s*(?:金)?額|総計", 7),
        (r"合\s*計(?:金額|額)?|計\s*(?:金額)?$|^計$|使用料(?:の額)?|手数料(?:の額)?", 6),
        (r"本体(?:価格|金額)|税抜き?(?:合計)?(?:金額|価格|額)|課税対象額", 4),
        (r"金\s*額|(?:年|課)?税額|給料(?:月額)?|報酬(?:月額|額)?|月額|年額", 4),
        (r"小\s*計", 3),
    )
)
_ENDS: Final = tuple((re.compile(rf"(?:{pattern.pattern.removeprefix('[^0-9]{0,5}?')})$"), rank) for pattern, rank in _LABELS)
# 納める額, 交付する額, 求める額: what the record itself is about
_OWN_ACT: Final = re.compile(r"(?:[うくぐすつぬぶむるい]|べき|いただき?|受けた)(?:金?額|金)$")
_SUM_NOUN: Final = re.compile(r"(?:額|価格|代価|代金|総\s*計|合\s*計|^計|(?<=[料費金税])計)$")
_COST_NOUN: Final = re.compile(r"(?:料金|(?<=[一-龠])[料費代賃]|(?<![年資基現税預送])金)$")
_LESSER: Final = re.compile(  # sums beside the one that a record is about
    r"前年|前回|受領|既|残|変更前|当初|経費|対象|評価|所得|収入|控除|標準|保証|事業費|負担|単価|上限|限度|最低|最高|会費|手数料|[日時月]額|[月週日]割"
)
_WISHED: Final = re.compile("要求|要望")  # less than what was granted
_PARTICLES: Final = re.compile(r"(?:として(?:の|は)?|にそれぞれ|それぞれ|[はがをにで]|は?約|、|,|:|;|\s|[(]|計上し)+$")
_NOT_STATED_AFTER: Final = re.compile(r"」|\s*(?:以[上下内]|未満|を?超|まで|程度|につき|当たり|あたり|ずつ|[/／]|の範囲|から(?!差))")
_NOT_STATED_BEFORE: Final = re.compile(r"(?:につき|当たり|あたり|単価|[1一]?[人回日件個枚部月年時]につき?|毎[月年日週]|[時日]給|以上|超えて)[、\s]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAmount:
    """Yen, > 0, with the row it stands on. tax: "with", "without" (税抜), "tax" (the tax itself), None where nothing is said. quote: as printed."""

    yen: int
    row: Row
    rank: float
    tax: str | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """total: what the record is about; None if no sum is labelled or led by 金 or ¥. The others None where they are not stated apart."""

    total: FoundAmount | None = None
    with_tax: FoundAmount | None = None
    without_tax: FoundAmount | None = None
    tax: FoundAmount | None = None


def find_amounts(rows: Sequence[Row]) -> Amounts:
    """The sums of a record, in yen: the best label wins, then the largest figure; a total with tax goes before the same without."""
    found = [*_labelled(rows), *_stated(rows), *_marked(rows)]
    sums = [one for one in found if one.tax != "tax"]
    total = max(sums, key=lambda one: (one.rank - (1.5 if one.tax == "without" else 0.0), one.yen), default=None)
    without = [one for one in sums if one.tax == "without" and total and one.yen <= total.yen]
    taxes = [one for one in found if one.tax == "tax" and total and one.yen < 0.2 * total.yen]
    return Amounts(
        total=total,
        with_tax=next((one for one in [total, *sums] if one and total and one.tax == "with" and one.yen == total.yen), None),
        without_tax=max(without, key=lambda one: (one.rank, one.yen), default=None),
        tax=max(taxes, key=lambda one: one.yen, default=None),
    )


def _labelled(rows: Sequence[Row]) -> Iterator[FoundAmount]:
    unit = ""
    for row in rows:
        head = _TABLE_UNIT.search(row.text)
        unit = (head["unit"] or head["unit2"] or head["unit3"]) if head else unit
        text = _ITEM.sub("", row.text)
        yield from _inside(row)
        label = _label_of(text)
        if label is None or _is_sentence(text) or re.match(r"\s*[をがにもで](?!す)", text[label[1] :]):
            continue
        rank, end = label
        rest, told = text[end:], "千円" if re.match(r"\s*[(\[]千円", text[end:]) else unit
        own = sums_in(rest, unit=told)
        near = own or next((found for other in beside(rows, row)[:3] if (found := sums_in(other.text, unit=told))), [])
        under = below(rows, row) if not near and not re.search(r"[0-9]", rest) else None
        sums = near or (sums_in(under.text, unit=told, loose=not row.placed) if under and _label_of(under.text) is None else [])
        if sums:
            after = rows[row.index + 1 - rows[0].index].text if row.index + 1 - rows[0].index < len(rows) else ""
            words = (
                text + (after if re.match(r"\((?:消費税|税|うち)", after) else "") if own else " ".join((text, *(one.text for one in beside(rows, row)[:3])))
            )
            doubt = (0.0 if near else 2.0) + (0.0 if _MONEY.search(words) else 2.5) + (0.0 if row.page == rows[0].page else 0.5)
            yield FoundAmount(yen=sums[0], row=row, rank=max(0.0, rank - doubt), tax=_tax_of(words, text), quote=words[:60])


def _inside(row: Row) -> Iterator[FoundAmount]:
    """The tax, and the sum without it, where they are told in the middle of a row: 129,360円(うち消費税額11,760円)."""
    for pattern, tax in ((_TAX, "tax"), (_NET, "without")):
        for match in pattern.finditer(row.text):
            rest = row.text[match.end() :]
            sums = [] if re.match(r"\s*(?:[をは]|込|抜|含|除|別)", rest) or "消費税" in rest[:6] else sums_in(rest[:24])
            if match.start() > 0 and sums:
                yield FoundAmount(yen=sums[0], row=row, rank=0.0, tax=tax, quote=row.text[:60])


def _stated(rows: Sequence[Row]) -> Iterator[FoundAmount]:
    """Sums with their unit and their name right before them, anywhere in a row: 要求額763,000円 査定額564,300円, 解決金として8,186,200円を支払う。"""
    for row in rows:
        after, text = 0, row.text
        for one in _figures_in(text, unit="", loose=False):
            before, rest = text[after : one.start], text[one.end :]
            after = one.end
            rank = (
                None
                if _NOT_STATED_AFTER.match(rest) or _NOT_STATED_BEFORE.search(before)
                else _rank_of(before + (one.sign if re.search("[一-龠]$", before) else ""))
            )
            if rank is not None:
                words = f"{before}{rest[:16] if rest.startswith('(') else ''}"
                doubt = (1.0 if _is_sentence(text) else 0.0) + (0.0 if row.page == rows[0].page else 0.5)
                yield FoundAmount(yen=one.yen, row=row, rank=max(0.0, rank - doubt), tax=_tax_of(words, ""), quote=text[:60])


def _rank_of(name: str) -> float | None:
    """Rank of the name that ends right before a sum; None if it names no money. 契約の金額 is 契約金額, and a kind that is not known counts by its noun."""
    told = _PARTICLES.sub("", name)
    last = re.split(r"[、。;:()\[\]「」\s]", told)[-1]
    plain = re.sub(r"(?<=[一-龠み])の(?=[一-龠])|[御]", "", last)[-16:]
    if plain in ("", "金") or re.search(rf"(?:{_TAX.pattern})$", plain):
        return None
    known = [rank for pattern, rank in _ENDS if pattern.search(plain)]
    less = 2.5 if _LESSER.search(plain) else 1.0 if _WISHED.search(plain) else 0.0
    if _OWN_ACT.search(plain):
        return 9.2 - less
    if known:
        return max(known) - less
    noun = 4.5 if _SUM_NOUN.search(plain) else 3.5 if _COST_NOUN.search(plain) else None
    return max(1.0, noun - less) if noun else None


def _label_of(text: str) -> tuple[float, int] | None:
    """Rank and end of the label that begins `text`; 0 for the consumption tax, which is no total."""
    tax = re.match(rf"[^0-9一-龠ぁ-ん]{{0,3}}(?:{_TAX.pattern})", text)
    if tax and not re.match(r"\s*(?:を|込|抜|含|除)", text[tax.end() :]) and text[tax.start() : tax.end()].strip("( ") != "税額":
        return 0.0, tax.end()
    for pattern, rank in _LABELS:
        match = pattern.match(text)
        if match:
            return rank, match.end()
    head = re.match(r"[^0-9¥\\:(。、]{2,16}", text)
    named = _rank_of(head.group()) if head and not re.search(r"[をがにもでは]\s*$", head.group()) else None
    return (named, head.end()) if head and named is not None else None


def _tax_of(words: str, label: str) -> str | None:
    if (match := _label_of(label)) and match[0] == 0.0:
        return "tax"
    return (
        "without"
        if _WITHOUT.search(words) and not _WITH.search(words)
        else "without"
        if re.match(r"小\s*計", label)
        else "with"
        if _WITH.search(words)
        else None
    )


def _is_sentence(text: str) -> bool:
    return "。" in text and len(text) > 24


def _marked(rows: Sequence[Row]) -> Iterator[FoundAmount]:
    """金123,000円 and ¥123,000 without a label."""
    for row in rows:
        if not _is_sentence(row.text) and re.search(r"(?:^|[\s(])(?:一\s*)?(?:金|¥|\\)\s*[0-9壱弐参一二三四五六七八九]", row.text):
            sums = sums_in(row.text)
            if sums:
                first = _label_of(row.text)
                yield FoundAmount(yen=max(sums), row=row, rank=5, tax="tax" if first and first[0] == 0.0 else _tax_of(row.text, row.text), quote=row.text[:60])


def sums_in(text: str, *, unit: str = "", loose: bool = True) -> list[int]:
    """The sums in normalised `text`, in yen, as they stand; dates, counts, shares and telephone numbers are not sums.

    unit: of figures without one ("千円" from the head of a table). loose: figures with a comma but no sign or unit count too.
    """
    return [one.yen for one in _figures_in(text, unit=unit, loose=loose)]


class _Figure(NamedTuple):
    """A sum, in yen, at text[start:end]. sign: 金 where its last letter may belong to the word before it (解決金123円), else ""."""

    start: int
    end: int
    yen: int
    sign: str = ""


def _figures_in(text: str, *, unit: str, loose: bool) -> list[_Figure]:
    for found in find_dates(text):
        text = text[: found.start] + " " * (found.end - found.start) + text[found.end :]
    text = _SLIPS.sub(lambda match: "1" if match.group() in "lI|" else "0", text)
    sums = [_Figure(*match.span(), _myriads(match)) for match in _MYRIAD_FIGURES.finditer(text)]
    text = _MYRIAD_FIGURES.sub(lambda match: " " * len(match.group()), text)
    sums += [_Figure(*match.span(), number, _gold(match)) for match in _KANJI_FIGURES.finditer(text) if (number := kanji_number(match["k"]))]
    sums += [_Figure(*match.span(), _value(match, unit), _gold(match)) for match in _FIGURES.finditer(text) if _is_sum(match, text, bool(unit), loose)]
    return sorted(one for one in sums if one.yen > 0)


def _gold(match: re.Match[str]) -> str:
    """金 or 金額 before the figures, which may be the end of a word."""
    led = re.match("金額?", match.group())
    return led.group() if led else ""


def _is_sum(match: re.Match[str], text: str, has_unit: bool, loose: bool) -> bool:
    grouped, sign, unit = bool(re.search(r"\D", match["n"])), match["sign"] or "", match["unit"] or ""
    before = "" if sign else text[max(0, match.start() - 1) : match.start()]
    if re.search(r"[-0-9%年月日号個枚冊人件名回台本時分歳条項]", before + text[match.end() : match.end() + 1]):
        return False
    if unit not in ("", "-"):
        return True
    if sign.startswith("金"):
        return grouped or len(match["n"]) >= 4
    return (bool(sign) and len(match["n"]) >= 2) or (grouped and loose) or (has_unit and (grouped or len(match["n"]) >= 2))


def _value(match: re.Match[str], unit: str) -> int:
    factor = _UNITS[match["unit"]] if match["unit"] not in (None, "-") else 1 if (match["sign"] or "") in ("¥", "\\", "Y") else _UNITS.get(unit, 1)
    return int(re.sub(r"\D", "", match["n"])) * factor


def _myriads(match: re.Match[str]) -> int:
    return int(sum(_under_myriad(match[name] or "") * factor for name, factor in (("oku", 10**8), ("man", 10**4), ("rest", 1))))


def _under_myriad(text: str) -> Decimal:
    """2,345 and 2千3百45 -> 2345; 1.5 as it is; nothing -> 0."""
    parts = re.findall(r"([0-9][0-9,.]*)([千百十]?)", text)
    return sum((Decimal(figures.replace(",", "")) * _TENS.get(unit, 1) for figures, unit in parts), Decimal(0))


def kanji_number(text: str) -> int | None:
    """壱拾弐万参千 -> 123000; None if a sign is no numeral."""
    total = section = digit = 0
    for sign in text:
        if sign in _DIGITS:
            digit = digit * 10 + _DIGITS[sign]
        elif sign in _TENS:
            section, digit = section + (digit or 1) * _TENS[sign], 0
        elif sign in _MYRIADS:
            total, section, digit = total + (section + digit or 1) * _MYRIADS[sign], 0, 0
        else:
            return None
    return total + section + digit
