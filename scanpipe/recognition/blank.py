"""Is there anything on this side? Marks only: a blank side is never removed (reliability §4)."""

import cv2
import numpy as np
from numpy.typing import NDArray

_DPI = 75  # a punch hole is 18 px, a pencil line still darkens its pixels
_EDGE_INCH = 0.3  # shadows of the lid, of staples and of torn edges lie within
_HOLE_INCH = (0.12, 0.42)  # punch holes: 5.5-8 mm across in practice
_HOLE_STRIP_INCH = 1.0  # ... within this distance of an edge
_CONTRAST = 12  # grey levels below the paper around; bleed-through of print lies below, pencil above
_LEAST_INK = 10  # px of one mark at _DPI: a comma is 2-6, a short word 30
_LEAST_LENGTH_INCH = 0.25
_PAPER, _BLACK, _PRINTED = 200, 110, 0.01  # grey levels at _DPI, and the share of the page's middle that a few lines of print blacken


def looks_blank(grey: NDArray[np.uint8], dpi: float) -> bool:
    """True if nothing but paper, holes, edge shadows, specks and faint bleed-through is to be seen. grey: H x W."""
    scale = min(1.0, _DPI / dpi)
    small = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    size = round(dpi * scale)
    if _is_full_of_print(small):
        return False
    return not any(_is_mark(mark, small.shape, size) for mark in _marks(small, size))


def _is_full_of_print(small: NDArray[np.uint8]) -> bool:
    """Surely not blank, told at a tenth of the cost: black print all over the middle, where neither holes nor shadows of edges reach."""
    rows, columns = (side // 4 for side in small.shape)
    middle = small[rows:-rows, columns:-columns]
    return bool(middle.size and np.median(middle) > _PAPER and np.mean(middle < _BLACK) > _PRINTED)


def _marks(small: NDArray[np.uint8], dpi: int) -> list[tuple[int, int, int, int, int]]:
    """(left, top, width, height, area) of what is darker than the paper around it."""
    paper = cv2.medianBlur(small, min(255, dpi // 2 | 1))
    smooth = cv2.GaussianBlur(small, (3, 3), 0)
    noise = float(np.median(np.abs(smooth.astype(np.int16) - paper))) * 1.4826
    darker = (paper.astype(np.int16) - smooth > max(_CONTRAST, 5 * noise)).astype(np.uint8)
    joined = cv2.morphologyEx(darker, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    return [(int(x), int(y), int(w), int(h), int(area)) for x, y, w, h, area in stats[1:]]


def _is_mark(mark: tuple[int, int, int, int, int], shape: tuple[int, ...], dpi: int) -> bool:
    """Writing, print or a drawn line; not a speck, an edge shadow or a punch hole."""
    left, top, width, height, area = mark
    if area < _LEAST_INK or max(width, height) < 3:
        return False
    edge = round(_EDGE_INCH * dpi)
    rows, columns = shape[:2]
    inside = left + width > edge and top + height > edge and left < columns - edge and top < rows - edge
    if not inside:
        return False
    border = left <= 1 or top <= 1 or left + width >= columns - 1 or top + height >= rows - 1
    if border and (width > 0.5 * columns or height > 0.5 * rows or area < 0.3 * width * height * 2):
        return False
    return not _is_hole(mark, shape, dpi)


def _is_hole(mark: tuple[int, int, int, int, int], shape: tuple[int, ...], dpi: int) -> bool:
    left, top, width, height, area = mark
    small, large = (inch * dpi for inch in _HOLE_INCH)
    if not (small <= width <= large and small <= height <= large and 0.7 < width / height < 1.4):
        return False
    strip = _HOLE_STRIP_INCH * dpi
    near_edge = min(left, top, shape[1] - left - width, shape[0] - top - height) < strip
    return near_edge and (area > 0.6 * width * height or area < 0.45 * width * height)
