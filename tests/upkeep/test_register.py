"""Binders and their register, as rows, CSV and a workbook."""

import csv
import dataclasses
import io
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import RECEIVED, shelf

from scanpipe import config
from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Wish
from scanpipe.config import Settings
from scanpipe.core.binders import volumes
from scanpipe.i18n import speaking
from scanpipe.upkeep.deciding.decisions import correct
from scanpipe.upkeep.disposal import register
from scanpipe.upkeep.disposal.register import Entry

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
        return register.binders(reader, settings.binders.volume_sheets, **filters)
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


def test_what_only_proves_a_delivery_waits_for_no_category(tmp_path: Path) -> None:
    site = two_sections(tmp_path / "proofs", language="en")
    with shelf(site) as kept:
        kept.record(GENERAL, "unclassified", date(2026, 2, 1))
        kept.record(GENERAL, "unclassified", date(2026, 2, 1), flags=("batch",))
    assert binders(site)["loose"] == 1


def test_the_register_states_period_place_and_keeper_of_each_binder(settings: Settings) -> None:
    rows = {one.remarks.split(" / ")[0]: one for one in entries(settings)}
    assert rows["2025-0101-CORRESP"] == Entry(
        created="2025, fiscal year", class_1="総務", class_2="文書", name="往復文書", author="総務課長", starts=date(2026, 4, 1), period="kept 4 years",
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


def test_a_thick_binder_has_a_line_for_each_volume(settings: Settings) -> None:
    thin = divided(settings, 3)  # each record has two sheets
    rows = [one for one in entries(thin, 2025) if one.remarks.startswith("2025-0101-CORRESP")]
    assert [(one.name, one.remarks.split(" / ")[:2]) for one in rows] == [
        ("往復文書 (1/2)", ["2025-0101-CORRESP/1", "1 records, 2 sheets"]),
        ("往復文書 (2/2)", ["2025-0101-CORRESP/2", "1 records, 2 sheets"]),
    ]
    assert [(one.starts, one.expires, one.period) for one in rows] == [(date(2026, 4, 1), date(2030, 3, 31), "kept 4 years")] * 2  # as the whole binder
    listed = {one["id"]: one["volumes"] for one in binders(thin)["binders"]}
    assert listed["2025-0101-CORRESP"] == [{"records": 1, "sheets": 2}] * 2
    assert listed["2025-0101-CONTRACT"] == [{"records": 1, "sheets": 2}]


def test_a_record_that_gets_its_category_later_opens_the_last_volume_and_moves_none(tmp_path: Path) -> None:
    thin = divided(two_sections(tmp_path / "site"), 4)
    with shelf(thin) as kept:
        early = kept.record(GENERAL, "unclassified", date(2025, 6, 2))
        late = [kept.record(GENERAL, "REG", date(2025, month, 1)) for month in (7, 8, 9)]
        before = volume_of(thin, "REG")
        correct(Wish(id="01J", at=RECEIVED, who="佐藤", verb="correct", wants={"numbers": [early], "changes": {"category": "REG"}}), kept.catalogue, thin)
    assert before == {late[0]: 1, late[1]: 1, late[2]: 2}
    assert volume_of(thin, "REG") == {**before, early: 2}


def test_records_are_kept_by_the_section_that_answers_today(settings: Settings) -> None:
    sections = settings.file.with_name("departments.toml")
    chain = {"0101": ("総務課", "0103", "2026-03-31"), "0103": ("税務課", "0105", "2026-10-31"), "0105": ("総務税務課", None, None)}
    written = [
        f'[[department]]\ncode = "{code}"\nname = "{name}"\n' + (f'successor = "{successor}"\nvalid_to = {until}\n' if successor else "")
        for code, (name, successor, until) in chain.items()
    ]
    sections.write_text("\n".join(written), "utf-8")
    (settings.layout.shares / "0105_総務税務課").mkdir()
    found = {one.remarks.split(" / ")[0]: one for one in entries(config.load(settings.file))}
    assert {(one.author, one.keeper) for id, one in found.items() if "-0101-" in id} == {("総務課長", "総務税務課長")}
    assert "総務税務課" in found["2025-0101-CORRESP"].place


def divided(settings: Settings, most: int) -> Settings:
    return dataclasses.replace(settings, binders=config.Binders(volume_sheets=most))


def volume_of(settings: Settings, category: str) -> dict[str, int]:
    """The volume of each record of this category, in one binder."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        rows = [row for row in reader.db.conn.execute(SQL["binder_members"], {"year": None}) if row["category"] == category]
    finally:
        reader.close()
    return dict(zip((row["number"] for row in rows), volumes([row["sheets"] for row in rows], settings.binders.volume_sheets), strict=True))


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
