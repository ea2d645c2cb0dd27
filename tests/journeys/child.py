"""Whole runs of a site on prepared page text, each cut off before a chosen system call. Reads orders, forks a process for each, answers how it ended.

Everything is real but two things: pages are not read (their text is prepared, so that a run takes a tenth of a second), and threads take turns,
so that the calls come in the same order each time.

An order is a line of JSON {"config": FILE, "at": N, "how": HOW, "line": BOOL, "sync": BOOL, "plant": NAME, "record": FILE}. N counts the calls of
storage.before from 1, 0 = never. HOW: "kill"; an errno's name: that call fails once with it; "ENOSPC forever" and the like: it and all after it, until
the run gives up; "full": the disk is filled to its last block there, and freed two rounds later; "short": from it on, the disk takes only half of what it
is given at once; "power": the filesystem that the site lies on loses all that
was not synced, after names were made to reach the disk before bytes; "power plain": without that. line false: only taken in, not read. sync false: a
scanpipe that never syncs. plant: a fault of planted.py, "" for none; both are to see that losses are found. record: a file into which the run is written
as lost_power.py reads it, "" for none.

The answer is {"calls": number of calls, "died": by a signal, "error": what the run itself could not bear, null if it came to its end}.
"""

import errno
import fcntl
import json
import logging
import os
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import pikepdf
import planted
import structlog
from lost_power import Recording

from scanpipe import config, daemon, pipeline, storage
from scanpipe.config import Settings
from scanpipe.core.model import Line, Page, PageCode
from scanpipe.core.scans.readiness import OUR_FOLDERS
from scanpipe.core.scans.sequences import runs
from scanpipe.core.scans.structure import sniff
from scanpipe.daemon import Daemon
from scanpipe.errors import PlaceError
from scanpipe.recognition.facts import AccessCopy, Inspection, Joined, ReadingSettings
from scanpipe.recognition.joining import join
from scanpipe.recognition.splitting import split
from scanpipe.stages import recognise
from scanpipe.storage import FileIdentity
from scanpipe.upkeep.deciding import partings
from scanpipe.upkeep.disposal import destruction

ROUNDS = 60
FULL_FOR = 3  # rounds, the one in which it fills up among them
PAUSE = 3600 * 10**9  # ns; a machine may be slow, and none of these runs is in two halves
SEPARATOR = "---"  # the words of a page that parts a batch
TRACE = os.environ.get("SCANPIPE_TRACE")  # set it to see each call and every line of the log


fsync = os.fsync


class InTurn(Executor):
    """Does each task at once, in the asking thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class PreparedLanes:
    """Answers like lanes: pages have the words that `prepared.json` beside the site's configuration names for the file's digest."""

    width = 1

    def __init__(self, texts: dict[str, list[str]]) -> None:
        self.texts = texts

    def submit(self, function: Callable[..., Any], /, *args: Any, timeout: float, turn: object) -> "Future[Any]":
        return InTurn().submit(getattr(self, function.__name__), *args)

    def inspect(self, path: Path, settings: object) -> Inspection:
        texts = self.texts_of(path)
        media_type = sniff(path.read_bytes()[:1024])
        assert media_type is not None
        codes = tuple(PageCode(kind="separator") if text == SEPARATOR else None for text in texts)
        return Inspection(media_type=media_type, pages=len(texts), digital=(False,) * len(texts), codes=codes if any(codes) else ())

    def texts_of(self, path: Path) -> list[str]:
        """As prepared; of what was joined or split here, as custody.pdf wrote it into the pages."""
        prepared = self.texts.get(storage.digest(path))
        if prepared is not None:
            return prepared
        with pikepdf.open(path) as document:
            return [str(page.obj.Words) for page in document.pages]

    def join(self, original: Path, digests: tuple[str, ...], out: Path, settings: ReadingSettings) -> Joined:
        return join(original, digests, out, settings)

    def split(self, original: Path, media_type: str, pages: tuple[int, ...], out: Path) -> str:
        return split(original, media_type, pages, out)

    def read_page(self, path: Path, number: int, settings: object) -> Page:
        text = self.texts_of(path)[number - 1]
        lines = tuple(Line(text=line, box=(100, 100 * n, 1500, 100 * n + 80), confidence=98.0) for n, line in enumerate(text.splitlines(), 1))
        return Page(number=number, width=1654, height=2339, dpi=200.0, engine="prepared", text=text, confidence=98.0, lines=lines)

    def assemble(self, original: Path, media_type: str, pages: tuple[Page, ...], out: Path, *_: object) -> AccessCopy:
        out.write_bytes(original.read_bytes() + b"\n% access copy\n")
        return AccessCopy(sha256=storage.digest(out), pages=len(pages))

    def warm(self) -> None: ...

    def rest(self) -> None: ...

    def close(self) -> None: ...


class Still:
    """A watcher that does not look: the run looks itself."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def check(self) -> None: ...

    def pending(self) -> int:
        return 0


