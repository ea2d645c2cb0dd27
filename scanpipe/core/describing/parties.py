"""Who wrote to whom, and with whom a contract was made: sender, addressee and partner from the rows of a record (domain §3)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanpipe.core.dates import find_dates
from scanpipe.core.describing.layout import Row, below, beside
from scanpipe.core.describing.titles import Title, is_matter, is_stamp_row

_TITLE_OF_HONOUR = r"(?:様|殿|御中|各位|宛て?|あて|先生)"
_ADDRESSEE = re.compile(
    rf"^(?:\([^()]{{2,8}}\)\s*)?(?:\(?(?:送付先|送信先|宛先|あて先|宛て先|宛名|あて名|あて|宛て?)\)?[:.]?\s*)?(?P<name>.{{2,50}}?)\s*{_TITLE_OF_HONOUR}\)?(?:\s*\(.{{2,20}}\))?$"
)
_ADDRESS_LABEL = re.compile(r"^\(?(?:宛先|あて先|宛て先|宛名|あて名|送付先|送信先|あて|宛て?)\)?[:.]?\s*(?P<name>.{2,40})$")
_HONOUR_ALONE = re.compile(r"^(?:様|殿|御中|あて|宛て?)$")
_SENDER_LABEL = re.compile(
    r"^\(?(?:申請者|申請人|届出者|届出人|請求者|請求人|審査請求人|報告者|復命者|発信者|発信元|送信者|送信元|差出人|提出者|受注者|受託者|債権者|申込者|申込人|申出者|起案者|発行者|作成者|開示請求者|契約業者|納入者|業者)\)?"
    r"(?:\s*(?:氏名|名称|名|住所))?\s*[:.]?\s*(?P<name>.*)$"
)
_PARTNER_LABEL = re.compile(
    r"^\(?(?:契約の?相手方|契約相手方?|相手方|受注者|受託者|請負者|請負人|受任者|供給者|販売者|落札者|落札業者|委託先|契約先|支払先|購入先|借受人|借主|賃借人|賃貸人|買受人|乙|債権者|契約業者)(?:名|の名称|の氏名)?\)?(?=[\s:(]|$|[^\sがはのにをと、。])"
    r"\s*[:.]?\s*(?P<name>.*)$"
)
_PREAMBLE = re.compile(
    r"(?:と|及び|、)(?P<name>[^。、「」()]{2,40}?(?:\(株\)[^。、「」()]{1,20})?)\s*\(以下\s*「(?:乙|受注者|受託者|請負者|供給者|売主|賃貸人|賃借人)」"
)
_OFFICIAL = re.compile(
    r"(?:[市町村区県都府局部課所室館園校会署院長社団次係省庁店]長|知事|理事長|代表取締役|代表理事|議長|会長|委員長|社長|店長|主任|主査|係長|管理者|管理官|監査委員|選挙管理委員会|教育委員会|農業委員会|教育長|消防長)"
    r"(?P<name>[\s一-龠々ぁ-んァ-ヶ]{0,12})?(?:印|\(印\)|㊞)?$"
)
_ROLE = re.compile(  # 命令権者 総務課長, 発注者 町長: a label in front of the one who acts; 発注者協議会長 is one name
    r"^(?:[一-龠]{0,8}(?:権者|権限者|命令者|担任者|担当者|責任者|決定者|決裁者|専決者|発令者|発注者|委託者|注文者|許可者|承認者|確認者|依頼者|通知者|処分者|照会者|回答者)|賃貸人|貸主|売主|貸付人)"
    r"(?!会(?!計)|協|連|組合|団|支援|の|に|側)[:.\s]*(?=[一-龠々ぁ-んァ-ヶ])"
)
_PARTY = re.compile(r"^(?:甲(?![府賀斐州良佐南西山田奴子武東陵信野種])|乙(?![部訓女川黒坂原津丸幡])|丙(?!午))[:.\s]*(?=[一-龠々ぁ-んァ-ヶ])")
_OF_PARTIES = re.compile(r"^乙|[「『](?:甲|乙)[」』]")  # a contract's other side, or 以下「甲」という
_COMPANY = re.compile(r"株式会社|\(株\)|有限会社|\(有\)|合同会社|合資会社|法人|協会|組合|商店|商会|工業|建設$|事務所$")
_CHIEF = re.compile(r"^(?:会長|団長|校長|園長|所長|館長|署長|局長|院長|代表|理事長|委員長|執行委員長|議長|事務局長|支部長|組合長|班長|区長|自治会長)")
_ORGANISATION = re.compile(r"(?:会|団|校|園|所|館|署|局|院|組合|支部|区|センター|クラブ|連盟|議会|本部|隊)$")
_EVERY_OFFICE = re.compile(
    r"^各(?:都道府県|指定都市|市区?町村|部|局|課|所属|学校|区|支所|施設).{0,16}(?:知事|市長|[市町村区部局課室所校園館]長)(?:\(.{2,12}\))?$"
)
_STREET = re.compile(r"^〒|[都道府県郡市区町村].*[0-9一二三四五六七八九十](?:丁目|番地?|号|-[0-9])|[0-9]+番地|丁目|^(?:住所|所在地)")
_NAME_LABEL = re.compile(
    r"^\(?(?:住所|所在地|氏名|名称|商号(?:又は名称)?|商号又は名称|会社名|代表者(?:氏名|名)?|職・?氏名|団体名|事業者名|法人名|名前|称号|ふりがな|フリガナ)\)?\s*[:.]?\s*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value with the row it stands on."""

    value: str
    row: Row


