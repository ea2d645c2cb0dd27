"""`/search`: find records, narrow them, keep a search by name, take the result away as CSV."""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from scanpipe.core.finding.query import QueryError
from scanpipe.core.rights import Right
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.web import searching, showing
from scanpipe.web.guard import Submitted
from scanpipe.web.house import is_restricted
from scanpipe.web.searching import Wanted
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
NOTHING_ASKED = N_("There is nothing to look for. Type at least one word, or choose a filter.")


@router.get("/search")
def search(visit: Visitor) -> Response:
    """The box alone, the result, or why there is none."""
    visit.need(Right.READ)
    try:
        wanted = Wanted.of(visit.request.query_params)
    except UsageError as error:
        return _page(visit, Wanted(q=visit.request.query_params.get("q", "")), status=400, says=str(error))
    if not wanted.asked:
        return _page(visit, wanted)
    visit.house.searches.take(visit.person.name)
    visit.house.pictures.warm()
    try:
        result = searching.ask(visit.house, visit.person, wanted)
    except QueryError as error:
        return _page(visit, wanted, status=400, says=str(error), at=searching.marked(wanted.q, error))
    found = searching.found(visit.house, visit.person, wanted, result)
    visit.note_found(face for _hit, face in found.hits)
    helped = searching.helped(visit.house, visit.person, wanted) if not found.hits and not found.previous else None
    meant = searching.sections_meant(visit.house, visit.person, wanted)
    return _page(visit, wanted, found=found, helped=helped, facets=searching.facets(visit.house, wanted, result), meant=meant)


def _page(visit: Visit, wanted: Wanted, *, status: int = 200, **facts: object) -> Response:
    shown: dict[str, object] = {"found": None, "helped": None, "facets": {}, "meant": (), "says": None, "at": None} | facts
    sections, seen = searching.section_labels(visit.house), visit.person.sections()
    return showing.page(
        visit,
        "search.html",
        status,
        wanted=wanted,
        q=wanted.q,
        saved=visit.house.accounts.searches(visit.person.name) if visit.csrf else (),
        sections={code: name for code, name in sections.items() if seen is None or code in seen},
        section_names=sections,
        categories=searching.category_labels(visit.house),
        count=searching.count,
        fuzzily=searching.fuzzily,
        most_rows=searching.MOST_ROWS,
        restricted=lambda face: is_restricted(visit.house.settings, face.restricted, face.category),
        done=visit.request.query_params.get("done", ""),
        **shown,
    )


@router.get("/search.csv")
def search_csv(visit: Visitor) -> Response:
    """The whole result; that it was taken away stands in the journal."""
    visit.need(Right.READ)
    wanted = Wanted.of(visit.request.query_params)
    if not wanted.asked:
        raise UsageError(NOTHING_ASKED)
    visit.house.searches.take(visit.person.name)
    rows = searching.as_csv(visit.house, visit.person, wanted, visit.note_found)
    begun = list(_first(rows, 2))  # asks once: a query that cannot be understood is told as a page
    visit.tell("exported", what="search", query=wanted.query)
    headers = {"content-disposition": 'attachment; filename="search.csv"'}
    return StreamingResponse(chain(begun, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _first(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    for _place in range(most):
        piece = next(pieces, None)
        if piece is not None:
            yield piece


@router.post("/search/save")
def save(visit: Submitted, name: Annotated[str, Form()] = "", query: Annotated[str, Form()] = "") -> Response:
    """Keeps a search under a name, in place of one with the same."""
    visit.need(Right.READ)
    wanted = _wanted(query)
    visit.house.accounts.save_search(visit.person.name, name, wanted.query, visit.house.now())
    return RedirectResponse(_with(wanted, "saved"), 303)


@router.post("/search/forget")
def forget(visit: Submitted, name: Annotated[str, Form()] = "", query: Annotated[str, Form()] = "") -> Response:
    visit.need(Right.READ)
    visit.house.accounts.forget_search(visit.person.name, name)
    return RedirectResponse(_with(_wanted(query), "forgotten"), 303)


def _wanted(query: str) -> Wanted:
    """Only what a search page itself would have written."""
    return Wanted.of(dict(parse_qsl(query)))


def _with(wanted: Wanted, done: str) -> str:
    address = wanted.link()
    return f"{address}{'&' if '?' in address else '?'}done={done}"
