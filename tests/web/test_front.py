"""A reverse proxy may say who somebody is; nobody else may."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from peopled import BY_NAME, PASSWORD, Peopled, account_name, enter, peopled_site
from starlette.testclient import TestClient
from test_rights_of_routes import STREAMS, addresses, routes

from scanpipe import config
from scanpipe.errors import ConfigError
from scanpipe.web.application import create
from scanpipe.web.front import Front

SECRET = "0123456789abcdef" * 4
PROXY, OTHER = "127.0.0.1", "10.20.30.40"
KNOWS = {"x-scanpipe-proxy-secret": SECRET}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Peopled:
    made = peopled_site(tmp_path_factory.mktemp("front") / "site")
    file = made.settings.file.with_name("proxy-secret")
    file.write_text(SECRET + "\n", "utf-8")
    file.chmod(0o640)
    web = made.settings.web.model_copy(update={"proxy_address": PROXY, "proxy_secret_file": "proxy-secret", "proxy_user_header": "X-Remote-User"})
    return replace(made, settings=replace(made.settings, web=web))


def came_from(site: Peopled, address: str) -> TestClient:
    return TestClient(create(site.settings), base_url="http://127.0.0.1", client=(address, 5000), follow_redirects=False)


@pytest.fixture(scope="module")
def proxy(site: Peopled) -> Iterator[TestClient]:
    with came_from(site, PROXY) as made:
        yield made


def test_who_logged_in_at_the_proxy_is_known_here_with_their_own_rights(site: Peopled, proxy: TestClient) -> None:
    headers = KNOWS | {"x-remote-user": account_name(BY_NAME["clerk of A"])}
    assert proxy.get(f"/records/{site.numbers['open of A']}", headers=headers).status_code == 200
    assert proxy.get(f"/records/{site.numbers['open of B']}", headers=headers).status_code == 404
    for name in ("nobody", "", account_name(BY_NAME["disabled clerk of A"]), "a\u0000b".encode("ascii", "ignore").decode(), "x" * 500):
        assert proxy.get("/search", headers=KNOWS | {"x-remote-user": name}).status_code == 303


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (PROXY, {}),
        (PROXY, {"x-scanpipe-proxy-secret": SECRET[:-1]}),
        (PROXY, {"x-scanpipe-proxy-secret": ""}),
        (OTHER, KNOWS),
        (OTHER, {}),
        ("", KNOWS),
        ("::1", KNOWS),
    ],
)
def test_the_name_counts_only_from_the_listed_address_with_the_secret_on_no_address_of_ours(site: Peopled, address: str, headers: dict[str, str]) -> None:
    forged = headers | {"x-remote-user": account_name(BY_NAME["manager of all"])}
    with came_from(site, address) as client:
        for route in routes(client.app, "GET"):
            path = next(addresses(route, site))[0]
            if route.path not in STREAMS and route.path != "/metrics":
                assert client.get(path, headers=forged).status_code == client.get(path).status_code, path


def test_the_forms_of_who_came_by_the_proxy_need_their_token_too(site: Peopled, proxy: TestClient) -> None:
    headers = KNOWS | {"x-remote-user": account_name(BY_NAME["administrator"])}
    page = proxy.get("/admin/tokens", headers=headers).text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    assert len(csrf) == 64
    form = {"name": "t", "account": account_name(BY_NAME["clerk of A"]), "scope": ["read"]}
    assert proxy.post("/admin/tokens", data=form, headers=headers).status_code == 403
    assert proxy.post("/admin/tokens", data={**form, "csrf": csrf}, headers=headers | {"origin": "http://evil.example"}).status_code == 403
    assert proxy.post("/admin/tokens", data={**form, "csrf": csrf}, headers=headers).status_code == 200
    other = KNOWS | {"x-remote-user": account_name(BY_NAME["granted manager"])}
    assert proxy.post("/search/save", data={"name": "x", "query": "q=x", "csrf": csrf}, headers=other).status_code == 403


def test_wrong_passwords_are_counted_by_the_address_that_the_proxy_tells(site: Peopled, proxy: TestClient) -> None:
    for place in range(25):  # a city behind one proxy: each its own address
        said = proxy.post("/login", data={"name": f"unknown{place}", "password": "wrong wrong wrong"}, headers=KNOWS | {"x-real-ip": f"10.0.0.{place}"})
        assert said.status_code == 401
    answers = [
        proxy.post("/login", data={"name": f"other{place}", "password": "wrong wrong wrong"}, headers={"x-real-ip": f"10.0.1.{place}"}).status_code
        for place in range(21)
    ]
    assert answers[-1] == 429  # without the secret the address is that of the connection


def test_behind_tls_of_the_proxy_the_cookie_is_secure(site: Peopled, proxy: TestClient) -> None:
    form = {"name": account_name(BY_NAME["clerk of B"]), "password": PASSWORD}
    from_proxy = KNOWS | {"x-real-ip": "10.0.2.1", "x-forwarded-proto": "https"}
    assert "Secure" in proxy.post("/login", data=form, headers=from_proxy).headers["set-cookie"]
    with came_from(site, OTHER) as client:
        assert "Secure" not in client.post("/login", data=form, headers={"x-forwarded-proto": "https"}).headers["set-cookie"]


def test_the_address_of_a_wall_screen_is_the_one_that_browsers_use(site: Peopled, proxy: TestClient) -> None:
    headers = KNOWS | {"x-remote-user": account_name(BY_NAME["administrator"]), "host": "scanpipe.example.lg.jp"}
    csrf = proxy.get("/admin/tokens", headers=headers).text.partition('name="csrf" value="')[2].partition('"')[0]
    for told, scheme in (("https", "https"), ("http", "http")):
        made = proxy.post(
            "/admin/tokens/wall", data={"name": f"wall {told}", "department": "0101", "csrf": csrf}, headers=headers | {"x-forwarded-proto": told}
        )
        assert f">{scheme}://scanpipe.example.lg.jp/wall/spt_" in made.text


def test_a_session_here_still_holds_beside_the_proxy(site: Peopled) -> None:
    with came_from(site, OTHER) as client:
        enter(client, site, BY_NAME["clerk of A"])
        assert client.get("/search").status_code == 200


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('proxy_user_header = "X-Remote-User"', "belong together"),
        ('proxy_address = "somewhere"\nproxy_secret_file = "s"', "web.proxy_address"),
        ('proxy_user_header = "X Remote"', "web.proxy_user_header"),
    ],
)
def test_half_a_proxy_is_a_fault_of_the_configuration(written: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load_text(f"[web]\n{written}\n", source="scanpipe.toml")
    assert says in str(caught.value)


def test_a_proxy_without_a_secret_is_refused_before_anybody_can_ask(tmp_path: Path, site: Peopled) -> None:
    for left in ("proxy_secret_file", "proxy_address"):
        with pytest.raises(ConfigError):
            Front.of(site.settings.web.model_copy(update={left: ""}), tmp_path)


@pytest.mark.parametrize(("content", "mode"), [(None, 0), ("short", 0o640), (SECRET, 0o644)])
def test_a_secret_that_is_none_is_refused_before_anybody_can_ask(tmp_path: Path, site: Peopled, content: str | None, mode: int) -> None:
    if content is not None:
        (tmp_path / "proxy-secret").write_text(content, "utf-8")
        (tmp_path / "proxy-secret").chmod(mode)
    with pytest.raises(ConfigError):
        Front.of(site.settings.web, tmp_path)


def test_the_shipped_nginx_configuration_tells_scanpipe_only_what_it_believes() -> None:
    text = (Path(__file__).parents[2] / "config" / "nginx.conf").read_text("utf-8")
    for header in ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Remote-User"):
        assert any(line.split()[:3] == ["proxy_set_header", header, '"";'] for line in map(str.strip, text.splitlines())), header
    for said in ("Strict-Transport-Security", "client_max_body_size", "proxy_buffering    off", "TLSv1.2 TLSv1.3", "$http_host", "$remote_addr"):
        assert said in text
