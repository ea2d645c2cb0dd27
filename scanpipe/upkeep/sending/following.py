"""Channels that read the catalogue, and those of them that follow its event log from where they are."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from scanpipe.catalogue.leaving import Told, events_after
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.upkeep.sending.outbox import Outbox, Portion


class Reading:
    """A channel with a catalogue of its own, opened for reading when it is first needed: in the channel's thread."""

    def __init__(self, open_reader: Callable[[], CatalogueReader]) -> None:
        self._open_reader = open_reader
        self._reader: CatalogueReader | None = None

    @property
    def reader(self) -> CatalogueReader:
        self._reader = self._reader or self._open_reader()
        return self._reader

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()


class Following(Reading, ABC):
    """A channel whose place is one in the event log. from_start: a new one begins with the first event. at_once: events that are read together."""

    name: str
    from_start: bool
    at_once: int

    def __init__(self, outbox: Outbox, open_reader: Callable[[], CatalogueReader]) -> None:
        super().__init__(open_reader)
        self.outbox = outbox

    def send(self) -> Portion:
        """The next events; how far it came is kept after all of them. Raises what `tell` does."""
        db = self.reader.db
        events = events_after(db, self.outbox.position(self.name, db, from_start=self.from_start), self.at_once)
        if not events:
            return Portion.NOTHING
        self.tell(events)
        self.outbox.dealt_with(self.name, events[-1].seq, events[-1].hash)
        return Portion.MORE if len(events) == self.at_once else Portion.LAST

    @abstractmethod
    def tell(self, events: Sequence[Told]) -> None:
        """Sends what these events are to the other side. Raises NotSent, PlaceError."""
