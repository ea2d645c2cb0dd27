"""A stack of paper with covers and a patch code between its documents goes through real lanes and becomes one record for each."""

import errno
import io
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
import pytest
from custody import GENERAL, TAX, lying, two_sections
from PIL import Image, ImageDraw, ImageFont

from scanpipe import storage, vault
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search import SearchReader
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.model import Accession, PageCode, Recognition
from scanpipe.core.scans.batches import Part
from scanpipe.custody import Custody, recover
from scanpipe.daemon import Daemon
from scanpipe.errors import PlaceError
from scanpipe.recognition.splitting import split
from scanpipe.stages.admit import admit, part_key, part_name
from scanpipe.upkeep.copying.reindex import records_of
from scanpipe.upkeep.cover import sheet
from scanpipe.upkeep.disposal import boxes
from scanpipe.upkeep.machine.fonts import japanese_font
from scanpipe.upkeep.proving.fixity import verify

DPI = 200
FIRST = PageCode(kind="cover", department=TAX, category="TAX", sheets=1, box="B-0012", title="固定資産税の課税台帳")
SECOND = PageCode(kind="cover", department="9999", category="NOSUCH", sheets=5, box="B-0012")  # codes that this site does not have
WORDS = ("鶴亀算の解き方", "松竹梅の植え方", "花鳥風月の描き方")


def cover_page(code: PageCode, degrees: int) -> Image.Image:
    with pypdfium2.PdfDocument(sheet(code, section="税務課", category="税", language="ja")) as document:
        page: Image.Image = document[0].render(scale=DPI / 72, grayscale=True).to_pil()
    return grained(page.convert("L").rotate(degrees, expand=True, fillcolor=250))


def written_page(words: str) -> Image.Image:
    font = japanese_font()
    assert font is not None
    page = Image.new("L", (1654, 2339), 250)
    draw = ImageDraw.Draw(page)
    for row, line in enumerate((f"{words}について", "令和7年6月2日", "総務課長様", f"標記の件について、{words}を下記のとおり通知します。")):
        draw.text((160, 200 + 120 * row), line, font=ImageFont.truetype(str(font), 48), fill=20)
    return grained(page)


def patch_page() -> Image.Image:
    page = Image.new("L", (1654, 2339), 250)
    draw, top = ImageDraw.Draw(page), 100.0
    for thick in (16, 40, 16, 40):
        draw.rectangle([500, top, 1100, top + thick - 1], fill=25)
        top += thick + 16
    return grained(page)


def grained(page: Image.Image) -> Image.Image:
    grain = np.random.default_rng(page.width).normal(0, 3, (page.height, page.width))
    return Image.fromarray(np.clip(np.asarray(page, np.float64) + grain, 0, 255).astype(np.uint8))


def batch() -> bytes:
    """Six pages: cover, page, cover upside down, page, Patch-T, page."""
    first, *rest = [
        cover_page(FIRST, 0), written_page(WORDS[0]), cover_page(SECOND, 180), written_page(WORDS[1]), patch_page(), written_page(WORDS[2]),
    ]  # fmt: skip
    out = io.BytesIO()
    first.save(out, "PDF", save_all=True, append_images=rest, resolution=DPI)
    return out.getvalue()


@pytest.fixture(scope="module")
def delivered() -> bytes:
    if japanese_font() is None:
        pytest.skip("no Japanese font here: install fonts-ipaexfont-gothic")
    return batch()


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory, delivered: bytes) -> Iterator[tuple[Settings, list[Recognition]]]:
    """A site that has filed the batch; it was recognised twice before the line took it up, as after a crash."""
    settings = two_sections(tmp_path_factory.mktemp("batches") / "site")
    with Daemon(settings, timetable=False) as own:
        (settings.inbox(settings.department(GENERAL)) / "scan.pdf").write_bytes(delivered)
        until = time.monotonic() + 60
        while not own.catalogue.unfinished() and time.monotonic() < until:
            time.sleep(0.05)
        (accession,) = own.catalogue.unfiled()
        facts = [own.house.reader.recognise(accession, settings.layout.spool_new / accession.id / "original") for _ in range(2)]
        until = time.monotonic() + 300
        while not own.settled() and time.monotonic() < until:
            own.turn(0.2)
    yield settings, facts


@pytest.fixture(scope="module")
def records(twice: tuple[Settings, Any]) -> list[dict[str, Any]]:
    """The batch, then its parts."""
    reader = CatalogueReader(twice[0].layout.catalogue_db)
    found = [reader.record(row["number"], text=True) for row in reader.outcomes()]
    reader.close()
    return found


