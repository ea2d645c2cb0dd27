"""What leaves this server by itself: what goes out, from where on, when it is tried again. Its channels: webhooks, kintone, mail; none unless configured.

Each channel is sent by a thread of its own, so that one that is down delays neither the line nor another one. How far a channel is lies in
store/outbox.db, by the running number and hash of the event log's last line that was dealt with: the log outlives every database, so `reindex` changes nothing.
A log that is another one than before (an older backup was put back) is told by the hash. Nothing is dropped: what fails is tried again, less and less often.
"""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final, Protocol

import structlog
from sqlite_utils import Database, Migrations

from scanpipe.catalogue.database import Row, close_writer, open_reader, open_writer, transaction
from scanpipe.core.serial import canonical
from scanpipe.errors import PlaceError, ScanpipeError
from scanpipe.i18n import N_, speaking

log = structlog.get_logger()
migrations = Migrations("outbox")

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
_LOOK_SECONDS: Final = 5.0  # how often a channel looks that waits for its time
_END_SECONDS: Final = 2.0  # how long a daemon that ends waits for a request under way; it is sent again then

OUR_FAULT: Final = N_("a fault of scanpipe itself; please report the log lines of {name}")


@migrations()
def first_schema(db: Database) -> None:
    db.execute(
        "CREATE TABLE channel (name TEXT PRIMARY KEY, seq INTEGER NOT NULL DEFAULT 0, hash TEXT NOT NULL DEFAULT '', worked TEXT, attempts INTEGER NOT NULL DEFAULT 0,"
        " failing_since TEXT, not_before TEXT, reason TEXT) STRICT"
    )
    db.execute("CREATE TABLE sent (channel TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (channel, key)) STRICT, WITHOUT ROWID")
    db.execute("CREATE TABLE aside (channel TEXT NOT NULL, key TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (channel, key)) STRICT, WITHOUT ROWID")


