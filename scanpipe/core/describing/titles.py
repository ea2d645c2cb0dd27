"""The title (件名) of a record and the kind in its closing brackets, from words, size and place (domain §3, design §10)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scanpipe.core.dates import find_dates
from scanpipe.core.describing.kinds import KIND
from scanpipe.core.describing.layout import Row, below, beside
from scanpipe.core.describing.numbers import is_number, numbers_in

_ABOUT = re.compile(
    r"(?:について|につきまして|に関する件|に係る件|の件|に関する照会|に関する回答|に関する通知|のご案内|の御案内|のお知らせ|のお願い|のご依頼|の送付|の依頼|に当たって|にあたって)(?:\(.{1,12}\))*$"
)
_LABEL = re.compile(
    r"^[(（【\[■●◆○]?(?P<label>件名及び内容|件名|標題|題名|表題|件目|案件名|起案件名|文書件名|文書名|用件|題目|事案名)[)）】\]]?\s*[:：.]?\s*(?P<value>.*)$"
)
_WORKS_LABEL = re.compile(r"^(?P<label>工事名称?|業務名称?|委託名称?)\s*[:：.]?\s*(?P<value>.*)$")  # on the cover of a design (設計書), which names the works
_APPROVAL = re.compile(
    r"(?:起案(?:書|用紙|文書|票)?|決裁(?:書|文書|伺|用紙)?|回議(?:書|用紙|票)|稟議書|原議書|伺書?|供覧(?:書|用紙|票)?|購入伺(?:書|い)?|打ち?合わ?せ(?:記録|議事録)(?:簿|票|書)?|協議(?:記録簿?|簿)|連絡票|処理(?:票|伺)|文書処理カード|^決議書|収受文書|受付票|送付状|送付票|送信票|送信書|伺い書?)$"
)
_FORM = re.compile(
    r"(?:書|書面|簿|票|届|届出|願|録|表|調書|状|証|票|通知|名簿|日誌|台帳|次第|図|資料|計画|方針|プラン|ビジョン|戦略|要綱|要領|要項|条例|規則|規程|規定|訓令|告示|報告|一覧|辞令|内示|議案|だより|ニュース|リリース|"
    r"リスト|メモ|概要|カード|伺|申請|申込|記録|要旨|結果|写真|写真帳|予定|案内|アンケート|シート|回覧|原簿|附票|付票|除票|戸籍|謄本|抄本|明細|内訳|目録|目次|マニュアル|手引き?|しおり|ガイド|チラシ|パンフレット|連絡|公告|契約|協定|覚書|"
    r"命令|質問|答弁|申告|請求|決算|予算|意見|討論|議決|素案|原案|骨子|提案|調査|帳|控|控え|お知らせ|のお願い|募集|方法|大会|会議|研修|セミナー|説明会|講座|検討|分析)(?:\(.{1,14}\))*$"
)
_OFFICE = re.compile(
    r"^(?:.{0,12}(?:都|道|府|県|市|区|町|村)(?:役所|役場|長|議会|議長|教育委員会|消防本部)?|.{0,24}(?:局|部|課|室|係|所|署|館|校|園|病院|センター|事務所|事務局|委員会|協会|組合|銀行|信用金庫|財団|法人|会社|商店|工業|建設|商会|本部|支部|支所|省|庁|チーム|グループ)|"
    r".{0,6}(?:株式会社|\(株\)|有限会社|\(有\)|一般社団法人|社会福祉法人|公益財団法人|国立大学法人).{0,24})$"
)
_ADDRESSEE = re.compile(
    r"(?:皆様へ|皆さまへ|様|殿|御中|各位|宛て?|あて|先生|(?:(?<=[課室係所長部局館校園社会署])|(?<=担当))行)\)?$|^\(?(?:宛先|あて先|宛て先|あて名|宛名)\)?|^\((?:宛て?|あて)\)"
)
_SENDER = re.compile(
    r"公印省略|公印略|印省略|代表取締役|理事長|"
    r"(?:(?:市|町|村|区|県|局|部|課|所|室|館|園|校|会|署|院|支店|社|団|次|係|参事|主幹|事務局|センター|議|組合|消防|学)長(?:代理|補佐)?|知事)"
    r"(?:(?![への])(?P<name>[一-龠ぁ-んァ-ヶ・ ]{2,10}))?(?:印|\(印\))?$|"
    r"^(?:主事|主査|主任|係長|主幹|参事|書記|技師)\b"
)
_MATTER = re.compile(r"[一-龠]{2}[のをへが][一-龠]{2}|(?:会|車|室)の[一-龠]")
_NOISE = re.compile(
    r"^(?:記|以上|写|写し|案|控|秘|㊙|極秘|取扱注意|至急|親展|重要|急|印|閲覧|保存|公開|非公開|部分公開|回覧|供覧済|済|収受|受付|受領|起案|決裁|施行|年月日|住所|氏名|名称|電話|担当|備考|表紙|参考|目的|理由|事務連絡|公印省略|\(公印省略\)|印影|"
    r"伺い?|拝啓|謹啓|敬具|前略|草々|上記のとおり|下記のとおり.*|甲|乙|丙|[0-9一二三四五六七八九十IVX]+|[A-Za-z]|No\.?.*|page.*)$",
    re.IGNORECASE,
)
_LAW_NUMBER = re.compile(r".{0,16}(?:条例|規則|規程|告示|訓令|公告|要綱)(?:[甲乙])?第[0-9一二三四五六七八九十百]+号")
_PETITION = re.compile(r"(?:議案|報告|請願|陳情|認定|同意|諮問|発議|意見書案?|承認)第?[0-9一二三四五六七八九十百]+号?")
_MASTHEAD = re.compile(
    r"(?:報道|記者|プレス)(?:発表|機関|提供|配布|リリース|会見)?(?:資料|用資料|文)?|(?:press|news)\s*release|プレス・?リリース|広報(?:資料|.{1,8})",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"^[(\[【]?(?:第[0-9一二三四五六七八九十]+号)?(?:別記|別紙|別添|様式|別表|別図|参考|資料|添付)(?:様式|資料)?(?:第?[0-9一二三四五六七八九十ー・の-]*号?(?:様式|の[0-9]+)?)[^一-龠]*(?:\(第?[^)]*(?:関係|関連)\))?[)\]】]?$|^第[0-9一二三四五六七八九十]+号様式|^様式第?[0-9一二三四五六七八九十]+"
)
_SENTENCE = re.compile(
    r"。|[、,]$|(?:ます|です|ました|ください|下さい|でした|ません|である|とする|した|される|している)$|^(?:拝啓|謹啓|時下|標記|このこと|このたび|この度|日頃|日ごろ|平素|さて|なお|ただし|また|下記|上記|次のとおり|以下)"
)
_HEADLINE_END = re.compile(r"(?:ましょう|ませんか|ます|ください|下さい)[!?]*$")
_CLAUSE = re.compile(r"ので|により|において|ため、|規定|します|したい|申請し|届け出|下記|次のとおり|上記|、")
_CONTACT = re.compile(r"@|https?:|www\.|(?:TEL|Tel|tel|FAX|電話|内線|〒|℡|ファクス|メール)[:.]?\s*[0-9A-Za-z(]|[0-9]{2,4}-[0-9]{2,4}-[0-9]{3,4}")
_NUMBERED = re.compile(
    r"^(?:[0-9]{1,2}[.)\s]|\([0-9一二三四五六七八九十アイウエオ]{1,2}\)|[①-⑳・○●■□◆◇※*]|[ア-オ][\s.]|第[0-9一二三四五六七八九十]+条|[一二三四五六七八九十][\s.、])"
)
_TAIL = " .…・!?*<>|"  # what may follow the closing words of a title
_JOINS = re.compile(  # the row goes on with the next one
    r"(?:[^も]の|[をがと]|及び|並びに|又は|若しくは|に(?:伴う|係る|関する|対する|おける|向けた|基づく|よる|関して|伴い|係り)?|について[のは]|ための|等(?:の|に)|[うるた]|での|への|[、,・])$"
)
_USUAL_MOST, _PLAIN_MOST = 90, 400  # signs of a title; a longer one must say that it is one, or stand first
_FIELD = re.compile(
    r"^(?:日時|日程|場所|会場|期間|期日|期限|提出先|提出期限|締切|対象|対象者|内容|出席者|参加者|金額|数量|住所|氏名|名称|所在地|代表者|職|所属|担当|連絡先|問合せ先?|問い合わせ先?|電話|生年月日|申請者|届出者|請求者|番号|請求書番号|発注者|受注者|契約金額|請求金額|合計|小計|摘要|品名|科目|款|項|目|節|会計|年度)(?:[:\s]|$)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """text: as printed, its rows joined, without the closing kind. kind: as in the brackets, None without. rows: where it stands; rule: what found it."""

    text: str
    kind: str | None
    rows: tuple[Row, ...]
    rule: str


def find_title(rows: Sequence[Row]) -> Title | None:
    """The title of the record whose rows these are; None for photographs and pages without a heading."""
    first = rows[0].page if rows else 0
    head = [row for row in rows if row.page == first]
    best = max(((_points(row, head), -row.index, row) for row in head[:45] if _may_be_title(row)), default=None, key=lambda one: one[:2])
    is_design = best is not None and best[2].text.endswith("設計書")
    labelled = _labelled(head, _WORKS_LABEL if is_design else _LABEL)
    if labelled and (best is None or is_design or not _is_form_name(best[2]) or best[0] < 5):
        return _titled(labelled, "title:works" if is_design else "title:label")
    if best is None or best[0] < 2.5:
        plain = _plain_heading(head)
        return _titled([plain], "title:first") if plain else None
    chosen = best[2]
    return _titled(_extended(chosen, head), "title:about" if _ABOUT.search(chosen.text) or KIND.search(chosen.text) else "title:heading")


def _plain_heading(head: Sequence[Row]) -> Row | None:
    """The first row after numbers, dates, names and offices where a title stands, whatever it says (CON, aux.txt); running text and cells of tables are none.

    With boxes its place must say so too: larger letters or the middle of the page, and text below.
    """
    for place, row in enumerate(head[:8]):
        text = row.text
        if _is_above_a_title(text):
            continue
        if (
            not _may_be_title(row, most=_PLAIN_MOST)
            or _SENTENCE.search(text)
            or _FIELD.match(text)
            or _NUMBERED.match(text)
            or _is_cell(text)
            or _APPROVAL.search(text)
        ):
            return None
        stands = not row.placed or (place + 1 < len(head) and row.top < 0.4 and (row.size >= 1.25 or (abs(row.centre - 0.5) < 0.06 and row.left > 0.15)))
        return row if stands and not _is_listed(head, place) else None
    return None


def split_kind(title: str) -> tuple[str, str | None]:
    """("…について", "通知") of "…について（通知）"; brackets that name no kind stay."""
    match = KIND.search(title)
    return (title[: match.start()].strip(), match["kind"].strip()) if match and match.start() > 0 else (title, None)


def _titled(rows: Sequence[Row], rule: str) -> Title | None:
    joined = "".join(_glue(rows, n) for n in range(len(rows)))
    label = {"title:label": _LABEL, "title:works": _WORKS_LABEL}.get(rule)
    cell = label.match(joined) if label else None
    text, kind = split_kind(_trimmed(cell["value"] if cell and cell["value"] else joined))
    text = _trimmed(text)
    return Title(text=text, kind=kind, rows=tuple(rows), rule=rule) if len(text) >= 2 else None


def _glue(rows: Sequence[Row], n: int) -> str:
    """A row with a space before it where two Latin words meet."""
    raw = rows[n].raw
    return f" {raw}" if n and rows[n - 1].raw[-1:].isascii() and raw[:1].isascii() and raw[:1].isalpha() and rows[n - 1].raw[-1:].isalnum() else raw


def _trimmed(text: str) -> str:
    text = text.strip(" \t　:：-－―=＝_＿~～*＊・.。")
    for left, right in ("「」", "『』", "【】", "《》", "＜＞", "〈〉"):
        if text.startswith(left) and text.endswith(right) and text.count(left) == 1:
            text = text[1:-1].strip()
    return text


def _labelled(head: Sequence[Row], pattern: re.Pattern[str]) -> list[Row]:
    """The rows beside or under a cell 件名 (`pattern`), with the rows that continue it; [] if there is no such cell or it is empty."""
    for row in head[:40]:
        label = pattern.match(row.text)
        if not label:
            continue
        if label["value"]:
            return [row, *_continued(row, head, row)]
        value = next((other for other in (*beside(head, row)[:1], below(head, row)) if other and not _is_other_cell(other)), None)
        if value:
            return [value, *_continued(value, head, row)]
    return []


def _is_other_cell(row: Row) -> bool:
    return bool(_FIELD.match(row.text) or _NOISE.match(row.text) or (find_dates(row.text) and len(row.text) < 16))


def _continued(row: Row, head: Sequence[Row], label: Row) -> list[Row]:
    """Up to two more rows of the same cell, until the title is complete."""
    rows: list[Row] = []
    last = row
    while len(rows) < 2:
        following = below(head, last)
        if following is None or not _carries_on(last, following) or _has_own_label(following, head, label):
            break
        rows.append(following)
        last = following
    return rows


def _has_own_label(row: Row, head: Sequence[Row], label: Row) -> bool:
    """Another cell stands to its left: the next row of the table has begun."""
    return row.placed and any(
        other is not label and other.right <= row.left + 0.01 and min(other.bottom, row.bottom) - max(other.top, row.top) > 0.5 * row.height
        for other in head[max(0, row.index - head[0].index - 8) : row.index - head[0].index + 8]
    )


def _carries_on(last: Row, following: Row) -> bool:
    if KIND.search(following.text) and len(following.text) <= 10:
        return not KIND.search(last.text)
    if _is_complete(last.text) or not _may_be_title(following) or _FIELD.match(following.text) or re.match(r"[^\s「」()]{2,8}:\s*\S", following.text):
        return False
    if last.placed:
        under = abs(following.left - last.left) < 0.04 or (bool(_LABEL.match(last.text)) and 0.04 <= following.left - last.left < 0.3)  # of 件名：…
        return under and following.top - last.bottom < 0.9 * last.height and 0.75 < following.size / last.size < 1.33
    return (len(last.text) >= 14 or bool(_JOINS.search(last.text))) and (_is_complete(following.text) or bool(_JOINS.search(following.text)))


def _is_sender(text: str) -> bool:
    said = _SENDER.search(text)
    return bool(said) and not (said and said["name"] and is_matter(said["name"]))


def is_matter(name: str) -> bool:
    """What stands behind an office is no person's name but goes on with it: 会長 + 名簿の作成, 校長 + 会議録."""
    return bool(_MATTER.search(name) or _FORM.search(name))


