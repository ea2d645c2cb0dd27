"""Red ink apart from the rest of the page: seals are pressed over names and dates, and either is read well only without the other.

A page that shows no red in miniature costs nothing more. Where it does, its colours are decoded, and the page becomes two grey images.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanpipe.recognition.engines import Engine
from scanpipe.recognition.lines import Box, RecognisedLine

Grey = NDArray[np.uint8]

REDUCED = 8  # times smaller: what a JPEG decoder gives nearly for nothing
_LEAST = 10  # pixels of the miniature: a name seal at 200 dpi has 25
_RED = 35  # by which red exceeds green and blue in a seal's faint strokes; paper and brown print stay below
_FULL = 60  # more than _RED: surely ink
_BROWN = 140  # of red itself: fainter and less than twice the others is brown
_NEAR, _FAINT = (
    9,
    40,
)  # px across (a JPEG block to either side of a stroke) and grey levels below the paper: a ghost so pale is of the ink too, and would be read a second time
_HALO = 12  # what is left around and between the strokes goes with them
_BRIGHT = (90, 60)  # darker than the first is black print under the seal; the ink counts in full from the sum
_ALONE = (255 - 255 * np.clip((np.arange(256) - _RED / 2) / _FULL, 0, 1)).astype(np.uint8)  # how dark the ink stands on white, by its redness
_JOIN_MM = 2.5  # strokes nearer than this are one seal
_SEAL_MM = (6.0, 48.0)  # name seals to square office seals
_SEAL_SHAPE = 2.2  # longer ones are lines of red print
_MOST = 24  # regions of one page


@dataclass(frozen=True, slots=True, kw_only=True)
class RedInk:
    """What is read in red. seals: for each seal its lines; print: lines of red print. All on the page's own pixels."""

    seals: tuple[tuple[RecognisedLine, ...], ...] = ()
    print: tuple[RecognisedLine, ...] = ()


def shows_red(miniature: NDArray[np.uint8]) -> bool:
    """Is there red on it that may be a seal? miniature: H x W x 3 RGB, REDUCED times smaller than the page."""
    return int((_redness(miniature) > _RED).sum()) >= _LEAST


def parted(colour: NDArray[np.uint8]) -> tuple[Grey, Grey]:
    """(the page without its red ink, the red ink on white), H x W each. colour: H x W x 3 RGB."""
    red = _redness(colour)
    grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8)
    paper = float(np.median(grey[::REDUCED, ::REDUCED]))
    around = np.asarray(cv2.dilate(red, np.ones((3, 3), np.uint8)), np.uint8)
    inked = np.flatnonzero(around > _RED / 2)  # few: only there the page is worked out anew
    grey.flat[inked] = _without_ink(grey.flat[inked], around.flat[inked], colour[:, :, 0].flat[inked], paper)
    near = np.flatnonzero(cv2.dilate((red > _RED / 2).astype(np.uint8), np.ones((_NEAR, _NEAR), np.uint8)))
    grey.flat[near[grey.flat[near] > paper - _FAINT]] = int(paper)
    return grey, np.asarray(cv2.LUT(red, _ALONE), np.uint8)


def _without_ink(grey: Grey, redness: Grey, red: Grey, paper: float) -> Grey:
    """What is under the ink, N pixels: paper where the ink is full, print where the page is dark."""
    share = np.clip((redness - _RED / 2) / _HALO, 0, 1) * np.clip((red.astype(np.float32) - _BRIGHT[0]) / _BRIGHT[1], 0, 1)
    return np.asarray(grey * (1 - share) + np.maximum(grey, paper) * share, np.uint8)


def _redness(colour: NDArray[np.uint8]) -> Grey:
    """By how much red exceeds the other two, H x W; 0 for browns, which are dark and have much of both."""
    red, green, blue = cv2.split(colour)
    more = cv2.subtract(red, cv2.max(green, blue))  # never below 0
    fainter = cv2.subtract(red, cv2.add(more, more))  # above 0 where it is less than twice the others
    more[(red < _BROWN) & (fainter > 0)] = 0
    return np.asarray(more, np.uint8)


def read(engine: Engine, alone: Grey, dpi: float, *, vertical: bool = False) -> RedInk:
    """What the red ink says. alone: as `parted` gives it, upright, at dpi."""
    boxes = list(_regions(alone, dpi))
    found: list[list[RecognisedLine]] = [[] for _ in boxes]
    for line in engine.read(alone, vertical=vertical) if boxes else []:  # the whole sheet of red at once: a runtime prepares itself for each size it meets
        box = next((index for index, box in enumerate(boxes) if _holds(box, line)), None)
        if box is not None:
            found[box].append(line)
    seals = [as_columns(tuple(lines)) for box, lines in zip(boxes, found, strict=True) if lines and _is_seal(box, dpi)]
    printed = [line for box, lines in zip(boxes, found, strict=True) if not _is_seal(box, dpi) for line in lines]
    return RedInk(seals=tuple(seals), print=tuple(printed))


