"""What the sections scanned today, on the page, as it changes, and on the wall."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import RECEIVED, Shelf, shelf
from peopled import BY_NAME, Peopled, cheap_accounts, enter, opened, peopled_site
from starlette.testclient import TestClient

from scanpipe.catalogue import days
from scanpipe.catalogue.days import DayCounts, DayRow
from scanpipe.catalogue.search_result import Access
from scanpipe.config import Settings
from scanpipe.core import review
from scanpipe.core.model import Recognition
from scanpipe.core.rights import Role
from scanpipe.i18n import speaking
from scanpipe.upkeep.progress import Progress
from scanpipe.web.day_shown import Drawing, told
from scanpipe.web.house import House
from scanpipe.web.live import Live, View, Watched, difference
from scanpipe.web.readers import Readers
from scanpipe.web.routes.today import _changes
from scanpipe.workbench import Workbench

DAY = RECEIVED.date()
BOTH = Watched(departments=frozenset({GENERAL, TAX}), access=Access(), language="en")
OF_GENERAL = Watched(departments=frozenset({GENERAL}), access=Access(departments=frozenset({GENERAL}), restricted=frozenset()), language="en")
ROW = DayRow(
    id="01J1", department=GENERAL, received=RECEIVED, name="scan.pdf", sha256="0" * 64, outcome="accession", number="2026-000001", state="accessioned",
    not_before=None, attempts=0, error=None, batch=None, part=None, pages=None, sheets=None, title=None, category=None, category_name=None, path=None,
    needs_review=False, restricted=False, proof=False, flags=(), reason=None, params={},
)  # fmt: skip
REFUSED = {"id": "01J00000000000000000000090", "department": GENERAL, "name": "空.pdf", "sha256": None, "bytes": 0, "reason": "The file is empty."}
ACCOUNT = {"sha256": "5" * 64, "bytes": 1, "media_type": "application/pdf", "duplex": None, "declared": {}}


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    return two_sections(tmp_path / "site", language="en")


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day of the records that were filed aside."""
    monkeypatch.setattr(House, "now", lambda self: RECEIVED.replace(hour=12))


def fill(kept: Shelf) -> None:
    kept.record(GENERAL, "CONTRACT", DAY, title="契約書", path="cabinet/総務課/2026年度/契約/x.pdf")
    kept.record(GENERAL, "unclassified", DAY, title="照会", flags=(review.CATEGORY_UNCLEAR,))
    kept.record(GENERAL, "WELFARE", DAY, title="保護", restricted=True)
    kept.record(TAX, "TAX", DAY, title="課税", path="cabinet/税務課/2026年度/税/y.pdf")
    kept.record(GENERAL, "unclassified", DAY, title="束", flags=(review.BATCH,))
    kept.catalogue.rejected({**REFUSED, "received": RECEIVED.isoformat(), "params": {}}, "key of what was refused")


# --- one scan in words ---


@pytest.mark.parametrize(
    ("changes", "progress", "said"),
    [
        ({}, None, ("Waits", "busy")),
        ({}, Progress(0, None), ("Being read", "busy")),
        ({}, Progress(2, 12), ("Being read", "busy", "page 3 of 12")),
        ({}, Progress(12, 12), ("Being read", "busy", "page 12 of 12")),
        ({"state": "described"}, None, ("Being filed", "busy")),
        ({"attempts": 1, "not_before": RECEIVED}, None, ("Waits", "doubt", "Something went wrong; it is tried again at 9:00. The scan is safe.")),
        ({"state": "accounted", "category": "CONTRACT", "category_name": "契約", "path": "cabinet/課/2026年度/契約/x.pdf"}, None, ("Filed away", "good", "2026年度 / 契約")),
        ({"state": "accounted", "category": "HR", "category_name": "人事"}, None, ("Filed away", "good", "人事")),
        ({"state": "accounted", "needs_review": True, "flags": (review.NO_TITLE,)}, None, ("Please check", "doubt", "No title was found. Enter the title of the document.")),
        ({"state": "accounted", "proof": True}, None, ("Divided", "quiet")),
        ({"state": "disposed"}, None, ("Disposed of", "quiet")),
        ({"outcome": "duplicate", "state": "accounted"}, None, ("Came twice", "quiet")),
        (
            {"outcome": "rejected", "state": None, "number": None, "reason": "The file is empty."},
            None,
            ("Not taken", "bad", "The file is empty. The file lies in the folder 要確認."),
        ),
    ],
)  # fmt: skip
def test_a_scan_is_told_in_one_word_and_one_sentence(changes: dict[str, Any], progress: Progress | None, said: tuple[str, ...]) -> None:
    with speaking("en"):
        found = told(replace(ROW, **changes), progress)
    assert (found.word, found.mood, found.says)[: len(said)] == said


