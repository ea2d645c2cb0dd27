"""ocrmypdf's plugin hooks: an engine that reads nothing, but hands over the pages that were read before (design §6).

ocrmypdf loads this module by name and calls it in its own threads, hence the one place where the pages of the file in work lie. A lane works
one file at a time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ocrmypdf.font
from ocrmypdf import hookimpl
from ocrmypdf.font import BuiltinFontProvider, MultiFontManager
from ocrmypdf.hocrtransform import BoundingBox, OcrClass, OcrElement
from ocrmypdf.pdfinfo import layout
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence
from pdfminer.pdffont import PDFSimpleFont
from PIL import Image

from scanpipe.core.model import Line, Page

# Loading ocrmypdf changes pdfminer for the whole process: fonts without an encoding then read as (cid:78) in pdfplumber. Undone here; ocrmypdf
# looks at text only to see whether there is any.
PDFSimpleFont.__init__ = layout.original_pdfsimplefont_init  # type: ignore[method-assign]

_pages: Sequence[Page] = ()


@contextmanager
def handing_over(pages: Sequence[Page]) -> Iterator[None]:
    """While this holds, ocrmypdf gets the text of these pages, in a glyphless font: pdfplumber reads nothing of a Noto CJK layer (ocr.md)."""
    global _pages
    _pages, ocrmypdf.font.MultiFontManager = pages, _glyphless_fonts  # type: ignore[assignment,misc]
    try:
        yield
    finally:
        _pages, ocrmypdf.font.MultiFontManager = (), MultiFontManager  # type: ignore[misc]


def _glyphless_fonts(font_dir: Path | None = None, **_: object) -> MultiFontManager:
    return MultiFontManager(font_dir, font_provider=BuiltinFontProvider())


class HandedOver(OcrEngine):
    """Pages as they were read, scaled to the image that ocrmypdf has in mind."""

    @staticmethod
    def version() -> str:
        return "1"

    @staticmethod
    def creator_tag(options: Any) -> str:
        return "scanpipe"

    def __str__(self) -> str:
        return "scanpipe, text read before"

    @staticmethod
    def languages(options: Any) -> set[str]:
        return {"jpn", "eng"}

    @staticmethod
    def get_orientation(input_file: Path, options: Any) -> OrientationConfidence:
        return OrientationConfidence(angle=0, confidence=0.0)

    @staticmethod
    def supports_generate_ocr() -> bool:
        return True

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        raise NotImplementedError

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: Any) -> None:
        raise NotImplementedError

    @staticmethod
    def generate_ocr(input_file: Path, options: Any, page_number: int = 0) -> tuple[OcrElement, str]:
        page = _pages[page_number]
        with Image.open(input_file) as image:
            across, down = image.width / page.width, image.height / page.height
            bbox = BoundingBox(0, 0, image.width, image.height)
            dpi = float(image.info.get("dpi", (page.dpi * across, 0))[0])
        lines = [_element(line, across, down) for line in page.lines if line.text] if page.source == "ocr" else []
        paragraph = OcrElement(ocr_class=OcrClass.PARAGRAPH, bbox=bbox, children=lines)
        return OcrElement(ocr_class=OcrClass.PAGE, bbox=bbox, dpi=dpi, page_number=page_number, children=[paragraph]), page.text


def _element(line: Line, across: float, down: float) -> OcrElement:
    """The line as one word: split into words, CJK text comes back full of blanks."""
    left, top, right, bottom = line.box
    bbox = BoundingBox(left * across, top * down, max(right, left + 1) * across, max(bottom, top + 1) * down)
    word = OcrElement(ocr_class=OcrClass.WORD, bbox=bbox, text=line.text)
    return OcrElement(ocr_class=OcrClass.LINE, bbox=bbox, children=[word], textangle=-90.0 if line.direction == "v" else None)


@hookimpl
def get_ocr_engine(options: Any) -> OcrEngine:
    return HandedOver()


@hookimpl
def rasterize_pdf_page(
    input_file: Path,
    output_file: Path,
    raster_device: Any,
    raster_dpi: Any,
    pageno: int,
    page_dpi: Any,
    rotation: int | None,
    filter_vector: bool,
    stop_on_soft_error: bool,
    options: Any,
    use_cropbox: bool,
) -> Path:
    """An empty sheet of the page's size: nobody looks at it, and rendering the page as PNG is what ocrmypdf spends most of its time on."""
    page = _pages[pageno - 1]
    dpi = page_dpi or raster_dpi
    size = (max(1, round(page.width / page.dpi * dpi.x)), max(1, round(page.height / page.dpi * dpi.y)))
    Image.new("1", size, 1).save(output_file, "PNG", dpi=(float(dpi.x), float(dpi.y)))
    return output_file
