"""The cabinets as people look at them: by section through reorganisations, what ledger B suggests, the plan and the forecast."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import Shelf, shelf

from scanpipe import config
from scanpipe.catalogue.requests import Wish
from scanpipe.config import Settings
from scanpipe.core.campaign.campaigns import OFFICE
from scanpipe.upkeep.campaign import cabinets, cabinets_shown, campaigns, zero_certificate
from scanpipe.upkeep.campaign.cabinets_shown import Shelves

START = date(2026, 4, 1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return two_sections(tmp_path / "site", language="en")


@pytest.fixture
def kept(settings: Settings) -> Iterator[Shelf]:
    with shelf(settings) as found:
        yield found


class Office:
    """Asks as people do, each on their day."""

    def __init__(self, kept: Shelf) -> None:
        self.kept, self.asked = kept, 0

    def ask(self, decide: Any, day: date, who: str = "佐藤", **wants: Any) -> Any:
        self.asked += 1
        wish = Wish(id=f"w{self.asked:03d}", at=datetime(day.year, day.month, day.day, 3, tzinfo=UTC), who=who, verb="x", wants=wants)
        answer = decide(wish, self.kept.catalogue, self.kept.settings)
        assert decide(wish, self.kept.catalogue, self.kept.settings).keys() == answer.keys()  # answered twice: the same again
        return answer

    def enter(self, day: date, section: str, *fm: float, first: int = 1) -> list[str]:
        ids = [f"{section}-{n:03d}" for n in range(first, first + len(fm))]
        self.ask(cabinets.enter, day, cabinets=[{"id": id, "department": section, "fm": metres} for id, metres in zip(ids, fm, strict=True)], only="new")
        return ids

    def empty(self, day: date, *ids: str, signed: bool = True) -> None:
        self.ask(cabinets.empty, day, ids=list(ids))
        if signed:
            self.ask(cabinets.sign_off, day, "山本", ids=list(ids))


def merged(settings: Settings, last: date) -> Settings:
    """The tax section ended on this day; general affairs took over."""
    file = settings.file.with_name("departments.toml")
    head, code, tail = file.read_text("utf-8").partition(f'code = "{TAX}"')
    file.write_text(f'{head}{code}\nvalid_to = {last.isoformat()}\nsuccessor = "{GENERAL}"{tail}', "utf-8")
    return config.load(settings.file)


def test_a_wish_that_is_answered_twice_acts_once(kept: Shelf) -> None:
    office = Office(kept)
    office.enter(START, GENERAL, 4.0, 4.0)
    office.empty(START + timedelta(days=1), f"{GENERAL}-001")
    events = [row["kind"] for row in kept.catalogue.db.conn.execute("SELECT kind FROM event ORDER BY seq")]
    assert events == ["cabinet_set", "cabinet_set", "cabinet_emptied", "cabinet_signed_off"]


def test_zero_is_all_emptied_and_signed_off(kept: Shelf) -> None:
    office = Office(kept)
    one, other = office.enter(START, GENERAL, 4.0, 2.5)
    office.empty(START + timedelta(days=1), one)
    office.empty(START + timedelta(days=2), other, signed=False)
    day = START + timedelta(days=3)
    found = Shelves(kept.catalogue.db, kept.settings, day)
    assert found.counts(GENERAL) == {"fm_start": 6.5, "fm_now": 0.0, "cabinets": 2, "emptied": 2, "signed_off": 1}
    assert not found.reached_zero(GENERAL) and not Shelves(kept.catalogue.db, kept.settings, day).reached_zero(TAX)
    office.ask(cabinets.sign_off, day, "山本", ids=[other])
    assert Shelves(kept.catalogue.db, kept.settings, day).reached_zero(GENERAL)
    zero = zero_certificate.zero_of(Shelves(kept.catalogue.db, kept.settings, day), GENERAL)
    assert (zero.cabinets, zero.fm, zero.since, zero.reached, zero.signed_by) == (2, 6.5, START, day, ("山本",))


def counts(kept: Shelf, day: date) -> dict[str, Any]:
    shelves = Shelves(kept.catalogue.db, kept.settings, day)
    return {code: shelves.counts(code) for code in shelves.of_section}


def test_a_closed_year_stays_as_it_was_when_sections_are_merged(kept: Shelf) -> None:
    office = Office(kept)
    office.enter(START, GENERAL, 4.0)
    office.enter(START, TAX, 8.0, 1.0)
    before = counts(kept, date(2027, 3, 31))
    assert {code: one["fm_now"] for code, one in before.items()} == {GENERAL: 4.0, TAX: 9.0}
    kept.settings = merged(kept.settings, date(2027, 3, 31))
    office.empty(date(2027, 5, 1), f"{TAX}-001")
    assert counts(kept, date(2027, 3, 31)) == before
    now = counts(kept, date(2027, 5, 1))
    assert now == {GENERAL: {"fm_start": 13.0, "fm_now": 5.0, "cabinets": 3, "emptied": 1, "signed_off": 1}}
    curve = Shelves(kept.catalogue.db, kept.settings, date(2027, 5, 1)).curve(GENERAL)
    recorded = {date.fromisoformat(point["day"]): point["fm"] for point in curve}
    assert {fm for day, fm in recorded.items() if day <= date(2027, 3, 31)} == {4.0}
    assert recorded[date(2027, 5, 1)] == 5.0 and curve[0]["left"] == 13.0


def test_a_cabinet_that_was_moved_to_another_section_freed_nothing(kept: Shelf) -> None:
    office = Office(kept)
    (one,) = office.enter(START, GENERAL, 4.0)
    office.enter(START, TAX, 1.0)
    office.ask(cabinets.move, START + timedelta(days=30), ids=[one], department=TAX)
    found = Shelves(kept.catalogue.db, kept.settings, START + timedelta(days=31))
    assert (found.counts(GENERAL)["cabinets"], found.counts(TAX)["fm_start"], found.counts(TAX)["fm_now"]) == (0, 5.0, 5.0)
    assert found.forecast(TAX).day is None
    assert [point["left"] for point in found.curve(TAX)] == [5.0] * len(found.curve(TAX))


def test_the_way_to_the_target_is_planned_and_foretold(kept: Shelf) -> None:
    office = Office(kept)
    ids = office.enter(START, GENERAL, *[2.0] * 20)
    office.ask(campaigns.begin, START, name="ゼロ作戦", **{"from": START.isoformat(), "to": (START + timedelta(days=100)).isoformat()})
    office.ask(campaigns.set_target, START, department=GENERAL, fm=0.0)
    for week in range(7):
        office.empty(START + timedelta(days=7 * week + 3), ids[week])
    today = START + timedelta(days=50)
    way = cabinets_shown.listed(kept.catalogue.db, kept.settings, today)["departments"][GENERAL]
    assert (way["fm_now"], way["target"]) == (26.0, {"day": "2026-07-10", "fm": 0.0, "campaign": 1, "planned_now": 20.0})
    assert way["forecast"]["metres_a_week"] == 2.0
    assert way["forecast"]["day"] == (today + timedelta(weeks=13)).isoformat()


def test_ledger_b_suggests_and_enters_nothing(kept: Shelf) -> None:
    office = Office(kept)
    office.enter(START, GENERAL, 4.0)
    rows = [(START, 50_000.0), (START + timedelta(days=1), 15_000.0), (START + timedelta(days=9), 5_000.0)]
    for day, sheets in rows:
        kept.catalogue.db.conn.execute(
            "INSERT INTO tally (day, fiscal_year, department, category, removed) VALUES (?, 2026, ?, 'TAX', ?)", [day.isoformat(), GENERAL, sheets]
        )
    way = cabinets_shown.listed(kept.catalogue.db, kept.settings, START + timedelta(days=5))["departments"][GENERAL]
    assert way["suggestion"] == {
        "removed_sheets": 15_000.0, "since": "2026-04-01", "fm": 1.5, "fm_now_suggested": 2.5, "factor": "sheets_per_file_metre", "sheets_per_file_metre": 10_000,
        "provisional": True,
    }  # fmt: skip
    assert way["fm_now"] == 4.0
    office.ask(cabinets.enter, START + timedelta(days=10), cabinets=[{"id": f"{GENERAL}-001", "fm": 2.2}], only="known")
    assert cabinets_shown.listed(kept.catalogue.db, kept.settings, START + timedelta(days=11))["departments"][GENERAL]["suggestion"] is None
    confirmed = replace(kept.settings, metrics=kept.settings.metrics.model_copy(update={"confirmed": ("sheets_per_file_metre",)}))
    assert cabinets_shown.listed(kept.catalogue.db, confirmed, START + timedelta(days=5))["departments"][GENERAL]["suggestion"]["provisional"] is False


def test_what_was_measured_stands_when_tiers_are_corrected(kept: Shelf) -> None:
    office = Office(kept)
    office.ask(
        cabinets.enter, START, cabinets=[{"id": "A-1", "department": GENERAL, "tiers": 5, "width_m": 0.8}, {"id": "A-2", "department": GENERAL, "fm": 3.3}]
    )
    answer = office.ask(cabinets.enter, START, cabinets=[{"id": "A-1", "tiers": 4}, {"id": "A-2", "tiers": 4, "width_m": 0.8}], only="known")
    assert [(one["fm"], one["basis"], one["fm_start"]) for one in answer["cabinets"]] == [(3.2, "computed", 3.2), (3.3, "measured", 3.3)]
    assert Shelves(kept.catalogue.db, kept.settings, START).counts(OFFICE)["fm_now"] == 6.5
