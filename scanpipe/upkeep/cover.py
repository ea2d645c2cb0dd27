"""Cover and separator sheets to print: one A4 page that says to people and to the scanner what lies behind it.

The code stands on it twice, so that a crease, a stamp or a faint corner does no harm. What it says is in core/scans/covers.py.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from fpdf import FPDF
from fpdf.enums import WrapMode
from numpy.typing import NDArray

from scanpipe.core.model import PageCode
from scanpipe.i18n import N_, _, speaking
from scanpipe.recognition.codes import modules
from scanpipe.upkeep.machine.fonts import japanese_font

_WIDTH, _HEIGHT, _MARGIN = 210.0, 297.0, 18.0  # mm
_CODE = 56.0  # mm; at 100 dpi a module still has 3 px
_FAMILY = "japanese"

COVER, SEPARATOR = N_("Cover sheet"), N_("Separator sheet")
COVER_HOW = N_("Lay this sheet on top of its documents, printed side like theirs, and scan all together. This sheet is not filed and not counted.")
SEPARATOR_HOW = N_("Lay this sheet between two documents, printed side like theirs, and scan all together. It is not filed and not counted.")


def sheet(code: PageCode, *, section: str | None, category: str | None, language: str) -> bytes:
    """The page as a PDF. section, category: their names, None where the code names none. language: "ja" or "en".

    Without a Japanese font on this machine it has the codes alone, in English; scanners read it all the same.
    """
    font = japanese_font()
    with speaking(language if font else "en"):
        page = FPDF(format="A4")
        page.set_auto_page_break(False)
        page.add_page()
        if font:
            page.add_font(_FAMILY, fname=str(font))
        _draw(page, code, _facts(code, section if font else None, category if font else None, font), _FAMILY if font else "helvetica")
        page.set_title("scanpipe")
        return bytes(page.output())


def _facts(code: PageCode, section: str | None, category: str | None, font: Path | None) -> list[tuple[str, str]]:
    facts = (
        (_("Section"), f"{code.department} {section or ''}" if code.department else None),
        (_("Category"), f"{code.category} {category or ''}" if code.category else None),
        (_("Title"), code.title if font or (code.title or "").isascii() else None),
        (_("Sheets"), str(code.sheets) if code.sheets else None),
    )
    return [(name, value.strip()) for name, value in facts if value]


def _draw(page: FPDF, code: PageCode, facts: Sequence[tuple[str, str]], family: str) -> None:
    heading, how = (COVER, COVER_HOW) if code.kind == "cover" else (SEPARATOR, SEPARATOR_HOW)
    squares = modules(code)
    draw_squares(page, squares, _MARGIN, _MARGIN, _CODE)
    draw_squares(page, squares, _WIDTH - _MARGIN - _CODE, _HEIGHT - _MARGIN - _CODE, _CODE)
    beside = _WIDTH - 2 * _MARGIN - _CODE - 12
    _write(page, family, 34, _MARGIN + _CODE + 12, _MARGIN + (2 if code.box else 16), beside, _(heading))
    if code.box:
        _write(page, family, 13, _MARGIN + _CODE + 12, _MARGIN + 24, beside, _("Box"))
        _write(page, family, fitting(page, family, code.box, 56, beside), _MARGIN + _CODE + 12, _MARGIN + 30, beside, code.box)
    top = _MARGIN + _CODE + 18
    for name, value in facts:
        _write(page, family, 13, _MARGIN, top, 40, name)
        top = _write(page, family, 24, _MARGIN + 42, top - 2, _WIDTH - 2 * _MARGIN - 42, value) + 5
        page.line(_MARGIN, top - 2, _WIDTH - _MARGIN, top - 2)
        top += 3
    _write(page, family, 12, _MARGIN, _HEIGHT - _MARGIN - 34, _WIDTH - 2 * _MARGIN - _CODE - 12, _(how))


def _write(page: FPDF, family: str, points: float, left: float, top: float, width: float, text: str) -> float:
    """Text in lines of this width; returns where it ends."""
    page.set_font(family, size=points)
    page.set_xy(left, top)
    page.multi_cell(width, points * 0.45, text, align="L", wrapmode=WrapMode.CHAR if any(ord(sign) > 0x2E80 for sign in text) else WrapMode.WORD)
    return float(page.get_y())


def fitting(page: FPDF, family: str, text: str, points: float, width: float) -> float:
    """The size at which the text fits into one line of this width in mm, at most `points`."""
    page.set_font(family, size=points)
    return min(points, points * (width - 2) / max(page.get_string_width(text), 1))


def draw_squares(page: FPDF, squares: NDArray[np.bool_], left: float, top: float, size: float) -> None:
    """Black modules as rectangles, runs of them in one: sharp at any size of print. size: of the whole, mm."""
    side = size / len(squares)
    page.set_fill_color(0)
    for y, row in enumerate(squares):
        x = 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                page.rect(left + x * side, top + y * side, (run - x) * side, side, style="F")
            x = run + 1
