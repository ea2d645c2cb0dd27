"""Fixity in the background, in rows: which record is to be compared next, and what was wrong. A cache, but for the events of what went wrong.

When a record was compared is not journalled: after `reindex` all are compared anew. That one was found altered, and that it is whole again, is.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from sqlite_utils import Database

from scanpipe.catalogue.database import SQL, transaction
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.writing import Writer
from scanpipe.core.model import State
from scanpipe.errors import ScanpipeError

FAILED: Final = "fixity_failed"
MENDED: Final = "fixity_mended"
FIRST_AFTER: Final = timedelta(hours=24)  # a new record is read from the disk again: reliability §4


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A record folder to compare. vault_path: relative to archive/."""

    accession_id: str
    vault_path: str
    manifest_sha256: str


class Compared(Writer):
    """What the background reading finds."""

    def _begin_fixity(self, accession_id: str, filed: datetime) -> None:
        """A record was filed; inside a transaction."""
        self._execute("begin_fixity", accession_id=accession_id, due=_utc(filed + FIRST_AFTER))

    def due_for_fixity(self, at: datetime) -> Due | None:
        """The record whose turn has been longest; None = nothing is due."""
        with self._writing():
            row = self._one("next_fixity", at=_utc(at))
            if row is not None and row["state"] == "disposed":
                with transaction(self.db):
                    self._execute("end_fixity")
                row = self._one("next_fixity", at=_utc(at))
        return Due(**{name: row[name] for name in ("accession_id", "vault_path", "manifest_sha256")}) if row else None

    def state_of(self, accession_id: str) -> State:
        """Where the record is now."""
        with self._lock:
            row = self._one("accession", id=accession_id)
        assert row is not None
        return State(row["state"])

    def compared(self, accession_id: str, at: datetime, again: timedelta, faults: Sequence[ScanpipeError]) -> None:
        """What was found. again: after which the record is due again. Faults that were not known, and that they are gone, are events."""
        told = [{"template": fault.template, "params": {name: str(value) for name, value in fault.params.items()}} for fault in faults]
        with self._writing():
            row = self.db.conn.execute("SELECT faults FROM fixity WHERE accession_id = ?", [accession_id]).fetchone()
            known = json.loads(row["faults"]) if row and row["faults"] else []

            def change(event: Event) -> None:
                self._put_fixity(accession_id, at, again, told)

            if told and told != known:
                self._record(FAILED, change, accession_id, faults=told, again=again.total_seconds())
            elif known and not told:
                self._record(MENDED, change, accession_id, again=again.total_seconds())
            else:
                with transaction(self.db):
                    self._put_fixity(accession_id, at, again, told)

    def _put_fixity(self, accession_id: str, at: datetime, again: timedelta, faults: Sequence[Mapping[str, Any]]) -> None:
        written = json.dumps(faults, ensure_ascii=False) if faults else None
        self._execute("put_fixity", accession_id=accession_id, due=_utc(at + again), checked=_utc(at), faults=written)

    def _again_compared(self, event: Event) -> None:
        self._put_fixity(event.accession_id or "", event.at, timedelta(seconds=event.data["again"]), event.data.get("faults", ()))

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {FAILED: _again_compared, MENDED: _again_compared}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def fixity_state(db: Database, at: datetime) -> dict[str, Any]:
    """How far the background reading is, as of now.

    records: to be compared, checked: at least once. oldest, newest: moments (UTC) of the last comparison of the two extremes, None if none was. late: due for
    more than a day. faults: {number, department, checked, faults[{template, params}]} of what is not as it was filed.
    """
    row = db.conn.execute(SQL["fixity_state"], {"late": _utc(at - timedelta(days=1))}).fetchone()
    faults = [{**dict(each), "faults": json.loads(each["faults"])} for each in db.conn.execute(SQL["fixity_faults"])]
    return {**dict(row), "faults": faults}
