"""One search as a page shows it: what was asked, where its links lead, and what helps when nothing is found."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any, Final
from urllib.parse import urlencode

from scanpipe.catalogue import glances
from scanpipe.catalogue.glances import Face
from scanpipe.catalogue.search_result import Order, SearchHit, SearchResult
from scanpipe.core.dates import parse_date, year_typed
from scanpipe.core.finding.query import QueryError, Word, facts_named, parse, positive_words
from scanpipe.core.rights import Person
from scanpipe.core.text import fold, normalise
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _, _n
from scanpipe.upkeep.reports import harmless
from scanpipe.web.house import House, access_of

PAGE: Final = 20
MOST_ROWS: Final = 10_000  # of one CSV
_SLICE: Final = 200
_MOST_SERIAL: Final = 1 << 53
_MOST_FACETS: Final = 30
_MOST_MEANT: Final = 3  # words for which other spellings are looked for

NO_DAY = N_("{value} is not a day. Choose one in the calendar, or write it like 2025-04-01.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the page was asked for. before, after: serials of the newest order; offset: of the others. fuzzy: あいまい検索."""

    q: str = ""
    department: str | None = None
    category: str | None = None
    fiscal_year: int | None = None
    date_from: date | None = None
    date_to: date | None = None
    order: Order = "newest"
    fuzzy: bool = False
    before: int | None = None
    after: int | None = None
    offset: int = 0

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Wanted":
        """From the address. What only links write is ignored where it makes no sense. Raises UsageError for what people write."""
        return cls(
            q=said.get("q", "").strip(),
            department=said.get("department", "").strip() or None,
            category=said.get("category", "").strip() or None,
            fiscal_year=year_typed(said.get("fiscal_year", "")),
            date_from=_day(said.get("from", "")),
            date_to=_day(said.get("to", "")),
            order="relevance" if said.get("order") == "relevance" else "newest",
            fuzzy=said.get("fuzzy") == "1",
            before=_serial(said.get("before", "")),
            after=_serial(said.get("after", "")),
            offset=min(_serial(said.get("offset", "")) or 0, MOST_ROWS),
        )

    @property
    def filters(self) -> dict[str, Any]:
        """As SearchReader.search takes them."""
        return {name: getattr(self, name) for name in ("department", "category", "fiscal_year", "date_from", "date_to")}

    @property
    def filtered(self) -> bool:
        return any(value is not None for value in self.filters.values())

    @property
    def asked(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.q) or self.filtered

    @property
    def query(self) -> str:
        """What a saved search keeps: all but the place in the result."""
        said = {
            "q": self.q,
            "department": self.department,
            "category": self.category,
            "fiscal_year": self.fiscal_year,
            "from": self.date_from,
            "to": self.date_to,
            "order": None if self.order == "newest" else self.order,
            "fuzzy": "1" if self.fuzzy else None,
        }
        return urlencode({name: value for name, value in said.items() if value not in (None, "")})

    def link(self, path: str = "/search", /, **changes: Any) -> str:
        """The address of this search with some of it changed; from its first page."""
        said = replace(self, **({"before": None, "after": None, "offset": 0} | changes))
        places = {"before": said.before, "after": said.after, "offset": said.offset or None}
        query = "&".join(part for part in (said.query, urlencode({name: value for name, value in places.items() if value is not None})) if part)
        return f"{path}?{query}" if query else path


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        found = parse_date(normalise(text).strip())
    if found is None:
        raise UsageError(NO_DAY, value=text)
    return found


