"""Key ratios for other offices: classes instead of numbers, and only what can be a file of ours."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.campaign.benchmarks import POPULATION, Benchmark, class_of, compared, is_sound, per_head, significant

OWN = Benchmark(fiscal_year=2025, months=12, base_per_head=9740.0, rate=0.35, fm_per_head=2.5)


@pytest.mark.parametrize(("number", "found"), [(0, ""), (9_999, "0-10000"), (10_000, "10000-30000"), (43_000, "30000-50000"), (2_000_000, "1000000-")])
def test_a_city_is_told_by_its_class_alone(number: int, found: str) -> None:
    assert class_of(number, POPULATION) == found


def test_ratios_have_three_digits() -> None:
    assert per_head(19_486_000.0, 2_000) == 9740.0
    assert per_head(None, 2_000) is None and per_head(10.0, 0) is None
    assert (significant(0.0123456), significant(-98765.0), significant(0.0)) == (0.0123, -98800.0, 0.0)


def test_each_ratio_stands_beside_what_others_have() -> None:
    others = [replace(OWN, rate=0.1, fm_per_head=None), replace(OWN, rate=0.5, fm_per_head=4.0), replace(OWN, rate=0.2, fm_per_head=None)]
    rows = {row["ratio"]: row for row in compared(OWN, others)}
    assert {name: rows["rate"][name] for name in ("own", "median", "least", "most", "offices")} == {
        "own": 0.35, "median": 0.2, "least": 0.1, "most": 0.5, "offices": 3,
    }  # fmt: skip
    assert (rows["fm_per_head"]["offices"], rows["digitised_per_head"]["median"], rows["digitised_per_head"]["offices"]) == (1, None, 0)


def test_offices_that_know_some_months_are_compared_by_the_year() -> None:
    half = replace(OWN, months=6, base_per_head=4870.0)
    assert [row["own"] for row in compared(half, [])][:1] == [9740.0] and compared(OWN, [half])[0]["median"] == 9740.0
    assert compared(replace(OWN, months=0), [])[0]["own"] is None
    scanned = {row["ratio"]: row["own"] for row in compared(replace(OWN, digitised_per_head=300.0, digitised_months=4), [])}
    assert (scanned["digitised_per_head"], scanned["fm_per_head"]) == (900.0, 2.5)


@pytest.mark.parametrize(
    "wrong", [{"schema": 2}, {"kind": "x"}, {"rate": 1.5}, {"rate": float("nan")}, {"months": 13}, {"digitised_months": -1}, {"base_per_head": 1e12}]
)
def test_what_cannot_be_is_no_benchmark(wrong: dict[str, object]) -> None:
    assert is_sound(OWN)
    assert not is_sound(replace(OWN, **wrong))  # type: ignore[arg-type]


@given(st.integers(1, 10**8))
def test_every_city_has_one_class_that_holds_it(number: int) -> None:
    low, _dash, high = class_of(number, POPULATION).partition("-")
    assert int(low) <= number and (not high or number < int(high))
