"""Campaigns: gaps in sheets as well as in per cent, months above the path, who lags and why."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.campaign import campaigns
from scanpipe.core.campaign.campaigns import (
    OFFICE,
    Allowance,
    Backslide,
    BadCampaign,
    Campaign,
    Course,
    Gap,
    NoCampaign,
    Paper,
    RateGap,
    Target,
    backslides,
    cap_gap,
    check,
    check_target,
    inherited,
    months_between,
    path,
    rate_gap,
    reasons,
    running,
    shares,
    slides_back,
)

TODAY = date(2025, 12, 15)


def campaign(number: int = 1, **said: Any) -> Campaign:
    facts = {"name": "作戦", "start": date(2025, 6, 1), "end": date(2025, 12, 31), "by": "佐藤", "at": datetime(2025, 6, 1, tzinfo=UTC)}
    return Campaign(id=f"w{number}", number=number, **(facts | said))


def target(department: str = "0101", **said: Any) -> Target:
    return Target(**({"id": "t", "campaign": 1, "department": department, "by": "佐藤", "day": date(2025, 6, 1)} | said))


def papers(base: list[float | None], current: list[float | None]) -> list[Paper]:
    names = months_between(date(2025, 6, 1), date(2026, 5, 31))
    return [Paper(month=name, base=then, current=now) for name, then, now in zip(names, base, current, strict=False)]


def test_a_rate_that_was_missed_is_so_many_sheets() -> None:
    found = rate_gap(papers([100_000.0] * 7, [92_700.0] * 7), 0.10)  # Fukushima set 10 % from June to December and reached 7.3 % (domain §5)
    assert found is not None
    assert (found.asked, found.actual, found.missing) == (630_000.0, 648_900.0, 18_900.0)
    assert (found.rate, found.target) == (pytest.approx(0.073), 0.10)


def test_asahikawas_boxes_come_out() -> None:
    found = rate_gap([Paper(month="2023-04", base=11_691.0, current=11_691.0 - 4_092.0)], 0.35)  # 4,092 boxes, 35 % (domain §1 S4)
    assert found is not None
    assert round(found.rate, 2) == 0.35 and found.missing <= 0


def test_kanazawas_sheets_come_out() -> None:
    assert cap_gap([Paper(month="2023-04", base=None, current=10_000_000.0)], 15_130_000) == Gap(asked=15_130_000.0, actual=10_000_000.0, missing=-5_130_000.0)


def test_months_that_nobody_knows_of_change_no_gap() -> None:
    known = papers([1000.0, None, 1000.0], [900.0, 500.0, None])
    found = rate_gap(known, 0.2)
    assert found is not None and (found.asked, found.actual) == (800.0, 900.0)
    assert rate_gap(papers([None, 0.0], [500.0, 500.0]), 0.2) is None


def test_a_cap_is_parted_as_the_base_year_was_used() -> None:
    months = papers([3000.0, 1000.0], [2000.0, None])
    assert shares(months) == [0.75, 0.25]
    assert cap_gap(months, 2400.0) == Gap(asked=1800.0, actual=2000.0, missing=200.0)
    assert cap_gap(papers([None, 1000.0], [2000.0, None]), 2400.0) == Gap(asked=1200.0, actual=2000.0, missing=800.0)
    assert cap_gap([], 100.0) is None and cap_gap(papers([1.0], [None]), 100.0) is None


def test_a_month_above_its_path_slides_back() -> None:
    months = papers([1000.0, 1000.0, 1000.0], [800.0, 801.0, None])
    assert backslides(months, path(months, target(rate=0.2))) == [Backslide(month="2025-07", used=801.0, allowed=800.0)]
    assert [one.month for one in backslides(months, path(months, target(cap=2100)))] == ["2025-06", "2025-07"]
    assert path(months, target(fm=0.0)) == []


def test_the_path_of_a_month_is_the_lower_one_of_rate_and_cap() -> None:
    months = papers([1000.0, 3000.0, None], [None, None, None])
    assert path(months, target(rate=0.2)) == [Allowance(month="2025-06", sheets=800.0, base=1000.0), Allowance(month="2025-07", sheets=2400.0, base=3000.0)]
    assert [one.sheets for one in path(months, target(cap=3000))] == [1000.0, 1000.0, 1000.0]  # evenly, as a base is missing
    assert [one.sheets for one in path(months, target(rate=0.2, cap=3000))] == [800.0, 1000.0, 1000.0]
    assert path([], target(rate=0.2)) == []


def test_what_is_closed_is_looked_at_from_its_end() -> None:
    assert campaign().day(TODAY) == TODAY
    assert campaign().day(date(2027, 1, 1)) == date(2025, 12, 31)
    assert campaign(ended=date(2025, 9, 30)).day(TODAY) == date(2025, 9, 30)
    assert [campaign().runs(day) for day in (date(2025, 5, 31), date(2025, 6, 1), date(2025, 12, 31), date(2026, 1, 1))] == [False, True, True, False]


def test_the_only_campaign_that_runs_needs_no_number() -> None:
    one, other = campaign(1), campaign(2, start=date(2025, 12, 1), end=date(2026, 3, 31))
    assert running([one, other], None, date(2025, 7, 1)) == one
    assert running([one, other], 2, date(2025, 7, 1)) == other
    for known, number, kind in (([one, other], None, BadCampaign), ([], None, BadCampaign), ([one], 7, NoCampaign)):
        with pytest.raises(kind):
            running(known, number, TODAY)


def test_what_cannot_be_a_campaign_or_a_target_is_refused() -> None:
    for wrong in (campaign(name=" "), campaign(end=date(2025, 5, 31))):
        with pytest.raises(BadCampaign):
            check(wrong)
    for wrong_target in (target(), target(rate=1.2), target(rate=0.0), target(cap=-1), target(fm=float("nan"))):
        with pytest.raises(BadCampaign):
            check_target(wrong_target)


def test_targets_of_sections_that_became_one_add_up() -> None:
    heirs = {"0101": "0104", "0103": "0104", "0104": "0104"}
    ended = {"0101": date(2025, 9, 30), "0103": date(2025, 9, 30)}
    known = [target("0101", rate=0.2, cap=1000, fm=2.0), target("0103", rate=0.3, cap=500), target(OFFICE, rate=0.1)]
    found = inherited(known, heirs.__getitem__, ended)
    assert (found["0104"].rate, found["0104"].cap, found["0104"].fm, found["0104"].scans_week) == (0.3, 1500, 2.0, None)
    assert found[OFFICE].rate == 0.1 and set(found) == {"0104", OFFICE}
    early = inherited([*known, target("0104", rate=0.25, cap=100)], heirs.__getitem__, ended)["0104"]
    assert (early.rate, early.cap) == (0.25, 1600)
    late = inherited([*known, target("0104", rate=0.25, cap=100, day=date(2025, 10, 1))], heirs.__getitem__, ended)["0104"]
    assert (late.rate, late.cap, late.fm) == (0.25, 100, None)


def test_a_section_lags_for_every_reason_there_is() -> None:
    course = Course(
        department="0101", last_scan=date(2025, 11, 15), waiting=12, oldest=date(2025, 11, 1), rate=RateGap(asked=1.0, actual=2.0, missing=1.0, rate=0.1, target=0.3),
        cap=Gap(asked=1.0, actual=2.0, missing=1.0), fm=Gap(asked=1.0, actual=2.0, missing=1.0), scans=Gap(asked=9.0, actual=2.0, missing=7.0), filled=0.5,
        backslides=(Backslide(month="2025-11", used=2.0, allowed=1.0),),
    )  # fmt: skip
    assert [one.says for one in reasons(course, TODAY, 14)] == [
        campaigns.NO_SCANS, campaigns.OLD_REVIEW, campaigns.BELOW_RATE, campaigns.ABOVE_CAP, campaigns.BEHIND_PLAN, campaigns.FEW_SCANS, campaigns.FILLED,
        campaigns.BACKSLID,
    ]  # fmt: skip
    for one in reasons(course, TODAY, 14):
        assert one.says.format(**one.facts)
    assert [one.says for one in reasons(Course(department="0103", last_scan=None, waiting=0, oldest=None), TODAY, 14)] == [campaigns.NEVER_SCANNED]


def test_a_section_on_its_way_does_not_lag() -> None:
    course = Course(department="0101", last_scan=TODAY, waiting=3, oldest=TODAY, rate=RateGap(asked=2.0, actual=1.0, missing=-1.0, rate=0.4, target=0.3))
    assert reasons(course, TODAY, 14) == []


SHEETS = st.one_of(st.none(), st.floats(0, 1e6).map(lambda n: round(n, 1)))


@given(st.lists(st.tuples(SHEETS, SHEETS), min_size=1, max_size=12), st.floats(0.01, 1), st.floats(0, 1e7))
def test_gaps_and_slides_agree(rows: list[tuple[float | None, float | None]], rate: float, cap: float) -> None:
    months = papers([base for base, _now in rows], [now for _base, now in rows])
    assert sum(shares(months)) == pytest.approx(1)
    gap = rate_gap(months, rate)
    if gap is not None and gap.missing > 1:  # above the path altogether: above it in one month at least
        known = [one for one in months if one.base]
        assert backslides(known, path(known, target(rate=rate)))
    whole = cap_gap(months, cap)
    if whole is not None and all(one.current is not None for one in months):
        assert whole.missing == pytest.approx(sum(one.current or 0.0 for one in months) - cap, abs=0.1)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 2000))
def test_all_months_of_a_period_are_named_once(start: date, days: int) -> None:
    end = date.fromordinal(start.toordinal() + days)
    found = months_between(start, end)
    assert found[0] == f"{start:%Y-%m}" and found[-1] == f"{end:%Y-%m}" and found == sorted(set(found))


def test_months_in_a_row_are_said_as_first_and_last() -> None:
    def said(*months: str) -> str:
        slid = tuple(Backslide(month=one, used=2.0, allowed=1.0) for one in months)
        return str(reasons(Course(department="0101", last_scan=TODAY, waiting=0, oldest=None, backslides=slid), TODAY, 14)[0].facts["months"])

    assert said("2025-06", "2025-07") == "2025-06, 2025-07"
    assert said("2025-04", "2025-10", "2025-11", "2025-12", "2026-01", "2026-03") == "2025-04, 2025-10 - 2026-01, 2026-03"


def test_three_months_above_the_path_are_an_alert_and_two_or_an_older_slide_are_none() -> None:
    def alert(*used: float | None) -> bool:
        months = papers([1000.0] * len(used), list(used))
        return slides_back(months, backslides(months, path(months, target(rate=0.2))))

    assert alert(700.0, 801.0, 900.0, 1000.0) and alert(900.0, 900.0, 900.0, None)
    assert not alert(900.0, 900.0) and not alert(900.0, 900.0, 900.0, 800.0) and not alert(900.0, 900.0, 700.0, 900.0) and not alert()
