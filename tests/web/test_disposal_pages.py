"""A disposal on the pages, from the due list to the certificate: by the people whose part each step is, and by nobody else."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from answering import answering
from browsing import chromium, findings, fits, served, window
from custody import GENERAL, TAX, deliver, pdf, two_sections
from kept_records import shelf
from peopled import cheap_accounts
from retention_desk import Desk, add_people, desk_of
from with_daemon import asked, filed, until, while_it_runs

from scanpipe.catalogue.database import open_writer
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings

LIST = "/retention/disposals/D2026-001"
OLD = date(2010, 6, 1)
SCANS = {(GENERAL, "letter.pdf"): pdf("letter"), (TAX, "bill.pdf"): pdf("bill"), (TAX, "plan.pdf"): pdf("plan"), (GENERAL, "kept.pdf"): pdf("kept")}


def number_of(settings: Settings) -> dict[str, str]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return {row["name"]: row["number"] for row in reader.outcomes()}
    finally:
        reader.close()


def scanned(settings: Settings) -> dict[str, str]:
    """Four records that a daemon files; the period of three of them has passed. Their numbers by the names of their files."""
    until(filed(settings, len(SCANS)))
    numbers = number_of(settings)
    for name, category, completed in (("letter.pdf", "CORRESP", "2010-06-01"), ("bill.pdf", "ACCOUNT", "2010-06-01"), ("plan.pdf", "PLAN", "1980-06-01")):
        asked(settings, "correct", numbers=[numbers[name]], changes={"category": category, "completed": completed, "title": f"件名 {name}"}, reason="")
    until(filed(settings, len(SCANS)))
    return numbers


def test_from_the_due_list_to_the_certificate(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site", language="en")
    add_people(settings)
    deliver(settings, SCANS)
    while_it_runs(settings, lambda: _dispose(settings))


def _dispose(settings: Settings) -> None:
    numbers = scanned(settings)
    letter, bill, plan, kept = (numbers[name] for name in ("letter.pdf", "bill.pdf", "plan.pdf", "kept.pdf"))
    with desk_of(settings) as room:
        page = room.sit("kato").get("/retention/due")
        assert letter in page and bill in page and plan in page and kept not in page
        page = room.done("/retention/disposals", fiscal_year="", department="", reason="")
        assert "The list was proposed." in page and "2 sections have still to agree" in page and kept not in page

        _sections_answer(room, letter, bill, plan)
        _others_approve(room)

        assert "type its number D2026-001" in room.refused(f"{LIST}/carry-out", typed="D2026-002")
        room.done(f"{LIST}/carry-out", typed="ｄ２０２６－００１")
        until(lambda: "Number of the archives" in room.get(LIST))
        assert room.status(f"/records/{plan}/original") == 200  # not before the archives have confirmed it
        assert room.status(f"{LIST}/certificate.pdf") == 404
        until(lambda: "Interim certificate no. 1" in room.get(LIST))  # of the letter, which is gone
        assert room.client.get(f"{LIST}/interim/1/certificate.pdf").content.startswith(b"%PDF")
        assert [room.status(f"{LIST}/interim/2/certificate.pdf"), room.sit("sato").status(f"{LIST}/interim/1/certificate.pdf")] == [404, 403]
        room.sit("kato").done(f"{LIST}/handed-over", reference="公文書館収第8号")
        until(lambda: "Certificate (PDF)" in room.get(LIST))

        assert room.client.get(f"{LIST}/certificate.pdf").content.startswith(b"%PDF")
        rows = list(csv.DictReader(io.StringIO(room.client.get(f"{LIST}/list.csv").content.decode("utf-8-sig"))))
        assert {row["Record"]: row["Disposed of by"] for row in rows} == {letter: "erasure", plan: "transfer"}
        assert [room.status(f"/records/{one}/original") for one in (letter, plan, bill, kept)] == [404, 404, 200, 200]
        assert room.sit("sato").status(f"{LIST}/certificate.pdf") == 403


def _sections_answer(room: Desk, letter: str, bill: str, plan: str) -> None:
    """Each for its own records: one agrees, the other keeps one of its records longer before."""
    page = room.sit("sato").get(LIST)
    assert letter in page and bill not in page and plan not in page
    assert room.post(f"{LIST}/agree", department=TAX).status_code == 403
    assert room.post(f"{LIST}/leave-out", numbers=[letter], reason="x").status_code == 403
    assert room.post(f"{LIST}/approve").status_code == 403
    assert "The section has agreed." in room.done(f"{LIST}/agree", department=GENERAL)
    room.sit("tanaka")
    assert "Choose at least one record." in room.refused(f"{LIST}/extend", department=TAX, until="2030-03-31", reason="係争中")
    assert "Choose at least one record." in room.refused(f"{LIST}/extend", department=TAX, numbers=[letter], until="2030-03-31", reason="x")
    assert "Choose the day" in room.refused(f"{LIST}/extend", department=TAX, numbers=[bill], reason="係争中")
    page = room.done(f"{LIST}/extend", department=TAX, numbers=[bill], until="2030-03-31", reason="係争中")
    assert "have left the list" in page and f'value="{bill}"' not in page
    room.done(f"{LIST}/agree", department=TAX)


def _others_approve(room: Desk) -> None:
    """Two of them, neither of whom proposed the list."""
    assert "another person must approve it" in room.sit("kato").get(LIST)
    assert "kato proposed the list" in room.refused(f"{LIST}/approve")
    assert "You have approved the list." in room.sit("suzuki").done(f"{LIST}/approve")
    assert "suzuki has approved the list D2026-001 already." in room.refused(f"{LIST}/approve")
    assert "1 of 2 approvals" in room.refused(f"{LIST}/carry-out", typed="D2026-001")
    assert "Type the number of the list to confirm" in room.sit("takahashi").done(f"{LIST}/approve")


# --- steps that need no scans ---


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = two_sections(tmp_path / "site", language="en")
    with shelf(settings) as kept:
        kept.record(GENERAL, "CORRESP", OLD, title="庁舎清掃の件")
        kept.record(GENERAL, "LEGAL", date(1990, 6, 1), event=date(1990, 6, 1), title="審査請求書")  # 選別
        kept.record(GENERAL, "WELFARE", date(1990, 6, 1), event=date(1990, 6, 1), title="保護申請書", restricted=True)
        kept.record(TAX, "ACCOUNT", OLD, title="請求書")
    add_people(settings)
    return settings


CLEANING, APPEAL, SECRET, BILL = (f"2026-00000{n}" for n in range(1, 5))


@pytest.fixture
def room(settings: Settings) -> Iterator[Desk]:
    with answering(settings), desk_of(settings) as made:
        yield made


def test_an_approver_learns_of_records_that_they_may_not_see_only_how_many_there_are(room: Desk) -> None:
    room.sit("kato").done("/retention/disposals")
    page = room.sit("ito").get(LIST)
    assert SECRET not in page and "保護申請書" not in page and "1 more record is on this list that your account may not see" in page
    assert SECRET not in room.sit("sato").get(LIST) and "may not see" not in room.get(LIST)
    assert room.sit("ito").status(f"{LIST}/certificate.pdf") == 403
    assert room.sit("kato").status(f"{LIST}/certificate.pdf") == 404


def test_what_is_undecided_is_selected_before_anybody_can_approve(room: Desk) -> None:
    room.sit("kato").done("/retention/disposals")
    for name, section in (("sato", GENERAL), ("tanaka", TAX)):
        room.sit(name).done(f"{LIST}/agree", department=section)
    assert "It can be approved when" in room.sit("suzuki").get(LIST)
    refusal = room.refused(f"{LIST}/approve")
    assert APPEAL in refusal and "scanpipe dispose" not in refusal
    assert room.post(f"{LIST}/select/burn", numbers=[APPEAL]).status_code == 404
    assert "The choice was noted." in room.done(f"{LIST}/select/transfer", numbers=[APPEAL], reason="歴史的")
    assert "You have approved the list." in room.done(f"{LIST}/approve")
    assert "1 more person" in room.get(LIST)
    room.sit("kato").done(f"{LIST}/leave-out", numbers=[CLEANING], reason="まだ使う")
    page = room.get(LIST)
    assert f'value="{CLEANING}"' not in page and "approval by 2 more persons" in page  # a change makes approvals void
    done = re.sub(r"<[^>]+>|\s+", " ", page[page.index("What was done") : page.index("What comes next")])
    assert re.search(rf"chosen: transfer: +suzuki +歴史的 +{APPEAL}", done), done
    assert re.search(rf"taken off the list: +kato +まだ使う +{CLEANING} +approvals void: suzuki", done), done
    assert CLEANING in room.sit("sato").get(LIST) and "まだ使う" in room.get(LIST)
    assert CLEANING not in room.sit("tanaka").get(LIST) and "まだ使う" not in room.get(LIST)  # of another section


def test_what_is_held_is_shown_before_anybody_approves(room: Desk) -> None:
    room.sit("kato").done("/retention/disposals")
    assert "is held" not in room.get(LIST)
    room.done("/retention/holds/new", kind="audit", reference="監査第3号", reason="x", numbers=BILL, step="hold")
    assert f"{BILL} is held (監査第3号)." in room.get(LIST)


def test_a_refusal_does_not_tell_numbers_of_records_that_may_not_be_seen(room: Desk, settings: Settings) -> None:
    """The appeal is undecided; for who sees less, it is as if the list did not name it."""
    room.sit("kato").done("/retention/disposals")
    for name, section in (("sato", GENERAL), ("tanaka", TAX)):
        room.sit(name).done(f"{LIST}/agree", department=section)
    _restrict(settings, APPEAL)
    refusal = room.sit("ito").refused(f"{LIST}/approve")
    assert APPEAL not in refusal and "(a record that you may not see)" in refusal


def _restrict(settings: Settings, number: str) -> None:
    db = open_writer(settings.layout.catalogue_db)
    sql = "UPDATE description SET category = 'WELFARE', fact = json_set(fact, '$.restricted', json('true'), '$.category', 'WELFARE')"
    db.conn.execute(f"{sql} WHERE accession_id = (SELECT id FROM accession WHERE number = ?)", [number])
    db.conn.commit()
    db.conn.close()


def test_a_list_is_given_up_with_a_reason(room: Desk) -> None:
    room.sit("kato").done("/retention/disposals", department=TAX)
    assert room.refused(f"{LIST}/cancel", reason="") == "Say why."
    assert "The list was cancelled." in room.done(f"{LIST}/cancel", reason="年度を誤った")
    assert "D2026-001" not in room.get("/retention/disposals") and "D2026-001" in room.get("/retention/disposals?every=1")


def test_where_nothing_is_due_the_page_says_so(room: Desk) -> None:
    assert room.sit("sato").post("/retention/disposals").status_code == 403
    assert "No record whose period has passed" in room.sit("kato").refused("/retention/disposals", fiscal_year="1970")


def test_a_wrong_scan_is_withdrawn_by_two_people(room: Desk) -> None:
    assert room.sit("tanaka").status("/retention/withdraw") == 403
    assert f'value="{BILL}"' in room.sit("ito").get(f"/retention/withdraw?number={BILL}")
    assert "There is no record" in room.refused("/retention/withdraw", numbers=SECRET, reason="誤り")
    page = room.done("/retention/withdraw", numbers=BILL, reason="別の課の紙", replaced_by=CLEANING)
    assert "withdrawal of wrong scans" in page and CLEANING in page
    assert "Agree for" not in room.sit("tanaka").get(LIST)
    assert "Type the number of the list" in room.sit("kato").done(f"{LIST}/approve")


def test_a_list_without_records_of_the_own_sections_does_not_exist(room: Desk) -> None:
    room.sit("kato").done("/retention/disposals", department=TAX)
    assert room.sit("sato").status(LIST) == 404
    assert "D2026-001" not in room.get("/retention/disposals?every=1") and "D2026-001" not in room.get("/retention")
    assert room.status("/retention/disposals/nothing") == 404
    said = room.client.get("/retention/disposals/D2026-009").text
    assert "There is no disposal list D2026-009." in said and "scanpipe dispose" not in said  # no command that nobody at a page can type


# --- in a browser ---


@pytest.mark.browser
@pytest.mark.slow
def test_a_disposal_in_a_browser_with_a_running_daemon(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site", language="ja")
    add_people(settings)
    deliver(settings, SCANS)
    while_it_runs(settings, lambda: _dispose_in_browser(settings))


def _dispose_in_browser(settings: Settings) -> None:
    scanned(settings)
    with served(settings) as at, chromium() as browser:
        with window(browser, at, session(settings, "kato")) as page:
            page.goto("/retention")
            assert findings(page) == [] and fits(page)
            page.locator("main").get_by_role("link", name=re.compile("Propose|起案")).click()
            page.locator("form[action='/retention/disposals'] button").click()
            assert page.url.endswith("D2026-001?done=proposed")
        for name, section in (("sato", GENERAL), ("tanaka", TAX)):
            with window(browser, at, session(settings, name), narrow=True, script=False) as page:
                page.goto(LIST)
                assert fits(page)
                page.locator(f"form:has(input[value='{section}']) button.main").click()
                assert "done=agreed" in page.url
        for name in ("suzuki", "takahashi"):
            with window(browser, at, session(settings, name)) as page:
                page.goto(LIST)
                page.locator(f"form[action='{LIST}/approve'] button").click()
                assert findings(page) == []
        with window(browser, at, session(settings, "kato")) as page:
            page.goto(LIST)
            page.locator("#typed").fill("D2026-001")
            page.locator(f"form[action='{LIST}/carry-out'] button").click()
            until(lambda: bool(page.goto(LIST)) and page.locator("#reference").count() == 1)
            page.locator("#reference").fill("公文書館収第8号")
            page.locator(f"form[action='{LIST}/handed-over'] button").click()
            until(lambda: bool(page.goto(LIST)) and page.locator("a[href$='certificate.pdf']").count() == 1)
            assert findings(page) == [] and fits(page)
            with page.expect_download() as download:
                page.locator("a[href$='certificate.pdf']").click()
            assert download.value.path().read_bytes().startswith(b"%PDF")


@pytest.mark.browser
@pytest.mark.slow
def test_the_pages_please_axe_wide_and_narrow_light_and_dark(settings: Settings, room: Desk) -> None:
    room.sit("kato").done("/retention/disposals")
    room.done("/retention/boxes", box="B-1", numbers=CLEANING)
    room.done("/retention/holds/new", kind="audit", reference="1", reason="x", numbers=BILL, step="hold")
    addresses = ("", "/due", "/disposals", "/disposals/D2026-001", "/holds", "/holds/new", "/events", "/events?category=CONTRACT", "/boxes", "/boxes/B-1", "/binders", "/register", "/schedule", "/schedule/changes")  # fmt: skip
    with served(settings) as at, chromium() as browser:
        for narrow, colours in ((False, "light"), (True, "dark")):
            with window(browser, at, session(settings, "kato"), narrow=narrow, color_scheme=colours) as page:
                for address in addresses:
                    page.goto(f"/retention{address}")
                    assert (address, findings(page), fits(page)) == (address, [], True)


def session(settings: Settings, name: str) -> str:
    accounts = cheap_accounts(settings)
    person = accounts.person(name, "session")
    assert person is not None
    made, _csrf = accounts.open_session(person, datetime.now(settings.timezone))
    accounts.close()
    return made
