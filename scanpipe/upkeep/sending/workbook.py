"""The figures as an Excel workbook: a sheet a topic, real numbers with formats, headings that stay, charts that Excel itself draws."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import xlsxwriter

from scanpipe.core.campaign.figures import Figures
from scanpipe.i18n import _, current_language
from scanpipe.upkeep.sending.topic_tables import Kind, Share, Table, Value, tables

_FORMATS: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "@",
    Kind.SHEETS: "#,##0;[Red]-#,##0",
    Kind.RATE: "0.0%",
    Kind.HEAD: "#,##0.0;[Red]-#,##0.0",
    Kind.METRES: "#,##0.0",
    Kind.COUNT: "#,##0",
    Kind.DAY: "yyyy-mm-dd",
    Kind.AMOUNT: "#,##0",
}
_FRACTIONAL: Final = "#,##0.0###"  # an amount that is not whole
_SHARE: Final = "0.00%"  # as indicators are reported: 62.39 %
_WIDTHS: Final[Mapping[Kind, float]] = {
    Kind.TEXT: 18,
    Kind.SHEETS: 14,
    Kind.RATE: 10,
    Kind.HEAD: 12,
    Kind.METRES: 12,
    Kind.COUNT: 10,
    Kind.DAY: 12,
    Kind.AMOUNT: 14,
}
_FIRST: Final = 3  # row of the headings, from 0: title and note stand above
_BLUE, _GREY, _GREEN, _ORANGE = "#1F4E9E", "#9AA5B1", "#2E7D4F", "#C96A00"
_MOST_BARS: Final = 30
_ROW_HEIGHT: Final = 20  # pixels
_HEIGHT: Final = 420  # of a chart over months

Drawn = tuple[Any, int]  # a chart and how many pixels high it is


def workbook(figures: Figures) -> bytes:
    """An .xlsx in the language of the context. Its numbers are those of `figures`; only how they are shown is rounded."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"title": _("Paper saved"), "author": "scanpipe", "company": figures.city.name, "comments": ""})
    writer = _Writer(book)
    for table in tables(figures):
        writer.add(table)
    book.close()
    return file.getvalue()


