"""Every figure is the same wherever it is shown: command line, API, CSV, page, Prometheus, workbook, open data and report, to the last digit (issue 6)."""

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pdfplumber
import pytest
from figured_office import YEAR, office
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from scanpipe.accounts import Accounts
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.cli import main
from scanpipe.config import Settings
from scanpipe.core.campaign.figures import Figures, Part
from scanpipe.core.dates import fiscal_year
from scanpipe.core.rights import Role
from scanpipe.upkeep.campaign.figures import figures
from scanpipe.upkeep.sending.monthly import of_month
from scanpipe.web.application import create

LEDGERS = ("digitised", "cleared", "removed")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return office(tmp_path_factory.mktemp("everywhere") / "site", municipality_code="172014")


@pytest.fixture(scope="module")
def wanted(site: Settings) -> Figures:
    return computed(site, YEAR)


def computed(site: Settings, year: int) -> Figures:
    reader = CatalogueReader(site.layout.catalogue_db)
    try:
        return figures(reader, site, datetime.now(site.timezone).date(), fiscal_year=year)
    finally:
        reader.close()


@pytest.fixture(scope="module")
def client(site: Settings) -> Iterator[TestClient]:
    accounts = Accounts(site.layout.accounts_db)
    now = datetime.now(site.timezone)
    accounts.add("toukei", "", [Role.STATISTICS], [], [], None, "test", now)
    person = accounts.person("toukei", "session")
    assert person
    session, _csrf = accounts.open_session(person, now)
    accounts.close()
    with TestClient(create(site), base_url="http://127.0.0.1", follow_redirects=False) as made:
        made.cookies.set("scanpipe_session", session)
        yield made


def parts(found: Figures) -> list[Part]:
    return [found.city, *found.sections]


def of_part(part: Part) -> dict[str, Any]:
    """The figures of a part, as the contract has them."""
    paper, shelf = part.ledger_a, part.cabinets
    return {
        "ledger_a": {"base": paper.base, "current": paper.current, "saved": paper.saved, "rate": paper.rate},
        "ledger_b": {name: getattr(part.ledger_b, name) for name in LEDGERS},
        "cabinets": {name: getattr(shelf, name) for name in ("fm_start", "fm_now", "cabinets", "emptied", "signed_off")},
    }


def picked(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("ledger_a", "ledger_b", "cabinets")}


def number(text: str) -> float | None:
    return float(text) if text else None


def test_the_office_has_figures_of_every_kind(wanted: Figures) -> None:
    """Else the others would compare nothing with nothing."""
    city = wanted.city
    assert city.ledger_a.rate and city.ledger_a.saved and city.ledger_b.digitised and city.cabinets.fm_now and wanted.indicators and wanted.lagging


def test_the_command_line_says_them(site: Settings, wanted: Figures, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["--config", str(site.file), "stats", "--json", "--fiscal-year", str(YEAR)]) == os.EX_OK
    body = json.loads(capfdbinary.readouterr().out)
    assert picked(body["city"]) == of_part(wanted.city)
    assert {code: picked(one) for code, one in body["departments"].items()} == {one.code: of_part(one) for one in wanted.sections}


@pytest.mark.parametrize("by", ["department", "month", "fiscal_year", "category", "device"])
def test_what_was_scanned_adds_up_to_ledger_b_by_everything(site: Settings, wanted: Figures, capfdbinary: pytest.CaptureFixture[bytes], by: str) -> None:
    assert main(["--config", str(site.file), "stats", "--json", "--raw", "--by", by, "--fiscal-year", str(YEAR)]) == os.EX_OK
    rows = json.loads(capfdbinary.readouterr().out)["rows"]
    assert {name: sum(row[name] for row in rows) for name in LEDGERS} == of_part(wanted.city)["ledger_b"]
    assert sum(row["raw"]["digitised"]["sheets"] for row in rows) == 6 and sum(row["raw"]["removed"]["records"] for row in rows) == 0
    assert main(["--config", str(site.file), "stats", "--raw", "--by", by]) == os.EX_OK
    assert "Images" in capfdbinary.readouterr().out.decode()


