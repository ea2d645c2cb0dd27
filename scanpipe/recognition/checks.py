"""Is the access copy what it says? Every doubt is raised; the original is filed alone then."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2  # type: ignore[import-untyped]

from scanpipe.core.model import Page
from scanpipe.core.scans.structure import PDF
from scanpipe.recognition.errors import AccessCopyDoubt
from scanpipe.recognition.inspection import is_signed as is_signed
from scanpipe.recognition.likeness import compare
from scanpipe.recognition.scanimage import scan_image

_ACTIVE_KEYS = ("/JS", "/JavaScript", "/OpenAction", "/AA", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/XFA")
_ACTIVE_ACTIONS = ("/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/Rendition", "/Movie", "/Sound", "/RichMediaExecute")
_ACTIVE_ANNOTATIONS = ("/RichMedia", "/Screen", "/Movie", "/Sound", "/FileAttachment", "/3D")
_SIZE_TOLERANCE = 0.01
_KEPT_FILTERS = ("/DCTDecode", "/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode")  # nothing that makes a copy codes these anew


def check(original: Path, media_type: str, pages: Sequence[Page], out: Path) -> None:
    """Page count, page sizes, text, nothing active, the bytes of images, and what every page looks like. Raises AccessCopyDoubt."""
    with pikepdf.open(out) as copy:
        if len(copy.pages) != len(pages):
            raise AccessCopyDoubt(reason=f"{len(copy.pages)} pages instead of {len(pages)}")
        active = next(active_content(copy), None)
        if active is not None:
            raise AccessCopyDoubt(reason=f"active content left: {active}")
        if media_type == PDF:
            _check_bytes(original, copy)
    _check_sizes_and_text(pages, out)
    compare(original, media_type, pages, out)


def active_content(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Everything that would make a viewer act, in any object, streams of objects included."""
    for thing in pdf.objects:
        yield from _active_in(thing, 0)


def _active_in(thing: Any, depth: int) -> Iterator[str]:
    if depth > 20:
        return
    if isinstance(thing, pikepdf.Array):
        for item in thing:
            if isinstance(item, (pikepdf.Array, pikepdf.Dictionary)) and not item.is_indirect:
                yield from _active_in(item, depth + 1)
    elif isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        for key, value in thing.items():
            if key in _ACTIVE_KEYS or (key == "/S" and str(value) in _ACTIVE_ACTIONS and isinstance(value, pikepdf.Name)):
                yield f"{key} {value}" if key == "/S" else key
            elif key == "/Subtype" and isinstance(value, pikepdf.Name) and str(value) in _ACTIVE_ANNOTATIONS:
                yield str(value)
            elif isinstance(value, (pikepdf.Array, pikepdf.Dictionary)) and not value.is_indirect:
                yield from _active_in(value, depth + 1)


def _check_bytes(original: Path, copy: pikepdf.Pdf) -> None:
    """A scan's image is the original's, byte for byte. Where Flate was packed anew only the look can tell, and compare() does."""
    with pikepdf.open(original) as source:
        for number, (before, after) in enumerate(zip(source.pages, copy.pages, strict=False), 1):
            first, second = _scan(before), _scan(after)
            if first is not None and second is not None and _digest(first) != _digest(second) and not _lossless(first, second):
                raise AccessCopyDoubt(reason=f"the image of page {number} has other bytes")


def _scan(page: pikepdf.Page) -> pikepdf.Object | None:
    """The one image that the page consists of."""
    found = scan_image(page)
    return None if found is None else page.resources.XObject[found.name]


def _lossless(*images: pikepdf.Object) -> bool:
    filters = [str(image.get(pikepdf.Name.Filter, "")) for image in images]
    return not any(coded in kept for kept in filters for coded in _KEPT_FILTERS)


def _digest(image: pikepdf.Object) -> bytes:
    return hashlib.sha256(image.read_raw_bytes()).digest()


def _check_sizes_and_text(pages: Sequence[Page], out: Path) -> None:
    with pypdfium2.PdfDocument(out) as copy:
        for page in pages:
            shown = copy[page.number - 1]
            for side, millimetres in zip(shown.get_size(), page.size_mm, strict=True):
                if abs(side / 72 * 25.4 - millimetres) > max(1.0, _SIZE_TOLERANCE * millimetres):
                    raise AccessCopyDoubt(reason=f"page {page.number} is {side / 72 * 25.4:.0f} mm instead of {millimetres:.0f} mm")
            signs = sum(not sign.isspace() for sign in page.text)
            if signs and shown.get_textpage().count_chars() < 0.9 * signs:
                raise AccessCopyDoubt(reason=f"page {page.number} lost text")
