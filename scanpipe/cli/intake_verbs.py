"""`drain` and `ingest`: what lies in the drop folders, or in other folders, is taken and finished while somebody waits."""

import argparse
import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanpipe import storage
from scanpipe.cli import arguments, shown
from scanpipe.cli.arguments import Parser
from scanpipe.cli.asking import ask
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.model import State
from scanpipe.errors import NotFound, PlaceError
from scanpipe.i18n import N_, _
from scanpipe.inbox import display_name
from scanpipe.watch import IGNORED

_COUNTED_STATES = (State.ACCOUNTED, State.DISPOSED)
_FOUND_STATES = (State.INDEXED, *_COUNTED_STATES)
_STUCK_SECONDS = 60.0


def drain(options: argparse.Namespace) -> int:
    """0 all filed, 1 some need a person or were refused."""
    from scanpipe import daemon, lock

    settings = settings_of(options)
    faults: list[PlaceError] = []
    if lock.is_running(settings):
        mark = _mark(settings)
        with shown.progress(options.json) as bar:
            _watch_others_drain(settings, mark.last, bar)
    else:
        with daemon.Daemon(settings, incomplete_seconds=settings.intake.drain_incomplete_seconds, timetable=False) as own, shown.progress(options.json) as bar:
            mark = _mark(settings)  # after recovery: what was known before this run, also where the databases had to be made again
            _turn_until(own, settings, lambda: own.settled(), mark.last, bar)
            faults = own.watcher.faults()
    code = _report(settings, mark.since(_outcomes(settings, mark.first)), options.json)
    with reading(settings) as reader:
        lying = reader.lying()
    if not options.json:
        shown.lying(lying, settings)
    if faults:
        raise faults[0]  # what lies there was not taken
    return 1 if any(row["reason"] != IGNORED for row in lying) else code


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a section's deliveries had come when a run began. last: id of the newest. unfinished: ids of those still on their way."""

    last: str
    unfinished: frozenset[str]

    @property
    def first(self) -> str:
        """An id before all that this run may finish."""
        return min((id[:-1] for id in self.unfinished), default=self.last)

    def since(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in found if row["id"] > self.last or row["id"] in self.unfinished]


def _mark(settings: Settings) -> _Mark:
    with contextlib.suppress(NotFound), reading(settings) as reader:
        return _Mark(*reader.mark())
    return _Mark("", frozenset())


def ingest(options: argparse.Namespace) -> int:
    """Delivers copies and returns when each is searchable, a duplicate or in 要確認. Exit as drain."""
    from scanpipe import daemon, lock

    settings = settings_of(options)
    department = settings.department(options.department)
    files = list(_files(options.paths))
    before = _mark(settings).last
    with shown.progress(options.json) as bar:
        if lock.is_running(settings):
            names = _deliver(files, settings.inbox(department))
            ask(settings, "expect", "ingest", department=department.code, names=names)
            _wait_for_daemon(settings, names, department.code, before, bar)
        else:
            with daemon.Daemon(settings, incomplete_seconds=settings.intake.quiet_seconds, timetable=False) as own:
                names = _deliver(files, settings.inbox(department))
                own.watcher.expect(department, names)
                _turn_until(own, settings, lambda: _all_done(settings, names, department.code, before, _COUNTED_STATES), before, bar)
    return _report(settings, _delivered(settings, names, department.code, before), options.json)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.iterdir() if found.is_file())
        elif path.is_file():
            yield path
        else:
            raise NotFound(N_("There is no file {path}."), path=str(path))


def _deliver(files: list[Path], inbox: Path) -> list[str]:
    """Copies files into the drop folder, each under a temporary name first; returns the names they got."""
    names: list[str] = []
    with storage.place(inbox):
        for file in files:
            name = _free_name(inbox, file.name, names)
            staged = inbox / f".scanpipe-ingest-{os.getpid()}-{len(names)}.tmp"
            source = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            try:
                storage.copy_in(source, staged, os.fstat(source).st_size)
            finally:
                os.close(source)
            storage.rename(staged, inbox / name)
            names.append(name)
    return names


