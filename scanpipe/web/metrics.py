"""`/metrics` for Prometheus: the operation in numbers, asked of the catalogue when somebody scrapes, and how this process answers."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scanpipe.catalogue.reader import NoCatalogue
from scanpipe.config import Settings
from scanpipe.errors import PlaceError
from scanpipe.upkeep.machine.operation import Operation, operation, spaces_of
from scanpipe.web.campaign_metrics import OfCampaign
from scanpipe.web.kept_figures import KeptFigures

_BUCKETS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_NO_ROUTE: Final = "(none)"


class Measured:
    """registry: all that /metrics shows. requests, seconds: counted by the middleware."""

    def __init__(self, settings: Settings, now: Callable[[], datetime], figures: KeptFigures) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_OfOperation(settings, now))
        self.registry.register(OfCampaign(settings, now, figures))
        self.requests = Counter("scanpipe_http_requests", "Requests answered", ["method", "status"], registry=self.registry)
        self.seconds = Histogram("scanpipe_http_request_seconds", "Time to the first byte", ["route"], buckets=_BUCKETS, registry=self.registry)

    def text(self) -> bytes:
        return generate_latest(self.registry)


class Counting:
    """Middleware: what each request came to. Addresses are counted by their pattern, so that nobody can fill the memory with made-up ones."""

    def __init__(self, app: ASGIApp, measured: Measured) -> None:
        self.app, self.measured = app, measured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.measured.requests.labels(method, str(message["status"])).inc()
                self.measured.seconds.labels(getattr(scope.get("route"), "path", _NO_ROUTE)).observe(time.perf_counter() - began)
            await send(message)

        try:
            await self.app(scope, receive, counted)
        except Exception:  # a fault of ours: its answer is made further out
            self.measured.requests.labels(method, "500").inc()
            raise


class _OfOperation(Collector):
    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now

    def collect(self) -> Iterator[Metric]:
        """Where there is no catalogue yet, or none that can be read: its absence, and what the disks say."""
        try:
            found: Operation | None = operation(self._settings, self._now())
        except (NoCatalogue, PlaceError):
            found = None
        yield GaugeMetricFamily("scanpipe_catalogue_up", "1 = the catalogue can be read", 0 if found is None else 1)
        if found is not None:
            yield from _of_status(found.status, self._now())
            yield CounterMetricFamily("scanpipe_pages_read", "Pages of all records", found.pages)
            yield from _of_fixity(found)
        yield _family("scanpipe_free_bytes", "Free space", "place", {one.name: one.free for one in spaces_of(self._settings) if one.free is not None})


def _of_status(status: dict[str, Any], now: datetime) -> Iterator[Metric]:
    yield _family("scanpipe_records", "Records by state", "state", status["states"])
    yield GaugeMetricFamily("scanpipe_waiting", "Scans on their way", status["waiting"])
    oldest = status["oldest_waiting"]
    seconds = (now - datetime.fromisoformat(oldest["received"])).total_seconds() if oldest else 0.0
    yield GaugeMetricFamily("scanpipe_oldest_waiting_seconds", "Since when the oldest of them waits, 0 = none does", max(0.0, seconds))
    for name, says in (("deliveries", "Files that came"), ("duplicates", "Files that came twice"), ("rejected", "Files that were not taken")):
        yield CounterMetricFamily(f"scanpipe_{name}", says, status[name])
    yield GaugeMetricFamily("scanpipe_needs_review", "Records that ask for a person", status["needs_review"])
    yield GaugeMetricFamily("scanpipe_paused", "Places at fault, so that a stage rests", len(status["paused"]))
    yield GaugeMetricFamily("scanpipe_lying", "Files that lie in drop folders and are not taken", len(status["lying"]))
    unsent = {one["channel"]: float(one["failing_since"] is not None or one["aside"] > 0) for one in status["outgoing"]}
    yield _family("scanpipe_outgoing_failing", "1 = what should leave this server is not taken", "channel", unsent)
    ends = {name: datetime.fromisoformat(run["finished"]).timestamp() for name, run in status["timetable"].items() if run["finished"]}
    yield _family("scanpipe_job_finished_timestamp_seconds", "When a job of the timetable last came to its end", "job", ends)


def _of_fixity(found: Operation) -> Iterator[Metric]:
    """The last whole verification is absent until there was one: a missing series is noticed, a zero may be taken for good."""
    compared = found.compared
    yield GaugeMetricFamily("scanpipe_fixity_records", "Records that the background reading compares", compared["records"])
    yield GaugeMetricFamily("scanpipe_fixity_checked", "Of these compared at least once", compared["checked"])
    yield GaugeMetricFamily("scanpipe_fixity_late", "Of these due for more than a day", compared["late"])
    yield GaugeMetricFamily("scanpipe_fixity_faults", "Of these not as they were filed", len(compared["faults"]))
    if compared["oldest"]:
        yield GaugeMetricFamily(
            "scanpipe_fixity_oldest_timestamp_seconds",
            "When the one was compared whose turn is longest ago",
            datetime.fromisoformat(compared["oldest"]).timestamp(),
        )
    if found.verified is not None:
        yield GaugeMetricFamily("scanpipe_fixity_last_timestamp_seconds", "When the vault was last verified", found.verified.at.timestamp())
        yield GaugeMetricFamily("scanpipe_fixity_ok", "1 = every record was checked and as it was written", int(found.verified.sound))
        yield GaugeMetricFamily("scanpipe_fixity_deviations", "Deviations found by it", found.verified.found)


def _family(name: str, says: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
