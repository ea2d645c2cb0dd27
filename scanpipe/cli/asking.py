"""What a person wants changed, asked of whoever holds the store: the daemon, or, while none runs, this process itself."""

from datetime import datetime
from typing import Any

from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings
from scanpipe.core.record_numbers import record_number as number

__all__ = ("ask", "leave", "number")
_SECONDS = 30


def ask(settings: Settings, verb: str, who: str, **wants: Any) -> Any:
    """The daemon's answer; without a running one, this process takes the lock and answers itself. Raises Refused with the daemon's reason, NoAnswer."""
    from scanpipe import daemon

    if daemon.is_running(settings):
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


def leave(settings: Settings, verb: str, who: str, **wants: Any) -> None:
    """Puts a wish down for whoever works on the store, now or at the next start; nobody waits for it, and nothing is started."""
    requests = Requests(settings.layout.requests_db)
    try:
        requests.ask(verb, who, datetime.now(settings.timezone), **wants)
    finally:
        requests.close()
