"""`/retention/schedule`: the retention schedule as it stands; `/retention/events`: the events that periods wait for."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from scanpipe.catalogue import awaiting
from scanpipe.catalogue.reader import JsonObject
from scanpipe.catalogue.requests import Refused
from scanpipe.core.record_numbers import record_number
from scanpipe.core.retention import override_of
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_
from scanpipe.web import showing, wishing
from scanpipe.web.guard import Submitted
from scanpipe.web.routes.retention import names, own_sections
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
EVENTS = "/retention/events"
MOST_ROWS = 100
NO_DAYS = N_("No day was entered. Write the day of the event beside at least one record.")

Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]


@router.get("/retention/schedule")
def schedule(visit: Visitor) -> Response:
    """All categories with their periods and rules."""
    visit.need(Right.READ)
    return showing.page(visit, "schedule.html", categories=visit.house.settings.schedule.categories.values())


# --- events ---


@router.get(EVENTS)
def events(visit: Visitor, category: str = "", department: str = "", after: str = "", done: str = "") -> Response:
    """Records that wait for the event that starts their period, by category."""
    visit.need(Right.READ)
    return _events(visit, category, department, after=after, done=done)


def _events(
    visit: Visit, category: str, department: str, says: str | None = None, *, after: str = "", done: str = "", typed: dict[str, str] | None = None
) -> Response:
    counts = awaiting.counts(visit.reader)
    rows = list(awaiting.records(visit.reader, category, department or None, most=MOST_ROWS + 1, after=after)) if category else []
    shown = [one | {"event": _event(visit, one), "may": visit.person.may(Right.CORRECT, one["department"])} for one in islice(rows, MOST_ROWS)]
    further = f"{shown[-1]['completed']} {shown[-1]['number']}" if len(rows) > MOST_ROWS else None
    facts: JsonObject = {
        "category": category,
        "department": department,
        "says": says,
        "done": done,
        "typed": typed or {},
        "further": further,
        "own": own_sections(visit),
    }
    categories = visit.house.settings.schedule.categories
    facts["event_of"] = {one["category"]: categories[one["category"]].event if one["category"] in categories else "" for one in counts}
    return showing.page(visit, "events.html", 409 if says else 200, counts=counts, rows=shown, names=names(visit), today=visit.house.now().date(), **facts)


def _event(visit: Visit, one: JsonObject) -> str:
    """What starts the period of this record, as the schedule says."""
    category = visit.house.settings.schedule.categories.get(one["category"])
    if category is None:
        return ""
    special = override_of(category, one["title"])
    return (special.event if special and special.event is not None else category.event) or ""


@router.post(EVENTS)
def enter(
    visit: Submitted,
    category: Text = "",
    department: Text = "",
    reason: Text = "",
    day: Text = "",
    chosen: Texts = None,
    number: Texts = None,
    own: Texts = None,
) -> Response:
    """The days of events. number, own: records and the day of each, "" = none yet; chosen: records that get the one `day` unless they have their own."""
    visit.need(Right.CORRECT)
    typed = dict(zip(map(record_number, number or ()), own or (), strict=False))

    def again(says: str) -> Response:
        return _events(visit, category, department, says, typed=typed)

    try:
        days = _days(typed, wishing.day(day), {record_number(one) for one in chosen or ()})
        for one in days:
            visit.correctable(one)
    except (UsageError, NotFound) as wrong:
        return again(wishing.told(visit, wrong))
    try:
        for on in sorted(set(days.values())):
            visit.ask("correct", numbers=[one for one, its in days.items() if its == on], changes={"event": on}, reason=reason.strip())
    except Refused as refusal:
        return again(wishing.told(visit, refusal))
    return RedirectResponse(showing.link(EVENTS, category=category, department=department, done=len(days)), 303)


def _days(typed: dict[str, str], day: str | None, chosen: set[str]) -> dict[str, str]:
    """The day of each record that has one. Raises UsageError where none has, and for what is no day."""
    found = {number: its for number, text in typed.items() if (its := wishing.day(text) or (day if number in chosen else None))}
    if not found:
        raise UsageError(NO_DAYS)
    return found
