"""How well and at what cost the engines read: `python tests/bench/bench_engine.py [ppocr] [tesseract] [bare] [FILE…]`.

Prints for each page CER, g4 (share of the truth's 4-sign strings within a line that are found) and CPU seconds, then the means by kind of page.
ppocr and tesseract are our engines with our reading order; bare is the program tesseract by itself, which is also what ocrmypdf writes. Pages come from
sample_scans/ with truth in tests/sample_truth/<file>.txt, and from SCANPIPE_CORPUS/scans; pages are parted by form feeds. White space and
dashes are folded; a truth that follows the order of a document's own text layer makes CER meaningless on tables and vertical pages.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from scanpipe.core.structure import HEAD, sniff  # noqa: E402
from scanpipe.errors import ScanError  # noqa: E402
from scanpipe.recognition import engines  # noqa: E402
from scanpipe.recognition.pages import ReadingSettings, read_page  # noqa: E402
from scanpipe.recognition.rendering import render  # noqa: E402

ENGINES = ("ppocr", "tesseract", "bare")
Row = tuple[float, float, float]  # CER, g4, CPU seconds
KINDS = {  # beginnings of file names: what stands out on their pages
    "plain": ("20250612091502", "20250902163010", "20250924151207", "20251202083355", "SKM_C25825080817251", "government-report", "ministry-notice", "metropolitan", "prefecture-press"),
    "small print": ("SKM_C25825041510220", "KM4850_0082", "prefecture-table"),
    "table": ("SKM_C25825052109301", "SKM_C25825102815440", "doc20251002093011", "prefecture-table"),
    "form": ("20250401085912", "20250703094410", "20250710140233", "20250905101520", "20251120101233", "ministry-application"),
    "seal": ("20250618160044", "SKM_C25825040112345", "SKM_C25825052109301", "img-425123456"),
    "columns": ("SKM_C25826021013050", "municipal-magazine"),
    "vertical": ("doc20250401123456", "昭和62年", "municipal-magazine"),
    "fax": ("FAX", "name0001"),
}  # fmt: skip

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


def kinds_of(scan: Path, dpi: float) -> Iterator[str]:
    """The rows of the table that a page counts in; it may be several."""
    yield from (kind for kind, names in KINDS.items() if scan.name.startswith(names))
    if dpi <= 210:
        yield "200 dpi"
    if scan.parent.name == "scans":
        yield "real"


def read(engine: str, scan: Path, number: int) -> tuple[str, float]:
    """(text, dpi). "bare": what the program tesseract says, as ocrmypdf -l jpn+eng would have it."""
    if engine != "bare":
        page = read_page(scan, number, ReadingSettings(engine=engine, runtime="auto"))
        return page.text, page.dpi
    image = render(scan, sniff(scan.read_bytes()[:HEAD]) or "", number, dpi=300, max_pixels=ReadingSettings().max_pixels)
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Image.fromarray(image.grey).save(file.name, dpi=(image.dpi, image.dpi))
        command = ["tesseract", file.name, "-", "-l", "jpn+eng"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
    return done.stdout, image.dpi


def measure(engine: str, wanted: list[str]) -> dict[str, list[Row]]:
    """Every page read by one engine: figures by kind of page, "all" among them."""
    table: dict[str, list[Row]] = defaultdict(list)
    if engine != "bare":
        engines.engine(engine, "auto").read(np.full((64, 64), 255, np.uint8))  # chosen and loaded before any page is timed
    for scan, number, truth in pages_with_truth():
        if (wanted and scan.name not in wanted) or not folded(truth):
            continue
        before = _cpu()
        try:
            text, dpi = read(engine, scan, number)
        except ScanError as error:
            print(f"{engine:10} {scan.name[:44]:44} {number:3}  {error}", flush=True)
            continue
        row = cer(truth, text), g4(truth, text), _cpu() - before
        print(f"{engine:10} {scan.name[:44]:44} {number:3}  CER {row[0]:.3f}  g4 {row[1]:.3f}  {row[2]:5.2f} s", flush=True)
        for kind in (*kinds_of(scan, dpi), "all"):
            table[kind].append(row)
    return table


def show(tables: dict[str, dict[str, list[Row]]]) -> None:
    """Means by kind, the engines side by side; CPU seconds a page also as a multiple of the last engine's."""
    last = list(tables)[-1]
    print("kind         pages" + "".join(f"   {engine:>10}: CER     g4   CPU s  ratio" for engine in tables))
    for kind in (*KINDS, "200 dpi", "real", "all"):
        means = {engine: [statistics.mean(column) for column in zip(*table[kind], strict=True)] for engine, table in tables.items() if table.get(kind)}
        if means:
            cells = [f"{m[0]:17.3f}  {m[1]:5.3f}  {m[2]:6.2f}  {m[2] / means[last][2] if last in means else 0:5.2f}" for m in means.values()]
            print(f"{kind:12} {len(tables[last][kind]):5}  " + " ".join(cells))


def _cpu() -> float:
    """CPU seconds of this process and of the ones it waited for (tesseract)."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


if __name__ == "__main__":
    named = [word for word in sys.argv[1:] if word in ENGINES] or ["ppocr", "bare"]
    show({name: measure(name, [word for word in sys.argv[1:] if word not in ENGINES]) for name in named})
