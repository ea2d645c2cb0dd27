"""The OCR engines: what an engine is, which one a setting means, and tesseract. PP-OCR has its own module."""

import functools
import importlib.util
import shutil
import unicodedata
from typing import Protocol

import numpy as np
import pytesseract  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image

from scanpipe.recognition import selftest
from scanpipe.recognition.errors import NO_PPOCR, NO_TESSERACT, EngineMissing, Unreadable
from scanpipe.recognition.lines import RecognisedLine

_SECONDS_A_PAGE = 120
_LEAST_CERTAINTY = 3.0  # of tesseract's osd, which goes to about 15; on Japanese it is often wrong below


class Engine(Protocol):
    """name: engine, model and runtime, as it is recorded with the text."""

    name: str

    def read(self, image: NDArray[np.uint8], *, vertical: bool = False) -> list[RecognisedLine]:
        """Every line on an upright page, in no particular order.

        image: H x W grey, 0 black, or H x W x 3 BGR. vertical: the page is known to be written in columns.
        """


def engine(name: str, runtime: str = "onnxruntime") -> Engine:
    """The engine that `[ocr] engine` means; one instance per process. name: "auto", "ppocr" or "tesseract". runtime: as `[ocr] runtime`, or NONE.

    auto is ppocr where its models and the runtime are installed, else tesseract. Raises EngineMissing.
    """
    name, runtime = selftest.chosen(name, runtime)  # "auto" only on a machine that lends its lanes to another; that one cannot know what works here
    chosen = name if name != "auto" else "ppocr" if _ppocr_installed(runtime) else "tesseract"
    if chosen == "ppocr" and runtime == selftest.NONE:
        raise EngineMissing(NO_PPOCR, detail="no runtime reads the self-test page")
    return _ppocr(runtime) if chosen == "ppocr" else _tesseract()


def _ppocr_installed(runtime: str) -> bool:
    return all(importlib.util.find_spec(package) is not None for package in ("rapidocr", "onnxruntime", runtime.partition("-")[0]))


@functools.cache
def _ppocr(runtime: str) -> Engine:
    try:
        from scanpipe.recognition.ppocr import PpOcr

        return PpOcr(runtime)
    except (ImportError, OSError, RuntimeError) as error:
        raise EngineMissing(NO_PPOCR, detail=str(error)[:200]) from error


@functools.cache
def _tesseract() -> Engine:
    if shutil.which("tesseract") is None:
        raise EngineMissing(NO_TESSERACT, detail="tesseract: command not found")
    missing = {"jpn", "jpn_vert", "eng"} - set(pytesseract.get_languages())
    if missing:
        raise EngineMissing(NO_TESSERACT, detail="no " + ", ".join(sorted(missing)))
    return Tesseract()


class Tesseract:
    """Tesseract through pytesseract; its process is ended after 120 s a page."""

    def __init__(self) -> None:
        self.name = f"tesseract-{pytesseract.get_tesseract_version()}"

    def read(self, image: NDArray[np.uint8], *, vertical: bool = False) -> list[RecognisedLine]:
        """See Engine.read. jpn+eng, or jpn+jpn_vert for vertical pages: alone, each misreads the other's pages (ocr.md)."""
        language = "jpn+jpn_vert" if vertical else "jpn+eng"
        try:
            words = pytesseract.image_to_data(
                Image.fromarray(image), lang=language, config="--psm 3", output_type=pytesseract.Output.DICT, timeout=_SECONDS_A_PAGE
            )
        except pytesseract.TesseractNotFoundError as error:
            raise EngineMissing(NO_TESSERACT, detail=str(error)[:200]) from error
        except (pytesseract.TesseractError, RuntimeError) as error:
            raise Unreadable(detail=f"tesseract: {str(error)[:200]}") from error
        return _lines(words)

    def orientation(self, image: NDArray[np.uint8]) -> tuple[int, float | None]:
        """(clockwise degrees that turn the page upright, confidence 0-1); (0, None) where tesseract cannot tell."""
        try:
            found = pytesseract.image_to_osd(Image.fromarray(image), output_type=pytesseract.Output.DICT, timeout=_SECONDS_A_PAGE)
            rotation, certainty = int(found["rotate"]), float(found["orientation_conf"])
        except (pytesseract.TesseractError, RuntimeError, KeyError, ValueError):
            return 0, None
        return (rotation, min(1.0, certainty / 15)) if certainty >= _LEAST_CERTAINTY and rotation in (90, 180, 270) else (0, min(1.0, certainty / 15))


def _lines(words: dict[str, list[object]]) -> list[RecognisedLine]:
    rows: dict[tuple[object, ...], list[int]] = {}
    for index, text in enumerate(words["text"]):
        if str(text).strip() and float(str(words["conf"][index])) >= 0:
            rows.setdefault(tuple(words[key][index] for key in ("block_num", "par_num", "line_num")), []).append(index)
    return [_line(words, row) for row in rows.values()]


def _line(words: dict[str, list[object]], row: list[int]) -> RecognisedLine:
    def numbers(key: str) -> list[float]:
        return [float(str(words[key][index])) for index in row]

    lefts, tops, widths, heights = (numbers(key) for key in ("left", "top", "width", "height"))
    left, top = min(lefts), min(tops)
    right = max(x + w for x, w in zip(lefts, widths, strict=True))
    bottom = max(y + h for y, h in zip(tops, heights, strict=True))
    texts = [str(words["text"][index]) for index in row]
    signs = [len(text) for text in texts]
    confidence = sum(c * n for c, n in zip(numbers("conf"), signs, strict=True)) / sum(signs) / 100
    tall = bottom - top > 2 * (right - left) and sum(signs) > 1
    quad = ((left, top), (right, top), (right, bottom), (left, bottom))
    return RecognisedLine(text=unicodedata.normalize("NFC", " ".join(texts)), quad=quad, confidence=confidence, direction="v" if tall else "h")
