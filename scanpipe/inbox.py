"""A section's drop folder and the folder of what was taken from it: names as people see them, companion files, moving away, putting aside."""

import errno
import fcntl
import os
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ulid import ULID

from scanpipe import storage
from scanpipe.core.scans.readiness import ATTENTION_FOLDER, SENTINEL
from scanpipe.core.scans.sidecar import MOST_BYTES, declared, names_for
from scanpipe.i18n import _, speaking
from scanpipe.storage import FileIdentity

SIDECAR = ".sidecar"  # in taken/: <ULID>.sidecar.xml
PAGE = ".page"  # in taken/: <ULID>.page12, a file of a joined scan


def take_away(inbox: Path, name: str, seen: FileIdentity, taken: Path, id: str, place: int | None = None) -> bool:
    """Moves a file whose bytes are in custody, and its sidecars, from the drop folder to `taken`; False if another file has its name by now.

    place: of a page file in its joined scan, from 1. Both folders are still to be synced.
    """
    target = taken / (id if place is None else f"{id}{PAGE}{place}")
    try:
        if FileIdentity.of(os.lstat(inbox / name)) != seen:
            return False  # it is looked at like any other
        storage.make_folder(taken)  # only now: a share that is not mounted any more has no file, and gets no folder below its mount point
        target = free_name(target)
        for sidecar in sidecars(inbox, name):  # before the scan: alone they would be taken for documents
            storage.rename(sidecar, free_name(taken / f"{id}{SIDECAR}{sidecar.suffix.lower()}"))
        storage.rename(inbox / name, target)
    except FileNotFoundError:
        return False
    if not _is_same(FileIdentity.of(os.lstat(target)), seen):  # put there between the look and the move: it is looked at like any other
        storage.rename(target, free_name(inbox / name))
        return False
    return True


def _is_same(moved: FileIdentity, seen: FileIdentity) -> bool:
    """A move changes ctime and nothing else."""
    return replace(moved, changed=seen.changed) == seen


def put_aside(inbox: Path, name: str, reason: str, params: Mapping[str, object], language: str) -> None:
    """Into 要確認, with the sentence beside it. reason: a message id."""
    aside = inbox / ATTENTION_FOLDER
    os.lstat(inbox / name)  # before anything is made: the share may not be mounted any more
    if not aside.is_dir():
        storage.make_folder(aside, 0o770)
    target = free_name(aside / name)
    with speaking(language):
        sentence = _(reason).format(**params)
    says = f"{display_name(name)}\r\n\r\n{sentence}\r\n".encode("utf-8-sig")
    storage.put(target.with_name(reason_name(target.name)), says, 0o664)  # before the file: it is never there without its reason
    storage.rename(inbox / name, target)
    storage.sync_folder(aside)
    storage.sync_folder(inbox)


def deliver(inbox: Path, name: str, source: int) -> str:
    """Puts a copy of what `source` holds into the drop folder, whole at once; the name that it got there, which is another where `name` is taken.

    source: a regular file, open for reading. Two that deliver the same name at once get different ones.
    The folder is still to be synced. Raises PlaceError.
    """
    if not (inbox / SENTINEL).exists():
        raise storage.PlaceGone(path=str(inbox))
    with storage.place(inbox):
        staged = inbox / f".scanpipe-{ULID()}.tmp"
        try:
            storage.copy_in(source, staged, os.fstat(source).st_size)
            target = _reserved(inbox / name)
            storage.rename(staged, target)
        finally:
            storage.remove(staged)
    return target.name


def _reserved(path: Path) -> Path:
    """A free name, taken by an empty file of ours."""
    for candidate in _numbered(path):
        try:
            os.close(os.open(candidate, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640))
        except FileExistsError:
            continue
        return candidate
    raise AssertionError(path)


def lease_granted(source: int) -> bool | None:
    """Whether nobody has the file open for writing: the kernel grants a read lease only then. None where there are no leases."""
    try:
        fcntl.fcntl(source, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return False if error.errno == errno.EAGAIN else None
    fcntl.fcntl(source, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True


# --- sidecars ---


def sidecars(inbox: Path, name: str) -> list[Path]:
    """The scan's companion files that lie beside it: plain files of a sensible size, nothing that a link points to."""
    found = (inbox / sidecar for sidecar in names_for(name))
    return [path for path in found if os.path.lexists(path) and storage.is_regular(status := path.lstat()) and status.st_size <= MOST_BYTES]


def said_by_sidecars(inbox: Path, name: str) -> dict[str, str]:
    """What they declare; a later one says nothing that an earlier one has said. One that cannot be opened declares nothing and is kept all the same."""
    said: dict[str, str] = {}
    for path in sidecars(inbox, name):
        with suppress(OSError):
            said = {**declared(path.name, _read_small(path)), **said}
    return said


def _read_small(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        # looked at once more now that it is open: a name may come to mean another file between two calls
        return os.read(descriptor, MOST_BYTES) if storage.is_regular(os.fstat(descriptor)) else b""
    finally:
        os.close(descriptor)


# --- names ---


def display_name(name: str) -> str:
    """The sender's name as people see it: NFC; bytes that are no text and control signs as escapes."""
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))
    return "".join(sign if sign.isprintable() or sign == "　" else f"\\u{ord(sign):04X}" for sign in text)


def reason_name(name: str) -> str:
    """`<name>.理由.txt`, cut so that it stays a legal file name (255 bytes)."""
    suffix = ".理由.txt"
    return _cut(name, 255 - len(suffix.encode())) + suffix


def free_name(path: Path) -> Path:
    """The path, or with .2, .3, … before its extension if that name is taken already."""
    candidates = _numbered(path)
    return next(candidate for candidate in candidates if not os.path.lexists(candidate))


def _cut(name: str, room: int) -> str:
    """The beginning of a name in so many bytes, no sign of it halved."""
    while len(os.fsencode(name)) > room:
        name = name[:-1]
    return name


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    for n in range(2, 1_000_000):
        suffix = f".{n}{path.suffix}"
        yield path.with_name(_cut(path.stem, 255 - len(os.fsencode(suffix))) + suffix)
