"""Reading order: from lines found anywhere on a page to the order in which a person reads them.

A page is cut along its white valleys, recursively (XY-cut): bands from top to bottom, text columns from left to right. What cannot be cut is
read row by row, so that a table's row and a form's label and answer stay together. Vertical writing is cut into its tiers (段) first, each
read from right to left. Everything is measured in line heights, on boxes turned by the page's own skew.
"""

import itertools
import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

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
_ARTICLE_GAP = 1.8  # line heights of white beside each other's columns, all the way down
_TIER_GAP = 0.4  # line heights of white between tiers, beside the margin of their boxes
_TIER_COLUMNS = 2  # at least, above and below
_MARGIN = 0.3  # line heights that a column's box reaches beyond its ink at either end
_HEADING = 1.15  # times the text's size
_IN_CELL, _ASTRAY = 0.6, 0.5  # share of a line that lies in its cell; lines across rules, against those in cells, that a table may have
_FILLED = 0.75  # of its cell's width that a line of running text has
_LONG, _MINORITY = 6, 0.1  # signs of a line that counts; share of all such signs that makes a mixed page
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line, or a whole table. box: turned by the skew, only for ordering. place: on the page. cells: of a table, in reading order, each with its lines."""

    text: str
    box: Box
    place: Box
    confidence: float
    direction: Literal["h", "v"]
    cells: tuple[tuple["_Piece", ...], ...] = ()

    @property
    def size(self) -> float:
        """The line's thickness: height of a horizontal line, width of a column; of a table what its lines have."""
        if self.cells:
            return float(np.median([piece.size for cell in self.cells for piece in cell]))
        return self.box[3] - self.box[1] if self.direction == "h" else self.box[2] - self.box[0]


def in_reading_order(
    lines: Sequence[RecognisedLine], width: int, height: int, *, confident: bool = True, tables: Sequence[Sequence[Box]] = ()
) -> tuple[Line, ...]:
    """The lines as a person reads them, pieces of one printed line joined, blocks numbered from 0.

    width, height: of the page in pixels; boxes are clipped to it. confident: False for born-digital text, whose confidence is None.
    tables: the cells of each ruled table, as tables.tables finds them; a cell is a block.
    """
    skew = skew_of(lines)
    pieces = [_piece(line, skew) for line in lines if tidy(line.text)]
    for cells in tables:
        pieces = _with_table(pieces, cells)
    found = _blocks(_joined(pieces), 0)
    blocks = [part for block in found for part in _opened(block)]
    return tuple(_line(piece, index, width, height, confident) for index, block in enumerate(blocks) for piece in block)


def _opened(block: Sequence[_Piece]) -> Iterator[Sequence[_Piece]]:
    """The block, tables in it opened into a block for each cell."""
    for table, pieces in itertools.groupby(block, key=lambda piece: bool(piece.cells)):
        if table:
            yield from (cell for piece in pieces for cell in piece.cells)
        else:
            yield list(pieces)


def tidy(text: str) -> str:
    """NFC, blanks between CJK signs removed, other runs of blanks made one."""
    words = unicodedata.normalize("NFC", text).split()
    joined = ""
    for word in words:
        joined += word if not joined or (_wide(joined[-1]) and _wide(word[0])) else " " + word
    return joined


def _wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def skew_of(lines: Sequence[RecognisedLine]) -> float:
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
    if "v" in (left.direction, right.direction) or left.cells or right.cells:
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


