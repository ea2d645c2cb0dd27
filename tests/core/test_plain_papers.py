"""core/describing/extraction.py on short papers: dates at the head, sums in mixed figures, numbers that others gave, roles before names."""

from datetime import date

import pytest

from scanpipe.core.describing.amounts import sums_in
from scanpipe.core.describing.extraction import Extraction, extract
from scanpipe.core.describing.slips import mended
from scanpipe.core.model import Page


def found_in(text: str) -> Extraction:
    return extract([Page(number=1, width=2480, height=3508, dpi=300, text=text)])


def fields_of(text: str) -> dict[str, object]:
    return {one.name: one.value for one in found_in(text).fields}


@pytest.mark.parametrize(
    "text",
    [
        "令和6年2月15日\n\n自治会だよりの原稿\n\n加入世帯は八割ほどである。\n",
        "令和6年2月15日\n現場写真\n北側の壁にひびがある。",
        "出張復命書\n令和6年2月15日\n町長 様\n総務課 主事 山田太郎\n期間 令和6年2月8日から令和6年2月9日まで",
        "出張命令書\n令和6年2月15日\n用務地 県庁",
        "婚姻届\n令和6年2月15日\n町長 様",
        "工期変更届\n令和6年2月15日\n町長 様",
    ],
)
def test_a_day_that_stands_alone_at_the_head_is_the_paper_s_own(text: str) -> None:
    assert found_in(text).date == date(2024, 2, 15)
    assert "period_start" not in fields_of(text) or "期間" in text


@pytest.mark.parametrize(
    "text",
    [
        "令和6年2月15日\n基本計画（案）\n目標を定める。",
        "令和6年2月15日\n条例の素案\n目的を定める。",
        "令和6年2月15日\nあいさつ文の下書き\n本日はお集まりいただき。",
        "資料1\n令和6年2月15日\n事業の概要について",
    ],
)
def test_a_draft_has_no_day_wherever_one_stands(text: str) -> None:
    assert found_in(text).date is None


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("12万3千円", [123_000]),
        ("１２万３千円", [123_000]),
        ("1億2,345万円", [123_450_000]),
        ("3百万円", [3_000_000]),
        ("3千万円", [30_000_000]),
        ("2億5千万円", [250_000_000]),
        ("12万3千4百円", [123_400]),
        ("1億2千3百45万6千7百89円", [123_456_789]),
        ("2万5百円", [20_500]),
        ("1,200万5千円", [12_005_000]),
        ("金12万3,400円", [123_400]),
        ("1.5億円", [150_000_000]),
        ("2.5万円", [25_000]),
        ("1億円", [100_000_000]),
        ("1,234百万円", [1_234_000_000]),
        ("120千円", [120_000]),
        ("5千円と3万円", [5_000, 30_000]),
        ("三百万円", [3_000_000]),
    ],
)
def test_figures_and_kanji_units_make_one_sum(text: str, sums: list[int]) -> None:
    assert sums_in(text.translate(str.maketrans("１２３", "123"))) == sums


@pytest.mark.parametrize("text", ["人口は12万3千人", "延べ3千回", "3万5千部", "第3百号"])
def test_counts_in_mixed_figures_are_no_sums(text: str) -> None:
    assert sums_in(text) == []


def test_a_mixed_sum_is_the_amount() -> None:
    assert found_in("差押調書\n滞納税額　１２万３千円\n").amount == 123_000


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("議案第21号\n\n町税条例の一部を改正する条例について", "bill_number", "議案第21号"),
        ("令和6年(ワ)第123号\n損害賠償請求事件", "case_number", "令和6年(ワ)第123号"),
        ("請求書\nNo. 2024-0077\n令和6年4月5日\n高原町長 様", "voucher_number", "2024-0077"),
        ("請求書\n令和6年4月5日\n請求書番号：INV-2024-0077\n高原町長 様", "voucher_number", "INV-2024-0077"),
        ("御見積書\n見積番号 Q25-0088\n高原町長 様", "voucher_number", "Q25-0088"),
        ("納品書\n№ 004512\n高原町長 様", "voucher_number", "004512"),
        ("領収書\n領収書番号\nR-20250512-3\n高原町長 様", "voucher_number", "R-20250512-3"),
    ],
)
def test_a_number_that_no_office_gave_has_a_field_of_its_own(text: str, name: str, value: str) -> None:
    assert fields_of(text)[name] == value
    assert found_in(text).document_number is None


