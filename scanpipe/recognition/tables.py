"""Cells of ruled tables and forms: what stands in one cell belongs together, and cells are read row by row.

Rules are found on a small, straightened image of the page; a cell is a white rectangle that they enclose. Dotted rules are none.
"""

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from scanpipe.recognition.layout import skew_of
from scanpipe.recognition.lines import Box, RecognisedLine

_DPI = 100
_DARKER = 14  # grey levels, than the paper around: faint rules; print that is as faint is not as long
_RULE_MM = 9.0  # shorter dark runs are strokes of large print
_CORE = 0.5  # share of a line's thickness
_BRIDGE_MM = 0.8  # gaps in a rule that a scanner leaves
_LEAST_MM = (3.0, 2.5)  # width, height of a cell
_RECTANGULAR = 0.8  # share of its box that a cell fills
_TOUCHING_MM = 1.6  # the rule between two cells of one table is thinner


def tables(grey: NDArray[np.uint8], dpi: float, lines: Sequence[RecognisedLine]) -> list[list[Box]]:
    """The cells of each table on the page, two or more, in px of the page after it was turned back by its skew around its top left corner.

    grey: H x W, upright. lines: the text on it; its skew is that of layout.skew_of. A single box around text is no table.
    """
    scale = min(1.0, _DPI / dpi)
    small = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    matrix, size = _straightening(small, skew_of(lines))
    straight = np.asarray(cv2.warpAffine(small, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    rules = _rules(straight, [_core(line, matrix, scale) for line in lines], dpi * scale)
    cells = list(_white_rectangles(rules, dpi * scale))
    groups = _neighbours(cells, _TOUCHING_MM / 25.4 * dpi * scale)
    return [[_on_page(cell, scale, matrix[0, 2]) for cell in group] for group in groups if len(group) > 1]


def _straightening(small: NDArray[np.uint8], skew: float) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """(2 x 3: turns back around the top left corner and moves, so that all is seen; width and height of what comes of it)."""
    height, width = small.shape
    shift = math.ceil(abs(math.sin(skew)) * max(height, width))
    cos, sin = math.cos(skew), math.sin(skew)
    return np.array([[cos, sin, shift], [-sin, cos, shift]], np.float64), (width + 2 * shift, height + 2 * shift)


def _core(line: RecognisedLine, matrix: NDArray[np.float64], scale: float) -> NDArray[np.int32]:
    """The corners of the line's inner half on the straight image: its print runs there, rules beside it do not."""
    quad = np.array(line.quad, np.float64) * scale
    across = (quad[3] - quad[0]) if line.direction == "h" else (quad[1] - quad[0])
    inset = across * (1 - _CORE) / 2
    first, last = ((0, 1), (3, 2)) if line.direction == "h" else ((0, 3), (1, 2))
    quad[list(first)] += inset
    quad[list(last)] -= inset
    return np.asarray(np.rint(quad @ matrix[:, :2].T + matrix[:, 2]), np.int32)


def _rules(straight: NDArray[np.uint8], text: Sequence[NDArray[np.int32]], dpi: float) -> NDArray[np.uint8]:
    """1 where a rule is. text: corners of what lies within lines of text: strokes of tight print are no rules, whichever way they run."""
    paper = np.asarray(cv2.blur(straight, (round(dpi / 5) | 1, round(dpi / 5) | 1)), np.int16)
    dark = (paper - straight.astype(np.int16) > _DARKER).astype(np.uint8)
    cv2.fillPoly(dark, list(text), [0])
    length, bridge = round(_RULE_MM / 25.4 * dpi), max(2, round(_BRIDGE_MM / 25.4 * dpi))
    found = np.zeros_like(dark)
    for across in (True, False):
        thick = np.ones((2, 1) if across else (1, 2), np.uint8)  # a rule a little askew steps from one row of pixels to the next
        joined = cv2.morphologyEx(cv2.dilate(dark, thick), cv2.MORPH_CLOSE, np.ones((1, bridge) if across else (bridge, 1), np.uint8))
        found |= np.asarray(cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, length) if across else (length, 1), np.uint8)), np.uint8)
    return np.asarray(cv2.dilate(found, np.ones((2, 2), np.uint8)), np.uint8)


def _white_rectangles(rules: NDArray[np.uint8], dpi: float) -> Iterator[Box]:
    """Boxes of the white that rules enclose on all sides."""
    height, width = rules.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(1 - rules, connectivity=4)
    least_width, least_height = (mm / 25.4 * dpi for mm in _LEAST_MM)
    for left, top, wide, high, area in stats[1:]:
        inside = left > 0 and top > 0 and left + wide < width and top + high < height
        if inside and wide >= least_width and high >= least_height and area >= _RECTANGULAR * wide * high:
            yield float(left), float(top), float(left + wide), float(top + high)


def _neighbours(cells: Sequence[Box], reach: float) -> list[list[Box]]:
    """Cells that lie side by side, with no more than a rule between them, together."""
    groups: list[list[Box]] = []
    for cell in cells:
        near = [group for group in groups if any(_touch(cell, other, reach) for other in group)]
        groups = [group for group in groups if not any(group is joined for joined in near)]
        groups.append([cell, *(other for group in near for other in group)])
    return groups


def _touch(cell: Box, other: Box, reach: float) -> bool:
    apart = [max(cell[axis], other[axis]) - min(cell[axis + 2], other[axis + 2]) for axis in (0, 1)]
    return min(apart) < -reach and max(apart) < reach  # they share a stretch of one side


def _on_page(cell: Box, scale: float, shift: float) -> Box:
    left, top, right, bottom = ((side - shift) / scale for side in cell)
    return left, top, right, bottom
