"""Looks into the drop folders: a full look on a timer is the truth; the kernel's events only make it look sooner."""

import os
import stat
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import structlog
from watchdog.events import EVENT_TYPE_CLOSED_NO_WRITE, EVENT_TYPE_OPENED, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from scanpipe.core.scans.readiness import OUR_FOLDERS, SENTINEL, Watched, ignored, is_lock, is_quiet, look, next_look_in
from scanpipe.core.scans.sequences import Run, runs
from scanpipe.core.scans.sidecar import EXTENSIONS, names_for
from scanpipe.errors import PlaceError, ScanpipeError
from scanpipe.i18n import N_
from scanpipe.storage import FileIdentity, PlaceGone, place

log = structlog.get_logger()

AT_ONCE = 20  # taken from one folder before the others get their turn
_SHORTEST = 0.05
_SHOWN_AFTER = 60.0

FOLDER = N_("This is a folder. Please put its files directly into the drop folder.")
MORE_MAY_COME = N_("This belongs to a scan that may not be finished. It is taken when no further pages have come for a while.")
IGNORED = N_("Scanners give such names to unfinished files. If it is a document, please rename it.")


class WatchEnded(ScanpipeError):
    template = N_("The watching of the drop folders ended in the middle. Start scanpipe again; nothing is lost.")


Key = TypeVar("Key")
TakenKey = TypeVar("TakenKey", contravariant=True)


class Take(Protocol[TakenKey]):
    def __call__(self, key: TakenKey, name: str, seen: FileIdentity, *, overdue: bool) -> str | None:
        """Takes or refuses a quiet file (None), or says why it must wait (message id, "" = no reason to show)."""
        ...


