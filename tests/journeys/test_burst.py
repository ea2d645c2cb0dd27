"""A campaign's worth of files at once: all of them come into custody, each once, and the daemon stays small (reliability §6, test 10)."""

import os
from pathlib import Path

import pytest
from custody import GENERAL, lying, pdf, sha256, two_sections
from prepared_office import at_work

COUNT = 10_000 if os.environ.get("SCANPIPE_FULL") else 300
MOST_GROWTH = 100 << 20  # bytes that a burst adds to the process


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
def test_a_burst_of_files_is_all_in_custody_once_and_the_daemon_stays_small(quick_place: Path) -> None:
    """Ten thousand with SCANPIPE_FULL=1."""
    settings = two_sections(quick_place / "burst")
    inbox = settings.inbox(settings.department(GENERAL))
    wanted = set()
    for n in range(COUNT):
        data = pdf(f"一斉 {n}")
        wanted.add(sha256(data))
        (inbox / f"burst-{n:05}.pdf").write_bytes(data)
    with at_work(settings, 3600.0) as office:
        before = resident()
        office.until(lambda: not lying(settings))
        assert resident() - before < MOST_GROWTH
        rows = office.outcomes()
        assert len(rows) == COUNT and {row["sha256"] for row in rows} == wanted
        assert {row["outcome"] for row in rows} == {"accession"}
