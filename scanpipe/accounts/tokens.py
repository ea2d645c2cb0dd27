"""Tokens: for programs that act for an account, and for screens on a wall. Shown once when they are made; kept is their digest."""

import json
import re
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from scanpipe.accounts.people import NoAccount
from scanpipe.accounts.store import TOUCH_SECONDS, Store, digest, listed, maybe_moment, moment, person_of, stored, unlisted
from scanpipe.catalogue.database import Row
from scanpipe.core.logins import BadAccount, account_name, plain_text
from scanpipe.core.rights import Person, Scope
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_

_PREFIX = "spt_"  # so that a token that slipped into a file or a log is found
_SIGNS = string.digits + string.ascii_letters
_LENGTH = 43  # 62 ** 43 > 2 ** 256
_FORM = re.compile(f"{_PREFIX}[0-9A-Za-z]{{{_LENGTH}}}")
NO_SCOPE = N_("A token needs a scope. Write one or several of: {scopes}")


class TokenExists(UsageError):
    template = N_("There is a token {name} already, perhaps a revoked one. Give the new one another name: --name NAME")


class NoToken(NotFound):
    template = N_("There is no token {name}. `scanpipe token list` shows all.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token, without what it is used with.

    account: for which it acts, with these scopes; None = a wall screen, which shows the scans of one section (department), with their titles or without.
    expires: from when on it is refused, None = never. last_used: to the minute, None = never. revoked: since when, None = it is accepted.
    """

    name: str
    account: str | None
    scopes: tuple[Scope, ...]
    department: str | None
    titles: bool
    expires: datetime | None
    created: datetime
    created_by: str
    last_used: datetime | None
    revoked: datetime | None


class Tokens(Store):
    def add_token(self, name: str, account: str, scopes: Collection[Scope], by: str, at: datetime, *, expires: datetime | None = None) -> str:
        """The token itself, which nobody can be told again. Raises NoAccount, TokenExists, BadAccount."""
        if not scopes or not set(scopes) <= set(Scope):
            raise BadAccount(NO_SCOPE, scopes=", ".join(Scope))
        key = account_name(account)
        if self._one("SELECT 1 FROM account WHERE name = ?", key) is None:
            raise NoAccount(name=account)
        return self._add(name, by, at, kind="account", account=key, scopes=listed(scopes), expires=expires)

    def add_wall(self, name: str, department: str, titles: bool, by: str, at: datetime, *, expires: datetime | None = None) -> str:
        """The token of a wall screen. department: code. titles: whether it shows them. Raises TokenExists, BadAccount."""
        return self._add(name, by, at, kind="wall", department=department, titles=titles, expires=expires)

    def _add(self, name: str, by: str, at: datetime, *, expires: datetime | None, **said: object) -> str:
        name, text = plain_text(name), _PREFIX + "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
        until = stored(expires) if expires else None
        row = {"name": name, "digest": digest(text), "expires": until, "created": stored(at), "created_by": by, **said}
        with self._writing():
            if self._one("SELECT 1 FROM token WHERE name = ?", name) is not None:
                raise TokenExists(name=name)
            self._execute(f"INSERT INTO token ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", *row.values())  # noqa: S608 (names written above)
            told = {key: json.loads(str(value)) if key == "scopes" else value for key, value in said.items()}
            self._note("token_added", name, by, at, expires=until, **told)
        return text

    def revoke_token(self, name: str, by: str, at: datetime) -> None:
        """It is refused from now on. Revoked already: nothing happens. Raises NoToken."""
        key = self.token(name).name
        with self._writing():
            if self._execute("UPDATE token SET revoked = ? WHERE name = ? AND revoked IS NULL", stored(at), key):
                self._note("token_revoked", key, by, at)

    def token(self, name: str) -> Token:
        """Raises NoToken."""
        try:
            row = self._one("SELECT * FROM token WHERE name = ?", plain_text(name))
        except BadAccount:
            row = None
        if row is None:
            raise NoToken(name=name)
        return _token(row)

    def tokens(self) -> tuple[Token, ...]:
        """All that ever were, by name."""
        return tuple(_token(row) for row in self._rows("SELECT * FROM token ORDER BY name"))

    def by_token(self, text: str, at: datetime) -> Person | None:
        """For whom a program acts, narrowed to the token's scopes; None if the token is unknown, over or revoked, or the account disabled."""
        row = self._valid(text, "account", at)
        account = self._one("SELECT * FROM account WHERE name = ? AND disabled IS NULL", row["account"]) if row else None
        if row is None or account is None:
            return None
        self._used(row, at)
        return person_of(account, "token", frozenset(unlisted(row["scopes"])))

    def wall(self, text: str, at: datetime) -> tuple[str, bool] | None:
        """(section, whether titles are shown) of a wall screen; None if the token is unknown, over or revoked."""
        row = self._valid(text, "wall", at)
        if row is None:
            return None
        self._used(row, at)
        return row["department"], bool(row["titles"])

    def _valid(self, text: str, kind: str, at: datetime) -> Row | None:
        if not _FORM.fullmatch(text):
            return None
        row = self._one("SELECT * FROM token WHERE digest = ? AND kind = ? AND revoked IS NULL", digest(text), kind)
        return row if row and (row["expires"] is None or at < moment(row["expires"])) else None

    def _used(self, row: Row, at: datetime) -> None:
        if row["last_used"] is None or abs((at - moment(row["last_used"])).total_seconds()) >= TOUCH_SECONDS:
            with self._writing():
                self._execute("UPDATE token SET last_used = ? WHERE name = ?", stored(at), row["name"])


def _token(row: Row) -> Token:
    return Token(
        name=row["name"],
        account=row["account"],
        scopes=tuple(map(Scope, unlisted(row["scopes"]))),
        department=row["department"],
        titles=bool(row["titles"]),
        expires=maybe_moment(row["expires"]),
        created=moment(row["created"]),
        created_by=row["created_by"],
        last_used=maybe_moment(row["last_used"]),
        revoked=maybe_moment(row["revoked"]),
    )
