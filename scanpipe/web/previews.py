"""What a person has sent and not yet said yes to: kept for an hour in the pages' own folder, theirs alone, so that they bring exactly what they were shown."""

import hashlib
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from scanpipe import storage
from scanpipe.errors import NotFound
from scanpipe.i18n import N_

_KEPT_SECONDS: Final = 3600.0
_MOST_EACH: Final = 3  # of one person; the oldest goes
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")


class PreviewGone(NotFound):
    template = N_("What you sent is not kept any more (an hour, and the last three files). Nothing was changed. Send the file again.")


class Previews:
    """Files named by who sent them and a number that nobody can guess."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, who: str, content: bytes) -> str:
        """Returns what it is asked for by. Raises PlaceError."""
        token = secrets.token_hex(16)
        with storage.place(self._folder):
            self._folder.mkdir(exist_ok=True)  # its parents are the store's, and never made where that is not mounted
            self._forget(who)
            storage.replace(self._path(who, token), content, 0o600)
        return token

    def find(self, who: str, token: str) -> bytes:
        """Raises PreviewGone, also for what somebody else sent."""
        if not _TOKEN.fullmatch(token):
            raise PreviewGone
        path = self._path(who, token)
        try:
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                raise PreviewGone
            return path.read_bytes()
        except OSError:
            raise PreviewGone from None

    def drop(self, who: str, token: str) -> None:
        """It was brought."""
        with suppress(OSError):
            storage.remove(self._path(who, token))

    def _path(self, who: str, token: str) -> Path:
        return self._folder / f"{_mark(who)}-{token}.json"

    def _forget(self, who: str) -> None:
        """What is too old, of everybody, and of this person all but the newest."""
        known = sorted(((path.stat().st_mtime, path) for path in self._folder.iterdir()), reverse=True)
        own = [path for _when, path in known if path.name.startswith(f"{_mark(who)}-")]
        old = [path for when, path in known if time.time() - when > _KEPT_SECONDS]
        for path in {*own[_MOST_EACH - 1 :], *old}:
            storage.remove(path)


def _mark(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()[:24]
