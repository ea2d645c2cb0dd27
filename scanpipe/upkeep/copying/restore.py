"""restore: a site made from its backup on an empty machine. Everything is checked while it is copied; the caches are made again, and `verify` ends it.

The order is that of `init`: config/scanpipe.toml comes last, so that until then it is no site. A restore that was cut off is simply repeated; RESTORING in
the site says that it may be.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import tomlkit

from scanpipe import config, learnt, storage, vault
from scanpipe.catalogue.journal import sizes, survey
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Layout, Settings
from scanpipe.core.model import State
from scanpipe.errors import Damaged, ScanpipeError, UsageError
from scanpipe.i18n import N_
from scanpipe.stages.file import link_into_cabinet
from scanpipe.upkeep.copying import backup, copies
from scanpipe.upkeep.copying.journal_copy import check_continues, copy_journal
from scanpipe.upkeep.machine.places import Grade, store_filesystem
from scanpipe.upkeep.machine.site import UnfitPlace, make_drop_folder, make_web_folder
from scanpipe.upkeep.proving.promised import Promised

RESTORING = "RESTORING"
Progress = Callable[[int, int], None]


class NotEmpty(UsageError):
    template = N_("{path} is not empty. Name an empty folder for the site; nothing was changed.")


class NothingToRestore(Damaged):
    template = N_("The backup {folder} holds no configuration: no run of it has ever come to its end. Look for another backup.")


NOT_RESTORED = N_("Record {number} is not whole in the backup and was not restored. {reason}")
UNKNOWN = N_("Record {number} is in the backup, but its journal does not tell of it: that run was cut off. It was not restored.")
MOVED = N_("[site] {key} was {old}, which this machine does not have; it is {new} now. Correct it in {file} if the shares are mounted elsewhere.")
CUT_OFF = N_("The last run of the backup was cut off; what it had copied until then was restored.")
CHANGED = N_("{path} is not the file that the backup noted; it was restored as it is.")


@dataclass(slots=True)
class Restored:
    """file: the site's scanpipe.toml. records: copied whole; tombstones of records that were disposed of. deviations: what could not be had back."""

    file: Path
    records: int = 0
    tombstones: int = 0
    waiting: int = 0
    deviations: list[ScanpipeError] = field(default_factory=list)
    notes: list[ScanpipeError] = field(default_factory=list)


def restore(folder: Path, site: Path, progress: Progress = lambda done, of: None) -> Restored:
    """Copies a backup into the empty folder `site`. `finish` comes after the catalogue was made again.

    Raises NotABackup, NotEmpty, NothingToRestore, UnfitPlace, JournalBroken, PlaceError.
    """
    folder, site = folder.expanduser().resolve(), site.expanduser().absolute()
    backup.check_mark(folder)
    if not (folder / backup.CONFIG / "scanpipe.toml").is_file():
        raise NothingToRestore(folder=str(folder))
    _check_empty(site)
    with storage.place(site):
        storage.make_folder(site, 0o755)
        storage.put(site / RESTORING, f"{folder}\n".encode())
        return _Restoring(folder, site, progress).run()


def _check_empty(site: Path) -> None:
    if (site.exists() and not site.is_dir()) or (
        site.is_dir() and not (site / RESTORING).is_file() and any(not copies.is_part(each) and each.name != "lost+found" for each in _entries(site))
    ):
        raise NotEmpty(path=str(site))
    for fault in store_filesystem(site / "store"):
        if fault.grade is Grade.REFUSE:
            raise UnfitPlace("{fault}", fault=fault)


def _entries(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if not path.name.endswith(".scanpipe-tmp"))


