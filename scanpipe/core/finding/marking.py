"""Where hits stand on the picture of a page: places in its text as boxes on the upright image, line by line."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from unicodedata import east_asian_width

from scanpipe.core.finding.snippet import Span
from scanpipe.core.model import Line, Page

Box = tuple[int, int, int, int]


def boxes_of(page: Page, spans: Sequence[Span]) -> list[Box]:
    """(left, top, right, bottom) in pixels of the upright page, one for each line that a span touches, in reading order; a part of a line by the width of its signs.

    spans: [start, end) in the page's text. Nothing where the page came without boxes.
    """
    return [
        _part_of(line, max(start, at) - at, min(end, at + len(line.text)) - at)
        for line, at in _placed(page)
        for start, end in spans
        if start < at + len(line.text) and end > at
    ]


def parts(text: str, spans: Sequence[Span]) -> list[tuple[str, bool]]:
    """The whole text as (part, is_hit), without empty parts. spans: ascending, apart."""
    cuts = [0, *(at for span in spans for at in span), len(text)]
    pieces = [(text[start:end], bool(place % 2)) for place, (start, end) in enumerate(pairwise(cuts))]
    return [(piece, is_hit) for piece, is_hit in pieces if piece]


def _placed(page: Page) -> Iterator[tuple[Line, int]]:
    """Each line with the place in the page's text where it begins; lines that the text does not have are left out."""
    at = 0
    for line in page.lines:
        found = page.text.find(line.text, at) if line.text else -1
        if found >= 0:
            yield line, found
            at = found + len(line.text)


def _part_of(line: Line, start: int, end: int) -> Box:
    left, top, right, bottom = line.box
    if line.direction == "v":
        height = (bottom - top) / len(line.text)
        return left, round(top + start * height), right, round(top + end * height)
    reach = [0, *accumulate(2 if east_asian_width(sign) in "FWA" else 1 for sign in line.text)]
    width = (right - left) / reach[-1]
    return round(left + reach[start] * width), top, round(left + reach[end] * width), bottom
