"""The dashboard for Grafana that ships with scanpipe: it loads, and every query of its asks for a metric that /metrics has."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from figured_office import DAY, office
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client.parser import text_string_to_metric_families

from scanpipe.web.kept_figures import KeptFigures
from scanpipe.web.metrics import Measured

FILE = Path(__file__).parents[2] / "config" / "grafana-scanpipe.json"
SELECTOR = re.compile(r"(scanpipe_[a-z0-9_]+)\{([^}]*)\}")


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The labels of each metric, by its name, on a site where everything has a figure."""
    settings = office(tmp_path_factory.mktemp("grafana") / "site")
    measured = Measured(settings, lambda: datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC), KeptFigures(settings))
    measured.requests.labels("GET", "200").inc()
    measured.seconds.labels("/").observe(0.1)
    text = measured.text().decode()
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        labels.setdefault(f"{family.name}_total" if family.type == "counter" else family.name, set())
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels


def test_grafanas_own_model_reads_it(dashboard: dict[str, Any]) -> None:
    read = Dashboard.from_json(dashboard)
    assert (read.title, read.uid, len(read.panels or [])) == ("scanpipe", "scanpipe", len(dashboard["panels"]))


def test_its_panels_have_their_own_numbers_and_places(dashboard: dict[str, Any]) -> None:
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells


def test_every_query_names_a_metric_and_labels_that_are_there(dashboard: dict[str, Any], metrics: dict[str, set[str]]) -> None:
    queries = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel.get("targets", ())]
    assert queries
    for title, query in queries:
        selectors = SELECTOR.findall(query)
        assert len(selectors) == query.count("scanpipe_"), title
        for name, labels in selectors:
            asked = set(re.findall(r"(\w+)\s*[=!]", labels)) - {"job"}
            assert name in metrics, f"{title}: {name}"
            assert not metrics[name] or asked <= metrics[name], f"{title}: {asked - metrics[name]}"


def test_its_variables_are_those_that_the_queries_use(dashboard: dict[str, Any]) -> None:
    known = {one["name"] for one in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard["panels"])))
    assert used == known
