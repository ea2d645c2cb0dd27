"""intake: a settled file in a drop folder -> custody -> ACCESSIONED, then the source is taken away.

The sequence is reliability §5, steps 1-8. Every step is harmless when repeated. The daemon only opens, checks the structure and hashes: it never
parses. The pages of a scanner that writes a file for each lie in the drop folder until their run is whole (core/scans/sequences.py); then they go into
custody together, each as it came, in one container that is the record's original (container.py). What was joined is known file by file, so a run
whose taking-away was cut off is not filed again.
"""

import base64
import errno
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ulid import ULID

from scanpipe import container, inbox, storage
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Department, Settings
from scanpipe.core.model import PageFile
from scanpipe.core.scans.sequences import JOINED, Run, label, spelled
from scanpipe.core.scans.structure import completeness, sniff
from scanpipe.custody import Custody, Scan
from scanpipe.i18n import N_
from scanpipe.inbox import display_name
from scanpipe.storage import FileIdentity

HEAD = 1024

# Reasons for refusing a file: a clerk reads them beside it. Cause first, then what to do.
EMPTY = N_("The file is empty (0 bytes). Please scan the paper again.")
INCOMPLETE = N_("The file is cut off in the middle; the scanner did not finish it. Please scan the paper again.")
NOT_A_DOCUMENT = N_("This is not a scan that scanpipe can keep (PDF, TIFF, JPEG, PNG). Please save it in one of these forms and put it here again.")
NOT_REGULAR = N_("This is a link or a special file, not a document. Please put the document itself here.")
TOO_LARGE = N_("The file is larger than {limit} MB. Please scan in smaller batches or at 200-300 dpi.")
UNREADABLE = N_("scanpipe may not read this file. Please ask the administrator to check its permissions, then put it here again.")
# A reason for leaving it where it is
BUSY = N_("Another program is still writing this file.")


