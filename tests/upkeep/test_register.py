"""Binders and their register, as rows, CSV and a workbook."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import shelf

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.i18n import speaking
from scanpipe.upkeep import register
from scanpipe.upkeep.register import Entry

TODAY = date(2026, 11, 22)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = two_sections(tmp_path / "site")
    with shelf(settings) as kept:
        kept.record(GENERAL, "CORRESP", date(2025, 6, 2), path="cabinet/0101_総務課/2025年度/往復文書_3年/a.pdf")
        kept.record(GENERAL, "CORRESP", date(2026, 3, 31), path="cabinet/0101_総務課/2025年度/往復文書_3年/b.pdf", extended=date(2030, 3, 31))
        kept.record(GENERAL, "CONTRACT", date(2025, 6, 2), born_digital=True)
        held = kept.record(TAX, "ACCOUNT", date(2025, 5, 20), accounting_year=2024)
        kept.record(TAX, "ACCOUNT", date(2024, 7, 1))
        kept.record(GENERAL, "SERVICE", date(2026, 1, 20), title="年次休暇簿")  # by calendar year
        kept.record(GENERAL, "SERVICE", date(2026, 1, 20), title="旅行命令簿", restricted=True, path=None)
        kept.record(GENERAL, "unclassified", date(2025, 6, 2))
        kept.hold(held, until=date(2031, 12, 31))
        kept.hold(held, reference="古", until=date(2026, 5, 1))
    return settings


def entries(settings: Settings, year: int | None = None) -> list[Entry]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        with speaking("en"):
            return register.register(reader, settings, TODAY, year)
    finally:
        reader.close()


def binders(settings: Settings, **filters: Any) -> dict[str, Any]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return register.binders(reader, **filters)
    finally:
        reader.close()


def test_records_of_one_section_year_and_category_form_a_binder(settings: Settings) -> None:
    found = binders(settings)
    assert {one["id"]: (one["records"], one["sheets"]) for one in found["binders"]} == {
        "2024-0103-ACCOUNT": (2, 4),  # paid in May, of the accounting year before
        "2025-0101-CONTRACT": (1, 2),
        "2025-0101-CORRESP": (2, 4),
        "2025-0101-SERVICE": (1, 2),
        "2026c-0101-SERVICE": (1, 2),  # the calendar year of a day in January
    }
    assert found["loose"] == 1
    assert [one["id"] for one in binders(settings, year=2025, department=GENERAL)["binders"]] == [
        "2025-0101-CONTRACT",
        "2025-0101-CORRESP",
        "2025-0101-SERVICE",
    ]
    assert binders(settings, year=2025, department=TAX)["binders"] == []


def test_the_register_states_period_place_and_keeper_of_each_binder(settings: Settings) -> None:
    rows = {one.remarks.split(" / ")[0]: one for one in entries(settings)}
    assert rows["2025-0101-CORRESP"] == Entry(
        created="2025, fiscal year", class_1="", class_2="", name="往復文書", author="総務課長", starts=date(2026, 4, 1), period="kept 4 years",
        expires=date(2030, 3, 31), media="paper and electronic", place="cabinet/0101_総務課/2025年度/往復文書_3年; paper: 総務課", keeper="総務課長",
        disposition="Destroy", remarks="2025-0101-CORRESP / 2 records, 4 sheets / extended; the schedule says 3 years / 1 records may go earlier",
    )  # fmt: skip
    contract = rows["2025-0101-CONTRACT"]
    assert (contract.starts, contract.period, contract.expires, contract.media) == (None, "other", None, "electronic")
    assert "10 years from an event" in contract.remarks
    assert (rows["2026c-0101-SERVICE"].created, rows["2026c-0101-SERVICE"].starts) == ("2026, calendar year", date(2027, 4, 1))
    assert "record store (restricted)" in rows["2025-0101-SERVICE"].place
    voucher = rows["2024-0103-ACCOUNT"]
    assert (voucher.starts, voucher.expires, voucher.author) == (date(2025, 4, 1), date(2030, 3, 31), "税務課長")
    assert voucher.remarks.endswith("/ held: audit 検第1号 (2031-12-31)")  # the other hold is over
    assert len(entries(settings, 2025)) == 3


def test_the_csv_opens_in_excel_and_says_the_same(settings: Settings) -> None:
    data = register.as_csv(entries(settings))
    assert data.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert len(head) == 13 and len(rows) == 5
    assert [list(row.values()) for row in register.as_json(entries(settings))] == [
        [cell or None if i in (5, 7) else cell for i, cell in enumerate(row)] for row in rows
    ]


def test_the_workbook_has_days_as_days_and_no_formula(settings: Settings) -> None:
    (entry, *_rest) = entries(settings)
    evil = Entry(**{name: getattr(entry, name) for name in register.HEADINGS} | {"name": '=HYPERLINK("http://x")'})
    sheet = openpyxl.load_workbook(io.BytesIO(register.as_xlsx([entry, evil], "Register"))).active
    assert sheet is not None
    assert (sheet.max_column, sheet.max_row, sheet.freeze_panes) == (13, 3, "A2")
    assert sheet["F2"].value.date() == entry.starts
    assert (sheet["D3"].value, sheet["D3"].data_type) == ('=HYPERLINK("http://x")', "s")
    assert b"\"'=HYPERLINK" in register.as_csv([evil])
