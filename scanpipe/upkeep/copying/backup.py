"""backup: a second copy of all that cannot be made again, on another disk. Only what is new is copied; whatever cuts a run off, the next one completes it.

<folder>/
    SCANPIPE_BACKUP      whose it is: without this mark a run by the timetable takes the folder for a disk that is not mounted
    backup.json          schema 1: the last run that came to its end: moment, last event, digests of all files outside the vault
    UNFINISHED           a run is going on, or was cut off
    config/              as beside scanpipe.toml
    store/               as in the site: journal, proof, archive/vault, archive/disposals, archive/photos, spool/new, model, web/accounts.db, web/requests.db, outbox.db, STORE_ID

The order is that of the whole of scanpipe: first the records' bytes, then the journal that tells of them, and only then is anything removed: what was
disposed of becomes a tombstone here, too. A damaged record never takes the place of its copy, nor a journal that of one which it does not continue.
What is not here, catalogue.db, search.db and the cabinet, is made again by `restore`.
"""

import fcntl
import functools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from scanpipe import learnt, storage, vault
from scanpipe.catalogue.journal import sizes, survey
from scanpipe.config import Layout, Settings
from scanpipe.core.serial import readable
from scanpipe.errors import Damaged, NotFound, PlaceError, ScanpipeError, UsageError
from scanpipe.i18n import N_
from scanpipe.upkeep.copying import copies
from scanpipe.upkeep.copying.journal_copy import check_continues, copy_journal
from scanpipe.upkeep.proving.promised import Promised

MARK, REPORT, UNFINISHED, CONFIG, STORE = "SCANPIPE_BACKUP", "backup.json", "UNFINISHED", "config", "store"
SCHEMA = 1
_ROUNDS = 5  # a record may be filed or disposed of while it is copied; the next round knows

Progress = Callable[[int, int], None]


class NotABackup(NotFound):
    template = N_("{folder} is not a backup of scanpipe: {mark} is missing. Is its disk mounted? Make the first backup with: scanpipe backup {folder}")


class BackupFolderInUse(UsageError):
    template = N_("{folder} is not empty and not a backup of scanpipe. Name an empty folder.")


class AnothersBackup(UsageError):
    template = N_("{folder} is the backup of another store ({found} instead of {wanted}). Name another folder.")


class BackupInside(UsageError):
    template = N_("{folder} lies inside {other}. A backup belongs on another disk.")


class BackupRuns(PlaceError):
    template = N_("Another backup into {folder} is under way.")


SAME_DISK = N_("{folder} lies on the disk of the store: if that disk is lost, both are. Use another disk.")
NOT_COPIED = N_("Record {number} is damaged and was not copied; a copy of before was kept. {reason}")
FILE_NOT_COPIED = N_("{path} could not be copied. {reason}")


@dataclass(slots=True)
class Report:
    """records: that the journal tells of, those disposed of included. copied, metas, buried: records, corrections, tombstones that are new in the backup.

    bytes: of the new records. deviations: what could not be copied and why. notes: what should be changed. waiting: scans in custody that are not filed.
    """

    records: int = 0
    copied: int = 0
    metas: int = 0
    buried: int = 0
    waiting: int = 0
    bytes: int = 0
    seq: int = 0
    deviations: list[ScanpipeError] = field(default_factory=list)
    notes: list[ScanpipeError] = field(default_factory=list)


def layout_of(folder: Path) -> Layout:
    """Where everything lies in a backup."""
    return Layout.of(folder / STORE, folder / "shares", folder / "taken")


def back_up(
    settings: Settings, folder: Path, at: datetime, *, thoroughly: bool = False, first: bool = True, progress: Progress = lambda done, of: None
) -> Report:
    """Brings the backup up to date, while a daemon may be at work. thoroughly: the copies' bytes are read, too, and damaged ones made again.

    first: an empty folder becomes a backup. Raises NotABackup, BackupFolderInUse, AnothersBackup, BackupInside, BackupRuns, PlaceError (disk full …), and
    JournalBroken or JournalNotContinued before anything was changed.
    """
    folder = folder.expanduser().resolve()
    _check_outside(folder, settings)
    with _faults(folder, settings.layout.store), _alone(folder, settings, first=first):
        return _Run(settings, folder, at, thoroughly, progress).run()


