"""One HTTP request to another machine, for the channels of outbox.py: with a time limit, following nobody elsewhere, its answer cut to a length."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from http.client import HTTPException
from typing import IO, Any, Final

from scanpipe.upkeep.sending.outbox import NotSent

_SECONDS: Final = 20
_MOST_BYTES: Final = 1 << 20
_MOST_SHOWN: Final = 200


class _Staying(urllib.request.HTTPRedirectHandler):
    """A redirect would carry secrets to an address that nobody configured; urllib would also make a GET of a POST."""

    def redirect_request(self, req: Any, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str) -> None:
        return None


_OPENER = urllib.request.build_opener(_Staying())


@dataclass(frozen=True, slots=True)
class Answer:
    """status: of HTTP. body: its first MiB. wait: as Retry-After says, None = it does not."""

    status: int
    body: bytes
    wait: timedelta | None

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Mapping[str, Any]:
        """The object in it; empty if it holds none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def send(place: str, url: str, body: bytes, headers: Mapping[str, str], *, method: str = "POST") -> Answer:
    """Whatever it answers. place: what the other side is called in the sentence. Raises NotSent if it does not answer."""
    wanted = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": "application/json", "User-Agent": "scanpipe", **headers})  # noqa: S310
    try:
        with _OPENER.open(wanted, timeout=_SECONDS) as answer:  # http and https alone: config_outgoing.py
            return Answer(answer.status, answer.read(_MOST_BYTES), None)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _rest(error), _wait(error.headers))
    except (OSError, HTTPException, ValueError) as error:
        raise NotSent(place=place, reason=str(getattr(error, "reason", None) or error)[:_MOST_SHOWN]) from error


def _rest(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(_MOST_BYTES)
    except (OSError, HTTPException):
        return b""


def _wait(headers: Message) -> timedelta | None:
    said = headers.get("Retry-After", "")
    return timedelta(seconds=int(said)) if said.isdecimal() and len(said) < 7 else None
