"""A Samba server of its own on loopback with a site's drop folders, set up by the very lines of config/smb.conf, and scanners that write to it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import smbclient as smb

from scanpipe.config import Settings

SHIPPED = Path(__file__).parents[2] / "config" / "smb.conf"
ACCOUNT, PASSWORD = "daemon", "scan"  # any account that every machine has; its own password is not touched
HOST = "127.0.0.1"
_STARTS_WITHIN = 20.0


def needed() -> None:
    """Skips where there can be no server."""
    if os.geteuid() != 0:
        pytest.skip("smbd takes on users' names, which only root may")
    for program in ("smbd", "smbpasswd", "smbclient", "testparm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt-get install samba smbclient samba-vfs-modules")


def lines_of_step(number: int) -> str:
    """The command that the shipped file names under this step."""
    text = SHIPPED.read_text("utf-8")
    step = text[text.index(f"#   {number}. ") :]
    return next(line for line in step.splitlines()[1:] if line.startswith("#        ")).removeprefix("#        ")


class Share:
    """A section's drop folder as one scanner sees it, over a connection of its own."""

    def __init__(self, port: int, name: str, connections: list[dict[str, Any]]) -> None:
        """connections: all that are made, to be closed."""
        self.name, self.port, self._connections = name, port, connections
        connection: dict[str, Any] = {}
        connections.append(connection)
        self._as: dict[str, Any] = {"username": ACCOUNT, "password": PASSWORD, "port": port, "connection_cache": connection}

    def of_another_scanner(self) -> "Share":
        return Share(self.port, self.name, self._connections)

    def path(self, name: str = "") -> str:
        return rf"\\{HOST}\{self.name}" + (f"\\{name}" if name else "")

    def open(self, name: str, mode: str = "wb") -> Any:
        """As a scanner does: unbuffered, and others may read meanwhile."""
        return smb.open_file(self.path(name), mode=mode, buffering=0, share_access="r", **self._as)

    def send(self, name: str, data: bytes) -> None:
        with self.open(name) as file:
            put(file, data)

    def rename(self, old: str, new: str) -> None:
        smb.rename(self.path(old), self.path(new), **self._as)

    def read(self, name: str) -> bytes:
        with smb.open_file(self.path(name), mode="rb", share_access="rwd", **self._as) as file:
            data: bytes = file.read()
            return data

    def names(self, folder: str = "") -> set[str]:
        return set(smb.listdir(self.path(folder), **self._as))

    def remove(self, name: str) -> None:
        smb.remove(self.path(name), **self._as)

    def send_all(self, folder: Path, log: Path) -> "subprocess.Popen[bytes]":
        """Another program, as a whole process: sends all files of a folder one after the other."""
        words = ["smbclient", f"//{HOST}/{self.name}", "-p", str(self.port), "-U", f"{ACCOUNT}%{PASSWORD}", "-c", "prompt; mput *"]
        with log.open("wb") as out:
            return subprocess.Popen(words, cwd=folder, stdout=out, stderr=out, env={**os.environ, "LANG": "C.UTF-8"})


def put(file: Any, data: bytes, pieces: int = 1, pause: float = 0.0) -> None:
    """In so many pieces, waiting before each but the first."""
    size = max(1, -(-len(data) // pieces))
    for start in range(0, len(data), size):
        if start and pause:
            time.sleep(pause)
        part = memoryview(data)[start : start + size]
        while part:
            part = part[file.write(part) :]


@contextmanager
def served(settings: Settings, folder: Path) -> Iterator[dict[str, Share]]:
    """The shares by section code, as long as the server runs. folder: for all that the server keeps."""
    needed()
    for name in ("private", "state", "log"):
        (folder / name).mkdir(parents=True)
    port, connections = _free_port(), list[dict[str, Any]]()
    file = folder / "smb.conf"
    file.write_text(_configuration(settings, folder, port), "utf-8")
    added = subprocess.run(
        ["smbpasswd", "-c", str(file), "-L", "-a", "-s", ACCOUNT], input=f"{PASSWORD}\n{PASSWORD}\n".encode(), capture_output=True, check=False
    )
    assert added.returncode == 0, added.stderr.decode()
    with (folder / "log" / "started").open("wb") as log:
        server = subprocess.Popen(["smbd", "--foreground", "-s", str(file)], stdout=log, stderr=log)  # it makes a process group of its own
    try:
        _await(server, port, folder / "log")
        yield {section.code: Share(port, settings.inbox(section).name, connections) for section in settings.departments}
    finally:
        for connection in connections:
            smb.reset_connection_cache(fail_on_error=False, connection_cache=connection)
        server.terminate()
        server.wait(20)


def _configuration(settings: Settings, folder: Path, port: int) -> str:
    """The shipped file with the site's own place, shares made by its own step 2, and nothing of the machine touched."""
    sections = folder / "sections.conf"
    shares = settings.inbox(settings.departments[0]).parent
    command = lines_of_step(2).replace("/srv/scanpipe/shares", str(shares)).replace("/etc/samba/scanpipe-sections.conf", str(sections))
    subprocess.run(["bash", "-c", command], check=True)
    text = SHIPPED.read_text("utf-8").replace("/etc/samba/scanpipe-sections.conf", str(sections))
    for here, there in (("force user = scanpipe", "force user = root"), ("force group = scanpipe", "force group = root"), ("= scanner\n", f"= {ACCOUNT}\n")):
        assert here in text
        text = text.replace(here, there)
    return (
        text
        + f"""
[global]
    interfaces = {HOST}
    bind interfaces only = yes
    smb ports = {port}
    private dir = {folder}/private
    state directory = {folder}/state
    cache directory = {folder}/state
    lock directory = {folder}/state
    pid directory = {folder}/state
    ncalrpc dir = {folder}/state/ncalrpc
    passdb backend = tdbsam:{folder}/private/passdb.tdb
    usershare max shares = 0
    log file = {folder}/log/smbd
"""
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _await(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                said = "\n".join(path.read_text("utf-8", "replace")[-2000:] for path in log.iterdir() if path.is_file())
                raise AssertionError(f"smbd does not start: {said}") from None
            time.sleep(0.1)


def wait_for(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Until all have ended well."""
    assert [process.wait(600) for process in processes] == [0] * len(processes)
