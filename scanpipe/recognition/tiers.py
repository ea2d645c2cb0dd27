"""Columns of vertical writing that the detector drew through two tiers (段), or a little way into the next one, cut where the tiers part.

Between tiers lies a white band that crosses neighbouring columns at one height. A single blank in a column is no such band, and a list whose
entries all have a short label, a blank and a text is none either: on both sides of the band columns are long.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanpipe.recognition.ppocr import Image, Quad, cut_out

_PART = 6.0  # column widths: a part of a column is at least this long
_NARROW = 0.35  # column widths: white that may part a column's end from the next tier's beginning
_SAME = 0.5  # column widths between the middles of what stands one above the other
_WHITE = 0.6  # column widths: the least height of the band; 。 and a narrow blank leave 0.5
_NEIGHBOUR = 2.6  # column widths from centre to centre of columns side by side
_TOGETHER = 4  # columns that must agree
_INK = 40  # grey levels from the paper
_STEM = 0.04  # share of the width that dirt and a crossing rule's edge may darken


Band = tuple[float, float]  # from, to: downwards


@dataclass(frozen=True, slots=True)
class _Column:
    """index: of its quad. across: middle, down: top and bottom, size: width, all in px after the page's skew is taken out; gaps: its white bands."""

    index: int
    across: float
    down: Band
    size: float
    gaps: tuple[Band, ...] = ()


def parted(image: Image, quads: Sequence[Quad]) -> list[Quad]:
    """The quads, those of columns through several tiers cut at the bands between. image: H x W grey or H x W x 3 BGR."""
    tall = [index for index, quad in enumerate(quads) if _length(quad) > _PART * _thickness(quad)]
    if len(tall) < _TOGETHER:
        return list(quads)
    skew = float(np.median([_lean(quads[index]) for index in tall]))
    columns = [_column(image, index, quads[index], skew) for index in tall]
    parts = {column.index: _parts(column, columns) for column in columns}
    return [part for index, quad in enumerate(quads) for part in (_cut(quad, parts[index], skew) if index in parts else [quad])]


def _length(quad: Quad) -> float:
    return float(np.linalg.norm(quad[3] - quad[0]))


def _thickness(quad: Quad) -> float:
    return max(1.0, float(np.linalg.norm(quad[1] - quad[0])))


def _lean(quad: Quad) -> float:
    """The angle in radians by which a column leans from upright."""
    x, y = quad[3] - quad[0]
    return math.atan2(-float(x), float(y))


def _turned(point: NDArray[np.float32], skew: float) -> tuple[float, float]:
    x, y = float(point[0]), float(point[1])
    return x * math.cos(skew) + y * math.sin(skew), y * math.cos(skew) - x * math.sin(skew)


def _column(image: Image, index: int, quad: Quad, skew: float) -> _Column:
    (across, top), (_, bottom) = _turned((quad[0] + quad[1]) / 2, skew), _turned((quad[2] + quad[3]) / 2, skew)
    size = _thickness(quad)
    scale = (bottom - top) / max(1.0, _length(quad))
    bands = _white_bands(cut_out(image, quad), _NARROW * size)
    return _Column(index, across, (top, bottom), size, tuple((top + start * scale, top + end * scale) for start, end in bands))


def _parts(column: _Column, columns: Sequence[_Column]) -> list[Band]:
    """From where to where the column's own text goes, tier by tier."""
    top, bottom = column.down
    for other in columns:
        if other.index != column.index and abs(other.across - column.across) < _SAME * column.size and _overlap(other, column) > 0:
            if top < other.down[0]:
                bottom = min(
                    [bottom, *(start for start, end in (*column.gaps, *other.gaps) if other.down[0] - column.size < start < bottom < end + column.size)]
                )
            else:
                top = max([top, *(end for start, end in (*column.gaps, *other.gaps) if start - column.size < top < end < other.down[1] + column.size)])
    bounds = [gap for gap in column.gaps if top < gap[0] and gap[1] < bottom and _crosses(gap, column, columns)]
    edges = [top, *(edge for gap in bounds for edge in gap), bottom]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _overlap(first: _Column, second: _Column) -> float:
    return min(first.down[1], second.down[1]) - max(first.down[0], second.down[0])


def _white_bands(crop: Image, least: float) -> Iterator[tuple[int, int]]:
    """(start, end) in px from the top of every white band inside the crop, at least `least` high."""
    grey = crop if crop.ndim == 2 else np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.uint8)
    ink = np.abs(grey.astype(np.int16) - int(np.median(grey))) > _INK
    dark = np.flatnonzero(ink.mean(axis=1) > _STEM)
    for before, after in itertools.pairwise(dark):
        if after - before > least:
            yield int(before) + 1, int(after)


def _crosses(gap: Band, column: _Column, columns: Sequence[_Column]) -> bool:
    """Does the band go on through the neighbours, and are the parts above and below it long?"""
    if gap[1] - gap[0] < _WHITE * column.size:
        return False
    reached, edge = {column.index: column}, [column]
    while edge:
        here = edge.pop()
        for other in columns:
            near = abs(other.across - here.across) < _NEIGHBOUR * max(here.size, other.size)
            if other.index not in reached and near and _is_white(other, gap):
                reached[other.index] = other
                edge.append(other)
    above = [gap[0] - other.down[0] for other in reached.values() if other.down[0] < gap[0]]
    below = [other.down[1] - gap[1] for other in reached.values() if other.down[1] > gap[1]]
    enough = min(len(above), len(below)) >= _TOGETHER / 2 and len(reached) >= _TOGETHER
    return enough and min(float(np.median(above)), float(np.median(below))) > _PART * column.size and not _crossed(gap, column, columns)


def _is_white(column: _Column, gap: Band) -> bool:
    """Has the column a band there, or does it end above or begin below, within a sign of it?"""
    overlap = any(min(end, gap[1]) - max(start, gap[0]) > 0.5 * (gap[1] - gap[0]) for start, end in column.gaps)
    slack = column.size
    return overlap or gap[0] - slack < column.down[0] < gap[1] + slack or gap[0] - slack < column.down[1] < gap[1] + slack


def _crossed(gap: Band, column: _Column, columns: Sequence[_Column]) -> bool:
    """Does a neighbour of the same size write across the band on either side? Then it is a blank in the text."""
    middle = (gap[0] + gap[1]) / 2
    beside = [other for other in columns if other.index != column.index and abs(other.across - column.across) < _NEIGHBOUR * column.size]
    return any(other.down[0] < middle < other.down[1] and other.size < 1.3 * column.size and not _is_white(other, gap) for other in beside)


def _cut(quad: Quad, parts: Sequence[Band], skew: float) -> Iterator[Quad]:
    """The quad's parts from top to bottom, each with a little white at its ends."""
    (_, top), (_, bottom) = _turned((quad[0] + quad[1]) / 2, skew), _turned((quad[2] + quad[3]) / 2, skew)
    margin = 0.15 * _thickness(quad)
    left, right = quad[3] - quad[0], quad[2] - quad[1]
    for start, end in parts:
        first, last = max(0.0, (start - margin - top) / (bottom - top)), min(1.0, (end + margin - top) / (bottom - top))
        yield np.array([quad[0] + first * left, quad[1] + first * right, quad[1] + last * right, quad[0] + last * left], np.float32)
