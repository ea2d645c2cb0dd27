"""The way to zero: what was on a day stays, a straight plan, and a forecast that one odd week does not bend."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.campaign import burndown
from scanpipe.core.campaign.burndown import Change, Forecast, by_day, filled_again, forecast, left, planned, standing, weeks

START = date(2026, 4, 1)
TODAY = date(2026, 6, 24)


def change(n: int, cabinet: str = "A", **said: Any) -> Change:
    facts = {
        "day": START + timedelta(days=n),
        "department": "0101",
        "fm": 4.0,
        "fm_start": 4.0,
        "freed": 0.0,
        "emptied": False,
        "signed_off": False,
        "voided": False,
    }
    return Change(cabinet=cabinet, **(facts | said))


def line(metres: float, pace: float, count: int = 9) -> list[tuple[date, float]]:
    """Points a week apart, the last today's."""
    return [(TODAY - timedelta(weeks=n), metres + pace * n) for n in range(count - 1, -1, -1)]


def test_what_was_on_a_day_stays_so_whatever_comes_later() -> None:
    changes = [change(0), change(2, "B", department="0103", fm=2.0), change(5, "A", department="0103"), change(6, "B", fm=0.0, freed=2.0, department="0103")]
    days = [START + timedelta(days=n) for n in (0, 3, 5, 6)]
    assert by_day(changes, days) == [{"0101": 4.0}, {"0101": 4.0, "0103": 2.0}, {"0103": 6.0}, {"0103": 4.0}]
    assert by_day(changes[:2], days[:2]) == by_day(changes, days)[:2]


def test_a_void_cabinet_stands_nowhere() -> None:
    changes = [change(0), change(1, voided=True)]
    assert list(standing(changes, START)) == ["A"] and standing(changes, START + timedelta(days=1)) == {}
    assert by_day(changes, [START + timedelta(days=1)]) == [{}]


def test_entering_moving_and_correcting_look_like_nothing_in_what_is_left() -> None:
    changes = [change(0), change(10, fm=3.0), change(20, "B", fm=5.0), change(30, "B", fm=5.0, department="0103"), change(40, fm=1.0, freed=2.0)]
    days = [START + timedelta(days=n) for n in (0, 15, 25, 35, 45)]
    assert left(changes, days, days[-1]) == [8.0, 8.0, 8.0, 8.0, 6.0]


def test_the_plan_is_a_straight_line_between_its_ends() -> None:
    end = START + timedelta(days=100)
    found = [planned(START, 50.0, end, 10.0, START + timedelta(days=n)) for n in (-5, 0, 25, 50, 100, 200)]
    assert found == [50.0, 50.0, 40.0, 30.0, 10.0, 10.0]
    assert planned(START, 50.0, START, 10.0, START) == 10.0


def test_a_steady_pace_ends_when_it_must() -> None:
    assert forecast(line(10.0, 2.5), TODAY) == Forecast(day=TODAY + timedelta(days=28), metres_a_week=2.5)


def test_one_week_that_cleared_a_storeroom_does_not_bend_the_forecast() -> None:
    points = [(day, metres + (200.0 if n < 1 else 0.0)) for n, (day, metres) in enumerate(line(10.0, 1.0))]
    assert forecast(points, TODAY) == Forecast(day=TODAY + timedelta(days=70), metres_a_week=1.0)


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([], burndown.TOO_SHORT),
        (line(10.0, 1.0, 3), burndown.TOO_SHORT),
        (line(10.0, 0.0), burndown.STANDS_STILL),
        (line(10.0, -1.0), burndown.GROWS),
        (line(10.0, 0.001), burndown.TOO_FAR),
    ],
)
def test_no_forecast_says_why(points: list[tuple[date, float]], reason: str) -> None:
    found = forecast(points, TODAY)
    assert (found.day, found.reason) == (None, reason)


def test_nothing_left_is_reached_today() -> None:
    assert forecast([(TODAY, 0.0)], TODAY) == Forecast(day=TODAY, metres_a_week=None)


def test_the_weeks_do_not_reach_before_the_first_day() -> None:
    assert weeks(TODAY - timedelta(days=15), TODAY) == [TODAY - timedelta(days=14), TODAY - timedelta(days=7), TODAY]
    assert len(weeks(date(2020, 1, 1), TODAY)) == burndown.WEEKS + 1


def test_cabinets_that_fill_again_are_counted_against_what_was_freed() -> None:
    changes = [change(0), change(70, fm=3.0, freed=1.0), change(80, fm=6.5, freed=-3.5)]
    assert filled_again(changes, TODAY - timedelta(weeks=4), TODAY) == 2.5
    assert filled_again(changes[:2], TODAY - timedelta(weeks=4), TODAY) == 0.0


@given(st.floats(0.5, 500), st.floats(0.05, 50), st.integers(4, 9))
def test_a_line_is_foretold_to_the_day(metres: float, pace: float, count: int) -> None:
    found = forecast(line(metres, pace, count), TODAY)
    days = metres / pace * 7
    if found.day is None:
        assert found.reason == burndown.TOO_FAR and days > 20 * 365
    else:
        assert days - 1e-3 <= (found.day - TODAY).days <= days + 1.001


FREED = st.floats(-3, 3).map(lambda metres: round(metres, 3))


@given(st.lists(st.tuples(st.integers(0, 80), st.sampled_from("ABC"), FREED), max_size=20))
def test_what_is_left_today_is_what_stands_today(acts: list[tuple[int, str, float]]) -> None:
    changes = [change(n, cabinet, fm=abs(freed), freed=freed) for n, cabinet, freed in sorted(acts, key=lambda act: act[0])]
    (recorded,) = by_day(changes, [TODAY])
    assert left(changes, [TODAY], TODAY)[0] == pytest.approx(sum(recorded.values()), abs=1e-6)
    early, late = left(changes, [START, TODAY], TODAY)
    assert early - late == pytest.approx(sum(one.freed for one in changes if one.day > START), abs=1e-6)
