"""The whole daemon with its lanes and real scans: killed with -9 at points spread over its work and at random, its lanes too, started again, stopped in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from custody import GENERAL, TAX, assert_kept, deliver, lying, pdf, two_sections

from scanpipe.catalogue.reader import CatalogueReader, NoCatalogue
from scanpipe.config import Settings

KILLS = int(os.environ.get("SCANPIPE_KILLS") or (1000 if os.environ.get("SCANPIPE_FULL") else 12))
EACH = 1 if KILLS < 20 else 2  # scans that come between two kills
LONGEST_LIFE = 4.0  # seconds from a start to its kill, at most: the start itself, taking, reading, filing
SAMPLES = Path(__file__).parents[2] / "sample_scans"
BILL, LETTER = (TAX, "img-425123456-0001.pdf"), (GENERAL, "doc20250401123456.pdf")
DELIVERED = {key: (SAMPLES / key[1]).read_bytes() for key in (BILL, LETTER)}
WORDS = {BILL: "請求書", LETTER: "辞令"}
LONGEST = 240.0 + 15 * KILLS  # seconds that a busy machine may take to read two pages, or what so many kills left behind


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

    def works(self) -> bool:
        """It has begun to change the disk, or has ended."""
        return self.ended() or (self._tally.exists() and self.calls > 0)

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


def all_filed(settings: Settings, count: int = len(DELIVERED)) -> bool:
    try:
        reader = CatalogueReader(settings.layout.catalogue_db)
    except NoCatalogue:
        return False
    try:
        facts = reader.status()
        return bool(facts["records"] == count and not lying(settings))
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
def test_a_daemon_and_its_lanes_killed_at_random_while_scans_come_lose_nothing(tmp_path: Path) -> None:
    """A thousand times with SCANPIPE_FULL=1. Every third time it is a lane, and the daemon only after that."""
    settings, chance, delivered = two_sections(tmp_path / "site", engine="tesseract"), Random(7), dict[tuple[str, str], bytes]()
    lanes = 0
    for kill in range(KILLS):
        fresh = {((GENERAL, TAX)[n % 2], f"{kill:04}-{n}.pdf"): pdf(f"{kill} の {n}") for n in range(EACH)}
        started = Started(settings)
        if kill % 2:
            until(started.works)  # else it may be killed while it starts
        time.sleep(chance.uniform(0, LONGEST_LIFE / 2))
        deliver(settings, fresh)
        delivered |= fresh
        time.sleep(chance.uniform(0, LONGEST_LIFE / 2))
        if kill % 3 == 0:
            lanes += a_lane_killed(started, chance)
            time.sleep(chance.uniform(0, LONGEST_LIFE / 4))
        assert not started.ended(), "the daemon ended by itself"
        started.process.kill()
        started.process.wait()
    last = Started(settings)
    until(lambda: all_filed(settings, len(delivered)) or last.ended())
    assert last.stop() == 0
    assert lanes and len(delivered) == KILLS * EACH
    assert_kept(settings, delivered)


def a_lane_killed(started: Started, chance: Random) -> bool:
    """False where it, or the daemon, had ended by itself before."""
    lanes: list[int] = []

    def seen() -> bool:
        lanes[:] = children_of(started.process.pid)  # looked at once: a lane may be started anew between two looks
        return bool(lanes) or started.ended()

    until(seen)
    with suppress(ProcessLookupError):
        for lane in lanes and [chance.choice(lanes)]:
            os.kill(lane, signal.SIGKILL)
            return True
    return False


def children_of(process: int) -> list[int]:
    """Its lanes, and the one that looks after what they share."""
    try:
        return [int(child) for task in Path(f"/proc/{process}/task").iterdir() for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


@pytest.mark.slow
def test_of_two_daemons_one_works_and_the_other_says_so(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    started = [Started(settings) for _ in range(3)]
    until(lambda: sum(each.ended() for each in started) == 2)
    assert sorted(each.process.returncode for each in started if each.ended()) == [os.EX_TEMPFAIL] * 2
    assert [each.stop() for each in started if not each.ended()] == [0]
