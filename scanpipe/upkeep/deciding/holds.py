"""Holds that people enter and end, and the records whose disposal may come: by section, with those that a hold keeps apart."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from scanpipe.catalogue.database import SQL, Row
from scanpipe.catalogue.holdings import hold_json, holds_by_record
from scanpipe.catalogue.reader import CatalogueReader, NoRecord, retention_json
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.disposing import holds
from scanpipe.core.disposing.holds import BadHold, Hold, Standing
from scanpipe.core.model import Retention, State
from scanpipe.core.retention import disposable_from, successor_of
from scanpipe.errors import NotFound
from scanpipe.i18n import N_

JsonObject = dict[str, Any]

GONE = N_("{number} was disposed of; there is nothing left to hold. See `scanpipe show {number}`.")
NO_HOLD = N_("There is no hold {name}. See `scanpipe hold list`.")
SEVERAL_HOLDS = N_("Several holds have the reference {name}. Name one by its id: {ids}")
NO_SECTION = N_("There is no section {value}, neither in departments.toml nor among the records.")
NO_CATEGORY = N_("There is no category {value}, neither in retention.toml nor among the records.")


# --- wishes ---


def hold(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{kind, reason, reference, from, until, until_event, numbers, standing, query, dry_run}: held from now on. Raises BadHold, NoRecord.

    The wish's id becomes that of the hold: a wish that is answered twice, after a crash, holds once. What is held already for the same matter, to the same
    end, is not entered once more: the answer is that hold, with `already`.
    """
    wants, today = wish.wants, wish.at.astimezone(settings.timezone).date()
    made = holds.checked(_wanted(wish, settings))
    for number in made.numbers:
        if (known := catalogue.by_number(number)) is None:
            raise NoRecord(number=number)
        if known[1] is State.DISPOSED:
            raise BadHold(GONE, number=number)
    if made.standing:
        _check_standing(made.standing, catalogue, settings)
    entered = catalogue.holds()
    already = None if any(one.id == made.id for one in entered) else holds.same_held(made, entered, today)
    if already is None and not wants.get("dry_run"):
        catalogue.held(made)
    body = {"hold": hold_json(already or made), "records": len(_covered(already or made, catalogue))}
    return body | {"already": already is not None, "dry_run": bool(wants.get("dry_run"))}


def _wanted(wish: Wish, settings: Settings) -> Hold:
    wants, standing = wish.wants, wish.wants.get("standing") or {}
    return Hold(
        id=wish.id,
        kind=wants["kind"],
        reason=wants.get("reason") or "",
        reference=wants.get("reference") or "",
        by=wish.who,
        at=wish.at,
        since=holds.day_of(wants["from"]) if wants.get("from") else wish.at.astimezone(settings.timezone).date(),
        until=holds.day_of(wants["until"]) if wants.get("until") else None,
        until_event=wants.get("until_event"),
        numbers=tuple(wants.get("numbers") or ()),
        standing=Standing(**standing) if any(value is not None for value in standing.values()) else None,
        query=wants.get("query"),
    )


def _check_standing(standing: Standing, catalogue: Catalogue, settings: Settings) -> None:
    """Codes that were taken out of the configuration still hold the records that have them."""
    known = {"department": {one.code for one in settings.departments}, "category": set(settings.schedule.categories)}
    for name, codes, template in (("department", known["department"], NO_SECTION), ("category", known["category"], NO_CATEGORY)):
        value = getattr(standing, name)
        if value is not None and value not in codes and not _standing_numbers(Standing(**{name: value}), catalogue):
            raise BadHold(template, value=value)


def _standing_numbers(standing: Standing, catalogue: Catalogue) -> set[str]:
    values = {name: getattr(standing, name) for name in ("department", "category", "fiscal_year")}
    return {row["number"] for row in catalogue.db.conn.execute(SQL["standing_numbers"], values)}


def _covered(one: Hold, catalogue: Catalogue) -> set[str]:
    """Numbers of all records that it keeps at present."""
    return set(one.numbers) | (_standing_numbers(one.standing, catalogue) if one.standing else set())


