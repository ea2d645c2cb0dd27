"""The channels of a site, turned by hand with a clock that tests set: what its daemon does in threads."""

from datetime import datetime
from typing import Any

from kept_records import RECEIVED

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.upkeep.sending import outgoing
from scanpipe.upkeep.sending.outbox import Channel, Outbox, Senders


class Clock:
    def __init__(self) -> None:
        self.now = RECEIVED

    def __call__(self) -> datetime:
        return self.now


class Sending:
    """channels: in the order of `outgoing.names`; without saying which, the first is meant."""

    def __init__(self, settings: Settings) -> None:
        self.clock, self.outbox = Clock(), Outbox(settings.layout.outbox_db)
        self.settings = settings
        self.channels = outgoing.channels(settings, self.outbox, self.clock)
        self.senders = Senders(self.outbox, self.channels, self.clock, "en")

    def turn(self, channel: Channel | None = None) -> float:
        return self.senders.turn(channel or self.channels[0])

    def standing(self) -> dict[str, Any]:
        reader = CatalogueReader(self.settings.layout.catalogue_db)
        try:
            return dict(outgoing.standings(self.settings, reader)[0])
        finally:
            reader.close()

    def close(self) -> None:
        for channel in self.channels:
            channel.close()
        self.outbox.close()