@contextmanager
def _faults(folder: Path, store: Path) -> Iterator[None]:
    """Errors of the system become the fault of the disk that they happened on."""
    try:
        yield
    except OSError as error:
        here = error.filename is not None and Path(os.fsdecode(error.filename)).is_relative_to(store)
        raise storage.place_error(error, store if here else folder) from error


def _check_outside(folder: Path, settings: Settings) -> None:
    layout = settings.layout
    for other in (layout.store, layout.shares, layout.taken):
        if folder.is_relative_to(other) or other.is_relative_to(folder):
            raise BackupInside(folder=str(folder), other=str(other))


@contextmanager
def _alone(folder: Path, settings: Settings, *, first: bool) -> Iterator[None]:
    """The folder, marked as this store's, for one run at a time."""
    if first and not (folder / MARK).is_file():
        if folder.is_dir() and any(not copies.is_part(entry) for entry in folder.iterdir() if entry.name != "lost+found"):
            raise BackupFolderInUse(folder=str(folder))
        storage.make_folder(folder)
        storage.put(folder / MARK, readable({"schema": SCHEMA, "store": _store_id(settings.layout)}))
    check_mark(folder, _store_id(settings.layout))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BackupRuns(folder=str(folder)) from error
    except OSError:  # a filesystem without locks
        return


