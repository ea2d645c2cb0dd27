"""The one place of all figures: what the cities published comes out of it, whoever reads, and nothing is told of sections to the public."""

from collections.abc import Iterator
from datetime import date

import pytest
from custody import GENERAL, TAX
from figured_office import BASE, DAY, YEAR, ask, bring, fill, months, report, site_with
from kept_records import Shelf, shelf

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search_result import Access
from scanpipe.catalogue.visible import narrow
from scanpipe.core.campaign.campaigns import NoCampaign
from scanpipe.core.campaign.figures import Figures
from scanpipe.core.campaign.indicators import Figure
from scanpipe.core.campaign.ledger_a import Figure as Paper
from scanpipe.core.campaign.paper_counts import WHOLE, Unit
from scanpipe.i18n import speaking
from scanpipe.upkeep.campaign import campaigns, story
from scanpipe.upkeep.campaign.figures import figures

KANAZAWA_BASE = 30_000_000.0  # the city did not publish it; any base gives the same saving


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """An office with figures of every kind in YEAR; in other years what cities published, and what is not comparable."""
    with shelf(site_with(tmp_path_factory.mktemp("figures") / "site")) as found:
        fill(found)
        bring(found, tuple((month, WHOLE, Unit.SHEET, KANAZAWA_BASE / 12) for month in months(2022)))
        bring(found, tuple((month, WHOLE, Unit.SHEET, (KANAZAWA_BASE - 5_130_000) / 12) for month in months(2023)))
        bring(found, (("2016-04", WHOLE, Unit.BOX, 11_691.0), ("2018-04", WHOLE, Unit.BOX, 7_599.0)))  # in the city: 2021 and 2023
        bring(found, (("2010-04", GENERAL, Unit.SHEET, 5_000.0), ("2011-04", GENERAL, Unit.SHEET, 6_000.0)))
        ask(found, campaigns.begin, name="二つ目", **{"from": "2026-12-01", "to": "2026-12-31"}, base_year=2024)
        yield found


def seen(kept: Shelf, access: Access | None = None, *, year: int | None = YEAR, today: date = DAY, **asked: int | None) -> Figures:
    reader = CatalogueReader(kept.settings.layout.catalogue_db)
    try:
        if access is not None:
            narrow(reader.db, access)
        return figures(reader, kept.settings, today, fiscal_year=year, **asked)
    finally:
        reader.close()


def test_kanazawas_5_13_million_sheets_come_out(kept: Shelf) -> None:
    found = seen(kept, year=2023, base_year=2022)
    assert found.city.ledger_a == Paper(base=30_000_000.0, current=24_870_000.0, saved=5_130_000.0, rate=0.171)
    assert next(one for one in found.city.conversions if one.name == "boxes").amount == 2_052.0
    assert "5,130,000 sheets (17.1%) fewer" in story.story(found)
    with speaking("ja"):
        assert "5,130,000" in story.story(found)


def test_asahikawas_4092_boxes_come_out_as_35_percent_and_carry_a_mark(kept: Shelf) -> None:
    found = seen(kept, year=2018, base_year=2016)
    boxes = next(one for one in found.city.conversions if one.name == "boxes")
    assert (boxes.amount, boxes.provisional, found.city.provisional) == (4_092.0, True, ("sheets_per_box",))
    assert found.city.ledger_a.rate == pytest.approx(0.350013, abs=1e-6)
    assert "(35.0%)" in story.story(found) and "(provisional)" in story.story(found)
    assert "4,092 (provisional) boxes" in " ".join(story.beside(found))


def test_kanazawas_e_approval_rate_comes_out_and_touches_no_ledger(kept: Shelf) -> None:
    before = seen(kept).city
    report(kept, Figure(month="2026-05", kind="yen_saved", department="", value=1.0))
    one, other = seen(kept).indicators
    assert one.total is not None and f"{one.total.value:.2%}" == "62.39%"
    assert other.kind == "yen_saved" and seen(kept).city == before


def test_everybody_sees_the_same_figures_however_few_records_they_may_see(kept: Shelf) -> None:
    nothing = Access(departments=frozenset(), restricted=frozenset())
    assert seen(kept, nothing) == seen(kept, Access(departments=frozenset([GENERAL]), restricted=None)) == seen(kept)


