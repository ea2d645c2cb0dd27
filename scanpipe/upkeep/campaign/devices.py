"""What people do to the device register: a copier comes, moves, ends, takes the place of others."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from scanpipe.catalogue import paper_rows
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.campaign import devices
from scanpipe.core.campaign.devices import KNOWN, UNKNOWN, BadDevice, Device, Placement, day_before
from scanpipe.core.serial import as_json, from_text
from scanpipe.errors import NotFound

Answer = Mapping[str, Any]
Steps = list[tuple[str, Device]]


def add(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{id, department, since, name, duplex, a3_counts, a3_share}: a new one. Raises BadDevice, NotFound."""
    return _done(wish, catalogue, lambda known: [("added", _new(wish, settings, known))])


def change(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{id, name, duplex, a3_counts, a3_share}: what is known of it now; None = as it was. Raises BadDevice, NotFound."""
    said = {name: wish.wants[name] for name in ("name", "duplex", "a3_counts", "a3_share") if wish.wants.get(name) is not None}
    return _done(wish, catalogue, lambda known: [("set", _checked(replace(_known(wish.wants["id"], known), **said)))])


def move(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{id, department, since}: it stands in another section from this day. Raises BadDevice, NotFound."""
    section = settings.department(wish.wants["department"]).code
    return _done(wish, catalogue, lambda known: [("moved", devices.moved(_known(wish.wants["id"], known), section, _day(wish, settings, "since")))])


def end(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{id, until}: its last day. Raises BadDevice, NotFound."""
    return _done(wish, catalogue, lambda known: [("ended", devices.ended(_known(wish.wants["id"], known), _day(wish, settings, "until")))])


def take_over(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{ids, id, since, department, …}: one takes the place of several; it is registered if it is new. Raises BadDevice, NotFound."""

    def steps(known: Mapping[str, Device]) -> Steps:
        since = _day(wish, settings, "since")
        first = _known(wish.wants["ids"][0], known)
        heir = known.get(wish.wants["id"])
        came: Steps = [] if heir else [("added", _new(wish, settings, known, department=first.places[-1].department))]
        return came + [("replaced", devices.ended(_known(id, known), day_before(since), wish.wants["id"])) for id in dict.fromkeys(wish.wants["ids"])]

    return _done(wish, catalogue, steps)


def _done(wish: Wish, catalogue: Catalogue, steps: Callable[[Mapping[str, Device]], Steps]) -> Answer:
    if not catalogue.has_stepped_device(wish.id):
        catalogue.device_stepped(wish.id, wish.who, steps(paper_rows.devices(catalogue.db)), (wish.wants.get("reason") or "").strip())
    rows = catalogue.db.conn.execute("SELECT fact FROM device_step WHERE id = ? ORDER BY device", [wish.id])
    return {"devices": [as_json(from_text(Device, row["fact"])) for row in rows]}


def _new(wish: Wish, settings: Settings, known: Mapping[str, Device], department: str = "") -> Device:
    said, id = wish.wants, wish.wants["id"].strip()
    if id in known:
        raise BadDevice(KNOWN, id=id, section=known[id].places[-1].department, since=known[id].since)
    section = settings.department(said.get("department") or department).code
    share = {name: said[name] for name in ("duplex", "a3_counts", "a3_share") if said.get(name) is not None}
    return _checked(Device(id=id, places=(Placement(_day(wish, settings, "since"), section),), name=said.get("name") or "", **share))


def _known(id: str, known: Mapping[str, Device]) -> Device:
    if id not in known:
        raise NotFound(UNKNOWN, id=id)
    return known[id]


def _checked(device: Device) -> Device:
    devices.check(device)
    return device


def _day(wish: Wish, settings: Settings, name: str) -> date:
    """The day that was said, else that of the wish."""
    said = wish.wants.get(name)
    return date.fromisoformat(said) if said else wish.at.astimezone(settings.timezone).date()


def listed(db: Any, department: str | None, *, ended: bool) -> list[dict[str, Any]]:
    """The register as it is shown, with its steps. ended: also devices that are gone."""
    found: list[dict[str, Any]] = []
    for device in paper_rows.devices(db).values():
        if (ended or device.until is None) and department in (None, device.places[-1].department):
            rows = db.conn.execute("SELECT at, by, kind, reason FROM device_step WHERE device = ? ORDER BY at, id", [device.id])
            found.append(
                {**as_json(device), "department": device.places[-1].department, "since": device.since.isoformat(), "steps": [dict(row) for row in rows]}
            )
    return found
