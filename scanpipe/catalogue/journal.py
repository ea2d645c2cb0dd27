"""The event log: append-only files of JSON lines, each holding the hash of the line before. It outlives every database.

`store/journal/<fiscal year>/YYYY-MM.jsonl`. A line is on disk before the catalogue commits what it tells. Whatever the catalogue
misses of it after a crash is applied again at the next start.
"""

import hashlib
import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scanpipe import storage
from scanpipe.core.dates import fiscal_year
from scanpipe.core.serial import canonical
from scanpipe.errors import Damaged
from scanpipe.i18n import N_

GENESIS = "0" * 64


class JournalBroken(Damaged):
    """A line is missing, altered, or out of order."""

    template = N_("{path}, line {line}: the journal's chain is broken here ({reason}). Compare with a backup; scanpipe alters nothing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the journal. seq: from 1 without gaps. at: aware. data: JSON values. hash: over all other fields, prev included."""

    seq: int
    at: datetime
    kind: str
    accession_id: str | None
    actor: str
    data: Mapping[str, Any]
    prev: str
    hash: str


def _body(seq: int, at: datetime, kind: str, accession_id: str | None, actor: str, data: Mapping[str, Any], prev: str) -> dict[str, Any]:
    return {"seq": seq, "at": at.isoformat(), "kind": kind, "accession": accession_id, "actor": actor, "data": dict(data), "prev": prev}


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()


class Journal:
    """The writing end: one per store, held by who holds the store's lock."""

    def __init__(self, folder: Path) -> None:
        """Finds the end of the chain. Raises JournalBroken if a last line does not parse."""
        self.folder = folder
        self._file: storage.Appender | None = None
        self._find_end()

    def _find_end(self) -> None:
        self.seq, self.head = 0, GENESIS
        for event in filter(None, map(_last_event, files(self.folder))):
            if event.seq > self.seq:
                self.seq, self.head = event.seq, event.hash

    def append(self, kind: str, /, *, at: datetime, accession_id: str | None = None, actor: str = "scanpipe", **data: Any) -> Event:
        """Adds an event; durable on return.

        Raises PlaceError if the disk refuses. Nothing was added then, or, where even the taking back failed, the line stands and `seq` counts it.
        """
        (event,) = self.append_together(kind, [(accession_id, data)], at=at, actor=actor)
        return event

    def append_together(self, kind: str, told: Iterable[tuple[str | None, Mapping[str, Any]]], /, *, at: datetime, actor: str) -> list[Event]:
        """Adds events of one kind and moment, for each its accession and what it tells, at the cost of one; all durable on return. Raises as `append`.

        After a crash the first of them may be there without the others.
        """
        events: list[Event] = []
        lines: list[bytes] = []
        seq, head = self.seq, self.head
        for seq, (accession_id, data) in enumerate(told, self.seq + 1):
            body = _body(seq, at, kind, accession_id, actor, data, head)
            prev, head = head, _hash(body)
            events.append(Event(seq=seq, at=at, kind=kind, accession_id=accession_id, actor=actor, data=data, prev=prev, hash=head))
            lines.append(canonical({**body, "hash": head}))
        self._append(lines, at)
        self.seq, self.head = seq, head
        return events

    def _append(self, lines: Sequence[bytes], at: datetime) -> None:
        path = self.folder / str(fiscal_year(at.date())) / f"{at:%Y-%m}.jsonl"
        with storage.place(path):
            try:
                self._appender(path).append(*lines)
            except OSError:
                self.close()  # a descriptor whose fsync failed is never used again
                self._find_end()
                raise

    def _appender(self, path: Path) -> storage.Appender:
        if self._file is None or self._file.path != path:
            self.close()
            self._file = storage.Appender(path)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def files(folder: Path) -> list[Path]:
    """The journal's files, oldest first."""
    # A clock set back may write into an older month: the first line's number tells the order, not the name.
    return sorted(folder.glob("*/*.jsonl"), key=_first_seq)


def _first_seq(path: Path) -> int:
    with path.open("rb") as file:
        line = file.readline()
    try:
        return int(json.loads(line)["seq"]) if line.endswith(b"\n") else 1 << 62
    except (ValueError, KeyError, TypeError):
        return 1 << 61


def read(folder: Path, after: int = 0) -> Iterator[Event]:
    """Every event with seq > after, in order, the chain checked from the very first line. Raises JournalBroken."""
    for event in chain(folder):
        if event.seq > after:
            yield event


def chain(folder: Path) -> Iterator[Event]:
    """All events in order of seq. Raises JournalBroken at the first line that does not continue the chain."""
    for found in survey(folder):
        if isinstance(found, JournalBroken):
            raise found
        yield found


def sizes(folder: Path) -> dict[Path, int]:
    """How long each file is now, without what is not a whole line yet: a journal that does not grow while it is read."""
    # The newest first: a file that is looked at later then holds all that came before it.
    return {path: _whole_lines(path) for path in reversed(files(folder))}


def _whole_lines(path: Path) -> int:
    size = path.stat().st_size
    with path.open("rb") as file:
        while size > 0:
            start = max(0, size - storage.CHUNK)
            file.seek(start)
            if (newline := file.read(size - start).rfind(b"\n")) >= 0:
                return start + newline + 1
            size = start
    return 0


def survey(folder: Path, upto: Mapping[Path, int] | None = None) -> Iterator[Event | JournalBroken]:
    """All that can be read, in order of seq, and every break in the chain ahead of the line where it shows. upto: only these files, so far (`sizes`)."""
    previous, head = 0, GENESIS
    # A clock set back interleaves the files; the running numbers put them in order.
    for path, number, event, fault in heapq.merge(*_opened(folder, upto), key=lambda found: found[2].seq if found[2] else -1):
        if fault is not None:
            yield fault
        if event is None:
            continue
        if fault is None and event.seq != previous + 1:
            yield JournalBroken(path=str(path), line=number, reason=f"seq {event.seq} after {previous}")
        elif fault is None and event.prev != head:
            yield JournalBroken(path=str(path), line=number, reason="prev")
        previous, head = event.seq, event.hash
        yield event


_Found = tuple[Path, int, Event | None, JournalBroken | None]


def _opened(folder: Path, upto: Mapping[Path, int] | None) -> list[Iterator[_Found]]:
    known = sorted(upto, key=_first_seq) if upto is not None else files(folder)
    return [_surveyed(path, upto[path] if upto is not None else None) for path in known]


def _lines(path: Path, length: int | None = None) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            if length is not None and (length := length - len(line)) < 0:
                return
            if line.endswith(b"\n"):  # a torn last line was never acknowledged
                yield line


def _surveyed(path: Path, length: int | None = None) -> Iterator[_Found]:
    for number, line in enumerate(_lines(path, length), 1):
        try:
            event, sound = _read_line(line)
        except (ValueError, KeyError, TypeError, AttributeError):
            yield path, number, None, JournalBroken(path=str(path), line=number, reason="JSON")
        else:
            yield path, number, event, None if sound else JournalBroken(path=str(path), line=number, reason="hash")


def _read_line(line: bytes) -> tuple[Event, bool]:
    """The event in a line, and whether its hash is of it."""
    body = json.loads(line)
    claimed = body.pop("hash")
    event = Event(
        seq=body["seq"],
        at=datetime.fromisoformat(body["at"]),
        kind=body["kind"],
        accession_id=body["accession"],
        actor=body["actor"],
        data=body["data"],
        prev=body["prev"],
        hash=claimed,
    )
    return event, _hash(body) == claimed


def _parse(path: Path, number: int, line: bytes) -> Event:
    try:
        event, sound = _read_line(line)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JournalBroken(path=str(path), line=number, reason="JSON") from error
    if not sound:
        raise JournalBroken(path=str(path), line=number, reason="hash")
    return event


def _last_event(path: Path) -> Event | None:
    """The newest event in this file, found from its end; None if it holds none."""
    size = path.stat().st_size
    tail, length = b"", 0
    while tail.count(b"\n") < 2 and length < size:
        length = min(size, length + storage.CHUNK)
        with path.open("rb") as file:
            file.seek(size - length)
            tail = file.read(length)
    lines = tail[: tail.rfind(b"\n") + 1].splitlines()
    return _parse(path, len(lines), lines[-1]) if lines else None
