"""Some pages of a batch -> a PDF of their own. Nothing is decoded and encoded anew: image streams are copied as they are."""

import io
from pathlib import Path

import img2pdf  # type: ignore[import-untyped]
import pikepdf
from PIL import Image

from scanpipe import storage
from scanpipe.core.scans.structure import PDF, TIFF
from scanpipe.recognition.errors import Unreadable
from scanpipe.recognition.rebuilt import embeddable, frame
from scanpipe.recognition.rendering import FORMATS, decoding


def split(original: Path, media_type: str, pages: tuple[int, ...], out: Path) -> str:
    """Writes these pages (numbers from 1) of a PDF or TIFF into the new PDF `out`; returns its sha256. The same pages give the same bytes.

    Raises Unreadable if a page is not there or does not arrive byte for byte, TooLarge as reading does.
    """
    with decoding():
        with pikepdf.open(original) if media_type == PDF else pikepdf.open(io.BytesIO(packed(original, media_type))) as batch, pikepdf.new() as part:
            part.pages.extend(batch.pages[number - 1] for number in pages)
            part.remove_unreferenced_resources()
            part.save(out, deterministic_id=True)
            with pikepdf.open(out) as written:
                if [streams(page) for page in written.pages] != [streams(batch.pages[number - 1]) for number in pages]:
                    raise Unreadable(detail="a page of the batch changed on its way")
        return storage.digest(out)


def streams(page: pikepdf.Page) -> list[bytes]:
    """The bytes of the images on a page, as they are stored."""
    return sorted(image.read_raw_bytes() for image in page.get_images().values())


def packed(original: Path, media_type: str) -> bytes:
    """All frames of a TIFF, or the picture of another image, as pages of a PDF: JPEG and G4 as they are, else lossless; each as large as its paper and turned as it says."""
    with Image.open(original, formats=FORMATS) as image:
        count = getattr(image, "n_frames", 1) if media_type == TIFF else 1  # an MPO's second picture is a preview, not a page
        frames = [frame(image, index) for index in range(count)]
        plain = embeddable(image, original, media_type, count)
    sizes = iter([one.size for one in frames])
    plain_pages: bytes = img2pdf.convert(
        plain,
        engine=img2pdf.Engine.pikepdf,
        rotation=img2pdf.Rotation.none,
        first_frame_only=media_type != TIFF,
        nodate=True,
        layout_fun=lambda *_: (size := next(sizes)) + size,
    )
    with pikepdf.open(io.BytesIO(plain_pages)) as pdf:
        for page, placed in zip(pdf.pages, frames, strict=True):
            if placed.turn:
                page.rotate(placed.turn, relative=False)
        turned = io.BytesIO()
        pdf.save(turned, deterministic_id=True)
    return turned.getvalue()
