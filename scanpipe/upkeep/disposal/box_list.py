"""The list of a box to print: A4 pages that lie in the box or hang on it, with its number large and as a QR code."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from scanpipe.core.model import UNCLASSIFIED
from scanpipe.i18n import N_, _, speaking
from scanpipe.recognition.codes import squares
from scanpipe.upkeep.cover import draw_squares, fitting
from scanpipe.upkeep.machine.fonts import japanese_font

_WIDTH, _HEIGHT, _MARGIN = 210.0, 297.0, 15.0  # mm
_CODE, _ROW, _HEAD = 34.0, 7.5, 56.0  # the QR code; one line of the table; where the table begins
_COLUMNS = (29.0, 76.0, 15.0, 34.0, 26.0)  # number, title, sheets, category, earliest day: 180 mm
_FAMILY = "japanese"
_LINES = int((_HEIGHT - 2 * _MARGIN - _HEAD) // _ROW) - 2  # of records on one page, between the headings and the page number
HEADINGS = (N_("Number"), N_("Title"), N_("Sheets"), N_("Category"), N_("May go from"))
WITHHELD = N_("(restricted)")
STAYS, HELD = N_("keep on paper"), N_("held")


def sheets(body: Mapping[str, Any], *, section: str, day: date, language: str) -> bytes:
    """The list as a PDF. body: of upkeep.boxes.shown. section: code and name. day: of printing. language: "ja" or "en".

    Titles of restricted records stay away. Without a Japanese font on this machine it is in English, and Japanese titles stay away.
    """
    font = japanese_font()
    with speaking(language if font else "en"):
        page = FPDF(format="A4")
        page.set_auto_page_break(False)
        if font:
            page.add_font(_FAMILY, fname=str(font))
        _draw(page, body, section, day, _FAMILY if font else "helvetica", font)
        page.set_title("scanpipe")
        return bytes(page.output())


def _draw(page: FPDF, body: Mapping[str, Any], section: str, day: date, family: str, font: Path | None) -> None:
    rows = [_row(one, font) for one in body["contents"]]
    parts = list(_parts(rows)) or [[]]
    for number, part in enumerate(parts, 1):
        page.add_page()
        _head(page, body, _plain(section, font), day, family)
        _table(page, part, family)
        page.set_font(family, size=9)
        page.set_xy(_MARGIN, _HEIGHT - _MARGIN - 4)
        page.cell(_WIDTH - 2 * _MARGIN, 4, f"{body['box']}   {number} / {len(parts)}", align=Align.R)


def _parts(rows: Sequence[tuple[str, ...]]) -> Iterator[list[tuple[str, ...]]]:
    left = iter(rows)
    while part := list(islice(left, _LINES)):
        yield part


def _head(page: FPDF, body: Mapping[str, Any], section: str, day: date, family: str) -> None:
    wide = _WIDTH - 2 * _MARGIN - _CODE - 8
    draw_squares(page, squares(body["box"]), _WIDTH - _MARGIN - _CODE, _MARGIN, _CODE)
    for top, points, text in (
        (0.0, 13.0, _("List of the box")),
        (6.0, 56.0, body["box"]),
        (30.0, 15.0, section),
        (39.0, 11.0, _counts(body, day)),
        (45.0, 11.0, _earliest(body)),
    ):
        page.set_font(family, size=fitting(page, family, text, points, wide))
        page.set_xy(_MARGIN, _MARGIN + top)
        page.cell(wide, points * 0.42, text)


def _counts(body: Mapping[str, Any], day: date) -> str:
    return _("{records} records, {sheets} sheets; printed on {day}").format(records=body["records"], sheets=f"{body['sheets']:,}", day=day.isoformat())


def _earliest(body: Mapping[str, Any]) -> str:
    if body["earliest"] is None:
        return _("When the paper may be cleared is not known yet.")
    return _("The paper may be cleared on {day} at the earliest.").format(day=body["earliest"])


def _row(one: Mapping[str, Any], font: Path | None) -> tuple[str, ...]:
    title = _(WITHHELD) if one["restricted"] else _plain(one["title"] or "-", font)
    name = (one["category_name"] or "") if font else ""
    category = _("unclassified") if one["category"] in (None, UNCLASSIFIED) else name or one["category"]
    may_go = _(STAYS) if one["paper_only"] else _(HELD) if one["held"] else one["free"] or "-"
    return one["number"], title, "-" if one["sheets"] is None else str(one["sheets"]), category, may_go


def _plain(text: str, font: Path | None) -> str:
    """What the font at hand can print."""
    return text if font or text.isascii() else "".join(sign for sign in text if sign.isascii()).strip() or "-"


def _table(page: FPDF, rows: Sequence[tuple[str, ...]], family: str) -> None:
    page.set_xy(_MARGIN, _MARGIN + _HEAD)
    page.set_font(family, size=10)
    page.set_fill_color(230)
    for heading, width in zip(HEADINGS, _COLUMNS, strict=True):
        page.cell(width, _ROW, _(heading), border=1, fill=True, align=Align.C)
    page.ln(_ROW)
    for row in rows:
        page.set_x(_MARGIN)
        for at, (text, width) in enumerate(zip(row, _COLUMNS, strict=True)):
            page.set_font(family, size=10)
            page.cell(width, _ROW, _cut(page, text, width), border=1, align=Align.R if at == 2 else Align.L, new_x=XPos.RIGHT, new_y=YPos.TOP)
        page.ln(_ROW)


def _cut(page: FPDF, text: str, width: float) -> str:
    """The text, its end left away where it is wider than its column."""
    room = width - 3
    if page.get_string_width(text) <= room:
        return text
    while text and page.get_string_width(text + "…") > room:
        text = text[:-1]
    return text + "…"
