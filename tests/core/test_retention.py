"""core/retention.py: the test vectors of domain §2.3, holds, sub-rules."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.model import Retention
from scanpipe.core.retention import (
    START_RULES,
    Category,
    Override,
    Schedule,
    compared,
    disposable_from,
    event_behind,
    expiry,
    extended,
    keeps_paper,
    longest,
    override_of,
    retention_of,
    starts,
    successor_of,
    year_behind,
)


def category(**said: object) -> Category:
    return Category(**({"code": "X", "name": "例", "name_en": "", "period": 5, "start": "fy_next_apr1", "disposition": "dispose"} | said))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("completed", "rule", "years", "first", "last"),
    [
        (date(2011, 10, 3), "fy_next_apr1", 5, date(2012, 4, 1), date(2017, 3, 31)),
        (date(2025, 4, 1), "fy_next_apr1", 3, date(2026, 4, 1), date(2029, 3, 31)),
        (date(2026, 3, 31), "fy_next_apr1", 1, date(2026, 4, 1), date(2027, 3, 31)),
        (date(2024, 2, 29), "fy_next_apr1", 30, date(2024, 4, 1), date(2054, 3, 31)),
        (date(2026, 1, 20), "fy_next_apr1", 3, date(2026, 4, 1), date(2029, 3, 31)),
        (date(2026, 1, 20), "cy_next_jan1", 3, date(2027, 1, 1), date(2029, 12, 31)),
        (date(2026, 1, 20), "cy_next_apr1", 3, date(2027, 4, 1), date(2030, 3, 31)),
        (date(2026, 1, 20), "cy_as_fy_plus1", 3, date(2026, 4, 1), date(2030, 3, 31)),
    ],
)
def test_periods_start_and_end_as_published(completed: date, rule: str, years: int, first: date, last: date) -> None:
    start = starts(rule, completed)
    assert (start, expiry(rule, years, start)) == (first, last)


def test_a_contract_waits_for_its_end() -> None:
    contract = category(start="event_fy_next_apr1", event="契約終了")
    waiting = retention_of(contract, date(2025, 4, 1))
    ended = retention_of(contract, date(2025, 4, 1), event=date(2028, 9, 30))
    assert (waiting.starts, waiting.expires) == (None, None)
    assert (ended.starts, ended.expires) == (date(2029, 4, 1), date(2034, 3, 31))


@pytest.mark.parametrize(
    ("rule", "year", "first", "last"),
    [
        ("account_fy_apr1", 2024, date(2025, 4, 1), date(2030, 3, 31)),
        ("account_close_jun1", 2024, date(2025, 6, 1), date(2030, 5, 31)),
        ("account_fy_apr1", None, date(2026, 4, 1), date(2031, 3, 31)),
    ],
)
def test_a_voucher_counts_from_the_year_its_money_belongs_to(rule: str, year: int | None, first: date, last: date) -> None:
    voucher = retention_of(category(start=rule), date(2025, 5, 20), accounting_year=year)
    assert (voucher.starts, voucher.expires) == (first, last)


@pytest.mark.parametrize("period", ["永年", "常用"])
def test_what_is_kept_for_ever_never_expires(period: str) -> None:
    kept = retention_of(category(period=period, start="none"), date(2025, 4, 1))
    assert kept == Retention(period=period, start_rule="none", starts=None, expires=None, disposition="dispose")


def test_a_day_after_an_event_on_leap_day_ends_in_february() -> None:
    start = starts("event_next_day", date(2024, 1, 1), event=date(2024, 2, 28))
    assert (start, expiry("event_next_day", 1, start)) == (date(2024, 2, 29), date(2025, 2, 28))


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="someday"):
        starts("someday", date(2025, 4, 1))


def test_the_longest_sub_rule_for_the_title_wins() -> None:
    register = category(
        period=1, overrides=(Override(title="除票", period=100), Override(title="住民票除票", period=150, start="event_next_day", paper_only=True))
    )
    kept = retention_of(register, date(2025, 4, 1), event=date(2025, 4, 1), title="住民票 除票")
    assert (kept.period, kept.start_rule, kept.starts) == ("150", "event_next_day", date(2025, 4, 2))
    assert keeps_paper(register, "住民票除票")
    assert not keeps_paper(register, "住民異動届")


def test_of_colliding_sub_rules_the_longest_period_wins() -> None:
    contract = category(period=10, overrides=(Override(title="入札", period=5), Override(title="決算", period=30), Override(title="台帳", period="常用")))
    assert [(one := override_of(contract, title)) and one.title for title in ("入札の決算", "決算の入札", "入札台帳", "入札", "契約")] == [
        "決算", "決算", "台帳", "入札", None
    ]  # fmt: skip


def test_a_sub_rule_that_tells_another_more_closely_comes_before_it_whatever_its_period() -> None:
    register = category(period=10, overrides=(Override(title="名簿", period=30), Override(title="参加者名簿", period=1)))
    assert [(one := override_of(register, title)) and one.title for title in ("研修参加者名簿", "職員名簿")] == ["参加者名簿", "名簿"]


def test_a_sub_rule_that_is_the_whole_title_comes_first() -> None:
    plans = category(overrides=(Override(title="計画", period="永年"), Override(title="点検結果", period=1), Override(title="計画 点検結果", period=3)))
    assert [(one := override_of(plans, title)) and one.title for title in ("点検結果について", "計画の点検結果")] == ["点検結果", "計画"]


def test_a_sub_rule_without_a_period_has_the_category_s() -> None:
    leave = category(period=5, overrides=(Override(title="休暇簿", start="cy_next_apr1"), Override(title="控え", period=1)))
    found = override_of(leave, "休暇簿の控え")
    assert found and found.title == "休暇簿"


def test_disposal_waits_for_the_latest_of_expiry_and_holds() -> None:
    kept = retention_of(category(), date(2011, 10, 3))
    assert disposable_from(kept, date(2011, 10, 3)) == date(2017, 4, 1)
    assert disposable_from(kept, date(2011, 10, 3), [date(2015, 1, 1), date(2018, 6, 30)]) == date(2018, 7, 1)
    assert disposable_from(kept, date(2011, 10, 3), [None]) is None


def test_what_is_kept_for_less_than_a_year_may_go_when_done() -> None:
    transitory = retention_of(category(period=0, start="none"), date(2025, 4, 1))
    assert transitory.expires is None
    assert disposable_from(transitory, date(2025, 4, 1)) == date(2025, 4, 2)


@pytest.mark.parametrize(("rule", "last"), [("fy_next_apr1", date(2026, 3, 31)), ("cy_next_jan1", date(2025, 12, 31)), ("event_next_day", date(2025, 6, 30))])
def test_less_than_a_year_ends_with_the_year_or_event_that_would_begin_the_period(rule: str, last: date) -> None:
    kept = retention_of(category(period=0, start=rule), date(2025, 4, 1), event=date(2025, 6, 30))
    assert (kept.expires, disposable_from(kept, date(2025, 4, 1))) == (last, last + timedelta(days=1))


def test_classes_change_no_digest_since_they_decide_about_no_record() -> None:
    assert Schedule.of([category(classes=("総務", "文書"))]).digest == Schedule.of([category()]).digest


def test_the_digest_changes_with_any_word_and_with_nothing_else() -> None:
    one, same, other = (Schedule.of([category(words={"請求書": points})]) for points in (3.0, 3.0, 4.0))
    assert one.digest == same.digest != other.digest
    assert len(one.digest) == 64


@given(st.dates(date(1900, 1, 1), date(2500, 1, 1)), st.integers(0, 300), st.sampled_from([rule for rule in START_RULES if rule != "none"]))
def test_a_longer_period_never_ends_earlier(completed: date, years: int, rule: str) -> None:
    start = starts(rule, completed, event=completed)
    shorter, longer = expiry(rule, years, start), expiry(rule, years + 1, start)
    assert start is not None and shorter is not None and longer is not None
    assert completed < start <= longer and shorter < longer


# --- all nine start rules at the days on which years turn ---

JANUARY, MARCH, APRIL, MAY, JUNE, LEAP = date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 31), date(2026, 6, 1), date(2024, 2, 29)


@pytest.mark.parametrize(
    ("rule", "day", "first", "last"),
    [
        ("fy_next_apr1", JANUARY, date(2026, 4, 1), date(2031, 3, 31)),
        ("fy_next_apr1", MARCH, date(2026, 4, 1), date(2031, 3, 31)),
        ("fy_next_apr1", APRIL, date(2027, 4, 1), date(2032, 3, 31)),
        ("fy_next_apr1", LEAP, date(2024, 4, 1), date(2029, 3, 31)),
        ("cy_next_jan1", JANUARY, date(2027, 1, 1), date(2031, 12, 31)),
        ("cy_next_jan1", date(2025, 12, 31), date(2026, 1, 1), date(2030, 12, 31)),
        ("cy_next_apr1", MARCH, date(2027, 4, 1), date(2032, 3, 31)),
        ("cy_next_apr1", date(2025, 12, 31), date(2026, 4, 1), date(2031, 3, 31)),
        ("cy_as_fy_plus1", MARCH, date(2026, 4, 1), date(2032, 3, 31)),
        ("cy_as_fy_plus1", APRIL, date(2027, 4, 1), date(2033, 3, 31)),
        ("account_fy_apr1", MARCH, date(2026, 4, 1), date(2031, 3, 31)),
        ("account_fy_apr1", MAY, date(2027, 4, 1), date(2032, 3, 31)),  # the accounting year is not known: the later one
        ("account_close_jun1", MAY, date(2027, 6, 1), date(2032, 5, 31)),
        ("account_close_jun1", JUNE, date(2027, 6, 1), date(2032, 5, 31)),
        ("account_close_jun1", MARCH, date(2026, 6, 1), date(2031, 5, 31)),
        ("event_fy_next_apr1", MARCH, date(2026, 4, 1), date(2031, 3, 31)),
        ("event_fy_next_apr1", APRIL, date(2027, 4, 1), date(2032, 3, 31)),
        ("event_next_day", MARCH, date(2026, 4, 1), date(2031, 3, 31)),
        ("event_next_day", date(2024, 2, 28), date(2024, 2, 29), date(2029, 2, 28)),
        ("event_next_day", LEAP, date(2024, 3, 1), date(2029, 2, 28)),
        ("event_next_day", date(2025, 12, 31), date(2026, 1, 1), date(2030, 12, 31)),
        ("none", MARCH, None, None),
    ],
)
def test_five_years_from_the_days_on_which_years_turn(rule: str, day: date, first: date | None, last: date | None) -> None:
    kept = retention_of(category(start=rule), day, event=day)
    assert (kept.starts, kept.expires) == (first, last)


@pytest.mark.parametrize("day", [APRIL, MAY])
def test_a_payment_in_april_or_may_counts_by_its_accounting_year(day: date) -> None:
    known = [retention_of(category(start=rule), day, accounting_year=2025) for rule in ("account_fy_apr1", "account_close_jun1")]
    assert [(one.starts, one.expires) for one in known] == [(APRIL, date(2031, 3, 31)), (JUNE, date(2031, 5, 31))]


@pytest.mark.parametrize("rule", [rule for rule in START_RULES if rule.startswith("event") or rule == "none"])
def test_an_unknown_event_leaves_start_and_end_open(rule: str) -> None:
    waiting = retention_of(category(start=rule), MARCH)
    assert (waiting.starts, waiting.expires, disposable_from(waiting, MARCH)) == (None, None, None)


days = st.dates(date(1900, 1, 1), date(2500, 1, 1))
counting = st.sampled_from([rule for rule in START_RULES if rule != "none"])


@given(days, st.integers(0, 4000), st.integers(0, 300), counting)
def test_what_was_completed_later_never_expires_earlier(completed: date, more: int, years: int, rule: str) -> None:
    later = completed + timedelta(days=more)
    first, second = (retention_of(category(start=rule, period=years), day, event=day) for day in (completed, later))
    assert first.expires is not None and second.expires is not None
    assert first.expires <= second.expires


@given(days, st.integers(0, 300))
def test_a_calendar_record_disposed_of_by_fiscal_year_is_not_disposed_of_earlier(completed: date, years: int) -> None:
    by_year, by_fiscal_year = (retention_of(category(start=rule, period=years), completed) for rule in ("cy_next_jan1", "cy_as_fy_plus1"))
    assert by_year.expires is not None and by_fiscal_year.expires is not None
    assert by_year.expires <= by_fiscal_year.expires


@given(days, counting, st.integers(1, 100))
def test_a_start_tells_enough_about_its_event_or_year_to_be_found_again(day: date, rule: str, years: int) -> None:
    kept = retention_of(category(start=rule, period=years), day, event=day, accounting_year=day.year)
    assert retention_of(category(start=rule, period=years), day, event=event_behind(kept), accounting_year=year_behind(kept)) == kept


# --- extension, collisions, reorganised sections ---


def test_an_extension_shows_original_and_addition_in_total_and_can_be_repeated() -> None:
    kept = retention_of(category(), date(2011, 10, 3))
    longer = extended(extended(kept, 1), 2)
    assert (longer.period, longer.starts, longer.expires) == ("8", kept.starts, date(2020, 3, 31))
    assert extended(retention_of(category(start="event_next_day", period=1), MARCH, event=date(2024, 2, 28)), 3).expires == date(2028, 2, 29)


@pytest.mark.parametrize("said", [{"period": "永年", "start": "none"}, {"start": "event_next_day"}])
def test_what_has_no_end_yet_cannot_be_extended(said: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="beyond None"):
        extended(retention_of(category(**said), MARCH), 1)
    with pytest.raises(ValueError, match=r"^0 years"):
        extended(retention_of(category(), MARCH), 0)


@given(days, counting, st.integers(1, 100), st.integers(1, 30))
def test_an_extension_ends_later_by_its_years(day: date, rule: str, years: int, more: int) -> None:
    kept = retention_of(category(start=rule, period=years), day, event=day)
    longer = extended(kept, more)
    assert longer.expires is not None and kept.expires is not None
    assert longer.expires == retention_of(category(start=rule, period=years + more), day, event=day).expires
    assert compared(longer, kept) == 1 == -compared(kept, longer)


def test_the_longest_wins_when_laws_collide() -> None:
    order = [
        retention_of(category(period=0, start="none"), MARCH),
        retention_of(category(period=5), MARCH),
        retention_of(category(period=10), MARCH),
        retention_of(category(period=1, start="event_next_day"), MARCH),  # has not begun: nobody knows yet
        retention_of(category(period="常用", start="none"), MARCH),
        retention_of(category(period="永年", start="none"), MARCH),
    ]
    for place, winner in enumerate(order):
        assert longest(order[: place + 1]) == winner
    destroyed, moved = (retention_of(category(disposition=word), MARCH) for word in ("dispose", "transfer"))
    assert longest([destroyed, moved]) == longest([moved, destroyed]) == moved


@dataclass(frozen=True)
class Part:
    code: str
    valid_to: date | None = None
    successor: str | None = None


SECTIONS = (Part("A", date(2024, 3, 31), "B"), Part("B", date(2026, 3, 31), "C"), Part("C"), Part("D", date(2024, 3, 31)), Part("E", date(2020, 1, 1), "X"))


@pytest.mark.parametrize(
    ("code", "day", "owner"),
    [
        ("A", date(2024, 3, 31), "A"), ("A", date(2024, 4, 1), "B"), ("A", date(2026, 3, 31), "B"), ("A", date(2026, 4, 1), "C"),
        ("C", date(2030, 1, 1), "C"), ("D", date(2030, 1, 1), "D"), ("E", date(2030, 1, 1), "E"), ("Z", date(2030, 1, 1), "Z"),
    ],
)  # fmt: skip
def test_records_follow_the_section_that_took_over(code: str, day: date, owner: str) -> None:
    assert successor_of(SECTIONS, code, day) == owner


def test_sections_that_name_each_other_do_not_turn_for_ever() -> None:
    assert successor_of((Part("A", date(2020, 1, 1), "B"), Part("B", date(2020, 1, 1), "A")), "A", MARCH) in ("A", "B")
