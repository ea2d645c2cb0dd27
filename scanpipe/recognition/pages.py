"""What is done to one page: rendered once; that image serves the blank test, orientation and recognition (design §6)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scanpipe.core.model import Line, Page
from scanpipe.core.scans.structure import HEAD, PDF, sniff
from scanpipe.recognition import digital, engines, orientation, redink
from scanpipe.recognition.blank import looks_blank
from scanpipe.recognition.errors import Unsupported
from scanpipe.recognition.facts import Inspection, ReadingSettings
from scanpipe.recognition.inspection import inspect_file
from scanpipe.recognition.layout import in_reading_order
from scanpipe.recognition.lines import RecognisedLine
from scanpipe.recognition.lookalikes import mended
from scanpipe.recognition.rendering import PageImage, decoding, render
from scanpipe.recognition.tables import tables


def inspect(path: Path, settings: ReadingSettings) -> Inspection:
    """What kind of file this is, before any page is read.

    Raises Unsupported (no PDF, TIFF, JPEG or PNG), Unreadable, TooLarge (more pages or a larger image than allowed), Encrypted (a password is needed).
    """
    return inspect_file(path, max_pages=settings.max_pages, max_pixels=settings.max_pixels)


def read_page(path: Path, number: int, settings: ReadingSettings) -> Page:
    """Read the page `number`, counted from 1. The same file, number and settings give the same page.

    Raises Unsupported, Unreadable, TooLarge, Encrypted (all faults of the scan) or EngineMissing (a fault of the place).
    """
    with path.open("rb") as file:
        media_type = sniff(file.read(HEAD))
    if media_type is None:
        raise Unsupported()
    image = render(path, media_type, number, dpi=settings.dpi, max_pixels=settings.max_pixels, red_apart=True)
    if media_type == PDF and digital.has_real_text_on(path, number):
        page = _digital_page(path, number, image)
        if page.text:
            return page
    return _recognised_page(number, image, settings)


def _digital_page(path: Path, number: int, image: PageImage) -> Page:
    height, width = image.grey.shape
    with decoding():
        found = digital.digital_lines(path, number, image.dpi)
    lines = in_reading_order(found, width, height, confident=False, tables=tables(image.grey, image.dpi, found))
    return Page(number=number, width=width, height=height, dpi=image.dpi, source="digital", text=_text(lines), lines=lines)


def _recognised_page(number: int, image: PageImage, settings: ReadingSettings) -> Page:
    engine = engines.engine(settings.engine, settings.runtime)
    empty = looks_blank(image.grey, image.dpi) and image.red is None
    with decoding():
        reading = orientation.read_upright(engine, image.grey, settings.vertical)
        red = redink.read(engine, orientation.turn(image.red, reading.rotation), image.dpi) if image.red is not None else redink.RedInk()
    height, width = upright_shape(image.grey, reading.rotation)
    found = [*map(_mended, reading.lines), *map(_mended, red.print)]
    cells = tables(orientation.turn(image.grey, reading.rotation), image.dpi, found) if found else []
    lines = in_reading_order(found, width, height, tables=cells)
    for seal in red.seals:
        lines += tuple(replace(line, seal=True, block=_next_block(lines)) for line in in_reading_order([*map(_mended, seal)], width, height))
    return Page(
        number=number,
        width=width,
        height=height,
        dpi=image.dpi,
        rotation=reading.rotation,
        rotation_confidence=reading.confidence,
        blank=empty and not lines,
        engine=engine.name,
        text=_text(lines),
        confidence=_confidence(lines),
        lines=lines,
    )


def _mended(line: RecognisedLine) -> RecognisedLine:
    return replace(line, text=mended(line.text))


def _next_block(lines: tuple[Line, ...]) -> int:
    return max((line.block for line in lines), default=-1) + 1


def upright_shape(grey: NDArray[np.uint8], rotation: int) -> tuple[int, int]:
    height, width = grey.shape
    return (height, width) if rotation % 180 == 0 else (width, height)


def _text(lines: tuple[Line, ...]) -> str:
    return "\n".join(line.text for line in lines)


def _confidence(lines: tuple[Line, ...]) -> float | None:
    signs = sum(len(line.text) for line in lines)
    return round(sum((line.confidence or 0.0) * len(line.text) for line in lines) / signs, 1) if signs else None
