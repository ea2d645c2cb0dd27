"""core/describing/amounts.py: the total, and what is said about tax and units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.describing.amounts import find_amounts, kanji_number, sums_in
from scanpipe.core.describing.layout import rows_of
from scanpipe.core.model import Page


def told(text: str) -> tuple[int | None, int | None, int | None, int | None]:
    """total, with tax, without tax, tax"""
    found = find_amounts(rows_of([Page(number=1, width=2480, height=3508, dpi=300, text=text)]))
    total, with_tax, without_tax, tax = (one.yen if one else None for one in (found.total, found.with_tax, found.without_tax, found.tax))
    return total, with_tax, without_tax, tax


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("契約金額 金3,168,000円（うち取引に係る消費税及び地方消費税の額 288,000円）", (3_168_000, None, None, 288_000)),
        ("請求金額 ￥55,770（税込）\n小計 50,700\n消費税(10%) 5,070\n合計 55,770", (55_770, 55_770, 50_700, 5_070)),
        ("見積金額 ¥2,420,000-\n本体価格 2,200,000円\n消費税額 220,000円", (2_420_000, None, 2_200_000, 220_000)),
        ("入札金額 ￥4,850,000－（消費税及び地方消費税を含まない）", (4_850_000, None, 4_850_000, None)),
        ("金壱百弐拾参万四千五百円也", (1_234_500, None, None, None)),
        ("予算額 1億2,345万円\n契約金額 1,200万円", (12_000_000, None, None, None)),
        ("（単位：千円）\n合計 730", (730_000, None, None, None)),
        ("契約金額 １２，３４５千円", (12_345_000, None, None, None)),
        ("契約金額を変更する。", (None, None, None, None)),
        ("電話 0999-12-3456\n令和7年4月1日\n部数 1,200部", (None, None, None, None)),
    ],
)
def test_sums_are_told_apart(text: str, sums: tuple[int | None, ...]) -> None:
    assert told(text) == sums


@pytest.mark.parametrize(("misread", "yen"), [("￥55 ,770", 55_770), ("￥3,168,0〇0", 3_168_000), ("金1、234、000円", 1_234_000), ("¥l2,650", 12_650)])
def test_misread_figures_are_mended(misread: str, yen: int) -> None:
    assert told(f"請求金額 {misread}")[0] == yen


@given(
    st.integers(100, 999_999_999), st.sampled_from(["請求金額 ￥{:,}-", "契約金額 金{:,}円", "合計金額 {:,}円（税込）", "領収金額　￥{:,}", "支出命令額 {}円"])
)
def test_a_written_sum_reads_back(yen: int, form: str) -> None:
    assert told(form.format(yen))[0] == yen


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    assert all(number > 0 for number in sums_in(text))
    kanji_number(text)


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("要求額 763,000円 査定額 564,300円", 564_300),
        ("交付の決定の額542,000円\n今回の請求の額2,157,100円受領済みの額なし", 2_157_100),
        ("請負代金665,000円\n出来高六割二分願い出る額7,176,400円", 7_176_400),
        ("被告は原告に対し、解決金として8,186,200円を支払う。", 8_186_200),
        ("歳入歳出予算の総額にそれぞれ1,034,000円を加える。", 1_034_000),
        ("第2条 代金は、金3,276,000円とする。", 3_276_000),
        ("事業の経費876,000円うち補助金426,900円", 426_900),
        ("科目 諸収入 件数35件金額5,808,000円", 5_808_000),
        ("契約の金額 金１，２００，０００円也", 1_200_000),
        ("補助の額　￥450,000", 450_000),
        ("差引き納める額 3,677,300円", 3_677_300),
        ("保証金 50,000円\n委託料　金壱百弐拾万円也", 1_200_000),
    ],
)
def test_a_sum_counts_by_the_words_right_before_it(text: str, total: int) -> None:
    assert told(text)[0] == total


@pytest.mark.parametrize(
    "text", ["5,000円以下の修繕を除く。", "一人につき3,000円", "単価 120円", "1日当たり2,400円とする。", "年金の受給", "電話0999-12-3456の料金"]
)
def test_limits_and_rates_are_no_total(text: str) -> None:
    assert told(text)[0] is None
