"""The number that an office gave a record (文書番号), told from the numbers of laws, bills, cases and payments (domain §3)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanpipe.core.dates import find_dates
from scanpipe.core.describing.layout import Row, below, beside

_YEAR = r"(?:(?:令和|平成|昭和|[令平昭RHS])(?:元|[0-9]{1,2})(?:年度?)?|(?<![0-9])(?:20)?[0-9]{1,2}(?:年度?)?)"
_SYMBOL = r"[一-龠々ぁ-んァ-ヶーA-Za-z0-9・.発]{0,20}?"
_COUNT = r"(?:[0-9]{1,6}|[〇一二三四五六七八九十百千]{1,6})"
_BRANCH = r"(?:(?:の|-)[0-9〇一二三四五六七八九十]{1,3})?"
NUMBER = re.compile(rf"(?P<sym>{_YEAR}?{_SYMBOL})[第弟][ ]?(?P<no>{_COUNT}{_BRANCH})[ ]?[号號]{_BRANCH}")
LABELLED = re.compile(rf"(?P<sym>[A-Za-z0-9一-龠ァ-ヶー()-]{{0,20}}?)(?P<no>[0-9]{{1,7}}(?:-[0-9]{{1,7}})*)(?:号{_BRANCH})?")

_NOT_OURS = re.compile(  # what a number of this symbol counts is no record of an office
    r"(?:法律|政令|省令|府令|条例|規則|訓令[甲乙]?|規程|規定|告示|公告|議案|報告|認定|承認|同意|請願|陳情|発議|諮問案?|意見書|様式|別表|附則|附属|別記|別紙|別添|別図|"
    r"条|項|表|式|款|章|節|編|事件|裁|支出|支払|支出命令|支出負担行為|負担行為|調定|納付|納入|納税|請求|請求書|領収|領収書|伝票|口座|金庫|小切手|戻入|還付|資料|号外|特許|登録|地番|番地|"
    r"番号|郵便|私書箱|回|次|期|種|類|級|等|区|巻|冊|班|部|棟|工区|県道|市道|国道|線|選挙区)$"
    # a section may have one of these signs in its own, but alone or after a year they count laws, bills, payments and figures: 昭和22年法第67号, 議第5号
    r"|^(?:(?:令和|平成|昭和|[令平昭RHS])?(?:元|[0-9]{1,4})年?度?)?(?:法|議|会計|支|払|図)$"
)
_NOT_AFTER = re.compile(
    r"^\s*(?:様式|議案|車|線|室|棟|系|墳|古墳|踏切|館|機|井|補正|被保険者|議会|委員会|会議室|に規定|に定め|の規定|の様式|イ|ロ|工事|業務|事業|路線)"
)
_LABEL = re.compile(
    r"^\(?(?P<label>文書番号|文書記号(?:・?番号)?|文書記号番号|文書管理番号|公文書番号|記号番号|発信番号|発送番号|発番|発議番号|施行番号|施行文書番号|指令番号|許可番号|決定番号|"
    r"起案番号|起案文書番号|決裁番号|契約番号|収受番号|文書No\.?|番号)\)?\s*[:.]?\s*(?P<value>.*)$"
)
_RANK = {
    "文書": 12,
    "公文": 12,
    "記号": 11,
    "施行": 11,
    "発信": 11,
    "発送": 11,
    "発番": 11,
    "指令": 11,
    "許可": 8,
    "決定": 8,
    "起案": 8,
    "決裁": 7,
    "発議": 7,
    "契約": 6,
    "番号": 5,
}
_RANK |= {"収受": 2}
_CASE = re.compile(  # 令和7年(ワ)第123号: of a court or a board
    r"(?:(?:令和|平成|昭和|[令平昭RHS])\s*(?:元|[0-9〇一二三四五六七八九十]{1,3})\s*年?度?|(?:19|20)[0-9]{2}年)\s*\((?P<sign>[ァ-ヶー一-龠]{1,5})\)\s*第?\s*[0-9〇一二三四五六七八九十百千]{1,6}\s*号"
)
_CASE_LABEL = re.compile(r"^\(?事件(?:番号|の表示)\)?\s*[:.]?\s*(?P<value>.*)$")
_VOUCHER = re.compile(  # of the one who bills, offers or delivers; never a document number (domain §3)
    r"^\(?(?:(?:請求書?|見積書?|納品書?|領収[書証]?|注文書?|発注書?|注文請書|伝票|送り状|インボイス)(?:番号|No\.?|NO\.?)|No\.?|NO\.?)\)?\s*[:.]?\s*(?P<value>.*)$"
)
_VOUCHER_KIND = re.compile(
    r"(?:請求書|見積書|納品書|領収[書証]|領収証書|注文書|注文請書|発注書|送り状|内訳書|受領書|INVOICE|RECEIPT)(?:\(.{1,8}\))?$", re.IGNORECASE
)
_VOUCHER_VALUE = re.compile(r"[A-Za-z]{0,6}-?[0-9]{2,}(?:[-/][A-Za-z0-9]{1,10}){0,4}|[A-Za-z]{1,6}(?:[-/][A-Za-z0-9]{1,10}){1,4}")
_SENTENCE = re.compile(r"付け?|により|で通知|に基づ|について|をもって|のとおり|による|、|。")
_STAMP = re.compile(r"収受|受付|受理|受領")
_STAMPED_DAY = re.compile(r"[0-9]{1,2} ?[.年] ?-? ?[0-9]{1,2} ?[.月] ?-? ?[0-9]{1,2} ?日?")
_CODE_YEAR = r"(?:(?:令和|平成|昭和|[令平昭RHS])(?:元|[0-9]{1,2})|20[0-9]{2})(?:年度?)?"
_CODE_SECTION = r"[一-龠々ァ-ヶー]{1,8}"
_CODE = re.compile(  # R7-総務-0123, 総務-R7-123: year, section and count; an address has no year
    rf"(?:{_CODE_YEAR}-{_CODE_SECTION}|{_CODE_SECTION}-{_CODE_YEAR})-(?P<no>[0-9]{{1,6}})(?:号|-[0-9]{{1,3}})?"
)
_OWN_KINDS = {  # what has a register of its own (公布, 議案): never a document number, domain §3
    "ordinance_number": r"条例|規則|規程",
    "directive_number": r"訓令[甲乙]?",
    "notice_number": r"告示|公告|公示",
    "bill_number": r"議案|報告|認定|同意|諮問|承認|発議|請願|陳情",
}
_GOES_ON = re.compile(r"[ぁ-ん、)]|関係|資料|説明|参考|様式|第|-")  # the number is spoken of, not given
_ISSUER = r"(?:[一-龠々ぁ-んァ-ヶー○]{1,24}?(?:市|町|村|区|県|府|都|道|会|局|部|組合|庁|団|連合|企業|公社|署))?"
_OWN_NUMBERS = {
    name: re.compile(rf"[(\[]?(?:{_YEAR}年?)?{_ISSUER}(?:{words})[ ]?[甲乙]?[第弟][ ]?{_COUNT}{_BRANCH}[ ]?[号號]{_BRANCH}[)\]]?")
    for name, words in _OWN_KINDS.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNumber:
    """A document number: value as printed, without the spaces; points only compare candidates."""

    value: str
    row: Row
    rule: str
    points: float


def document_number(rows: Sequence[Row]) -> FoundNumber | None:
    """The record's own number, None if it carries none. The sender's upper right number comes before those of receipt."""
    first = rows[0].page if rows else 0
    head = [row for row in rows if row.page == first][:60]
    found = [one for one in (*_labelled(head), *_standing(head)) if one.points >= 1]
    return max(found, key=lambda one: one.points, default=None)


def own_numbers(rows: Sequence[Row]) -> Iterator[tuple[str, FoundNumber]]:
    """The number under which the record itself was promulgated or laid before the council, with its field's name: ordinance_number (条例, 規則, 規程),
    directive_number (訓令), notice_number (告示, 公告), bill_number (議案 …).

    Only where it stands alone in the head, or begins the first row before the title: one in running text or brackets is another's. Several bills are a list.
    """
    first = rows[0].page if rows else 0
    head = [row for row in rows if row.page == first][:25]
    for name, pattern in _OWN_NUMBERS.items():
        row = next((row for place, row in enumerate(head) if _own(row.text, pattern, begins=name == "bill_number" and place < 3)), None)
        value = _own(row.text, pattern, begins=True) if row else None
        if row and value and not (name == "bill_number" and len(_begun(head, pattern)) > 1):
            yield name, FoundNumber(value=compact(value).strip("()[]"), row=row, rule=f"number:{name.removesuffix('_number')}", points=8)


def _own(text: str, pattern: re.Pattern[str], *, begins: bool) -> str | None:
    """The number that is the whole row but for a date or, where it `begins` one, stands before a title: 議案第12号 令和7年度予算."""
    plain = text
    for found in reversed(find_dates(text)):
        plain = plain[: found.start] + plain[found.end :]
    match = pattern.fullmatch(plain.strip()) or (pattern.match(text) if begins and "。" not in text else None)
    return match.group() if match and not _GOES_ON.match(match.string, match.end()) else None


def _begun(head: Sequence[Row], pattern: re.Pattern[str]) -> set[str]:
    return {match.group() for row in head if (match := pattern.match(row.text))}


def is_number(text: str) -> bool:
    """Whether normalised `text` is nothing but a code of a record (R7-総務-0123) or the number of an ordinance, a notice or a bill."""
    return bool(_CODE.fullmatch(text)) or any(pattern.fullmatch(text) for pattern in _OWN_NUMBERS.values())


def case_number(rows: Sequence[Row]) -> FoundNumber | None:
    """The number of a lawsuit or an appeal (事件番号), None if none is named."""
    for row in rows:
        match = _CASE.search(row.text)
        if match:
            return FoundNumber(value=compact(match.group()), row=row, rule="number:case", points=10)
    for row in rows[:60]:
        label = _CASE_LABEL.match(row.text)
        value = label["value"].strip() if label else ""
        if label and not value:
            value = next((other.text for other in (*beside(rows, row)[:1], below(rows, row)) if other), "")
        if re.search(r"[0-9〇一二三四五六七八九十]", value) and len(value) <= 40:
            return FoundNumber(value=compact(value), row=row, rule="number:事件番号", points=8)
    return None


def voucher_number(rows: Sequence[Row]) -> FoundNumber | None:
    """The number that a firm gave its invoice, offer or receipt (請求書番号, No.); None on papers of any other kind."""
    head = [row for row in rows[:25] if row.page == rows[0].page]
    if not any(_VOUCHER_KIND.search(re.sub(r"\s", "", row.text)) for row in head[:8]):
        return None
    for place, row in enumerate(head):
        label = _VOUCHER.match(row.text)
        values = [(label["value"], row)] if label and label["value"].strip() else []
        if label and not values:
            values = [(other.text, other) for other in (*beside(head, row)[:1], below(head, row)) if other]
        elif label is None and place < 8 and row.text.lower() in ("no", "no."):
            values = [(other.text, other) for other in beside(head, row)[:1]]
        for text, holder in values:
            plain = re.sub(r"\s", "", text)
            if _VOUCHER_VALUE.fullmatch(plain) and re.search("[0-9]", plain) and not find_dates(plain):
                return FoundNumber(value=plain, row=holder, rule="number:voucher", points=7)
    return None


def numbers_in(text: str) -> Iterator[re.Match[str]]:
    """Each 第…号 in normalised `text` that counts records of an office. Dates before a number are no part of it."""
    for found in find_dates(text):
        text = text[: found.start] + "\n" * (found.end - found.start) + text[found.end :]
    for match in NUMBER.finditer(text):
        if _is_ours(match, text):
            yield match


def _is_ours(match: re.Match[str], text: str) -> bool:
    symbol, before, after = re.sub(r"\s", "", match["sym"]), text[: match.start()], text[match.end() :]
    if _NOT_OURS.search(symbol) or _NOT_AFTER.match(after) or before.endswith((")", "条", "項", "の", "法")):
        return False
    return not before.endswith("(") or after.startswith(")")


def _labelled(head: Sequence[Row]) -> Iterator[FoundNumber]:
    for row in head:
        label = _LABEL.match(row.text)
        if not label:
            continue
        values = [(label["value"], row)] if label["value"].strip() else [(other.text, other) for other in (*beside(head, row)[:2], below(head, row)) if other]
        for text, holder in values:
            value = _value(text, bare=label["label"].startswith(("文書", "公文書", "記号", "施行", "起案", "決裁", "発")))
            if value:
                rank = next((points for word, points in _RANK.items() if label["label"].startswith(word)), 5)
                yield FoundNumber(value=value, row=holder, rule=f"number:{label['label']}", points=rank)
                break


def _value(text: str, *, bare: bool) -> str | None:
    """What stands beside a label: 第…号 first, else, where the label is sure, a bare code (7-総-0012)."""
    for match in numbers_in(text):
        return compact(match.group())
    if NUMBER.search(text):
        return None
    plain = re.sub(r"\s", "", text)
    code = LABELLED.fullmatch(plain)
    return plain if code and (bare or "号" in plain) and not find_dates(plain) else None


def _standing(head: Sequence[Row]) -> Iterator[FoundNumber]:
    for place, row in enumerate(head):
        if _LABEL.match(row.text) or _SENTENCE.search(row.text) or _is_labelled_otherwise(head, place):
            continue
        if _is_stamped(head, place) and not _is_above_its_date(head, place):
            continue
        if place < 10 and _CODE.fullmatch(code := re.sub(r"\s", "", row.text)):
            yield FoundNumber(value=code, row=row, rule="number:standing", points=_points(row, place, "", code))
        for match in numbers_in(row.text):
            rest = row.text[: match.start()] + row.text[match.end() :]
            value = compact(match.group())
            yield FoundNumber(value=value, row=row, rule="number:standing", points=_points(row, place, _rest(rest), value))


def _is_labelled_otherwise(head: Sequence[Row], place: int) -> bool:
    """The cell before it names another number: 命令番号, 見積番号, 受付番号."""
    row = head[place]
    before = [other for other in head[max(0, place - 6) : place] if not row.placed or row in beside(head, other)]
    nearest = max(before, key=lambda other: other.right if row.placed else other.index, default=None)
    return nearest is not None and len(nearest.text) <= 10 and bool(re.search(r"番号\)?$|No\.?$", nearest.text)) and not _LABEL.match(nearest.text)


def _points(row: Row, place: int, rest: str, value: str) -> float:
    points = 10.0 - 0.3 * place - 1.5 * min(len(rest), 6)
    if row.placed:
        points += (1.5 if row.centre > 0.55 else 0.0) - (4 if row.top > 0.45 else 0)
    return points - (3 if value.startswith("第") else 0)


def _rest(text: str) -> str:
    """What the row says beside its number and date."""
    for found in reversed(find_dates(text)):
        text = text[: found.start] + text[found.end :]
    return re.sub(r"[\s()\[\]:.,-]|文書番号|番号|起案|決裁|施行", "", text)


def _is_stamped(head: Sequence[Row], place: int) -> bool:
    """A receipt stamp: its number is the receiving office's."""
    return any(_STAMP.search(row.text) and len(row.text) <= 12 for row in head[max(0, place - 2) : place + 1])


def _is_above_its_date(head: Sequence[Row], place: int) -> bool:
    """The number of the letter under a stamp: its whole date follows. A stamp of receipt has one date, above its number or under it."""
    row, following = head[place], head[place + 1 : place + 2]
    if re.sub(r"\s", "", row.text).startswith(("第", "収", "受")) or not following or not _is_date(following[0]):
        return False
    dates_after = sum(_is_date(other) for other in head[place + 1 : place + 6])
    dated_before = any(_STAMPED_DAY.fullmatch(other.text) or _is_date(other) for other in head[max(0, place - 2) : place])
    return dates_after == 1 and (dated_before or not row.placed) and not any(_STAMP.search(other.text) for other in (row, *following))


def _is_date(row: Row) -> bool:
    return bool(find_dates(row.text)) and len(_rest(row.text)) <= 2


def compact(value: str) -> str:
    """The number as one string: spaces go, a misread 弟 is 第."""
    return re.sub(r"\s", "", value).replace("弟", "第").replace("號", "号")
