"""Programs started as the units start them: each as its own user with its groups, its umask, its rights and the places that it may write. Root alone may."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAEMON, WEB = 61101, 61102  # users and groups without names, that no machine has
_NO_NEW_CODE = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])"  # PR_SET_MDWE; a kernel without it goes on
)
_SETTLE = """
set -e
mask=$(umask)
umask 022
aside=$1 hidden=$2 count=$3; shift 3
kept=()
for ((n = 0; n < count; n++)); do mkdir -p "$aside/$n"; mount --bind "$1" "$aside/$n"; kept+=("$1"); shift; done
if [[ $hidden ]]; then mount -t tmpfs -o mode=755 none "$hidden"; fi
for ((n = 0; n < count; n++)); do mkdir -p "${kept[n]}"; mount --rbind "$aside/$n" "${kept[n]}"; done
site=$1 count=$2; shift 2
if ((count)); then
    mount --bind "$site" "$site"
    for ((n = 0; n < count; n++)); do mount --bind "$1" "$1"; shift; done
    mount -o remount,bind,ro "$site"
fi
umask "$mask"
exec "$@"
"""


@dataclass(frozen=True)
class User:
    """As a unit says. lines: of the unit, by their names."""

    number: int
    lines: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, unit: str) -> "User":
        lines: dict[str, list[str]] = {}
        for name, value in re.findall(r"(?m)^([A-Za-z]+)=(.*)$", (ROOT / "systemd" / unit).read_text("utf-8")):
            lines.setdefault(name, []).append(value)
        return cls({"scanpipe": DAEMON, "scanpipe-web": WEB}[lines["User"][0]], lines)

    def places(self, site: Path) -> list[str]:
        """That the unit lets it write."""
        return [place.replace("/srv/scanpipe", str(site)) for line in self.lines.get("ReadWritePaths", []) for place in line.split()]

    def command(self, site: Path, program: Sequence[str], *, shut: bool) -> list[str]:
        """shut: what the unit lets it only read is mounted so, as systemd does; else the files' own rights alone stand in its way."""
        hidden, kept = _closed()
        places = [place for place in self.places(site) if place != str(site)] if shut else []
        both = f"{self.number},{WEB if self.number == DAEMON else DAEMON}"
        lease = "-all,+lease" if "CAP_LEASE" in self.lines["CapabilityBoundingSet"] else "-all"
        rights = [f"--inh-caps={lease}", f"--ambient-caps={lease}", f"--bounding-set={lease}", "--no-new-privs"]
        deny = [sys.executable, "-c", _NO_NEW_CODE] if self.lines.get("MemoryDenyWriteExecute") == ["yes"] else []
        return [
            "unshare", "--mount", "--propagation", "private", "bash", "-c", _SETTLE, "bash", str(site.parent / "aside"), hidden, str(len(kept)), *kept, str(site), str(len(places)), *places,
            "setpriv", f"--reuid={self.number}", f"--regid={self.number}", f"--groups={both}", *rights, *deny, *program,
        ]  # fmt: skip

    @contextmanager
    def running(self, site: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
        """`scanpipe` with these arguments while the block runs."""
        program = [sys.executable, "-m", "scanpipe", "--config", str(site / "config" / "scanpipe.toml"), *arguments]
        log = (site.parent / f"{self.number}.log").open("ab")
        umask = int(self.lines["UMask"][0], 8)
        process = subprocess.Popen(self.command(site, program, shut=True), stdout=log, stderr=log, umask=umask, cwd="/", env=_environment())
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)
            log.close()

    def ran(self, site: Path, *program: str, shut: bool = False) -> str:
        """What a program printed that ended well."""
        umask = int(self.lines["UMask"][0], 8)
        ended = subprocess.run(self.command(site, program, shut=shut), capture_output=True, text=True, umask=umask, cwd="/", env=_environment(), check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip


def _closed() -> tuple[str, list[str]]:
    """The folder that keeps others from Python and this checkout, "" if none does; and what must be seen of it."""
    needed = [Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), ROOT]
    closed = {parent for place in needed for parent in place.parents if not parent.stat().st_mode & 0o001}
    top = min(closed, key=lambda path: len(path.parts), default=None)
    return (str(top), [str(place) for place in needed if place.is_relative_to(top)]) if top else ("", [])


def skip_unless_possible() -> None:
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv"))):
        pytest.skip("other users' programs can only be started by root")
    if subprocess.run(["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False).returncode:
        pytest.skip("this machine (a container?) mounts nothing")
