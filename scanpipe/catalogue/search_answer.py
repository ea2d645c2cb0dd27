"""How one query is answered from search.db and the texts: candidates from the index, longer words verified, the best page, its snippet."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain, islice, repeat
from typing import Any, Final

from sqlite_utils import Database

from scanpipe.catalogue.search_match import OPEN, FoldedText, expression, fact_token, is_exact, word_expression
from scanpipe.catalogue.search_result import Access, Order, SearchHit, SearchResult
from scanpipe.core.finding.query import And, Node, Not, Or, Word, positive_words
from scanpipe.core.finding.snippet import Span, cut, find_spans

PAGE_SLOTS: Final = 8192
LAST_PAGE: Final = PAGE_SLOTS - 1
COUNTED: Final = 1000  # hits are counted up to here: 「1,000件以上」
VERIFIED: Final = 400  # candidates looked at for one answer, or twice what was asked for where that is more
_VERIFY_ALL: Final = 60  # up to so many candidates the count is made exact
_FACETED: Final = 20_000
_FEW_PAGES: Final = 4  # are read sooner than the index says on which of them a word may be
_BATCHES: Final = (25, 125, 500)  # candidates verified together: their pages come by one walk of the index
_PAGES_AT_ONCE: Final = 2000
_TAIL: Final = 32  # no word asked for is longer (core/finding/query.py)
_TITLES_FIRST, _RESCORED = 200, 100
_LAST_SERIAL: Final = (1 << 63) - 1

TextOf = Callable[[int, int], str]


def page_id(serial: int, page: int) -> int:
    return serial * PAGE_SLOTS + page


def with_tail(page: int, pages: int, text_of: Callable[[int], str]) -> str:
    """A page's text and the beginning of what follows, past blank pages: enough for every word that begins on the page."""
    text, missing = text_of(page), _TAIL
    while page < pages and missing > 0:
        page += 1
        tail = _beginning(text_of(page), missing)
        missing -= len("".join(tail.split()))
        text += "\n" + tail
    return text


def _beginning(text: str, signs: int) -> str:
    """As much of the text as has so many signs that can be seen."""
    seen = (at for at, sign in enumerate(text[: 64 * signs]) if not sign.isspace() and sign.isprintable())
    end = next(islice(seen, signs, None), None)
    return text if end is None else text[:end]


@dataclass(frozen=True, slots=True)
class _Part:
    """The hits of one page; what else as in SearchResult."""

    serials: list[int]
    more: bool
    older: int | None = None
    newer: int | None = None


