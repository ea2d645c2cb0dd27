"""The API keeps its own description: nothing it is asked brings it to a fault, and every answer is as OpenAPI says."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from peopled import BY_NAME, Peopled, enter, opened, peopled_site
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from scanpipe.catalogue.reader import CatalogueReader


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Peopled:
    return peopled_site(tmp_path_factory.mktemp("api") / "site")


@pytest.fixture(scope="module")
def client(site: Peopled) -> Iterator[TestClient]:
    with opened(site) as made:
        yield made


def test_records_come_page_by_page_and_as_the_contract_has_them(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["manager of all"])
    first = client.get("/api/v1/records", params={"limit": 4}).json()
    rest = client.get("/api/v1/records", params={"limit": 4, "before": first["next"]}).json()
    assert [one["number"] for one in first["records"] + rest["records"]] == sorted(site.numbers.values(), reverse=True)
    assert rest["next"] is None
    reader = CatalogueReader(site.settings.layout.catalogue_db)
    for number in site.numbers.values():
        kept = reader.record(number)
        said = client.get(f"/api/v1/records/{number}").json()
        assert {name: value for name, value in said.items() if name not in ("department_name", "corrections", "next")} == kept and said["next"]
    reader.close()
    assert "山桜" in client.get(f"/api/v1/records/{site.numbers['open of A']}", params={"text": "true"}).json()["text"]


def test_search_finds_what_the_command_line_finds(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["clerk of A"])
    found = client.get("/api/v1/search", params={"q": "通知", "facets": "true"}).json()
    assert {one["number"] for one in found["hits"]} == {site.numbers[kind] for kind in ("open of A", "doubtful of A")}
    assert found["total"] == 2 and found["facets"]["department"] == [{"value": "0101", "records": 2}]
    wrong = client.get("/api/v1/search", params={"q": "(通知"})
    assert wrong.status_code == 400 and wrong.json()["detail"]


def test_a_page_comes_with_the_hits_of_a_query(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["clerk of A"])
    address = f"/api/v1/records/{site.numbers['open of A']}/pages/1"
    said = client.get(address, params={"q": "山桜"}).json()
    assert [one["text"] for one in said["text"] if one["hit"]] == ["山桜"] and "".join(one["text"] for one in said["text"]).startswith("これは山桜")
    assert client.get(address.replace("pages/1", "pages/2")).status_code == 404
    assert client.get(address, params={"q": "(山桜"}).status_code == 400


def test_who_asks_learns_as_whom_and_what_they_saved(site: Peopled, client: TestClient) -> None:
    csrf = enter(client, site, BY_NAME["clerk of A"]) or ""
    client.post("/search/save", data={"csrf": csrf, "name": "毎月", "query": "q=通知"})
    said = client.get("/api/v1/me").json()
    assert (said["roles"], said["departments"], said["scopes"]) == (["clerk"], ["0101"], None) and "read" in said["rights"]
    assert [(one["name"], one["query"]) for one in client.get("/api/v1/searches").json()["searches"]] == [("毎月", "q=%E9%80%9A%E7%9F%A5")]
    enter(client, site, BY_NAME["reading token of a clerk of A"])
    assert client.get("/api/v1/me").json()["scopes"] == ["read"] and client.get("/api/v1/searches").json() == {"searches": []}


def test_the_operation_has_the_facts_of_its_pages(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["administrator"])
    stands = client.get("/api/v1/operation").json()
    assert (stands["records"], stands["categories"]["CORRESP"], stands["spaces"][0]["name"]) == (len(site.numbers), 2, "store")
    assert all(len(one["at"]) == 5 and one["started"] is None for one in stands["timetable"].values())
    assert {one["name"] for one in client.get("/api/v1/accounts").json()["accounts"]} >= {"p01", "p02"}
    assert all(one["scopes"] for one in client.get("/api/v1/tokens").json()["tokens"])
    made = client.get("/api/v1/configuration").json()
    assert made["tables"]["web"]["port"] == {"value": "8080", "default": True} and made["faults"] == []
    first = client.get("/api/v1/journal").json()
    assert first["events"] and all(one["number"] is None for one in first["events"])
    enter(client, site, BY_NAME["manager of all"])
    assert {one["number"] for one in client.get("/api/v1/journal", params={"kind": "accessioned"}).json()["events"]} == set(site.numbers.values())


def test_statistics_come_as_csv_that_excel_opens(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["token for the statistics"])
    said = client.get("/api/v1/stats/sheets", params={"by": "department", "format": "csv"})
    assert said.headers["content-type"].startswith("text/csv") and said.content.startswith(b"\xef\xbb\xbf")
    assert [line.split(",")[0] for line in said.content.decode("utf-8-sig").splitlines()] == ['"Section"', '"0101"', '"0103"']
    both = client.get("/api/v1/stats").json()
    assert both["city"]["ledger_b"]["digitised"] == sum(one["ledger_b"]["digitised"] for one in both["departments"].values()) == 12.0


def test_an_upload_lies_in_the_drop_folder_as_a_whole_and_under_a_safe_name(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["uploading token of a clerk of A"])
    inbox = site.settings.inbox("0101")
    before = {one.name for one in inbox.iterdir()}
    for sent in ("届.pdf", "届.pdf", "../../x/up.pdf", "C:\\scan\\win.pdf"):
        said = client.post("/api/v1/scans", data={"department": "0101"}, files={"file": (sent, b"%PDF-1.7 ...")})
        assert said.status_code == 202, said.text
        assert (inbox / said.json()["names"][0]).read_bytes() == b"%PDF-1.7 ..."
    assert len({one.name for one in inbox.iterdir()} - before) == 4
    assert not list(site.settings.layout.shares.glob("x")) and not [one for one in inbox.iterdir() if ".." in one.name or "\\" in one.name]
    assert client.post("/api/v1/scans", data={"department": "0101"}, files={"file": ("program.exe", b"x")}).status_code == 400
    assert client.post("/api/v1/scans", data={"department": "0101"}).status_code == 400
    for other in ("0103", "9999"):
        assert client.post("/api/v1/scans", data={"department": other}, files={"file": ("b.pdf", b"x")}).status_code == 403


def test_without_login_the_api_says_so_and_tells_nothing(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["anonymous"])
    for path in ("/api/openapi.json", "/api/v1/records", "/api/v1/nothing"):
        said = client.get(path)
        assert said.status_code == (404 if path.endswith("nothing") else 401)
        assert said.headers["content-type"] == "application/json"
    assert client.get("/api/docs").status_code == 303


def test_a_session_changes_nothing_by_the_api_without_its_token(site: Peopled, client: TestClient) -> None:
    csrf = enter(client, site, BY_NAME["clerk of A"])
    path, body = f"/api/v1/records/{site.numbers['open of B']}/corrections", {"changes": {"title": "x"}}
    assert client.post(path, json=body).status_code == 403
    assert client.post(path, json=body, headers={"x-csrf-token": "0" * 64}).status_code == 403
    assert client.post(path, json=body, headers={"x-csrf-token": csrf or ""}).status_code == 404  # ours, but not theirs


def test_nothing_asked_of_the_api_breaks_it_or_its_description(site: Peopled, client: TestClient) -> None:
    """schemathesis: for each operation what fits its description and what does not, bounded and the same every time."""
    enter(client, site, BY_NAME["reading token of a manager"])
    headers = {"Authorization": client.headers["authorization"]}
    schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    schema.app = client.app
    asked: Counter[int] = Counter()

    def keeps_its_word(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        asked[answer.status_code] += 1
        case.validate_response(answer, headers=headers, excluded_checks=[positive_data_acceptance])  # a query may fit the schema and still be no query

    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:
            _try_out(operation.as_strategy(generation_mode=mode), keeps_its_word)
    assert asked[200] > 50 and asked[400] + asked[422] > 50 and asked[404] > 10 and max(asked) < 500


def _try_out(cases: SearchStrategy[schemathesis.Case], check: Callable[[schemathesis.Case], None]) -> None:
    bounded = settings(max_examples=7, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    with suppress(Unsatisfiable):  # nothing can be wrong about an operation that takes nothing
        bounded(given(case=cases)(lambda case: check(case)))()
