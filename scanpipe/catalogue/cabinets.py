"""Cabinets, written and read: one step of a cabinet is one event and one row; a list of them that a person enters at once is one transaction."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Final

from sqlite_utils import Database

from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.writing import Writer
from scanpipe.core.campaign.burndown import Change
from scanpipe.core.campaign.cabinets import Cabinet, Kind, Step, after, freed
from scanpipe.core.campaign.photos import Photo
from scanpipe.core.serial import as_json, canonical, from_json, from_text

PHOTO: Final = "cabinet_photo"  # the kind of its event
_day = lru_cache(4096)(date.fromisoformat)  # thousands of steps fall on the same few days


class Cabinets(Writer):
    """The register of cabinets."""

    def cabinets_stepped(self, steps: Sequence[Step]) -> None:
        """What one person did to cabinets at once, all of one kind; each is named once. Those known already (by wish and cabinet) are left as they are."""
        with self._writing():
            new = [step for step in steps if not self.has_cabinet_step(step.cabinet, step.id)]
            if new:
                self._record_together(new[0].kind, self._again_cabinet, [(None, {"step": as_json(step)}) for step in new], new[0].by)

    def has_cabinet_step(self, cabinet: str, id: str) -> bool:
        """Whether this wish was done to this cabinet."""
        with self._lock:
            return self._one("cabinet_step", cabinet=cabinet, id=id) is not None

    def cabinet(self, id: str) -> Cabinet | None:
        """The cabinet with this label, void ones too; None if there is none."""
        with self._lock:
            row = self._one("cabinet", id=id)
        return from_text(Cabinet, row["fact"]) if row else None

    def _again_cabinet(self, event: Event) -> None:
        step = from_json(Step, event.data["step"])
        before = self.cabinet(step.cabinet)
        now = after(before, step)
        self._execute("put_cabinet", id=now.id, department=now.department, voided=now.voided, fact=canonical(as_json(now)).decode())
        self._execute(
            "add_cabinet_step",
            cabinet=now.id, id=step.id, seq=event.seq, day=step.day.isoformat(), kind=step.kind, department=now.department, fm=now.fm, fm_start=now.fm_start,
            freed=freed(before, now, step), emptied=now.emptied is not None, signed_off=now.signed_off is not None, voided=now.voided,
            fact=canonical(as_json(step)).decode(),
        )  # fmt: skip

    # --- photos ---

    def cabinet_photographed(self, photos: Sequence[Photo]) -> None:
        """Photos whose files lie in the archive already. Those known (by cabinet and digest) are left as they are."""
        with self._writing():
            new = [photo for photo in photos if not self.has_cabinet_photo(photo.cabinet, photo.sha256)]
            if new:
                self._record_together(PHOTO, self._again_photo, [(None, {"photo": as_json(photo)}) for photo in new], new[0].by)

    def has_cabinet_photo(self, cabinet: str, sha256: str) -> bool:
        """Whether this cabinet has this photo."""
        with self._lock:
            return self._one("cabinet_photo", cabinet=cabinet, sha256=sha256) is not None

    def cabinet_photos(self, cabinet: str) -> int:
        """How many photos this cabinet has."""
        with self._lock:
            return len(photos(self.db, cabinet))

    def _again_photo(self, event: Event) -> None:
        photo = from_json(Photo, event.data["photo"])
        self._execute("add_cabinet_photo", cabinet=photo.cabinet, sha256=photo.sha256, seq=event.seq, fact=canonical(as_json(photo)).decode())

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {**dict.fromkeys((kind.value for kind in Kind), _again_cabinet), PHOTO: _again_photo}


def registered(db: Database) -> list[Cabinet]:
    """All cabinets by their labels, without void ones."""
    return [from_text(Cabinet, row["fact"]) for row in db.conn.execute(SQL["cabinets"])]


def changes(db: Database) -> list[Change]:
    """What every step left behind, each cabinet's in their order."""
    return [  # thousands of them: no column is looked up by its name
        Change(cabinet, _day(day), department, fm, fm_start, freed, bool(emptied), bool(signed_off), bool(voided))
        for cabinet, day, department, fm, fm_start, freed, emptied, signed_off, voided in db.conn.execute(SQL["cabinet_changes"])
    ]


def steps(db: Database, cabinets: Iterable[str]) -> list[Step]:
    """What was done to these cabinets, the first first."""
    return [from_text(Step, row["fact"]) for id in cabinets for row in db.conn.execute(SQL["steps_of_cabinet"], {"cabinet": id})]


def known(db: Database, id: str) -> Cabinet | None:
    """The cabinet with this label; None if there is none, or it was entered by mistake."""
    row = db.conn.execute(SQL["cabinet"], {"id": id}).fetchone()
    return from_text(Cabinet, row["fact"]) if row and not row["voided"] else None


def photos(db: Database, cabinet: str) -> list[Photo]:
    """The photos of a cabinet by the day on which they were taken, the first first."""
    return [from_text(Photo, row["fact"]) for row in db.conn.execute(SQL["photos_of_cabinet"], {"cabinet": cabinet})]


def photographed(db: Database) -> dict[str, int]:
    """How many photos cabinets have, by label; without those that have none."""
    return {row["cabinet"]: row["photos"] for row in db.conn.execute(SQL["cabinets_photographed"])}
