"""Every address of the application x every kind of person x every kind of record: allowed or denied as core/rights says, and nothing leaks.

An address that none of RULES covers fails the test: whoever adds one says here who may ask for it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from peopled import BY_NAME, KINDS, WORDS, Kind, Peopled, enter, opened, peopled_site
from starlette.testclient import TestClient

from scanpipe.core.rights import Person, Right


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may ask. rights: any of these is enough; empty = whoever has logged in. open: everybody. record: besides, the record must be one that they see."""

    rights: tuple[Right, ...] = ()
    open: bool = False
    record: bool = False
    also_first: bool = False  # also with a one-time password
    person_only: bool = False  # no token has such a right


READ, OPERATE, ACCOUNTS = Rule((Right.READ,)), Rule((Right.OPERATE,)), Rule((Right.ACCOUNTS,))
OPEN, LOGGED_IN = Rule(open=True), Rule(also_first=True)
RULES: tuple[tuple[str, Rule], ...] = (  # by the beginning of the address; the first that fits
    ("/healthz", OPEN),
    ("/login", OPEN),
    ("/language", OPEN),
    ("/wall/", OPEN),  # its token is the right; see test_live
    ("/metrics", Rule((Right.STATISTICS, Right.OPERATE))),  # from elsewhere; on the machine itself open: see test_operation
    ("/logout", LOGGED_IN),
    ("/password", LOGGED_IN),
    ("/api/openapi.json", LOGGED_IN),
    ("/api/docs", LOGGED_IN),
    ("/api/v1/records/{number}/corrections", Rule((Right.CORRECT,), record=True)),
    ("/api/v1/records/{number}", Rule((Right.READ,), record=True)),
    ("/api/v1/stats/paper", Rule((Right.CAMPAIGN,))),
    ("/api/v1/stats", Rule((Right.STATISTICS,))),
    ("/api/v1/departments", Rule((Right.READ, Right.UPLOAD, Right.STATISTICS))),
    ("/api/v1/schedule/changes", Rule((Right.SCHEDULE,))),
    ("/api/v1/scans", Rule((Right.UPLOAD,))),
    ("/api/v1/me", LOGGED_IN),
    ("/api/v1/operation", OPERATE),
    ("/api/v1/configuration", OPERATE),
    ("/api/v1/journal", Rule((Right.OPERATE, Right.READ_ALL))),
    ("/api/v1/accounts", ACCOUNTS),
    ("/api/v1/tokens", ACCOUNTS),
    ("/api/v1/", READ),
    ("/admin/events", Rule((Right.OPERATE, Right.READ_ALL))),
    ("/admin/users", ACCOUNTS),
    ("/admin/tokens", ACCOUNTS),
    ("/admin", OPERATE),
    ("/records/{number}/correct", Rule((Right.CORRECT,), record=True)),
    ("/records/{number}/undo", Rule((Right.CORRECT,), record=True)),
    ("/records/{number}/split", Rule((Right.CORRECT,), record=True)),
    ("/records/{number}/merge", Rule((Right.CORRECT,), record=True)),
    ("/records/{number}/replace", Rule((Right.CORRECT,), record=True)),
    ("/records/{number}/parted", Rule((Right.CORRECT,))),  # says no more of the record than its address
    ("/records/{number}", Rule((Right.READ,), record=True)),
    ("/review/{number}", OPEN),  # only says where that record is decided
    ("/review", Rule((Right.CORRECT,))),
    ("/upload", Rule((Right.UPLOAD,))),
    ("/search", READ),
    ("/retention/withdraw", Rule((Right.DISPOSE,))),
    ("/retention/disposals/{number}/certificate.pdf", Rule((Right.READ_ALL,))),
    ("/retention/disposals/{number}/interim", Rule((Right.READ_ALL,))),
    ("/retention/disposals/{number}/list.csv", Rule((Right.READ_ALL,))),
    ("/retention/holds/new", Rule((Right.HOLD,))),
    ("/retention/schedule/changes", Rule((Right.SCHEDULE,))),
    ("/retention", READ),
    ("/campaign/vega.js", OPEN),  # the library that draws charts, without any figure
    ("/campaign/cabinets/{id}/photos", Rule((Right.CAMPAIGN,))),
    ("/campaign/paper", Rule((Right.CAMPAIGN,))),
    ("/campaign/advice", Rule((Right.CAMPAIGN,))),
    ("/campaign", Rule((Right.STATISTICS,))),
    ("/events/", READ),
    ("/", Rule((Right.READ, Right.OPERATE, Right.STATISTICS))),
)
ASKED_FOR = {"/search": "?q=通知", "/search.csv": "?q=通知", "/api/v1/search": "?q=通知", "/records/{number}/parted": "?what=split"}
WITH_FILES = ("/upload", "/campaign/paper", "/campaign/cabinets/{id}/photos")
STREAMS = ("/events/today", "/wall/{token}/events")
REDIRECTED = ("/",)  # who sees no records is sent on to what their account is for
WHATEVER = {"page": "1", "token": "x", "number": "D2026-001", "name": "p01", "code": "CORRESP", "ledger": "digitised"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Peopled:
    return peopled_site(tmp_path_factory.mktemp("rights") / "site")


@pytest.fixture(scope="module")
def client(site: Peopled) -> Iterator[TestClient]:
    with opened(site) as made:
        yield made


def routes(app: Any, method: str) -> list[APIRoute]:
    """All of the application."""
    assert isinstance(app, FastAPI)
    held = [route for one in app.routes for route in (one.original_router.routes if hasattr(one, "original_router") else [one])]
    assert {one.path for one in held if not isinstance(one, APIRoute)} == {"/static"}
    return [one for one in held if isinstance(one, APIRoute) and method in one.methods]


def rule_of(path: str) -> Rule:
    for beginning, rule in RULES:
        if path.startswith(beginning) if beginning != "/" else path == "/":
            return rule
    raise AssertionError(f"RULES say nothing about {path}")


def person_of(site: Peopled, kind: Kind) -> Person | None:
    if not kind.roles or kind.disabled:
        return None
    return Person(
        name="x", shown="x", roles=frozenset(kind.roles), departments=frozenset(kind.departments), grants=frozenset(kind.grants),
        scopes=frozenset({kind.scope}) if kind.scope else None, must_change=kind.must_change,
    )  # fmt: skip


def addresses(route: APIRoute, site: Peopled) -> Iterator[tuple[str, str | None]]:
    """(address, kind of the record that it names)."""
    path = route.path
    of_record = "/records/{number}" in path
    for name in re.findall(r"\{(\w+)(?::\w+)?\}", path):
        if not (of_record and name == "number"):
            path = re.sub(rf"\{{{name}(:\w+)?\}}", WHATEVER.get(name, "1"), path)
    if not of_record:
        yield path + ASKED_FOR.get(path, ""), None
        return
    for kind, number in site.numbers.items():
        yield path.replace("{number}", number) + ASKED_FOR.get(route.path, ""), kind


def test_every_address_answers_whoever_may_ask_and_nobody_else(site: Peopled, client: TestClient) -> None:
    wrong, asked = [], 0
    for kind in KINDS:
        enter(client, site, kind)
        person = person_of(site, kind)
        for route in routes(client.app, "GET"):
            for address, record in addresses(route, site):
                if route.path in STREAMS and _expected(person, kind, rule_of(route.path), record) == "answered":
                    continue
                asked += 1
                answer = client.get(address)
                found, meant = _how(answer, route.path), _expected(person, kind, rule_of(route.path), record)
                if not _fits(found, meant, record):
                    wrong.append(f"{kind.name}: {address} ({record}): {found} ({answer.status_code}), not {meant}")
                wrong += [f"{kind.name}: {address} tells of {leak}" for leak in _leaks(site, kind, address, answer.text)]
    assert not wrong, "\n".join(wrong)
    assert asked > 500


def _fits(found: str, meant: str, record: str | None) -> bool:
    """A denial of a record may be either; what may be asked for need not exist (the list D2026-001, the pages of what was disposed of)."""
    if record is not None and meant in ("refused", "missing"):
        return found in ("refused", "missing")
    return found == meant or (meant == "answered" and found == "missing" and record in (None, "disposed of A"))


def test_a_record_that_may_not_be_seen_answers_as_one_that_does_not_exist(site: Peopled, client: TestClient) -> None:
    for kind in KINDS:
        enter(client, site, kind)
        for route in routes(client.app, "GET"):
            if "/records/{number}" not in route.path:
                continue
            whole = route.path.replace("{page}", "1")
            nowhere = client.get(whole.replace("{number}", "2026-999999"))
            for hidden in WORDS.keys() - kind.sees:
                answer = client.get(whole.replace("{number}", site.numbers[hidden]))
                assert answer.status_code == nowhere.status_code, (kind.name, whole)
                assert answer.text.replace(site.numbers[hidden], "") == nowhere.text.replace("2026-999999", ""), (kind.name, whole)


def _expected(person: Person | None, kind: Kind, rule: Rule, record: str | None) -> str:
    if rule.open:
        return "answered"
    if person is None:
        return "not logged in"
    if person.must_change:
        return "answered" if rule.also_first else "refused"
    if rule.rights and not any(person.may(right) for right in rule.rights):
        return "refused"
    return "missing" if rule.record and record not in kind.sees else "answered"


def _how(answer: Any, path: str) -> str:
    status, to = answer.status_code, urlsplit(answer.headers.get("location", "")).path
    if status == 401 or (status == 303 and to == "/login"):
        return "not logged in"
    if status == 403 or (status == 303 and to == "/password"):
        return "refused"
    if status == 404:
        return "missing"
    return "answered" if status < 400 and (status != 303 or path in REDIRECTED or to.startswith(("/review", "/records/"))) else f"wrong: {status} {to}"


def _leaks(site: Peopled, kind: Kind, address: str, text: str) -> list[str]:
    hidden = [one for one in WORDS if one not in kind.sees]
    words = [WORDS[one] for one in hidden if WORDS[one] in text]
    return words + [site.numbers[one] for one in hidden if site.numbers[one] in text and site.numbers[one] not in address]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.sees], ids=lambda kind: kind.name)
