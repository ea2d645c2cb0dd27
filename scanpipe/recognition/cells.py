"""A line of CJK signs, cut into its square cells: to turn each sign by itself, as vertical writing and pages lying on their side need it."""

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

_THICKNESS = 32  # px to which a line is shrunk for measuring
_INK = 25.0  # grey levels from the line's own background
_PITCHES = (0.85, 1.6)  # of a sign's size: from tightly set to widely spaced
_CELLS = (0.6, 1.5)  # of the pitch: a cell's least and greatest length
_STIFFNESS = 12.0  # how dear it is to leave the pitch, against cutting through ink


def cells(line: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The signs of a horizontal grey line image from left to right, as they stand; [] if it is too short to tell."""
    scale = _THICKNESS / line.shape[0]
    small = np.asarray(cv2.resize(line, (max(1, round(line.shape[1] * scale)), _THICKNESS), interpolation=cv2.INTER_AREA), np.float64)
    ink = np.clip((np.abs(small - np.median(small)) - _INK) / 100, 0, 1)
    rows = ink.sum(axis=1)
    inked = np.flatnonzero(rows > 0.1 * rows.max(initial=0.0))
    if small.shape[1] < 2 * _THICKNESS or not len(inked):
        return []
    profile = ink.sum(axis=0)
    cuts = _cuts(profile, _pitch(profile, float(inked[-1] - inked[0] + 1)))
    edges = [round(cut / scale) for cut in cuts]
    return [line[:, left:right] for left, right in itertools.pairwise(edges) if right > left]


def _pitch(profile: NDArray[np.float64], size: float) -> float:
    """Distance from sign to sign: where the profile is most like itself."""
    if len(profile) < 4 * size:
        return size * 1.1
    centred = profile - profile.mean()
    lags = range(int(size * _PITCHES[0]), int(size * _PITCHES[1]) + 2)
    return float(max(lags, key=lambda lag: float(np.mean(centred[:-lag] * centred[lag:]))))


def _cuts(profile: NDArray[np.float64], pitch: float) -> list[int]:
    """Places between signs, first to last: the cheapest chain of cells of about one pitch that cuts through little ink."""
    cost = np.append(np.convolve(profile, (0.25, 0.5, 0.25), "same"), 0.0)
    lengths = np.arange(max(1, int(pitch * _CELLS[0])), int(np.ceil(pitch * _CELLS[1])) + 1)
    strain = ((lengths - pitch) / pitch) ** 2 * _STIFFNESS
    total, before = np.full(len(cost), np.inf), np.zeros(len(cost), int)
    total[0] = 0.0
    for place in range(lengths[0], len(cost)):
        reach = lengths[lengths <= place]
        chains = total[place - reach] + strain[: len(reach)]
        best = int(np.argmin(chains))
        total[place], before[place] = chains[best] + cost[place], place - reach[best]
    last = len(cost) - 1
    while last > 0 and not np.isfinite(total[last]):
        last -= 1
    cuts = [last]
    while cuts[-1] > 0:
        cuts.append(int(before[cuts[-1]]))
    return cuts[::-1]


def turned(line: NDArray[np.uint8], most: int) -> NDArray[np.uint8] | None:
    """The first `most` signs of a horizontal line, each turned clockwise by a quarter, side by side; None if the line is too short to tell."""
    signs = [np.rot90(cell, -1) for cell in cells(line)[:most]]
    if len(signs) < 3:
        return None
    side = line.shape[0]
    return np.concatenate([_squared(np.ascontiguousarray(sign), side) for sign in signs], axis=1)


def _squared(sign: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The sign in a square of `side`, centred; longer ones lose their ends."""
    height, width = sign.shape
    square = np.full((side, side), int(np.median(sign)), np.uint8)
    top, left = max(0, (side - height) // 2), max(0, (side - width) // 2)
    part = sign[:side, :side]
    square[top : top + part.shape[0], left : left + part.shape[1]] = part
    return square
