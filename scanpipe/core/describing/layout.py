"""The lines of a record as rows a reader would see: letters spaced apart joined, with size, place and neighbours."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from scanpipe.core.describing.slips import mended
from scanpipe.core.model import Line, Page
from scanpipe.core.text import normalise

MOST_ROWS, MOST_SIGNS = 600, 400  # of a page and of a row: a text without line ends is cut into rows
HEAD_PAGES, TAIL_PAGES = 5, 3  # what describes a record stands on its first pages, the last entry of a log on its last
_WIDE = "⺀-⿟々〇-ヿ㐀-鿿豈-﫿＀-ﾟ　、。「」『』（）・"
_LOOSE = re.compile(rf"(?<=[{_WIDE}])\s+|\s+(?=[{_WIDE}])")
_SPACES = re.compile(r"\s+")
_LONG_ROW, _PITCH = 12, 1.4  # signs; letters of condensed type are at most so much taller than wide


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One printed row.

    raw: as printed (NFC) without the spaces between Japanese signs, plain slips of recognition mended; text: the same normalised (NFKC), for rules.
    index: place in reading order over all rows, >= 0. left, top, right, bottom: shares of the page's width and height, 0-1.
    size: height of the letters against the page's median row, 1.0 = ordinary. placed: False where the page came without boxes.
    box: the same place in pixels of the upright page; confidence: 0-100, of the least sure line; both None where the page does not say.
    """

    page: int
    index: int
    raw: str
    text: str
    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 0.0
    size: float = 1.0
    placed: bool = False
    direction: Literal["h", "v"] = "h"
    block: int = 0
    box: tuple[int, int, int, int] | None = None
    confidence: float | None = None

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top


def squeeze(text: str) -> str:
    """NFC, without the spaces beside Japanese signs; those between Latin words become one."""
    return _SPACES.sub(" ", _LOOSE.sub("", unicodedata.normalize("NFC", text))).strip()


def without_seals(pages: Sequence[Page]) -> list[Page]:
    """The pages without what was pressed on them in red: stamps name other days, numbers and offices than the record's own."""
    return [_unsealed(page) if any(line.seal for line in page.lines) else page for page in pages]


def _unsealed(page: Page) -> Page:
    own = tuple(line for line in page.lines if not line.seal)
    return replace(page, lines=own, text="\n".join(line.text for line in own))


def seal_rows(pages: Sequence[Page]) -> list[Row]:
    """What the red seals of the first page with content say, in reading order."""
    first = next((page for page in pages if page.lines), None)
    return _placed(replace(first, lines=tuple(line for line in first.lines if line.seal)), 0) if first else []


def rows_of(pages: Sequence[Page]) -> list[Row]:
    """The rows of the first and the last pages with content, in reading order. Pages without boxes give one row a line of text, or a cell between tabs."""
    inked = [page for page in pages if page.text.strip() or page.lines]
    chosen = inked if len(inked) <= HEAD_PAGES + TAIL_PAGES else [*inked[:HEAD_PAGES], *inked[-TAIL_PAGES:]]
    rows: list[Row] = []
    for page in chosen:
        rows.extend(_placed(page, len(rows)) if page.lines else _unplaced(page, len(rows)))
    return rows


def _unplaced(page: Page, first: int) -> list[Row]:
    cells = [cell.strip() for line in page.text.split("\n") for cell in line.split("\t") if cell.strip()]
    lines = [cell[at : at + MOST_SIGNS] for cell in cells for at in range(0, len(cell), MOST_SIGNS)][:MOST_ROWS]
    step = 1 / max(len(lines), 1)
    rows = []
    for n, line in enumerate(lines):
        raw = mended(squeeze(line))
        rows.append(Row(page=page.number, index=first + n, raw=raw, text=_plain(raw), top=n * step, bottom=(n + 1) * step))
    return rows


def _placed(page: Page, first: int) -> list[Row]:
    lines = [line for line in page.lines if line.text.strip()][:MOST_ROWS]
    groups = _joined(lines, in_columns=sum(line.direction == "v" for line in lines) * 3 > len(lines))
    sizes = [_letter_height(group[0]) for group in groups if sum(len(line.text) for line in group) > 1]
    ordinary = median(sizes) if sizes else 1.0
    return [_row(page, first + n, group, ordinary) for n, group in enumerate(groups)]


