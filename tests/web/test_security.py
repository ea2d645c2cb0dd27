"""What an attacker may try: forged headers and cookies, foreign redirects, paths that lead out, scripts in titles, names and texts (reliability §3)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from browsing import served
from custody import GENERAL, two_sections
from httpx import Response
from kept_records import Shelf, shelf
from payloads import PAYLOADS
from peopled import BY_NAME, DAY, PASSWORD, Peopled, account_name, cheap_accounts, enter, index_all, opened, peopled_site
from starlette.testclient import TestClient
from test_rights_of_routes import STREAMS, addresses, routes

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.rights import Role
from scanpipe.web.application import create
from scanpipe.web.guard import CONTENT_POLICY

MANAGER, CLERK, ADMINISTRATOR = (BY_NAME[name] for name in ("manager of all", "clerk of A", "administrator"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Peopled:
    return peopled_site(tmp_path_factory.mktemp("security") / "site")


@pytest.fixture(scope="module")
def client(site: Peopled) -> Iterator[TestClient]:
    with opened(site) as made:
        yield made


@pytest.mark.parametrize("name", ["anonymous", "manager of all"])
def test_every_answer_carries_the_headers(site: Peopled, client: TestClient, name: str) -> None:
    enter(client, site, BY_NAME[name])
    paths = [next(addresses(route, site))[0] for route in routes(client.app, "GET") if route.path not in STREAMS]
    for path in [*paths, "/nothing", "/static/scanpipe.css", "/static/nothing"]:
        said = client.get(path).headers
        policy = said["content-security-policy"]
        assert policy == CONTENT_POLICY or policy.startswith("sandbox"), path
        assert "unsafe" not in policy and "*" not in policy and "http" not in policy
        assert (said["x-content-type-options"], said["x-frame-options"], said["referrer-policy"]) == ("nosniff", "DENY", "same-origin"), path
        assert said["cache-control"] == "no-store" or "private" in said["cache-control"] or path.startswith("/static/"), path
        assert "server" not in said and "strict-transport-security" not in said


def test_over_tls_the_cookie_is_secure_and_browsers_are_told_to_stay_there(site: Peopled) -> None:
    web = site.settings.web.model_copy(update={"certificate": "c.pem", "key": "k.pem"})
    with TestClient(create(replace(site.settings, web=web)), base_url="https://127.0.0.1", follow_redirects=False) as client:
        said = _login(client, account_name(MANAGER))
        assert said.status_code == 303 and "Secure" in said.headers["set-cookie"]
        assert said.headers["strict-transport-security"].startswith("max-age=")


def _login(client: TestClient, name: str, password: str = PASSWORD, **more: str) -> Response:
    return client.post("/login", data={"name": name, "password": password, **more})


def test_a_login_gives_a_new_session_whatever_the_browser_brought(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["anonymous"])
    client.cookies.set("scanpipe_session", "chosen-by-somebody-else")
    said = _login(client, account_name(CLERK))
    cookie = said.headers["set-cookie"]
    assert "chosen-by-somebody-else" not in cookie and "HttpOnly" in cookie and "SameSite=strict" in cookie
    first = said.cookies["scanpipe_session"]
    client.cookies.clear()
    client.cookies.set("scanpipe_session", first)
    second = _login(client, account_name(CLERK)).cookies["scanpipe_session"]
    assert first != second and len(second) >= 43
    client.cookies.clear()
    client.cookies.set("scanpipe_session", "chosen-by-somebody-else")
    assert client.get("/password").status_code == 303


def test_a_session_ends_after_half_an_hour_of_rest_and_after_ten_hours(site: Peopled, client: TestClient) -> None:
    now = datetime.now(site.settings.timezone)
    accounts = site.accounts()
    person = accounts.person(account_name(CLERK), "session")
    assert person
    for began, seen, lives in ((29, 29, True), (31, 31, False), (9 * 60, 5, True), (10 * 60 + 1, 5, False)):
        id, _csrf = accounts.open_session(person, now - timedelta(minutes=began))
        accounts.session(id, now - timedelta(minutes=seen))
        if began > 31:  # at work all the time
            for minute in range(began, seen, -20):
                accounts.session(id, now - timedelta(minutes=minute))
            accounts.session(id, now - timedelta(minutes=seen))
        client.cookies.clear()
        client.cookies.set("scanpipe_session", id)
        assert (client.get("/password").status_code == 200) == lives, (began, seen)
    accounts.close()


def test_nobody_becomes_somebody_by_a_header(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["anonymous"])
    name = account_name(MANAGER)
    forged = dict.fromkeys(("x-remote-user", "remote-user", "x-forwarded-user", "x-forwarded-email", "x-auth-request-user", "x-webauth-user"), name)
    forged |= {
        "x-forwarded-for": "127.0.0.1",
        "x-real-ip": "127.0.0.1",
        "forwarded": "for=127.0.0.1",
        "x-original-url": "/healthz",
        "x-rewrite-url": "/healthz",
    }
    for route in routes(client.app, "GET"):
        for address, _record in addresses(route, site):
            plain, tried = client.get(address), client.get(address, headers=forged)
            assert (tried.status_code, tried.headers.get("location")) == (plain.status_code, plain.headers.get("location")), address
            if plain.status_code == 200:
                assert tried.text == plain.text
    for wrong in ("Bearer", "Bearer x", f"Basic {name}", "Bearer spt_" + "A" * 43, f"bearer {name}"):
        assert client.get("/api/v1/records", headers={"authorization": wrong}).status_code == 401


FOREIGN = (
    "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "///evil.example", "/\t/evil.example", "\t//evil.example", "http:evil.example",
    "/%0d%0aSet-Cookie:x=1", "/\r\nLocation: https://evil.example", "javascript:alert(1)", "data:text/html,x", "evil.example", "https:/evil.example", "/..//evil.example", "",
)  # fmt: skip


@pytest.mark.parametrize("next", FOREIGN)
def test_after_login_nobody_is_led_to_another_site(site: Peopled, client: TestClient, next: str) -> None:
    enter(client, site, BY_NAME["anonymous"])
    for said in (_login(client, account_name(CLERK), next=next), client.post("/language", data={"language": "en", "next": next})):
        to = said.headers["location"]
        assert said.status_code == 303 and to.startswith("/") and not to.startswith(("//", "/\\")) and not set(to) & set("\t\r\n\\"), to
        assert "set-cookie" not in to.lower() or "%0" in to.lower()


def test_six_wrong_passwords_in_a_minute_are_too_many(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["anonymous"])
    said = [_login(client, account_name(BY_NAME["leader of A"]), "wrong wrong wrong").status_code for _try in range(6)]
    assert said[-1] == 429 and 429 not in said[:5]
    unknown, known = _login(client, "nobody-of-that-name", "wrong wrong wrong"), _login(client, account_name(BY_NAME["statistics"]), "wrong wrong wrong")
    assert unknown.status_code == known.status_code


def test_nobody_fills_the_memory_with_a_form_however_its_length_is_told(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["anonymous"])
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        while sent < 6 << 20:
            sent += 1 << 20
            yield b"a" * (1 << 20)

    form = {"content-type": "application/x-www-form-urlencoded"}
    for path in ("/login", "/language", "/search/save", "/api/v1/records/2026-000001/corrections"):
        for content in (b"name=" + b"a" * (5 << 20), pieces()):
            sent = 0
            assert client.post(path, content=content, headers=form if not path.startswith("/api") else {"content-type": "application/json"}).status_code == 413
    enter(client, site, CLERK)
    files = {"file": ("large.pdf", b"%PDF-1.7" + b"0" * (6 << 20))}  # files are no forms
    assert client.post("/api/v1/scans", data={"department": GENERAL}, files=files, headers={"x-csrf-token": ""}).status_code == 403


def test_a_fault_of_ours_is_a_sentence_with_all_headers_and_is_counted(site: Peopled) -> None:
    app = create(site.settings)

    def broken() -> None:
        raise RuntimeError("secret")

    app.add_api_route("/broken", broken)
    app.add_api_route("/api/v1/broken", broken)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5000), raise_server_exceptions=False) as client:
        for path in ("/broken", "/api/v1/broken"):
            said = client.get(path)
            assert said.status_code == 500 and "a fault of its own" in said.text and "secret" not in said.text
            assert said.headers["content-security-policy"] == CONTENT_POLICY and said.headers["cache-control"] == "no-store"
        assert 'scanpipe_http_requests_total{method="GET",status="500"} 2.0' in client.get("/metrics").text


def test_who_asks_for_the_head_alone_gets_that_of_the_page_and_no_more_rights(site: Peopled, client: TestClient) -> None:
    enter(client, site, CLERK)
    for path in ("/healthz", "/search", f"/records/{site.numbers['open of A']}", f"/records/{site.numbers['open of B']}", "/admin", "/static/scanpipe.css"):
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.headers["content-type"], head.content) == (whole.status_code, whole.headers["content-type"], b""), path
    assert client.head("/events/today").status_code == 405


def test_who_is_known_finds_the_way_back_from_an_address_that_is_none(site: Peopled, client: TestClient) -> None:
    enter(client, site, CLERK)
    said = client.get("/nothing")
    assert said.status_code == 404 and 'href="/review"' in said.text
    assert "Method Not Allowed" not in client.get("/search/save").text
    enter(client, site, BY_NAME["anonymous"])
    assert 'href="/review"' not in client.get("/nothing").text


def test_after_a_session_has_ended_the_login_leads_back_to_the_form(site: Peopled, client: TestClient) -> None:
    enter(client, site, BY_NAME["anonymous"])
    for referer, back in (
        ("http://127.0.0.1/review?after=3", "/login?next=%2Freview%3Fafter%3D3"),
        ("http://evil.example/review", "/login"),
        ("", "/login"),
    ):
        assert client.post("/records/2026-000001/correct", data={"csrf": "x"}, headers={"referer": referer}).headers["location"] == back


OUTWARD = ("../../accounts.db", "..%2f..%2faccounts.db", "%2e%2e/%2e%2e/accounts.db", "..\\..\\accounts.db", "....//accounts.db", "2026-000001/../../../accounts.db", "%00", "2026-000001%00", "/etc/passwd", "%2fetc%2fpasswd", "..%252f..%252faccounts.db")  # fmt: skip


def test_no_address_leads_out_of_the_vault_or_the_static_files(site: Peopled, client: TestClient) -> None:
    enter(client, site, MANAGER)
    for wrong in OUTWARD:
        for pattern in (
            "/records/{}/original",
            "/records/{}/access.pdf",
            "/records/{}/pages/1.jpg",
            "/api/v1/records/{}/original",
            "/static/{}",
            "/records/{}",
        ):
            said = client.get(pattern.format(wrong))
            assert said.status_code in (404, 400, 422) or (
                said.status_code == 200 and said.headers["content-type"].startswith("text/html") and "SQLite" not in said.text
            ), (pattern, wrong)
            assert b"SQLite format" not in said.content and b"root:" not in said.content


def test_an_original_is_never_opened_in_the_browser_but_downloaded(site: Peopled, client: TestClient) -> None:
    enter(client, site, MANAGER)
    said = client.get(f"/records/{site.numbers['open of A']}/original")
    assert said.headers["content-disposition"].startswith("attachment; ") and said.headers["content-security-policy"].startswith("sandbox")


# --- scripts in what was scanned, typed and named ---

EACH = 15  # payloads of one record: title, kind, sender, name, addressee, and ten lines of text


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A site whose every text that comes from outside is a payload."""
    made = two_sections(tmp_path_factory.mktemp("hostile") / "site", language="en")
    with shelf(made) as kept:
        _file(kept)
        index_all(made, kept)
    accounts = cheap_accounts(made)
    now = datetime.now(made.timezone)
    accounts.add("boss", PAYLOADS[0][:60], [Role.ADMINISTRATOR, Role.RECORDS_MANAGER], [], ["*"], PASSWORD, "test", now)
    for at, payload in enumerate([one for one in PAYLOADS if one.isprintable()][:12]):
        accounts.add(f"p{at}", payload[:60], [Role.CLERK], [GENERAL], [], None, payload[:60], now)
        accounts.add_token(payload[:40] + str(at), f"p{at}", ["read"], payload[:60], now)
    accounts.close()
    return made


