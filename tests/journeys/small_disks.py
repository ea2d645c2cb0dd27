"""Filesystems of their own for tests that fill them, pull them out or cut their power. Root alone may mount."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


class SmallDisk:
    """An ext4 in a file, mounted at `place`. filled: as full as it gets."""

    def __init__(self, folder: Path, mebibytes: int = 64) -> None:
        if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
            pytest.skip("a filesystem can only be mounted by root")
        self.image, self.place = folder / "disk.img", folder / "disk"
        self.place.mkdir(parents=True)
        with self.image.open("wb") as file:
            file.truncate(mebibytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(self.image)], check=True)
        self.mounted = False
        self.mount()

    def mount(self) -> None:
        if subprocess.run(["mount", "-o", "loop", str(self.image), str(self.place)], capture_output=True, check=False).returncode:
            pytest.skip("this machine has no loop devices to mount")
        self.mounted = True

    def pull_out(self) -> None:
        """As somebody unmounts it, or its cable is pulled: from now on the mount point is an empty folder. What is open there stays open."""
        subprocess.run(["umount", "-l", str(self.place)], check=True)
        self.mounted = False

    def below(self) -> list[Path]:
        """What was written onto the mount point itself; only while nothing is mounted."""
        assert not self.mounted
        return sorted(self.place.rglob("*"))

    def fill(self, leave: int = 0) -> None:
        """leave: bytes that stay free."""
        left = os.statvfs(self.place)
        with (self.place / "filler").open("ab") as file:
            try:
                if leave:
                    os.posix_fallocate(file.fileno(), 0, max(1, left.f_bavail * left.f_frsize - leave))
                    return
                while True:
                    file.write(bytes(1 << 16))
                    file.flush()
            except OSError:
                return

    def free(self) -> None:
        (self.place / "filler").unlink()

    def close(self) -> None:
        if self.mounted:
            self.pull_out()