def end(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{hold, on, reason, dry_run}: its matter has ended. hold: id, or reference. on: the day, today without it. Raises NotFound, BadHold."""
    wants, today = wish.wants, wish.at.astimezone(settings.timezone).date()
    meant = _one(wants["hold"], holds.to_end(catalogue.holds(), wants["hold"]))
    day = holds.day_of(wants["on"]) if wants.get("on") else today
    done = holds.ended(meant, day, today=today, by=wish.who, reason=wants.get("reason") or "")
    if not wants.get("dry_run"):
        catalogue.hold_ended(done)
    return {"hold": hold_json(done), "records": len(_covered(done, catalogue)), "dry_run": bool(wants.get("dry_run"))}


def void(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{hold, reason, dry_run}: it was entered by mistake and keeps nothing any more. hold: id, or reference. Raises NotFound, BadHold."""
    wants, today = wish.wants, wish.at.astimezone(settings.timezone).date()
    meant = _one(wants["hold"], holds.to_void(catalogue.holds(), wants["hold"]))
    done = holds.voided(meant, today, by=wish.who, reason=wants.get("reason") or "")
    records = len(_covered(meant, catalogue))
    if not wants.get("dry_run"):
        catalogue.hold_voided(done)
    return {"hold": hold_json(done), "records": records, "dry_run": bool(wants.get("dry_run"))}


def _one(name: str, found: list[Hold]) -> Hold:
    if not found:
        raise NotFound(NO_HOLD, name=name)
    if len(found) > 1:
        raise BadHold(SEVERAL_HOLDS, name=name, ids=", ".join(one.id for one in found))
    return found[0]


# --- lists ---


def listed(reader: CatalogueReader, day: date, *, all_of_them: bool = False) -> list[JsonObject]:
    """Holds in force on this day, or all: as in the contract, with in_force, numbers, standing, query, and how many records they keep."""
    counts: dict[str, int] = {}
    for row in reader.db.conn.execute("SELECT hold_id, count(*) AS n FROM held_record GROUP BY hold_id"):
        counts[row["hold_id"]] = row["n"]
    found = []
    for one in reader.holds():
        if all_of_them or holds.in_force(one, day):
            standing = {name: getattr(one.standing, name) for name in ("department", "category", "fiscal_year")} if one.standing else None
            more = {"in_force": holds.in_force(one, day), "numbers": list(one.numbers), "standing": standing, "query": one.query}
            found.append(
                hold_json(one) | more | {"ended_by": one.ended_by, "voided_by": one.voided_by, "void_reason": one.void_reason, "records": counts.get(one.id, 0)}
            )
    return found


def due(reader: CatalogueReader, settings: Settings, last: date, today: date, department: str | None = None) -> JsonObject:
    """{due, blocked}: records whose disposal may come on `last` or before, by the section that answers for them today, in order of arrival.

    blocked: those whose period has ended so far that only a hold keeps them beyond that day. department: one section's, which also answers for those it took over.
    Each record: number, title, department, section_of_origin, category, category_name, completed, retention, sheets, disposable_from (None = not known).
    """
    kept = holds_by_record(reader.db)
    found: JsonObject = {"due": [], "blocked": []}
    for row in reader.db.conn.execute(SQL["expiring"], {"last": last.isoformat()}):
        answers = successor_of(settings.departments, row["department"], today)
        if department is None or department == answers:
            on = kept.get(row["id"], [])
            body = _due(row, answers, on)
            if body is not None and body["without_holds"] <= last:
                come = body["disposable_from"]
                found["due" if come is not None and come <= last else "blocked"].append(_days_as_text(body))
    for rows in found.values():
        rows.sort(key=lambda one: one["department"])  # stable: in order of arrival within a section
    return found


def _due(row: Row, department: str, on: Iterable[Hold]) -> JsonObject | None:
    days = {name: date.fromisoformat(row[name]) if row[name] else None for name in ("starts", "expires", "completed")}
    retention = Retention(period=row["period"], start_rule=row["start_rule"], starts=days["starts"], expires=days["expires"], disposition=row["disposition"])
    completed = days["completed"]
    assert completed is not None
    free = disposable_from(retention, completed)
    if free is None:
        return None
    holding = [one for one in on if (ends := holds.effective_end(one)) is None or ends >= free]
    return {name: row[name] for name in ("number", "title", "category", "category_name", "completed", "sheets")} | {
        "department": department,
        "section_of_origin": row["department"],
        "retention": retention_json(retention) | {"holds": [hold_json(one) for one in holding]},
        "without_holds": free,
        "disposable_from": disposable_from(retention, completed, holds.ends(holding)),
    }


def _days_as_text(body: JsonObject) -> JsonObject:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in body.items()}


def by_section(rows: Iterable[JsonObject]) -> Iterator[tuple[str, list[JsonObject]]]:
    """(section, its records), as sorted."""
    for code, several in groupby(rows, key=lambda one: str(one["department"])):
        yield code, list(several)