@pytest.mark.parametrize(
    "text", ["備品台帳\nNo. 12\n令和6年4月5日", "請求書\nNo. 品名 数量\n1 用紙 3", "会議録\nNo. 2024-0077", "請求書\n電話 No. 0123-45-6789"]
)
def test_what_counts_rows_or_papers_of_other_kinds_is_no_voucher_s_number(text: str) -> None:
    assert "voucher_number" not in fields_of(text)


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("個人番号力一ド交付申請書", "個人番号カード交付申請書"),
        ("在留力一ド", "在留カード"),
        ("夕一ミナルの改修", "ターミナルの改修"),
        ("二一ズの調査", "ニーズの調査"),
        ("マイナンバー力ード", "マイナンバーカード"),
        ("工一ジェント", "エージェント"),
    ],
)
def test_a_katakana_word_read_as_kanji_is_mended_in_titles(read: str, printed: str) -> None:
    assert mended(read) == printed
    assert found_in(f"{read}\n令和6年4月1日\n町長 様\n次のとおり申請します。").title == printed


@pytest.mark.parametrize(
    "text",
    ["使用電力一キロワット", "人口一パーセント", "延長二一メートル", "入口一カ所", "八一ページ", "第二一トンネル", "努力一ポイント", "窓口一覧", "工一式"],
)
def test_kanji_numerals_before_units_stay(text: str) -> None:
    assert mended(text) == text


@pytest.mark.parametrize("title", ["町内会長名簿の作成", "校長会議の記録", "区長会名簿", "市長車の運行", "会長選任の経過", "議長室の改修"])
def test_a_title_that_begins_with_an_office_is_no_sender(title: str) -> None:
    found = found_in(f"令和元年6月12日\n\n{title}\n\n電話で話を聞いた。\n")
    assert (found.title, found.sender) == (title, None)


@pytest.mark.parametrize("name", ["総務課長谷美咲", "会長木の下太郎", "町長山田のり子", "教育長一の瀬光"])
def test_a_chief_with_a_name_is_a_sender_and_no_title(name: str) -> None:
    found = found_in(f"令和元年6月12日\n各委員 様\n{name}\n研修の開催について（通知）\n次のとおり開催します。")
    assert (found.title, found.sender) == ("研修の開催について", name)


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("業務委託契約書\n令和6年4月1日\n甲 高原町長 山田 一郎\n乙 株式会社東 代表取締役 東次郎", "高原町長山田一郎"),
        ("業務委託契約書\n令和6年4月1日\n甲 甲府市長 山田 一郎\n乙 株式会社東 代表取締役 東次郎", "甲府市長山田一郎"),
        ("協定書\n令和6年4月1日\n甲賀市長 山田 一郎\n乙部町長 東次郎", "甲賀市長山田一郎"),
        ("出張命令簿\n命令権者 総務課長\n令和6年4月1日", "総務課長"),
        ("支出命令書\n支出命令権者 会計課長\n令和6年4月1日", "会計課長"),
        ("注文書\n発注者 高原町長 山田 一郎\n令和6年4月1日", "高原町長山田一郎"),
        ("令和6年4月1日\n各課長 様\n障害者支援課長\n研修の開催について（通知）", "障害者支援課長"),
        ("令和6年4月1日\n各会員 様\n発注者協議会長\n研修の開催について（通知）", "発注者協議会長"),
    ],
)
def test_a_sender_is_named_without_the_role_before_it(text: str, sender: str) -> None:
    assert found_in(text).sender == sender
