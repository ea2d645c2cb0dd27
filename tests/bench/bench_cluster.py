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

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "cluster")]

import cheap_pages  # noqa: E402
from clusters import cluster, wait_until  # noqa: E402

from scanpipe.cluster import ClusterLanes  # noqa: E402
from scanpipe.core.fairness import Turn  # noqa: E402
from scanpipe.recognition import lane  # noqa: E402
from scanpipe.recognition.facts import ReadingSettings  # noqa: E402
from scanpipe.workers import LocalLanes, Workers  # noqa: E402

SCAN = ROOT / "sample_scans" / "20250401085912_001.pdf"
WARM_PAGES = 2  # for each lane


def seconds_for(lanes: Workers, count: int, function: Callable[..., Any], scan: Path, *args: object) -> float:
    """Wall seconds until all pages arrived."""
    began = time.perf_counter()
    turns = (Turn(department="1101", left=1, since=0.0, serial=1, page=n) for n in range(count))
    for page in [lanes.submit(function, scan, 1, *args, timeout=120, turn=turn) for turn in turns]:
        page.result(600)
    return time.perf_counter() - began


@contextmanager
def local(count: int) -> Iterator[Workers]:
    settings = ReadingSettings()
    lanes = LocalLanes(count, memory_mib=4096, idle_seconds=600, warm_up=lane.warm_up, warm_args=(settings.engine, settings.runtime))
    lanes.warm()
    try:
        yield lanes
    finally:
        lanes.close()


@contextmanager
def remote(count: int) -> Iterator[Workers]:
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as folder, cluster(Path(folder), workers=count) as made:
        lanes = ClusterLanes(made.address, made.tls)
        wait_until(lambda: lanes.width == count and bool(lanes._lanes))
        try:
            yield lanes
        finally:
            lanes.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=12)
    options.add_argument("--empty", type=int, default=200)
    chosen = options.parse_args()
    rates: dict[tuple[str, int], float] = {}
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as folder:
        text = Path(folder, "text")
        text.write_text("one line", "utf-8")
        print(f"{'':24}{'pages/s':>10}{'ms a page that costs nothing':>32}")
        for name, begin in (("lanes of this machine", local), ("worker processes", remote)):
            for count in (1, 2):
                with begin(count) as lanes:
                    seconds_for(lanes, WARM_PAGES * count, lane.read_page, SCAN, ReadingSettings())
                    rates[name, count] = chosen.pages / seconds_for(lanes, chosen.pages, lane.read_page, SCAN, ReadingSettings())
                    empty = seconds_for(lanes, chosen.empty, cheap_pages.line, text) / chosen.empty * 1000
                print(f"{count} {name:22}{rates[name, count]:10.2f}{empty:32.2f}", flush=True)
    for count in (1, 2):
        ratio = rates["worker processes", count] / rates["lanes of this machine", count]
        print(f"{count} worker processes read {ratio:.2f} times as fast as {count} lanes of this machine")
    print(f"2 worker processes read {rates['worker processes', 2] / rates['worker processes', 1]:.2f} times as fast as 1")


if __name__ == "__main__":
    main()
