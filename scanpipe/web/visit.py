"""One request: who asks, what they may see, and what they wish."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security.utils import get_authorization_scheme_param

from scanpipe.catalogue import glances
from scanpipe.catalogue.glances import Face, Glance
from scanpipe.catalogue.reader import CatalogueReader, JsonObject, NoRecord
from scanpipe.core.logins import BadAccount
from scanpipe.core.rights import Person, Right
from scanpipe.errors import ScanpipeError
from scanpipe.i18n import N_
from scanpipe.web.house import House, is_restricted

SESSION_COOKIE = "scanpipe_session"
_ANSWER_SECONDS = 10.0


class NotLoggedIn(ScanpipeError):
    template = N_("Please log in.")


class PasswordFirst(ScanpipeError):
    """A one-time password opens nothing but the page where it is changed."""

    template = N_("Please choose a password of your own first.")


class NotAllowed(ScanpipeError):
    """The account lacks the right. For records that may not be seen it is NoRecord instead: nobody learns that they exist."""

    template = N_("Your account may not do this. Ask the administrator if you need it.")


class Visit:
    """person: who asks. csrf: to be sent with every form; None with a token, which no other site can send."""

    def __init__(self, house: House, request: Request, person: Person, csrf: str | None) -> None:
        self.house, self.request, self.person, self.csrf = house, request, person, csrf

    @cached_property
    def reader(self) -> CatalogueReader:
        """The catalogue as this person may see it, closed at the end of the request."""
        return self.house.reader_for(self.person)

    def close(self) -> None:
        if "reader" in self.__dict__:
            self.reader.close()

    def need(self, right: Right, department: str | None = None) -> None:
        """Raises NotAllowed without the right (in this section, where one is named)."""
        if self.person.must_change:
            raise PasswordFirst
        if not self.person.may(right, department):
            raise NotAllowed

    def record(self, number: str, *, text: bool = False) -> JsonObject:
        """The record, and the view of a restricted one noted in the journal. Raises NoRecord, also where it may not be seen."""
        self.need(Right.READ)
        found = self.reader.record(number, text=text)
        self._note_view(number, is_restricted(self.house.settings, found["restricted"], found["category"]))
        return found

    def glance(self, number: str) -> Glance:
        """What a picture of the record needs; part of the view that was noted within the last minutes, else a view. Raises NoRecord."""
        self.need(Right.READ)
        found = glances.glance(self.reader, number)
        if not self.house.views.noted(self.person.name, number):
            self._note_view(number, is_restricted(self.house.settings, found.restricted, found.category))
        return found

    def _note_view(self, number: str, restricted: bool) -> None:
        if restricted:
            self.tell("viewed", number=number)
            self.house.views.note(self.person.name, number)

    def note_found(self, faces: Iterable[Face]) -> None:
        """Titles and words in a result are a look at a restricted record, too: all of a result are told at once, each record once in a few minutes."""
        seen, who, settings = self.house.finds, self.person.name, self.house.settings
        shown = (face.number for face in faces if is_restricted(settings, face.restricted, face.category))
        if new := [number for number in shown if not seen.noted(who, number)]:
            self.tell("viewed", numbers=new, where="search")
            for number in new:
                seen.note(who, number)

    def correctable(self, number: str) -> JsonObject:
        """The record, if this person may change it. Raises NoRecord, NotAllowed."""
        found = self.record(number)
        if not self.person.may(Right.CORRECT, found["department"]):
            raise NotAllowed if self.person.may(Right.READ, found["department"]) else NoRecord(number=number)
        return found

    def ask(self, verb: str, **wants: Any) -> JsonObject:
        """The daemon's answer to a wish. Raises Refused with its reason, NoAnswer where it is kept for later."""
        requests = self.house.requests
        return dict(requests.wait_for(requests.ask(verb, self.person.name, self.house.now(), **wants), seconds=_ANSWER_SECONDS))

    def tell(self, kind: str, **said: Any) -> None:
        """For the journal; durable on return, nobody waits for it."""
        self.house.requests.ask("tell", self.person.name, self.house.now(), kind=kind, **said)


def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


def visit(request: Request) -> Iterator[Visit]:
    """Who asks, by token or session. Raises NotLoggedIn."""
    house = house_of(request)
    made = request.state.visit = Visit(house, request, *person_of(house, request))
    try:
        yield made
    finally:
        made.close()


def still_here(house: House, request: Request) -> Person | None:
    """Who asked, for a page that stays open: with the rights they have by now, without counting as being at work. None once the session is over."""
    try:
        return person_of(house, request, touch=False)[0]
    except NotLoggedIn:
        return None


def person_of(house: House, request: Request, *, touch: bool = True) -> tuple[Person, str | None]:
    """Who asks and what their forms must carry. touch: it counts as being at work. Raises NotLoggedIn."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() == "bearer":
        person = house.accounts.by_token(token, house.now())
        if person is None:
            raise NotLoggedIn
        return house.with_taken_over(person), None
    if (name := house.front.user(request)) is not None:
        return _from_proxy(house, name)
    found = house.accounts.session(request.cookies.get(SESSION_COOKIE, ""), house.now(), touch=touch)
    if found is None:
        raise NotLoggedIn
    return house.with_taken_over(found[0]), found[1]


def _from_proxy(house: House, name: str) -> tuple[Person, str]:
    """Who has logged in at the proxy, if they have an account here. Raises NotLoggedIn."""
    try:
        person = house.accounts.person(name, "proxy")
    except BadAccount:
        person = None
    if person is None:
        raise NotLoggedIn
    return house.with_taken_over(person), house.front.against_forgery(person.name)


Visitor = Annotated[Visit, Depends(visit)]
HouseOf = Annotated[House, Depends(house_of)]