class TakeRun(Protocol[TakenKey]):
    def __call__(self, key: TakenKey, run: Run, seen: Mapping[str, FileIdentity], *, overdue: Collection[str]) -> str | None:
        """Takes the quiet pages of one scan together, or says why they must wait, as Take does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder(Generic[Key]):
    """A drop folder to look into. quiet_seconds: unchanged for so long before it is taken. incomplete_seconds: then it is refused.

    join_seconds: files with running numbers are pages of one scan, which ends when none has come for so long; None = each file is a scan.
    """

    key: Key
    path: Path
    quiet_seconds: float
    incomplete_seconds: float
    join_seconds: float | None = None


@dataclass(slots=True)
class _Desk(Generic[Key]):
    folder: Folder[Key]
    due: float = 0.0
    seen: dict[str, Watched[FileIdentity]] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    expected: set[str] = field(default_factory=set)
    gathering: list[Run] = field(default_factory=list)
    looked: bool = False
    lying: Mapping[str, str] = field(default_factory=dict)
    fault: PlaceError | None = None


class Watcher(Generic[Key]):
    """Looks until stopped. All callbacks come from the watching thread."""

    def __init__(
        self,
        folders: list[Folder[Key]],
        poll_seconds: float,
        take: Take[Key],
        take_run: TakeRun[Key],
        *,
        on_sight: Callable[[], None] = lambda: None,
        on_lying: Callable[[Key, Mapping[str, str]], None] = lambda key, found: None,
        on_place: Callable[[Key, PlaceError | None], None] = lambda key, error: None,
    ) -> None:
        """take_run: for folders with join_seconds. on_sight: a file that was not there before. on_lying: name -> reason of what stays, when that changes;
        pages of one scan are one entry. on_place: a folder is gone, or back (None).
        """
        self._desks = [_Desk(folder) for folder in folders]
        self._poll, self._take, self._take_run = poll_seconds, take, take_run
        self._on_sight, self._on_lying, self._on_place = on_sight, on_lying, on_place
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._observer: BaseObserver | None = None

    def start(self) -> None:
        self._observe()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the file in hand."""
        self._stopping = True
        self._news.set()
        if self._observer is not None:
            self._observer.stop()
        if self._thread is not None:
            self._thread.join()

    def check(self) -> None:
        """Raises WatchEnded if nobody looks any more: a daemon that lives and is blind is worse than one that is started again."""
        if self._thread is not None and not self._thread.is_alive() and not self._stopping:
            raise WatchEnded()

    def hint(self, path: Path | None = None) -> None:
        """Look again now, at this folder or at all."""
        now = time.monotonic()
        with self._lock:
            for desk in self._desks:
                if path is None or desk.folder.path == path:
                    desk.due = min(desk.due, now + _SHORTEST)
        self._news.set()

    def expect(self, key: Key, names: Iterable[str]) -> None:
        """These files are complete the moment they appear: they need no quiet time."""
        with self._lock:
            for desk in self._desks:
                if desk.folder.key == key:
                    desk.expected |= set(names)
        self.hint()

    def pending(self) -> int:
        """How many files lie in the folders and may still be taken or refused; at least 1 before the first full look. Folders at fault do not count: see `faults`."""
        with self._lock:
            if not all(desk.looked for desk in self._desks):
                return 1
            return sum(len(_candidates(desk.seen, desk.lying)) for desk in self._desks if desk.fault is None)

    def faults(self) -> list[PlaceError]:
        """Why nothing can be taken from some folders just now; empty when all is well."""
        with self._lock:
            return [desk.fault for desk in self._desks if desk.fault is not None]

    # --- the loop ---

    def _run(self) -> None:
        while not self._stopping:
            now = time.monotonic()
            for desk in [desk for desk in self._desks if desk.due <= now]:
                if self._stopping:
                    return
                self._look_safely(desk)
            with self._lock:
                next_due = min((desk.due for desk in self._desks), default=now + self._poll)
            self._news.wait(max(_SHORTEST / 5, next_due - time.monotonic()))
            self._news.clear()

    def _look_safely(self, desk: "_Desk[Key]") -> None:
        with self._lock:
            desk.due = time.monotonic() + self._poll
        try:
            wait = self.look(desk)
            if desk.fault is not None:
                desk.fault = None
                self._on_place(desk.folder.key, None)
        except PlaceError as error:
            if desk.fault is None:
                log.error("folder at fault", folder=str(desk.folder.path), reason=str(error))
            desk.fault, desk.looked, wait = error, True, self._poll
            self._report(desk, error)
        except Exception:
            log.exception("looking failed", folder=str(desk.folder.path))
            wait = self._poll
        with self._lock:
            desk.due = min(desk.due, time.monotonic() + wait)

    def _report(self, desk: "_Desk[Key]", error: PlaceError) -> None:
        try:
            self._on_place(desk.folder.key, error)
        except PlaceError as deeper:
            log.error("cannot be noted", reason=str(deeper))

    # --- one look ---

    def look(self, desk: "_Desk[Key]") -> float:
        """Sees what lies in the folder, takes what is quiet. Returns seconds until looking again makes a difference."""
        folder, now = desk.folder, time.monotonic()
        entries = self._entries(folder.path)
        locked = any(is_lock(name) for name in entries)
        before, lying = desk.seen, {}
        seen: dict[str, Watched[FileIdentity]] = {}
        for name, status in entries.items():
            watched = look(before.get(name), FileIdentity.of(status), now)
            if stat.S_ISDIR(status.st_mode):
                lying[name] = FOLDER
            elif ignored(name) or is_lock(name):
                seen_before = before.get(name)
                lying |= {name: IGNORED} if seen_before and watched.quiet_for(now) > folder.incomplete_seconds else {}
            seen[name] = watched
        if seen.keys() - before.keys():
            self._on_sight()
        candidates = _candidates(seen, lying)
        with self._lock:
            desk.seen = seen
        wait = self._poll if locked else self._take_quiet(desk, candidates, now)
        self._show(desk, {**lying, **_waiting(desk, candidates, now)})
        desk.looked = True
        return wait

    def _entries(self, path: Path) -> dict[str, os.stat_result]:
        with place(path):
            if not (path / SENTINEL).exists():
                raise PlaceGone(path=str(path))
            found = {}
            for entry in os.scandir(path):
                if entry.name not in OUR_FOLDERS and entry.name != SENTINEL:
                    try:
                        found[entry.name] = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue  # taken back between the two calls
            return found

    def _take_quiet(self, desk: "_Desk[Key]", candidates: Mapping[str, "Watched[FileIdentity]"], now: float) -> float:
        desk.waits = {name: reason for name, reason in desk.waits.items() if name in candidates}
        found = _runs(desk.folder, candidates)
        rests = _rests(desk, candidates, found)
        rested = {stem for stem, names in rests.items() if all(n in desk.expected or is_quiet(candidates[n], now, s) for n, s in names.items())}
        quiet = sorted((run for run in found if run.stem in rested), key=lambda run: _turn(desk, candidates, run))
        left = len(quiet) > AT_ONCE
        fault: PlaceError | None = None
        for run in islice(quiet, AT_ONCE + len(desk.waits)):
            if self._stopping:
                break
            try:
                self._take_one(desk, run, candidates)
            except PlaceError as error:  # what is wrong may concern this scan alone: the others get their try, then it is told
                fault = fault or error
                desk.waits[run.names[0]] = ""
        desk.gathering = [run for run in found if run.numbers and not desk.seen.keys().isdisjoint(run.names)]
        if fault is not None:
            raise fault
        waits = [next_look_in(candidates[n], now, s, self._poll) for stem, names in rests.items() if stem not in rested for n, s in names.items()]
        return _SHORTEST if left else min(waits, default=self._poll)

    def _take_one(self, desk: "_Desk[Key]", run: Run, candidates: Mapping[str, "Watched[FileIdentity]"]) -> None:
        now, folder = time.monotonic(), desk.folder
        # what came by one rename is as whole as it will ever be
        overdue = {name for name in run.names if name in desk.expected or candidates[name].quiet_for(now) >= folder.incomplete_seconds}
        if len(run.names) == 1:
            name = run.names[0]
            reason = self._take(folder.key, name, candidates[name].identity, overdue=name in overdue)
        else:
            reason = self._take_run(folder.key, run, {name: candidates[name].identity for name in run.names}, overdue=overdue)
        with self._lock:
            if reason is not None:
                desk.waits[run.names[0]] = reason
                return
            for name in run.names:
                desk.seen.pop(name, None)
                desk.waits.pop(name, None)
                desk.expected.discard(name)

    def _show(self, desk: "_Desk[Key]", lying: Mapping[str, str]) -> None:
        if lying != desk.lying:
            self._on_lying(desk.folder.key, lying)
            desk.lying = lying

    # --- hints ---

    def _observe(self) -> None:
        observer = Observer()
        handler = _Hints(self.hint)
        for desk in self._desks:
            try:
                observer.schedule(handler, str(desk.folder.path), recursive=False)
            except OSError as error:  # inotify's limit, or a share without events: the timer looks all the same
                log.info("no events for this folder", folder=str(desk.folder.path), reason=str(error))
        try:
            observer.start()
        except OSError as error:
            log.info("no events", reason=str(error))
            return
        self._observer = observer


