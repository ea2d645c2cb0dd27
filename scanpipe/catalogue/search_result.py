"""Who asks a search, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from scanpipe.core.finding.snippet import Span

Order = Literal["newest", "relevance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the person who asks may see. departments: of these sections, None = of all; restricted: restricted records of these categories (codes), None = of all."""

    departments: frozenset[str] | None = None
    restricted: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """One record that was found, shown by its best page.

    page: counted from 1; the first page with all words, else the first with any; 1 if only title or names have them.
    snippet: about 60 signs of the page's raw text as (part, is_hit). highlights: [start, end) of every hit in the page's raw text, for its boxes.
    """

    accession_id: str
    serial: int
    number: str
    department: str
    category: str
    fiscal_year: int
    date: date | None
    title: str | None
    page: int
    snippet: tuple[tuple[str, bool], ...]
    highlights: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The hits asked for, and how many records there are.

    total: 0-1,000. capped: there are more than `total` (「1,000件以上」). exact: False where longer words were not verified on every record (「約」).
    facets: per fact the values with their records, most first, of the newest 20,000 hits before verifying; empty unless asked for.
    more: others follow in this order. older, newer: `before` and `after` for the next and the previous page, None where there is none; newest order only.
    """

    hits: tuple[SearchHit, ...] = ()
    total: int = 0
    capped: bool = False
    exact: bool = True
    more: bool = False
    older: int | None = None
    newer: int | None = None
    facets: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
