"""The doubtful records one after the other: what is offered, what a decision asks of the daemon, and what comes next."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from answering import Answerer, answering
from custody import GENERAL, TAX, two_sections
from kept_records import shelf
from peopled import BY_NAME, Peopled, cheap_accounts, enter, opened, peopled_site
from starlette.testclient import TestClient

from scanpipe.config import Settings
from scanpipe.core import review
from scanpipe.core.model import Evidence, Field, Suggestion
from scanpipe.core.rights import Role

DAY = date(2026, 4, 1)
TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')
UNCLEAR = (review.CATEGORY_UNCLEAR,)
SUGGESTED = (Suggestion(category="CONTRACT", confidence=0.6), Suggestion(category="CORRESP", confidence=0.3))

EVIDENCE = (
    *(Evidence(about="category", rule=f"word:語{n}", quote="語", weight=9.0 - n) for n in range(8)),
    Evidence(about="category", rule="section:0101", quote="3/5", weight=0.1),
    Evidence(about="category", rule="similar:2025-000009", quote="窓口清掃の件 → CONTRACT (87%)"),
    Evidence(about="category", rule="elsewhere:2025-000007", quote="清掃の件 → CORRESP (71%)"),
)


@dataclass
class Desk:
    """A clerk of the general section at the review page."""

    settings: Settings
    client: TestClient
    answerer: Answerer

    def get(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, address: str, **said: Any) -> Any:
        """The form as the browser would, with the token of the session."""
        csrf = TOKEN.search(self.get("/review"))
        return self.client.post(address, data={"csrf": csrf[1] if csrf else "", "queued": "1", "revision": "0", **said})

    def decided(self) -> list[dict[str, Any]]:
        return [{name: wish.wants[name] for name in ("numbers", "changes", "confirmed") if name in wish.wants} for wish in self.answerer.wishes]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    settings = two_sections(tmp_path / "site", language="en")
    with shelf(settings) as kept:
        kept.record(GENERAL, "unclassified", DAY, title="庁舎清掃の件", flags=UNCLEAR, suggestions=SUGGESTED, evidence=EVIDENCE)
        kept.record(GENERAL, "CORRESP", DAY, title="通知")
        kept.record(TAX, "unclassified", DAY, title="課税の件", flags=UNCLEAR)
        kept.record(GENERAL, "CORRESP", DAY, title="照会の件", flags=(review.LOW_CONFIDENCE_READING,))
        kept.record(GENERAL, "WELFARE", DAY, title="生活保護の件", flags=UNCLEAR, restricted=True)
        kept.record(GENERAL, "unclassified", DAY, title=None, flags=(review.NO_TITLE, *UNCLEAR))
    accounts = cheap_accounts(settings)
    accounts.add("clerk", "佐藤", [Role.CLERK], [GENERAL], [], "midori no oka 2026", "test", now(settings))
    accounts.close()
    site = Peopled(settings, {}, {})
    with answering(settings) as answerer, opened(site) as client:
        accounts = cheap_accounts(settings)
        person = accounts.person("clerk", "session")
        assert person is not None
        session, _csrf = accounts.open_session(person, now(settings))
        accounts.close()
        client.cookies.set("scanpipe_session", session)
        yield Desk(settings, client, answerer)


def now(settings: Settings) -> datetime:
    return datetime.now(settings.timezone)


def test_the_oldest_doubtful_record_of_the_own_section_comes_first_with_its_reasons_and_suggestions(desk: Desk) -> None:
    page = desk.get("/review")
    assert "2026-000001" in page and "The category could not be decided" in page and "3 left" in page
    assert re.findall(r'name="category" value="(\w+)"( checked)?', page) == [("CONTRACT", " checked"), ("CORRESP", "")]
    assert "課税の件" not in page and "生活保護" not in page


def test_earlier_decisions_are_named_however_much_else_spoke(desk: Desk) -> None:
    page = desk.get("/review")
    assert "語0" in page and "語7" not in page
    for told in ("2025-000009", "窓口清掃の件", "2025-000007", "another category", "3/5"):
        assert told in page


def test_one_key_takes_the_first_suggestion_and_the_next_record_comes(desk: Desk) -> None:
    answer = desk.send("/records/2026-000001/correct", category="CONTRACT", title="庁舎清掃の件", action="save")
    assert answer.status_code == 303
    assert desk.decided() == [{"numbers": ["2026-000001"], "changes": {"category": "CONTRACT"}, "confirmed": True}]
    page = desk.get(answer.headers["location"])
    assert "照会の件" in page and "2 left" in page and 'action="/records/2026-000001/undo"' in page


def test_everything_about_a_decided_record_is_settled(desk: Desk) -> None:
    desk.send("/records/2026-000006/correct", category="CONTRACT", title="", action="save")
    assert "1 left" not in desk.get("/review") and "2 left" in desk.get("/review")


def test_a_record_that_is_right_is_only_confirmed(desk: Desk) -> None:
    desk.send("/records/2026-000004/correct", category="CORRESP", title="照会の件", date="2026-04-01", action="save")
    assert desk.decided() == [{"numbers": ["2026-000004"], "changes": {}, "confirmed": True}]


def test_an_undone_decision_brings_the_record_back(desk: Desk) -> None:
    desk.send("/records/2026-000001/correct", title="庁舎清掃について", action="keep")
    desk.send("/records/2026-000001/correct", category="CONTRACT", action="save", revision="1")
    assert "2 left" in desk.get("/review")
    answer = desk.send("/records/2026-000001/undo")
    assert answer.status_code == 303, answer.text
    page = desk.get(answer.headers["location"])
    assert "2026-000001" in page and "The decision was taken back" in page and "3 left" in page


def test_the_records_own_page_says_what_was_decided_there_and_nothing_where_nothing_was(desk: Desk) -> None:
    answer = desk.send("/records/2026-000004/correct", category="CORRESP", title="照会への回答", date="2026-04-01", action="save", queued="")
    page = desk.get(answer.headers["location"])
    assert answer.headers["location"].startswith("/records/2026-000004?") and "Saved:" in page and "照会への回答" in page
    assert 'action="/records/2026-000004/undo"' in page and "<kbd" not in page.partition("/undo")[2].partition("</form>")[0]
    answer = desk.send("/records/2026-000004/correct", category="CORRESP", title="照会への回答", date="2026-04-01", action="save", queued="", revision="1")
    assert answer.headers["location"] == "/records/2026-000004" and "Saved:" not in desk.get("/records/2026-000004")


def test_who_gives_a_record_to_another_section_is_told_that_it_was_saved(desk: Desk) -> None:
    answer = desk.send("/records/2026-000001/correct", category="CONTRACT", title="庁舎清掃の件", department=TAX, action="save", queued="")
    page = desk.get(answer.headers["location"])
    assert "Saved. The record is restricted now, or another section" in page and "庁舎清掃の件" not in page


def test_dates_are_read_as_people_write_them(desk: Desk) -> None:
    desk.send("/records/2026-000001/correct", category="CONTRACT", date="令和7年6月12日", title="庁舎清掃について", document_number="総第1号", action="save")
    assert desk.decided()[0]["changes"] == {"category": "CONTRACT", "date": "2025-06-12", "title": "庁舎清掃について", "document_number": "総第1号"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"category": "CONTRACT", "date": "きのう"}, "is not a date"),
        ({"typed": "ありえない"}, "There is no category"),
        ({"typed": "会"}, "fits several categories"),
        ({}, "Choose the category"),
    ],
)
def test_what_cannot_be_is_explained_and_what_was_entered_stays(desk: Desk, said: dict[str, str], told: str) -> None:
    answer = desk.send("/records/2026-000001/correct", title="別の件名 <b>", action="save", **said)
    assert answer.status_code == 400 and told in answer.text
    assert 'value="別の件名 &lt;b&gt;"' in answer.text and desk.decided() == []


@pytest.mark.parametrize("typed", ["契約", "CONTRACT", "contract", "ＣＯＮＴＲＡＣＴ", "契"])
def test_a_category_is_found_by_its_code_or_a_piece_of_its_name(desk: Desk, typed: str) -> None:
    desk.send("/records/2026-000001/correct", category="CORRESP", typed=typed, action="save")
    assert desk.decided()[0]["changes"]["category"] == "CONTRACT"


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    desk.send("/records/2026-000004/correct", title="別の件名", action="keep")
    answer = desk.send("/records/2026-000004/correct", title="照会の件", category="CORRESP", action="save")
    page = desk.get(answer.headers["location"])
    assert "Somebody else changed this record meanwhile" in page and 'value="別の件名"' in page
    assert len(desk.decided()) == 1


def test_what_is_left_for_later_comes_again_at_the_end(desk: Desk) -> None:
    later = re.findall(r'data-key="s" href="([^"]+)"', desk.get("/review"))[0].replace("&amp;", "&")
    page = desk.get(later)
    assert "照会の件" in page
    for _turn in range(2):
        page = desk.get(re.findall(r'data-key="s" href="([^"]+)"', page)[0].replace("&amp;", "&"))
    assert "3 that you left for later still wait" in page


def test_the_place_of_a_fact_on_its_page_is_told(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site", language="en")
    stated = Field(name="title", value="庁舎清掃の件", confidence=0.9, page=1, box=(10, 20, 300, 60), quote="庁舎清掃の件")
    with shelf(settings) as kept:
        number = kept.record(GENERAL, "CORRESP", DAY, title="庁舎清掃の件", fields=(stated,))
    accounts = cheap_accounts(settings)
    accounts.add("p02", "", [Role.CLERK], [GENERAL], [], "midori no oka 2026", "test", now(settings))
    accounts.close()
    site = Peopled(settings, {}, {})
    with opened(site) as client:
        enter(client, site, BY_NAME["clerk of B"])  # the account p02
        page = client.get(f"/records/{number}/correct").text
    assert 'data-page="1" data-box="10,20,300,60"' in page and "1:1654x2339" in page


def test_nobody_decides_about_what_they_may_not_see_or_without_a_form_of_ours(tmp_path: Path) -> None:
    site = peopled_site(tmp_path / "site")
    with opened(site) as client:
        for kind, number, status in (
            ("clerk of B", "doubtful of A", 404), ("clerk of A", "restricted of A", 404), ("administrator", "doubtful of A", 403), ("statistics", "doubtful of A", 403),
        ):  # fmt: skip
            csrf = enter(client, site, BY_NAME[kind])
            data = {"csrf": csrf or "", "revision": "0", "category": "CONTRACT", "action": "save"}
            assert client.post(f"/records/{site.numbers[number]}/correct", data=data).status_code == status, kind
            assert client.post(f"/records/{site.numbers[number]}/undo", data=data).status_code == status, kind
        enter(client, site, BY_NAME["clerk of A"])
        assert client.post(f"/records/{site.numbers['doubtful of A']}/correct", data={"csrf": "0" * 64, "action": "accept"}).status_code == 403


def test_a_file_that_cannot_be_opened_is_decided_without_a_picture(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site", language="en")
    with shelf(settings) as kept:
        shown, locked = (kept.record(GENERAL, "unclassified", DAY, title=None, flags=UNCLEAR, **said) for said in ({}, {"pages": 0}))
    site = Peopled(settings, {}, {})
    accounts = cheap_accounts(settings)
    accounts.add("clerk", "佐藤", [Role.CLERK], [GENERAL], [], "midori no oka 2026", "test", now(settings))
    person = accounts.person("clerk", "session")
    assert person is not None
    session, _csrf = accounts.open_session(person, now(settings))
    accounts.close()
    with opened(site) as client:
        client.cookies.set("scanpipe_session", session)
        first, second = client.get("/review").text, client.get(f"/records/{locked}/correct").text
    assert f"/records/{shown}/pages/1.jpg" in first and f"/records/{locked}/pages" not in first  # not fetched ahead
    assert ".jpg" not in second and "There is no picture of its pages" in second
