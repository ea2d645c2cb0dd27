"""Splitting, merging and replacing from the browser: shown before it is done, asked of the daemon once, and only by who may correct the records."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import shelf
from peopled import PASSWORD, Peopled, cheap_accounts, opened
from starlette.testclient import TestClient

from scanpipe.catalogue.requests import Refused
from scanpipe.core.rights import Role
from scanpipe.web.visit import Visit

DAY = date(2026, 4, 1)
LONG, SHORT, OTHER, OF_TAX = "2026-000001", "2026-000002", "2026-000003", "2026-000004"
Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the daemon is asked; that it does it right is another test's matter (journeys/test_parted)."""
    found: Asked = []

    def ask(self: Visit, verb: str, **wants: Any) -> dict[str, Any]:
        found.append((verb, wants))
        if wants.get("reason") == "no":
            raise Refused(reason="The daemon's own sentence.")
        answers: dict[str, dict[str, Any]] = {
            "split": {"parts": [{"number": SHORT}, {"number": OTHER}]}, "merge": {"number": OTHER}, "replace": {"disposal": {"number": "D2026-001"}},
        }  # fmt: skip
        return answers[verb]

    monkeypatch.setattr(Visit, "ask", ask)
    return found


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = two_sections(tmp_path / "site", language="en")
    with shelf(settings) as kept:
        kept.record(GENERAL, "CORRESP", DAY, title="束ねた文書", pages=9)
        kept.record(GENERAL, "CORRESP", DAY, title="前半", pages=2)
        kept.record(GENERAL, "CORRESP", DAY, title="後半", pages=3)
        kept.record(TAX, "CORRESP", DAY, title="課税の件")
    accounts = cheap_accounts(settings)
    now = datetime.now(settings.timezone)
    accounts.add("sato", "", [Role.CLERK], [GENERAL], [], PASSWORD, "test", now)
    person = accounts.person("sato", "session")
    assert person is not None
    session, csrf = accounts.open_session(person, now)
    accounts.close()
    with opened(Peopled(settings, {}, {})) as made:
        made.cookies.set("scanpipe_session", session)
        made.headers["x-csrf"] = csrf
        yield made


def send(client: TestClient, address: str, **said: Any) -> Any:
    return client.post(address, data={"csrf": client.headers["x-csrf"], **said})


def test_a_split_is_shown_with_its_parts_before_it_is_done(client: TestClient, asked: Asked) -> None:
    assert client.get(f"/records/{LONG}/split").text.count('name="begins"') == 8
    shown = send(client, f"/records/{LONG}/split", begins=["4", "6"])
    assert shown.status_code == 200 and asked == []
    assert [text in shown.text for text in ("Pages 1-3", "Pages 4-5", "Pages 6-9")] == [True] * 3
    done = send(client, f"/records/{LONG}/split", begins=["4", "6"], title=["", "別紙", ""], step="do", reason="仕切り紙の入れ忘れ")
    assert asked == [("split", {"number": LONG, "pages": ["1-3", "4-5", "6-9"], "titles": ["", "別紙", ""], "reason": "仕切り紙の入れ忘れ"})]
    page = client.get(done.headers["location"]).text
    assert f'href="/records/{SHORT}"' in page and f'action="/records/{LONG}/undo"' in page


def test_nothing_is_said_to_be_done_at_an_address_that_no_form_led_to(client: TestClient) -> None:
    answers = [client.get(f"/records/{LONG}/parted{query}") for query in ("", "?what=", "?what=burnt&listed=D-1")]
    assert [(one.status_code, "takes the place" in one.text) for one in answers] == [(404, False)] * 3


@pytest.mark.parametrize(("begins", "told"), [([], "Mark where a new document begins"), (["1"], "Mark where"), (["x"], "Mark where"), (["99"], "")])
def test_a_cut_that_cannot_be_is_explained(client: TestClient, asked: Asked, begins: list[str], told: str) -> None:
    answer = send(client, f"/records/{LONG}/split", begins=begins, step="do")
    assert answer.status_code == 400 and told in answer.text and 'role="alert"' in answer.text and asked == []


def test_what_the_daemon_refuses_is_told_beside_the_form(client: TestClient, asked: Asked) -> None:
    answer = send(client, f"/records/{LONG}/split", begins=["2"], step="do", reason="no")
    assert answer.status_code == 409 and "The daemon&#39;s own sentence." in answer.text and 'value="2" checked' in answer.text


def test_records_are_merged_in_the_order_in_which_they_were_written(client: TestClient, asked: Asked) -> None:
    looked = send(client, f"/records/{OTHER}/merge", others="２０２６－２、 2026-000003")
    page = client.get(looked.headers["location"]).text
    assert page.index("前半") < page.index("後半", page.index("These become one record")) and asked == []
    send(client, f"/records/{OTHER}/merge", others=f"{SHORT} {OTHER}", step="do", reason="二回に分けた")
    assert asked == [("merge", {"numbers": [SHORT, OTHER], "reason": "二回に分けた"})]


@pytest.mark.parametrize(("others", "status"), [("", 400), (OTHER, 400), ("2026-999999", 404), (OF_TAX, 404)])
def test_nothing_is_merged_with_what_is_not_there_or_may_not_be_seen(client: TestClient, asked: Asked, others: str, status: int) -> None:
    answer = send(client, f"/records/{OTHER}/merge", others=others, step="do")
    assert answer.status_code == status and "課税の件" not in answer.text and asked == []


def test_a_rescan_takes_the_place_of_a_wrong_scan_only_with_a_reason(client: TestClient, asked: Asked) -> None:
    looked = send(client, f"/records/{SHORT}/replace", new="2026-3")
    assert "後半" in client.get(looked.headers["location"]).text
    assert send(client, f"/records/{SHORT}/replace", new=OTHER, step="do", reason=" ").status_code == 400 and asked == []
    done = send(client, f"/records/{SHORT}/replace", new=OTHER, step="do", reason="ページの抜け")
    assert asked == [("replace", {"old": SHORT, "new": OTHER, "reason": "ページの抜け"})]
    assert "D2026-001" in client.get(done.headers["location"]).text
    assert send(client, f"/records/{SHORT}/replace", new=OF_TAX, step="do", reason="x").status_code == 404


@pytest.mark.parametrize("page", ["split", "merge", "replace", "correct"])
def test_records_of_another_section_are_not_there(client: TestClient, asked: Asked, page: str) -> None:
    assert client.get(f"/records/{OF_TAX}/{page}").status_code == 404
    assert send(client, f"/records/{OF_TAX}/{page}", step="do", begins="2", others=SHORT, new=SHORT, reason="x").status_code == 404
    assert client.post(f"/records/{LONG}/{page}", data={"step": "do"}).status_code == 403 and asked == []