class Outcome(StrEnum):
    TAKEN = "taken"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one file, or of one run of page files. id: of the delivery, None when it waits. number: of its record, also for a duplicate."""

    outcome: Outcome
    id: str | None = None
    number: str | None = None
    reason: str = ""


LATER = Taken(outcome=Outcome.LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """A drop folder, open, so that a name means the same file throughout."""

    department: Department
    path: Path
    descriptor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """A complete document that lies in a drop folder. sha256: "" until it is read."""

    name: str
    seen: FileIdentity
    media_type: str
    sha256: str = ""
    key: str = ""


class _Written(Exception):
    """A writer is back at the file."""


class Intake:
    """Takes files of all sections, one scan at a time. Safe to call from any thread."""

    def __init__(self, settings: Settings, custody: Custody, clock: Callable[[], datetime]) -> None:
        self.settings, self.custody, self.clock = settings, custody, clock
        self.catalogue = custody.catalogue

    def take(self, department: Department, name: str, seen: FileIdentity, *, overdue: bool) -> Taken:
        """Takes a file that has been quiet. seen: as the looks saw it; anything else now means a writer is back (LATER).

        overdue: it stayed incomplete for too long, so it is refused now instead of waited for.
        Raises PlaceError if a disk, share or permission is at fault; nothing is half done then.
        """
        with self.custody.lock, self._opened(department) as folder:
            found = self._examined(folder, name, seen, overdue)
            return found if isinstance(found, Taken) else self._take_one(folder, found)

    def take_run(self, department: Department, run: Run, seen: Mapping[str, FileIdentity], overdue: Collection[str]) -> Taken:
        """Takes the pages of one scan as one record. seen: each as the looks saw it. overdue: names of those that stayed incomplete for too long.

        What is no page is refused, and the record says that its number is missing. As long as one page must wait, all wait (LATER).
        Raises PlaceError as `take` does.
        """
        with self.custody.lock, self._opened(department) as folder:
            whole, missing, refused = [], set(run.missing), LATER
            for name, number in zip(run.names, run.numbers, strict=True):
                found = self._examined(folder, name, seen[name], name in overdue)
                if isinstance(found, _Whole):
                    whole.append(found)
                elif found.outcome is Outcome.REJECTED:
                    missing.add(number)
                    refused = found
                else:
                    return found
            return self._take_pages(folder, whole, spelled(missing)) if whole else refused

    # --- one file ---

    @contextmanager
    def _opened(self, department: Department) -> Iterator[_Folder]:
        self.custody.let_in_late()
        path = self.settings.inbox(department)
        with storage.place(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield _Folder(department=department, path=path, descriptor=descriptor)
        finally:
            os.close(descriptor)

    def _examined(self, folder: _Folder, name: str, seen: FileIdentity, overdue: bool) -> Taken | _Whole:
        try:
            status = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return LATER  # its writer took it back
        if not storage.is_regular(status):
            return self._reject(folder, name, status, NOT_REGULAR)
        if FileIdentity.of(status) != seen:
            return LATER
        if status.st_size > self.settings.intake.max_bytes:
            return self._reject(folder, name, status, TOO_LARGE, limit=self.settings.intake.max_bytes // 1_000_000)
        try:
            source = _open(folder, name)
        except OSError as error:
            return self._not_opened(folder, name, status, error, overdue)
        try:
            return self._examined_open(folder, name, source, seen, overdue)
        finally:
            os.close(source)

    def _not_opened(self, folder: _Folder, name: str, status: os.stat_result, error: OSError, overdue: bool) -> Taken:
        if error.errno == errno.EAGAIN:  # another program holds a lease; the kernel takes it from it within a minute
            return Taken(outcome=Outcome.LATER, reason=BUSY)
        # EBUSY, EACCES, ETXTBSY are "later" on SMB shares; only their staying is a person's business (reliability §2 no. 11)
        if error.errno not in (errno.EBUSY, errno.EACCES, errno.EPERM, errno.ETXTBSY, errno.ENOENT, errno.ELOOP):
            raise storage.place_error(error, folder.path / name) from error
        return self._reject(folder, name, status, UNREADABLE) if overdue else Taken(outcome=Outcome.LATER, reason=BUSY)

    def _examined_open(self, folder: _Folder, name: str, source: int, seen: FileIdentity, overdue: bool) -> Taken | _Whole:
        status = os.fstat(source)
        if FileIdentity.of(status) != seen or not storage.is_regular(status):
            return LATER
        leased = inbox.lease_granted(source)
        if leased is False and not overdue:
            return Taken(outcome=Outcome.LATER, reason=BUSY)
        media_type, fault = _examine(source, status.st_size)
        if fault == NOT_A_DOCUMENT and leased:
            overdue = True  # nobody writes it any more: waiting would not make it a document
        if fault:
            return self._reject(folder, name, status, fault) if overdue else Taken(outcome=Outcome.LATER, reason=fault)
        assert media_type is not None
        return _Whole(name=name, seen=seen, media_type=media_type)

    def _take_one(self, folder: _Folder, file: _Whole, missing: str = "") -> Taken:
        with self.custody.staging(file.seen.size) as staged:
            try:
                copied = _copied(folder, file, staged / "original")
            except _Written:
                return LATER
            known = self.catalogue.delivery_by_key(copied.key)
            if known is not None:
                return self._seen_again(folder, copied, dict(known))
            origin = {"raw_name": _raw(file.name), "source": _source(file.seen)}
            scan = self._scan(folder, [copied], copied.key, copied.sha256, file.seen.size, missing, origin)
            return self._kept(folder, [copied], staged, scan)

    # --- the pages of a run ---

    def _take_pages(self, folder: _Folder, pages: Sequence[_Whole], missing: str) -> Taken:
        """Pages that are known were joined before their taking-away was cut off: they are only taken away. The others are the scan."""
        fresh, last = [], LATER
        for page in pages:
            try:
                read = _read(folder, page)
            except _Written:
                return LATER
            known = self.catalogue.delivery_by_key(read.key)
            if known is None:
                fresh.append(read)
            else:
                last = self._seen_again(folder, read, dict(known))
        if not fresh:
            return last
        return self._take_one(folder, fresh[0], missing) if len(fresh) == 1 else self._join(folder, fresh, missing)

    def _join(self, folder: _Folder, pages: Sequence[_Whole], missing: str) -> Taken:
        with self.custody.staging(sum(page.seen.size for page in pages)) as staged:
            original = staged / "original"
            try:
                stored = list(container.write(original, _one_by_one(folder, pages)))
            except _Written:
                return LATER
            if stored != [page.sha256 for page in pages]:
                return LATER
            key = hashlib.sha256("\0".join(page.key for page in pages).encode()).hexdigest()
            origin = {"raw_names": [_raw(page.name) for page in pages], "sources": [_source(page.seen) for page in pages]}
            scan = self._scan(folder, pages, key, storage.digest(original), original.stat().st_size, missing, origin)
            return self._kept(folder, pages, staged, scan)

    # --- custody ---

    def _scan(self, folder: _Folder, files: Sequence[_Whole], key: str, sha256: str, size: int, missing: str, origin: Mapping[str, Any]) -> Scan:
        """sha256, size: of the original. missing: page numbers that the scanner's names leave out, "" for none."""
        joined = len(files) > 1
        said: dict[str, str] = {}
        for file in files:
            said = {**inbox.said_by_sidecars(folder.path, file.name), **said}
        return Scan(
            department=folder.department.code,
            name=label([display_name(file.name) for file in files]),
            sha256=sha256,
            bytes=size,
            media_type=JOINED if joined else files[0].media_type,
            key=key,
            received=self.clock(),
            duplex=None if folder.department.duplex == "auto" else bool(folder.department.duplex),
            declared={**said, **({"missing": missing} if missing else {})},
            origin=origin,
            files=tuple(PageFile(name=display_name(file.name), sha256=file.sha256, bytes=file.seen.size) for file in files) if joined else (),
            file_keys=tuple(file.key for file in files) if joined else (),
        )

    def _kept(self, folder: _Folder, files: Sequence[_Whole], staged: Path, scan: Scan) -> Taken:
        kept = self.custody.keep(staged, scan)
        self._take_away(folder, files, kept.id, range(1, len(files) + 1) if scan.files else [None])
        return Taken(outcome=Outcome.DUPLICATE if kept.duplicate else Outcome.TAKEN, id=kept.id, number=kept.number)

    def _seen_again(self, folder: _Folder, file: _Whole, known: Mapping[str, Any]) -> Taken:
        """Its first taking-away was cut off, or its host brought it back: taken away once more, filed never again."""
        self._take_away(folder, [file], known["id"], [known["place"]])
        return Taken(outcome=Outcome.DUPLICATE if known["outcome"] == "duplicate" else Outcome.TAKEN, id=known["id"])

    def _take_away(self, folder: _Folder, files: Sequence[_Whole], id: str, places: Sequence[int | None]) -> None:
        taken = self.settings.taken_of(folder.department)
        with storage.place(folder.path / files[0].name):
            moved = [inbox.take_away(folder.path, file.name, file.seen, taken, id, place) for file, place in zip(files, places, strict=True)]
            if any(moved):
                storage.sync_folder(taken)  # first: a file is never at neither place
                storage.sync_folder(folder.path)

    # --- refusals ---

    def _reject(self, folder: _Folder, name: str, status: os.stat_result, reason: str, **params: object) -> Taken:
        """Into 要確認, with the reason beside it. The row comes first: if the move is cut off, the next look ends it."""
        code = folder.department.code
        key = delivery_key(code, name, FileIdentity.of(status), "rejected")
        known = self.catalogue.delivery_by_key(key)
        id = known["id"] if known else str(ULID())
        if known is None:
            fields = {"id": id, "department": code, "name": display_name(name), "sha256": None, "bytes": status.st_size}
            self.catalogue.rejected({**fields, "received": self.clock().isoformat(), "reason": reason, "params": params}, key)
        with storage.place(folder.path):
            inbox.put_aside(folder.path, name, reason, params, self.settings.site.language)
        return Taken(outcome=Outcome.REJECTED, id=id, reason=reason)


