"""People who may log in: store/web/accounts.db with their accounts, sessions, tokens and saved searches. Not a cache: it is in every backup.

    store      the file: schema, opening, what all parts have in common
    passwords  argon2id, at the same cost for known and unknown names
    sessions   who has logged in, until when
    people     accounts: added, changed, disabled, their passwords
    logins     name and password -> Person; how often one may try
    tokens     for programs and wall screens
    searches   what people saved to search again

Several processes (web, command line) write it side by side, each in short transactions. Secrets are kept as digests only; none is ever in an event.
"""

from scanpipe.accounts.logins import AccountDisabled, LoginRefused, Logins, TooManyTries, WrongPassword
from scanpipe.accounts.people import Account, AccountExists, NoAccount
from scanpipe.accounts.searches import SavedSearch, Searches
from scanpipe.accounts.store import AccountEvent
from scanpipe.accounts.tokens import NoToken, Token, TokenExists, Tokens

__all__ = [
    "Account", "AccountDisabled", "AccountEvent", "AccountExists", "Accounts", "LoginRefused", "NoAccount", "NoToken", "SavedSearch", "Token", "TokenExists",
    "TooManyTries", "WrongPassword",
]  # fmt: skip


class Accounts(Logins, Tokens, Searches):
    """All of it. One per process, usable from any thread. Every method raises AccountsFault if the disk refuses."""
