"""What people saved to search again."""

from dataclasses import dataclass
from datetime import datetime

from scanpipe.accounts.store import Store, moment, stored
from scanpipe.core.logins import BadAccount, plain_text
from scanpipe.i18n import N_

_LONGEST_QUERY = 2000
_MOST = 100
TOO_MANY = N_("There are {most} saved searches already. Remove one first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """name: chosen by the person. query: what the search page was asked, with its filters."""

    name: str
    query: str
    created: datetime


class Searches(Store):
    """account: normalised name (`Person.name`)."""

    def save_search(self, account: str, name: str, query: str, at: datetime) -> None:
        """Keeps it, in place of one with the same name. Raises BadAccount if there are 100 already, or a text is empty or too long."""
        name, query = plain_text(name), plain_text(query, _LONGEST_QUERY)
        with self._writing():
            if sum(one.name != name for one in self.searches(account)) >= _MOST:
                raise BadAccount(TOO_MANY, most=_MOST)
            self._execute("INSERT OR REPLACE INTO saved_search (account, name, query, created) VALUES (?, ?, ?, ?)", account, name, query, stored(at))

    def searches(self, account: str) -> tuple[SavedSearch, ...]:
        """By name."""
        rows = self._rows("SELECT * FROM saved_search WHERE account = ? ORDER BY name", account)
        return tuple(SavedSearch(name=row["name"], query=row["query"], created=moment(row["created"])) for row in rows)

    def forget_search(self, account: str, name: str) -> None:
        """Nothing happens if there is none."""
        with self._writing():
            self._execute("DELETE FROM saved_search WHERE account = ? AND name = ?", account, name)
