"""`/retention`: what is due, the register and its binders: read by everybody for their own sections, by records managers for all."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from scanpipe.catalogue.reader import JsonObject
from scanpipe.core.dates import fiscal_year, year_typed
from scanpipe.core.rights import Right
from scanpipe.i18n import _
from scanpipe.upkeep.deciding import holds
from scanpipe.upkeep.disposal import register, retention_facts
from scanpipe.web import searching, showing
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
MOST_ROWS = 300  # records on one page; where there are more, a section is chosen first

Year = Annotated[str, Query()]


@router.get("/retention")
def overview(visit: Visitor) -> Response:
    """What waits: due records, lists, holds, boxes, events."""
    visit.need(Right.READ)
    found = retention_facts.overview(visit.reader, visit.house.settings, visit.house.now().date())
    return showing.page(visit, "retention.html", names=names(visit), **found)


@router.get("/retention/due")
def due(visit: Visitor, fiscal_year: Year = "", department: str = "") -> Response:
    """Records whose disposal may come by the end of that fiscal year, by section; those that are held stand apart."""
    visit.need(Right.READ)
    year, found = _due(visit, fiscal_year, department)
    many = len(found["due"]) > MOST_ROWS and not department
    sections = [retention_facts.summed(code, records) for code, records in holds.by_section(found["due"])]
    rows: JsonObject = {
        "due": [] if many else list(holds.by_section(found["due"])),
        "blocked": found["blocked"][:MOST_ROWS],
        "blocked_in_all": len(found["blocked"]),
    }
    facts: JsonObject = {"year": year, "department": department, "sections": sections, "many": many, "years": _years(visit), "own": own_sections(visit)}
    return showing.page(visit, "due.html", names=names(visit), **facts, **rows)


@router.get("/retention/due.csv")
def due_csv(visit: Visitor, fiscal_year: Year = "", department: str = "") -> Response:
    """The same for spreadsheets."""
    visit.need(Right.READ)
    year, found = _due(visit, fiscal_year, department)
    visit.tell("exported", what="due", fiscal_year=year, department=department)
    return download(retention_facts.due_csv(found, names(visit)), "text/csv; charset=utf-8", f"due-{year}.csv")


def _due(visit: Visit, typed: str, department: str) -> tuple[int, JsonObject]:
    today = visit.house.now().date()
    year = year_of(typed) or fiscal_year(today)
    return year, holds.due(visit.reader, visit.house.settings, date(year + 1, 3, 31), today, department or None)


def _years(visit: Visit) -> list[int]:
    """To choose from: the present year, those around it."""
    now = fiscal_year(visit.house.now().date())
    return list(range(now - 2, now + 6))


# --- the register ---


@router.get("/retention/binders")
def binders(visit: Visitor, fiscal_year: Year = "", department: str = "") -> Response:
    """The binders with their volumes."""
    visit.need(Right.READ)
    year, years = _chosen(visit, fiscal_year)
    found = register.binders(visit.reader, visit.house.settings.binders.volume_sheets, year, department or None)
    facts: JsonObject = {"year": year, "years": years, "department": department, "own": own_sections(visit)}
    return showing.page(visit, "binders.html", names=names(visit), **facts, **found)


@router.get("/retention/register")
def show_register(visit: Visitor, fiscal_year: Year = "", department: str = "") -> Response:
    """The register of binders, with its 13 fields (domain §2.6)."""
    visit.need(Right.READ)
    year, years = _chosen(visit, fiscal_year)
    entries = _entries(visit, year, department)
    facts: JsonObject = {"year": year, "years": years, "department": department, "own": own_sections(visit)}
    return showing.page(visit, "register.html", names=names(visit), entries=entries, headings=register.HEADINGS, **facts)


@router.get("/retention/register.csv")
def register_csv(visit: Visitor, fiscal_year: Year = "", department: str = "") -> Response:
    """Of one year, or of all."""
    visit.need(Right.READ)
    year = year_of(fiscal_year)
    visit.tell("exported", what="register", fiscal_year=year, department=department)
    return download(register.as_csv(_entries(visit, year, department)), "text/csv; charset=utf-8", f"register-{year or 'all'}.csv")


@router.get("/retention/register.xlsx")
def register_xlsx(visit: Visitor, fiscal_year: Year = "", department: str = "") -> Response:
    visit.need(Right.READ)
    year = year_of(fiscal_year)
    visit.tell("exported", what="register", fiscal_year=year, department=department)
    data = register.as_xlsx(_entries(visit, year, department), _("Register of binders"))
    return download(data, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", f"register-{year or 'all'}.xlsx")


def _entries(visit: Visit, year: int | None, department: str) -> list[register.Entry]:
    return register.register(visit.reader, visit.house.settings, visit.house.now().date(), year, department or None)


def _chosen(visit: Visit, typed: str) -> tuple[int | None, list[int]]:
    """The year to show, the newest without a choice, None = all; and those that have binders, the newest first."""
    years = [row["year"] for row in visit.reader.db.conn.execute("SELECT DISTINCT year FROM in_binder ORDER BY year DESC")]
    if typed == "all":
        return None, years
    return year_of(typed) or (years[0] if years else None), years


# --- what these pages have in common ---


def names(visit: Visit) -> dict[str, str]:
    """Of all sections, by code."""
    return searching.section_labels(visit.house)


def own_sections(visit: Visit) -> dict[str, str]:
    """To choose from: the sections that this person sees."""
    seen = visit.person.sections()
    return {code: name for code, name in names(visit).items() if seen is None or code in seen}


def year_of(typed: str) -> int | None:
    """A fiscal year as it is typed; None for an empty field and for "all". Raises UsageError, NotPlausible."""
    return None if typed == "all" else year_typed(typed)


def download(data: bytes, media_type: str, name: str) -> Response:
    return Response(data, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
