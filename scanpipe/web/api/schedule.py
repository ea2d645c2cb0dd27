"""Sections, the retention schedule and what follows from it: holds, what is due, disposal lists, binders and their register."""

from datetime import date
from typing import Any

from scanpipe.catalogue import disposal_lists
from scanpipe.config_schema import Department
from scanpipe.core.dates import fiscal_year as year_of
from scanpipe.core.retention import Category
from scanpipe.core.rights import Right
from scanpipe.upkeep.deciding import holds
from scanpipe.upkeep.disposal import disposals_shown, register
from scanpipe.web.api import schedule_models
from scanpipe.web.api.asked import Asked, api_router, need_any, responses
from scanpipe.web.api.models import Code, Year

router = api_router("schedule")


@router.get("/departments", response_model=schedule_models.Sections)
def departments(visit: Asked) -> dict[str, Any]:
    """All sections of the body, whoever asks: their names are no secret."""
    need_any(visit, Right.READ, Right.UPLOAD, Right.STATISTICS)
    return {"departments": [_section(one) for one in visit.house.settings.departments]}


def _section(one: Department) -> dict[str, Any]:
    days = {name: day.isoformat() if (day := getattr(one, name)) else None for name in ("valid_from", "valid_to")}
    return {name: getattr(one, name) for name in ("code", "name", "bureau", "staff", "successor")} | days


@router.get("/categories", response_model=schedule_models.Categories)
def categories(visit: Asked) -> dict[str, Any]:
    """The retention schedule."""
    visit.need(Right.READ)
    counts = visit.reader.categories()
    return {"categories": [_category(one, counts.get(code, 0)) for code, one in visit.house.settings.schedule.categories.items()]}


def _category(one: Category, records: int) -> dict[str, Any]:
    names = ("code", "name", "name_en", "period", "start", "disposition", "event", "restricted")
    return {name: getattr(one, name) for name in names} | {"records": records}


@router.get("/holds", response_model=schedule_models.Holds)
def listed_holds(visit: Asked, all: bool = False) -> dict[str, Any]:
    """Holds in force, or all, on records that you may see."""
    visit.need(Right.READ)
    return {"holds": holds.listed(visit.reader, visit.house.now().date(), all_of_them=all)}


@router.get("/due", response_model=schedule_models.DueList)
def due(visit: Asked, fiscal_year: Year | None = None, department: Code | None = None) -> dict[str, Any]:
    """Records whose disposal may come by the end of a fiscal year, of the current one if none is named."""
    visit.need(Right.READ)
    today = visit.house.now().date()
    year = year_of(today) if fiscal_year is None else fiscal_year
    last = date(year + 1, 3, 31)
    return {"fiscal_year": year, "until": last.isoformat(), **holds.due(visit.reader, visit.house.settings, last, today, department)}


@router.get("/disposals", response_model=schedule_models.Disposals)
def disposals(visit: Asked, all: bool = False) -> dict[str, Any]:
    """Disposal lists that are open, or all."""
    visit.need(Right.READ)
    return {"disposals": list(disposals_shown.lists(visit.reader, all_of_them=all))}


@router.get("/disposals/{number}", response_model=schedule_models.OneDisposal, responses=responses(404))
def disposal(visit: Asked, number: str) -> dict[str, Any]:
    """One list with those of its records that you may see."""
    visit.need(Right.READ)
    return disposals_shown.disposal_json(disposal_lists.disposal(visit.reader.db, number), visit.reader, visit.house.settings)


@router.get("/binders", response_model=schedule_models.BinderList)
def binders(visit: Asked, fiscal_year: Year | None = None, department: Code | None = None) -> dict[str, Any]:
    """Binders (簿冊) of the records that you may see."""
    visit.need(Right.READ)
    return register.binders(visit.reader, visit.house.settings.binders.volume_sheets, fiscal_year, department)


@router.get("/register", response_model=schedule_models.RegisterList)
def lines(visit: Asked, fiscal_year: Year | None = None) -> dict[str, Any]:
    """The register of binders (行政文書ファイル管理簿)."""
    visit.need(Right.READ)
    entries = register.register(visit.reader, visit.house.settings, visit.house.now().date(), fiscal_year)
    return {"register": register.as_json(entries)}
