"""Every kind of PDF that is not a scan (design §6), on real files: what is read of it, and what becomes of its access copy."""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from scanpipe.core.model import Page
from scanpipe.core.scans.structure import PDF
from scanpipe.recognition.assemble import assemble
from scanpipe.recognition.errors import AccessCopyDoubt, Encrypted
from scanpipe.recognition.facts import AccessCopy, Heading, ReadingSettings
from scanpipe.recognition.pages import inspect, read_page

CORPUS = Path(os.environ.get("SCANPIPE_CORPUS", Path(__file__).resolve().parents[3] / "shared" / "corpus"))
SETTINGS = ReadingSettings()
HEADING = Heading(title="文書", number="2025-000001", created=datetime(2025, 4, 1, tzinfo=UTC), sha256="0" * 64, name="a.pdf")

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here: set SCANPIPE_CORPUS")


def real(name: str) -> Path:
    return CORPUS / "hostile" / name


def read(file: Path) -> list[Page]:
    """The pages as the line reads them; only those with text of their own, which need no engine."""
    found = inspect(file, SETTINGS)
    assert all(found.digital)
    return [read_page(file, number, SETTINGS) for number in range(1, found.pages + 1)]


def text_of(file: Path) -> str:
    with pypdfium2.PdfDocument(file) as document:
        return "".join("".join(page.get_textpage().get_text_range() for page in document).split())


def copied(file: Path, out: Path) -> AccessCopy:
    before = hashlib.sha256(file.read_bytes()).digest()
    try:
        return assemble(file, PDF, read(file), out, HEADING)
    finally:
        assert hashlib.sha256(file.read_bytes()).digest() == before


@pytest.mark.parametrize("name", ["010-1e4738.pdf", "059-855988.pdf", "088-06c654.pdf", "099-44e6f4.pdf", "100-0f0ae2.pdf"])
def test_a_born_digital_pdf_keeps_its_own_text(name: str, tmp_path: Path) -> None:
    pages = read(real(name))
    assert {(page.source, page.engine, page.confidence) for page in pages} == {("digital", "", None)}
    copy = copied(real(name), tmp_path / "copy.pdf")
    assert copy.pages == len(pages)
    assert text_of(tmp_path / "copy.pdf") == text_of(real(name)) != ""


def test_a_signed_pdf_is_never_altered(tmp_path: Path) -> None:
    file = real("000-de8b36.pdf")
    assert inspect(file, SETTINGS).flags == ("signed",)
    with pytest.raises(AccessCopyDoubt, match="signed"):
        copied(file, tmp_path / "copy.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["090-06bfc4.pdf", "097-02ddf5.pdf"])
def test_a_locked_pdf_is_read_and_gets_no_copy(name: str, tmp_path: Path) -> None:
    assert inspect(real(name), SETTINGS).flags == ("encrypted",)
    assert all(page.text for page in read(real(name)))
    with pytest.raises(AccessCopyDoubt, match="encrypted"):
        copied(real(name), tmp_path / "copy.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["086-53d0e1.pdf", "127-351d48.pdf", "128-158508.pdf"])
def test_a_pdf_that_asks_for_a_password_says_so(name: str) -> None:
    with pytest.raises(Encrypted):
        inspect(real(name), SETTINGS)


def test_a_real_scan_that_is_locked_is_flagged() -> None:
    assert "encrypted" in inspect(CORPUS / "real_scans" / "R03hinannpoint.pdf", SETTINGS).flags


@pytest.mark.parametrize("name", ["002-0bf3d7.pdf", "025-08b7d6.pdf", "078-603614.pdf", "081-1ca666.pdf", "133-11e4ff.pdf"])
def test_a_tagged_pdf_keeps_text_and_look(name: str, tmp_path: Path) -> None:
    with pikepdf.open(real(name)) as pdf:
        assert pdf.Root.MarkInfo.Marked
    copied(real(name), tmp_path / "copy.pdf")
    assert text_of(tmp_path / "copy.pdf") == text_of(real(name))


@pytest.mark.parametrize("name", ["023-2b209f.pdf", "083-10cb19.pdf"])
def test_a_form_becomes_a_page_that_shows_what_was_typed(name: str, tmp_path: Path) -> None:
    """That it looks the same, assemble() has compared."""
    with pikepdf.open(real(name)) as pdf:
        assert len(pdf.Root.AcroForm.Fields) > 0
    copied(real(name), tmp_path / "copy.pdf")
    with pikepdf.open(tmp_path / "copy.pdf") as pdf:
        assert "/AcroForm" not in pdf.Root
        assert not [note for page in pdf.pages for note in page.obj.get("/Annots", []) if note.get("/Subtype") == "/Widget"]


def test_a_form_that_would_show_other_words_keeps_its_original_alone(tmp_path: Path) -> None:
    """Its fields hold values that their appearance does not show; flattened they would."""
    with pytest.raises(AccessCopyDoubt, match="looks different"):
        copied(real("061-06b1bc.pdf"), tmp_path / "copy.pdf")
