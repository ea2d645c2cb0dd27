"""Sessions: who has logged in, until when."""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import cast

from scanpipe.accounts.store import TOUCH_SECONDS, Store, digest, moment, person_of, stored
from scanpipe.core.logins import IDLE, LONGEST_SESSION, session_lives
from scanpipe.core.rights import Person, Via


class Sessions(Store):
    """The id is random and known to the browser alone; kept is its digest. 30 minutes idle or 10 hours end it."""

    def open_session(self, person: Person, at: datetime) -> tuple[str, str]:
        """(id, token against forged forms) of a new session, always with a new id. Those that are over are cleared away."""
        id = secrets.token_urlsafe(32)
        with self._writing():
            self._execute("DELETE FROM session WHERE seen <= ? OR created <= ?", stored(at - IDLE), stored(at - LONGEST_SESSION))
            self._execute(
                "INSERT INTO session (digest, account, via, created, seen) VALUES (?, ?, ?, ?, ?)", digest(id), person.name, person.via, stored(at), stored(at)
            )
        return id, _against_forgery(id)

    def session(self, id: str, at: datetime, *, touch: bool = True) -> tuple[Person, str] | None:
        """Who that is, with the rights they have now, and the token against forged forms; None if the session is over or the account disabled.

        touch: this is somebody at work; without it, as for a page that only stays open, the session goes on ageing.
        """
        key = digest(id)
        row = self._one("SELECT s.via, s.created AS began, s.seen, a.* FROM session s JOIN account a ON a.name = s.account WHERE digest = ?", key)
        if row is None or row["disabled"] or not session_lives(moment(row["began"]), moment(row["seen"]), at):
            return None
        if touch and abs((at - moment(row["seen"])).total_seconds()) >= TOUCH_SECONDS:
            with self._writing():
                self._execute("UPDATE session SET seen = ? WHERE digest = ?", stored(at), key)
        return person_of(row, cast(Via, row["via"])), _against_forgery(id)

    def close_session(self, id: str) -> None:
        """Logs out; nothing happens if it is over already."""
        with self._writing():
            self._execute("DELETE FROM session WHERE digest = ?", digest(id))

    def close_all(self, name: str) -> None:
        """Ends every session of this account (normalised name)."""
        with self._writing():
            self._end_sessions(name)

    def _end_sessions(self, name: str) -> None:
        """Inside a transaction."""
        self._execute("DELETE FROM session WHERE account = ?", name)


def _against_forgery(id: str) -> str:
    """Follows from the id, which only its browser knows, so that nothing that a form needs is kept. It does not tell the id."""
    return hmac.new(id.encode("utf-8", "surrogatepass"), b"form", hashlib.sha256).hexdigest()
