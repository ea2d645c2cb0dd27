"""Where page tasks run: local lanes, one warm process each, under limits and without network. Parsers of hostile bytes live only there.

A lane that hangs or dies costs one attempt of one page and no neighbour: each lane is a pool of its own with a single process.
"""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from scanpipe.confinement import Reach, settle_lane
from scanpipe.core.scans.fairness import Turn, join, next_turn
from scanpipe.errors import ScanError, ScanpipeError
from scanpipe.i18n import N_

T = TypeVar("T")

_WARM_SECONDS = 120.0  # an engine that hangs while it starts must not hold up all pages for ever


class LaneTimeout(ScanError):
    template = N_("Reading took longer than {seconds:.0f} seconds and was stopped.")


class LaneDied(ScanError):
    template = N_("The reading process ended in the middle (exit code {code}).")


class LaneFault(ScanError):
    template = N_("Reading failed: {reason}")


class Stopped(ScanError):
    """The lanes were ended in order; no attempt is spent."""

    template = N_("Reading was stopped with scanpipe; it goes on at the next start.")


class Workers(Protocol):
    """What the recognise stage asks of the machine, or of many."""

    def submit(self, function: Callable[..., T], /, *args: object, timeout: float, turn: Turn) -> "Future[T]":
        """Runs function(*args) for at most `timeout` seconds, in fair order. The future raises ScanError, or PlaceError if no machine can work now.

        Paths travel: a Path as first argument names the file that is read, any further Path among the arguments a file that the function writes.
        """
        ...

    def warm(self) -> None:
        """Work is coming: start what takes time to start."""
        ...

    def rest(self) -> None:
        """Gives back what has been idle for long; called now and then."""
        ...

    def close(self) -> None:
        """Ends all work now; what waited or ran fails with Stopped."""
        ...

    @property
    def width(self) -> int:
        """How many tasks run at once."""
        ...


@dataclass(slots=True, eq=False)
class Task:
    """A function with its arguments, waiting or running. timeout: seconds from its start."""

    function: Callable[..., Any]
    args: tuple[object, ...]
    timeout: float
    turn: Turn
    future: "Future[Any]" = field(default_factory=Future)

    def succeed(self, value: object) -> None:
        """The first word counts: a task that was cut off before stays so."""
        with suppress(InvalidStateError):
            self.future.set_result(value)

    def fail(self, error: BaseException) -> None:
        """Tells why, as ScanError or PlaceError."""
        with suppress(InvalidStateError):
            self.future.set_exception(as_scan_error(error, self.timeout))


