"""core/binders.py: what the records of a binder come to."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.binders import Binder, Member, by_volume, head_of, summary, volumes, whole_years
from scanpipe.core.disposing.holds import Hold
from scanpipe.core.model import Retention
from scanpipe.core.retention import expiry


def kept(period: str, starts: date | None, expires: date | None, rule: str = "fy_next_apr1") -> Retention:
    return Retention(period=period, start_rule=rule, starts=starts, expires=expires, disposition="dispose")


FIVE = kept("5", date(2026, 4, 1), date(2031, 3, 31))
TEN = kept("10", date(2026, 4, 1), date(2036, 3, 31))
OPEN = kept("10", None, None, "event_fy_next_apr1")


def member(retention: Retention, **said: object) -> Member:
    facts: dict[str, object] = {"number": "2026-000001", "retention": retention, "sheets": 3, "born_digital": False}
    return Member(**{**facts, **said})  # type: ignore[arg-type]


def test_a_binder_is_kept_as_long_as_its_longest_record() -> None:
    found = summary([member(FIVE), member(TEN, born_digital=True), member(FIVE)])
    assert (found.retention, found.years, found.records, found.sheets, found.shorter, found.paper) == (TEN, 10, 3, 9, 2, True)


def test_an_event_that_is_not_known_leaves_the_whole_binder_open() -> None:
    found = summary([member(TEN), member(OPEN)])
    assert (found.retention, found.years, found.shorter) == (OPEN, None, 1)


def test_an_extension_counts_in_total() -> None:
    longer = kept("5", date(2026, 4, 1), date(2032, 3, 31))
    assert (summary([member(FIVE), member(longer, extended=True)]).years, summary([member(longer, extended=True)]).extended) == (6, True)
    assert whole_years(kept("5", date(2026, 4, 1), date(2031, 12, 31))) is None
    assert not summary([member(TEN), member(FIVE, extended=True)]).extended  # the end is another record's


def test_a_hold_on_any_record_is_one_of_the_binder_once() -> None:
    on = Hold(
        id="H", kind="audit", reason="監査", reference="1", by="佐藤", at=datetime(2026, 1, 1, tzinfo=UTC), since=date(2026, 1, 1), numbers=("2026-000001",)
    )
    assert summary([member(FIVE, holds=(on,)), member(FIVE, holds=(on,)), member(FIVE)]).holds == (on,)


# --- volumes ---

sheets = st.lists(st.integers(0, 40), max_size=60)


def test_a_volume_is_closed_when_the_next_record_would_make_it_too_thick() -> None:
    assert volumes([400, 600, 1, 999, 1000, 1], 1000) == [1, 1, 2, 2, 3, 4]
    assert volumes([1500, 0, 3], 1000) == [1, 1, 2]  # no record is divided; one without paper goes with the one before
    assert volumes([], 1000) == []


@given(sheets, sheets, st.integers(1, 30))
def test_what_comes_later_never_moves_what_is_in_a_volume(before: list[int], after: list[int], most: int) -> None:
    assert volumes([*before, *after], most)[: len(before)] == volumes(before, most)


@given(sheets, st.integers(1, 30))
def test_no_volume_is_too_thick_but_for_one_record_and_none_is_closed_too_early(counts: list[int], most: int) -> None:
    numbers = volumes(counts, most)
    assert numbers == sorted(numbers) and {*numbers} == {*range(1, max(numbers, default=0) + 1)}
    filled = [[count for count, number in zip(counts, numbers, strict=True) if number == volume] for volume in {*numbers}]
    assert all(sum(one) <= most or sum(map(bool, one)) == 1 for one in filled)
    assert all(sum(one) + other[0] > most for one, other in pairwise(filled))


def test_all_volumes_are_kept_as_long_as_the_binder() -> None:
    first, second = by_volume([member(FIVE), member(FIVE, sheets=0, born_digital=True), member(TEN)], 5)
    assert (first.retention, first.records, first.sheets, first.shorter) == (TEN, 2, 3, 2)
    assert (second.retention, second.records, second.shorter, second.paper) == (TEN, 1, 0, True)
    assert by_volume([member(FIVE), member(TEN)], 6) == [summary([member(FIVE), member(TEN)])]
    assert len(by_volume([member(FIVE, born_digital=True)] * 3, 5)) == 1  # no paper, no thickness


@given(st.dates(max_value=date(2400, 1, 1)), st.integers(1, 150))
def test_the_years_of_a_period_are_counted_back_from_its_days(start: date, years: int) -> None:
    assert whole_years(kept(str(years), start, expiry("fy_next_apr1", years, start))) == years


@pytest.mark.parametrize(
    ("section", "head"), [("総務課", "総務課長"), ("監理課(契約)", "監理課長(契約)"), ("支所（出張所）", "支所長（出張所）"), ("児童相談所", "児童相談所長")]
)
def test_the_head_of_a_section_has_its_title(section: str, head: str) -> None:
    assert head_of(section) == head


def test_a_calendar_year_binder_has_a_name_of_its_own() -> None:
    of = {"department": "0101", "category": "SERVICE", "category_name": "服務", "year": 2025}
    assert [Binder(**of, calendar=flag).id for flag in (False, True)] == ["2025-0101-SERVICE", "2025c-0101-SERVICE"]  # type: ignore[arg-type]
