"""The small signs of vertical writing that the recogniser leaves out: 、 。 ・ ー 「 」, put back where a gap in a column holds their ink.

A column is laid on its left side for reading, so what stands at the right of its cell (、 。) is seen at the top, and ー lies along the line.
Everything is measured in the distance from sign to sign, on ink that touches nothing else.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_LEAST_SIGNS = 4  # fewer give no distance to measure by
_GAP = 1.4  # distances between neighbours, from which a sign may be missing
_MOST_GAP = 3.2  # beyond it is the space between two texts
_SIDE = 0.42  # from a sign's centre to where the gap begins
_SPECK = 0.08  # smaller ink is dirt
_BEFORE_THE_NEXT = 0.25  # nearer to the next sign it is a part of that one, as the dots of が
_HOLLOW = 1.2  # a drop has about 2
_APART = 0.12  # pieces of ink nearer than this are one sign
_BEFORE_A_LONG_VOWEL = frozenset(map(chr, range(0x30A1, 0x30FB))) | frozenset("力口二八才工夕卜千")  # katakana, and the kanji they are taken for


@dataclass(frozen=True, slots=True)
class _Ink:
    """One small sign: its box in distances, across from the middle of the line; behind: from it to the gap's end; its pixels and their darkness."""

    behind: float
    top: float
    width: float
    height: float
    pixels: NDArray[np.bool_]
    darkness: NDArray[np.float32]

    @property
    def middle(self) -> float:
        """Across the line: below 0 is the right side of the column."""
        return self.top + self.height / 2


def restored(line: NDArray[np.uint8], text: str, places: Sequence[float]) -> str:
    """The text with the small signs found between its signs. line: grey or BGR, the column laid on its left side; places: the signs' centres in pixels."""
    signs = [(sign, place) for sign, place in zip(text, places, strict=True) if sign != " "]
    if len(signs) < _LEAST_SIGNS:
        return text
    pitch = _pitch(np.diff([place for _, place in signs]))
    if not 8 <= pitch <= 2 * line.shape[0]:
        return text
    pieces = _pieces(line)
    out = ""
    edges = [*signs, ("", line.shape[1] + (_SIDE - 0.5) * pitch)]
    for (sign, place), (following, end) in itertools.pairwise(edges):
        out += sign
        if (_GAP if following else 0.9) * pitch <= end - place <= _MOST_GAP * pitch:
            inks = _inks(pieces, place + _SIDE * pitch, end - _SIDE * pitch, pitch, last=not following)
            out += "".join(_sign(ink, sign) for ink in inks)
    return out if len(out) > len(signs) else text


def _pitch(steps: NDArray[np.float64]) -> float:
    """The distance from sign to sign: the mean of the ordinary ones, since places are known to a quarter of it only."""
    usual = float(np.median(steps))
    return float(steps[(steps > 0.6 * usual) & (steps < 1.4 * usual)].mean())


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The line's connected ink. boxes: left, top, width, height, area of each, the first is the paper; labels: of each pixel; middle: row between top and bottom."""

    boxes: NDArray[np.int32]
    labels: NDArray[np.int32]
    darkness: NDArray[np.float32]
    middle: float


def _pieces(line: NDArray[np.uint8]) -> _Pieces:
    grey = line if line.ndim == 2 else np.asarray(cv2.cvtColor(line, cv2.COLOR_BGR2GRAY), np.uint8)
    level, ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    darkness = np.clip(float(np.median(grey[ink == 0])) - grey.astype(np.float32), 0, None) if level else np.zeros(grey.shape, np.float32)
    if ink.mean() > 0.5:  # white print on black
        ink, darkness = 1 - ink, grey.astype(np.float32)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(np.asarray(ink, np.uint8), connectivity=8)
    rows = np.flatnonzero(ink.sum(axis=1) > 0.05 * ink.sum(axis=1).max(initial=1))
    middle = float(rows[0] + rows[-1]) / 2 if len(rows) else line.shape[0] / 2
    return _Pieces(np.asarray(boxes, np.int32), np.asarray(labels, np.int32), darkness, middle)


