"""The far side of cluster.py: a Dask worker whose tasks run in lanes of its own machine, with the same limits as at home.

`scanpipe worker` starts it: a nanny, one worker process under it with a thread for each lane, and the lanes. What hangs or dies in a lane
is ended by the lanes (time limit, rlimits, no network) and told as an answer; the worker itself parses nothing.
"""

import asyncio
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import dask
import structlog
from distributed import Nanny, Reschedule, Security, Worker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from scanpipe.errors import ScanpipeError
from scanpipe.workers import LocalLanes, Stopped

log = structlog.get_logger()

LANE = f"scanpipe-{version('scanpipe')}"  # a resource of Dask: pages go only to machines that read as this version does
LOAD = f"{LANE}-load"
_LOADS = 1 << 30  # holding a file needs no lane
_RETRY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM; "" = as Dask's own configuration says (distributed.comm.tls)."""

    ca_file: str = ""
    cert: str = ""
    key: str = ""


def security(address: str, tls: Tls) -> Security:
    """Encryption is required unless the address itself says tcp://. The same certificate serves as client's and worker's."""
    files = {"tls_ca_file": tls.ca_file}
    for role in ("client", "worker"):
        files |= {f"tls_{role}_cert": tls.cert, f"tls_{role}_key": tls.key}
    return Security(  # type: ignore[no-untyped-call]
        require_encryption=not address.startswith("tcp://"), **{name: file for name, file in files.items() if file}
    )


class Scan:
    """A file that came to this machine: in a private folder until Dask lets go of it. Goes on to other machines as bytes."""

    def __init__(self, data: bytes) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="scan-")
        self.path = Path(self._folder.name, "original")
        self.path.write_bytes(data)
        self._size = len(data)

    def __reduce__(self) -> tuple[type["Scan"], tuple[bytes]]:
        return Scan, (self.path.read_bytes(),)

    def __sizeof__(self) -> int:
        return self._size  # what it costs to send


@dataclass(frozen=True, slots=True)
class Written:
    """Stands for a path that the function writes: its place among them."""

    index: int


@dataclass(frozen=True, slots=True)
class Answer:
    """value: what the function returned. written: contents of the files it wrote. error: why there is neither; its kind is kept."""

    value: object = None
    written: tuple[bytes, ...] = ()
    error: ScanpipeError | None = None


def perform(scan: Scan, packed: bytes) -> Answer:
    """The task. packed: pickled (function, further arguments, seconds, Turn). Raises OSError if this machine's disk is at fault."""
    function, args, seconds, turn = pickle.loads(packed)  # noqa: S301 - from whoever may submit tasks, and a task is code anyway
    lanes = _lanes_of_this_machine()
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        written = [Path(folder, str(n)) for n in range(sum(isinstance(arg, Written) for arg in args))]
        args = [written[arg.index] if isinstance(arg, Written) else arg for arg in args]
        try:
            value = lanes.submit(function, scan.path, *args, timeout=seconds, turn=turn).result()
        except Stopped as error:
            raise Reschedule from error  # this machine is being stopped: another one does it
        except ScanpipeError as error:
            return Answer(error=error)
        return Answer(value, tuple(path.read_bytes() for path in written))


def _lanes_of_this_machine() -> LocalLanes:
    plugin = get_worker().plugins[LanesPlugin.name]
    assert isinstance(plugin, LanesPlugin) and plugin.lanes is not None
    return plugin.lanes


class LanesPlugin(WorkerPlugin):
    """Gives a Dask worker its lanes and ends them with it."""

    name = "scanpipe-lanes"

    def __init__(self, count: int, memory_mib: int, warm_up: Callable[..., None] | None, warm_args: tuple[object, ...]) -> None:
        self.count, self.memory_mib, self.warm_up, self.warm_args = count, memory_mib, warm_up, warm_args
        self.lanes: LocalLanes | None = None

    def setup(self, worker: Worker) -> None:
        """What is written goes below Dask's folder for this worker, which it clears even after a crash."""
        os.environ["TMPDIR"] = tempfile.tempdir = worker.local_directory
        self.lanes = LocalLanes(self.count, memory_mib=self.memory_mib, idle_seconds=0, warm_up=self.warm_up, warm_args=self.warm_args)
        self.lanes.warm()

    def teardown(self, worker: Worker) -> None:
        if self.lanes is not None:
            self.lanes.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What `scanpipe worker` was asked for. name: shown by Dask, "" = its address. memory_mib: of one lane. warm_up: run first in each lane."""

    address: str
    lanes: int
    name: str
    memory_mib: int
    tls: Tls
    warm_up: Callable[..., None] | None = None
    warm_args: tuple[object, ...] = ()


def work(machine: Machine) -> None:
    """Reads for the cluster until SIGTERM or SIGINT; waits for a scheduler that is not there and comes back to one that was."""
    # without Dask's MALLOC_TRIM_THRESHOLD_: lanes inherit it, and giving memory back at once costs 1.3 s of page faults on a page read in 2.2 s
    dask.config.set({"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}})
    dask.config.set({"distributed.worker.daemon": False})  # lanes are children of the worker process
    # Dask's own HTTP pages would tell all who ask what is being read
    dask.config.set({"distributed.worker.http.routes": [], "distributed.worker.profile.enabled": False})
    asyncio.run(_work(machine))


async def _work(machine: Machine) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            await _until_it_ends(machine, stop)
        except (OSError, RuntimeError, TimeoutError) as error:
            log.error("no scheduler", address=machine.address, reason=str(error).splitlines()[0][:200] if str(error) else type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _RETRY_SECONDS)
    _end_soon()


async def _until_it_ends(machine: Machine, stop: asyncio.Event) -> None:
    plugin = LanesPlugin(machine.lanes, machine.memory_mib, machine.warm_up, machine.warm_args)
    nanny = Nanny(
        machine.address,
        nthreads=machine.lanes + 1,  # one to receive files while the lanes are busy
        name=machine.name or None,
        memory_limit="auto",
        resources={LANE: machine.lanes, LOAD: _LOADS},
        security=security(machine.address, machine.tls),
        plugins=(plugin,),
    )
    async with nanny:
        log.info("ready", scheduler=machine.address, lanes=machine.lanes)
        ended = asyncio.ensure_future(nanny.finished())  # type: ignore[no-untyped-call]
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
        for waiting in (ended, stopped):
            waiting.cancel()


def _end_soon() -> None:
    """Threads of an engine that hang must not keep a stopped service waiting."""
    timer = threading.Timer(10.0, os._exit, (0,))
    timer.daemon = True
    timer.start()