class _Restoring:
    def __init__(self, folder: Path, site: Path, progress: Progress) -> None:
        self.folder, self.site, self.progress = folder, site, progress
        self.source = backup.layout_of(folder)
        self.target = Layout.of(site / "store", site / "shares", site / "taken")
        self.report = Restored(file=site / "config" / "scanpipe.toml")

    def run(self) -> Restored:
        promised = Promised.by(survey(self.source.journal))
        for broken in promised.breaks:
            raise broken
        check_continues(self.source.journal, self.target.journal, sizes(self.source.journal))  # a site that was used since is never overwritten
        storage.make_folder(self.target.store)
        self._check_notes()
        storage.remove_tree(self.target.archive_tmp)
        self._records(promised)
        self._rest()
        copy_journal(self.source.journal, self.target.journal, sizes(self.source.journal))
        self._configuration()
        return self.report

    def _check_notes(self) -> None:
        """What the backup says of its own files."""
        if (self.folder / backup.UNFINISHED).is_file():
            self.report.notes.append(ScanpipeError(CUT_OFF))
            return
        for name, sha256 in sorted(backup.last_report(self.folder).get("files", {}).items()):
            path = self.folder / name
            if not path.is_file() or storage.digest(path) != sha256:
                self.report.deviations.append(ScanpipeError(CHANGED, path=str(path)))

    # --- records ---

    def _records(self, promised: Promised) -> None:
        for done, path in enumerate(sorted(promised.filed), 1):
            try:
                self._record(path, promised)
            except (Damaged, FileNotFoundError, NotADirectoryError) as fault:
                reason = fault if isinstance(fault, Damaged) else os.strerror(fault.errno or 0)
                self.report.deviations.append(ScanpipeError(NOT_RESTORED, number=Path(path).name, reason=reason))
            self.progress(done, len(promised.filed))
        for folder in vault.folders(self.source.vault):
            if f"vault/{folder.relative_to(self.source.vault)}" not in promised.filed:
                self.report.notes.append(ScanpipeError(UNKNOWN, number=folder.name))
        for id in sorted(promised.waiting):
            self._waiting(id)

    def _record(self, path: str, promised: Promised) -> None:
        filed, source, target = promised.filed[path], self.source.archive / path, self.target.archive / path
        if (end := promised.disposed.get(path)) is not None:
            copies.bury(source, target, end)
            self.report.tombstones += 1
            return
        if not copies.holds_record(target, filed.manifest_sha256, thoroughly=True):
            copies.copy_record(source, target, self.target.archive_tmp, filed.manifest_sha256)
        copies.copy_metas(source, target, promised.metas.get(filed.accession_id, {}))
        self.report.records += 1

    def _waiting(self, id: str) -> None:
        source = self.source.spool_new / id
        for path in sorted(source.iterdir()) if source.is_dir() else ():
            if not copies.is_part(path):
                copies.copy_file(path, self.target.spool_new / id / path.name)
        self.report.waiting += source.is_dir()

    # --- all else ---

    def _rest(self) -> None:
        pairs = (
            (self.source.proof, self.target.proof),
            (self.source.archive / "disposals", self.target.archive / "disposals"),
            (self.source.photos, self.target.photos),
            (learnt.model_file(self.source.store).parent, learnt.model_file(self.target.store).parent),
        )
        for source, target in pairs:
            self._copy_below(source, target)
        make_web_folder(self.target)
        for path in (self.source.accounts_db, self.source.requests_db, self.source.outbox_db):
            target = self.target.store / path.relative_to(self.source.store)
            if path.is_file() and not target.exists():
                copies.copy_file(path, target)
        copies.copy_file(self.source.store_id, self.target.store_id)

    def _copy_below(self, source: Path, target: Path) -> None:
        for path in sorted(source.rglob("*")):
            if path.is_file() and not path.is_symlink() and not copies.is_part(path):
                copies.copy_file(path, target / path.relative_to(source))

    def _configuration(self) -> None:
        """With the store at its place in this site; shares that this machine does not have get folders here."""
        source = self.folder / backup.CONFIG
        for path in sorted(source.rglob("*")):
            if path.is_file() and path.name != "scanpipe.toml" and not copies.is_part(path):
                copies.copy_file(path, self.report.file.parent / path.relative_to(source))
        document = tomlkit.parse((source / "scanpipe.toml").read_text("utf-8"))
        self._point_to_this_site(document)
        unfinished = self.report.file.with_name("scanpipe.toml.new")
        storage.put(unfinished, tomlkit.dumps(document).encode())
        settings = config.load(unfinished)
        for section in settings.departments:
            if not Path(section.inbox).is_absolute():
                make_drop_folder(settings.inbox(section), section)
        storage.rename(unfinished, self.report.file)
        storage.sync_folder(self.report.file.parent)

    def _point_to_this_site(self, document: tomlkit.TOMLDocument) -> None:
        site = document.setdefault("site", tomlkit.table())
        site["store"] = "../store"
        for key in ("departments", "retention"):
            site[key] = Path(str(site.get(key, f"{key}.toml"))).name
        for key in ("shares", "taken"):
            written = str(site.get(key, f"../{key}"))
            old = (self.report.file.parent / Path(written).expanduser()).resolve()
            if not old.is_dir() and not old.is_relative_to(self.site.resolve()):
                site[key] = f"../{key}"
                self.report.notes.append(ScanpipeError(MOVED, key=key, old=written, new=f"../{key}", file=self.report.file))
            if not old.is_dir():
                storage.make_folder(self.site / key if site.get(key) == f"../{key}" else old, 0o755 if key == "shares" else 0o750)


def finish(settings: Settings) -> int:
    """Links every record into the cabinet again, after the catalogue was made; then the site is whole. Returns how many."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        sql = (
            "SELECT a.department, f.path, f.vault_path FROM filing f JOIN accession a ON a.id = f.accession_id"
            " WHERE f.path IS NOT NULL AND a.state <> ? ORDER BY a.serial"
        )
        rows = [tuple(row) for row in reader.db.conn.execute(sql, [State.DISPOSED])]
    finally:
        reader.close()
    linked = 0
    with storage.place(settings.layout.cabinet):
        for department, path, vault_path in rows:
            folder = settings.layout.archive / vault_path
            if any(folder.glob("original.*")):
                link_into_cabinet(settings.layout, folder, PurePosixPath(path), department, settings)
                linked += 1
        storage.remove(settings.file.parents[1] / RESTORING)
        storage.sync_folder(settings.file.parents[1])
    return linked
