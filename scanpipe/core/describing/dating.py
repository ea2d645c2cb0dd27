"""Which date on a page is which: drafting, decision, issue, receipt, meeting, contract; and the record's own date (design §10)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from scanpipe.core.dates import FoundDate, era_year, find_accounting_year, find_dates, narrow
from scanpipe.core.describing.layout import Row, beside
from scanpipe.core.describing.numbers import is_number, numbers_in

_ROLES: dict[str, str] = {  # role -> the words before the date; the first that fits wins
    "出生": r"生年月日|生まれ|誕生日",
    "収受": r"(?:収受|受付|受理|受電|受領印|到達|到着|収入印)(?:(?:年月)?日時?)?",
    "起案": r"起案|立案|発議|作成年月日|作成日",
    "決裁": r"決裁|決定年月日|決定日|専決",
    "施行": r"施行(?!期日)|発送|発信|浄書",
    "締結": r"(?:契約|協定)(?:の?締結)?年?月?日|締結(?:年月)?日",
    "契約始期": r"(?:契約|履行|委託|賃貸借|貸付|使用|許可|占用|工期|着工|着手|有効)[^。]{0,6}(?:始期|開始|着手|着工|期間|自)|"
    r"着[手工](?:年月)?日|工\s*期|期間\(?自|^自",
    "完了": r"完了(?:年月)?日|完成(?:年月)?日|竣工(?:年月)?日|検査(?:年月)?日|検収(?:年月)?日|納品(?:年月)?日|履行(?:年月)?日|完結(?:年月)?日|引渡(?:年月)?日",
    "納期": r"納期(?!限)|納入期限|納入(?:予定)?(?:年月)?日|納入期日|納品期限",
    "契約終期": r"完成期限|履行期限|終期|終了(?:予定)?(?:年月)?日?|満了(?:年月)?日?|至|期間満了",
    "交付": r"(?:交付|許可|認可|承認|指令|交付決定)(?:決定)?(?:年月)?日",
    "支払期限": r"支払(?:期限|期日|予定日|日)|納期限|納付期限|納付期日|振込期限|払込期限|口座振替日|振替日",
    "期限": r"期限|締切日?|〆切|必着",
    "開催": r"日\s*時|開催日時?|開催年月日|(?<!施行)期\s*日|と\s*き|会議日|開会|日程",
    "異動": r"異動(?:年月)?日|発令(?:年月)?日|発令|退職(?:年月)?日|死亡(?:年月)?日|出生(?:年月)?日|婚姻",
    "用務": r"用務|出張|旅行(?:期間|日)|命令(?:年月)?日|期\s*間",
    "発行": r"(?:発行|申請|届|届出|提出|請求|領収|報告|通知|記入|申込|申告|復命|見積|設計|積算|調査|登録|送信|検針|作成|記載|掲載|公表|公告|告示|掲示)(?:年月)?日時?|発行|発表|リリース|起票|"
    r"記録日|受診日|^(?:年月日|日付|文書日付|月日)",
    "公布": r"公布",
}
_ROLE_PATTERNS = {role: re.compile(pattern) for role, pattern in _ROLES.items()}
_STANDING = {"文書", "発行"}
_CONTRACT = re.compile(r"契約書|契約$|協定書|覚書|合意書|確認書$|請書|示談書|和解書|委任状|承諾書|念書|同意書")
_MINUTES = re.compile(r"(?:議事|会議|発言|協議|面談|打ち?合わ?せ)の?(?:録|記録|要旨|要約|概要|あらまし|次第|結果|報告|経過)|次第$")
_FORWARDING = re.compile(r"録.{0,12}(?:送付|送達|提出|公[開表]|確認|訂正|修正|作成|配[布付]|閲覧|提供|署名|承認|依頼|照会|返送|掲載)")  # a letter about minutes
_OF_A_LETTER = re.compile(r"(?:について|に関する件|の件|の送付|のお知らせ|の?御?ご?案内|の依頼|のお願い)$")
_ADDRESSED = re.compile(r"(?:様|殿|御中|各位|あて|宛て?)\)?$")
_ATTENDED = re.compile(r"^(?:[0-9]{1,2}[.)\s]*)?(?:出\s*席|欠\s*席|参\s*加|傍\s*聴|出\s*頭)(?:者|委員|議員)?(?![をすさしの])")
_STAMP = re.compile(r"収受|收受|受付|受領|受理")
_RECEIVED = re.compile(r"(?:受付|受理|相談|聴取|受電|苦情|通報)(?:処理)?(?:票|書|カード|メモ)$|^供覧(?:書|用紙|票)?$|^収受文書")
_CERTIFICATE = re.compile(r"証明書?$|受理書?$|済証$")
_OF_AN_EVENT = re.compile(r"(?:調書|記録|結果|経過|会議|部会|打ち?合わ?せ|協議)(?:\s*第[0-9]+回)?$")  # of what happened on a day
_LOG = re.compile(
    r"日誌|出勤簿|休暇簿|命令簿|記録簿|ケース記録|経過記録|相談記録|日計表|受付簿|管理簿|整理簿|実績簿|台帳|出納簿|使用簿|点検簿|日報|整理票|名簿$|切手受払|公印使用簿"
)
_UNDATED = re.compile(
    r"(?:(?<!発表)(?<!報道)(?<!記者)資料[0-9一-九]*|パンフレット|チラシ|リーフレット|しおり|マニュアル|手引き?|座席表|席次表|配席図|写真帳?|工事写真|現場写真|図面|竣工図|平面図|位置図|見取図|案内図|日程表|メモ|下書き?|原稿|素案|切抜き?|"
    r"[(（\[【](?:素案|原案|案|未定稿|下書き|ドラフト)[)）\]】])$"
)
_DRAFT_MARK = re.compile(
    r"^[(\[【〈<]?(?:案|素案|未定稿|下書き?|ドラフト|DRAFT|draft|写真|配布資料|参考資料|当日配布資料|会議資料|資料\s*[0-9一二三四五六七八九十]*(?:-[0-9]+)?)[)\]】〉>]?$"
)
_DATER = re.compile(r"[0-9元]{1,2} ?[.年] ?-? ?[0-9]{1,2} ?[.月] ?- ?[0-9]{1,2} ?日?")  # a rubber dater pads the day with a dash
_POINTED = re.compile(r"(?P<y>元|[0-9]{1,2}) ?[.年] ?[0-9]{1,2} ?[.月] ?[0-9]{1,2} ?日?")
_YOUNG_ERA = 20  # years of 令和 that a year without its era may be taken for where no era is printed at all
_DRAFT = re.compile(r"案[)）\]】〕]?$|下書き?|草稿|未定稿|ドラフト|draft", re.IGNORECASE)
_FORM_END = re.compile(r"(?:書|簿|票|届出?|願|録|表|帳|証|状|伺|案|カード)$")
_APPROVAL = re.compile(r"起案|伺")
_OFFICE_END = re.compile(r"(?:課|室|局|部|係|所|署|市|町|村|区|県|会|館|校|園|センター|[市町村区県局部課所室館園校会]長)$")
_MONTH_HEAD = re.compile(r"(?:(?P<era>令和|平成|昭和|[RH令平])\s*(?P<y>元|[0-9]{1,2})|(?P<w>20[0-9]{2}))\s*年\s*(?P<m>[0-9]{1,2})\s*月(?!\s*[0-9]{1,2}\s*日)")
_ENTRY = re.compile(r"^(?:(?P<m>[0-9]{1,2})\s*[月/.]\s*)?(?P<d>[0-9]{1,2})\s*(?:日|(?=\s|\(|[月火水木金土日](?:\W|$))|$)")
_FULL_ENTRY = re.compile(r"^(?P<m>[0-9]{1,2})\s*[月/]\s*(?P<d>[0-9]{1,2})\s*日?(?![0-9/])")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedDate:
    """A date with its row and role; standing: the row says little else. role "文書" = no label."""

    found: FoundDate
    row: Row
    role: str
    standing: bool

    @property
    def day(self) -> date:
        return self.found.day


def place_dates(rows: Sequence[Row]) -> list[PlacedDate]:
    """Every date on the rows with the role that the words before it, left of it or above it give."""
    era = "令和" if any("令和" in row.text or "R" in row.text for row in rows[:40]) else None
    placed: list[PlacedDate] = []
    for row in rows:
        if _DATER.fullmatch(row.text):
            placed += stamped_dates([row])
            continue
        bare = era if _ROLE_PATTERNS["起案"].search(row.text) or _has_label(rows, row) else _era_of_a_letter(rows, row, era)
        found = find_dates(row.text, era=bare)
        for n, one in enumerate(found):
            before = row.text[found[n - 1].end if n else 0 : one.start]
            after = row.text[one.end : found[n + 1].start if n + 1 < len(found) else len(row.text)]
            role = _role(rows, row, before, after, n)
            if role == "期限" and placed and placed[-1].role == "契約始期" and placed[-1].row.index >= row.index - 2:
                role = "契約終期"  # …から at the end of one row, …まで on the next
            placed.append(PlacedDate(found=one, row=row, role=role, standing=_is_standing(row, found)))
    return placed


def stamped_dates(rows: Sequence[Row]) -> list[PlacedDate]:
    """The dates of receipt that red seals show (収受印); their years are often written without an era (7. 6.-4)."""
    placed: list[PlacedDate] = []
    for row in rows:
        text = re.sub(r"(?<=[.年月])\s*-\s*(?=[0-9])", " ", row.text)
        placed += [PlacedDate(found=one, row=row, role="収受", standing=False) for one in find_dates(text, era="令和")]
    return placed


def _era_of_a_letter(rows: Sequence[Row], row: Row, era: str | None) -> str | None:
    """令和 for a bare 7.6.5 beside the number or the addressee of a letter, None where it is no such date or may be of an older era."""
    bare = _POINTED.fullmatch(row.text)
    if not bare or row.index >= 10 or row.page != rows[0].page:
        return None
    near = [other.text for other in rows[max(0, row.index - 2) : row.index + 3] if other is not row]
    if not any(_ADDRESSED.search(text) or is_number(text) or next(numbers_in(text), None) for text in near):
        return None
    is_young = bare["y"] == "元" or int(bare["y"]) <= _YOUNG_ERA
    return era or ("令和" if is_young and not any(re.search("平成|昭和|大正", other.text) for other in rows[:40]) else None)


def _has_label(rows: Sequence[Row], row: Row) -> bool:
    return bool(re.fullmatch(r"[0-9元]{1,2}[.年].{3,12}", row.text)) and _neighbour_role(rows, row) is not None


def _is_standing(row: Row, found: Sequence[FoundDate]) -> bool:
    rest = row.text
    for one in reversed(found):
        rest = rest[: one.start] + rest[one.end :]
    rest = re.sub(r"\(.{1,10}\)|[\W_]|[月火水木金土日]曜日?", "", rest)
    return len(found) == 1 and (len(rest) <= 6 or (len(rest) <= 14 and _OFFICE_END.search(rest) is not None))


def _role(rows: Sequence[Row], row: Row, before: str, after: str, n: int) -> str:
    """The role by the words around the date, else by the cell to the left or above."""
    if re.match(r"\s*(?:\([月火水木金土日]\)\s*)?(?:から|より)[^0-9]{0,6}(?:施行|適用|実施|改定|改正)", after):
        return "施行期日"
    if re.match(r"\s*(?:\([月火水木金土日]\)\s*)?(?:から|より|~|〜|-|～)", after):
        return "契約始期"
    if re.match(r"\s*(?:\([月火水木金土日]\)\s*)?(?:まで|限り|必着|締切)", after):
        return "契約終期" if n or re.search(r"至|期間", before) else "期限"
    if re.match(r"\s*(?:付け?|日付け?)", after):
        return "参照"
    if re.match(r"\s*(?:生まれ|生\b|生$)", after):
        return "出生"
    if re.match(r"\s*(?:提出|届出|申請|発行|作成|発表|請求|記入)", after):
        return "発行"
    if re.search(r"(?:から|~|〜|～|至)\s*$", before):
        return "契約終期"
    if re.search(r"(?:^|[\s:])自\s*$", before):
        return "契約始期"
    label = re.sub(r"[\s:(\[【)\]】]", "", before)
    own = _role_in(label[-16:])
    if own:
        return own
    if re.match(r"\s*公布", after):
        return "公布"
    if label and not _OFFICE_END.search(label):
        return "本文"
    return (_neighbour_role(rows, row) if n == 0 else None) or "文書"


def _role_in(label: str) -> str | None:
    """The role whose word stands nearest to the date."""
    best: tuple[tuple[int, int], str] | None = None
    for role, pattern in _ROLE_PATTERNS.items():
        for match in pattern.finditer(label):
            reach = (match.end(), match.end() - match.start())
            if best is None or reach > best[0]:
                best = (reach, role)
    return best[1] if best and len(label) - best[0][0] <= 4 else None


def _neighbour_role(rows: Sequence[Row], row: Row) -> str | None:
    """The role that the cell to the left gives; without boxes the row before it, if it is a short label."""
    if row.placed and _in_a_stamp(rows, row):
        return "収受"
    if row.placed:
        near = [
            other
            for other in rows[max(0, row.index - 12) : row.index + 12]
            if other.page == row.page and other.right <= row.left + 0.01 and row in beside(rows, other)
        ]
        label = max(near, key=lambda other: other.right, default=None)
    else:
        label = rows[row.index - 1] if row.index and rows[row.index - 1].page == row.page else None
    if label is None or len(label.text) > 10 or find_dates(label.text):
        return None
    word = re.sub(r"[\s:()]", "", label.text)
    role = _role_in(word)
    return None if role not in {"起案", "収受"} and _FORM_END.search(word) else role  # 出張復命書 is the paper's name, not a label


def _in_a_stamp(rows: Sequence[Row], row: Row) -> bool:
    """収受 or 受付 stands right above or below: a stamp of receipt, whose colour the scan did not keep."""
    return any(
        other.page == row.page
        and len(other.text) <= 8
        and _STAMP.search(other.text) is not None
        and min(other.right, row.right) - max(other.left, row.left) > 0.5 * min(other.right - other.left, row.right - row.left)
        and max(other.top - row.bottom, row.top - other.bottom) < 1.5 * row.height
        for other in rows[max(0, row.index - rows[0].index - 6) : row.index - rows[0].index + 7]
    )


def own_date(placed: Sequence[PlacedDate], rows: Sequence[Row], title: str | None) -> PlacedDate | None:
    """The record's own date by its kind; None for photographs, drafts and handouts (design §10, "Meaning of fields") but for a day alone above their title."""
    heading = re.sub(r"[(（].{1,10}[)）]$", "", title or "")
    by_role: dict[str, list[PlacedDate]] = {}
    for one in placed:
        by_role.setdefault(one.role, []).append(one)
    if "起案" in by_role and any(_APPROVAL.search(row.text) for row in rows[:25]):
        return by_role["起案"][0]
    if _is_undated(rows, title, by_role):
        return _above_title(placed, rows, title)
    is_meeting = _is_meeting(heading, rows) and not _is_dated_letter(heading, rows, placed)
    if is_meeting and "開催" in by_role:
        return by_role["開催"][0]
    if "収受" in by_role and any(_RECEIVED.search(row.text) for row in rows[:4]):
        return by_role["収受"][0]
    if _LOG.search(heading):
        return last_entry(placed, rows)
    if _CONTRACT.search(heading):
        return _conclusion(placed, by_role)
    if _CERTIFICATE.search(heading):  # what it certifies has dates of its own above
        by_role = {**by_role, "発行": []}
        placed = [one for one in placed if one.role != "発行"] if by_role.get("文書") else placed
    held = [*by_role.get("開催", []), *by_role.get("収受", [])] if _OF_AN_EVENT.search(heading) else []
    return _issue(placed, by_role, rows, is_meeting) or next(iter(held), None)


