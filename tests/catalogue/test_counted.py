"""Ledger B counted from its marks: as scanned, and by the device that its companion file names."""

from datetime import date
from pathlib import Path

from custody import GENERAL, TAX, two_sections
from kept_records import shelf

from scanpipe.catalogue.counted import INBOX, counted


def test_sheets_are_counted_by_the_device_that_a_companion_file_names_else_by_the_drop_folder(tmp_path: Path) -> None:
    with shelf(two_sections(tmp_path / "site")) as kept:
        day = date(2026, 2, 1)
        kept.record(GENERAL, "CORRESP", day, declared={"sidecar.devicename": "fi-8170 3階"})
        kept.record(TAX, "CORRESP", day, declared={"sidecar.model": "fi-8170", "sidecar.devicename": "fi-8170 3階"}, sides=3, blank_pages=1, pages=4)
        kept.record(TAX, "CORRESP", day)
        kept.record(TAX, "CORRESP", day, born_digital=True)  # counts nothing
        found = {row["device"]: row for row in counted(kept.catalogue.db, "device", 2026)}
        assert {name: row["digitised"] for name, row in found.items()} == {"fi-8170 3階": 4.0, f"{INBOX}{TAX}": 2.0}
        assert found["fi-8170 3階"]["raw"]["digitised"] == {"records": 2, "pages": 5, "blank_pages": 1, "sides": 5, "sheets": 4}
        assert found["fi-8170 3階"]["removed"] == 0.0 and set(found["fi-8170 3階"]["raw"]["removed"].values()) == {0}
        assert counted(kept.catalogue.db, "device", 2025) == [] and [row["month"] for row in counted(kept.catalogue.db, "month")] == ["2026-04"]
