"""The daemon that the benchmarks measure must be the real one: lanes shut in as ever, and what they spend told all the same."""

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("bench")))

pytestmark = pytest.mark.slow


def test_its_lanes_tell_what_each_page_cost(tmp_path: Path) -> None:
    from running import one_page_scans, running

    with running(tmp_path) as site:
        site.wait_of(one_page_scans(tmp_path / "scans", 1)[0])
        end = time.monotonic() + 60
        while not site.pages_read() and time.monotonic() < end:
            time.sleep(0.1)
        told = site.pages_read()
    assert len(told) == 1
    assert 0 < told[0]["inference"] < told[0]["page"]
