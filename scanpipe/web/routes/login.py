"""Coming and going: the login, the language, and whether the process is alive."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from scanpipe.accounts import LoginRefused
from scanpipe.core.rights import Person
from scanpipe.errors import UsageError
from scanpipe.i18n import _
from scanpipe.web import showing
from scanpipe.web.guard import LANGUAGE_COOKIE, LANGUAGES, ForeignForm, Submitted, from_our_page
from scanpipe.web.house import House
from scanpipe.web.visit import SESSION_COOKIE, HouseOf, Visitor

router = APIRouter(include_in_schema=False)
_SESSION_SECONDS = 10 * 3600


@router.get("/healthz")
def healthz() -> PlainTextResponse:
    return PlainTextResponse("ok\n")


@router.get("/login")
def ask(request: Request, house: HouseOf, next: str = "/") -> Response:
    """The form; where there is no account yet, how the first is made."""
    return showing.open_page(request, "login.html", wanted=_own(next), says=None, empty=house.accounts.none_yet(), name="")


@router.post("/login")
def enter(
    request: Request, house: HouseOf, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/"
) -> Response:
    """A new session, always with a new id; a wrong password is told without saying whether the name is known."""
    if not from_our_page(request):
        raise ForeignForm
    try:
        person = house.accounts.authenticate(name, password, house.front.address(request), house.now())
    except LoginRefused as refusal:
        return showing.open_page(request, "login.html", refusal.status, wanted=_own(next), says=str(refusal), empty=False, name=name)
    return _logged_in(request, house, person, "/password" if person.must_change else _own(next))


def _logged_in(request: Request, house: House, person: Person, to: str) -> Response:
    session, _csrf = house.accounts.open_session(person, house.now())
    response = RedirectResponse(to, 303)
    secure = bool(house.settings.web.certificate) or house.front.secure(request)
    response.set_cookie(SESSION_COOKIE, session, max_age=_SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
    return response


@router.post("/logout")
def leave(visit: Submitted) -> Response:
    visit.house.accounts.close_session(visit.request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.get("/password")
def ask_password(visit: Visitor) -> Response:
    """The form for a password of one's own: after the first login with a one-time password, and whenever somebody likes."""
    return showing.page(visit, "password.html", says=None)


@router.post("/password")
def change_password(visit: Submitted, old: Annotated[str, Form()] = "", new: Annotated[str, Form()] = "", again: Annotated[str, Form()] = "") -> Response:
    """All other sessions of the account end; this one goes on under a new id."""
    house, request = visit.house, visit.request
    if new != again:
        return showing.page(visit, "password.html", 400, says=_("The two new passwords differ."))
    try:
        house.accounts.change_own_password(visit.person.name, old, new, house.front.address(request), house.now())
    except (LoginRefused, UsageError) as refusal:
        return showing.page(visit, "password.html", 400, says=str(refusal))
    visit.tell("account", what="password", account=visit.person.name)
    person = house.accounts.person(visit.person.name, "session")
    return _logged_in(request, house, person, "/") if person else RedirectResponse("/login", 303)


@router.post("/language")
def speak(request: Request, language: Annotated[str, Form()], next: Annotated[str, Form()] = "/") -> Response:
    """Japanese or English, remembered by the browser."""
    if not from_our_page(request) or language not in LANGUAGES:
        raise ForeignForm
    response = RedirectResponse(_own(next), 303)
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86400, httponly=True, samesite="strict")
    return response


def _own(path: str) -> str:
    """An address of ours, never another site's."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path and "\r" not in path else "/"