def test_the_api_says_them(client: TestClient, wanted: Figures) -> None:
    body = client.get("/api/v1/stats", params={"fiscal_year": YEAR}).json()
    assert {"": picked(body["city"])} | {code: picked(one) for code, one in body["departments"].items()} == {one.code: of_part(one) for one in parts(wanted)}
    assert client.get("/api/v1/stats/campaign", params={"fiscal_year": YEAR}).json() == json.loads(json.dumps(wanted.body()))


def test_the_tables_say_them(client: TestClient, wanted: Figures) -> None:
    for bom in (False, True):
        data = client.get("/api/v1/stats/campaign.csv", params={"fiscal_year": YEAR, "bom": bom}).content
        assert data.startswith(b"\xef\xbb\xbf") is bom
        rows = {row["department"]: row for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))}
        for one in parts(wanted):
            expected = of_part(one)
            for ledger in ("ledger_a", "ledger_b"):
                assert {name: number(rows[one.code][f"{ledger}_{name}"]) for name in expected[ledger]} == expected[ledger]
            assert {name: number(rows[one.code][name]) for name in expected["cabinets"]} == expected["cabinets"]
    data = client.get("/api/v1/stats/campaign.csv", params={"fiscal_year": YEAR, "by": "month"}).content
    months = {(row["department"], row["month"]): number(row["ledger_a_saved"]) for row in csv.DictReader(io.StringIO(data.decode()))}
    assert months == {(one.code, month.month): month.ledger_a.saved for one in parts(wanted) for month in one.months}


def test_the_page_says_them(client: TestClient, wanted: Figures) -> None:
    page = client.get("/campaign", params={"fiscal_year": YEAR}).text
    for one in parts(wanted):
        paper, sheets = one.ledger_a, one.ledger_b
        shown = [f">{value:,.0f}<" for value in (paper.saved, paper.current, sheets.digitised, sheets.removed) if value is not None]
        shown += [f"{one.cabinets.fm_now:,.1f}"] + ([f"{paper.rate:.1%}"] if paper.rate is not None else [])
        assert [text for text in shown if text not in page] == []
    for indicator in wanted.indicators:
        assert indicator.total and f"{indicator.total.value:.2%}" in page


def test_prometheus_reads_them(client: TestClient, site: Settings) -> None:
    wanted = computed(site, fiscal_year(datetime.now(site.timezone).date()))
    accounts = Accounts(site.layout.accounts_db)
    now = datetime.now(site.timezone)
    token = accounts.add_token("scrape", "toukei", ["statistics"], "test", now)
    accounts.close()
    text = client.get("/metrics", headers={"authorization": f"Bearer {token}"}).text
    found = {(one.name, *sorted(one.labels.items())): one.value for family in text_string_to_metric_families(text) for one in family.samples}
    for one in (part for part in parts(wanted) if part.known):
        here = ("department", one.code)
        for name in ("base", "current", "saved"):
            assert found.get(("scanpipe_paper_sheets", here, ("ledger_a", name))) == getattr(one.ledger_a, name)
        assert found.get(("scanpipe_paper_rate", here)) == one.ledger_a.rate
        for name in LEDGERS:
            assert found[("scanpipe_sheets", here, ("ledger_b", name))] == getattr(one.ledger_b, name)
        for at, fm in (("start", one.cabinets.fm_start), ("now", one.cabinets.fm_now)) if one.cabinets.cabinets else ():
            assert found[("scanpipe_cabinet_metres", ("at", at), here)] == fm
    for indicator in wanted.indicators:
        assert indicator.total and found[("scanpipe_indicator", ("kind", indicator.kind))] == indicator.total.value


# --- files for others ---


def exported(site: Settings, file: Path, *options: str) -> bytes:
    assert main(["--config", str(site.file), "stats", "export", str(file), "--fiscal-year", str(YEAR), *options]) == os.EX_OK
    return file.read_bytes()


