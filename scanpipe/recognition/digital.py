"""Born-digital PDF pages: their own text is better than any recognition, and it is kept.

A scanner's searchable PDF is not born digital: there the text is invisible over one page image, was guessed by the device, and is read again.
"""

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pdfplumber
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from scanpipe.recognition.lines import RecognisedLine

_LEAST_SIGNS = 10  # fewer are a stamp or a page number
_STAMP_SIGNS = 200  # a fax header or a received stamp over a scan has fewer
_SCAN_COVERAGE = 0.7  # of the page covered by one image: a scan, unless there is more text than a stamp
_GARBLED = 0.1  # share of signs without a meaning (no ToUnicode), beyond which the page is recognised instead
_UNKNOWN = 0.02  # share of signs that pdfminer has no meaning for
_MOST_OBJECTS = 20_000
_MOST_SIGNS = 200_000
_INVISIBLE = 3


def has_real_text(path: Path, pages: int) -> tuple[bool, ...]:
    """Per page: visible text of its own, decodable, on a page that is not a scan. False where pdfium cannot load the page."""
    try:
        with pypdfium2.PdfDocument(path) as document:
            return tuple(_page_has_text(document, index) for index in range(pages))
    except pypdfium2.PdfiumError:
        return (False,) * pages


def has_real_text_on(path: Path, number: int) -> bool:
    """The same for the one page `number`, counted from 1."""
    try:
        with pypdfium2.PdfDocument(path) as document:
            return _page_has_text(document, number - 1)
    except pypdfium2.PdfiumError:
        return False


def _page_has_text(document: pypdfium2.PdfDocument, index: int) -> bool:
    try:
        page = document[index]
    except (pypdfium2.PdfiumError, IndexError):
        return False
    text = page.get_textpage()
    signs = text.count_chars()
    if signs < _LEAST_SIGNS:
        return False
    visible, coverage = _look(page)
    if not visible or (coverage > _SCAN_COVERAGE and signs < _STAMP_SIGNS):
        return False
    sample = text.get_text_range(0, min(signs, 5000))
    printed = [sign for sign in sample if not sign.isspace()]
    garbled = sum(not sign.isprintable() or sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff" for sign in printed)
    return len(printed) >= _LEAST_SIGNS and garbled <= _GARBLED * len(printed)


def _look(page: pypdfium2.PdfPage) -> tuple[bool, float]:
    """(is any text visible, share of the page that the largest image covers)."""
    width, height = page.get_size()
    visible, largest = False, 0.0
    for count, thing in enumerate(page.get_objects(max_depth=4)):
        if count > _MOST_OBJECTS:
            break
        if thing.type == pdfium.FPDF_PAGEOBJ_TEXT:
            visible = visible or pdfium.FPDFTextObj_GetTextRenderMode(thing) != _INVISIBLE
        elif thing.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = thing.get_bounds()
            largest = max(largest, max(0.0, right - left) * max(0.0, top - bottom))
    return visible, largest / max(width * height, 1.0)


def digital_lines(path: Path, number: int, dpi: float) -> list[RecognisedLine]:
    """The page's own text as pieces of lines, boxes in pixels at `dpi` of the page as a viewer shows it; [] if pdfminer does not know the signs."""
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # it reports every oddity of a file, by the thousand
    with pdfplumber.open(path) as pdf:
        page = pdf.pages[number - 1]
        scale = dpi / 72
        left, top = page.bbox[0], page.bbox[1]
        signs = [sign for sign in page.chars[:_MOST_SIGNS] if sign["text"].strip()]
        if sum(sign["text"].startswith("(cid:") for sign in signs) > _UNKNOWN * len(signs):
            return []
        return [_line(run, left, top, scale) for run in _runs(signs)]


def _runs(signs: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Signs that follow each other in the file and on the page."""
    run: list[dict[str, Any]] = []
    for sign in signs:
        if (
            run
            and not (_follows(run[-1], sign, "h") if len(run) == 1 or _direction(run) == "h" else False)
            and not (_follows(run[-1], sign, "v") if len(run) == 1 or _direction(run) == "v" else False)
        ):
            yield run
            run = []
        run.append(sign)
    if run:
        yield run


def _follows(before: dict[str, Any], sign: dict[str, Any], direction: str) -> bool:
    size = max(before["size"], sign["size"], 1.0)
    start, end, near, far = ("x0", "x1", "top", "bottom") if direction == "h" else ("top", "bottom", "x0", "x1")
    gap = sign[start] - before[end]
    overlap = min(before[far], sign[far]) - max(before[near], sign[near])
    return bool(-0.4 * size < gap < 0.6 * size and overlap > 0.5 * min(before[far] - before[near], sign[far] - sign[near]))


def _direction(run: list[dict[str, Any]]) -> str:
    if len(run) < 2:
        return "h"
    return "h" if abs(run[-1]["x0"] - run[0]["x0"]) >= abs(run[-1]["top"] - run[0]["top"]) else "v"


def _line(run: list[dict[str, Any]], left: float, top: float, scale: float) -> RecognisedLine:
    text = run[0]["text"]
    for before, sign in itertools.pairwise(run):
        blank = _direction(run) == "h" and sign["x0"] - before["x1"] > 0.2 * sign["size"]
        text += " " + sign["text"] if blank else sign["text"]
    x0, y0 = (min(sign[key] for sign in run) for key in ("x0", "top"))
    x1, y1 = (max(sign[key] for sign in run) for key in ("x1", "bottom"))
    west, north, east, south = (x0 - left) * scale, (y0 - top) * scale, (x1 - left) * scale, (y1 - top) * scale
    quad = ((west, north), (east, north), (east, south), (west, south))
    return RecognisedLine(text=text, quad=quad, confidence=1.0, direction="v" if _direction(run) == "v" else "h")
