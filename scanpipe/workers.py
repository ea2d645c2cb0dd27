"""Where page tasks run: local lanes, one warm process each, under limits and without network. Parsers of hostile bytes live only there.

A lane that hangs or dies costs one attempt of one page and no neighbour: each lane is a pool of its own with a single process.
"""

import ctypes
import os
import resource
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from scanpipe.core.fairness import Turn, join, next_turn
from scanpipe.errors import ScanError, ScanpipeError
from scanpipe.i18n import N_

T = TypeVar("T")

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_FILE_BYTES = 8 << 30
_OPEN_FILES = 512
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
        """Runs function(*args) for at most `timeout` seconds, in fair order. The future raises ScanError (never another kind) if that fails."""
        ...

    def warm(self) -> None:
        """Work is coming: start what takes time to start."""
        ...

    def close(self) -> None:
        """Ends all work now; what waited or ran fails with Stopped."""
        ...

    @property
    def width(self) -> int:
        """How many tasks run at once."""
        ...


@dataclass(slots=True)
class _Task:
    function: Callable[..., Any]
    args: tuple[object, ...]
    timeout: float
    turn: Turn
    future: "Future[Any]"


@dataclass(slots=True)
class _Lane:
    pool: ProcessPool | None = None
    busy: bool = False
    task: _Task | None = field(default=None)


class LocalLanes:
    """Lanes of this machine. Started by `warm` or the first task, ended by `rest` after idle_seconds without work."""

    def __init__(
        self, count: int, *, memory_mib: int, idle_seconds: float, warm_up: Callable[..., None] | None = None, warm_args: tuple[object, ...] = ()
    ) -> None:
        """memory_mib: address space of one lane, 0 = no limit. warm_up: importable function that a new lane runs first (loads the engine)."""
        self._lanes = [_Lane() for _ in range(count)]
        self._memory_mib, self._idle_seconds, self._warm_up, self._warm_args = memory_mib, idle_seconds, warm_up, warm_args
        self._waiting: list[_Task] = []
        self._served: dict[str, float] = {}
        self._lock = threading.RLock()
        self._used = time.monotonic()
        self._closed = False

    @property
    def width(self) -> int:
        return len(self._lanes)

    def warm(self) -> None:
        with self._lock:
            self._used = time.monotonic()
            for lane in self._lanes:
                self._start(lane)

    def submit(self, function: Callable[..., T], /, *args: object, timeout: float, turn: Turn) -> "Future[T]":
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                future.set_exception(Stopped())
                return future
            self._served[turn.department] = join(self._served, turn.department)
            self._waiting.append(_Task(function, args, timeout, turn, future))
            self._dispatch()
        return future

    def rest(self) -> None:
        """Ends idle lanes; call it now and then."""
        with self._lock:
            if time.monotonic() - self._used < self._idle_seconds or self._waiting or any(lane.busy for lane in self._lanes):
                return
            self._served.clear()
            for lane in self._lanes:
                self._stop(lane)

    def close(self) -> None:
        """Ends all lanes now; what waited or ran fails with Stopped."""
        with self._lock:
            self._closed = True
            cut_off = [*self._waiting, *(lane.task for lane in self._lanes if lane.task)]
            self._waiting.clear()
            lanes = list(self._lanes)
        for lane in lanes:
            self._stop(lane)
        for task in cut_off:
            if not task.future.done():
                task.future.set_exception(Stopped())

    # --- inside ---

    def _dispatch(self) -> None:
        for lane in self._lanes:
            if not self._waiting:
                return
            if not lane.busy:
                self._run(lane, self._waiting.pop(next_turn([task.turn for task in self._waiting], self._served, time.monotonic())))

    def _run(self, lane: _Lane, task: _Task) -> None:
        self._served[task.turn.department] = self._served.get(task.turn.department, 0.0) + 1.0
        lane.busy, lane.task, self._used = True, task, time.monotonic()
        pool = self._start(lane)
        try:
            inner = pool.schedule(task.function, args=task.args, timeout=task.timeout)
        except RuntimeError:  # the pool broke while it was idle: a fresh one
            self._stop(lane)
            inner = self._start(lane).schedule(task.function, args=task.args, timeout=task.timeout)
        inner.add_done_callback(lambda done: self._finished(lane, task, done))

    def _finished(self, lane: _Lane, task: _Task, done: "Future[Any]") -> None:
        error = done.exception() if not done.cancelled() else Stopped()
        with self._lock:
            lane.busy, lane.task, self._used = False, None, time.monotonic()
            if error is not None and lane.pool is not None and not lane.pool.active:
                self._stop(lane)
            if not self._closed:
                self._dispatch()
        if task.future.done():
            return
        if error is None:
            task.future.set_result(done.result())
        else:
            task.future.set_exception(_as_scan_error(error, task.timeout))

    def _start(self, lane: _Lane) -> ProcessPool:
        if lane.pool is None:
            lane.pool = ProcessPool(max_workers=1, context=get_context("spawn"), initializer=settle_lane, initargs=(self._memory_mib,))
            lane.pool.schedule(self._warm_up or _nothing, args=self._warm_args, timeout=_WARM_SECONDS)  # pebble starts its process with the first task
        return lane.pool

    def _stop(self, lane: _Lane) -> None:
        pool, lane.pool = lane.pool, None
        if pool is not None:
            threading.Thread(target=_end, args=(pool,), daemon=True).start()  # join from one of the pool's own threads would wait for itself


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _nothing() -> None:
    """Makes a new lane settle before there is work; an engine that does not start is told by the first page, not here."""


def _as_scan_error(error: BaseException, timeout: float) -> ScanpipeError:
    if isinstance(error, ScanpipeError):
        return error
    if isinstance(error, FutureTimeout):
        return LaneTimeout(seconds=timeout)
    if isinstance(error, ProcessExpired):
        return LaneDied(code=error.exitcode)
    return LaneFault(reason=f"{type(error).__name__}: {error}"[:500])


# --- inside a lane ---


def settle_lane(memory_mib: int) -> None:
    """First thing in a new lane: no network, limits, one thread, and an end when the daemon ends."""
    for variable in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    cut_network()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    if memory_mib:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mib << 20, memory_mib << 20))
    os.nice(5)  # the daemon's own work is small and somebody waits for it
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()


def cut_network() -> bool:
    """Puts this process into a network namespace of its own, with nothing in it. False where the kernel refuses (doctor says so)."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)
