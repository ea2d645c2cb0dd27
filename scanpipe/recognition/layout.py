"""Reading order: from lines found anywhere on a page to the order in which a person reads them.

A page is cut along its white valleys, recursively (XY-cut): bands from top to bottom, text columns from left to right. What cannot be cut is
read row by row, so that a table's row and a form's label and answer stay together. Vertical writing is cut into its tiers (段) first, each
read from right to left. Everything is measured in line heights, on boxes turned by the page's own skew.
"""

import itertools
import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from scanpipe.core.model import Line
from scanpipe.recognition.lines import Box, RecognisedLine

_JOIN_GAP = 0.6  # line heights between pieces of one printed line
_SAME_ROW = 0.4  # share of the lower box's height that rows must overlap
_COLUMN_GAP = 0.8  # line heights: the narrowest gutter between text columns
_BAND_GAP = 0.6  # line heights: the narrowest blank band between blocks
_FULL_LINES = 0.55  # of a column's width, that half of its lines must fill, else it is a table's column
_COLUMN_LINES = 3  # lines that make a text column
_COLUMN_EMS = 8  # a text column is at least this many line heights wide
_LABEL_GAP = 0.5  # line heights between a label and either of the two rows that it stands before
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class _Piece:
    """box: turned by the skew, only for ordering. place: on the page."""

    text: str
    box: Box
    place: Box
    confidence: float
    direction: Literal["h", "v"]

    @property
    def size(self) -> float:
        """The line's thickness: height of a horizontal line, width of a column."""
        return self.box[3] - self.box[1] if self.direction == "h" else self.box[2] - self.box[0]


def in_reading_order(lines: Sequence[RecognisedLine], width: int, height: int, *, confident: bool = True) -> tuple[Line, ...]:
    """The lines as a person reads them, pieces of one printed line joined, blocks numbered from 0.

    width, height: of the page in pixels; boxes are clipped to it. confident: False for born-digital text, whose confidence is None.
    """
    skew = _skew(lines)
    pieces = [_piece(line, skew) for line in lines if tidy(line.text)]
    blocks = list(_blocks(_joined(pieces), 0))
    return tuple(_line(piece, index, width, height, confident) for index, block in enumerate(blocks) for piece in block)


def tidy(text: str) -> str:
    """NFC, blanks between CJK signs removed, other runs of blanks made one."""
    words = unicodedata.normalize("NFC", text).split()
    joined = ""
    for word in words:
        joined += word if not joined or (_wide(joined[-1]) and _wide(word[0])) else " " + word
    return joined


def _wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def _skew(lines: Sequence[RecognisedLine]) -> float:
    """The page's skew in radians, clockwise on the page: the median over long lines, 0 if there are none."""
    angles = []
    for line in lines:
        (x0, y0), (x1, y1), _, (x3, y3) = line.quad
        across, down = math.hypot(x1 - x0, y1 - y0), math.hypot(x3 - x0, y3 - y0)
        if across > 5 * down:
            angles.append(math.atan2(y1 - y0, x1 - x0))
        elif down > 5 * across:
            angles.append(-math.atan2(x3 - x0, y3 - y0))
    return float(np.median(angles)) if angles else 0.0


def _piece(line: RecognisedLine, skew: float) -> _Piece:
    cos, sin = math.cos(skew), math.sin(skew)
    turned = [(x * cos + y * sin, y * cos - x * sin) for x, y in line.quad]
    xs, ys = zip(*turned, strict=True)
    return _Piece(tidy(line.text), (min(xs), min(ys), max(xs), max(ys)), line.box, line.confidence, line.direction)


def _line(piece: _Piece, block: int, width: int, height: int, confident: bool) -> Line:
    left, top, right, bottom = piece.place
    box = (_clip(math.floor(left), width), _clip(math.floor(top), height), _clip(math.ceil(right), width), _clip(math.ceil(bottom), height))
    return Line(text=piece.text, box=box, confidence=round(piece.confidence * 100, 1) if confident else None, direction=piece.direction, block=block)


def _clip(value: int, limit: int) -> int:
    return max(0, min(value, limit))


