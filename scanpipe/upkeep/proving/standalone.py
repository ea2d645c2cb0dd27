"""verify --standalone: a vault, a store or a backup checked by itself, without catalogue, configuration or daemon, on whatever machine it lies.

Without the journal it says that every folder is whole and consistent with itself; that none is missing, and that none was made up as a whole, only the
journal can tell.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanpipe import storage, tombstone, vault
from scanpipe.catalogue.journal import files, survey
from scanpipe.config import Layout
from scanpipe.core.corrections import Correction
from scanpipe.core.serial import from_json
from scanpipe.custody import read_receipt
from scanpipe.errors import Damaged, NotFound, ScanpipeError
from scanpipe.i18n import N_
from scanpipe.upkeep.copying import backup
from scanpipe.upkeep.proving import fixity
from scanpipe.upkeep.proving.promised import Promised
from scanpipe.upkeep.proving.proofs import RootsChecked

Progress = Callable[[int, int], None]


class NoVault(NotFound):
    template = N_("{folder} holds no vault: name the folder archive/vault of a store, the store itself, or a backup.")


class NoJournal(NotFound):
    template = N_("{folder} holds no journal (files like 2026/2026-04.jsonl).")


class Inconsistent(Damaged):
    """A record folder that contradicts itself."""


NOT_OF = N_("{folder}: {name} says {found} where it should say {wanted} ({key}).")
UNKNOWN = N_("{folder}: the journal tells of no such record.")
NOT_ENDED = N_("{folder}: the last run of the backup was cut off. Run it again; what is here is checked all the same.")
CHANGED_FILE = N_("{path} is not the file that the backup noted.")
NO_FILE = N_("{path} is missing from the backup.")


@dataclass(frozen=True, slots=True)
class Place:
    """What lies where. journal: None if there is none to compare with. layout: of the store around it, None for a vault alone. copy: the backup, if it is one."""

    vault: Path
    journal: Path | None
    layout: Layout | None
    copy: Path | None


@dataclass(slots=True)
class Found(fixity.Report):
    """journal: whether there was one to compare with. tombstones: folders of records that were disposed of."""

    journal: bool = False
    tombstones: int = 0
    notes: list[ScanpipeError] = field(default_factory=list)


def find(folder: Path, journal: Path | None = None) -> Place:
    """folder: a backup, a site, a store, an archive or a vault. journal: instead of the one beside it. Raises NoVault, NoJournal."""
    for store in (folder / backup.STORE, folder):
        if (store / "archive" / "vault").is_dir() or ((folder / backup.MARK).is_file() and store != folder):
            layout = Layout.of(store, store / "shares", store / "taken")
            beside = layout.journal if layout.journal.is_dir() else None
            return Place(layout.vault, _journal(journal) or beside, layout, folder if (folder / backup.MARK).is_file() else None)
    for vault_folder in (folder / "vault", folder):
        if vault_folder.is_dir() and (vault_folder.name == "vault" or any(vault_folder.glob(f"*/*/{vault.MANIFEST}"))):
            return Place(vault_folder, _journal(journal), None, None)
    raise NoVault(folder=str(folder))


def _journal(folder: Path | None) -> Path | None:
    if folder is not None and not files(folder):
        raise NoJournal(folder=str(folder))
    return folder


def verify_alone(place: Place, progress: Progress = lambda done, of: None) -> Found:
    """Reads every byte; changes nothing."""
    report = Found(journal=place.journal is not None)
    if place.journal is not None:
        _by_journal(place, place.journal, report, progress)
    else:
        folders = list(vault.folders(place.vault))
        report.expected = len(folders)
        for done, folder in enumerate(folders, 1):
            _by_itself(folder, report)
            progress(done, len(folders))
    if place.copy is not None:
        report.deviations.extend(_of_backup(place.copy))
    return report


def _by_journal(place: Place, journal: Path, report: Found, progress: Progress) -> None:
    roots = RootsChecked(place.layout) if place.layout else None
    promised = Promised.by(survey(journal), roots.hear if roots else lambda event: None)
    report.events, report.tombstones = promised.events, len(promised.disposed)
    report.deviations.extend(promised.breaks)
    if roots:
        report.roots = len(roots.roots)
        report.deviations.extend(roots.deviations())
    fixity.check_records(place.vault, promised, report, progress)
    for folder in vault.folders(place.vault):
        path = f"vault/{folder.relative_to(place.vault)}"
        if path not in promised.filed:
            report.deviations.append(Inconsistent(UNKNOWN, folder=str(folder)))
        elif path not in promised.disposed:
            report.deviations.extend(inconsistencies(folder))
    if place.layout is not None:
        fixity.check_certificates(place.layout, promised, report)
        for id in sorted(promised.waiting):
            report.deviations.extend(_spooled(place.layout.spool_new / id))


def _spooled(folder: Path) -> Iterator[ScanpipeError]:
    """One that is gone is filed meanwhile: a store may be at work."""
    try:
        if folder.is_dir():
            read_receipt(folder)
    except Damaged:
        yield fixity.Deviation(fixity.SPOOL_DAMAGED, folder=str(folder))


def _by_itself(folder: Path, report: Found) -> None:
    report.checked += 1
    fixity.count(folder, report)
    if (folder / tombstone.NAME).is_file():
        report.tombstones += 1
        report.deviations.extend(_of_tombstone(folder))
        return
    whole = list(vault.deviations(folder))
    report.deviations.extend(whole)
    report.deviations.extend(inconsistencies(folder))


def inconsistencies(folder: Path) -> Iterator[ScanpipeError]:
    """What in a record folder contradicts its name, its manifest or itself; bytes are compared elsewhere."""
    try:
        promised = vault.manifest(folder)
        body: dict[str, Any] = json.loads((folder / vault.RECORD).read_bytes())
        record = vault.read(folder)
    except (OSError, ValueError, Damaged) as error:
        if not isinstance(error, vault.RecordDamaged) or error.template not in (vault.MISSING, vault.UNREADABLE):
            yield vault.RecordDamaged(vault.UNREADABLE, folder=str(folder), name=vault.RECORD)
        return
    own = record.accession
    original = vault.original_name(own.media_type)
    access = (body.get("access") or {}).get("sha256")
    told: dict[str, tuple[object, object]] = {
        "number": (own.number, folder.name),
        "fiscal_year": (str(own.fiscal_year), folder.parent.name),
        "original.sha256": (own.sha256, promised.get(original)),
        "original.bytes": (own.bytes, _size(folder / original)),
        "access.sha256": (access, promised.get(vault.ACCESS)),
    }
    for key, (found, wanted) in told.items():
        if found != wanted:
            yield Inconsistent(NOT_OF, folder=str(folder), name=vault.RECORD, key=key, found=found, wanted=wanted)
    if record.recognition.accession_id != own.id:
        yield Inconsistent(NOT_OF, folder=str(folder), name=vault.TEXT, key="accession_id", found=record.recognition.accession_id, wanted=own.id)
    yield from _of_metas(folder, own.id)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _of_metas(folder: Path, id: str) -> Iterator[ScanpipeError]:
    """Corrections are numbered from 1 without gaps, and each is about this record."""
    names = sorted(path.name for path in (folder / vault.META).glob("*")) if (folder / vault.META).is_dir() else []
    for number, name in enumerate(names, 1):
        path = f"{vault.META}/{name}"
        if name != vault.meta_name(number):
            yield vault.RecordDamaged(vault.MISSING, folder=str(folder), name=f"{vault.META}/{vault.meta_name(number)}")
            return
        try:
            body = json.loads((folder / path).read_bytes())
            body.pop("schema")
            one = from_json(Correction, body)
        except (OSError, ValueError, KeyError, AttributeError, Damaged):
            yield vault.RecordDamaged(vault.UNREADABLE, folder=str(folder), name=path)
            return
        if (one.number, one.description.accession_id) != (number, id):
            yield Inconsistent(NOT_OF, folder=str(folder), name=path, key="accession_id", found=one.description.accession_id, wanted=id)


def _of_tombstone(folder: Path) -> Iterator[ScanpipeError]:
    try:
        told = json.loads((folder / tombstone.NAME).read_bytes())
        number, manifest = told["number"], told["manifest_sha256"]
        found = storage.digest(folder / vault.MANIFEST)
    except (OSError, ValueError, KeyError, TypeError):
        yield vault.RecordDamaged(vault.UNREADABLE, folder=str(folder), name=tombstone.NAME)
        return
    if number != folder.name:
        yield Inconsistent(NOT_OF, folder=str(folder), name=tombstone.NAME, key="number", found=number, wanted=folder.name)
    if found != manifest:
        yield vault.RecordDamaged(vault.ALTERED, folder=str(folder), name=vault.MANIFEST)
    for path in sorted(folder.iterdir()):
        if path.name not in (tombstone.NAME, vault.MANIFEST):
            yield vault.RecordDamaged(tombstone.RISEN, folder=str(folder), name=path.name, number=folder.name)


def _of_backup(folder: Path) -> Iterator[ScanpipeError]:
    """The files of a backup that no manifest and no chain knows, against its own list."""
    if (folder / backup.UNFINISHED).is_file() or not (folder / backup.REPORT).is_file():
        yield fixity.Deviation(NOT_ENDED, folder=str(folder))
        return
    try:
        told = backup.last_report(folder)
    except Damaged as damage:
        yield damage
        return
    for name, sha256 in sorted(told["files"].items()):
        path = folder / name
        if not path.is_file():
            yield fixity.Deviation(NO_FILE, path=str(path))
        elif storage.digest(path) != sha256:
            yield fixity.Deviation(CHANGED_FILE, path=str(path))
