"""`/retention/disposals`: lists of records to destroy or to hand over: proposed, agreed to, approved by others, carried out, certified."""

import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import FileResponse, RedirectResponse, Response

from scanpipe.catalogue.disposal_lists import NoDisposal
from scanpipe.catalogue.disposal_lists import disposal as list_named
from scanpipe.catalogue.reader import JsonObject
from scanpipe.catalogue.requests import Refused
from scanpipe.catalogue.visible import unseen_entries
from scanpipe.core.describing.persons import person
from scanpipe.core.disposing.disposals import APPROVED, BEGUN, DESTROY, DONE, KEPT, PROPOSED, TRANSFER, WITHDRAWAL, Disposal
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_
from scanpipe.upkeep.disposal import certified, disposals_shown
from scanpipe.web import showing, wishing
from scanpipe.web.guard import Submitted
from scanpipe.web.routes.retention import MOST_ROWS, download, names, own_sections, year_of
from scanpipe.web.visit import NotAllowed, Visit, Visitor

router = APIRouter(include_in_schema=False)
LISTS = "/retention/disposals"
NO_CERTIFICATE = N_("The list {list} has no certificate yet. It is made when the list has been carried out.")
NOT_WHOLE = N_("The certificate names records that your account may not see. Ask a records manager who may see all of them.")
NOT_TYPED = N_("To carry the list out, type its number {list} exactly.")
NO_REASON = N_("Say why.")
NO_UNTIL = N_("Choose the day until which the records are kept.")

Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]


@router.get(LISTS)
def lists(visit: Visitor, every: str = "") -> Response:
    """The lists that are open; with every=1 the closed ones, too."""
    visit.need(Right.READ)
    return _lists(visit, every=bool(every))


def _lists(visit: Visit, says: str | None = None, *, every: bool = False, typed: JsonObject | None = None) -> Response:
    found = list(disposals_shown.lists(visit.reader, all_of_them=every))
    found.reverse()
    year = visit.house.now().year
    facts: JsonObject = {"every": every, "says": says, "typed": typed or {}, "own": own_sections(visit), "years": range(year, year - 4, -1)}
    return showing.page(visit, "disposals.html", 409 if says else 200, found=found, names=names(visit), **facts)


@router.post(LISTS)
def propose(visit: Submitted, fiscal_year: Text = "", department: Text = "", reason: Text = "") -> Response:
    """A list of all records whose period has passed by the end of that year."""
    visit.need(Right.DISPOSE)
    return _made(visit, "dispose", fiscal_year=year_of(fiscal_year), department=department or None, reason=reason)


@router.get("/retention/withdraw")
def ask_withdrawal(visit: Visitor, number: str = "") -> Response:
    """The form to take wrong scans out."""
    visit.need(Right.DISPOSE)
    return _lists(visit, typed={"withdraw": True, "numbers": number})


@router.post("/retention/withdraw")
def withdraw(visit: Submitted, numbers: Text = "", reason: Text = "", replaced_by: Text = "") -> Response:
    """Wrong scans are put on a list, which another person approves."""
    visit.need(Right.DISPOSE)
    typed = {"withdraw": True, "numbers": numbers, "reason": reason, "replaced_by": replaced_by}
    try:
        chosen = wishing.numbers(visit, numbers)
        instead = wishing.numbers(visit, replaced_by)[0] if replaced_by.strip() else None
    except (UsageError, NotFound) as wrong:
        return _lists(visit, wishing.told(visit, wrong), typed=typed)
    return _made(visit, "withdraw", typed, numbers=chosen, reason=reason, replaced_by=instead)


def _made(visit: Visit, verb: str, typed: JsonObject | None = None, **wants: Any) -> Response:
    try:
        made = visit.ask(verb, **wants)["disposal"]["number"]
    except Refused as refusal:
        return _lists(visit, wishing.told(visit, refusal), typed=typed)
    return RedirectResponse(f"{LISTS}/{made}?done=proposed", 303)


# --- one list ---


@router.get(f"{LISTS}/{{number}}")
def show(visit: Visitor, number: str, department: str = "", done: str = "") -> Response:
    """What is on it, who did what, and what this person may do now."""
    visit.need(Right.READ)
    return _show(visit, _found(visit, number), department=department, done=done)


def _found(visit: Visit, number: str) -> Disposal:
    """The list as this person may see it. Raises NoDisposal."""
    found = list_named(visit.reader.db, number.strip().upper())
    if found.number != number.strip().upper():  # lists have ids, too, which no page uses
        raise NoDisposal(name=number)
    return found