def _joined(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Pieces of one printed line made one: on one row, of about one height, with hardly a gap between them."""
    whole: list[_Piece] = []
    for piece in sorted(pieces, key=lambda piece: piece.box[0]):
        before = next((index for index, left in enumerate(whole) if _continues(left, piece)), None)
        if before is None:
            whole.append(piece)
        else:
            whole[before] = _join(whole[before], piece)
    return whole


def _continues(left: _Piece, right: _Piece) -> bool:
    if left.direction == "v" or right.direction == "v":
        return False
    thin, thick = sorted((left.size, right.size))
    overlap = min(left.box[3], right.box[3]) - max(left.box[1], right.box[1])
    gap = right.box[0] - left.box[2]
    return thick < 1.5 * thin and overlap > 0.7 * thin and -0.5 * thin < gap < _JOIN_GAP * thin


def _join(left: _Piece, right: _Piece) -> _Piece:
    signs = len(left.text), len(right.text)
    confidence = (left.confidence * signs[0] + right.confidence * signs[1]) / sum(signs)
    return replace(
        left, text=tidy(left.text + " " + right.text), box=_around(left.box, right.box), place=_around(left.place, right.place), confidence=confidence
    )


def _around(*boxes: Box) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _blocks(pieces: list[_Piece], depth: int) -> Iterator[list[_Piece]]:
    """The pieces of a region as blocks, each in reading order."""
    if not pieces:
        return
    parts = _cut(pieces) if depth < _DEPTH else [pieces]
    if len(parts) > 1:
        for part in parts:
            yield from _blocks(part, depth + 1)
    elif _mostly_vertical(pieces):
        yield _columns(pieces)
    else:
        yield _rows(pieces)


def _cut(pieces: list[_Piece]) -> list[list[_Piece]]:
    """The region's parts in reading order; the region itself if it is one block."""
    if len(pieces) < 2:
        return [pieces]
    size = float(np.median([piece.size for piece in pieces]))
    if _mostly_vertical(pieces):
        tiers = _valleys(pieces, 1, 0.8 * size)
        return tiers if len(tiers) > 1 else _valleys(pieces, 0, 2.5 * size)[::-1]
    columns = _text_columns(pieces, size)
    if len(columns) > 1:
        return columns
    return _widest(pieces, size)


def _mostly_vertical(pieces: Sequence[_Piece]) -> bool:
    return sum(len(piece.text) for piece in pieces if piece.direction == "v") > sum(len(piece.text) for piece in pieces if piece.direction == "h")


def _text_columns(pieces: list[_Piece], size: float) -> list[list[_Piece]]:
    """Columns of running text side by side, left to right; one part if the region is a table, a form or one column."""
    columns = _valleys(pieces, 0, _COLUMN_GAP * size)
    return columns if len(columns) > 1 and all(_runs(column, size) for column in columns) else [pieces]


def _runs(column: list[_Piece], size: float) -> bool:
    """Is this running text: enough lines, wide enough, most of them filling the width?"""
    left, _, right, _ = _around(*(piece.box for piece in column))
    if _mostly_vertical(column):
        return True
    full = sum(piece.box[2] - piece.box[0] > _FULL_LINES * (right - left) for piece in column)
    return len(column) >= _COLUMN_LINES and right - left > _COLUMN_EMS * size and 2 * full >= len(column)


def _widest(pieces: list[_Piece], size: float) -> list[list[_Piece]]:
    """Cut at the widest blank band; only where bands differ, since the even line spacing of a paragraph is no cut."""
    bands = _valleys(pieces, 1, _BAND_GAP * size)
    if len(bands) < 2:
        return [pieces]
    gaps = [min(p.box[1] for p in below) - max(p.box[3] for p in above) for above, below in itertools.pairwise(bands)]
    widest = max(gaps)
    parts: list[list[_Piece]] = [list(bands[0])]
    for gap, band in zip(gaps, bands[1:], strict=True):
        if gap >= 0.8 * widest:
            parts.append(list(band))
        else:
            parts[-1].extend(band)
    return parts


def _valleys(pieces: list[_Piece], axis: int, least: float) -> list[list[_Piece]]:
    """Groups parted by blank stripes at least `least` wide across the axis (0: left to right, 1: top to bottom)."""
    groups: list[list[_Piece]] = []
    reach = -math.inf
    for piece in sorted(pieces, key=lambda piece: piece.box[axis]):
        if piece.box[axis] - reach >= least or not groups:
            groups.append([])
        groups[-1].append(piece)
        reach = max(reach, piece.box[axis + 2])
    return groups


def _rows(pieces: list[_Piece]) -> list[_Piece]:
    """Row by row, each from left to right; what is stacked within a row, as furigana over a name, from top to bottom."""
    return [piece for row in _labels_first(_stripes(pieces, 1)) for stack in _stacks(row) for piece in stack]


def _labels_first(rows: list[list[_Piece]]) -> list[list[_Piece]]:
    """A form's label that stands before two rows, half way between them, is read before the upper one."""
    ordered = list(rows)
    for index in range(1, len(rows) - 1):
        above, label, below = rows[index - 1 : index + 2]
        if ordered[index - 1] is above and len(label) == 1 and _stands_before(label[0], above, below):
            ordered[index - 1 : index + 1] = [label, above]
    return ordered


def _stands_before(label: _Piece, above: list[_Piece], below: list[_Piece]) -> bool:
    """Is the label left of all that is in both rows, and as near to the one as to the other?"""
    over, under = max(piece.box[3] for piece in above), min(piece.box[1] for piece in below)
    near = _LABEL_GAP * label.size
    left = all(piece.box[0] > label.box[2] for piece in (*above, *below))
    return left and label.direction == "h" and label.box[1] - over < near and under - label.box[3] < near


def _stacks(row: list[_Piece]) -> list[list[_Piece]]:
    """The row's pieces from left to right, those mostly above each other together."""
    stacks: list[list[_Piece]] = []
    for piece in sorted(row, key=_edge(0)):
        above = stacks[-1][-1] if stacks else None
        if above is not None and _beside(above, piece, 0) and not _beside(above, piece, 1):
            stacks[-1].append(piece)
        else:
            stacks.append([piece])
    return [sorted(stack, key=_edge(1)) for stack in stacks]


def _columns(pieces: list[_Piece]) -> list[_Piece]:
    """Vertical writing: column by column from the right, each from top to bottom."""
    return [piece for column in reversed(_stripes(pieces, 0)) for piece in sorted(column, key=_edge(1))]


def _edge(axis: int) -> Callable[[_Piece], float]:
    return lambda piece: piece.box[axis]


def _stripes(pieces: list[_Piece], axis: int) -> list[list[_Piece]]:
    """Pieces that lie beside each other across the axis: a piece joins the stripe whose last piece it overlaps enough."""
    stripes: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.box[axis] + piece.box[axis + 2]):
        if stripes and _beside(stripes[-1][-1], piece, axis):
            stripes[-1].append(piece)
        else:
            stripes.append([piece])
    return stripes


def _beside(first: _Piece, second: _Piece, axis: int) -> bool:
    overlap = min(first.box[axis + 2], second.box[axis + 2]) - max(first.box[axis], second.box[axis])
    return overlap > _SAME_ROW * min(first.box[axis + 2] - first.box[axis], second.box[axis + 2] - second.box[axis])
