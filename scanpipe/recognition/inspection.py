"""What kind of file is this: how many pages, locked, signed, born digital, or with things in it that a record must not do."""

from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from pikepdf import Name
from PIL import Image

from scanpipe.core.scans.structure import HEAD, PDF, sniff
from scanpipe.recognition.digital import has_real_text
from scanpipe.recognition.errors import TOO_MANY_PAGES, Encrypted, TooLarge, Unreadable, Unsupported
from scanpipe.recognition.facts import Inspection
from scanpipe.recognition.reduced import page_codes
from scanpipe.recognition.rendering import check_pixels, decoding, open_image

_MOST_FIELDS = 10_000
_TEXT_REGIONS = frozenset({4, 6, 7})  # segment types of JBIG2: signs set from a symbol dictionary, type 0 (reliability §4)
_UNKNOWN_LENGTH = 0xFFFFFFFF


def inspect_file(path: Path, *, max_pages: int, max_pixels: int) -> Inspection:
    """See pages.inspect."""
    with path.open("rb") as file:
        media_type = sniff(file.read(HEAD))
    if media_type is None:
        raise Unsupported()
    with decoding():
        return _inspect_pdf(path, max_pages, max_pixels) if media_type == PDF else _inspect_image(path, media_type, max_pages, max_pixels)


def _inspect_image(path: Path, media_type: str, max_pages: int, max_pixels: int) -> Inspection:
    Image.MAX_IMAGE_PIXELS = max_pixels
    with open_image(path, 1, max_pixels) as image:
        check_pixels(*image.size, max_pixels)
        pages = _frames(image, max_pages) if image.format == "TIFF" else 1  # an MPO's second picture is a preview, not a page
    digital = (False,) * pages
    return Inspection(media_type=media_type, pages=pages, digital=digital, codes=page_codes(path, media_type, pages, digital, max_pixels))


def _frames(image: Image.Image, max_pages: int) -> int:
    """Counted one by one, so that an endless chain ends at the limit."""
    for number in range(max_pages + 1):
        try:
            image.seek(number)
        except EOFError:
            return number
    raise TooLarge(TOO_MANY_PAGES, measured=f"> {max_pages}", limit=max_pages)


def _inspect_pdf(path: Path, max_pages: int, max_pixels: int) -> Inspection:
    try:
        with pikepdf.open(path) as pdf:
            pages, encrypted, signed, patterns = len(pdf.pages), pdf.is_encrypted, is_signed(pdf), _uses_patterns(pdf)
    except pikepdf.PasswordError as error:
        raise Encrypted() from error
    except pikepdf.PdfError:
        pages, encrypted, signed, patterns = _count_with_pdfium(path), False, False, False
    if pages < 1:
        raise Unreadable(detail="no pages")
    if pages > max_pages:
        raise TooLarge(TOO_MANY_PAGES, measured=pages, limit=max_pages)
    flags = [name for name, holds in (("encrypted", encrypted), ("signed", signed), ("pattern-matching", patterns)) if holds]
    digital = has_real_text(path, pages)
    codes = page_codes(path, PDF, pages, digital, max_pixels)
    return Inspection(media_type=PDF, pages=pages, encrypted=encrypted, signed=signed, digital=digital, flags=tuple(flags), codes=codes)


def _count_with_pdfium(path: Path) -> int:
    with pypdfium2.PdfDocument(path) as document:
        return len(document)


def is_signed(pdf: pikepdf.Pdf) -> bool:
    """A signature field that has a value, or a usage-rights or certification signature."""
    if Name.Perms in pdf.Root:
        return True
    form = pdf.Root.get(Name.AcroForm)
    if not isinstance(form, pikepdf.Dictionary):
        return False
    return any(field.get(Name.FT) == Name.Sig and Name.V in field for field in _fields(form))


def _fields(form: pikepdf.Dictionary) -> Iterator[pikepdf.Dictionary]:
    waiting, seen = list(form.get(Name.Fields, [])), set[tuple[int, int]]()
    for _ in range(_MOST_FIELDS):
        if not waiting:
            return
        field = waiting.pop()
        if not isinstance(field, pikepdf.Dictionary) or (field.is_indirect and field.objgen in seen):
            continue
        seen.add(field.objgen)
        yield field
        kids = field.get(Name.Kids)
        waiting.extend(kids if isinstance(kids, pikepdf.Array) else [])


def _uses_patterns(pdf: pikepdf.Pdf) -> bool:
    """Does any JBIG2 image put signs together from a dictionary? A text region does nothing else, wherever its dictionary lies (T.88 §6.4)."""
    images = [thing for thing in pdf.objects if isinstance(thing, pikepdf.Stream) and "/JBIG2Decode" in str(thing.get(Name.Filter, ""))]
    return any(_segment_types(_unwrapped(pdf, image)) & _TEXT_REGIONS for image in images)


def _unwrapped(pdf: pikepdf.Pdf, image: pikepdf.Stream) -> bytes:
    """The JBIG2 stream, out of whatever it was packed in besides; b"" if that is damaged."""
    raw, filters = image.read_raw_bytes(), image.get(Name.Filter)
    if not isinstance(filters, pikepdf.Array) or len(filters) == 1:
        return raw
    parameters = image.get(Name.DecodeParms)
    wrapping = pdf.make_stream(raw, Filter=pikepdf.Array(list(filters)[:-1]))
    if isinstance(parameters, pikepdf.Array):
        wrapping.DecodeParms = pikepdf.Array(list(parameters)[:-1])
    try:
        return wrapping.read_bytes()
    except pikepdf.PdfError:
        return b""


def _segment_types(stream: bytes) -> set[int]:
    """Types of an embedded JBIG2 stream's segments (T.88 §7.2)."""
    kinds, at = set[int](), 0
    while at + 11 <= len(stream) and len(kinds) < 64:
        number, flags = int.from_bytes(stream[at : at + 4], "big"), stream[at + 4]
        referred = stream[at + 5] >> 5
        width = 1 if number <= 256 else 2 if number <= 65536 else 4
        behind = at + 6 + referred * width
        if referred == 7:
            count = int.from_bytes(stream[at + 5 : at + 9], "big") & 0x1FFFFFFF
            behind = at + 9 + (count + 8) // 8 + count * width
        behind += 4 if flags & 0x40 else 1
        length = int.from_bytes(stream[behind : behind + 4], "big")
        kinds.add(flags & 0x3F)
        at = behind + 4 + length if length != _UNKNOWN_LENGTH else _end_of_region(stream, behind + 4)
    return kinds


def _end_of_region(stream: bytes, data: int) -> int:
    """Behind a generic region whose length was not known when it began: a mark, then the number of its rows (§7.2.7)."""
    mark = b"\0\0" if stream[data + 17 : data + 18] and stream[data + 17] & 1 else b"\xff\xac"
    found = stream.find(mark, data + 18)
    return found + 6 if found >= 0 else len(stream)
