"""Assembles the web process: routes, errors as pages or JSON, headers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

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
from scanpipe.errors import NotFound, PlaceError, ScanpipeError, UsageError
from scanpipe.i18n import _
from scanpipe.web import api, showing
from scanpipe.web.day_shown import Drawing
from scanpipe.web.guard import ForeignForm, Guarded
from scanpipe.web.house import House
from scanpipe.web.kept_figures import KeptFigures
from scanpipe.web.limits import TooOften
from scanpipe.web.live import Live
from scanpipe.web.metrics import Counting, Measured
from scanpipe.web.routes import ROUTERS
from scanpipe.web.sending import TooLarge
from scanpipe.web.visit import NotAllowed, NotLoggedIn, PasswordFirst, Visit

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


_THREADS = 12  # requests that are worked on at once: each thread keeps databases open, and more would only take turns on the machine's cores


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
        app.state.live = live = Live(settings, Drawing(settings).draw, app.state.house.readers.lend, lambda: app.state.house.now().date())
        yield
        live.close()
        app.state.house.close()

    app = FastAPI(title="scanpipe", lifespan=living, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.measured = measured = Measured(settings, lambda: datetime.now(settings.timezone), figures)
    app.add_middleware(Guarded, language=settings.site.language, secure=bool(settings.web.certificate))
    app.add_middleware(Counting, measured=measured)
    app.mount("/static", Immutable(directory=showing.STATIC), name="static")
    for router in (*ROUTERS, *api.ROUTERS):
        app.include_router(router)
    app.add_exception_handler(ScanpipeError, _told)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http_error)
    return app


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
    return _page_of(request, status_of(error), says)


def _to_login(request: Request) -> Response:
    """A link from another site comes without the session's cookie (SameSite=Strict): the browser asks again from a page of ours, and is known."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        return HTMLResponse(showing.open_page(request, "again.html", wanted=wanted).body)
    back = wanted if request.method == "GET" and wanted != "/" else None
    return RedirectResponse(showing.link("/login", next=back), 303)


def _page_of(request: Request, status: int, says: str) -> Response:
    """For who is known, with the way to everything else."""
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


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if _is_api(request):
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
    says = _("There is no such page.") if error.status_code == 404 else str(error.detail)
    return _page_of(request, error.status_code, says)
