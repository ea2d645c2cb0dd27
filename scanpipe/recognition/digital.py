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

from scanpipe.recognition.lines import Box, RecognisedLine

_LEAST_SIGNS = 10  # fewer are a stamp or a page number
_STAMP_SIGNS = 200  # a fax header or a received stamp over a scan has fewer
_SCAN_COVERAGE = 0.7  # of the page covered by one image: a scan, unless there is more text than a stamp
_GARBLED = 0.1  # share of signs without a meaning (no ToUnicode), beyond which the page is recognised instead
_UNKNOWN = 0.02  # share of signs that neither reader has a meaning for
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
    """The page's own text as pieces of lines, boxes in pixels at `dpi` of the page as a viewer shows it; [] if the signs have no meaning.

    pdfplumber's, which knows sizes best; where it does not know every sign (a font without a table of meanings), pdfium's.
    """
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # it reports every oddity of a file, by the thousand
    with pdfplumber.open(path) as pdf:
        page = pdf.pages[number - 1]
        scale = dpi / 72
        left, top = page.bbox[0], page.bbox[1]
        signs = [sign for sign in page.chars[:_MOST_SIGNS] if sign["text"].strip()]
    if any(sign["text"].startswith("(cid:") for sign in signs):
        signs, left, top = _signs_of_pdfium(path, number), 0.0, 0.0
        if sum(not sign["text"].isprintable() or sign["text"] == "\ufffd" for sign in signs) > _UNKNOWN * len(signs):
            return []
    return [_line(run, left, top, scale) for run in _runs(signs)]


def _signs_of_pdfium(path: Path, number: int) -> list[dict[str, Any]]:
    """The signs as pdfplumber would give them, from the top left of the page as a viewer shows it."""
    with pypdfium2.PdfDocument(path) as document:
        page = document[number - 1]
        text, rotation, (left, _, right, top) = page.get_textpage(), page.get_rotation(), page.get_cropbox()
        width, height = right - left, top - page.get_cropbox()[1]
        signs: list[dict[str, Any]] = []
        for index in range(min(text.count_chars(), _MOST_SIGNS)):
            sign = text.get_text_range(index, 1).replace("\ufffe", "-")  # its mark for a hyphen at the end of a line
            if sign.strip():
                x0, y0, x1, y1 = text.get_charbox(index, loose=True)
                west, north, east, south = _as_shown((x0 - left, top - y1, x1 - left, top - y0), width, height, rotation)
                signs.append({"text": sign, "x0": west, "top": north, "x1": east, "bottom": south, "size": y1 - y0})
    return signs


def _as_shown(box: Box, width: float, height: float, rotation: int) -> Box:
    """The box on the page turned clockwise. width, height: of the page before it is turned; boxes are measured from its top left."""
    x0, y0, x1, y1 = box
    turned = {90: (height - y1, x0, height - y0, x1), 180: (width - x1, height - y1, width - x0, height - y0), 270: (y0, width - x1, y1, width - x0)}
    return turned.get(rotation, box)


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
