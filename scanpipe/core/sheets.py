"""From images to sheets of paper: sides, blanks, duplex and A4 equivalents (domain §5: sheet, side, image and page are four things)."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from scanpipe.core.model import Page

_PAPERS: tuple[tuple[str, float, float, float], ...] = (  # name, short and long edge in mm, A4 sheets; B is JIS B (domain §5)
    ("A3", 297, 420, 2.0),
    ("A4", 210, 297, 1.0),
    ("A5", 148, 210, 0.5),
    ("B4", 257, 364, 1.5),
    ("B5", 182, 257, 0.75),
)
OTHER_SIZES: Final = "other"
STANDARD_SIZES: Final = tuple(name for name, *_ in _PAPERS)
_TOLERANCE = 0.05  # of each edge: scanners cut and add margins
_A4_MM2 = 210 * 297


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCount:
    """pages: images, the blank ones too. blank_pages: images without content. sides: images with content. sheets: pieces of paper.

    a4_sheets: the same paper as A4 sheets, in quarters (A3 = 2, A5 = 0.5). sizes: the sheets by the names that `paper_name` gives.
    """

    pages: int
    blank_pages: int
    sides: int
    sheets: int
    a4_sheets: float
    sizes: Mapping[str, int] = field(default_factory=dict)


class Side(Protocol):
    """What of a page tells fronts from backs."""

    @property
    def blank(self) -> bool: ...


def paper_name(width_mm: float, height_mm: float) -> str:
    """A3, A4, A5, B4, B5 in either orientation, else the size as "210x500"."""
    paper = _paper(width_mm, height_mm)
    return paper[0] if paper else f"{width_mm:.0f}x{height_mm:.0f}"


def a4_equivalents(width_mm: float, height_mm: float) -> float:
    """A4 sheets that this piece of paper stands for; other sizes by area in steps of 0.25, at least 0.25. Sizes that cannot be paper count 1."""
    paper = _paper(width_mm, height_mm)
    if paper:
        return paper[3]
    area = width_mm * height_mm / _A4_MM2
    return max(0.25, round(area * 4) / 4) if 0 < area <= 32 else 1.0  # a page of A0 is 16; beyond that the declared dpi is wrong


def _paper(width_mm: float, height_mm: float) -> tuple[str, float, float, float] | None:
    short, long = sorted((width_mm, height_mm))
    near = [paper for paper in _PAPERS if abs(short / paper[1] - 1) <= _TOLERANCE and abs(long / paper[2] - 1) <= _TOLERANCE]
    return min(near, key=lambda paper: abs(short / paper[1] - 1) + abs(long / paper[2] - 1), default=None)


def count_sheets(pages: Sequence[Page], duplex: bool | None, begin: Collection[int] | None = None) -> SheetCount:
    """The paper behind these images. duplex: True = two images a sheet, False = one, None = judged by page pairs.

    begin: numbers of the pages that begin a sheet where that is known, whatever duplex says: of a part whose first page is the back of another's sheet.
    """
    numbers = set(fronts(pages, duplex) if begin is None else begin)
    first_sides = [page for number, page in enumerate(pages, 1) if number in numbers]
    blank = sum(page.blank for page in pages)
    return SheetCount(
        pages=len(pages),
        blank_pages=blank,
        sides=len(pages) - blank,
        sheets=len(first_sides),
        a4_sheets=float(sum(a4_equivalents(*page.size_mm) for page in first_sides)),
        sizes=Counter(paper_name(*page.size_mm) for page in first_sides),
    )


def fronts(pages: Sequence[Side], duplex: bool | None) -> tuple[int, ...]:
    """Numbers, from 1, of the pages that begin a sheet of paper. duplex: as in `count_sheets`."""
    two_sided = looks_duplex(pages) if duplex is None else duplex
    return tuple(range(1, len(pages) + 1, 2 if two_sided else 1))


def looks_duplex(pages: Sequence[Side]) -> bool:
    """An even number of images, content on every front and at least one blank back: a duplex scanner kept the empty backs."""
    return len(pages) > 0 and len(pages) % 2 == 0 and any(page.blank for page in pages[1::2]) and not any(page.blank for page in pages[::2])


def credited_sheets(a4_sheets: float, *, born_digital: bool) -> float:
    """What a record adds to ledger B as digitised, in A4 sheets: nothing if it never was paper (domain §5, trap 13)."""
    return 0.0 if born_digital else a4_sheets
