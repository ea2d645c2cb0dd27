"""Durable bytes: staged copies, digests, publishing by rename, syncing of folders. The only module that moves custody's files.

The order is always bytes, fsync, name, fsync of the folder; a row in the catalogue comes after that, and only then is anything removed.
`before` is called ahead of every system call that changes the disk, with the call's name and its path: tests cut the power there.
A failed write or fsync is final (Linux drops the dirty page): the caller abandons the file, it never syncs the same descriptor again.
"""

import ctypes
import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from scanpipe.errors import Damaged, PlaceError
from scanpipe.i18n import N_

CHUNK = 1 << 20

before: Callable[[str, Path], None] = lambda call, path: None  # noqa: E731  (a plain seam for crash tests)


class DiskFull(PlaceError):
    template = N_("The disk of {path} is full. Free space or enlarge it; scanpipe goes on by itself.")


class ReadOnlyPlace(PlaceError):
    template = N_("{path} is on a filesystem that can only be read. Mount it writable; scanpipe goes on by itself.")


class NoPermission(PlaceError):
    template = N_("scanpipe may not write {path}. Give its user the permission; scanpipe goes on by itself.")


class PlaceGone(PlaceError):
    template = N_("{path} is not there. Is its disk or share mounted? scanpipe goes on by itself when it is back.")


class TooManyOpen(PlaceError):
    template = N_("scanpipe may not open more files ({reason}), so {path} cannot be opened. Raise LimitNOFILE of its service; scanpipe tries again by itself.")


class DiskFault(PlaceError):
    template = N_("The disk of {path} reports an error ({reason}). Check it soon; scanpipe tries again by itself.")


_PLACE_ERRORS: dict[int, type[PlaceError]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EROFS: ReadOnlyPlace,
    errno.EACCES: NoPermission,
    errno.EPERM: NoPermission,
    errno.ENOENT: PlaceGone,
    errno.ENOTDIR: PlaceGone,
    errno.ESTALE: PlaceGone,
    errno.ENODEV: PlaceGone,
    errno.ENOTCONN: PlaceGone,
    errno.EMFILE: TooManyOpen,
    errno.ENFILE: TooManyOpen,
}


def place_error(error: OSError, path: Path) -> PlaceError:
    """The place's fault that this error of the system means, as a sentence with a remedy."""
    kind = _PLACE_ERRORS.get(error.errno or 0, DiskFault)
    return kind(path=str(path), reason=os.strerror(error.errno) if error.errno else str(error))


@contextmanager
def place(path: Path) -> Iterator[None]:
    """System errors inside become the fault of the place that `path` lies in."""
    try:
        yield
    except OSError as error:
        raise place_error(error, path) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIdentity:
    """What a file on a share was when we looked: a change of any of these means a writer was there. Times in nanoseconds."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> "FileIdentity":
        return cls(device=status.st_dev, inode=status.st_ino, size=status.st_size, modified=status.st_mtime_ns, changed=status.st_ctime_ns)


def make_folder(path: Path, mode: int = 0o750) -> None:
    """The folder and its parents, each level durable. Existing ones are left as they are."""
    if path.is_dir():
        return
    make_folder(path.parent, mode)
    before("mkdir", path)
    with suppress(FileExistsError):
        path.mkdir(mode=mode)
        path.chmod(mode)  # whatever the umask says
    sync_folder(path.parent)


def make_staging(path: Path) -> None:
    """A new folder for what is not yet to be kept. Its own name is not synced: recovery removes it, and the rename that publishes it is."""
    before("mkdir", path)
    path.mkdir(mode=0o750)
    path.chmod(0o750)


def sync_folder(path: Path) -> None:
    """The names in this folder survive a power cut."""
    before("fsync", path)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_filesystem(path: Path) -> None:
    """All that was written to the filesystem of this path, by whom ever, survives a power cut: also what a killed process had not come to sync."""
    before("syncfs", path)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syncfs(descriptor):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """The bytes of a file that another process wrote survive a power cut."""
    before("fsync", path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class NewFile(io.FileIO):
    """A file that was not there before, open for writing. Raises FileExistsError; a link in the way is not followed."""

    def __init__(self, path: Path, mode: int = 0o640) -> None:
        before("open", path)
        self.path = path
        super().__init__(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, mode), "r+b")

    def write(self, data: Any, /) -> int:
        """All of it, or an error."""
        _write_all(self.fileno(), data, self.path)
        return memoryview(data).nbytes

    def sync(self) -> None:
        """The bytes survive a power cut; the name does after sync_folder."""
        before("fsync", self.path)
        os.fsync(self.fileno())


def write_new(path: Path, data: bytes, mode: int = 0o640) -> None:
    """A new file with these bytes, durable (its name only after sync_folder). Raises FileExistsError."""
    with NewFile(path, mode) as file:
        file.write(data)
        file.sync()


def _write_all(descriptor: int, data: Any, path: Path) -> None:
    view = memoryview(data)
    while view:
        before("write", path)
        view = view[os.write(descriptor, view) :]


def copy_in(source: int, target: Path, expected: int) -> tuple[str, int]:
    """Copies the open file `source` into the new file `target`, durable. Returns (sha256, bytes copied).

    Space for `expected` bytes is reserved first, so that a full disk shows before the copy and not in the middle.
    """
    with NewFile(target) as file:
        if expected:
            before("fallocate", target)
            _reserve(file.fileno(), expected)
        sha256, copied = pour(source, file)
        file.truncate(copied)
        file.sync()
    return sha256, copied


def pour(source: int, target: IO[bytes] | NewFile) -> tuple[str, int]:
    """Writes all that is in the open file `source` to `target`. Returns (sha256, bytes)."""
    digest, copied = hashlib.sha256(), 0
    os.lseek(source, 0, os.SEEK_SET)
    while chunk := os.read(source, CHUNK):
        digest.update(chunk)
        target.write(chunk)
        copied += len(chunk)
    return digest.hexdigest(), copied


def _reserve(descriptor: int, length: int) -> None:
    try:
        os.posix_fallocate(descriptor, 0, length)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
            raise


def replace(path: Path, data: bytes, mode: int = 0o644, *, durable: bool = False) -> None:
    """The file now holds these bytes, the old ones or the new ones, never a mixture.

    durable: after a power cut, too, once sync_folder made the name so. Else not synced: for lists that can be made again.
    """
    staged = path.with_name(f".{path.name[:60]}.scanpipe-tmp")
    remove(staged)
    with NewFile(staged, mode) as file:
        file.write(data)
        if durable:
            file.sync()
    rename(staged, path)


def put(path: Path, data: bytes, mode: int = 0o640) -> None:
    """As `replace`, durable on return: after a power cut, too, the file holds the old bytes or the new ones."""
    replace(path, data, mode, durable=True)
    sync_folder(path.parent)


def rename(source: Path, target: Path) -> None:
    """Moves a name. A folder that exists and is not empty makes it fail (ENOTEMPTY or EEXIST): one winner."""
    before("rename", target)
    source.rename(target)


def link(source: Path, target: Path) -> None:
    """A second name for the same bytes; never overwrites (FileExistsError)."""
    before("link", target)
    os.link(source, target, follow_symlinks=False)


def remove(path: Path) -> None:
    """Takes a file's name away; no error if it is gone already."""
    before("unlink", path)
    path.unlink(missing_ok=True)