# --- the bytes of a file in a drop folder ---


@contextmanager
def _reading(folder: _Folder, file: _Whole) -> Iterator[int]:
    """The file, open. Raises _Written, at the end again, if it is not what the looks saw: a pipe, say, that has taken its name."""
    try:
        source = _open(folder, file.name)
    except OSError as error:
        raise _Written from error
    try:
        _check(source, file)
        yield source
        _check(source, file)
    finally:
        os.close(source)


def _check(source: int, file: _Whole) -> None:
    if FileIdentity.of(os.fstat(source)) != file.seen:
        raise _Written


def _open(folder: _Folder, name: str) -> int:
    return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder.descriptor)


def _copied(folder: _Folder, file: _Whole, target: Path) -> _Whole:
    with _reading(folder, file) as source:
        sha256, copied = storage.copy_in(source, target, file.seen.size)
    if copied != file.seen.size:
        raise _Written
    return _with_digest(folder, file, sha256)


def _read(folder: _Folder, file: _Whole) -> _Whole:
    with storage.place(folder.path / file.name), _reading(folder, file) as source, open(source, "rb", closefd=False) as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return _with_digest(folder, file, sha256)


def _with_digest(folder: _Folder, file: _Whole, sha256: str) -> _Whole:
    return replace(file, sha256=sha256, key=delivery_key(folder.department.code, file.name, file.seen, sha256))


