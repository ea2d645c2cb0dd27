"""The PP-OCRv6 engine: finds text lines on a page image, cuts them out at full resolution and reads them.

Weights: the small detector and recogniser inside the installed rapidocr wheel (Apache-2.0). Only these two files are used, never rapidocr's
own code, which shrinks a page before cutting lines out of it and knows addresses to download from (figures in ocr.md).
"""

from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.metadata import version
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from scanpipe.recognition import quantised, runtimes
from scanpipe.recognition.lines import RecognisedLine
from scanpipe.recognition.selftest import precision
from scanpipe.recognition.smallsigns import restored
from scanpipe.recognition.weights import cut_signs, without_denormals

Image = NDArray[np.uint8]
Quad = NDArray[np.float32]  # 4 x 2: top left, top right, bottom right, bottom left, in the line's own sense

LONG_SIDE = 1600  # px; 1280 costs 0.1 % of the text and saves 0.1 s, more gains nothing (ocr.md)
THRESHOLD, BOX_THRESHOLD, UNCLIP = 0.3, 0.5, 1.6  # the detector's own settings
MIN_SIDE = 3  # px of the shrunk image
MAX_LINES = 3000  # a dense A3 page has fewer; an image of noise must not take minutes
HEIGHT = 48  # px, the recogniser's
STEP = 32  # px; widths are rounded up to this, wide ones to an eighth of themselves: a runtime prepares itself for each width it meets, which takes 0.1 s
MAX_WIDTH = 3200  # px of one line at HEIGHT: bounds memory
TALL = 1.5  # a box this many times taller than wide is vertical writing, or one narrow sign
SURELY_TALL = 3.0
LEAST_CONFIDENCE = 0.5  # below it is what seals, rules and dirt look like
DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
_EXTRA_SIGNS = "〜−—–…‥✓✔☑☐"  # printed in offices, but missing from Python's cp932
_CHINESE_FORMS = "决增齡黃每內敎晚歷"  # in cp932, yet what the model takes Japanese 決増齢黄毎内教晩歴 for
_CYRILLIC = range(0x400, 0x460)  # in cp932, never in office print, and Latin look-alikes


class PpOcr:
    """Detector and recogniser, loaded once per process: about 1 s and 0.3 GB, 0.7 GB after some pages."""

    def __init__(self, runtime: str) -> None:
        """runtime: as runtimes.load takes it."""
        self.name = f"ppocr-v6-small/{runtime.partition('-')[0]}-{version(runtime.partition('-')[0])}/{precision(runtime)}"
        self.detector = Detector(runtimes.load(detector_model(), runtime, one_size=True, ranges=_ranges(DETECTOR, runtime)))
        self.recogniser = Recogniser(runtime)

    def read(self, image: Image, *, vertical: bool = False) -> list[RecognisedLine]:
        """Every line on the page, in no particular order. image: H x W grey or H x W x 3 BGR. vertical: undecided boxes are columns."""
        return self.read_quads(image, self.detector.find(image), vertical=vertical)

    def read_quads(self, image: Image, quads: Sequence[Quad], *, vertical: bool = False) -> list[RecognisedLine]:
        """The lines in these places. A tall box is read as a column; one that may be a narrow sign is read both ways, the surer one wins."""
        views: list[tuple[int, str, Image]] = []
        for index, quad in enumerate(quads):
            crop = cut_out(image, quad)
            tall = crop.shape[0] / crop.shape[1]
            if tall < SURELY_TALL and not (vertical and tall >= TALL):
                views.append((index, "h", crop))
            if tall >= TALL:
                views.append((index, "v", np.rot90(crop)))
        best: dict[int, tuple[str, str, float]] = {}
        for (index, direction, crop), answer in zip(views, self.recogniser.read_placed([crop for _, _, crop in views]), strict=True):
            if index not in best or answer.confidence > best[index][2]:
                text = restored(crop, answer.text, answer.places) if direction == "v" else answer.text
                best[index] = (direction, text, answer.confidence)
        return [_line(quads[index], *answer) for index, answer in sorted(best.items()) if answer[1] and answer[2] >= LEAST_CONFIDENCE]