def _inks(pieces: _Pieces, near: float, far: float, pitch: float, *, last: bool) -> Iterator[_Ink]:
    """What lies wholly within the gap, from left to right, near pieces together; nothing if it is too much to be small signs. last: nothing follows."""
    boxes, slack = pieces.boxes, _APART * pitch
    groups: list[list[int]] = []
    reach = -np.inf
    for index in sorted(range(1, len(boxes)), key=lambda index: int(boxes[index, 0])):
        x, _, width, height, _ = (int(value) for value in boxes[index])
        if x < near - slack or x + width > far + slack or max(width, height) < _SPECK * pitch:
            continue
        if x - reach > slack:
            groups.append([])
        groups[-1].append(index)
        reach = max(reach, x + width)
    for group in groups if len(groups) <= 2 else []:
        left, top = boxes[group, 0].min(), boxes[group, 1].min()
        right, bottom = (boxes[group, 0] + boxes[group, 2]).max(), (boxes[group, 1] + boxes[group, 3]).max()
        if _within_a_sign(boxes, group, left, right, pitch):
            continue
        pixels = np.isin(pieces.labels[top:bottom, left:right], group)
        behind = np.inf if last else (far - right) / pitch
        size = (right - left) / pitch, (bottom - top) / pitch
        yield _Ink(behind, (top - pieces.middle) / pitch, *size, pixels, np.where(pixels, pieces.darkness[top:bottom, left:right], 0))


def _within_a_sign(boxes: NDArray[np.int32], group: list[int], left: int, right: int, pitch: float) -> bool:
    """Does other ink stand beside this, across the line? Then it is a stroke of that sign."""
    margin = 0.3 * (right - left)
    beside = (boxes[:, 0] < right - margin) & (boxes[:, 0] + boxes[:, 2] > left + margin) & (boxes[:, 2:4].max(axis=1) >= _SPECK * pitch)
    beside[[0, *group]] = False
    return bool(beside.any())


def _sign(ink: _Ink, before: str) -> str:
    """The sign that this ink is; "" if it is none of them."""
    if ink.width >= 0.5 and ink.height <= 0.25 and abs(ink.middle) < 0.25:
        return "ー" if before in _BEFORE_A_LONG_VOWEL else ""
    if min(ink.width, ink.height) >= 0.2 and ink.width <= 0.6 and ink.height <= 0.95 and ink.pixels.mean() < 0.6:
        if ink.middle < 0.1 and _corner(ink.pixels):
            return "「"
        if ink.middle > -0.1 and _corner(ink.pixels[::-1, ::-1]):
            return "」"
    if ink.behind < _BEFORE_THE_NEXT or min(ink.width, ink.height) < 0.1 or max(ink.width, ink.height) > 0.45:
        return ""
    if ink.middle < -0.1:
        return "。" if _hollow(ink.darkness) else "、"
    return "・" if abs(ink.middle) <= 0.1 and max(ink.width, ink.height) < 0.3 and ink.pixels.mean() > 0.6 else ""


def _corner(pixels: NDArray[np.bool_]) -> bool:
    """Is it two thin arms that meet at the top left?"""
    height, width = pixels.shape
    rows, columns = max(1, round(height * 0.35)), max(1, round(width * 0.35))
    arms = pixels[:, :columns].any(axis=1).mean() > 0.8 and pixels[:rows].any(axis=0).mean() > 0.8
    return bool(arms and pixels[rows:, columns:].mean() < 0.1)


def _hollow(darkness: NDArray[np.float32]) -> bool:
    """Is it a ring, whose middle is hardly darker than its whole box? At 200 dpi the hole is but a paler spot."""
    height, width = darkness.shape
    middle = darkness[height // 3 : height - height // 3, width // 3 : width - width // 3]
    return bool(middle.mean() < _HOLLOW * darkness.mean())
