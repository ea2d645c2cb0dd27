"""Is a file a scan we take, and is it whole? Judged by bytes alone, before custody, without any native parser.

Every question costs bounded work, whatever the file says. A reader `read(offset, length)` gives up to `length` bytes at `offset`, fewer at
the end of the file.
"""

import re
import struct
from collections.abc import Callable, Iterator

Read = Callable[[int, int], bytes]

PDF, TIFF, JPEG, PNG = "application/pdf", "image/tiff", "image/jpeg", "image/png"
HEAD = 1024  # bytes that `sniff` wants

_PADDING = b"\0 \t\r\n\f\x1a"
_TAIL = 64 * 1024
_MOST_PADDING = 1024 * 1024
_PDF_TAIL = 1024
_SLACK = 32  # bytes by which a sloppy writer's startxref may miss
_XREF = re.compile(rb"(?<![a-z])xref\b|\b\d{1,10}\s+\d{1,5}\s+obj\b")
_MOST_SEGMENTS = 4096
_MOST_DIRECTORIES = 10_000
_MOST_ENTRIES = 4096
_MOST_STRIPS = 2_000_000  # over the whole file
_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_STRIPS = {273: 279, 324: 325, 513: 514}  # offsets -> byte counts: strips, tiles, old-style JPEG
_SUBDIRECTORIES = 330


def sniff(head: bytes) -> str | None:
    """The media type that the first HEAD bytes show, None if it is not one we take. A PDF header may follow up to 1,023 bytes of junk."""
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return TIFF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return PDF if b"%PDF-" in head[:HEAD] else None


def completeness(media_type: str, read: Read, size: int) -> bool:
    """Does the file end where its own structure says? media_type: as `sniff` gave it; size: bytes of the file.

    PDF: an end mark and a cross-reference that is there. TIFF: the chain of directories, their strips and tiles lie within the file.
    JPEG: an end marker after the picture. PNG: the closing chunk. What follows the end as padding does no harm. False for any other type.
    """
    check = {PDF: _pdf, TIFF: _tiff, JPEG: _jpeg, PNG: _png}.get(media_type)
    return check is not None and check(read, size)


def _end(read: Read, size: int) -> int:
    """Where the file ends if NUL and blank padding is left out."""
    end = size
    while end > max(0, size - _MOST_PADDING):
        start = max(0, end - 4096)
        kept = read(start, end - start).rstrip(_PADDING)
        if kept:
            return start + len(kept)
        end = start
    return end


def _pdf(read: Read, size: int) -> bool:
    end = _end(read, size)
    start = max(0, end - _PDF_TAIL)
    tail = read(start, end - start)
    mark = tail.rfind(b"%%EOF")
    pointer = re.search(rb"startxref\s+(\d{1,15})\s*$", tail[:mark]) if mark >= 0 else None
    if pointer is None:
        return False
    header = max(0, read(0, HEAD).find(b"%PDF-"))
    place = int(pointer[1])
    return place > 0 and any(_has_xref(read, at, size) for at in {place, place + header})


def _has_xref(read: Read, at: int, size: int) -> bool:
    return at < size and _XREF.search(read(max(0, at - _SLACK), 2 * _SLACK)) is not None


def _jpeg(read: Read, size: int) -> bool:
    scan = _start_of_scan(read, size)
    if scan is None:
        return False
    start = max(scan, size - _TAIL)
    return b"\xff\xd9" in read(start, size - start)


def _start_of_scan(read: Read, size: int) -> int | None:
    """Offset behind the first scan header; an embedded thumbnail's markers lie before it. None if there is no scan."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        marker = read(at, 4)
        if len(marker) < 4 or marker[0] != 0xFF:
            return None
        if marker[1] == 0xFF:  # fill byte
            at += 1
        elif marker[1] == 0x01 or 0xD0 <= marker[1] <= 0xD8:
            at += 2
        elif marker[1] == 0xD9:
            return None
        else:
            at += 2 + int.from_bytes(marker[2:4], "big")
            if marker[1] == 0xDA:
                return at if at < size else None
    return None


def _png(read: Read, size: int) -> bool:
    start = max(8, size - _TAIL)
    return b"\0\0\0\0IEND\xaeB`\x82" in read(start, max(0, size - start))


def _tiff(read: Read, size: int) -> bool:
    try:
        return _Tiff(read, size).whole()
    except (struct.error, _Beyond):
        return False


class _Beyond(Exception):
    """The file points outside itself, in a circle, or at more than anyone would scan."""


class _Tiff:
    """TIFF 6.0 and BigTIFF, both byte orders."""

    def __init__(self, read: Read, size: int) -> None:
        head = read(0, 16)
        self._read, self._size = read, size
        self._order = "<" if head[:2] == b"II" else ">"
        self._big = self._number(head[2:4]) == 43
        self._first = self._number(head[8:16] if self._big else head[4:8])
        self._left = _MOST_STRIPS

    def whole(self) -> bool:
        """One directory at least; all of it and what it points to lie within the file. Raises _Beyond if not."""
        waiting, seen = [self._first], set[int]()
        while waiting:
            place = waiting.pop()
            if place == 0:
                continue
            if place in seen or len(seen) >= _MOST_DIRECTORIES:
                raise _Beyond
            seen.add(place)
            waiting.extend(self._directory(place))
        return bool(seen)

    def _directory(self, place: int) -> list[int]:
        """Checks one directory; the places of the next ones."""
        entry, counted = (20, 8) if self._big else (12, 2)
        count = self._number(self._bytes(place, counted))
        if not 0 < count <= _MOST_ENTRIES:
            raise _Beyond
        table = self._bytes(place + counted, count * entry + (8 if self._big else 4))
        values = dict(self._entries(table, count, entry))
        for offsets, counts in _STRIPS.items():
            self._check_strips(values.get(offsets, []), values.get(counts, []))
        return [*values.get(_SUBDIRECTORIES, []), self._number(table[count * entry :])]

    def _entries(self, table: bytes, count: int, width: int) -> Iterator[tuple[int, list[int]]]:
        """(tag, values) of the entries that point to data; every other one's own values must lie within the file too."""
        wanted = {*_STRIPS, *_STRIPS.values(), _SUBDIRECTORIES}
        for entry in (table[at : at + width] for at in range(0, count * width, width)):
            tag, kind = self._number(entry[:2]), self._number(entry[2:4])
            inline = 8 if self._big else 4
            length = self._number(entry[4 : width - inline]) * _TIFF_SIZES.get(kind, 0)
            if length > inline:
                self._inside(self._number(entry[width - inline :]), length)
            if tag in wanted and length:
                yield tag, self._values(entry[width - inline :], kind, length)

    def _values(self, field: bytes, kind: int, length: int) -> list[int]:
        each = _TIFF_SIZES[kind]
        self._left -= length // each
        if self._left < 0:
            raise _Beyond
        raw = field[:length] if length <= len(field) else self._bytes(self._number(field), length)
        return [self._number(raw[at : at + each]) for at in range(0, length, each)]

    def _check_strips(self, offsets: list[int], counts: list[int]) -> None:
        for index, offset in enumerate(offsets):
            self._inside(offset, counts[index] if index < len(counts) else 1)

    def _bytes(self, place: int, length: int) -> bytes:
        self._inside(place, length)
        return self._read(place, length)

    def _inside(self, place: int, length: int) -> None:
        if place + length > self._size:
            raise _Beyond

    def _number(self, raw: bytes) -> int:
        return int.from_bytes(raw, "little" if self._order == "<" else "big")
