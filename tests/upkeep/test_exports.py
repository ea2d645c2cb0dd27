"""Workbook, CSV, open data and the page for the mayor's headquarters: what stands in them is what core.campaign.figures holds."""

import csv
import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pdfplumber
import pikepdf
import pytest
from custody import two_sections
from sample_figures import DAY, empty, sample

from scanpipe import named
from scanpipe.config import Settings
from scanpipe.config_schema import FACTORS
from scanpipe.core.campaign.figures import Figures
from scanpipe.errors import UsageError
from scanpipe.i18n import speaking
from scanpipe.upkeep.campaign.figure_csv import cell
from scanpipe.upkeep.campaign.story import story
from scanpipe.upkeep.machine.fonts import japanese_faces
from scanpipe.upkeep.sending.open_data import HEADINGS, open_data, spreadsheet
from scanpipe.upkeep.sending.report_page import report
from scanpipe.upkeep.sending.topic_tables import Table, tables
from scanpipe.upkeep.sending.workbook import workbook

needs_font = pytest.mark.skipif(japanese_faces() is None, reason="no Japanese font is installed")


@pytest.fixture(scope="module")
def figures() -> Figures:
    return sample()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return two_sections(tmp_path_factory.mktemp("exports") / "site", name="みどり野市", municipality_code="172014")


@pytest.fixture(scope="module")
def book(figures: Figures) -> Any:
    with speaking("en"):
        return openpyxl.load_workbook(io.BytesIO(workbook(figures)))


@pytest.fixture(scope="module")
def page(figures: Figures, settings: Settings) -> bytes:
    return report(figures, "2026-10", settings, date(2026, 11, 2))


# --- the workbook ---


def test_the_workbook_has_a_sheet_for_each_topic_with_every_digit(figures: Figures, book: Any) -> None:
    with speaking("en"):
        wanted = {table.name: table for table in tables(figures)}
    assert book.sheetnames == list(wanted)
    for name, table in wanted.items():
        assert [_plain(row) for row in _read(book[name])] == [_plain(row) for row in table.rows]


def _read(sheet: Any) -> list[tuple[Any, ...]]:
    rows = sheet.iter_rows(min_row=5, values_only=True)
    return [tuple(value.date() if hasattr(value, "date") else value for value in row) for row in rows]


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(None if value == "" else value for value in row)


def test_its_headings_stay_and_its_numbers_are_numbers_with_formats(book: Any) -> None:
    sheet = book["Sections"]
    assert sheet.freeze_panes == "C5"
    cell = sheet["D6"]
    assert isinstance(cell.value, (int, float)) and cell.number_format == "#,##0;[Red]-#,##0"
    assert sheet["G5"].number_format == "0.0%"
    assert book["Indicators"]["B5"].number_format == "0.00%"


def test_its_charts_are_excels_own_and_point_at_the_cells(book: Any) -> None:
    charts = {name: len(book[name]._charts) for name in book.sheetnames}
    assert {name: count for name, count in charts.items() if count} == {"Sections": 2, "Months": 2, "Added up": 2, "Years": 1, "Burn-down": 1}
    values = [series.val.numRef.f for chart in book["Months"]._charts for series in chart.series]
    assert values == [f"Months!${column}$5:${column}$11" for column in "BCFGH"]
    assert [series.val.numRef.f[:13] for series in book["Added up"]._charts[0].series] == ["'Added up'!$" + column for column in "DF"]


def test_no_chart_lies_on_another_however_many_sections_there_are(figures: Figures) -> None:
    many = replace(figures, sections=tuple(replace(figures.sections[0], code=f"{n:04d}", name=f"課{n}") for n in range(40)))
    for sheet in openpyxl.load_workbook(io.BytesIO(workbook(many))):
        below = 0
        for chart in sorted(sheet._charts, key=lambda one: one.anchor._from.row):  # type: ignore[attr-defined]
            assert chart.anchor._from.row >= below, sheet.title
            below = chart.anchor.to.row + 1


def test_an_office_without_figures_gets_a_workbook_too() -> None:
    with speaking("ja"):
        found = openpyxl.load_workbook(io.BytesIO(workbook(empty())))
    assert len(found.sheetnames) == 2


def test_words_that_look_like_formulas_stay_words(figures: Figures) -> None:
    table = Table("T", "=1+1", (("=2", tables(figures)[1].columns[0][1]),), (("=3",),))
    assert table.rows[0][0] == "=3"
    odd = _with_name(figures, '=HYPERLINK("http://x")')
    found = openpyxl.load_workbook(io.BytesIO(workbook(odd)))["Sections"]
    assert found["B6"].data_type == "s" and found["B6"].value.startswith("=HYPERLINK")


def _with_name(figures: Figures, name: str) -> Figures:
    return replace(figures, sections=(replace(figures.sections[0], name=name), *figures.sections[1:]))


# --- CSV ---


