"""Sheets, as JSON and on request as CSV that Excel opens. Ledger A and ledger B stand apart and are never added (design §9)."""

from typing import Annotated, Any, Final, Literal

from fastapi import Query
from fastapi.responses import Response

from scanpipe import named
from scanpipe.catalogue.counted import INBOX, RAW, SIZES, counted
from scanpipe.core.campaign.figures import Figures
from scanpipe.core.dates import fiscal_year as fiscal_year_of
from scanpipe.core.model import UNCLASSIFIED
from scanpipe.core.rights import Right
from scanpipe.i18n import _
from scanpipe.upkeep.campaign import cabinets_shown, figure_csv
from scanpipe.upkeep.campaign.figure_csv import cell
from scanpipe.upkeep.reports import as_csv
from scanpipe.web.api import figure_models, operation_models
from scanpipe.web.api.asked import Asked, api_router, responses
from scanpipe.web.api.models import Code, Year
from scanpipe.web.searching import section_labels
from scanpipe.web.visit import Visit

router = api_router("stats")
By = Literal["department", "month", "fiscal_year", "category", "device"]
_KINDS: Final = ("digitised", "cleared", "removed")
Of = Literal["department", "month"]
Number = Annotated[int, Query(ge=1, le=1_000_000)]
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "As JSON, or with format=csv as UTF-8 CSV with a byte order mark"}, **responses(),
}  # fmt: skip
_TABLE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "UTF-8 CSV, with a byte order mark where bom is asked for"}, **responses(404),
}  # fmt: skip


@router.get("/stats", response_model=figure_models.Stats)
def stats(visit: Asked, fiscal_year: Year | None = None, base_year: Year | None = None) -> dict[str, Any]:
    """Both ledgers and the cabinets, for the city and each section."""
    return _figures(visit, fiscal_year, base_year).stats()


@router.get("/stats/campaign", response_model=figure_models.CampaignStats, responses=responses(404))
def campaign(visit: Asked, fiscal_year: Year | None = None, base_year: Year | None = None, campaign: Number | None = None) -> dict[str, Any]:
    """Everything that the page of the campaign shows: months, gaps to the targets, who lags and why, indicators. fiscal_year: the current one without it."""
    return _figures(visit, fiscal_year or current_year(visit), base_year, campaign).body()


@router.get("/stats/campaign.csv", response_class=Response, responses=_TABLE)
def campaign_csv(
    visit: Asked, by: Of = "department", fiscal_year: Year | None = None, base_year: Year | None = None, campaign: Number | None = None, bom: bool = False
) -> Response:
    """The same as a table: one row a section, or by=month one a section and month; the city has an empty department. bom: for Excel."""
    found = _figures(visit, fiscal_year or current_year(visit), base_year, campaign)
    table = (figure_csv.SECTIONS, figure_csv.sections(found)) if by == "department" else (figure_csv.MONTHS, figure_csv.months(found))
    disposition = {"content-disposition": f'attachment; filename="campaign-{by}-{found.fiscal_year}.csv"'}
    return Response(figure_csv.as_csv(*table, bom=bom), media_type="text/csv; charset=utf-8", headers=disposition)


def _figures(visit: Visit, fiscal_year: int | None, base_year: int | None, campaign: int | None = None) -> Figures:
    visit.need(Right.STATISTICS)
    house = visit.house
    return house.figures.of(visit.reader, house.now().date(), fiscal_year=fiscal_year, base_year=base_year, campaign=campaign)


def current_year(visit: Visit) -> int:
    """The fiscal year of today."""
    return fiscal_year_of(visit.house.now().date())


@router.get("/stats/sheets", response_model=operation_models.Sheets, responses=_CSV)
def sheets(
    visit: Asked, by: By = "department", fiscal_year: Year | None = None, raw: bool = False, format: Annotated[Literal["json", "csv"], Query()] = "json"
) -> Any:
    """Ledger B in A4 sheets by section, month, fiscal year, category or scanner. raw: with what was scanned, counted record by record, which takes longer."""
    visit.need(Right.STATISTICS)
    apart = raw or by == "device"
    rows = [_named(row, by, visit) for row in (counted(visit.reader.db, by, fiscal_year) if apart else visit.reader.sheets(by, fiscal_year))]
    if format == "json":
        return {"by": by, "fiscal_year": fiscal_year, "rows": rows}
    headings = {"department": _("Section"), "month": _("Month"), "fiscal_year": _("Fiscal year"), "category": _("Category"), "device": _("Device")}
    head = [headings[by], _("Name"), _("Digitised"), _("Cleared"), _("Removed")]
    head += [_("Records"), _("Images"), _("Blank"), _("Sides"), _("Sheets"), *map(named.paper_size, SIZES)] if apart else []
    table = [[row["key"], row["name"] or "", *(cell(row[kind]) for kind in _KINDS), *_as_scanned(row)] for row in rows]
    disposition = {"content-disposition": f'attachment; filename="sheets-{by}.csv"'}
    return Response(as_csv([head, *table]), media_type="text/csv; charset=utf-8", headers=disposition)


def _named(row: dict[str, Any], by: By, visit: Visit) -> dict[str, Any]:
    key, settings = str(row[by]), visit.house.settings
    category = settings.schedule.categories.get(key)
    sections = section_labels(visit.house)
    folder = _("drop folder of {section}").format(section=sections.get(key.removeprefix(INBOX), key)) if key.startswith(INBOX) else None
    name = {"department": sections.get(key), "category": category.name if category else None, "device": folder}.get(by)
    kinds = {kind: row[kind] for kind in _KINDS}
    return {"key": key, "name": _("unclassified") if by == "category" and key == UNCLASSIFIED else name, **kinds, "raw": row.get("raw")}


def _as_scanned(row: dict[str, Any]) -> list[str]:
    seen = row["raw"] and row["raw"]["digitised"]
    return [*(str(seen[name]) for name in RAW), *(str(seen["sizes"].get(size, 0)) for size in SIZES)] if seen else []


@router.get("/stats/cabinets", response_model=figure_models.Register, responses=responses(404))
def cabinets(visit: Asked, department: Code | None = None) -> dict[str, Any]:
    """The register of cabinets as it is today, what is left of each section and until when, and what ledger B suggests; measured volume wins."""
    visit.need(Right.STATISTICS)
    house = visit.house
    section = house.settings.department(department).code if department else None
    return cabinets_shown.listed(visit.reader.db, house.settings, house.now().date(), section)