class NotSent(PlaceError):
    """The other side is down, or refuses. wait: how long it asked us to wait, None = it did not say."""

    template = N_("{place} did not take it ({reason}). scanpipe tries again by itself; nothing is lost.")

    def __init__(self, *, place: str, reason: str, wait: timedelta | None = None) -> None:
        super().__init__(place=place, reason=reason)
        self.wait = wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a channel fares. seq: of the last event that it dealt with. worked: when it last did. failing_since, reason: None = nothing is wrong.

    aside: how many single things the other side refused, and why the first of them; they are tried again.
    """

    name: str
    seq: int
    worked: datetime | None
    attempts: int
    failing_since: datetime | None
    not_before: datetime | None
    reason: str | None
    aside: int
    aside_reason: str | None


class Outbox:
    """store/outbox.db: not a cache, and in every backup. Safe to use from several threads."""

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        """reading: only to look at; there must be a file then."""
        self._path, self._reading = path, reading
        self.db = open_reader(path) if reading else open_writer(path)
        self._lock = threading.RLock()
        if not reading:
            migrations.apply(self.db)

    def close(self) -> None:
        with self._lock:
            if self._reading:
                self.db.conn.close()
            else:
                close_writer(self.db.conn, self._path)

    def _do(self, sql: str, values: Mapping[str, Any]) -> None:
        with self._lock, transaction(self.db):
            self.db.conn.execute(sql, values)

    def _rows(self, sql: str, *values: Any) -> list[Row]:
        with self._lock:
            return list(self.db.conn.execute(sql, values))

    # --- how far ---

    def position(self, channel: str, catalogue: Database, *, from_start: bool) -> int:
        """The number of the last event that this channel dealt with. A new one has dealt with all of them, or with from_start with none.

        The same where the log is another one than before: then those with from_start look at everything again, the others go on at its end.
        """
        row = next(iter(self._rows("SELECT seq, hash FROM channel WHERE name = ? AND hash <> ''", channel)), None)
        if row is not None and (row["seq"] == 0 or _hash_of(catalogue, row["seq"]) == row["hash"]):
            return int(row["seq"])
        last = catalogue.conn.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        if row is not None and last is not None and row["seq"] > last["seq"]:
            log.warning("the event log is older than what was sent", channel=label(channel), sent=row["seq"], found=last["seq"])
        seq, hash = (last["seq"], last["hash"]) if last is not None and not from_start else (0, "-")
        self.dealt_with(channel, seq, hash)
        return int(seq)

    def dealt_with(self, channel: str, seq: int, hash: str) -> None:
        """All events up to this one are sent, or are none of this channel's."""
        sql = "INSERT INTO channel (name, seq, hash) VALUES (:name, :seq, :hash) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, hash = excluded.hash"
        self._do(sql, {"name": channel, "seq": seq, "hash": hash})

    # --- what the other side has ---

    def digests(self, channel: str, keys: Collection[str]) -> dict[str, str]:
        """What was last sent under each of these keys, as a digest; keys never sent are missing."""
        found = {}
        for key in keys:
            for row in self._rows("SELECT digest FROM sent WHERE channel = ? AND key = ?", channel, key):
                found[key] = row["digest"]
        return found

    def keys(self, channel: str) -> list[str]:
        """All keys that were ever sent, in order."""
        return [row["key"] for row in self._rows("SELECT key FROM sent WHERE channel = ? ORDER BY key", channel)]

    def taken(self, channel: str, digests: Mapping[str, str]) -> None:
        """The other side has these now."""
        with self._lock, transaction(self.db):
            self.db.conn.executemany("INSERT OR REPLACE INTO sent VALUES (?, ?, ?)", [(channel, key, digest) for key, digest in digests.items()])
            self.db.conn.executemany("DELETE FROM aside WHERE channel = ? AND key = ?", [(channel, key) for key in digests])

    def forget(self, channel: str) -> None:
        """The other side is another one: it has nothing of ours."""
        with self._lock, transaction(self.db):
            self.db.conn.execute("DELETE FROM sent WHERE channel = ?", [channel])
            self.db.conn.execute("DELETE FROM aside WHERE channel = ?", [channel])

    def put_aside(self, channel: str, key: str, reason: str) -> None:
        """The other side refuses this one alone; it is tried again with `asides`."""
        self._do("INSERT OR REPLACE INTO aside VALUES (:channel, :key, :reason)", {"channel": channel, "key": key, "reason": reason})

    def asides(self, channel: str) -> list[str]:
        return [row["key"] for row in self._rows("SELECT key FROM aside WHERE channel = ? ORDER BY key", channel)]

    # --- how it fares ---

    def worked(self, channel: str, at: datetime) -> None:
        sql = (
            "INSERT INTO channel (name, worked) VALUES (:name, :at) ON CONFLICT (name) DO UPDATE SET worked = excluded.worked, attempts = 0,"
            " failing_since = NULL, not_before = NULL, reason = NULL"
        )
        self._do(sql, {"name": channel, "at": at.isoformat()})

    def failed(self, channel: str, at: datetime, reason: str, wait: timedelta | None) -> timedelta:
        """Keeps why, and since when; returns how long to wait: twice as long after each attempt, or as the other side asked, an hour at most."""
        (row,) = self._rows("SELECT coalesce((SELECT attempts FROM channel WHERE name = ?), 0) AS attempts", channel)
        pause: timedelta = min(max(wait or timedelta(0), FIRST_WAIT * 2 ** min(row["attempts"], 16)), LONGEST_WAIT)
        sql = (
            "INSERT INTO channel (name, attempts, failing_since, not_before, reason) VALUES (:name, 1, :at, :next, :reason) ON CONFLICT (name) DO UPDATE SET"
            " attempts = attempts + 1, failing_since = coalesce(failing_since, excluded.failing_since), not_before = excluded.not_before, reason = excluded.reason"
        )
        self._do(sql, {"name": channel, "at": at.isoformat(), "next": (at + pause).isoformat(), "reason": reason})
        return pause

    def due(self, channel: str, now: datetime) -> bool:
        """Whether it is time to try, or to try again."""
        rows = self._rows("SELECT not_before FROM channel WHERE name = ? AND not_before IS NOT NULL", channel)
        return not rows or datetime.fromisoformat(rows[0]["not_before"]) <= now

    def standings(self, names: Iterable[str]) -> list[Standing]:
        """How these channels fare; one that never worked is missing."""
        sql = (
            "SELECT c.*, (SELECT count(*) FROM aside a WHERE a.channel = c.name) AS aside,"
            " (SELECT reason FROM aside a WHERE a.channel = c.name ORDER BY key LIMIT 1) AS aside_reason FROM channel c WHERE name = ?"
        )
        return [_standing(row) for name in names for row in self._rows(sql, name)]


