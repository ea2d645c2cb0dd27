"""No copy that looks different counts, however small the difference; and no copy that is right is refused."""

import io
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import img2pdf
import numpy as np
import pikepdf
import pypdfium2
import pytest
from conftest import sheet
from pikepdf import Name
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from scanpipe.core.model import Line, Page
from scanpipe.core.scans.structure import HEAD, PDF, sniff
from scanpipe.errors import ScanError
from scanpipe.recognition.assemble import assemble
from scanpipe.recognition.checks import check
from scanpipe.recognition.digital import has_real_text
from scanpipe.recognition.errors import AccessCopyDoubt
from scanpipe.recognition.facts import Heading
from scanpipe.recognition.rendering import render

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("SCANPIPE_CORPUS", ROOT.parent / "shared" / "corpus"))
HEADING = Heading(title="請求書", number="2025-000001", created=datetime(2025, 4, 1, tzinfo=UTC), sha256="0" * 64, name="a.pdf")
DPI, TEN_POINT = 200, round(10 / 72 * 200)
DIGIT = (500, 296, 640, 336)  # where the figure stands, px
STAMP = (900, 200, 1060, 360)

Fonts = Callable[[int], ImageFont.FreeTypeFont]


def bill(font: Fonts, figure: str = "86,200", ink: float = 1.0, mode: str = "RGB") -> Image.Image:
    """Half a sheet with a figure in 10 point print and a red stamp; the same grain every time."""
    paper = sheet(210, 120, DPI).convert("RGB")
    draw, level = ImageDraw.Draw(paper), round(250 - 225 * ink)
    draw.text((160, 120), "請求書", font=font(42), fill=(level,) * 3)
    draw.text((505, 300), f"{figure}円", font=font(TEN_POINT), fill=(level,) * 3)
    draw.ellipse(STAMP, outline=(200, 40, 40), width=6)
    draw.text((940, 250), "収受", font=font(36), fill=(200, 40, 40))
    soft = np.asarray(paper.filter(ImageFilter.GaussianBlur(0.6)), np.float64)
    grain = np.random.default_rng(3).normal(0, 4, soft.shape[:2])[:, :, None]
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8)).convert(mode)


def page(number: int = 1) -> Page:
    lines = (Line(text="請求書", box=(160, 120, 290, 165), confidence=99.0),)
    return Page(number=number, width=1654, height=945, dpi=DPI, text="請求書", lines=lines)


def saved(image: Image.Image, file: Path) -> Path:
    if file.suffix == ".pdf":
        png = io.BytesIO()
        image.save(png, "PNG", dpi=(DPI, DPI))
        file.write_bytes(img2pdf.convert(png.getvalue()))
    elif file.suffix == ".tif":
        image.save(file, dpi=(DPI, DPI), compression="group4" if image.mode == "1" else "tiff_lzw")
    else:
        image.save(file, dpi=(DPI, DPI), quality=85)
    return file


def copied(original: Path, pages: list[Page], out: Path) -> str:
    media_type = sniff(original.read_bytes()[:HEAD])
    assert media_type is not None
    assemble(original, media_type, pages, out, HEADING)
    return media_type


def repaint(pdf: pikepdf.Pdf, image: Image.Image) -> None:
    """The page's image with these pixels, which are those of the original or nearly so."""
    _image(pdf).write(image.tobytes(), filter=None)
    for key in ("/DecodeParms", "/Decode"):
        if key in _image(pdf):
            del _image(pdf)[key]
    _image(pdf).ColorSpace = Name.DeviceRGB if image.mode == "RGB" else Name.DeviceGray
    _image(pdf).BitsPerComponent = 1 if image.mode == "1" else 8


def stored(file: Path) -> Image.Image:
    if file.suffix != ".pdf":
        return Image.open(file)
    with pikepdf.open(file) as pdf:
        return pikepdf.PdfImage(next(iter(pdf.pages[0].resources.XObject.values()))).as_pil_image()


@pytest.mark.parametrize("mode, suffix", [("RGB", ".pdf"), ("L", ".pdf"), ("RGB", ".jpg"), ("L", ".tif"), ("1", ".tif")])
@pytest.mark.parametrize("ink", [0.5, pytest.param(1.0, marks=pytest.mark.slow)])
def test_one_digit_of_ten_point_print_is_noticed_and_nothing_else(font: Fonts, tmp_path: Path, ink: float, mode: str, suffix: str) -> None:
    original, right, out = saved(bill(font, ink=ink, mode=mode), tmp_path / f"a{suffix}"), tmp_path / "right.pdf", tmp_path / "copy.pdf"
    media_type = copied(original, [page()], right)
    for figure in ("86,200", "88,200", "85,200", "86,700", "36,200"):
        painted = stored(original).copy()
        painted.paste(stored(saved(bill(font, figure, ink, mode), tmp_path / f"b{suffix}")).crop(DIGIT), DIGIT[:2])
        with pikepdf.open(right) as pdf:
            repaint(pdf, painted)
            pdf.save(out)
        if figure == "86,200":
            check(original, media_type, [page()], out)
        else:
            with pytest.raises(AccessCopyDoubt, match="page 1 looks different"):
                check(original, media_type, [page()], out)


