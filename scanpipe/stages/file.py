"""file: DESCRIBED -> FILED. One directory rename publishes the record folder in the vault; a hard link shows it in the cabinet.

The sequence is reliability §5, steps 11-12 and 14. Every step is harmless when repeated: a folder that is there already was this record's.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from scanpipe import storage, vault
from scanpipe.config import Layout, Settings
from scanpipe.core.corrections import Correction
from scanpipe.core.describing.naming import cabinet_folder, slug
from scanpipe.core.model import UNCLASSIFIED, Accession, Description, Filing, Recognition
from scanpipe.vault import RecordDamaged
from scanpipe.workbench import Workbench

CABINET_MODE = 0o2750


def file(accession: Accession, recognition: Recognition, description: Description, settings: Settings, bench: Workbench) -> Filing:
    """Puts the record where it stays. Raises PlaceError if a disk is at fault, Damaged if bytes in custody are not what was taken."""
    layout = settings.layout
    path = cabinet_path(accession, description, settings)
    folder = layout.archive / vault.relative_folder(accession)
    with storage.place(folder):
        if folder.exists() and not storage.is_empty(folder):
            manifest = _verified(folder, accession)
            path = vault.read(folder).filing.path
        else:
            manifest = _publish(folder, path, accession, recognition, description, layout, bench)
        if path is not None:
            link_into_cabinet(layout, folder, PurePosixPath(path), accession.department, settings)
    return Filing(accession_id=accession.id, path=path, vault_path=str(vault.relative_folder(accession)), manifest_sha256=manifest)


def refile(accession: Accession, corrections: Sequence[Correction], settings: Settings) -> Filing:
    """After a correction: each is kept in the record folder as meta/000N.json, and the cabinet shows the record where it belongs now.

    The record's own bytes are checked and never written. corrections: all of them, the last one counts. Raises as `file` does.
    """
    layout = settings.layout
    folder = layout.archive / vault.relative_folder(accession)
    path = corrections[-1].path
    with storage.place(folder):
        manifest = _verified(folder, accession)
        vault.append_meta(folder, corrections)
        earlier = [vault.read(folder).filing.path, *(one.path for one in corrections)]
        for old in sorted({one for one in earlier if one is not None} - {path}):
            unlink_from_cabinet(layout, PurePosixPath(old))
        if path is not None:
            link_into_cabinet(layout, folder, PurePosixPath(path), accession.department, settings)
    return Filing(accession_id=accession.id, path=path, vault_path=str(vault.relative_folder(accession)), manifest_sha256=manifest)


def unlink_from_cabinet(layout: Layout, path: PurePosixPath) -> None:
    """A record's number is part of its name, so that a path is never another record's."""
    target = layout.archive / path
    if target.exists():
        storage.remove(target)
        storage.sync_folder(target.parent)


def cabinet_path(accession: Accession, description: Description, settings: Settings) -> str | None:
    """Where people browse: `cabinet/<section>/<年度>/<category>_<period>/<name>`. None for restricted records and for batches, whose parts are shown."""
    category = settings.schedule.categories.get(description.category)
    unknown = category is None and description.category != UNCLASSIFIED  # taken out of the schedule since: perhaps it was a restricted one
    if description.is_batch or unknown or description.restricted or (category is not None and category.restricted):
        return None
    section = next((slug(f"{d.code}_{d.name}") for d in settings.departments if d.code == accession.department), slug(accession.department))
    return str(PurePosixPath("cabinet", section, f"{description.fiscal_year}年度", cabinet_folder(category, description.retention), description.name))


def _publish(folder: Path, path: str | None, accession: Accession, recognition: Recognition, description: Description, layout: Layout, bench: Workbench) -> str:
    storage.make_folder(folder.parent)
    staged = layout.archive_tmp / accession.id
    storage.remove_tree(staged)
    access = bench.access_copy(accession.id) if recognition.access_sha256 else None
    manifest = vault.write(staged, layout.spool_new / accession.id / "original", access, accession, recognition, description, path)
    storage.rename(staged, folder)  # filed
    storage.sync_folder(folder.parent)
    storage.sync_folder(layout.archive_tmp)
    return manifest


def _verified(folder: Path, accession: Accession) -> str:
    """The manifest's digest of a folder that an earlier run published. Raises Damaged if it is another record's or not whole."""
    for damage in vault.deviations(folder):
        raise damage
    if vault.read(folder).accession.id != accession.id:
        raise RecordDamaged(vault.STRANGER, folder=str(folder), name=vault.RECORD)
    storage.sync_folder(folder.parent)
    return storage.digest(folder / vault.MANIFEST)


def adopt(accession: Accession, settings: Settings, bench: Workbench) -> Filing | None:
    """What an earlier run published for this scan before it could tell the catalogue; None if it published nothing.

    Its facts in the vault stand, whatever another reading or another schedule would say now. Raises as `file` does.
    """
    folder = settings.layout.archive / vault.relative_folder(accession)
    if not folder.exists() or storage.is_empty(folder):  # a record is synced before its rename: an empty folder never was one
        return None
    record = vault.read(folder)
    return file(accession, record.recognition, record.description, settings, bench)


def link_into_cabinet(layout: Layout, folder: Path, path: PurePosixPath, department: str, settings: Settings) -> None:
    """Shows the record (its access copy, else its original) under its name. Repeating it changes nothing."""
    source = folder / vault.ACCESS
    if not source.exists():
        source = next(folder.glob("original.*"))
    target = layout.archive / path
    storage.make_folder(target.parent, CABINET_MODE)
    _give_to_group(layout, target.parent, department, settings)
    if target.exists():
        if target.samefile(source):
            return
        storage.remove(target)  # the cabinet is only a view: what is wrong in it is replaced
    storage.link(source, target)
    storage.sync_folder(target.parent)


def _give_to_group(layout: Layout, folder: Path, department: str, settings: Settings) -> None:
    group = next((d.group for d in settings.departments if d.code == department), "")
    if not group:
        return
    while folder != layout.cabinet:
        if folder.group() != group:
            shutil.chown(folder, group=group)
            folder.chmod(CABINET_MODE)
        folder = folder.parent


def tidy(accession: Accession, layout: Layout, bench: Workbench) -> None:
    """After the commit: what is in the vault need not be in the spool any more."""
    spooled = layout.spool_new / accession.id
    done = layout.spool_tmp / f"{accession.id}.done"
    with storage.place(spooled):
        if spooled.exists():
            storage.remove_tree(done)
            storage.rename(spooled, done)
            storage.sync_folder(layout.spool_new)
        storage.remove_tree(done)
    bench.forget(accession.id, accession.sha256)