# --- the facts ---


def test_the_day_of_a_section_is_counted_once_and_newest_first(site: Settings) -> None:
    with shelf(site) as kept:
        fill(kept)
        db = kept.catalogue.db
        rows = days.rows_of(db, [GENERAL], DAY)
        counts = days.counts_of(db, [GENERAL], DAY)
        assert [row.title for row in rows] == ["束", "保護", "照会", "契約書", None]
        assert counts == DayCounts(deliveries=5, filed=4, waiting=0, needs_review=1, duplicates=0, rejected=1, sheets=6)
        assert days.rows_of(db, [GENERAL, TAX], DAY, most=2)[0].title == "束" and len(days.rows_of(db, [GENERAL, TAX], DAY, most=2)) == 2
        assert days.rows_of(db, [GENERAL, TAX], date(2026, 4, 2)) == [] == days.rows_of(db, [], DAY)


# --- the page ---


def test_the_page_shows_a_clerk_their_own_section_and_nothing_restricted(site: Settings) -> None:
    people = _filled(site)
    with opened(people) as client:
        _as(client, people, [GENERAL])
        page = client.get("/").text
        assert "契約書" in page and "Please check" in page and "2026年度 / 契約" in page
        assert "課税" not in page and "保護" not in page
        _as(client, people, [GENERAL, TAX])
        page = client.get("/").text
        assert "課税" in page and "0103 税務課" in page
        only = client.get(f"/?department={TAX}").text
        assert "課税" in only and "契約書" not in only


def test_who_sees_no_records_comes_to_what_their_account_is_for(tmp_path: Path) -> None:
    site = peopled_site(tmp_path / "site")
    with opened(site) as client:
        for kind, address in (("administrator", "/admin"), ("statistics", "/campaign")):
            enter(client, site, BY_NAME[kind])
            assert client.get("/").headers["location"] == address


# --- as it changes ---


def test_a_page_is_told_only_what_is_new() -> None:
    before = View(day=DAY, rows={"b": "B", "a": "A"}, parts={"totals": "2"})
    after = View(day=DAY, rows={"c": "C", "b": "B!", "a": "A"}, parts={"totals": "3"})
    assert difference(None, before) == {"rows": {"b": "B", "a": "A"}, "order": ["b", "a"], "parts": {"totals": "2"}}
    assert difference(before, after) == {"rows": {"c": "C", "b": "B!"}, "order": ["c", "b", "a"], "parts": {"totals": "3"}}
    assert difference(after, after) == {}
    assert difference(before, replace(before, day=date(2026, 4, 2))) == {"again": True}


