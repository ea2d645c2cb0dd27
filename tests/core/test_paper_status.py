"""What may be done to a box of paper, by whom, and when: no order of steps leads past a check, a second person or a hold."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.describing.persons import same_person
from scanpipe.core.disposing.holds import Hold
from scanpipe.core.disposing.paper_rules import Paper, earliest, free_from, kept_by
from scanpipe.core.disposing.papers import FINAL, BadStep, Box, Kind, Status, Step, after, box_number, check, declared_box
from scanpipe.core.disposing.sampling import sample, sample_size

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
TODAY = date(2026, 11, 22)
PEOPLE = ("佐藤", "鈴木", "佐 藤")
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
NUMBERS = st.sets(st.integers(0, 5000).map(lambda n: f"2026-{n:06d}"), max_size=60)


def step(kind: Kind, by: str = "佐藤", **said: Any) -> Step:
    return Step(**{"id": "w", "box": "B-1", "kind": kind, "by": by, "at": AT, "day": TODAY, **said})


def hold(**said: Any) -> Hold:
    facts = {"id": "h", "kind": "audit", "reason": "会計検査", "reference": "検第1号", "by": "佐藤", "at": AT, "since": date(2026, 4, 1), "numbers": ("n",)}
    return Hold(**(facts | said))


def templates(paper: Paper, today: date = TODAY) -> list[str]:
    return [reason.template.format(**reason.params) for reason in kept_by(paper, "0101", today)]


FREE = Paper(number="2026-000001", section="0101", category="CORRESP", free=date(2026, 5, 2))


# --- numbers ---


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("b-0012", "B-0012"),
        (" Ｂ－００１２ ", "B-0012"),
        ("Bー0012", "B-0012"),
        ("B–12", "B-12"),
        ("税−１２", "税-12"),
        ("データー1", "データー1"),
        ("R7.3_2", "R7.3_2"),
    ],
)
def test_a_box_number_is_one_however_it_is_typed(typed: str, number: str) -> None:
    assert box_number(typed) == number


@pytest.mark.parametrize("typed", ["", "-", "B-", "../etc", "B/12", "B;12", "B" * 25, "B--1", "<b>", "\u202eB1"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    assert declared_box(typed) is None
    with pytest.raises(BadStep):
        box_number(typed)


@given(st.text(max_size=40))
def test_a_number_stays_itself_and_is_safe_as_a_file_name(typed: str) -> None:
    number = declared_box(typed)
    if number is not None:
        assert box_number(number) == number
        assert not set('/\\:;"<>|*?% \n') & set(number) and len(number) <= 24


# --- sampling ---


def test_samples_are_those_of_the_standard() -> None:
    sizes = {1: 1, 2: 2, 8: 2, 9: 3, 15: 3, 16: 5, 25: 5, 26: 8, 50: 8, 51: 13, 90: 13, 91: 20, 150: 20, 151: 32, 280: 32, 281: 50, 500: 50, 501: 80, 1200: 80}
    assert {lot: sample_size(lot) for lot in sizes} == sizes
    assert [sample_size(lot) for lot in (0, 1201, 3200, 3201, 10_000, 10_001, 150_000, 500_000, 500_001)] == [0, 125, 125, 200, 200, 315, 500, 800, 1250]


@given(NUMBERS, NUMBERS, st.integers(1, 5))
def test_a_sample_is_the_same_for_the_same_box_and_attempt(records: set[str], whole: set[str], attempt: int) -> None:
    chosen = sample("B-1", attempt, records, whole)
    assert chosen == sample("B-1", attempt, sorted(records, reverse=True), whole)
    assert set(chosen) <= records and records & whole <= set(chosen)
    assert len(chosen) >= sample_size(len(records)) and len(set(chosen)) == len(chosen)
    if not whole:
        assert len(chosen) == sample_size(len(records))


def test_another_attempt_chooses_others() -> None:
    records = [f"2026-{n:06d}" for n in range(200)]
    assert len({sample("B-1", attempt, records) for attempt in range(1, 6)}) == 5


# --- persons ---


@pytest.mark.parametrize(("one", "other", "same"), [("佐藤　花子", "佐藤花子", True), ("ＳＡＴＯ", "sato", True), ("佐藤", "鈴木", False)])
def test_a_person_is_the_same_however_the_name_is_typed(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same


# --- steps ---

KINDS = st.sampled_from([kind for kind in Kind if kind is not Kind.JOINED])
STEPS = st.lists(
    st.builds(
        lambda kind, by, day, reason: step(kind, by, day=TODAY - timedelta(days=day), reason=reason, sample=("a",)),
        KINDS, st.sampled_from(PEOPLE), st.integers(0, 3), st.sampled_from(["", "誤り"]),
    ),
    max_size=40,
)  # fmt: skip


@given(STEPS, st.lists(st.integers(0, 40), max_size=3))
def test_no_order_of_steps_leads_past_a_check_or_a_second_person(steps: list[Step], joins: list[int]) -> None:
    box, hands = Box(number="B-1", department="0101"), ("鈴木",)
    for at, one in enumerate(steps):
        if at in joins:
            box = after(box, step(Kind.JOINED, "scanpipe"))
        try:
            check(box, one, hands=hands, today=TODAY)
        except BadStep:
            continue
        before, box = box, after(box, one)
        assert not before.is_final
        if one.kind is Kind.PASSED:
            assert before.sampled_by and before.status is Status.DIGITISED
        _sound(box, hands)


def _sound(box: Box, hands: tuple[str, ...]) -> None:
    reached = [done.status for done in box.done]
    order = [Status.VERIFIED, Status.CLEARED, Status.APPROVED]
    assert reached[:3] == order[: len(reached)] and len(reached) <= 4
    assert all(status in FINAL for status in reached[3:])
    verified, cleared, approved = (box.step(status) for status in order)
    assert verified is None or not any(same_person(verified.by, hand) for hand in hands)
    assert approved is None or (cleared is not None and not same_person(approved.by, cleared.by))
    assert box.removed is None or (box.is_final and approved is not None and box.removed.day >= approved.day)


def test_paper_given_back_counts_only_if_it_left_the_office() -> None:
    box = Box(number="B-1", department="0101")
    for kind in (Kind.SAMPLED, Kind.PASSED, Kind.CLEARED, Kind.APPROVED):
        box = after(box, step(kind))
    assert after(box, step(Kind.RETURNED)).removed is None
    for gone in (step(Kind.RETURNED, left_office=True), step(Kind.DESTROYED), step(Kind.TRANSFERRED)):
        assert after(box, gone).removed is not None


def test_what_changes_in_a_box_undoes_its_sample() -> None:
    drawn = after(Box(number="B-1", department="0101"), step(Kind.SAMPLED, sample=("a",)))
    for kind in (Kind.BOXED, Kind.UNBOXED, Kind.JOINED):
        assert after(drawn, step(kind)).sampled_by == ""


# --- the clock ---


@pytest.mark.parametrize(
    ("keep", "wait", "free"),
    [
        ("fy_end_of_receipt", 0, date(2026, 4, 1)),
        ("fy_end_of_receipt", 90, date(2026, 6, 30)),
        ("days:30", 0, date(2025, 5, 2)),
        ("days:0", 0, date(2025, 4, 2)),
        ("days:30", 90, date(2025, 7, 31)),
        ("until_verified", 0, date(2025, 8, 1)),
        ("until_verified", 90, date(2025, 10, 31)),
    ],
)
def test_paper_goes_when_its_own_clock_has_run_out(keep: str, wait: int, free: date) -> None:
    assert free_from(keep, wait, date(2025, 4, 1), date(2025, 8, 1)) == free


def test_paper_waits_for_the_check_where_the_clock_hangs_on_it() -> None:
    assert free_from("until_verified", 0, date(2025, 4, 1), None) is None


@given(DAYS, st.sampled_from(["fy_end_of_receipt", "days:0", "days:90"]), st.integers(0, 400))
def test_waiting_days_only_make_it_later(received: date, keep: str, wait: int) -> None:
    plain, longer = free_from(keep, 0, received, None), free_from(keep, wait, received, None)
    assert plain is not None and longer is not None and received < plain <= longer and (longer - plain).days == wait


def test_paper_received_on_the_last_day_of_a_fiscal_year_goes_the_day_after() -> None:
    assert free_from("fy_end_of_receipt", 0, date(2026, 3, 31), None) == date(2026, 4, 1)
    assert free_from("fy_end_of_receipt", 0, date(2026, 4, 1), None) == date(2027, 4, 1)


# --- what keeps it ---


def test_nothing_keeps_the_paper_of_a_sound_record() -> None:
    assert templates(FREE) == []


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"finished": False}, "still being filed"),
        ({"withdrawn": True}, "withdrawn"),
        ({"category": "unclassified", "known": False}, "no category yet"),
        ({"known": False}, "not in the retention schedule"),
        ({"needs_review": True}, "review"),
        ({"stays": True}, "kept on paper"),
        ({"failed": "欠落"}, "欠落"),
        ({"section": "0103"}, "0103"),
        ({"free": date(2026, 11, 23)}, "2026-11-23"),
        ({"holds": (hold(),)}, "until further notice"),
        ({"holds": (hold(until=date(2026, 12, 31)),)}, "until 2026-12-31"),
        ({"holds": (hold(kind="disclosure", ended=date(2026, 1, 10)),)}, "until 2027-01-10"),
    ],
)
def test_each_reason_keeps_it_and_is_named(facts: dict[str, Any], says: str) -> None:
    (reason,) = templates(replace(FREE, **facts))
    assert FREE.number in reason and says in reason


def test_what_has_ended_keeps_nothing() -> None:
    assert templates(replace(FREE, holds=(hold(ended=date(2026, 11, 21)),), free=TODAY)) == []


def test_the_paper_of_a_record_that_was_disposed_of_is_kept_by_nothing_but_a_withdrawn_scan() -> None:
    gone = replace(FREE, disposed=True, needs_review=True, stays=True, free=date.max)
    assert templates(gone) == []
    assert len(templates(replace(gone, withdrawn=True))) == 1


PAPERS = st.builds(
    Paper, number=st.just("n"), section=st.just("0101"), category=st.sampled_from(["CORRESP", "unclassified"]), known=st.booleans(), stays=st.booleans(),
    disposed=st.booleans(), withdrawn=st.booleans(), failed=st.none() | st.just("欠落"), free=st.none() | DAYS,
    holds=st.lists(st.builds(lambda until: hold(until=until), st.none() | DAYS), max_size=2).map(tuple),
)  # fmt: skip


@given(st.lists(PAPERS, max_size=4))
def test_on_the_earliest_day_nothing_keeps_the_box_any_more(papers: list[Paper]) -> None:
    day = earliest(papers, TODAY)
    if day is not None:
        assert [reason for paper in papers for reason in kept_by(paper, "0101", day)] == []
        assert day == TODAY or any(list(kept_by(paper, "0101", day - timedelta(days=1))) for paper in papers)
