"""The page files of a joined scan -> one PDF to read from. Image streams are copied as they are; the original stays the files themselves."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
import structlog
from pikepdf import Array, Dictionary, Name
from PIL import Image

from scanpipe import container, storage
from scanpipe.core.scans.structure import HEAD, JPEG, PDF, sniff
from scanpipe.errors import ScanError
from scanpipe.recognition.errors import Unreadable, Unsupported
from scanpipe.recognition.facts import Joined, ReadingSettings
from scanpipe.recognition.rendering import decoding
from scanpipe.recognition.splitting import packed, streams

log = structlog.get_logger()

_A4 = 595.44, 842.04  # points, as an unread page counts (stages/recognise.py)


def join(original: Path, digests: Sequence[str], out: Path, settings: ReadingSettings) -> Joined:
    """Writes all pages of the container `original` into the PDF `out`, in order. digests: of its files, sha256. The same files give the same bytes.

    A file that cannot be opened keeps one empty page. Raises Unreadable if none can, or if the container does not hold these files.
    """
    Image.MAX_IMAGE_PIXELS = settings.max_pixels
    promised: list[list[str] | None] = []  # digests of the image streams of each page; None stands for a file that cannot be opened
    with pikepdf.new() as joined, TemporaryDirectory(dir=out.parent) as folder:
        for data in _proven(original, digests):
            try:
                promised += _append(joined, data, Path(folder) / "page")
            except ScanError as error:  # the other pages are still to be read
                log.warning("page file not read", page=len(promised) + 1, error=repr(error))
                _append_empty(joined)
                promised.append(None)
        joined.save(out, deterministic_id=True, compress_streams=False)
    _check(out, promised)
    return Joined(sha256=storage.digest(out), pages=len(promised), unread=tuple(number for number, page in enumerate(promised, 1) if page is None))


def _check(out: Path, promised: Sequence[list[str] | None]) -> None:
    if all(digests is None for digests in promised):
        raise Unreadable(detail="no page file can be opened")
    with pikepdf.open(out) as written:
        for page, digests in zip(written.pages, promised, strict=True):
            if digests is not None and _digests(page) != digests:
                raise Unreadable(detail="a page changed on its way")


def _digests(page: pikepdf.Page) -> list[str]:
    return [hashlib.sha256(stream).hexdigest() for stream in streams(page)]


def _proven(original: Path, digests: Sequence[str]) -> Iterator[bytes]:
    try:
        for data, digest in zip_longest(container.entries(original), digests):
            if data is None or hashlib.sha256(data).hexdigest() != digest:
                raise Unreadable(detail="the container does not hold the files that were taken")
            yield data
    except zipfile.BadZipFile as error:
        raise Unreadable(detail=str(error)) from error


def _append(joined: pikepdf.Pdf, data: bytes, file: Path) -> list[list[str] | None]:
    """All pages of one file; the digests of the image streams of each."""
    file.write_bytes(data)
    media_type = sniff(data[:HEAD])
    if media_type is None:
        raise Unsupported()
    with decoding(), pikepdf.open(io.BytesIO(data if media_type == PDF else packed(file, media_type))) as pages:
        if media_type == JPEG and not all(data.startswith(stream) for page in pages.pages for stream in streams(page)):  # an MPO has a preview behind it
            raise Unreadable(detail="the picture changed on its way")
        if not pages.pages:
            raise Unreadable(detail="no pages")
        joined.pages.extend(pages.pages)
        return [_digests(page) for page in pages.pages]


def _append_empty(joined: pikepdf.Pdf) -> None:
    """A white A4 page that is one image, as scanned pages are."""
    white = joined.make_stream(b"\xff", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, ColorSpace=Name.DeviceGray, BitsPerComponent=8)
    content = joined.make_stream(f"q {_A4[0]} 0 0 {_A4[1]} 0 0 cm /Im0 Do Q".encode())
    page = Dictionary(Type=Name.Page, MediaBox=Array([0, 0, *_A4]), Resources=Dictionary(XObject=Dictionary(Im0=white)), Contents=content)
    joined.pages.append(pikepdf.Page(joined.make_indirect(page)))
