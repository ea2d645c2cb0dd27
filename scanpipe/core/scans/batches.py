"""A batch of paper with sheets between its documents -> which pages make which record (domain §4.1, design §5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scanpipe.core.model import PageCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One document of a batch. pages: numbers from 1, ascending, never empty. cover: what its cover says, None behind a mere separator or before the first sheet."""

    pages: tuple[int, ...]
    cover: PageCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """parts: in the order of the pages. empty_cover: a cover had no page behind it. duplex: both sides were scanned; None = cannot be told."""

    parts: tuple[Part, ...]
    empty_cover: bool
    duplex: bool | None


def plan(codes: Sequence[PageCode | None], duplex: bool | None) -> Plan:
    """Where to cut. codes: one for each page of the batch. duplex: as the section's profile has it.

    Sheets that part are in no part, nor is the blank back of one where both sides were scanned. A sheet printed on both sides parts once.
    """
    both_sides = _looks_duplex(codes) if duplex is None else duplex
    parts: list[Part] = []
    cover: PageCode | None = None
    pages: list[int] = []
    empty = False
    for number, code in enumerate(codes, 1):
        before = codes[number - 2] if number > 1 else None
        if code is None:
            if not (both_sides and before is not None and before.blank_back):
                pages.append(number)
            continue
        if before is not None and _same(before, code):
            continue  # its other side
        empty |= cover is not None and not pages
        parts += _part(pages, cover)
        cover, pages = (code if code.kind == "cover" else None), []
    empty |= cover is not None and not pages
    return Plan(parts=(*parts, *_part(pages, cover)), empty_cover=empty, duplex=True if both_sides else duplex)


def _part(pages: Sequence[int], cover: PageCode | None) -> list[Part]:
    return [Part(pages=tuple(pages), cover=cover)] if pages else []


def _same(one: PageCode, other: PageCode) -> bool:
    return replace(one, blank_back=False) == replace(other, blank_back=False)


def _looks_duplex(codes: Sequence[PageCode | None]) -> bool:
    """An even number of images, and every parting sheet is a front whose back is blank or says the same."""
    fronts, backs = codes[::2], codes[1::2]
    if len(codes) % 2 or not any(fronts):
        return False
    return all(back is None if front is None else (front.blank_back if back is None else _same(front, back)) for front, back in zip(fronts, backs, strict=True))