def is_empty(path: Path) -> bool:
    """A folder with nothing in it."""
    return path.is_dir() and not any(os.scandir(path))


def remove_tree(path: Path) -> None:
    """Takes a folder of ours away with all in it; no error if it is gone already. Never follows links."""
    if not path.is_dir() or path.is_symlink():
        return
    for entry in list(os.scandir(path)):
        if entry.is_dir(follow_symlinks=False):
            remove_tree(Path(entry.path))
        else:
            remove(Path(entry.path))
    before("rmdir", path)
    path.rmdir()


def digest(path: Path) -> str:
    """sha256 of the file's bytes, 64 hex digits, read from the start."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path, sha256: str) -> None:
    """Raises Damaged if the bytes are not those of the digest, or the file is gone while the place that it lay in is there."""
    try:
        found = digest(path)
    except FileNotFoundError:
        if not path.parent.parent.is_dir():
            raise
        raise Damaged(N_("{path} is missing."), path=str(path)) from None
    if found != sha256:
        raise Damaged(N_("{path} does not hold the bytes that were taken: expected {expected}, found {found}."), path=str(path), expected=sha256, found=found)


def is_regular(status: os.stat_result) -> bool:
    """A plain file with one name; not a link, folder, FIFO, socket or device."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


class Appender:
    """A file that only grows, by durable lines."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file; a torn last line (power cut in the middle of a write) is cut off."""
        make_folder(path.parent)
        self.path = path
        known = path.exists()
        before("open", path)
        self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
        if not known:
            sync_folder(path.parent)
        self._cut_torn_line()

    def _cut_torn_line(self) -> None:
        size = os.fstat(self._descriptor).st_size
        position, keep = size, 0
        while position > 0:
            start = max(0, position - CHUNK)
            newline = os.pread(self._descriptor, position - start, start).rfind(b"\n")
            if newline >= 0:
                keep = start + newline + 1
                break
            position = start
        if keep != size:
            before("ftruncate", self.path)
            os.ftruncate(self._descriptor, keep)
            before("fsync", self.path)
            os.fsync(self._descriptor)

    def append(self, *lines: bytes) -> None:
        """Adds lines (without their newlines), durable on return. On any error the file is as before; after a crash the first of them may be there."""
        start = os.fstat(self._descriptor).st_size
        try:
            _write_all(self._descriptor, b"".join(line + b"\n" for line in lines), self.path)
            before("fsync", self.path)
            os.fsync(self._descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._descriptor, start)
            raise

    def close(self) -> None:
        os.close(self._descriptor)
