"""The report for the mayor's headquarters: one A4 page, made on this machine without a browser. Its words are text, its charts lines; its figures core.campaign.figures."""

import io
import unicodedata
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pikepdf
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from scanpipe import named
from scanpipe.config import Settings
from scanpipe.core.campaign.figures import Figures, MonthFigures, Part
from scanpipe.core.campaign.indicators import KINDS, Unit
from scanpipe.i18n import N_, _, current_language, speaking
from scanpipe.upkeep.campaign.story import beside, story
from scanpipe.upkeep.machine.fonts import Faces, japanese_faces
from scanpipe.upkeep.sending import report_charts
from scanpipe.upkeep.sending.topic_tables import PROVISIONAL, unit_name

_WIDTH, _HEIGHT, _EDGE = 210.0, 297.0, 13.0  # mm
_INSIDE: Final = _WIDTH - 2 * _EDGE
_GAP: Final = 6.0
_LEFT, _RIGHT = 98.0, _INSIDE - 98.0 - _GAP  # the two columns
_POINT: Final = 72 / 25.4  # points in a mm
_INK, _QUIET, _RULE, _TILE, _ACCENT = (27, 34, 48), (96, 104, 116), (205, 211, 219), (240, 244, 250), (31, 78, 158)
_MOST_CONVERSIONS, _MOST_INDICATORS = 4, 6
_FOOT: Final = 277.0  # mm from above: where the notes begin

NOTHING_YET: Final = N_("No figures yet.")
NOT_ADDED: Final = N_(
    "Ledger A is paper that was never printed (purchases and counters against the base year); ledger B is stored paper that was digitised, cleared and removed. "
    "They are counted apart and never added. All sheets are A4 equivalents."
)
MARKED: Final = N_("{mark} = made from factors that nobody has confirmed yet ({names}).")
REST: Final = N_("The {best} sections that saved most and the {least} that saved least, of {count}; all of them are in the workbook.")


def report(figures: Figures, month: str, settings: Settings, today: date) -> bytes:
    """The page as a PDF. month: YYYY-MM that it is about; figures: of its fiscal year. today: of making.

    Without a Japanese font on this machine it is in English, and names show what it can of them.
    """
    faces = japanese_faces()
    with speaking(settings.site.language if faces else "en"):
        return _Page(figures, month, today, faces).drawn()