def _is_complete(text: str) -> bool:
    return bool(_ABOUT.search(text.rstrip(_TAIL)) or KIND.search(text))


def _may_be_title(row: Row, most: int = _USUAL_MOST) -> bool:
    text = row.text
    if (
        len(text) < 2
        or len(text) > (_PLAIN_MOST if _is_complete(text) and "。" not in text else most)
        or _NOISE.match(re.sub(r"^[\[【《<]|[\]】》>]$", "", text))
        or _CONTACT.search(text)
        or _MARKER.match(text)
    ):
        return False
    if (
        _LAW_NUMBER.fullmatch(text)
        or not re.search(r"[一-龠ぁ-んァ-ヶA-Za-z]", text)
        or re.fullmatch(r"[金¥]?\s*[0-9,.]+\s*(?:千円|円|[一-龠])?", text)
        or re.fullmatch(r"[(\[].*[)\]]", text)
    ):
        return False
    if _ADDRESSEE.search(text) or (_is_sender(text) and not _is_complete(text)):
        return False
    return not (_is_date_or_number(text) or is_number(text) or _LABEL.match(text) or is_stamp_row(text))


def _is_above_a_title(text: str) -> bool:
    """What letters and notices begin with: numbers, dates, addressees, senders, offices, marks."""
    return bool(
        len(text) < 2
        or is_number(text)
        or _is_date_or_number(text)
        or _NOISE.match(text)
        or _ADDRESSEE.search(text)
        or _is_sender(text)
        or _OFFICE.match(text)
        or _MARKER.match(text)
        or _MASTHEAD.fullmatch(re.sub(r"\s|^\(|\)$", "", text))
        or re.fullmatch(r"[\W_0-9]+|[(\[].{1,20}[)\]]", text)
    )


