"""Scans sent by a browser: into the drop folder under a name of ours, whole, only of the own section, never more than may be sent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX, two_sections
from peopled import BY_NAME, Peopled, enter, one_page, opened, peopled_site
from retention_desk import add_people, desk_of
from starlette.testclient import TestClient
from with_daemon import until, while_it_runs

from scanpipe import cli, inbox
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings
from scanpipe.core.scans.readiness import OUR_FOLDERS, SENTINEL

PDF = one_page()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Peopled:
    return peopled_site(tmp_path_factory.mktemp("upload") / "site")


@pytest.fixture(scope="module")
def client(site: Peopled) -> Iterator[TestClient]:
    with opened(site) as made:
        yield made


@pytest.fixture(autouse=True)
def emptied(site: Peopled) -> None:
    for department in site.settings.departments:
        for name in lying(site, department.code):
            (site.settings.inbox(department) / name).unlink()


def lying(site: Peopled, code: str) -> list[str]:
    """All in the drop folder but for what is ours."""
    return sorted(path.name for path in site.settings.inbox(code).iterdir() if path.name not in {*OUR_FOLDERS, SENTINEL})


def send(client: TestClient, site: Peopled, kind: str, files: list[tuple[str, bytes]], department: str = GENERAL, **said: str) -> Any:
    csrf = enter(client, site, BY_NAME[kind])
    data = {"csrf": csrf or "", "department": department} | said
    return client.post("/upload", data=data, files=[("files", (name, content, "application/pdf")) for name, content in files])


def test_files_lie_whole_in_the_own_drop_folder_and_need_no_waiting(site: Peopled, client: TestClient) -> None:
    answer = send(client, site, "clerk of A", [("起案.pdf", PDF), ("../../起案.pdf", PDF + b"\n"), ("空.tif", b"")])
    assert (answer.status_code, answer.headers["location"]) == (303, f"/upload?department={GENERAL}&done=3")
    assert lying(site, GENERAL) == ["空.tif", "起案.2.pdf", "起案.pdf"]
    folder = site.settings.inbox(GENERAL)
    assert (folder / "起案.pdf").read_bytes() == PDF and (folder / "起案.2.pdf").read_bytes() == PDF + b"\n"
    requests = Requests(site.settings.layout.requests_db)
    (wants,) = [row["wants"] for row in requests.db.query("SELECT wants FROM request WHERE verb = 'expect'")]
    requests.close()
    assert '"起案.2.pdf"' in wants
    assert "3 files lie in the drop folder now" in client.get(answer.headers["location"]).text
    assert list((site.settings.layout.web / "upload").iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "department", "said", "status"),
    [
        ("clerk of A", TAX, {}, 403),
        ("clerk of A", "9999", {}, 403),
        ("clerk of A", GENERAL, {"csrf": "0" * 64}, 403),
        ("administrator", GENERAL, {}, 403),
        ("manager of all", GENERAL, {}, 403),
        ("anonymous", GENERAL, {}, 303),
    ],
)
def test_nobody_sends_to_another_section_or_by_a_form_that_is_not_ours(
    site: Peopled, client: TestClient, kind: str, department: str, said: dict[str, str], status: int
) -> None:
    answer = send(client, site, kind, [("a.pdf", PDF)], department, **said)
    assert answer.status_code == status and lying(site, GENERAL) == lying(site, TAX) == []


def test_one_file_that_is_no_scan_sends_none(site: Peopled, client: TestClient) -> None:
    answer = send(client, site, "clerk of A", [("a.pdf", PDF), ("a.exe", b"MZ")])
    assert answer.status_code == 400 and "a.exe is not sent" in answer.text and lying(site, GENERAL) == []
    assert send(client, site, "clerk of A", []).status_code == 400


def test_too_much_is_refused_before_it_fills_the_disk(site: Peopled, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    intake = site.settings.intake.model_copy(update={"max_bytes": 1 << 20})
    monkeypatch.setattr(client.app.state.house, "settings", _with(site.settings, intake))  # type: ignore[attr-defined]
    large = send(client, site, "clerk of A", [("a.pdf", bytes(3 << 20))])
    assert large.status_code == 413 and lying(site, GENERAL) == []
    csrf = enter(client, site, BY_NAME["clerk of A"])

    def endless() -> Iterator[bytes]:
        yield b'--b\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n' + (csrf or "").encode()
        yield b'\r\n--b\r\ncontent-disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
        for _ in range(64):
            yield bytes(1 << 16)

    answer = client.post("/upload", content=endless(), headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 413 and list((site.settings.layout.web / "upload").iterdir()) == []


def _with(settings: Any, intake: Any) -> Any:
    from dataclasses import is_dataclass, replace

    return replace(settings, intake=intake) if is_dataclass(settings) else settings.model_copy(update={"intake": intake})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"csrf=1"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=b", b"--b\r\ngarbage"),
        ("text/plain", b"x"),
    ],
)
def test_what_is_no_form_with_files_is_refused_in_words(site: Peopled, client: TestClient, kind: str, body: bytes) -> None:
    enter(client, site, BY_NAME["clerk of A"])
    assert client.post("/upload", content=body, headers={"content-type": kind}).status_code in (400, 403)


def test_two_deliveries_of_one_name_at_once_get_different_ones(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(PDF)
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / SENTINEL).touch()
    with source.open("rb") as file:
        names = [inbox.deliver(folder, "a.pdf", file.fileno()) for _ in range(3)]
    assert names == ["a.pdf", "a.2.pdf", "a.3.pdf"]
    assert [path.read_bytes() for path in folder.iterdir() if path.name != SENTINEL] == [PDF] * 3


def test_who_sent_a_scan_stands_among_its_events_also_after_a_reindex(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site", language="en")
    add_people(settings)
    with desk_of(settings) as room:
        room.sit("sato")

        def sent() -> None:
            for name in ("起案.pdf", "別名.pdf"):  # the same bytes twice: one record
                assert room.client.post("/upload", data={"csrf": room.csrf, "department": GENERAL}, files=[("files", (name, PDF))]).status_code == 303
            until(lambda: senders(settings) == ["sato", "sato"])

        while_it_runs(settings, sent)
        assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
        assert senders(settings) == ["sato", "sato"]
        number = json.loads(room.get("/api/v1/records"))["records"][0]["number"]
        assert "sent from the web" in room.get(f"/records/{number}")


def senders(settings: Settings) -> list[str]:
    """Of the one record."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        ids = [row["id"] for row in reader.db.conn.execute("SELECT id FROM accession WHERE state = 'accounted'")]
        return [event["actor"] for id in ids for event in reader.events(id) if event["kind"] == "uploaded"]
    finally:
        reader.close()


def test_nothing_is_written_where_the_store_was_unmounted(site: Peopled, client: TestClient) -> None:
    """Its disk is gone, and its mount point is an empty folder."""
    store = site.settings.layout.store
    csrf = enter(client, site, BY_NAME["clerk of A"])
    away = store.rename(store.with_name("away"))
    store.mkdir()
    try:
        data = {"csrf": csrf or "", "department": GENERAL}
        assert client.post("/upload", data=data, files=[("files", ("a.pdf", PDF, "application/pdf"))]).status_code == 503
        assert list(store.iterdir()) == []
    finally:
        store.rmdir()
        away.rename(store)