def _one_by_one(folder: _Folder, files: Sequence[_Whole]) -> Iterator[tuple[int, str]]:
    """Never all open at once: a run may have more pages than a process may have files."""
    for file in files:
        with _reading(folder, file) as source:
            yield source, file.media_type


# --- purge ---


def purge_taken(settings: Settings, catalogue: Catalogue, now: datetime) -> int:
    """Removes sources taken more than `taken_days` ago whose bytes are still those in custody; returns how many.

    Different bytes mean that a late writer wrote on after the taking: that file goes back into its drop folder as a new delivery.
    """
    removed = 0
    for department in settings.departments:
        taken = settings.taken_of(department)
        for entry in sorted(os.scandir(taken), key=lambda found: found.name) if taken.is_dir() else []:
            taken_at = _taken_at(entry.name)
            if taken_at is not None and (now - taken_at).days >= settings.intake.taken_days:
                removed += _purge(Path(entry.path), settings.inbox(department), catalogue)
    return removed


def purge_deliveries(settings: Settings, catalogue: Catalogue, ids: Collection[str]) -> int:
    """Removes what is kept of these deliveries in taken/, however new: their records were disposed of. Late writers' files go back as `purge_taken` says."""
    removed = 0
    for department in settings.departments if ids else ():
        taken = settings.taken_of(department)
        with storage.place(taken):
            names = [entry.name for entry in os.scandir(taken) if entry.name.partition(".")[0] in ids] if taken.is_dir() else []
        removed += sum(_purge(taken / name, settings.inbox(department), catalogue) for name in sorted(names))
    return removed


def _taken_at(name: str) -> datetime | None:
    try:
        return ULID.from_str(name.partition(".")[0]).datetime
    except ValueError:
        return None


def _purge(path: Path, folder: Path, catalogue: Catalogue) -> int:
    page = re.search(rf"\{inbox.PAGE}(\d+)\Z", path.name)
    row = catalogue.delivered(path.name.partition(".")[0], int(page[1]) if page else None)
    if row is None:
        return 0  # not ours to judge
    with storage.place(path):
        if inbox.SIDECAR in path.name or storage.digest(path) == row["sha256"]:
            storage.remove(path)
        else:
            storage.rename(path, inbox.free_name(folder / row["name"]))
            storage.sync_folder(folder)
        storage.sync_folder(path.parent)
    return 1


# --- keys, and what the receipt tells ---


def delivery_key(department: str, name: str, seen: FileIdentity, sha256: str) -> str:
    """The same file in the same place has the same key, however often it is seen. 64 hex digits."""
    parts = (department.encode(), os.fsencode(name), *(str(n).encode() for n in (seen.inode, seen.size, seen.modified)), sha256.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _raw(name: str) -> str:
    return base64.b64encode(os.fsencode(name)).decode()


def _source(seen: FileIdentity) -> dict[str, int]:
    return {"inode": seen.inode, "size": seen.size, "modified": seen.modified, "changed": seen.changed}


# --- what the daemon may know of a file without parsing it ---


def _examine(source: int, size: int) -> tuple[str | None, str]:
    """(media type, "") of a complete document, else (None, why not)."""
    if size == 0:
        return None, EMPTY
    head = os.pread(source, HEAD, 0)
    media_type = sniff(head)
    if media_type is None:
        return None, NOT_A_DOCUMENT if head.strip(b"\0") else INCOMPLETE
    if not completeness(media_type, lambda offset, length: os.pread(source, length, offset), size):
        return None, INCOMPLETE
    return media_type, ""
