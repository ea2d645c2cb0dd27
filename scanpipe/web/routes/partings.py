"""Records that were scanned into the wrong pieces: split, merged, replaced by a rescan. Each is shown before it is done."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from scanpipe.catalogue import doubts
from scanpipe.catalogue.reader import JsonObject
from scanpipe.catalogue.requests import Refused
from scanpipe.core import partings
from scanpipe.core.partings import BadParting
from scanpipe.core.record_numbers import record_number, record_numbers
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_
from scanpipe.web import showing
from scanpipe.web.guard import Submitted
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
REASON = N_("Say why, for the log.")
NO_NUMBER = N_("Write the number of the other record.")
ONE_PAGE = N_("Mark where a new document begins.")


async def _entered(request: Request) -> FormData:
    return await request.form()


Entered = Annotated[FormData, Depends(_entered)]


@router.get("/records/{number}/split")
def choose_cut(visit: Visitor, number: str) -> Response:
    """All pages small, to mark where a new document begins."""
    return showing.page(visit, "split.html", record=visit.correctable(number), begins=frozenset(), says=None)


@router.post("/records/{number}/split")
def split(visit: Submitted, entered: Entered, number: str) -> Response:
    """First shown with titles to enter, then done."""
    record = visit.correctable(number)
    begins = sorted({int(str(page)) for page in entered.getlist("begins") if str(page).isdecimal()} - {1})
    pages = _ranges(begins, record["pages"] or 1)
    titles = [str(title).strip() for title in entered.getlist("title")]
    try:
        if not begins:
            raise BadParting(ONE_PAGE)
        partings.parts_of(pages, titles, record["pages"] or 1)
        if entered.get("step") != "do":
            return showing.page(visit, "split_parts.html", record=record, begins=begins, parts=_parts(begins, pages), says=None)
        answer = visit.ask("split", number=number, pages=pages, titles=titles, reason=str(entered.get("reason", "")))
    except (BadParting, Refused) as error:
        return showing.page(visit, "split.html", _status(error), record=record, begins=frozenset(begins), says=str(error))
    return _done(visit, record, "split", [part["number"] for part in answer["parts"]])


@router.get("/records/{number}/merge")
def choose_others(visit: Visitor, number: str, others: str = "") -> Response:
    """The records that are to become one, in order; others: numbers parted by blanks or commas."""
    record = visit.correctable(number)
    return _merge_page(visit, record, others, None)


@router.post("/records/{number}/merge")
def merge(visit: Submitted, entered: Entered, number: str) -> Response:
    record = visit.correctable(number)
    others = str(entered.get("others", ""))
    try:
        numbers = [one["number"] for one in _in_order(visit, record, others)]
        if len(numbers) < 2:
            raise UsageError(NO_NUMBER)
        if entered.get("step") != "do":
            return RedirectResponse(showing.link(f"/records/{number}/merge", others=" ".join(numbers)), 303)
        answer = visit.ask("merge", numbers=numbers, reason=str(entered.get("reason", "")))
    except (UsageError, NotFound, Refused) as error:
        return _merge_page(visit, record, others, error)
    return _done(visit, record, "merge", [answer["number"]])


@router.get("/records/{number}/replace")
def choose_rescan(visit: Visitor, number: str, new: str = "") -> Response:
    """The wrong scan, and the number of the one that takes its place."""
    return _replace_page(visit, visit.correctable(number), new, None)


@router.post("/records/{number}/replace")
def replace(visit: Submitted, entered: Entered, number: str) -> Response:
    """The old record goes onto a list to be withdrawn, which another person must approve."""
    old = visit.correctable(number)
    new, reason = record_number(str(entered.get("new", ""))), str(entered.get("reason", "")).strip()
    try:
        if not new:
            raise UsageError(NO_NUMBER)
        visit.correctable(new)
        if entered.get("step") != "do":
            return RedirectResponse(showing.link(f"/records/{number}/replace", new=new), 303)
        if not reason:
            raise UsageError(REASON)
        answer = visit.ask("replace", old=number, new=new, reason=reason)
    except (UsageError, NotFound, Refused) as error:
        return _replace_page(visit, old, new, error)
    return _done(visit, old, "replace", [new], listed=answer["disposal"]["number"])


def _ranges(begins: Sequence[int], last: int) -> list[str]:
    """The pages of each part: [4, 6] of 9 pages -> 1-3, 4-5, 6-9."""
    starts = [1, *begins]
    ends = [*(page - 1 for page in begins), last]
    return [str(first) if first == end else f"{first}-{end}" for first, end in zip(starts, ends, strict=True)]


def _parts(begins: Sequence[int], pages: Sequence[str]) -> list[dict[str, Any]]:
    return [{"first": first, "pages": text} for first, text in zip([1, *begins], pages, strict=True)]


def _in_order(visit: Visit, record: JsonObject, others: str) -> list[JsonObject]:
    """The record and the others, each once, in the order in which they were written; the record first where it was not. Raises NoRecord."""
    written = record_numbers(others)
    numbers = written if record["number"] in written else [record["number"], *written]
    return [record if one == record["number"] else visit.correctable(one) for one in numbers]


def _merge_page(visit: Visit, record: JsonObject, others: str, error: UsageError | NotFound | Refused | None) -> Response:
    found: list[JsonObject] = []
    if others and error is None:
        try:
            found = _in_order(visit, record, others)
        except NotFound as unknown:
            error = unknown
    status = _status(error) if error else 200
    return showing.page(visit, "merge.html", status, record=record, others=others, found=found, says=str(error) if error else None)


def _replace_page(visit: Visit, old: JsonObject, new: str, error: UsageError | NotFound | Refused | None) -> Response:
    rescan = None
    if new:
        try:
            rescan = visit.correctable(record_number(new))
        except NotFound as unknown:
            error = error or unknown
    status = _status(error) if error else 200
    return showing.page(visit, "replace.html", status, record=old, new=new, rescan=rescan, says=str(error) if error else None)


def _done(visit: Visit, record: JsonObject, what: str, numbers: Sequence[str], listed: str = "") -> Response:
    """To the page that says what has become of the records."""
    return RedirectResponse(showing.link(f"/records/{record['number']}/parted", what=what, numbers=" ".join(numbers), listed=listed), 303)


@router.get("/records/{number}/parted")
def parted(visit: Visitor, number: str, what: str = "", numbers: str = "", listed: str = "") -> Response:
    """What was done, where the pages are now, and how it is taken back. What only proves is seen by few: nothing is told of it here."""
    visit.need(Right.CORRECT)
    if what not in ("split", "merge", "replace"):  # an address that none of our forms led to: nothing was done, so nothing is said to be
        raise HTTPException(404)
    seen = [one for one in numbers.split()[:100] if doubts.state_of(visit.reader.db, one)]
    return showing.page(visit, "parted.html", number=record_number(number), what=what, numbers=seen, listed=listed, back=bool(seen))


def _status(error: Exception) -> int:
    return 409 if isinstance(error, Refused) else 404 if isinstance(error, NotFound) else 400
