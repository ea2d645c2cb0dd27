"""Faults that no single key shows: codes and folders used twice, names of nothing, folders inside one another."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanpipe.config_faults import fault, near, shown
from scanpipe.config_schema import Department
from scanpipe.core.retention import Category
from scanpipe.i18n import _


@dataclass(frozen=True, slots=True)
class Place:
    """A folder and the key that names it. path: absolute, links resolved."""

    file: str
    key: str
    path: Path


def repeated_inboxes(departments: Iterable[Department], file: str) -> list[str]:
    """Two sections with one drop folder, as Windows compares names. (Codes used twice are seen while the file is read.)"""
    owner: dict[str, str] = {}
    faults = []
    for section in departments:
        folder = unicodedata.normalize("NFC", section.inbox).casefold()
        if owner.get(folder, section.code) != section.code:
            says = _("{value} is already the inbox of section {code}; give each section a folder of its own").format(
                value=shown(section.inbox), code=owner[folder]
            )
            faults.append(fault(file, f"department {section.code}: inbox", says))
        owner.setdefault(folder, section.code)
    return faults


def dangling(departments: Sequence[Department], codes: Iterable[str], categories: Mapping[str, Category], file: str) -> list[str]:
    """Successors and default categories that do not exist; successors in a circle; periods of validity that end before they begin.

    codes: of all sections of the file, also of those with faults. categories: empty when the schedule could not be read at all.
    """
    known = tuple(codes)
    faults = []
    for section in departments:
        if section.successor is not None and (section.successor not in known or section.successor == section.code):
            faults.append(_unknown(section, "successor", section.successor, (code for code in known if code != section.code), file))
        if section.default_category is not None and categories and section.default_category not in categories:
            faults.append(_unknown(section, "default_category", section.default_category, categories, file))
        if section.valid_from and section.valid_to and section.valid_to < section.valid_from:
            says = _("{value} lies before valid_from; write the last day of the section").format(value=section.valid_to.isoformat())
            faults.append(fault(file, f"department {section.code}: valid_to", says))
    return faults + _circles(departments, file)


def _circles(departments: Sequence[Department], file: str) -> list[str]:
    """Sections that took over from one another, each circle once: nobody would answer for their records."""
    next_of = {section.code: section.successor for section in departments if section.successor != section.code}
    done: set[str] = set()
    faults = []
    for code in next_of:
        way: list[str] = []
        at: str | None = code
        while at is not None and at not in done and at not in way:
            way.append(at)
            at = next_of.get(at)
        if at in way:
            circle = [*way[way.index(at) :], at]
            says = _("the successors lead back to where they began ({circle}); remove the key at the section that exists today").format(
                circle=" → ".join(circle)
            )
            faults.append(fault(file, f"department {at}: successor", says))
        done.update(way)
    return faults


def _unknown(section: Department, key: str, value: str, known: Iterable[str], file: str) -> str:
    meant = near(value, known)
    says = _("there is no {value}; did you mean {near}?") if meant else _("there is no {value}; write the code of one that the files have, or remove the key")
    return fault(file, f"department {section.code}: {key}", says.format(value=shown(value), near=shown(meant)))


def missing_folders(places: Iterable[Place]) -> list[str]:
    """Folders of the site that are not there. A drop folder that is not mounted is no fault of the configuration: see upkeep/machine/places.py."""
    says = _('{path} is not a folder; correct the path, or make the site with "scanpipe init"')
    return [fault(place.file, place.key, says.format(path=place.path)) for place in places if not _is_folder(place.path)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # in a folder that we may not enter: upkeep/machine/places.py says so
        return True


def overlapping(places: Sequence[Place]) -> list[str]:
    """Folders that are the same or lie inside one another: what scanpipe writes would be taken in as scans, or be seen by everyone."""
    by_path: dict[Path, Place] = {}
    faults = []
    for place in places:
        if place.path in by_path:
            says = _("{path} is also {other}; write a folder of its own").format(path=place.path, other=by_path[place.path].key)
            faults.append(fault(place.file, place.key, says))
        by_path.setdefault(place.path, place)
    for path, place in by_path.items():
        outer = next((by_path[parent] for parent in path.parents if parent in by_path), None)
        if outer:
            says = _("{path} lies inside {other} ({outer}); write a folder beside it").format(path=path, other=outer.key, outer=outer.path)
            faults.append(fault(place.file, place.key, says))
    return faults
