"""core/dates.py: forms of domain §3."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.dates import (
    FIRST,
    LAST,
    LAST_KEPT,
    NotPlausible,
    find_accounting_year,
    find_dates,
    fiscal_year,
    parse_date,
    plausible,
    plausible_year,
    year_typed,
)
from scanpipe.errors import UsageError

APRIL = date(2025, 4, 1)


@pytest.mark.parametrize(
    "written",
    [
        "令和7年4月1日",
        "令和七年四月一日",
        "令7.4.1",
        "R7.4.1",
        "R07.04.01",
        "２０２５年４月１日",
        "2025/4/1",
        "2025-04-01",
        "20250401",
        "㋿7年4月1日",
        "令 和 ７ 年 ４ 月 １ 日",
        "令和7年(2025年)4月1日",
        "二〇二五年四月一日",
        "2025.4.1",
        "2025（令和7）年4月1日",
        "令和7（2025）年4月1日",
        "令和7年4月1日（火）",
        "令７・４・１",
    ],
)
def test_every_way_of_writing_a_day_is_read(written: str) -> None:
    assert parse_date(f"日付 {written} まで") == APRIL


@pytest.mark.parametrize("misread", ["合和7年4月1日", "今和7年4月1日", "令和7午4月1曰", "令和O7年O4月Ol日", "令和7年4月l日", "2o25年4月1日", "和7年4月1日"])
def test_slips_of_recognition_are_mended_and_flagged(misread: str) -> None:
    (found,) = find_dates(misread)
    assert (found.day, found.certain) == (APRIL, False)


@pytest.mark.parametrize(
    ("written", "day"),
    [("令和元年5月1日", date(2019, 5, 1)), ("令和兀年5月1日", date(2019, 5, 1)), ("令和九年5月1日", date(2019, 5, 1)), ("平成元年1月8日", date(1989, 1, 8))],
)
def test_the_first_year_of_an_era_may_be_misread(written: str, day: date) -> None:
    assert parse_date(written) == day


@pytest.mark.parametrize(
    ("written", "day", "certain"),
    [
        ("平成32年3月31日", date(2020, 3, 31), False),
        ("昭和64年1月7日", date(1989, 1, 7), True),
        ("昭和四十八年十月二十一日", date(1973, 10, 21), True),
        ("H16.12.1", date(2004, 12, 1), True),
    ],
)
def test_a_day_outside_its_era_is_converted_and_flagged(written: str, day: date, certain: bool) -> None:
    (found,) = find_dates(written)
    assert (found.day, found.certain) == (day, certain)


@pytest.mark.parametrize("written", ["令和7年4月31日", "令和　年　月　日", "7.4.1", "電話 0999-11-2222", "第7条第4項第1号", "SR7.4.1"])
def test_what_is_no_day_is_left_out(written: str) -> None:
    assert find_dates(written) == []


def test_a_day_without_its_era_is_read_only_when_the_era_is_given() -> None:
    assert parse_date("7.4.1", era="令和") == APRIL
    assert parse_date("7年4月1日", era="令和") == APRIL


def test_days_come_in_the_order_in_which_they_stand_with_their_quotes() -> None:
    text = "期間　令和７年４月１日から2026/3/31まで"
    found = find_dates(text)
    assert [(one.day, one.quote) for one in found] == [(APRIL, "令和７年４月１日"), (date(2026, 3, 31), "2026/3/31")]
    assert all(text[one.start : one.end] == one.quote for one in found)


@pytest.mark.parametrize(("day", "year"), [(date(2025, 3, 31), 2024), (date(2025, 4, 1), 2025), (date(2026, 1, 1), 2025)])
def test_the_fiscal_year_begins_in_april(day: date, year: int) -> None:
    assert fiscal_year(day) == year


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("令和7年度", 2025),
        ("平成31年度", 2019),
        ("令和元年度", 2019),
        ("R6年度", 2024),
        ("2025年度", 2025),
        ("令和7（2025）年度", 2025),
        ("令和7年4月", None),
        ("", None),
    ],
)
def test_the_accounting_year_is_read_from_nendo(text: str, year: int | None) -> None:
    assert find_accounting_year(text) == year


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    for found in find_dates(text, era="令和"):
        assert text[found.start : found.end] == found.quote
    find_accounting_year(text)


@given(st.dates(date(2019, 5, 1), date(2099, 12, 31)), st.sampled_from(["令和{}年{}月{}日", "令{}.{}.{}", "R{:02}.{:02}.{:02}", "令和 {} 年 {} 月 {} 日"]))
def test_a_day_written_in_reiwa_reads_back(day: date, form: str) -> None:
    assert parse_date(form.format(day.year - 2018, day.month, day.day)) == day


@given(st.dates(date(1927, 1, 1), date(1988, 12, 31)))
def test_a_day_written_in_showa_kanji_reads_back(day: date) -> None:
    assert parse_date(f"昭和{kanji(day.year - 1925)}年{kanji(day.month)}月{kanji(day.day)}日") == day


def kanji(number: int) -> str:
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones else "")


def test_a_day_or_year_is_believed_within_its_range_only() -> None:
    for day in (FIRST, date(2025, 4, 1), LAST):
        assert plausible(day) == day
    assert plausible(LAST_KEPT, last=LAST_KEPT) == LAST_KEPT
    for day in (FIRST - timedelta(days=1), LAST + timedelta(days=1), date.max):
        with pytest.raises(NotPlausible, match="1868-01-01 to 2200-12-31"):
            plausible(day)
    assert plausible_year(2025) == 2025
    for year in (0, 1867, 2201, 20255):
        with pytest.raises(NotPlausible, match="1868 to 2200"):
            plausible_year(year)


def test_a_fiscal_year_is_typed_in_any_width_and_refused_with_an_example() -> None:
    assert [year_typed(text) for text in ("2025", " ２０２５年度 ", "", "　")] == [2025, 2025, None, None]
    for text in ("25", "令和7", "2025.0", "20255", "-2025"):
        with pytest.raises(UsageError, match="for example 2025"):
            year_typed(text)
    with pytest.raises(NotPlausible):
        year_typed("9999")
