"""How long a clerk waits, alone and behind somebody's large batch: python tests/bench/bench_wait.py [--times 3] [--batch 200]

A real daemon, lanes warm, the default configuration. One page is dropped and looked for until it is searchable; the quiet time is taken off. The engine alone
reads the same page just before. Then a file of 200 pages is dropped into one section, and while it is read single pages into another.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench_cost import alone, engine_of, seconds_of
from figures import Row, Target, show
from running import OTHER_SECTION, RunningSite, as_one_file, one_page, one_page_scans, running
from truth import SAMPLES

LETTER = SAMPLES / "20250612091502_001.pdf"  # its first page, a full one, is what waits
BATCH_BEGUN = 4  # pages of the batch that are read before a page is dropped behind it
FAIR = Target(most=3.0)


def rows(times: int = 3, batch: int = 200) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as temporary:
        folder = Path(temporary)
        letters = folder / "letters"
        letters.mkdir()
        varied = one_page_scans(folder / "varied", 2 * times)
        with alone() as core, running(folder) as site:
            engine = core.submit(engine_of, "auto").result()
            for _ in range(2):  # lanes warm, both have read
                site.wait_of(one_page(LETTER, 1, letters))
            yield _alone(site, core, engine, varied)
            idle = [site.wait_of(one_page(LETTER, 1, letters), OTHER_SECTION) for _ in range(times)]
            whole = as_one_file(one_page_scans(folder / "batch", batch), folder / "batch.pdf")
            behind = _behind(site, whole, [one_page(LETTER, 1, letters) for _ in range(times)], batch)
        yield _fairness(idle, behind, batch)


def _alone(site: RunningSite, core: ProcessPoolExecutor, engine: str, scans: Sequence[Path]) -> Row:
    """Each page by the engine alone, then dropped."""
    core.submit(seconds_of, "auto", scans[0], 1).result()
    pairs = [(core.submit(seconds_of, "auto", scan, 1).result()[0], site.wait_of(scan)) for scan in scans]
    alone_, wait = (statistics.mean(column) for column in zip(*pairs, strict=True))
    note = f"engine alone {alone_:.2f} s; {len(pairs)} pages; {engine}"
    details = {"engine_and_wait": [[round(a, 3), round(b, 3)] for a, b in pairs]}
    what = "clerk's wait, one page, idle (to reach: 1.3 x engine + 0.5 s)"
    return Row(what=what, figure=wait, unit="s", target=Target(most=1.3 * alone_ + 0.5), note=note, details=details)


def _behind(site: RunningSite, whole: Path, letters: Sequence[Path], batch: int) -> list[float]:
    """Waits of these pages, one after the other, while the batch is read."""
    read = len(site.pages_read())
    site.drop([whole])
    end = time.monotonic() + 600
    while len(site.pages_read()) < read + BATCH_BEGUN:
        if time.monotonic() > end:
            raise TimeoutError("the batch was not begun")
        time.sleep(0.2)
    waits = [site.wait_of(letter, OTHER_SECTION) for letter in letters]
    if (done := len(site.pages_read()) - read - len(letters)) >= batch:
        raise RuntimeError(f"the batch of {batch} pages was at its end before the last page was dropped ({done} read): take a larger one")
    return waits


def _fairness(idle: Sequence[float], behind: Sequence[float], batch: int) -> Row:
    before, then = statistics.median(idle), statistics.median(behind)
    seconds = {"idle": ", ".join(f"{wait:.2f}" for wait in idle), "behind": ", ".join(f"{wait:.2f}" for wait in behind)}
    note = f"idle {seconds['idle']} s, behind {seconds['behind']} s"
    details = {"idle": list(idle), "behind": list(behind)}
    return Row(what=f"fairness, 1 page behind {batch} of another section", figure=then / before, unit="x", target=FAIR, note=note, details=details)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--batch", type=int, default=200)
    chosen = options.parse_args()
    show(list(rows(chosen.times, chosen.batch)))


if __name__ == "__main__":
    main()
