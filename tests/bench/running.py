"""A site with its daemon at work, and scans of one page to drop."""

import itertools
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import figures
import img2pdf  # type: ignore[import-untyped]
import pikepdf
from truth import CORPUS, ROOT, SAMPLES, known_pages

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import load
from scanpipe.upkeep.machine.site import init

SECTION, OTHER_SECTION = "1202", "1105"
_DAEMON = Path(__file__).with_name("probed_daemon.py")
_serial = itertools.count(1)


def one_page_scans(folder: Path, count: int) -> list[Path]:
    """PDF of one scanned page each: pages of the sample scans and of the corpus, turn about, as many as there are; then again under another digest."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {real: [(page.scan, page.number) for page in known_pages() if (page.scan.parent != SAMPLES) == real] for real in (False, True)}
    sources = [
        page for pair in itertools.zip_longest(_spread(pages[False], max(1, count // 2)), _spread(pages[True], max(1, count // 2))) for page in pair if page
    ]
    sources = sources if len(sources) >= count or CORPUS.exists() else pages[False]
    return [one_page(scan, number, folder) for scan, number in itertools.islice(itertools.cycle(sources), count)]


def _spread(pages: Sequence[tuple[Path, int]], count: int) -> list[tuple[Path, int]]:
    return [pages[n * len(pages) // count] for n in range(min(count, len(pages)))]


def one_page(scan: Path, number: int, folder: Path) -> Path:
    """The page as a PDF of its own; no two calls give the same bytes."""
    path = folder / f"bench_{next(_serial):04d}.pdf"
    with pikepdf.open(as_pdf(scan, folder)) as whole, pikepdf.new() as one:
        one.pages.append(whole.pages[number - 1])
        one.docinfo["/Scan"] = path.name
        one.save(path)
    return path


def as_pdf(scan: Path, folder: Path) -> Path:
    """The scan itself, or its images wrapped into a PDF as they are."""
    if scan.suffix == ".pdf":
        return scan
    wrapped = folder / f"{scan.stem}.whole.pdf"
    if not wrapped.exists():
        wrapped.write_bytes(img2pdf.convert(str(scan), rotation=img2pdf.Rotation.ifvalid))
    return wrapped


def as_one_file(pages: Sequence[Path], path: Path) -> Path:
    """One PDF of all these PDFs' pages."""
    with pikepdf.new() as whole:
        for page in pages:
            with pikepdf.open(page) as one:
                whole.pages.extend(one.pages)
        whole.docinfo["/Scan"] = path.name
        whole.save(path)
    return path


class RunningSite:
    """A new city with the default configuration and its daemon, which tells what its lanes spend (probed_daemon.py)."""

    def __init__(self, folder: Path) -> None:
        self.config = init(folder / "site")
        self._set("minimum_free_gib", "0")
        self.settings = load(self.config)
        self.quiet: float = self.settings.intake.quiet_seconds
        self._log = folder / "lanes"
        self._log.mkdir()
        self._dropped = 0
        words = ["--config", str(self.config), "run", *([] if (ROOT / "scanpipe" / "web").is_dir() else ["--no-web"])]
        with (folder / "daemon.log").open("wb") as log:
            self.daemon = subprocess.Popen([sys.executable, str(_DAEMON), str(self._log), *words], stdout=log, stderr=log)
        while not self.settings.layout.catalogue_db.exists():
            self._alive()
            time.sleep(0.1)
        self._settle()
        self._reader = CatalogueReader(self.settings.layout.catalogue_db)

    def _settle(self) -> None:
        """Waits until the start is over: runtimes are tried in child processes."""
        before = -1.0
        while (now := sum(self.cpu().values())) - before > 0.05:
            before = now
            time.sleep(2.0)

    def _set(self, key: str, value: str) -> None:
        text, count = re.subn(rf"(?m)^{key} = \S+", f"{key} = {value}", self.config.read_text("utf-8"), count=1)
        if not count:
            raise KeyError(key)
        self.config.write_text(text, "utf-8")

    def drop(self, scans: Sequence[Path], section: str = SECTION) -> float:
        """Puts files into the drop folder under their names at once; returns the moment of the last (perf_counter)."""
        inbox = self.settings.inbox(section)
        for scan in scans:
            staged = inbox / f".{scan.name}.tmp"
            shutil.copyfile(scan, staged)
            staged.rename(inbox / scan.name)
        return time.perf_counter()

    def searchable(self, names: Sequence[str], seconds: float = 1800) -> float:
        """Waits; the moment (perf_counter) at which all of these were found by a search. Raises TimeoutError, RuntimeError if the daemon ended."""
        missing, end = set(names), time.perf_counter() + seconds
        while True:
            missing -= {row["name"] for row in self._reader.outcomes() if row["outcome"] != "accession" or row["state"] in ("indexed", "accounted")}
            if not missing:
                return time.perf_counter()
            self._alive()
            if time.perf_counter() > end:
                raise TimeoutError(f"{len(missing)} scans were not searchable after {seconds:.0f} s")
            time.sleep(0.02 if len(names) == 1 else 0.1)

    def wait_of(self, scan: Path, section: str = SECTION) -> float:
        """Seconds from the drop of one file until it is searchable, less the quiet time."""
        dropped = self.drop([scan], section)
        return self.searchable([scan.name]) - dropped - self.quiet

    def pages_read(self) -> list[dict[str, float]]:
        """What the lanes told so far, a page each in order of time: `inference` and `page`, CPU seconds, `lane`, `at`."""
        told = [json.loads(line) for file in self._log.iterdir() for line in file.read_text("utf-8").splitlines()]
        return sorted(told, key=lambda one: one["at"])

    def cpu(self) -> dict[int, float]:
        """CPU seconds so far by process."""
        return figures.cpu_of_tree(self.daemon.pid)

    def memory(self) -> dict[int, float]:
        """MB by process."""
        return {process.pid: figures.pss(process.pid) for process in figures.tree(self.daemon.pid)}

    def stop(self) -> None:
        self._reader.close()
        self.daemon.terminate()
        try:
            self.daemon.wait(60)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()

    def _alive(self) -> None:
        if self.daemon.poll() is not None:
            raise RuntimeError(
                f"the daemon ended with {self.daemon.returncode}: {self.config.parent.parent.with_name('daemon.log').read_text('utf-8')[-2000:]}"
            )


@contextmanager
def running(folder: Path) -> Iterator[RunningSite]:
    site = RunningSite(folder)
    try:
        yield site
    finally:
        site.stop()
