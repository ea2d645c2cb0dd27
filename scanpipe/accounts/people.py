"""Accounts: who may log in, as what, for which sections."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scanpipe.accounts.passwords import Passwords
from scanpipe.accounts.sessions import Sessions
from scanpipe.accounts.store import listed, maybe_moment, moment, person_of, stored, unlisted
from scanpipe.catalogue.database import Row
from scanpipe.core.logins import BadAccount, account_name, check_password, check_roles, plain_text
from scanpipe.core.rights import Person, Role, Via
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_


class AccountExists(UsageError):
    template = N_("There is an account {name} already. Choose another name, or change that one with `scanpipe user role`.")


class NoAccount(NotFound):
    template = N_("There is no account {name}. `scanpipe user list` shows all.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account. name: normalised, never changes. roles, departments, grants: sorted. disabled: since when, None = it may log in.

    has_password: False = logs in through the reverse proxy only. must_change: its password was given by somebody else, for one login.
    """

    name: str
    shown: str
    roles: tuple[Role, ...]
    departments: tuple[str, ...]
    grants: tuple[str, ...]
    has_password: bool
    must_change: bool
    disabled: datetime | None
    created: datetime
    last_login: datetime | None


class People(Sessions):
    """Names are normalised by every method. by: who changes it. at: aware."""

    def __init__(self, path: Path, passwords: Passwords | None = None) -> None:
        """Makes the file where there is none. passwords: cheaper ones than the default, for tests. Raises PlaceError."""
        super().__init__(path)
        self._passwords = passwords or Passwords()

    def add(
        self,
        name: str,
        shown: str,
        roles: Collection[Role],
        departments: Collection[str],
        grants: Collection[str],
        password: str | None,
        by: str,
        at: datetime,
        *,
        must_change: bool = False,
    ) -> Account:
        """A new account. shown: "" = the name as typed. password None: logs in through the reverse proxy only. must_change: it is for the first login only.

        Whether the codes of sections and categories exist is not asked here. Raises AccountExists, BadAccount, BadPassword.
        """
        key = account_name(name)
        shown = plain_text(shown or name)
        check_roles(roles, departments)
        kept = self._checked_hash(password, key) if password is not None else None
        with self._writing():
            if self._row(key) is not None:
                raise AccountExists(name=key)
            self._execute(
                "INSERT INTO account (name, shown, roles, departments, grants, password, must_change, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                key, shown, listed(roles), listed(departments), listed(grants), kept, must_change, stored(at),
            )  # fmt: skip
            self._note("added", key, by, at, shown=shown, roles=sorted(roles), departments=sorted(departments), grants=sorted(grants))
        return self.account(key)

    def _checked_hash(self, password: str, name: str) -> str:
        check_password(password, name)
        return self._passwords.hashed(password)

    def change(
        self,
        name: str,
        by: str,
        at: datetime,
        *,
        shown: str | None = None,
        roles: Collection[Role] | None = None,
        departments: Collection[str] | None = None,
        grants: Collection[str] | None = None,
    ) -> Account:
        """Puts these in place of the old ones; None = stays. Sessions and tokens have the new rights at once. Raises NoAccount, BadAccount."""
        lists = {"roles": roles, "departments": departments, "grants": grants}
        wanted: dict[str, str] = {column: listed(values) for column, values in lists.items() if values is not None}
        if shown is not None:
            wanted["shown"] = plain_text(shown)
        with self._writing():
            row = self._known(name)
            new = {**row, **wanted}
            check_roles([Role(role) for role in unlisted(new["roles"])], unlisted(new["departments"]))
            changed = {column: (row[column], value) for column, value in wanted.items() if row[column] != value}
            for column, (_old, value) in changed.items():
                self._execute(f"UPDATE account SET {column} = ? WHERE name = ?", value, row["name"])  # noqa: S608 (one of four names written above)
            if changed:
                told = {column: [_told(column, one) for one in both] for column, both in changed.items()}
                self._note("changed", row["name"], by, at, **told)
        return self.account(name)

    def disable(self, name: str, by: str, at: datetime) -> None:
        """No login, session or token of this account is accepted from now on. Disabled already: nothing happens. Raises NoAccount."""
        with self._writing():
            row = self._known(name)
            if row["disabled"] is None:
                self._execute("UPDATE account SET disabled = ? WHERE name = ?", stored(at), row["name"])
                self._end_sessions(row["name"])
                self._note("disabled", row["name"], by, at)

    def enable(self, name: str, by: str, at: datetime) -> None:
        """It may log in again, and its tokens are accepted. Enabled already: nothing happens. Raises NoAccount."""
        with self._writing():
            row = self._known(name)
            if row["disabled"] is not None:
                self._execute("UPDATE account SET disabled = NULL WHERE name = ?", row["name"])
                self._note("enabled", row["name"], by, at)

    def set_password(self, name: str, password: str, by: str, at: datetime, *, must_change: bool = False) -> None:
        """A new password, which ends all sessions. must_change: it is for one login only. Raises NoAccount, BadPassword."""
        key = self.account(name).name
        kept = self._checked_hash(password, key)
        with self._writing():
            self._execute("UPDATE account SET password = ?, must_change = ? WHERE name = ?", kept, must_change, key)
            self._end_sessions(key)
            self._note("password_set", key, by, at, must_change=must_change)

    def list(self) -> tuple[Account, ...]:
        """All, by name."""
        return tuple(_account(row) for row in self._rows("SELECT * FROM account ORDER BY name"))

    def none_yet(self) -> bool:
        """Whether nobody can log in because there is no account at all."""
        return self._one("SELECT 1 FROM account LIMIT 1") is None

    def account(self, name: str) -> Account:
        """Raises NoAccount."""
        return _account(self._known(name))

    def person(self, name: str, via: Via) -> Person | None:
        """Who has proved elsewhere (reverse proxy) to be this one; None if there is no such account or it is disabled."""
        try:
            row = self._known(name)
        except NoAccount:
            return None
        return person_of(row, via) if row["disabled"] is None else None

    def _row(self, name: str) -> Row | None:
        return self._one("SELECT * FROM account WHERE name = ?", name)

    def _known(self, name: str) -> Row:
        try:
            row = self._row(account_name(name))
        except BadAccount:
            row = None
        if row is None:
            raise NoAccount(name=name)
        return row


def _told(column: str, value: str) -> object:
    return value if column == "shown" else unlisted(value)


def _account(row: Row) -> Account:
    return Account(
        name=row["name"],
        shown=row["shown"],
        roles=tuple(map(Role, unlisted(row["roles"]))),
        departments=unlisted(row["departments"]),
        grants=unlisted(row["grants"]),
        has_password=row["password"] is not None,
        must_change=bool(row["must_change"]),
        disabled=maybe_moment(row["disabled"]),
        created=moment(row["created"]),
        last_login=maybe_moment(row["last_login"]),
    )
