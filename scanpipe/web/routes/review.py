"""`/review`: the doubtful records one after the other; `/records/NUMBER/correct`: the same form for any record; and taking decisions back."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from scanpipe import named
from scanpipe.catalogue import doubts
from scanpipe.catalogue.reader import JsonObject, NoRecord
from scanpipe.catalogue.requests import Refused
from scanpipe.core import review as reasons
from scanpipe.core.model import UNCLASSIFIED, State, is_past
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_, _
from scanpipe.web import entries, record_shown, showing
from scanpipe.web.entries import BadEntry
from scanpipe.web.guard import Submitted
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
DISPOSED = N_("Record {number} was disposed of; a tombstone is all that is left of it.")
_SETTLE_SECONDS = 8.0  # a record that was just decided is filed anew before it can be decided again
_SUGGESTIONS, _EVIDENCE = 5, 6


async def _entered(request: Request) -> FormData:
    """All that the form sent; parsed already for its token."""
    return await request.form()


Entered = Annotated[FormData, Depends(_entered)]


@router.get("/review")
def queue(visit: Visitor, department: str = "", after: Annotated[int, Query(ge=0)] = 0, done: str = "", said: str = "", page: int = 1) -> Response:
    """The next doubtful record after this place of the queue, with all that is needed to decide; or that nothing waits."""
    visit.need(Right.CORRECT)
    counts = {code: n for code, n in doubts.by_section(visit.reader.db).items() if visit.person.may(Right.CORRECT, code)}
    wanted = [department] if department in counts else list(counts)
    coming = doubts.queue(visit.reader.db, wanted, after)
    frame: dict[str, Any] = {
        "counts": counts, "left": sum(counts[code] for code in wanted), "department": department if department in counts else "", "names": record_shown.names(visit),
        "last": record_shown.last(visit, done, said), "after": after,
    }  # fmt: skip
    if not coming:
        return showing.page(visit, "review_empty.html", **frame)
    record = _record(visit, coming[0].number)
    following = coming[1] if len(coming) > 1 and not coming[1].restricted and coming[1].pages else None
    return _form(visit, record, page, queued=True, following=following, serial=coming[0].serial, **frame)


@router.get("/review/{number}")
def one(number: str) -> Response:
    """A short address for links."""
    return RedirectResponse(f"/records/{number}/correct", 303)


@router.get("/records/{number}/correct")
def show(visit: Visitor, number: str, said: str = "", page: int = 1) -> Response:
    """The form for any record."""
    record = _record(visit, number)
    return _form(visit, record, page, queued=False, names=record_shown.names(visit), last=record_shown.last(visit, number, said) if said else None)


@router.post("/records/{number}/correct")
def decide(visit: Submitted, entered: Entered, number: str) -> Response:
    """save: as entered, and everything else is right; accept: right as it is; keep: as entered, and the record stays in the queue."""
    record = _record(visit, number)
    said = {name: value for name, value in entered.items() if isinstance(value, str)}
    back = _Back(said, doubts.serial_of(visit.reader.db, number), number)
    if said.get("revision") != str(len(record["corrections"])):
        return back.same("meanwhile")
    try:
        decided = _ask(visit, record, said)
    except (BadEntry, Refused) as error:
        return _again(visit, record, said, error, back)
    return back.next("decided" if decided else None, seen=doubts.state_of(visit.reader.db, number) is not None)


@router.post("/records/{number}/undo")
def undo(visit: Submitted, entered: Entered, number: str) -> Response:
    """Takes the newest decision back; in the queue the record then comes again."""
    _when_filed(visit, number)
    _undoable(visit, number)
    back = _Back({name: value for name, value in entered.items() if isinstance(value, str)}, doubts.serial_of(visit.reader.db, number), number)
    visit.ask("correct", numbers=[number], changes={}, reason=back.said.get("reason", ""), undo=True)
    _when_filed(visit, number)
    return back.same("undone")


def _undoable(visit: Visit, number: str) -> None:
    """Whether this person may take the newest decision about the record back. Raises NoRecord, NotAllowed.

    One that was split or merged only proves what was delivered, and few may see it: who may correct all that holds its pages now may take that back.
    """
    try:
        visit.correctable(number)
    except NoRecord:
        heirs = doubts.heirs_of(visit.reader.db, number)
        if not heirs:
            raise
        for heir in heirs:
            visit.correctable(heir)


def _record(visit: Visit, number: str) -> JsonObject:
    """The record with its corrections. Raises NoRecord, NotAllowed, NotFound for one of which only a tombstone is left."""
    found = visit.correctable(number)
    if found["state"] == State.DISPOSED:
        raise NotFound(DISPOSED, number=number)
    return found | {"corrections": visit.reader.corrections(found["id"])}


class _Back:
    """Where a decision leads: on in the queue, or to the record."""

    def __init__(self, said: dict[str, str], serial: int, number: str) -> None:
        self.said, self.serial, self.number = said, serial, number
        self.queued = said.get("queued") == "1"

    def next(self, what: str | None, *, seen: bool) -> Response:
        """what: None where nothing had to be written down. seen: whether the person may still see the record; one that went away from them leads to the queue."""
        if self.queued:
            return self._queue(self.serial, what)
        if not seen:
            return RedirectResponse(showing.link("/review", done=self.number, said=what), 303)
        return RedirectResponse(showing.link(f"/records/{self.number}", done=what), 303)

    def same(self, what: str) -> Response:
        if self.queued:
            return self._queue(max(self.serial - 1, 0), what)
        return RedirectResponse(showing.link(f"/records/{self.number}/correct", said=what), 303)

    def _queue(self, after: int, what: str | None) -> Response:
        return RedirectResponse(showing.link("/review", department=self.said.get("in"), after=after, done=self.number, said=what), 303)


def _ask(visit: Visit, record: JsonObject, said: dict[str, str]) -> bool:
    """Whether something was decided; nothing where it was saved without having changed anything."""
    known, categories = entries.known_values(record), visit.house.settings.schedule.categories
    action = said.get("action")
    changes = {} if action == "accept" else entries.changes_in(said, known, categories)
    if action == "save" and record["needs_review"] and not entries.chosen(said, known):
        raise BadEntry("typed", entries.CHOOSE)
    if not changes and not record["needs_review"]:
        return False
    if not changes and action == "keep":
        return False
    visit.ask("correct", numbers=[record["number"]], changes=changes, reason=said.get("reason", ""), confirmed=action != "keep")
    return True


def _again(visit: Visit, record: JsonObject, said: dict[str, str], error: UsageError | Refused, back: _Back) -> Response:
    """The form with what was entered and what is wrong with it."""
    status = 409 if isinstance(error, Refused) else 400
    facts: dict[str, Any] = {
        "names": record_shown.names(visit),
        "last": None,
        "entered": said,
        "says": str(error),
        "wrong": getattr(error, "field", None),
        "status": status,
    }
    if back.queued:
        counts = {code: n for code, n in doubts.by_section(visit.reader.db).items() if visit.person.may(Right.CORRECT, code)}
        facts |= {
            "counts": counts,
            "left": sum(counts.values()),
            "department": said.get("in", ""),
            "following": None,
            "serial": back.serial,
            "after": back.serial,
        }
    return _form(visit, record, 1, queued=back.queued, **facts)


def _form(visit: Visit, record: JsonObject, page: int, *, queued: bool, status: int = 200, entered: dict[str, str] | None = None, **facts: Any) -> Response:
    visit.house.pictures.warm()
    known = entries.known_values(record)
    shown = {name: value or "" for name, value in known.items()} | (entered or {})
    return showing.page(
        visit, "decide.html", status, record=record, queued=queued, shown=page if 1 <= page <= (record["pages"] or 1) else 1, values=shown,
        places=entries.places(record["fields"], known), sizes=doubts.page_sizes(visit.reader.db, record["id"]), options=_options(visit, record, shown),
        why=[_(reasons.reason(flag)) for flag in record["flags"] if flag not in reasons.NOTES],
        evidence=_evidence(record),
        categories=visit.house.settings.schedule.categories, unclassified=UNCLASSIFIED, **({"says": None, "wrong": None} | facts),
    )  # fmt: skip


def _evidence(record: JsonObject) -> list[dict[str, Any]]:
    """What spoke loudest for the category, and all that tells of earlier decisions."""
    about = [{**one, "says": named.rule(one["about"], one["rule"], one["quote"])} for one in record["evidence"] if one["about"] == "category"]
    past = [one for one in about if is_past(one["rule"])]
    return [*[one for one in about if not is_past(one["rule"])][:_EVIDENCE], *past]


def _options(visit: Visit, record: JsonObject, shown: dict[str, str]) -> list[dict[str, Any]]:
    """The categories that are offered, the likeliest first; the record's own is among them."""
    categories = visit.house.settings.schedule.categories
    own = [] if record["category"] in (None, UNCLASSIFIED) else [{"category": record["category"], "confidence": record["confidence"]}]
    found = {one["category"]: one["confidence"] for one in [*own, *record["suggestions"]] if one["category"] in categories or one in own}
    first = shown.get("category") if shown.get("category") in found else next(iter(found), None)
    return [
        {"code": code, "name": categories[code].name if code in categories else record["category_name"], "confidence": confidence, "chosen": code == first}
        for code, confidence in list(found.items())[:_SUGGESTIONS]
    ]


def _when_filed(visit: Visit, number: str) -> None:
    """Waits a while for a record that goes through filing again after a decision."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline and doubts.state_of(visit.reader.db, number) == State.DESCRIBED:
        time.sleep(0.1)