def _is_cell(text: str) -> bool:
    return bool(re.search(r"[0-9,]{4,}円|[^\x00-\x7f]{2}:\s?[^\s\x00-\x7f*]{6}", text))


def _is_listed(head: Sequence[Row], place: int) -> bool:
    """Scraps of signs and notes: more short rows follow, and no text."""
    after = [other.text for other in head[place + 1 : place + 7]]
    return len(after) > 1 and not any(_SENTENCE.search(text) or len(text) >= 20 or find_dates(text) for text in after)


def _is_date_or_number(text: str) -> bool:
    rest = text
    for found in reversed(find_dates(text)):
        rest = rest[: found.start] + rest[found.end :]
    for match in numbers_in(rest):
        rest = rest.replace(match.group(), "")
    return (rest != text and len(re.sub(r"[\W_]|付け?|現在|曜日|[月火水木金土日]$", "", rest)) <= 4) or bool(
        re.fullmatch(r"(?:令和|平成|昭和)?\s*[0-9元]*\s*年\s*[0-9]*\s*月?\s*[0-9]*\s*日?", text)
    )


def is_stamp_row(text: str) -> bool:
    """A row of boxes for seals: 市長 副市長 局長 課長 係長."""
    return len(re.findall(r"市長|町長|村長|局長|部長|次長|課長|補佐|係長|主査|係員|合議|起案者|担当者|公印", text)) >= 2


