"""What people decided about records, written: corrections and holds."""

import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from scanpipe.catalogue import holdings
from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.writing import Superseded, Writer
from scanpipe.core import journalled
from scanpipe.core.corrections import Correction, standing
from scanpipe.core.disposing.holds import Hold
from scanpipe.core.model import Description, State
from scanpipe.core.serial import as_json, canonical, from_json, from_text


class Decided(Writer):
    """Corrections and holds."""

    def corrected(self, accession_id: str, correction: Correction) -> None:
        """filed, indexed or accounted -> described: a person's decision. Raises Superseded if the record is on its way already."""
        self.corrected_together([(accession_id, correction)])

    def corrected_together(self, corrections: Sequence[tuple[str, Correction]]) -> None:
        """One decision of one person about several records, an event for each, in one transaction. Raises Superseded; nothing is changed then.

        Raises ValueError if a record comes twice: its second event could not be told apart from a correction of the first.
        """
        if not corrections:
            return
        if len({accession_id for accession_id, _correction in corrections}) < len(corrections):
            raise ValueError("one record twice")
        with self._writing():
            for accession_id, _correction in corrections:
                row = self._one("accession", id=accession_id)
                if row is None or row["state"] not in (State.FILED, State.INDEXED, State.ACCOUNTED):
                    raise Superseded(id=accession_id, state=State.ACCOUNTED)
            told = [(accession_id, self._told(accession_id, correction)) for accession_id, correction in corrections]
            self._record_together("corrected", self._corrected, told, corrections[0][1].by)

    def _told(self, accession_id: str, correction: Correction) -> dict[str, Any]:
        """{correction, base, meta}: without words of the pages, which are named by their place in the facts after correction `base` (0: as filed);
        meta: sha256 of the file that the record folder will have of it."""
        known = self.corrections(accession_id)
        if correction.undoes is not None:  # the words come back that the taken one replaced
            known = standing(known)[:-1]
        base = known[-1].number if known else 0
        facts = self._facts_after(accession_id, base)
        line = journalled.told(correction, facts)
        return {"correction": line, "base": base, "meta": journalled.meta_digest(journalled.restored(line, facts))}

    def _facts_after(self, accession_id: str, number: int) -> Description | None:
        """The facts of a record after this one of its corrections, 0: as it was filed. None if they are known nowhere: its folder is gone, or a tombstone."""
        known = {one.number: one.description for one in self.corrections(accession_id)}
        if number or not known:
            row = None if number else self.db.conn.execute("SELECT fact FROM description WHERE accession_id = ?", [accession_id]).fetchone()
            return from_text(Description, row["fact"]) if row else known.get(number)
        row = self.db.conn.execute("SELECT vault_path FROM filing WHERE accession_id = ?", [accession_id]).fetchone()
        facts = self._records(row["vault_path"]) if row else None
        return facts[1] if facts else None

    def _corrected(self, event: Event) -> None:
        self._correct(event)
        if self._execute("refile", id=event.accession_id, department=event.data["correction"]["department"]) != 1:
            raise Superseded(id=str(event.accession_id), state=State.ACCOUNTED)

    def _correct(self, event: Event) -> None:
        told = event.data  # a line of an earlier version holds the whole correction
        facts = self._facts_after(event.accession_id or "", told["base"]) if "base" in told else None
        correction = journalled.restored(told["correction"], facts) if "base" in told else from_json(Correction, told["correction"])
        fact = as_json(correction)
        row = {name: fact[name] for name in ("number", "at", "by", "reason", "undoes")}
        changes = json.dumps(fact["changes"], ensure_ascii=False, sort_keys=True)
        self._execute("add_correction", **row, accession_id=event.accession_id, changes=changes, fact=canonical(fact).decode())
        self._put_description(correction.description)

    def corrections(self, accession_id: str) -> list[Correction]:
        """What people changed of this record, the first first."""
        with self._lock:
            return [from_text(Correction, row["fact"]) for row in self.db.conn.execute(SQL["corrections"], {"id": accession_id})]

    # --- holds ---

    def held(self, hold: Hold) -> None:
        """A person keeps records from disposal. Known already (by its id): nothing happens, so that a wish may be answered twice."""
        with self._writing():
            if all(one.id != hold.id for one in holdings.holds(self.db)):
                self._record("held", self._hold, None, hold.by, hold=as_json(hold))

    def _hold(self, event: Event) -> None:
        hold = from_json(Hold, event.data["hold"])
        self._execute("add_hold", **holdings.row_of(hold))
        for number in hold.numbers:
            self._execute("add_hold_record", id=hold.id, number=number)

    def hold_ended(self, hold: Hold) -> None:
        """The matter of this hold has ended, as its fields `ended`, `ended_by` and `end_reason` say. Said already: nothing happens."""
        ending = {name: value for name, value in as_json(hold).items() if name in ("id", "ended", "ended_by", "end_reason")}
        with self._writing():
            if any(one.id == hold.id and one.ended is None for one in holdings.holds(self.db)):
                self._record("hold_ended", self._end_hold, None, hold.ended_by or hold.by, ending=ending)

    def _end_hold(self, event: Event) -> None:
        self._execute("end_hold", **event.data["ending"])

    def hold_voided(self, hold: Hold) -> None:
        """This hold was entered by mistake, as its fields `voided`, `voided_by` and `void_reason` say. Said already: nothing happens."""
        mistake = {name: value for name, value in as_json(hold).items() if name in ("id", "voided", "voided_by", "void_reason")}
        with self._writing():
            if any(one.id == hold.id and one.voided is None for one in holdings.holds(self.db)):
                self._record("hold_voided", self._void_hold, None, hold.voided_by or hold.by, mistake=mistake)

    def _void_hold(self, event: Event) -> None:
        self._execute("void_hold", **event.data["mistake"])

    def holds(self) -> list[Hold]:
        """All holds, the first first."""
        with self._lock:
            return holdings.holds(self.db)

    def _again_corrected(self, event: Event) -> None:
        self._correct(event)
        self._to(event, State.DESCRIBED)
        department = event.data["correction"]["department"]
        self.db.conn.execute("UPDATE accession SET department = ? WHERE id = ?", [department, event.accession_id])

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {
        "corrected": _again_corrected,
        "held": _hold,
        "hold_ended": _end_hold,
        "hold_voided": _void_hold,
    }