def test_a_section_has_its_months_metres_targets_and_reasons(kept: Shelf) -> None:
    found = seen(kept)
    general = found.section(GENERAL)
    assert general is not None and general.way is not None and general.way.target is not None
    assert general.ledger_a == Paper(base=60_000.0, current=40_797.0, saved=19_203.0, rate=0.32005)
    assert (general.per_head.current, general.per_head.saved) == (2_039.8, 960.1)
    assert [one.month for one in general.months][:2] == ["2026-04", "2026-05"]
    assert (general.cabinets.fm_start, general.cabinets.fm_now, general.cabinets.emptied, general.cabinets.signed_off) == (13.25, 9.25, 1, 1)
    assert (general.way.target.rate, general.way.lagging) == (0.4, True)
    assert any("4,797 sheets too many" in one for one in general.way.says())
    assert [one.fiscal_year for one in found.years] == [2010, 2011, 2016, 2018, 2022, 2023, BASE, YEAR]
    assert found.years[-1].ledger_a == found.city.ledger_a


def test_the_office_is_the_sum_of_its_sections(kept: Shelf) -> None:
    found = seen(kept)
    for ledger in ("digitised", "cleared", "removed"):
        assert getattr(found.city.ledger_b, ledger) == sum(getattr(one.ledger_b, ledger) for one in found.sections)
    assert found.city.cabinets.fm_now == sum(one.cabinets.fm_now for one in found.sections)
    assert found.city.ledger_a.saved == sum(one.ledger_a.saved or 0.0 for one in found.sections)


def test_metres_that_are_nothing_but_a_factor_carry_a_mark(kept: Shelf) -> None:
    found = seen(kept)
    assert [(one.code, one.cabinets.assumed, one.cabinets_provisional) for one in found.sections] == [(GENERAL, 0, False), (TAX, 1, True)]
    assert found.city.cabinets_provisional


def test_a_year_that_is_over_is_seen_as_on_its_last_day(kept: Shelf) -> None:
    assert seen(kept, year=BASE).day == date(2026, 3, 31)
    assert seen(kept, year=BASE).campaign is None and seen(kept, year=BASE).city.cabinets.cabinets == 0


def test_what_came_after_the_day_is_not_known_on_it(kept: Shelf) -> None:
    """The report of June says the same in July and in November."""
    june = seen(kept, today=date(2026, 6, 30))
    assert june.city.ledger_a == Paper(base=30_300.0, current=20_788.5, saved=9_511.5, rate=0.313911)
    assert june.city.behind is not None and june.city.behind.months == ("2026-04", "2026-05", "2026-06")
    assert june.years[-1].ledger_a == june.city.ledger_a and june.years[-2] == seen(kept).years[-2]
    assert june.city.way is not None and june.city.way.course.rate is not None and june.city.way.course.rate.actual == 20_788.5
    assert [one.month for one in june.so_far(june.city) if one.ledger_a.saved is not None] == ["2026-04", "2026-05", "2026-06"]
    assert [one.month for one in june.city.months] == ["2026-04", "2026-05", "2026-06"]  # of those to come nobody knows, not even that nothing was scanned
    assert seen(kept, today=date(2026, 4, 30)).indicators[0].months[-1].month == "2026-04"


def test_the_campaign_can_be_chosen_and_brings_its_own_base_year(kept: Shelf) -> None:
    later = date(2026, 12, 2)
    assert (seen(kept).campaign.number, seen(kept, today=later).campaign.number, seen(kept, today=later).base_year) == (1, 2, BASE)  # type: ignore[union-attr]
    assert (seen(kept, campaign=1).base_year, seen(kept, campaign=2).base_year, seen(kept, campaign=2, base_year=BASE).base_year) == (BASE, 2024, BASE)
    with pytest.raises(NoCampaign):
        seen(kept, campaign=9)


def test_the_public_is_told_nothing_of_sections(kept: Shelf) -> None:
    body = str(seen(kept).without_sections().body())
    assert "総務課" not in body and "税務課" not in body and f"'{GENERAL}'" not in body
    assert "19023" in body.replace(",", "")  # the city's figure is there


def test_without_any_figure_there_is_a_sentence_all_the_same(kept: Shelf) -> None:
    empty = seen(kept, year=2000)
    assert "nothing can be said" in story.story(empty) and list(story.beside(empty)) == []


def test_paper_without_a_base_year_is_told_and_not_compared(kept: Shelf) -> None:
    assert "5,000 sheets of paper were used; without figures of a base year" in story.story(seen(kept, year=2010, base_year=2009))


def test_more_paper_than_before_is_said_as_it_is(kept: Shelf) -> None:
    assert "1,000 sheets (20.0%) more were used" in story.story(seen(kept, year=2011, base_year=2010))
