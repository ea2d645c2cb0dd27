"""`/campaign/…` as files to keep, send on or hang up: the workbook, the month's reports as the timetable made them, the certificate of cabinet zero."""

import re
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from scanpipe.core.campaign.campaigns import OFFICE
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_
from scanpipe.upkeep.campaign.cabinets_shown import Shelves
from scanpipe.web.routes.campaign import CAMPAIGN, NO_SECTION, REPORT_ENDINGS, Asked, figures_for
from scanpipe.web.routes.retention import download
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
NO_REPORT: Final = N_("There is no such report.")
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES: Final = dict(zip(REPORT_ENDINGS, ("application/pdf", _EXCEL, "text/csv; charset=utf-8"), strict=True))
_MONTH: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


@router.get(CAMPAIGN + "/figures.xlsx")
def workbook(visit: Visitor, asked: Asked) -> Response:
    """All figures of the page, with charts that Excel draws."""
    from scanpipe.upkeep.sending.workbook import workbook as made  # late, as all that draws

    visit.need(Right.STATISTICS)
    found = figures_for(visit.house, visit, asked)
    visit.tell("exported", what="figures", fiscal_year=found.fiscal_year)
    return download(made(found), _EXCEL, f"paper-{found.fiscal_year}.xlsx")


@router.get(CAMPAIGN + "/reports/{month}/{name}")
def report(visit: Visitor, month: str, name: str) -> Response:
    """A file of the month's report, as it was made then. Raises NotFound."""
    visit.need(Right.STATISTICS)
    folder = visit.house.settings.layout.reports / month
    known = {path.name: path for path in folder.iterdir() if path.suffix in _TYPES} if _MONTH.fullmatch(month) and folder.is_dir() else {}
    if name not in known:
        raise NotFound(NO_REPORT)
    visit.tell("exported", what="report", month=month, name=name)
    return FileResponse(known[name], media_type=_TYPES[known[name].suffix], filename=name)


@router.get(CAMPAIGN + "/certificate.pdf")
def certificate_of_office(visit: Visitor) -> Response:
    """Of the whole office, where all sections are at zero."""
    return _certificate(visit, OFFICE)


@router.get(CAMPAIGN + "/sections/{code}/certificate.pdf")
def certificate(visit: Visitor, code: str) -> Response:
    """Of a section at zero. Raises NotFound, saying what is left."""
    if all(one.code != code for one in visit.house.settings.departments):
        visit.need(Right.STATISTICS)
        raise NotFound(NO_SECTION, code=code[:24])
    return _certificate(visit, code)


def _certificate(visit: Visit, code: str) -> Response:
    from scanpipe.upkeep.campaign import zero_certificate  # late: fpdf2 would double the time of the start

    visit.need(Right.STATISTICS)
    settings = visit.house.settings
    try:
        zero = zero_certificate.zero_of(Shelves(visit.reader.db, settings, visit.house.now().date()), code)
    except UsageError as still_full:
        raise NotFound(still_full.template, **still_full.params) from still_full
    made = zero_certificate.certificate(zero, settings, department=zero_certificate.name_of(code, settings))
    return download(made, "application/pdf", f"cabinet-zero-{code or 'all'}.pdf")
