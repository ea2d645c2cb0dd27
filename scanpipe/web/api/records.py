"""Records: listed, one with all its facts, its text, pages, events and files, and what people decide about it."""

from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import Response

from scanpipe.catalogue import glances, listing
from scanpipe.catalogue.listing import Wanted
from scanpipe.core.finding.query import parse
from scanpipe.core.model import State
from scanpipe.core.rights import Right
from scanpipe.upkeep.disposal.outlook import outlook
from scanpipe.web import showing
from scanpipe.web.api import finding_models, record_models
from scanpipe.web.api.asked import Asked, Changing, api_router, responses
from scanpipe.web.api.models import LONGEST_QUERY, Code, Cursor, Year
from scanpipe.web.record_shown import Sought
from scanpipe.web.routes import records as pages
from scanpipe.web.searching import section_labels
from scanpipe.web.visit import Visit

router = api_router("records")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": _BINARY}, "description": "The bytes"}, **responses(404)}


@router.get("/records", response_model=record_models.Records)
def records(
    visit: Asked,
    department: Code | None = None,
    category: Code | None = None,
    fiscal_year: Year | None = None,
    state: State | None = None,
    needs_review: bool | None = None,
    before: Annotated[Cursor | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """The records that you may see, the newest first."""
    visit.need(Right.READ)
    wanted = Wanted(department=department, category=category, fiscal_year=fiscal_year, state=state, needs_review=needs_review)
    rows = listing.records(visit.reader.db, wanted, before, limit + 1)
    names = section_labels(visit.house)
    more = len(rows) > limit
    return {"records": [{**row, "department_name": names.get(row["department"])} for row in rows[:limit]], "next": rows[limit - 1]["serial"] if more else None}


@router.get("/records/{number}", response_model=record_models.Record, response_model_exclude_unset=True, responses=responses(404))
def record(visit: Asked, number: str, text: bool = False) -> dict[str, Any]:
    """One record with all its facts."""
    found = visit.record(number, text=text)
    names = section_labels(visit.house)
    said = outlook(found, glances.open_list(visit.reader, found["id"]), visit.house.now().date(), showing.day)
    return {**found, "department_name": names.get(found["department"]), "corrections": visit.reader.corrections(found["id"]), "next": said}


@router.get("/records/{number}/text", response_model=record_models.Text, responses=responses(404))
def text(visit: Asked, number: str) -> dict[str, Any]:
    """The text of all its pages."""
    return {"number": number, "text": visit.record(number, text=True)["text"]}


@router.get("/records/{number}/pages", response_model=record_models.Pages, responses=responses(404))
def pages_of(visit: Asked, number: str) -> dict[str, Any]:
    """What was read, page by page."""
    found = visit.record(number)
    return {"number": number, "pages": listing.pages(visit.reader.db, found["id"])}


@router.get("/records/{number}/pages/{page}", response_model=record_models.OnePage, responses=responses(404))
def page_of(
    visit: Asked, number: str, page: Annotated[int, Path(ge=1, le=100_000)], q: Annotated[str, Query(max_length=LONGEST_QUERY)] = "", fuzzy: bool = False
) -> dict[str, Any]:
    """One page, and where on it the words of a query stand."""
    if q.strip():
        parse(q)  # what cannot be understood is told, not passed over
    shown = pages.one_page(visit, number, page, Sought(q=q.strip(), fuzzy=fuzzy))
    plain = {name: getattr(shown, name) for name in ("width", "height", "blank", "boxes")}
    return {"number": number, "page": page, **plain, "text": [{"text": text, "hit": hit} for text, hit in shown.text]}


@router.get("/records/{number}/events", response_model=record_models.Events, responses=responses(404))
def events(visit: Asked, number: str) -> dict[str, Any]:
    """What happened to it, in order."""
    found = visit.record(number)
    return {"number": number, "events": visit.reader.events(found["id"])}


@router.get("/records/{number}/original", response_class=Response, responses=_FILE)
def original(visit: Asked, number: str) -> Response:
    """The bytes that were delivered."""
    return pages.original(visit, number)


@router.get("/records/{number}/access.pdf", response_class=Response, responses=_FILE)
def access(visit: Asked, number: str) -> Response:
    """The access copy, PDF/A with its text."""
    return pages.access(visit, number)


@router.post("/records/{number}/corrections", response_model=finding_models.Decisions, responses=responses(404, 409))
def correct(visit: Changing, number: str, decision: finding_models.Decision) -> dict[str, Any]:
    """A person's decision: other facts, the record as it is, or the newest correction taken back."""
    return _decide(visit, number, decision)


def _decide(visit: Visit, number: str, decision: finding_models.Decision) -> dict[str, Any]:
    visit.correctable(number)
    changes = decision.changes.model_dump(exclude_unset=True)
    return visit.ask("correct", numbers=[number], changes=changes, reason=decision.reason, undo=decision.undo, dry_run=decision.dry_run)
