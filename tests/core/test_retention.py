"""core/retention.py: the test vectors of domain §2.3, holds, sub-rules."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.model import Retention
from scanpipe.core.retention import START_RULES, Category, Override, Schedule, disposable_from, expiry, keeps_paper, retention_of, starts


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


def test_disposal_waits_for_the_latest_of_expiry_and_holds() -> None:
    kept = retention_of(category(), date(2011, 10, 3))
    assert disposable_from(kept, date(2011, 10, 3)) == date(2017, 4, 1)
    assert disposable_from(kept, date(2011, 10, 3), [date(2015, 1, 1), date(2018, 6, 30)]) == date(2018, 7, 1)
    assert disposable_from(kept, date(2011, 10, 3), [None]) is None


def test_what_is_kept_for_less_than_a_year_may_go_when_done() -> None:
    transitory = retention_of(category(period=0, start="none"), date(2025, 4, 1))
    assert transitory.expires is None
    assert disposable_from(transitory, date(2025, 4, 1)) == date(2025, 4, 2)


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
