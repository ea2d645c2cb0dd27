"""Copiers and printers: where each stood from when to when, and what took its place, so that a base figure follows the machine (domain §5, trap 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from scanpipe.errors import UsageError
from scanpipe.i18n import N_


class BadDevice(UsageError):
    """What was asked of a device cannot be."""


NO_ID: Final = N_("Name the device by what stands on its label: up to 40 signs, for example MFP-03.")
KNOWN: Final = N_("There is a device {id} already, in section {section} since {since}. Give each its own name.")
UNKNOWN: Final = N_("There is no device {id}. See `scanpipe device list`; a new one is registered with `scanpipe device add`.")
ENDED: Final = N_("Device {id} ended on {until}; what has ended cannot be changed.")
TOO_EARLY: Final = N_("{day} is before device {id} came to section {section} on {since}. Correct the day.")
ITSELF: Final = N_("A device cannot replace itself: {id}. To move it to another section: scanpipe device move {id} --department CODE --from YYYY-MM-DD")
BAD_SHARE: Final = N_("{share} is not a share. Write a number from 0 to 1.")
BAD_CLICKS: Final = N_("A contract counts an A3 side as 1 or 2 clicks, not as {clicks}.")


@dataclass(frozen=True, slots=True)
class Placement:
    """A device stands in this section from this day on."""

    since: date
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A machine that counts. places: where it stood, oldest first, never empty.

    duplex: share 0-1 of its sides that are two on a sheet, None = not known. a3_counts: clicks for one A3 side by its contract.
    a3_share: share 0-1 of its clicks that are A3. until: its last day. replaced_by: id of what took over its work.
    """

    id: str
    places: tuple[Placement, ...]
    name: str = ""
    duplex: float | None = None
    a3_counts: int = 1
    a3_share: float = 0.0
    until: date | None = None
    replaced_by: str | None = None

    @property
    def since(self) -> date:
        return self.places[0].since

    def department_on(self, day: date) -> str:
        """Its section on this day; before it came the first one."""
        return next((place.department for place in reversed(self.places) if place.since <= day), self.places[0].department)


def check(device: Device) -> None:
    """Raises BadDevice for what no device can be."""
    if not device.id.strip() or len(device.id) > 40:
        raise BadDevice(NO_ID)
    for share in (device.duplex, device.a3_share):
        if share is not None and not 0 <= share <= 1:
            raise BadDevice(BAD_SHARE, share=share)
    if device.a3_counts not in (1, 2):
        raise BadDevice(BAD_CLICKS, clicks=device.a3_counts)


def moved(device: Device, department: str, since: date) -> Device:
    """It stands in another section from this day on. Raises BadDevice."""
    _going_on(device, since)
    kept = tuple(place for place in device.places if place.since < since)
    return replace(device, places=(*kept, Placement(since, department)))


def ended(device: Device, until: date, replaced_by: str | None = None) -> Device:
    """Its last day, and what takes over its work. Raises BadDevice."""
    if replaced_by == device.id:
        raise BadDevice(ITSELF, id=device.id)
    _going_on(device, until)
    return replace(device, until=until, replaced_by=replaced_by)


def _going_on(device: Device, day: date) -> None:
    if device.until is not None:
        raise BadDevice(ENDED, id=device.id, until=device.until)
    last = device.places[-1]
    if day < last.since:
        raise BadDevice(TOO_EARLY, day=day, id=device.id, section=last.department, since=last.since)


def day_before(day: date) -> date:
    return day - timedelta(days=1)


def keeper_of(id: str, day: date, devices: Mapping[str, Device]) -> str | None:
    """The section where this device stands on this day, or, once it has ended, that of what took its place. None if it is not in the register."""
    seen: set[str] = set()
    device = devices.get(id)
    while device and device.until and device.until < day and device.replaced_by in devices and device.id not in seen:
        seen.add(device.id)
        device = devices[device.replaced_by] if device.replaced_by else None
    return device.department_on(day) if device else None
