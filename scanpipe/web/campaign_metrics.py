"""The campaign for Prometheus: both ledgers, cabinets and indicators of the current fiscal year. department="" is the whole office. Sheets are A4."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from scanpipe.catalogue.reader import CatalogueReader, NoCatalogue
from scanpipe.config import Settings
from scanpipe.core.campaign.figures import LEDGERS, Figures, Part
from scanpipe.core.dates import fiscal_year
from scanpipe.errors import PlaceError
from scanpipe.web.kept_figures import KeptFigures

Values = dict[str, list[tuple[Part, float | None]]]


class OfCampaign(Collector):
    def __init__(self, settings: Settings, now: Callable[[], datetime], kept: KeptFigures) -> None:
        self._settings, self._now, self._kept = settings, now, kept

    def describe(self) -> Iterable[Metric]:
        """Nothing: asked for at the start, when there may be no catalogue yet."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Nothing where there is no catalogue that can be read; scanpipe_catalogue_up says so."""
        today = self._now().date()
        try:
            reader = CatalogueReader(self._settings.layout.catalogue_db)
        except (NoCatalogue, PlaceError):
            return
        try:
            found = self._kept.of(reader, today, fiscal_year=fiscal_year(today))
        finally:
            reader.close()
        yield from _families(found)


def _families(found: Figures) -> Iterator[Metric]:
    parts = [found.city, *(one for one in found.sections if one.known)]
    paper = {name: [(one, getattr(one.ledger_a, name)) for one in parts] for name in ("base", "current", "saved")}
    yield _by("scanpipe_paper_sheets", "Ledger A: paper of the base year, used now, saved; not added to ledger B", "ledger_a", paper)
    rate = GaugeMetricFamily("scanpipe_paper_rate", "Ledger A: share of the base year's paper that was saved", labels=["department"])
    for one in parts:
        if one.ledger_a.rate is not None:
            rate.add_metric([one.code], one.ledger_a.rate)
    yield rate
    sheets = {name: [(one, getattr(one.ledger_b, name)) for one in parts] for name in LEDGERS}
    yield _by("scanpipe_sheets", "Ledger B: stored sheets digitised, cleared for removal, removed", "ledger_b", sheets)
    held = [one for one in parts if one.cabinets.cabinets]
    metres: Values = {"start": [(one, one.cabinets.fm_start) for one in held], "now": [(one, one.cabinets.fm_now) for one in held]}
    yield _by("scanpipe_cabinet_metres", "Metres of paper in the cabinets", "at", metres)
    counts = {"all": "cabinets", "emptied": "emptied", "signed_off": "signed_off"}
    yield _by("scanpipe_cabinets", "Cabinets", "state", {state: [(one, getattr(one.cabinets, name)) for one in held] for state, name in counts.items()})
    told = GaugeMetricFamily("scanpipe_indicator", "Indicators as the office reports them", labels=["kind"])
    for indicator in found.indicators:
        if indicator.total is not None:
            told.add_metric([indicator.kind], indicator.total.value)
    yield told
    if found.campaign is not None:
        yield GaugeMetricFamily("scanpipe_lagging_sections", "Sections that lag in the campaign", len(found.lagging))
        says = "Sections that used more paper than their target allows in each of the last three months"
        yield GaugeMetricFamily("scanpipe_sliding_sections", says, len(found.sliding))


def _by(name: str, says: str, label: str, values: Values) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label, "department"])
    for word, several in values.items():
        for part, value in several:
            if value is not None:
                family.add_metric([word, part.code], value)
    return family
