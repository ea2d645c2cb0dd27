"""Disposal, written: lists of records, what people did with them, and the end of each record. What the tombstone tells is the event itself."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar

from scanpipe.catalogue import disposal_lists
from scanpipe.catalogue.database import SQL, Row
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.related import Related
from scanpipe.catalogue.tallies import Tallied
from scanpipe.core.disposing.disposals import DISPOSED, KEPT, OPEN, WITHDRAWAL, Act, Disposal, Entry
from scanpipe.core.disposing.obstacles import Condition, Obstacle
from scanpipe.core.disposing.tombstones import as_description
from scanpipe.core.model import State
from scanpipe.core.serial import as_json, canonical


class Disposed(Tallied, Related):
    """Lists and their entries. Whoever calls has asked core/disposing/disposals.py whether the step can be taken."""

    # --- lists ---

    def proposed(self, disposal: Disposal) -> None:
        """A new list. Known already (by its id): nothing happens, so that a wish may be answered twice."""
        with self._writing():
            if self._one("disposal", name=disposal.id) is None:
                self._record("disposal_proposed", self._propose, None, disposal.by, disposal=_told(disposal))

    def _propose(self, event: Event) -> None:
        told = dict(event.data["disposal"])
        entries = told.pop("entries")
        self._execute("add_disposal", **told)
        for entry in entries:
            self._execute("add_disposal_entry", id=told["id"], **entry)

    def next_list_number(self, fiscal_year: int) -> str:
        """`D2026-001`: of the next list proposed in that fiscal year."""
        with self._lock:
            row = self._one("disposals_of_year", fiscal_year=fiscal_year)
        return f"D{fiscal_year}-{(row['n'] if row else 0) + 1:03d}"

    def agreed(self, disposal: Disposal, department: str, act: Act) -> None:
        """A section agrees to its part of the list."""
        self._acted("disposal_agreed", disposal, act, department=department)

    def _agree(self, event: Event) -> None:
        self._execute("add_disposal_answer", id=event.data["id"], department=event.data["department"], act=_act(event))

    def entries_changed(self, before: Disposal, after: Disposal, act: Act) -> None:
        """Entries were taken off, or it was decided what becomes of them (`after`). The event says whose approvals that voids."""
        gone = sorted({one.number for one in before.entries} - {one.number for one in after.entries})
        known = {one.number: one.action for one in before.entries}
        actions = {one.number: one.action for one in after.entries if one.action != known[one.number]}
        voided = [one.by for one in before.approvals] if not after.approvals else []
        self._acted("disposal_changed", before, act, gone=gone, actions=actions, voided=voided)

    def _change_entries(self, event: Event) -> None:
        id = event.data["id"]
        for number in event.data["gone"]:
            self._execute("drop_disposal_entry", id=id, number=number)
        for number, action in event.data["actions"].items():
            self._execute("disposal_action", id=id, number=number, action=action)
        if event.data["voided"]:
            self._execute("void_disposal_approvals", id=id)

    def approved(self, disposal: Disposal, act: Act) -> None:
        """Another person approves the list as it is."""
        self._acted("disposal_approved", disposal, act)

    def begun(self, disposal: Disposal, act: Act) -> None:
        """Its carrying-out begins; of a list that began, what was kept back is tried again."""
        self._acted("disposal_begun", disposal, act)

    def _begin(self, event: Event) -> None:
        self._execute("disposal_begun", id=event.data["id"], act=_act(event))
        self._execute("disposal_tried_again", id=event.data["id"])

    def cancelled(self, disposal: Disposal, act: Act) -> None:
        """The list is given up."""
        self._acted("disposal_cancelled", disposal, act)

    def handed_over(self, disposal: Disposal, act: Act) -> None:
        """The archives confirmed the bag."""
        self._acted("disposal_handed_over", disposal, act)

    def kept_back(self, disposal: Disposal, obstacle: Obstacle) -> None:
        """A record of a begun list cannot go, and why."""
        with self._writing():
            self._record("disposal_kept_back", self._keep_back, id=disposal.id, obstacle=as_json(obstacle))

    def _keep_back(self, event: Event) -> None:
        obstacle = event.data["obstacle"]
        self._execute("disposal_kept", id=event.data["id"], number=obstacle["params"]["number"], obstacle=canonical(obstacle).decode())

    def bagged(self, disposal: Disposal, act: Act, numbers: Collection[str]) -> None:
        """These records lie in the bag for the archives, valid and durable; act.text: sha512 of its tag manifest."""
        self._acted("disposal_bagged", disposal, act, numbers=sorted(numbers))

    def _bag(self, event: Event) -> None:
        self._execute("disposal_bagged", id=event.data["id"], act=_act(event))
        for number in event.data["numbers"]:
            self._execute("disposal_entry_bagged", id=event.data["id"], number=number)

    def list_done(self, disposal: Disposal, act: Act, files: Mapping[str, str]) -> None:
        """All of it is carried out. files: sha256 of each file of its certificate, by name."""
        self._acted("disposal_done", disposal, act, list=disposal.number, files=dict(files))

    def certified(self, disposal: Disposal, act: Act, issue: int, records: int, files: Mapping[str, str]) -> None:
        """An interim certificate of the records, so many, that are gone while the list waits. issue: from 1. files: as for `list_done`."""
        self._acted("disposal_certified", disposal, act, list=disposal.number, issue=issue, records=records, files=dict(files))

    def interim_certificates(self, disposal: Disposal) -> tuple[int, int]:
        """How many interim certificates a list has, and how many records the newest tells of."""
        with self._lock:
            row = self._one("interim_certificates", id=disposal.id)
        return (row["issues"], row["records"]) if row else (0, 0)

    def _acted(self, kind: str, disposal: Disposal, act: Act, **told: Any) -> None:
        with self._writing():
            self._record(kind, lambda event: self.AGAIN[kind](self, event), None, act.by, id=disposal.id, act=as_json(act), **told)

    # --- one record ---

    def disposed(self, accession_id: str, told: Mapping[str, Any]) -> Event:
        """accounted -> disposed. told: all that stays known (upkeep/disposal/destruction.py). From here the record is gone; its folder follows. Raises Superseded."""
        with self._writing():
            self._expect(accession_id, State.ACCOUNTED)
            return self._record("disposed", self._dispose, accession_id, **told)

    def _dispose(self, event: Event) -> None:
        told, id = event.data, event.accession_id or ""
        row = self._one("accession", id=id)
        assert row is not None
        self._execute("drop_pages", serial=row["serial"])
        self._execute("forget_reading", id=id)
        self._execute("forget_corrections", id=id)
        self._execute("forget_declared", id=id)
        self._put_description(as_description(id, told["record"]))
        filing = {name: told[name] for name in ("vault_path", "manifest_sha256", "filed")}
        self._execute("put_filing", accession_id=id, path=None, **filing)
        if told["kind"] == WITHDRAWAL:
            self._forget_sheets(id)
        self._execute("disposal_entry_disposed", id=told["disposal"], accession_id=id)
        self._to(event, State.DISPOSED)

    def truncate(self) -> bool:
        """What was overwritten leaves the write-ahead log too. False if a reader holds it: call again later."""
        with self._writing():
            busy, _, _ = self.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    # --- asked by who decides and by who carries out ---

    def disposal(self, name: str, *, entries: bool = True) -> Disposal:
        """The list with this id or number. Raises NoDisposal."""
        with self._lock:
            return disposal_lists.disposal(self.db, name, entries=entries)

    def disposals_begun(self) -> list[Disposal]:
        """Lists that are being carried out, without their entries."""
        with self._lock:
            return disposal_lists.begun(self.db)

    def condition(self, accession_id: str, number: str, disposal: Disposal) -> Condition:
        """How a record on a list stands now."""
        with self._lock:
            return disposal_lists.condition(self.db, accession_id, disposal.id, self.batch_holds(number))

    def on_open_lists(self) -> dict[str, str]:
        """Number of the open list by number of the record."""
        with self._lock:
            return {row["number"]: row["list"] for row in self.db.conn.execute(SQL["on_open_lists"])}

    def proofs(self) -> list[Row]:
        """id, number, department, decided of every record that only proves what was delivered and is still there."""
        with self._lock:
            return list(self.db.conn.execute(SQL["proofs"]))

    def parts_of_batches(self) -> dict[str, tuple[str, ...]]:
        """Numbers of the parts by that of their batch, also of those that are gone."""
        found: dict[str, tuple[str, ...]] = {}
        with self._lock:
            for row in self.db.conn.execute(SQL["parts_of_batches"]):
                found[row["batch"]] = (*found.get(row["batch"], ()), row["number"])
        return found

    def there(self, numbers: Collection[str]) -> dict[str, str]:
        """The section by number, of those of these records that were not disposed of."""
        with self._lock:
            return {row["number"]: row["department"] for row in self.db.conn.execute(SQL["there"], {"numbers": json.dumps(list(numbers))})}

    def disposal_next(self, disposal: Disposal, most: int) -> list[tuple[str, Entry]]:
        """(id, entry) of at most so many records of a begun list that come next; whether they may go is asked for each."""
        values = {"id": disposal.id, "handed_over": disposal.handed_over is not None, "most": most}
        with self._lock:
            return [(row["id"], disposal_lists.entry_of(row)) for row in self.db.conn.execute(SQL["disposal_next"], values)]

    def disposal_entry(self, disposal: Disposal, number: str) -> tuple[str, Entry] | None:
        """(id, entry) of one record on the list; None if it is not on it."""
        with self._lock:
            row = self._one("disposal_entry_of", id=disposal.id, number=number)
        return (row["id"], disposal_lists.entry_of(row)) if row else None

    def disposal_to_bag(self, disposal: Disposal) -> list[str]:
        """Numbers of the records that the archives are to get and that are in no bag yet."""
        with self._lock:
            return [row["number"] for row in self.db.conn.execute(SQL["disposal_to_bag"], {"id": disposal.id})]

    def entries_left(self, disposal: Disposal) -> int:
        """How many entries of the list are not disposed of: open ones and those kept back."""
        with self._lock:
            return sum(self._entries(disposal, state) for state in (OPEN, KEPT))

    def entries_disposed(self, disposal: Disposal) -> int:
        """How many entries of the list are disposed of."""
        with self._lock:
            return self._entries(disposal, DISPOSED)

    def _entries(self, disposal: Disposal, state: str) -> int:
        row = self._one("disposal_count", id=disposal.id, state=state)
        return int(row["n"]) if row else 0

    def disposal_acted(self, disposal: Disposal, act: Act) -> bool:
        """Whether this deed of a person is in the journal."""
        values = {"id": disposal.id, "at": as_json(act)["at"], "by": act.by}
        with self._lock:
            return self._one("disposal_acted", **values) is not None

    def disposed_event(self, accession_id: str) -> Event | None:
        """The event that ended a record, None if it is there."""
        with self._writing():
            row = self.db.conn.execute("SELECT * FROM event WHERE accession_id = ? AND kind = 'disposed'", [accession_id]).fetchone()
        return event_of(row) if row else None

    def filing_of(self, accession_id: str) -> Row:
        """vault_path, manifest_sha256 and filed of a record. Raises KeyError if it is not filed."""
        with self._lock:
            row: Row | None = self.db.conn.execute("SELECT * FROM filing WHERE accession_id = ?", [accession_id]).fetchone()
        if row is None:
            raise KeyError(accession_id)
        return row

    def shown_at(self, accession_id: str) -> list[str]:
        """Every path in the cabinet under which a record was ever shown."""
        with self._lock:
            return [row["path"] for row in self.db.conn.execute(SQL["shown_at"], {"id": accession_id})]

    def later_deliveries(self, accession_id: str, department: str, since: str) -> list[str]:
        """Ids of the deliveries of its bytes since this moment (ISO), its own among them."""
        values = {"id": accession_id, "department": department, "since": since}
        with self._lock:
            return [row["id"] for row in self.db.conn.execute(SQL["later_deliveries"], values)]

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {
        "disposal_proposed": _propose,
        "disposal_agreed": _agree,
        "disposal_changed": _change_entries,
        "disposal_approved": lambda catalogue, event: catalogue._execute("add_disposal_approval", id=event.data["id"], seq=event.seq, act=_act(event)),
        "disposal_begun": _begin,
        "disposal_cancelled": lambda catalogue, event: catalogue._execute("disposal_cancelled", id=event.data["id"], act=_act(event)),
        "disposal_handed_over": lambda catalogue, event: catalogue._execute("disposal_handed_over", id=event.data["id"], act=_act(event)),
        "disposal_kept_back": _keep_back,
        "disposal_bagged": _bag,
        "disposal_done": lambda catalogue, event: catalogue._execute("disposal_done", id=event.data["id"], act=_act(event)),
        "disposal_certified": lambda catalogue, event: None,  # the event is all of it
        "disposed": _dispose,
    }


def _told(disposal: Disposal) -> dict[str, Any]:
    return disposal_lists.row_of(disposal) | {"entries": [disposal_lists.entry_row(one) for one in disposal.entries]}


def _act(event: Event) -> str:
    return canonical(event.data["act"]).decode()


def event_of(row: Row) -> Event:
    """The event in a row of table `event`."""
    fields = {name: row[name] for name in ("seq", "kind", "accession_id", "actor", "prev", "hash")}
    return Event(**fields, at=datetime.fromisoformat(row["at"]), data=json.loads(row["data"]))
