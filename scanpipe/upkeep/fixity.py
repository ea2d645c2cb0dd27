"""verify: the whole vault against its manifests, the manifests against the journal, the journal against itself. Expected = checked, or it says so."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanpipe import storage, tombstone, vault
from scanpipe.catalogue.journal import Event, JournalBroken, chain, survey
from scanpipe.catalogue.reader import CatalogueReader, NoCatalogue
from scanpipe.config import Layout
from scanpipe.core.corrections import Correction
from scanpipe.core.serial import canonical, from_json
from scanpipe.custody import read_receipt
from scanpipe.errors import Damaged, ScanpipeError
from scanpipe.i18n import N_
from scanpipe.upkeep.certificates import folder_of

Progress = Callable[[int, int], None]
_COMMIT_SECONDS = 2.0


class Deviation(Damaged):
    """Something that is not as it was written."""


LOST = N_("{folder}: the journal says that record {number} was filed here, but the folder is missing.")
CHANGED_MANIFEST = N_("{folder}: the manifest itself was altered since filing (record {number}).")
NO_TOMBSTONE = N_("{folder}: record {number} was disposed of, but its tombstone is missing.")
CERTIFICATE = N_("{folder}: {name} is not the file with which the list {list} was closed.")
UNKNOWN = N_("{folder}: nothing in the journal tells of this folder.")
SWAPPED = N_("{folder}: this folder holds record {found} instead of {number}.")
EVENT_DIFFERS = N_("The catalogue's event {seq} differs from the journal's line. Run `scanpipe reindex`.")
LINE_MISSING = N_("The journal lacks the catalogue's event {seq}: its end was cut off, or an old copy was put back. Compare with a backup.")
EVENT_MISSING = N_("The catalogue lacks the journal's event {seq}. Run `scanpipe reindex`.")
SPOOL_DAMAGED = N_("{folder}: a scan in custody that waits to be filed is damaged.")


@dataclass(slots=True)
class Report:
    """expected: records the journal says were filed. checked: record folders whose every byte was compared. deviations: what is wrong, in sentences."""

    expected: int = 0
    checked: int = 0
    files: int = 0
    bytes: int = 0
    events: int = 0
    deviations: list[ScanpipeError] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.deviations and self.expected == self.checked


def verify(layout: Layout, progress: Progress = lambda done, of: None) -> Report:
    """Reads every byte of the vault. Reads only; needs no lock and no catalogue."""
    report = Report()
    filed, corrections, ended = _told(layout, report)
    report.expected = len(filed)
    for done, (path, event) in enumerate(sorted(filed.items()), 1):
        if (end := ended.by_path.get(path)) is not None:
            _check_tombstone(layout.archive / path, end, ended.list_is_open(end), report)
        else:
            _check_record(layout.archive / path, event, corrections.get(event.accession_id or "", []), report)
        progress(done, len(filed))
    for folder in vault.folders(layout.vault):
        if str(folder.relative_to(layout.archive)) not in filed:
            _check_unknown(folder, layout, report)
    _check_certificates(layout, ended, report)
    _check_spool(layout, report)
    _check_catalogue(layout, report)
    return report


@dataclass(slots=True)
class _Ended:
    """Records that were disposed of. by_path: the event that ended a record, by its vault path. closed: the event that closed a list, by the list's id."""

    by_path: dict[str, Event] = field(default_factory=dict)
    closed: dict[str, Event] = field(default_factory=dict)

    def list_is_open(self, end: Event) -> bool:
        """Whether the list that a record was on is still being carried out."""
        return end.data["disposal"] not in self.closed

    def note(self, event: Event) -> None:
        if event.kind == "disposed" and "vault_path" in event.data:
            self.by_path[event.data["vault_path"]] = event
        elif event.kind == "disposal_done" and "files" in event.data:
            self.closed[event.data["id"]] = event


def _told(layout: Layout, report: Report) -> tuple[dict[str, Event], dict[str, list[Correction]], _Ended]:
    """(vault path -> the event of its filing, accession -> its corrections in order, what was disposed of). Every break in the chain is a deviation; what
    can be read behind it still counts."""
    ended = _Ended()
    filed: dict[str, Event] = {}
    corrections: dict[str, list[Correction]] = {}
    for found in survey(layout.journal):
        if isinstance(found, JournalBroken):
            report.deviations.append(found)
            continue
        report.events += 1
        ended.note(found)
        if found.kind == "filed" and "vault_path" in found.data and "manifest_sha256" in found.data:
            filed[found.data["vault_path"]] = found
        elif found.kind == "corrected" and found.accession_id and "correction" in found.data:
            corrections.setdefault(found.accession_id, []).append(from_json(Correction, found.data["correction"]))
    return filed, corrections, ended