def of_columns(row: Mapping[str, Any], names: Iterable[str]) -> list[float | None]:
    return [None if row[name] in (None, "") else float(row[name]) for name in names]


def test_the_workbook_says_them(site: Settings, wanted: Figures, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(exported(site, tmp_path / "all.xlsx")))
    headings, *rows = book["Sections"].iter_rows(min_row=4, values_only=True)
    by_code = {row[0]: dict(zip(headings, row, strict=True)) for row in rows}
    for one in (part for part in parts(wanted) if part.known):
        expected = of_part(one)
        row = by_code[one.code or "*"]
        assert of_columns(row, ("A: base", "A: used", "A: saved", "A: rate")) == list(expected["ledger_a"].values())
        assert of_columns(row, ("B: digitised", "B: cleared", "B: removed")) == list(expected["ledger_b"].values())
        shown = ("Cabinets: metres at the start", "Cabinets: metres now", "Cabinets", "Cabinets emptied", "Cabinets signed off")
        assert of_columns(row, shown) == list(expected["cabinets"].values())
    added = {row[0]: row for row in book["Added up"].iter_rows(min_row=5, values_only=True)}
    asked = [(one.month, one.ledger_a.saved, one.to_save) for one in wanted.so_far(wanted.city)]
    assert asked and [(month, added[month][3], added[month][5]) for month, _saved, _asked in asked] == asked
    told = {row[0]: row[1] for row in book["Indicators"].iter_rows(min_row=5, values_only=True)}
    assert list(told.values()) == [one.total.value for one in wanted.indicators if one.total]


@pytest.mark.parametrize("options", [(), ("--open-data", "--sections")])
def test_the_exported_csv_says_them(site: Settings, wanted: Figures, tmp_path: Path, options: tuple[str, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(site, tmp_path / "all.csv", *options).decode("utf-8-sig"))))
    names = [name for name in rows[0] if name.startswith(("A: ", "B: ", "台帳A", "台帳B"))]
    month, section = ("年月", "課名") if options else ("Month", "Section")
    found = {(row[section], row[month]): of_columns(row, names) for row in rows}
    for one in (part for part in parts(wanted) if part.known):
        name = "" if options and not one.code else one.name
        year = [*of_part(one)["ledger_a"].values(), *of_part(one)["ledger_b"].values()]
        if one.code or not options:
            assert found[name, ""] == year
        for each in one.months:
            paper, sheets = each.ledger_a, each.ledger_b
            assert found[name, each.month] == [paper.base, paper.current, paper.saved, paper.rate, sheets.digitised, sheets.cleared, sheets.removed]


def test_the_report_says_them(site: Settings, tmp_path: Path) -> None:
    month = "2026-06"
    file = tmp_path / "report.pdf"
    assert main(["--config", str(site.file), "stats", "report", str(file), "--month", month]) == os.EX_OK
    reader = CatalogueReader(site.layout.catalogue_db)
    try:
        wanted = of_month(reader, site, month, datetime.now(site.timezone).date())
    finally:
        reader.close()
    with pdfplumber.open(file) as pdf:
        text = " ".join(page.extract_text() for page in pdf.pages)
    city, own = wanted.city, next(one for one in wanted.city.months if one.month == month)
    sheets = (
        city.ledger_a.saved,
        own.ledger_a.saved,
        own.ledger_a.current,
        own.ledger_a.base,
        city.ledger_b.removed,
        city.ledger_b.digitised,
        city.ledger_b.cleared,
    )
    assert city.ledger_a.rate is not None
    shown = [
        *(f"{value:,.0f}" for value in sheets if value is not None),
        f"{city.ledger_a.rate:.1%}",
        f"{city.cabinets.fm_now:,.1f} m",
        f"{city.cabinets.fm_start:,.1f}",
    ]
    shown += [f"{one.total.value:.2%}" for one in wanted.indicators if one.total]
    assert [value for value in shown if value not in text] == []
