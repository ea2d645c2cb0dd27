"""OpenAPI, and a page that shows it: drawn here from the schema itself, so that nothing is loaded from anywhere."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from scanpipe.i18n import N_
from scanpipe.web import showing
from scanpipe.web.visit import Visitor

router = APIRouter(include_in_schema=False)
_HEADINGS: Final = {
    "records": N_("Records"),
    "finding": N_("Search and review"),
    "schedule": N_("Retention and disposal"),
    "keeping": N_("Paper and events"),
    "operation": N_("Today"),
    "administration": N_("Operation"),
    "stats": N_("Campaign"),
    "upload": N_("Upload"),
}


@router.get("/api/openapi.json")
def schema(visit: Visitor) -> JSONResponse:
    """For programs that make clients of it."""
    return JSONResponse(visit.request.app.openapi())


@router.get("/api/docs")
def docs(visit: Visitor, request: Request) -> Response:
    """For people: each address with what it takes and answers."""
    described = request.app.openapi()
    return showing.page(visit, "api.html", groups=_groups(described), headings=_HEADINGS, models=described["components"]["schemas"], type_of=type_of)


def _groups(described: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Operations by their tag."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in described["paths"].items():
        for method, facts in methods.items():
            found.setdefault(facts["tags"][0], []).append({"path": path, "method": method.upper(), **facts})
    return found


def type_of(schema: dict[str, Any]) -> str:
    """A type in one line: text, integer, [Hit], Day or null."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(type_of(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(f'"{one}"' for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"[{type_of(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type", "any"))
