"""Who asks by the API. With a token the request stands for itself; with a session what changes must carry the session's own token, as a form does."""

import hmac
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from scanpipe.core.rights import Right
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.web.api.models import Problem
from scanpipe.web.guard import ForeignForm, from_our_page
from scanpipe.web.visit import SESSION_COOKIE, NotAllowed, Visit, visit

_TOKEN = HTTPBearer(auto_error=False, scheme_name="token", description="`scanpipe token add`")
_SESSION = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, scheme_name="session", description="a person who has logged in")
_SAYS: Final = {
    400: "Not understood", 401: "No valid token or session", 403: "The account or the token may not do this", 404: "Not there, or not to be seen",
    409: "Refused by the daemon, with its reason", 413: "Too large", 422: "Not understood", 429: "Too often", 503: "Not now; try again",
}  # fmt: skip


class NotUnderstood(UsageError):
    template = N_("{name} is said twice, or is nothing that can be said here. What can be: {known}")


def responses(*also: int) -> dict[int | str, dict[str, Any]]:
    """What may be answered beside success, for OpenAPI."""
    return {status: {"model": Problem, "description": _SAYS[status]} for status in sorted({400, 401, 403, 422, 503, *also})}


def form_of(required: Sequence[str], properties: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A form with files, for OpenAPI: it is read piece by piece and not by FastAPI."""
    schema = {"type": "object", "required": list(required), "properties": dict(properties)}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def api_router(tag: str) -> APIRouter:
    return APIRouter(prefix="/api/v1", tags=[tag], responses=responses())


def asked(
    request: Request, visitor: Annotated[Visit, Depends(visit)], _token: Annotated[object, Security(_TOKEN)], _session: Annotated[object, Security(_SESSION)]
) -> Visit:
    """Who asks for something to read. Raises NotLoggedIn, NotUnderstood: a filter that is mistyped must not be passed over, and all be answered."""
    said = [name for name, _value in request.query_params.multi_items()]
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    wrong = [name for name in said if name not in known or said.count(name) > 1]
    if wrong:
        raise NotUnderstood(name=wrong[0], known=", ".join(sorted(known)) or "-")
    return visitor


def changing(request: Request, visitor: Annotated[Visit, Depends(asked)], x_csrf_token: Annotated[str, Header()] = "") -> Visit:
    """Who asks for something to be changed. Raises NotLoggedIn, ForeignForm."""
    if visitor.csrf is not None and not (from_our_page(request) and hmac.compare_digest(x_csrf_token.encode(), visitor.csrf.encode())):
        raise ForeignForm
    return visitor


def need_any(visitor: Visit, *rights: Right) -> None:
    """Raises NotAllowed where the person has none of them."""
    if not any(visitor.person.may(right) for right in rights):
        raise NotAllowed


Asked = Annotated[Visit, Depends(asked)]
Changing = Annotated[Visit, Depends(changing)]
