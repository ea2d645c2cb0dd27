"""backup --compare: whether the second copy holds what the store holds, by the records' manifests. To read every byte of it: verify --standalone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scanpipe import storage, tombstone, vault
from scanpipe.catalogue.journal import sizes, survey
from scanpipe.config import Settings
from scanpipe.errors import Damaged, ScanpipeError
from scanpipe.i18n import N_
from scanpipe.upkeep.copying import backup
from scanpipe.upkeep.copying.journal_copy import JournalNotContinued, check_continues
from scanpipe.upkeep.proving.promised import Filed, Promised

Progress = Callable[[int, int], None]

NOT_THERE = N_("Record {number} is not in the backup.")
OTHER = N_("Record {number} is another one in the backup: the manifests differ.")
FILES = N_("Record {number}: {names} is missing in the backup or has another length.")
STILL_THERE = N_("Record {number} was disposed of, but is still in the backup. Run the backup again.")
TOO_MANY = N_("Record {number} is in the backup, but the journal tells of no such record.")


@dataclass(slots=True)
class Compared:
    """records: that the journal tells of. same: of them, those that the backup holds just so. newer: events that the journal has and the copy of it has not."""

    records: int = 0
    same: int = 0
    newer: int = 0
    deviations: list[ScanpipeError] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.deviations and self.records == self.same


def compare(settings: Settings, folder: Path, progress: Progress = lambda done, of: None) -> Compared:
    """Reads manifests and lengths, no pages; changes nothing. Raises NotABackup, AnothersBackup."""
    source, target = settings.layout, backup.layout_of(folder)
    backup.check_mark(folder, source.store_id.read_text("ascii").strip())
    lengths = sizes(source.journal)
    promised = Promised.by(survey(source.journal, lengths))
    report = Compared(records=len(promised.filed), deviations=list(promised.breaks))
    try:
        check_continues(source.journal, target.journal, lengths)
    except JournalNotContinued as fault:
        report.deviations.append(fault)
    report.newer = promised.seq - Promised.by(survey(target.journal)).seq
    for done, (path, filed) in enumerate(sorted(promised.filed.items()), 1):
        found = list(_differences(path, filed, promised, source.archive / path, target.archive / path))
        report.deviations.extend(found)
        report.same += not found
        progress(done, len(promised.filed))
    for extra in vault.folders(target.vault):
        if f"vault/{extra.relative_to(target.vault)}" not in promised.filed:
            report.deviations.append(ScanpipeError(TOO_MANY, number=extra.name))
    return report


def _differences(path: str, filed: Filed, promised: Promised, source: Path, target: Path) -> Iterator[ScanpipeError]:
    number = target.name
    if (end := promised.disposed.get(path)) is not None:
        if not target.is_dir():
            yield ScanpipeError(NOT_THERE, number=number)
        elif not tombstone.is_put(target, end):
            yield ScanpipeError(STILL_THERE, number=number)
        return
    try:
        found = storage.digest(target / vault.MANIFEST)
        names = [vault.MANIFEST, *vault.manifest(target)]
    except (OSError, Damaged):
        yield ScanpipeError(NOT_THERE, number=number)
        return
    if found != filed.manifest_sha256:
        yield ScanpipeError(OTHER, number=number)
        return
    names += [f"{vault.META}/{name}" for name in promised.metas.get(filed.accession_id, {})]
    wrong = [name for name in names if _length(target / name) != _length(source / name) or _length(target / name) is None]
    if wrong:
        yield ScanpipeError(FILES, number=number, names=", ".join(wrong))


def _length(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
