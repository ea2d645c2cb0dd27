"""Files and databases copied to another disk: whole, durable and read back, or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from scanpipe import storage, tombstone, vault
from scanpipe.catalogue.database import DatabaseError, open_reader, sqlite3
from scanpipe.catalogue.journal import Event
from scanpipe.errors import Damaged
from scanpipe.i18n import N_

_PART = ".scanpipe-part"
_DATABASE_MODE = 0o600


class NotCopied(Damaged):
    """The copy is not what was to be copied; it was not put in its place."""

    template = N_("{path} does not hold the bytes that it should: expected {expected}, found {found}. It was not copied.")


def digest_from_disk(path: Path) -> str:
    """sha256 of the file as the disk has it, where the system can be told to forget what it remembers of it."""
    with path.open("rb") as file, suppress(OSError):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return storage.digest(path)


def part_of(path: Path) -> Path:
    """Where a file is written until it is whole."""
    return path.with_name(f".{path.name[:60]}{_PART}")


def is_part(path: Path) -> bool:
    return path.name.endswith(_PART)


def copy_file(source: Path, target: Path, sha256: str | None = None, *, length: int | None = None) -> str:
    """Puts a copy in the place of `target`, durable and read back; returns its sha256. sha256: what it must be. length: only so many bytes from the start.

    The mode is taken over where the filesystem has modes. Raises NotCopied, OSError.
    """
    staged = part_of(target)
    storage.remove(staged)
    storage.make_folder(target.parent)
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        found = _first_bytes(descriptor, staged, length) if length is not None else storage.copy_in(descriptor, staged, status.st_size)[0]
    finally:
        os.close(descriptor)
    read_back = digest_from_disk(staged)
    if read_back != (sha256 or found):
        storage.remove(staged)
        raise NotCopied(path=str(source), expected=sha256 or found, found=read_back)
    with suppress(PermissionError):
        staged.chmod(status.st_mode & 0o777)
    storage.rename(staged, target)
    storage.sync_folder(target.parent)
    return read_back


def _first_bytes(source: int, target: Path, length: int) -> str:
    with storage.NewFile(target) as file:
        left = length
        while left and (chunk := os.read(source, min(left, storage.CHUNK))):
            file.write(chunk)
            left -= len(chunk)
        file.sync()
    return storage.digest(target)


def copy_database(source: Path, target: Path) -> None:
    """A copy of a database as of one moment, also while others write to it. Raises NotCopied if SQLite finds a fault in the copy, OSError."""
    staged = part_of(target)
    for path in (staged, *(staged.with_name(f"{staged.name}{end}") for end in ("-wal", "-shm", "-journal"))):
        storage.remove(path)
    storage.make_folder(target.parent)
    os.close(os.open(staged, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _DATABASE_MODE))
    storage.before("write", staged)
    try:
        said = _backed_up(source, staged)
    except DatabaseError as error:
        said = str(error)
    if said != "ok":
        storage.remove(staged)
        raise NotCopied(N_("The database {path} could not be copied ({reason})."), path=str(source), reason=said)
    storage.sync_file(staged)
    storage.rename(staged, target)
    storage.sync_folder(target.parent)


def _backed_up(source: Path, target: Path) -> str:
    origin, copy = open_reader(source), sqlite3.connect(str(target), isolation_level=None)
    try:
        origin.conn.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file by itself
        return str(copy.execute("PRAGMA integrity_check(1)").fetchone()[0])
    finally:
        copy.close()
        origin.conn.close()


def copy_record(source: Path, target: Path, staging: Path, manifest_sha256: str) -> int:
    """A record folder without what was changed later, published by one rename in the place of one that is not whole; returns its bytes.

    staging: a folder on the filesystem of `target`. Raises Damaged, and leaves what lies at `target`, if the source is not what was filed; OSError.
    """
    staged = staging / target.name
    storage.remove_tree(staged)
    storage.make_folder(staged)
    try:
        return _copied_record(source, staged, target, manifest_sha256)
    except BaseException:
        with suppress(OSError):
            storage.remove_tree(staged)  # so that a full disk is not filled with remains
        raise


def _copied_record(source: Path, staged: Path, target: Path, manifest_sha256: str) -> int:
    copy_file(source / vault.MANIFEST, staged / vault.MANIFEST, manifest_sha256)
    promised = vault.manifest(staged)
    for name, sha256 in promised.items():
        copy_file(source / name, staged / name, sha256)
    size = sum(entry.stat().st_size for entry in os.scandir(staged))
    storage.make_folder(target.parent)
    if target.is_dir():  # a copy that is damaged; its whole one is durable beside it
        storage.remove_tree(target)
    storage.rename(staged, target)
    storage.sync_folder(target.parent)
    return size


def holds_record(folder: Path, manifest_sha256: str, *, thoroughly: bool) -> bool:
    """Whether the folder has this manifest and every file that it names; thoroughly: with the very bytes."""
    try:
        if storage.digest(folder / vault.MANIFEST) != manifest_sha256:
            return False
        if thoroughly:
            return not any(vault.deviations(folder, digest_from_disk))
        return vault.manifest(folder).keys() <= {entry.name for entry in os.scandir(folder)}
    except (OSError, Damaged):
        return False


def copy_metas(source: Path, target: Path, promised: dict[str, str]) -> int:
    """What people changed of a record, as the journal has it; returns how many files were copied. One that is not there yet comes another time."""
    copied = 0
    for name, sha256 in promised.items():
        path = target / vault.META / name
        known = path.is_file() and storage.digest(path) == sha256
        if known or not (source / vault.META / name).is_file():
            continue
        copy_file(source / vault.META / name, path, sha256)
        copied += 1
    return copied


def bury(source: Path, target: Path, end: Event) -> bool:
    """The copy of a record that was disposed of becomes a tombstone, too. False if it was one already."""
    if target.is_dir() and tombstone.is_put(target, end) and (target / vault.MANIFEST).is_file():
        return False
    promised = str(end.data["manifest_sha256"])
    manifest = target / vault.MANIFEST
    if not manifest.is_file() or storage.digest(manifest) != promised:
        copy_file(source / vault.MANIFEST, manifest, promised)
    tombstone.put(target, end)
    return True
