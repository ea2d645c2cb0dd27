"""Connections to the catalogue that are kept for the next who may see the same.

A new connection reads the schema, makes its narrowing views and prepares every statement anew: that takes ten times as long as to answer what a page asks.
"""

import threading
from pathlib import Path

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search_result import Access
from scanpipe.catalogue.visible import narrow

MOST_IDLE = 8  # each keeps up to 2 MB of the file in memory

_File = tuple[int, int] | None


class SharedReader(CatalogueReader):
    """Lent to one request at a time: `close` gives it back. access: all that it shows. file: which catalogue it reads."""

    def __init__(self, readers: "Readers", access: Access, file: _File) -> None:
        super().__init__(readers.path)
        self.readers, self.access, self.file, self.lent = readers, access, file, True
        narrow(self.db, access, readers.restricted)

    def close(self) -> None:
        self.readers.take_back(self)

    def rest(self) -> None:
        """Whatever was not read to its end is let go: it would hold the state of this moment, and the log of the daemon with it."""
        self.db.conn.execute("BEGIN")
        self.db.conn.rollback()  # pysqlite's own one, which resets all statements


class Readers:
    """All of a process. Thread-safe. path: of the catalogue. restricted: codes of the schedule's restricted categories."""

    def __init__(self, path: Path, restricted: frozenset[str]) -> None:
        self.path, self.restricted = path, restricted
        self._idle: list[SharedReader] = []  # the one used last comes last
        self._lock = threading.Lock()

    def lend(self, access: Access) -> SharedReader:
        """One that shows exactly this; whoever has it closes it. Raises NoCatalogue, OtherCatalogue."""
        file = _file(self.path)
        with self._lock:
            for reader in reversed(self._idle):
                if (reader.access, reader.file) == (access, file):
                    self._idle.remove(reader)
                    reader.lent = True
                    return reader
        return SharedReader(self, access, file)

    def take_back(self, reader: SharedReader) -> None:
        """Of a catalogue that was made anew meanwhile nothing is kept."""
        if not reader.lent:
            return
        reader.lent = False
        reader.rest()
        now = _file(self.path)
        with self._lock:
            held = [*self._idle, reader]
            self._idle = [one for one in held if one.file == now][-MOST_IDLE:]
            gone = [one for one in held if one not in self._idle]
        for one in gone:
            one.db.conn.close()

    def close(self) -> None:
        with self._lock:
            gone, self._idle = self._idle, []
        for one in gone:
            one.db.conn.close()


def _file(path: Path) -> _File:
    """Which file lies there now; None = none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
