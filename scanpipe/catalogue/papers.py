"""The paper originals, written: which box a record's paper lies in, and what is done to a box. One step of a box is one event with all its records."""

from collections.abc import Callable
from typing import Any, ClassVar

from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.tallies import Tallied
from scanpipe.core.disposing.papers import Box, Kind, Status, Step, after, declared_box
from scanpipe.core.model import Accession
from scanpipe.core.serial import as_json, canonical, from_json, from_text


class Papers(Tallied):
    """Boxes, their records and their steps."""

    def stepped(self, step: Step) -> None:
        """What a person did to a box, with the tallies that follow from it. Known already (by wish and box): nothing happens."""
        with self._writing():
            if not self.has_stepped(step.box, step.id):
                self._record(step.kind, self._again_stepped, None, step.by, step=as_json(step))

    def has_stepped(self, box: str, id: str) -> bool:
        """Whether this wish was done to this box."""
        with self._lock:
            return self._one("box_step", box=box, id=id) is not None

    def box(self, number: str) -> Box | None:
        """The box with this number, None if there is none."""
        with self._lock:
            row = self._one("box", number=number)
        return from_text(Box, row["fact"]) if row else None

    def box_of(self, accession_id: str) -> Box | None:
        """The box that a record's paper lies in, None if it lies in none."""
        with self._lock:
            row = self._one("box_of", id=accession_id)
        return from_text(Box, row["fact"]) if row else None

    def hands(self, number: str) -> tuple[str, ...]:
        """Who put records into this box by hand, as far as these are in it."""
        with self._lock:
            rows = self.db.conn.execute(SQL["box_members"], {"box": number})
            return tuple(sorted({row["by"] for row in rows if row["by"] is not None}))

    # --- what an event tells ---

    def _again_stepped(self, event: Event) -> None:
        self._step(from_json(Step, event.data["step"]), event)

    def _step(self, step: Step, event: Event) -> None:
        before = self.box(step.box)
        box = after(before, step)
        self._put_box(box)
        row = as_json(step)
        self._execute("add_box_step", seq=event.seq, **{name: row[name] for name in ("box", "id", "at", "by", "kind")}, fact=canonical(row).decode())
        self._change_records(step)
        counted = set(step.records)
        if before is not None and (before.step(Status.CLEARED), before.removed) != (box.step(Status.CLEARED), box.removed):
            counted |= {row["accession_id"] for row in self.db.conn.execute(SQL["box_members"], {"box": box.number})}
        for id in sorted(counted):
            self._follow_paper(id)

    def _put_box(self, box: Box) -> None:
        cleared, removed = box.step(Status.CLEARED), box.removed
        days = {"cleared": cleared.day.isoformat() if cleared else None, "removed": removed.day.isoformat() if removed else None}
        fact = canonical(as_json(box)).decode()
        self._execute("put_box", number=box.number, department=box.department, status=box.status, fact=fact, **days)

    def _change_records(self, step: Step) -> None:
        at = step.at.isoformat()
        match step.kind:
            case Kind.BOXED:
                for id in step.records:
                    self._execute("put_into_box", id=id, box=step.box, by=step.by, at=at)
            case Kind.UNBOXED:
                for id in step.records:
                    self._execute("take_out_of_box", id=id, box=step.box, by=step.by, at=at)
            case Kind.FAILED:
                for id in step.failed:
                    self._execute("failed_check", id=id, box=step.box, reason=step.reason)
            case Kind.PASSED:
                self._execute("passed_check", box=step.box)

    def _lay_into_box(self, accession: Accession, event: Event) -> None:
        """Of a scan that is let in: the box that its cover or companion file names, or that of the scan which it was cut out of or made from.

        Where the box belongs to another section, or its paper is gone, the record is left out, and what the cover says shows it to people. A part of a
        record shares the paper's fate in any case: it is the same paper.
        """
        source = self._box_of_source(accession)
        named = declared_box(accession.declared.get("box", ""))
        if named and not (source and source.number == named):
            box = self.box(named) or Box(number=named, department=accession.department)
            if box.is_final or box.department != accession.department:
                return
        elif source:
            box = source
        else:
            return
        joins = Step(id=accession.id, box=box.number, kind=Kind.JOINED, by="scanpipe", at=event.at, day=event.at.date(), records=(accession.id,))
        if box.done and not box.is_final:
            self._step(joins, event)  # nobody has compared this one with the paper: what was verified is not any more
        else:
            self._put_box(after(box, joins))
        self._execute("put_into_box", id=accession.id, box=box.number, by=None, at=event.at.isoformat())

    def _box_of_source(self, accession: Accession) -> Box | None:
        """Of the batch that it is a part of, or of the first of the records that were merged into it."""
        number = accession.declared.get("batch") or accession.declared.get("merged", "").partition(",")[0]
        row = self._one("box_by_record", number=number) if number else None
        return from_text(Box, row["fact"]) if row else None

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = dict.fromkeys((kind.value for kind in Kind if kind is not Kind.JOINED), _again_stepped)
