"""A lane has no way to the network, with namespaces or without, and reaches no files but those it works on."""

import ctypes
import os
import platform
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from scanpipe import confinement
from scanpipe.confinement import Reach
from scanpipe.core.scans.fairness import Turn
from scanpipe.workers import LocalLanes

TURN = Turn(department="0101", left=1, since=0.0, serial=1, page=1)
TRY = """
import socket, sys
from scanpipe import confinement
if not getattr(confinement, sys.argv[1])():
    sys.exit(77)
def refused(family, address):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.settimeout(2)
            one.connect(address)
    except OSError:
        return True
    return False
one, other = socket.socketpair()
one.send(b"x")
assert other.recv(1) == b"x"
assert refused(socket.AF_INET, ("127.0.0.1", int(sys.argv[2])))
assert refused(socket.AF_INET6, ("::1", int(sys.argv[2])))
socket.socket(socket.AF_UNIX).close()
"""


@pytest.mark.parametrize("way", ["cut_network", "refuse_sockets"])
def test_no_connection_leaves_a_lane(way: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = subprocess.run([sys.executable, "-c", TRY, way, str(server.getsockname()[1])], capture_output=True, text=True, check=False, env={**os.environ})
    if ended.returncode == 77:
        pytest.skip("the kernel has no such thing here")
    assert ended.returncode == 0, ended.stderr


# --- what a page that took a lane over would try (reliability §6, test 21) ---


def probes(lane: Path, site: Path, parent: int) -> dict[str, Callable[[], object]]:
    """Each does what it must not. lane: its work folder. parent: the process that started it."""
    store = site / "store"
    victim, original = store / "archive" / "vault" / "record.pdf", store / "spool" / "new" / "original"
    libc = ctypes.CDLL(None, use_errno=True)

    def call(*arguments: object) -> None:
        if libc.syscall(*arguments) < 0:
            raise OSError(ctypes.get_errno(), "refused")

    def through_a_link() -> None:
        (lane / "link").symlink_to(site / "config" / "scanpipe.toml")
        (lane / "link").read_bytes()

    def by_its_folder() -> None:
        os.stat("scanpipe.toml", dir_fd=os.open(site / "config", os.O_RDONLY))

    secrets = (
        "store/db/catalogue.db",
        "store/web/accounts.db",
        "store/web/requests.db",
        "store/journal/2026.jsonl",
        "config/scanpipe.toml",
        "shares/scan.pdf",
        "taken/scan.pdf",
    )
    places = ("store", "store/db", "store/web", "store/journal", "store/spool/new", "store/archive/vault", "shares", "taken", "config")
    return {
        **{f"read {name}": (site / name).read_bytes for name in secrets},
        **{f"write into {name}": partial((site / name / "planted").write_bytes, b"x") for name in places},
        **{f"write into {name}": partial((Path(name) / "scanpipe-planted").write_bytes, b"x") for name in ("/tmp", "/var/tmp", "/dev/shm", "/etc", "/usr")},
        "read the passwords of the machine": Path("/etc/shadow").read_bytes,
        "list the home of root": lambda: list(Path("/root").iterdir()),
        "read through a link": through_a_link,
        "open the configuration's folder": by_its_folder,
        "write to a record": lambda: victim.open("r+b").close(),
        "write to another scan": lambda: original.open("r+b").close(),
        "cut a record off": partial(os.truncate, victim, 0),
        "remove a record": victim.unlink,
        "rename a record": lambda: victim.rename(victim.with_name("other.pdf")),
        "take a record away": lambda: victim.rename(lane / "stolen.pdf"),
        "give a record a second name": lambda: os.link(victim, lane / "linked.pdf"),
        "put a file in a record's place": lambda: (lane / "mine").rename(victim),
        "make a folder in the vault": lambda: (victim.parent / "folder").mkdir(),
        "make a device": lambda: os.mknod(lane / "device", 0o600 | stat.S_IFBLK, os.makedev(7, 0)),
        "mount": lambda: call(165 if platform.machine() == "x86_64" else 40, b"none", str(lane).encode(), b"tmpfs", 0, None),
        "trace the daemon": lambda: call(101 if platform.machine() == "x86_64" else 117, 16, parent, None, None),
        "read the daemon's memory": lambda: Path(f"/proc/{parent}/mem").open("rb").read(1),
        "read the daemon's environment": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "fill the disk": lambda: os.truncate((lane / "mine"), 1 << 40),
        **({"signal the daemon": lambda: os.kill(parent, 0)} if confinement.landlock_version() >= 6 else {}),
        "open a thousand files": lambda: [os.open("/dev/null", os.O_RDONLY) for _ in range(1000)],  # the last: it leaves none to open
    }


def attempt(lane: Path, site: Path, parent: int, only: tuple[str, ...]) -> dict[str, bool]:
    """Runs in a lane. Whether each was done. only: by name; all if empty."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return {name: _does(probe) for name, probe in probes(lane, site, parent).items() if name in only or not only}


def _does(probe: Callable[[], object]) -> bool:
    try:
        probe()
    except OSError:
        return False
    return True


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("store/db/catalogue.db", "store/web/accounts.db", "store/web/requests.db", "store/journal/2026.jsonl", "store/archive/vault/record.pdf",
                 "store/spool/new/original", "store/work/mine", "config/scanpipe.toml", "shares/scan.pdf", "taken/scan.pdf"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"bytes")
    return tmp_path


def in_a_lane(site: Path, reach: Reach | None, *only: str) -> dict[str, bool]:
    lanes = LocalLanes(1, memory_mib=0, idle_seconds=60, reach=reach)
    try:
        return lanes.submit(attempt, site / "store" / "work", site, os.getpid(), only, timeout=60.0, turn=TURN).result(60)
    finally:
        lanes.close()


@pytest.mark.skipif(not confinement.landlock_version(), reason="this kernel has no Landlock: lanes have no network, but reach files")
def test_a_lane_that_was_taken_over_reaches_nothing_but_its_work(site: Path) -> None:
    store = site / "store"
    done = in_a_lane(site, Reach(readable=(store / "spool" / "new", store / "archive" / "vault"), writable=(store / "work",)))
    assert [name for name, was in done.items() if was] == []
    assert len(done) >= 38
    assert (store / "archive" / "vault" / "record.pdf").read_bytes() == b"bytes" and not list(site.rglob("planted"))


def test_probes_reach_what_they_try_where_nothing_is_shut(site: Path) -> None:
    """Else the test above would prove nothing. Only those that harm nothing but the site of this test."""
    harmless = ("read store/web/accounts.db", "write into taken", "cut a record off", "give a record a second name")
    assert in_a_lane(site, None, *harmless) == dict.fromkeys(harmless, True)


def works(readable: Path, work: Path) -> tuple[bytes, bytes, str]:
    """Runs in a lane: what tasks do there."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"scratch")
        file.flush()
        kept = Path(file.name).read_bytes()
    (work / "a").mkdir()
    (work / "a" / "out.pdf").write_bytes(b"out")
    (work / "a" / "out.pdf").rename(work / "out.pdf")
    (work / "a").rmdir()
    return readable.read_bytes(), kept, subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True).stdout[:9]


def test_a_lane_reads_its_scan_writes_its_work_has_a_scratch_folder_and_runs_tesseract(site: Path) -> None:
    store = site / "store"
    lanes = LocalLanes(1, memory_mib=0, idle_seconds=60, reach=Reach(readable=(store / "spool" / "new",), writable=(store / "work",)))
    try:
        done = lanes.submit(works, store / "spool" / "new" / "original", store / "work", timeout=60.0, turn=TURN).result(60)
    finally:
        lanes.close()
    assert done == (b"bytes", b"scratch", "tesseract")
    assert (store / "work" / "out.pdf").read_bytes() == b"out"