def _is_form_name(row: Row) -> bool:
    return (
        bool(_FORM.search(row.text))
        and not _APPROVAL.search(re.sub(r"\(.*?\)", "", row.text))
        and not _is_complete(row.text)
        and not _SENTENCE.search(row.text)
    )


def _points(row: Row, head: Sequence[Row]) -> float:
    text, place = row.text, row.index - head[0].index
    points = -0.12 * min(place, 30)
    points += (
        8.0
        if KIND.search(text)
        else 6.0
        if _ABOUT.search(text.rstrip(_TAIL)) or _breaks_inside(row, head)
        else 4.0 + (2.5 if place <= 2 else 0)
        if _FORM.search(text)
        else 0.0
    )
    points += 4 * (min(max(row.size, 0.8), 2.6) - 1) if row.placed and row.direction == "h" else 0.0
    if row.placed:
        points += (1.5 if abs(row.centre - 0.5) < 0.09 and row.left > 0.08 else 0.0) + (1.0 if row.top < 0.35 else -3.0 if row.top > 0.6 else 0.0)
        points += 0.8 if row.direction == "v" and row.right > 0.6 else 0.0
    elif place < 6:
        points += 1.0
    return points - _objections(row, head, place)


def _breaks_inside(row: Row, head: Sequence[Row]) -> bool:
    """The row ends within the closing words: …の制定につ | いて(伺)."""
    after = row.index - head[0].index + 1
    if after >= len(head) or _is_complete(row.text):
        return False
    following = head[after].text
    return len(following) <= 16 and not _may_be_about(following) and _is_complete(row.text + following)