def test_recognising_a_batch_again_adds_nothing(twice: tuple[Settings, list[Recognition]], records: list[dict[str, Any]]) -> None:
    one, other = twice[1]
    assert one == other
    assert (one.parts, one.flags, one.pages) == (3, ("batch",), ())
    assert [record["declared"].get("part") for record in records] == [None, "1/3", "2/3", "3/3"]
    assert {record["state"] for record in records} == {"accounted"}


def test_each_part_is_a_record_of_one_page_without_its_cover(records: list[dict[str, Any]]) -> None:
    batch, *parts = records
    assert [part["pages"] for part in parts] == [1, 1, 1]
    assert [part["sheets"] for part in parts] == [1, 1, 1]
    assert all(words[:3] in part["text"] for words, part in zip(WORDS, parts, strict=True))
    assert [part["declared"]["batch"] for part in parts] == [batch["number"]] * 3
    assert [part["original"]["name"] for part in parts] == ["scan_001.pdf", "scan_002.pdf", "scan_003.pdf"]


def test_what_the_cover_says_goes_before_what_the_page_says(records: list[dict[str, Any]]) -> None:
    part = records[1]
    assert (part["department"], part["category"], part["confidence"], part["title"]) == (TAX, "TAX", 1.0, "固定資産税の課税台帳")
    assert {(one["about"], one["rule"]) for one in part["evidence"]} >= {("category", "cover"), ("title", "cover")}
    assert part["retention"]["period"] is not None


def test_codes_that_the_site_does_not_have_change_nothing(records: list[dict[str, Any]]) -> None:
    assert (records[2]["department"], records[3]["department"]) == (GENERAL, GENERAL)
    assert records[2]["category"] != "NOSUCH"
    assert "松竹梅" in records[2]["title"]


def test_the_paper_goes_into_the_box_that_its_cover_names_unless_that_is_another_sections(twice: tuple[Settings, Any], records: list[dict[str, Any]]) -> None:
    assert [(record["box"], record["paper_status"]) for record in records] == [(None, None), ("B-0012", "digitised"), (None, "digitised"), (None, "digitised")]
    reader = CatalogueReader(twice[0].layout.catalogue_db)
    try:
        found = boxes.listed(reader.db, twice[0], date(2026, 11, 22))
    finally:
        reader.close()
    (box,) = found["boxes"]
    assert (box["box"], box["department"], box["records"], box["sheets"], box["declared_sheets"]) == ("B-0012", TAX, 1, 1, 1)
    assert found["left_out"] == [{"number": records[2]["number"], "department": GENERAL, "box": "B-0012"}]
    assert found["loose"] == [{"department": GENERAL, "records": 2, "sheets": 2}]


def test_a_count_of_sheets_that_differs_goes_to_review_with_both_numbers(records: list[dict[str, Any]]) -> None:
    assert ["sheet-count-differs" in record["flags"] for record in records] == [False, False, True, False]
    assert [one["quote"] for one in records[2]["evidence"] if one["about"] == "sheets"] == ["5 ≠ 1"]


def test_the_batch_itself_is_kept_as_it_came_and_counts_nothing(twice: tuple[Settings, Any], records: list[dict[str, Any]], delivered: bytes) -> None:
    settings, whole = twice[0], records[0]
    folder = settings.layout.archive / whole["vault_path"]
    assert (folder / "original.pdf").read_bytes() == delivered
    assert not (folder / vault.ACCESS).exists()
    assert (whole["path"], whole["sheets"], whole["a4_sheets"], whole["pages"], whole["needs_review"], whole["flags"]) == (None, 0, 0, 0, False, ["batch"])
    assert whole["title"] == "一括スキャン(3件)"
    assert verify(settings.layout).sound


def test_nothing_is_left_over(twice: tuple[Settings, Any]) -> None:
    layout = twice[0].layout
    assert [list(folder.iterdir()) for folder in (layout.spool_new, layout.spool_tmp, layout.archive_tmp)] == [[], [], []]
    assert not lying(twice[0])
    reader = CatalogueReader(layout.catalogue_db)
    facts = reader.status()
    sheets = {row["department"]: row["digitised"] for row in reader.sheets("department")}
    reader.close()
    assert {name: facts[name] for name in ("deliveries", "records", "duplicates", "rejected", "waiting")} == {
        "deliveries": 4, "records": 4, "duplicates": 0, "rejected": 0, "waiting": 0,
    }  # fmt: skip
    assert sheets == {GENERAL: 2, TAX: 1}


def test_the_batch_and_its_parts_are_found(twice: tuple[Settings, Any], records: list[dict[str, Any]]) -> None:
    reader = CatalogueReader(twice[0].layout.catalogue_db)
    index = SearchReader(twice[0].layout.search_db, reader.text_of)
    found = {words: [hit.number for hit in index.search(words).hits] for words in ("鶴亀", "一括スキャン")}
    index.close()
    reader.close()
    assert found == {"鶴亀": [records[1]["number"]], "一括スキャン": [records[0]["number"]]}