def _standing(row: Row) -> Standing:
    worked, since, next_try = (datetime.fromisoformat(row[name]) if row[name] else None for name in ("worked", "failing_since", "not_before"))
    return Standing(
        name=row["name"],
        seq=row["seq"],
        worked=worked,
        attempts=row["attempts"],
        failing_since=since,
        not_before=next_try,
        reason=row["reason"],
        aside=row["aside"],
        aside_reason=row["aside_reason"],
    )


def _hash_of(catalogue: Database, seq: int) -> str | None:
    row = catalogue.conn.execute("SELECT hash FROM event WHERE seq = ?", [seq]).fetchone()
    return row["hash"] if row else None


def digest(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()[:32]


def label(channel: str) -> str:
    """A channel as it is shown: an address may hold a token behind its host."""
    kind, _blank, place = channel.partition(" ")
    scheme, mark, rest = place.partition("://")
    return f"{kind} {scheme}{mark}{rest.partition('/')[0].rpartition('@')[2]}" if mark else channel


# --- sending ---


class Portion(Enum):
    """What came of one look at what is to be sent."""

    NOTHING = 0  # there was nothing
    LAST = 1  # all that there was is sent
    MORE = 2  # there is more


class Channel(Protocol):
    """name: its place in the outbox. rest_seconds: until it looks again when nothing was left."""

    name: str
    rest_seconds: float

    def send(self) -> Portion:
        """Sends the next portion. Raises NotSent, PlaceError; what was taken is kept."""
        ...

    def close(self) -> None: ...


class Senders:
    """A thread for each channel."""

    def __init__(self, outbox: Outbox, channels: Sequence[Channel], clock: Callable[[], datetime], language: str) -> None:
        """language: of the reasons that are kept, the site's."""
        self.outbox, self.channels, self.clock, self.language = outbox, channels, clock, language
        self._well: set[str] = set()  # channels that are known to be well; the outbox says so, too
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=[channel], name=f"outbox-{place}", daemon=True) for place, channel in enumerate(channels, 1)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """A request that is still under way is left behind: not being marked as taken, it is sent again."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_END_SECONDS)
        if not any(thread.is_alive() for thread in self._threads):
            self.outbox.close()

    def _run(self, channel: Channel) -> None:
        with speaking(self.language):
            while not self._stop.is_set():
                self._stop.wait(self.turn(channel))
            channel.close()

    def turn(self, channel: Channel) -> float:
        """Sends one portion if it is time; returns for how many seconds to rest."""
        try:
            if not self.outbox.due(channel.name, self.clock()):
                return _LOOK_SECONDS
            portion = channel.send()
            if portion is not Portion.NOTHING or channel.name not in self._well:  # else the disk would be written to for nothing, all day
                self.outbox.worked(channel.name, self.clock())
                self._well.add(channel.name)
            return 0.0 if portion is Portion.MORE else channel.rest_seconds
        except ScanpipeError as error:
            return self._failed(channel, str(error), getattr(error, "wait", None))
        except Exception:
            log.exception("outgoing", channel=label(channel.name))
            return self._failed(channel, OUR_FAULT.format(name=label(channel.name)), None)

    def _failed(self, channel: Channel, reason: str, wait: timedelta | None) -> float:
        self._well.discard(channel.name)
        log.warning("not sent", channel=label(channel.name), reason=reason)
        try:
            self.outbox.failed(channel.name, self.clock(), reason, wait)
        except Exception:  # the store's own disk is full: the next turn tries again
            log.exception("outbox", channel=label(channel.name))
        return _LOOK_SECONDS
