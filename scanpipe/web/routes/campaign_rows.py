"""`/campaign/rows/…`: the rows that a figure of the campaign was made from."""

import re
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from scanpipe.catalogue.cabinets import photographed
from scanpipe.catalogue.counted import counted, together
from scanpipe.core.campaign.figures import LEDGERS
from scanpipe.core.dates import fiscal_year as fiscal_year_of
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound
from scanpipe.i18n import N_
from scanpipe.upkeep.campaign import figure_rows
from scanpipe.upkeep.campaign.cabinets_shown import Shelves, last_day, suggestion
from scanpipe.web import searching, showing
from scanpipe.web.routes.campaign import CAMPAIGN, Asked, Wanted
from scanpipe.web.routes.retention import names, year_of
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
NO_ROWS: Final = N_("There are no such rows.")
_MONTH: Final = re.compile(r"(?:\d{4}-(?:0[1-9]|1[0-2]))?")


def _facts(visit: Visit, asked: Wanted, department: str, month: str) -> tuple[int, dict[str, Any]]:
    """The fiscal year, and what every page of rows shows. Raises UsageError, NotFound."""
    visit.need(Right.STATISTICS)
    if not _MONTH.fullmatch(month):
        raise NotFound(NO_ROWS)
    year = year_of(asked.fiscal_year) or fiscal_year_of(visit.house.now().date())
    return year, {"asked": asked, "department": department, "month": month, "year": year, "names": names(visit)}


@router.get(CAMPAIGN + "/rows/paper")
def paper(visit: Visitor, asked: Asked, department: str = "", month: str = "", done: str = "") -> Response:
    """Purchases, counters and estimates of the year and of its base year. done: how many figures have just been brought."""
    year, facts = _facts(visit, asked, department, month)
    base = visit.house.figures.of(visit.reader, visit.house.now().date(), fiscal_year=year, base_year=year_of(asked.base_year)).base_year
    rows = figure_rows.paper(visit.reader, visit.house.settings, department, year, base, month)
    return showing.page(visit, "campaign_paper.html", rows=rows, base=base, done=done, **facts)


@router.get(CAMPAIGN + "/rows/sheets/{ledger}")
def sheets(visit: Visitor, ledger: str, asked: Asked, department: str = "", month: str = "") -> Response:
    """Ledger B: what was digitised, cleared or removed, with the records that this person may see."""
    year, facts = _facts(visit, asked, department, month)
    if ledger not in LEDGERS:
        raise NotFound(NO_ROWS)
    found = figure_rows.sheets(visit.reader, ledger, department, year, month)
    labels = searching.category_labels(visit.house)
    seen = [one["raw"][ledger] for one in counted(visit.reader.db, "department", year, department=department, month=month)] if department else []
    return showing.page(visit, "campaign_sheets.html", ledger=ledger, found=found, seen=together(seen) if seen else None, categories=labels, **facts)


@router.get(CAMPAIGN + "/rows/cabinets")
def cabinets(visit: Visitor, asked: Asked, department: str = "") -> Response:
    """The cabinets as on the day that the figures are seen from."""
    year, facts = _facts(visit, asked, department, "")
    house = visit.house
    shelves = Shelves(visit.reader.db, house.settings, last_day(year, house.now().date()))
    rows = figure_rows.held(visit.reader, house.settings, shelves, department)
    suggested = {code: one for code, one in sorted(shelves.suggested().items()) if department in ("", code)}
    facts |= {"suggested": suggested, "suggestion": suggestion, "photos": photographed(visit.reader.db)}
    return showing.page(visit, "campaign_cabinets.html", rows=rows, now=shelves.now, day=shelves.day, **facts)
