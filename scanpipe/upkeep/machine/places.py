"""Are the folders of a site what they must be? Asked at every start of the daemon and by `doctor` (design §4, reliability §5)."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from scanpipe.config import SENTINEL, Department, Settings
from scanpipe.i18n import _

NETWORK = frozenset((
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.cephfs", "fuse.davfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs",
    "fuse.smbnetfs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs",
))  # fmt: skip
NO_HARD_LINKS = frozenset(("exfat", "fuseblk", "msdos", "vfat"))
PROVEN = frozenset(("ext4", "xfs"))
_GIB = 1024**3


class Grade(StrEnum):
    """What follows from a fault."""

    REFUSE = "refuse"  # the daemon does not start
    PAUSE = "pause"  # this section, or taking in as a whole, waits until it is mended
    WARN = "warn"  # it works, with less safety than promised


@dataclass(frozen=True, slots=True)
class PlaceFault:
    """Something wrong with a folder. topic: "store", "filesystem", "devices", "space", "permissions", "share" or "taken".

    department: code of the one section concerned, None if the whole site is. str() gives cause and remedy.
    """

    grade: Grade
    topic: str
    place: Path
    says: str
    remedy: str
    department: str | None = None

    def __str__(self) -> str:
        return f"{self.says} {self.remedy}"


def filesystem_type(path: Path, mounts: str | None = None) -> str:
    """The type of the filesystem that a path lies on, or would lie on: "ext4", "nfs4", "fuse.sshfs" …; "" if unknown.

    mounts: the text of /proc/self/mountinfo, read when None.
    """
    text = Path("/proc/self/mountinfo").read_text(errors="replace") if mounts is None else mounts
    wanted = existing(path).resolve() if mounts is None else path
    best, kind = -1, ""
    for line in text.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
        if wanted.is_relative_to(point) and len(point.parts) >= best:  # of two on one point the later one is seen
            best, kind = len(point.parts), after.split(" ")[0]
    return kind


def existing(path: Path) -> Path:
    """The path, or its nearest parent that exists."""
    return next(each for each in (path, *path.parents) if is_there(each))


def is_there(path: Path) -> bool:
    """Can we see it? A folder that we may not look into, or a share that was lost, shows nothing."""
    try:
        return path.exists()
    except OSError:
        return False


def store_filesystem(store: Path, mounts: str | None = None) -> list[PlaceFault]:
    """Refuses a filesystem on which no promise holds; warns of one that was not proven by power cuts."""
    kind = filesystem_type(store, mounts)
    move = _("Put the store on a local disk of this machine (ext4 or XFS).")
    if kind in NETWORK:
        says = _("The store {path} lies on a network filesystem ({kind}), where neither locks nor written bytes are certain.").format(path=store, kind=kind)
        return [PlaceFault(Grade.REFUSE, "filesystem", store, says, move)]
    if kind in NO_HARD_LINKS:
        says = _("The store {path} lies on {kind}, which has no hard links and no permissions.").format(path=store, kind=kind)
        return [PlaceFault(Grade.REFUSE, "filesystem", store, says, move)]
    if kind not in PROVEN:
        says = _("The store {path} lies on {kind}; that nothing is lost in a power cut was proven on ext4 and XFS only.").format(path=store, kind=kind or "?")
        return [PlaceFault(Grade.WARN, "filesystem", store, says, move)]
    return []


def check_places(settings: Settings, *, today: date | None = None, mounts: str | None = None) -> list[PlaceFault]:
    """Every fault of the store and of every section's folders; empty = all is well.

    today: sections that ended before it may be without their folder; None = the site's today. mounts: see filesystem_type.
    """
    day = today or datetime.now(settings.timezone).date()
    layout = settings.layout
    faults = [*store_filesystem(layout.store, mounts), *_store(settings), *_devices(settings), *_space(settings)]
    for section in settings.departments:
        if section.valid_to is None or section.valid_to >= day:
            faults += _section(settings, section)
    return faults


def _store(settings: Settings) -> Iterator[PlaceFault]:
    store = settings.layout.store
    if not os.access(store, os.R_OK | os.W_OK | os.X_OK):
        says = _("The user of scanpipe may not write in {path}.").format(path=store)
        yield PlaceFault(Grade.REFUSE, "permissions", store, says, _("Give it to that user: chown -R scanpipe {path}").format(path=store))
        return
    if not settings.layout.store_id.is_file():
        says = _("{path} is missing: this is not the store of a site, or its disk is not mounted.").format(path=settings.layout.store_id)
        yield PlaceFault(Grade.REFUSE, "store", store, says, _("Mount the disk, or correct [site] store in scanpipe.toml."))
    if store.stat().st_mode & 0o007:
        says = _("Every user of this machine can look into the store {path}.").format(path=store)
        yield PlaceFault(Grade.WARN, "permissions", store, says, _("Close it: chmod 0750 {path}").format(path=store))


def _devices(settings: Settings) -> Iterator[PlaceFault]:
    """Records are published by rename and hard link, which do not cross filesystems."""
    layout = settings.layout
    spool = _device(layout.spool_new)
    for other in (layout.spool_tmp, layout.archive_tmp, layout.vault, layout.cabinet):
        if _device(other) != spool:
            says = _("{one} and {other} lie on different filesystems.").format(one=layout.spool_new, other=other)
            yield PlaceFault(Grade.REFUSE, "devices", other, says, _("Put the whole store on one filesystem; mount nothing inside it."))


def _device(path: Path) -> int:
    return existing(path).stat().st_dev


def _space(settings: Settings) -> Iterator[PlaceFault]:
    store, least = settings.layout.store, settings.intake.minimum_free_gib
    free = shutil.disk_usage(existing(store)).free / _GIB
    if free < least:
        says = _("{path} has {free:.1f} GiB free; below {least:g} GiB no scans are taken.").format(path=store, free=free, least=least)
        yield PlaceFault(Grade.PAUSE, "space", store, says, _("Make room on this disk, or lower [intake] minimum_free_gib."))


def _section(settings: Settings, section: Department) -> Iterator[PlaceFault]:
    inbox, taken = settings.inbox(section), settings.taken_of(section)
    fault = _unready(inbox, section)
    if fault:
        yield fault  # the folder below a mount point tells nothing about the share
    elif _device(inbox) != _device(taken):
        says = _("{taken} is not on the filesystem of the drop folder {inbox}.").format(taken=taken, inbox=inbox)
        remedy = _('Name a folder on that filesystem, outside what clerks see, under section {code} in departments.toml: taken = "…"').format(code=section.code)
        yield PlaceFault(Grade.REFUSE, "taken", taken, says, remedy, section.code)
    elif not os.access(existing(taken), os.W_OK | os.X_OK):
        yield _closed(existing(taken), section)


def _unready(inbox: Path, section: Department) -> PlaceFault | None:
    try:
        there = (inbox / SENTINEL).is_file()
    except PermissionError:
        return _closed(inbox, section)
    except OSError as error:  # a share that hangs or was lost gives EIO, ESTALE, EHOSTDOWN
        says = _("The drop folder {path} cannot be read ({reason}).").format(path=inbox, reason=error.strerror)
        return PlaceFault(Grade.PAUSE, "share", inbox, says, _("Look whether the share is mounted and its server is up."), section.code)
    if not there:
        says = _("{path} is missing, so the drop folder counts as not mounted and nothing is taken from it.").format(path=inbox / SENTINEL)
        remedy = _("Mount the share. For a new folder, make the mark: mkdir -p {folder} && uuidgen > {path}").format(folder=inbox, path=inbox / SENTINEL)
        return PlaceFault(Grade.PAUSE, "share", inbox, says, remedy, section.code)
    return None if os.access(inbox, os.R_OK | os.W_OK | os.X_OK) else _closed(inbox, section)


def _closed(path: Path, section: Department) -> PlaceFault:
    says = _("The user of scanpipe may not take files away from {path}.").format(path=path)
    remedy = _("Let it write there: chgrp and chmod 2770 for a group that both scanner and scanpipe belong to.")
    return PlaceFault(Grade.PAUSE, "permissions", path, says, remedy, section.code)
