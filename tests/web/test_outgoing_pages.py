"""What an administrator sees of what leaves the server: that it is not taken, and never a secret."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from peopled import BY_NAME, Peopled, enter, opened, peopled_site
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from scanpipe import config
from scanpipe.upkeep.sending.outbox import Outbox
from scanpipe.web.kept_figures import KeptFigures
from scanpipe.web.metrics import Measured

TABLES = """
[[webhook]]
url = "https://hooks.example/in?token=very-secret-token"
secret = "very-secret-words"

[kintone]
base_url = "https://x.cybozu.com"
app = 3
token = "very-secret-kintone"
fields = { number = "number" }

[mail]
host = "mail.example.lg.jp"
from = "scanpipe@example.lg.jp"
to = ["dx@example.lg.jp"]
"""
HOOK = "webhook https://hooks.example/in?token=very-secret-token"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Peopled:
    made = peopled_site(tmp_path_factory.mktemp("outgoing") / "site")
    made.settings.file.write_text(made.settings.file.read_text("utf-8") + TABLES, "utf-8")
    settings = config.load(made.settings.file)
    outbox = Outbox(settings.layout.outbox_db)
    outbox.failed(HOOK, datetime(2026, 4, 1, 9, tzinfo=UTC), "HTTP 503", None)
    outbox.put_aside("kintone records", "2026-000001", "CB_VA01 no such choice")
    outbox.worked("kintone records", datetime(2026, 4, 1, 9, tzinfo=UTC))
    outbox.close()
    return replace(made, settings=settings)


@pytest.fixture(scope="module")
def client(site: Peopled) -> Iterator[TestClient]:
    with opened(site) as made:
        enter(made, site, BY_NAME["administrator"])
        yield made


def test_the_overview_says_what_is_not_taken_and_since_when(client: TestClient) -> None:
    page = client.get("/admin").text
    for said in ("webhook https://hooks.example", "HTTP 503", "kintone records", "CB_VA01 no such choice", "nothing is lost"):
        assert said in page
    assert "very-secret" not in page


def test_the_configuration_shows_the_tables_and_no_secret(client: TestClient) -> None:
    page = client.get("/admin/configuration").text
    for said in ("[webhook 1]", "[kintone]", "[mail]", "https://hooks.example", "mail.example.lg.jp", "(set, not shown)"):
        assert said in page
    assert "very-secret" not in page


def test_prometheus_can_warn_of_it(site: Peopled) -> None:
    text = Measured(site.settings, lambda: datetime(2026, 4, 2, tzinfo=UTC), KeptFigures(site.settings)).text().decode()
    found = {
        one.labels["channel"]: one.value for family in text_string_to_metric_families(text) for one in family.samples if one.name == "scanpipe_outgoing_failing"
    }
    assert found == {"webhook https://hooks.example": 1.0, "kintone records": 1.0, "mail": 0.0}
