"""The figures, kept until something happens: two people who look at the same numbers cause them to be computed once."""

import threading
from collections import OrderedDict
from datetime import date
from typing import Final

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.campaign.figures import Figures
from scanpipe.upkeep.campaign.figures import figures

_MOST: Final = 32  # different questions at once
_NEWEST: Final = "SELECT max(seq) FROM main.event"  # every change is an event; nothing of it is shown


class KeptFigures:
    """Figures are the same for everybody, and change only by an event or another day."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._lock = settings, threading.Lock()
        self._found: OrderedDict[object, Figures] = OrderedDict()

    def of(self, reader: CatalogueReader, today: date, *, fiscal_year: int | None, base_year: int | None = None, campaign: int | None = None) -> Figures:
        """As upkeep.campaign.figures.figures. Raises NoCampaign."""
        (newest,) = reader.db.conn.execute(_NEWEST).fetchone()
        key = (newest, today, fiscal_year, base_year, campaign)
        with self._lock:
            if (known := self._found.get(key)) is not None:
                self._found.move_to_end(key)
                return known
        found = figures(reader, self._settings, today, fiscal_year=fiscal_year, base_year=base_year, campaign=campaign)
        with self._lock:
            self._found[key] = found
            while len(self._found) > _MOST:
                self._found.popitem(last=False)
        return found
