"""Cabinets: what a step makes of one, what may not be, and that only paper which left counts as freed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.campaign import cabinets
from scanpipe.core.campaign.cabinets import Act, BadCabinet, Basis, Cabinet, Kind, Step, after, check, freed, label, metres

DAY = date(2026, 4, 1)
AT = datetime(2026, 4, 1, 9, tzinfo=UTC)


def step(kind: Kind, n: int = 0, **said: Any) -> Step:
    return Step(**({"id": f"w{n}", "cabinet": "3F-1", "kind": kind, "by": "佐藤", "at": AT, "day": DAY + timedelta(days=n)} | said))


def entered(**said: Any) -> Cabinet:
    return after(None, step(Kind.SET, **({"department": "0101", "fm": 4.0, "basis": Basis.COMPUTED} | said)))


def test_a_cabinet_is_entered_emptied_and_signed_off_by_another_person() -> None:
    cabinet = after(entered(), step(Kind.EMPTIED, 3))
    assert (cabinet.fm, cabinet.fm_start, cabinet.emptied, cabinet.is_zero) == (0.0, 4.0, Act(by="佐藤", day=DAY + timedelta(days=3)), False)
    sign = step(Kind.SIGNED_OFF, 4, by="山本")
    check(cabinet, sign, today=sign.day)
    assert after(cabinet, sign).is_zero


@pytest.mark.parametrize("name", ["佐藤", "佐　藤", "佐 藤"])
def test_whoever_emptied_a_cabinet_does_not_sign_it_off(name: str) -> None:
    with pytest.raises(BadCabinet) as caught:
        check(after(entered(), step(Kind.EMPTIED, 3)), step(Kind.SIGNED_OFF, 4, by=name), today=date(2026, 5, 1))
    assert caught.value.template == cabinets.SAME_PERSON


def test_paper_that_comes_back_opens_the_cabinet_again() -> None:
    zero = after(after(entered(), step(Kind.EMPTIED, 3)), step(Kind.SIGNED_OFF, 4, by="山本"))
    filled = after(zero, step(Kind.SET, 9, fm=0.5, basis=Basis.MEASURED))
    assert (filled.emptied, filled.signed_off, filled.fm) == (None, None, 0.5)
    assert freed(zero, filled, step(Kind.SET, 9, fm=0.5)) == -0.5
    assert after(zero, step(Kind.MOVED, 9, place="倉庫")).is_zero


@pytest.mark.parametrize(
    ("kind", "said", "says"),
    [
        (Kind.SIGNED_OFF, {"by": "山本"}, cabinets.NOT_EMPTY),
        (Kind.VOIDED, {}, cabinets.NO_REASON),
        (Kind.MOVED, {}, cabinets.NOWHERE),
        (Kind.EMPTIED, {"day": date(2026, 3, 31)}, cabinets.DAY_BEFORE),
        (Kind.EMPTIED, {"day": date(2027, 3, 31)}, cabinets.DAY_TO_COME),
        (Kind.SET, {"tiers": 0}, cabinets.NOT_A_NUMBER_OF),
        (Kind.SET, {"fm": float("nan")}, cabinets.NOT_A_NUMBER_OF),
        (Kind.SET, {"width_m": 800.0}, cabinets.NOT_A_NUMBER_OF),
    ],
)
def test_what_cannot_be_is_refused(kind: Kind, said: dict[str, Any], says: str) -> None:
    with pytest.raises(BadCabinet) as caught:
        check(entered(), step(kind, **({"n": 3} | said)), today=date(2026, 5, 1))
    assert caught.value.template == says


def test_only_entering_needs_no_cabinet() -> None:
    with pytest.raises(BadCabinet) as caught:
        check(None, step(Kind.EMPTIED), today=DAY)
    assert caught.value.template == cabinets.NO_CABINET
    check(None, step(Kind.SET, fm=1.0), today=DAY)


def test_a_void_cabinet_takes_nothing_more() -> None:
    gone = after(entered(), step(Kind.VOIDED, 1, reason="重複"))
    with pytest.raises(BadCabinet) as caught:
        check(gone, step(Kind.SET, 2, fm=1.0), today=date(2026, 5, 1))
    assert caught.value.template == cabinets.IS_VOID


def test_what_was_measured_beats_what_was_computed_and_that_what_is_assumed() -> None:
    assert metres(3.2, 5, 0.8, 4.0) == (3.2, Basis.MEASURED)
    assert metres(None, 5, 0.8, 9.9) == (4.0, Basis.COMPUTED)  # five tiers of 80 cm: domain §5
    assert metres(None, 5, None, 4.0) == (4.0, Basis.ASSUMED)


def test_a_figure_that_was_wrong_from_the_start_frees_nothing() -> None:
    wrong = entered()
    correction = step(Kind.SET, 2, fm=3.0, basis=Basis.MEASURED, correction=True)
    right = after(wrong, correction)
    assert (right.fm, right.fm_start, freed(wrong, right, correction)) == (3.0, 3.0, 0.0)
    cleared = step(Kind.SET, 3, fm=1.0)
    assert (after(right, cleared).fm_start, freed(right, after(right, cleared), cleared)) == (3.0, 2.0)


@given(st.text(max_size=30))
def test_a_label_is_its_own_label(typed: str) -> None:
    try:
        found = label(typed)
    except BadCabinet:
        return
    assert label(found) == found
    assert label(f" {typed.lower()} ") in (found, label(typed.lower()))


KINDS = st.sampled_from([Kind.SET, Kind.MOVED, Kind.EMPTIED, Kind.SIGNED_OFF])
METRES = st.floats(0, 10).map(lambda fm: round(fm, 3))


@given(st.lists(st.tuples(KINDS, METRES, st.booleans(), st.sampled_from(["佐藤", "山本"])), max_size=12))
def test_what_was_freed_is_what_is_missing(acts: list[tuple[Kind, float, bool, str]]) -> None:
    cabinet, gone, known = entered(), 0.0, True
    for n, (kind, fm, correction, by) in enumerate(acts, 1):
        said = {"fm": fm, "correction": correction} if kind is Kind.SET else {"place": "倉庫"} if kind is Kind.MOVED else {}
        does = step(kind, n, by=by, **said)
        try:
            check(cabinet, does, today=date(2026, 5, 1))
        except BadCabinet:
            continue
        before, cabinet = cabinet, after(cabinet, does)
        gone += freed(before, cabinet, does)
        known = known and not (correction and before.fm_start + cabinet.fm < before.fm)  # a start below nothing is none
        assert cabinet.fm >= 0 and (cabinet.emptied is None or cabinet.fm == 0) and (cabinet.signed_off is None or cabinet.emptied is not None)
        assert not known or cabinet.fm_start - cabinet.fm == pytest.approx(gone, abs=0.02)