class FairQueue:
    """What waits for room, and who is next (core/scans/fairness.py). The same for lanes of this machine and for a cluster. Thread-safe."""

    def __init__(self) -> None:
        self._waiting: list[Task] = []
        self._served: dict[str, float] = {}
        self._level = 0.0  # where the sections that are served stand
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, task: Task) -> None:
        with self._lock:
            self._served[task.turn.department] = join(self._served, task.turn.department, self._level)
            self._waiting.append(task)

    def next(self, *, brief: bool = False) -> Task | None:
        """Takes out the task whose turn it is; from now on it cannot be cancelled. brief: of those that read no page only. None: none such waits."""
        with self._lock:
            while fit := [index for index, task in enumerate(self._waiting) if task.turn.brief or not brief]:
                chosen = next_turn([self._waiting[index].turn for index in fit], self._served, time.monotonic())
                task = self._waiting.pop(fit[chosen])
                if task.future.set_running_or_notify_cancel():
                    self._level = max(self._level, self._served[task.turn.department])
                    self._served[task.turn.department] += 1.0
                    return task
            return None

    def turn_away(self, error: ScanpipeError) -> None:
        """Fails all that waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for task in waiting:
            if task.future.set_running_or_notify_cancel():
                task.fail(error)

    def forget(self) -> None:
        """After a time without work, what was served before does not count any more."""
        with self._lock:
            if not self._waiting:
                self._served.clear()
                self._level = 0.0


@dataclass(slots=True)
class _Lane:
    """first: what its process runs before any task. brief: it takes only what reads no page."""

    first: Callable[..., None]
    args: tuple[object, ...] = ()
    brief: bool = False
    pool: ProcessPool | None = None
    task: Task | None = None


class LocalLanes:
    """Lanes of this machine. Started by `warm` or the first task, ended by `rest` after idle_seconds without work.

    Beside those that read pages there may be one more, without an engine, for what takes a moment: to inspect a scan and to assemble its access
    copy. There a letter never waits for somebody's page to be read.
    """

    def __init__(
        self,
        count: int,
        *,
        memory_mib: int,
        idle_seconds: float,
        warm_up: Callable[..., None] | None = None,
        warm_args: tuple[object, ...] = (),
        aside: Callable[[], None] | None = None,
        reach: Reach | None = None,
    ) -> None:
        """memory_mib: address space of one lane, 0 = no limit. warm_up: importable function that a new lane runs first (loads the engine).

        aside: the same for the lane of what takes a moment; None = there is none, and such tasks wait for a lane like others.
        reach: the files that tasks read and write; None = all that this process may.
        """
        self._lanes = [_Lane(first=warm_up or _nothing, args=warm_args) for _ in range(count)]
        if aside is not None:
            self._lanes.append(_Lane(first=aside, brief=True))
        self._memory_mib, self._idle_seconds, self._reach = memory_mib, idle_seconds, reach
        self._queue = FairQueue()
        self._lock = threading.RLock()
        self._used = time.monotonic()
        self._closed = False

    @property
    def width(self) -> int:
        return sum(not lane.brief for lane in self._lanes)

    def warm(self) -> None:
        with self._lock:
            self._used = time.monotonic()
            for lane in self._lanes:
                self._start(lane)

    def submit(self, function: Callable[..., T], /, *args: object, timeout: float, turn: Turn) -> "Future[T]":
        task = Task(function, args, timeout, turn)
        with self._lock:
            if self._closed:
                task.fail(Stopped())
            else:
                self._queue.add(task)
                self._dispatch()
        return task.future

    def rest(self) -> None:
        """Ends idle lanes; call it now and then."""
        with self._lock:
            if time.monotonic() - self._used < self._idle_seconds or len(self._queue) or any(lane.task for lane in self._lanes):
                return
            self._queue.forget()
            for lane in self._lanes:
                self._stop(lane)

    def close(self) -> None:
        """Ends all lanes now; what waited or ran fails with Stopped."""
        with self._lock:
            self._closed = True
            running = [lane.task for lane in self._lanes if lane.task]
        self._queue.turn_away(Stopped())
        for lane in self._lanes:
            self._stop(lane)
        for task in running:
            task.fail(Stopped())

    # --- inside ---

    def _dispatch(self) -> None:
        for lane in self._lanes:
            if lane.task is None:
                task = self._queue.next(brief=lane.brief)
                if task is not None:
                    self._run(lane, task)

    def _run(self, lane: _Lane, task: Task) -> None:
        lane.task, self._used = task, time.monotonic()
        try:
            inner = self._scheduled(lane, task)
        except (RuntimeError, OSError) as error:  # no lane can be had just now; the next task tries again
            lane.task = None
            task.fail(error)
            return
        inner.add_done_callback(lambda done: self._finished(lane, task, done))

    def _scheduled(self, lane: _Lane, task: Task) -> "Future[Any]":
        try:
            return self._start(lane).schedule(task.function, args=task.args, timeout=task.timeout)
        except (RuntimeError, OSError):  # the pool broke while it was idle, or its start was cut off: a fresh one
            self._stop(lane)
            return self._start(lane).schedule(task.function, args=task.args, timeout=task.timeout)

    def _finished(self, lane: _Lane, task: Task, done: "Future[Any]") -> None:
        error = done.exception() if not done.cancelled() else Stopped()
        with self._lock:
            lane.task, self._used = None, time.monotonic()
            if error is not None and lane.pool is not None and not lane.pool.active:
                self._stop(lane)
            if not self._closed:
                self._dispatch()
        if error is None:
            task.succeed(done.result())
        else:
            task.fail(error)

    def _start(self, lane: _Lane) -> ProcessPool:
        if lane.pool is None:
            settled = (self._memory_mib, self._reach, f"{os.getpid()}-{self._lanes.index(lane)}")
            lane.pool = ProcessPool(max_workers=1, context=get_context("spawn"), initializer=settle_lane, initargs=settled)
            lane.pool.schedule(lane.first, args=lane.args, timeout=_WARM_SECONDS)  # pebble starts its process with the first task
        return lane.pool

    def _stop(self, lane: _Lane) -> None:
        pool, lane.pool = lane.pool, None
        if pool is not None:
            threading.Thread(target=_end, args=(pool,), daemon=True).start()  # join from one of the pool's own threads would wait for itself


def _end(pool: ProcessPool) -> None:
    with suppress(RuntimeError, OSError, EOFError):  # of one whose start was cut off there is nothing to wait for
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _nothing() -> None:
    """Makes a new lane settle before there is work; an engine that does not start is told by the first page, not here."""


def as_scan_error(error: BaseException, timeout: float) -> ScanpipeError:
    """What is said of a task that failed so. timeout: the seconds it had."""
    if isinstance(error, ScanpipeError):
        return error
    if isinstance(error, FutureTimeout):
        return LaneTimeout(seconds=timeout)
    if isinstance(error, ProcessExpired):
        return LaneDied(code=error.exitcode)
    return LaneFault(reason=f"{type(error).__name__}: {error}"[:500])