def patch(pdf: pikepdf.Pdf, level: int, box: tuple[int, int, int, int]) -> None:
    """Paints over a part of the page; the page's own image stays as it is, byte for byte."""
    left, top, right, bottom = (side / DPI * 72 for side in box)
    shown = pdf.pages[0]
    shown.contents_add(f"q {level / 255:.3f} g {left:.2f} {float(shown.mediabox[3]) - bottom:.2f} {right - left:.2f} {bottom - top:.2f} re f Q".encode())


def _image(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return pdf.pages[0].resources.XObject.Im0


def _without_stamp(pdf: pikepdf.Pdf) -> None:
    patch(pdf, 250, STAMP)


def _inverted(pdf: pikepdf.Pdf) -> None:
    _image(pdf).Decode = pikepdf.Array([1, 0] * (3 if _image(pdf).ColorSpace == Name.DeviceRGB else 1))


def _drawn(pdf: pikepdf.Pdf, matrix: bytes) -> None:
    shown = pdf.pages[0]
    shown.contents_add(b"q " + matrix + b" cm\n", prepend=True)
    shown.contents_add(b"\nQ")


def _empty(pdf: pikepdf.Pdf) -> None:
    """The words stay, the picture goes."""
    words = pdf.pages[0].Contents.read_bytes().replace(b"/Im0 Do", b"")
    pdf.pages[0].Contents = pdf.make_stream(words)


PLANTS: dict[str, Callable[[pikepdf.Pdf], None]] = {
    "a stamp less": _without_stamp,
    "inverted": _inverted,
    "a millimetre aside": lambda pdf: _drawn(pdf, b"1 0 0 1 2.83 0"),
    "a hundredth smaller": lambda pdf: _drawn(pdf, b"0.99 0 0 0.99 0 0"),
    "mirrored": lambda pdf: _drawn(pdf, f"-1 0 0 1 {float(pdf.pages[0].mediabox[2])} 0".encode()),
    "upside down": lambda pdf: pdf.pages[0].rotate(180, relative=True),
    "lying": lambda pdf: pdf.pages[0].rotate(90, relative=True),
    "cropped": lambda pdf: setattr(pdf.pages[0], "cropbox", [0, 10, 590, 340]),
    "cropped to another part of the same size": lambda pdf: setattr(
        pdf.pages[0], "mediabox", [0, 4, float(pdf.pages[0].mediabox[2]), float(pdf.pages[0].mediabox[3]) + 4]
    ),
    "no picture": _empty,
    "a grey field more": lambda pdf: patch(pdf, 232, (800, 600, 1500, 900)),
}


@pytest.mark.parametrize("suffix", [".pdf", ".jpg", ".tif"])
@pytest.mark.parametrize("plant", PLANTS)
def test_a_page_that_looks_different_is_a_doubt(font: Fonts, tmp_path: Path, plant: str, suffix: str) -> None:
    original, out = saved(bill(font), tmp_path / f"a{suffix}"), tmp_path / "copy.pdf"
    media_type = copied(original, [page()], out)
    with pikepdf.open(out, allow_overwriting_input=True) as pdf:
        PLANTS[plant](pdf)
        pdf.save()
    with pytest.raises(AccessCopyDoubt):
        check(original, media_type, [page()], out)


@pytest.mark.parametrize("suffix", [".pdf", ".tif"])
def test_pages_in_another_order_are_a_doubt_however_many_there_are(font: Fonts, tmp_path: Path, suffix: str) -> None:
    figures, pages = [Image.new("L", (400, 300), 250) for _ in range(40)], [Page(number=n, width=400, height=300, dpi=100) for n in range(1, 41)]
    for n, figure in enumerate(figures, 1):
        ImageDraw.Draw(figure).text((50, 100), f"{n} ページ", font=font(14), fill=20)
    original, out = tmp_path / f"a{suffix}", tmp_path / "copy.pdf"
    figures[0].save(original, save_all=True, append_images=figures[1:], **({"resolution": 100} if suffix == ".pdf" else {"dpi": (100, 100)}))
    media_type = copied(original, pages, out)
    with pikepdf.open(out, allow_overwriting_input=True) as pdf:
        pdf.pages.insert(38, pdf.pages[36])
        del pdf.pages[36]
        pdf.save()
    with pytest.raises(AccessCopyDoubt, match="page 37 "):
        check(original, media_type, pages, out)


def test_one_of_two_images_left_out_is_a_doubt(font: Fonts, tmp_path: Path) -> None:
    """Some devices store a page as strips; each strip's bytes may be right."""
    whole, out = bill(font), tmp_path / "copy.pdf"
    with pikepdf.new() as pdf:
        shown = pdf.add_blank_page(page_size=(1654 / DPI * 72, 945 / DPI * 72))
        shown.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary())
        drawn = b""
        for name, top, bottom in (("Upper", 0, 500), ("Lower", 500, 945)):
            part = whole.crop((0, top, 1654, bottom))
            stream = pdf.make_stream(part.tobytes(), Type=Name.XObject, Subtype=Name.Image, Width=1654, Height=bottom - top)
            stream.ColorSpace, stream.BitsPerComponent = Name.DeviceRGB, 8
            shown.resources.XObject[f"/{name}"] = stream
            drawn += f"q {1654 / DPI * 72} 0 0 {(bottom - top) / DPI * 72} 0 {(945 - bottom) / DPI * 72} cm /{name} Do Q\n".encode()
        shown.obj.Contents = pdf.make_stream(drawn)
        pdf.save(tmp_path / "strips.pdf")
    copied(tmp_path / "strips.pdf", [page()], out)
    with pikepdf.open(out, allow_overwriting_input=True) as pdf:
        shown = pdf.pages[0]
        kept = [one for one in pikepdf.parse_content_stream(shown) if str(one.operator) != "Do" or str(one.operands[0]) != "/Upper"]
        shown.Contents = pdf.make_stream(pikepdf.unparse_content_stream(kept))
        pdf.save()
    with pytest.raises(AccessCopyDoubt, match="page 1 looks different"):
        check(tmp_path / "strips.pdf", PDF, [page()], out)


