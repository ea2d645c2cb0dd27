"""The vault is read again all the time, record by record and slowly, beside the line: what changed on the disk is known long before somebody needs it.

A deviation stops nothing. It is an event of the journal, and `status` and `doctor` show it until the record is whole again.
"""

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from scanpipe import storage, vault
from scanpipe.catalogue.compared import Due
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.journalled import meta_digest
from scanpipe.core.model import State
from scanpipe.errors import PlaceError, ScanpipeError
from scanpipe.upkeep.proving.fixity import LOST, Deviation, record_deviations

log = structlog.get_logger()

_IDLE_SECONDS = 60.0  # between two looks whether something is due
_SETTLE_SECONDS = 5.0  # a correction or disposal under way is done by then
_EARLIER = 0.9  # of the days: what is due then is read before they are over
_CHUNK = 1 << 18
_AT_REST = (State.FILED, State.INDEXED, State.ACCOUNTED)


class Rounds:
    """A thread of its own: `start`, `stop`. `compare_next` is one record."""

    def __init__(self, settings: Settings, catalogue: Catalogue, clock: Callable[[], datetime]) -> None:
        self.settings, self.catalogue, self.clock = settings, catalogue, clock
        self._again = timedelta(days=settings.fixity.days * _EARLIER)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fixity", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the record that is being read is left."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                more = self.compare_next()
            except Stopped:
                return
            except ScanpipeError as error:
                log.error("fixity waits", reason=str(error))
                more = False
            except Exception:
                log.exception("fixity waits")  # the line goes on; the next look tries again
                more = False
            if not more:
                self._stopping.wait(_IDLE_SECONDS)

    def compare_next(self) -> bool:
        """Compares the record whose turn has been longest. False if none is due, or the vault cannot be read now. Raises PlaceError."""
        due = self.catalogue.due_for_fixity(self.clock())
        if due is None:
            return False
        faults = self._faults(due)
        if faults and not self._stopping.wait(_SETTLE_SECONDS):
            faults = self._faults(due)  # perhaps it was just being corrected
        state = self.catalogue.state_of(due.accession_id)
        if faults and state not in _AT_REST:
            return state == State.DISPOSED  # or it is being filed anew: another time
        for fault in faults:
            log.error("fixity", says=str(fault))
        self.catalogue.compared(due.accession_id, self.clock(), self._again, faults)
        return True

    def _faults(self, due: Due) -> list[ScanpipeError]:
        folder = self.settings.layout.archive / due.vault_path
        if not folder.is_dir():
            self._check_place()
            return [Deviation(LOST, folder=str(folder), number=folder.name)]
        metas = {vault.meta_name(one.number): meta_digest(one) for one in self.catalogue.corrections(due.accession_id)}
        with storage.place(folder):
            found = list(record_deviations(folder, due.manifest_sha256, metas, self._digest))
        if found:
            self._check_place()
        return found

    def _check_place(self) -> None:
        """A store that is not mounted is no deviation."""
        if not self.settings.layout.store_id.is_file():
            raise storage.PlaceGone(path=str(self.settings.layout.store))

    def _digest(self, path: Path) -> str:
        """sha256 of a file from the disk itself, no faster than is allowed."""
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            with contextlib.suppress(OSError):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            began, read = time.monotonic(), 0
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                read += len(chunk)
                ahead = read / (self.settings.fixity.megabytes_per_second * 1e6) - (time.monotonic() - began)
                if ahead > 0 and self._stopping.wait(ahead):
                    raise Stopped
        return digest.hexdigest()


class Stopped(PlaceError):
    """The daemon ends; the record's turn comes again."""
