"""The file of accounts: schema, opening, transactions, and the list of what was changed."""

import fcntl
import json
import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database, Migrations

from scanpipe import storage
from scanpipe.catalogue.database import DatabaseError, Row, make_shared, open_writer, transaction
from scanpipe.core.rights import Person, Role, Via
from scanpipe.errors import PlaceError
from scanpipe.i18n import N_

TOUCH_SECONDS: Final = 60  # how exactly it is known when a session or token was used last

migrations = Migrations("accounts")

_SCHEMA = (  # moments: UTC with microseconds, so that they compare as text. Lists: JSON
    "CREATE TABLE account (name TEXT PRIMARY KEY, shown TEXT NOT NULL, roles TEXT NOT NULL, departments TEXT NOT NULL, grants TEXT NOT NULL,"
    " password TEXT, must_change INTEGER NOT NULL DEFAULT 0, disabled TEXT, created TEXT NOT NULL, last_login TEXT) STRICT",
    "CREATE TABLE session (digest TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account (name), via TEXT NOT NULL, created TEXT NOT NULL,"
    " seen TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX session_of_account ON session (account)",
    "CREATE TABLE token (name TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, kind TEXT NOT NULL CHECK (kind IN ('account', 'wall')),"
    " account TEXT REFERENCES account (name), department TEXT, titles INTEGER NOT NULL DEFAULT 0, scopes TEXT NOT NULL DEFAULT '[]', expires TEXT,"
    " created TEXT NOT NULL, created_by TEXT NOT NULL, last_used TEXT, revoked TEXT,"
    " CHECK ((kind = 'account') = (account IS NOT NULL) AND (kind = 'wall') = (department IS NOT NULL))) STRICT",
    "CREATE TABLE account_event (id INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL) STRICT",
    "CREATE INDEX event_of_account ON account_event (account, id)",
    "CREATE TABLE login_try (id INTEGER PRIMARY KEY, whose TEXT NOT NULL, at TEXT NOT NULL) STRICT",
    "CREATE INDEX try_by_whose ON login_try (whose, at)",
    "CREATE TABLE saved_search (account TEXT NOT NULL REFERENCES account (name), name TEXT NOT NULL, query TEXT NOT NULL, created TEXT NOT NULL,"
    " PRIMARY KEY (account, name)) STRICT, WITHOUT ROWID",
)


@migrations()
def first_schema(db: Database) -> None:
    for statement in _SCHEMA:
        db.execute(statement)


class AccountsFault(PlaceError):
    template = N_("The accounts in {path} cannot be read or written ({reason}). Check the disk, then try again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """What somebody did to an account or token. at: aware, UTC. by: who. account: its name, for a token that of the token. data: JSON values, no secrets."""

    at: datetime
    by: str
    account: str
    kind: str
    data: Mapping[str, Any]


class Store:
    """The connection: one per process, one transaction at a time."""

    def __init__(self, path: Path) -> None:
        """Makes the file where there is none. Raises PlaceError if its folder is gone or closed to us, AccountsFault."""
        self.path = path
        self._lock = threading.RLock()
        with storage.place(path), _faults_of(path), _alone_in(path.parent):
            make_shared(path)
            self.db = open_writer(path)
            migrations.apply(self.db)

    def close(self) -> None:
        with self._lock:
            self.db.conn.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, _faults_of(self.path), transaction(self.db):
            yield

    def _rows(self, sql: str, *values: object) -> list[Row]:
        with self._lock, _faults_of(self.path):
            return list(self.db.conn.execute(sql, values))

    def _one(self, sql: str, *values: object) -> Row | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None

    def _execute(self, sql: str, *values: object) -> int:
        return int(self.db.conn.execute(sql, values).rowcount)

    def _note(self, kind: str, account: str, by: str, at: datetime, /, **data: Any) -> None:
        """Inside a transaction."""
        told = json.dumps(data, ensure_ascii=False, sort_keys=True)
        self._execute("INSERT INTO account_event (at, by, account, kind, data) VALUES (?, ?, ?, ?, ?)", stored(at), by, account, kind, told)

    def events(self, account: str | None = None, most: int = 100) -> tuple[AccountEvent, ...]:
        """What was done, the newest first. account: to this one only."""
        rows = self._rows("SELECT * FROM account_event WHERE ? IS NULL OR account = ? ORDER BY id DESC LIMIT ?", account, account, most)
        return tuple(AccountEvent(at=moment(row["at"]), by=row["by"], account=row["account"], kind=row["kind"], data=json.loads(row["data"])) for row in rows)


def person_of(row: Row, via: Via, scopes: frozenset[str] | None = None) -> Person:
    """The person in a row of table `account`. A token is not stopped by a password that must be changed: it has none."""
    return Person(
        name=row["name"],
        shown=row["shown"],
        roles=frozenset(map(Role, json.loads(row["roles"]))),
        departments=frozenset(json.loads(row["departments"])),
        grants=frozenset(json.loads(row["grants"])),
        via=via,
        scopes=scopes,
        must_change=bool(row["must_change"]) and via == "session",
    )


def stored(at: datetime) -> str:
    """A moment as the tables have it. at: aware."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """Aware, in UTC."""
    return datetime.fromisoformat(text)


def maybe_moment(text: str | None) -> datetime | None:
    return moment(text) if text else None


def listed(values: Collection[str]) -> str:
    """As the tables have lists."""
    return json.dumps(sorted(values), ensure_ascii=False)


def unlisted(text: str) -> tuple[str, ...]:
    found: Sequence[str] = json.loads(text)
    return tuple(found)


def digest(secret: str) -> str:
    """Under which a secret of 256 random bits is kept; such a one needs no slow hash."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise AccountsFault(path=str(path), reason=str(error)) from error


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """While it lasts no other process makes or migrates the file. The folder is locked: closing a descriptor of the file itself would drop SQLite's locks."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
