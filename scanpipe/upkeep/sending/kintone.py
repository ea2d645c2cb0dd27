"""kintone: records and monthly figures into two apps, by its REST API: PUT /k/v1/records.json with upsert, found again by a key that the app keeps unique.

As cybozu.dev describes it: 100 records a request at most, all of a request or none; X-Cybozu-API-Token; errors as {"code", "id", "message"}, of what was sent with
400 or 520; 429 above 100 requests at a time. 10,000 requests a day and app are meant to be the most, so what changed within a minute goes together.

Restricted records never leave; one that became restricted, or was disposed of, loses there what it had. What the app refuses of a single record (a choice it
does not have, for example) is put aside, said in the status, and tried again; when it refuses all, the fault is in app or field map, and everything waits.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from scanpipe.catalogue.leaving import Told, ids_of, in_boxes, records
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.serial import canonical
from scanpipe.errors import PlaceError
from scanpipe.i18n import N_
from scanpipe.upkeep.sending import posting
from scanpipe.upkeep.sending.following import Following
from scanpipe.upkeep.sending.outbox import NotSent, Outbox, Portion, digest

Values = Mapping[str, Any]

MOST: Final = 100  # records of one request
RECORDS, MONTHS = "kintone records", "kintone months"
PLACE, MAP = "(place)", "(fields)"  # among the keys of what was sent
_REFUSED: Final = (400, 409, 422, 520)  # the request itself is wrong: sending it again as it is helps nobody
_ASIDE_AGAIN: Final = timedelta(hours=1)


class Refused(PlaceError):
    """The app does not take what was sent."""

    template = N_("kintone refuses it: {reason}")


class App:
    """One app: what it is given, and what it has."""

    def __init__(self, channel: str, settings: Settings, outbox: Outbox, *, monthly: bool) -> None:
        kintone = settings.kintone
        self.channel, self.outbox, self.folder = channel, outbox, Path(settings.file.parent)
        self.kintone, self.monthly = kintone, monthly
        self.number = kintone.monthly_app if monthly else kintone.app
        self.fields = kintone.monthly_fields if monthly else kintone.fields
        self.key = "key" if monthly else "number"
        self.url = f"{kintone.base_url.rstrip('/')}/k/v1/records.json"

    def look(self) -> None:
        """Another app, or another field map than before: all is to be given again."""
        place, map = digest([self.url, self.number]), digest(self.fields)
        has = self.outbox.digests(self.channel, [PLACE, MAP])
        if has.get(PLACE) != place:
            self.outbox.forget(self.channel)
        if (has.get(PLACE), has.get(MAP)) != (place, map):
            self.outbox.dealt_with(self.channel, 0, "-")
            self.outbox.taken(self.channel, {PLACE: place, MAP: map})

    def give(self, rows: Iterable[Values]) -> None:
        """Brings the app up to date with these rows; those that it has already are not sent. Raises NotSent, Refused."""
        for several in _in_parts(iter(rows), MOST):
            has = self.outbox.digests(self.channel, [row[self.key] for row in several])
            new = [row for row in several if has.get(row[self.key]) != self._digest(row) and not (row.get("hidden") and row[self.key] not in has)]
            if new:
                self._give(new)

    def _give(self, rows: Sequence[Values]) -> None:
        try:
            self._put(rows)
        except Refused as error:
            if len(rows) == 1:
                self.outbox.put_aside(self.channel, rows[0][self.key], str(error))
                return
            self._one_by_one(rows, error)

    def _one_by_one(self, rows: Sequence[Values], error: Refused) -> None:
        """Finds the ones that the app refuses. If it is all of them, none is wrong by itself."""
        refused = {}
        for row in rows:
            try:
                self._put([row])
            except Refused as own:
                refused[row[self.key]] = str(own)
        if len(refused) == len(rows):
            raise NotSent(place="kintone", reason=str(error))
        for key, reason in refused.items():
            self.outbox.put_aside(self.channel, key, reason)

    def _put(self, rows: Sequence[Values]) -> None:
        body = canonical({"app": self.number, "upsert": True, "records": [self._record(row) for row in rows]})
        token = {"X-Cybozu-API-Token": self.kintone.key(self.folder, monthly=self.monthly)}
        answer = posting.send("kintone", self.url, body, token, method="PUT")
        if not answer.taken:
            said = answer.json()
            reason = " ".join(str(said[name]) for name in ("code", "message") if said.get(name)) or f"HTTP {answer.status}"
            if answer.status in _REFUSED and said:
                raise Refused(reason=reason)
            raise NotSent(place="kintone", reason=reason, wait=answer.wait)
        self.outbox.taken(self.channel, {row[self.key]: self._digest(row) for row in rows})

    def _record(self, row: Values) -> dict[str, Any]:
        values = {code: {"value": _value(row, name)} for name, code in self.fields.items() if name != self.key}
        return {"updateKey": {"field": self.fields[self.key], "value": row[self.key]}, "record": values}

    def _digest(self, row: Values) -> str:
        return digest(self._record(row))


def _value(row: Values, name: str) -> Any:
    """kintone clears a field by an empty text; numbers go as they are."""
    value = None if row.get("hidden") else row.get(name)
    return "" if value is None else value


def _in_parts(rows: Iterator[Values], size: int) -> Iterator[list[Values]]:
    while several := list(islice(rows, size)):
        yield several


class RecordsChannel(Following):
    """All records since the first, as they are now, each time that something happened to them."""

    name = RECORDS
    rest_seconds = 60.0
    from_start = True
    at_once = 500

    def __init__(self, settings: Settings, outbox: Outbox, open_reader: Callable[[], CatalogueReader], clock: Callable[[], datetime]) -> None:
        super().__init__(outbox, open_reader)
        self.settings, self.clock = settings, clock
        self.app = App(self.name, settings, outbox, monthly=False)
        self._names = {one.code: one.name for one in settings.departments}
        self._asides_at: datetime | None = None

    def send(self) -> Portion:
        self.app.look()
        self._again()
        return super().send()

    def tell(self, events: Sequence[Told]) -> None:
        """All that happened to a record goes together, as it is now."""
        of_boxes = in_boxes(self.reader.db, _boxes(events))
        self.app.give(self._rows({event.accession_id for event in events if event.accession_id} | set(of_boxes)))

    def _again(self) -> None:
        """What was refused before: the first thing after a start, then by the hour."""
        now = self.clock()
        if self._asides_at is None or now - self._asides_at >= _ASIDE_AGAIN:
            self._asides_at = now
            for number in self.outbox.asides(self.name):
                self.app.give(self._rows(ids_of(self.reader.db, [number])))

    def _rows(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        found = sorted(records(self.reader.db, set(ids), self.settings.schedule.restricted).values(), key=lambda record: record["number"])
        return [record | {"department_name": self._names.get(record["department"]), **_to_seconds(record)} for record in found]


def _to_seconds(record: Values) -> dict[str, str]:
    """kintone's moments have no fractions of seconds."""
    return {name: datetime.fromisoformat(record[name]).isoformat(timespec="seconds") for name in ("received", "filed")}


def _boxes(events: Iterable[Told]) -> set[str]:
    return {event.data["step"]["box"] for event in events if event.kind.startswith("box_") or event.kind in ("boxed", "unboxed")}
