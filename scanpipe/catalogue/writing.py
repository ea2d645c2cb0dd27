"""What every change of the catalogue has in common: one event in the journal, then one transaction with fact, state and event row.

The journal is written first. If the transaction then fails, or the power is cut between the two, the journal is ahead by that line;
it is applied again before anything else is written. What a line tells is therefore enough to apply it, save the text of a
page, which lies in the vault once the record is filed: until then the stage is simply done again.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import structlog
from sqlite_utils import Database

from scanpipe import storage
from scanpipe.catalogue.database import SQL, DatabaseError, Row, close_writer, is_current, open_catalogue, remove_database, transaction
from scanpipe.catalogue.journal import Event, Journal, read
from scanpipe.core.model import Description, Filing, Recognition, State
from scanpipe.core.serial import as_json, canonical
from scanpipe.errors import Damaged, PlaceError, ScanpipeError
from scanpipe.i18n import N_

log = structlog.get_logger()

_TOGETHER = 500  # of the journal's lines are applied again in one transaction

RecordSource = Callable[[str], tuple[Recognition, Description, Filing] | None]


class Superseded(ScanpipeError):
    """Another step was first: the accession is not in the state that this one started from."""

    template = N_("{id} is not {state} any more.")


class CatalogueFault(PlaceError):
    """SQLite could not write: disk full, disk fault."""

    template = N_("The catalogue {path} cannot be written ({reason}). Check the disk; scanpipe goes on by itself.")


class JournalLost(Damaged):
    """The journal is older than the catalogue, or another one: somebody put an old copy back, or took lines away."""

    template = N_("{path} ends at event {found}, but the catalogue knows event {seq}. Put the newest copy of the journal back; scanpipe alters nothing.")


class Writer:
    """One per process that holds the store's lock. Safe to call from any thread: one transition at a time."""

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {}  # how a line of the journal is applied again, by its kind

    def __init__(self, path: Path, journal_folder: Path, clock: Callable[[], datetime], records: RecordSource) -> None:
        """Opens both and applies what the catalogue misses. records: reads a filed record's facts from the vault by its vault path."""
        self.path = path
        self.journal = Journal(journal_folder)
        self.db: Database = self._opened()
        self.clock = clock
        self._records = records
        self._lock = threading.RLock()
        self._behind = True
        with self._lock:
            self._catch_up()

    def _opened(self) -> Database:
        """One that another version made is made again: by the catching up, from the journal's first line."""
        db = open_catalogue(self.path)
        if is_current(db):
            return db
        self._check_end(db)
        db.conn.close()
        log.info("the catalogue is of another version and is made again", path=str(self.path), events=self.journal.seq)
        remove_database(self.path)
        return open_catalogue(self.path)

    def _check_end(self, db: Database) -> Row | None:
        """The catalogue's last event. Raises JournalLost if the journal does not hold it."""
        last: Row | None = db.conn.execute(SQL["last_event"]).fetchone()
        if last is not None and (last["seq"] > self.journal.seq or (last["seq"] == self.journal.seq and last["hash"] != self.journal.head)):
            raise JournalLost(path=str(self.journal.folder), seq=last["seq"], found=self.journal.seq)
        return last

    def close(self) -> None:
        with self._lock:
            self.journal.close()
            close_writer(self.db.conn, self.path)

    # --- the shape of every change ---

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Serialises writers and turns SQLite's errors into a fault of the place. What is asked inside sees all that the journal tells."""
        with self._lock:
            try:
                if self._behind:
                    self._catch_up()
                yield
            except DatabaseError as error:
                raise CatalogueFault(path=str(self.path), reason=str(error)) from error

    def _record(self, kind: str, change: Callable[[Event], None], accession_id: str | None = None, actor: str = "scanpipe", /, **data: Any) -> Event:
        """Journal line first, then `change` and the event row in one transaction."""
        (event,) = self._record_together(kind, change, [(accession_id, data)], actor)
        return event

    def _record_together(
        self, kind: str, change: Callable[[Event], None], told: Iterable[tuple[str | None, Mapping[str, Any]]], actor: str = "scanpipe", /
    ) -> list[Event]:
        """Journal lines first, then `change` and the event row of each, all in one transaction: the cost of one."""
        self._behind = True  # until the commit
        events = self.journal.append_together(kind, told, at=self.clock(), actor=actor)
        storage.before("commit", self.path)
        with transaction(self.db):
            for event in events:
                self._put(event, change)
        self._behind = False
        return events

    def _put(self, event: Event, change: Callable[[Event], None]) -> None:
        """The event row and what it tells; inside a transaction."""
        self._execute(
            "add_event",
            seq=event.seq,
            at=event.at.isoformat(),
            kind=event.kind,
            accession_id=event.accession_id,
            actor=event.actor,
            data=canonical(event.data).decode(),
            prev=event.prev,
            hash=event.hash,
        )
        change(event)

    def _execute(self, name: str, /, **values: Any) -> int:
        return int(self.db.conn.execute(SQL[name], values).rowcount)

    def _one(self, name: str, /, **values: Any) -> Row | None:
        row: Row | None = self.db.conn.execute(SQL[name], values).fetchone()
        return row

    def _move(self, accession_id: str, start: State, end: State) -> None:
        if self._execute("move", **{"id": accession_id, "from": start, "to": end}) != 1:
            raise Superseded(id=accession_id, state=start)

    def _expect(self, accession_id: str, state: State) -> None:
        """Before the journal is written: a line must never tell what then does not happen."""
        row = self._one("accession", id=accession_id)
        if row is None or row["state"] != state:
            raise Superseded(id=accession_id, state=state)

    def _put_description(self, description: Description) -> None:
        fact = as_json(description)
        row = {**fact, **{name: fact["retention"][name] for name in ("period", "expires")}, "sizes": canonical(fact["sizes"]).decode()}
        self._execute("put_description", **row, needs_review=description.needs_review, proof_only=description.is_batch, fact=canonical(fact).decode())

    # --- what the journal knows and the catalogue does not ---

    def _catch_up(self) -> None:
        """Applies the journal's lines that the catalogue lacks: a crash or a full disk came between the two."""
        last = self._check_end(self.db)
        if last is not None and last["seq"] == self.journal.seq:
            self._behind = False
            return
        for several in _in_parts(read(self.journal.folder, after=last["seq"] if last else 0), _TOGETHER):
            with transaction(self.db):
                for event in several:
                    self._put(event, self._again)
        self._behind = False

    def _again(self, event: Event) -> None:
        """Applies a line of the journal without the memory of who wrote it."""
        again = self.AGAIN.get(event.kind)
        if again is not None:
            again(self, event)

    def _to(self, event: Event, state: State) -> None:
        self.db.conn.execute(
            "UPDATE accession SET state = ?, started = 0, attempts = 0, not_before = NULL, last_error = NULL WHERE id = ?", [state, event.accession_id]
        )


def _in_parts(events: Iterator[Event], size: int) -> Iterator[list[Event]]:
    while several := list(islice(events, size)):
        yield several
