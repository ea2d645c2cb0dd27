"""Real schedulers and workers as processes on loopback with free ports."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scanpipe.cluster_machine import Tls

HERE = Path(__file__).resolve().parent
_PR_SET_PDEATHSIG = 1
DASK = Path(sys.executable).with_name("dask")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


class Cluster:
    """A scheduler and its workers. folder: where logs and scratch files go. libraries: a folder that comes before all others for workers started from now on."""

    libraries = HERE

    def __init__(self, folder: Path, *, protocol: str = "tcp", tls: Tls | None = None) -> None:
        self.folder, self.tls = folder, tls or Tls()
        self.port = free_port()
        self.address = f"{protocol}://127.0.0.1:{self.port}"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def start_scheduler(self) -> None:
        files = ["--tls-ca-file", self.tls.ca_file, "--tls-cert", self.tls.cert, "--tls-key", self.tls.key] if self.tls.ca_file else []
        protocol = self.address.partition(":")[0]
        command = [
            str(DASK),
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--protocol",
            protocol,
            "--dashboard-address",
            "127.0.0.1:0",
            *files,
        ]
        self.scheduler = self._run(command, "scheduler")

    def add_worker(self, lanes: int = 1) -> subprocess.Popen[bytes]:
        tls = {"--tls-ca-file": self.tls.ca_file, "--tls-cert": self.tls.cert, "--tls-key": self.tls.key}
        files = [word for option, file in tls.items() if file for word in (option, file)]
        name = f"machine-{len(self.workers)}"
        command = [sys.executable, "-m", "scanpipe", "worker", self.address, "--lanes", str(lanes), "--name", name, *files]
        self.workers.append(self._run(command, name))
        return self.workers[-1]

    def _run(self, command: list[str], name: str) -> subprocess.Popen[bytes]:
        scratch = self.folder / name
        scratch.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": f"{self.libraries}:{HERE}:{HERE.parent.parent}", "DASK_TEMPORARY_DIRECTORY": str(scratch), "LANG": "C.UTF-8"}
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self.folder, start_new_session=True, preexec_fn=_end_with_the_tests)

    def stop(self) -> None:
        for process in [*self.workers, *([self.scheduler] if self.scheduler else [])]:
            kill(process)


def _end_with_the_tests() -> None:
    """Also when those are killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The process with all that it started, at once, as a power cut does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def make_authority(folder: Path, name: str) -> Tls:
    """An authority of one's own and one certificate for scheduler, workers and daemon, as an administrator makes them."""
    folder.mkdir()
    for command in (
        f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} -keyout ca.key -out ca.pem",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=scanpipe -keyout key.pem -out request.pem",
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out cert.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return Tls(str(folder / "ca.pem"), str(folder / "cert.pem"), str(folder / "key.pem"))


@contextmanager
def cluster(folder: Path, *, workers: int, lanes: int = 1, protocol: str = "tcp", tls: Tls | None = None) -> Iterator[Cluster]:
    made = Cluster(folder, protocol=protocol, tls=tls)
    made.start_scheduler()
    try:
        for _ in range(workers):
            made.add_worker(lanes)
        yield made
    finally:
        made.stop()