def _holds(box: Box, line: RecognisedLine) -> bool:
    left, top, right, bottom = line.box
    return box[0] <= (left + right) / 2 <= box[2] and box[1] <= (top + bottom) / 2 <= box[3]


def _regions(alone: Grey, dpi: float) -> Iterator[Box]:
    """Boxes around strokes that belong together, the largest first, each at least as large as a name seal's half."""
    small = np.asarray(cv2.resize(alone, None, fx=1 / REDUCED, fy=1 / REDUCED, interpolation=cv2.INTER_AREA), np.uint8)
    reach = max(1, round(_JOIN_MM / 25.4 * dpi / REDUCED))
    inked = cv2.dilate((small < 255 - _RED).astype(np.uint8), np.ones((reach, reach), np.uint8))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
    least = _SEAL_MM[0] / 2 / 25.4 * dpi / REDUCED
    found: list[tuple[int, ...]] = [(x, y, x + w, y + h) for x, y, w, h, _ in boxes[1:] if min(w, h) >= least / 2 and max(w, h) >= least]
    outer: list[tuple[int, ...]] = []
    for box in sorted(found, key=lambda box: (box[0] - box[2]) * (box[3] - box[1])):
        if not any(_within(box, larger) for larger in outer):  # a date stamp's words stand free within its ring
            outer.append(box)
    for box in outer[:_MOST]:
        left, top, right, bottom = (float(side * REDUCED) for side in box)
        yield left, top, min(right, alone.shape[1]), min(bottom, alone.shape[0])


def _within(box: tuple[int, ...], larger: tuple[int, ...]) -> bool:
    return larger[0] <= box[0] and larger[1] <= box[1] and box[2] <= larger[2] and box[3] <= larger[3]


def _is_seal(box: Box, dpi: float) -> bool:
    width, height = ((box[2] - box[0]) / dpi * 25.4, (box[3] - box[1]) / dpi * 25.4)
    shorter, longer = sorted((width, height))
    return _SEAL_MM[0] <= longer <= _SEAL_MM[1] and longer <= _SEAL_SHAPE * shorter


def as_columns(lines: tuple[RecognisedLine, ...]) -> tuple[RecognisedLine, ...]:
    """An office's square seal is cut in columns from the right, so close that they are found as rows: 会機若 社株葉 印式電 is 若葉電機株式会社印."""
    rows = sorted(lines, key=lambda line: line.box[1])
    if not _is_square_of_signs(rows):
        return lines
    cells = [(text, box, line.confidence) for line in rows for text, box in _cells(line)]
    columns: list[list[tuple[str, Box, float]]] = []
    for cell in sorted(cells, key=lambda cell: -cell[1][0]):
        middle, beside = (cell[1][0] + cell[1][2]) / 2, columns[-1][-1][1] if columns else None
        if beside is None or middle < beside[0]:
            columns.append([])
        columns[-1].append(cell)
    return tuple(_column(sorted(column, key=lambda cell: cell[1][1])) for column in columns)


def _is_square_of_signs(rows: Sequence[RecognisedLine]) -> bool:
    """Three or more rows of two to four Japanese signs, nearly as many in each: a date stamp's rows are not so."""
    lengths = [len(row.text) for row in rows]
    japanese = all("\u3040" <= sign <= "\u30ff" or "\u4e00" <= sign <= "\u9fff" for row in rows for sign in row.text)
    flat = all(row.direction == "h" for row in rows)
    return flat and japanese and len(rows) >= 3 and max(lengths) in (2, 3, 4) and max(lengths) - min(lengths) <= 1


def _cells(line: RecognisedLine) -> Iterator[tuple[str, Box]]:
    left, top, right, bottom = line.box
    wide = (right - left) / len(line.text)
    for place, sign in enumerate(line.text):
        yield sign, (left + place * wide, top, left + (place + 1) * wide, bottom)


def _column(cells: Sequence[tuple[str, Box, float]]) -> RecognisedLine:
    left, top = min(box[0] for _, box, _ in cells), cells[0][1][1]
    right, bottom = max(box[2] for _, box, _ in cells), cells[-1][1][3]
    quad = ((left, top), (right, top), (right, bottom), (left, bottom))
    sure = sum(confidence for _, _, confidence in cells) / len(cells)
    return RecognisedLine(text="".join(sign for sign, _, _ in cells), quad=quad, confidence=sure, direction="v")