def test_a_scan_coded_anew_is_a_doubt_though_it_looks_the_same(font: Fonts, tmp_path: Path) -> None:
    original, out = tmp_path / "a.pdf", tmp_path / "copy.pdf"
    bill(font).save(original, resolution=DPI)  # as a JPEG
    copied(original, [page()], out)
    with pikepdf.open(out, allow_overwriting_input=True) as pdf:
        _image(pdf).write(_image(pdf).read_raw_bytes() + b"\0", filter=Name.DCTDecode)  # what a decoder does not even look at
        pdf.save()
    with pytest.raises(AccessCopyDoubt, match="other bytes"):
        check(original, PDF, [page()], out)


@pytest.mark.parametrize("across, down", [(204, 98), (204, 196), (200, 100), (72, 72), pytest.param(600, 600, marks=pytest.mark.slow), (300, 299)])
def test_whatever_the_resolution_a_right_copy_is_believed(font: Fonts, tmp_path: Path, across: int, down: int) -> None:
    """Faxes have more pixels across than down the page."""
    size = round(210 / 25.4 * across), round(120 / 25.4 * down)
    for mode in ("1", "L"):
        bill(font).resize(size, Image.Resampling.BICUBIC).convert(mode).save(tmp_path / "a.tif", dpi=(across, down), compression="tiff_lzw")
        dpi = max(across, down)
        copied(tmp_path / "a.tif", [Page(number=1, width=round(210 / 25.4 * dpi), height=round(120 / 25.4 * dpi), dpi=dpi)], tmp_path / "copy.pdf")


# Real files


def _pages_of(file: Path, media_type: str) -> list[Page]:
    """As they would be read, with a word on them."""
    line = Line(text="文字", box=(10, 10, 60, 40), confidence=99.0)
    if media_type != PDF:
        with Image.open(file) as image:
            frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        images = [render(file, media_type, number, dpi=100, max_pixels=200_000_000) for number in range(1, frames + 1)]
        return [Page(number=n, width=one.grey.shape[1], height=one.grey.shape[0], dpi=one.dpi, lines=(line,)) for n, one in enumerate(images, 1)]
    with pypdfium2.PdfDocument(file) as document:
        digital, sizes = has_real_text(file, len(document)), [document[index].get_size() for index in range(len(document))]
    return [
        Page(
            number=n,
            width=max(1, round(w / 72 * 200)),
            height=max(1, round(h / 72 * 200)),
            dpi=200,
            source="digital" if own else "ocr",
            lines=() if own else (line,),
        )
        for n, ((w, h), own) in enumerate(zip(sizes, digital, strict=True), 1)
    ]


def _refused(folder: Path, out: Path) -> dict[str, str]:
    """Files whose copy was made but not believed, and why."""
    found = {}
    for file in sorted(folder.iterdir()):
        with file.open("rb") as opened:
            media_type = sniff(opened.read(HEAD))
        try:
            pages = _pages_of(file, media_type) if media_type else []
        except Exception:
            continue  # nothing that is read gets so far
        try:
            if media_type and pages:
                assemble(file, media_type, pages, out, HEADING)
        except ScanError as error:
            if "looks different" in str(error) or "bytes" in str(error):
                found[file.name] = str(error)
    return found


def test_the_copies_of_all_samples_are_believed(tmp_path: Path) -> None:
    assert _refused(ROOT / "sample_scans", tmp_path / "copy.pdf") == {}


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here: set SCANPIPE_CORPUS")
@pytest.mark.parametrize("folder", ["scans", "real_scans", "hostile"])
def test_the_copies_of_real_files_are_believed(tmp_path: Path, folder: str) -> None:
    """Two do look different: a CMYK photograph has colours of its own in every viewer, and of one form pdfium does not show what was typed in."""
    known = {"hostile": {"038-364904.jpg", "061-06b1bc.pdf"}}
    assert set(_refused(CORPUS / folder, tmp_path / "copy.pdf")) <= known.get(folder, set())
