"""Purchases and counters sent to a page or by the API: seen before anything changes, brought exactly as shown, and hostile files refused with a sentence."""

import html
import io
import os
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from answering import answering
from custody import GENERAL, TAX, two_sections
from kept_records import shelf
from peopled import cheap_accounts
from retention_desk import Desk, add_people, desk_of

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.rights import Scope

PAPER = "/campaign/paper"
PLAIN = "month,department,source,unit,quantity,note\n2025-04,総務課,purchase,box,4,\n2025-04,0103,purchase,sheet,3000,増刷\n"
WIDE = "令和７年度　コピー用紙購入数（単位：箱）,,,\n課名,４月,５月,合計\n総務課,１２,3,15\n税努課,－,4,4\n合計,12,7,19\n"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = two_sections(tmp_path_factory.mktemp("paper") / "site", language="en")
    with shelf(settings) as kept:
        kept.record(GENERAL, "CORRESP", date(2026, 2, 1))
    add_people(settings)
    with answering(settings), desk_of(settings) as made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_of_an_earlier_test(room: Desk) -> None:
    room.sit("kato")


def send(room: Desk, content: bytes | str, name: str = "購入.csv", **said: str) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return room.client.post(PAPER, data={"csrf": room.csrf, **said}, files={"file": (name, data)})


def shown(room: Desk, content: bytes | str, name: str = "購入.csv", **said: str) -> tuple[str, str]:
    """The address of the preview, and its text."""
    answer = send(room, content, name, **said)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"], room.get(answer.headers["location"])


