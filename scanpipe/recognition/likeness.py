"""Does every page of the access copy look like the original's? Both are rendered and compared tile by tile; nothing is taken on trust.

That the bytes of an image are the same proves little: another /Decode, matrix, mask, colour space or crop box, or a second image left out, shows
another page. A PDF is looked at twice. First both at 100 dpi by the same renderer, without smoothing: copies that are right are the same to the last
bit, but for some with form fields. Only where a bit differs, a second look decides, at a resolution where one digit counts. Image files, which another
library decodes, are compared at 100 dpi with smoothing.

The thresholds lie between what they must tell apart: 6 for 8, 5 for 6 and the like, in 10 point Mincho printed in half of the ink, change a tile by 22
grey levels and more in the second look (24 on image files); form fields drawn anew by less than 8, decoders of the same image by less than 5.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from numpy.typing import NDArray

from scanpipe.core.model import Page
from scanpipe.core.scans.structure import PDF
from scanpipe.recognition.errors import AccessCopyDoubt
from scanpipe.recognition.rendering import decoding, fitting_dpi, show_image

_DPI = 100  # reliability §4
_MOST_PIXELS = 200_000_000
_CLOSE_DPI, _CLOSE_TILE, _CLOSE_DIFFERENCE, _SHIFT = 200, 5, 14.0, 1  # pixels, grey levels; a field drawn anew may stand 0.13 mm aside
_IMAGE_TILE, _IMAGE_DIFFERENCE = 3, 12.0

Pixels = NDArray[np.uint8]


def compare(original: Path, media_type: str, pages: Sequence[Page], out: Path) -> None:
    """Raises AccessCopyDoubt at the first page of the copy `out` that looks different. Some 35 ms CPU for an A4 scan of 300 dpi."""
    with ExitStack() as opened:
        copy = opened.enter_context(_opened(out))
        source = opened.enter_context(_opened(original)) if media_type == PDF else None
        for page in pages:
            difference = _of_images(original, page.number, page.rotation, copy) if source is None else _of_pages(source, page, copy)
            if difference:
                raise AccessCopyDoubt(reason=f"page {page.number} looks different ({difference:.0f} of 255)")


def _opened(path: Path) -> pypdfium2.PdfDocument:
    document = pypdfium2.PdfDocument(path)
    if document.get_formtype() == pdfium.FORMTYPE_ACRO_FORM:
        document.init_forms()  # what was typed into form fields is part of the page
    return document


# Page of a PDF against page of a PDF


def _of_pages(source: pypdfium2.PdfDocument, page: Page, copy: pypdfium2.PdfDocument) -> float:
    """0 if both look the same, else by how much they differ."""
    if _same(_shown(source, page.number, _DPI, page.rotation, smooth=False), _shown(copy, page.number, _DPI, 0, smooth=False)):
        return 0.0
    before, after = _shown(source, page.number, _CLOSE_DPI, page.rotation), _shown(copy, page.number, _CLOSE_DPI, 0)
    if not _alike(before.shape, after.shape):
        return 255.0
    difference = _farthest(before, _fitted(after, before), _CLOSE_TILE, _SHIFT)
    return difference if difference > _CLOSE_DIFFERENCE else 0.0


def _shown(document: pypdfium2.PdfDocument, number: int, dpi: int, turned: int, *, smooth: bool = True) -> Pixels:
    """H x W x 3 as a viewer shows the page, turned clockwise by so many degrees more. In colour: pdfium takes twice as long to make it grey."""
    page = document[number - 1]
    try:
        page.set_rotation((page.get_rotation() + turned) % 360)
        width, height = (side / 72 for side in page.get_size())
        bitmap = page.render(scale=fitting_dpi(width, height, dpi, _MOST_PIXELS) / 72, no_smoothimage=not smooth, force_bitmap_format=pdfium.FPDFBitmap_BGR)
        return np.array(bitmap.to_numpy(), np.uint8)
    finally:
        page.close()


def _same(before: Pixels, after: Pixels) -> bool:
    return before.shape == after.shape and before.tobytes() == after.tobytes()


def _alike(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Sides are rounded up to whole pixels, so that the last digit of a page's size may make one of them."""
    return all(abs(one - other) <= 1 for one, other in zip(before, after, strict=True))


def _fitted(image: Pixels, to: Pixels) -> Pixels:
    return image if image.shape == to.shape else np.asarray(cv2.resize(image, (to.shape[1], to.shape[0]), interpolation=cv2.INTER_LINEAR), np.uint8)


# Image file against page of a PDF


def _of_images(original: Path, number: int, rotation: int, copy: pypdfium2.PdfDocument) -> float:
    """The same for a TIFF, JPEG or PNG, which another library decodes. Neither is enlarged: every library does that in its own way."""
    with decoding():
        grey, across, down = show_image(original, number, _MOST_PIXELS)
    before = np.ascontiguousarray(np.rot90(grey, -rotation // 90))
    after = _shown_as_image(copy, number, min(_DPI, int(across), int(down)))
    before = np.asarray(cv2.resize(before, (after.shape[1], after.shape[0]), interpolation=cv2.INTER_AREA), np.uint8)
    difference = _farthest(before, after, _IMAGE_TILE, 0)
    return difference if difference > _IMAGE_DIFFERENCE else 0.0


def _shown_as_image(document: pypdfium2.PdfDocument, number: int, dpi: int) -> Pixels:
    """H x W, grey: the page's own image covers just these pixels.

    pdfium stretches an image to whole pixels, rounding outwards; where its edge is an edge of the page, the last digit of a number decides whether
    it is a pixel longer, which moves print by half a pixel. A quarter of a pixel inside, it is always rounded to the edge.
    """
    page = document[number - 1]
    try:
        across, down = page.get_size()
        fitting = fitting_dpi(across / 72, down / 72, dpi, _MOST_PIXELS) / 72
        width, height = max(1, int(across * fitting)), max(1, int(down * fitting))
        bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        matrix = pdfium.FS_MATRIX((width - 0.5) / across, 0, 0, (height - 0.5) / down, 0.25, 0.25)
        pdfium.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, pdfium.FS_RECTF(0, 0, width, height), pdfium.FPDF_ANNOT)
        return np.asarray(cv2.cvtColor(np.array(bitmap.to_numpy(), np.uint8), cv2.COLOR_BGR2GRAY), np.uint8)
    finally:
        page.close()


# The measure


def _farthest(before: Pixels, after: Pixels, tile: int, shift: int) -> float:
    """The largest difference of mean brightness between tiles of so many pixels about the same place, or about one up to `shift` pixels aside."""
    one, other = (np.asarray(cv2.blur(image.astype(np.float32), (tile, tile)), np.float32) for image in (before, after))
    return max(max(_beyond(one, other, shift)), max(_beyond(other, one, shift)))


def _beyond(one: NDArray[np.float32], other: NDArray[np.float32], shift: int) -> Iterator[float]:
    """By how much `other` is brighter or darker than anything that `one` has around the same place."""
    around = np.ones((2 * shift + 1, 2 * shift + 1), np.uint8)
    yield float((other - cv2.dilate(one, around)).max())
    yield float((cv2.erode(one, around) - other).max())
