"""Many machines: page tasks go to a Dask cluster, bytes in and text out. No shared disk, no catalogue; `distributed` (extra cluster) is imported here
and in cluster_machine.py only, so import this module late.

Dask schedules. Here is only what it does not know: whose turn it is (so no more is handed over than the lanes take, and a little to fetch ahead),
files that travel once, and when the cluster counts as away. A file travels as a task that holds its bytes, not by `Client.scatter`: what was
scattered dies with its machine, what a task holds Dask computes again.
"""

import asyncio
import logging
import math
import pickle
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import dask
import structlog
from distributed import Client, KilledWorker
from distributed import Future as Remote

from scanpipe import storage
from scanpipe.cluster_machine import LANE, LOAD, Answer, Scan, Tls, Written, perform, security
from scanpipe.core.scans.fairness import Turn
from scanpipe.errors import PlaceError
from scanpipe.i18n import N_
from scanpipe.workers import FairQueue, LaneDied, Stopped, Task

T = TypeVar("T")
log = structlog.get_logger()

_LOOK_SECONDS = 1.0  # how often the cluster is asked for its lanes
_CONNECT_SECONDS = 5.0
_FETCH_AHEAD = 0.5  # of all lanes: what may wait at the machines, so that none idles while an answer travels
_SCANS_KEPT = 4  # files of which no page is out just now, but soon may be
_FAR = (OSError, RuntimeError, ValueError, CancelledError)  # sockets, time limits, TLS and its files; a client that closed; addresses, versions
_QUIET_LOGGERS = ("distributed", "distributed.client", "distributed.core", "distributed.comm", "tornado.application")  # what they say, `status` says


class ClusterAway(PlaceError):
    """No machine can read: the scheduler is unreachable, or it has no lanes."""

    template = N_("The cluster {address} cannot be reached ({reason}). Start its scheduler again, or set [workers] scheduler; reading goes on by itself.")


class NoMachines(ClusterAway):
    template = N_(
        "The cluster {address} has no machine that reads with this version of scanpipe. Start one: scanpipe worker {address}; reading goes on by itself."
    )


