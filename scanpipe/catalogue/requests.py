"""People's wishes, durable until the daemon answers: what a person wants changed goes through here, by web or verb.

While a daemon holds the store's lock the wish is queued and answered; else the asking process takes the lock and answers it itself.
requests.db is not a cache: it is in every backup.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlite_utils import Database, Migrations
from ulid import ULID

from scanpipe import storage
from scanpipe.catalogue.database import DatabaseError, Row, make_shared, open_writer, transaction
from scanpipe.errors import PlaceError, ScanpipeError, UsageError
from scanpipe.i18n import N_, _

log = structlog.get_logger()
migrations = Migrations("requests")

Answer = Mapping[str, Any]
Answerer = Callable[["Wish"], Answer]


@migrations()
def first_schema(db: Database) -> None:
    db.execute(
        "CREATE TABLE request (id TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, verb TEXT NOT NULL, wants TEXT NOT NULL,"
        " state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'refused')), answer TEXT, answered TEXT) STRICT"
    )
    db.execute("CREATE INDEX request_waiting ON request (id) WHERE state = 'waiting'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks for. id: ULID. at: aware. who: their name. wants: the verb's own arguments, JSON values."""

    id: str
    at: datetime
    who: str
    verb: str
    wants: Mapping[str, Any]


NO_NAME = N_("Say who you are: --by NAME")
OUR_FAULT = N_("scanpipe failed at this request; that is a fault of its own. Please report it with the log lines of request {id}.")


class NoAnswer(PlaceError):
    template = N_("The daemon has not answered within {seconds:.0f} seconds. Your request is kept and will be done; see `scanpipe status`.")


class Refused(ScanpipeError):
    """The daemon's own sentence why not."""

    template = N_("{reason}")


class RequestsFault(PlaceError):
    """SQLite could not read or write: disk full, disk fault."""

    template = N_("The requests in {path} cannot be read or written ({reason}). Check the disk; scanpipe goes on by itself.")


class NotYet(Exception):
    """What answers the wish is under way; the wish stays waiting and is asked again at the next turn."""


class Requests:
    """One per process; several processes may ask, one answers."""

    def __init__(self, path: Path) -> None:
        """Raises RequestsFault, PlaceError."""
        self.path = path
        with storage.place(path), self._faults():
            make_shared(path)
            self.db = open_writer(path)
            migrations.apply(self.db)

    def close(self) -> None:
        self.db.conn.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            raise RequestsFault(path=str(self.path), reason=str(error)) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._faults(), transaction(self.db):
            yield

    def ask(self, verb: str, who: str, at: datetime, **wants: Any) -> Wish:
        """Queues a wish, durable on return. Raises RequestsFault, and UsageError if nobody asks: what is decided must be somebody's."""
        if not who.strip():
            raise UsageError(NO_NAME)
        wish = Wish(id=str(ULID()), at=at, who=who, verb=verb, wants=wants)
        with self._writing():
            self.db.conn.execute(
                "INSERT INTO request (id, at, who, verb, wants) VALUES (?, ?, ?, ?, ?)",
                [wish.id, at.isoformat(), who, verb, json.dumps(wants, ensure_ascii=False)],
            )
        return wish

    def answer(self, answerers: Mapping[str, Answerer], clock: Callable[[], datetime]) -> int:
        """Does all that waits, in order of asking; returns how many. A refusal is an answer; a fault of a place, or NotYet, leaves the wish waiting."""
        with self._faults():
            rows = list(self.db.conn.execute("SELECT * FROM request WHERE state = 'waiting' ORDER BY id"))
        for row in rows:
            wish = _wish(row)
            try:
                if wish.verb not in answerers:
                    raise UsageError(N_("There is no request named {verb}."), verb=wish.verb)
                state, answer = "done", dict(answerers[wish.verb](wish))
            except NotYet:
                continue
            except PlaceError:
                raise
            except ScanpipeError as error:
                state, answer = "refused", {"reason": str(error), "exit_code": error.exit_code}
            except Exception:
                log.exception("a request could not be answered", verb=wish.verb, id=wish.id)
                state, answer = "refused", {"reason": _(OUR_FAULT).format(id=wish.id), "exit_code": os.EX_SOFTWARE}
            with self._writing():
                self.db.conn.execute(
                    "UPDATE request SET state = ?, answer = ?, answered = ? WHERE id = ?",
                    [state, json.dumps(answer, ensure_ascii=False), clock().isoformat(), wish.id],
                )
        return len(rows)

    def wait_for(self, wish: Wish, seconds: float) -> Answer:
        """The answer to a wish. Raises Refused with its reason, or NoAnswer after so many seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self._faults():
                row = self.db.conn.execute("SELECT state, answer FROM request WHERE id = ?", [wish.id]).fetchone()
            if row["state"] == "done":
                answer: Answer = json.loads(row["answer"])
                return answer
            if row["state"] == "refused":
                raise _refused(json.loads(row["answer"]))
            time.sleep(0.05)
        raise NoAnswer(seconds=seconds)


def _refused(answer: Mapping[str, Any]) -> Refused:
    refused = Refused(reason=answer["reason"])
    refused.exit_code = int(answer.get("exit_code", refused.exit_code))
    return refused


def _wish(row: Row) -> Wish:
    return Wish(id=row["id"], at=datetime.fromisoformat(row["at"]), who=row["who"], verb=row["verb"], wants=json.loads(row["wants"]))
