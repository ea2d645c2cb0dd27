"""What the catalogue holds about holds: rows to facts and back, for its writing and its reading end."""

from collections import defaultdict
from typing import Any

from sqlite_utils import Database

from scanpipe.catalogue.database import SQL, Row
from scanpipe.core.disposing.holds import Hold, Standing, effective_end
from scanpipe.core.serial import as_json, from_json

JsonObject = dict[str, Any]
_STANDING = ("department", "category", "fiscal_year")
_PLAIN = ("id", "kind", "reason", "reference", "by", "at", "since", "until", "until_event", "query")
_LATER = ("ended", "ended_by", "end_reason", "voided", "voided_by", "void_reason")


def row_of(hold: Hold) -> JsonObject:
    """The row of a hold that has neither ended nor is void; its numbers are rows of their own."""
    fact = as_json(hold)
    standing = fact["standing"] or dict.fromkeys(_STANDING)
    return {name: fact[name] for name in _PLAIN} | standing | {"standing": hold.standing is not None}


def _hold_of(row: Row, numbers: list[str]) -> Hold:
    standing = Standing(**{name: row[name] for name in _STANDING}) if row["standing"] else None
    fields = {name: row[name] for name in (*_PLAIN, *_LATER)}
    return from_json(Hold, fields | {"numbers": numbers, "standing": as_json(standing) if standing else None})


def holds(db: Database) -> list[Hold]:
    """All holds with the numbers of their records, the first first."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for row in db.conn.execute(SQL["hold_numbers"]):
        numbers[row["hold_id"]].append(row["number"])
    return [_hold_of(row, numbers[row["id"]]) for row in db.conn.execute(SQL["holds"])]


def holds_on(db: Database, accession_id: str) -> list[Hold]:
    """The holds on one record, ended ones too, the first first; without the numbers of their other records."""
    return [_hold_of(row, []) for row in db.conn.execute(SQL["holds_on"], {"id": accession_id})]


def holds_by_record(db: Database) -> dict[str, list[Hold]]:
    """The holds on every held record, by its id."""
    known = {hold.id: hold for hold in holds(db)}
    found: dict[str, list[Hold]] = defaultdict(list)
    for row in db.conn.execute(SQL["held_ids"]):
        found[row["accession_id"]].append(known[row["hold_id"]])
    return found


def hold_json(hold: Hold) -> JsonObject:
    """A hold in the contract's `retention.holds`. ends: its last day, null = until further notice."""
    fact = as_json(hold)
    names = ("id", "kind", "reason", "reference", "by")
    end = effective_end(hold)
    body = {name: fact[name] for name in names} | {"from": fact["since"], "until": fact["until"], "until_event": fact["until_event"]}
    return body | {"ended": fact["ended"], "voided": fact["voided"], "ends": end.isoformat() if end else None}
