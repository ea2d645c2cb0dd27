"""verify: the whole vault against its manifests, the manifests against the journal, the journal against itself. Expected = checked, or it says so."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scanpipe import storage, tombstone, vault
from scanpipe.catalogue.journal import Event, chain, survey
from scanpipe.catalogue.reader import CatalogueReader, NoCatalogue
from scanpipe.config import Layout
from scanpipe.core.serial import canonical
from scanpipe.custody import read_receipt
from scanpipe.errors import Damaged, ScanpipeError
from scanpipe.i18n import N_
from scanpipe.upkeep.disposal.certified import folder_of
from scanpipe.upkeep.proving.promised import Filed, Promised
from scanpipe.upkeep.proving.proofs import RootsChecked

Progress = Callable[[int, int], None]
_COMMIT_SECONDS = 2.0


class Deviation(Damaged):
    """Something that is not as it was written."""


LOST = N_("{folder}: the journal says that record {number} was filed here, but the folder is missing.")
CHANGED_MANIFEST = N_("{folder}: the manifest itself was altered since filing (record {number}).")
NO_TOMBSTONE = N_("{folder}: record {number} was disposed of, but its tombstone is missing.")
CERTIFICATE = N_("{folder}: {name} is not the file with which the list {list} was closed.")
PHOTO = N_("{folder}: {name} is not the photo that was taken in for this cabinet.")
UNKNOWN = N_("{folder}: nothing in the journal tells of this folder.")
SWAPPED = N_("{folder}: this folder holds record {found} instead of {number}.")
EVENT_DIFFERS = N_("The catalogue's event {seq} differs from the journal's line. Run `scanpipe reindex`.")
LINE_MISSING = N_("The journal lacks the catalogue's event {seq}: its end was cut off, or an old copy was put back. Compare with a backup.")
EVENT_MISSING = N_("The catalogue lacks the journal's event {seq}. Run `scanpipe reindex`.")
SPOOL_DAMAGED = N_("{folder}: a scan in custody that waits to be filed is damaged.")


@dataclass(slots=True)
class Report:
    """expected: records the journal says were filed. checked: record folders whose every byte was compared. roots: days whose root was compared with the journal.

    deviations: what is wrong, in sentences.
    """

    expected: int = 0
    checked: int = 0
    files: int = 0
    bytes: int = 0
    events: int = 0
    roots: int = 0
    deviations: list[ScanpipeError] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.deviations and self.expected == self.checked


def verify(layout: Layout, progress: Progress = lambda done, of: None, *, authority: Path | None = None) -> Report:
    """Reads every byte of the vault. Reads only; needs no lock and no catalogue. authority: certificates that time stamps must lead to, None = not checked."""
    report = Report()
    roots = RootsChecked(layout)
    promised = Promised.by(survey(layout.journal), roots.hear)
    report.events, report.roots = promised.events, len(roots.roots)
    report.deviations.extend(promised.breaks)
    report.deviations.extend(roots.deviations())
    report.deviations.extend(_stamp_deviations(layout, authority))
    check_records(layout.vault, promised, report, progress)
    for folder in vault.folders(layout.vault):
        if f"vault/{folder.relative_to(layout.vault)}" not in promised.filed:
            _check_unknown(folder, layout, report)
    check_certificates(layout, promised, report)
    _check_photos(layout, promised, report)
    _check_spool(layout, report)
    _check_catalogue(layout, report)
    return report


def _stamp_deviations(layout: Layout, authority: Path | None) -> Iterator[ScanpipeError]:
    if layout.proof.is_dir() and any(layout.proof.glob("*.tsr")):
        from scanpipe.upkeep.proving import timestamps  # late: its libraries take a moment, and few sites have an authority

        yield from timestamps.deviations(layout, authority)


def check_records(folder: Path, promised: Promised, report: Report, progress: Progress) -> None:
    """Every record folder that the journal tells of. folder: the vault."""
    report.expected = len(promised.filed)
    for done, (path, filed) in enumerate(sorted(promised.filed.items()), 1):
        place = folder / path.removeprefix("vault/")
        if (end := promised.disposed.get(path)) is not None:
            _check_tombstone(place, end, promised.list_is_open(end), report)
        else:
            _check_record(place, filed, promised.metas.get(filed.accession_id, {}), report)
        progress(done, len(promised.filed))


def _check_tombstone(folder: Path, end: Event, under_way: bool, report: Report) -> None:
    """What is left of a record that was disposed of: what the journal says, the manifest, and nothing else."""
    if not folder.is_dir():
        report.deviations.append(Deviation(NO_TOMBSTONE, folder=str(folder), number=folder.name))
        return
    report.deviations.extend(tombstone.deviations(folder, end, under_way=under_way))
    report.checked += 1
    count(folder, report)


def check_certificates(layout: Layout, promised: Promised, report: Report) -> None:
    """The certificate of every list that was closed, and the interim ones."""
    for event in (*promised.interim, *promised.closed.values()):
        folder = folder_of(event.data["list"], layout)
        for name, sha256 in sorted(event.data["files"].items()):
            path = folder / name
            if not path.is_file():
                report.deviations.append(vault.RecordDamaged(vault.MISSING, folder=str(folder), name=name))
            elif storage.digest(path) != sha256:
                report.deviations.append(Deviation(CERTIFICATE, folder=str(folder), name=name, list=event.data["list"]))


def _check_photos(layout: Layout, promised: Promised, report: Report) -> None:
    """Every photo of a cabinet."""
    for place, sha256 in sorted(promised.photos.items()):
        path = layout.photos / place
        if not path.is_file():
            report.deviations.append(vault.RecordDamaged(vault.MISSING, folder=str(path.parent), name=path.name))
        elif storage.digest(path) != sha256:
            report.deviations.append(Deviation(PHOTO, folder=str(path.parent), name=path.name))


def _check_record(folder: Path, filed: Filed, metas: Mapping[str, str], report: Report) -> None:
    number = folder.name
    if not folder.is_dir():
        report.deviations.append(Deviation(LOST, folder=str(folder), number=number))
        return
    report.deviations.extend(record_deviations(folder, filed.manifest_sha256, metas))
    report.checked += 1
    count(folder, report)


def count(folder: Path, report: Report) -> None:
    for path in folder.iterdir():
        if path.is_file():
            report.files += 1
            report.bytes += path.stat().st_size


def record_deviations(folder: Path, manifest_sha256: str, metas: Mapping[str, str], digest: vault.Digest = storage.digest) -> Iterator[ScanpipeError]:
    """What of a record folder is not as the journal has it. metas: file name in meta/ -> sha256. digest: how a file's sha256 is read."""
    yield from vault.deviations(folder, digest)
    yield from vault.meta_deviations(folder, metas, digest)
    manifest = folder / vault.MANIFEST
    if manifest.is_file() and storage.digest(manifest) != manifest_sha256:
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