def _free_name(inbox: Path, name: str, taken: list[str]) -> str:
    path, n = Path(name), 1
    while name in taken or os.path.lexists(inbox / name):
        n += 1
        name = f"{path.stem}.{n}{path.suffix}"
    return name


def _outcomes(settings: Settings, after: str) -> list[dict[str, Any]]:
    with reading(settings) as reader:
        return reader.outcomes(after)


def _all_done(settings: Settings, names: list[str], department: str, after: str, states: tuple[State, ...] = _FOUND_STATES) -> bool:
    rows = _delivered(settings, names, department, after)
    whole = {name for row in rows if row["batch"] is None for name in row["names"]} >= set(map(display_name, names))
    return whole and all(row["outcome"] != "accession" or row["state"] in states for row in rows)


def _delivered(settings: Settings, names: list[str], department: str, after: str) -> list[dict[str, Any]]:
    """What became of these files since then, the parts of batches included, in whichever section."""
    wanted, found = set(map(display_name, names)), _outcomes(settings, after)
    whole = [row for row in found if not wanted.isdisjoint(row["names"]) and row["department"] == department and row["batch"] is None]
    numbers = {row["number"] for row in whole if row["number"]}
    return [*whole, *(row for row in found if row["batch"] in numbers)]


def _turn_until(own: Any, settings: Settings, done: Any, before: str, bar: "shown.Bar") -> None:
    stuck_since: float | None = None
    while not done():
        own.turn(0.2)
        bar.show(own.catalogue.db, own.watcher.pending(), before)
        with reading(settings) as reader:
            paused = reader.paused()
        stuck_since = (stuck_since or time.monotonic()) if paused and not own.line.busy() else None
        _raise_if_stuck(stuck_since, paused)


def _raise_if_stuck(since: float | None, paused: list[dict[str, Any]]) -> None:
    if since is not None and time.monotonic() - since > _STUCK_SECONDS:
        raise PlaceError(paused[0]["reason"], **paused[0]["params"])


def _watch_others_drain(settings: Settings, before: str, bar: "shown.Bar") -> None:
    """A daemon has the store: wait until nothing that can be taken lies in the folders and nothing waits."""
    from scanpipe.core.scans.readiness import OUR_FOLDERS, ignored

    def lying() -> int:
        folders = [settings.inbox(department) for department in settings.departments]
        return sum(
            1 for folder in folders if folder.is_dir() for e in os.scandir(folder) if e.name not in OUR_FOLDERS and not ignored(e.name) and not e.is_dir()
        )

    stuck_since: float | None = None
    while True:
        with reading(settings) as reader:
            facts = reader.status()
        waiting, left = facts["waiting"], lying()
        bar.show(None, left + waiting, before)
        if not left and not waiting:
            return
        stuck_since = (stuck_since or time.monotonic()) if facts["paused"] else None
        _raise_if_stuck(stuck_since, facts["paused"])
        time.sleep(0.3)


def _wait_for_daemon(settings: Settings, names: list[str], department: str, before: str, bar: "shown.Bar") -> None:
    while not _all_done(settings, names, department, before):
        bar.show(None, len(names), before)
        time.sleep(0.2)


def _report(settings: Settings, found: list[dict[str, Any]], as_json: bool) -> int:
    numbers = [row["number"] for row in found if row["outcome"] == "accession"]
    with reading(settings) as reader:
        records = {number: reader.record(number) for number in numbers}
    if as_json:
        shown.as_json([shown.outcome_json(row, records.get(row["number"]), settings) for row in found])
    else:
        shown.outcomes(found, records, settings)
    return 1 if any(row["outcome"] == "rejected" or row["needs_review"] for row in found) else os.EX_OK


def parsers(add: arguments.AddParser) -> tuple[Parser, ...]:
    """`drain`, `ingest`."""
    to_drain = add("drain", help=_("take and finish all that lies in the drop folders, then exit: 0 all filed, 1 some need a person"))
    to_drain.set_defaults(run=drain)

    to_ingest = add("ingest", help=_("deliver copies of files into a section's drop folder and wait until they are searchable"))
    to_ingest.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    to_ingest.add_argument("--department", required=True, metavar="CODE")
    to_ingest.set_defaults(run=ingest)
    return (to_drain, to_ingest)