def _candidates(seen: Mapping[str, "Watched[FileIdentity]"], lying: Mapping[str, str]) -> dict[str, "Watched[FileIdentity]"]:
    found = {name: watched for name, watched in seen.items() if lying.get(name) not in (FOLDER, IGNORED) and not ignored(name) and not is_lock(name)}
    sidecars = {sidecar for name in found if not name.lower().endswith(EXTENSIONS) for sidecar in names_for(name)}
    return {name: watched for name, watched in found.items() if name not in sidecars}  # these go with their scan


def _runs(folder: Folder[Key], candidates: Mapping[str, "Watched[FileIdentity]"]) -> list[Run]:
    """The scans among the files. When they came is told by ctime, which is the share's own clock and also counts a rename."""
    if folder.join_seconds is None:
        return [Run(stem=name, names=(name,)) for name in candidates]
    return runs({name: watched.identity.changed for name, watched in candidates.items()}, round(folder.join_seconds * 1e9))


def _rests(desk: "_Desk[Key]", candidates: Mapping[str, "Watched[FileIdentity]"], found: Iterable[Run]) -> dict[str, dict[str, float]]:
    """stem -> name -> how long it must have been quiet. As long as pages of a stem come, none of its runs is whole: they may come out of order."""
    folder = desk.folder
    # no scan is waited for longer than an unfinished file would be: `drain` and `ingest` do not wait long
    joining = min(folder.join_seconds or 0.0, folder.incomplete_seconds)
    rests = defaultdict[str, dict[str, float]](dict)
    for run in found:
        rests[run.stem] |= dict.fromkeys(run.names, max(folder.quiet_seconds, joining if run.numbers else 0.0))
    return rests


def _waiting(desk: "_Desk[Key]", candidates: Mapping[str, "Watched[FileIdentity]"], now: float) -> dict[str, str]:
    """What stays and why: pages of one scan as one, at once; another file when it has waited for a while."""
    together = {run.label: desk.waits.get(run.names[0]) or MORE_MAY_COME for run in desk.gathering}
    pages = {name for run in desk.gathering for name in run.names}
    alone = (name for name, watched in candidates.items() if name not in pages and desk.waits.get(name) and watched.quiet_for(now) > _SHOWN_AFTER)
    return {**together, **{name: desk.waits[name] for name in alone}}


def _turn(desk: "_Desk[Key]", candidates: Mapping[str, "Watched[FileIdentity]"], run: Run) -> tuple[bool, int, str]:
    """Fresh ones first: one that waits holds up no other."""
    return run.names[0] in desk.waits, max(candidates[name].identity.modified for name in run.names), run.names[0]


class _Hints(FileSystemEventHandler):
    def __init__(self, hint: Callable[[Path], None]) -> None:
        self._hint = hint

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in (EVENT_TYPE_OPENED, EVENT_TYPE_CLOSED_NO_WRITE):  # our own looking makes these
            self._hint(Path(os.fsdecode(event.src_path)).parent)