def _may_be_about(text: str) -> bool:
    return bool(_ABOUT.search(text)) and len(_ABOUT.sub("", text)) > 0


def _objections(row: Row, head: Sequence[Row], place: int) -> float:
    """Points against: sentences, numbered items, what stands after 記, an office's own name, labels of cells."""
    text = row.text
    told = row.placed and row.size >= 1.4 and "。" not in text  # headlines of releases and posters are sentences
    points = 7.0 if not told and _SENTENCE.search(text) and not _is_complete(text) and not _breaks_inside(row, head) else 3.0 if "。" in text else 0.0
    points += 5.0 if _NUMBERED.match(text) else 0.0
    points += 5.0 if _FIELD.match(text) else 0.0
    points += 5.0 if any(other.text in {"記", "以上"} for other in head[:place]) else 0.0
    points += 3.5 if _OFFICE.match(text) and not _is_complete(text) and not _FORM.search(text) else 0.0
    points += (
        5.0
        if re.match(r"(?:議題|議事|報告事項|質問事項|質問|協議事項|審議事項|添付書類|添付|備考|理由|目的|根拠)(?:\W|[0-9]|$)", text)
        or re.search(r"\S\([0-9]{1,2}\)\S", text)
        else 0.0
    )
    points += 4.0 if place and re.match(r"(?:議案|報告|請願|陳情|認定|同意|諮問|発議|意見書案?)第", text) else 0.0
    points += 3.0 if any(text.count(left) != text.count(right) for left, right in ("「」", "()")) and not _breaks_inside(row, head) else 0.0
    points += 4.0 if _opens_paragraph(row, head) and not _is_complete(text) else 0.0
    points += 2.5 if _APPROVAL.search(text) else 0.0
    points += 6.0 if _MASTHEAD.fullmatch(re.sub(r"\s|^\(|\)$", "", text)) else 0.0
    points += 2.0 if len(text) <= 3 and not _FORM.search(text) else 0.0
    points += 2.0 if len(text) > 45 and not _is_complete(text) else 0.0
    points += 2.5 if re.search(r"[0-9,]{4,}円|:\s*\S|付け.*号", text) else 0.0
    return points


