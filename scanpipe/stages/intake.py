"""intake: a settled file in a drop folder -> custody -> ACCESSIONED, then the source is taken away.

The sequence is reliability §5, steps 1-8. Custody begins with the rename into spool/new: from there scanpipe alone can finish,
catalogue or no catalogue. Every step is harmless when repeated. The daemon only opens, checks the structure and hashes: it never parses.
"""

import base64
import errno
import fcntl
import hashlib
import json
import os
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

import structlog
from ulid import ULID

from scanpipe import storage
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Department, Settings
from scanpipe.core.batches import Part
from scanpipe.core.model import Accession
from scanpipe.core.readiness import ATTENTION_FOLDER
from scanpipe.core.serial import readable
from scanpipe.core.sidecar import MOST_BYTES, declared, names_for
from scanpipe.core.structure import PDF, completeness, sniff
from scanpipe.errors import Damaged
from scanpipe.i18n import N_, _, speaking
from scanpipe.storage import FileIdentity

log = structlog.get_logger()

HEAD = 1024
_SIDECAR = ".sidecar"  # in taken/: <ULID>.sidecar.xml

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
    """What became of one file. id: of the delivery, None when it waits. number: of its record, also for a duplicate."""

    outcome: Outcome
    id: str | None = None
    number: str | None = None
    reason: str = ""


LATER = Taken(outcome=Outcome.LATER)