class _Writer:
    def __init__(self, book: Any) -> None:
        font = {"font_name": "游ゴシック" if current_language() == "ja" else "Calibri", "font_size": 11}
        self.book = book
        self.title = book.add_format({**font, "bold": True, "font_size": 14})
        self.note = book.add_format({**font, "font_size": 9, "font_color": "#555555"})
        heading = {**font, "bold": True, "bg_color": "#E3EBF7", "bottom": 1, "text_wrap": True, "valign": "vcenter"}
        self.heading, self.heading_of_numbers = book.add_format(heading), book.add_format({**heading, "align": "right"})
        self.plain = {kind: book.add_format({**font, "num_format": said}) for kind, said in _FORMATS.items()}
        self.share, self.fractional = (book.add_format({**font, "num_format": said}) for said in (_SHARE, _FRACTIONAL))
        self.total = {kind: book.add_format({**font, "num_format": said, "bold": True, "bg_color": "#F4F6FA"}) for kind, said in _FORMATS.items()}

    def add(self, table: Table) -> None:
        sheet = self.book.add_worksheet(table.name[:31])
        sheet.write_string(0, 0, table.title, self.title)
        sheet.write_string(1, 0, table.note, self.note)
        for place, (heading, kind) in enumerate(table.columns):
            sheet.write_string(_FIRST, place, heading, self.heading if kind in (Kind.TEXT, Kind.DAY) else self.heading_of_numbers)
            sheet.set_column(place, place, _WIDTHS[kind])
        for number, row in enumerate(table.rows, _FIRST + 1):
            formats = self.total if row[0] == "*" else self.plain
            for place, ((_heading, kind), value) in enumerate(zip(table.columns, row, strict=True)):
                _write(sheet, number, place, value, self._format(value, formats[kind]))
        self._finish(sheet, table)

    def _format(self, value: Value, of_column: Any) -> Any:
        """Shares are shown in per cent wherever they stand; an amount shows its fraction only where it has one."""
        if isinstance(value, Share):
            return self.share
        if of_column is self.plain[Kind.AMOUNT] and isinstance(value, float) and not value.is_integer():
            return self.fractional
        return of_column

    def _finish(self, sheet: Any, table: Table) -> None:
        sheet.set_row(_FIRST, 32)
        sheet.freeze_panes(_FIRST + 1, _still(table))
        sheet.autofilter(_FIRST, 0, _FIRST + max(1, len(table.rows)), len(table.columns) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_FIRST)
        sheet.set_footer("&C&P / &N")
        row = _FIRST + 1
        for chart, height in self._charts(table):
            sheet.insert_chart(row, len(table.columns) + 1, chart)
            row += height // _ROW_HEIGHT + 2

    # --- charts ---

    def _charts(self, table: Table) -> list[Drawn]:
        last = len(table.rows)
        if table.name == _("Sections") and last > 1:
            bars = min(last, _MOST_BARS + 1)
            return [self._bars(table, _("A: saved"), 2, bars, _BLUE, "#,##0"), self._bars(table, _("A: rate"), 2, bars, _GREEN, "0%")]
        if table.name == _("Months") and last:
            return [
                self._lines(table, (_("A: base"), _("A: used")), (_GREY, _BLUE), _("Ledger A: paper used against the base")),
                self._columns(table, (_("B: digitised"), _("B: cleared"), _("B: removed")), (_BLUE, _ORANGE, _GREEN), _("Ledger B: stored paper")),
            ]
        if table.name == _("Added up") and last:
            return [
                self._lines(table, (_("A: saved"), _("A: asked by then")), (_BLUE, _ORANGE), _("Ledger A: saved since April, against the target")),
                self._lines(table, (_("B: digitised"), _("B: cleared"), _("B: removed")), (_BLUE, _ORANGE, _GREEN), _("Ledger B: stored paper since April")),
            ]
        if table.name == _("Years") and last:
            return [self._columns(table, (_("A: base"), _("A: used")), (_GREY, _BLUE), _("Ledger A: fiscal years"))]
        if table.name == _("Burn-down") and last:
            return [self._lines(table, (_("Left (m)"), _("Metres planned")), (_BLUE, _GREY), _("Metres left, week by week"))]
        return []

    def _bars(self, table: Table, heading: str, first: int, last: int, colour: str, numbers: str) -> Drawn:
        """A bar for each section: rows first to last, from 1 (the office is the first). numbers: how the axis writes them."""
        chart = self.book.add_chart({"type": "bar"})
        self._series(chart, table, heading, colour, first, last, names=1)
        chart.set_title({"name": heading, "name_font": {"size": 12}})
        chart.set_y_axis({"reverse": True, "interval_unit": 1})
        chart.set_x_axis({"num_format": numbers, "num_font": {"rotation": -45}})
        chart.set_legend({"none": True})
        height = max(220, 60 + 22 * (last - first + 1))
        chart.set_size({"width": 560, "height": height})
        return chart, height

    def _lines(self, table: Table, headings: Sequence[str], colours: Sequence[str], title: str) -> Drawn:
        return self._several("line", table, headings, colours, title)

    def _columns(self, table: Table, headings: Sequence[str], colours: Sequence[str], title: str) -> Drawn:
        return self._several("column", table, headings, colours, title)

    def _several(self, kind: str, table: Table, headings: Sequence[str], colours: Sequence[str], title: str) -> Drawn:
        chart = self.book.add_chart({"type": kind})
        for heading, colour in zip(headings, colours, strict=True):
            self._series(chart, table, heading, colour, 1, len(table.rows), names=0)
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis({"min": 0, "num_format": "#,##0"})
        chart.set_size({"width": 720, "height": _HEIGHT})
        return chart, _HEIGHT

    def _series(self, chart: Any, table: Table, heading: str, colour: str, first: int, last: int, *, names: int) -> None:
        column = [name for name, _kind in table.columns].index(heading)
        rows = (_FIRST + first, _FIRST + last)
        chart.add_series(
            {
                "name": [table.name[:31], _FIRST, column],
                "categories": [table.name[:31], rows[0], names, rows[1], names],
                "values": [table.name[:31], rows[0], column, rows[1], column],
                "fill": {"color": colour},
                "line": {"color": colour},
                "gap": 60,
            }
        )


def _still(table: Table) -> int:
    """How many columns stay when people scroll: code and name, else the first."""
    return 2 if table.columns[1][1] is Kind.TEXT and len(table.columns) > 3 else 1


def _write(sheet: Any, row: int, column: int, value: Value, form: Any) -> None:
    if value is None:
        sheet.write_blank(row, column, None, form)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, form)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, form)
    else:
        sheet.write_number(row, column, value, form)
