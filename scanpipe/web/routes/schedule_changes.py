"""`/retention/schedule/changes`: records that a changed schedule would keep otherwise, and a person's word that it shall be so."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from scanpipe.catalogue.reader import JsonObject, retention_json
from scanpipe.catalogue.requests import Refused
from scanpipe.catalogue.retained import held_in
from scanpipe.core.rights import Right
from scanpipe.core.schedules.schedule_changes import AT_ONCE, Change, acceptable, changes
from scanpipe.i18n import N_, _
from scanpipe.web import searching, showing, wishing
from scanpipe.web.guard import Submitted
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
CHANGES = "/retention/schedule/changes"
MOST_ROWS = 100
MOST_ACCEPTED = 2000  # records in one go: who accepts more goes on afterwards
WHY_SHORTER = N_("Say why records may be kept less long than before.")
OTHERWISE = N_("Since you looked, the schedule or the records have changed. See once more what would be accepted.")

Text = Annotated[str, Form()]


@dataclass(slots=True)
class Look:
    """One pass over all changes. category: the chosen one, "" = all. shorten: accepts also what takes something away.

    counts: by category and effect, of all. rows: the first that are shown: of the chosen category, or what would be accepted. numbers: of the first to accept.
    left: by effect, those of the choice that would stay as they are.
    """

    category: str
    shorten: bool
    only_accepted: bool = False
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    rows: list[JsonObject] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    accepted: int = 0
    left: Counter[str] = field(default_factory=Counter)

    def note(self, one: Change) -> None:
        self.counts.setdefault(one.category, Counter())[one.effect.value] += 1
        if self.category not in ("", one.category):
            return
        accepted = acceptable(one, shorten=self.shorten)
        if accepted:
            self.accepted += 1
            self.numbers += [one.number] if len(self.numbers) < MOST_ACCEPTED else []
        else:
            self.left[one.effect.value] += 1
        if len(self.rows) < MOST_ROWS and (accepted if self.only_accepted else self.category):
            self.rows.append(_row(one))


def _looked(visit: Visit, category: str, *, shorten: bool, only_accepted: bool) -> Look:
    look = Look(category, shorten, only_accepted)
    for one in changes(held_in(visit.reader), visit.house.settings.schedule):
        look.note(one)
    return look


def _row(one: Change) -> JsonObject:
    after = retention_json(one.after) if one.after else None
    return {"number": one.number, "title": one.title, "effect": one.effect.value, "before": retention_json(one.before), "after": after}


@router.get(CHANGES)
def show(visit: Visitor, category: str = "", done: str = "") -> Response:
    """How many of each category; those of one category singly; the form to accept them."""
    visit.need(Right.SCHEDULE)
    return _show(visit, category, done=done)


def _show(visit: Visit, category: str, says: str | None = None, *, done: str = "", shorten: bool = False, reason: str = "") -> Response:
    look = _looked(visit, category, shorten=shorten, only_accepted=False)
    facts: JsonObject = {"look": look, "category": category, "says": says, "done": done, "shorten": shorten, "reason": reason, "most": MOST_ROWS}
    return showing.page(visit, "changes.html", 409 if says else 200, labels=searching.category_labels(visit.house), **facts)


@router.get(f"{CHANGES}/accept")
def preview(visit: Visitor, category: str = "", shorten: str = "", reason: str = "") -> Response:
    """What would be accepted, before it is."""
    visit.need(Right.SCHEDULE)
    if shorten and not reason.strip():
        return _show(visit, category, _(WHY_SHORTER), shorten=True)
    return _preview(visit, category, bool(shorten), reason.strip())


def _preview(visit: Visit, category: str, shorten: bool, reason: str, says: str | None = None) -> Response:
    look = _looked(visit, category, shorten=shorten, only_accepted=True)
    facts: JsonObject = {"look": look, "category": category, "shorten": shorten, "reason": reason, "says": says, "most": MOST_ROWS, "at_once": MOST_ACCEPTED}
    facts |= {"labels": searching.category_labels(visit.house), "schedule": visit.house.settings.schedule.digest}
    return showing.page(visit, "changes_preview.html", 409 if says else 200, **facts)


@router.post(CHANGES)
def accept(visit: Submitted, category: Text = "", shorten: Text = "", reason: Text = "", schedule: Text = "", accepted: Text = "") -> Response:
    """The schedule of today for records that are kept already. schedule, accepted: its digest and how many records, as the preview had them."""
    visit.need(Right.SCHEDULE)
    if shorten and not reason.strip():
        return _show(visit, category, _(WHY_SHORTER), shorten=True)
    look = _looked(visit, category, shorten=bool(shorten), only_accepted=True)
    if (schedule, accepted) != (visit.house.settings.schedule.digest, str(look.accepted)):
        return _preview(visit, category, bool(shorten), reason.strip(), _(OTHERWISE))
    done = 0
    try:
        for start in range(0, len(look.numbers), AT_ONCE):
            wants = {"numbers": look.numbers[start : start + AT_ONCE], "schedule": schedule, "shorten": bool(shorten), "reason": reason.strip()}
            done += len(visit.ask("accept_schedule", **wants)["records"])
    except Refused as refusal:
        return _preview(visit, category, bool(shorten), reason.strip(), wishing.told(visit, refusal))
    return RedirectResponse(showing.link(CHANGES, category=category, done=done), 303)