def addressee(rows: Sequence[Row], title: Title | None) -> Found | None:
    """To whom it is written: the first row of the head that ends in 様, 殿, 御中, あて; without that sign. None if nobody is named."""
    head = _head(rows, title, 25)
    return _addressee(head) or _addressee([row for row in rows[:25] if row.page == rows[0].page][len(head) :])


def _addressee(head: Sequence[Row]) -> Found | None:
    for row in head:
        if _HONOUR_ALONE.match(row.text) and row.placed:  # one 殿 behind a list of offices
            left = [other for other in head if other.index < row.index + 6 and other.right <= row.left + 0.02 and _OFFICIAL.search(other.text)]
            if left:
                return Found(value=min(left, key=lambda other: other.index).text, row=left[0])
        match = _ADDRESSEE.match(row.text) or _ADDRESS_LABEL.match(row.text)
        if match and not re.search(r"。|仕様$|同様|ます|[人方有者]様$", row.text) and not find_dates(row.text):
            name = match["name"].strip(" ()")
            if name and not re.fullmatch(r"[0-9\W]+", name):
                return Found(value=name, row=row)
        if _EVERY_OFFICE.match(row.text):
            return Found(value=row.text, row=row)
    return None


def sender(rows: Sequence[Row], title: Title | None) -> Found | None:
    """Who writes: the name in the head that ends in an office, or the cell 申請者, 請求者; None if nobody is named."""
    head = _head(rows, title, 25)
    return _labelled(rows, _SENDER_LABEL, 60) or _official(head, title) or _official([row for row in rows[:25] if row.page == rows[0].page][len(head) :], title)


def partner(rows: Sequence[Row], title: Title | None) -> Found | None:
    """With whom a contract is made (契約の相手方, 受注者, 乙); None where none is named."""
    for n, row in enumerate(rows[:25]):
        joined = row.text + "".join(other.text for other in rows[n + 1 : n + 3])
        match = _PREAMBLE.search(joined)
        if match and match.start() < len(row.text):
            return Found(value=match["name"].strip(), row=row)
    return _labelled(rows, _PARTNER_LABEL, len(rows))


def _official(head: Sequence[Row], title: Title | None) -> Found | None:
    """On the right before on the left, under the addressee before above: a list of offices on the left is written to."""
    to = addressee(head, None) if head else None
    partners = _of_partners(head)
    found = [row for row in head if row not in partners and not _is_no_sender(row, title) and (_OFFICIAL.search(row.text) or _is_company(row))]
    best = min(found, key=lambda row: (row.placed and row.centre <= 0.5, bool(to) and row.index < to.row.index if to else False, row.index), default=None)
    if best is None:
        return None
    above = next((row for row in head if row.index == best.index - 1), None)
    if above and _CHIEF.match(best.text) and _ORGANISATION.search(above.text) and not _is_no_sender(above, title) and above.centre > 0.5:
        return Found(value=_unsealed(_without_role(above.text + best.text, head)), row=above)
    return Found(value=_unsealed(_without_role(_NAME_LABEL.sub("", best.text), head)), row=best)


def _without_role(name: str, head: Sequence[Row]) -> str:
    """The name without what its bearer is in this paper: 甲 of a contract, 命令権者, 発注者. Towns' names begin with 甲 and 乙 too."""
    bare = _ROLE.sub("", name)
    return _PARTY.sub("", bare) if any(_OF_PARTIES.search(row.text) for row in head) else bare


