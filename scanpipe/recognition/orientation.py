"""Which way up a page is, found while it is read.

The recogniser itself knows: upside down it reads badly. It reads a vertical column laid on its side nearly as well as a row, though, so where
lines run is not enough: a few single signs, turned by themselves, tell a page of columns from a page lying on its side. A normal page pays
for two short samples; only a doubtful one is tried other ways round.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanpipe.recognition.cells import turned
from scanpipe.recognition.engines import Engine, Tesseract
from scanpipe.recognition.lines import RecognisedLine
from scanpipe.recognition.ppocr import PpOcr, Quad, cut_out
from scanpipe.recognition.tiers import parted

Image = NDArray[np.uint8]

_WELL = 0.85  # mean confidence of signs read the right way up; the wrong way up it is 0.1-0.65
_CLEARLY = 0.15  # by which another way up must read better
_SAMPLES, _SAMPLE_EMS = 6, 12
_TURNED, _CELLS = 3, 8
_LEGIBLE = 0.65  # signs turned the right way measure 0.85-1.0, the wrong way 0-0.5
_LEAST_SIGNS = 6
_LINE_LIKE = 2.5  # length of a line against its thickness


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """lines: on the upright page, in no order. rotation: clockwise degrees that turn the image upright. confidence: 0-1, None if not judged."""

    lines: list[RecognisedLine]
    rotation: int = 0
    confidence: float | None = None


def read_upright(engine: Engine, grey: Image, vertical: str) -> Reading:
    """Read the page the way up it belongs. grey: H x W. vertical: "auto", "yes" or "no", whether it is written in columns."""
    if isinstance(engine, PpOcr):
        return _read_ppocr(engine, grey, vertical)
    return _read_tesseract(engine, grey, vertical)


def turn(image: Image, rotation: int) -> Image:
    """The image turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(image, -rotation // 90))


def _read_ppocr(engine: PpOcr, grey: Image, vertical: str) -> Reading:
    quads = _found(engine, grey, vertical)
    lines = engine.read_quads(grey, quads, vertical=vertical == "yes")
    rotation, confidence = _judge(engine, grey, quads, lines, vertical)
    if rotation:
        upright = turn(grey, rotation)
        lines = engine.read_quads(upright, _found(engine, upright, vertical), vertical=vertical == "yes")
    return Reading(lines=lines, rotation=rotation, confidence=confidence)


def _found(engine: PpOcr, grey: Image, vertical: str) -> list[Quad]:
    found = engine.detector.find(grey)
    return found if vertical == "no" else parted(grey, found)


def _judge(engine: PpOcr, grey: Image, quads: Sequence[Quad], lines: Sequence[RecognisedLine], vertical: str) -> tuple[int, float | None]:
    """(rotation, confidence); (0, None) where too little is written to tell."""
    wide, strips = _strips(grey, quads)
    if sum(strip.shape[1] / strip.shape[0] for strip in strips) < _LEAST_SIGNS:
        return 0, None
    confidence = _quality(lines, quads, wide)
    backward = False
    if confidence < _WELL:
        ahead, astern = engine.recogniser.confidence(strips), engine.recogniser.confidence([turn(strip, 180) for strip in strips])
        backward = astern > ahead + _CLEARLY
        confidence = max(ahead, astern)
    if backward:
        strips = [turn(strip, 180) for strip in strips]
    sideways = vertical != "no" and _signs_lie_sideways(engine, strips, wide=wide)
    along = {(True, False): 0, (True, True): 180, (False, False): 270, (False, True): 90}[wide, backward]
    return (along + (90 if sideways else 0)) % 360, round(confidence, 3)


def _strips(grey: Image, quads: Sequence[Quad]) -> tuple[bool, list[Image]]:
    """(do lines run across the image, the beginnings of the longest lines of the prevailing sense, laid horizontally)."""
    measured = [(float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0])), quad) for quad in quads]
    across = [(width, quad) for width, height, quad in measured if width > _LINE_LIKE * height]
    down = [(height, quad) for width, height, quad in measured if height > _LINE_LIKE * width]
    wide = sum(length for length, _ in across) >= sum(length for length, _ in down)
    longest = sorted(across if wide else down, key=lambda item: -item[0])[:_SAMPLES]
    crops = [cut_out(grey, quad) for _, quad in longest]
    laid = crops if wide else [np.ascontiguousarray(np.rot90(crop)) for crop in crops]
    return wide, [strip[:, : _SAMPLE_EMS * strip.shape[0]] for strip in laid]


def _quality(lines: Sequence[RecognisedLine], quads: Sequence[Quad], wide: bool) -> float:
    """Mean confidence of the lines of the prevailing sense, those too poor to be kept counted as zero."""
    found = sum(_length(quad) for quad in quads if _is_wide(quad) == wide)
    read = sum(_length(quad) * line.confidence for line in lines if _is_wide(quad := np.array(line.quad)) == wide)
    return min(1.0, float(read / found)) if found else 0.0


def _length(quad: Quad) -> float:
    return float(max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])))


def _is_wide(quad: Quad) -> bool:
    return bool(np.linalg.norm(quad[1] - quad[0]) >= np.linalg.norm(quad[3] - quad[0]))


def _signs_lie_sideways(engine: PpOcr, strips: Sequence[Image], *, wide: bool) -> bool:
    """Do the signs of the strips read as well when each is turned by itself? Then the lines are columns."""
    few = [sample for strip in strips[:_TURNED] if (sample := turned(_squat(strip), _CELLS)) is not None]
    if not few:
        return not wide  # nothing to tell by: tall boxes are columns, as the engine reads them
    return float(np.mean([_legible(text, each, sample) for (text, each), sample in zip(engine.recogniser.read(few), few, strict=True)])) > _LEGIBLE


def _legible(text: str, confidence: float, sample: Image) -> float:
    """Confidence, less where only some of the signs were read: among turned signs a 一 or ロ is always found."""
    expected: float = 0.7 * sample.shape[1] / sample.shape[0]
    return confidence * min(1.0, len(text) / expected)


def _squat(strip: Image) -> Image:
    """At the recogniser's height: larger brings nothing."""
    scale = min(1.0, 48 / strip.shape[0])
    return np.asarray(cv2.resize(strip, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _read_tesseract(engine: Engine, grey: Image, vertical: str) -> Reading:
    rotation, confidence = engine.orientation(grey) if isinstance(engine, Tesseract) else (0, None)
    upright = turn(grey, rotation)
    lines = engine.read(upright, vertical=vertical == "yes")
    if vertical == "auto" and _mean(lines) < 0.7:
        columns = engine.read(upright, vertical=True)
        lines = columns if _mean(columns) > _mean(lines) else lines
    return Reading(lines=lines, rotation=rotation, confidence=confidence)


def _mean(lines: Sequence[RecognisedLine]) -> float:
    signs = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / signs if signs else 0.0
