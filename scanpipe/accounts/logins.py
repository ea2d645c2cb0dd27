"""Logging in: name and password -> Person, and how often one may try.

Tries are counted before the password is looked at, so that many at once are no way around, and taken back when it was right. They lie in the database: a
restart forgives nothing. (`limits` keeps its counts in memory or on a server of its own, never in SQLite.)
"""

import os
from collections.abc import Sequence
from datetime import datetime

from scanpipe.accounts.people import People
from scanpipe.accounts.store import digest, moment, person_of, stored
from scanpipe.catalogue.database import Row
from scanpipe.core.logins import REMEMBERED, TRIES_OF_ACCOUNT, TRIES_OF_ADDRESS, BadAccount, BadPassword, account_name, address_key, seconds_left, waits_until
from scanpipe.core.rights import Person
from scanpipe.errors import ScanpipeError
from scanpipe.i18n import N_

_LONGEST_TYPED = 1000
_Limit = tuple[str, int]  # whose tries, how many in a minute


class LoginRefused(ScanpipeError):
    """status: what HTTP calls it."""

    exit_code = os.EX_NOPERM
    status = 401


class WrongPassword(LoginRefused):
    template = N_("Name or password is wrong. Check both and try again; the administrator can set a new password.")


class AccountDisabled(LoginRefused):
    """Told only to who knows the password."""

    template = N_("This account is disabled. Ask the administrator.")
    status = 403


class TooManyTries(LoginRefused):
    """seconds: until the next try is looked at."""

    template = N_("Too many tries. Wait {seconds} seconds and try again; the administrator can set a new password.")
    status = 429

    @property
    def seconds(self) -> int:
        found = self.params["seconds"]
        assert isinstance(found, int)
        return found


class Logins(People):
    def authenticate(self, name: str, password: str, address: str, at: datetime) -> Person:
        """Who that is. address: of the browser. Raises WrongPassword, also for unknown names and at the same cost, AccountDisabled, TooManyTries."""
        key = _key(name)
        limits = ((digest(f"account {key}"), TRIES_OF_ACCOUNT), (digest(f"address {address_key(address)}"), TRIES_OF_ADDRESS))
        counted = self._count(limits, at)
        row = self._row(key)
        if not self._passwords.fits(password, row["password"] if row else None):
            self._note_wait(row, limits, address, at)
            raise WrongPassword
        assert row is not None
        if row["disabled"]:
            raise AccountDisabled
        return self._entered(row, password, limits, counted, at)

    def change_own_password(self, name: str, old: str, new: str, address: str, at: datetime) -> None:
        """As `set_password`, by the person themselves, who must know the old one. Raises what `authenticate` does, and BadPassword."""
        person = self.authenticate(name, old, address, at)
        if old == new:
            raise BadPassword(N_("The new password is the old one. Choose another one."))
        self.set_password(name, new, person.name, at)

    def _count(self, limits: Sequence[_Limit], at: datetime) -> list[int]:
        """Ids of the tries that were added. Raises TooManyTries, and then counts nothing: who waits is not made to wait longer."""
        with self._writing():
            self._execute("DELETE FROM login_try WHERE at <= ? OR at > ?", stored(at - REMEMBERED), stored(at))  # a clock that was set back locks nobody out
            wait = self._wait(limits, at)
            if wait:
                raise TooManyTries(seconds=wait)
            return [self._add_try(whose, at) for whose, _most in limits]

    def _add_try(self, whose: str, at: datetime) -> int:
        row = self._one("INSERT INTO login_try (whose, at) VALUES (?, ?) RETURNING id", whose, stored(at))
        assert row is not None
        return int(row["id"])

    def _wait(self, limits: Sequence[_Limit], at: datetime) -> int:
        """Whole seconds until all of them let a try through."""
        ends = [waits_until(self._tries(whose), most) for whose, most in limits]
        return max(seconds_left(end, at) if end else 0 for end in ends)

    def _tries(self, whose: str) -> Sequence[datetime]:
        return [moment(row["at"]) for row in self._rows("SELECT at FROM login_try WHERE whose = ? ORDER BY at", whose)]

    def _note_wait(self, row: Row | None, limits: Sequence[_Limit], address: str, at: datetime) -> None:
        """A name that nobody has is not written down: it may be a password, typed into the wrong field."""
        with self._writing():
            wait = self._wait(limits, at)
            if wait:
                self._note("must_wait", row["name"] if row else "?", "scanpipe", at, address=address[:100], seconds=wait)

    def _entered(self, row: Row, password: str, limits: Sequence[_Limit], counted: Sequence[int], at: datetime) -> Person:
        """Forgives the account's tries and this one of the address, and hashes anew with the parameters of today."""
        kept = self._passwords.hashed(password) if self._passwords.outdated(row["password"]) else row["password"]
        with self._writing():
            done = self._execute(
                "UPDATE account SET last_login = ?, password = ? WHERE name = ? AND password = ? AND disabled IS NULL",
                stored(at), kept, row["name"], row["password"],
            )  # fmt: skip
            if not done:  # changed or disabled while it was checked
                raise WrongPassword
            self._execute("DELETE FROM login_try WHERE whose = ?", limits[0][0])
            for id in counted:
                self._execute("DELETE FROM login_try WHERE id = ?", id)
            self._note("logged_in", row["name"], row["name"], at)
        return person_of(row, "session")


def _key(typed: str) -> str:
    """The account's name; "" for what cannot be one, so that all such are counted together and cost the same."""
    try:
        return account_name(typed[:_LONGEST_TYPED])
    except BadAccount:
        return ""
