"""The whole daemon with its lanes and real scans: killed with -9 at points spread over its work, started again, stopped in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from custody import GENERAL, TAX, assert_kept, deliver, lying, two_sections

from scanpipe.catalogue.reader import CatalogueReader, NoCatalogue
from scanpipe.config import Settings

SAMPLES = Path(__file__).parents[2] / "sample_scans"
BILL, LETTER = (TAX, "img-425123456-0001.pdf"), (GENERAL, "doc20250401123456.pdf")
DELIVERED = {key: (SAMPLES / key[1]).read_bytes() for key in (BILL, LETTER)}
WORDS = {BILL: "請求書", LETTER: "辞令"}
LONGEST = 240.0  # seconds that a busy machine may take to read two pages


class Started:
    """`scanpipe run` on a site, as a process of its own."""

    def __init__(self, settings: Settings, kill_at: int = 0) -> None:
        self._tally = settings.file.parents[1] / f"calls-{time.monotonic_ns()}"
        environment = {**os.environ, "SCANPIPE_KILL_AT": str(kill_at), "SCANPIPE_CALLS": str(self._tally)}
        command = [sys.executable, str(Path(__file__).with_name("killed_daemon.py")), "--config", str(settings.file), "run", "--no-web"]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    @property
    def calls(self) -> int:
        return self._tally.stat().st_size

    def ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < deadline, "it does not come to an end"
        time.sleep(0.1)


def all_filed(settings: Settings) -> bool:
    try:
        reader = CatalogueReader(settings.layout.catalogue_db)
    except NoCatalogue:
        return False
    try:
        facts = reader.status()
        return bool(facts["records"] == len(DELIVERED) and not lying(settings))
    finally:
        reader.close()


def kill_and_start_again(settings: Settings, at: int) -> None:
    deliver(settings, DELIVERED)
    first = Started(settings, at)
    until(lambda: first.ended() or all_filed(settings))
    assert first.process.returncode == -signal.SIGKILL
    again = Started(settings)
    until(lambda: all_filed(settings) or again.ended())
    assert again.stop() == 0
    assert_kept(settings, DELIVERED, WORDS)
    assert_receipts_tell(settings)


def assert_receipts_tell(settings: Settings) -> None:
    """The clerks' lists of the day have the number and the place of each scan, also where the kill came between filing and list."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    for row in reader.outcomes():
        pages = [page.read_text("utf-8") for page in (settings.inbox(row["department"]) / "受付簿").glob("*.html")]
        path = reader.record(row["number"])["path"]
        where = path.split("/")[1] if path else "閲覧制限"
        assert any(row["number"] in page and where in page for page in pages), pages
    reader.close()


@pytest.mark.parametrize("at", [45, pytest.param(130, marks=pytest.mark.slow)])
def test_the_daemon_killed_while_it_takes_or_files_loses_nothing(tmp_path: Path, at: int) -> None:
    kill_and_start_again(two_sections(tmp_path / "site"), at)


@pytest.mark.slow
def test_the_daemon_killed_at_ten_points_of_its_work_loses_nothing(tmp_path: Path) -> None:
    whole = two_sections(tmp_path / "whole")
    deliver(whole, DELIVERED)
    undisturbed = Started(whole)
    until(lambda: all_filed(whole))
    calls = undisturbed.calls
    assert undisturbed.stop() == 0
    for tenth in range(10):
        kill_and_start_again(two_sections(tmp_path / f"site{tenth}"), 1 + tenth * (calls - 1) // 10)


@pytest.mark.slow
def test_of_two_daemons_one_works_and_the_other_says_so(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    started = [Started(settings) for _ in range(3)]
    until(lambda: sum(each.ended() for each in started) == 2)
    assert sorted(each.process.returncode for each in started if each.ended()) == [os.EX_TEMPFAIL] * 2
    assert [each.stop() for each in started if not each.ended()] == [0]
