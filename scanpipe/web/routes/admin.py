"""`/admin`: how the operation stands, what is configured, and what the journal says."""

import dataclasses
from collections.abc import Iterator
from datetime import date, time
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from scanpipe import config, named
from scanpipe.catalogue.reader import NoCatalogue
from scanpipe.config import Settings, Tables
from scanpipe.config_schema import Timetable
from scanpipe.core.model import UNCLASSIFIED
from scanpipe.core.rights import Right
from scanpipe.errors import ConfigError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.machine import operation
from scanpipe.upkeep.machine.operation import MOST_EVENTS, Looked
from scanpipe.upkeep.sending.outbox import label
from scanpipe.web import journal_shown, showing
from scanpipe.web.visit import NotAllowed, Visit, Visitor

router = APIRouter(include_in_schema=False)
_SECRET: Final = ("secret", "password", "tls_key", "key", "client_secret_file", "token", "monthly_token")
_SPACES: Final = {"store": N_("Store"), "shares": N_("Drop folders"), "taken": N_("Taken files")}


@router.get("/admin")
def overview(visit: Visitor) -> Response:
    """Queue, faults, refusals, timetable, room, fixity."""
    visit.need(Right.OPERATE)
    settings = visit.house.settings
    try:
        found = operation.operation(settings, visit.house.now())
    except NoCatalogue as error:
        return showing.page(visit, "admin.html", found=None, says=str(error))
    jobs = [(name, named.job(name), at, found.status["timetable"].get(name)) for name, at in times(settings)]
    states = [(named.step(state), count) for state, count in found.status["states"].items() if state not in ("accounted", "disposed")]
    return showing.page(
        visit, "admin.html", found=found, says=None, jobs=jobs, states=states, names=_names(settings), spaces=_SPACES, lanes=settings.workers.lanes,
        stage=named.stage, words=_filled,
    )  # fmt: skip


def times(settings: Settings) -> Iterator[tuple[str, time]]:
    """The jobs of the timetable, and at what time of each day."""
    for name in Timetable.model_fields:
        if isinstance(at := getattr(settings.timetable, name), time):
            yield name, at


def _filled(reason: str, params: dict[str, Any] | None = None) -> str:
    """A message id with what fills it, in the language of who reads it."""
    return _(reason).format(**params or {})


def _names(settings: Settings) -> dict[str, str]:
    return {one.code: one.name for one in settings.departments}


@router.get("/admin/sections")
def sections(visit: Visitor) -> Response:
    """The sections with their drop folders, and what came of them."""
    visit.need(Right.OPERATE)
    settings = visit.house.settings
    try:
        status = operation.operation(settings, visit.house.now()).status
    except NoCatalogue:
        status = {"departments": {}, "paused": []}
    resting = {row["stage"].removeprefix("intake "): _filled(row["reason"], row["params"]) for row in status["paused"] if row["stage"].startswith("intake ")}
    people: dict[str, int] = {}
    for account in visit.house.accounts.list():
        for code in account.departments if account.disabled is None else ():
            people[code] = people.get(code, 0) + 1
    return showing.page(visit, "admin_sections.html", sections=settings.departments, counts=status["departments"], resting=resting, people=people)


@router.get("/admin/categories")
def categories(visit: Visitor) -> Response:
    """The retention schedule as it is in force."""
    visit.need(Right.OPERATE)
    try:
        counts = operation.records_by(visit.house.settings, "category")
    except NoCatalogue:
        counts = {}
    known = visit.house.settings.schedule.categories
    gone = {code: count for code, count in counts.items() if code not in known and code != UNCLASSIFIED}
    return showing.page(visit, "admin_categories.html", categories=known.values(), counts=counts, gone=gone, period=named.period, disposition=named.disposition)


@router.get("/admin/configuration")
def configuration(visit: Visitor) -> Response:
    """What this process works with, and what the files say by now. Secrets are never shown."""
    visit.need(Right.OPERATE)
    settings = visit.house.settings
    faults, changed = files_now(settings)
    return showing.page(visit, "admin_configuration.html", tables=tables(settings), faults=faults, changed=changed, file=settings.file, layout=settings.layout)


def files_now(settings: Settings) -> tuple[list[str], bool]:
    """(faults of the files as they are now, whether they say something else than this process works with)."""
    try:
        return [], config.load(settings.file) != settings
    except ConfigError as error:
        return error.faults, False


def tables(settings: Settings) -> dict[str, list[tuple[str, str, bool]]]:
    """By table: (key, value in words, whether it is the default). Of a table that may be written several times, each by its number."""
    found = {}
    for table in dataclasses.fields(Tables):
        value = getattr(settings, table.name)
        for name, model in [(f"{table.name} {n}", one) for n, one in enumerate(value, 1)] if isinstance(value, tuple) else [(table.name, value)]:
            found[name] = [_row(model, key, field) for key, field in type(model).model_fields.items()]
    return found


def _row(model: Any, key: str, field: Any) -> tuple[str, str, bool]:
    value = getattr(model, key)
    shown = _("(set, not shown)") if value and key in _SECRET else label(f" {value}").strip() if key == "url" else _value(value)
    return field.alias or key, shown, value == field.get_default(call_default_factory=True)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


@router.get("/admin/events")
def events(visit: Visitor, kind: str = "", person: str = "", day: str = "", before: str = "") -> Response:
    """The journal, the newest first: for records managers of what they may see, for administrators without what it says of records."""
    looked = Looked(kind=kind or None, actor=person.strip() or None, day=_day(day), before=int(before) if before.isdecimal() and len(before) < 16 else None)
    rows = events_for(visit, looked)
    more = rows[MOST_EVENTS - 1].seq if len(rows) > MOST_EVENTS else None
    kinds = operation.kinds_of_events(visit.house.settings)
    return showing.page(
        visit, "admin_events.html", rows=rows[:MOST_EVENTS], more=more, kinds=kinds, looked=looked, step=journal_shown.happened, data=journal_shown.details, openly=visit.person.may(Right.READ_ALL)
    )  # fmt: skip


def events_for(visit: Visit, looked: Looked) -> list[operation.Told]:
    """As much of these lines as the person may see, one more than MOST_EVENTS where others follow. Raises NotAllowed, NoCatalogue."""
    if visit.person.may(Right.READ_ALL):
        visit.need(Right.READ_ALL)
        return operation.events(visit.reader, looked, openly=True)
    if not visit.person.may(Right.OPERATE):
        visit.need(Right.OPERATE)
        raise NotAllowed
    return operation.events_of_operation(visit.house.settings, looked)


def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        return None
