"""The line against the bare engine, in one run: throughput, efficiency, the clerk's wait, memory, and ocrmypdf on the same pages.

Run: python tests/bench/bench_line.py [--pages 40]. Ratios are what counts: machines are noisy, so everything is measured side by side.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import pikepdf

from scanpipe.config import load
from scanpipe.upkeep.site import init

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_scans"
SECTION = "1202"
QUIET = 1.0

_ENGINE = """
import json, sys, time
from pathlib import Path
from scanpipe.core.structure import sniff
from scanpipe.recognition import engines
from scanpipe.recognition.rendering import render
engine = engines.engine("auto", "auto")
pages = [render(Path(p), sniff(Path(p).read_bytes()[:1024]), 1, dpi=300, max_pixels=200_000_000).grey for p in sys.argv[1:]]
engine.read(pages[0])
wall, cpu = time.perf_counter(), time.process_time()
for page in pages:
    engine.read(page)
print(json.dumps({"engine": engine.name, "wall": (time.perf_counter() - wall) / len(pages), "cpu": (time.process_time() - cpu) / len(pages)}))
"""


def single_pages(folder: Path, count: int) -> list[Path]:
    """One-page scans cut out of the sample scans, repeated with a mark in the file so that no two have the same bytes."""
    folder.mkdir(parents=True)
    entries = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["scan"]
    names = [e["file"] for e in entries if e["outcome"] == "filed" and e["file"].endswith(".pdf") and not e.get("born_digital")]
    sources = [(name, n) for name in names for n in range(len(pikepdf.open(SAMPLES / name).pages)) if n == 0]
    made = []
    for i in range(count):
        name, n = sources[i % len(sources)]
        with pikepdf.open(SAMPLES / name) as whole, pikepdf.new() as one:
            one.pages.append(whole.pages[n])
            one.docinfo["/Scan"] = str(i)
            made.append(folder / f"bench_{i:04d}.pdf")
            one.save(made[-1])
    return made


def bare_engine(pages: list[Path]) -> dict[str, float]:
    """Seconds a page of the engine alone, one process pinned to one core, one thread, images already decoded."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    out = subprocess.run(["taskset", "-c", "0", sys.executable, "-c", _ENGINE, *map(str, pages)], env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(out.stdout.splitlines()[-1]))


class RunningSite:
    """A site with its daemon, lanes warm."""

    def __init__(self, folder: Path) -> None:
        self.config = init(folder / "site")
        text = self.config.read_text("utf-8").replace("quiet_seconds = 5", f"quiet_seconds = {QUIET}", 1)
        self.config.write_text(text, "utf-8")
        self.settings = load(self.config)
        self.inbox = self.settings.inbox(SECTION)
        self.daemon = subprocess.Popen([sys.executable, "-m", "scanpipe", "--config", str(self.config), "run", "--no-web"], stderr=subprocess.DEVNULL)
        while not self.settings.layout.catalogue_db.exists():
            time.sleep(0.1)

    def status(self) -> dict[str, object]:
        out = subprocess.run([sys.executable, "-m", "scanpipe", "--config", str(self.config), "status", "--json"], capture_output=True, text=True, check=True)
        return dict(json.loads(out.stdout))

    def wait_for(self, records: int) -> float:
        """Moment (perf_counter) when so many records were searchable."""
        from scanpipe.catalogue.reader import CatalogueReader

        reader = CatalogueReader(self.settings.layout.catalogue_db)
        while reader._count("SELECT count(*) AS n FROM accession WHERE state IN ('indexed', 'accounted')") < records:
            time.sleep(0.02)
        reader.close()
        return time.perf_counter()

    def drop(self, pages: list[Path]) -> float:
        """Puts files into the drop folder under their names at once; returns the moment of the last."""
        for page in pages:
            staged = self.inbox / f".{page.name}.tmp"
            shutil.copyfile(page, staged)
            staged.rename(self.inbox / page.name)
        return time.perf_counter()

    def memory(self) -> tuple[float, list[float]]:
        """MB of the daemon and of each lane (PSS)."""
        tasks = Path(f"/proc/{self.daemon.pid}/task").iterdir()  # a child belongs to the thread that started it
        children = [pid for task in tasks for pid in (task / "children").read_text().split()]
        lanes = [size for pid in children if (size := pss(int(pid))) > 50]
        return pss(self.daemon.pid), lanes

    def stop(self) -> None:
        self.daemon.terminate()
        self.daemon.wait(60)


def pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def ocrmypdf(pages: list[Path], folder: Path, cores: int) -> float:
    """Wall seconds of `ocrmypdf -l jpn+eng --jobs N` on the same pages as one file."""
    whole = folder / "whole.pdf"
    with pikepdf.new() as pdf:
        for page in pages:
            with pikepdf.open(page) as one:
                pdf.pages.extend(one.pages)
        pdf.save(whole)
    began = time.perf_counter()
    command = [sys.executable, "-m", "ocrmypdf", "-q", "-l", "jpn+eng", "--jobs", str(cores), "--pdfa-backend", "internal", str(whole), str(folder / "out.pdf")]
    subprocess.run(command, check=True)
    return time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=40)
    options.add_argument("--skip-ocrmypdf", action="store_true")
    chosen = options.parse_args()
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as temporary:
        folder = Path(temporary)
        pages = single_pages(folder / "pages", chosen.pages + 6)
        batch, singles, first = pages[: chosen.pages], pages[chosen.pages : -1], pages[-1:]
        before = bare_engine(batch)
        site = RunningSite(folder)
        site.drop(first)
        site.wait_for(1)
        idle_daemon, _ = site.memory()
        began = site.drop(batch)
        wall = site.wait_for(1 + len(batch)) - began - QUIET
        busy_daemon, lanes = site.memory()
        waits = []
        for n, page in enumerate(singles):
            dropped = site.drop([page])
            waits.append(site.wait_for(2 + len(batch) + n) - dropped - QUIET)
        site.stop()
        after = bare_engine(batch)
        engine = (before["wall"] + after["wall"]) / 2
        wait = statistics.median(waits)
        print(f"bare engine ({before['engine']}), one core      {engine:6.2f} s a page  ({before['wall']:.2f} before, {after['wall']:.2f} after)")
        print(f"the line, {cores} cores, {len(batch)} one-page scans     {60 * len(batch) / wall:6.1f} pages a minute  ({wall:.1f} s)")
        print(f"efficiency = pages x engine / (wall x cores)   {len(batch) * engine / (wall * cores):6.2f}  (to reach: 0.75)")
        print(
            f"drop -> searchable, one page, idle, less quiet {wait:6.2f} s  = {wait / engine:.2f} x engine  (to reach: 2 x engine + 1 s = {2 * engine + 1:.2f} s)"
        )
        print(f"memory: daemon {idle_daemon:.0f} MB idle, {busy_daemon:.0f} MB filing (to reach: 300); lanes {', '.join(f'{size:.0f}' for size in lanes)} MB")
        if not chosen.skip_ocrmypdf:
            other = ocrmypdf(batch, folder, cores)
            print(f"ocrmypdf -l jpn+eng --jobs {cores}, same pages     {60 * len(batch) / other:6.1f} pages a minute; the line is {other / wall:.2f} x as fast")


if __name__ == "__main__":
    main()
