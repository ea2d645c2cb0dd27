"""`/campaign/cabinets/…`: one cabinet, what was done to it, and its photos before and after."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from scanpipe.catalogue import cabinets as kept
from scanpipe.catalogue.requests import Refused
from scanpipe.core.campaign.cabinets import Cabinet, label
from scanpipe.core.campaign.photos import ENDINGS, MOST_BYTES, Shows
from scanpipe.core.retention import successor_of
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, ScanError, UsageError
from scanpipe.i18n import N_
from scanpipe.upkeep.campaign import photos
from scanpipe.web import showing, wishing
from scanpipe.web.guard import own_files
from scanpipe.web.paper_sent import plain_name
from scanpipe.web.pictures import WIDTHS
from scanpipe.web.routes.campaign import CAMPAIGN
from scanpipe.web.routes.retention import names
from scanpipe.web.sending import UNBOUNDED, Sent, TooLarge
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
CABINET: Final = CAMPAIGN + "/cabinets/{id}"
MOST_AT_ONCE: Final = 5 * MOST_BYTES
NO_CABINET: Final = N_("There is no cabinet {id} in the register.")
NO_PHOTO: Final = N_("There is no such photo.")


def _known(visit: Visit, id: str) -> Cabinet:
    """Raises NotFound."""
    found = kept.known(visit.reader.db, id)
    if found is None:
        raise NotFound(NO_CABINET, id=id[:24])
    return found


def _owner(visit: Visit, cabinet: Cabinet) -> str:
    """Who answers for it today."""
    return successor_of(visit.house.settings.departments, cabinet.department, visit.house.now().date())


@router.get(CABINET)
def show(visit: Visitor, id: str, done: str = "") -> Response:
    """The cabinet with its photos; a form for who enters cabinets of this section."""
    visit.need(Right.STATISTICS)
    return _show(visit, _known(visit, id), done=done)


def _show(visit: Visit, cabinet: Cabinet, says: str | None = None, *, done: str = "", typed: Mapping[str, str] | None = None) -> Response:
    section = _owner(visit, cabinet)
    facts: dict[str, Any] = {
        "one": cabinet, "section": section, "names": names(visit), "photos": kept.photos(visit.reader.db, cabinet.id), "says": says, "done": done,
        "may_add": visit.person.may(Right.CAMPAIGN, section), "typed": {name: (typed or {}).get(name, "") for name in ("shows", "on", "reason")},
        "shows": list(Shows), "endings": [*ENDINGS.values(), ".jpeg"], "most": MOST_BYTES, "today": visit.house.now().date(),
    }  # fmt: skip
    return showing.page(visit, "campaign_cabinet.html", 409 if says else 200, **facts)


@router.get(CABINET + "/pictures/{sha256}.jpg")
def picture(visit: Visitor, id: str, sha256: str, width: int = WIDTHS[1]) -> Response:
    """A photo, drawn anew in a lane: without what the camera wrote into it (where, when, with what). Raises NotFound, ScanError."""
    visit.need(Right.STATISTICS)
    cabinet = _known(visit, id)
    one = next((one for one in kept.photos(visit.reader.db, cabinet.id) if one.sha256 == sha256), None)
    if one is None:
        raise NotFound(NO_PHOTO)
    file = visit.house.settings.layout.photos / one.file
    if not file.is_file():
        raise NotFound(NO_PHOTO)
    wanted = min((each for each in WIDTHS if each >= width), default=WIDTHS[-1])
    drawn = visit.house.pictures.page(file, one.media_type, 1, wanted)
    return Response(drawn, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})


@router.post(CABINET + "/photos", max_body_size=UNBOUNDED)
async def add(visit: Visitor, request: Request, id: str) -> Response:
    """Photos that somebody sends."""
    visit.need(Right.CAMPAIGN)
    try:
        sent = await own_files(request, visit, MOST_AT_ONCE)
    except TooLarge as error:
        return await run_in_threadpool(_refused, visit, id, str(error), {})
    try:
        return await run_in_threadpool(_added, visit, id, sent)
    finally:
        sent.close()


def _refused(visit: Visit, id: str, says: str, typed: Mapping[str, str]) -> Response:
    return _show(visit, _known(visit, id), says, typed=typed)


def _added(visit: Visit, id: str, sent: Sent) -> Response:
    cabinet = _known(visit, id)
    visit.need(Right.CAMPAIGN, _owner(visit, cabinet))
    try:
        on, shows = wishing.day(sent.fields.get("on", "")), sent.fields.get("shows", "") or None
        if shows is not None and shows not in list(Shows):
            raise UsageError(photos.NO_PHOTOS)
        handed = [_hand_over(visit, name, file) for name, file in sent.files]
        wants = {"id": label(cabinet.id), "photos": handed, "shows": shows, "on": on, "reason": sent.fields.get("reason", "")[:500]}
        answer = visit.ask("cabinet_photo", **wants)
    except (UsageError, ScanError, Refused) as wrong:
        return _show(visit, cabinet, wishing.told(visit, wrong), typed=sent.fields)
    return RedirectResponse(showing.link(f"{CAMPAIGN}/cabinets/{cabinet.id}", done=answer["new"] or "0"), 303)


def _hand_over(visit: Visit, name: str, file: Any) -> dict[str, str]:
    """A byte more than may be is enough to refuse it."""
    file.seek(0)
    return photos.hand_over(visit.house.settings.layout, file.read(MOST_BYTES + 1), plain_name(name))
