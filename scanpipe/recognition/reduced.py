"""All pages of a file as small grey images, cheaply: what parting sheets and their blank backs are looked for on, before any page is read."""

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image

from scanpipe.core.model import PageCode
from scanpipe.core.scans.structure import PDF
from scanpipe.errors import ScanError
from scanpipe.recognition.blank import looks_blank
from scanpipe.recognition.codes import find_code
from scanpipe.recognition.paper import resolution
from scanpipe.recognition.rendering import PageImage, check_pixels, declared_dpi, decoding, open_image, to_grey
from scanpipe.recognition.scanimage import ScanImage, scan_image

_DPI = 120
_LEAST_DPI = 100  # a JPEG is decoded at an eighth, a quarter or a half of its size: not below this


def page_codes(path: Path, media_type: str, pages: int, digital: Sequence[bool], max_pixels: int) -> tuple[PageCode | None, ...]:
    """For each page what makes it a parting sheet; empty where no page is one. digital: pages with text of their own, which are none.

    A page that cannot be decoded is no parting sheet: what is wrong with it is said when it is read.
    """
    codes: list[PageCode | None] = []
    with ExitStack() as opened:
        images = _of_pdf(path, pages, digital, max_pixels, opened) if media_type == PDF else _of_image(path, pages, max_pixels)
        for image in images:
            code = find_code(image.grey, image.dpi) if image else None
            before = codes[-1] if codes else None
            if code is None and before is not None and image is not None and looks_blank(image.grey, image.dpi):
                codes[-1] = replace(before, blank_back=True)
            codes.append(code)
    return tuple(codes) if any(codes) else ()


def _of_image(path: Path, pages: int, max_pixels: int) -> Iterator[PageImage | None]:
    """A TIFF is walked from its first frame to its last, so that its chain is followed once."""
    image: Image.Image | None = None
    with suppress(ScanError), decoding():
        image = open_image(path, 1, max_pixels)
    for index in range(pages):
        found = None
        with suppress(ScanError), decoding():
            if image is not None:
                image.seek(index)
                check_pixels(*image.size, max_pixels)
                found = _reduced(image, resolution(*image.size, declared_dpi(image)))
        yield found


def _of_pdf(path: Path, pages: int, digital: Sequence[bool], max_pixels: int, opened: ExitStack) -> Iterator[PageImage | None]:
    stored: pikepdf.Pdf | None = None
    with suppress(pikepdf.PdfError):
        stored = opened.enter_context(pikepdf.open(path))
    shown: pypdfium2.PdfDocument | None = None
    with suppress(pypdfium2.PdfiumError):
        shown = opened.enter_context(pypdfium2.PdfDocument(path))
    for index in range(pages):
        found = None
        with suppress(ScanError), decoding():
            if not (index < len(digital) and digital[index]):
                found = _pdf_page(_scan(stored, index), shown, index, max_pixels)
        yield found


def _scan(stored: pikepdf.Pdf | None, index: int) -> ScanImage | None:
    try:
        return scan_image(stored.pages[index]) if stored is not None else None
    except (pikepdf.PdfError, IndexError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, RecursionError):
        return None


def _pdf_page(scan: ScanImage | None, shown: pypdfium2.PdfDocument | None, index: int, max_pixels: int) -> PageImage | None:
    if scan is not None:
        check_pixels(scan.width, scan.height, max_pixels)
        if scan.jpeg is not None:
            with Image.open(io.BytesIO(scan.jpeg), formats=("JPEG",)) as image:
                return _reduced(image, scan.dpi)
    if shown is None:
        return None
    page = shown[index]
    width, height = page.get_size()
    check_pixels(width / 72 * _DPI, height / 72 * _DPI, max_pixels)
    bitmap = page.render(scale=_DPI / 72, grayscale=True)
    return PageImage(grey=np.array(bitmap.to_numpy().reshape(bitmap.height, bitmap.width, -1)[:, :, 0], np.uint8), dpi=_DPI)


def _reduced(image: Image.Image, dpi: tuple[float, float]) -> PageImage:
    """Square pixels, whatever a fax has; turned as it is stored: the codes are read any way up. By a whole number: other ratios take three times as long."""
    across, down = image.width / dpi[0], image.height / dpi[1]  # inches
    if image.format == "JPEG" and image.mode in ("L", "RGB"):
        image.draft("L" if image.mode == "RGB" else None, (round(across * _LEAST_DPI), round(down * _LEAST_DPI)))
    factor = int(min(image.width / across, image.height / down) / _LEAST_DPI + 0.01)
    if factor > 1 and image.mode in ("1", "L", "RGB"):
        image = (image.convert("L") if image.mode == "1" else image).reduce(factor)
    grey = to_grey(image)
    fine = grey.shape[1] / across, grey.shape[0] / down
    if abs(fine[0] / fine[1] - 1) < 0.02 and min(fine) < 2 * _LEAST_DPI:
        return PageImage(grey=grey, dpi=min(fine))
    wanted = min(*fine, float(_DPI))
    size = max(1, round(across * wanted)), max(1, round(down * wanted))
    small: NDArray[np.uint8] = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return PageImage(grey=small, dpi=wanted)
