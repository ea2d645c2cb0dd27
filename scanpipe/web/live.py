"""The scans of today while they happen: one look a second for everybody who watches, and only when something has changed."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import structlog

from scanpipe.catalogue import days
from scanpipe.catalogue.days import DayCounts, DayRow
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search_result import Access
from scanpipe.config import Settings
from scanpipe.core.model import State
from scanpipe.errors import ScanpipeError
from scanpipe.upkeep import progress
from scanpipe.upkeep.progress import Progress
from scanpipe.workbench import Workbench

log = structlog.get_logger()

MOST_LISTENERS: Final = 400  # below the connections that the server takes, so that pages are still served
_SECONDS, _REST = 1.0, 4.0  # between two looks; of resting for each second that a look took


@dataclass(frozen=True, slots=True)
class Watched:
    """Who watches what. departments: codes. access: what they may see. wall: on a wall screen. titles: whether titles and names are shown."""

    departments: frozenset[str]
    access: Access
    language: str
    wall: bool = False
    titles: bool = True


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of the day for one who watches. under_way: of scans that are being read. paused: see catalogue/days.py."""

    day: date
    rows: tuple[DayRow, ...]
    counts: DayCounts
    lying: tuple[tuple[str, str, str], ...]
    paused: tuple[tuple[str, str, tuple[tuple[str, Any], ...]], ...]
    under_way: Mapping[str, Progress] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """The day as HTML. rows: by id, the newest first. parts: the rest of the page, by name."""

    day: date
    rows: Mapping[str, str]
    parts: Mapping[str, str]


Draw = Callable[[Watched, Day, "Day | None", "View | None"], View]
Lend = Callable[[Access], CatalogueReader]  # the catalogue as one may see it; whoever has it closes it


def difference(before: View | None, after: View) -> dict[str, Any]:
    """What a page that shows `before` must change: rows that are new or look otherwise, the order of all where it is another, other parts. Empty = nothing.

    again: another day has begun, and the page is loaded anew.
    """
    if before is not None and before.day != after.day:
        return {"again": True}
    rows, parts = (before.rows, before.parts) if before else ({}, {})
    found: dict[str, Any] = {}
    if new := {id: html for id, html in after.rows.items() if rows.get(id) != html}:
        found["rows"] = new
    if before is None or list(rows) != list(after.rows):
        found["order"] = list(after.rows)
    if said := {name: html for name, html in after.parts.items() if parts.get(name) != html}:
        found["parts"] = said
    return found


class Watcher:
    """What a thread looks at for all who watch the same. Used by that thread alone, but for `view`."""

    def __init__(self, settings: Settings, watched: Watched, lend: Lend) -> None:
        self.settings, self.watched, self._lend = settings, watched, lend
        self._bench = Workbench(settings.layout.work)
        self._reader: CatalogueReader | None = None
        self._version: tuple[int, int, date] | None = None
        self.known: Day | None = None

    def look(self, day: date) -> Day:
        """The day as it is now. Raises NoCatalogue, OSError."""
        inode = self.settings.layout.catalogue_db.stat().st_ino if self.settings.layout.catalogue_db.exists() else 0
        if self._reader is None or self._version is None or self._version[0] != inode:
            self.close()
            self._reader = self._lend(self.watched.access)
        version = (inode, int(self._reader.db.conn.execute("PRAGMA data_version").fetchone()[0]), day)
        known = self.known if self.known is not None and version == self._version else self._asked(self._reader, day)
        self._version = version
        self.known = self._with_progress(known)
        return self.known

    def _asked(self, reader: CatalogueReader, day: date) -> Day:
        db, codes = reader.db, self.watched.departments
        return Day(
            day=day,
            rows=tuple(days.rows_of(db, codes, day)),
            counts=days.counts_of(db, codes, day),
            lying=tuple((row["department"], row["name"], row["reason"]) for row in days.lying_in(db, codes)),
            paused=tuple((stage, reason, tuple(sorted(params.items()))) for stage, reason, params in days.paused(db)),
        )

    def _with_progress(self, known: Day) -> Day:
        reading = {row.sha256: row.id for row in known.rows if row.state == State.ACCESSIONED and row.outcome == "accession" and row.sha256}
        begun = progress.begun(self._bench, reading.keys()) if reading else {}
        under_way = {reading[sha256]: found for sha256, found in begun.items()}
        if under_way == known.under_way:
            return known
        return Day(known.day, known.rows, known.counts, known.lying, known.paused, under_way)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


