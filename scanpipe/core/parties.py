"""Who wrote to whom, and how much money: sender, addressee and amount from the rows of a record (domain §3)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanpipe.core.dates import find_dates
from scanpipe.core.layout import Row, below, beside
from scanpipe.core.titles import Title, is_stamp_row

_ADDRESSEE = re.compile(
    r"^(?:\([^()]{2,8}\)\s*)?(?:\(?(?:送付先|宛先|あて先|宛て先|宛名|あて名|あて|宛て?)\)?[:.]?\s*)?(?P<name>.{2,50}?)\s*(?:様|殿|御中|各位|宛て?|あて)\)?$"
)
_ADDRESS_LABEL = re.compile(r"^\(?(?:宛先|あて先|宛て先|宛名|あて名|あて|宛て?)\)?[:.]?\s*(?P<name>.{2,40})$")
_SENDER_LABEL = re.compile(
    r"^(?:申請者|届出者|請求者|請求人|報告者|復命者|発信者|差出人|提出者|受注者|受託者|債権者|申込者|起案者|発行者|作成者)(?:\s*(?:氏名|名称|名))?\s*[:.]?\s*(?P<name>.*)$"
)
_OFFICIAL = re.compile(
    r"(?:[市町村区県都府局部課所室館園校会署院長社団次係省庁店]長|知事|理事長|代表取締役|議長|会長|委員長|社長|店長|主任|主査|係長|管理者|選挙管理委員会|教育委員会)(?:[\s一-龠ぁ-んァ-ヶ]{0,12})?(?:印|\(印\)|㊞)?$"
)
_COMPANY = re.compile(r"株式会社|\(株\)|有限会社|\(有\)|法人|協会|組合|商店|工業|建設$")
_DIGITS = {
    "壱": 1,
    "一": 1,
    "弐": 2,
    "二": 2,
    "参": 3,
    "三": 3,
    "肆": 4,
    "四": 4,
    "伍": 5,
    "五": 5,
    "陸": 6,
    "六": 6,
    "漆": 7,
    "七": 7,
    "捌": 8,
    "八": 8,
    "玖": 9,
    "九": 9,
    "〇": 0,
    "零": 0,
}
_TENS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "阡": 1000, "千": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "億": 10**8}
_UNIT = {"百万円": 1_000_000, "万円": 10_000, "千円": 1_000, "円": 1, "圓": 1, "": 1, "-": 1}
_FIGURES = re.compile(r"(?P<sign>[¥\\Y]|金額?)?\s*(?P<n>[0-9]{1,3}(?:[,.][ ]?[0-9]{3})+|[0-9]{1,12})\s*(?P<unit>百万円|万円|千円|円|圓|-)?")
_KANJI_FIGURES = re.compile(r"金\s*(?P<k>[壱弐参肆伍陸漆捌玖拾佰仟阡百千万萬億〇零一二三四五六七八九十]+)\s*(?:円|圓)")
_LABELS: tuple[tuple[str, int], ...] = (  # label -> rank; the same label's largest figure wins
    (r"請求金額|ご?請求額|御請求金額|請求総額", 9),
    (r"契約金額|請負代金額?|請負金額|委託料|契約額|賃貸借料|業務委託料|売買代金", 9),
    (r"支出命令額|支出金額|支出負担行為額|負担行為額|支払金額|支払額|領収金額|精算額|調定額|納付金額|納付額|還付金額|還付額", 9),
    (r"交付決定額|確定額|交付金額|補助金の?額|交付申請額|補助金額|申請額", 8),
    (r"見積金額|御見積金額|お見積金額|入札金額|予定価格|納品金額|落札金額", 8),
    (r"合計金額|総合計|税込合計|税込金額|総額|合計", 6),
    (r"金額|税額|給料|報酬", 4),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value with the row it stands on."""

    value: str
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAmount:
    """Yen, with the row it stands on."""

    yen: int
    row: Row


def addressee(rows: Sequence[Row], title: Title | None) -> Found | None:
    """To whom it is written: the first row of the head that ends in 様, 殿, 御中, あて; without that sign. None if nobody is named."""
    for row in _head(rows, title, 25):
        match = _ADDRESSEE.match(row.text) or _ADDRESS_LABEL.match(row.text)
        if match and not re.search(r"。|仕様$|同様|ます", row.text) and not find_dates(row.text):
            return Found(value=match["name"].strip(" ()"), row=row)
    return None


def sender(rows: Sequence[Row], title: Title | None) -> Found | None:
    """Who writes: the name in the head that ends in an office, or the cell 申請者, 請求者; None if nobody is named."""
    return _labelled_sender(rows) or _official(_head(rows, title, 25), title)


