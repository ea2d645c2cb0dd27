"""`/`: what the sections of a person scanned today, live."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from scanpipe.core.rights import Person, Right
from scanpipe.i18n import current_language
from scanpipe.web import showing
from scanpipe.web.house import House, access_of
from scanpipe.web.live import Live, View, Watched, Watcher, difference
from scanpipe.web.visit import Visitor, house_of, still_here

router = APIRouter(include_in_schema=False)
_ELSEWHERE = ((Right.OPERATE, "/admin"), (Right.STATISTICS, "/campaign"))  # the first page of those who see no records
_CHECK_SECONDS = 30.0  # how often it is asked whether who watches still may


@router.get("/")
def today(visit: Visitor, department: str = "") -> Response:
    """The deliveries of the day, newest first; where the person sees no records, what their account is for."""
    for right, elsewhere in _ELSEWHERE:
        if visit.person.may(right) and not visit.person.may(Right.READ):
            return RedirectResponse(elsewhere, 303)
    visit.need(Right.READ)
    visit.house.pictures.warm()  # the first record that is opened from here is seen at once
    own = sections_of(visit.person, visit.house)
    chosen = department if department in own else ""
    names = {one.code: one.name for one in visit.house.settings.departments}
    view = view_of(visit.request, _watched(visit.person, visit.house, chosen))
    may_send = visit.person.may(Right.UPLOAD)
    return showing.page(visit, "today.html", view=view, names=names, own=own, chosen=chosen, may_send=may_send, several=len(own) > 1 and not chosen)


@router.get("/events/today")
async def events(visit: Visitor, department: str = "") -> Response:
    """What changes of that page, as it changes (server-sent events)."""
    visit.need(Right.READ)
    person, house, request = visit.person, visit.house, visit.request
    watched = _watched(person, house, department)

    def still() -> bool:
        now = still_here(house, request)
        return now is not None and access_of(now) == watched.access

    return streamed(request, watched, still)


def sections_of(person: Person, house: House) -> list[str]:
    """Codes of the sections that a person sees, in the order of the configuration."""
    own = person.sections()
    return [one.code for one in house.settings.departments if own is None or one.code in own]


def view_of(request: Request, watched: Watched) -> View:
    """The day as it is now, for the page itself."""
    house, live = house_of(request), live_of(request)
    watcher = Watcher(house.settings, watched, house.readers.lend)
    try:
        return live.draw(watched, watcher.look(house.now().date()), None, None)
    finally:
        watcher.close()


def streamed(request: Request, watched: Watched, still: Callable[[], bool]) -> Response:
    """The changes while somebody watches. still: whether they may. 204 where too many watch: the page then asks again now and then."""
    live = live_of(request)
    if live.full():
        return Response(status_code=204)
    return EventSourceResponse(_changes(live, watched, still), headers={"cache-control": "no-store", "x-accel-buffering": "no"})


def live_of(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


async def _changes(live: Live, watched: Watched, still: Callable[[], bool]) -> AsyncIterator[ServerSentEvent]:
    sent: View | None = None
    checked = asyncio.get_running_loop().time()
    async for view in live.views(watched, _CHECK_SECONDS):
        now = asyncio.get_running_loop().time()
        if now - checked >= _CHECK_SECONDS:
            checked = now
            if not await run_in_threadpool(still):
                yield ServerSentEvent(event="over", data="{}")
                return
        if view is not None:
            changed, sent = difference(sent, view), view
            yield ServerSentEvent(event="changed", data=json.dumps(changed, ensure_ascii=False, separators=(",", ":")))


def _watched(person: Person, house: House, department: str) -> Watched:
    own = sections_of(person, house)
    departments = frozenset([department] if department in own else own)
    return Watched(departments=departments, access=access_of(person), language=current_language())
