"""`/wall/TOKEN`: the scans of one section on a screen on the wall, by a link that can be revoked. Nothing can be opened from it."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from scanpipe.catalogue.search_result import Access
from scanpipe.errors import NotFound
from scanpipe.i18n import N_, current_language
from scanpipe.web import showing
from scanpipe.web.house import House
from scanpipe.web.live import Watched
from scanpipe.web.routes.today import streamed, view_of
from scanpipe.web.visit import HouseOf

router = APIRouter(include_in_schema=False)
_ADDRESS = "/wall/{token}"
NO_WALL = N_("This address is not in use (any more).")


@router.get(_ADDRESS)
def wall(request: Request, house: HouseOf, token: str) -> Response:
    """The day of the section that the token is for, large."""
    watched = _watched(house, token)
    name = house.settings.department(next(iter(watched.departments))).name
    return showing.open_page(request, "wall.html", view=view_of(request, watched), section=name, watched=watched, address=f"/wall/{token}/events")


@router.get(f"{_ADDRESS}/events")
async def events(request: Request, house: HouseOf, token: str) -> Response:
    """What changes of it, until the token is revoked."""
    watched = await run_in_threadpool(_watched, house, token)
    return streamed(request, watched, lambda: house.accounts.wall(token, house.now()) is not None)


def _watched(house: House, token: str) -> Watched:
    """Nothing restricted is ever shown on a wall. Raises NotFound."""
    found = house.accounts.wall(token, house.now())
    if found is None or found[0] not in {one.code for one in house.settings.departments}:
        raise NotFound(NO_WALL)
    department, titles = found
    only = frozenset([department])
    return Watched(departments=only, access=Access(departments=only, restricted=frozenset()), language=current_language(), wall=True, titles=titles)
