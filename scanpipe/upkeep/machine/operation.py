"""The operation as the administrator and a monitoring system see it: how much is where and what is at fault; never what is in a record.

Opens the catalogue whole, for an administrator sees the records of no section, and still must know that ten of them wait. So nothing here tells a title, a
text or the number of a record: counts alone, and the names of files that were not taken.
"""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from scanpipe.catalogue.compared import fixity_state
from scanpipe.catalogue.reader import CatalogueReader, JsonObject, NoCatalogue
from scanpipe.config import Settings
from scanpipe.core.describing.my_number import masked
from scanpipe.core.model import State
from scanpipe.core.scans.readiness import ATTENTION_FOLDER
from scanpipe.upkeep.machine.places import existing
from scanpipe.upkeep.sending import outgoing

MOST_REJECTED: Final = 100
MOST_EVENTS: Final = 100
_PLACE_SECONDS: Final = 2.0
OPEN_KINDS: Final = ("account", "verified")  # events whose data tell nothing of a record


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The last time that `scanpipe verify` was told to the journal. found: deviations; says: the first of them in words."""

    at: datetime
    expected: int
    checked: int
    found: int
    sound: bool
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A file that was not taken. reason, params: message id and what fills it. place: where it lies now, relative to shares/."""

    department: str
    name: str
    received: str
    reason: str
    params: dict[str, Any]
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A folder of the site on its filesystem. free, total: bytes, None where it does not answer. held: by databases of ours there, None where there are none."""

    name: str
    path: Path
    free: int | None
    total: int | None
    held: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """status: as CatalogueReader.status. pages: read so far. originals: bytes of all that was delivered and kept. engine: that read last, None = nothing was read yet. verified: None = never.
    compared: how far the background reading is, as compared.fixity_state; it names the records that are not as they were filed, for these must be mended.
    """

    status: JsonObject
    pages: int
    originals: int
    engine: str | None
    rejected: tuple[Rejected, ...]
    verified: Verified | None
    compared: JsonObject
    spaces: tuple[Space, ...] = field(default=())


@contextmanager
def _whole(settings: Settings) -> Iterator[CatalogueReader]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        yield reader
    finally:
        reader.close()


def operation(settings: Settings, now: datetime) -> Operation:
    """now: aware. Raises NoCatalogue."""
    with _whole(settings) as reader:
        status = reader.status() | {"outgoing": outgoing.standings(settings, reader)}
        engine = reader.db.conn.execute("SELECT engine FROM recognition ORDER BY rowid DESC LIMIT 1").fetchone()
        pages = reader.db.conn.execute("SELECT coalesce(sum(pages), 0) AS n FROM description WHERE NOT proof_only").fetchone()["n"]
        originals = reader.db.conn.execute("SELECT coalesce(sum(bytes), 0) AS n FROM accession WHERE state <> 'disposed'").fetchone()["n"]
        refused = tuple(_rejected(reader, settings))
        verified, compared = _verified(reader), fixity_state(reader.db, now)
    spaces = tuple(spaces_of(settings))
    return Operation(
        status=status,
        pages=int(pages),
        originals=int(originals),
        engine=engine["engine"] if engine else None,
        rejected=refused,
        verified=verified,
        compared=compared,
        spaces=spaces,
    )


def _rejected(reader: CatalogueReader, settings: Settings) -> Iterator[Rejected]:
    rows = reader.db.conn.execute(
        "SELECT department, name, received, reason, params FROM delivery WHERE outcome = 'rejected' ORDER BY id DESC LIMIT ?", [MOST_REJECTED]
    )
    inboxes = {one.code: one.inbox for one in settings.departments}
    for row in rows:
        place = f"{inboxes.get(row['department'], row['department'])}/{ATTENTION_FOLDER}"
        params = json.loads(row["params"] or "{}")
        yield Rejected(department=row["department"], name=masked(row["name"]), received=row["received"], reason=row["reason"] or "", params=params, place=place)


def _verified(reader: CatalogueReader) -> Verified | None:
    row = reader.db.conn.execute("SELECT at, data FROM event WHERE kind = 'verified' ORDER BY seq DESC LIMIT 1").fetchone()
    if row is None:
        return None
    told = json.loads(row["data"])
    plain = {name: told[name] for name in ("expected", "checked", "found", "sound")}
    return Verified(at=datetime.fromisoformat(told.get("done", row["at"])), says=tuple(told["deviations"]), **plain)


def spaces_of(settings: Settings) -> Iterator[Space]:
    """store, shares and taken."""
    layout = settings.layout
    held = sum(_size(path) for path in (layout.catalogue_db, layout.search_db, layout.accounts_db, layout.requests_db))
    for name, path, ours in (("store", layout.store, held), ("shares", layout.shares, None), ("taken", layout.taken, None)):
        free, total = _room(path)
        yield Space(name=name, path=path, free=free, total=total, held=ours)


def _room(path: Path) -> tuple[int, int] | tuple[None, None]:
    """(free, total). A share whose server is gone lets whoever asks wait for ever: it is asked aside, and not for long."""
    found: list[tuple[int, int]] = []

    def ask() -> None:
        with suppress(OSError):
            usage = shutil.disk_usage(existing(path))
            found.append((usage.free, usage.total))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_PLACE_SECONDS)
    return found[0] if found else (None, None)


def _size(path: Path) -> int:
    """With what is not merged yet."""
    return sum(one.stat().st_size for one in (path, path.with_name(f"{path.name}-wal")) if one.exists())


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A line of the journal. number: of its record. Both it and data are None where they are not for the administrator's eyes."""

    seq: int
    at: datetime
    kind: str
    actor: str
    number: str | None
    data: JsonObject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Which lines: of this kind, by this person, of this day, before this one. None = any."""

    kind: str | None = None
    actor: str | None = None
    day: str | None = None
    before: int | None = None


_EVENTS: Final = (
    "SELECT e.seq, e.at, e.kind, e.actor, e.data, a.number FROM event e LEFT JOIN accession a ON a.id = e.accession_id"
    " WHERE (:kind IS NULL OR e.kind = :kind) AND (:actor IS NULL OR e.actor = :actor) AND (:day IS NULL OR substr(e.at, 1, 10) = :day)"
    " AND (:before IS NULL OR e.seq < :before) ORDER BY e.seq DESC LIMIT :most"
)


def events(reader: CatalogueReader, looked: Looked, *, openly: bool) -> list[Told]:
    """The newest first, one more than MOST_EVENTS where others follow. openly: with all their data, for who reads through a narrowed connection."""
    values = {name: getattr(looked, name) for name in ("kind", "actor", "day", "before")}
    return [_told(dict(row), openly) for row in reader.db.conn.execute(_EVENTS, {**values, "most": MOST_EVENTS + 1})]


def _told(row: JsonObject, openly: bool) -> Told:
    data = json.loads(row["data"]) if openly or row["kind"] in OPEN_KINDS else None
    number = row["number"] if openly else None
    return Told(seq=row["seq"], at=datetime.fromisoformat(row["at"]), kind=row["kind"], actor=row["actor"], number=number, data=data)


def events_of_operation(settings: Settings, looked: Looked) -> list[Told]:
    """For the administrator: who did what when, without what it says of records. Raises NoCatalogue."""
    with _whole(settings) as reader:
        return events(reader, looked, openly=False)


def kinds_of_events(settings: Settings) -> list[str]:
    """That the journal has. A catalogue that is not there has none."""
    try:
        with _whole(settings) as reader:
            return [row["kind"] for row in reader.db.conn.execute("SELECT DISTINCT kind FROM event ORDER BY kind")]
    except NoCatalogue:
        return []


def records_by(settings: Settings, column: str) -> dict[str, int]:
    """How many records each section ("department") or category ("category") has. Raises NoCatalogue."""
    sql = {
        "department": "SELECT department AS key, count(*) AS n FROM accession WHERE state <> ? GROUP BY 1",
        "category": "SELECT d.category AS key, count(*) AS n FROM description d JOIN accession a ON a.id = d.accession_id WHERE a.state <> ? GROUP BY 1",
    }[column]
    with _whole(settings) as reader:
        return {row["key"]: row["n"] for row in reader.db.conn.execute(sql, [State.DISPOSED])}
