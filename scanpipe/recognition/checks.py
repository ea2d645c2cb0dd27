"""Is the access copy what it says? Every doubt is raised; the original is filed alone then."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from numpy.typing import NDArray

from scanpipe.core.model import Page
from scanpipe.core.structure import PDF
from scanpipe.recognition.errors import AccessCopyDoubt
from scanpipe.recognition.inspection import is_signed as is_signed
from scanpipe.recognition.rendering import render
from scanpipe.recognition.scanimage import scan_image

_ACTIVE_KEYS = ("/JS", "/JavaScript", "/OpenAction", "/AA", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/XFA")
_ACTIVE_ACTIONS = ("/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/Rendition", "/Movie", "/Sound", "/RichMediaExecute")
_ACTIVE_ANNOTATIONS = ("/RichMedia", "/Screen", "/Movie", "/Sound", "/FileAttachment", "/3D")
_SIZE_TOLERANCE = 0.01
_DPI, _TILE, _MOST_DIFFERENCE = 100, 32, 8.0  # reliability §4
_MOST_COMPARED = 30  # pages; of longer files as many are compared, evenly spread
_MOST_PIXELS = 200_000_000


def check(original: Path, media_type: str, pages: Sequence[Page], out: Path) -> None:
    """Page count, page sizes, text, nothing active; image bytes where pages are images, else what the pages look like. Raises AccessCopyDoubt."""
    with pikepdf.open(out) as copy:
        if len(copy.pages) != len(pages):
            raise AccessCopyDoubt(reason=f"{len(copy.pages)} pages instead of {len(pages)}")
        active = next(active_content(copy), None)
        if active is not None:
            raise AccessCopyDoubt(reason=f"active content left: {active}")
        unproven = [page.number for page in pages] if media_type != PDF else _pages_with_other_bytes(original, copy)
    _check_sizes_and_text(pages, out)
    step = max(1, -(-len(unproven) // _MOST_COMPARED))
    for number in unproven[::step]:
        _compare(original, media_type, pages[number - 1], out)


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


def _pages_with_other_bytes(original: Path, copy: pikepdf.Pdf) -> list[int]:
    """Numbers of the pages whose image streams are not, byte for byte, those of the original."""
    with pikepdf.open(original) as source:
        pairs = zip(itertools.count(1), source.pages, copy.pages, strict=False)
        return [number for number, before, after in pairs if not _same_image(before, after)]


def _same_image(before: pikepdf.Page, after: pikepdf.Page) -> bool:
    first, second = scan_image(before), scan_image(after)
    if first is None or second is None:
        return False
    return _digest(before.resources.XObject[first.name]) == _digest(after.resources.XObject[second.name])


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


def _compare(original: Path, media_type: str, page: Page, out: Path) -> None:
    before = render(original, media_type, page.number, dpi=_DPI, max_pixels=_MOST_PIXELS).grey
    after = render(out, PDF, page.number, dpi=_DPI, max_pixels=_MOST_PIXELS).grey
    before = np.ascontiguousarray(np.rot90(before, -page.rotation // 90))
    width, height = round(page.width / page.dpi * _DPI), round(page.height / page.dpi * _DPI)
    difference = np.abs(_tiles(before, width, height) - _tiles(after, width, height)).max()
    if difference > _MOST_DIFFERENCE:
        raise AccessCopyDoubt(reason=f"page {page.number} looks different ({difference:.0f} of 255)")


def _tiles(grey: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float32]:
    """Mean brightness of tiles of about _TILE pixels."""
    size = max(1, width // _TILE), max(1, height // _TILE)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