class Intake:
    """Takes files of all sections, one at a time. Safe to call from any thread."""

    def __init__(self, settings: Settings, catalogue: Catalogue, clock: Callable[[], datetime]) -> None:
        self.settings, self.catalogue, self.clock = settings, catalogue, clock
        self.layout = settings.layout
        self._outside: list[Path] = []  # in custody, but a disk's fault kept them from the catalogue
        self._lock = threading.RLock()

    # --- one file ---

    def take(self, department: Department, name: str, seen: FileIdentity, *, overdue: bool) -> Taken:
        """Takes a file that has been quiet. seen: as the looks saw it; anything else now means a writer is back (LATER).

        overdue: it stayed incomplete for too long, so it is refused now instead of waited for.
        Raises PlaceError if a disk, share or permission is at fault; nothing is half done then.
        """
        with self._lock:
            self._let_in_late()
            inbox = self.settings.inbox(department)
            with storage.place(inbox):
                folder = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                return self._take_from(department, inbox, folder, name, seen, overdue)
            finally:
                os.close(folder)

    def _take_from(self, department: Department, inbox: Path, folder: int, name: str, seen: FileIdentity, overdue: bool) -> Taken:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return LATER  # its writer took it back
        if not storage.is_regular(status):
            return self._reject(department, inbox, name, status, NOT_REGULAR)
        if FileIdentity.of(status) != seen:
            return LATER
        if status.st_size > self.settings.intake.max_bytes:
            return self._reject(department, inbox, name, status, TOO_LARGE, limit=self.settings.intake.max_bytes // 1_000_000)
        try:
            source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except OSError as error:
            return self._not_opened(department, inbox, name, status, error, overdue)
        try:
            return self._take_open(department, inbox, name, source, seen, overdue)
        finally:
            os.close(source)

    def _not_opened(self, department: Department, inbox: Path, name: str, status: os.stat_result, error: OSError, overdue: bool) -> Taken:
        # EBUSY, EACCES, ETXTBSY are "later" on SMB shares; only their staying is a person's business (reliability §2 no. 11)
        if error.errno not in (errno.EBUSY, errno.EACCES, errno.EPERM, errno.ETXTBSY, errno.ENOENT, errno.ELOOP):
            raise storage.place_error(error, inbox / name) from error
        return self._reject(department, inbox, name, status, UNREADABLE) if overdue else Taken(outcome=Outcome.LATER, reason=BUSY)

    def _take_open(self, department: Department, inbox: Path, name: str, source: int, seen: FileIdentity, overdue: bool) -> Taken:
        status = os.fstat(source)
        if FileIdentity.of(status) != seen or not storage.is_regular(status):
            return LATER
        leased = _lease_granted(source)
        if leased is False and not overdue:
            return Taken(outcome=Outcome.LATER, reason=BUSY)
        media_type, fault = _examine(source, status.st_size)
        if fault == NOT_A_DOCUMENT and leased:
            overdue = True  # nobody writes it any more: waiting would not make it a document
        if fault:
            return self._reject(department, inbox, name, status, fault) if overdue else Taken(outcome=Outcome.LATER, reason=fault)
        assert media_type is not None
        return self._into_custody(department, inbox, name, source, seen, media_type)

    # --- custody ---

    def _into_custody(self, department: Department, inbox: Path, name: str, source: int, seen: FileIdentity, media_type: str) -> Taken:
        self._gate(seen.size)
        id = str(ULID())
        staged = self.layout.spool_tmp / id
        with storage.place(staged), _cleared(staged):
            storage.make_folder(staged)
            sha256, copied = storage.copy_in(source, staged / "original", seen.size)
            if copied != seen.size or FileIdentity.of(os.fstat(source)) != seen:
                return LATER
            key = delivery_key(department.code, name, seen, sha256)
            known = self.catalogue.delivery_by_key(key)
            if known is not None:
                return self._seen_again(department, inbox, name, seen, dict(known))
            twin = self.catalogue.same_bytes(department.code, sha256)
            fields = {"id": id, "department": department.code, "name": display_name(name), "sha256": sha256, "bytes": seen.size}
            if twin is not None:
                self.catalogue.duplicate({**fields, "received": self.clock().isoformat(), "duplicate_of": twin["id"]}, key)
                self._take_away(department, inbox, name, seen, id)
                return Taken(outcome=Outcome.DUPLICATE, id=id, number=twin["number"])
            duplex = None if department.duplex == "auto" else bool(department.duplex)
            facts = {**fields, "media_type": media_type, "duplex": duplex, "declared": _said_by_sidecars(inbox, name)}
            origin = {
                "raw_name": base64.b64encode(os.fsencode(name)).decode(),
                "source": {"inode": seen.inode, "size": seen.size, "modified": seen.modified, "changed": seen.changed},
            }
            accession = self._accept(facts, origin, key, self.clock(), staged)
        self._take_away(department, inbox, name, seen, id)
        return Taken(outcome=Outcome.TAKEN, id=id, number=accession.number)

    # --- a part of a batch ---

    def admit_part(self, batch: Accession, number: int, count: int, part: Part, path: Path, sha256: str, duplex: bool | None) -> str:
        """Takes a part of a batch into custody, as a delivery of the section that its cover names. number: from 1, of `count`. sha256: of the file at `path`.

        A part that is known is left as it is: harmless after a crash. Bytes that the section has already are a duplicate, as with any delivery.
        duplex: whether both sides were scanned, None = judge by page pairs. Returns the section's code. Raises PlaceError, or Damaged if the file has other bytes.
        """
        key, section = part_key(batch.id, number), self._section_of(part, batch)
        with self._lock:
            self._let_in_late()
            if self.catalogue.delivery_by_key(key) is not None:
                return section
            with storage.place(path):
                size = path.stat().st_size
            self._gate(size)
            staged = self.layout.spool_tmp / str(ULID())
            with storage.place(staged), _cleared(staged):
                storage.make_folder(staged)
                self._copy_part(path, staged / "original", size, sha256)
                fields = {"id": staged.name, "department": section, "name": part_name(batch.name, number), "sha256": sha256, "bytes": size}
                twin = self.catalogue.same_bytes(section, sha256)
                if twin is not None:
                    self.catalogue.duplicate({**fields, "received": batch.received.isoformat(), "duplicate_of": twin["id"]}, key)
                    return section
                facts = {**fields, "media_type": PDF, "duplex": duplex, "declared": declared_of(batch, number, count, part)}
                self._accept(facts, {"source": {"batch": batch.id, "pages": part.pages}}, key, batch.received, staged)
        return section

    def _copy_part(self, path: Path, target: Path, size: int, sha256: str) -> None:
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            found, _copied = storage.copy_in(source, target, size)
        finally:
            os.close(source)
        if found != sha256:
            raise Damaged(
                N_("{path} does not hold the bytes that were taken: expected {expected}, found {found}."), path=str(path), expected=sha256, found=found
            )

    def _section_of(self, part: Part, batch: Accession) -> str:
        wanted = part.cover.department if part.cover else None
        return wanted if wanted and any(section.code == wanted for section in self.settings.departments) else batch.department

    def _accept(self, facts: Mapping[str, Any], origin: Mapping[str, Any], key: str, at: datetime, staged: Path) -> Accession:
        """facts: of the accession; origin: where its bytes came from. The scan lies in `staged`, durable; from the rename on it is in custody."""
        receipt = {
            "schema": 1,
            **facts,
            "key": key,
            "received": at.isoformat(),
            **origin,
            "end": True,  # a receipt without its end was torn
        }
        storage.write_new(staged / "receipt.json", readable(receipt))
        storage.sync_folder(staged)
        spooled = self.layout.spool_new / staged.name
        storage.rename(staged, spooled)
        self._outside.append(spooled)
        storage.sync_folder(self.layout.spool_new)  # custody
        storage.sync_folder(self.layout.spool_tmp)
        accession = self.catalogue.accessioned(facts, key, at)
        self._outside.remove(spooled)
        return accession

    def _let_in_late(self) -> None:
        """What a fault of the disk left between custody and catalogue goes in first: its file, seen again, is then known."""
        for folder in list(self._outside):
            try:
                with storage.place(folder):
                    storage.sync_folder(folder.parent)
                    let_in(folder, self.catalogue)
            except Damaged as damage:
                log.error("damaged in custody", says=str(damage))
            self._outside.remove(folder)

    def _gate(self, size: int) -> None:
        """Refuses to begin what might fill the disk in the middle."""
        room = os.statvfs(self.layout.store)
        if room.f_bavail * room.f_frsize < max(self.settings.intake.minimum_free_gib * (1 << 30), 3 * size):
            raise storage.DiskFull(path=str(self.layout.store))

    def _seen_again(self, department: Department, inbox: Path, name: str, seen: FileIdentity, known: Mapping[str, Any]) -> Taken:
        """Its first taking-away was cut off, or its host brought it back: taken away once more, filed never again."""
        self._take_away(department, inbox, name, seen, known["id"])
        return Taken(outcome=Outcome.DUPLICATE if known["outcome"] == "duplicate" else Outcome.TAKEN, id=known["id"])

    def _take_away(self, department: Department, inbox: Path, name: str, seen: FileIdentity, id: str) -> None:
        taken = self.settings.taken_of(department)
        with storage.place(inbox / name):
            if not taken.is_dir():
                storage.make_folder(taken)
            target = _free_name(taken / id)
            try:
                if FileIdentity.of(os.lstat(inbox / name)) != seen:
                    return  # another file has its name by now; it is looked at like any other
                for sidecar in _sidecars(inbox, name):  # before the scan: alone they would be taken for documents
                    storage.rename(sidecar, _free_name(taken / f"{id}{_SIDECAR}{sidecar.suffix.lower()}"))
                storage.rename(inbox / name, target)
            except FileNotFoundError:
                return
            storage.sync_folder(inbox)
            storage.sync_folder(taken)

    # --- refusals ---

    def _reject(self, department: Department, inbox: Path, name: str, status: os.stat_result, reason: str, **params: object) -> Taken:
        """Into 要確認, with the reason beside it. The row comes first: if the move is cut off, the next look ends it."""
        seen = FileIdentity.of(status)
        key = delivery_key(department.code, name, seen, "rejected")
        known = self.catalogue.delivery_by_key(key)
        id = known["id"] if known else str(ULID())
        if known is None:
            fields = {"id": id, "department": department.code, "name": display_name(name), "sha256": None, "bytes": status.st_size}
            self.catalogue.rejected({**fields, "received": self.clock().isoformat(), "reason": reason, "params": params}, key)
        with storage.place(inbox):
            self._put_aside(inbox, name, reason, params)
        return Taken(outcome=Outcome.REJECTED, id=id, reason=reason)

    def _put_aside(self, inbox: Path, name: str, reason: str, params: Mapping[str, object]) -> None:
        aside = inbox / ATTENTION_FOLDER
        if not aside.is_dir():
            storage.make_folder(aside, 0o770)
        target = _free_name(aside / name)
        with speaking(self.settings.site.language):
            sentence = _(reason).format(**params)
        storage.replace(target.with_name(reason_name(target.name)), f"{display_name(name)}\r\n\r\n{sentence}\r\n".encode("utf-8-sig"), 0o664)
        storage.rename(inbox / name, target)
        storage.sync_folder(aside)
        storage.sync_folder(inbox)


# --- recovery and purge ---


def recover(settings: Settings, catalogue: Catalogue) -> int:
    """Under the lock, before the line runs: drops what never reached custody, lets in what did. Returns how many were let in.

    What is damaged stays where it is and holds up nothing else; `verify` names it.
    """
    layout, found = settings.layout, 0
    with storage.place(layout.store):
        for torn in list(os.scandir(layout.spool_tmp)):
            storage.remove_tree(Path(torn.path))
        for folder in sorted(Path(entry.path) for entry in os.scandir(layout.spool_new)):
            try:
                found += let_in(folder, catalogue)
            except Damaged as damage:
                log.error("damaged in custody", says=str(damage))
    return found


def let_in(folder: Path, catalogue: Catalogue) -> bool:
    """Lets a scan in custody into the line; False if it is there already. Raises Damaged."""
    if catalogue.has(folder.name):
        return False
    receipt = read_receipt(folder)
    if catalogue.delivery_by_key(receipt["key"]) is not None:
        storage.remove_tree(folder)  # the same file was taken again after a fault: that one is in the books
        return False
    facts = {name: receipt[name] for name in ("id", "department", "name", "sha256", "bytes", "media_type", "duplex", "declared")}
    catalogue.accessioned(facts, receipt["key"], datetime.fromisoformat(receipt["received"]))
    return True


@contextmanager
def _cleared(staged: Path) -> Iterator[None]:
    """A staging folder that is gone afterwards, unless it was renamed: also after a fault, so that a full disk is not filled with remains."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            storage.remove_tree(staged)
        raise
    storage.remove_tree(staged)


def read_receipt(folder: Path) -> dict[str, Any]:
    """The receipt of a scan in custody. Raises Damaged if it is torn or tells of other bytes."""
    path = folder / "receipt.json"
    try:
        receipt: dict[str, Any] = json.loads(path.read_bytes())
        if receipt.get("end") is not True:
            raise ValueError("no end")
        storage.verify(folder / "original", receipt["sha256"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise Damaged(N_("{path}: the receipt cannot be read. Keep the folder and ask for help; nothing of it is removed."), path=str(path)) from error
    return receipt


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


def _taken_at(name: str) -> datetime | None:
    try:
        return ULID.from_str(name.partition(".")[0]).datetime
    except ValueError:
        return None


def _purge(path: Path, inbox: Path, catalogue: Catalogue) -> int:
    row = catalogue.db.conn.execute("SELECT sha256, name FROM delivery WHERE id = ?", [path.name.partition(".")[0]]).fetchone()
    if row is None:
        return 0  # not ours to judge
    with storage.place(path):
        if _SIDECAR in path.name or storage.digest(path) == row["sha256"]:
            storage.remove(path)
        else:
            storage.rename(path, _free_name(inbox / row["name"]))
            storage.sync_folder(inbox)
        storage.sync_folder(path.parent)
    return 1


# --- sidecars ---


def _sidecars(inbox: Path, name: str) -> list[Path]:
    """The scan's companion files that lie beside it: plain files of a sensible size, nothing that a link points to."""
    found = (inbox / sidecar for sidecar in names_for(name))
    return [path for path in found if os.path.lexists(path) and storage.is_regular(status := path.lstat()) and status.st_size <= MOST_BYTES]


def _said_by_sidecars(inbox: Path, name: str) -> dict[str, str]:
    """What they declare; a later one says nothing that an earlier one has said."""
    said: dict[str, str] = {}
    for path in _sidecars(inbox, name):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            said = {**declared(path.name, os.read(descriptor, MOST_BYTES)), **said}
        finally:
            os.close(descriptor)
    return said


# --- names and keys ---


def delivery_key(department: str, name: str, seen: FileIdentity, sha256: str) -> str:
    """The same file in the same place has the same key, however often it is seen. 64 hex digits."""
    parts = (department.encode(), os.fsencode(name), *(str(n).encode() for n in (seen.inode, seen.size, seen.modified)), sha256.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def part_key(batch: str, number: int) -> str:
    """The same part of the same batch has the same key, however often the batch is split. batch: its id. 64 hex digits."""
    return hashlib.sha256(f"{batch}\0part\0{number}".encode()).hexdigest()


def part_name(name: str, number: int) -> str:
    """`scan.pdf` -> `scan_002.pdf`: the batch's name with the part's number, for display."""
    return f"{PurePosixPath(name).stem}_{number:03}.pdf"


def declared_of(batch: Accession, number: int, count: int, part: Part) -> dict[str, str]:
    """What is known of a part before it is read: the batch's number, "2/5", and what its cover says."""
    cover = part.cover
    said = {"sheets": str(cover.sheets) if cover.sheets else None, "category": cover.category, "title": cover.title} if cover else {}
    return {"batch": batch.number, "part": f"{number}/{count}", **{name: value for name, value in said.items() if value}}


def display_name(name: str) -> str:
    """The sender's name as people see it: NFC; bytes that are no text and control signs as escapes."""
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))
    return "".join(sign if sign.isprintable() or sign == "　" else f"\\u{ord(sign):04X}" for sign in text)


def reason_name(name: str) -> str:
    """`<name>.理由.txt`, cut so that it stays a legal file name (255 bytes)."""
    suffix = ".理由.txt"
    return _cut(name, 255 - len(suffix.encode())) + suffix


def _cut(name: str, room: int) -> str:
    """The beginning of a name in so many bytes, no sign of it halved."""
    while len(os.fsencode(name)) > room:
        name = name[:-1]
    return name


def _free_name(path: Path) -> Path:
    """The path, or with .2, .3, … before its extension if that name is taken already."""
    candidates = _numbered(path)
    return next(candidate for candidate in candidates if not os.path.lexists(candidate))


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    for n in range(2, 1_000_000):
        suffix = f".{n}{path.suffix}"
        yield path.with_name(_cut(path.stem, 255 - len(os.fsencode(suffix))) + suffix)


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


def _lease_granted(source: int) -> bool | None:
    """Whether nobody has the file open for writing: the kernel grants a read lease only then. None where there are no leases."""
    try:
        fcntl.fcntl(source, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return False if error.errno == errno.EAGAIN else None
    fcntl.fcntl(source, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True