def check_mark(folder: Path, store_id: str | None = None) -> str:
    """The id of the store that this is the backup of. Raises NotABackup, AnothersBackup if it is not the one given."""
    try:
        found = str(json.loads((folder / MARK).read_bytes())["store"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotABackup(folder=str(folder), mark=MARK) from error
    if store_id is not None and found != store_id:
        raise AnothersBackup(folder=str(folder), found=found, wanted=store_id)
    return found


def _store_id(layout: Layout) -> str:
    return layout.store_id.read_text("ascii").strip()


def last_report(folder: Path) -> dict[str, Any]:
    """backup.json; empty if no run has come to its end yet. Raises Damaged if it is not one."""
    path = folder / REPORT
    if not path.is_file():
        return {}
    try:
        body: dict[str, Any] = json.loads(path.read_bytes())
        if not isinstance(body["files"], dict) or not isinstance(body["seq"], int):
            raise TypeError
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(N_("{path} cannot be read. Run the backup again."), path=str(path)) from error
    return body


class _Run:
    """One run, in a folder that is ours."""

    def __init__(self, settings: Settings, folder: Path, at: datetime, thoroughly: bool, progress: Progress) -> None:
        self.settings, self.folder, self.at, self.thoroughly, self.progress = settings, folder, at, thoroughly, progress
        self.source, self.target = settings.layout, layout_of(folder)
        self.report = Report()
        self._known = 0  # events up to this one were copied by a run that came to its end
        self._pending: set[str] = set()  # vault paths whose corrections are not all in their folders yet

    def run(self) -> Report:
        self._begin()
        promised, lengths = self._records()
        copy_journal(self.source.journal, self.target.journal, lengths)
        self._removals(promised)
        self._small_files()
        self._finish(promised)
        return self.report

    def _begin(self) -> None:
        self._snapshot()  # a journal that is not whole, or not the one that was copied, ends the run before it begins
        if self.source.store.stat().st_dev == self.folder.stat().st_dev:
            self.report.notes.append(ScanpipeError(SAME_DISK, folder=str(self.folder)))
        try:
            before = {} if self.thoroughly else last_report(self.folder)
        except Damaged:
            before = {}
        self._known = int(before.get("seq", 0))
        self._pending = set(before.get("pending", ()))
        storage.put(self.folder / UNFINISHED, readable({"since": self.at.isoformat()}))
        storage.remove_tree(self.target.archive_tmp)
        for path in (self.source.accounts_db, self.source.requests_db, self.source.outbox_db):  # before the journal: what these say was done is told there
            if path.is_file():
                self._tell_of(path, functools.partial(copies.copy_database, path, self.target.store / path.relative_to(self.source.store)))

    def _snapshot(self) -> tuple[Promised, dict[Path, int]]:
        """What the journal says right now, and how far it was read. Raises JournalBroken, JournalNotContinued."""
        lengths = sizes(self.source.journal)
        promised = Promised.by(survey(self.source.journal, lengths))
        for broken in promised.breaks:
            raise broken
        check_continues(self.source.journal, self.target.journal, lengths)
        return promised, lengths

    # --- records ---

    def _records(self) -> tuple[Promised, dict[Path, int]]:
        """Copies what is not there yet; again with a newer journal if something went on its way meanwhile."""
        for _round in range(_ROUNDS):
            promised, lengths = self._snapshot()
            self.report.deviations = [one for one in self.report.deviations if not isinstance(one, _RecordNotCopied)]
            gone = self._copy_all(promised) + self._copy_waiting(promised)
            if not gone:
                break
        self.report.records, self.report.waiting, self.report.seq = len(promised.filed), len(promised.waiting), promised.seq
        return promised, lengths

    def _copy_all(self, promised: Promised) -> int:
        """How many vanished while they were copied."""
        there = _names(self.target.vault)
        gone = 0
        pending: set[str] = set()
        for done, (path, filed) in enumerate(sorted(promised.filed.items()), 1):
            if path not in promised.disposed:
                known = path.removeprefix("vault/") in there and filed.seq <= self._known and path not in self._pending
                gone += 0 if known else self._copy_one(path, promised, pending)
            self.progress(done, len(promised.filed))
        self._pending = pending
        return gone

    def _copy_one(self, path: str, promised: Promised, pending: set[str]) -> bool:
        """True if it has become a tombstone meanwhile."""
        filed, source, target = promised.filed[path], self.source.archive / path, self.target.archive / path
        try:
            if not copies.holds_record(target, filed.manifest_sha256, thoroughly=self.thoroughly):
                self.report.bytes += copies.copy_record(source, target, self.target.archive_tmp, filed.manifest_sha256)
                self.report.copied += 1
            metas = promised.metas.get(filed.accession_id, {})
            self.report.metas += copies.copy_metas(source, target, metas)
            if metas.keys() - _entries(target / vault.META):
                pending.add(path)
        except (Damaged, FileNotFoundError, NotADirectoryError) as fault:
            if (source / "tombstone.json").exists():
                return True
            with storage.place(self.source.vault):
                self.source.vault.stat()  # an unmounted store is no damage
            reason = fault if isinstance(fault, Damaged) else vault.RecordDamaged(vault.MISSING, folder=str(source), name=Path(fault.filename or "").name)
            self.report.deviations.append(_RecordNotCopied(number=source.name, reason=reason))
        return False

    def _copy_waiting(self, promised: Promised) -> int:
        """Scans in custody that are not filed: their bytes are nowhere else. Returns how many are not there any more."""
        gone = 0
        for id in sorted(promised.waiting):
            source, target = self.source.spool_new / id, self.target.spool_new / id
            try:
                if _entries(source) and _entries(source) != _entries(target):
                    _copy_tree(source, target)
                gone += not source.is_dir()
            except FileNotFoundError:
                gone += 1
        return gone

    # --- removals ---

    def _removals(self, promised: Promised) -> None:
        """Behind the journal that tells of them: what was disposed of goes here, too; what was filed needs no spool."""
        for path, end in sorted(promised.disposed.items()):
            try:
                self.report.buried += copies.bury(self.source.archive / path, self.target.archive / path, end)
            except (Damaged, FileNotFoundError) as fault:
                self.report.deviations.append(ScanpipeError(NOT_COPIED, number=Path(path).name, reason=fault))
        for id in _entries(self.target.spool_new) - promised.waiting:
            if id in promised.paths:
                storage.remove_tree(self.target.spool_new / id)

    # --- all else ---

    def _small_files(self) -> None:
        source, target = self.source, self.target
        self._mirror(source.proof, target.proof)
        self._mirror(source.archive / "disposals", target.archive / "disposals")
        self._mirror(source.photos, target.photos)
        self._drop_bags(source.archive / "disposals", target.archive / "disposals")
        self._mirror(learnt.model_file(source.store).parent, learnt.model_file(target.store).parent)
        self._mirror(self.settings.file.parent, self.folder / CONFIG)
        self._copy(source.store_id, target.store_id)
        for named in (self.settings.site.departments, self.settings.site.retention):
            path = (self.settings.file.parent / named).resolve()
            if path.parent != self.settings.file.parent:
                self._copy(path, self.folder / CONFIG / path.name)

    def _mirror(self, source: Path, target: Path) -> None:
        """Every file below it; what is not there any more stays."""
        for path in sorted(source.rglob("*")) if source.is_dir() else ():
            if path.is_file() and not path.is_symlink() and not copies.is_part(path) and ".scanpipe-tmp" not in path.name:
                self._copy(path, target / path.relative_to(source))

    def _copy(self, source: Path, target: Path) -> None:
        def copy() -> None:
            if not (target.is_file() and storage.digest(target) == storage.digest(source)):
                copies.copy_file(source, target)

        self._tell_of(source, copy)

    def _tell_of(self, path: Path, copy: Callable[[], None]) -> None:
        """A file that cannot be read is told of and holds up nothing else."""
        try:
            copy()
        except FileNotFoundError as gone:
            if path.exists():
                raise gone
        except (Damaged, PermissionError) as fault:
            self.report.deviations.append(ScanpipeError(FILE_NOT_COPIED, path=str(path), reason=fault))

    def _drop_bags(self, source: Path, target: Path) -> None:
        """The pages of records that the archives have acknowledged: gone from the store, and from here."""
        for bag in target.glob("*/bag/data"):
            if not (source / bag.relative_to(target)).exists():
                storage.remove_tree(bag)

    def _finish(self, promised: Promised) -> None:
        files = {str(path.relative_to(self.folder)): storage.digest(path) for path in told_files(self.folder)}
        body = {
            "schema": SCHEMA, "store": _store_id(self.source), "at": self.at.isoformat(), "seq": promised.seq, "head": promised.head,
            "records": len(promised.filed), "disposed": len(promised.disposed), "pending": sorted(self._pending), "files": files,
        }  # fmt: skip
        storage.put(self.folder / REPORT, readable(body))
        storage.remove(self.folder / UNFINISHED)
        storage.sync_folder(self.folder)


def told_files(folder: Path) -> list[Path]:
    """The files of a backup whose digest no manifest, receipt or chain has, but backup.json."""
    layout = layout_of(folder)
    below = [layout.proof, layout.archive / "disposals", layout.photos, learnt.model_file(layout.store).parent, folder / CONFIG]
    found = [path for top in below for path in top.rglob("*")] + [layout.store_id, layout.accounts_db, layout.requests_db, layout.outbox_db]
    return sorted(path for path in found if path.is_file() and not path.is_symlink() and not copies.is_part(path))


class _RecordNotCopied(ScanpipeError):
    template = NOT_COPIED


def _entries(folder: Path) -> set[str]:
    try:
        return {entry.name for entry in os.scandir(folder)}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _names(vault_folder: Path) -> set[str]:
    """`2026/2026-000001` of every record folder."""
    return {f"{year}/{name}" for year in _entries(vault_folder) for name in _entries(vault_folder / year)}


def _copy_tree(source: Path, target: Path) -> None:
    for path in sorted(source.iterdir()):
        copies.copy_file(path, target / path.name)
