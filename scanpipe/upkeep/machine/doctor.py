"""`scanpipe doctor`: looks at all the ground that scanpipe stands on, and says how to mend what is not right.

The machine (programs, libraries, clock, memory) is looked at in ground.py, the folders in places.py, the cluster in machines.py.
"""

import errno
import fcntl
import grp
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from scanpipe.catalogue.compared import fixity_state
from scanpipe.catalogue.reader import CatalogueReader, NoCatalogue
from scanpipe.config import Settings
from scanpipe.core.model import UNCLASSIFIED
from scanpipe.errors import ConfigError
from scanpipe.i18n import _
from scanpipe.upkeep.machine.ground import Finding, Level, fail, look_at_clock, look_at_machine, look_at_sqlite, ok, warn
from scanpipe.upkeep.machine.machines import look_at_cluster
from scanpipe.upkeep.machine.places import Grade, PlaceFault, check_places, existing, filesystem_type, is_there

__all__ = ["Finding", "Level", "examine", "lease_granted"]

_SHOWN = 5  # faults of one kind; a share that is not mounted would fill the screen with all its sections
PAGES_GROUP = "scanpipe-web"  # systemd/scanpipe.sysusers


def examine(configuration: Settings | ConfigError) -> list[Finding]:
    """Everything that was looked at, in the order in which one would mend it.

    configuration: the settings, or the error of `config.load`, then only the machine is looked at beside its faults.
    """
    if isinstance(configuration, ConfigError):
        remedy = _("Correct this place, then run scanpipe doctor again.")
        return [*(fail("configuration", line, remedy) for line in configuration.faults), *look_at_machine(None), *look_at_sqlite(Path(tempfile.gettempdir()))]
    store = existing(configuration.layout.store)
    return [
        *_configuration(configuration),
        *_categories(configuration),
        *_fixity(configuration),
        *look_at_machine(configuration),
        *look_at_sqlite(store),
        *look_at_clock(configuration, store),
        *look_at_cluster(configuration),
        *_places(configuration),
        *_groups(configuration),
        *_pages_user(configuration),
        *_leases(configuration),
    ]


def _configuration(settings: Settings) -> Iterator[Finding]:
    says = _("{file}: {sections} sections, {categories} categories, no faults.")
    yield ok("configuration", says.format(file=settings.file, sections=len(settings.departments), categories=len(settings.schedule.categories)))


def _categories(settings: Settings) -> Iterator[Finding]:
    """Categories of records that the retention schedule does not have any more."""
    try:
        reader = CatalogueReader(settings.layout.catalogue_db)
    except NoCatalogue:
        return
    try:
        used = reader.categories()
    finally:
        reader.close()
    for code in sorted(used.keys() - settings.schedule.categories.keys() - {UNCLASSIFIED}):
        says = _("{count} records have the category {code}, which retention.toml does not have any more. They are kept and found as before.")
        remedy = _("Put the category back into retention.toml, or have the records classified anew.")
        yield warn("category", says.format(count=used[code], code=code), remedy)


