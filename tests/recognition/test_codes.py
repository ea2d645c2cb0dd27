"""Covers, separators and patch codes are read as worn as paper comes, and no ordinary page is taken for one."""

import io
import os
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from scanpipe.core.model import PageCode
from scanpipe.errors import ScanError
from scanpipe.recognition.codes import find_code
from scanpipe.recognition.facts import ReadingSettings
from scanpipe.recognition.pages import inspect
from scanpipe.upkeep.cover import sheet

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("SCANPIPE_CORPUS", ROOT.parent / "shared" / "corpus")) / "scans"
COVER = PageCode(kind="cover", department="1202", category="TAX", sheets=12, title="令和7年度 庁舎管理規則の一部改正について")
DPI = 150
WEAR = [(0, 1.0), (3, 1.0), (-4, 0.5), (180, 1.0), (183, 0.4), (90, 1.0), (268, 0.6), (0, 0.2)]


def printed(code: PageCode, dpi: int = DPI) -> Image.Image:
    data = sheet(code, section="総務課", category="税", language="ja")
    with pypdfium2.PdfDocument(data) as document:
        image: Image.Image = document[0].render(scale=dpi / 72, grayscale=True).to_pil()
    return image.convert("L")


def patch_sheet(pattern: str, size: float = 1.0, dpi: int = DPI) -> Image.Image:
    """The bars near the upper edge, parallel to it. size: of the print, 1 = as the standard has it."""
    paper = Image.new("L", (round(8.27 * dpi), round(11.69 * dpi)), 250)
    draw, top = ImageDraw.Draw(paper), 0.5 * dpi
    for bar in pattern:
        thick = (0.2 if bar == "W" else 0.08) * dpi * size
        draw.rectangle([2.5 * dpi, top, 5.5 * dpi, top + thick - 1], fill=25)
        top += thick + 0.08 * dpi * size
    return paper


def worn(paper: Image.Image, degrees: float, ink: float) -> NDArray[np.uint8]:
    """Turned, printed with so much of its ink, soft, grainy, as a JPEG of poor quality."""
    pale = paper.point(lambda level: round(250 - (250 - level) * ink)).rotate(degrees, expand=True, fillcolor=250, resample=Image.Resampling.BICUBIC)
    soft = np.asarray(pale.filter(ImageFilter.GaussianBlur(0.7)), np.float64)
    grain = np.random.default_rng(1).normal(0, 5, soft.shape)
    out = io.BytesIO()
    Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=50)
    return np.asarray(Image.open(out), np.uint8)


@pytest.mark.parametrize(("degrees", "ink"), WEAR)
def test_a_cover_is_read_any_way_up_skewed_and_faint(degrees: float, ink: float) -> None:
    assert find_code(worn(printed(COVER), degrees, ink), DPI) == COVER


@pytest.mark.parametrize(("degrees", "ink"), WEAR)
def test_a_patch_code_is_read_any_way_up_skewed_and_faint(degrees: float, ink: float) -> None:
    found = {name: find_code(worn(patch_sheet(bars), degrees, ink), DPI) for name, bars in (("patch-t", "NWNW"), ("patch-2", "WNNW"))}
    assert {name: code and (code.kind, code.source) for name, code in found.items()} == {name: ("separator", name) for name in found}


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_the_resolution_does_not_matter(dpi: int) -> None:
    assert find_code(worn(printed(COVER, dpi), 1, 0.7), dpi) == COVER
    assert find_code(worn(patch_sheet("NWNW", dpi=dpi), 1, 0.7), dpi) == PageCode(kind="separator", source="patch-t")


@pytest.mark.parametrize("size", [0.75, 1.3])
def test_a_patch_sheet_printed_to_fit_the_page_is_read(size: float) -> None:
    assert find_code(worn(patch_sheet("WNNW", size), 2, 0.8), DPI) == PageCode(kind="separator", source="patch-2")


@pytest.mark.parametrize("pattern", ["WWNN", "NWWN", "NNWW", "NNNN", "WWWW", "NWN", "NWNWN"])
def test_other_bars_part_nothing(pattern: str) -> None:
    """Patches 1, 4 and 6 steer scanners; the rest is none at all."""
    assert find_code(worn(patch_sheet(pattern), 0, 1.0), DPI) is None


def test_half_of_a_cover_is_enough() -> None:
    torn = printed(COVER)
    ImageDraw.Draw(torn).rectangle([0, 0, torn.width, torn.height // 2], fill=250)
    assert find_code(worn(torn, 2, 0.8), DPI) == COVER


def _pages() -> list[Path]:
    names = [path for folder in (ROOT / "sample_scans", CORPUS) if folder.is_dir() for path in sorted(folder.iterdir())]
    return [path for path in names if path.suffix.lower() in (".pdf", ".tif", ".jpg", ".png")]


def test_no_ordinary_page_is_taken_for_a_separator() -> None:
    found = {}
    for path in _pages():
        try:
            codes = inspect(path, ReadingSettings()).codes
        except ScanError:
            continue  # locked, or no scan at all
        if codes:
            found[path.name] = codes
    assert found == {}
