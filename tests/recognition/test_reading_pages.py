"""From a file to its pages: sizes, resolutions, kinds of file and what is refused."""

import pickle
import struct
import zlib
from pathlib import Path

import pikepdf
import pytest
from conftest import DPI, sheet
from PIL import Image

from scanpipe.core.model import Page
from scanpipe.recognition import errors
from scanpipe.recognition.pages import ReadingSettings, inspect, read_page
from scanpipe.recognition.paper import resolution

SETTINGS = ReadingSettings(engine="ppocr")


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **{"dpi": (DPI, DPI), **options})
    return path


def test_a_letter_is_read_whatever_file_it_comes_in(letter: Image.Image, tmp_path: Path) -> None:
    files = [
        saved(letter, tmp_path / "a.tif", compression="tiff_lzw"),
        saved(letter, tmp_path / "a.jpg", quality=80),
        saved(letter.convert("RGBA"), tmp_path / "a.png"),
        saved(letter.convert("RGB"), tmp_path / "a.pdf", resolution=DPI),
    ]
    pages = [read_page(file, 1, SETTINGS) for file in files]
    assert {page.text.splitlines()[-1] for page in pages} == {"窓口で申請書を受け取ること"}
    assert [(round(page.size_mm[0]), round(page.size_mm[1])) for page in pages] == [(210, 120)] * 4
    assert all(page.source == "ocr" and not page.blank and page.confidence and page.confidence > 90 for page in pages)


def test_the_same_page_reads_the_same_and_travels(letter: Image.Image, tmp_path: Path) -> None:
    file = saved(letter, tmp_path / "a.png")
    page = read_page(file, 1, SETTINGS)
    assert read_page(file, 1, SETTINGS) == page == pickle.loads(pickle.dumps(page))


def test_frames_of_a_tiff_are_pages(letter: Image.Image, tmp_path: Path) -> None:
    file = saved(letter.convert("1"), tmp_path / "a.tif", compression="group4", save_all=True, append_images=[sheet(210, 120).convert("1")])
    assert inspect(file, SETTINGS).pages == 2
    blank = read_page(file, 2, SETTINGS)
    assert blank == Page(number=2, width=1654, height=945, dpi=DPI, blank=True, engine=blank.engine)


def test_an_exif_turned_photograph_stands_upright(letter: Image.Image, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = saved(letter.rotate(90, expand=True), tmp_path / "a.jpg", exif=exif)
    page = read_page(file, 1, SETTINGS)
    assert (page.width, page.height, page.rotation) == (*letter.size, 0)


def test_text_of_a_born_digital_page_is_kept(born_digital: Path) -> None:
    assert inspect(born_digital, SETTINGS).digital == (True,)
    page = read_page(born_digital, 1, SETTINGS)
    assert (page.source, page.confidence, page.text) == ("digital", None, "Notice of the meeting\non the first of April")


def test_a_scanners_own_text_layer_is_read_again(letter: Image.Image, tmp_path: Path) -> None:
    file = saved(letter, tmp_path / "a.pdf", resolution=DPI)
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        page.resources.Font = pikepdf.Dictionary(F1=pdf.make_indirect(helvetica()))
        page.contents_add(b"BT 3 Tr /F1 12 Tf 50 50 Td (guessed by the device, all wrong) Tj ET")
        pdf.save()
    assert not inspect(file, SETTINGS).born_digital
    assert "庁舎管理規則" in read_page(file, 1, SETTINGS).text


def helvetica() -> pikepdf.Dictionary:
    return pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)


@pytest.fixture
def born_digital(tmp_path: Path) -> Path:
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(helvetica())))
        page.obj.Contents = pdf.make_stream(b"BT /F1 14 Tf 72 700 Td (Notice of the meeting) Tj 0 -40 Td (on the first of April) Tj ET")
        pdf.save(tmp_path / "born.pdf")
    return tmp_path / "born.pdf"


