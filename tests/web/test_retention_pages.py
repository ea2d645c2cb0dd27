"""What is due, held, boxed, registered and waits for an event, on the pages: who sees which, and what their forms do."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from answering import Answerer, answering
from custody import GENERAL, TAX, two_sections
from kept_records import shelf
from retention_desk import Desk, add_people, desk_of

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings

OLD, NEW = date(2010, 6, 1), date(2026, 2, 1)
LETTER, BILL, HELD, CONTRACT, SECRET, BOXED, OTHER = (f"2026-00000{n}" for n in range(1, 8))
TITLES = {LETTER: "庁舎清掃の件", BILL: "請求書", HELD: "訴訟の通知", CONTRACT: "委託契約書", SECRET: "保護申請書", BOXED: "照会", OTHER: "往復葉書"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = two_sections(tmp_path_factory.mktemp("retention") / "site", language="en", paper_keep="until_verified")
    with shelf(settings) as kept:
        kept.record(GENERAL, "CORRESP", OLD, title=TITLES[LETTER])
        kept.record(TAX, "ACCOUNT", OLD, title=TITLES[BILL])
        kept.record(GENERAL, "CORRESP", OLD, title=TITLES[HELD])
        kept.record(TAX, "CONTRACT", NEW, title=TITLES[CONTRACT])
        kept.record(GENERAL, "WELFARE", NEW, title=TITLES[SECRET], restricted=True)
        kept.record(GENERAL, "CORRESP", NEW, title=TITLES[BOXED], declared={"box": "B-0012"})
        kept.record(GENERAL, "CORRESP", NEW, title=TITLES[OTHER])
        kept.hold(HELD, kind="litigation", reference="令和8年(行ウ)第1号", reason="訴訟の係属")
    add_people(settings)
    return settings


@pytest.fixture(scope="module")
def answerer(settings: Settings) -> Iterator[Answerer]:
    with answering(settings) as made:
        yield made


@pytest.fixture(scope="module")
def room(settings: Settings, answerer: Answerer) -> Iterator[Desk]:
    with desk_of(settings) as made:
        yield made


def seen(page: str) -> set[str]:
    """Numbers of the records that the page names."""
    return {number for number in TITLES if number in page}


MAY: dict[str, str] = {  # who may send which form: everybody else is refused before anything is asked
    "/retention/disposals": "manager",
    "/retention/withdraw": "manager",
    "/retention/disposals/D2026-001/agree": "clerk of the section",
    "/retention/disposals/D2026-001/extend": "clerk of the section",
    "/retention/disposals/D2026-001/select/destroy": "manager",
    "/retention/disposals/D2026-001/leave-out": "manager",
    "/retention/disposals/D2026-001/approve": "manager",
    "/retention/disposals/D2026-001/cancel": "manager",
    "/retention/disposals/D2026-001/carry-out": "manager",
    "/retention/disposals/D2026-001/handed-over": "manager",
    "/retention/holds/new": "manager",
    "/retention/holds/01K00000000000000000000000/end": "manager",
    "/retention/holds/01K00000000000000000000000/void": "manager",
    "/retention/events": "clerk",
    "/retention/schedule/changes": "manager",
    "/retention/boxes": "clerk",
    "/retention/boxes/B-0012/sample": "clerk of the section",
    "/retention/boxes/B-0012/check": "clerk of the section",
    "/retention/boxes/B-0012/clear": "clerk of the section",
    "/retention/boxes/B-0012/approve": "manager",
    "/retention/boxes/B-0012/remove": "manager",
    "/retention/boxes/B-0012/back": "manager",
    "/retention/boxes/B-0012/out": "clerk of the section",
}


@pytest.mark.parametrize("name", ["yamada", "root", "tanaka", "sato"])
def test_no_form_is_taken_from_who_may_not_send_it(room: Desk, answerer: Answerer, name: str) -> None:
    """tanaka leads the other section; sato is a clerk of this one."""
    before = len(answerer.wishes)
    room.sit(name)
    for address, who in MAY.items():
        if name in ("yamada", "root") or who == "manager" or (name == "tanaka" and who == "clerk of the section"):
            assert room.post(address, department=GENERAL, reason="x", typed="D2026-001").status_code in (403, 404), (name, address)
    assert len(answerer.wishes) == before


def test_every_form_under_retention_stands_in_the_table(room: Desk) -> None:
    app: Any = room.client.app
    held = [route for one in app.routes for route in (one.original_router.routes if hasattr(one, "original_router") else [one])]
    forms = {one.path for one in held if "POST" in (getattr(one, "methods", None) or ()) and one.path.startswith("/retention")}
    filled = {re.sub(r"/(D2026-001|B-0012|01K0+)(?=/)", "/{}", address).replace("/destroy", "/{}") for address in MAY}
    assert {re.sub(r"\{\w+\}", "{}", path) for path in forms} == filled


def test_programs_learn_the_same_of_boxes_events_and_the_schedule(room: Desk) -> None:
    def asked(name: str, address: str) -> dict[str, Any]:
        answer = room.sit(name).client.get(f"/api/v1/{address}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    assert "B-0012" in {one["box"] for one in asked("sato", "boxes")["boxes"]} and "B-0012" not in {one["box"] for one in asked("tanaka", "boxes")["boxes"]}
    assert BOXED in {one["number"] for one in asked("sato", "boxes/B-0012")["contents"]}
    assert room.sit("tanaka").status("/api/v1/boxes/B-0012") == 404
    assert [(one["category"], one["records"]) for one in asked("tanaka", "awaiting")["awaiting"]] == [("CONTRACT", 1)]
    assert asked("kato", "schedule/changes") == {"counts": {}, "records": []} and room.sit("sato").status("/api/v1/schedule/changes") == 403


# --- what is due ---


def test_the_due_list_of_a_clerk_is_of_the_own_section_with_what_is_held_apart(room: Desk) -> None:
    page = room.sit("sato").get("/retention/due")
    assert seen(page) == {LETTER, HELD}
    assert page.index(TITLES[LETTER]) < page.index("Held, so kept") < page.index(TITLES[HELD])
    assert seen(room.get(f"/retention/due?department={TAX}")) == set()


def test_a_records_manager_sees_all_sections_by_section(room: Desk) -> None:
    page = room.sit("kato").get("/retention/due")
    assert seen(page) == {LETTER, BILL, HELD}
    assert seen(room.get(f"/retention/due?department={TAX}")) == {BILL}
    assert room.status("/retention/due?fiscal_year=heisei") == 400


def test_the_due_list_for_spreadsheets_holds_the_same_records(room: Desk) -> None:
    answer = room.sit("kato").client.get("/retention/due.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["Record number"], row["Kept by a hold"]) for row in rows] == [(LETTER, ""), (BILL, ""), (HELD, "lawsuit 令和8年(行ウ)第1号")]


def test_the_first_page_says_what_waits(room: Desk) -> None:
    page = room.sit("kato").get("/retention")
    assert "1 more is kept by holds." in page and "令和8年(行ウ)第1号" in page
    assert "Propose a list" in page and "Propose a list" not in room.sit("sato").get("/retention")


# --- holds ---


def test_only_a_records_manager_enters_a_hold(room: Desk) -> None:
    room.sit("tanaka")
    assert room.status("/retention/holds/new") == 403
    assert room.post("/retention/holds/new", kind="audit", reason="x", reference="1", numbers=BILL).status_code == 403


def test_a_hold_is_looked_at_entered_and_made_void(room: Desk, answerer: Answerer) -> None:
    said = {"kind": "audit", "reference": "検第9号", "reason": "会計検査", "numbers": f"{BILL}、 2026-4", "from": ""}
    looked = room.sit("kato").post("/retention/holds/new", step="look", **said)
    assert looked.status_code == 200 and "It would keep 2 records at present" in looked.text
    assert "検第9号" not in room.get("/retention/holds")
    assert "The records are held from now on." in room.done("/retention/holds/new", step="hold", **said)
    assert answerer.wishes[-1].wants["numbers"] == [BILL, CONTRACT]
    assert "検第9号" in room.sit("tanaka").get("/retention/holds")
    assert "検第9号" not in room.sit("sato").get("/retention/holds")
    hold = answerer.wishes[-1].id
    assert room.post(f"/retention/holds/{hold}/void", reason="x").status_code == 403
    room.sit("kato")
    assert room.refused(f"/retention/holds/{hold}/void", reason=" ") == "Say why."
    assert "The hold is void." in room.done(f"/retention/holds/{hold}/void", reason="番号の誤り")
    assert "検第9号" not in room.get("/retention/holds") and "番号の誤り" in room.get("/retention/holds?every=1")


def test_all_of_a_category_can_be_held_and_the_end_be_entered(room: Desk, answerer: Answerer) -> None:
    room.sit("suzuki").done("/retention/holds/new", kind="disclosure", reference="情第3号", reason="開示請求", category="CONTRACT", step="hold")
    hold = answerer.wishes[-1].id
    assert "The end was entered." in room.done(f"/retention/holds/{hold}/end", on="", reason="決定")
    assert "情第3号" in room.get("/retention/holds")  # one more year after the decision


@pytest.mark.parametrize(
    "wrong", [{"numbers": "2026-999999"}, {"numbers": SECRET}, {"kind": "nothing", "numbers": BILL}, {"from": "soon", "numbers": BILL}, {}]
)
def test_a_hold_that_cannot_be_is_explained_where_it_was_typed(room: Desk, wrong: dict[str, str]) -> None:
    """SECRET: to a manager without a grant it does not exist."""
    said = {"kind": "audit", "reference": "検第10号", "reason": "会計検査", "step": "hold"} | wrong
    says = room.sit("ito").refused("/retention/holds/new", **said)
    assert says and "--" not in says and "scanpipe " not in says
    assert "検第10号" not in room.get("/retention/holds?every=1")


# --- events ---


def test_records_that_wait_for_their_event_are_listed_by_category_and_get_their_days(room: Desk, answerer: Answerer) -> None:
    assert seen(room.sit("sato").get("/retention/events?category=CONTRACT")) == set()
    page = room.sit("tanaka").get("/retention/events?category=CONTRACT")
    assert seen(page) == {CONTRACT} and "契約" in page
    form = {"category": "CONTRACT", "number": [CONTRACT], "own": ["2026-03-31"]}
    assert "No day was entered" in room.refused("/retention/events", category="CONTRACT", number=[CONTRACT], own=[""])
    assert "is not a day" in room.refused("/retention/events", category="CONTRACT", number=[CONTRACT], own=["someday"])
    assert "The day was entered for 1 record;" in room.done("/retention/events", **form)
    assert answerer.wishes[-1].wants == {"numbers": [CONTRACT], "changes": {"event": "2026-03-31"}, "reason": ""}
    assert seen(room.get("/retention/events?category=CONTRACT")) == set()


def test_nobody_enters_the_event_of_another_section(room: Desk, answerer: Answerer) -> None:
    before = len(answerer.wishes)
    assert "There is no record" in room.sit("sato").refused("/retention/events", category="CONTRACT", number=[BILL], own=["2026-03-31"])
    assert len(answerer.wishes) == before


# --- boxes ---


def test_a_box_goes_from_check_to_destruction_by_different_people(room: Desk, settings: Settings) -> None:
    box = "/retention/boxes/B-0012"
    assert room.sit("tanaka").status(box) == 404  # of another section
    page = room.sit("sato").done("/retention/boxes", box="ｂ－0012", numbers=OTHER)
    assert seen(page) == {BOXED, OTHER} and "You put records into this box" in page
    assert "Another person" in room.refused(f"{box}/sample")
    room.sit("kato")
    assert "The sample was drawn" in room.done(f"{box}/sample")
    assert "Answer all questions" in room.refused(f"{box}/check", result="passed", items=["pages"])
    items = ["pages", "readable", "straight", "orientation", "streaks", "profile"]
    assert "The check was passed." in room.done(f"{box}/check", result="passed", items=items)
    assert room.post(f"{box}/clear").status_code == 403  # it belongs to the section
    assert "The box is cleared." in room.sit("sato").done(f"{box}/clear")
    assert room.post(f"{box}/approve").status_code == 403
    assert "The box is approved." in room.sit("kato").done(f"{box}/approve")
    assert room.sit("sato").post(f"{box}/remove", how="destroy", text="溶解").status_code == 403
    room.sit("kato")
    assert "Choose what was done." in room.refused(f"{box}/remove", how="burn", text="x")
    page = room.done(f"{box}/remove", how="destroy", text="溶解", on="", reference="第7号")
    assert "It was noted that the paper is gone." in page and "第7号" in page
    reader = CatalogueReader(settings.layout.catalogue_db)
    assert reader.record(BOXED)["paper_status"] == "destroyed"
    reader.close()


def test_a_check_that_failed_names_its_records_and_they_can_be_taken_out(room: Desk) -> None:
    room.sit("sato").done("/retention/boxes", box="B-13", numbers=LETTER)
    room.sit("kato").done("/retention/boxes/B-13/sample")
    assert "Say why." in room.refused("/retention/boxes/B-13/check", result="failed", failed=[LETTER])
    page = room.done("/retention/boxes/B-13/check", result="failed", failed=[LETTER], reason="2 枚目が欠け")
    assert "2 枚目が欠け" in page and "failed the check" in page
    assert "The records were taken out." in room.sit("sato").done("/retention/boxes/B-13/out", numbers=[LETTER], reason="撮り直し")


def test_the_list_of_a_box_is_a_pdf(room: Desk) -> None:
    answer = room.sit("sato").client.get("/retention/boxes/B-0012/list.pdf")
    assert answer.headers["content-type"] == "application/pdf" and answer.content.startswith(b"%PDF")


def test_who_may_not_see_a_record_of_a_box_does_not_check_it(room: Desk) -> None:
    room.sit("kato").done("/retention/boxes", box="B-14", numbers=SECRET)
    room.sit("ito")
    assert TITLES[SECRET] not in room.get("/retention/boxes/B-14")
    assert "may not see" in room.refused("/retention/boxes/B-14/sample")


def test_a_record_of_another_section_cannot_be_boxed(room: Desk) -> None:
    assert "There is no record" in room.sit("sato").refused("/retention/boxes", box="B-15", numbers=BILL)
    assert "box number" in room.refused("/retention/boxes", box="<script>", numbers=LETTER)


# --- register and schedule ---


def test_the_register_shows_the_binders_of_the_sections_that_one_sees(room: Desk) -> None:
    page = room.sit("tanaka").get("/retention/register?fiscal_year=all")
    assert "税務課長" in page and "総務課長" not in page
    assert "総務課長" in room.sit("kato").get("/retention/register?fiscal_year=all")
    assert "総務課長" not in room.get(f"/retention/register?fiscal_year=all&department={TAX}")


def test_the_register_can_be_taken_away_for_spreadsheets(room: Desk) -> None:
    room.sit("kato")
    rows = list(csv.reader(io.StringIO(room.client.get("/retention/register.csv").content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(room.client.get("/retention/register.xlsx?fiscal_year=all").content))
    assert len(rows[0]) == 13 and len(rows) == book.active.max_row > 3


def test_binders_are_listed_with_a_way_to_their_records(room: Desk) -> None:
    page = room.sit("tanaka").get("/retention/binders?fiscal_year=all")
    assert f"/search?department={TAX}&amp;category=ACCOUNT&amp;fiscal_year=2010" in page and GENERAL not in page


def test_the_schedule_is_for_everybody_what_it_would_change_for_records_managers(room: Desk) -> None:
    page = room.sit("sato").get("/retention/schedule")
    assert "契約" in page and "1 April after the fiscal year of the event" in page and "/retention/schedule/changes" not in page
    assert room.status("/retention/schedule/changes") == 403
    assert "Every record is kept as the schedule says." in room.sit("kato").get("/retention/schedule/changes")


def test_titles_from_scans_are_shown_as_text(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site", language="en")
    wicked = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    with shelf(settings) as kept:
        kept.record(GENERAL, "CORRESP", OLD, title=wicked)
        kept.record(GENERAL, "CONTRACT", NEW, title=wicked, declared={"box": "B-1"})
        kept.hold("2026-000001", reason=wicked, reference=wicked, until_event=wicked)
    add_people(settings)
    with desk_of(settings) as room:
        room.sit("kato")
        for address in ("", "/due", "/holds", "/events?category=CONTRACT", "/boxes", "/boxes/B-1", "/binders", "/register"):
            page = room.get(f"/retention{address}")
            assert "<script>alert" not in page and "<img src=x" not in page
