"""How a campaign stands: gaps against what was imported, who lags, and closed campaigns that no reorganisation changes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import RECEIVED, Shelf, shelf

from scanpipe import config
from scanpipe.catalogue import campaigns as kept_campaigns
from scanpipe.catalogue.paper_ledger import Brought
from scanpipe.catalogue.requests import Wish
from scanpipe.config import Settings
from scanpipe.core.campaign.campaigns import BadCampaign
from scanpipe.core.campaign.paper_counts import PaperRow, Source, Unit
from scanpipe.errors import NotFound
from scanpipe.upkeep.campaign import benchmarks, cabinets, campaigns, campaigns_shown
from scanpipe.upkeep.campaign.ledger_a import terms_of

TODAY = date(2026, 6, 30)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Shelf]:
    settings = two_sections(tmp_path / "site", language="en")
    with shelf(settings) as found:
        yield found


def ask(kept: Shelf, decide: Any, day: date = date(2026, 4, 1), who: str = "佐藤", **wants: Any) -> Any:
    id = f"{kept.catalogue.journal.seq:06d}"
    wish = Wish(id=id, at=datetime(day.year, day.month, day.day, 3, tzinfo=UTC), who=who, verb="x", wants=wants)
    return decide(wish, kept.catalogue, kept.settings)


def begin(kept: Shelf, first: str = "2026-04-01", last: str = "2026-09-30", base_year: int | None = 2025) -> None:
    ask(kept, campaigns.begin, name="紙を減らす半年", **{"from": first, "to": last}, base_year=base_year)


def bring(kept: Shelf, *rows: tuple[str, str, float]) -> None:
    """Sheets bought: (month, section, sheets)."""
    brought = [PaperRow(month=month, department=section, source=Source.PURCHASE, unit=Unit.SHEET, quantity=sheets) for month, section, sheets in rows]
    id = f"p{kept.catalogue.journal.seq}"
    kept.catalogue.paper_brought(Brought(id=id, by="佐藤", name="a.csv", sha256=id), brought, terms_of(kept.settings))


def shown(kept: Shelf, today: date = TODAY, settings: Settings | None = None) -> dict[str, Any]:
    (campaign,) = kept_campaigns.campaigns(kept.catalogue.db)
    return campaigns_shown.shown(kept.catalogue.db, settings or kept.settings, campaign, today)


def test_gaps_are_in_sheets_against_the_campaigns_own_base_year(kept: Shelf) -> None:
    begin(kept)
    bring(kept, *((f"2025-{n:02d}", GENERAL, 10_000.0) for n in range(4, 10)), ("2026-04", GENERAL, 7_000.0), ("2026-05", GENERAL, 9_500.0))
    ask(kept, campaigns.set_target, department=GENERAL, rate=0.3, cap=42_000)
    body = shown(kept)
    way = body["departments"][GENERAL]
    assert way["gaps"]["rate"] == {"asked": 14_000.0, "actual": 16_500.0, "missing": 2_500.0, "rate": pytest.approx(0.175), "target": 0.3}
    assert way["gaps"]["cap"] == {"asked": 14_000.0, "actual": 16_500.0, "missing": 2_500.0}
    assert way["backslides"] == [{"month": "2026-05", "used": 9_500.0, "allowed": 7_000.0}]
    assert way["lagging"] and any("2,500 sheets too many" in reason for reason in way["reasons"])
    assert body["departments"][TAX]["gaps"]["rate"] is None


def test_a_newer_target_replaces_only_what_it_says(kept: Shelf) -> None:
    begin(kept)
    ask(kept, campaigns.set_target, department=GENERAL, rate=0.3, cap=1_000)
    ask(kept, campaigns.set_target, department=GENERAL, scans_week=50, drop=["cap"])
    (target,) = kept_campaigns.targets(kept.catalogue.db, 1)
    assert (target.rate, target.cap, target.scans_week) == (0.3, None, 50)
    with pytest.raises(BadCampaign):
        ask(kept, campaigns.set_target, department=GENERAL, drop=["rate", "scans_week"])
    with pytest.raises(NotFound):
        ask(kept, campaigns.set_target, department="9999", rate=0.3)


def test_scans_a_week_and_what_waits_to_be_checked_are_counted(kept: Shelf) -> None:
    begin(kept)
    ask(kept, campaigns.set_target, department=GENERAL, scans_week=5)
    for n in range(8):
        kept.record(GENERAL, "CORRESP", date(2026, 2, 1), flags=("doubtful",) if n < 3 else ())
    kept.record(GENERAL, "CORRESP", date(2026, 2, 1), declared={"batch": "2026-000001", "part": "1/2"})  # what batches and merging give is no scan of its own
    kept.record(GENERAL, "CORRESP", date(2026, 2, 1), declared={"merged": "2026-000002"})
    way = shown(kept, RECEIVED.date().replace(day=28))["departments"][GENERAL]
    assert way["gaps"]["scans"] == {"asked": 5.0, "actual": 2.0, "missing": 3.0}
    assert (way["last_scan"], way["lagging"]) == ("2026-04-01", True)
    assert way["reasons"] == ["no scans for 27 days", "3 records wait to be checked, the oldest for 27 days", "2.0 scans a week instead of 5"]
    assert shown(kept, date(2026, 4, 3))["departments"][GENERAL]["reasons"] == []
    assert shown(kept)["departments"][TAX]["reasons"] == ["no scans yet"]


def test_metres_are_compared_with_the_plan_and_cabinets_that_fill_again_are_told(kept: Shelf) -> None:
    ask(kept, cabinets.enter, cabinets=[{"id": "A-1", "department": GENERAL, "fm": 9.0}])
    begin(kept, "2026-04-01", "2026-06-30")
    ask(kept, campaigns.set_target, department=GENERAL, fm=0.0)
    ask(kept, cabinets.enter, date(2026, 6, 20), cabinets=[{"id": "A-1", "fm": 9.5}])
    way = shown(kept, date(2026, 6, 30))["departments"][GENERAL]
    assert way["gaps"]["fm"] == {"asked": 0.0, "actual": 9.5, "missing": 9.5}
    assert way["filled_again"] == 0.5 and "cabinets filled again by 0.5 m in four weeks" in way["reasons"]


def test_a_closed_campaign_stays_as_it_was_when_sections_are_merged(kept: Shelf) -> None:
    begin(kept, "2026-04-01", "2026-05-31")
    bring(
        kept,
        *((f"2025-0{n}", section, 1_000.0) for n in (4, 5) for section in (GENERAL, TAX)),
        *((f"2026-0{n}", section, 900.0) for n in (4, 5) for section in (GENERAL, TAX)),
    )
    for section in (GENERAL, TAX):
        ask(kept, campaigns.set_target, department=section, rate=0.2, cap=2_000)
    before = shown(kept, date(2026, 6, 30))
    file = kept.settings.file.with_name("departments.toml")
    head, code, tail = file.read_text("utf-8").partition(f'code = "{TAX}"')
    file.write_text(f'{head}{code}\nvalid_to = 2026-06-30\nsuccessor = "{GENERAL}"{tail}', "utf-8")
    settings = config.load(kept.settings.file)
    assert shown(kept, date(2027, 6, 30), settings) == before | {"campaign": before["campaign"]}
    assert before["departments"][TAX]["gaps"]["cap"] == {"asked": 2_000.0, "actual": 1_800.0, "missing": -200.0}


def test_a_campaign_that_runs_on_carries_targets_to_who_took_over(kept: Shelf) -> None:
    begin(kept)
    for section in (GENERAL, TAX):
        ask(kept, campaigns.set_target, department=section, rate=0.2, cap=2_000)
    file = kept.settings.file.with_name("departments.toml")
    head, code, tail = file.read_text("utf-8").partition(f'code = "{TAX}"')
    file.write_text(f'{head}{code}\nvalid_to = 2026-05-31\nsuccessor = "{GENERAL}"{tail}', "utf-8")
    found = shown(kept, date(2026, 6, 30), config.load(kept.settings.file))["departments"]
    assert set(found) == {GENERAL}
    assert found[GENERAL]["target"] == {"rate": 0.2, "cap": 4_000, "fm": None, "scans_week": None}


def test_what_has_ended_takes_no_more_targets(kept: Shelf) -> None:
    begin(kept)
    ask(kept, campaigns.end, date(2026, 5, 1), campaign=1, reason="目標を達成")
    with pytest.raises(BadCampaign):
        ask(kept, campaigns.set_target, date(2026, 5, 2), campaign=1, department=GENERAL, rate=0.3)
    with pytest.raises(BadCampaign):
        ask(kept, campaigns.end, date(2026, 5, 3), campaign=1)
    assert shown(kept)["day"] == "2026-05-01"


def test_a_benchmark_has_ratios_and_no_names(kept: Shelf, tmp_path: Path) -> None:
    kept.settings = kept.settings.__class__(
        **{name: getattr(kept.settings, name) for name in kept.settings.__dataclass_fields__ if name != "departments"},
        departments=tuple(one.model_copy(update={"staff": 30}) for one in kept.settings.departments),
    )
    ask(kept, cabinets.enter, cabinets=[{"id": "A-1", "department": GENERAL, "fm": 90.0}])
    kept.record(GENERAL, "CORRESP", date(2026, 2, 1))
    own = benchmarks.own(kept.catalogue.db, kept.settings, 2026, TODAY, population=43_000)
    assert (own.population, own.staff, own.fm_per_head, own.digitised_per_head, own.rate) == ("30000-50000", "50-100", 1.5, 0.0333, None)
    file = tmp_path / "town.json"
    file.write_bytes(benchmarks.written(own))
    assert benchmarks.read(file) == own
    assert kept.settings.site.name not in file.read_text("utf-8") and GENERAL not in file.read_text("utf-8")
    for wrong in (b"", b"[]", b'{"schema": 1}', file.read_bytes().replace(b'"schema": 1', b'"schema": 9'), b" " * 200_000):
        file.write_bytes(wrong)
        with pytest.raises(Exception, match="no benchmark file"):
            benchmarks.read(file)
