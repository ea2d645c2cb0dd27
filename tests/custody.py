"""What the tests of custody share: a small site, scans whose words are known, and the proof that nothing was lost, doubled or torn."""

import hashlib
import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pikepdf
from sites import QUICK, set_keys

from scanpipe import config, container, vault
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.catalogue.search import SearchReader
from scanpipe.config import SENTINEL, Settings
from scanpipe.core.scans.readiness import OUR_FOLDERS
from scanpipe.core.scans.structure import PDF
from scanpipe.upkeep.machine import site
from scanpipe.upkeep.proving.fixity import verify

GENERAL, TAX = "0101", "0103"
Delivered = Mapping[tuple[str, str], bytes]  # (section, name) -> what the scanner wrote


def two_sections(folder: Path, **keys: float | str) -> Settings:
    """A site with two sections, short waits and one lane. keys: of scanpipe.toml, as in sites.py."""
    sections = folder.with_name(f"{folder.name}-sections.csv")
    sections.write_text("code,name\n0101,総務課\n0103,税務課\n", "utf-8")
    file = site.init(folder, departments_csv=sections)
    set_keys(file, **{**QUICK, "lanes": 1, **keys})
    return config.load(file)


def joins_pages(settings: Settings, section: str, **keys: float | str) -> Settings:
    """The site with this section's scanner writing one file for each page. keys: of scanpipe.toml."""
    sections = settings.file.with_name("departments.toml")
    sections.write_text(sections.read_text("utf-8").replace(f'code = "{section}"', f'code = "{section}"\nassemble = "sequence"', 1), "utf-8")
    set_keys(settings.file, **keys)
    return config.load(settings.file)


def copy_site(settings: Settings, folder: Path) -> Settings:
    """The same site in another place."""
    shutil.copytree(settings.file.parents[1], folder, symlinks=True)
    return config.load(folder / "config" / "scanpipe.toml")


def pdf(*pages: str) -> bytes:
    """A whole PDF of so many A4 pages. The words are in the file, so that other words make other bytes, but nobody could see them."""
    document, written = pikepdf.new(), io.BytesIO()
    for text in pages:
        document.add_blank_page(page_size=(595, 842))
        document.pages[-1].obj.Words = pikepdf.String(text)
    document.save(written, deterministic_id=True)
    return written.getvalue()


def contained(folder: Path, *pages: bytes) -> bytes:
    """The original that a run of these PDF files makes."""
    files = [folder / f"page-{n}" for n in range(len(pages))]
    for file, data in zip(files, pages, strict=True):
        file.write_bytes(data)
    descriptors = [os.open(file, os.O_RDONLY) for file in files]
    list(container.write(folder / "container", [(descriptor, PDF) for descriptor in descriptors]))
    for descriptor in descriptors:
        os.close(descriptor)
    original = (folder / "container").read_bytes()
    for file in (*files, folder / "container"):
        file.unlink()
    return original


def deliver(settings: Settings, delivered: Delivered) -> None:
    """As a scanner does it: in place."""
    for (section, name), data in delivered.items():
        (settings.inbox(section) / name).write_bytes(data)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def answers(settings: Settings) -> list[tuple[str, dict[str, Any]]]:
    """(state, answer) of every wish, in the order of asking; all must have been answered."""
    requests = Requests(settings.layout.requests_db)
    rows = [(row["state"], json.loads(row["answer"])) for row in requests.db.conn.execute("SELECT state, answer FROM request ORDER BY id")]
    requests.close()
    return rows


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []


def lying(settings: Settings) -> list[str]:
    """What lies in the drop folders beside our own folders."""
    return [entry.name for section in settings.departments for entry in os.scandir(settings.inbox(section)) if entry.name not in OUR_FOLDERS | {SENTINEL}]


def assert_kept(
    settings: Settings, delivered: Delivered, words: Mapping[tuple[str, str], str] | None = None, *, written: Collection[bytes] | None = None
) -> None:
    """Each delivery is filed exactly once, its bytes are unchanged, nothing half done is left, and its words find it.

    words: for each delivery a word that stands on its pages only. written: the scanner's files where these are not the deliveries (joined pages, parts of a batch).
    """
    layout, digests = settings.layout, Counter(map(sha256, delivered.values()))
    folders = list(vault.folders(layout.vault))
    assert Counter(vault.manifest(folder)[path.name] for folder in folders for path in folder.glob("original.*")) == digests, "originals in the vault"
    report = verify(layout)
    assert (report.sound, report.expected, report.checked) == (True, len(delivered), len(delivered)), [str(found) for found in report.deviations]
    for place in (layout.spool_tmp, layout.spool_new, layout.archive_tmp):
        assert not list(place.iterdir()), f"torn: {place}"
    left = [path for path in files_in(layout.work) if path.parent != layout.work and not path.relative_to(layout.work).parts[0].startswith(".scratch-")]
    assert not left, "work/ is not cleared"  # but for the lanes' scratch folders, which the next start removes
    assert not lying(settings), "still in a drop folder"
    sources = delivered.values() if written is None else written
    assert Counter(sha256(path.read_bytes()) for path in files_in(layout.taken)) == Counter(map(sha256, sources)), "taken"
    kinds = Counter(event.kind for event in chain(layout.journal))
    assert {kinds[kind] for kind in ("accessioned", "filed", "indexed", "accounted")} == {len(delivered)}, kinds
    _assert_books(settings, delivered, words or {})


def _assert_books(settings: Settings, delivered: Delivered, words: Mapping[tuple[str, str], str]) -> None:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        facts = reader.status()
        assert {name: facts[name] for name in ("deliveries", "records", "duplicates", "rejected", "waiting", "paused", "lying")} == {
            "deliveries": len(delivered), "records": len(delivered), "duplicates": 0, "rejected": 0, "waiting": 0, "paused": [], "lying": [],
        }  # fmt: skip
        found = {(row["department"], row["name"]): row for row in reader.outcomes()}
        assert {key: row["sha256"] for key, row in found.items()} == {key: sha256(data) for key, data in delivered.items()}
        numbers = [reader.record(row["number"]) for row in found.values()]
        assert len({body["number"] for body in numbers}) == len(delivered)
        in_cabinet = [body for body in numbers if body["path"] is not None]  # restricted ones are not shown there
        assert len(files_in(settings.layout.cabinet)) == len(in_cabinet)
        for body in in_cabinet:
            shown, kept = settings.layout.archive / body["path"], settings.layout.archive / body["vault_path"]
            assert any(shown.samefile(path) for path in kept.iterdir()), "the cabinet shows something else"
        index = SearchReader(settings.layout.search_db, reader.text_of)
        for key, word in words.items():
            assert [hit.number for hit in index.search(word).hits] == [found[key]["number"]], word
        index.close()
    finally:
        reader.close()


TABLES = (
    "delivery", "page_file", "accession", "recognition", "page", "description", "filing", "correction", "hold", "hold_record", "event",
    "disposal", "disposal_entry", "disposal_answer", "disposal_approval",
    "tally", "tally_month", "tally_mark", "sequence", "box", "box_record", "box_step",
    "device", "device_step", "paper_import", "paper_row", "month_note", "paper_terms", "paper_month",
    "cabinet", "cabinet_step", "cabinet_photo", "campaign", "target", "advice", "indicator_import", "indicator",
)  # fmt: skip


def dump(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that `reindex` makes again, in the order of their keys."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return {table: sorted((tuple(row) for row in reader.db.conn.execute(f"SELECT * FROM {table}")), key=repr) for table in TABLES}
    finally:
        reader.close()
