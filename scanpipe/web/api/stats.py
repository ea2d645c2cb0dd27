"""Sheets, as JSON and on request as CSV that Excel opens. Ledger A and ledger B stand apart and are never added (design §9)."""

from typing import Annotated, Any, Final, Literal

from fastapi import Query
from fastapi.responses import Response

from scanpipe.core.model import UNCLASSIFIED
from scanpipe.core.rights import Right
from scanpipe.i18n import _
from scanpipe.upkeep.reports import as_csv
from scanpipe.web.api import models
from scanpipe.web.api.asked import Asked, api_router, responses
from scanpipe.web.api.models import Year
from scanpipe.web.searching import section_labels
from scanpipe.web.visit import Visit

router = api_router("stats")
By = Literal["department", "month", "category"]
_KINDS: Final = ("digitised", "cleared", "removed")
_NO_LEDGER_A: Final = dict.fromkeys(("base", "current", "saved", "rate"))
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "As JSON, or with format=csv as UTF-8 CSV with a byte order mark"}, **responses(),
}  # fmt: skip


@router.get("/stats", response_model=models.Stats)
def stats(visit: Asked, fiscal_year: Year | None = None) -> dict[str, Any]:
    """Both ledgers, for the city and each section."""
    visit.need(Right.STATISTICS)
    found = visit.reader.sheets("department", fiscal_year)
    names = section_labels(visit.house)
    sections = {row["department"]: {"name": names.get(row["department"]), "ledger_a": _NO_LEDGER_A, "ledger_b": _sums([row])} for row in found}
    return {"fiscal_year": fiscal_year, "city": {"ledger_a": _NO_LEDGER_A, "ledger_b": _sums(found)}, "departments": sections}


def _sums(rows: list[dict[str, Any]]) -> dict[str, float]:
    return {kind: sum(row[kind] for row in rows) for kind in _KINDS}


@router.get("/stats/sheets", response_model=models.Sheets, responses=_CSV)
def sheets(visit: Asked, by: By = "department", fiscal_year: Year | None = None, format: Annotated[Literal["json", "csv"], Query()] = "json") -> Any:
    """Ledger B in A4 sheets by section, month or category."""
    visit.need(Right.STATISTICS)
    rows = [_named(row, by, visit) for row in visit.reader.sheets(by, fiscal_year)]
    if format == "json":
        return {"by": by, "fiscal_year": fiscal_year, "rows": rows}
    headings = {"department": _("Section"), "month": _("Month"), "category": _("Category")}
    head = [headings[by], _("Name"), _("Digitised"), _("Cleared"), _("Removed")]
    table = [[row["key"], row["name"] or "", *(f"{row[kind]:g}" for kind in _KINDS)] for row in rows]
    disposition = {"content-disposition": f'attachment; filename="sheets-{by}.csv"'}
    return Response(as_csv([head, *table]), media_type="text/csv; charset=utf-8", headers=disposition)


def _named(row: dict[str, Any], by: By, visit: Visit) -> dict[str, Any]:
    key, settings = str(row[by]), visit.house.settings
    category = settings.schedule.categories.get(key)
    name = {"department": section_labels(visit.house).get(key), "month": None, "category": category.name if category else None}[by]
    return {"key": key, "name": _("unclassified") if by == "category" and key == UNCLASSIFIED else name, **{kind: row[kind] for kind in _KINDS}}
