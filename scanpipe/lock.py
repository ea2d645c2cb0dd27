"""Who works on a store: one process at a time. A module of its own, so that asking does not load all that works."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from scanpipe import storage
from scanpipe.config import Settings
from scanpipe.errors import Locked

_TRIES, _WAIT = 10, 0.03


class Lock:
    """The store belongs to one process. Held until closed or until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """Raises Locked with the process id of who has it."""
        with storage.place(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            self._acquire()
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip() or "?"
            os.close(self._descriptor)
            raise Locked(holder=holder, store=str(path.parent)) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def _acquire(self) -> None:
        """Tries for a moment: a verb that asks whether somebody has the lock holds it just so long."""
        for _attempt in range(_TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(_WAIT)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        os.close(self._descriptor)


def is_running(settings: Settings) -> bool:
    """Whether a process holds the store's lock right now."""
    if not settings.layout.store_id.is_file():
        return False  # the store is not mounted: no lock is made where it is not
    if not settings.layout.lock_file.exists():
        return False  # nor by an administrator who only asks, before the daemon's own user ever had it
    try:
        Lock(settings.layout.lock_file).close()
    except Locked:
        return True
    return False
