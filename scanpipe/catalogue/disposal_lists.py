"""What the catalogue holds about disposal: rows to facts and back, for its writing and its reading end."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from scanpipe.catalogue.database import SQL, Row
from scanpipe.catalogue.holdings import holds_on
from scanpipe.core.disposing.disposals import Act, Disposal, Entry
from scanpipe.core.disposing.holds import Hold
from scanpipe.core.disposing.obstacles import Condition, Obstacle
from scanpipe.core.model import Retention, State
from scanpipe.core.retention import disposable_from
from scanpipe.core.serial import as_json, from_text
from scanpipe.errors import NotFound
from scanpipe.i18n import N_

_PLAIN = ("id", "number", "fiscal_year", "kind", "by", "at", "reason", "last", "replaced_by")


class NoDisposal(NotFound):
    template = N_("There is no disposal list {name}. See `scanpipe dispose list --all`.")


def row_of(disposal: Disposal) -> dict[str, Any]:
    """The row of a list that was just proposed; its entries are rows of their own."""
    fact = as_json(disposal)
    return {name: fact[name] for name in _PLAIN}


def entry_row(entry: Entry) -> dict[str, Any]:
    """The columns of an entry that was just listed."""
    return {name: getattr(entry, name) for name in ("number", "department", "action")} | {"heirs": json.dumps(entry.heirs)}


def disposal(db: Database, name: str, *, entries: bool = True) -> Disposal:
    """The list with this id or number. entries: with them; a long list has thousands. Raises NoDisposal."""
    row = db.conn.execute(SQL["disposal"], {"name": name}).fetchone()
    if row is None:
        raise NoDisposal(name=name)
    return _disposal_of(row, db, entries)


def disposals(db: Database, *, entries: bool = False) -> Iterator[Disposal]:
    """All lists, the first first."""
    for row in db.conn.execute(SQL["disposals"]).fetchall():
        yield _disposal_of(row, db, entries)


def begun(db: Database) -> list[Disposal]:
    """Lists that are being carried out, without their entries."""
    return [_disposal_of(row, db, False) for row in db.conn.execute(SQL["disposals_begun"]).fetchall()]


def _disposal_of(row: Row, db: Database, entries: bool) -> Disposal:
    of = {"id": row["id"]}
    return Disposal(
        **{name: row[name] for name in ("id", "number", "fiscal_year", "kind", "by", "reason", "replaced_by")},
        at=datetime.fromisoformat(row["at"]),
        last=date.fromisoformat(row["last"]),
        entries=tuple(entry_of(one) for one in db.conn.execute(SQL["disposal_entries"], of)) if entries else (),
        answers={one["department"]: from_text(Act, one["act"]) for one in db.conn.execute(SQL["disposal_answers"], of)},
        approvals=tuple(from_text(Act, one["act"]) for one in db.conn.execute(SQL["disposal_approvals"], of)),
        begun=_act(row["begun"]),
        bagged=_act(row["bagged"]),
        handed_over=_act(row["handed_over"]),
        cancelled=_act(row["cancelled"]),
        done=_act(row["done"]),
    )


def _act(text: str | None) -> Act | None:
    return from_text(Act, text) if text else None


def entry_of(row: Row) -> Entry:
    return Entry(
        **{name: row[name] for name in ("number", "department", "action", "state")},
        heirs=tuple(json.loads(row["heirs"])),
        bagged=bool(row["bagged"]),
        obstacle=from_text(Obstacle, row["obstacle"]) if row["obstacle"] else None,
    )


def condition(db: Database, accession_id: str, disposal_id: str, batch_holds: tuple[Hold, ...]) -> Condition:
    """How a record on a list stands now. Raises KeyError if there is none."""
    row = db.conn.execute(SQL["condition"], {"id": accession_id, "disposal_id": disposal_id}).fetchone()
    if row is None:
        raise KeyError(accession_id)
    days = {name: date.fromisoformat(row[name]) if row[name] else None for name in ("starts", "expires", "completed")}
    completed = days["completed"]
    kept = Retention(period=row["period"], start_rule=row["start_rule"], starts=days["starts"], expires=days["expires"], disposition=None)
    return Condition(
        state=State(row["state"]),
        free=disposable_from(kept, completed) if completed is not None and kept.period is not None else None,
        holds=tuple(holds_on(db, accession_id)),
        batch_holds=batch_holds,
        corrected=bool(row["corrected"]),
    )


def disposed(db: Database, accession_id: str) -> dict[str, Any] | None:
    """The contract's `disposal` of a record: {list, kind, action, at, proposed_by, approved_by[], reason, reference, replaced_by}; None while it is there."""
    row = db.conn.execute(SQL["disposed_event"], {"id": accession_id}).fetchone()
    if row is None:
        return None
    told = json.loads(row["data"])
    names = ("list", "kind", "action", "reason", "reference", "replaced_by")
    people = {"proposed_by": told["proposed"]["by"], "approved_by": [one["by"] for one in told["approved"]]}
    return {name: told[name] for name in names} | {"at": row["at"]} | people
