"""What is where, and the scans of today."""

from dataclasses import asdict
from typing import Any

from scanpipe import named
from scanpipe.catalogue import days
from scanpipe.catalogue.compared import fixity_state
from scanpipe.catalogue.days import DayRow
from scanpipe.core.rights import Right
from scanpipe.i18n import _
from scanpipe.upkeep.progress import progress_of
from scanpipe.web.api import operation_models
from scanpipe.web.api.asked import Asked, api_router
from scanpipe.web.api.models import Code
from scanpipe.web.visit import Visit
from scanpipe.workbench import Workbench

router = api_router("operation")


@router.get("/status", response_model=operation_models.Status)
def status(visit: Asked) -> dict[str, Any]:
    """What is where: of the records and sections that you may see."""
    visit.need(Right.READ)
    found = visit.reader.status()
    found["paused"] = [{**row, "says": _(row["reason"]).format(**row["params"])} for row in found["paused"]]
    found["lying"] = [{**row, "says": _(row["reason"])} for row in found["lying"]]
    return found | {"reading": _reading(visit), "fixity": _fixity(visit)}


def _fixity(visit: Visit) -> dict[str, Any]:
    state = fixity_state(visit.reader.db, visit.house.now())
    faults = [{**one, "says": [named.reason(each) for each in one["faults"]]} for one in state["faults"]]
    return state | {"faults": faults}


def _reading(visit: Visit) -> list[dict[str, Any]]:
    bench = Workbench(visit.house.settings.layout.work)
    found = []
    for one in visit.reader.reading():
        how_far = progress_of(bench, one.sha256)
        found.append({"number": one.number, "department": one.department, "name": one.name, "pages_read": how_far.read, "pages": how_far.pages})
    return found


@router.get("/today", response_model=operation_models.Today)
def today(visit: Asked, department: Code | None = None) -> dict[str, Any]:
    """The scans of today of your sections, or of one of them."""
    visit.need(Right.READ)
    own = visit.person.sections()
    seen = {one.code for one in visit.house.settings.departments if own is None or one.code in own}
    codes = seen & {department} if department is not None else seen
    day, db = visit.house.now().date(), visit.reader.db
    return {"day": day.isoformat(), "deliveries": [_delivery(row) for row in days.rows_of(db, codes, day)], "counts": asdict(days.counts_of(db, codes, day))}


def _delivery(row: DayRow) -> dict[str, Any]:
    plain = ("name", "department", "outcome", "number", "state", "pages", "sheets", "title", "category", "category_name", "path", "needs_review")
    reason = _(row.reason).format(**row.params) if row.reason else None
    return {name: getattr(row, name) for name in plain} | {"received": row.received.isoformat(), "reason": reason}
