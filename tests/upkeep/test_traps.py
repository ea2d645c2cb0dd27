"""The traps of domain §5: ways in which offices count paper wrongly. Each has a test of its name here or is named with where it stands.

2 copier down, printers up: core/test_ledger_a (…where_purchases_rise). 3 stockpiling: core/test_ledger_a (stockpiling_in_march…). 4 moved device: core/test_ledger_a
(a_moved_device…, the_device_that_replaces…). 11 special years: core/test_ledger_a (special_months…).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX
from figured_office import DAY, YEAR, bring, fill, months, site_with
from kept_records import RECEIVED, Shelf, shelf

from scanpipe import config
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core import review
from scanpipe.core.campaign.figures import Figures
from scanpipe.core.campaign.paper_counts import PaperRow, Source, Terms, Unit, sheets_of
from scanpipe.core.model import Credit, Page
from scanpipe.core.sheets import SheetCount, count_sheets
from scanpipe.upkeep.campaign.figures import figures


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Shelf]:
    with shelf(site_with(tmp_path / "site")) as found:
        yield found


def seen(kept: Shelf, settings: Settings | None = None, today: date = DAY) -> Figures:
    reader = CatalogueReader(kept.settings.layout.catalogue_db)
    try:
        return figures(reader, settings or kept.settings, today, fiscal_year=YEAR)
    finally:
        reader.close()


def numbers(value: Any) -> Iterator[float]:
    """All numbers in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict | list):
            yield from numbers(one)
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield float(one)


def test_trap_1_ledgers_a_and_b_are_added_nowhere(kept: Shelf) -> None:
    fill(kept)
    for n in range(50):
        kept.record(GENERAL if n % 2 else TAX, "CORRESP", date(2026, 2, 1))
    found = seen(kept)
    everywhere = {round(one, 3) for one in numbers([found.body(), found.stats()])}
    for part in (found.city, *found.sections):
        for paper in (part.ledger_a.saved, part.ledger_a.current, part.ledger_a.base):
            for stored in (part.ledger_b.digitised, part.ledger_b.digitised + part.ledger_b.removed):
                assert paper is not None and stored > 0 and round(paper + stored, 3) not in everywhere


def test_trap_counters_count_sides_and_two_of_them_are_one_sheet() -> None:
    row = PaperRow(month="2026-04", department=GENERAL, source=Source.COUNTER, unit=Unit.SIDE, quantity=1_000.0, duplex=1.0)
    assert sheets_of(row, Terms(factors={"duplex_share": 0.0, "a3_sheets": 2.0}), None).count == 500.0


def test_trap_5_a_closed_year_stays_as_it_was_when_a_section_is_reorganised(kept: Shelf) -> None:
    fill(kept)
    before = seen(kept, today=date(2027, 3, 31))
    file = kept.settings.file.with_name("departments.toml")
    head, code, tail = file.read_text("utf-8").partition(f'code = "{TAX}"')
    file.write_text(f'{head}{code}\nvalid_to = 2027-03-31\nsuccessor = "{GENERAL}"{tail}', "utf-8")
    after = seen(kept, config.load(kept.settings.file), date(2027, 10, 1))
    assert [(one.code, one.ledger_a, one.ledger_b) for one in after.sections] == [(one.code, one.ledger_a, one.ledger_b) for one in before.sections]


def test_trap_6_the_same_paper_twice_counts_once(kept: Shelf) -> None:
    """The very same file is a duplicate and no record; a record that is counted again, corrected, takes its first count back."""
    kept.record(GENERAL, "CORRESP", date(2026, 2, 1))
    id = f"01J{1:023d}"
    fields = {"id": f"01J{2:023d}", "department": TAX, "name": "again.pdf", "sha256": f"{1:064x}", "bytes": 1, "received": RECEIVED.isoformat()}
    kept.catalogue.duplicate({**fields, "duplicate_of": id}, "key of the second")
    assert seen(kept).city.ledger_b.digitised == 2.0
    with kept.catalogue._writing():
        kept.catalogue._tally(Credit(accession_id=id, day=RECEIVED.date(), fiscal_year=2026, department=TAX, category="CORRESP", digitised=2.0))
    found = seen(kept)
    assert found.city.ledger_b.digitised == 2.0 and [one.ledger_b.digitised for one in found.sections] == [0.0, 2.0]


def test_trap_7_what_is_scanned_and_printed_again_saves_nothing(kept: Shelf) -> None:
    """A scan touches no figure of paper that was printed; the reprint is bought paper and lowers what was saved."""
    bring(kept, tuple((month, GENERAL, Unit.SHEET, 10_000.0) for month in months(2025, 2)))
    bring(kept, (("2026-04", GENERAL, Unit.SHEET, 8_000.0),))
    before = seen(kept).city.ledger_a
    kept.record(GENERAL, "CORRESP", date(2026, 2, 1))
    assert seen(kept).city.ledger_a == before and before.saved == 2_000.0
    bring(kept, (("2026-05", GENERAL, Unit.SHEET, 10_500.0),))
    assert seen(kept).city.ledger_a.saved == 1_500.0


def test_trap_8_covers_and_separator_sheets_of_the_campaign_itself_count_nothing(kept: Shelf) -> None:
    kept.record(GENERAL, "unclassified", date(2026, 2, 1), flags=(review.BATCH,))
    assert seen(kept).city.ledger_b.digitised == 0.0


def test_trap_9_images_are_no_sheets() -> None:
    """Two images of one sheet are one sheet, a blank back is none, and an A3 sheet is two A4 whatever its images."""

    def counted(signs: str, width: int = 1654) -> SheetCount:
        return count_sheets([Page(number=n, width=width, height=2339, dpi=200, blank=sign == "-") for n, sign in enumerate(signs, 1)], True)

    assert [(one.pages, one.sheets, one.a4_sheets) for one in (counted("xx"), counted("x-"), counted("xx", 3307))] == [(2, 1, 1.0), (2, 1, 1.0), (2, 1, 2.0)]


def test_trap_10_a_scan_is_no_saving_while_the_paper_stays(kept: Shelf) -> None:
    kept.record(GENERAL, "CORRESP", date(2026, 2, 1))
    found = seen(kept)
    assert (found.city.ledger_b.digitised, found.city.ledger_b.cleared, found.city.ledger_b.removed) == (2.0, 0.0, 0.0)
    assert found.city.ledger_a.saved is None


def test_trap_12_paper_that_an_outsourced_scan_printed_is_paper_bought(kept: Shelf) -> None:
    """Only what is bought or counted is ledger A: a contractor's scans come as records and its prints as rows."""
    bring(kept, (("2025-04", GENERAL, Unit.SHEET, 1_000.0), ("2026-04", GENERAL, Unit.SHEET, 900.0)))
    kept.record(GENERAL, "CORRESP", date(2026, 2, 1))
    assert seen(kept).city.ledger_a.saved == 100.0


def test_trap_13_what_was_born_digital_is_no_stored_paper(kept: Shelf) -> None:
    kept.record(GENERAL, "CORRESP", date(2026, 2, 1), born_digital=True)
    assert seen(kept).city.ledger_b.digitised == 0.0


def test_trap_14_a_small_section_has_no_rate(kept: Shelf) -> None:
    fill(kept)
    small = seen(kept).section(TAX)
    assert small is not None and small.ledger_a.rate is None and small.rate_hidden and small.ledger_a.saved == -180.0
    assert all(month.ledger_a.rate is None for month in small.months)
