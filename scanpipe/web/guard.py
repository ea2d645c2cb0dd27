"""What holds for every answer and every form: headers, the language, and that a form was ours (reliability §3)."""

import hmac
import re
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scanpipe.errors import ScanpipeError
from scanpipe.i18n import N_, speaking
from scanpipe.web.sending import Sent, received
from scanpipe.web.visit import Visit, visit

LANGUAGE_COOKIE = "scanpipe_language"
LANGUAGES = ("ja", "en")
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


_STREAM = re.compile(r"^/events/|/events$")


class ForeignForm(ScanpipeError):
    template = N_("This form has expired or came from another page. Go back, reload the page and try again.")


class Guarded:
    """Middleware: the language of the request, and headers that no route has set itself. language: of the site, for who has chosen none.

    HEAD is answered as GET would be, without the body; but not for what never ends.
    """

    def __init__(self, app: ASGIApp, language: str, *, secure: bool) -> None:
        self.app, self.language, self.secure = app, language, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        bare = scope["method"] == "HEAD" and not _STREAM.search(scope["path"])

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self.secure:
                    headers.setdefault("strict-transport-security", "max-age=31536000")
            await send({**message, "body": b""} if bare and "body" in message else message)

        with speaking(language_of(Request(scope), self.language)):
            await self.app({**scope, "method": "GET"} if bare else scope, receive, guarded)


def language_of(request: Request, otherwise: str) -> str:
    """That the browser remembers, else that of the site."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else otherwise


def own_form(request: Request, visitor: Annotated[Visit, Depends(visit)], csrf: Annotated[str, Form()] = "") -> Visit:
    """The visit, if the form was ours: it carries the session's token and comes from our own page. Raises ForeignForm."""
    if not from_our_page(request) or visitor.csrf is None or not hmac.compare_digest(csrf.encode(), visitor.csrf.encode()):
        raise ForeignForm
    return visitor


def from_our_page(request: Request) -> bool:
    """Whether the browser says that the request was made by a page of ours; old ones may say nothing."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def own_files(request: Request, visitor: Visit, most_bytes: int) -> Sent:
    """A form of ours with files, as `own_form` for others; the caller closes it. Raises ForeignForm, and what `received` raises."""
    if not from_our_page(request):
        raise ForeignForm
    try:
        return await received(request, visitor.house.settings.layout.web / "upload", most_bytes, visitor.csrf)
    except PermissionError:
        raise ForeignForm from None


Submitted = Annotated[Visit, Depends(own_form)]
