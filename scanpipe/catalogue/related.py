"""Records whose pages went into others, in the catalogue: what is asked before they are parted or merged, and holds that go with the pages."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from scanpipe.catalogue import holdings
from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.writing import Writer
from scanpipe.core import partings
from scanpipe.core.corrections import Correction
from scanpipe.core.disposing.holds import Hold
from scanpipe.core.serial import from_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One image of a record: whether nothing is on it."""

    blank: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a record was read. flags: of its recognition, as codes. sides: its images in order, empty where nothing was read. born_digital: it never was paper."""

    flags: tuple[str, ...]
    sides: tuple[Side, ...]
    born_digital: bool


class Related(Writer):
    """Which records hold the pages of others."""

    def reading(self, accession_id: str) -> Reading:
        """Raises KeyError if it was not read."""
        with self._lock:
            row = self.db.conn.execute("SELECT flags, born_digital FROM recognition WHERE accession_id = ?", [accession_id]).fetchone()
            sides = self.db.conn.execute(
                "SELECT blank FROM page JOIN accession ON accession.serial = page.serial WHERE accession.id = ? ORDER BY page.number", [accession_id]
            ).fetchall()
        if row is None:
            raise KeyError(accession_id)
        return Reading(
            flags=tuple(json.loads(row["flags"])), sides=tuple(Side(blank=bool(side["blank"])) for side in sides), born_digital=bool(row["born_digital"])
        )

    def heirs(self, number: str) -> tuple[str, ...]:
        """Numbers of the records that hold the pages of this one, which itself only proves what was delivered; empty for any other.

        The parts of a batch, the parts of a split record, what it was merged into. An heir may itself have heirs.
        """
        with self._lock:
            row = self.db.conn.execute("SELECT id FROM accession WHERE number = ?", [number]).fetchone()
            known = [from_text(Correction, one["fact"]) for one in self.db.conn.execute(SQL["corrections"], {"id": row["id"] if row else ""})]
            told = partings.standing_relations(known)
            found = told.get(partings.SPLIT_INTO) or told.get(partings.MERGED_INTO)
            if found or known:
                return found or ()
            return self.parts_of(number)

    def parts_of(self, number: str) -> tuple[str, ...]:
        """Numbers of the records that were ever cut out of this one, in the order in which they came."""
        with self._lock:
            return tuple(one["number"] for one in self.db.conn.execute(SQL["parts_of_batch"], {"number": number}))

    def proofs_of(self, number: str) -> tuple[str, ...]:
        """Numbers of the records that are still there and hold pages of this one only to prove how they were delivered, the nearest first: its batch, the batch
        of that, what it was split out of or merged from. They go with it.
        """
        found: dict[str, None] = {}
        waiting = [number]
        with self._lock:
            while waiting:
                one = waiting.pop(0)
                more = [other for other in self._candidates(one) if other not in found and one in self.heirs(other)]
                found |= dict.fromkeys(more)
                waiting += more
        return tuple(found)

    def _candidates(self, number: str) -> list[str]:
        """Records that only prove, and with which this one ever shared pages."""
        row = self.db.conn.execute("SELECT id, declared FROM accession WHERE number = ?", [number]).fetchone()
        if row is None:
            return []
        declared = json.loads(row["declared"] or "{}")
        decided = [from_text(Correction, one["fact"]).changes for one in self.db.conn.execute(SQL["corrections"], {"id": row["id"]})]
        texts = [declared.get(partings.BATCH), declared.get(partings.MERGED)]
        texts += [changes.get(name) for changes in decided for name in (partings.SPLIT_INTO, partings.MERGED_INTO)]
        near = {other for text in texts for other in partings.numbers(text)} | set(self.parts_of(number))
        return [one["number"] for one in self.db.conn.execute(SQL["proofs_among"], {"numbers": json.dumps(sorted(near - {number}))})] if near else []

    def batch_holds(self, number: str) -> tuple[Hold, ...]:
        """The holds on what would go with this record (`proofs_of`), and on all others whose pages are in that; ended ones too."""
        with self._lock:
            if not self.db.conn.execute("SELECT 1 FROM held_record LIMIT 1").fetchone():
                return ()
            found = dict.fromkeys(self.proofs_of(number))
            waiting = [*found, number]
            while waiting:
                more = [one for one in self.heirs(waiting.pop(0)) if one not in found]
                found |= dict.fromkeys(more)
                waiting += [one["number"] for one in self.db.conn.execute(SQL["proofs_among"], {"numbers": json.dumps(more)})]
            found.pop(number, None)
            held = self.db.conn.execute(SQL["held_among"], {"numbers": json.dumps(list(found))}).fetchall()
            known = {hold.id: hold for one in held for hold in holdings.holds_on(self.db, one["id"])}
        return tuple(known[id] for id in sorted(known))

    # --- holds ---

    def holds_naming(self, accession_id: str) -> list[Hold]:
        """The holds on a record, by its number or a standing filter, ended ones too, the first first; without their numbers."""
        with self._lock:
            return holdings.holds_on(self.db, accession_id)

    def hold_widened(self, hold_id: str, numbers: Sequence[str], by: str) -> None:
        """The hold keeps these records, too, since pages that it keeps are in them. Those that it names already are left out."""
        with self._writing():
            named = next((hold.numbers for hold in holdings.holds(self.db) if hold.id == hold_id), None)
            more = sorted(set(numbers) - set(named or ()))
            if named is not None and more:
                self._record("hold_widened", self._widen_hold, None, by, hold=hold_id, numbers=more)

    def _widen_hold(self, event: Event) -> None:
        for number in event.data["numbers"]:
            self._execute("add_hold_record", id=event.data["hold"], number=number)

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {"hold_widened": _widen_hold}