def test_the_spreadsheet_csv_has_office_and_sections_by_year_and_month(figures: Figures) -> None:
    with speaking("en"):
        data = spreadsheet(figures)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    city = next(row for row in rows if row["Code"] == "*" and not row["Month"])
    assert [float(city[name]) for name in ("A: base", "A: used", "A: saved", "A: rate")] == [
        figures.city.ledger_a.base, figures.city.ledger_a.current, figures.city.ledger_a.saved, figures.city.ledger_a.rate
    ]  # fmt: skip
    assert len(rows) == 25 * 8
    assert {row["A: rate"] for row in rows if row["Code"] == "1000"} == {""}  # its base is too small
    assert city["Provisional"] == "仮"


def test_open_data_names_the_municipality_in_every_row_and_no_section(figures: Figures, settings: Settings) -> None:
    data = open_data(figures, settings)
    assert not data.startswith(b"\xef\xbb\xbf") and b"\r\n" in data
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8"))))
    assert tuple(rows[0]) == HEADINGS
    assert {(row["全国地方公共団体コード"], row["地方公共団体名"], row["課名"]) for row in rows} == {("172014", "みどり野市", "")}
    months = [row for row in rows if row["年月"]]
    assert [float(row["台帳A_使用枚数"]) for row in months] == [one.ledger_a.current for one in figures.city.months]
    assert [float(row["台帳B_廃棄済枚数"]) for row in months] == [one.ledger_b.removed for one in figures.city.months]
    assert {row["暫定"] for row in months} == {"1"}
    assert [row["年度"] for row in rows if not row["年月"]] == ["2025", "2026"]


def test_open_data_with_sections_is_asked_for(figures: Figures, settings: Settings) -> None:
    rows = list(csv.DictReader(io.StringIO(open_data(figures, settings, sections=True).decode())))
    assert len({row["課名"] for row in rows} - {""}) == 24


def test_open_data_needs_the_municipalitys_code(figures: Figures, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="municipality_code"):
        open_data(figures, two_sections(tmp_path / "site"))


def test_every_digit_is_written() -> None:
    values = (0.1 + 0.2, 1234567.25, 5130000.0, 1e-7, -12.5)
    assert [float(cell(value)) for value in values] == list(values)
    assert (cell(5130000.0), cell(None), cell(date(2026, 4, 1))) == ("5130000", "", "2026-04-01")


# --- the page ---


def _text(pdf: bytes) -> str:
    with pdfplumber.open(io.BytesIO(pdf)) as found:
        return "".join((one.extract_text() or "") for one in found.pages)


@needs_font
def test_the_report_is_one_a4_page_whose_words_are_text(figures: Figures, page: bytes) -> None:
    with pikepdf.open(io.BytesIO(page)) as found:
        assert len(found.pages) == 1
        assert [round(float(value)) for value in found.pages[0].mediabox] == [0, 0, 595, 842]
    text = re.sub(r"\s", "", _text(page))
    city = figures.city
    for value in (city.ledger_a.saved, city.ledger_b.removed, city.ledger_b.digitised, city.months[-1].ledger_a.saved):
        assert f"{value:,.0f}" in text
    with speaking("ja"):
        assert re.sub(r"\s", "", story(figures)) in text
    for word in ("みどり野市", "996.0", "62.39%", "77.00%", "仮", "市民課", "税務課"):
        assert word in text


@needs_font
def test_sections_that_need_help_stay_above_the_notes_however_many_there_are(figures: Figures, settings: Settings) -> None:
    way = figures.sections[4].way
    assert way and way.reasons
    long = replace(way, reasons=way.reasons * 9)
    many = replace(figures, sections=tuple(replace(one, way=long) for one in figures.sections))
    with pdfplumber.open(io.BytesIO(report(many, "2026-10", settings, DAY))) as pdf:
        signs, text = pdf.pages[0].chars, re.sub(r"\s", "", pdf.pages[0].extract_text())
    notes = 277 * 72 / 25.4
    assert [sign["text"] for sign in signs if sign["bottom"] > notes and sign["size"] > 6.6] == [] and re.search(r"ほか\d+課", text)
    assert [sign["text"] for sign in signs if sign["top"] < notes < sign["bottom"]] == []


@needs_font
def test_its_fonts_are_inside_and_nothing_is_fetched(page: bytes) -> None:
    with pikepdf.open(io.BytesIO(page)) as found:
        fonts = [one for one in found.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"]
    assert fonts and all(any(name in one for name in ("/FontFile", "/FontFile2", "/FontFile3")) for one in fonts)


def test_an_office_without_figures_gets_a_page_that_says_so(settings: Settings) -> None:
    pdf = report(empty(), "2026-10", settings, DAY)
    with pikepdf.open(io.BytesIO(pdf)) as found:
        assert len(found.pages) == 1


def test_without_a_japanese_font_the_page_is_in_english(figures: Figures, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanpipe.upkeep.sending.report_page.japanese_faces", lambda: None)
    text = _text(report(figures, "2026-10", settings, DAY))
    assert "Paper saved: monthly report" in text and f"{figures.city.ledger_a.saved:,.0f}" in text


def test_every_factor_of_the_configuration_has_words_of_its_own() -> None:
    with speaking("en"):
        words = [named.factors([name]) for name in FACTORS]
    assert len(set(words)) == len(FACTORS) and not set(words) & set(FACTORS)
    assert named.factors(["sheets_per_box"], keys=True).endswith("(sheets_per_box)")
