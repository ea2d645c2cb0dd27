"""A scan with a companion file: taken together, its metadata kept, nothing of it left lying."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

from custody import GENERAL, pdf, two_sections

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.daemon import Daemon
from scanpipe.stages.intake import purge_taken

SAMPLE = Path(__file__).resolve().parents[1] / "sample_scans" / "進捗報告_20251020.pdf"


def test_a_scan_and_its_sidecar_are_taken_together(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    inbox = settings.inbox(GENERAL)
    (inbox / "scan.json").write_text(json.dumps({"件名": "備品購入の件", "枚数": 9, "category": "ACCOUNT", "path": "../../etc/passwd"}))
    (inbox / "scan.pdf").write_bytes(pdf("一", "二"))
    shutil.copy(SAMPLE, inbox / "plain.pdf")
    with Daemon(settings, incomplete_seconds=1, timetable=False) as daemon:
        while not daemon.settled():
            daemon.turn(0.05)
        reader = CatalogueReader(settings.layout.catalogue_db)
        record = next(reader.record(row["number"]) for row in reader.outcomes() if row["name"] == "scan.pdf")
        facts = reader.status()
        reader.close()
        assert (record["title"], record["category"]) == ("備品購入の件", "ACCOUNT")
        assert "sheet-count-differs" in record["flags"]
        assert (facts["deliveries"], facts["records"], facts["rejected"]) == (2, 2, 0)
        assert sorted(path.name for path in inbox.iterdir()) == [".scanpipe-share", "受付簿", "要確認"]
        taken = settings.taken_of(GENERAL)
        assert sorted(path.suffix for path in taken.iterdir()) == ["", "", ".json"]
        assert purge_taken(settings, daemon.catalogue, daemon.clock() + timedelta(days=8)) == 3
        assert not list(taken.iterdir())


def test_a_sidecar_without_a_scan_is_no_document(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    (settings.inbox(GENERAL) / "alone.xml").write_text("<x><title>t</title></x>")
    with Daemon(settings, incomplete_seconds=1, timetable=False) as daemon:
        while not daemon.settled():
            daemon.turn(0.05)
    assert (settings.inbox(GENERAL) / "要確認" / "alone.xml.理由.txt").exists()
