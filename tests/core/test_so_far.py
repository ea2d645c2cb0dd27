"""Ledger A added up month by month against what the campaign asks: the last month known is the year's own figure, months to come show what is asked alone."""

from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.campaign.campaigns import Allowance
from scanpipe.core.campaign.ledger_a import Figure
from scanpipe.core.campaign.so_far import SoFar, so_far

MONTHS = [f"2026-{n:02d}" for n in range(4, 13)] + [f"2027-{n:02d}" for n in range(1, 4)]


def month(base: float, current: float) -> Figure:
    return Figure(base=base, current=current, saved=base - current, rate=None)


def path(rate: float, names: list[str], base: float = 1000.0) -> list[Allowance]:
    return [Allowance(month=name, sheets=base * (1 - rate), base=base) for name in names]


def test_what_was_saved_adds_up_beside_what_is_asked_by_then() -> None:
    months = {"2026-04": month(1000.0, 900.0), "2026-05": month(1000.0, 700.0)}
    whole = Figure(base=2000.0, current=1600.0, saved=400.0, rate=0.2)
    found = so_far(months, whole, path(0.3, MONTHS[:4]), 2026, 100.0)
    assert found == (
        SoFar(month="2026-04", ledger_a=Figure(base=1000.0, current=900.0, saved=100.0, rate=0.1), to_save=300.0),
        SoFar(month="2026-05", ledger_a=whole, to_save=600.0),
        SoFar(month="2026-06", ledger_a=Figure(), to_save=900.0),
        SoFar(month="2026-07", ledger_a=Figure(), to_save=1200.0),
    )


def test_a_campaign_that_begins_in_the_year_asks_from_what_was_saved_before_it() -> None:
    months = {"2026-04": month(1000.0, 950.0), "2026-05": month(1000.0, 800.0)}
    found = so_far(months, Figure(base=2000.0, current=1750.0, saved=250.0), path(0.1, ["2026-05", "2026-06"]), 2026, 100.0)
    assert [(one.month, one.to_save) for one in found] == [("2026-04", None), ("2026-05", 150.0), ("2026-06", 250.0)]


def test_a_month_of_which_nothing_is_known_neither_saves_nor_is_asked_for() -> None:
    months = {"2026-04": month(1000.0, 900.0), "2026-05": Figure(current=5.0), "2026-06": month(1000.0, 900.0)}
    found = so_far(months, Figure(base=2000.0, current=1800.0, saved=200.0), path(0.3, MONTHS[:3]), 2026, 100.0)
    assert [(one.ledger_a.saved, one.to_save) for one in found] == [(100.0, 300.0), (100.0, 300.0), (200.0, 600.0)]


def test_nothing_to_compare_adds_up_to_nothing_and_a_small_base_has_no_rate() -> None:
    assert so_far({"2026-04": Figure(current=7.0)}, Figure(current=7.0), path(0.3, MONTHS), 2026, 100.0) == ()
    months = {"2026-04": month(50.0, 40.0), "2026-05": month(40.0, 40.0)}
    found = so_far(months, Figure(base=90.0, current=80.0, saved=10.0), [], 2026, 100.0)
    assert [one.ledger_a.rate for one in found] == [None, None] and [one.to_save for one in found] == [None, None]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=12), st.floats(0.01, 1.0))
def test_the_last_month_says_what_the_year_says(rows: list[tuple[int, int]], rate: float) -> None:
    months = {name: month(float(base), float(current)) for name, (base, current) in zip(MONTHS, rows, strict=False)}
    base, current = (float(sum(column)) for column in zip(*rows, strict=True))
    whole = Figure(base=base, current=current, saved=base - current, rate=None)
    allowed = [Allowance(month=name, sheets=one.base * (1 - rate), base=one.base) for name, one in months.items() if one.base is not None]
    found = so_far(months, whole, allowed, 2026, 1e12)
    assert len(found) == len(rows) and found[-1].ledger_a == whole
    assert found[-1].to_save is not None and abs(found[-1].to_save - base * rate) < 0.1 * len(rows)
