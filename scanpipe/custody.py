"""Custody: from durable bytes in the spool to a number in the catalogue (reliability §5, steps 3-7), and what a crash between the two left.

Custody begins with the rename into spool/new: from there scanpipe alone can finish, catalogue or no catalogue.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from ulid import ULID

from scanpipe import storage
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Layout, Settings
from scanpipe.core.model import Accession, PageFile
from scanpipe.core.serial import as_json, from_json, readable
from scanpipe.errors import Damaged
from scanpipe.i18n import N_

log = structlog.get_logger()

_ACCESSION = ("id", "department", "name", "sha256", "bytes", "media_type", "duplex", "declared", "files")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A scan whose bytes lie in a staging folder, durable. key: of the delivery; file_keys: of the page files that it was joined from, in order.

    received: aware. duplex, declared, files: as Accession has them. origin: where the bytes came from, for the receipt alone.
    afresh: a record of its own even where the section has the same bytes, since a person decided so.
    """

    department: str
    name: str
    sha256: str
    bytes: int
    media_type: str
    key: str
    received: datetime
    duplex: bool | None
    declared: Mapping[str, str]
    origin: Mapping[str, Any]
    files: tuple[PageFile, ...] = ()
    file_keys: tuple[str, ...] = ()
    afresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a scan. id: of its delivery. number: of the record that has its bytes. duplicate: that record was there before."""

    id: str
    number: str
    duplicate: bool


class Custody:
    """The spool of a store. Its lock is held by who takes: one scan at a time."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self.layout, self.settings, self.catalogue = settings.layout, settings, catalogue
        self.lock = threading.RLock()
        self._outside: list[Path] = []  # in custody, but a disk's fault kept them from the catalogue

    @contextmanager
    def staging(self, size: int) -> Iterator[Path]:
        """An empty folder for a scan of so many bytes, named by its new id; gone afterwards unless it went into custody.

        Raises DiskFull before it is too late, PlaceGone if the store is not mounted.
        """
        self._gate(size)
        staged = self.layout.spool_tmp / str(ULID())
        with storage.place(staged), _cleared(staged):
            storage.make_staging(staged)
            yield staged

    def _gate(self, size: int) -> None:
        """Refuses to begin what might fill the disk in the middle, or what would be written below a disk that is not mounted any more."""
        if not self.layout.store_id.is_file():
            raise storage.PlaceGone(path=str(self.layout.store))
        room = os.statvfs(self.layout.store)
        if room.f_bavail * room.f_frsize < max(self.settings.intake.minimum_free_gib * (1 << 30), 3 * size):
            raise storage.DiskFull(path=str(self.layout.store))

    def keep(self, staged: Path, scan: Scan) -> Kept:
        """Into custody and the line. Bytes that the section has already are only recorded as a duplicate."""
        twin = None if scan.afresh else self.catalogue.same_bytes(scan.department, scan.sha256)
        fields = {"id": staged.name, "department": scan.department, "name": scan.name, "sha256": scan.sha256, "bytes": scan.bytes}
        if twin is not None:
            files = {"files": as_json(scan.files)} if scan.files else {}
            self.catalogue.duplicate({**fields, **files, "received": scan.received.isoformat(), "duplicate_of": twin["id"]}, scan.key, scan.file_keys)
            return Kept(id=staged.name, number=twin["number"], duplicate=True)
        facts = {**fields, "media_type": scan.media_type, "duplex": scan.duplex, "declared": dict(scan.declared), "files": scan.files}
        return Kept(id=staged.name, number=self._accept(facts, scan, staged).number, duplicate=False)

    def _accept(self, facts: Mapping[str, Any], scan: Scan, staged: Path) -> Accession:
        receipt = {
            "schema": 1,
            **facts,
            "files": as_json(scan.files),
            "key": scan.key,
            "file_keys": list(scan.file_keys),
            "received": scan.received.isoformat(),
            **scan.origin,
            "end": True,  # a receipt without its end was torn
        }
        storage.write_new(staged / "receipt.json", readable(receipt))
        storage.sync_folder(staged)
        spooled = self.layout.spool_new / staged.name
        storage.rename(staged, spooled)
        self._outside.append(spooled)
        storage.sync_folder(self.layout.spool_new)  # custody
        storage.sync_folder(self.layout.spool_tmp)
        accession = self.catalogue.accessioned(facts, scan.key, scan.received, scan.file_keys)
        self._outside.remove(spooled)
        return accession

    def let_in_late(self) -> None:
        """What a fault of the disk left between custody and catalogue goes in first: its file, seen again, is then known."""
        for folder in list(self._outside):
            try:
                with storage.place(folder):
                    storage.sync_folder(folder.parent)
                    let_in(folder, self.catalogue)
            except Damaged as damage:
                log.error("damaged in custody", says=str(damage))
            self._outside.remove(folder)


@contextmanager
def _cleared(staged: Path) -> Iterator[None]:
    """A staging folder that is gone afterwards, unless it was renamed: also after a fault, so that a full disk is not filled with remains."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            storage.remove_tree(staged)
        raise
    storage.remove_tree(staged)


# --- recovery ---


def recover(layout: Layout, catalogue: Catalogue) -> int:
    """Under the lock, before the line runs: drops what never reached custody, lets in what did. Returns how many were let in.

    What is damaged stays where it is and holds up nothing else; `verify` names it.
    """
    found = 0
    with storage.place(layout.store):
        for torn in list(os.scandir(layout.spool_tmp)):
            storage.remove_tree(Path(torn.path))
        for folder in sorted(Path(entry.path) for entry in os.scandir(layout.spool_new)):
            if storage.is_empty(folder):  # what goes into custody is synced before its rename: this never did
                storage.remove_tree(folder)
                continue
            try:
                found += let_in(folder, catalogue)
            except Damaged as damage:
                log.error("damaged in custody", says=str(damage))
    return found


def let_in(folder: Path, catalogue: Catalogue) -> bool:
    """Lets a scan in custody into the line; False if it is there already. Raises Damaged."""
    if catalogue.has(folder.name):
        return False
    receipt = read_receipt(folder)
    if catalogue.delivery_by_key(receipt["key"]) is not None:
        storage.remove_tree(folder)  # the same file was taken again after a fault: that one is in the books
        return False
    facts = {name: receipt[name] for name in _ACCESSION if name in receipt}
    files = tuple(from_json(PageFile, file) for file in facts.pop("files", ()))
    keys: Sequence[str] = receipt.get("file_keys", ())
    catalogue.accessioned({**facts, "files": files}, receipt["key"], datetime.fromisoformat(receipt["received"]), keys)
    return True


def read_receipt(folder: Path) -> dict[str, Any]:
    """The receipt of a scan in custody. Raises Damaged if it is torn or tells of other bytes."""
    path = folder / "receipt.json"
    try:
        receipt: dict[str, Any] = json.loads(path.read_bytes())
        if receipt.get("end") is not True:
            raise ValueError("no end")
        storage.verify(folder / "original", receipt["sha256"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise Damaged(N_("{path}: the receipt cannot be read. Keep the folder and ask for help; nothing of it is removed."), path=str(path)) from error
    return receipt