def _line(quad: Quad, direction: str, text: str, confidence: float) -> RecognisedLine:
    corners = tuple((float(x), float(y)) for x, y in quad)
    return RecognisedLine(text=text, quad=corners, confidence=confidence, direction="v" if direction == "v" else "h")  # type: ignore[arg-type]


class Detector:
    """Finds where lines are (differentiable binarisation: a map of text likelihood, its islands grown back to full height)."""

    def __init__(self, infer: runtimes.Infer) -> None:
        self._infer = infer

    def find(self, image: Image, long_side: int = LONG_SIDE) -> list[Quad]:
        """Corners of each line in pixels of `image`, at most MAX_LINES, largest first where there are more."""
        height, width = image.shape[:2]
        scale = min(1.0, long_side / max(height, width))
        rows, columns = (max(32, round(side * scale / 32) * 32) for side in (height, width))
        small = np.asarray(cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8)
        likely = self._infer(_tensor(small, columns))[0, 0]
        grow = np.array([width / columns, height / rows], np.float32)
        return [quad * grow for quad in _islands(likely)]


def _islands(likely: NDArray[np.float32]) -> Iterator[Quad]:
    mask = cv2.dilate((likely > THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if tree is None:
        return
    outer = [np.asarray(contour, np.int32) for contour, (_, _, _, parent) in zip(contours, tree[0], strict=True) if parent < 0]
    for contour in sorted(outer, key=len, reverse=True)[:MAX_LINES]:
        (x, y), (w, h), angle = cv2.minAreaRect(contour)
        if min(w, h) < MIN_SIDE or _likelihood(likely, contour) < BOX_THRESHOLD:
            continue
        margin = 2 * w * h * UNCLIP / (2 * (w + h))  # the training shrank each line by this much
        yield _upright(np.asarray(cv2.boxPoints(((x, y), (w + margin, h + margin), angle)), np.float32))


def _likelihood(likely: NDArray[np.float32], contour: NDArray[np.int32]) -> float:
    x, y, w, h = cv2.boundingRect(contour)
    mask = np.zeros((h, w), np.uint8)
    cv2.fillPoly(mask, [contour - [x, y]], [1])
    return float(cv2.mean(likely[y : y + h, x : x + w], mask)[0])


def _upright(corners: NDArray[np.float32]) -> Quad:
    """Corners, given in turn clockwise, from the top left of a line that is skewed by less than 45 degrees."""
    edges = np.roll(corners, -1, axis=0) - corners
    return np.roll(corners, -int(np.argmax(edges[:, 0] / np.maximum(np.linalg.norm(edges, axis=1), 1e-6))), axis=0)


def cut_out(image: Image, quad: Quad) -> Image:
    """The line at full resolution, straightened; at least 1 x 1 px. Outside the page is taken from its edge."""
    width = max(1, round(float(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[2] - quad[3])))))
    height = max(1, round(float(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2])))))
    target = np.array([[0, 0], [width, 0], [width, height]], np.float32)
    matrix = cv2.getAffineTransform(quad[:3].astype(np.float32), target)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8)


class Answer(NamedTuple):
    """text: one sign at each of `places`, pixels from the line image's left. confidence: 0-1."""

    text: str
    confidence: float
    places: list[float]


