"""What keeps records waiting: paper in boxes, events that start a period, a schedule that has changed."""

from itertools import islice
from typing import Any

from scanpipe.catalogue import awaiting
from scanpipe.catalogue.reader import retention_json
from scanpipe.catalogue.retained import held_in
from scanpipe.core.rights import Right
from scanpipe.core.schedules import schedule_changes
from scanpipe.upkeep.disposal import boxes
from scanpipe.web.api import keeping_models as models
from scanpipe.web.api.asked import Asked, api_router, responses
from scanpipe.web.api.models import Code
from scanpipe.web.routes.boxes import in_words, read_box

router = api_router("keeping")
MOST = 1000


@router.get("/boxes", response_model=models.Boxes)
def listed(visit: Asked, department: Code | None = None) -> dict[str, Any]:
    """Boxes of paper with what lies in them, and the paper that lies in none."""
    visit.need(Right.READ)
    return boxes.listed(visit.reader.db, visit.house.settings, visit.house.now().date(), department)


@router.get("/boxes/{box}", response_model=models.OneBox, responses=responses(404))
def one(visit: Asked, box: str) -> dict[str, Any]:
    """One box with those of its records that you may see."""
    visit.need(Right.READ)
    body = read_box(visit, box)
    return body | {"waits_for": [in_words(reason) for reason in body["reasons"]]}


@router.get("/awaiting", response_model=models.AwaitedList)
def awaited(visit: Asked) -> dict[str, Any]:
    """How many records wait for the event that starts their period, by category."""
    visit.need(Right.READ)
    return {"awaiting": awaiting.counts(visit.reader)}


@router.get("/schedule/changes", response_model=models.ChangedList)
def changes(visit: Asked, category: Code | None = None) -> dict[str, Any]:
    """What the schedule of today would change for records that are kept; nothing is changed by it."""
    visit.need(Right.SCHEDULE)
    schedule = visit.house.settings.schedule
    counts = schedule_changes.counted(schedule_changes.changes(held_in(visit.reader), schedule))
    chosen = (one for one in schedule_changes.changes(held_in(visit.reader), schedule) if one.category == category) if category in counts else ()
    return {"counts": counts, "records": [_change(one) for one in islice(chosen, MOST)]}


def _change(one: schedule_changes.Change) -> dict[str, Any]:
    after = retention_json(one.after) if one.after else None
    said = {name: getattr(one, name) for name in ("number", "category", "title")}
    return said | {"effect": one.effect.value, "before": retention_json(one.before), "after": after}