def _file(kept: Shelf) -> None:
    for at in range(0, len(PAYLOADS), EACH):
        title, kind, sender, name, number, *lines = (PAYLOADS[(at + one) % len(PAYLOADS)] for one in range(EACH))
        flags = ("category_unclear",) if at % 4 == 0 else ()
        kept.record(
            GENERAL, "unclassified" if flags else "CORRESP", DAY, title=title, kind=kind[:40], sender=sender, addressee=number, document_number=number[:80],
            name=f"{name}.pdf".replace("/", "／"), text="\n".join(f"通知 {line}" for line in lines), flags=flags, declared={"title": title},
        )  # fmt: skip
    kept.hold("2026-000001", reason=PAYLOADS[1], reference=PAYLOADS[2][:100], by=PAYLOADS[3])


WATCH = """
window.__broken = [];
document.addEventListener('securitypolicyviolation', event => window.__broken.push(event.violatedDirective + ' ' + event.sourceFile + ' ' + event.sample));
for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => { throw window.__xss = name; };
"""


@pytest.mark.browser
@pytest.mark.slow
def test_no_payload_runs_in_a_browser_and_no_page_breaks_its_own_policy(hostile: Settings) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("needs Debian's chromium")
    assert len(PAYLOADS) >= 500
    reader = CatalogueReader(hostile.layout.catalogue_db)
    numbers = [row["number"] for row in reader.db.conn.execute("SELECT number FROM accession")]
    reader.close()
    with served(hostile) as base, playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.add_init_script(WATCH)
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"{base}/login?next={quote(PAYLOADS[5])}")
        page.fill("#name", "boss")
        page.fill("#password", PASSWORD)
        page.click("button.main")
        lists = [
            "/",
            "/search?q=通知",
            "/review",
            "/retention",
            "/retention/holds",
            "/admin",
            "/admin/events",
            "/admin/users",
            "/admin/users/one?name=p1",
            "/admin/tokens",
        ]
        queries = [f"/search?q={quote(payload)}" for payload in PAYLOADS[::20]]
        others = [f"/admin/events?person={quote(PAYLOADS[7])}", f"/nothing/{quote(PAYLOADS[8], safe='')}", f"/records/{quote(PAYLOADS[9], safe='')}"]
        broken = []
        for path in [*lists, *(f"/records/{number}?q=通知" for number in numbers), *queries, *others]:
            page.goto(base + path)
            found = page.evaluate("[window.__xss, window.__broken]")
            if found != [None, []]:
                broken.append(f"{path}: {json.dumps(found)}")
        page.evaluate("const own = document.createElement('script'); own.textContent = 'alert(1)'; document.body.append(own)")
        page.wait_for_function("window.__broken.length > 0")  # what is watched for would be seen
        browser.close()
    assert not broken and not dialogs, (broken, dialogs)
    assert all(url.startswith((base, "data:", "blob:")) for url in requests), [url for url in requests if not url.startswith(base)][:5]