def test_counts_and_facets_are_of_what_the_person_may_see(site: Peopled, client: TestClient, kind: Kind) -> None:
    enter(client, site, kind)
    alive = kind.sees - {"disposed of A"}
    status = client.get("/api/v1/status").json()
    assert (status["deliveries"], status["disposed"], sum(one["deliveries"] for one in status["departments"].values())) == (
        len(kind.sees), len(kind.sees - alive), len(kind.sees),
    )  # fmt: skip
    found = client.get("/api/v1/search", params={"q": "通知", "facets": "true"}).json()
    assert found["total"] == len(found["hits"]) == len(alive)
    assert {sum(one["records"] for one in values) for values in found["facets"].values()} == {len(alive)}
    assert sum(one["records"] for one in client.get("/api/v1/categories").json()["categories"]) == len(kind.sees - {"doubtful of A", "batch of A"})
    assert len(client.get("/api/v1/review").json()["records"]) == len(kind.sees & {"doubtful of A"})
    assert len(client.get("/api/v1/holds").json()["holds"]) == ("open of B" in kind.sees)
    for other in WORDS.keys() - alive:
        assert client.get("/api/v1/search", params={"q": WORDS[other]}).json()["hits"] == []


def test_no_form_is_taken_that_did_not_come_from_a_page_of_ours(site: Peopled, client: TestClient) -> None:
    """As somebody who may do nearly everything: without the session's token, with another's, and from another site."""
    csrf = enter(client, site, BY_NAME["manager of all"])
    assert csrf
    before = client.get(f"/api/v1/records/{site.numbers['open of A']}").json()
    for route in _forms(client):
        for address, _record in addresses(route, site):
            for token, headers in (("", {}), ("0" * 64, {}), (csrf, {"sec-fetch-site": "cross-site"}), (csrf, {"origin": "http://evil.example"})):
                answer = _post(client, route, address, token, headers)
                assert answer.status_code == 403, (address, token, headers, answer.status_code)
    assert client.get(f"/api/v1/records/{site.numbers['open of A']}").json() == before
    assert client.get("/password").status_code == 200  # nobody was logged out