def _show(visit: Visit, found: Disposal, says: str | None = None, *, department: str = "", done: str = "") -> Response:
    body = disposals_shown.disposal_json(found, visit.reader, visit.house.settings)
    sections = [_section(visit, found, code, list(several)) for code, several in groupby(body["entries"], key=lambda one: str(one["department"]))]
    many = len(body["entries"]) > MOST_ROWS and not department
    whole = visit.person.sections() is None
    facts: JsonObject = {
        "list": body,
        "sections": sections,
        "department": department,
        "open_sections": set() if many else {one["code"] for one in sections if department in ("", one["code"])},
        "many": many,
        "whole": whole,
        "unseen": unseen_entries(visit.reader.db, found.id) if whole else 0,
        "may": _may(visit, found, body),
        "choices": [deed for one in body["changes"] for deed in _choices(one)],
        "says": says,
        "done": done,
        "names": names(visit),
    }
    return showing.page(visit, "disposal.html", 409 if says else 200, **facts)


def _section(visit: Visit, found: Disposal, code: str, entries: list[JsonObject]) -> JsonObject:
    """Of the entries of one section: what they come to, and what this person may do with them."""
    waits = found.kind != WITHDRAWAL and found.stage in (PROPOSED, APPROVED)
    answers = waits and visit.person.may(Right.AGREE, code)
    kept_back = found.stage == BEGUN and any(one["state"] == KEPT for one in entries)
    disposes = visit.person.may(Right.DISPOSE) and (found.stage in (PROPOSED, APPROVED) or kept_back)
    answer = found.answers.get(code)
    return {
        "code": code,
        "entries": entries,
        "sheets": sum(one["sheets"] or 0 for one in entries),
        "answer": {"by": answer.by, "at": answer.at} if answer else None,
        "agree": answers and answer is None,
        "extend": answers,
        "select": disposes and not kept_back,
        "leave_out": disposes,
    }


def _choices(change: JsonObject) -> Iterator[JsonObject]:
    """What one change did: {at, by, text, voided, action, numbers}; action None = taken off the list."""
    said = {name: change[name] for name in ("at", "by", "text", "voided")}
    for action in sorted(set(change["actions"].values())):
        yield said | {"action": action, "numbers": sorted(number for number, chosen in change["actions"].items() if chosen == action)}
    if change["gone"] or not change["actions"]:
        yield said | {"action": None, "numbers": change["gone"]}


def _may(visit: Visit, found: Disposal, body: JsonObject) -> JsonObject:
    """What this person may do with the whole list now; `approve_not` says why not, where it is only the person."""
    needs = {one["what"] for one in body["needs"]}
    me = person(visit.person.name)
    approver = visit.person.may(Right.APPROVE) and found.stage == PROPOSED
    mine = person(found.by) == me
    again = any(person(one.by) == me for one in found.approvals)
    disposes = visit.person.may(Right.DISPOSE)
    return {
        "approve": approver and not needs & {"answer", "select"} and not mine and not again,
        "approve_not": "mine" if approver and mine else "again" if approver and again else "early" if approver and needs & {"answer", "select"} else None,
        "carry_out": disposes and found.stage == APPROVED,
        "again": disposes and found.stage == BEGUN and "leave-out" in needs,
        "hand_over": disposes and "hand-over" in needs,
        "cancel": disposes and found.stage in (PROPOSED, APPROVED),
        "certificate": found.stage == DONE and visit.person.sections() is None,
    }


# --- steps ---


def _step(visit: Visit, number: str, done: str, verb: str, checked: Callable[[Disposal], JsonObject], *, department: str = "") -> Response:
    """One step of a list. checked: what the wish says, from the list as this person sees it; raises UsageError, NotFound."""
    found = _found(visit, number)

    def again(says: str) -> Response:
        return _show(visit, _found(visit, number), says, department=department)

    try:
        wants = checked(found)
    except (UsageError, NotFound) as wrong:
        return again(wishing.told(visit, wrong))
    return wishing.tried(visit, again, showing.link(f"{LISTS}/{found.number}", department=department, done=done), verb, list=found.number, **wants)


def _chosen(found: Disposal, numbers: list[str] | None) -> list[str]:
    """Those of the ticked numbers that are on the list as this person sees it. Raises UsageError."""
    ticked = [one.number for one in found.entries if one.number in (numbers or ())]
    if not ticked or len(ticked) != len(set(numbers or ())):
        raise UsageError(wishing.NO_NUMBERS)
    return ticked


def _said(text: str) -> str:
    if not text.strip():
        raise UsageError(NO_REASON)
    return text.strip()


@router.post(f"{LISTS}/{{number}}/agree")
def agree(visit: Submitted, number: str, department: Text = "", view: Text = "") -> Response:
    """A section agrees that its records go. Only for an own section."""
    visit.need(Right.AGREE, department)
    return _step(visit, number, "agreed", "dispose_answer", lambda found: {"department": department}, department=view)