class _Listener:
    """One page that is open: told in its own event loop that there is something new."""

    def __init__(self) -> None:
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()

    def tell(self) -> None:
        """From any thread; a loop that has ended hears nothing."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def wait(self, seconds: float) -> None:
        """Until there is news, or so long."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return
        self._news.clear()


@dataclass(slots=True)
class _Desk:
    watcher: Watcher
    listeners: set[_Listener] = field(default_factory=set)
    view: View | None = None


class Live:
    """All who watch. Its thread runs while there are any. draw: makes a day into a view, thread-safe. lend: gives readers, thread-safe."""

    def __init__(self, settings: Settings, draw: Draw, lend: Lend, today: Callable[[], date]) -> None:
        self.draw = draw
        self._settings, self._lend, self._today = settings, lend, today
        self._desks: dict[Watched, _Desk] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wake = threading.Event()

    def full(self) -> bool:
        """Whether so many watch already that no more can."""
        with self._lock:
            return sum(len(desk.listeners) for desk in self._desks.values()) >= MOST_LISTENERS

    async def views(self, watched: Watched, still: float) -> AsyncIterator[View | None]:
        """The view now and whenever it has changed; None when for `still` seconds nothing has."""
        listener = _Listener()
        with self._listening(watched, listener) as desk:
            sent: View | None = None
            while True:
                if desk.view is sent:
                    await listener.wait(still)
                if desk.view is sent:
                    yield None
                    continue
                sent = desk.view
                yield sent

    def close(self) -> None:
        self._stopping.set()
        self._wake.set()
        thread = self._thread
        if thread is not None:
            thread.join(5)

    @contextmanager
    def _listening(self, watched: Watched, listener: _Listener) -> Iterator[_Desk]:
        with self._lock:
            desk = self._desks.setdefault(watched, _Desk(Watcher(self._settings, watched, self._lend)))
            desk.listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look_on, name="today", daemon=True)
                self._thread.start()
        self._wake.set()
        try:
            yield desk
        finally:
            with self._lock:
                desk.listeners.discard(listener)

    def _look_on(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._wake.clear()
            if not self._turn():
                return
            self._wake.wait(max(_SECONDS, _REST * (time.monotonic() - began)))

    def _turn(self) -> bool:
        """One look for all; False when nobody watches any more, and the thread ends."""
        with self._lock:
            idle = [watched for watched, desk in self._desks.items() if not desk.listeners]
            left = [self._desks.pop(watched) for watched in idle]
            desks = list(self._desks.values())
            if not desks:
                self._thread = None
        for desk in left:
            desk.watcher.close()
        for desk in desks:
            self._look(desk)
        return bool(desks)

    def _look(self, desk: _Desk) -> None:
        before = desk.watcher.known
        try:
            now = desk.watcher.look(self._today())
            if now is before and desk.view is not None:
                return
            view = self.draw(desk.watcher.watched, now, before, desk.view)
        except (ScanpipeError, OSError) as error:  # the catalogue is being made anew, or a page of the memo went away meanwhile
            log.info("the scans of today could not be looked at", reason=str(error))
            return
        if desk.view is None or difference(desk.view, view):
            desk.view = view
            with self._lock:
                listeners = list(desk.listeners)
            for listener in listeners:
                listener.tell()