# --- the cutting itself ---


def test_pages_of_a_pdf_are_copied_as_they_are(tmp_path: Path, delivered: bytes) -> None:
    whole, part = tmp_path / "whole.pdf", tmp_path / "part.pdf"
    whole.write_bytes(delivered)
    digest = split(whole, "application/pdf", (2, 4), part)
    with pikepdf.open(whole) as before, pikepdf.open(part) as after:
        assert streams(after) == [streams(before)[1], streams(before)[3]]
        assert [page.mediabox for page in after.pages] == [before.pages[n].mediabox for n in (1, 3)]
    assert split(whole, "application/pdf", (2, 4), tmp_path / "again.pdf") == digest


@pytest.mark.parametrize(("mode", "compression"), [("1", "group4"), ("L", "tiff_lzw"), ("L", "jpeg")])
def test_frames_of_a_tiff_become_pages_with_the_same_pixels(tmp_path: Path, mode: str, compression: str) -> None:
    frames = [Image.fromarray(np.random.default_rng(n).integers(0, 255, (200, 160), np.uint8)).convert(mode) for n in range(4)]
    whole, part = tmp_path / "whole.tif", tmp_path / "part.pdf"
    frames[0].save(whole, save_all=True, append_images=frames[1:], compression=compression, dpi=(200, 200))
    split(whole, "image/tiff", (2, 3), part)
    with pikepdf.open(part) as pdf, Image.open(whole) as stored:
        for page, index in zip(pdf.pages, (1, 2), strict=True):
            stored.seek(index)
            (image,) = page.get_images().values()
            assert np.array_equal(np.asarray(pikepdf.PdfImage(image).as_pil_image().convert("L")), np.asarray(stored.convert("L")))
            assert float(page.mediabox[2]) == pytest.approx(160 / 200 * 72, abs=0.5)


def streams(pdf: pikepdf.Pdf) -> list[list[bytes]]:
    return [[image.read_raw_bytes() for image in page.get_images().values()] for page in pdf.pages]


def test_the_key_of_a_part_is_its_own() -> None:
    assert len({part_key("A", 1), part_key("A", 2), part_key("B", 1), part_key("A1", 1), part_key("A", 11)}) == 5


class Cut:
    """storage.before that fails once, at the call with this number from 1."""

    def __init__(self, at: int) -> None:
        self.at, self.calls = at, 0

    def __call__(self, call: str, path: Path) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))


@pytest.mark.parametrize("restarted", [False, True], ids=["goes on", "starts again"])
def test_a_part_cut_off_at_any_system_call_is_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restarted: bool) -> None:
    settings = two_sections(tmp_path / "site")
    layout = settings.layout
    for folder in (layout.spool_tmp, layout.spool_new, layout.journal, layout.catalogue_db.parent, layout.archive):
        storage.make_folder(folder)
    now = datetime(2025, 6, 2, 9, tzinfo=settings.timezone)
    catalogue = Catalogue(layout.catalogue_db, layout.journal, lambda: now, records_of(layout.archive))
    custody = Custody(settings, catalogue)
    whole = Accession(
        id="01BATCH", number="2025-000001", serial=1, department=GENERAL, name="scan.pdf", sha256="0" * 64, bytes=1,
        media_type="application/pdf", received=now, fiscal_year=2025,
    )  # fmt: skip
    at, cut = 0, Cut(0)
    while cut.calls >= at:  # until a run had fewer calls than the one to fail at
        at += 1
        file = tmp_path / f"part-{at}.pdf"
        file.write_bytes(b"%PDF-1.7 part " + str(at).encode())
        part = whole, at, 99, Part(pages=(2,), cover=FIRST), file, storage.digest(file), True
        cut = Cut(at)
        monkeypatch.setattr(storage, "before", cut)
        with suppress(PlaceError):
            admit(custody, *part)
        monkeypatch.undo()
        if restarted:
            recover(layout, catalogue)
            custody = Custody(settings, catalogue)
        assert admit(custody, *part) == TAX
        assert admit(custody, *part) == TAX
    taken = catalogue.unfiled()
    assert at > 10
    assert sorted(accession.name for accession in taken) == [part_name("scan.pdf", n) for n in range(1, at + 1)]
    assert {(accession.department, accession.duplex, accession.declared["batch"]) for accession in taken} == {(TAX, True, "2025-000001")}
    assert {path.name for path in layout.spool_new.iterdir()} == {accession.id for accession in taken}
    assert list(layout.spool_tmp.iterdir()) == []
    catalogue.close()
