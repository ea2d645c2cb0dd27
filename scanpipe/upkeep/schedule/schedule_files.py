"""CSV and Excel files of an office -> the grids that core/schedules/schedule_reading.py reads. What a file is, its content says, not its name."""

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from scanpipe.core.schedules.schedule_facts import Grid
from scanpipe.errors import ScanError
from scanpipe.i18n import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How large a file may be: its bytes, what an archive unpacks to (bytes), cells of a sheet: a value in its last corner would make 17 thousand million."""

    bytes: int
    unpacked: int
    cells: int


MOST: Final = Bounds(bytes=100 << 20, unpacked=1 << 30, cells=20_000_000)

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_FILLED_CELL: Final = re.compile(rb'<(?:\w+:)?c\s(?:[^>]*\s)?r="([A-Z]{1,3})([0-9]{1,7})"[^>]*[^/]>')
_OPEN_TAG: Final = re.compile(rb"<(?:\w+:)?(table|table-row|table-cell|covered-table-cell)(?:\s([^<>]*))?>")
_REPEATED: Final = re.compile(rb"number-(?:rows|columns)-repeated=[\"']([0-9]{1,9})[\"']")


class NotATable(ScanError):
    """The file holds no table that can be read."""


def grids_of(path: Path) -> list[Grid]:
    """The sheets that can be seen, in their order; a CSV is one sheet without a name.

    CSV, tab- or semicolon-separated text in UTF-8, UTF-16 or Shift_JIS (CP932); .xlsx, .xlsm, .xls, .ods. Raises NotATable with cause and remedy.
    """
    return grids_in(bytes_of(path), path.name)


def bytes_of(path: Path) -> bytes:
    """All of a plain file that is no larger than MOST. Raises NotATable."""
    try:
        if not path.is_file():
            raise NotATable(N_("There is no file {path}. Correct the path."), path=path)
        if path.stat().st_size > MOST.bytes:
            raise _too_large(path.name, MOST)
        return path.read_bytes()
    except OSError as error:
        raise NotATable(N_("{path} cannot be read ({reason}). Correct its permissions."), path=path, reason=error.strerror) from error


def grids_in(raw: bytes, name: str, most: Bounds = MOST) -> list[Grid]:
    """The same of bytes. name: of the file, for what is said of it. Raises NotATable."""
    if len(raw) > most.bytes:
        raise _too_large(name, most)
    if not raw.strip():
        raise NotATable(N_("{path} is empty. Save the table again."), path=name)
    if raw.startswith((_ZIP, _OLE)):
        return _workbook(name, raw, most)
    return [_text_grid(name, raw)]


def _too_large(name: str, most: Bounds) -> NotATable:
    return NotATable(N_("{path} is larger than {most} MiB. Save only the sheets that are needed in a new file."), path=name, most=most.bytes >> 20)


# --- text ---


def _text_grid(name: str, raw: bytes) -> Grid:
    text = _decoded(name, raw)
    first = "\n".join(text.splitlines()[:30])
    separator = max(",\t;", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise NotATable(N_('{path} is not a CSV file ({reason}). Save it from Excel as "CSV UTF-8".'), path=name, reason=error) from error
    return Grid("", list(enumerate(rows, 1)))


def _decoded(name: str, raw: bytes) -> str:
    codes = ("utf-16",) if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ("utf-8-sig", "cp932")
    for code in codes:
        try:
            text = raw.decode(code)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    raise NotATable(N_('{path} is neither a text in UTF-8 or Shift_JIS nor an Excel file. Save the table from Excel as .xlsx or "CSV UTF-8".'), path=name)


# --- Excel ---


def _workbook(name: str, raw: bytes, most: Bounds) -> list[Grid]:
    locked = N_("{path} is protected by a password. Remove it in Excel (File, Info, Protect Workbook), save and try again.")
    if raw.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in raw:
        raise NotATable(locked, path=name)
    if raw.startswith(_ZIP):
        _refuse_giants(name, raw, most)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(raw)) as book:
            seen = [each for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet]
            return [Grid(each.name, _rows(book.get_sheet_by_name(each.name))) for each in seen]
    except PasswordError as error:
        raise NotATable(locked, path=name) from error
    except (CalamineError, OSError, ValueError) as error:
        raise NotATable(
            N_("{path} cannot be opened as an Excel file ({reason}). Open it in Excel and save it again as .xlsx."), path=name, reason=error
        ) from error


def _rows(sheet: CalamineSheet) -> list[tuple[int, list[str]]]:
    rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    height, width = len(rows), max(map(len, rows), default=0)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if top < height and left < width:
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = [rows[top][left]] * (min(right + 1, width) - left)
    return list(enumerate(rows, 1))


def _cell(value: object) -> str:
    """As the cell looks. A date is written as one: where a code stood, Excel has taken 1-2-3 for a day."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, datetime | date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)


def _refuse_giants(name: str, raw: bytes, most: Bounds) -> None:
    """Sheets that would not fit into memory: the reader makes room for every cell up to the last one that holds a value."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            _refuse_unpacked(name, parts, most)
            for part in parts.namelist():
                if part == "content.xml" or re.fullmatch(r"xl/worksheets/[^/]+\.xml", part):
                    height, width = _repeated_extent(parts, part) if part == "content.xml" else _extent(parts, part)
                    if height * width > most.cells:
                        raise NotATable(
                            N_("{path} has a sheet with a value far away from its table (row {row}, column {column}). Delete it, save and try again."),
                            path=name,
                            row=height,
                            column=width,
                        )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise NotATable(N_("{path} is damaged ({reason}). Open it in Excel and save it again as .xlsx."), path=name, reason=error) from error


def _refuse_unpacked(name: str, parts: zipfile.ZipFile, most: Bounds) -> None:
    """Counted, not believed: what an archive says of its own size binds nobody who reads it."""
    left = most.unpacked
    for part in parts.infolist():
        said, part.file_size = part.file_size, most.unpacked + 1  # else reading would end at the size that is said
        with parts.open(part) as stream:
            while chunk := stream.read(1 << 20):
                left -= len(chunk)
                if left < 0:
                    raise NotATable(
                        N_("{path} unpacks to more than {most} MiB. Save only the sheets that are needed in a new file."), path=name, most=most.unpacked >> 20
                    )
        part.file_size = said


def _repeated_extent(parts: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """Of the sheets of an OpenDocument table, in which a row or a cell may say how often it stands there: the lowest row and the rightmost column with a value."""
    height = width = row = rows = column = 0
    for found in _OPEN_TAG.finditer(parts.read(name)):
        kind, said = found[1], found[2] or b""
        count = int(often[1]) if (often := _REPEATED.search(said)) else 1
        if kind == b"table":
            row = rows = 0
        elif kind == b"table-row":
            row, rows, column = row + rows, count, 0
        else:
            column += count
            if b"value-type=" in said or not said.rstrip().endswith(b"/"):
                height, width = max(height, row + rows), max(width, column)
    return height, width


def _extent(parts: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """The lowest row and the rightmost column that hold a value, from 1."""
    height = width = 0
    with parts.open(name) as sheet:
        for chunk in _overlapping(sheet):
            for found in _FILLED_CELL.finditer(chunk):
                height = max(height, int(found[2]))
                width = max(width, _number(found[1]))
    return height, width


def _overlapping(stream: IO[bytes]) -> Iterator[bytes]:
    kept = b""
    while chunk := stream.read(1 << 20):
        yield kept + chunk
        kept = chunk[-200:]  # a cell's tag may lie across two chunks


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