def _serial(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 and int(text) < _MOST_SERIAL else None


# --- the answer ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """hits: each with what the catalogue says of it; those that the index knows and the person may not see any more are left out. previous, next: addresses."""

    result: SearchResult
    hits: tuple[tuple[SearchHit, Face], ...]
    previous: str | None
    next: str | None


def ask(house: House, person: Person, wanted: Wanted, *, limit: int = PAGE, facets: bool = True) -> SearchResult:
    """Raises QueryError, SearchUnavailable."""
    return house.search.search(
        wanted.q, **wanted.filters, limit=limit, offset=wanted.offset, order=wanted.order, allowed=access_of(person), facets=facets,
        before=wanted.before, after=wanted.after, fuzzy=wanted.fuzzy,
    )  # fmt: skip


def found(house: House, person: Person, wanted: Wanted, result: SearchResult) -> Found:
    """The result with the facts of its rows and the addresses of the pages beside it."""
    reader = house.reader_for(person)
    try:
        faces = glances.faces(reader, [hit.number for hit in result.hits])
    finally:
        reader.close()
    if wanted.order == "relevance" or wanted.fuzzy:
        previous = wanted.link(offset=max(0, wanted.offset - PAGE)) if wanted.offset else None
        following = wanted.link(offset=wanted.offset + PAGE) if result.more else None
    else:
        previous = wanted.link(after=result.newer) if result.newer is not None else None
        following = wanted.link(before=result.older) if result.older is not None else None
    return Found(result=result, hits=tuple((hit, faces[hit.number]) for hit in result.hits if hit.number in faces), previous=previous, next=following)


def count(result: SearchResult) -> str:
    """How many there are, honestly."""
    if result.capped:
        return _("{n:,} records or more").format(n=result.total)
    return _n("{n:,} record", "{n:,} records", result.total) if result.exact else _("about {n:,} records").format(n=result.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One value that narrows the result. label: in words. link: the search with it."""

    label: str
    count: int
    link: str


def facets(house: House, wanted: Wanted, result: SearchResult) -> dict[str, list[Facet]]:
    """Values by which the result can be narrowed, most records first, for each fact that is not narrowed yet."""
    labels = {"department": section_labels(house), "category": category_labels(house)}
    return {
        name: [
            Facet(label=labels.get(name, {}).get(value, value), count=n, link=wanted.link(**{name: int(value) if name == "fiscal_year" else value}))
            for value, n in sorted(values, key=lambda one: -int(one[0]) if name == "fiscal_year" and one[0].isdigit() else 0)[:_MOST_FACETS]
        ]
        for name, values in result.facets.items()
        if getattr(wanted, name) is None and len(values) > 1
    }


def section_labels(house: House) -> dict[str, str]:
    return {one.code: one.name for one in house.settings.departments}


def category_labels(house: House) -> dict[str, str]:
    return {code: one.name for code, one in house.settings.schedule.categories.items()} | {"unclassified": _("unclassified")}


# --- when it cannot be understood, or nothing is found ---


def marked(query: str, error: QueryError) -> tuple[str, str, str] | None:
    """The query before, at and after the sign at fault; None where the error names no place."""
    at = error.params.get("position")
    if not isinstance(at, int) or not 1 <= at <= len(query):
        return None
    return query[: at - 1], query[at - 1], query[at:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What would find something. alone: words with what they find by themselves. unfiltered: what there is without the filters. meant: もしかして.

    Each is (label, count, link); meant has no count. unknown: values of 課: and 分類: that there are not. fuzzy: the address of the あいまい検索, None where
    it would find no more.
    """

    unknown: tuple[str, ...] = ()

    alone: tuple[tuple[str, str, str], ...] = ()
    unfiltered: tuple[str, str] | None = None
    meant: tuple[tuple[str, str], ...] = ()
    fuzzy: str | None = None


def helped(house: House, person: Person, wanted: Wanted) -> Help:
    """For a search that found nothing. Everything in it is within what the person may see."""
    words = positive_words(parse(wanted.q)) if wanted.q else ()
    counts = {
        word: ask(house, person, replace(wanted, q=_phrase(word), fuzzy=False, before=None, after=None, offset=0), limit=0, facets=False) for word in words
    }
    without = Wanted(q=wanted.q, order=wanted.order)
    free = ask(house, person, without, limit=0, facets=False) if wanted.filtered and wanted.q else None
    missing = [word for word, result in counts.items() if not result.total and word.scope == "anywhere"]
    unknown = [value for value, _names in _strangers(house, wanted.q)]
    return Help(
        unknown=tuple(unknown),
        alone=tuple(
            (word.text, count(result), wanted.link(q=_phrase(word), fuzzy=False)) for word, result in counts.items() if result.total and len(counts) > 1
        ),
        unfiltered=(count(free), without.link()) if free and free.total else None,
        meant=tuple(chain(_renamed(house, person, wanted), _meant(house, person, wanted, missing))),
        fuzzy=fuzzily(wanted),
    )


def fuzzily(wanted: Wanted) -> str | None:
    """The address of the あいまい検索; None where it would find no more: it is one already, or has no word in which a sign may be wrong."""
    words = positive_words(parse(wanted.q)) if wanted.q and not wanted.fuzzy else ()
    return wanted.link(fuzzy=True) if any(len(word.forms[0]) > 3 for word in words) else None


def sections_meant(house: House, person: Person, wanted: Wanted) -> list[tuple[str, str]]:
    """(name, address) of sections that stand among the words as they are called: who types 総務課 may want what is in it, not what speaks of it."""
    own, words = person.sections(), {word.text: fold(word.text) for word in positive_words(parse(wanted.q)) if word.scope == "anywhere"} if wanted.q else {}
    return [
        (one.name, wanted.link(q=" ".join(wanted.q.replace(text, "", 1).split()), department=one.code))
        for text, folded in words.items()
        for one in house.settings.departments
        if wanted.department is None and folded == fold(one.name) and (own is None or one.code in own)
    ]


def _strangers(house: House, query: str) -> Iterator[tuple[str, list[str]]]:
    """Values of 課: and 分類: that are neither code nor name, each with the names in which it stands."""
    for field in facts_named(parse(query)) if query else ():
        names = {"department": section_labels, "category": category_labels}[field.name](house) if field.name != "fiscal_year" else None
        asked = fold(field.value)
        if names is not None and asked not in {fold(one) for one in (*names, *names.values())}:
            yield field.value, [name for name in names.values() if asked and asked in fold(name)]


def _renamed(house: House, person: Person, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """The query with such a value written out, where that finds something."""
    for value, names in _strangers(house, wanted.q):
        for name in names[:_MOST_MEANT] if value in wanted.q else ():
            query = wanted.q.replace(value, _phrase(Word(name)), 1)
            if ask(house, person, replace(wanted, q=query, fuzzy=False, before=None, after=None, offset=0), limit=0, facets=False).total:
                yield query, wanted.link(q=query, fuzzy=False)


def _phrase(word: Word) -> str:
    field = {"title": "件名:", "names": "番号:"}.get(word.scope, "")
    text = "".join(sign for sign in word.text if sign not in '"＂“”„')
    return f'{field}"{text}"' if any(sign.isspace() or sign in "()（）:：-－" for sign in text) or text.upper() in ("OR", "AND", "NOT") else f"{field}{text}"


def _meant(house: House, person: Person, wanted: Wanted, words: list[Word]) -> Iterator[tuple[str, str]]:
    """The query with one word spelled as the records have it; what finds nothing either is not offered."""
    for word in words[:_MOST_MEANT]:
        for spelled in house.search.nearest(word, access_of(person)) if word.text in wanted.q else ():
            query = wanted.q.replace(word.text, _phrase(Word(spelled)), 1)
            if ask(house, person, replace(wanted, q=query, fuzzy=False, before=None, after=None, offset=0), limit=0, facets=False).total:
                yield query, wanted.link(q=query, fuzzy=False)


# --- as a table for spreadsheets ---

_HEADINGS: Final = (
    N_("Number"), N_("Title"), N_("Section"), N_("Name of the section"), N_("Category"), N_("Name of the category"), N_("Date"), N_("Fiscal year"), N_("Page"),
    N_("Words"),
)  # fmt: skip


def as_csv(house: House, person: Person, wanted: Wanted, note: Callable[[Iterable[Face]], None]) -> Iterator[bytes]:
    """All hits, the newest first, at most 10,000; UTF-8 with its mark, and no cell that a spreadsheet would run. note: is told what is in it, slice by slice.

    Raises QueryError before its first piece.
    """
    yield b"\xef\xbb\xbf" + _rows([[_(heading) for heading in _HEADINGS]])
    wanted, sections, categories, left = (
        replace(wanted, order="newest", before=None, after=None, offset=0),
        section_labels(house),
        category_labels(house),
        MOST_ROWS,
    )
    while left > 0:
        answer = ask(house, person, wanted, limit=min(_SLICE, left), facets=False)
        rows = found(house, person, wanted, answer).hits
        note(face for _hit, face in rows)
        yield _rows(_cells(hit, face, sections, categories) for hit, face in rows)
        left -= len(answer.hits)
        if answer.older is None and not (wanted.fuzzy and answer.more):
            return
        wanted = replace(wanted, offset=wanted.offset + _SLICE) if wanted.fuzzy else replace(wanted, before=answer.older)


def _cells(hit: SearchHit, face: Face, sections: Mapping[str, str], categories: Mapping[str, str]) -> list[str]:
    words = "".join(part for part, _is_hit in hit.snippet)
    category = face.category or hit.category
    day = hit.date.isoformat() if hit.date else ""
    names = sections.get(hit.department, ""), face.category_name or categories.get(category, "")
    return [hit.number, hit.title or "", hit.department, names[0], category, names[1], day, str(hit.fiscal_year), str(hit.page), words]


def _rows(rows: "Iterator[list[str]] | list[list[str]]") -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")
