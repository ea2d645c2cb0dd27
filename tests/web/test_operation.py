"""The pages of the operation: what the administrator sees and does, what the journal is told of it, and what Prometheus reads."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kept_records import shelf
from peopled import BY_NAME, PASSWORD, WORDS, Peopled, account_name, enter, opened, peopled_site
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from scanpipe.catalogue.requests import Requests
from scanpipe.core.rights import Scope
from scanpipe.errors import PlaceError
from scanpipe.web.application import create

ADMINISTRATOR = BY_NAME["administrator"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Peopled:
    made = peopled_site(tmp_path_factory.mktemp("operation") / "site")
    with shelf(made.settings) as kept:
        kept.catalogue.told(
            "verified", "scanpipe", None, {"expected": 7, "checked": 7, "found": 0, "sound": True, "deviations": [], "files": 28, "bytes": 9, "events": 50}
        )
        kept.catalogue.lies("0101", {"半端.pdf": "The file is still being written."})
        kept.catalogue.pause("intake 0103", PlaceError("The drop folder {path} cannot be seen.", path="shares/0103"))
    return made


@pytest.fixture(scope="module")
def client(site: Peopled) -> Iterator[TestClient]:
    with opened(site) as made:
        yield made


@pytest.fixture
def csrf(site: Peopled, client: TestClient) -> str:
    return enter(client, site, ADMINISTRATOR) or ""


def told(site: Peopled) -> list[dict[str, object]]:
    """What the daemon will write into the journal."""
    requests = Requests(site.settings.layout.requests_db)
    rows = requests.db.conn.execute("SELECT wants FROM request WHERE verb = 'tell' ORDER BY id").fetchall()
    requests.close()
    return [json.loads(row["wants"]) for row in rows]


def test_the_overview_says_what_is_at_fault_and_tells_nothing_of_records(site: Peopled, client: TestClient, csrf: str) -> None:
    page = client.get("/admin").text
    for said in ("半端.pdf", "shares/0103 cannot be seen", "expected 7 = checked 7", "Check the catalogue" if "Check the catalogue" in page else "02:00"):
        assert said in page
    assert not [word for word in WORDS.values() if word in page]


def test_sections_categories_and_configuration_are_shown_with_their_faults(site: Peopled, client: TestClient, csrf: str) -> None:
    assert "総務課" in client.get("/admin/sections").text and "at fault" in client.get("/admin/sections").text
    assert "CORRESP" in client.get("/admin/categories").text
    assert "No faults." in client.get("/admin/configuration").text
    file = site.settings.file
    before = file.read_text("utf-8")
    try:
        file.write_text(before.replace("port = 8080", "port = 8081"), "utf-8")
        assert "changed since" in client.get("/admin/configuration").text
        file.write_text(before.replace("port = 8080", "port = 0"), "utf-8")
        assert "web.port: 0 is not a port" in client.get("/admin/configuration").text
    finally:
        file.write_text(before, "utf-8")


def test_secrets_of_the_configuration_are_never_shown(site: Peopled) -> None:
    workers = site.settings.workers.model_copy(update={"tls_key": "/etc/very/secret.pem"})
    with TestClient(create(replace(site.settings, workers=workers)), base_url="http://127.0.0.1", follow_redirects=False) as client:
        enter(client, site, ADMINISTRATOR)
        page = client.get("/admin/configuration").text
    assert "very/secret" not in page and "(set, not shown)" in page


def test_an_account_made_here_logs_in_once_and_then_chooses_a_password(site: Peopled, client: TestClient, csrf: str) -> None:
    form = {"csrf": csrf, "name": "Tanaka", "shown": "田中", "role": ["clerk"], "department": ["0101"], "grant": []}
    page = client.post("/admin/users", data=form).text
    password = page.partition('<code class="secret">')[2].partition("</code>")[0]
    assert len(password) == 24 and password not in client.get("/admin/users").text
    assert told(site)[-1] == {"kind": "account", "change": "added", "account": "tanaka", "roles": ["clerk"], "departments": ["0101"], "grants": []}
    client.cookies.clear()
    said = client.post("/login", data={"name": "tanaka", "password": password})
    assert (said.status_code, said.headers["location"]) == (303, "/password")
    client.cookies.set("scanpipe_session", said.cookies["scanpipe_session"])
    assert client.get("/").headers["location"] == "/password"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": ""}, ""),
        ({"role": []}, ""),
        ({"department": ["9999"]}, "9999"),
        ({"grant": ["CORRESP"]}, "CORRESP"),
        ({"role": ["king"]}, ""),
        ({"name": "a\u202eb"}, ""),
    ],
)
def test_a_wrong_account_is_refused_with_a_sentence_and_what_was_typed_stays(
    site: Peopled, client: TestClient, csrf: str, changed: dict[str, object], says: str
) -> None:
    form = {"csrf": csrf, "name": "suzuki", "shown": "鈴木", "role": ["clerk"], "department": ["0101"], "grant": []} | changed
    said = client.post("/admin/users", data=form)
    assert said.status_code == 400 and says in said.text and 'value="鈴木"' in said.text
    assert "suzuki" not in {one.name for one in site.accounts().list()}


def test_rights_taken_away_are_gone_with_the_next_request(site: Peopled, client: TestClient, csrf: str) -> None:
    name = account_name(BY_NAME["clerk of B"])
    form = {"csrf": csrf, "name": name, "shown": "B", "role": ["statistics"]}
    with opened(site) as other:
        enter(other, site, BY_NAME["clerk of B"])
        assert other.get("/search").status_code == 200
        assert client.post("/admin/users/change", data=form).status_code == 303
        assert other.get("/search").status_code == 403
        assert client.post("/admin/users/disable", data={"csrf": csrf, "name": name}).status_code == 303
        assert other.get("/search").headers["location"].startswith("/login")
        assert client.post("/admin/users/enable", data={"csrf": csrf, "name": name}).status_code == 303
        assert other.get("/search").headers["location"].startswith("/login")  # the session does not come back
    assert [one["change"] for one in told(site)[-3:]] == ["changed", "disabled", "enabled"]


def test_an_administrator_cannot_lock_the_own_account(site: Peopled, client: TestClient, csrf: str) -> None:
    name = account_name(ADMINISTRATOR)
    assert client.post("/admin/users/disable", data={"csrf": csrf, "name": name}).status_code == 400
    assert client.post("/admin/users/change", data={"csrf": csrf, "name": name, "role": ["clerk"], "department": ["0101"]}).status_code == 400
    assert client.get("/admin").status_code == 200


def test_a_new_one_time_password_ends_the_sessions(site: Peopled, client: TestClient, csrf: str) -> None:
    kind = BY_NAME["leader of A"]
    with opened(site) as other:
        enter(other, site, kind)
        page = client.post("/admin/users/password", data={"csrf": csrf, "name": account_name(kind)}).text
        assert '<code class="secret">' in page
        assert other.get("/password").status_code == 303
        assert other.post("/login", data={"name": account_name(kind), "password": PASSWORD}).status_code == 401
    assert told(site)[-1] == {"kind": "account", "change": "password_set", "account": account_name(kind)}


def test_tokens_are_shown_once_and_refused_once_revoked(site: Peopled, client: TestClient, csrf: str) -> None:
    form = {"csrf": csrf, "name": "報告", "account": account_name(BY_NAME["clerk of A"]), "scope": [Scope.READ.value], "expires": "2099-03-31"}
    page = client.post("/admin/tokens", data=form).text
    token = page.partition('<code class="secret">')[2].partition("</code>")[0]
    assert token.startswith("spt_") and token not in client.get("/admin/tokens").text
    with opened(site) as program:
        headers = {"authorization": f"Bearer {token}"}
        assert program.get("/api/v1/records", headers=headers).status_code == 200
        assert client.post("/admin/tokens/revoke", data={"csrf": csrf, "name": "報告"}).status_code == 303
        assert program.get("/api/v1/records", headers=headers).status_code == 401
    assert client.post("/admin/tokens", data=form | {"name": "2", "scope": []}).status_code == 400
    assert client.post("/admin/tokens", data=form | {"name": "2", "expires": "31.3."}).status_code == 400
    wall = client.post("/admin/tokens/wall", data={"csrf": csrf, "name": "玄関", "department": "0101"}).text
    assert "http://127.0.0.1/wall/spt_" in wall
    assert not any("spt_" in json.dumps(one) for one in told(site))


def test_the_journal_is_read_by_kind_person_and_day(site: Peopled, client: TestClient, csrf: str) -> None:
    enter(client, site, BY_NAME["manager of all"])
    whole = client.get("/admin/events").text
    assert whole.count('<tr><td class="number"') > 20 and f'href="/records/{site.numbers["open of A"]}"' in whole
    held = client.get("/admin/events", params={"kind": "held", "person": "佐藤", "day": "2026-04-01"}).text
    assert held.count('<tr><td class="number"') == 1 and "青嵐" in held
    assert "Nothing like this" in client.get("/admin/events", params={"kind": "held", "day": "2020-01-01"}).text
    assert client.get("/admin/events", params={"day": "x", "before": "9" * 30}).status_code == 200


def samples(text: str) -> dict[str, float]:
    return {
        one.name + "".join(f"{{{value}}}" for value in one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_prometheus_on_this_machine_reads_the_operation_and_nobody_else_does(site: Peopled) -> None:
    with TestClient(create(site.settings), base_url="http://127.0.0.1", client=("127.0.0.1", 5000), follow_redirects=False) as here:
        here.get("/healthz")
        found = samples(here.get("/metrics").text)
        assert here.get("/metrics", headers={"x-forwarded-for": "10.1.2.3"}).status_code == 303  # a proxy of this machine speaks for somebody else
    assert found["scanpipe_records{accounted}"] == 6 and found["scanpipe_records{disposed}"] == 1
    assert (found["scanpipe_paused"], found["scanpipe_lying"], found["scanpipe_fixity_ok"], found["scanpipe_pages_read_total"]) == (1, 1, 1, 6)
    assert found["scanpipe_free_bytes{store}"] > 0 and found["scanpipe_http_requests_total{GET}{200}"] == 1
    assert found["scanpipe_http_request_seconds_count{/healthz}"] == 1
    with opened(site) as elsewhere:
        assert elsewhere.get("/metrics").status_code == 303
        enter(elsewhere, site, BY_NAME["reading token of a manager"])
        assert elsewhere.get("/metrics").status_code == 403
        enter(elsewhere, site, BY_NAME["token for the statistics"])
        assert samples(elsewhere.get("/metrics").text)["scanpipe_catalogue_up"] == 1


def test_a_site_that_never_ran_says_so_instead_of_failing(tmp_path: Path) -> None:
    from custody import two_sections
    from peopled import cheap_accounts

    from scanpipe.core.rights import Role

    settings = two_sections(tmp_path / "site", language="en")
    with TestClient(create(settings), base_url="http://127.0.0.1", client=("127.0.0.1", 5000), follow_redirects=False) as client:
        assert samples(client.get("/metrics").text)["scanpipe_catalogue_up"] == 0
        accounts, now = cheap_accounts(settings), client.app.state.house.now()
        accounts.add("root", "", [Role.ADMINISTRATOR], [], [], None, "test", now)
        person = accounts.person("root", "session")
        assert person
        client.cookies.set("scanpipe_session", accounts.open_session(person, now)[0])
        accounts.close()
        for path in ("/admin", "/admin/sections", "/admin/categories", "/admin/configuration"):
            assert client.get(path).status_code == 200
        assert client.get("/admin/events").status_code == 404
