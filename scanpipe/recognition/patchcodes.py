"""Patch codes: four thick bars, two wide and two narrow, parted by narrow spaces; they part batches on document scanners of all makers.

Narrow is 0.08 inch, wide 0.2 inch, the bars are some inches long. Each bar is looked for as a filled rectangle of its own, whichever way it lies,
so that a sheet may be skewed or upside down. T is narrow-wide-narrow-wide: seen from the other end it is patch 3, which parts batches as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Patch = Literal["patch-t", "patch-2"]

_BARS = 4
_DPI = 100  # a narrow bar is 8 px
_PATTERNS: dict[str, Patch] = {"NWNW": "patch-t", "WNWN": "patch-t", "WNNW": "patch-2"}
_CONTRAST = 14  # grey levels below the paper around, at least
_THICK_INCH = (0.045, 0.34)  # sheets printed at 70-150 % of their size
_LEAST_LENGTH_INCH = 1.0
_LEAST_FILLED = 0.82  # of its rectangle; print is ragged
_MOST_SLANT = 3.0  # degrees between bars of one patch
_WIDE = (1.8, 3.4)  # times the narrow bars; 2.5 by the standard


@dataclass(frozen=True, slots=True)
class _Bar:
    """x, y: centre, px. angle: of the long side, degrees in [0, 180). length, thickness: px."""

    x: float
    y: float
    angle: float
    length: float
    thickness: float


def find_patch(grey: NDArray[np.uint8], dpi: float) -> Patch | None:
    """The patch code on this page, None if there is none. grey: H x W, any way up."""
    scale = min(1.0, _DPI / dpi)
    exact = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR  # blurred below anyway, and four times as fast
    small = grey if scale == 1.0 else np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=exact), np.uint8)
    bars = list(_bars(_ink(small, dpi * scale), dpi * scale))
    for bar in bars:
        patch = _read(_neighbours(bar, bars))
        if patch is not None:
            return patch
    return None


def _ink(small: NDArray[np.uint8], dpi: float) -> NDArray[np.uint8]:
    """1 where it is darker than the paper around; dust lines and specks are opened away."""
    paper = np.asarray(cv2.morphologyEx(cv2.resize(small, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)))
    paper = np.asarray(cv2.resize(cv2.blur(paper, (9, 9)), (small.shape[1], small.shape[0]), interpolation=cv2.INTER_LINEAR))
    darker = cv2.subtract(paper, cv2.blur(small, (3, 3)))  # 0 where it is lighter
    deepest = float(np.percentile(darker[::3, ::3], 99.5))  # the bars are 2-4 % of a patch sheet
    ink = (darker > max(_CONTRAST, 0.45 * deepest)).view(np.uint8)
    grain = max(2, round(0.03 * dpi))
    return np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((grain, grain), np.uint8)), np.uint8)


def _bars(ink: NDArray[np.uint8], dpi: float) -> Iterator[_Bar]:
    outlines, _ = cv2.findContours(ink, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    if sum(max(cv2.boundingRect(outline)[2:]) >= 0.7 * _LEAST_LENGTH_INCH * dpi for outline in outlines) < _BARS:
        return  # as on most pages: labelling them takes five times as long
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=4)
    thin, thick = (inch * dpi for inch in _THICK_INCH)
    reach, areas = stats[1:, 2:4].max(axis=1), stats[1:, 4]
    large = (reach >= 0.7 * _LEAST_LENGTH_INCH * dpi) & (areas >= _LEAST_LENGTH_INCH * dpi * thin * _LEAST_FILLED)
    for label in 1 + np.flatnonzero(large):
        left, top, width, height, area = (int(value) for value in stats[label])
        rows, columns = np.nonzero(labels[top : top + height, left : left + width] == label)
        (x, y), (one, other), turn = cv2.minAreaRect(np.stack([columns, rows], axis=1).astype(np.float32))
        length, thickness = max(one, other) + 1, min(one, other) + 1  # from centre to centre of pixels
        if length >= _LEAST_LENGTH_INCH * dpi and thin <= thickness <= thick and area >= _LEAST_FILLED * length * thickness and length > 3.5 * thickness:
            yield _Bar(left + x, top + y, (turn if one >= other else turn + 90) % 180, length, area / length)


def _neighbours(bar: _Bar, bars: Sequence[_Bar]) -> list[tuple[float, float]]:
    """(place across, thickness) of the bars that lie beside this one like the rungs of a ladder, itself included, in order."""
    along = np.deg2rad(bar.angle)
    found = []
    for other in bars:
        across = -(other.x - bar.x) * np.sin(along) + (other.y - bar.y) * np.cos(along)
        shifted = (other.x - bar.x) * np.cos(along) + (other.y - bar.y) * np.sin(along)
        slant = abs((other.angle - bar.angle + 90) % 180 - 90)
        if slant <= _MOST_SLANT and abs(shifted) < 0.12 * bar.length and 0.8 < other.length / bar.length < 1.25:
            found.append((float(across), other.thickness))
    return sorted(found)


def _read(rungs: Sequence[tuple[float, float]]) -> Patch | None:
    """The patch that these bars are, if any four of them in a row stand as the standard has it and apart from the rest."""
    for first in range(len(rungs) - 3):
        four = rungs[first : first + 4]
        thin = sorted(thickness for _, thickness in four)
        narrow, wide = (thin[0] + thin[1]) / 2, (thin[2] + thin[3]) / 2
        if not (thin[1] <= 1.5 * thin[0] and thin[3] <= 1.3 * thin[2] and _WIDE[0] <= wide / narrow <= _WIDE[1]):
            continue
        spaces = [b[0] - a[0] - (a[1] + b[1]) / 2 for a, b in pairwise(four)]
        if not all(0.5 * narrow <= space <= 1.7 * narrow for space in spaces):
            continue
        around = [rung for index, rung in enumerate(rungs) if not first <= index < first + 4]
        if any(min(abs(rung[0] - four[0][0]), abs(rung[0] - four[3][0])) < wide + 2 * narrow for rung in around):
            continue
        return _PATTERNS.get("".join("W" if thickness > (narrow + wide) / 2 else "N" for _, thickness in four))
    return None
