"""What a person wants changed, asked of whoever holds the store: the daemon, or, while none runs, this process itself."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from scanpipe.accounts import Accounts
from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings
from scanpipe.core.record_numbers import record_number as number
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

__all__ = ("ask", "leave", "number")
_SECONDS = 30
NO_ACCOUNT = N_("There is no account {who}, or it is disabled. Since there are accounts, --by is the name of one: scanpipe user list")
NO_RIGHT = N_("The account {who} may not do this: none of its roles has the right. See: scanpipe user list")


def ask(settings: Settings, verb: str, who: str, **wants: Any) -> Any:
    """The daemon's answer; without a running one, this process takes the lock and answers itself.

    Raises Refused with the daemon's reason, NoAnswer, and from the first account on UsageError where `who` is no account with the right.
    """
    from scanpipe import daemon, lock

    who = account(settings, verb, who)
    if lock.is_running(settings):
        requests = Requests(settings.layout.requests_db)
        try:
            return requests.wait_for(requests.ask(verb, who, datetime.now(settings.timezone), **wants), seconds=_SECONDS)
        finally:
            requests.close()
    with daemon.Daemon(settings, timetable=False) as own:
        wish = own.requests.ask(verb, who, own.clock(), **wants)
        own.turn(0)
        while own.partings.busy():
            own.turn()
        answer = own.requests.wait_for(wish, seconds=1)
        own.finish()
        return answer


def has_accounts(settings: Settings) -> bool:
    """Whether anybody may log in here yet."""
    if not settings.layout.accounts_db.exists():
        return False
    accounts = Accounts(settings.layout.accounts_db)
    try:
        return not accounts.none_yet()
    finally:
        accounts.close()


def account(settings: Settings, verb: str, who: str) -> str:
    """The name to be written down: of the account, where there are any, so that nobody is two persons by two spellings.

    Raises UsageError, from the first account on, where `who` is no account with the right to this verb.
    """
    from scanpipe.upkeep.deciding.wishes import NEEDS

    if verb not in NEEDS or not settings.layout.accounts_db.exists():
        return who
    accounts = Accounts(settings.layout.accounts_db)
    try:
        if accounts.none_yet():
            return who
        person = accounts.person(who, "session")
    finally:
        accounts.close()
    if person is None:
        raise UsageError(NO_ACCOUNT, who=who)
    if not replace(person, must_change=False).may(NEEDS[verb]):
        raise UsageError(NO_RIGHT, who=person.name)
    return person.name


def leave(settings: Settings, verb: str, who: str, **wants: Any) -> None:
    """Puts a wish down for whoever works on the store, now or at the next start; nobody waits for it, and nothing is started."""
    requests = Requests(settings.layout.requests_db)
    try:
        requests.ask(verb, who, datetime.now(settings.timezone), **wants)
    finally:
        requests.close()