class Recogniser:
    """Reads line images into text (CTC), restricted to the signs that Japanese offices print."""

    def __init__(self, runtime: str) -> None:
        model, self._signs = recogniser_model()
        self._infer = runtimes.load(model, runtime, ranges=_ranges(RECOGNISER, runtime))

    def read(self, crops: Sequence[Image]) -> list[tuple[str, float]]:
        """(text, confidence 0-1) of each line image, in the order given; ("", 0.0) where nothing is written."""
        return [(answer.text, answer.confidence) for answer in self.read_placed(crops)]

    def read_placed(self, crops: Sequence[Image]) -> list[Answer]:
        """The same, and where each sign stands."""
        return [self._read_one(crop) for crop in crops]

    def confidence(self, crops: Sequence[Image]) -> float:
        """Mean confidence, 0-1, with which these line images are read; 0.0 if there are none."""
        return float(np.mean([confidence for _, confidence in self.read(crops)])) if crops else 0.0

    def _read_one(self, crop: Image) -> Answer:
        """One line at a time: batches are no faster, and each size of a batch would be one more shape to prepare for, 0.5 GB in the end."""
        line = _to_height(crop)
        width = _padded(line.shape[1])
        likely = self._infer(_tensor(line, width))[0]
        return self._decode(likely, width / len(likely) * crop.shape[1] / line.shape[1])

    def _decode(self, likely: NDArray[np.float32], step: float) -> Answer:
        """likely: T x signs. step: pixels of the line image from one of the T places to the next."""
        best = likely.argmax(axis=1)
        fresh = np.flatnonzero((best != 0) & np.append(True, best[1:] != best[:-1]))
        if not len(fresh):
            return Answer("", 0.0, [])
        places = [(float(place) + 0.5) * step for place in fresh]
        return Answer("".join(self._signs[best[fresh]]), float(likely[fresh, best[fresh]].mean()), places)


def _to_height(crop: Image) -> Image:
    height, width = crop.shape[:2]
    wide = min(MAX_WIDTH, max(8, round(width * HEIGHT / height)))
    return np.asarray(cv2.resize(crop, (wide, HEIGHT), interpolation=cv2.INTER_AREA if height > 1.5 * HEIGHT else cv2.INTER_LINEAR), np.uint8)


def _padded(width: int) -> int:
    """width: 1..MAX_WIDTH; what follows has at most 37 values."""
    step: int = max(STEP, 2 ** max(0, (width - 1).bit_length() - 4))
    return -(-width // step) * step


def _tensor(image: Image, width: int) -> NDArray[np.float32]:
    """1 x 3 x H x width in -1..1; padding on the right is 0, mid-grey, as in training."""
    tensor = np.zeros((1, 3, image.shape[0], width), np.float32)
    planes = image.transpose(2, 0, 1) if image.ndim == 3 else image[None]
    tensor[0, :, :, : image.shape[1]] = planes.astype(np.float32) / 127.5 - 1.0
    return tensor


def detector_model() -> bytes:
    """The detector as ONNX, trimmed."""
    return without_denormals(model_file(DETECTOR))


def recogniser_model() -> tuple[bytes, NDArray[np.str_]]:
    """The recogniser as ONNX, trimmed, and the sign of each of its columns; "" is none."""
    model = model_file(RECOGNISER)
    signs = _dictionary(model)
    keep = np.array([index for index, sign in enumerate(signs) if index == 0 or _printed_in_offices(sign)])
    return without_denormals(cut_signs(model, len(signs), keep)), np.array([signs[index] for index in keep])


def _ranges(name: str, runtime: str) -> quantised.Ranges | None:
    return quantised.ranges(name, model_file(name)) if precision(runtime) == "int8" else None


def model_file(name: str) -> bytes:
    """DETECTOR or RECOGNISER as rapidocr ships it."""
    return resources.files("rapidocr").joinpath("models", name).read_bytes()


def _dictionary(model: bytes) -> list[str]:
    """Signs in the order of the model's columns: blank, the list in the file's metadata, space."""
    import onnxruntime  # type: ignore[import-untyped]

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return ["", *session.get_modelmeta().custom_metadata_map["character"].split("\n"), " "]


def _printed_in_offices(sign: str) -> bool:
    if sign in _EXTRA_SIGNS or sign == " ":
        return True
    try:
        sign.encode("cp932")
    except UnicodeEncodeError:
        return False
    return ord(sign[0]) not in _CYRILLIC and sign not in _CHINESE_FORMS