def told(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def mark_of(page: str) -> str:
    found = re.search(r'name="mark" value="([0-9a-f]{64})"', page)
    assert found, told(page)
    return found[1]


def figures(settings: Settings) -> list[tuple[str, str, float]]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        sql = "SELECT month, department, quantity FROM paper_row WHERE superseded_by IS NULL ORDER BY 1, 2, 3"
        return [tuple(row) for row in reader.db.conn.execute(sql)]
    finally:
        reader.close()


def test_a_file_is_looked_at_brought_once_and_changes_nothing_the_second_time(room: Desk) -> None:
    before = figures(room.settings)
    address, page = shown(room, PLAIN, reason="請求書のとおり")
    assert "2 figures understood: 2 new, 0 changed, 0 known already" in told(page) and "請求書のとおり" in page
    assert figures(room.settings) == before
    done = room.done(address, mark=mark_of(page))
    assert "2 figures were brought in" in told(done) and "4 boxes" in told(done) and "購入.csv" in done
    assert ("2025-04", GENERAL, 4.0) in figures(room.settings) and ("2025-04", TAX, 3000.0) in figures(room.settings)
    assert room.status(address) == 404  # it was brought
    _address, again = shown(room, PLAIN)
    assert (
        "0 new, 0 changed, 2 known already" in told(again)
        and "nothing to bring in" in told(again)
        and '<form method="post" action="/campaign/paper/' not in again
    )
    address, other = shown(room, PLAIN.replace("box,4", "box,5"))
    assert "0 new, 1 changed, 1 known already" in told(other) and "4 boxes 5 boxes" in told(other)
    room.done(address, mark=mark_of(other))
    assert ("2025-04", GENERAL, 5.0) in figures(room.settings)


def test_what_is_not_understood_is_told_with_a_suggestion_and_left_out(room: Desk) -> None:
    _address, page = shown(room, WIDE.encode("cp932"), "用紙.csv")
    text = told(page)
    assert "2 figures understood" in text and "1 left out" in text
    assert "税努課" in text and f"Perhaps: {TAX}" in text
    assert "2025-04" in text and "12 boxes" in text


def test_what_the_file_does_not_say_is_said_in_the_form(room: Desk) -> None:
    bare = "課名,4月,5月\n総務課,10,20\n"
    refused = send(room, bare, "x.csv", reason="数えた")
    assert refused.status_code == 409 and "no year" in told(refused.text) and "--" not in told(refused.text) and "数えた" in refused.text
    _address, page = shown(room, bare, "x.csv", year="2024", unit="ream", source="purchase")
    assert "2024-05" in page and "20 reams" in told(page)
    assert send(room, bare, "x.csv", unit="bale").status_code == 409


def test_what_changed_since_the_look_is_shown_once_more(room: Desk) -> None:
    address, page = shown(room, PLAIN.replace("2025-04", "2025-06"))
    other, second = shown(room, PLAIN.replace("2025-04", "2025-06").replace("box,4", "box,9"))
    room.done(other, mark=mark_of(second))
    says = room.refused(address, mark=mark_of(page))
    assert "Since you looked" in says
    assert ("2025-06", GENERAL, 9.0) in figures(room.settings)


def test_a_look_belongs_to_who_sent_the_file_and_ends_after_an_hour(room: Desk) -> None:
    address, page = shown(room, PLAIN.replace("2025-04", "2025-07"))
    room.sit("suzuki")
    assert room.status(address) == 404 and room.post(address, mark=mark_of(page)).status_code == 404
    room.sit("kato")
    folder = room.settings.layout.web / "previews"
    (kept,) = [one for one in folder.iterdir() if address.rpartition("/")[2] in one.name]
    age(kept, timedelta(hours=2))
    assert room.status(address) == 404
    shown(room, PLAIN)
    assert not kept.exists() and len(list(folder.iterdir())) <= 3


def age(path: Path, by: timedelta) -> None:
    was = path.stat().st_mtime - by.total_seconds()
    os.utime(path, (was, was))


def test_a_leader_brings_only_figures_of_the_own_sections(room: Desk) -> None:
    room.sit("tanaka")
    answer = send(room, PLAIN)
    assert answer.status_code == 409 and GENERAL in told(answer.text)
    whole = send(room, "month,department,source,unit,quantity\n2025-04,全庁,purchase,box,4\n")
    assert whole.status_code == 409 and "whole city" in told(whole.text)
    _address, page = shown(room, PLAIN.replace("2025-04,総務課,purchase,box,4,\n", "").replace("2025-04", "2024-09"))
    assert "1 new" in told(page)
    for name in ("sato", "yamada", "root"):
        room.sit(name)
        assert room.status(PAPER) == 403 and send(room, PLAIN).status_code == 403


def workbook(*rows: tuple[object, ...]) -> bytes:
    book, written = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(written)
    return written.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """The archive with another content of one part, or with one more."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        new.writestr(name, content)
    return written.getvalue()


def many_long_cells() -> bytes:
    """A few thousand bytes that would be gigabytes of text: every cell is the same long string."""
    rows = b"".join(b'<row r="%d">%s</row>' % (n, b"".join(b'<c r="%c%d" t="s"><v>0</v></c>' % (65 + k, n) for k in range(20))) for n in range(1, 20_001))
    raw = workbook(("課名", "4月"))
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>' + rows + b"</sheetData></worksheet>"
    shared = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>' + b"x" * 32_000 + b"</t></si></sst>"
    return with_part(with_part(raw, "xl/worksheets/sheet1.xml", sheet), "xl/sharedStrings.xml", shared)


HOSTILE = {
    "unpacked": (lambda: with_part(workbook(("課名", "4月")), "xl/theme/theme1.xml", b" " * (300 << 20)), "unpacks to more than"),
    "memory": (many_long_cells, "could not be read with the time and memory"),
    "no table": (lambda: b"\x89PNG\r\n\x1a\n\x00\x00", "neither a text"),
    "empty": (lambda: b"", "empty"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence_and_the_pages_go_on(room: Desk, kind: str) -> None:
    made, says = HOSTILE[kind]
    answer = send(room, made(), "x.xlsx")
    assert answer.status_code == 409
    assert says in re.findall(r"role=\"alert\".*", answer.text)[0]
    assert room.status(PAPER) == 200


def test_names_of_files_and_cells_are_shown_as_text(room: Desk) -> None:
    _address, page = shown(room, PLAIN + '"<script>alert(1)</script>",総務課,purchase,box,1,\n', "C:\\x\\<b>a</b>\x07.csv")
    assert "<script>alert" not in page and "<b>a</b>.csv" not in page and "alert(1)" in told(page)


def test_forms_of_other_pages_and_of_several_files_are_not_taken(room: Desk) -> None:
    assert room.client.post(PAPER, data={"csrf": "x"}, files={"file": ("a.csv", PLAIN)}).status_code == 403
    assert room.client.post(PAPER, data={"csrf": room.csrf}, files={"file": ("a.csv", PLAIN)}, headers={"origin": "http://evil.example"}).status_code == 403
    none = room.client.post(PAPER, data={"csrf": room.csrf}, files={"other": ("", b"")})
    assert none.status_code == 409
    assert room.post(f"{PAPER}/{'0' * 32}", mark="x").status_code == 404


def test_the_api_tells_what_would_change_and_brings_it_with_a_writing_token(room: Desk) -> None:
    accounts = cheap_accounts(room.settings)
    writing, reading = (accounts.add_token(f"{scope} paper", "kato", [scope], "test", room_now(room)) for scope in (Scope.WRITE, Scope.STATISTICS))
    accounts.close()
    room.client.cookies.clear()
    content = PLAIN.replace("2025-04", "2025-09")

    def asked(token: str, **said: str) -> Any:
        return room.client.post("/api/v1/stats/paper", data=said, files={"file": ("a.csv", content)}, headers={"authorization": f"Bearer {token}"})

    assert asked(reading).status_code == 403
    before = figures(room.settings)
    looked = asked(writing, dry_run="true").json()
    assert (looked["dry_run"], looked["new"], looked["same"], looked["changed"], looked["left_out"]) == (True, 2, 0, [], 0)
    assert looked["rows"][0]["quantity"] == 4.0 and figures(room.settings) == before
    assert asked(writing).json()["new"] == 2 and asked(writing).json()["same"] == 2
    assert ("2025-09", GENERAL, 4.0) in figures(room.settings)
    assert asked(writing, dry_run="perhaps").status_code == 400 and asked(writing, year="x").status_code in (400, 422)


def room_now(room: Desk) -> Any:
    return datetime.now(room.settings.timezone)