def _row(page: Page, index: int, group: list[Line], ordinary: float) -> Row:
    printed = ("" if all(len(line.text.strip()) == 1 for line in group) else " ").join(line.text for line in group)[:MOST_SIGNS]
    raw = mended(squeeze(printed))
    width, height = max(page.width, 1), max(page.height, 1)
    return Row(
        page=page.number,
        index=index,
        raw=raw,
        text=_plain(raw),
        left=min(line.box[0] for line in group) / width,
        top=min(line.box[1] for line in group) / height,
        right=max(line.box[2] for line in group) / width,
        bottom=max(line.box[3] for line in group) / height,
        size=max(_letter_height(line) for line in group) / max(ordinary, 1),
        placed=True,
        direction=group[0].direction,
        block=group[0].block,
        box=_around(group),
        confidence=min((line.confidence for line in group if line.confidence is not None), default=None),
    )


def _around(group: list[Line]) -> tuple[int, int, int, int]:
    boxes = [line.box for line in group]
    return min(box[0] for box in boxes), min(box[1] for box in boxes), max(box[2] for box in boxes), max(box[3] for box in boxes)


def _plain(text: str) -> str:
    """Normalised, on one row; a blank between a number and a word stays, for it parts them (1 日時)."""
    return _SPACES.sub(" ", normalise(text)).strip()


def _letter_height(line: Line) -> float:
    """In pixels. The box of a long row on a skewed page is taller than its letters, which are about as wide as tall."""
    left, top, right, bottom = line.box
    tall, long = (right - left, bottom - top) if line.direction == "v" else (bottom - top, right - left)
    signs = sum(0.55 if sign.isascii() else 1.0 for sign in line.text.strip())
    return max(1.0, min(float(tall), _PITCH * long / signs) if signs >= _LONG_ROW else float(tall))


def _joined(lines: list[Line], *, in_columns: bool) -> list[list[Line]]:
    """Pieces of one printed row together: closer than a letter, or single letters spaced apart (請  求  書), downwards on pages written in columns."""
    groups: list[list[Line]] = []
    for line in lines:
        if groups and (_continues(groups[-1], line) or (in_columns and _hangs_under(groups[-1], line))):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _continues(group: list[Line], line: Line) -> bool:
    last = group[-1]
    if last.direction == "v" or line.direction == "v":
        return False
    tall = min(_letter_height(last), _letter_height(line))
    overlap = min(last.box[3], line.box[3]) - max(last.box[1], line.box[1])
    gap = line.box[0] - last.box[2]
    if overlap < 0.6 * tall or max(_letter_height(last), _letter_height(line)) > 1.5 * tall or gap < -0.5 * tall:
        return False
    spaced = len(line.text.strip()) == 1 and all(len(piece.text.strip()) == 1 for piece in group)
    return gap < (5 if spaced else 0.6) * tall


def _hangs_under(group: list[Line], line: Line) -> bool:
    """The next letter of a column whose letters stand so far apart that each was read alone (辞 over 令)."""
    last = group[-1]
    if any(len(piece.text.strip()) != 1 or piece.text.strip().isascii() for piece in (*group, line)):
        return False
    wide = min(last.box[2] - last.box[0], line.box[2] - line.box[0])
    overlap = min(last.box[2], line.box[2]) - max(last.box[0], line.box[0])
    return overlap > 0.6 * wide and 0 <= line.box[1] - last.box[3] < 5 * wide


def beside(rows: Sequence[Row], row: Row) -> list[Row]:
    """Rows to the right of `row` at its height, from left to right. Without boxes: none, for the text row holds them itself."""
    if not row.placed:
        return []
    near = [
        other
        for other in rows[max(0, row.index - 12) : row.index + 25]
        if other.page == row.page
        and other is not row
        and other.left >= row.right - 0.01
        and min(other.bottom, row.bottom) - max(other.top, row.top) > 0.4 * min(other.height, row.height)
    ]
    return sorted(near, key=lambda other: other.left)


def below(rows: Sequence[Row], row: Row) -> Row | None:
    """The nearest row under `row` that shares its columns; without boxes the next row of the page."""
    after = [other for other in rows[row.index + 1 : row.index + 25] if other.page == row.page]
    if not row.placed:
        return after[0] if after else None
    under = [
        other
        for other in after
        if other.top >= row.bottom - 0.3 * row.height and other.left < row.right and other.right > row.left and other.top - row.bottom < 4 * row.height
    ]
    return min(under, key=lambda other: other.top, default=None)
