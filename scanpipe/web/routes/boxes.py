"""`/retention/boxes`: the paper originals, box by box: compared with the scans, cleared, approved, gone."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response

from scanpipe import named
from scanpipe.catalogue.reader import JsonObject
from scanpipe.catalogue.visible import unseen_in_box
from scanpipe.core.describing.persons import same_person
from scanpipe.core.disposing.papers import WORDS, Status, box_number
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_, _, current_language
from scanpipe.upkeep.disposal import boxes
from scanpipe.web import showing, wishing
from scanpipe.web.guard import Submitted
from scanpipe.web.routes.retention import download, names, own_sections
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
BOXES = "/retention/boxes"
NOT_ALL_CHECKED = N_("Answer all questions of the check, or choose the records that failed.")
UNSEEN_SAMPLE = N_("The box holds records that your account may not see. Who may see all of them must check it.")
NO_REASON = N_("Say why.")
_WHO = {  # may do the step in the section of the box (domain §2.8: its head applies, the records section approves)
    "sample": Right.CORRECT,
    "check": Right.CORRECT,
    "clear": Right.AGREE,
    "approve": Right.APPROVE,
    "remove": Right.CAMPAIGN,
    "back": Right.CAMPAIGN,
    "put": Right.CORRECT,
}

Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]


@router.get(BOXES)
def listed(visit: Visitor, department: str = "", status: str = "") -> Response:
    """All boxes with what they wait for, and the paper that lies in none."""
    visit.need(Right.READ)
    return _listed(visit, department=department, status=status)


def _listed(visit: Visit, says: str | None = None, *, department: str = "", status: str = "", typed: JsonObject | None = None) -> Response:
    wanted = status if status in {one.value for one in Status} else None
    found = boxes.listed(visit.reader.db, visit.house.settings, visit.house.now().date(), department or None, wanted)
    facts: JsonObject = {"department": department, "far": status, "statuses": WORDS, "own": own_sections(visit), "says": says, "typed": typed or {}}
    facts["may_put"] = visit.person.may(_WHO["put"])
    return showing.page(visit, "boxes.html", 409 if says else 200, names=names(visit), **facts, **found)


@router.post(BOXES)
def put(visit: Submitted, box: Text = "", numbers: Text = "", reason: Text = "") -> Response:
    """Records are put into a box; one that is not known begins here."""
    visit.need(_WHO["put"])
    typed = {"box": box, "numbers": numbers}

    def again(says: str) -> Response:
        return _listed(visit, says, typed=typed)

    try:
        plain, chosen = box_number(box), wishing.numbers(visit, numbers)
        for number in chosen:
            visit.correctable(number)
    except (UsageError, NotFound) as wrong:
        return again(wishing.told(visit, wrong))
    return wishing.tried(visit, again, f"{BOXES}/{plain}?done=put", "paper_box", box=plain, numbers=chosen, reason=reason)


# --- one box ---


@router.get(f"{BOXES}/{{box}}")
def show(visit: Visitor, box: str, done: str = "") -> Response:
    """Its records, what keeps it, what was done, and what this person may do next."""
    visit.need(Right.READ)
    return _show(visit, box, done=done)


def read_box(visit: Visit, box: str) -> JsonObject:
    """One box as boxes.shown has it, with the records that this person sees. Raises NotFound, also where it may not be seen."""
    try:
        number = box_number(box)
    except UsageError as wrong:
        raise NotFound(boxes.NO_BOX, box=box[:24]) from wrong
    return boxes.shown(visit.reader.db, number, visit.house.settings, visit.house.now().date())


def _show(visit: Visit, box: str, says: str | None = None, *, done: str = "") -> Response:
    body = read_box(visit, box)
    after = body["next"]
    step = None if after is None else "result" if after["step"] == "check" and body["sampled_by"] else after["step"]
    facts: JsonObject = {
        "box": body,
        "step": step if body["records"] else None,
        "me_not": bool(after) and any(same_person(visit.person.name, other) for other in after["not_by"]),
        "may": {name: visit.person.may(right, body["department"]) for name, right in _WHO.items()},
        "reasons": [in_words(one) for one in body["reasons"]],
        "unseen": unseen_in_box(visit.reader.db, body["box"]),
        "says": says,
        "done": done,
        "today": visit.house.now().date(),
    }
    return showing.page(visit, "box.html", 409 if says else 200, names=names(visit), **facts)


def in_words(reason: JsonObject) -> str:
    """Why a box waits, as people at a page or a program understand it."""
    return wishing.without_commands(named.reason(reason))


@router.get(f"{BOXES}/{{box}}/list.pdf")
def print_(visit: Visitor, box: str) -> Response:
    """The list of the box on A4, to lie in it or hang on it."""
    from scanpipe.upkeep.disposal.box_list import sheets  # late: fpdf2 would double the time of the start, and the memory

    visit.need(Right.READ)
    body = read_box(visit, box)
    section = showing.section(body["department"], names(visit))
    made = sheets(body, section=section, day=visit.house.now().date(), language=current_language())
    return download(made, "application/pdf", f"box-{body['box']}.pdf")


# --- steps ---


def _step(visit: Visit, box: str, step: str, done: str, verb: str, checked: Callable[[JsonObject], dict[str, Any]]) -> Response:
    """One step of a box, by who may do it in its section. checked: what the wish says, from the box as it is shown; raises UsageError, NotFound."""
    body = read_box(visit, box)
    visit.need(_WHO[step], body["department"])

    def again(says: str) -> Response:
        return _show(visit, body["box"], says)

    try:
        wants = checked(body)
    except (UsageError, NotFound) as wrong:
        return again(wishing.told(visit, wrong))
    return wishing.tried(visit, again, f"{BOXES}/{body['box']}?done={done}", verb, box=body["box"], **wants)


@router.post(f"{BOXES}/{{box}}/sample")
def sample(visit: Submitted, box: str) -> Response:
    """Which records are compared with the paper."""

    def wants(body: JsonObject) -> dict[str, Any]:
        if unseen_in_box(visit.reader.db, body["box"]):
            raise UsageError(UNSEEN_SAMPLE)
        return {}

    return _step(visit, box, "sample", "sample", "paper_sample", wants)


@router.post(f"{BOXES}/{{box}}/check")
def check(visit: Submitted, box: str, items: Texts = None, failed: Texts = None, reason: Text = "", result: Text = "") -> Response:
    """The result of the comparison. result "passed": all items were answered; "failed": these records are not as the paper is."""

    def wants(body: JsonObject) -> dict[str, Any]:
        if unseen_in_box(visit.reader.db, body["box"]):
            raise UsageError(UNSEEN_SAMPLE)
        if result == "passed":
            if set(items or ()) != set(body["items"]):
                raise UsageError(NOT_ALL_CHECKED)
            return {"failed": [], "reason": reason}
        chosen = [one for one in body["sample"] if one in (failed or ())]
        if not chosen:
            raise UsageError(NOT_ALL_CHECKED)
        return {"failed": chosen, "reason": _said(reason)}

    return _step(visit, box, "check", "passed" if result == "passed" else "failed", "paper_check", wants)


@router.post(f"{BOXES}/{{box}}/clear")
def clear(visit: Submitted, box: str) -> Response:
    return _step(visit, box, "clear", "cleared", "paper_clear", lambda body: {})


@router.post(f"{BOXES}/{{box}}/approve")
def approve(visit: Submitted, box: str) -> Response:
    return _step(visit, box, "approve", "approved", "paper_approve", lambda body: {})


@router.post(f"{BOXES}/{{box}}/remove")
def remove(
    visit: Submitted, box: str, how: Text = "", on: Text = "", text: Text = "", reference: Text = "", left_office: Text = "", reason: Text = ""
) -> Response:
    """The paper was destroyed, transferred or given back. text: how it was destroyed, or where it went."""

    def wants(body: JsonObject) -> dict[str, Any]:
        if how not in boxes.kinds():
            raise UsageError(N_("Choose what was done."))
        what = {"method": text} if how == "destroy" else {"place": text}
        return {"how": how, "on": wishing.day(on), "reference": reference, "left_office": bool(left_office), "reason": reason, **what}

    return _step(visit, box, "remove", "removed", "paper_remove", wants)


@router.post(f"{BOXES}/{{box}}/back")
def back(visit: Submitted, box: str, reason: Text = "") -> Response:
    """The newest step was wrong."""
    return _step(visit, box, "back", "back", "paper_back", lambda body: {"reason": _said(reason)})


@router.post(f"{BOXES}/{{box}}/out")
def take_out(visit: Submitted, box: str, numbers: Texts = None, reason: Text = "") -> Response:
    """The paper of these records was taken out of the box and is kept."""
    body = read_box(visit, box)
    visit.need(_WHO["put"], body["department"])

    def again(says: str) -> Response:
        return _show(visit, body["box"], says)

    chosen = [one["number"] for one in body["contents"] if one["number"] in (numbers or ())]
    if not chosen or not reason.strip():
        return again(_(NO_REASON) if chosen else _(wishing.NO_NUMBERS))
    return wishing.tried(visit, again, f"{BOXES}/{body['box']}?done=out", "paper_out", numbers=chosen, reason=reason.strip())


def _said(reason: str) -> str:
    if not reason.strip():
        raise UsageError(NO_REASON)
    return reason.strip()
