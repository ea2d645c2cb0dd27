"""`/retention/holds`: what must not be destroyed, whatever its period says."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from scanpipe.catalogue import glances
from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.reader import JsonObject
from scanpipe.catalogue.requests import Refused
from scanpipe.core.disposing.holds import KINDS
from scanpipe.core.record_numbers import record_numbers
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_
from scanpipe.upkeep.deciding import holds
from scanpipe.web import searching, showing, wishing
from scanpipe.web.guard import Submitted
from scanpipe.web.house import access_of
from scanpipe.web.routes.retention import names, own_sections, year_of
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
HOLDS = "/retention/holds"
MOST_FOUND = 1000  # records that one search may hold at once, as at the command line
_MOST_NAMED = 5  # numbers that a row shows
NO_HOLD = N_("There is no such hold.")
FINDS_NOTHING = N_("{query} finds no record, so nothing would be held.")
TOO_MANY = N_("{query} finds more than {most} records. Narrow it, e.g. by 年度: or 課:.")
NO_REASON = N_("Say why.")

Text = Annotated[str, Form()]


@router.get(HOLDS)
def listed(visit: Visitor, every: str = "", done: str = "") -> Response:
    """Holds in force on records that this person sees; with every=1 those that ended, too."""
    visit.need(Right.READ)
    return _listed(visit, every=bool(every), done=done)


def _listed(visit: Visit, says: str | None = None, *, every: bool = False, done: str = "") -> Response:
    today = visit.house.now().date()
    found = holds.listed(visit.reader, today, all_of_them=every)
    shown = [one | {"named": _named(visit, one["numbers"]), "open": one["ended"] is None and one["voided"] is None} for one in reversed(found)]
    facts: JsonObject = {"every": every, "done": done, "says": says, "today": today, "categories": searching.category_labels(visit.house)}
    return showing.page(visit, "holds.html", 409 if says else 200, found=shown, names=names(visit), **facts)


def _named(visit: Visit, numbers: list[str]) -> list[str]:
    """The first of the numbers that may be seen."""
    few = numbers[: _MOST_NAMED * 4]
    return sorted(glances.faces(visit.reader, few))[:_MOST_NAMED] if few else []


# --- a new one ---


@router.get(f"{HOLDS}/new")
def ask(visit: Visitor, number: str = "", q: str = "") -> Response:
    """The form. number, q: what the page that leads here shows."""
    visit.need(Right.HOLD)
    return _form(visit, {"numbers": number, "query": q, "from": visit.house.now().date().isoformat()})


def _form(visit: Visit, typed: Mapping[str, str], says: str | None = None, *, covers: int | None = None) -> Response:
    facts: JsonObject = {
        "typed": typed,
        "says": says,
        "covers": covers,
        "kinds": KINDS,
        "own": own_sections(visit),
        "categories": searching.category_labels(visit.house),
    }
    return showing.page(visit, "hold.html", 409 if says else 200, **facts)


@router.post(f"{HOLDS}/new")
def begin(
    visit: Submitted,
    kind: Text = "",
    reference: Text = "",
    reason: Text = "",
    since: Annotated[str, Form(alias="from")] = "",
    until: Text = "",
    until_event: Text = "",
    numbers: Text = "",
    query: Text = "",
    department: Text = "",
    category: Text = "",
    fiscal_year: Text = "",
    step: Text = "",
) -> Response:
    """step "look": only how many records it would keep. Else they are held from now on."""
    visit.need(Right.HOLD)
    typed = {
        "kind": kind, "reference": reference, "reason": reason, "from": since, "until": until, "until_event": until_event, "numbers": numbers, "query": query,
        "department": department, "category": category, "fiscal_year": fiscal_year,
    }  # fmt: skip
    try:
        wants = _wants(visit, typed)
        visit.ask("hold", **wants, dry_run=step == "look")
    except (Refused, UsageError, NotFound) as wrong:
        return _form(visit, typed, wishing.told(visit, wrong))
    if step == "look":
        return _form(visit, typed, covers=_covers(visit, wants))
    return RedirectResponse(f"{HOLDS}?done=held", 303)


def _wants(visit: Visit, typed: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as a wish. Raises UsageError, NotFound."""
    query = typed["query"].strip() or None
    chosen = wishing.numbers(visit, typed["numbers"]) if record_numbers(typed["numbers"]) else []
    found = _found(visit, query) if query else []
    plain = {name: typed[name].strip() for name in ("kind", "reference", "reason")}
    standing = {"department": typed["department"] or None, "category": typed["category"] or None, "fiscal_year": year_of(typed["fiscal_year"])}
    days = {name: wishing.day(typed[name]) for name in ("from", "until")}
    return plain | days | {"until_event": typed["until_event"].strip() or None, "numbers": [*chosen, *found], "standing": standing, "query": query}


def _found(visit: Visit, query: str) -> list[str]:
    """Numbers of all records that the search finds for this person."""
    visit.house.searches.take(visit.person.name)
    hits = visit.house.search.search(query, limit=MOST_FOUND + 1, allowed=access_of(visit.person)).hits
    if not hits:
        raise NotFound(FINDS_NOTHING, query=query)
    if len(hits) > MOST_FOUND:
        raise UsageError(TOO_MANY, query=query, most=MOST_FOUND)
    return [hit.number for hit in hits]


def _covers(visit: Visit, wants: Mapping[str, Any]) -> int:
    """How many records, as this person sees them, it would keep at present."""
    standing: JsonObject = wants["standing"]
    more = {row["number"] for row in visit.reader.db.conn.execute(SQL["standing_numbers"], standing)} if any(standing.values()) else set()
    return len(more | set(wants["numbers"]))


# --- its end ---


@router.post(f"{HOLDS}/{{hold}}/end")
def end(visit: Submitted, hold: str, on: Text = "", reason: Text = "") -> Response:
    """The decision was made, or the matter has ended otherwise."""
    visit.need(Right.HOLD)
    try:
        day = wishing.day(on) or _today(visit).isoformat()
        said = _said(reason)
    except UsageError as wrong:
        return _listed(visit, str(wrong))
    return _decided(visit, "end_hold", "ended", hold=_known(visit, hold), on=day, reason=said)


@router.post(f"{HOLDS}/{{hold}}/void")
def void(visit: Submitted, hold: str, reason: Text = "") -> Response:
    """It was entered by mistake."""
    visit.need(Right.HOLD)
    try:
        said = _said(reason)
    except UsageError as wrong:
        return _listed(visit, str(wrong))
    return _decided(visit, "void_hold", "void", hold=_known(visit, hold), reason=said)


def _decided(visit: Visit, verb: str, done: str, **wants: Any) -> Response:
    return wishing.tried(visit, lambda says: _listed(visit, says), f"{HOLDS}?done={done}", verb, **wants)


def _known(visit: Visit, id: str) -> str:
    """The id, if there is such a hold for this person. Raises NotFound."""
    if not any(one.id == id for one in visit.reader.holds()):
        raise NotFound(NO_HOLD)
    return id


def _said(reason: str) -> str:
    if not reason.strip():
        raise UsageError(NO_REASON)
    return reason.strip()


def _today(visit: Visit) -> date:
    return visit.house.now().date()
