"""The certificate of a section whose cabinets are all empty and signed off: one A4 sheet across, to print and hang up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from scanpipe.catalogue.cabinets import registered
from scanpipe.config import Settings
from scanpipe.core.campaign.campaigns import OFFICE
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _, current_language, speaking
from scanpipe.upkeep.campaign.cabinets_shown import Shelves
from scanpipe.upkeep.machine.fonts import japanese_font

_WIDTH, _HEIGHT = 297.0, 210.0  # mm
_FAMILY = "japanese"
_INK, _FRAME, _FINE, _GREY = (28, 36, 54), (31, 61, 107), (176, 141, 66), (96, 100, 110)
_REIWA: Final = date(2019, 5, 1)

OF_SECTION: Final = N_(
    "This section has put {fm:,.1f} metres of paper in {cabinets} cabinets in order, emptied every cabinet, and had each one checked by a second person. "
    "We honour this achievement and the work of all who took part."
)
OF_OFFICE: Final = N_(
    "All sections of this office have put {fm:,.1f} metres of paper in {cabinets} cabinets in order, emptied every cabinet, and had each one checked by a second "
    "person. We honour this achievement and the work of all who took part."
)
NO_CABINETS: Final = N_("Section {code} has no cabinets in the register. Enter them first: scanpipe cabinet import FILE --by WHO")
NOT_ZERO: Final = N_(
    "Section {code} is not at zero yet: {fm:.1f} m of paper left, {open} of {cabinets} cabinets not emptied, {unsigned} not signed off by a second person."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zero:
    """What the sheet says. department: code, OFFICE for all. since: when the first cabinet was entered; reached: the day of the last signature."""

    department: str
    cabinets: int
    fm: float
    since: date
    reached: date
    signed_by: tuple[str, ...]


def zero_of(shelves: Shelves, department: str) -> Zero:
    """The facts of a section at zero. Raises UsageError saying what is left."""
    counts = shelves.counts(department)
    code = department or shelves.settings.site.name
    if not counts["cabinets"]:
        raise UsageError(NO_CABINETS, code=code)
    if not shelves.reached_zero(department):
        unsigned, left_open = counts["cabinets"] - counts["signed_off"], counts["cabinets"] - counts["emptied"]
        raise UsageError(NOT_ZERO, code=code, fm=counts["fm_now"], open=left_open, cabinets=counts["cabinets"], unsigned=unsigned)
    mine = set(shelves.ids(department))
    found = [one for one in registered(shelves.db) if one.id in mine]
    signatures = [one.signed_off for one in found if one.signed_off]
    return Zero(
        department=department,
        cabinets=counts["cabinets"],
        fm=counts["fm_start"],
        since=min(one.since for one in found),
        reached=max(one.day for one in signatures),
        signed_by=tuple(dict.fromkeys(one.by for one in sorted(signatures, key=lambda one: one.day))),
    )


def certificate(zero: Zero, settings: Settings, *, presented_by: str = "", department: str = "") -> bytes:
    """The sheet as a PDF. presented_by: who hands it over, for example the mayor; "" leaves room to sign. department: the section's name.

    Without a Japanese font on this machine it is in English, and names show what it can of them.
    """
    font = japanese_font()
    with speaking(settings.site.language if font else "en"):
        return _Certificate(font, settings).drawn(zero, presented_by, department)


class _Certificate:
    def __init__(self, font: Path | None, settings: Settings) -> None:
        self.page = FPDF(orientation="landscape", format="A4")
        self.page.set_auto_page_break(False)
        self.page.add_page()
        self.settings, self.family, self.shows_all = settings, "helvetica", font is not None
        if font:
            self.page.add_font(_FAMILY, fname=str(font))
            self.family = _FAMILY

    def drawn(self, zero: Zero, presented_by: str, department: str) -> bytes:
        heading = _("Certificate of Cabinet Zero")
        self.page.set_title(heading)
        self._frame()
        self._line(42, 36, heading, spread=3.0)
        self._rule(64)
        self._line(74, 26, self._said(department or self.settings.site.name))
        self._body(zero)
        self._facts(zero)
        self._signature(zero.reached, presented_by)
        return bytes(self.page.output())

    def _frame(self) -> None:
        """A broad line outside, a fine one inside, and small squares at its corners."""
        for inset, width, colour in ((10.0, 1.6, _FRAME), (13.0, 0.35, _FINE)):
            self.page.set_line_width(width)
            self.page.set_draw_color(*colour)
            self.page.rect(inset, inset, _WIDTH - 2 * inset, _HEIGHT - 2 * inset)
        self.page.set_fill_color(*_FRAME)
        for left in (15.0, _WIDTH - 18.0):
            for top in (15.0, _HEIGHT - 18.0):
                self.page.rect(left, top, 3, 3, style="F")

    def _rule(self, top: float) -> None:
        self.page.set_draw_color(*_FINE)
        self.page.set_line_width(0.5)
        self.page.line(_WIDTH / 2 - 45, top, _WIDTH / 2 + 45, top)

    def _line(self, top: float, points: float, text: str, *, spread: float = 0.0) -> None:
        """One line in the middle, smaller where it would not fit."""
        self.page.set_font(self.family, size=points)
        self.page.set_char_spacing(spread if current_language() == "ja" else 0)
        width = self.page.get_string_width(text)
        most = _WIDTH - 60
        self.page.set_font(self.family, size=points * min(1.0, most / max(width, 1)))
        self.page.set_text_color(*_INK)
        self.page.set_xy(30, top)
        self.page.cell(most, points * 0.5, text, align="C")
        self.page.set_char_spacing(0)

    def _body(self, zero: Zero) -> None:
        says = OF_OFFICE if zero.department == OFFICE else OF_SECTION
        self._paragraph(98, 17, _(says).format(fm=zero.fm, cabinets=zero.cabinets))

    def _paragraph(self, top: float, points: float, text: str) -> None:
        self.page.set_font(self.family, size=points)
        self.page.set_text_color(*_INK)
        self.page.set_xy(42, top)
        wrap = WrapMode.CHAR if current_language() == "ja" else WrapMode.WORD
        self.page.multi_cell(_WIDTH - 84, points * 0.62, text, align="L", wrapmode=wrap, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _facts(self, zero: Zero) -> None:
        facts = [
            (_("Begun"), _day(zero.since)),
            (_("Reached"), _day(zero.reached)),
            (_("Cabinets"), _("{n} (all empty)").format(n=zero.cabinets)),
            (_("Checked by"), self._said(_names(zero.signed_by))),
        ]
        width = (_WIDTH - 84) / len(facts)
        for place, (name, value) in enumerate(facts):
            self._small(42 + place * width, 143, width, 9, name, _GREY)
            self._small(42 + place * width, 149, width, 12, value, _INK)

    def _small(self, left: float, top: float, width: float, points: float, text: str, colour: Sequence[int]) -> None:
        self.page.set_font(self.family, size=points)
        size = points * min(1.0, (width - 4) / max(self.page.get_string_width(text), 1))
        self.page.set_font(self.family, size=size)
        self.page.set_text_color(*colour)
        self.page.set_xy(left, top)
        self.page.cell(width, 5, text)

    def _signature(self, day: date, presented_by: str) -> None:
        """The day on the left; on the right who presents it, with room for a seal."""
        self._small(42, 174, 70, 14, _day(day), _INK)
        left, width, seal = 130.0, 98.0, 22.0
        self._small(left, 166, width, 13, self._said(self.settings.site.name), _INK)
        if presented_by:
            self._small(left, 175, width, 17, self._said(presented_by), _INK)
        self.page.set_draw_color(*_GREY)
        self.page.set_line_width(0.3)
        self.page.line(left, 183, left + width, 183)
        self.page.rect(left + width + 4, 161, seal, seal)
        self._small(left + width + 4 + seal / 2 - 2.2, 170, 10, 9, _("seal"), (190, 192, 198))

    def _said(self, text: str) -> str:
        """Without a Japanese font what it could not show is left out."""
        return text if self.shows_all else text.encode("ascii", "replace").decode()


def _names(people: Sequence[str]) -> str:
    return people[0] if len(people) == 1 else _("{name} and {n} others").format(name=people[0], n=len(people) - 1)


def _day(day: date) -> str:
    """As it is written on a certificate: with the era in Japanese."""
    if current_language() != "ja" or day < _REIWA:
        return day.isoformat()
    year = day.year - 2018
    return f"令和{'元' if year == 1 else year}年{day.month}月{day.day}日"


def name_of(department: str, settings: Settings) -> str:
    """How the sheet names a section, with its bureau; "" for the whole office."""
    if department == OFFICE:
        return ""
    section = settings.department(department)
    return f"{section.bureau}　{section.name}".strip()