class MachineFault(PlaceError):
    template = N_("A machine of the cluster could not work ({reason}). Look at its disk and memory; the page is tried again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A machine of the cluster. name: as Dask shows it. lanes: that take pages of this version, 0 if it has another. versions: what it answered, None if nothing."""

    name: str
    lanes: int
    versions: dict[str, str] | None


def look(address: str, tls: Tls, ask: Callable[[], dict[str, str]]) -> list[Reading]:
    """The machines that the scheduler has, by name. ask: called on each. Raises ClusterAway; takes at most some 10 s."""
    _hush()
    try:
        with _connected(address, tls) as client:
            workers = _workers(client)
            said = client.sync(client._run, ask, on_error="return", callback_timeout=_CONNECT_SECONDS) if workers else {}
    except _FAR as error:
        raise _away(address, error) from error
    answers = {at: answer if isinstance(answer, dict) else None for at, answer in said.items()}
    found = [Reading(name=str(worker["name"]), lanes=_lanes_of(worker), versions=answers.get(at)) for at, worker in workers.items()]
    return sorted(found, key=lambda reading: reading.name)


def _connected(address: str, tls: Tls) -> Client:
    return Client(  # type: ignore[no-untyped-call]
        address,
        security=security(address, tls),
        timeout=_CONNECT_SECONDS,
        set_as_default=False,
        name="scanpipe",
        direct_to_workers=False,  # answers come by the scheduler: machines need not be reachable from here
    )


def _workers(client: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = client.sync(client.scheduler.identity, n_workers=-1, callback_timeout=_CONNECT_SECONDS)["workers"]
    return found


def _lanes_of(worker: dict[str, Any]) -> int:
    return int(worker.get("resources", {}).get(LANE, 0))


def _away(address: str, error: Exception) -> ClusterAway:
    return ClusterAway(address=address, reason=str(error).splitlines()[0][:200] if str(error) else type(error).__name__)


def _hush() -> None:
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)


@dataclass(slots=True)
class _Sent:
    """A file on the cluster. out: how many of its tasks are there."""

    scan: "Remote[Scan]"
    out: int = 0


@dataclass(slots=True)
class _Flight:
    task: Task
    remote: "Remote[Answer]"
    source: Path
    written: tuple[Path, ...]


class ClusterLanes:
    """The lanes of all machines of a Dask cluster that `scanpipe worker` started with this version. Implements Workers; reconnects by itself."""

    def __init__(self, address: str, tls: Tls, *, away_seconds: float = 20.0) -> None:
        """address: of the scheduler. away_seconds: how long the cluster may be without lanes before work is refused with ClusterAway."""
        self._address, self._tls, self._away_seconds = address, tls, away_seconds
        self._queue = FairQueue()
        self._lock = threading.RLock()
        self._flights: dict[object, _Flight] = {}
        self._sent: dict[Path, _Sent] = {}
        self._lanes = 0
        self._lanes_seen = time.monotonic()
        self._away: ClusterAway | None = None
        self._client: Client | None = None
        self._closed = False
        self._news = threading.Event()
        _hush()
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "8GiB"})  # files travel in tasks on purpose
        self._thread = threading.Thread(target=self._serve, name="cluster", daemon=True)
        self._thread.start()

    @property
    def width(self) -> int:
        return max(1, self._lanes)

    def warm(self) -> None:
        """The machines keep their engines loaded."""

    def rest(self) -> None:
        """Lets the cluster forget the files of which nothing is asked any more."""
        with self._lock:
            if not self._flights and not len(self._queue):
                self._sent.clear()
                self._queue.forget()

    def submit(self, function: Callable[..., T], /, *args: object, timeout: float, turn: Turn) -> "Future[T]":
        task = Task(function, args, timeout, turn)
        if not args or not isinstance(args[0], Path):
            raise TypeError("the first argument names the file that is read")
        with self._lock:
            if self._closed or self._away is not None:
                task.fail(Stopped() if self._away is None else self._away)
            else:
                self._queue.add(task)
        self._news.set()
        return task.future

    def close(self) -> None:
        """What waited or ran fails with Stopped; machines end what they have begun and nobody listens."""
        with self._lock:
            self._closed, self._away = True, None
        self._turn_away(Stopped())
        self._news.set()
        self._thread.join(_CONNECT_SECONDS + 1.0)

    # --- the thread that serves ---

    def _serve(self) -> None:
        looked = -math.inf
        while not self._closed:
            try:
                if time.monotonic() - looked >= _LOOK_SECONDS or self._client is None:
                    self._look()
                    looked = time.monotonic()
                if self._client is not None:
                    self._hand_over(self._client)
            except Exception as error:
                log.exception("serving the cluster")
                self._gone(_away(self._address, error))
            self._news.wait(_LOOK_SECONDS)
            self._news.clear()
        self._disconnect()

    def _look(self) -> None:
        """Counts the lanes; connects first if need be. Whatever is wrong on the way there, the cluster is away."""
        try:
            if self._client is None:
                self._client = _connected(self._address, self._tls)
            if self._client.status != "running":
                raise ConnectionError("connection lost")
            self._lanes = sum(_lanes_of(worker) for worker in _workers(self._client).values())
        except _FAR as error:
            self._gone(_away(self._address, error))
            return
        if self._lanes:
            self._lanes_seen = time.monotonic()
            if self._away is not None:
                log.info("the cluster is back", address=self._address, lanes=self._lanes)
            with self._lock:
                self._away = None
        elif time.monotonic() - self._lanes_seen > self._away_seconds:
            self._refuse(NoMachines(address=self._address))

    def _gone(self, error: ClusterAway) -> None:
        """The scheduler does not answer. What it had is lost with it; a first connection is waited for a while."""
        lost = self._client is not None
        self._disconnect()
        self._lanes = 0
        if lost or time.monotonic() - self._lanes_seen > self._away_seconds:
            self._refuse(error)

    def _refuse(self, error: ClusterAway) -> None:
        with self._lock:
            if self._closed:
                return
            if self._away is None:
                log.error("the cluster is away", reason=str(error))
            self._away = error
        self._turn_away(error)

    def _turn_away(self, error: PlaceError | Stopped) -> None:
        self._queue.turn_away(error)
        with self._lock:
            flights = list(self._flights.values())
            self._flights.clear()
            self._sent.clear()
        for flight in flights:
            flight.task.fail(error)
            flight.remote.release()  # type: ignore[no-untyped-call]

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.close(timeout=1)  # type: ignore[no-untyped-call]
            except _FAR as error:  # it was of no use any more
                log.debug("closing the connection", error=repr(error))

    # --- a task's way ---

    def _hand_over(self, client: Client) -> None:
        while self._lanes and len(self._flights) < self._lanes + max(1, int(self._lanes * _FETCH_AHEAD)):
            task = self._queue.next()
            if task is None:
                return
            try:
                self._send(client, task)
            except PlaceError as error:
                task.fail(error)
            except _FAR as error:  # the connection may break at any moment
                task.fail(_away(self._address, error))
            except Exception as error:  # noqa: BLE001 - a task that cannot be packed: told to whoever asked
                task.fail(error)

    def _send(self, client: Client, task: Task) -> None:
        source, *args = task.args
        assert isinstance(source, Path)
        written = tuple(arg for arg in args if isinstance(arg, Path))
        packed = pickle.dumps((task.function, [Written(written.index(arg)) if isinstance(arg, Path) else arg for arg in args], task.timeout, task.turn))
        with self._lock:
            sent = self._file(client, source)
            remote = client.submit(perform, sent.scan, packed, pure=False, key=f"page-{uuid.uuid4().hex}", resources={LANE: 1})
            sent.out += 1
            self._flights[remote.key] = _Flight(task, remote, source, written)
        remote.add_done_callback(self._landed)  # type: ignore[no-untyped-call]

    def _file(self, client: Client, path: Path) -> _Sent:
        if path not in self._sent:
            for idle in [known for known, sent in self._sent.items() if not sent.out][:-_SCANS_KEPT]:
                del self._sent[idle]
            with storage.place(path):
                data = path.read_bytes()
            self._sent[path] = _Sent(client.submit(Scan, data, pure=False, key=f"scan-{uuid.uuid4().hex}", resources={LOAD: 1}))
        return self._sent[path]

    def _landed(self, remote: "Remote[Answer]") -> None:
        """In Dask's callback thread, whatever became of the task."""
        with self._lock:
            flight = self._flights.get(remote.key)
        if flight is None:
            return  # it was turned away before
        try:
            answer = self._answer(remote)
            for path, content in zip(flight.written, answer.written, strict=True):
                with storage.place(path):
                    path.write_bytes(content)
            flight.task.succeed(answer.value)
        except Exception as error:  # noqa: BLE001 - what a lane's function raised is told to whoever asked
            flight.task.fail(error)
        with self._lock:
            if self._flights.pop(remote.key, None) and flight.source in self._sent:
                self._sent[flight.source].out -= 1
        self._news.set()

    def _answer(self, remote: "Remote[Answer]") -> Answer:
        """Raises what the task failed with."""
        if remote.status in ("cancelled", "lost"):
            raise ClusterAway(address=self._address, reason="connection lost")
        try:
            answer: Answer = remote.result(timeout=_CONNECT_SECONDS * 12)
        except (CancelledError, asyncio.CancelledError) as error:
            raise ClusterAway(address=self._address, reason=str(error)[:200]) from error
        except KilledWorker as error:
            raise LaneDied(N_("The machine that read this page ended in the middle, {times} times."), times=error.allowed_failures + 1) from error
        except OSError as error:
            raise MachineFault(reason=str(error)[:200] or type(error).__name__) from error
        if answer.error is not None:
            raise answer.error
        return answer
