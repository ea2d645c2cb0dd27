"""core/disposing/holds.py: until when a hold keeps its records, and which holds cannot be."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.disposing.holds import (
    KINDS,
    BadHold,
    Hold,
    Standing,
    checked,
    day_of,
    effective_end,
    ended,
    ends,
    in_force,
    same_held,
    to_end,
    to_void,
    voided,
)
from scanpipe.core.model import Retention
from scanpipe.core.retention import disposable_from

KEPT = Retention(period="5", start_rule="fy_next_apr1", starts=date(2020, 4, 1), expires=date(2025, 3, 31), disposition="dispose")
DONE = date(2019, 10, 1)


def hold(**said: object) -> Hold:
    facts: dict[str, object] = {
        "id": "01J0000000000000000000000A", "kind": "disclosure", "reason": "開示請求があったため", "reference": "情公第3号", "by": "佐藤",
        "at": datetime(2025, 1, 10, tzinfo=UTC), "since": date(2025, 1, 10), "numbers": ("2026-000001",),
    }  # fmt: skip
    return Hold(**{**facts, **said})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ({}, None),
        ({"ended": date(2025, 3, 31)}, date(2026, 3, 31)),  # a year from 1 April
        ({"kind": "appeal", "ended": date(2025, 9, 30)}, date(2026, 9, 30)),
        ({"ended": date(2024, 2, 29)}, date(2025, 2, 28)),  # a year from 1 March
        ({"ended": date(2023, 2, 28)}, date(2024, 2, 29)),  # also from 1 March, to the day before the next one
        ({"kind": "audit", "ended": date(2025, 6, 30)}, date(2025, 6, 30)),
        ({"kind": "litigation", "until": date(2027, 3, 31)}, date(2027, 3, 31)),
        ({"until": date(2025, 6, 30)}, date(2026, 6, 30)),  # a decision whose day is known
        ({"kind": "litigation", "until": date(2027, 3, 31), "until_event": "判決の確定"}, None),  # may come later
        ({"kind": "litigation", "until_event": "判決の確定", "ended": date(2026, 5, 1)}, date(2026, 5, 1)),
        ({"kind": "other", "until": date.max}, date.max),
        ({"until": date.max}, date.max),
    ],
)
def test_disclosure_and_appeal_keep_for_a_year_after_the_decision_and_open_holds_until_further_notice(said: dict[str, object], end: date | None) -> None:
    assert effective_end(hold(**said)) == end


def test_the_latest_end_of_several_holds_wins_and_an_open_one_over_all() -> None:
    audit, request, suit = hold(kind="audit", ended=date(2025, 12, 31)), hold(ended=date(2025, 6, 30)), hold(kind="litigation")
    assert disposable_from(KEPT, DONE, ends([audit])) == date(2026, 1, 1)
    assert disposable_from(KEPT, DONE, ends([audit, request])) == date(2026, 7, 1)
    assert disposable_from(KEPT, DONE, ends([audit, request, suit])) is None
    assert disposable_from(KEPT, DONE, ends([hold(kind="audit", until=date(2025, 1, 31))])) == date(2025, 4, 1)  # the period itself is longer


def test_a_hold_is_in_force_to_its_last_day() -> None:
    audit = hold(kind="audit", ended=date(2025, 12, 31))
    assert [in_force(audit, day) for day in (date(2025, 12, 31), date(2026, 1, 1))] == [True, False]


@given(st.sampled_from(tuple(KINDS)), st.dates(min_value=date(2025, 1, 10), max_value=date(2200, 12, 31)))
def test_no_hold_ends_before_its_matter(kind: str, day: date) -> None:
    over = effective_end(ended(hold(kind=kind), day, today=day, by="鈴木", reason=""))
    assert over is not None and over >= day
    assert (over == day) == (kind not in ("disclosure", "appeal"))


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"kind": "whim"}, "whim"),
        ({"reason": " "}, "--reason"),
        ({"reference": ""}, "--reference"),
        ({"until": date(2025, 1, 9)}, "2025-01-09"),
        ({"numbers": ()}, "what is held"),
        ({"numbers": (), "standing": Standing()}, "what is held"),
        ({"reason": "あ" * 501}, "500"),
    ],
)
def test_a_hold_that_cannot_be_says_why(said: dict[str, object], says: str) -> None:
    with pytest.raises(BadHold, match=says):
        checked(hold(**said))


def test_numbers_are_kept_once_and_sorted_and_a_disaster_needs_no_reference() -> None:
    kept = checked(hold(kind="other", reference="", numbers=("2026-000003", "2026-000001", "2026-000003")))
    assert kept.numbers == ("2026-000001", "2026-000003")
    assert checked(hold(numbers=(), standing=Standing(category="TAX"))).standing == Standing(category="TAX")


def test_an_end_is_neither_before_the_hold_nor_still_to_come_nor_entered_twice() -> None:
    for day, says in ((date(2025, 1, 9), "before"), (date(2025, 7, 2), "has not come")):
        with pytest.raises(BadHold, match=says):
            ended(hold(), day, today=date(2025, 7, 1), by="鈴木", reason="")
    over = ended(hold(), date(2025, 7, 1), today=date(2025, 7, 1), by="鈴木", reason="決定")
    assert ended(over, date(2025, 7, 1), today=date(2025, 7, 5), by="鈴木", reason="決定") == over
    with pytest.raises(BadHold, match="2025-07-01"):
        ended(over, date(2025, 7, 2), today=date(2025, 7, 5), by="鈴木", reason="")


@pytest.mark.parametrize("said", [{}, {"kind": "appeal", "ended": date(2025, 9, 30)}, {"kind": "litigation", "until_event": "判決の確定"}])
def test_a_void_hold_keeps_nothing_any_more_and_adds_no_year(said: dict[str, object]) -> None:
    mistake = voided(hold(**said), date(2025, 10, 1), by="鈴木", reason="別の記録と取り違えた")
    assert in_force(hold(**said), date(2025, 10, 1)) and not in_force(mistake, date(2025, 10, 1))
    assert disposable_from(KEPT, DONE, ends([mistake])) == date(2025, 10, 1)  # held till then, as everybody thought


def test_a_hold_is_void_once_with_a_reason_and_does_not_end_afterwards() -> None:
    for reason in ("", " ", "あ" * 501):
        with pytest.raises(BadHold):
            voided(hold(), date(2025, 7, 1), by="鈴木", reason=reason)
    mistake = voided(hold(), date(2025, 7, 1), by="鈴木", reason="取り違え")
    assert voided(mistake, date(2025, 7, 9), by="鈴木", reason="取り違え") == mistake
    with pytest.raises(BadHold, match="2025-07-01"):
        voided(mistake, date(2025, 7, 9), by="佐藤", reason="取り違え")
    with pytest.raises(BadHold, match="2025-07-01"):
        ended(mistake, date(2025, 7, 1), today=date(2025, 7, 1), by="鈴木", reason="")


def test_a_hold_is_named_by_its_id_or_by_its_reference() -> None:
    first, second = hold(), hold(id="01J0000000000000000000000B", reference="行訴第7号")
    over = replace(second, id="01J0000000000000000000000C", ended=date(2025, 2, 1))
    mistake = replace(second, id="01J0000000000000000000000D", voided=date(2025, 2, 1))
    for meant in (to_end, to_void):
        assert meant([first, second], "行訴第７号") == [second]
        assert meant([first, second], first.id.lower()) == [first]
        assert meant([second, over], "行訴第7号") == [second]
        assert meant([second, mistake], "行訴第7号") == [second]
        assert meant([second, over], over.id) == [over]
        assert meant([replace(first, reference="")], "") == []


def test_who_ends_a_matter_is_not_asked_about_holds_that_ended_or_were_mistakes() -> None:
    over = [hold(id=f"01J000000000000000000000{n}", ended=date(2025, 2, 1)) for n in (10, 11)]
    mistakes = [hold(id=f"01J000000000000000000000{n}", voided=date(2025, 2, 1)) for n in (12, 13)]
    assert to_end([*over, *mistakes], hold().reference) == over[1:]  # which says that it ended already
    assert to_end(mistakes, hold().reference) == mistakes[1:]
    assert to_void([*over, *mistakes], hold().reference) == over  # which of them was the mistake must be said


def test_what_is_held_to_the_same_end_is_held_once() -> None:
    first, day = hold(numbers=("2025-000001", "2025-000002")), date(2025, 6, 1)
    again = replace(first, id="01J0000000000000000000000B", since=date(2025, 6, 1), by="鈴木", reason="同じ件")
    assert same_held(again, [first], day) == first
    for other in (
        {"reference": "別件"},
        {"numbers": ("2025-000001",)},
        {"until": date(2030, 1, 1)},
        {"kind": "audit"},
        {"standing": Standing(department="0101")},
    ):
        assert same_held(replace(again, **other), [first], day) is None
    assert same_held(again, [replace(first, ended=date(2025, 5, 1)), replace(first, voided=date(2025, 5, 1))], day) is None


def test_a_day_of_a_hold_that_was_surely_mistyped_is_refused() -> None:
    assert day_of("2999-12-31") == date(2999, 12, 31)
    for wrong in ("9999-12-31", "1867-12-31"):
        with pytest.raises(BadHold, match="1868-01-01 to 2999-12-31"):
            day_of(wrong)
