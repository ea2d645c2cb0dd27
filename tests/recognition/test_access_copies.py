"""The access copy: the original's own pixels, text that every reader finds, nothing that acts."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pdfplumber
import pikepdf
import pypdfium2
import pytest
from conftest import DPI, grey, sheet
from pikepdf import pdfa
from PIL import ExifTags, Image, ImageOps
from PIL.Image import Transpose as T

from scanpipe.core.model import Line, Page
from scanpipe.core.scans.structure import HEAD, sniff
from scanpipe.recognition.assemble import assemble
from scanpipe.recognition.checks import active_content
from scanpipe.recognition.errors import AccessCopyDoubt
from scanpipe.recognition.facts import AccessCopy, Heading

WORDS = ("庁舎管理規則の一部を改正する規則について", "第12号 PDF ①髙﨑𠮷野家", "見出し")
HEADING = Heading(
    category="REG 例規",
    title="規則の改正（通知）",
    number="2025-000123",
    created=datetime(2025, 4, 1, 9, 0, tzinfo=UTC),
    sha256="1f" * 32,
    name="SKM_C25825040112345.pdf",
)


def read(number: int = 1, width: int = 1654, height: int = 945, rotation: int = 0, source: str = "ocr") -> Page:
    lines = (
        Line(text=WORDS[0], box=(160, 120, 1000, 162), confidence=99.0),
        Line(text=WORDS[1], box=(160, 220, 900, 262), confidence=99.0),
        Line(text=WORDS[2], box=(700, 400, 742, 526), confidence=99.0, direction="v"),
    )
    text = "\n".join(line.text for line in lines)
    return Page(number=number, width=width, height=height, dpi=DPI, rotation=rotation, source="ocr", text=text, lines=lines)


def assembled(original: Path, pages: list[Page], tmp_path: Path) -> tuple[AccessCopy, Path]:
    media_type = sniff(original.read_bytes()[:HEAD])
    assert media_type is not None
    out = tmp_path / "access.pdf"
    return assemble(original, media_type, pages, out, HEADING), out


def extracted(pdf: Path, page: int = 0) -> dict[str, str]:
    found = {}
    with pypdfium2.PdfDocument(pdf) as document:
        found["pdfium"] = document[page].get_textpage().get_text_range()
    with pdfplumber.open(pdf) as document:
        found["pdfplumber"] = document.pages[page].extract_text()
        found["signs"] = "".join(sign["text"] for sign in document.pages[page].chars)
    if shutil.which("pdftotext"):
        command = ["pdftotext", "-f", str(page + 1), "-l", str(page + 1), "-enc", "UTF-8", str(pdf), "-"]
        found["poppler"] = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return found


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_every_reader_finds_the_text_whole(letter: Image.Image, tmp_path: Path, rotation: int) -> None:
    stored = letter.rotate(rotation, expand=True)
    stored.save(tmp_path / "a.jpg", dpi=(DPI, DPI))
    copy, out = assembled(tmp_path / "a.jpg", [read(rotation=rotation)], tmp_path)
    assert copy.conformance == "PDF/A-2b"
    for reader, text in extracted(out).items():
        for words in WORDS[:2] if reader == "pdfplumber" else WORDS:  # pdfplumber's own order takes columns apart; its signs are whole
            assert words in text, reader


def test_the_copy_is_pdfa_and_names_record_and_original(letter: Image.Image, tmp_path: Path) -> None:
    letter.save(tmp_path / "a.pdf", resolution=DPI)
    copy, out = assembled(tmp_path / "a.pdf", [read()], tmp_path)
    assert pdfa.validate_written(out, "2b").passed
    with pikepdf.open(out) as pdf, pdf.open_metadata() as metadata:
        assert (metadata["dc:title"], metadata["dc:identifier"]) == ("規則の改正（通知）", "2025-000123")
        assert (metadata["dc:source"], metadata["dc:relation"]) == ("urn:sha256:" + "1f" * 32, {"SKM_C25825040112345.pdf"})
        assert metadata["dc:subject"] == {"REG 例規"}
        assert metadata["xmp:CreateDate"] == "2025-04-01T09:00:00+00:00"
    assert copy.pages == 1 and len(copy.sha256) == 64


@pytest.mark.parametrize("form", ["jpg", "pdf"])
def test_a_jpeg_passes_byte_for_byte(letter: Image.Image, tmp_path: Path, form: str) -> None:
    letter.save(tmp_path / f"a.{form}", **({"dpi": (DPI, DPI)} if form == "jpg" else {"resolution": DPI}))
    _, out = assembled(tmp_path / f"a.{form}", [read()], tmp_path)
    with pikepdf.open(out) as pdf:
        (image,) = pdf.pages[0].resources.XObject.values()
        stored = image.read_raw_bytes()
    if form == "jpg":
        assert stored == (tmp_path / "a.jpg").read_bytes()
    else:
        with pikepdf.open(tmp_path / "a.pdf") as pdf:
            (original,) = pdf.pages[0].resources.XObject.values()
            assert stored == original.read_raw_bytes()


@pytest.mark.parametrize("mode, options", [("1", {"compression": "group4"}), ("L", {"compression": "tiff_lzw"}), ("RGB", {"compression": "tiff_deflate"})])
def test_tiff_pages_keep_their_pixels(letter: Image.Image, tmp_path: Path, mode: str, options: dict[str, str]) -> None:
    frames = [letter.convert(mode), sheet(210, 120).convert(mode)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:], dpi=(DPI, DPI), **options)
    blank = Page(number=2, width=1654, height=945, dpi=DPI, blank=True)
    copy, out = assembled(tmp_path / "a.tif", [read(), blank], tmp_path)
    with pikepdf.open(out) as pdf:
        images = [pikepdf.PdfImage(next(iter(page.resources.XObject.values()))).as_pil_image() for page in pdf.pages]
    assert copy.pages == 2
    assert [grey(image).tobytes() for image in images] == [grey(frame).tobytes() for frame in frames]


_STORED_AS = {  # EXIF orientation -> what undoes it
    1: None, 2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM, 5: T.TRANSPOSE, 6: T.ROTATE_90, 7: T.TRANSVERSE, 8: T.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("form", ["jpg", "png", "tif", "g4"])
@pytest.mark.parametrize("orientation", _STORED_AS)
def test_a_turned_or_mirrored_image_is_shown_as_its_orientation_says(letter: Image.Image, tmp_path: Path, form: str, orientation: int) -> None:
    turn, file = _STORED_AS[orientation], tmp_path / f"a.{form.replace('g4', 'tif')}"
    stored = letter.transpose(turn) if turn is not None else letter
    if form in ("tif", "g4"):
        tags = {ExifTags.Base.Orientation.value: orientation}
        (stored.convert("1") if form == "g4" else stored).save(file, dpi=(DPI, DPI), tiffinfo=tags, compression="group4" if form == "g4" else "tiff_lzw")
    else:
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        stored.save(file, dpi=(DPI, DPI), exif=exif)
    _, out = assembled(file, [read()], tmp_path)
    with Image.open(file) as image, pypdfium2.PdfDocument(out) as pdf:
        upright = grey(ImageOps.exif_transpose(image))
        shown = grey(pdf[0].render(scale=DPI / 2 / 72).to_pil())
    smaller = cv2.resize(upright, shown.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.corrcoef(smaller.ravel(), shown.ravel())[0, 1] > 0.95  # upside down or mirrored it is 0.1
    with pdfplumber.open(out) as pdf:
        first = next(sign for sign in pdf.pages[0].chars if sign["text"] == WORDS[0][0])
    assert (first["x0"], first["top"]) == pytest.approx((160 / DPI * 72, 120 / DPI * 72), abs=3)
    assert WORDS[0] in extracted(out)["pdfium"]
    if form == "jpg":
        with pikepdf.open(out) as pdf:
            assert next(iter(pdf.pages[0].resources.XObject.values())).read_raw_bytes() == file.read_bytes()


def test_a_png_with_transparency_becomes_paper_white(letter: Image.Image, tmp_path: Path) -> None:
    letter.convert("RGBA").save(tmp_path / "a.png", dpi=(DPI, DPI))
    assert assembled(tmp_path / "a.png", [read()], tmp_path)[0].conformance == "PDF/A-2b"


def test_nothing_that_acts_survives(letter: Image.Image, tmp_path: Path) -> None:
    letter.save(tmp_path / "a.pdf", resolution=DPI)
    _arm(tmp_path / "a.pdf")
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        assert list(active_content(pdf))
    _, out = assembled(tmp_path / "a.pdf", [read()], tmp_path)
    with pikepdf.open(out) as pdf:
        assert list(active_content(pdf)) == []


def _arm(file: Path) -> None:
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        pdf.Root.OpenAction = script
        pdf.pages[0].obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe")))
        pdf.attachments["a.exe"] = pikepdf.AttachedFileSpec(pdf, b"MZ")
        pdf.save(object_stream_mode=pikepdf.ObjectStreamMode.generate)


@pytest.fixture
def mixed(letter: Image.Image, tmp_path: Path) -> Path:
    """A scan with a drawn frame on it, and a born-digital page: neither is one image alone."""
    letter.save(tmp_path / "mixed.pdf", resolution=DPI)
    with pikepdf.open(tmp_path / "mixed.pdf", allow_overwriting_input=True) as pdf:
        pdf.pages[0].contents_add(b"q 2 w 20 20 100 60 re S Q")
        page = pdf.add_blank_page(page_size=(595, 842))
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
        page.obj.Contents = pdf.make_stream(b"BT /F1 14 Tf 72 700 Td (Notice of the meeting) Tj ET")
        pdf.save()
    _arm(tmp_path / "mixed.pdf")
    return tmp_path / "mixed.pdf"


def test_other_pdfs_get_their_text_by_ocrmypdf_and_lose_what_acts(mixed: Path, tmp_path: Path) -> None:
    digital = Page(number=2, width=2479, height=3508, dpi=300, source="digital", text="Notice of the meeting")
    copy, out = assembled(mixed, [read(), digital], tmp_path)
    assert copy.conformance is None  # Helvetica is not embedded: PDF/A is not possible without a change
    for reader, text in extracted(out).items():
        assert WORDS[0] in text, reader
    assert "Notice of the meeting" in extracted(out, 1)["pdfium"]
    with pikepdf.open(out) as pdf:
        assert list(active_content(pdf)) == []


def test_signed_and_locked_pdfs_get_no_copy(letter: Image.Image, tmp_path: Path) -> None:
    letter.save(tmp_path / "a.pdf", resolution=DPI)
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="o"))
        field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=pikepdf.String("s"), V=pikepdf.Dictionary(Type=pikepdf.Name.Sig))
        pdf.Root.AcroForm = pikepdf.Dictionary(SigFlags=3, Fields=pikepdf.Array([pdf.make_indirect(field)]))
        pdf.save(tmp_path / "signed.pdf")
    for name in ("locked", "signed"):
        with pytest.raises(AccessCopyDoubt):
            assembled(tmp_path / f"{name}.pdf", [read()], tmp_path)
        assert not (tmp_path / "access.pdf").exists()


def test_a_page_more_or_another_size_is_a_doubt(letter: Image.Image, tmp_path: Path) -> None:
    letter.save(tmp_path / "a.pdf", resolution=DPI)
    for pages in ([read(), read(2)], [read(width=900)]):
        with pytest.raises(AccessCopyDoubt):
            assembled(tmp_path / "a.pdf", pages, tmp_path)