def _of_partners(head: Sequence[Row]) -> list[Row]:
    """The rows that name the other side of a contract: its labelled cell, and what stands beside or under an empty label."""
    rows: list[Row] = []
    for row in head:
        label = _PARTNER_LABEL.match(row.text)
        if label:
            under = below(head, row) if row.index < head[-1].index else None
            rows += [row, *([] if label["name"].strip() else [*beside(head, row)[:1], *([under] if under else [])])]
    return rows


def _is_company(row: Row) -> bool:
    return bool(_COMPANY.search(row.text)) and (not row.placed or row.centre > 0.5)


def _unsealed(name: str) -> str:
    return re.sub(r"\s*(?:印|\(印\)|㊞|\(?公印省略\)?)+$", "", name).strip(" :")


def _labelled(rows: Sequence[Row], pattern: re.Pattern[str], most: int) -> Found | None:
    for row in rows[:most]:
        label = pattern.match(row.text)
        if label and "。" not in row.text and not is_stamp_row(row.text):
            name = _best_name([label["name"], *_following(rows, row)])
            if name:
                return Found(value=name[:60], row=row)
    return None


def _following(rows: Sequence[Row], row: Row) -> Iterator[str]:
    """What stands beside the label, else under it and so on down, as blocks of name and address do."""
    if row.placed:
        near = beside(rows, row)[:2]
        yield from (other.text for other in near)
        last: Row | None = near[0] if near else row
        for _ in range(3):
            last = below(rows, last) if last else None
            if last is None or _ends_block(last.text):
                return
            yield last.text
            yield from (other.text for other in beside(rows, last)[:1])
        return
    for other in rows[row.index + 1 - rows[0].index :][:4]:
        if _ends_block(other.text):
            return
        yield other.text


def _ends_block(text: str) -> bool:
    return bool(
        _SENDER_LABEL.match(text) or _PARTNER_LABEL.match(text) or re.match(r"記$|下記|次の|件名|[甲丙](?:\s|$)", text) or "。" in text or len(text) > 45
    )


def _best_name(texts: Sequence[str]) -> str | None:
    """A company before a person's name before what only stands first; addresses, telephone numbers and dates are no names."""
    names: list[str] = []
    for text in texts:
        label = _NAME_LABEL.match(text)
        name = _unsealed(_NAME_LABEL.sub("", text))
        if len(name) < 2 or (label and label.group().startswith(("住所", "(住所", "所在地", "フリ", "ふり"))) or _STREET.search(name) or _is_no_name(name):
            continue
        names.append(name)
    return next((name for name in names if _COMPANY.search(name)), names[0] if names else None)


def _is_no_name(name: str) -> bool:
    return bool(
        find_dates(name)
        or re.search(r"[0-9]{2,4}-[0-9]{2,4}|電話|TEL|FAX|@|生年月日", name)
        or re.match(r"^(?:氏名|名称|住所|代表者|連絡先|担当|職|所属|区分|続柄|.{0,4}番号|甲|乙|印|備考|金額|件名|本人|代理人)\W*$", name)
        or not re.search(r"[一-龠々ぁ-んァ-ヶA-Za-z]", name)
    )


def _is_no_sender(row: Row, title: Title | None) -> bool:
    """Addressees, the title, sentences and the boxes for seals name officials too."""
    if _ADDRESSEE.match(row.text) or _ADDRESS_LABEL.match(row.text) or _EVERY_OFFICE.match(row.text) or (title and row in title.rows) or len(row.text) > 40:
        return True
    chief = _OFFICIAL.search(row.text)
    return (
        bool(find_dates(row.text))
        or "。" in row.text
        or bool(chief and chief["name"] and is_matter(chief["name"]))
        or is_stamp_row(row.text)
        or bool(re.fullmatch(r"(?:副?[市町村]長|[局部課係室次]長|主査|係員|担当|合議|公印)", row.text))
    )


def _head(rows: Sequence[Row], title: Title | None, most: int) -> list[Row]:
    """The first page down to the title of a letter; all of its top where the title stands first, as on forms."""
    page = [row for row in rows[:60] if row.page == rows[0].page]
    at = title.rows[0].index - rows[0].index if title and title.rows[0].page == rows[0].page else 0
    return page[: max(at, 4)] if at >= 3 else page[:most]
