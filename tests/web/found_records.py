"""A site whose records can be found and looked at: texts, boxes and pages that are drawn, without a scan being read. For tests of the search and the record page."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from custody import GENERAL, TAX, two_sections
from fpdf import FPDF
from kept_records import RECEIVED, Shelf, shelf
from peopled import cheap_accounts
from starlette.testclient import TestClient

from scanpipe import vault
from scanpipe.catalogue.database import open_reader
from scanpipe.catalogue.search import SearchIndex
from scanpipe.config import Settings
from scanpipe.core.model import Credit, Filing, Line, Page, Recognition
from scanpipe.core.rights import Role
from scanpipe.stages.index import index
from scanpipe.web.application import create

DAY = date(2026, 4, 1)
WIDTH, HEIGHT = 1654, 2339
PEOPLE = {  # name -> roles, sections, grants
    "clerk": ((Role.CLERK,), (GENERAL,), ()),
    "other": ((Role.CLERK,), (TAX,), ()),
    "manager": ((Role.RECORDS_MANAGER,), (), ("*",)),
    "statistics": ((Role.STATISTICS,), (), ()),
}


@dataclass
class Archive:
    """settings: of the site. numbers: of the records, the first first."""

    settings: Settings
    kept: Shelf
    numbers: list[str] = field(default_factory=list)

    def file(self, title: str | None, *pages: Sequence[str], department: str = GENERAL, category: str = "CORRESP", name: str = "scan.pdf", **said: Any) -> str:
        """A record of these pages, each of these lines; its number."""
        catalogue, n = self.kept.catalogue, len(self.numbers) + 1
        id = f"01J{n:023d}"
        facts = {
            "id": id,
            "department": department,
            "name": name,
            "sha256": f"{n:064x}",
            "bytes": 2048,
            "media_type": "application/pdf",
            "duplex": None,
            "declared": {},
        }
        number = catalogue.accessioned(facts, f"key of {id}", RECEIVED).number
        recognition = Recognition(
            accession_id=id, pages=tuple(_page(at, lines) for at, lines in enumerate(pages, 1)), engine="ppocr", settings="s", access_sha256=None
        )
        catalogue.recognised(recognition)
        catalogue.described(self.kept._description(id, category, DAY, {"title": title, "pages": len(pages), "sheets": len(pages)} | said))
        catalogue.filed(Filing(accession_id=id, path="cabinet/x/y.pdf", vault_path=f"vault/2026/{number}", manifest_sha256="0" * 64))
        catalogue.indexed(id)
        catalogue.accounted(Credit(accession_id=id, day=DAY, fiscal_year=2026, department=department, category=category, digitised=2.0))
        self._put_folder(f"vault/2026/{number}", recognition, pages)
        search = SearchIndex(self.settings.layout.search_db)
        index(catalogue.accession(id), catalogue.description(id), [page.text for page in recognition.pages], bool(said.get("restricted")), search)
        search.close()
        self.numbers.append(number)
        return number

    def _put_folder(self, name: str, recognition: Recognition, pages: Sequence[Sequence[str]]) -> None:
        folder = self.settings.layout.archive / name
        folder.mkdir(parents=True)
        (folder / vault.TEXT).write_bytes(vault.text_json(recognition))
        for file in ("original.pdf", vault.ACCESS):
            (folder / file).write_bytes(_drawn(len(pages)))


def _page(number: int, lines: Sequence[str]) -> Page:
    placed = tuple(Line(text=text, box=(200, 200 + 100 * at, 200 + 60 * len(text), 260 + 100 * at), confidence=98.0) for at, text in enumerate(lines))
    return Page(number=number, width=WIDTH, height=HEIGHT, dpi=200.0, engine="ppocr", text="\n".join(lines), confidence=98.0, lines=placed, blank=not lines)


def _drawn(pages: int) -> bytes:
    document, written = FPDF(format="A4"), io.BytesIO()
    document.set_font("helvetica", size=40)
    for number in range(1, max(pages, 1) + 1):
        document.add_page()
        document.cell(text=f"page {number}")
    document.output(written)
    return written.getvalue()


def found_archive(folder: Path, fill: Any, **keys: float | str) -> Archive:
    """fill(archive): files its records."""
    settings = two_sections(folder, language="en", **keys)
    with shelf(settings) as kept:
        archive = Archive(settings, kept)
        fill(archive)
    accounts = cheap_accounts(settings)
    for name, (roles, departments, grants) in PEOPLE.items():
        accounts.add(name, name, roles, departments, grants, "midori no oka 2026", "test", now(settings))
    accounts.close()
    return archive


def now(settings: Settings) -> datetime:
    return datetime.now(settings.timezone)


def session_of(archive: Archive, name: str) -> tuple[str, str]:
    """The id of a new session and what its forms carry."""
    accounts = cheap_accounts(archive.settings)
    try:
        person = accounts.person(name, "session")
        assert person is not None
        return accounts.open_session(person, now(archive.settings))
    finally:
        accounts.close()


def told(archive: Archive, kind: str) -> list[dict[str, Any]]:
    """What the journal is to be told of this kind, in order, with who it was."""
    db = open_reader(archive.settings.layout.requests_db)
    rows = db.execute("SELECT who, wants FROM request WHERE verb = 'tell' ORDER BY id").fetchall()
    db.close()
    said = [{"who": row["who"], **json.loads(row["wants"])} for row in rows]
    return [one for one in said if one["kind"] == kind]


def opened(archive: Archive) -> TestClient:
    """A browser that follows no redirects; use as a context."""
    return TestClient(create(archive.settings), base_url="http://127.0.0.1", follow_redirects=False)


def come(client: TestClient, archive: Archive, name: str) -> str:
    """Makes the client come as this person; what their forms carry."""
    session, csrf = session_of(archive, name)
    client.cookies.clear()
    client.cookies.set("scanpipe_session", session)
    return csrf
