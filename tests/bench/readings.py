"""Page texts by the readers that are compared. Those of others change only with their version and are kept under var/bench; ours are read each time."""

import functools
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from figures import tesseract_version
from PIL import Image
from running import as_pdf
from truth import ROOT

from scanpipe.core.scans.structure import HEAD, sniff
from scanpipe.errors import ScanError
from scanpipe.recognition.pages import ReadingSettings, read_page
from scanpipe.recognition.rendering import PageImage, render

KEPT = ROOT / "var" / "bench"
_OURS = ("engines", "orientation", "layout", "lines", "lookalikes", "pages", "rendering", "blank")  # modules that our reading with tesseract depends on
LANGUAGES = "jpn+eng"


def read(reader: str, scan: Path, number: int) -> str:
    """The text of the page (from 1). reader: "ppocr", "our tesseract", "tesseract" or "ocrmypdf". "" where the reader gives up."""
    if reader == "ppocr":
        return _ours("ppocr", scan, number)
    if reader == "our tesseract":
        return _kept(f"our-{_rules()}-{tesseract_version()}", scan, number, functools.partial(_ours, "tesseract"))
    if reader == "tesseract":
        return _kept(f"bare-{tesseract_version()}", scan, number, bare_tesseract)
    return _kept(f"ocrmypdf-{_ocrmypdf_version()}-{tesseract_version()}", scan, number, _left_by_ocrmypdf)


def image_of(scan: Path, number: int) -> PageImage:
    """The page as every engine gets it."""
    with scan.open("rb") as file:
        media_type = sniff(file.read(HEAD)) or ""
    return render(scan, media_type, number, dpi=300, max_pixels=ReadingSettings().max_pixels)


def _ours(engine: str, scan: Path, number: int) -> str:
    try:
        return read_page(scan, number, ReadingSettings(engine=engine, runtime="auto")).text
    except ScanError as error:
        print(f"{scan.name} page {number}: {engine}: {error}", file=sys.stderr)
        return ""


def bare_tesseract(scan: Path, number: int) -> str:
    """What `tesseract -l jpn+eng` itself says, on one thread."""
    image = image_of(scan, number)
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Image.fromarray(image.grey).save(file.name, dpi=(image.dpi, image.dpi))
        return tesseract(Path(file.name))


def tesseract(image: Path) -> str:
    command = ["tesseract", str(image), "-", "-l", LANGUAGES]
    return subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"}).stdout


def ocrmypdf(scan: Path, out: Path, jobs: int) -> None:
    """`ocrmypdf -l jpn+eng --jobs N`, without Ghostscript, since that is faster here. Raises CalledProcessError."""
    options = ["-q", "-l", LANGUAGES, "--jobs", str(jobs), "--pdfa-backend", "internal"]
    subprocess.run([sys.executable, "-m", "ocrmypdf", *options, str(scan), str(out)], check=True, capture_output=True)


def _left_by_ocrmypdf(scan: Path, number: int) -> str:
    """The text layer of the page in the PDF that ocrmypdf makes of the scan, as pdftotext reads it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.pdf")
        try:
            ocrmypdf(_cut(scan, number, Path(folder)), out, jobs=1)
        except subprocess.CalledProcessError as error:
            print(f"{scan.name} page {number}: ocrmypdf: {error.stderr.decode()[-300:]}", file=sys.stderr)
            return ""
        return subprocess.run(["pdftotext", str(out), "-"], capture_output=True, text=True, check=True).stdout.rstrip("\f")


def _cut(scan: Path, number: int, folder: Path) -> Path:
    import pikepdf

    page = folder / "page.pdf"
    with pikepdf.open(as_pdf(scan, folder)) as whole, pikepdf.new() as one:
        one.pages.append(whole.pages[number - 1])
        one.save(page)
    return page


def _kept(reader: str, scan: Path, number: int, fresh: Callable[[Path, int], str]) -> str:
    file = KEPT / reader / f"{_digest(scan)}-{number}.json"
    with suppress(OSError, ValueError):
        return str(json.loads(file.read_bytes()))
    text = fresh(scan, number)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(text, ensure_ascii=False), "utf-8")
    part.replace(file)
    return text


def _digest(scan: Path) -> str:
    return hashlib.sha256(scan.read_bytes()).hexdigest()[:24]


@functools.cache
def _rules() -> str:
    sources = (ROOT / "scanpipe" / "recognition" / f"{name}.py" for name in _OURS)
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


@functools.cache
def _ocrmypdf_version() -> str:
    return subprocess.run([sys.executable, "-m", "ocrmypdf", "--version"], capture_output=True, text=True, check=True).stdout.strip()
