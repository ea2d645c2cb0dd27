"""search.db, the asking end: opened read-only, while another process writes. Text for verifying and for snippets comes from the catalogue."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlite_utils import Database

from scanpipe.catalogue.database import DatabaseError, open_reader
from scanpipe.catalogue.search_answer import Asked, TextOf
from scanpipe.catalogue.search_fuzzy import FuzzyAsked
from scanpipe.catalogue.search_result import Access, Order, SearchResult
from scanpipe.core.finding.query import And, DateRange, Everything, Field, FieldName, Node, Not, Or, Word, parse
from scanpipe.core.finding.snippet import Span
from scanpipe.core.text import fold
from scanpipe.errors import PlaceError
from scanpipe.i18n import N_


class SearchUnavailable(PlaceError):
    """The index cannot be read just now."""

    template = N_("The search index {path} cannot be read ({reason}). Start scanpipe; if that does not help, stop it and run `scanpipe reindex`.")


class SearchReader:
    """Asks search.db. One object serves all threads; each thread has its own connection.

    text_of(serial, page): raw text of a page, "" if there is none; must not raise for records that vanished meanwhile.
    codes: names that people type in 課: and 分類: with the code meant, e.g. {"department": {"デジタル政策課": "1105"}}; codes themselves always work.
    """

    def __init__(self, path: Path, text_of: TextOf, codes: Mapping[FieldName, Mapping[str, str]] | None = None) -> None:
        self._path = path
        self._text_of = text_of
        self._codes = {name: {fold(label): code for label, code in labels.items()} for name, labels in (codes or {}).items()}
        self._local = threading.local()

    def search(
        self,
        query: str,
        *,
        department: str | None = None,
        category: str | None = None,
        fiscal_year: int | None = None,
        date_from: date | None = None,
        date_to: date | None = None,
        limit: int = 20,
        offset: int = 0,
        order: Order = "newest",
        allowed: Access | None = None,
        facets: bool = False,
        before: int | None = None,
        after: int | None = None,
        fuzzy: bool = False,
    ) -> SearchResult:
        """The records that fulfil the query and all filters; dates include both ends; a blank query with a filter lists what the filter leaves.

        AND and NOT hold over all pages, title and names of a record. newest: by arrival, last first. relevance: words in the title, then the newest 100
        others by occurrences and nearness, then the rest by arrival. before, after: serials, instead of `offset` and in the newest order only: pages that stay
        right while records arrive. fuzzy: longer words with a sign or two read wrong, too, the closest first (search_fuzzy.py).
        Raises QueryError, or SearchUnavailable where the file cannot be read.
        """
        facts: dict[FieldName, object] = {"department": department, "category": category, "fiscal_year": fiscal_year}
        filters: list[Node] = [Field(name, str(value)) for name, value in facts.items() if value is not None]
        if date_from or date_to:
            filters.append(DateRange(date_from, date_to))
        wanted = Everything() if filters and not query.strip() else parse(query)
        tree = self._coded(And((wanted, *filters)) if filters else wanted)
        with self._snapshot() as db:
            if fuzzy:
                return FuzzyAsked(db, self._text_of, tree, allowed or Access()).closest(max(limit, 0), max(offset, 0), facets=facets)
            asked = Asked(db, self._text_of, tree, allowed or Access())
            return asked.answer(max(limit, 0), max(offset, 0), order, facets=facets, before=before, after=after)

    def pages(self, serial: int, query: str, *, fuzzy: bool = False) -> tuple[int, ...]:
        """The pages of this record on which a word of the query stands. Whether the record may be seen is asked before. Raises as `search`."""
        with self._snapshot() as db:
            return (FuzzyAsked if fuzzy else Asked)(db, self._text_of, parse(query), Access()).pages(serial)

    def spans(self, serial: int, page: int, query: str, *, fuzzy: bool = False) -> list[Span]:
        """[start, end) of every hit that begins on this page, in its raw text. Whether it may be seen is asked before. Raises as `search`."""
        with self._snapshot() as db:
            return (FuzzyAsked if fuzzy else Asked)(db, self._text_of, parse(query), Access()).spans(serial, page)

    def nearest(self, word: Word, allowed: Access) -> tuple[str, ...]:
        """Up to three spellings in records that may be seen that differ from this word by a sign or two, the commonest first. Raises SearchUnavailable."""
        with self._snapshot() as db:
            return FuzzyAsked(db, self._text_of, word, allowed).nearest()

    def close(self) -> None:
        """Close this thread's connection."""
        if db := getattr(self._local, "db", None):
            db.close()
            self._local.db = None

    def _coded(self, tree: Node) -> Node:
        match tree:
            case Field(name, value):
                return Field(name, self._codes.get(name, {}).get(fold(value), value))
            case And(parts):
                return And(tuple(map(self._coded, parts)))
            case Or(parts):
                return Or(tuple(map(self._coded, parts)))
            case Not(one):
                return Not(self._coded(one))
            case _:
                return tree

    @contextmanager
    def _snapshot(self) -> Iterator[Database]:
        """All statements of one answer see one state of the file. Raises SearchUnavailable."""
        try:
            db = self._connection()
            db.conn.execute("BEGIN")
            try:
                yield db
            finally:
                db.conn.execute("ROLLBACK")
        except DatabaseError as error:
            raise SearchUnavailable(path=self._path.name, reason=str(error)) from error

    def _connection(self) -> Database:
        """This thread's connection, opened again where the file was made anew."""
        try:
            found = self._path.stat()
        except OSError as error:
            raise SearchUnavailable(path=self._path.name, reason=error.strerror) from error
        which = (found.st_dev, found.st_ino)
        if getattr(self._local, "which", None) != which or self._local.db is None:
            self.close()
            self._local.db, self._local.which = open_reader(self._path), which
            self._local.db.execute("PRAGMA cache_size = -4096")
        db: Database = self._local.db
        return db