def _is_meeting(heading: str, rows: Sequence[Row]) -> bool:
    """Minutes by their name, or by the people who were there; a letter that invites to a meeting has an addressee instead."""
    if any(_MINUTES.search(text) and not _FORWARDING.search(text) for text in (heading, *(row.text for row in rows[:4] if len(row.text) <= 30))):
        return True
    head = rows[:12]
    return any(_ATTENDED.match(row.text) for row in head) and not any(_ADDRESSED.search(row.text) for row in head)


def _is_dated_letter(heading: str, rows: Sequence[Row], placed: Sequence[PlacedDate]) -> bool:
    """What tells somebody of a meeting or forwards its minutes: an addressee and a date of its own stand above the heading's 記."""
    is_letter = bool(_OF_A_LETTER.search(heading) or _FORWARDING.search(heading)) and any(_ADDRESSED.search(row.text) for row in rows[:12])
    return is_letter and any(one.role == "文書" and one.standing and one.row.index < 10 for one in placed)


def _is_undated(rows: Sequence[Row], title: str | None, by_role: Mapping[str, list[PlacedDate]]) -> bool:
    letter = any(_ADDRESSED.search(row.text) for row in rows[:15]) and "文書" in by_role
    marked = any(_DRAFT_MARK.match(row.text) for row in rows[:6])
    return not letter and (marked or bool(_UNDATED.search(title or "")))