def _official(head: Sequence[Row], title: Title | None) -> Found | None:
    for row in head:
        if _is_no_sender(row, title):
            continue
        if _OFFICIAL.search(row.text) or (_COMPANY.search(row.text) and (not row.placed or row.centre > 0.5)):
            return Found(value=re.sub(r"\s*(?:印|\(印\)|㊞|\(?公印省略\)?)$", "", row.text), row=row)
    return None


def _labelled_sender(rows: Sequence[Row]) -> Found | None:
    for row in rows[:60]:
        label = _SENDER_LABEL.match(row.text)
        if label:
            names = [label["name"], *(other.text for other in (*beside(rows, row)[:2], below(rows, row)) if other)]
            name = next((re.sub(r"^(?:氏名|名称|商号|住所)\s*[:.]?\s*", "", one).strip() for one in names if len(one.strip()) > 1), "")
            if len(name) > 1:
                return Found(value=name[:60], row=row)
    return None


def _is_no_sender(row: Row, title: Title | None) -> bool:
    """Addressees, the title, sentences and the boxes for seals name officials too."""
    if _ADDRESSEE.match(row.text) or _ADDRESS_LABEL.match(row.text) or (title and row in title.rows) or len(row.text) > 40:
        return True
    return (
        bool(find_dates(row.text))
        or "。" in row.text
        or is_stamp_row(row.text)
        or bool(re.fullmatch(r"(?:副?[市町村]長|[局部課係室次]長|主査|係員|担当|合議|公印)", row.text))
    )


def _head(rows: Sequence[Row], title: Title | None, most: int) -> list[Row]:
    """The first page down to the title of a letter; all of its top where the title stands first, as on forms."""
    page = [row for row in rows[:60] if row.page == rows[0].page]
    at = title.rows[0].index - rows[0].index if title and title.rows[0].page == rows[0].page else 0
    return page[: max(at, 4)] if at >= 3 else page[:most]


def amount(rows: Sequence[Row]) -> FoundAmount | None:
    """The sum that the record is about, in yen: the best label wins, then the largest figure. None if no sum is labelled or led by 金 or ¥."""
    found = [*_labelled_amounts(rows), *_marked_amounts(rows)]
    best = max(found, key=lambda one: (one[0], one[1].yen), default=None)
    return best[1] if best else None


def _labelled_amounts(rows: Sequence[Row]) -> Iterator[tuple[int, FoundAmount]]:
    for row in rows:
        for pattern, rank in _LABELS:
            label = re.match(rf"[^0-9]{{0,4}}?(?:{pattern})", row.text)
            if not label or "。" in row.text:
                continue
            thousand = ("千円" in row.text and "千円") or ""
            places = [row.text[label.end() :], *(other.text for other in beside(rows, row)[:3])]
            under = below(rows, row)
            sums = [sums_in(text, unit=thousand) for text in (*places, under.text if under and not places[0].strip() else "")]
            yen = next((found[0] for found in sums if found), None)
            if yen:
                yield rank, FoundAmount(yen=yen, row=row)
            break


def _marked_amounts(rows: Sequence[Row]) -> Iterator[tuple[int, FoundAmount]]:
    """金123,000円 and ¥123,000 without a label."""
    for row in rows:
        if "。" not in row.text and re.search(r"(?:^|\s)(?:金|¥|\\)\s*[0-9壱弐参一二三四五六七八九]", row.text):
            yen = largest(row.text)
            if yen:
                yield 5, FoundAmount(yen=yen, row=row)


def largest(text: str) -> int | None:
    """The largest sum in normalised `text`, in yen; None if there is none."""
    return max(sums_in(text), default=None)


def sums_in(text: str, *, unit: str = "") -> list[int]:
    """The sums in normalised `text`, in yen, as they stand; dates, numbers of pieces and telephone numbers are not sums.

    unit: of figures without one ("千円" from the head of a table).
    """
    for found in reversed(find_dates(text)):
        text = text[: found.start] + " " + text[found.end :]
    sums = [number for match in _KANJI_FIGURES.finditer(text) if (number := kanji_number(match["k"]))]
    for match in _FIGURES.finditer(text):
        marked = match["sign"] or match["unit"] or "," in match["n"]
        around = text[max(0, match.start() - 1) : match.start()] + text[match.end() : match.end() + 1]
        if marked and not re.search(r"[-0-9%年月日号個枚冊]", around):
            sums.append(int(re.sub(r"\D", "", match["n"])) * _UNIT.get(match["unit"] or unit, 1))
    return [number for number in sums if number > 0]


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