def _fixity(settings: Settings) -> Iterator[Finding]:
    """What the background reading found, and whether it keeps up."""
    try:
        reader = CatalogueReader(settings.layout.catalogue_db)
    except NoCatalogue:
        return
    try:
        state = fixity_state(reader.db, datetime.now(UTC))
    finally:
        reader.close()
    if state["faults"]:
        numbers = [one["number"] for one in state["faults"]]
        says = _("{count} records are not as they were filed: {numbers}").format(count=len(numbers), numbers=", ".join(numbers[:_SHOWN]))
        yield fail("fixity", says, _("Do not remove anything; run scanpipe verify and compare with the backup."))
    elif state["late"] and (state["newest"] or "") < (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds"):
        says = _("{count} records wait to be compared with what was filed, and none was in the last two days.").format(count=state["late"])
        yield warn("fixity", says, _("Let scanpipe run, or raise [fixity] megabytes_per_second."))
    elif state["records"]:
        yield ok("fixity", _("Background reading: {checked} of {records} records were compared with what was filed.").format(**state))


_LEVELS = {Grade.REFUSE: Level.FAIL, Grade.PAUSE: Level.FAIL, Grade.WARN: Level.WARN}


def _places(settings: Settings) -> Iterator[Finding]:
    faults = sorted(check_places(settings), key=lambda fault: fault.topic)
    for topic, group in groupby(faults, key=lambda fault: fault.topic):
        yield from _some(topic, list(group))
    topics = {fault.topic for fault in faults}
    for topic, says in _all_is_well(settings).items():
        if topic not in topics:
            yield ok(topic, says)


def _some(topic: str, faults: list[PlaceFault]) -> Iterator[Finding]:
    for fault in faults[:_SHOWN]:
        yield Finding(topic, _LEVELS[fault.grade], fault.says, fault.remedy)
    rest = faults[_SHOWN:]
    if rest:
        worst = Level.FAIL if any(fault.grade is not Grade.WARN for fault in rest) else Level.WARN
        says = _("The same at {count} more places: {names}").format(count=len(rest), names=", ".join(fault.department or str(fault.place) for fault in rest))
        yield Finding(topic, worst, says, rest[0].remedy)


def _all_is_well(settings: Settings) -> dict[str, str]:
    store = settings.layout.store
    free = shutil.disk_usage(existing(store)).free / 1024**3
    return {
        "store": _("The store {path} is there.").format(path=store),
        "filesystem": _("The store lies on {kind}.").format(kind=filesystem_type(store)),
        "devices": _("Spool, archive and cabinet lie on one filesystem."),
        "space": _("{free:.1f} GiB are free; {least:g} GiB are needed.").format(free=free, least=settings.intake.minimum_free_gib),
        "permissions": _("scanpipe may read and write all its folders."),
        "share": _("All drop folders are mounted and marked."),
        "taken": _("The folders for taken files lie on the filesystems of their drop folders."),
    }


def _groups(settings: Settings) -> Iterator[Finding]:
    """Groups of sections that this machine does not have, or that do not own their drop folder."""
    for section in settings.departments:
        inbox = settings.inbox(section)
        if not section.group or not is_there(inbox):
            continue
        try:
            wrong = inbox.stat().st_gid != grp.getgrnam(section.group).gr_gid
        except KeyError:
            says = _("Section {code}: there is no group {group} on this machine.").format(code=section.code, group=section.group)
            yield fail("group", says, _("Make it: groupadd {group}, or correct group in departments.toml.").format(group=section.group))
            continue
        if wrong:
            says = _("Section {code}: {path} does not belong to the group {group}.").format(code=section.code, path=inbox, group=section.group)
            yield fail("group", says, f"chgrp -R {section.group} {inbox} && chmod 2770 {inbox}")


def _pages_user(settings: Settings) -> Iterator[Finding]:
    """Whether daemon and pages, where they are two users as the units have them, both write in store/web."""
    try:
        group = grp.getgrnam(PAGES_GROUP).gr_gid
        folder = settings.layout.web.stat()
    except (KeyError, OSError):
        return
    if folder.st_gid != group or folder.st_mode & 0o2070 != 0o2070:
        says = _("The pages run as a user of their own, {group}, who may not write in {path}: nobody can log in.")
        yield fail("web", says.format(group=PAGES_GROUP, path=settings.layout.web), "systemd-tmpfiles --create scanpipe.conf")


# Leases


def _leases(settings: Settings) -> Iterator[Finding]:
    """Once for each filesystem that drop folders lie on."""
    seen: set[int] = set()
    for inbox in _there(settings.inbox(section) for section in settings.departments):
        device = inbox.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        granted = lease_granted(inbox)
        if granted:
            yield ok("lease", _("The filesystem of {path} tells whether a scanner still has a file open.").format(path=inbox))
        elif granted is False:
            says = _("The filesystem of {path} ({kind}) cannot tell whether a scanner still has a file open; quiet time and structure alone decide.")
            remedy = _("If scans are cut short, raise [intake] quiet_seconds, or run scanpipe on the machine that has the share's disk.")
            yield warn("lease", says.format(path=inbox, kind=filesystem_type(inbox)), remedy)


def _there(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if is_there(path))


def lease_granted(folder: Path) -> bool | None:
    """Does this folder's filesystem grant a read lease on a file that nobody writes? None if no file can be made there."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".scanpipe-doctor-") as made, Path(made.name).open("rb") as reading:
            made.close()
            fcntl.fcntl(reading, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(reading, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            return True
    except OSError as error:
        return False if error.errno in (errno.EINVAL, errno.EAGAIN, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK) else None