def _with_table(pieces: list[_Piece], cells: Sequence[Box]) -> list[_Piece]:
    """The pieces, those in the cells made one; unchanged where much of the text runs across the rules, which are then no table's."""
    held: dict[Box, list[_Piece]] = {cell: [] for cell in cells}
    free, astray = [], []
    around = _around(*cells)
    for piece in pieces:
        top, bottom = piece.box[1], piece.box[3]
        cell = next((cell for cell in cells if cell[1] < bottom and cell[3] > top and _share_within(piece.box, cell) > _IN_CELL), None)
        if cell is not None and not piece.cells:
            held[cell].append(piece)
        elif _share_within(piece.box, around) > _IN_CELL and not piece.cells:
            astray.append(piece)
        else:
            free.append(piece)
    if sum(map(len, held.values())) < 2 or len(astray) > _ASTRAY * sum(map(len, held.values())):
        return pieces
    for piece in _joined(astray):  # of a cell whose rules are not all seen
        held.setdefault(piece.box, []).append(piece)
    inside = [piece for cell in held.values() for piece in cell]
    read = [tuple(line for block in _blocks(_joined(cell), 0) for line in block) for cell in _cells_in_order(held, vertical=_mostly_vertical(inside))]
    confidence = sum(piece.confidence for piece in inside) / len(inside)
    text = "".join(piece.text for piece in inside)
    direction: Literal["h", "v"] = "v" if _mostly_vertical(inside) else "h"
    places = _around(*(piece.place for piece in inside))
    return [*free, _Piece(text, _around(*(piece.box for piece in inside)), places, confidence, direction, tuple(read))]


def _share_within(box: Box, cell: Box) -> float:
    across, down = min(box[2], cell[2]) - max(box[0], cell[0]), min(box[3], cell[3]) - max(box[1], cell[1])
    return max(0.0, across) * max(0.0, down) / max(1.0, (box[2] - box[0]) * (box[3] - box[1]))


def _cells_in_order(held: Mapping[Box, list[_Piece]], *, vertical: bool) -> list[list[_Piece]]:
    """What the cells hold, row by row, from the left, in vertical writing from the right; one that spans rows is read with the uppermost.

    A row whose columns alone are ruled holds lines side by side: it is read as if it were one cell.
    """
    size = max(1.0, float(np.median([piece.size for pieces in held.values() for piece in pieces])))
    rows: list[list[Box]] = []
    for cell in sorted(held, key=lambda cell: cell[1]):
        if rows and cell[1] - rows[-1][0][1] < 0.6 * size:
            rows[-1].append(cell)
        else:
            rows.append([cell])
    ordered: list[list[_Piece]] = []
    for row in rows:
        across = sorted(row, key=lambda cell: -cell[2] if vertical else cell[0])
        for _, unruled in itertools.groupby(_with_runs(across, held, vertical), key=lambda pair: pair[0]):
            ordered.append([piece for _, cell in unruled for piece in held[cell]])
    return [pieces for pieces in ordered if pieces]


def _with_runs(cells: Sequence[Box], held: Mapping[Box, list[_Piece]], vertical: bool) -> Iterator[tuple[int, Box]]:
    """Each cell with the number of its run: neighbours whose lines stand side by side have the same one."""
    run = 0
    for index, cell in enumerate(cells):
        if index and (vertical or not _rows_go_through(cells[index - 1], cell, held)):
            run += 1
        yield run, cell


def _rows_go_through(left: Box, right: Box, held: Mapping[Box, list[_Piece]]) -> bool:
    """Have both cells three lines or more, nearly all beside one of the other, and neither running text?"""
    if min(len(held[left]), len(held[right])) < _COLUMN_LINES or any(_fills(cell, held[cell]) for cell in (left, right)):
        return False
    fewer, more = sorted((held[left], held[right]), key=len)
    beside = sum(any(abs(_middle(piece) - _middle(other)) < 0.3 * piece.size for other in more) for piece in fewer)
    return beside >= 0.8 * len(fewer)


def _middle(piece: _Piece) -> float:
    return (piece.box[1] + piece.box[3]) / 2


def _fills(cell: Box, pieces: Sequence[_Piece]) -> bool:
    wide = sum(piece.box[2] - piece.box[0] > _FILLED * (cell[2] - cell[0]) for piece in pieces)
    return 2 * wide >= len(pieces)


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
    size = max(1.0, float(np.median([piece.size for piece in pieces])))  # px
    if _mixed(pieces):
        parts = _widest(pieces, size)
        if len(parts) > 1:
            return parts
    if _mostly_vertical(pieces):
        articles = _valleys(pieces, 0, _ARTICLE_GAP * size)[::-1]
        return articles if len(articles) > 1 else _tiers(pieces, size)
    columns = _text_columns(pieces, size)
    if len(columns) > 1:
        return columns
    return _widest(pieces, size)


