"""One page as a picture for people to look at: drawn small enough for a screen, encoded anew, so that nothing of the file itself reaches a browser."""

import io
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from PIL import Image, ImageOps

from scanpipe.core.scans.structure import PDF
from scanpipe.recognition.errors import Unreadable
from scanpipe.recognition.rendering import check_pixels, decoding, open_image

_QUALITY = 82
_TALLEST = 6  # times the width: a page that is longer is cut to what a screen can show


def picture(path: Path, media_type: str, page: int, width: int, max_pixels: int, rotation: int = 0) -> bytes:
    """The page (from 1) as JPEG, `width` px wide. rotation: clockwise degrees that turn it upright. Raises Unreadable, TooLarge."""
    with decoding():
        drawn = _of_pdf(path, page, width, max_pixels, rotation) if media_type == PDF else _of_image(path, page, width, max_pixels, rotation)
        out = io.BytesIO()
        drawn.save(out, "JPEG", quality=_QUALITY)
        return out.getvalue()


def _of_pdf(path: Path, page: int, width: int, max_pixels: int, rotation: int) -> Image.Image:
    with pypdfium2.PdfDocument(path) as document:
        if not 1 <= page <= len(document):
            raise Unreadable(detail=f"page {page}")
        if document.get_formtype() == pdfium.FORMTYPE_ACRO_FORM:
            document.init_forms()
        found = document[page - 1]
        wide, high = found.get_size()[:: -1 if rotation % 180 else 1]
        scale = min(width / wide, _TALLEST * width / high)
        check_pixels(wide * scale, high * scale, max_pixels)
        image: Image.Image = found.render(scale=scale, rotation=rotation).to_pil()
        return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _of_image(path: Path, page: int, width: int, max_pixels: int, rotation: int) -> Image.Image:
    with open_image(path, page, max_pixels) as image:
        if image.format == "JPEG":
            image.draft(None, (2 * width, 2 * width))
        turned = ImageOps.exif_transpose(image)
        if rotation:
            turned = turned.rotate(-rotation, expand=True)
        turned = turned.convert("L" if turned.mode in ("1", "L", "I;16", "I", "F") else "RGB")
        return ImageOps.contain(turned, (width, _TALLEST * width)) if turned.width > width else turned
