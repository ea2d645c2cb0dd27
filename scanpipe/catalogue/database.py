"""Opens the SQLite files of a store: one library (pysqlite3, found by sqlite-utils), every pragma read back, named queries, the catalogue's tables."""

import os
import re
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlite_utils.utils as picked
from sqlite_utils import Database

from scanpipe import storage
from scanpipe.errors import PlaceError, ScanpipeError
from scanpipe.i18n import N_

sqlite3: Any = vars(picked)["sqlite3"]  # the library that sqlite-utils picked
OperationalError: type[Exception] = sqlite3.OperationalError
DatabaseError: type[Exception] = sqlite3.DatabaseError
Row = Mapping[str, Any]

# Free of the WAL-reset corruption (3.7.0 to 3.51.2, mended in 3.51.3)
OLDEST_SQLITE = (3, 51, 3)

WRITER_PRAGMAS: dict[str, object] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "mmap_size": 0,
    "busy_timeout": 10_000,
    "secure_delete": 1,  # what was disposed of leaves no words in free pages
}


class WrongSQLite(ScanpipeError):
    template = N_("SQLite is {found} from {library}; scanpipe needs pysqlite3 with SQLite 3.51.3 or newer. Install it again: pip install 'pysqlite3>=0.6.1'")


class PragmaRefused(ScanpipeError):
    template = N_("{path}: SQLite answered {pragma} = {found} where {wanted} was asked. Is the store on a local disk (ext4, XFS)?")


class CatalogueDamaged(PlaceError):
    template = N_("{path} is damaged ({reason}). Stop scanpipe and run `scanpipe reindex`: it is made again from the archive and the journal.")


class NotOurs(PlaceError):
    template = N_("{path} is not a plain file. Somebody put it there; take it away. scanpipe goes on by itself.")


def check_library() -> None:
    """Raises WrongSQLite unless sqlite-utils picked pysqlite3 with a safe SQLite."""
    if sqlite3.__name__ != "pysqlite3" or tuple(map(int, sqlite3.sqlite_version.split("."))) < OLDEST_SQLITE:
        raise WrongSQLite(found=sqlite3.sqlite_version, library=sqlite3.__name__)


def named(sql: str) -> dict[str, str]:
    """The statements of a .sql file by the names in their `-- name:` lines."""
    statements: dict[str, str] = {}
    for part in sql.split("-- name: ")[1:]:
        name, _, body = part.partition("\n")
        statements[name.strip()] = body.strip()
    return statements


SQL = named((files("scanpipe.catalogue") / "queries.sql").read_text("utf-8"))
_SCHEMA = (files("scanpipe.catalogue") / "schema.sql").read_text("utf-8")

# Of the schema without its comments, so that a catalogue that another version made is known as such.
_VERSION = zlib.crc32(re.sub(r"--.*|\s+", " ", _SCHEMA).encode()) & 0x7FFFFFFF


def is_current(db: Database) -> bool:
    """Whether this version made the file's tables. Another's are a cache like ours: made again from the journal, never altered."""
    return int(db.execute("PRAGMA user_version").fetchone()[0]) == _VERSION


def remove_database(path: Path) -> None:
    """Removes the file and what SQLite keeps beside it. Nobody may have it open."""
    for suffix in ("", "-wal", "-shm"):
        with storage.place(path):
            storage.remove(path.with_name(path.name + suffix))


def _statements(script: str) -> Iterator[str]:
    # executescript would end the transaction
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def open_writer(path: Path) -> Database:
    """The one writing connection of a file: WAL, synchronous FULL, every pragma read back. Usable from any thread, one at a time."""
    check_library()
    connection = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=10)
    connection.row_factory = sqlite3.Row
    for pragma, wanted in WRITER_PRAGMAS.items():
        connection.execute(f"PRAGMA {pragma} = {wanted}")
        found = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        if found != wanted:
            raise PragmaRefused(path=str(path), pragma=pragma, found=found, wanted=wanted)
    return Database(connection)


def make_shared(path: Path) -> None:
    """The file is there, and who may write in its folder may read and write it, nobody else: its owner alone, or the two users of the units.

    SQLite gives its -wal and -shm the same mode and, for root, owner. Raises NotOurs for a link, by which one of the two could lead the other astray; OSError.
    """
    folder = path.parent.stat()
    if not os.path.lexists(path):
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            if os.geteuid() == 0:
                os.chown(path, folder.st_uid, folder.st_gid)
        storage.sync_folder(path.parent)
    found = path.lstat()
    if not storage.is_regular(found):
        raise NotOurs(path=str(path))
    together = folder.st_mode & stat.S_IWGRP
    if os.geteuid() in (0, found.st_uid):  # else its owner sees to it
        if together and found.st_gid != folder.st_gid:
            os.chown(path, -1, folder.st_gid)
        if stat.S_IMODE(found.st_mode) != (mode := 0o660 if together else 0o600):
            path.chmod(mode)


def close_writer(connection: Any, path: Path) -> None:
    """Ends the one writing connection, and leaves -wal and -shm behind, empty: readers who may not write beside the file could not make them again."""
    with suppress(DatabaseError):
        reader = open_reader(path).conn
        try:
            reader.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.close()  # not the last one, which would remove them
        finally:
            reader.close()
    connection.close()


def open_catalogue(path: Path) -> Database:
    """The catalogue for writing; a new file gets its tables, one of another version is left as it is (see is_current). Raises CatalogueDamaged."""
    try:
        db = open_writer(path)
        quick_check(db, path)
        if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            _make(db)
    except DatabaseError as error:
        if isinstance(error, OperationalError):
            raise
        raise CatalogueDamaged(path=str(path), reason=str(error)) from error
    return db


def _make(db: Database) -> None:
    with transaction(db):
        for statement in _statements(_SCHEMA):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_VERSION}")


def quick_check(db: Database, path: Path) -> None:
    """Raises CatalogueDamaged if SQLite finds a fault in the file."""
    answer = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise CatalogueDamaged(path=str(path), reason=answer)


def integrity_check(path: Path) -> None:
    """Reads the whole file, tables against their indexes too, over a connection of its own. Raises CatalogueDamaged."""
    db = open_reader(path)
    try:
        answer = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except OperationalError:
        raise
    except DatabaseError as error:
        answer = str(error)
    finally:
        db.conn.close()
    if answer != "ok":
        raise CatalogueDamaged(path=str(path), reason=answer)


def open_reader(path: Path) -> Database:
    """A read-only connection; works while the daemon writes. Raises OperationalError if there is no such file."""
    check_library()
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False, timeout=5)
    connection.row_factory = sqlite3.Row
    return Database(connection)


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT; rolls back on any error. A deferred one that reads before it writes can fail as locked at once."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