def _mostly_vertical(pieces: Sequence[_Piece]) -> bool:
    return sum(len(piece.text) for piece in pieces if piece.direction == "v") > sum(len(piece.text) for piece in pieces if piece.direction == "h")


def _mixed(pieces: Sequence[_Piece]) -> bool:
    """Are both lines and columns of some length here?"""
    long = [(piece.direction, len(piece.text)) for piece in pieces if len(piece.text) >= _LONG]
    across, down = (sum(signs for direction, signs in long if direction == wanted) for wanted in "hv")
    return min(across, down) > _MINORITY * (across + down)


def _tiers(pieces: list[_Piece], size: float) -> list[list[_Piece]]:
    """Vertical writing cut between two tiers (段), or beside the headings that stand across both, from right to left."""
    bound = _tier_bound([piece.box for piece in pieces if piece.direction == "v" and piece.size < _HEADING * size], size)
    if bound is None:
        return [pieces]
    headings = {id(piece) for piece in pieces if piece.box[1] + size < bound < piece.box[3] - size}
    parts: list[tuple[bool, list[_Piece]]] = []
    for stripe in _valleys(pieces, 0, 0.3 * size)[::-1] if headings else []:
        heading = any(id(piece) in headings for piece in stripe)
        if parts and not heading and not parts[-1][0]:
            parts[-1][1].extend(stripe)
        else:
            parts.append((heading, list(stripe)))
    if len(parts) > 1:
        return [part for _, part in parts]
    above = {id(piece): piece.box[1] + piece.box[3] < 2 * bound for piece in pieces}
    return [part for upper in (True, False) if (part := [piece for piece in pieces if above[id(piece)] == upper])]


def _tier_bound(boxes: Sequence[Box], size: float) -> float | None:
    """Half way down the uppermost of the widest white bands across these columns; None if there is none. One column in twenty may stray across."""
    if len(boxes) < 2 * _TIER_COLUMNS:
        return None
    _, tops, _, bottoms = np.array(boxes, np.float64).T
    inset = np.minimum(_MARGIN * size, (bottoms - tops) / 3)
    step = size / 10
    heights = np.arange(tops.min(), bottoms.max(), step)
    crossed = ((tops + inset)[:, None] < heights) & (heights < (bottoms - inset)[:, None])
    white = np.concatenate([[False], crossed.sum(axis=0) <= len(boxes) // 20, [False]])
    starts, ends = np.flatnonzero(white[1:] & ~white[:-1]), np.flatnonzero(~white[1:] & white[:-1])
    bands = [(float(end - start), float(heights[start] + heights[end - 1]) / 2) for start, end in zip(starts, ends, strict=True)]
    bands = [(wide, middle) for wide, middle in bands if wide >= _TIER_GAP * size / step and _parts_columns(middle, tops + inset, bottoms - inset)]
    widest = max((wide for wide, _ in bands), default=0.0)
    return next((middle for wide, middle in bands if wide > 0.6 * widest), None)


def _parts_columns(height: float, tops: NDArray[np.float64], bottoms: NDArray[np.float64]) -> bool:
    return min(int((bottoms < height).sum()), int((tops > height).sum())) >= _TIER_COLUMNS


def _text_columns(pieces: list[_Piece], size: float) -> list[list[_Piece]]:
    """Columns of running text side by side, left to right; one part if the region is a table, a form or one column."""
    columns = _valleys(pieces, 0, _COLUMN_GAP * size)
    stand = all(_runs(column, size) for column in columns) and all(_side_by_side(*pair) for pair in itertools.pairwise(columns))
    return columns if len(columns) > 1 and stand else [pieces]


def _side_by_side(left: list[_Piece], right: list[_Piece]) -> bool:
    """Does at least every other line of the shorter column stand beside one of the other? The date and the addressee of a letter do not."""
    fewer, more = sorted((left, right), key=len)
    return 2 * sum(any(_overlaps_down(piece, other) for other in more) for piece in fewer) >= len(fewer)


def _overlaps_down(piece: _Piece, other: _Piece) -> bool:
    return min(piece.box[3], other.box[3]) > max(piece.box[1], other.box[1])


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