class Asked:
    """One query while it is answered, with the texts it has looked at."""

    def __init__(self, db: Database, text_of: TextOf, tree: Node, access: Access) -> None:
        self._db = db
        self._text_of = cache(text_of)  # for this answer: verifying, best page and snippet ask for the same
        self._tree = tree
        self._words = tuple(word for word in positive_words(tree) if word.scope == "anywhere")
        self._access = _access_expression(access)
        self._days = self._date_bounds()
        self._exact = is_exact(tree)
        self._folded: dict[tuple[int, int], FoldedText] = {}
        self._faces: dict[int, Mapping[str, Any] | None] = {}
        self._hits: dict[int, bool] = {}
        self._newest: dict[str, tuple[list[int], int]] = {}
        self._around = (0, _LAST_SERIAL // PAGE_SLOTS - 1)  # the least and greatest serial of those verified together
        self._lying: dict[tuple[str, tuple[int, int]], Mapping[int, list[int]] | None] = {}

    def answer(self, limit: int, offset: int, order: Order, *, facets: bool, before: int | None = None, after: int | None = None) -> SearchResult:
        if not self._access:
            return SearchResult()
        match = self._match(self._tree)
        enough = offset + limit
        candidates = self._serials(match, max(COUNTED + 1, enough + 1))
        exact = self._exact or len(candidates) <= _VERIFY_ALL
        standing = list(self._verified(candidates, stop=None)) if exact and not self._exact else candidates
        if order == "relevance" or offset:
            ranked = self._ranked(standing) if order == "relevance" else standing
            if not self._exact:  # also those with the words in their titles, of which only the index was asked
                ranked = list(self._verified(ranked[: max(VERIFIED, 2 * enough)], stop=enough + 1))
            part = _Part(ranked[offset:enough], more=len(ranked) > enough)
        else:
            part = self._between(match, limit, before, after)
        return SearchResult(
            hits=self._shown(part.serials),
            total=min(len(standing), COUNTED),
            capped=len(candidates) > COUNTED,
            exact=exact,
            facets=self._facets(match, standing if exact and not self._exact else None) if facets else {},
            more=part.more,
            older=part.older,
            newer=part.newer,
        )

    def pages(self, serial: int) -> tuple[int, ...]:
        """The pages of this record on which a hit begins, in order; at most 200 are looked for."""
        face = self._face(serial)
        if face is None or not self._words:
            return ()
        match = f"({' OR '.join(map(self._page_match, self._words))})"
        return tuple(page for page in self._pages_with(match, face, most=200) if self._spans_on(face, page)[1])

    def spans(self, serial: int, page: int) -> list[Span]:
        """The hits that begin on this page of a record, as places in its raw text."""
        face = self._face(serial)
        return self._spans_on(face, page)[1] if face and self._words else []

    # One page of the newest order

    def _between(self, match: str, limit: int, before: int | None, after: int | None) -> "_Part":
        """The newest hits older than `before`; or those next newer than `after`, where there are enough of them, else the first page."""
        if after is not None:
            found, edge = self._walk(match, limit, after=after)
            if len(found) == limit and found:
                return _Part(found[::-1], more=True, older=found[0], newer=found[-1] if edge else None)
            before = None
        found, edge = self._walk(match, limit, before=before)
        newer = None if before is None else found[0] if found else before - 1
        return _Part(found, more=edge is not None, older=edge, newer=newer)

    def _walk(self, match: str, limit: int, *, before: int | None = None, after: int | None = None) -> tuple[list[int], int | None]:
        """Up to `limit` hits in one direction, and the serial beyond which others may be; None where there are none."""
        most = limit + 1 if self._exact else max(VERIFIED, 2 * limit)
        looked = self._serials(match, most, before, after)
        found = looked if self._exact else list(self._verified(looked, stop=limit + 1))
        if len(found) > limit:
            return found[:limit], found[limit - 1] if limit else None
        return found, looked[-1] if not self._exact and len(looked) == most else None

    # What the index says

    def _match(self, tree: Node) -> str:
        found = expression(tree, self._days)
        return found if self._access == _ALL else f"({found} AND {self._access})"

    def _serials(self, match: str, most: int, before: int | None = None, after: int | None = None) -> list[int]:
        """The newest first; after a serial the oldest first."""
        if after is not None:
            sql = "SELECT rowid FROM record_fts WHERE record_fts MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?"
            return [row[0] for row in self._db.execute(sql, [match, after, most])]
        if before is None and match in self._newest:  # those that were counted: the first page is among them
            found, asked = self._newest[match]
            if most <= len(found) or len(found) < asked:
                return found[:most]
        sql = "SELECT rowid FROM record_fts WHERE record_fts MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        newest = [row[0] for row in self._db.execute(sql, [match, _LAST_SERIAL if before is None else before, most])]
        if before is None:
            self._newest[match] = newest, most
        return newest

    def _date_bounds(self) -> tuple[date, date]:
        """The first and last date in the index; an empty range where there is none."""
        row = self._db.execute("SELECT (SELECT min(date) FROM record_face), (SELECT max(date) FROM record_face)").fetchone()
        return (date.fromisoformat(row[0]), date.fromisoformat(row[1])) if row[0] else (date.max, date.min)

    def _facets(self, match: str, standing: Sequence[int] | None = None) -> dict[str, tuple[tuple[str, int], ...]]:
        """How many records have each value. standing: the hits where they were verified, None = as the index says."""
        if standing is None:
            source, asked = "SELECT rowid AS serial FROM record_fts WHERE record_fts MATCH ? ORDER BY rowid DESC LIMIT ?", [match, _FACETED]
        else:
            source, asked = "SELECT value AS serial FROM json_each(?)", [json.dumps(standing)]
        sql = f"SELECT department, category, fiscal_year, count(*) FROM ({source}) CROSS JOIN record_meta USING (serial) GROUP BY 1, 2, 3"  # noqa: S608 (our own)
        sums: dict[str, dict[str, int]] = {"department": {}, "category": {}, "fiscal_year": {}}
        for row in self._db.execute(sql, asked):
            for name, value in zip(sums, row, strict=False):
                sums[name][str(value)] = sums[name].get(str(value), 0) + row[3]
        return {name: tuple(sorted(found.items(), key=lambda one: (-one[1], one[0]))) for name, found in sums.items()}

    # What only the text says

    def _verified(self, serials: Sequence[int], stop: int | None) -> Iterator[int]:
        yield from islice(filter(self._is_hit, self._together(serials)), stop)

    def _together(self, serials: Sequence[int]) -> Iterator[int]:
        """One after another, in batches of which each knows its bounds."""
        begun = 0
        for size in chain(_BATCHES, repeat(_BATCHES[-1])):
            batch = serials[begun : begun + size]
            if not batch:
                return
            self._around = min(batch), max(batch)
            yield from batch
            begun += size

    def _is_hit(self, serial: int) -> bool:
        """Looked at once, however often it is asked: for the count and for its page."""
        if serial not in self._hits:
            self._hits[serial] = self._holds(self._tree, serial, sure=True)
        return self._hits[serial]

    def _holds(self, tree: Node, serial: int, *, sure: bool = False) -> bool:
        """Whether the record fulfils the tree. sure: the index has already said so of all that it can decide."""
        if is_exact(tree):
            return sure or self._indexed(expression(tree, self._days), serial)
        match tree:
            case And(parts):
                return all(self._holds(part, serial, sure=sure) for part in parts)
            case Or(parts):
                return any(self._holds(part, serial) for part in parts)
            case Not(one):
                return not self._holds(one, serial)
            case Word():
                return self._has(tree, serial)
            case _:
                return True

    def _indexed(self, match: str, serial: int) -> bool:
        row = self._db.execute("SELECT 1 FROM record_fts WHERE record_fts MATCH ? AND rowid = ?", [match, serial]).fetchone()
        return row is not None

    def _has(self, word: Word, serial: int) -> bool:
        face = self._face(serial)
        if face is None:
            return False
        scopes = {"title": face["title"] or "", "names": f"{face['number']}、{face['names']}"}
        named = [scopes[word.scope]] if word.scope != "anywhere" else list(scopes.values())
        if any(self._stands(word, FoldedText(text), serial) for text in named):
            return True
        if word.scope != "anywhere":
            return False
        return any(self._stands(word, self._page(serial, page, face["pages"]), serial) for page in self._pages_of(word, face))

    def _pages_of(self, word: Word, face: Mapping[str, Any]) -> Sequence[int]:
        """The pages of a record that is being verified on which the word may stand."""
        if face["pages"] <= 1:
            return [1] * face["pages"]
        match = self._page_match(word)
        if (match, self._around) not in self._lying:
            self._lying[match, self._around] = self._pages_between(match, *self._around)
        lying = self._lying[match, self._around]
        if lying is not None:
            return lying.get(face["serial"], [])
        return range(1, face["pages"] + 1) if face["pages"] <= _FEW_PAGES else self._pages_with(match, face)

    def _pages_between(self, match: str, first: int, last: int) -> Mapping[int, list[int]] | None:
        """The pages of several-page records that the expression may hold for, by serial; None if there are too many of other records between these."""
        sql = "SELECT rowid FROM page_fts WHERE page_fts MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?"
        rows = self._db.execute(sql, [match, page_id(first, 1), page_id(last, LAST_PAGE), _PAGES_AT_ONCE]).fetchall()
        lying: dict[int, list[int]] = {}
        for row in rows:
            serial, page = divmod(row[0], PAGE_SLOTS)
            lying.setdefault(serial, []).append(page)
        return lying if len(rows) < _PAGES_AT_ONCE else None

    def _stands(self, word: Word, text: FoldedText, serial: int) -> bool:
        """Whether the word is in this text of the record."""
        return text.has(word)

    def _page_match(self, word: Word) -> str:
        """What every page with the word fulfils."""
        return word_expression(word)

    def _spans(self, text: str) -> list[Span]:
        """Where the words stand in raw text."""
        return find_spans(text, self._words)

    def _page(self, serial: int, page: int, pages: int) -> FoldedText:
        if (serial, page) not in self._folded:
            self._folded[serial, page] = FoldedText(with_tail(page, pages, lambda number: self._text_of(serial, number)))
        return self._folded[serial, page]

    def _pages_with(self, match: str, face: Mapping[str, Any], most: int = PAGE_SLOTS) -> Sequence[int]:
        """The pages of a record that the expression may hold for, in order."""
        if face["pages"] <= 1:
            return [1] * face["pages"]
        sql = "SELECT rowid FROM page_fts WHERE page_fts MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?"
        serial = face["serial"]
        return [row[0] - page_id(serial, 0) for row in self._db.execute(sql, [match, page_id(serial, 1), page_id(serial, LAST_PAGE), most])]

    def _face(self, serial: int) -> Mapping[str, Any] | None:
        if serial not in self._faces:
            sql = "SELECT * FROM record_face JOIN record_meta USING (serial) WHERE serial = ?"
            self._faces[serial] = self._db.execute(sql, [serial]).fetchone()
        return self._faces[serial]

    # What is shown

    def _shown(self, serials: Iterable[int]) -> tuple[SearchHit, ...]:
        return tuple(hit for hit in map(self._hit, serials) if hit)

    def _hit(self, serial: int) -> SearchHit | None:
        face = self._face(serial)
        if face is None:
            return None
        page, text, spans = self._best_page(face)
        return SearchHit(
            accession_id=face["accession_id"],
            serial=serial,
            number=face["number"],
            department=face["department"],
            category=face["category"],
            fiscal_year=face["fiscal_year"],
            date=date.fromisoformat(face["date"]) if face["date"] else None,
            title=face["title"],
            page=page,
            snippet=cut(text, spans),
            highlights=tuple(spans),
        )

    def _best_page(self, face: Mapping[str, Any]) -> tuple[int, str, list[Span]]:
        """The first page on which a hit begins, one with all words if there is one; its text, and its hits."""
        for page in self._likely_pages(face):
            text, spans = self._spans_on(face, page)
            if spans:
                return page, text, spans
        return 1, self._text_of(face["serial"], 1) if face["pages"] else "", []

    def _spans_on(self, face: Mapping[str, Any], page: int) -> tuple[str, list[Span]]:
        """A page's text and the hits that begin on it, as far as they are on it."""
        serial, text = face["serial"], self._text_of(face["serial"], page)
        whole = with_tail(page, face["pages"], lambda number: self._text_of(serial, number))
        return text, [(start, min(end, len(text))) for start, end in self._spans(whole) if start < len(text)]

    def _likely_pages(self, face: Mapping[str, Any]) -> Iterator[int]:
        if not self._words:
            return
        if face["pages"] <= 1:
            yield from [1] * face["pages"]
            return
        each = [self._page_match(word) for word in self._words]
        seen: set[int] = set()
        for match in dict.fromkeys((f"({' AND '.join(each)})", f"({' OR '.join(each)})")):
            pages = [page for page in self._pages_with(match, face, most=8) if page not in seen]
            seen.update(pages)
            yield from pages

    # 関連順

    def _ranked(self, serials: list[int]) -> list[int]:
        """In tiers: words in the title; the newest others by score; the rest by arrival (search.md §6)."""
        titled = self._serials(self._match(And((self._tree, _in_title(self._tree)))), _TITLES_FIRST) if self._words else []
        others = [serial for serial in serials if serial not in set(titled)]
        scored = sorted(others[:_RESCORED], key=lambda serial: (-self._score(serial), -serial))
        return titled + scored + others[_RESCORED:]

    def _score(self, serial: int) -> float:
        """Occurrences on the best page, at most 5 a word; a page with all words near each other counts double."""
        face = self._face(serial)
        page = next(self._likely_pages(face), None) if face else None
        if face is None or page is None:
            return 0.0
        text = self._page(serial, page, face["pages"])
        counts = [min(5, text.count(word)) for word in self._words]
        return sum(counts) * (2.0 if all(counts) and text.near(self._words) else 1.0)


_ALL: Final = "all"


def _access_expression(access: Access) -> str:
    """Who may see a record, as an expression; `_ALL` without limits, "" where nothing may be seen."""
    limits = []
    if access.departments is not None:
        limits.append([fact_token("department", code) for code in sorted(access.departments)])
    if access.restricted is not None:
        limits.append([OPEN, *(fact_token("category", code) for code in sorted(access.restricted))])
    if not limits:
        return _ALL
    if not all(limits):
        return ""
    return " AND ".join("(" + " OR ".join(f'"{token}"' for token in tokens) + ")" for tokens in limits)


def _in_title(tree: Node) -> Node:
    """The same tree, its words looked for in the title."""
    match tree:
        case Word(text, "anywhere"):
            return Word(text, "title")
        case And(parts):
            return And(tuple(map(_in_title, parts)))
        case Or(parts):
            return Or(tuple(map(_in_title, parts)))
        case _:
            return tree
