"""`/upload`: scans sent from the browser into the section's drop folder, where they are taken like those of a scanner."""

import hashlib
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from scanpipe import inbox, storage
from scanpipe.core.rights import Person, Right
from scanpipe.core.scans.uploads import EXTENSIONS, safe_name
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.web import showing
from scanpipe.web.guard import own_files
from scanpipe.web.house import House
from scanpipe.web.sending import UNBOUNDED, Sent
from scanpipe.web.visit import NotAllowed, Visit, Visitor

router = APIRouter(include_in_schema=False)
NOTHING = N_("No file was chosen.")


@router.get("/upload")
def form(visit: Visitor, department: str = "", done: Annotated[int, Query(ge=0)] = 0) -> Response:
    """The form, and how many have just been sent."""
    visit.need(Right.UPLOAD)
    own = own_sections(visit.person, visit.house)
    names = {one.code: one.name for one in visit.house.settings.departments}
    most = visit.house.settings.intake.max_bytes
    chosen = department if department in own else ""
    return showing.page(visit, "upload.html", own=own, names=names, chosen=chosen, done=done, most=most, extensions=EXTENSIONS)


@router.post("/upload", max_body_size=UNBOUNDED)
async def send(visit: Visitor, request: Request) -> Response:
    """Puts the files into the drop folder. Raises NotAllowed, TooLarge, NotAScan: then none of them was taken; PlaceError."""
    visit.need(Right.UPLOAD)
    sent = await own_files(request, visit, visit.house.settings.intake.max_bytes)
    try:
        department, count = await run_in_threadpool(_deliver, visit, sent)
    finally:
        sent.close()
    return RedirectResponse(showing.link("/upload", department=department, done=count), 303)


def own_sections(person: Person, house: House) -> list[str]:
    """Codes of the sections that a person may send scans to."""
    return [one.code for one in house.settings.departments if person.may(Right.UPLOAD, one.code)]


def deliver(house: House, person: Person, code: str, sent: Sent) -> list[str]:
    """The files into the section's drop folder; the names that they got there. Raises NotAllowed, NotAScan, UsageError, PlaceError."""
    if code not in own_sections(person, house):
        raise NotAllowed
    wanted = [(safe_name(name), file) for name, file in sent.files]
    if not wanted:
        raise UsageError(NOTHING)
    department = house.settings.department(code)
    folder = house.settings.inbox(department)
    names = []
    for name, file in wanted:
        file.flush()
        _tell(house, person, code, file)
        names.append(inbox.deliver(folder, name, file.fileno()))
    with storage.place(folder):
        storage.sync_folder(folder)
    house.requests.ask("expect", person.name, house.now(), department=code, names=names)  # they are whole: nobody need wait for more
    return names


def _tell(house: House, person: Person, code: str, file: BinaryIO) -> None:
    """Who sends it, for the journal, before it lies there: whatever is cut off, a scan that was taken is known by its bytes."""
    file.seek(0)
    with open(file.fileno(), "rb", closefd=False) as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    house.requests.ask("tell", person.name, house.now(), kind="uploaded", department=code, sha256=sha256)


def _deliver(visit: Visit, sent: Sent) -> tuple[str, int]:
    code = sent.fields.get("department", "")
    return code, len(deliver(visit.house, visit.person, code, sent))