def test_what_the_daemon_does_reaches_everybody_who_watches(site: Settings) -> None:
    site.layout.work.mkdir(exist_ok=True)  # a daemon would have made it
    bench = Workbench(site.layout.work)
    with shelf(site) as kept:
        live = Live(site, Drawing(site).draw, Readers(site.layout.catalogue_db, frozenset({"WELFARE"})).lend, lambda: DAY)
        heard: list[str] = []

        async def listen() -> None:
            views = live.views(OF_GENERAL, still=5)
            await _heard(views, heard)
            accession = kept.catalogue.accessioned({**ACCOUNT, "id": "01J00000000000000000000001", "department": GENERAL, "name": "新.pdf"}, "k", RECEIVED)
            await _heard(views, heard)
            bench.remember({"page": 1}, accession.sha256, "1-s")
            await _heard(views, heard)
            kept.catalogue.recognised(Recognition(accession_id=accession.id, pages=(), engine="e", settings="s", access_sha256=None))
            await _heard(views, heard)
            await views.aclose()  # type: ignore[attr-defined]

        asyncio.run(listen())
        assert [word for text in heard for word in ("Waits", "Being read", "Being filed") if word in text] == ["Waits", "Being read", "Being filed"]
        _until(lambda: not live._desks)  # nobody watches any more: the thread has ended
        live.close()


async def _heard(views: AsyncIterator[View | None], heard: list[str]) -> None:
    view = await asyncio.wait_for(anext(views), 20)
    assert view is not None
    heard.append(" ".join(view.rows.values()))


def _until(fact: Any) -> None:
    deadline = time.monotonic() + 20
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_who_may_not_see_any_more_is_told_so_and_hears_nothing_further(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanpipe.web.routes.today._CHECK_SECONDS", 0.05)
    with shelf(site) as kept:
        fill(kept)
        live = Live(site, Drawing(site).draw, Readers(site.layout.catalogue_db, frozenset()).lend, lambda: DAY)
        may = threading.Event()
        may.set()

        async def listen() -> list[Any]:
            heard = []
            async for one in _changes(live, OF_GENERAL, may.is_set):
                heard.append(one)
                may.clear()
            return heard

        first, last = asyncio.run(listen())
        live.close()
    assert first.event == "changed" and "契約書" in json.dumps(json.loads(first.data), ensure_ascii=False) and "課税" not in first.data
    assert last.event == "over"


# --- on the wall ---


def test_a_wall_shows_its_section_without_titles_and_nothing_to_open(site: Settings) -> None:
    people = _filled(site)
    bare, titled = _walls(site)
    with opened(people) as client:
        page = client.get(f"/wall/{bare}").text
        assert "2026-000001" in page and "契約" in page and "総務課" in page
        assert "契約書" not in page and "scan.pdf" not in page and "保護" not in page and "課税" not in page
        assert "<a " not in page and 'href="/records' not in page
        page = client.get(f"/wall/{titled}").text
        assert "契約書" in page and "保護" not in page and "<a " not in page


def test_a_revoked_wall_and_one_that_never_was_are_not_found(site: Settings) -> None:
    people = _filled(site)
    bare, _titled = _walls(site)
    accounts = cheap_accounts(site)
    accounts.revoke_token("bare", "test", RECEIVED)
    accounts.close()
    with opened(people) as client:
        for token in (bare, "spt_" + "0" * 43, "x"):
            assert client.get(f"/wall/{token}").status_code == 404 == client.get(f"/wall/{token}/events").status_code


def _filled(site: Settings) -> Peopled:
    with shelf(site) as kept:
        fill(kept)
    return Peopled(site, {}, {})


def _as(client: TestClient, people: Peopled, departments: list[str]) -> None:
    accounts = cheap_accounts(people.settings)
    name = f"clerk{len(departments)}"
    accounts.add(name, "", [Role.CLERK], departments, [], "midori no oka 2026", "test", RECEIVED)
    person = accounts.person(name, "session")
    assert person is not None
    session, _csrf = accounts.open_session(person, RECEIVED.replace(hour=12))
    accounts.close()
    client.cookies.set("scanpipe_session", session)


def _walls(site: Settings) -> tuple[str, str]:
    accounts = cheap_accounts(site)
    found = (accounts.add_wall("bare", GENERAL, False, "test", RECEIVED), accounts.add_wall("titled", GENERAL, True, "test", RECEIVED))
    accounts.close()
    return found