def _above_title(placed: Sequence[PlacedDate], rows: Sequence[Row], title: str | None) -> PlacedDate | None:
    """The day that stands alone at the head, above the name of a paper that has no other: photographs and manuscripts that were handed in; never a draft's."""
    first = placed[0] if placed else None
    if first is None or first.role != "文書" or not first.standing or any(_DRAFT_MARK.match(row.text) for row in rows[:6]):
        return None
    above = [row for row in rows[:3] if row.index <= first.row.index and row.page == rows[0].page]
    is_head = bool(above) and above[-1] is first.row and all(is_number(row.text) or find_dates(row.text) for row in above)
    return first if is_head and title and not _DRAFT.search(title) else None


def last_entry(placed: Sequence[PlacedDate], rows: Sequence[Row]) -> PlacedDate | None:
    """The latest entry of a log: whole dates, or days under a heading with year and month (4/21 under 令和7年度)."""
    entries = [one for one in placed if one.role not in {"出生", "契約終期", "期限", "参照"}]
    latest = max(entries, key=lambda one: one.day, default=None)
    short = max(_short_entries(rows), key=lambda one: one.day, default=None)
    return max((one for one in (latest, short) if one), key=lambda one: one.day, default=None)


def _short_entries(rows: Sequence[Row]) -> Iterator[PlacedDate]:
    """Entries without a year, dated by the heading above them."""
    year = month = accounting = None
    for row in rows:
        text = narrow(row.text)
        heading = _MONTH_HEAD.search(text)
        if heading:
            number = 1 if heading["y"] == "元" else int(heading["y"] or 0)
            year, month = (
                int(heading["w"]) if heading["w"] else era_year("平成" if heading["era"] in {"平成", "H", "平"} else "令和", number),
                int(heading["m"]),
            )
            continue
        accounting = accounting or find_accounting_year(text)
        entry = _FULL_ENTRY.match(text) or (_ENTRY.match(text) if month else None)
        if not entry or (year is None and accounting is None):
            continue
        day = _entry_day(entry, year, month, accounting)
        if day:
            found = FoundDate(day=day, start=0, end=entry.end(), quote=row.raw[: entry.end()], certain=False)
            yield PlacedDate(found=found, row=row, role="記入", standing=False)


