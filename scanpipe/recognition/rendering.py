"""One page of a file -> one grey image, as a viewer would show it. Sizes are checked before anything is decoded.

Hostile files are expected here: whatever a decoder raises becomes Unreadable or TooLarge. A page that is exactly one scan is decoded at the
scan's own resolution, other PDF pages are rendered.
"""

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from scanpipe.core.scans.structure import PDF
from scanpipe.recognition import redink
from scanpipe.recognition.errors import TOO_MANY_PIXELS, Encrypted, TooLarge, Unreadable
from scanpipe.recognition.paper import resolution
from scanpipe.recognition.scanimage import ScanImage, scan_image

FORMATS = ("TIFF", "JPEG", "PNG")  # an MPO is opened as JPEG
_LEAST_RENDERING_DPI = 20  # a page that has too many pixels even so is no paper


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """grey: H x W, 0 black to 255 white, as a viewer shows the page (its own /Rotate or EXIF orientation applied). dpi: > 0, square pixels.

    red: H x W, the page's red ink on white, which `grey` is then without; None if it was not asked for, or there is none.
    """

    grey: NDArray[np.uint8]
    dpi: float
    red: NDArray[np.uint8] | None = None


@contextmanager
def decoding() -> Iterator[None]:
    """Whatever a decoder throws at a damaged file is the scan's fault, said in our words. Running out of memory counts as too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise TooLarge(TOO_MANY_PIXELS, measured=f"> {Image.MAX_IMAGE_PIXELS}", limit=Image.MAX_IMAGE_PIXELS) from error
    except pikepdf.PasswordError as error:
        raise Encrypted() from error
    except (TooLarge, Unreadable, Encrypted):
        raise
    except Exception as error:
        raise Unreadable(detail=f"{type(error).__name__}: {str(error)[:200]}") from error


def render(path: Path, media_type: str, number: int, *, dpi: int, max_pixels: int, red_apart: bool = False) -> PageImage:
    """The page `number` (from 1) of the file. dpi: for pages that are not one scan, lowered where max_pixels asks for it. red_apart: seals and red print.

    Raises Unreadable, Encrypted, or TooLarge if the page has more than max_pixels.
    """
    with decoding():
        if media_type == PDF:
            return _render_pdf(path, number, dpi, max_pixels, red_apart)
        return _render_image(path, number, max_pixels, red_apart)


def check_pixels(width: float, height: float, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise Unreadable(detail=f"{width:.0f} x {height:.0f} px")
    if width * height > max_pixels:
        raise TooLarge(TOO_MANY_PIXELS, measured=f"{width * height:.0f}", limit=max_pixels)


def open_image(path: Path, number: int, max_pixels: int) -> Image.Image:
    """The frame `number` of a TIFF, JPEG or PNG, not decoded yet; its declared size is within max_pixels."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    image = Image.open(path, formats=FORMATS)
    if number > 1:
        image.seek(number - 1)
    check_pixels(*image.size, max_pixels)
    return image


def declared_dpi(image: Image.Image) -> tuple[float, float] | None:
    """What the file says, None if it says nothing that is a pair of finite numbers."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if math.isfinite(across) and math.isfinite(down) else None


def _render_image(path: Path, number: int, max_pixels: int, red_apart: bool) -> PageImage:
    if red_apart:
        with open_image(path, number, max_pixels) as image:
            coloured = _shows_red(path, image)
        if coloured:
            turned, across, down = _upright(path, number, max_pixels, colour=True)
            return _in_two_inks(turned, across, down, max_pixels)
    return _square(*show_image(path, number, max_pixels), max_pixels)


def _shows_red(file: Path | io.BytesIO, image: Image.Image) -> bool:
    """Is there red in its miniature? A JPEG gives one without being decoded in full."""
    if image.mode != "RGB" or "transparency" in image.info:
        return False
    if image.format == "JPEG":
        with Image.open(file, formats=("JPEG",)) as again:
            again.draft("RGB", (again.width // redink.REDUCED, again.height // redink.REDUCED))
            return redink.shows_red(np.asarray(again, np.uint8))
    return redink.shows_red(np.asarray(image.reduce(redink.REDUCED), np.uint8))


def _in_two_inks(colour: Image.Image, across: float, down: float, max_pixels: int) -> PageImage:
    """colour: RGB."""
    grey, red = redink.parted(np.asarray(colour, np.uint8))
    return replace(_square(grey, across, down, max_pixels), red=_square(red, across, down, max_pixels).grey)


def show_image(path: Path, number: int, max_pixels: int) -> tuple[NDArray[np.uint8], float, float]:
    """The frame `number` of a TIFF, JPEG or PNG turned as it says, pixel by pixel, and its resolution across and down, which differ on faxes."""
    turned, across, down = _upright(path, number, max_pixels, colour=False)
    return to_grey(turned), across, down


def _upright(path: Path, number: int, max_pixels: int, *, colour: bool) -> tuple[Image.Image, float, float]:
    with open_image(path, number, max_pixels) as image:
        sideways = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
        declared = declared_dpi(image)
        if sideways and image.format == "TIFF" and declared:  # Pillow turns these itself, and its size is the upright one
            declared, sideways = declared[::-1], False
        across, down = resolution(*image.size, declared)
        if image.mode == "RGB" and not colour:
            image.draft("L", image.size)  # a JPEG's luminance alone is decoded in a third of the time
        turned = ImageOps.exif_transpose(image)
        if sideways:
            across, down = down, across
        turned.load()
        return turned, across, down


def _square(grey: NDArray[np.uint8], across: float, down: float, max_pixels: int) -> PageImage:
    """Fax pixels are twice as tall as wide: stretched, since the recogniser knows square signs only."""
    dpi = max(across, down)
    if abs(across / down - 1) < 0.005:
        return PageImage(grey=grey, dpi=dpi)
    height, width = grey.shape
    size = round(width * dpi / across), round(height * dpi / down)
    check_pixels(*size, max_pixels)
    return PageImage(grey=np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8), dpi=dpi)


def to_grey(image: Image.Image) -> NDArray[np.uint8]:
    """Any Pillow mode as 8-bit grey; transparent is white, 16-bit and float are scaled by their range."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _scaled(np.asarray(image, np.float32), image.mode)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        colour = image.convert("RGBA")
        paper = Image.new("RGBA", colour.size, "white")
        image = Image.alpha_composite(paper, colour)
    if image.mode == "LAB":
        return np.array(image.getchannel("L"), np.uint8)
    return np.array(image.convert("L"), np.uint8)


