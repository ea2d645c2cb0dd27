"""What a cluster gains and costs: python tests/bench/bench_cluster.py [--pages 12] [--empty 200]

Reads the same pages with 1 and 2 lanes of this machine and with 1 and 2 worker processes of a real Dask scheduler here, engines warm; then the overhead
per page, with pages that cost nothing. All in one run: machines are noisy, so only the ratios count.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from figures import Row, show
from truth import ROOT, SAMPLES

sys.path.insert(0, str(ROOT / "tests" / "cluster"))

import cheap_pages
from clusters import cluster, wait_until

from scanpipe.cluster import ClusterLanes
from scanpipe.core.scans.fairness import Turn
from scanpipe.recognition import lane, selftest
from scanpipe.recognition.facts import ReadingSettings
from scanpipe.workers import LocalLanes, Workers

SCAN = SAMPLES / "20250401085912_001.pdf"
WARM_PAGES = 2  # for each lane
COUNTS = (1, 2)


def seconds_for(lanes: Workers, count: int, function: Callable[..., Any], scan: Path, *args: object) -> float:
    """Wall seconds until all pages arrived."""
    began = time.perf_counter()
    turns = (Turn(department="1101", left=1, since=0.0, serial=1, page=n) for n in range(count))
    for page in [lanes.submit(function, scan, 1, *args, timeout=120, turn=turn) for turn in turns]:
        page.result(600)
    return time.perf_counter() - began


@contextmanager
def local(count: int, reading: ReadingSettings) -> Iterator[Workers]:
    lanes = LocalLanes(count, memory_mib=4096, idle_seconds=600, warm_up=lane.warm_up, warm_args=(reading.engine, reading.runtime))
    lanes.warm()
    try:
        yield lanes
    finally:
        lanes.close()


@contextmanager
def remote(count: int, reading: ReadingSettings) -> Iterator[Workers]:
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as folder, cluster(Path(folder), workers=count) as made:
        lanes = ClusterLanes(made.address, made.tls)
        wait_until(lambda: lanes.width == count and bool(lanes._lanes))
        try:
            yield lanes
        finally:
            lanes.close()


def rows(pages: int = 12, empty: int = 200) -> Iterator[Row]:
    """Pages a second, and ms of a page that costs nothing, by where and how many."""
    engine, runtime = selftest.chosen("ppocr", "auto")
    reading = ReadingSettings(engine=engine, runtime=runtime)
    rates: dict[tuple[str, int], float] = {}
    idle: dict[tuple[str, int], float] = {}
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as folder:
        text = Path(folder, "text")
        text.write_text("one line", "utf-8")
        for count in COUNTS:
            for name, begin in (("lanes", local), ("workers", remote)):
                with begin(count, reading) as lanes:
                    seconds_for(lanes, WARM_PAGES * count, lane.read_page, SCAN, reading)
                    rates[name, count] = pages / seconds_for(lanes, pages, lane.read_page, SCAN, reading)
                    idle[name, count] = seconds_for(lanes, empty, cheap_pages.line, text) / empty * 1000
    for count in COUNTS:
        what = f"Dask, {count} worker process{'es' * (count > 1)}, to {count} lane{'s' * (count > 1)} here"
        note = f"{rates['workers', count]:.2f} pages a second to {rates['lanes', count]:.2f}, {pages} pages"
        yield Row(what=what, figure=rates["workers", count] / rates["lanes", count], unit="x", note=note)
        yield Row(
            what=f"Dask, overhead a page, {count} worker process{'es' * (count > 1)}",
            figure=idle["workers", count],
            unit="ms",
            others={"lanes here": idle["lanes", count]},
        )
    yield Row(
        what="Dask, 2 worker processes to 1",
        figure=rates["workers", 2] / rates["workers", 1],
        unit="x",
        note=f"2 lanes to 1: {rates['lanes', 2] / rates['lanes', 1]:.2f} x",
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=12)
    options.add_argument("--empty", type=int, default=200)
    chosen = options.parse_args()
    show(list(rows(chosen.pages, chosen.empty)))


if __name__ == "__main__":
    main()
