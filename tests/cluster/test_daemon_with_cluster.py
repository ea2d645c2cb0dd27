"""The whole line with reading on other machines: without them it waits and says so, with them it goes on."""

from pathlib import Path
from typing import Any

import pytest
from clusters import Cluster
from sites import QUICK, make_site

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.daemon import Daemon

SAMPLES = Path(__file__).resolve().parents[2] / "sample_scans"
TURNS = 600

pytestmark = pytest.mark.slow


def status(settings: Settings) -> dict[str, Any]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return reader.status()
    finally:
        reader.close()


def test_reading_waits_for_the_cluster_says_so_and_goes_on_by_itself(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "cluster")
    settings = make_site(tmp_path / "site", **QUICK, scheduler=cluster.address)
    section = settings.departments[0]
    scan = SAMPLES / "20250401085912_001.pdf"
    with Daemon(settings, timetable=False) as daemon:
        (settings.inbox(section) / scan.name).write_bytes(scan.read_bytes())
        for _ in range(TURNS):
            daemon.turn(0.1)
            if status(settings)["paused"]:
                break
        (paused,) = status(settings)["paused"]
        assert paused["stage"] == "recognise"
        assert cluster.address in str(paused)
        try:
            cluster.start_scheduler()
            cluster.add_worker()
            for _ in range(TURNS):
                daemon.turn(0.2)
                if daemon.settled():
                    break
        finally:
            cluster.stop()
        assert daemon.settled()
        facts = status(settings)
    assert facts["paused"] == []
    assert facts["waiting"] == 0
    assert "住民異動届" in next(settings.layout.vault.rglob("text.json")).read_text("utf-8")