def _scaled(values: NDArray[np.float32], mode: str) -> NDArray[np.uint8]:
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    top = 65535.0 if mode != "F" and finite.max(initial=0) > 255 else max(255.0 if mode != "F" else 1.0, float(finite.max(initial=1)))
    return np.asarray(np.clip(finite / top * 255, 0, 255), np.uint8)


def _render_pdf(path: Path, number: int, dpi: int, max_pixels: int, red_apart: bool) -> PageImage:
    scan = _scan_of_page(path, number)
    if scan is not None:
        check_pixels(scan.width, scan.height, max_pixels)
        if scan.jpeg is not None:
            return _decode_jpeg(scan, max_pixels, red_apart)
    with pypdfium2.PdfDocument(path) as document:
        if document.get_formtype() == pdfium.FORMTYPE_ACRO_FORM:
            document.init_forms()  # what was typed into form fields is part of the page
        page = document[number - 1]
        width, height = (side / 72 for side in page.get_size())
        if scan is not None and abs(scan.dpi[0] / scan.dpi[1] - 1) < 0.05:
            dpi = min(round(max(scan.dpi)), 600)
        fitting = fitting_dpi(width, height, dpi, max_pixels)
        if red_apart and redink.shows_red(_drawn_in_colour(page, fitting / redink.REDUCED)):
            grey, red = redink.parted(_drawn_in_colour(page, fitting))
            return PageImage(grey=grey, dpi=fitting, red=red)
        bitmap = page.render(scale=fitting / 72, grayscale=True)
        return PageImage(grey=np.array(bitmap.to_numpy().reshape(bitmap.height, bitmap.width, -1)[:, :, 0], np.uint8), dpi=fitting)


def _drawn_in_colour(page: pypdfium2.PdfPage, dpi: float) -> NDArray[np.uint8]:
    """H x W x 3 RGB."""
    bitmap = page.render(scale=dpi / 72, force_bitmap_format=pdfium.FPDFBitmap_BGR, rev_byteorder=True)
    return np.array(bitmap.to_numpy(), np.uint8)


def fitting_dpi(width: float, height: float, dpi: float, max_pixels: int) -> float:
    """dpi, or less where a page of so many inches would have more than max_pixels. Raises TooLarge where it would be too coarse to read then."""
    fitting = min(float(dpi), math.sqrt(max_pixels / max(width * height, 1e-6)))
    if fitting < _LEAST_RENDERING_DPI or max(width, height) * fitting > 65_000:
        raise TooLarge(TOO_MANY_PIXELS, measured=f"{width * height * dpi * dpi:.0f}", limit=max_pixels)
    return fitting


def _scan_of_page(path: Path, number: int) -> ScanImage | None:
    """The one image that is this page, None if it is not so or only pdfium can open the file."""
    try:
        with pikepdf.open(path) as pdf:
            return scan_image(pdf.pages[number - 1])
    except (pikepdf.PdfError, IndexError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, RecursionError):
        return None


def _decode_jpeg(scan: ScanImage, max_pixels: int, red_apart: bool) -> PageImage:
    assert scan.jpeg is not None
    Image.MAX_IMAGE_PIXELS = max_pixels
    with Image.open(io.BytesIO(scan.jpeg), formats=("JPEG",)) as image:
        check_pixels(*image.size, max_pixels)
        if red_apart and _shows_red(io.BytesIO(scan.jpeg), image):
            page = _in_two_inks(image, *scan.dpi, max_pixels)
        else:
            if image.mode == "RGB":
                image.draft("L", image.size)
            page = _square(np.array(image.convert("L"), np.uint8), *scan.dpi, max_pixels)
    turn = -scan.rotate // 90
    red = None if page.red is None else np.ascontiguousarray(np.rot90(page.red, turn))
    return replace(page, grey=np.ascontiguousarray(np.rot90(page.grey, turn)), red=red)
