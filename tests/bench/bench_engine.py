"""How well and at what cost the engines read: `python tests/bench/bench_engine.py [ppocr] [tesseract] [FILE…]`.

Prints for each page CER, g4 (share of the truth's 4-sign strings within a line that are found) and CPU seconds, then the means. Pages come from
sample_scans/ with truth in tests/sample_truth/<file>.txt, and from SCANPIPE_CORPUS/scans; pages are parted by form feeds. White space and
dashes are folded; a truth that follows the order of a document's own text layer makes CER meaningless on tables and vertical pages.
"""

import os
import statistics
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from scanpipe.errors import ScanError  # noqa: E402
from scanpipe.recognition.pages import ReadingSettings, read_page  # noqa: E402

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ーｰ─－"), "-")


def folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


def cer(truth: str, read: str) -> float:
    """Edit distance by signs, over the truth's length."""
    signs = np.frombuffer(folded(truth).encode("utf-32-le"), np.uint32)
    row, place = np.arange(len(signs) + 1), np.arange(len(signs) + 1)
    for sign in np.frombuffer(folded(read).encode("utf-32-le"), np.uint32):
        fresh = np.append(row[0] + 1, np.minimum(row[:-1] + (signs != sign), row[1:] + 1))
        row = np.minimum.accumulate(fresh - place) + place
    return float(row[-1] / max(1, len(signs)))


def g4(truth: str, read: str) -> float:
    """Share of the 4-sign strings of the truth's lines that occur in what was read."""
    found = folded(read)
    grams = [line[at : at + 4] for line in map(folded, truth.splitlines()) for at in range(len(line) - 3)]
    return sum(gram in found for gram in grams) / len(grams) if grams else 1.0


def pages_with_truth() -> Iterator[tuple[Path, int, str]]:
    """(file, page number from 1, truth)."""
    corpus = Path(os.environ.get("SCANPIPE_CORPUS", ROOT.parent / "shared" / "corpus"))
    samples = ((scan, ROOT / "tests" / "sample_truth" / f"{scan.name}.txt") for scan in sorted((ROOT / "sample_scans").glob("*")))
    scans = ((scan, scan.with_suffix(".txt")) for scan in sorted((corpus / "scans").glob("*")) if scan.suffix in (".pdf", ".tif", ".jpg"))
    for scan, truth in (*samples, *scans):
        if truth.exists():
            for number, text in enumerate(truth.read_text(encoding="utf-8").split("\f"), start=1):
                yield scan, number, text


def measure(engine: str, wanted: list[str]) -> None:
    settings = ReadingSettings(engine=engine)
    rows: list[tuple[float, float, float]] = []
    for scan, number, truth in pages_with_truth():
        if (wanted and scan.name not in wanted) or not folded(truth):
            continue
        before = _cpu()
        try:
            page = read_page(scan, number, settings)
        except ScanError as error:
            print(f"{engine:10} {scan.name[:44]:44} {number:3}  {error}", flush=True)
            continue
        rows.append((cer(truth, page.text), g4(truth, page.text), _cpu() - before))
        print(f"{engine:10} {scan.name[:44]:44} {number:3}  CER {rows[-1][0]:.3f}  g4 {rows[-1][1]:.3f}  {rows[-1][2]:5.2f} s", flush=True)
    if rows:
        means = [statistics.mean(column) for column in zip(*rows, strict=True)]
        print(f"{engine:10} mean of {len(rows)} pages: CER {means[0]:.3f}  g4 {means[1]:.3f}  {means[2]:.2f} CPU s a page\n", flush=True)


def _cpu() -> float:
    """CPU seconds of this process and of the ones it waited for (tesseract)."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


if __name__ == "__main__":
    named = [word for word in sys.argv[1:] if word in ("ppocr", "tesseract")]
    for name in named or ["ppocr", "tesseract"]:
        measure(name, [word for word in sys.argv[1:] if word not in ("ppocr", "tesseract")])
