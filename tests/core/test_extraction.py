"""core/describing/extraction.py and its parts: what a record says of itself (design §10, "Meaning of fields")."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe.core.describing.extraction import Extraction, extract
from scanpipe.core.describing.titles import split_kind
from scanpipe.core.model import Line, Page


def text_page(text: str) -> list[Page]:
    return [Page(number=1, width=2480, height=3508, dpi=300, text=text)]


def printed(*rows: tuple[str, int, int, int]) -> list[Page]:
    """A page with boxes: text, left, top, height of letters in pixels of an A4 page at 300 dpi."""
    lines = tuple(Line(text=text, box=(left, top, left + int(len(text) * height * 0.95), top + height), confidence=98.0) for text, left, top, height in rows)
    return [Page(number=1, width=2480, height=3508, dpi=300, text="\n".join(line.text for line in lines), lines=lines)]


LETTER = """浜総第123号の2
令和７年６月４日
各課長　様
総務課長　谷　美咲
（公印省略）
令和７年度文書管理研修（第１回）の開催及び受講者の
推薦について（依頼）
令和7年5月1日付け浜総第88号で通知したこのことについて、下記のとおり開催します。
記
１ 日時　令和７年６月２５日（水）
"""


def test_a_letter_gives_title_kind_number_day_and_parties() -> None:
    found = extract(text_page(LETTER))
    assert (found.title, found.kind) == ("令和７年度文書管理研修（第１回）の開催及び受講者の推薦について", "依頼")
    assert (found.document_number, found.date, found.completed) == ("浜総第123号の2", date(2025, 6, 4), date(2025, 6, 4))
    assert (found.addressee, found.sender) == ("各課長", "総務課長谷美咲")


def test_every_field_has_the_words_that_say_so() -> None:
    quotes = {evidence.about: (evidence.quote, evidence.page) for evidence in extract(text_page(LETTER)).evidence}
    assert quotes["date"] == ("令和７年６月４日", 1)
    assert quotes["document_number"] == ("浜総第123号の2", 1)
    assert set(quotes) == {"title", "kind", "document_number", "date", "addressee", "sender"}


def test_a_title_cell_wins_over_the_name_of_the_approval_form() -> None:
    pages = printed(
        ("起 案 用 紙", 1000, 200, 80),
        ("起案日", 250, 400, 48),
        ("令和7年4月8日", 600, 400, 48),
        ("決裁日", 1300, 400, 48),
        ("令和7年4月10日", 1650, 400, 48),
        ("件　名", 250, 520, 48),
        ("庁舎会議室の備品の更新及び旧備品の", 600, 500, 48),
        ("処分について（伺）", 600, 560, 48),
        ("このことについて、次のとおり実施してよろしいか。", 250, 700, 48),
    )
    found = extract(pages)
    assert (found.title, found.kind) == ("庁舎会議室の備品の更新及び旧備品の処分について", "伺")
    assert (found.date, found.completed, found.dates_by_role["決裁"]) == (date(2025, 4, 8), date(2025, 4, 10), date(2025, 4, 10))


def test_letters_spaced_apart_are_one_word() -> None:
    pages = printed(
        ("請", 900, 200, 90),
        ("求", 1200, 200, 90),
        ("書", 1500, 200, 90),
        ("令和7年4月30日", 1700, 350, 48),
        ("件名 トナー代", 250, 600, 48),
        ("請求金額 ￥88,000-", 250, 700, 60),
    )
    found = extract(pages)
    assert (found.title, found.amount, found.date) == ("請求書", 88_000, date(2025, 4, 30))


@pytest.mark.parametrize(
    ("title", "split"),
    [
        ("購入について（伺）", ("購入について", "伺")),
        ("調査について(再照会)", ("調査について", "再照会")),
        ("計画(案)について(通知)", ("計画(案)について", "通知")),
        ("計画（素案）", ("計画（素案）", None)),
        ("第2回会議(書面開催)", ("第2回会議(書面開催)", None)),
    ],
)
def test_only_a_kind_in_closing_brackets_leaves_the_title(title: str, split: tuple[str, str | None]) -> None:
    assert split_kind(title) == split


THREE_ROWS = ("住宅宿泊事業の届出受理に伴う", "消防法令適合状況の", "確認について（回答）")


@pytest.mark.parametrize(
    "pages",
    [
        text_page("消予第5号\n令和7年4月1日\n保健所長　様\n消防署長\n" + "\n".join(THREE_ROWS) + "\n標記の件について、次のとおり回答します。"),
        text_page("起案書\n起案日 令和7年4月1日\n件名 " + "\n".join(THREE_ROWS) + "\n次のとおり回答してよろしいか。"),
        printed(("令和7年4月1日", 1700, 200, 46), ("保健所長　様", 250, 300, 46), *((row, 800, 500 + 70 * n, 46) for n, row in enumerate(THREE_ROWS))),
    ],
    ids=["text", "cell", "boxes"],
)
def test_a_title_of_three_rows_is_joined(pages: list[Page]) -> None:
    found = extract(pages)
    assert (found.title, found.kind) == ("住宅宿泊事業の届出受理に伴う消防法令適合状況の確認について", "回答")


@pytest.mark.parametrize("title", ["CON", "aux.txt", "件/名:について?*<>|", "実施について．．．", "北街区" + "にぎわい" * 75, "防災"])
@pytest.mark.parametrize("before", ["", "総第5号\n令和7年4月1日\n各課長　様\n総務課長\n"])
def test_an_odd_title_is_one_where_a_title_stands(title: str, before: str) -> None:
    assert extract(text_page(f"{before}{title}\nこのことについて、次のとおり通知します。")).title == title


@pytest.mark.parametrize(
    "text",
    ["本日は晴れです。", "令和7年4月1日\n次のとおり通知します。", "12\n34\nab\n東\n西", "止まれ\n徐行\n30\n北通り", "合計 1,234,000円", "電話 0123-45-6789"],
)
def test_running_text_and_scraps_are_no_title(text: str) -> None:
    assert extract(text_page(text)).title is None


@pytest.mark.parametrize(
    "printed_number",
    ["金デ第123号", "令和7年金総第45号", "23総総送第1234号", "収総第12号の3", "第19号", "北浜市指令建第9号", "保医発0708第1号"],
)
def test_numbers_of_offices_are_taken(printed_number: str) -> None:
    assert extract(text_page(f"{printed_number}\n令和7年4月1日\n各課長　様\n調査について（照会）")).document_number == printed_number


@pytest.mark.parametrize("sign", ["子支", "7子支", "令7子支", "企総", "総法", "教図", "本会計", "事議", "7市生", "R7健づ", "消総"])
@pytest.mark.parametrize("branch", ["", "の2"])
def test_a_section_may_have_any_sign(sign: str, branch: str) -> None:
    number = f"{sign}第382号{branch}"
    assert extract(text_page(f"{number}\n令和7年4月1日\n各課長　様\n調査について（照会）")).document_number == number


@pytest.mark.parametrize(
    "line",
    [
        "令和5年条例第19号",
        "議案第24号",
        "令和7年(ワ)第123号",
        "様式第1号",
        "第149条第8号",
        "支出命令第77号",
        "支出番号 第00123号",
        "平成12年法律第86号",
        "令和7年4月1日付け金デ第5号で照会のあった件",
        "昭和22年法第67号",
        "議第5号",
        "支第120号",
    ],
)
def test_numbers_of_laws_bills_cases_payments_and_other_letters_are_not(line: str) -> None:
    assert extract(text_page(f"{line}\n令和7年4月1日\n各課長　様\n調査について（照会）")).document_number is None


@pytest.mark.parametrize("code", ["R7-総務-0123", "令和7-総務課-12", "総務-R7-0123", "2025-管財-7"])
def test_a_code_of_year_section_and_count_is_a_number(code: str) -> None:
    assert extract(text_page(f"{code}\n令和7年4月1日\n各課長　様\n調査について（照会）")).document_number == code


@pytest.mark.parametrize("line", ["泉町-2-15", "0123-45-6789", "7-4-1", "総務-12", "R7-0123", "A4-総務-1の写しを送付する。"])
def test_addresses_telephones_and_days_are_no_codes(line: str) -> None:
    assert extract(text_page(f"{line}\n令和7年4月1日\n各課長　様\n調査について（照会）")).document_number is None


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("滝上市告示第142号\n次のとおり市道の供用を開始する。\n令和7年4月1日", "notice_number", "滝上市告示第142号"),
        ("滝上市告示第百四十二号\n次のとおり市道の供用を開始する。", "notice_number", "滝上市告示第百四十二号"),
        ("滝上市選挙管理委員会告示第3号\n次のとおり定めた。", "notice_number", "滝上市選挙管理委員会告示第3号"),
        ("滝上市条例第12号\n滝上市手数料条例の一部を改正する条例", "ordinance_number", "滝上市条例第12号"),
        ("滝上市規則第１号\n滝上市会計規則", "ordinance_number", "滝上市規則第1号"),
        ("訓令甲第3号\n庁中一般\n滝上市処務規程の一部を改正する訓令", "directive_number", "訓令甲第3号"),
        ("滝上市公印規程\n昭和48年3月30日訓令第4号\n第1条 公印の管理は、次による。", "directive_number", "訓令第4号"),
        ("議案第55号\n市道路線の認定について", "bill_number", "議案第55号"),
        ("議案第12号　令和7年度滝上市一般会計予算\n上記は原案のとおり可決された。", "bill_number", "議案第12号"),
    ],
)
def test_numbers_of_ordinances_notices_and_bills_have_fields_of_their_own(text: str, name: str, value: str) -> None:
    found = extract(text_page(text))
    assert found.document_number is None
    assert {one.name: one.value for one in found.fields}[name] == value


@pytest.mark.parametrize(
    "text",
    [
        "手数料条例の一部を改正する条例\n滝上市手数料条例（平成12年滝上市条例第3号）の一部を次のように改正する。",
        "令和7年4月1日\n各課長　様\n規則の運用について（通知）\n滝上市会計規則（昭和39年規則第10号）第3条の運用を定める。",
        "令和7年第2回定例会議案\n議案第31号　補正予算\n議案第32号　条例の一部改正\n議案第33号　財産の取得",
        "令和7年6月2日\n滝上市議会定例会\n議案第31号　補正予算\n議案第32号　条例の一部改正",
        "議案第31号関係資料\n補正予算の概要",
        "議案第31号について質疑する。",
        "道路法（昭和27年法律第180号）第18条\n地方自治法（昭和22年法律第67号）",
    ],
)
def test_a_law_or_bill_that_is_only_quoted_gives_no_number(text: str) -> None:
    assert not {one.name for one in extract(text_page(text)).fields} & {
        "ordinance_number",
        "directive_number",
        "notice_number",
        "bill_number",
        "document_number",
    }


@pytest.mark.parametrize("stamp", ["収　受", "7. 6.-9", "収　受\n7. 6.-9", "受付\n7.6.-9", "収　受\n令和7年6月9日"])
def test_a_stamp_of_receipt_above_the_number_does_not_hide_it(stamp: str) -> None:
    found = extract(text_page(f"{stamp}\n港湾水第３８１号\n令和７年６月５日\n各市町村長　様\n基金の状況調査について（照会）"))
    assert (found.document_number, found.date) == ("港湾水第381号", date(2025, 6, 5))
    assert found.dates_by_role.get("収受") == (date(2025, 6, 9) if "9" in stamp else None)


@pytest.mark.parametrize("stamp", ["収受\n令和7年6月9日\n第12号", "収受\n市総第12号\n令和7年6月9日", "収受 市総第12号\n7. 6.-9"])
def test_the_number_of_the_stamp_itself_is_not_the_letters(stamp: str) -> None:
    assert extract(text_page(f"{stamp}\n令和７年６月５日\n各市町村長　様\n基金の状況調査について（照会）")).document_number is None


@pytest.mark.parametrize("read", ["子 支 第 382 号", "子支弟382号", "子支第３８２号", "子支第382號", "子支第 3 8 2 号"])
def test_a_poorly_read_number_is_the_same_number(read: str) -> None:
    number = extract(text_page(f"{read}\n令和7年4月1日\n各課長　様\n調査について（照会）")).document_number
    assert number is not None and unicodedata.normalize("NFKC", number) == "子支第382号"


@pytest.mark.parametrize(
    "read",
    [
        "合和7年4月1日",
        "今和７年４月1曰",
        "令禾7年4月1目",
        "令和 7年 4月 l日",
        "令和七年四月一日",
        "令租7年4月1日",
        "令合7年4月1日",
        "令知７年４月１日",
        "令祖7.4.1",
        "7.4.1",
        "7年4月1日",
    ],
)
def test_a_misread_era_is_the_same_day(read: str) -> None:
    assert extract(text_page(f"子支第382号\n{read}\n各課長　様\n調査について（照会）")).date == date(2025, 4, 1)


def test_the_first_year_of_an_era_is_read_where_its_sign_was_not() -> None:
    assert extract(text_page("金デ第5号\n令和兀年7月1日\n各課長　様\n調査について（照会）")).date == date(2019, 7, 1)


def test_a_stamp_of_receipt_does_not_date_a_letter() -> None:
    pages = printed(
        ("子支第382号", 1700, 200, 48),
        ("令和7年4月1日", 1700, 280, 48),
        ("収受", 300, 200, 48),
        ("7.4.8", 290, 270, 48),
        ("各課長　様", 250, 420, 48),
        ("調査について（照会）", 800, 600, 48),
    )
    assert extract(pages).date == date(2025, 4, 1)


@pytest.mark.parametrize("title", ["会派の代表者の打合せ", "見直しを考える会議の概要", "検討部会 発言の要約", "工事の打合せの記録 第4回"])
def test_what_was_said_on_a_day_is_dated_by_it(title: str) -> None:
    assert extract(text_page(f"{title}\n日時 令和7年7月15日 午後2時\n出席 委員5名\n事務局 次回までに例を示す。")).date == date(2025, 7, 15)


def test_an_invitation_is_not_dated_by_the_meeting() -> None:
    text = "令和7年6月2日\n各委員　様\n検討会議の開催について（通知）\n日時 令和7年7月15日 午後2時\n出席者 委員及び事務局"
    assert extract(text_page(text)).date == date(2025, 6, 2)


def test_a_contract_is_dated_by_its_conclusion_and_knows_its_end() -> None:
    found = extract(
        text_page(
            "業務委託契約書\n契約期間 令和7年4月2日から令和8年3月31日まで\n契約金額 金壱百弐拾万円\n第1条 乙は、業務を行う。\n令和7年4月1日\n甲 北浜市長\n"
        )
    )
    assert (found.date, found.dates_by_role["契約終期"], found.amount) == (date(2025, 4, 1), date(2026, 3, 31), 1_200_000)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("支出命令書\n会計年度 令和6年度\n起票日 令和7年5月20日", 2024),
        ("令和8年度予算要求書\n令和7年11月10日", 2026),
        ("支出命令書\n会計年度 令和1年度\n起票日 令和7年5月20日", None),
        ("請求書\n令和7年4月30日", None),
    ],
)
def test_the_accounting_year_is_taken_only_when_it_can_be_true(text: str, year: int | None) -> None:
    assert extract(text_page(text)).accounting_year == year


def test_a_log_is_dated_by_its_last_entry() -> None:
    assert extract(text_page("公用車運転日誌\n令和7年4月\n4/1 早川 12km\n4/21 村上 20km\n4/8 井上 9km")).date == date(2025, 4, 21)


def test_minutes_are_dated_by_the_meeting() -> None:
    assert extract(text_page("第1回景観審議会議事録\n作成日 令和7年8月1日\n日時 令和7年7月15日（火）午後2時から\n出席者 5名")).date == date(2025, 7, 15)


@pytest.mark.parametrize("title", ["議事録の送付", "会議録の送付について（通知）", "議事録案の確認について（依頼）", "会議結果の概要について（通知）"])
def test_a_letter_about_minutes_is_dated_by_itself(title: str) -> None:
    text = f"総第5号\n令和７年６月５日\n委員各位\n総務課長\n{title}\nこのことについて、別添のとおりです。\n記\n１　日時　令和7年9月1日\n２　場所　第2会議室"
    assert extract(text_page(text)).date == date(2025, 6, 5)


@pytest.mark.parametrize("text", ["平成30年度の調査について\n7.6.5\n各課長　様", "単価表\n品名\n7.6.5\n10.2.3", "57.6.5\n各課長　様\n調査について（照会）"])
def test_a_bare_row_of_figures_is_no_day_where_its_era_is_unsure(text: str) -> None:
    assert extract(text_page(text)).date is None


@pytest.mark.parametrize("text", ["資料1\n令和7年5月1日\n事業の概要について", "工事写真帳\n令和7年5月1日", "基本計画（案）\n令和7年5月1日"])
def test_photographs_drafts_and_handouts_have_no_date(text: str) -> None:
    assert extract(text_page(text)).date is None


def test_nothing_on_the_page_says_nothing() -> None:
    assert extract([]) == extract(text_page(" \n")) == Extraction()


@settings(max_examples=60)
@given(st.lists(st.text(max_size=300), max_size=4))
def test_no_text_makes_the_reader_fail(texts: list[str]) -> None:
    extract([Page(number=n, width=0, height=0, dpi=200, text=text) for n, text in enumerate(texts, 1)])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.text(max_size=30), *[st.integers(-10, 3000)] * 4, st.sampled_from("hv")), max_size=25))
def test_no_layout_makes_the_reader_fail(rows: list[tuple[str, int, int, int, int, str]]) -> None:
    lines = tuple(Line(text=text, box=(a, b, c, d), direction="v" if way == "v" else "h") for text, a, b, c, d, way in rows)
    extract([Page(number=1, width=2480, height=3508, dpi=300, text="", lines=lines)])


def found_of(text: str) -> dict[str, object]:
    return {one.name: one.value for one in extract(text_page(text)).fields}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("許可書\n許可年月日 令和7年8月1日", {"date_granted": "2025-08-01"}),
        ("請求書\n令和7年8月1日\nお支払期限：令和7年8月31日\n納期 令和7年8月10日", {"payment_due": "2025-08-31", "delivery_due": "2025-08-10"}),
        ("委託契約書\n契約期間 令和7年4月1日から\n令和8年3月31日まで", {"period_start": "2025-04-01", "period_end": "2026-03-31"}),
        ("規則\nこの規則は、令和7年7月1日から施行する。", {"date_in_force": "2025-07-01"}),
        ("訴状\n事件番号 令和7年（ワ）第123号", {"case_number": "令和7年(ワ)第123号"}),
        ("検査調書\n契約の相手方 株式会社 旭印刷", {"partner": "株式会社旭印刷"}),
    ],
)
def test_roles_of_dates_cases_and_partners_are_stated(text: str, fields: dict[str, object]) -> None:
    assert fields.items() <= found_of(text).items()


@pytest.mark.parametrize(
    "cell", ["契約の相手方　株式会社北嶺測量 代表取締役三宅恵", "契約の相手方\n株式会社北嶺測量 代表取締役三宅恵", "落札者　有限会社北嶺 代表取締役社長"]
)
def test_the_other_side_of_a_contract_is_its_partner_and_not_who_writes(cell: str) -> None:
    found = extract(text_page(f"起案用紙\n起案日 令和7年6月5日\n件名 測量業務委託契約の締結について（伺）\n{cell}\n契約金額 1,200,000円"))
    assert found.sender is None
    assert "北嶺" in next(str(one.value) for one in found.fields if one.name == "partner")


def test_a_decision_on_an_ordinance_is_completed_when_decided_not_when_the_ordinance_begins() -> None:
    found = extract(text_page("起案用紙\n起案日 令和8年2月10日\n決裁日 令和8年2月13日\n件名 手数料条例の改正について（伺）\n施行期日 令和8年7月1日"))
    assert (found.date, found.completed) == (date(2026, 2, 10), date(2026, 2, 13))


def test_a_red_stamp_dates_the_receipt_and_nothing_else() -> None:
    rows = [("照会について（照会）", False), ("令和7年6月2日", False), ("収受", True), ("7. 6.-4", True), ("市総第9号", True)]
    lines = tuple(Line(text=text, box=(900, 200 + 90 * n, 1500, 246 + 90 * n), seal=seal) for n, (text, seal) in enumerate(rows))
    found = extract([Page(number=1, width=2480, height=3508, dpi=300, text="\n".join(text for text, _ in rows), lines=lines)])
    assert (found.date, found.document_number, found.dates_by_role["収受"]) == (date(2025, 6, 2), None, date(2025, 6, 4))


def test_a_stamp_on_a_grey_scan_is_a_stamp_too() -> None:
    pages = printed(
        ("市町第8号", 1800, 200, 46),
        ("河北市", 300, 300, 40),
        ("令和7年6月4日", 300, 345, 40),
        ("収受", 380, 390, 40),
        ("令和7年6月2日", 1800, 320, 46),
        ("各市町村長　様", 250, 520, 46),
        ("県市町村課長", 1700, 620, 46),
        ("基金の状況調査について（照会）", 800, 760, 46),
    )
    found = extract(pages)
    assert (found.date, found.dates_by_role["収受"]) == (date(2025, 6, 2), date(2025, 6, 4))
