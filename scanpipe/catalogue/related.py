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
from scanpipe.core.holds import Hold
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