class _Page:
    def __init__(self, figures: Figures, month: str, today: date, faces: Faces | None) -> None:
        self.figures, self.month, self.today, self.faces = figures, month, today, faces
        self.charts: list[tuple[report_charts.Spec, tuple[float, float, float, float]]] = []
        self.pdf = FPDF(format="A4")
        self.pdf.set_auto_page_break(False)
        self.pdf.add_page()
        self.family, self.signs = "helvetica", frozenset[int]()
        if faces:
            self.family = "report"
            self.pdf.add_font(self.family, fname=str(faces.regular))
            self.pdf.add_font(self.family, style="B", fname=str(faces.bold))
            self.signs = frozenset(TTFont(faces.regular, lazy=True).getBestCmap())

    def drawn(self) -> bytes:
        self.pdf.set_title(_("{office}: paper saved, report for {month}").format(office=self._said(self.figures.city.name), month=self.month))
        self.pdf.set_lang(current_language())
        self._head()
        self._tiles(58)
        self._columns(84)
        self._indicators(84 + 152)
        self._lagging(84 + 152)
        self._foot()
        return self._with_charts(bytes(self.pdf.output()))

    # --- the parts, from above ---

    def _head(self) -> None:
        self.pdf.set_fill_color(*_ACCENT)
        self.pdf.rect(0, 0, _WIDTH, 4, style="F")
        self._text(_EDGE, 10, 110, 21, _("Paper saved: monthly report"), bold=True)
        self._text(_WIDTH - _EDGE - 80, 9.5, 80, 12, self._said(self.figures.city.name), bold=True, align="R")
        says = _("{month}, as on {day}").format(month=_month(self.month), day=_day(self.figures.day))
        self._text(_WIDTH - _EDGE - 80, 15.5, 80, 9.5, says, colour=_QUIET, align="R")
        self._rule(22)
        below = self._paragraph(_EDGE, 26, _INSIDE, 13.5, story(self.figures), bold=True, most=3)
        self._paragraph(
            _EDGE, below + 1.5, _INSIDE, 9.5, "".join(beside(self.figures)) if current_language() == "ja" else " ".join(beside(self.figures)), most=3
        )

    def _tiles(self, top: float) -> None:
        city, shelf = self.figures.city, self.figures.city.cabinets
        mark = PROVISIONAL if city.provisional else ""
        paper, now = city.ledger_a, self._of_month()
        year = _year(self.figures.paper_year)
        rate = _("{rate} of the base ({year})").format(rate=_percent(paper.rate), year=_year(self.figures.base_year))
        asked = city.way.target.rate if city.way and city.way.target else None
        rate += _("; target {rate}").format(rate=f"{asked:.0%}") if asked is not None else ""
        used = _("used {used}, base {base}").format(used=_sheets(now.ledger_a.current), base=_sheets(now.ledger_a.base)) if now else _(NOTHING_YET)
        removed = _("digitised {digitised}, cleared {cleared}").format(digitised=_sheets(city.ledger_b.digitised), cleared=_sheets(city.ledger_b.cleared))
        held = _("{start} m at the start; {done} of {all} cabinets done").format(start=_metres(shelf.fm_start), done=shelf.signed_off, all=shelf.cabinets)
        tiles = (
            (_("Never printed ({year})").format(year=year), _sheets(paper.saved), mark, rate if paper.saved is not None else _(NOTHING_YET)),
            (_("Never printed ({month})").format(month=_month(self.month)), _sheets(now.ledger_a.saved if now else None), mark, used),
            (_("Removed from storage ({year})").format(year=_year(self.figures.fiscal_year)), _sheets(city.ledger_b.removed), "", removed),
            (_("Left in cabinets"), f"{_metres(shelf.fm_now)} m" if shelf.cabinets else "-", PROVISIONAL if city.cabinets_provisional else "", held if shelf.cabinets else _(NOTHING_YET)),
        )  # fmt: skip
        width = (_INSIDE - 3 * 4) / 4
        for place, (label, value, sign, says) in enumerate(tiles):
            self._tile(_EDGE + place * (width + 4), top, width, label, value, sign, says)

    def _tile(self, left: float, top: float, width: float, label: str, value: str, sign: str, says: str) -> None:
        self.pdf.set_fill_color(*_TILE)
        self.pdf.rect(left, top, width, 21, style="F", round_corners=True, corner_radius=1.6)
        self._text(left + 2.5, top + 2, width - 5, 8, label, colour=_QUIET)
        room = width - 5 - (7 if sign else 0)
        self._text(left + 2.5, top + 6.5, room, 19, value, bold=True, colour=_ACCENT)
        if sign:
            self._text(left + width - 8.5, top + 9.5, 6, 8.5, sign, colour=_QUIET, align="R")
        self._text(left + 2.5, top + 15.5, width - 5, 7.5, says, colour=_QUIET)

    def _columns(self, top: float) -> None:
        shown, count = report_charts.ranked(self.figures)
        self._heading(_EDGE, top, _LEFT, _("Sections: volume and rate side by side"))
        self._chart(report_charts.sections(self.figures), _EDGE, top + 6, _LEFT, 92)
        if count > len(shown):
            says = _(REST).format(best=len(shown) - 5, least=5, count=count)
            self._text(_EDGE, top + 98.5, _LEFT, 7, says, colour=_QUIET)
        right = _EDGE + _LEFT + _GAP
        self._heading(right, top, _RIGHT, _("Paper used against base and target (ledger A)"))
        self._chart(report_charts.trend(self.figures), right, top + 6, _RIGHT, 42)
        self._heading(right, top + 52, _RIGHT, _("Metres left in cabinets"))
        self._chart(report_charts.cabinets(self.figures), right, top + 58, _RIGHT, 40)
        self._heading(_EDGE, top + 104, _LEFT, _("Stored paper (ledger B)"))
        self._chart(report_charts.stored(self.figures), _EDGE, top + 110, _LEFT, 38)
        self._outlook(right, top + 104)

    def _outlook(self, left: float, top: float) -> None:
        """Saved paper in other units, each with its source."""
        self._heading(left, top, _RIGHT, _("What was saved is as much as"))
        at = top + 7.0
        for one in self.figures.city.conversions[:_MOST_CONVERSIONS]:
            sign = f" {PROVISIONAL}" if one.provisional or self.figures.city.provisional else ""
            self._text(left, at, 27, 10.5, f"{one.amount:,.1f}{sign}", bold=True)
            self._text(left, at + 4.4, 27, 7, named.conversion(one.name), colour=_QUIET)
            source = _("source: {source}").format(source=_(one.source))
            self._paragraph(left + 29, at + 0.2, _RIGHT - 29, 6.2, source, colour=_QUIET, most=3)
            at += 9.8
        if not self.figures.city.conversions:
            self._text(left, at, _RIGHT, 8.5, _(NOTHING_YET), colour=_QUIET)

    def _indicators(self, top: float) -> None:
        left = _EDGE + _LEFT + _GAP
        self._heading(left, top, _RIGHT, _("Indicators of the office (not sheets)"))
        at = top + 7.0
        for one in self.figures.indicators[:_MOST_INDICATORS]:
            if one.total is not None:
                self._text(left, at, _RIGHT - 26, 8.5, _(KINDS[one.kind].name))
                self._text(left + _RIGHT - 26, at, 26, 9.5, _amount(one.kind, one.total.value), bold=True, align="R")
                at += 5.2
        if not self.figures.indicators:
            self._text(left, at, _RIGHT, 8.5, _(NOTHING_YET), colour=_QUIET)

    def _lagging(self, top: float) -> None:
        self._heading(_EDGE, top, _LEFT, _("Sections that need help"))
        at = top + 7.0
        lagging, shown = sorted(self.figures.lagging, key=_missing, reverse=True), 0
        while shown < len(lagging) and at < _FOOT - 13:
            part = lagging[shown]
            reasons = part.way.says() if part.way else []
            self._text(_EDGE, at, 28, 8.5, part.name or part.code, bold=True)
            below = self._paragraph(_EDGE + 29, at + 0.3, _LEFT - 29, 7, " / ".join(reasons), colour=_QUIET, most=2, least=6.5)
            at, shown = max(at + 5.2, below + 0.9), shown + 1
        if len(lagging) > shown:
            self._text(_EDGE, at, _LEFT, 7.5, _("and {n} more: see the workbook").format(n=len(lagging) - shown), colour=_QUIET)
        if not lagging:
            says = _("None lags.") if self.figures.campaign else _("No campaign runs.")
            self._text(_EDGE, at, _LEFT, 8.5, says, colour=_QUIET)

    def _foot(self) -> None:
        self._rule(_FOOT)
        says = _(NOT_ADDED)
        if self.figures.city.provisional:
            says += " " + _(MARKED).format(mark=PROVISIONAL, names=named.factors(self.figures.city.provisional))
        self._paragraph(_EDGE, 278.5, _INSIDE, 6.5, says, colour=_QUIET, most=3)
        self._text(_EDGE, _HEIGHT - 8, _INSIDE, 6.5, _("made by scanpipe on {day}").format(day=_day(self.today)), colour=_QUIET, align="R")

    # --- drawing ---

    def _of_month(self) -> MonthFigures | None:
        return next((one for one in self.figures.city.months if one.month == self.month), None)

    def _heading(self, left: float, top: float, width: float, text: str) -> None:
        self.pdf.set_fill_color(*_ACCENT)
        self.pdf.rect(left, top + 0.6, 1.1, 3.6, style="F")
        self._text(left + 2.6, top, width - 2.6, 10, text, bold=True)

    def _rule(self, top: float) -> None:
        self.pdf.set_draw_color(*_RULE)
        self.pdf.set_line_width(0.25)
        self.pdf.line(_EDGE, top, _WIDTH - _EDGE, top)

    def _text(
        self, left: float, top: float, width: float, points: float, text: str, *, bold: bool = False, colour: Sequence[int] = _INK, align: str = "L"
    ) -> None:
        """One line, smaller where it would not fit, cut where it would be too small to read."""
        text = self._said(text)
        self.pdf.set_font(self.family, style="B" if bold else "", size=points)
        wide = self.pdf.get_string_width(text)
        if wide > width:
            points *= max(0.72, width / wide)
            self.pdf.set_font(self.family, style="B" if bold else "", size=points)
            text = self._cut(text, width)
        self.pdf.set_text_color(*colour)
        self.pdf.set_xy(left - self.pdf.c_margin, top)
        self.pdf.cell(width + 2 * self.pdf.c_margin, points * 0.45, text, align=align)

    def _cut(self, text: str, width: float) -> str:
        if self.pdf.get_string_width(text) <= width + 0.1:
            return text
        more = "…" if self.faces else "..."
        while text and self.pdf.get_string_width(text + more) > width:
            text = text[:-1]
        return text + more

    def _paragraph(
        self, left: float, top: float, width: float, points: float, text: str, *, bold: bool = False, colour: Sequence[int] = _INK, most: int, least: float = 5
    ) -> float:
        """At most so many lines: smaller letters where it would be more, `least` points at least, then cut. Returns where it ends, mm from above."""
        wrap = WrapMode.CHAR if current_language() == "ja" else WrapMode.WORD
        text = self._said(text)
        while True:
            self.pdf.set_font(self.family, style="B" if bold else "", size=points)
            if len(lines := self._wrapped(width, text, wrap)) <= most:
                break
            if points * 0.93 >= least:
                points *= 0.93
            else:
                more = "…" if self.faces else "..."
                text = ("" if wrap is WrapMode.CHAR else " ").join(lines[:most])[: -2 * len(more)].rstrip() + more
        self.pdf.set_text_color(*colour)
        self.pdf.set_xy(left - self.pdf.c_margin, top)
        self.pdf.multi_cell(width + 2 * self.pdf.c_margin, points * 0.55, text, align="L", wrapmode=wrap, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        return float(self.pdf.get_y())

    def _wrapped(self, width: float, text: str, wrap: WrapMode) -> list[str]:
        lines = self.pdf.multi_cell(width, 1, text, wrapmode=wrap, dry_run=True, output="LINES")
        assert isinstance(lines, list)
        return lines

    def _chart(self, spec: report_charts.Spec | None, left: float, top: float, width: float, height: float) -> None:
        if spec is None:
            self._text(left, top + 2, width, 8.5, _(NOTHING_YET), colour=_QUIET)
            return
        self.charts.append((spec, (left, top, width, height)))

    def _with_charts(self, page: bytes) -> bytes:
        """Lays each chart onto its place, as large as it fits, from its upper left corner."""
        folder: Path | None = self.faces.regular.parent if self.faces else None
        with pikepdf.open(io.BytesIO(page)) as whole:
            for spec, (left, top, width, height) in self.charts:
                with pikepdf.open(io.BytesIO(report_charts.pdf(spec, self.faces.family if self.faces else "sans-serif", folder))) as chart:
                    box = chart.pages[0].mediabox
                    wide, high = float(box[2] - box[0]), float(box[3] - box[1])
                    scale = min(width * _POINT / wide, height * _POINT / high)
                    x, y = left * _POINT, (_HEIGHT - top) * _POINT
                    whole.pages[0].add_overlay(chart.pages[0], pikepdf.Rectangle(x, y - high * scale, x + wide * scale, y))
            out = io.BytesIO()
            whole.save(out, linearize=False)
        return out.getvalue()

    def _said(self, text: str) -> str:
        """Without a Japanese font what it could not show is left out; with one, signs that it lacks take their plain form (₂ becomes 2)."""
        if not self.faces:
            return text.encode("latin-1", "ignore").decode("latin-1")
        return "".join(sign if ord(sign) in self.signs else unicodedata.normalize("NFKC", sign) for sign in text)


def _missing(part: Part) -> float:
    """By how many sheets a section is behind its rate; those without such a target last."""
    return part.way.course.rate.missing if part.way and part.way.course.rate else float("-inf")


# --- how figures are said ---


def _sheets(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _metres(value: float) -> str:
    return f"{value:,.1f}"


def _amount(kind: str, value: float) -> str:
    if KINDS[kind].unit is Unit.SHARE:
        return f"{value:.2%}"
    return f"{value:,.10g} {_(unit_name(kind))}"


def _month(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year}年{number}月" if current_language() == "ja" else month


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if current_language() == "ja" else day.isoformat()


def _year(year: int | None) -> str:
    if year is None:
        return "-"
    return f"{year}年度" if current_language() == "ja" else _("fiscal year {year}").format(year=year)
