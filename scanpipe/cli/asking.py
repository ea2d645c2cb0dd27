"""What a person wants changed, asked of whoever holds the store: the daemon, or, while none runs, this process itself."""

import unicodedata
from datetime import datetime
from typing import Any

from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings

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
        answer = own.requests.wait_for(wish, seconds=1)
        own.finish()
        return answer


def number(typed: str) -> str:
    """A record's number as people type it: full width, without leading zeros."""
    plain = unicodedata.normalize("NFKC", typed).strip().translate(dict.fromkeys(map(ord, "‐‑‒–—―−ー"), "-"))
    year, dash, running = plain.partition("-")
    return f"{year}-{running.zfill(6)}" if dash and year.isascii() and year.isdecimal() and running.isascii() and running.isdecimal() else plain