@router.post(f"{LISTS}/{{number}}/extend")
def extend(visit: Submitted, number: str, department: Text = "", numbers: Texts = None, until: Text = "", reason: Text = "", view: Text = "") -> Response:
    """Records of an own section are kept longer and leave the list."""
    visit.need(Right.AGREE, department)

    def wants(found: Disposal) -> JsonObject:
        chosen = _chosen(found, numbers)
        if (day := wishing.day(until)) is None:
            raise UsageError(NO_UNTIL)
        return {"department": department, "extend": day, "numbers": chosen, "reason": _said(reason)}

    return _step(visit, number, "extended", "dispose_answer", wants, department=view)


@router.post(f"{LISTS}/{{number}}/select/{{action}}")
def select(visit: Submitted, number: str, action: str, numbers: Texts = None, reason: Text = "", view: Text = "") -> Response:
    """Historical records are chosen for the archives, others for destruction."""
    visit.need(Right.DISPOSE)
    if action not in (TRANSFER, DESTROY):
        raise NotFound(N_("There is no such page."))
    return _step(
        visit, number, "selected", "dispose_select", lambda found: {"numbers": _chosen(found, numbers), "action": action, "reason": reason}, department=view
    )


@router.post(f"{LISTS}/{{number}}/leave-out")
def leave_out(visit: Submitted, number: str, numbers: Texts = None, reason: Text = "", view: Text = "") -> Response:
    visit.need(Right.DISPOSE)
    return _step(visit, number, "left-out", "dispose_leave_out", lambda found: {"numbers": _chosen(found, numbers), "reason": _said(reason)}, department=view)


@router.post(f"{LISTS}/{{number}}/approve")
def approve(visit: Submitted, number: str) -> Response:
    """Another person than who proposed; the daemon sees to it, too."""
    visit.need(Right.APPROVE)
    return _step(visit, number, "approved", "dispose_approve", lambda found: {})


@router.post(f"{LISTS}/{{number}}/cancel")
def cancel(visit: Submitted, number: str, reason: Text = "") -> Response:
    visit.need(Right.DISPOSE)
    return _step(visit, number, "cancelled", "dispose_cancel", lambda found: {"reason": _said(reason)})


@router.post(f"{LISTS}/{{number}}/carry-out")
def carry_out(visit: Submitted, number: str, typed: Text = "") -> Response:
    """Cannot be undone: the list's number is typed. Of a list that began, what was kept back is tried again."""
    visit.need(Right.DISPOSE)

    def wants(found: Disposal) -> JsonObject:
        if found.stage != BEGUN and unicodedata.normalize("NFKC", typed).strip().upper() != found.number:
            raise UsageError(NOT_TYPED, list=found.number)
        return {}

    return _step(visit, number, "begun", "dispose_carry_out", wants)


@router.post(f"{LISTS}/{{number}}/handed-over")
def hand_over(visit: Submitted, number: str, reference: Text = "") -> Response:
    """The archives confirmed what they got; here it is then erased."""
    visit.need(Right.DISPOSE)
    return _step(visit, number, "handed-over", "dispose_handed_over", lambda found: {"reference": _said(reference)})


# --- the certificate ---


@router.get(f"{LISTS}/{{number}}/certificate.pdf")
def certificate(visit: Visitor, number: str) -> Response:
    """For people who may see all that is on the list."""
    return FileResponse(_certified(visit, number, certified.SHEET), media_type="application/pdf", filename=f"{number}.pdf")


@router.get(f"{LISTS}/{{number}}/interim/{{issue}}/certificate.pdf")
def interim_certificate(visit: Visitor, number: str, issue: int) -> Response:
    """Of the records that were gone while the list waited."""
    return FileResponse(_certified(visit, number, certified.SHEET, issue), media_type="application/pdf", filename=f"{number}-{issue}.pdf")


@router.get(f"{LISTS}/{{number}}/list.csv")
def certified_list(visit: Visitor, number: str) -> Response:
    return download(_certified(visit, number, certified.LIST).read_bytes(), "text/csv; charset=utf-8", f"{number}.csv")


def _certified(visit: Visit, number: str, name: str, issue: int | None = None) -> Path:
    """A file of the certificate, or of the interim one with this number. Raises NotAllowed, NotFound."""
    visit.need(Right.READ_ALL)
    found = _found(visit, number)
    if unseen_entries(visit.reader.db, found.id):
        raise NotWhole
    folder = certified.folder_of(found.number, visit.house.settings.layout)
    file = folder / name if issue is None else folder / certified.interim_name(issue) / name
    if (issue is None and found.done is None) or not file.is_file():
        raise NotFound(NO_CERTIFICATE, list=found.number)
    visit.tell("exported", what=name, list=found.number, **({"interim": issue} if issue else {}))
    return file


class NotWhole(NotAllowed):
    template = NOT_WHOLE
