"""The operation as its pages show it: queue, faults, timetable, room, fixity; the journal; accounts, tokens and the configuration, only read here."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import Query

from scanpipe import named
from scanpipe.core.rights import Right
from scanpipe.i18n import _
from scanpipe.upkeep.machine import operation
from scanpipe.upkeep.machine.operation import MOST_EVENTS, Looked, Operation, Rejected
from scanpipe.web.api import administration_models as models
from scanpipe.web.api.asked import Asked, api_router
from scanpipe.web.api.models import Cursor
from scanpipe.web.routes import admin

router = api_router("administration")
_OF_STATUS = ("deliveries", "records", "duplicates", "rejected", "waiting", "disposed", "needs_review", "states", "oldest_waiting", "departments", "outgoing")
_OF_SITE = ("pages", "originals", "engine")


@router.get("/me", response_model=models.Me)
def me(visit: Asked) -> dict[str, Any]:
    """As whom you ask, and what you may do."""
    person = visit.person
    plain = {name: sorted(getattr(person, name)) for name in ("roles", "departments", "grants", "rights")}
    return {"name": person.name, "shown": person.shown, "scopes": None if person.scopes is None else sorted(person.scopes), **plain}


@router.get("/operation", response_model=models.Operation)
def overview(visit: Asked) -> dict[str, Any]:
    """How the operation stands: of all sections, and nothing of what is in their records."""
    visit.need(Right.OPERATE)
    settings = visit.house.settings
    found = operation.operation(settings, visit.house.now())
    plain = {name: found.status[name] for name in _OF_STATUS} | {name: getattr(found, name) for name in _OF_SITE}
    return plain | {
        "categories": operation.records_by(settings, "category"),
        "paused": [{**row, "says": _(row["reason"]).format(**row["params"])} for row in found.status["paused"]],
        "lying": [{**row, "says": _(row["reason"])} for row in found.status["lying"]],
        "not_taken": [_not_taken(one) for one in found.rejected],
        "timetable": _timetable(visit, found),
        "verified": {**asdict(found.verified), "at": found.verified.at.isoformat()} if found.verified else None,
        "fixity": found.compared | {"faults": [{**one, "says": [named.reason(each) for each in one["faults"]]} for one in found.compared["faults"]]},
        "spaces": [{**asdict(one), "path": str(one.path)} for one in found.spaces],
    }


def _not_taken(one: Rejected) -> dict[str, Any]:
    return asdict(one) | {"says": _(one.reason).format(**one.params)}


def _timetable(visit: Asked, found: Operation) -> dict[str, Any]:
    runs, never = found.status["timetable"], {"started": None, "finished": None, "outcome": None}
    return {name: {"at": f"{at:%H:%M}", **runs.get(name, never)} for name, at in admin.times(visit.house.settings)}


@router.get("/journal", response_model=models.Lines)
def journal(
    visit: Asked,
    kind: Annotated[str | None, Query(max_length=100)] = None,
    person: Annotated[str | None, Query(max_length=100)] = None,
    day: date | None = None,
    before: Cursor | None = None,
) -> dict[str, Any]:
    """The journal: for records managers of what they may see, for administrators without what it says of records."""
    looked = Looked(kind=kind, actor=person, day=day.isoformat() if day else None, before=before)
    rows = admin.events_for(visit, looked)
    more = rows[MOST_EVENTS - 1].seq if len(rows) > MOST_EVENTS else None
    return {"events": [{**asdict(one), "at": one.at.isoformat()} for one in rows[:MOST_EVENTS]], "next": more}


@router.get("/accounts", response_model=models.Accounts)
def accounts(visit: Asked) -> dict[str, Any]:
    """Who may log in, as what."""
    visit.need(Right.ACCOUNTS)
    return {"accounts": [_in_iso(asdict(one)) for one in visit.house.accounts.list()]}


@router.get("/tokens", response_model=models.Tokens)
def tokens(visit: Asked) -> dict[str, Any]:
    """What programs and wall screens come with."""
    visit.need(Right.ACCOUNTS)
    return {"tokens": [_in_iso(asdict(one)) for one in visit.house.accounts.tokens()]}


def _in_iso(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in facts.items()}


@router.get("/configuration", response_model=models.Configuration)
def configuration(visit: Asked) -> dict[str, Any]:
    """What this service works with, and what the files say by now."""
    visit.need(Right.OPERATE)
    settings = visit.house.settings
    faults, changed = admin.files_now(settings)
    tables = {table: {key: {"value": value, "default": default} for key, value, default in rows} for table, rows in admin.tables(settings).items()}
    return {"file": str(settings.file), "tables": tables, "faults": faults, "changed": changed}
