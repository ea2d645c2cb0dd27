"""Search, and the records that ask for a person."""

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any

from fastapi import Query

from scanpipe.catalogue import glances
from scanpipe.catalogue.search_result import Order, SearchHit, SearchResult
from scanpipe.core.rights import Right
from scanpipe.web.api import finding_models
from scanpipe.web.api.asked import Asked, api_router, responses
from scanpipe.web.api.models import LONGEST_QUERY, Code, Cursor, Year
from scanpipe.web.house import access_of

router = api_router("finding")


@router.get("/search", response_model=finding_models.Found, responses=responses(429))
def search(
    visit: Asked,
    q: Annotated[str, Query(max_length=LONGEST_QUERY, description="words, AND OR NOT, “phrases”, 課: 分類: 年度: and the like")] = "",
    department: Code | None = None,
    category: Code | None = None,
    fiscal_year: Year | None = None,
    date_from: Annotated[date | None, Query(alias="from")] = None,
    date_to: Annotated[date | None, Query(alias="to")] = None,
    order: Order = "newest",
    fuzzy: bool = False,
    facets: bool = False,
    before: Cursor | None = None,
    after: Cursor | None = None,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> dict[str, Any]:
    """The records that you may see and that fulfil query and filters. The newest order goes on by `before`, the others by `offset`."""
    visit.need(Right.READ)
    visit.house.searches.take(visit.person.name)
    found = visit.house.search.search(
        q, department=department, category=category, fiscal_year=fiscal_year, date_from=date_from, date_to=date_to, limit=limit, offset=offset, order=order,
        allowed=access_of(visit.person), facets=facets, before=before, after=after, fuzzy=fuzzy,
    )  # fmt: skip
    faces = glances.faces(visit.reader, [hit.number for hit in found.hits])
    visit.note_found(faces.values())
    return _found(found, faces)


def _found(result: SearchResult, seen: Collection[str]) -> dict[str, Any]:
    """seen: numbers of those that the catalogue still shows."""
    facts = {name: getattr(result, name) for name in ("total", "capped", "exact", "more")}
    facets = {name: [{"value": value, "records": count} for value, count in values] for name, values in result.facets.items()}
    return {"hits": [_hit(one) for one in result.hits if one.number in seen], **facts, "before": result.older, "after": result.newer, "facets": facets}


def _hit(hit: SearchHit) -> dict[str, Any]:
    """As `search --json` prints it."""
    plain = {name: getattr(hit, name) for name in ("number", "title", "department", "category", "fiscal_year", "page")}
    return plain | {"date": hit.date.isoformat() if hit.date else None, "snippet": "".join(part for part, _is_hit in hit.snippet)}


@router.get("/searches", response_model=finding_models.SavedSearches)
def searches(visit: Asked) -> dict[str, Any]:
    """What you saved to search again."""
    visit.need(Right.READ)
    return {
        "searches": [{"name": one.name, "query": one.query, "created": one.created.isoformat()} for one in visit.house.accounts.searches(visit.person.name)]
    }


@router.get("/review", response_model=finding_models.Review)
def review(visit: Asked, department: Code | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
    """Records that ask for a person, the oldest first."""
    visit.need(Right.READ)
    return {"records": visit.reader.doubtful(department, limit)}