def _opens_paragraph(row: Row, head: Sequence[Row]) -> bool:
    """A full row of running text: the next one of its block goes on at the left margin."""
    after = row.index - head[0].index + 1
    if not row.placed or row.direction == "v" or after >= len(head) or row.size >= 1.2 or row.right - row.left < 0.6:
        return False
    following = head[after]
    return following.block == row.block and following.left <= row.left + 0.03 and following.right - following.left > 0.3


def _extended(chosen: Row, head: Sequence[Row]) -> list[Row]:
    """The title's row with the rows that belong to it, above and below."""
    at = chosen.index - head[0].index
    rows = [chosen]
    for other in reversed(head[max(0, at - 2) : at]):
        if other.text == rows[0].text or not _belongs_above(other, rows[0], chosen):
            break
        rows.insert(0, other)
    for other in head[at + 1 : at + 3]:
        if _is_open(rows[-1].text) and other.index == rows[-1].index + 1 and _is_open(rows[-1].text + other.text) is False and len(other.text) <= 40:
            rows.append(other)
            continue
        broken = _breaks_inside(rows[-1], head) and other.index == rows[-1].index + 1
        if not (broken or _belongs_below(rows[-1], other)):
            break
        rows.append(other)
    return rows


def _is_open(text: str) -> bool:
    """A bracket or quotation mark was opened and not closed."""
    return any(text.count(left) > text.count(right) for left, right in ("「」", "『』", "“”", "()"))


def _belongs_above(other: Row, first: Row, chosen: Row) -> bool:
    text = other.text
    if not _may_be_title(other) or _PETITION.fullmatch(text) or _is_complete(text) or _FIELD.match(text) or _SENTENCE.search(text) or _NUMBERED.match(text):
        return False
    if not other.placed:
        return (_is_complete(chosen.text) and (len(text) >= 12 or bool(_JOINS.search(text))) and not _FORM.search(text) and not _OFFICE.match(text)) or bool(
            _is_series(text) and _FORM.search(first.text)
        )
    if not _same_type(other, first) or (_OFFICE.match(text) and not _is_series(text)):
        return False
    return not (_FORM.search(text) and _FORM.search(first.text) and not _is_series(text) and not _is_complete(first.text))


def _is_series(text: str) -> bool:
    """令和7年度第1回○○審議会: the first half of a heading."""
    return bool(re.search(r"第\s*[0-9一二三四五六七八九十]+\s*[回期次号]|年度|[0-9]+年第", text))


def _belongs_below(last: Row, other: Row) -> bool:
    if KIND.search(other.text) and not KIND.sub("", other.text).strip():
        return not KIND.search(last.text)
    if _is_complete(last.text) or not other.placed or not _may_be_title(other) or _FIELD.match(other.text) or _SENTENCE.search(other.text):
        return False
    if not _same_type(last, other) or _NUMBERED.match(other.text) or _OFFICE.match(other.text) or _CLAUSE.search(other.text):
        return False
    same = last.size >= 1.5 and not _HEADLINE_END.search(last.text) and last.block == other.block and abs(last.size - other.size) < 0.08 * last.size
    return _is_complete(other.text) or same or (last.size >= 1.2 and abs(last.centre - other.centre) < 0.06)


def _same_type(one: Row, other: Row) -> bool:
    """Near each other, alike in size and in line: rows of one heading."""
    if one.direction != other.direction or one.page != other.page or not 0.78 < one.size / other.size < 1.28:
        return False
    if one.direction == "v":
        return abs(one.left - other.right) < 1.2 * (one.right - one.left) and abs(one.top - other.top) < 0.1
    gap = max(other.top - one.bottom, one.top - other.bottom)
    aligned = abs(one.centre - other.centre) < 0.07 or abs(one.left - other.left) < 0.06 or one.left < other.left < one.right
    return gap < 1.1 * min(one.height, other.height) and aligned