def _check_tombstone(folder: Path, end: Event, under_way: bool, report: Report) -> None:
    """What is left of a record that was disposed of: what the journal says, the manifest, and nothing else."""
    if not folder.is_dir():
        report.deviations.append(Deviation(NO_TOMBSTONE, folder=str(folder), number=folder.name))
        return
    report.deviations.extend(tombstone.deviations(folder, end, under_way=under_way))
    report.checked += 1
    _count(folder, report)


def _check_certificates(layout: Layout, ended: _Ended, report: Report) -> None:
    """The certificate of every list that was closed."""
    for event in ended.closed.values():
        folder = folder_of(event.data["list"], layout)
        for name, promised in sorted(event.data["files"].items()):
            path = folder / name
            if not path.is_file():
                report.deviations.append(vault.RecordDamaged(vault.MISSING, folder=str(folder), name=name))
            elif storage.digest(path) != promised:
                report.deviations.append(Deviation(CERTIFICATE, folder=str(folder), name=name, list=event.data["list"]))


def _check_record(folder: Path, event: Event, corrections: Sequence[Correction], report: Report) -> None:
    number = folder.name
    if not folder.is_dir():
        report.deviations.append(Deviation(LOST, folder=str(folder), number=number))
        return
    found = [*_record_deviations(folder, event), *vault.meta_deviations(folder, corrections)]
    report.deviations.extend(found)
    report.checked += 1
    _count(folder, report)


def _count(folder: Path, report: Report) -> None:
    for path in folder.iterdir():
        if path.is_file():
            report.files += 1
            report.bytes += path.stat().st_size


def _record_deviations(folder: Path, event: Event) -> Iterator[ScanpipeError]:
    yield from vault.deviations(folder)
    manifest = folder / vault.MANIFEST
    if manifest.is_file() and storage.digest(manifest) != event.data["manifest_sha256"]:
        yield Deviation(CHANGED_MANIFEST, folder=str(folder), number=folder.name)
    try:
        found = json.loads((folder / vault.RECORD).read_bytes())["number"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # the manifest has told already
    if found != folder.name:
        yield Deviation(SWAPPED, folder=str(folder), found=found, number=folder.name)


def _check_unknown(folder: Path, layout: Layout, report: Report) -> None:
    """Published, but the power went before the journal's line: whole and still in the spool, so the daemon will tell of it."""
    try:
        id = vault.read(folder).accession.id
    except Damaged as damage:
        report.deviations.append(damage)
        return
    if not (layout.spool_new / id).is_dir():
        report.deviations.append(Deviation(UNKNOWN, folder=str(folder)))


def _check_spool(layout: Layout, report: Report) -> None:
    """Scans in custody that are not filed yet: receipt and bytes. One that is filed meanwhile is none."""
    for folder in sorted(layout.spool_new.iterdir()) if layout.spool_new.is_dir() else []:
        try:
            read_receipt(folder)
        except Damaged:
            if folder.is_dir():
                report.deviations.append(Deviation(SPOOL_DAMAGED, folder=str(folder)))


def _check_catalogue(layout: Layout, report: Report) -> None:
    """The catalogue's copy of the journal, row by row. A missing catalogue is no deviation: it is a cache."""
    try:
        reader = CatalogueReader(layout.catalogue_db)
    except NoCatalogue:
        return
    try:
        found = _rows(reader)  # before the journal, which is never behind: a row without a line is then one that lost it
        promised = {event.seq: _row(event) for event in chain(layout.journal)}
        lost = sorted(found.keys() - promised.keys())
        if promised.keys() - found.keys():
            time.sleep(_COMMIT_SECONDS)  # a daemon writes the journal a moment before the row
            found = _rows(reader)
    except Damaged:
        return  # told already by the vault's part
    finally:
        reader.close()
    report.deviations.extend(Deviation(EVENT_MISSING, seq=seq) for seq in sorted(promised.keys() - found.keys()))
    report.deviations.extend(Deviation(EVENT_DIFFERS, seq=seq) for seq in sorted(promised.keys() & found.keys()) if promised[seq] != found[seq])
    report.deviations.extend(Deviation(LINE_MISSING, seq=seq) for seq in lost)


def _row(event: Event) -> tuple[str | None, ...]:
    """What the catalogue's row of this event holds."""
    return (event.at.isoformat(), event.kind, event.accession_id, event.actor, canonical(event.data).decode(), event.prev, event.hash)


def _rows(reader: CatalogueReader) -> dict[int, tuple[str | None, ...]]:
    return {row[0]: tuple(row)[1:] for row in reader.db.conn.execute("SELECT seq, at, kind, accession_id, actor, data, prev, hash FROM event")}
