"""The line at work: throughput against ocrmypdf, CPU beside inference, memory: python tests/bench/bench_line.py [--pages 24]

A real daemon with the default configuration gets the pages twice, as one file and as files of one page each; `ocrmypdf -l jpn+eng --jobs N` gets the one file.
Pages are those of the sample scans and of the corpus, images only. All in one run, one after the other, on all cores.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench_cost import alone, engine_of, precision
from figures import Row, Target, cores, cpu, show
from readings import ocrmypdf
from running import RunningSite, as_one_file, one_page_scans, running

FASTER = {"f32": Target(least=2.5)}
MUCH_FASTER = Target(least=5.0)  # fewer bits
BESIDE, IDLE, LANE = Target(most=0.15), Target(most=0.35), Target(most=0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What reading a batch took. wall: seconds until all was searchable, less the quiet time. CPU seconds: inference, all else inside read_page, all else in
    lanes, the daemon's own."""

    pages: int
    wall: float
    inference: float
    page: float
    lanes: float
    daemon: float

    @property
    def per_minute(self) -> float:
        return 60 * self.pages / self.wall

    @property
    def beside(self) -> float:
        """CPU beyond inference, as a share of inference."""
        return (self.page + self.lanes + self.daemon) / self.inference


def work(site: RunningSite, scans: Sequence[Path], pages: int) -> Work:
    """Drops the scans and measures until all are searchable and counted. The lanes are warm."""
    read, before = len(site.pages_read()), site.cpu()
    began = site.drop(scans)
    wall = site.searchable([scan.name for scan in scans]) - began - site.quiet
    time.sleep(1.0)  # what is left to account
    told, after = site.pages_read()[read:], site.cpu()
    if len(told) != pages:
        raise RuntimeError(f"{len(told)} pages were read instead of {pages}: a lane was lost")
    spent = {pid: seconds - before.get(pid, 0.0) for pid, seconds in after.items()}
    daemon = spent.pop(site.daemon.pid)
    inference, page = (sum(one[key] for one in told) for key in ("inference", "page"))
    return Work(pages=pages, wall=wall, inference=inference, page=page - inference, lanes=sum(spent.values()) - page, daemon=daemon)


@dataclass(slots=True)
class Memory:
    """MB. idle: all processes before any scan. most: the highest sum while filing. lane: the largest lane at that moment."""

    idle: float = 0.0
    most: float = 0.0
    by_process: Mapping[int, float] = field(default_factory=dict)


@contextmanager
def watched(site: RunningSite, memory: Memory) -> Iterator[None]:
    """Looks at the memory of all processes once a second."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(1.0):
            sizes = site.memory()
            if sum(sizes.values()) > memory.most:
                memory.most, memory.by_process = sum(sizes.values()), sizes

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def rows(pages: int = 24) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as temporary:
        folder, memory = Path(temporary), Memory()
        scans, (first, *_) = one_page_scans(folder / "pages", pages), one_page_scans(folder / "first", 1)
        whole = as_one_file(scans, folder / "whole.pdf")
        with alone() as core:
            engine = core.submit(engine_of, "auto").result()
        with running(folder) as site:
            memory.idle = sum(site.memory().values())
            cold = site.wait_of(first)
            warming = one_page_scans(folder / "warming", 2 * cores())
            site.drop(warming)
            site.searchable([scan.name for scan in warming])
            one_file = work(site, [whole], pages)
            with watched(site, memory):
                single = work(site, scans, pages)
            daemon_pid = site.daemon.pid
        began = time.perf_counter()
        with cpu() as spent:
            ocrmypdf(whole, folder / "out.pdf", cores())
        theirs = time.perf_counter() - began
    yield from _throughput(engine, {"one file": one_file, "one-page files": single}, pages, theirs, spent.seconds)
    yield from _beside({"one file": one_file, "one-page files": single})
    yield from _memory(memory, daemon_pid)
    yield Row(what="first scan after the start, drop -> searchable less quiet", figure=cold, unit="s", note="lanes start in the quiet time")


def _throughput(engine: str, done: Mapping[str, Work], pages: int, theirs: float, their_cpu: float) -> Iterator[Row]:
    target = FASTER.get(precision(engine), MUCH_FASTER)
    for name, ours in done.items():
        note = f"{ours.per_minute:.1f} pages a minute to {60 * pages / theirs:.1f}, {pages} pages, {cores()} cores, {engine}"
        details = {"pages_a_minute": ours.per_minute, "ocrmypdf_pages_a_minute": 60 * pages / theirs, "ocrmypdf_cpu_seconds_a_page": their_cpu / pages}
        yield Row(
            what=f"throughput, {name}, to ocrmypdf", figure=theirs / ours.wall, unit="x", target=target, others={"ocrmypdf": 1.0}, note=note, details=details
        )


def _beside(done: Mapping[str, Work]) -> Iterator[Row]:
    for name, ours in done.items():
        parts = {"page": ours.page, "other work in lanes": ours.lanes, "daemon": ours.daemon}
        note = f"inference {ours.inference / ours.pages:.2f} CPU s a page; " + ", ".join(
            f"{part} {spent / ours.inference * 100:.1f} %" for part, spent in parts.items()
        )
        details = {"inference": ours.inference, **parts, "pages": ours.pages}
        yield Row(what=f"CPU beyond inference, {name}", figure=ours.beside, unit="%", target=BESIDE, note=note, details=details)


def _memory(memory: Memory, daemon: int) -> Iterator[Row]:
    lane = (memory.most - memory.idle) / cores() / 1024
    sizes = sorted((size for pid, size in memory.by_process.items() if pid != daemon), reverse=True)
    yield Row(what="memory idle, all processes (PSS)", figure=memory.idle / 1024, unit="GB", target=IDLE)
    note = f"daemon {memory.by_process.get(daemon, 0):.0f} MB, others {', '.join(f'{size:.0f}' for size in sizes)} MB"
    yield Row(what="memory filing, more than idle, by lane", figure=lane, unit="GB", target=LANE, note=note)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=24)
    show(list(rows(options.parse_args().pages)))


if __name__ == "__main__":
    main()
