"""Where the words of a query stand in raw text, and the short piece of it that is shown with a hit."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from scanpipe.core.finding.query import Word
from scanpipe.core.text import fold_with_offsets, in_context

WIDTH: Final = 60
_BEFORE: Final = 20  # signs shown before the first hit
_WIDE: Final = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")

Span = tuple[int, int]


def find_spans(text: str, words: Iterable[Word]) -> list[Span]:
    """Where in `text` any of the words stands: [start, end), ascending, joined where they touch. Across line ends too."""
    plain, offsets = fold_with_offsets(text, 3)
    folded = in_context(plain)
    found = {span for word in words for form in word.forms for place in {plain, folded} for span in _places(place, form)}
    return join_spans(sorted((offsets[start][0], offsets[end - 1][1]) for start, end in found))


def cut(text: str, spans: list[Span], width: int = WIDTH) -> tuple[tuple[str, bool], ...]:
    """About `width` signs of raw `text` around the first span, as (part, is_hit); line breaks vanish between CJK signs, else are one blank.

    "…" stands where text was left out. Without spans the text's beginning is shown.
    """
    start = max(0, spans[0][0] - _BEFORE) if spans else 0
    end = min(len(text), max(start + width, spans[0][1] if spans else 0))
    signs = list(_signs(text, start, end, spans))
    parts = [("".join(sign for sign, _ in group), hit) for hit, group in groupby(signs, key=lambda one: one[1])]
    before, after = text[:start].strip(), text[end:].strip()
    return (*((("…", False),) if before and parts else ()), *parts, *((("…", False),) if after and parts else ()))


def _places(folded: str, form: str) -> Iterator[Span]:
    at = folded.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = folded.find(form, at + 1)


def join_spans(spans: list[Span]) -> list[Span]:
    """Ascending spans, joined where they touch."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _signs(text: str, start: int, end: int, spans: list[Span]) -> Iterator[tuple[str, bool]]:
    """The signs shown, each with whether it is part of a hit; a run of blanks becomes one or none."""
    hits = {at for first, last in spans if first < end for at in range(max(first, start), min(last, end))}
    last = ""
    blank = False
    for at in range(start, end):
        sign = text[at]
        if sign.isspace() or not sign.isprintable():
            blank = True
            continue
        if blank and last and not (_WIDE.match(last) and _WIDE.match(sign)):
            yield " ", at in hits and at - 1 in hits
        yield sign, at in hits
        last, blank = sign, False
