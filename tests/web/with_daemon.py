"""A real daemon in the main thread, where it wants to be, while people work at the pages in another."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings
from scanpipe.daemon import Daemon

_LONGEST = 240.0  # seconds; a hanging test ends


def while_it_runs(settings: Settings, work: Callable[[], None]) -> None:
    """Does the work beside a running daemon; raises what the work raised."""
    raised: list[BaseException] = []

    def worked() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    with Daemon(settings, incomplete_seconds=1.0, timetable=False) as daemon:
        thread = threading.Thread(target=worked, daemon=True)
        thread.start()
        ends = time.monotonic() + _LONGEST
        while thread.is_alive() and time.monotonic() < ends:
            daemon.turn(0.05)
    assert not thread.is_alive(), "the work did not end"
    if raised:
        raise raised[0]


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits for what the daemon does."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.1)


def filed(settings: Settings, count: int) -> Callable[[], bool]:
    """Whether so many records are finished."""

    def all_there() -> bool:
        reader = CatalogueReader(settings.layout.catalogue_db)
        try:
            return int(reader.db.conn.execute("SELECT count(*) FROM accession WHERE state = 'accounted'").fetchone()[0]) >= count
        finally:
            reader.close()

    return all_there


def asked(settings: Settings, verb: str, **wants: Any) -> Any:
    """The daemon's answer to a wish that is not made on a page."""
    requests = Requests(settings.layout.requests_db)
    try:
        return requests.wait_for(requests.ask(verb, "test", datetime.now(settings.timezone), **wants), seconds=30)
    finally:
        requests.close()
