"""A daemon at work in the tests' own process, with threads and all, whose lanes answer with prepared words (child.py): what a scan costs is its custody alone."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from child import PreparedLanes
from custody import GENERAL, lying

from scanpipe import daemon as daemons
from scanpipe import storage, vault
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.daemon import Daemon
from scanpipe.errors import PlaceError
from scanpipe.i18n import _, speaking
from scanpipe.recognition.facts import ReadingSettings
from scanpipe.stages import recognise


class Office:
    """What came of the scans, as clerk and administrator may see it. longest: seconds that anything may take."""

    def __init__(self, daemon: Daemon, longest: float) -> None:
        self.daemon, self.settings, self.longest = daemon, daemon.settings, longest

    def settle(self) -> None:
        """Until all that lies in the drop folders is finished."""
        self.until(lambda: self.daemon.settled() and not lying(self.settings))

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.longest
        while not true():
            self.daemon.turn(0.02)
            assert time.monotonic() < deadline, lying(self.settings)

    def filed(self) -> Counter[str]:
        """sha256 of every original in the vault."""
        return originals(self.settings)

    def outcomes(self) -> Sequence[dict[str, Any]]:
        return self.ask(lambda reader: reader.outcomes())

    def resting(self) -> list[str]:
        """What `status` says of places at fault."""
        with speaking("ja"):
            return [_(one["reason"]).format(**one["params"]) for one in self.ask(lambda reader: reader.status()["paused"])]

    def ask(self, question: Callable[[CatalogueReader], Any]) -> Any:
        reader = CatalogueReader(self.settings.layout.catalogue_db)
        try:
            return question(reader)
        finally:
            reader.close()

    def receipts(self) -> str:
        """Today's list of the general section, the newest if there are several."""
        self.daemon.receipts.write(now=True)
        return max((self.settings.inbox(self.settings.department(GENERAL)) / "受付簿").glob("*.html")).read_text("utf-8")


def originals(settings: Settings) -> Counter[str]:
    """sha256 of every original in the vault."""
    return Counter(storage.digest(path) for folder in vault.folders(settings.layout.vault) for path in folder.glob("original.*"))


@contextmanager
def prepared() -> Iterator[None]:
    """Daemons that are started inside read no pages: what custody.pdf wrote into them is what is on them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(daemons, "_lanes", lambda settings: PreparedLanes({}))
        patch.setattr(recognise, "reading_settings", lambda settings: ReadingSettings())
        yield


@contextmanager
def at_work(settings: Settings, longest: float = 120.0) -> Iterator[Office]:
    with prepared(), Daemon(settings, incomplete_seconds=longest, timetable=False) as daemon:
        yield Office(daemon, longest)


def runs_into(office: Office, seconds: float = 60.0) -> PlaceError:
    """Turns the daemon until a place's fault ends it; returns that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            office.daemon.turn(0.02)
        except PlaceError as error:
            return error
    raise AssertionError("it goes on")
