"""kintone's second app: the monthly figures, a month and section a row, found again by "2026-10 1105" (the office by "2026-10 *"). Looked at by the hour."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.campaign.figures import Figures
from scanpipe.core.dates import fiscal_year
from scanpipe.upkeep.campaign.figures import figures
from scanpipe.upkeep.sending.following import Reading
from scanpipe.upkeep.sending.kintone import MONTHS, App
from scanpipe.upkeep.sending.outbox import Outbox, Portion
from scanpipe.upkeep.sending.topic_tables import PROVISIONAL, year_of

OFFICE_CODE: Final = "*"


class MonthsChannel(Reading):
    """Figures of the fiscal year and the one before: what offices enter late comes there, too. Only rows that changed are sent."""

    name = MONTHS
    rest_seconds = 3600.0

    def __init__(self, settings: Settings, outbox: Outbox, open_reader: Callable[[], CatalogueReader], clock: Callable[[], datetime]) -> None:
        super().__init__(open_reader)
        self.settings, self.clock = settings, clock
        self.app = App(self.name, settings, outbox, monthly=True)

    def send(self) -> Portion:
        self.app.look()
        today = self.clock().astimezone(self.settings.timezone).date()
        for year in (fiscal_year(today) - 1, fiscal_year(today)):
            self.app.give(rows(figures(self.reader, self.settings, today, fiscal_year=year)))
        return Portion.LAST


def rows(found: Figures) -> Iterator[dict[str, Any]]:
    """A row for each month of the office and of each section that has figures."""
    for part in (found.city, *(one for one in found.sections if one.known)):
        code = part.code or OFFICE_CODE
        for one in part.months:
            paper, sheets = one.ledger_a, one.ledger_b
            yield {
                "key": f"{one.month} {code}", "month": one.month, "fiscal_year": year_of(one.month), "department": code, "department_name": part.name,
                "digitised": sheets.digitised, "cleared": sheets.cleared, "removed": sheets.removed,
                "base": paper.base, "current": paper.current, "saved": paper.saved, "rate": paper.rate, "provisional": PROVISIONAL if part.provisional else None,
            }  # fmt: skip