class InTurnDaemon(Daemon):
    def _watcher(self) -> Any:
        for desk in self.line._desks:
            desk.probe_seconds = 0.0
        return Still()

    def look(self) -> None:
        """Takes all that lies in the drop folders; a place at fault stops only its own section, as it does in the daemon."""
        for department in self.settings.departments:
            with suppress(PlaceError):
                inbox = self.settings.inbox(department)
                seen = {name: FileIdentity.of(os.lstat(inbox / name)) for name in _lying(inbox)}
                for run in runs({name: file.changed for name, file in seen.items()}, PAUSE) if department.assemble == "sequence" else []:
                    if len(run.names) > 1:
                        self._take_run(department, run, {name: seen.pop(name) for name in run.names}, overdue=run.names)
                for name, file in seen.items():
                    self._take(department, name, file, overdue=True)


def _lying(inbox: Path) -> list[str]:
    return sorted(
        entry.name for entry in os.scandir(inbox) if entry.is_file(follow_symlinks=False) and not entry.name.startswith(".") and entry.name not in OUR_FOLDERS
    )


def run(settings: Settings, line: bool, round_ends: Callable[[], None]) -> None:
    """Takes and files all that lies in the drop folders, as often as it needs to be tried again."""
    with InTurnDaemon(settings, timetable=False) as own:
        for _ in range(ROUNDS):
            own.look()
            if line:
                own.turn(0)
                with suppress(PlaceError):
                    while own.disposing.advance():
                        pass
            round_ends()
            if not (line and own.catalogue.unfinished()) and not any(_lying(settings.inbox(section)) for section in settings.departments):
                return
    raise AssertionError("it does not come to an end")


class Cut:
    """storage.before of a run: counts the calls and does what was ordered at one of them."""

    def __init__(self, at: int, how: str, site: Path) -> None:
        self.at, self.calls, self.site, self.how = at, 0, site, how
        self.number = None if how in ("kill", "power", "power plain", "short", "full") else getattr(errno, how.removesuffix(" forever"))
        self.forever = how.endswith(" forever")
        self.full_for = 0  # rounds

    def __call__(self, call: str, path: Path) -> None:
        self.calls += 1
        if TRACE is not None:
            print(self.calls, call, path, file=sys.stderr)
        if self.how == "full" and self.calls == self.at:
            _fill(self.site.parent / "filler")
            self.full_for = FULL_FOR
        if self.at and self.how != "full" and (self.calls == self.at or (self.forever and self.calls > self.at)):
            if self.how == "short":
                os.write = _half
                return
            if self.how.startswith("power"):
                cut_power(self.site, names_first=self.how == "power")
            if self.number is None:
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(self.number, os.strerror(self.number or 0), str(path))

    def round_ends(self) -> None:
        self.full_for -= 1
        if self.full_for == 0:
            (self.site.parent / "filler").unlink()


write = os.write


def _half(descriptor: int, data: Any) -> int:
    view = memoryview(data)
    return write(descriptor, view[: max(1, len(view) // 2)])


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x")


def cut_power(site: Path, *, names_first: bool) -> None:
    """Shuts the filesystem down without writing anything more (EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN; no flush of its journal), as xfstests do it.

    names_first: another file is synced just before, which commits the names of all, and not the bytes of those that nobody synced.
    """
    if names_first:
        with (site / "unrelated").open("wb") as file:
            file.write(b"x")
            file.flush()
            fsync(file.fileno())
    fcntl.ioctl(os.open(site, os.O_RDONLY), 0x8004587D, struct.pack("I", 2))


def prepare(settings: Settings) -> None:
    """Puts the prepared parts in place of lanes, threads and waits."""
    texts = json.loads((settings.file.parent / "prepared.json").read_text("utf-8"))
    daemon._lanes = lambda settings: PreparedLanes(texts)
    recognise.reading_settings = lambda settings: ReadingSettings()  # no engine is looked for
    pipeline.ThreadPoolExecutor = partings.ThreadPoolExecutor = lambda *args, **named: InTurn()  # type: ignore[assignment,misc]
    destruction.ThreadPoolExecutor = lambda *args, **named: InTurn()  # type: ignore[assignment,misc]
    pipeline._PROBE_SECONDS = pipeline._LONGEST_PROBE = 0.0  # a place at fault is tried again at once


def carry_out(order: dict[str, Any], answer: int) -> None:
    """In the forked process: never returns."""
    site = Path(order["config"]).parents[1]
    recording = Recording(site) if order["record"] else None
    cut = recording or Cut(order["at"], order["how"], site)
    error = None
    try:
        settings = config.load(Path(order["config"]))
        prepare(settings)
        if order["plant"]:
            planted.FAULTS[order["plant"]]()
        storage.before = cut
        if not order["sync"]:
            os.fsync = lambda descriptor: None
        run(settings, order["line"], getattr(cut, "round_ends", lambda: None))
    except BaseException:
        error = traceback.format_exc()
    if recording:
        recording.save(Path(order["record"]))
    write(answer, json.dumps({"calls": cut.calls, "error": error}).encode())
    os._exit(0)


def orders() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def main() -> None:
    ReadingSettings().digest()  # the libraries' versions are looked up once, before any fork
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing but answers goes there
    quiet = logging.CRITICAL if TRACE is None else logging.DEBUG
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(quiet))
    for order in orders():
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            carry_out(order, writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(child, 0)
        body = json.loads(told) if told else {"calls": order["at"], "error": None}
        print(json.dumps({**body, "died": os.WIFSIGNALED(status)}), file=answers)


if __name__ == "__main__":
    main()
