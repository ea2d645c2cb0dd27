"""search.db, the writing end: which words stand in which record. A cache of the catalogue: it may be deleted at any time and is then made again.

Two FTS5 tables of tokens made by our code (search_match.py): one row a record with everything it is found by, so that AND and NOT hold over all its pages,
counts and offsets count records, and no filter needs a join; and, for records of several pages, one row a page, to tell on which page the words are.
The asking end is search_reader.py and search_answer.py, whose names are given on here.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database, Migrations

from scanpipe.catalogue.database import DatabaseError, OperationalError, close_writer, open_writer, sqlite3, transaction
from scanpipe.catalogue.search_answer import LAST_PAGE, page_id, with_tail
from scanpipe.catalogue.search_match import EVERY, OPEN, FoldedText, day_tokens, fact_token, scoped_tokens
from scanpipe.catalogue.search_reader import SearchReader, SearchUnavailable
from scanpipe.catalogue.search_result import Access, SearchHit, SearchResult
from scanpipe.errors import PlaceError
from scanpipe.i18n import N_

__all__ = ["Access", "SearchEntry", "SearchFault", "SearchHit", "SearchIndex", "SearchReader", "SearchResult", "SearchUnavailable"]

INDEX_VERSION: Final = "2"  # raise it when folding or tokens change: the file is then made anew
_TABLES: Final = ("record_fts", "page_fts")
_BATCH: Final = 200
_MERGE_PAGES: Final = 2000  # of one slice of `optimise`: about 0.1 s during which no record can be added

migrations = Migrations("search")


@migrations()
def first_schema(db: Database) -> None:
    for table in _TABLES:
        db.execute(f"CREATE VIRTUAL TABLE {table} USING fts5(tokens, tokenize='ascii', content='', contentless_delete=1, detail=none)")
    db.execute("CREATE TABLE record_meta (serial INTEGER PRIMARY KEY, department TEXT NOT NULL, category TEXT NOT NULL, fiscal_year INT NOT NULL)")
    db.execute(
        "CREATE TABLE record_face (serial INTEGER PRIMARY KEY, accession_id TEXT NOT NULL, number TEXT NOT NULL, title TEXT, names TEXT NOT NULL,"
        " date TEXT, pages INT NOT NULL, digest BLOB NOT NULL)"
    )
    db.execute("CREATE INDEX record_face_date ON record_face (date)")
    db.execute("CREATE TABLE search_info (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    db.execute("INSERT INTO search_info VALUES ('index_version', ?)", [INDEX_VERSION])


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEntry:
    """What one record is found by.

    serial: Accession.serial, > 0; later arrivals have greater ones. number: `2025-000123`. date: the record's own, None if unknown.
    name_words: document number, sender, addressee and the like, parted by blanks or punctuation; found by every search and by 番号:.
    pages: raw text of each page in order, "" for blank ones. restricted: shown only to those allowed to see its section's restricted records.
    """

    accession_id: str
    serial: int
    number: str
    department: str
    category: str
    fiscal_year: int
    date: date | None
    title: str | None
    name_words: str = ""
    pages: Sequence[str] = ()
    restricted: bool = False

    @property
    def names(self) -> str:
        """Number and names with a break between, which no n-gram crosses."""
        return f"{self.number}、{self.name_words}"

    def facts(self) -> list[str]:
        """The tokens of filters: each has more than three signs."""
        facts = {"department": self.department, "category": self.category, "fiscal_year": str(self.fiscal_year)}
        tokens = [EVERY, *(fact_token(kind, value) for kind, value in facts.items())]
        return tokens + ([] if self.restricted else [OPEN]) + (day_tokens(self.date) if self.date else [])


class SearchFault(PlaceError):
    """SQLite could not write: disk full, disk fault, a damaged file."""

    template = N_("The search index {path} cannot be written ({reason}). Check the disk; if it is well, start scanpipe again: the index is then made anew.")


class SearchIndex:
    """The one writer of search.db. Used by one thread at a time; readers work meanwhile."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file. A damaged one, and one of another INDEX_VERSION, is made anew: `fresh` is then True.

        fresh: nothing was indexed at opening; every record must be put again. Raises OperationalError where the place is at fault.
        """
        self._path, self._db = path, _opened(path)
        self._in_bulk = False
        self._pending = 0
        self.fresh = not self._one("SELECT EXISTS (SELECT 1 FROM record_face)")

    def put(self, entry: SearchEntry) -> None:
        """Make this all that is known of the record, in one transaction. The same entry again changes nothing. Raises ValueError for a serial < 1, SearchFault."""
        if entry.serial < 1:
            raise ValueError(f"serial {entry.serial} is not positive")
        digest = hashlib.sha256(repr(entry).encode("utf-8", "surrogatepass")).digest()
        if self._one("SELECT digest FROM record_face WHERE serial = ?", entry.serial) == digest:
            return
        pages = _page_tokens(entry)
        found_by = dict.fromkeys(token for _, tokens in pages for token in tokens)
        found_by |= dict.fromkeys(FoldedText(f"{entry.title or ''}、{entry.names}").tokens())
        tokens = [*found_by, *scoped_tokens(entry.title or "", "title"), *scoped_tokens(entry.names, "names"), *entry.facts()]
        with self._transaction():
            self._forget(entry.serial)
            self._add(entry, tokens, pages if len(entry.pages) > 1 else [], digest)

    def remove(self, serial: int) -> None:
        """The record is not found any more, from now on. Its terms leave the file with the next `optimise`. Unknown serials are ignored. Raises SearchFault."""
        with self._transaction():
            if self._forget(serial):
                self._db.execute("INSERT OR REPLACE INTO search_info VALUES ('purge_due', '1')")

    def indexed(self) -> set[int]:
        """The serials of all records in the index."""
        return {row[0] for row in self._db.execute("SELECT serial FROM record_face")}

    @property
    def purge_due(self) -> bool:
        """Whether terms of removed records may still be in the file."""
        return bool(self._one("SELECT 1 FROM search_info WHERE key = 'purge_due'"))

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Many entries one after another: they are committed by the 200, and found after that. For `reindex`."""
        for table in _TABLES:
            self._db.execute(f"INSERT INTO {table}({table}, rank) VALUES ('hashsize', ?)", [64 << 20])  # noqa: S608 (our own name)
        try:
            self._in_bulk = True
            with transaction(self._db):
                yield
        finally:
            self._in_bulk, self._pending = False, 0
            for table in _TABLES:
                self._db.execute(f"INSERT INTO {table}({table}, rank) VALUES ('hashsize', ?)", [1 << 20])  # noqa: S608

    def optimise(self) -> bool:
        """Merge the index, so that no term of a removed record is left in the file; after a disposal run, and at night.

        In slices, so that records can be added meanwhile. True if nothing is left; False if a reader held the write-ahead log: call it again later.
        Contentless tables that can delete keep removed terms until then, whatever FTS5's secure-delete says (tried with SQLite 3.53).
        """
        for table in _TABLES:
            self._merge(table)
        with transaction(self._db):
            self._db.execute("DELETE FROM search_info WHERE key = 'purge_due'")
        busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            self._db.execute("INSERT OR REPLACE INTO search_info VALUES ('purge_due', '1')")
        return not busy

    def close(self) -> None:
        close_writer(self._db.conn, self._path)

    def _merge(self, table: str) -> None:
        pages = -_MERGE_PAGES  # negative at first: all segments, not only those that are due
        while True:
            before = self._one("SELECT total_changes()")
            self._db.execute(f"INSERT INTO {table}({table}, rank) VALUES ('merge', ?)", [pages])  # noqa: S608
            if self._one("SELECT total_changes()") - before < 2:  # as FTS5 documents it: no more to merge
                return
            pages = _MERGE_PAGES

    def _add(self, entry: SearchEntry, tokens: list[str], pages: list[tuple[int, list[str]]], digest: bytes) -> None:
        serial = entry.serial
        self._db.execute("INSERT INTO record_fts (rowid, tokens) VALUES (?, ?)", [serial, " ".join(tokens)])
        for page, found_by in pages[:LAST_PAGE]:
            self._db.execute("INSERT INTO page_fts (rowid, tokens) VALUES (?, ?)", [page_id(serial, page), " ".join(found_by)])
        self._db.execute("INSERT INTO record_meta VALUES (?, ?, ?, ?)", [serial, entry.department, entry.category, entry.fiscal_year])
        day = entry.date.isoformat() if entry.date else None
        face = [serial, entry.accession_id, entry.number, entry.title, entry.name_words, day, len(entry.pages), digest]
        self._db.execute("INSERT INTO record_face VALUES (?, ?, ?, ?, ?, ?, ?, ?)", face)

    def _forget(self, serial: int) -> bool:
        """Inside a transaction. Whether the record was there."""
        pages = self._one("SELECT pages FROM record_face WHERE serial = ?", serial)
        if pages is None:
            return False
        self._db.execute("DELETE FROM record_fts WHERE rowid = ?", [serial])
        if pages > 1:
            self._db.execute("DELETE FROM page_fts WHERE rowid BETWEEN ? AND ?", [page_id(serial, 1), page_id(serial, LAST_PAGE)])
        self._db.execute("DELETE FROM record_meta WHERE serial = ?", [serial])
        self._db.execute("DELETE FROM record_face WHERE serial = ?", [serial])
        return True

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Raises SearchFault: that the disk is full is no fault of the scan."""
        try:
            with self._grouped():
                yield
        except DatabaseError as error:
            if type(error) not in (DatabaseError, OperationalError):  # those are faults of ours
                raise
            raise SearchFault(path=str(self._path), reason=str(error)) from error

    @contextmanager
    def _grouped(self) -> Iterator[None]:
        if not self._in_bulk:
            with transaction(self._db):
                yield
            return
        yield
        self._pending += 1
        if self._pending % _BATCH == 0:
            self._db.conn.execute("COMMIT")
            self._db.conn.execute("BEGIN IMMEDIATE")

    def _one(self, sql: str, *values: object) -> Any:
        row = self._db.execute(sql, values).fetchone()
        return row[0] if row else None


def _page_tokens(entry: SearchEntry) -> list[tuple[int, list[str]]]:
    """Page number (from 1) and n-grams of each page that has text; with the beginning of what follows, so that words across its end are found."""
    texts = [with_tail(number, len(entry.pages), lambda page: entry.pages[page - 1]) if text else "" for number, text in enumerate(entry.pages, 1)]
    return [(number, tokens) for number, text in enumerate(texts, 1) if (tokens := FoldedText(text).tokens())]


def _opened(path: Path) -> Database:
    try:
        db = _at_version(path)
    except DatabaseError as error:
        if isinstance(error, OperationalError):  # busy, or the disk: nothing is wrong with the file
            raise
        db = None
    if db is not None:
        return db
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    db = _at_version(path)
    if db is None:
        raise OperationalError(f"{path}: the index was made, but does not say its version")
    return db


def _at_version(path: Path) -> Database | None:
    """The file opened for writing; None if it was made by another version. Raises DatabaseError if it is damaged."""
    if not path.exists():
        _make(path)
    db = open_writer(path)
    db.execute("PRAGMA synchronous = NORMAL")  # the catalogue names what a power cut may have taken from here
    db.execute("PRAGMA secure_delete = ON")
    migrations.apply(db)
    version = db.execute("SELECT value FROM search_info WHERE key = 'index_version'").fetchone()
    if version is not None and version[0] == INDEX_VERSION:
        return db
    db.close()
    return None


def _make(path: Path) -> None:
    connection = sqlite3.connect(str(path))
    connection.execute("PRAGMA page_size = 8192")  # before WAL, which fixes it
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
