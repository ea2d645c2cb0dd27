"""Pages read by other machines: real schedulers and workers as processes on loopback, which are killed, stopped and started again."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cheap_pages
import pytest
from clusters import Cluster, cluster, free_port, kill, make_authority, wait_until

from scanpipe.cluster import ClusterAway, ClusterLanes, NoMachines
from scanpipe.cluster_machine import Tls
from scanpipe.core.model import Page
from scanpipe.core.scans.fairness import Turn
from scanpipe.errors import ScanError
from scanpipe.recognition import lane
from scanpipe.recognition.facts import Heading, ReadingSettings
from scanpipe.workers import LaneDied, LaneTimeout, Stopped

PAGES = 60
SAMPLES = Path(__file__).resolve().parents[2] / "sample_scans"


def turn(page: int = 1, department: str = "1101") -> Turn:
    return Turn(department=department, left=1, since=0.0, serial=1, page=page)


@contextmanager
def lanes_of(made: Cluster, *, away_seconds: float = 60.0) -> Iterator[ClusterLanes]:
    lanes = ClusterLanes(made.address, made.tls, away_seconds=away_seconds)
    try:
        yield lanes
    finally:
        lanes.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("two"), workers=2) as made:
        yield made


@pytest.fixture(scope="module")
def lanes(two: Cluster) -> Iterator[ClusterLanes]:
    with lanes_of(two) as made:
        made.submit(cheap_pages.line, Path(__file__), 1, timeout=60, turn=turn()).result(60)
        wait_until(lambda: made.width == 2)
        yield made


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "original"
    path.write_text("\n".join(f"page {n}" for n in range(1, PAGES + 1)), "utf-8")
    return path


def test_every_page_arrives_as_itself(lanes: ClusterLanes, scan: Path) -> None:
    pages = [lanes.submit(cheap_pages.line, scan, n, timeout=30, turn=turn(n)) for n in range(1, PAGES + 1)]
    assert [page.result(60) for page in pages] == [f"page {n}" for n in range(1, PAGES + 1)]


def test_what_a_page_writes_comes_back_with_it(lanes: ClusterLanes, scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert lanes.submit(cheap_pages.slow_line, scan, 7, out, timeout=30, turn=turn()).result(60) == "page 7"
    assert out.read_text("utf-8") == "read 7"


def test_a_scan_at_fault_is_told_as_here(lanes: ClusterLanes, scan: Path) -> None:
    with pytest.raises(ScanError, match="Page 3 of original is upside down"):
        lanes.submit(cheap_pages.refuse, scan, timeout=30, turn=turn()).result(60)


def test_a_page_that_hangs_is_ended_on_its_machine_and_the_lane_reads_on(lanes: ClusterLanes, scan: Path) -> None:
    hung = [lanes.submit(cheap_pages.hang, scan, timeout=0.5, turn=turn()) for _ in range(2)]
    assert {type(page.exception(60)) for page in hung} == {LaneTimeout}
    assert lanes.submit(cheap_pages.line, scan, 1, timeout=30, turn=turn()).result(60) == "page 1"


def test_a_page_that_ends_its_lane_costs_no_neighbour(lanes: ClusterLanes, scan: Path) -> None:
    ended = lanes.submit(cheap_pages.end, scan, timeout=30, turn=turn())
    neighbours = [lanes.submit(cheap_pages.line, scan, n, timeout=30, turn=turn(n)) for n in range(1, 6)]
    assert isinstance(ended.exception(60), LaneDied)
    assert [page.result(60) for page in neighbours] == [f"page {n}" for n in range(1, 6)]


def test_a_scan_lies_in_a_private_folder_and_goes_when_nothing_is_asked_of_it(lanes: ClusterLanes, two: Cluster, scan: Path) -> None:
    _lane, _worker, folder = lanes.submit(cheap_pages.where, scan, timeout=30, turn=turn()).result(60)
    assert Path(folder).is_relative_to(two.folder)
    assert Path(folder).stat().st_mode & 0o077 == 0
    lanes.rest()
    wait_until(lambda: not Path(folder).exists())


def test_no_more_is_handed_over_than_the_lanes_take_so_that_others_get_their_turn(lanes: ClusterLanes, scan: Path, tmp_path: Path) -> None:
    order: list[str] = []

    def submit(department: str, n: int) -> "Future[str]":
        page = lanes.submit(cheap_pages.slow_line, scan, 1, tmp_path / f"{department}-{n}", 0.1, timeout=30, turn=turn(n, department))
        page.add_done_callback(lambda _: order.append(department))
        return page

    batch = [submit("1101", n) for n in range(20)]
    batch[0].result(60)
    single = submit("1102", 1)
    for page in [*batch, single]:
        page.result(60)
    assert order.index("1102") <= 8


def test_one_real_page_is_read_there_and_its_access_copy_made(lanes: ClusterLanes, tmp_path: Path) -> None:
    original, settings = SAMPLES / "20250401085912_001.pdf", ReadingSettings()
    found = lanes.submit(lane.inspect, original, settings, timeout=60, turn=turn()).result(120)
    pages = tuple(lanes.submit(lane.read_page, original, n, settings, timeout=60, turn=turn()).result(120) for n in range(1, found.pages + 1))
    assert all(isinstance(page, Page) for page in pages)
    assert "住民異動届" in pages[0].text
    out = tmp_path / "access.pdf"
    heading = Heading(title="異動届", number="R7-1", created=datetime(2025, 4, 1, tzinfo=UTC), sha256="0" * 64, name=original.name)
    copy = lanes.submit(lane.assemble, original, found.media_type, pages, out, heading, timeout=60, turn=turn()).result(120)
    assert copy.pages == len(pages)
    assert out.read_bytes().startswith(b"%PDF")


def test_closing_ends_what_waits_and_runs(two: Cluster, scan: Path) -> None:
    with lanes_of(two) as own:
        pages = [own.submit(cheap_pages.hang, scan, timeout=3, turn=turn()) for _ in range(6)]
        wait_until(lambda: bool(own._flights))
        own.close()
        assert {type(page.exception(10)) for page in pages} == {Stopped}
        assert isinstance(own.submit(cheap_pages.line, scan, 1, timeout=1, turn=turn()).exception(10), Stopped)


def test_a_scheduler_that_is_not_there_is_told_with_its_address(tmp_path: Path, scan: Path) -> None:
    lanes = ClusterLanes(f"tcp://127.0.0.1:{free_port()}", Tls(), away_seconds=0.5)
    error = lanes.submit(cheap_pages.line, scan, 1, timeout=1, turn=turn()).exception(60)
    assert type(error) is ClusterAway
    assert lanes._address in str(error)
    lanes.close()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_one_of_three_machines_goes_in_the_middle_of_a_batch_and_every_page_arrives_once(tmp_path: Path, scan: Path, how: signal.Signals) -> None:
    arrived: Counter[int] = Counter()
    with cluster(tmp_path / "cluster", workers=3) as made, lanes_of(made) as lanes:
        wait_until(lambda: lanes.width == 3)
        pages: dict[int, Future[Any]] = {}
        for n in range(1, PAGES + 1):
            pages[n] = lanes.submit(cheap_pages.slow_line, scan, n, tmp_path / f"mark-{n}", timeout=60, turn=turn(n))
            pages[n].add_done_callback(lambda _, n=n: arrived.update([n]))
        wait_until(lambda: sum(arrived.values()) >= PAGES // 3)
        if how == signal.SIGKILL:
            kill(made.workers[0])
        else:
            made.workers[0].terminate()
        assert {n: page.result(120) for n, page in pages.items()} == {n: f"page {n}" for n in range(1, PAGES + 1)}
    assert set(arrived.values()) == {1}
    assert all((tmp_path / f"mark-{n}").read_text("utf-8") == f"read {n}" for n in range(1, PAGES + 1))


@pytest.mark.slow
def test_a_page_that_ends_machine_after_machine_is_given_up(tmp_path: Path, scan: Path) -> None:
    with cluster(tmp_path / "cluster", workers=1) as made, lanes_of(made) as lanes:
        error = lanes.submit(cheap_pages.end_the_machine, scan, timeout=60, turn=turn()).exception(180)
        assert isinstance(error, LaneDied)
        assert lanes.submit(cheap_pages.line, scan, 2, timeout=60, turn=turn()).result(60) == "page 2"


@pytest.mark.slow
def test_the_scheduler_goes_and_comes_back_and_reading_goes_on(tmp_path: Path, scan: Path) -> None:
    with cluster(tmp_path / "cluster", workers=1) as made, lanes_of(made) as lanes:
        page = lanes.submit(cheap_pages.slow_line, scan, 1, tmp_path / "mark", 20.0, timeout=60, turn=turn())
        wait_until(lambda: bool(lanes._flights))
        assert made.scheduler
        kill(made.scheduler)
        assert isinstance(page.exception(30), ClusterAway)
        wait_until(lambda: lanes._away is not None)
        assert isinstance(lanes.submit(cheap_pages.line, scan, 1, timeout=60, turn=turn()).exception(1), ClusterAway)
        made.start_scheduler()
        wait_until(lambda: lanes._away is None, 90)
        assert lanes.submit(cheap_pages.line, scan, 1, timeout=60, turn=turn()).result(60) == "page 1"


@pytest.mark.slow
def test_a_cluster_without_machines_is_away_until_one_comes(tmp_path: Path, scan: Path) -> None:
    with cluster(tmp_path / "cluster", workers=0) as made, lanes_of(made, away_seconds=1.0) as lanes:
        error = lanes.submit(cheap_pages.line, scan, 1, timeout=60, turn=turn()).exception(60)
        assert isinstance(error, ClusterAway)
        wait_until(lambda: type(lanes._away) is NoMachines)
        made.add_worker()
        wait_until(lambda: lanes._away is None)
        assert lanes.submit(cheap_pages.line, scan, 1, timeout=60, turn=turn()).result(60) == "page 1"


@pytest.mark.slow
def test_the_worker_process_and_its_lanes_end_with_the_nanny(tmp_path: Path, scan: Path) -> None:
    with cluster(tmp_path / "cluster", workers=1) as made, lanes_of(made) as lanes:
        pids = lanes.submit(cheap_pages.where, scan, timeout=60, turn=turn()).result(60)[:2]
        made.workers[0].kill()
        made.workers[0].wait()
        wait_until(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# TLS


@pytest.mark.slow
def test_scans_travel_encrypted_and_strangers_are_not_let_in(tmp_path: Path, scan: Path) -> None:
    own, foreign = make_authority(tmp_path / "own", "city"), make_authority(tmp_path / "foreign", "stranger")
    with cluster(tmp_path / "cluster", workers=1, protocol="tls", tls=own) as made:
        with lanes_of(made) as lanes:
            assert lanes.submit(cheap_pages.line, scan, 5, timeout=60, turn=turn()).result(60) == "page 5"
        for address, tls in ((made.address, foreign), (made.address.replace("tls", "tcp"), Tls())):
            stranger = ClusterLanes(address, tls, away_seconds=1.0)
            assert isinstance(stranger.submit(cheap_pages.line, scan, 5, timeout=60, turn=turn()).exception(60), ClusterAway)
            stranger.close()


def test_a_worker_refuses_an_unencrypted_scheduler_on_another_machine() -> None:
    command = [sys.executable, "-m", "scanpipe", "worker", "tcp://192.0.2.1:8786"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "LANG": "C.UTF-8"})
    assert ended.returncode == os.EX_USAGE
    assert "tcp://192.0.2.1:8786 is not encrypted" in ended.stderr