def _entry_day(entry: re.Match[str], year: int | None, month: int | None, accounting: int | None) -> date | None:
    number = int(entry["m"]) if entry["m"] else month
    if number is None:
        return None
    base = year if year is not None else accounting if accounting is not None and number >= 4 else (accounting or 0) + 1
    try:
        return date(base, number, int(entry["d"]))
    except ValueError:
        return None


def _conclusion(placed: Sequence[PlacedDate], by_role: Mapping[str, list[PlacedDate]]) -> PlacedDate | None:
    """The day of conclusion: labelled, else the last date that stands alone above the signatures."""
    if "締結" in by_role:
        return by_role["締結"][0]
    alone = [one for one in placed if one.role in _STANDING and one.standing]
    return alone[-1] if alone else None


def _issue(placed: Sequence[PlacedDate], by_role: Mapping[str, list[PlacedDate]], rows: Sequence[Row], is_meeting: bool) -> PlacedDate | None:
    """The day of issue: a date standing alone near the top of the first page, else labelled, else alone near an end."""
    first = rows[0].page if rows else 0
    alone = [one for one in placed if one.role in _STANDING and one.standing]
    top = [one for one in alone if one.row.page == first and (one.row.index - rows[0].index < 14 or (one.row.placed and one.row.top < 0.33))]
    order = [top, by_role.get("施行", []), by_role.get("発行", []), by_role.get("公布", []), alone[-1:], by_role.get("異動", [])]
    if is_meeting:
        order.append(by_role.get("文書", []))
    order += [by_role.get("交付", []), by_role.get("完了", [])[-1:], by_role.get("締結", []), by_role.get("決裁", []), by_role.get("起案", [])]
    return next((found[0] for found in order if found), None) or _heading_date(placed, rows)


def _heading_date(placed: Sequence[PlacedDate], rows: Sequence[Row]) -> PlacedDate | None:
    """A date that begins a short row near the top (令和7年4月1日 道路課)."""
    return next((one for one in placed if one.role == "文書" and one.row.index - rows[0].index < 10 and len(one.row.text) < 40), None)
