"""Who reads next: sections take turns, small before large, and a large one still comes to its end."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.scans.fairness import AGING_SECONDS_PER_PAGE, Turn, join, next_turn

SECTIONS = st.sampled_from(["1101", "1102", "1103"])
TURNS = st.lists(
    st.builds(
        Turn,
        department=SECTIONS,
        left=st.integers(1, 300),
        since=st.floats(0, 1e6, allow_nan=False),
        serial=st.integers(1, 10_000),
        page=st.integers(1, 300),
    ),
    min_size=1,
    max_size=30,
)


def batch(department: str, pages: int, *, serial: int, since: float = 0.0) -> list[Turn]:
    return [Turn(department=department, left=pages, since=since, serial=serial, page=n) for n in range(1, pages + 1)]


def order(waiting: Iterable[Turn], seconds_a_page: float = 1.0) -> list[Turn]:
    """As one lane would take them."""
    rest, taken = list(waiting), list[Turn]()
    served = {turn.department: 0.0 for turn in rest}
    while rest:
        turn = rest.pop(next_turn(rest, served, len(taken) * seconds_a_page))
        served[turn.department] += 1.0
        taken.append(turn)
    return taken


def test_sections_take_turns_however_much_each_has_brought() -> None:
    taken = order([*batch("1101", 30, serial=1), *batch("1102", 3, serial=2), *batch("1103", 3, serial=3)])
    assert [turn.department for turn in taken[:9]].count("1102") == 3
    assert [turn.department for turn in taken[:9]].count("1103") == 3


def test_a_small_scan_of_a_section_goes_before_its_large_one() -> None:
    taken = order([*batch("1101", 200, serial=1), *batch("1101", 1, serial=2)])
    assert taken[0].serial == 2


def test_a_200_page_batch_yields_to_each_one_page_scan_that_comes_later() -> None:
    rest, served, level = batch("1101", 200, serial=1), {"1101": 0.0}, 0.0
    waits = []
    for second in range(150):
        if second % 10 == 5:
            served["1102"] = join(served, "1102", level)
            rest += batch("1102", 1, serial=second, since=float(second))
        turn = rest.pop(next_turn(rest, served, float(second)))
        level = served[turn.department]
        served[turn.department] += 1.0
        if turn.department == "1102":
            waits.append(second - turn.since)
    assert len(waits) == 15
    assert max(waits) <= 1


def test_a_large_scan_comes_to_its_end_though_small_ones_of_its_section_keep_coming() -> None:
    rest, seconds = batch("1101", 20, serial=1), 0.0
    while any(turn.serial == 1 for turn in rest):
        rest += batch("1101", 1, serial=int(seconds) + 2, since=seconds)  # one page a second comes, one a second is read
        rest.pop(next_turn(rest, {"1101": 0.0}, seconds))
        seconds += 1.0
        assert seconds < 200 * AGING_SECONDS_PER_PAGE


def test_pages_of_one_scan_go_in_their_order() -> None:
    assert [turn.page for turn in order(reversed(batch("1101", 12, serial=1)))] == list(range(1, 13))


def test_a_section_gains_no_credit_for_the_time_it_asked_nothing() -> None:
    assert join({"1101": 40.0, "1103": 3.0}, "1103", level=39.0) == 39.0
    assert join({}, "1103", level=39.0) == 39.0


def test_a_section_is_not_set_back_to_where_the_others_are() -> None:
    assert join({"1101": 40.0, "1103": 41.0}, "1103", level=39.0) == 41.0


@given(TURNS)
def test_everything_that_waits_is_taken_once(turns: list[Turn]) -> None:
    assert sorted(map(repr, order(turns))) == sorted(map(repr, turns))


@given(TURNS, st.floats(0, 1e6, allow_nan=False))
def test_no_section_is_taken_while_one_served_less_waits(turns: list[Turn], now: float) -> None:
    served = {"1101": 1.0, "1102": 2.0, "1103": 3.0}
    chosen = turns[next_turn(turns, served, now)]
    assert served[chosen.department] == min(served[turn.department] for turn in turns)
