"""Ledger B counted from its marks: as scanned, and by the device that its companion file names."""

from datetime import date
from pathlib import Path

from custody import GENERAL, TAX, two_sections
from kept_records import shelf

from scanpipe.catalogue.counted import INBOX, RAW, counted, sizes_of, together


def test_sheets_are_counted_by_the_device_that_a_companion_file_names_else_by_the_drop_folder(tmp_path: Path) -> None:
    with shelf(two_sections(tmp_path / "site")) as kept:
        day = date(2026, 2, 1)
        kept.record(GENERAL, "CORRESP", day, declared={"sidecar.devicename": "fi-8170 3階"})
        kept.record(TAX, "CORRESP", day, declared={"sidecar.model": "fi-8170", "sidecar.devicename": "fi-8170 3階"}, sides=3, blank_pages=1, pages=4)
        kept.record(TAX, "CORRESP", day)
        kept.record(TAX, "CORRESP", day, born_digital=True)  # counts nothing
        found = {row["device"]: row for row in counted(kept.catalogue.db, "device", 2026)}
        assert {name: row["digitised"] for name, row in found.items()} == {"fi-8170 3階": 4.0, f"{INBOX}{TAX}": 2.0}
        assert found["fi-8170 3階"]["raw"]["digitised"] == {"records": 2, "pages": 5, "blank_pages": 1, "sides": 5, "sheets": 4, "sizes": {"A4": 4}}
        assert found["fi-8170 3階"]["removed"] == 0.0 and found["fi-8170 3階"]["raw"]["removed"] == {**dict.fromkeys(RAW, 0), "sizes": {}}
        assert counted(kept.catalogue.db, "device", 2025) == [] and [row["month"] for row in counted(kept.catalogue.db, "month")] == ["2026-04"]


def test_sheets_are_counted_by_the_size_of_their_paper_as_scanned_and_by_section(tmp_path: Path) -> None:
    with shelf(two_sections(tmp_path / "site")) as kept:
        day = date(2026, 2, 1)
        kept.record(GENERAL, "CORRESP", day, sheets=3, sizes={"A3": 1, "A4": 2})
        kept.record(GENERAL, "CORRESP", day, sheets=2, sizes={"80x200": 1, "210x500": 1})
        kept.record(TAX, "CORRESP", day, sheets=2, sizes={"A4": 1, "B5": 1})
        kept.record(TAX, "CORRESP", day, sizes={})  # of an earlier version: its two sheets are of no known size
        by_section = {row["department"]: row["raw"]["digitised"] for row in counted(kept.catalogue.db, "department")}
        assert by_section[GENERAL]["sizes"] == {"A3": 1, "A4": 2, "other": 2} and by_section[TAX]["sizes"] == {"A4": 1, "B5": 1}
        assert by_section[TAX]["sheets"] == 4
        whole = together(by_section.values())
        assert (whole["sheets"], sizes_of(whole)) == (9, [("A3", 1), ("A4", 3), ("B5", 1), ("other", 2)])
        of_one = counted(kept.catalogue.db, "month", department=TAX, month="2026-04")
        assert [row["raw"]["digitised"]["records"] for row in of_one] == [2] and counted(kept.catalogue.db, "month", department=TAX, month="2026-03") == []