@pytest.mark.parametrize("rotation", [0, 90])
def test_a_font_without_meanings_is_read_by_the_second_reader(tmp_path: Path, rotation: int) -> None:
    """Its glyphs have names of the maker's own, which pdfminer does not know."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        glyph = pdf.make_stream(b"600 0 0 0 500 700 d1 0 0 500 700 re f")
        names = {sign: f"/g{ord(sign)}" for sign in "NOTICEFMY"}
        differences = pikepdf.Array([entry for sign, name in sorted(names.items()) for entry in (ord(sign), pikepdf.Name(name))])
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type3, FontBBox=[0, 0, 600, 700], FontMatrix=[0.001, 0, 0, 0.001, 0, 0],
            FirstChar=65, LastChar=90, Widths=[600] * 26, Encoding=pikepdf.Dictionary(Differences=differences),
            CharProcs=pikepdf.Dictionary(dict.fromkeys(names.values(), glyph)),
        )  # fmt: skip
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
        page.obj.Contents = pdf.make_stream(b"BT /F1 14 Tf 72 700 Td (NOTICE) Tj 0 -40 Td (OF MEETING) Tj ET")
        page.obj.Rotate = rotation
        pdf.save(tmp_path / "a.pdf")
    found = read_page(tmp_path / "a.pdf", 1, SETTINGS)
    assert (found.source, sorted("".join(found.text.split()))) == ("digital", sorted("NOTICEOFMEETING"))
    assert all(0 < line.box[0] < line.box[2] < found.width and 0 < line.box[1] < line.box[3] < found.height for line in found.lines)


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"PK\x03\x04 not a scan")
    with pytest.raises(errors.Unsupported):
        inspect(file, SETTINGS)


@pytest.mark.parametrize("head", [b"%PDF-1.7\n%%EOF", b"II*\0\x08\0\0\0", b"\xff\xd8\xff\xe0\0\0", b"\x89PNG\r\n\x1a\n"])
def test_what_cannot_be_decoded_is_unreadable(tmp_path: Path, head: bytes) -> None:
    file = tmp_path / "a"
    file.write_bytes(head + b"\0" * 50)
    with pytest.raises(errors.Unreadable):
        inspect(file, SETTINGS)


def test_a_locked_pdf_is_told_apart(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(tmp_path / "a.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(errors.Encrypted):
        inspect(tmp_path / "a.pdf", SETTINGS)


def test_too_many_pages_and_too_many_pixels_are_refused(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        for _ in range(6):
            pdf.add_blank_page(page_size=(14_400, 14_400))
        pdf.save(tmp_path / "a.pdf")
    with pytest.raises(errors.TooLarge):
        inspect(tmp_path / "a.pdf", ReadingSettings(max_pages=5))
    with pytest.raises(errors.TooLarge):
        read_page(tmp_path / "a.pdf", 1, ReadingSettings(max_pixels=1_000_000))
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\r" + header + zlib.crc32(header).to_bytes(4, "big") + b"\0\0\0\0IDAT")
    with pytest.raises(errors.TooLarge):
        inspect(tmp_path / "bomb.png", SETTINGS)


def test_the_digest_follows_every_setting() -> None:
    others = [ReadingSettings(engine="tesseract"), ReadingSettings(vertical="no"), ReadingSettings(dpi=200), ReadingSettings(runtime="openvino")]
    digests = {settings.digest() for settings in (ReadingSettings(), *others)}
    assert len(digests) == 5 and all(len(digest) == 16 for digest in digests)
    assert ReadingSettings().digest() == ReadingSettings().digest()


def test_resolution_is_the_declared_one_unless_no_paper_is_that_large() -> None:
    assert resolution(2480, 3508, (300, 300)) == (300, 300)
    assert resolution(2480, 3508, (72, 72)) == (300, 300)
    assert resolution(4960, 3507, None) == (300, 300)  # A3 landscape
    assert resolution(1728, 2292, (204, 196)) == (204, 196)  # a fax's pixels are not square
    assert resolution(300, 200, (0, 0)) == (72, 72)
