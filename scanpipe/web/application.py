"""Assembles the web process: routes, errors as pages or JSON, headers."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from scanpipe.accounts import TooManyTries
from scanpipe.catalogue.reader import NoRecord
from scanpipe.catalogue.requests import NoAnswer, Refused
from scanpipe.config import Settings
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, PlaceError, ScanpipeError, UsageError
from scanpipe.i18n import N_, _, speaking
from scanpipe.web import api, showing
from scanpipe.web.day_shown import Drawing
from scanpipe.web.guard import HEADERS, ForeignForm, Guarded, language_of
from scanpipe.web.house import House
from scanpipe.web.kept_figures import KeptFigures
from scanpipe.web.limits import TooOften
from scanpipe.web.live import Live
from scanpipe.web.metrics import Counting, Measured
from scanpipe.web.routes import ROUTERS
from scanpipe.web.sending import TooLarge
from scanpipe.web.visit import NotAllowed, NotLoggedIn, PasswordFirst, Visit, person_of
from scanpipe.web.wishing import without_commands

_STATUS: Final[tuple[tuple[type[ScanpipeError], int], ...]] = (  # the first that fits
    (NotLoggedIn, 401),
    (PasswordFirst, 403),
    (NotAllowed, 403),
    (ForeignForm, 403),
    (TooManyTries, 429),
    (TooOften, 429),
    (NotFound, 404),
    (NoAnswer, 503),
    (Refused, 409),
    (TooLarge, 413),
    (UsageError, 400),
    (PlaceError, 503),
    (ScanpipeError, 422),
)


_FORM_BYTES = 4 << 20  # forms and JSON are read into memory before anybody asks who sends them; files are counted where they are taken (sending)
_REST_SECONDS = 60.0
_THREADS = 12  # requests that are worked on at once: each thread keeps databases open, and more would only take turns on the machine's cores


TOO_MUCH: Final = N_("This is more than a form may hold. Send it in parts.")


class Immutable(StaticFiles):
    """Files whose address changes with their content."""

    def file_response(self, *args: object, **named: object) -> Response:
        response = super().file_response(*args, **named)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def create(settings: Settings) -> FastAPI:
    """The application for one site."""

    figures = KeptFigures(settings)

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        app.state.house = House.of(settings, figures)
        gc.freeze()  # what is there now stays to the end: no collection need look at it again
        threading.Thread(target=showing.TEMPLATES.make_ready, name="templates", daemon=True).start()
        app.state.live = live = Live(settings, Drawing(settings).draw, app.state.house.readers.lend, lambda: app.state.house.now().date())
        resting = asyncio.create_task(_rest(app.state.house))
        yield
        resting.cancel()
        live.close()
        app.state.house.close()

    app = FastAPI(title="scanpipe", lifespan=living, openapi_url=None, docs_url=None, redoc_url=None, max_body_size=_FORM_BYTES)
    app.state.measured = measured = Measured(settings, lambda: datetime.now(settings.timezone), figures)
    app.add_middleware(Guarded, language=settings.site.language, secure=bool(settings.web.certificate))
    app.add_middleware(Counting, measured=measured)
    app.mount("/static", Immutable(directory=showing.STATIC), name="static")
    for router in (*ROUTERS, *api.ROUTERS):
        app.include_router(router)
    app.add_exception_handler(ScanpipeError, _told)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _failed)
    return app


async def _rest(house: House) -> None:
    """Now and then gives back what nobody has used for long."""
    while True:
        await asyncio.sleep(_REST_SECONDS)
        await anyio.to_thread.run_sync(house.pictures.rest)
        await anyio.to_thread.run_sync(house.office_files.rest)


def _is_api(request: Request) -> bool:
    """Whether a program asks; the manual of the API is for people."""
    return request.url.path.startswith("/api/") and request.url.path != "/api/docs"


def status_of(error: ScanpipeError) -> int:
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def _told(request: Request, error: Exception) -> Response:
    """An error as a sentence: JSON for programs, a page for people; who is not logged in is sent to the login."""
    assert isinstance(error, ScanpipeError)
    if _is_api(request):
        headers = {"www-authenticate": "Bearer"} if isinstance(error, NotLoggedIn) else None
        return JSONResponse({"detail": str(error)}, status_of(error), headers)
    if isinstance(error, NotLoggedIn):
        return _to_login(request)
    if isinstance(error, PasswordFirst):
        return RedirectResponse("/password", 303)
    says = _("There is no record {number}, or your account may not see it.").format(**error.params) if isinstance(error, NoRecord) else str(error)
    return _page_of(request, status_of(error), says if _at_the_server(request) else without_commands(says))


def _at_the_server(request: Request) -> bool:
    """Whether the person can type the commands that an error names."""
    known = getattr(request.state, "visit", None)
    return isinstance(known, Visit) and known.person.may(Right.OPERATE)


def _to_login(request: Request) -> Response:
    """A link from another site comes without the session's cookie (SameSite=Strict): the browser asks again from a page of ours, and is known."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        return HTMLResponse(showing.open_page(request, "again.html", wanted=wanted).body)
    back = wanted if request.method == "GET" else _came_from(request)
    return RedirectResponse(showing.link("/login", next=back if back != "/" else None), 303)


def _came_from(request: Request) -> str:
    """The page of ours whose form was sent: after the login it is there again. "/" where the browser does not tell."""
    page = urlsplit(request.headers.get("referer", ""))
    return page.path + (f"?{page.query}" if page.query else "") if page.netloc == request.headers.get("host") else "/"


def _page_of(request: Request, status: int, says: str) -> Response:
    """For who is known, with the way to everything else."""
    if not hasattr(request.state, "visit"):  # no route was found that would have asked
        house: House = request.app.state.house
        with suppress(ScanpipeError):
            request.state.visit = Visit(house, request, *person_of(house, request, touch=False))
    if isinstance(known := getattr(request.state, "visit", None), Visit):
        return showing.page(known, "error.html", status, says=says)
    return showing.open_page(request, "error.html", status=status, says=says)


def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if _is_api(request):
        return JSONResponse({"detail": [{name: one[name] for name in ("loc", "msg", "type")} for one in error.errors()]}, 422)
    return _page_of(
        request, 400, _("Something that was entered is not understood: {names}").format(names=", ".join(str(one["loc"][-1]) for one in error.errors()))
    )


def _failed(request: Request, error: Exception) -> Response:
    """A fault of ours. It is answered outside of all that else sees to language and headers, and goes on to the log."""
    house: House = request.app.state.house
    with speaking(language_of(request, house.settings.site.language)):
        says = _("scanpipe failed at this: a fault of its own. Nothing is lost. Please tell the administrator what you did and when: {time}").format(
            time=f"{house.now():%Y-%m-%d %H:%M:%S}"
        )
        answer: Response = JSONResponse({"detail": says}, 500) if _is_api(request) else showing.open_page(request, "error.html", status=500, says=says)
    answer.headers.update({name: value for name, value in HEADERS.items() if name not in answer.headers})
    return answer


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if _is_api(request):
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
    says = {404: _("There is no such page."), 405: _("This address is not opened like that. Go back and use the links and buttons."), 413: _(TOO_MUCH)}
    return _page_of(request, error.status_code, says.get(error.status_code, str(error.detail)))
