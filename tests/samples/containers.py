"""Images and sheets -> the files that scanners and office programs write. Same pages, same bytes."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
from fpdf import FPDF
from pikepdf import Dictionary, Name
from PIL import Image

from samples.canvas import Sheet, font_file
from samples.scanner import Device


def jpeg(image: Image.Image, device: Device) -> bytes:
    """Baseline JPEG; colour is halved in both directions, as scanners do."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=device.quality, subsampling=2, dpi=(device.dpi, device.dpi), optimize=True)
    return out.getvalue()


def group4(image: Image.Image) -> bytes:
    """The bare CCITT Group 4 strip of a bilevel image, white = 0."""
    out = io.BytesIO()
    image.save(out, "TIFF", compression="group4", tiffinfo={262: 0, 278: image.height})
    with Image.open(io.BytesIO(out.getvalue())) as tiff:
        tags = tiff.tag_v2  # type: ignore[attr-defined]
        offset, length, photometric = tags[273][0], tags[279][0], tags[262]
    if photometric != 0:
        raise ValueError("libtiff wrote black as zero; the strip would be read inverted")
    return out.getvalue()[offset : offset + length]


def write_pdf(target: Path, images: Sequence[Image.Image], device: Device, *, password: str = "", producer: str = "Midorino MFP 3.1") -> None:
    """An image-only PDF, one image a page. A password gives RC4-128 as older machines do; it has no random part, so the bytes stay the same."""
    with pikepdf.new() as pdf:
        for image in images:
            width, height = (round(side * 72 / device.dpi, 2) for side in image.size)
            page = pdf.add_blank_page(page_size=(width, height))
            page.Resources = Dictionary(XObject=Dictionary(Im0=_xobject(pdf, image, device)))
            page.Contents = pdf.make_stream(f"q {width} 0 0 {height} 0 0 cm /Im0 Do Q".encode())
        pdf.docinfo[Name.Producer] = producer
        if password:
            allowed = pikepdf.Encryption(owner=f"{password}-owner", user=password, R=3, aes=False, metadata=False)
            pdf.save(target, encryption=allowed, static_id=True, compress_streams=False)
        else:
            pdf.save(target, deterministic_id=True, compress_streams=False)


def _xobject(pdf: pikepdf.Pdf, image: Image.Image, device: Device) -> pikepdf.Stream:
    mono = image.mode == "1"
    stream = pdf.make_stream(group4(image) if mono else jpeg(image, device))
    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width, stream.Height, stream.BitsPerComponent = image.width, image.height, 1 if mono else 8
    stream.ColorSpace = Name.DeviceRGB if image.mode == "RGB" else Name.DeviceGray
    stream.Filter = Name.CCITTFaxDecode if mono else Name.DCTDecode
    if mono:
        stream.DecodeParms = Dictionary(K=-1, Columns=image.width, Rows=image.height)
    return stream


def write_tiff(target: Path, images: Sequence[Image.Image], device: Device) -> None:
    """A multi-page TIFF: Group 4 for bilevel pages, JPEG for others."""
    form = {"compression": "group4", "tiffinfo": {262: 0}} if images[0].mode == "1" else {"compression": "jpeg", "quality": device.quality}
    images[0].save(target, "TIFF", save_all=True, append_images=images[1:], dpi=(device.dpi, device.dpi), **form)


def write_digital(target: Path, sheets: Sequence[Sheet], title: str) -> None:
    """A PDF from a word processor: text with embedded subset fonts and their ToUnicode maps, rules as lines."""
    pdf = FPDF(unit="mm", format="A4")
    pdf.set_creation_date(datetime(2025, 10, 20, 14, 5, 30, tzinfo=UTC))
    pdf.set_producer("Midorino Writer 7.2")
    pdf.set_title(title)
    pdf.set_auto_page_break(False)
    for face in sorted({run.face for sheet in sheets for run in sheet.runs}):
        pdf.add_font(face, fname=str(font_file(face)))
    for sheet in sheets:
        pdf.add_page()
        for x1, y1, x2, y2, width in sheet.rules:
            pdf.set_line_width(width)
            pdf.line(x1, y1, x2, y2)
        for run in sheet.runs:
            pdf.set_font(run.face, size=run.points)
            pdf.text(run.x, run.baseline, run.text)
    pdf.output(str(target))
    _without_file_id(target)


def _without_file_id(target: Path) -> None:
    with pikepdf.open(target, allow_overwriting_input=True) as pdf:
        pdf.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def page_count(file: Path, password: str = "") -> int:
    """Pages of a PDF, TIFF or JPEG. Raises pikepdf.PasswordError or PdfError where a PDF does not open."""
    if file.suffix.lower() == ".pdf":
        with pikepdf.open(file, password=password, attempt_recovery=False) as pdf:
            return len(pdf.pages)
    with Image.open(file) as image:
        return int(getattr(image, "n_frames", 1))