@pytest.mark.parametrize("name", ["statistics", "clerk of B", "disabled clerk of A", "clerk of A with a one-time password", "reading token of a manager"])
def test_no_form_is_taken_from_who_lacks_the_right(site: Peopled, client: TestClient, name: str) -> None:
    """Addresses of records of section A that none of these may change, and all others that need a right that they lack."""
    kind = BY_NAME[name]
    csrf = enter(client, site, kind)
    person = person_of(site, kind)
    for route in _forms(client):
        rule = rule_of(route.path)
        for address, record in addresses(route, site):
            lacks = rule.rights and not any(person and person.may(right) for right in rule.rights)
            if not lacks and not (record and record.endswith("of A") and kind.name != "reading token of a manager"):
                continue
            answer = _post(client, route, address, csrf or "", {})
            assert answer.status_code in (401, 403, 404) or urlsplit(answer.headers.get("location", "")).path in ("/login", "/password"), (
                address,
                answer.status_code,
            )


def _forms(client: TestClient) -> list[APIRoute]:
    return [one for one in routes(client.app, "POST") if one.path not in ("/login", "/language", "/logout") and not one.path.startswith("/oidc")]


def _post(client: TestClient, route: APIRoute, address: str, csrf: str, headers: dict[str, str]) -> Any:
    if route.path.startswith("/api/"):
        headers = headers | ({"x-csrf-token": csrf} if csrf else {})
        if route.path.endswith(("/scans", "/stats/paper")):
            return client.post(address, data={"department": "0101"}, files={"file": ("x.pdf", b"x")}, headers=headers)
        return client.post(address, json={}, headers=headers)
    if route.path in WITH_FILES:
        return client.post(address, data={"csrf": csrf}, files={"file": ("x.pdf", b"x")}, headers=headers)
    fields = {one.alias: "1" for one in route.dependant.body_params if one.alias != "csrf"}
    return client.post(address, data={**fields, "csrf": csrf}, headers=headers)
