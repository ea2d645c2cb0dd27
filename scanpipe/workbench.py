"""`store/work/`: what may be deleted at any time. The memo of pages read, and between stages the access copy and the layout of a scan.

work/memo/<sha256>/inspection-<settings>.json, <page>-<settings>.json     until the record is filed
work/<ULID>/access.pdf, text.json                                          from recognise to file
work/<ULID>/joined.pdf                                                     of a joined scan: what it is read from
"""

import threading
from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

from scanpipe import storage, vault
from scanpipe.core.model import Recognition
from scanpipe.core.serial import as_json, canonical, from_text
from scanpipe.errors import Damaged, ScanpipeError
from scanpipe.i18n import N_

T = TypeVar("T")


class WorkLost(ScanpipeError):
    """What an earlier stage left in work/ is gone or torn. The scan goes back to be read again; no attempt is spent."""

    template = N_("What was read of {id} is gone; it is read again.")


class Workbench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()  # one paper sent to two sections is read twice at once, with one memo

    # --- the memo ---

    def recall(self, kind: type[T], sha256: str, name: str) -> T | None:
        """A fact made earlier for these bytes; None if there is none (or a torn one)."""
        try:
            return from_text(kind, self._memo(sha256, name).read_bytes())
        except (OSError, Damaged):
            return None

    def remember(self, fact: object, sha256: str, name: str) -> None:
        """Keeps a fact for these bytes. Not synced: a torn one is made again."""
        path = self._memo(sha256, name)
        with self._lock, storage.place(path):
            for folder in (path.parents[1], path.parent):  # not work/ itself: the store's disk may have been unmounted since
                folder.mkdir(exist_ok=True)
            storage.replace(path, canonical(as_json(fact)))

    def pages_read(self, sha256: str) -> int:
        """How many pages of these bytes are in the memo."""
        folder = self.folder / "memo" / sha256
        return sum(1 for entry in folder.iterdir() if entry.name[0].isdigit()) if folder.is_dir() else 0

    def _memo(self, sha256: str, name: str) -> Path:
        return self.folder / "memo" / sha256 / f"{name}.json"

    # --- between the stages ---

    def access_copy(self, id: str) -> Path:
        """Where the access copy of a scan is made and waits for filing."""
        return self.folder / id / vault.ACCESS

    def joined(self, id: str) -> Path:
        """Where the page files of a joined scan are made into one PDF."""
        return self.folder / id / "joined.pdf"

    def clear(self, id: str) -> Path:
        """An empty folder for a scan's work, whatever an earlier attempt left."""
        folder = self.folder / id
        with storage.place(folder):
            storage.remove_tree(folder)
            folder.mkdir()
        return folder

    def leave(self, recognition: Recognition) -> None:
        """Keeps the layout for the stages after this one; durable, as the catalogue will rely on it."""
        path = self.folder / recognition.accession_id / vault.TEXT
        with storage.place(path):
            storage.write_new(path, vault.text_json(recognition))
            storage.sync_folder(path.parent)

    def recognition(self, id: str) -> Recognition:
        """What recognise left, with its access copy beside it if it made one. Raises WorkLost."""
        try:
            recognition = vault.read_text_json((self.folder / id / vault.TEXT).read_bytes())
            if recognition.access_sha256 is not None:
                storage.verify(self.access_copy(id), recognition.access_sha256)
        except (OSError, Damaged) as error:
            raise WorkLost(id=id) from error
        return recognition

    def forget(self, id: str, sha256: str) -> None:
        """The record is filed: its work is not needed any more."""
        with self._lock, storage.place(self.folder):
            storage.remove_tree(self.folder / id)
            storage.remove_tree(self.folder / "memo" / sha256)

    def sweep(self, ids: Collection[str], digests: Collection[str]) -> None:
        """Removes what a cut-off run left, but for the work on these scans and the memo of these bytes. Only before the line runs."""
        with storage.place(self.folder):
            for entry in [*_entries(self.folder / "memo"), *_entries(self.folder)]:
                if entry.name != "memo" and entry.name not in ids and entry.name not in digests:
                    storage.remove_tree(entry)


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
