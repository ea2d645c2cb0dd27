"""The search page: found, narrowed, explained, saved, taken away as CSV."""

import csv
import io
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from custody import GENERAL, TAX
from found_records import Archive, come, found_archive, opened, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from scanpipe.web import searching
from scanpipe.web.limits import Limit, Views

PAYLOADS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "javascript:alert(1)", '=HYPERLINK("x")', "\u202egnp.exe")


def _fill(archive: Archive) -> None:
    archive.file("住民票の写しの交付について", ["住民票の写しの交付について", "交付手数料は三百円とする"])
    archive.file("道路占用許可申請書", ["道路占用許可申請書", "占用の場所"], ["道路占用許司申請書の控え"], category="PERMIT")
    archive.file("市税の減免について", ["市税の減免", "住民票を添付する"], department=TAX, category="TAX")
    archive.file("保護の決定", ["生活保護の決定通知", "住民票"], category="WELFARE", restricted=True)
    for payload in PAYLOADS:
        archive.file(payload, [f"攻撃 {payload}"], name=f"{payload}.pdf")
    for n in range(25):
        archive.file(f"定例報告その{n}", [f"毎月の報告書 {n}", "=1+1"])


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return found_archive(tmp_path_factory.mktemp("search") / "site", _fill)


@pytest.fixture(scope="module")
def client(archive: Archive) -> Iterator[TestClient]:
    with opened(archive) as made:
        made.app.state.house.searches = Limit(10**6, 60.0)  # type: ignore[attr-defined]
        yield made


@pytest.fixture
def clerk(client: TestClient, archive: Archive) -> TestClient:
    come(client, archive, "clerk")
    return client


@pytest.fixture
def manager(client: TestClient, archive: Archive) -> TestClient:
    come(client, archive, "manager")
    return client


def _numbers(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'<h3><a href="/records/([0-9-]+)', page)))


def _link(page: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def test_words_of_one_two_and_three_signs_are_found_and_marked(clerk: TestClient, archive: Archive) -> None:
    for word in ("票", "住民", "住民票"):
        page = clerk.get("/search", params={"q": word}).text
        assert _numbers(page) == [archive.numbers[0]]
        assert f"<mark>{word}</mark>" in page


def test_a_clerk_finds_counts_and_facets_of_the_own_section_alone(clerk: TestClient, manager: TestClient, archive: Archive) -> None:
    come(clerk, archive, "clerk")
    page = clerk.get("/search?q=住民票").text
    assert "1 record<" in page and "市税" not in page and "保護" not in page and TAX not in page
    come(manager, archive, "manager")
    page = manager.get("/search?q=住民票").text
    assert "3 records" in page and f"department={TAX}" in page


def test_facets_narrow_and_filters_can_be_taken_off(manager: TestClient, archive: Archive) -> None:
    page = manager.get("/search", params={"q": "住民票", "department": TAX}).text
    assert _numbers(page) == [archive.numbers[2]]
    assert 'class="tag on" href="/search?q=%E4%BD%8F%E6%B0%91%E7%A5%A8"' in page


def test_filters_alone_list_what_they_leave(manager: TestClient, archive: Archive) -> None:
    assert _numbers(manager.get("/search?category=PERMIT").text) == [archive.numbers[1]]
    assert _numbers(manager.get("/search?category=PERMIT&from=2027-01-01").text) == []


def test_pages_lead_to_each_other_and_back(clerk: TestClient) -> None:
    first = clerk.get("/search?q=報告").text
    second = clerk.get(_link(first, "next") or "").text
    assert (len(_numbers(first)), len(_numbers(second))) == (20, 5)
    assert _link(first, "prev") is None and _link(second, "next") is None
    assert _numbers(clerk.get(_link(second, "prev") or "").text) == _numbers(first)
    best = clerk.get("/search?q=報告&order=relevance").text
    assert len(_numbers(clerk.get(_link(best, "next") or "").text)) == 5


@pytest.mark.parametrize(("query", "sign"), [("契約 (見積", "("), ('道路 "占用', "&#34;"), ("契約 OR", "O"), ("年度:abc", "年")])
def test_what_cannot_be_understood_is_explained_at_its_place(clerk: TestClient, query: str, sign: str) -> None:
    answer = clerk.get("/search", params={"q": query})
    assert answer.status_code == 400
    assert f"<mark>{sign}</mark>" in answer.text and 'role="alert"' in answer.text


@pytest.mark.parametrize("filters", ["from=gestern", "fiscal_year=x", "to=2025-13-45"])
def test_a_filter_that_makes_no_sense_is_a_sentence(clerk: TestClient, filters: str) -> None:
    answer = clerk.get(f"/search?q=報告&{filters}")
    assert answer.status_code == 400 and 'role="alert"' in answer.text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    q=st.text("契約住民票(（)）\"「」-:：OR AND NOT課年度*^~<>'&;%\\\0\u202e ", max_size=30),
    rest=st.dictionaries(
        st.sampled_from(["department", "category", "fiscal_year", "from", "to", "order", "before", "after", "offset", "fuzzy"]), st.text(max_size=12)
    ),
)
def test_no_query_is_an_error_of_ours(clerk: TestClient, q: str, rest: dict[str, str]) -> None:
    for address in ("/search", "/search.csv"):
        assert clerk.get(address, params={"q": q} | rest).status_code in (200, 400)


def test_an_empty_result_says_which_words_find_something_and_what_could_be_meant(clerk: TestClient) -> None:
    page = clerk.get("/search?q=住民表").text
    assert "Nothing was found" in page and re.search(r'class="meant"[^>]*><bdi>住民票</bdi>', page)
    page = clerk.get("/search?q=住民票 水族館").text
    assert "These words alone" in page and "<bdi>住民票</bdi>" in page
    page = clerk.get("/search?q=住民票&category=PERMIT").text
    assert "Without the filters: 1 record" in page


def test_a_section_that_is_not_called_so_is_told_and_the_one_that_is_meant_offered(manager: TestClient) -> None:
    page = manager.get("/search?q=課:総務 住民票").text
    assert "No section or category is called 「総務」" in page and "<bdi>課:総務課 住民票</bdi>" in page
    page = manager.get("/search?q=分類:ない 住民票").text
    assert "No section or category is called 「ない」" in page and 'class="meant"' not in page
    assert "is called" not in manager.get("/search?q=課:総務課 水族館").text


def test_who_types_the_name_of_a_section_is_led_to_its_records(manager: TestClient, clerk: TestClient, archive: Archive) -> None:
    come(manager, archive, "manager")
    page = manager.get("/search?q=総務課 住民票").text
    assert re.search(rf'href="/search\?q=%E4%BD%8F%E6%B0%91%E7%A5%A8&amp;department={GENERAL}"><bdi>総務課', page)
    come(clerk, archive, "other")
    assert "<bdi>総務課</bdi>" not in clerk.get("/search?q=総務課").text


def test_other_spellings_of_records_that_may_not_be_seen_are_not_offered(clerk: TestClient) -> None:
    page = clerk.get("/search?q=生活保設").text
    assert "Nothing was found" in page and "生活保護" not in page


def test_a_restricted_hit_shows_no_picture_and_that_its_words_were_seen_is_told_once(manager: TestClient, archive: Archive) -> None:
    manager.app.state.house.finds = Views()  # type: ignore[attr-defined]
    before = len(told(archive, "viewed"))
    page = manager.get("/search?q=生活保護").text
    assert _numbers(page) == [archive.numbers[3]] and "restricted" in page and ".jpg" not in page
    for again in ("/search?q=生活保護", "/api/v1/search?q=住民票", "/search.csv?q=住民票"):
        assert manager.get(again).status_code == 200
    assert told(archive, "viewed")[before:] == [{"who": "manager", "kind": "viewed", "numbers": [archive.numbers[3]], "where": "search"}]


@pytest.mark.parametrize("address", ["/api/v1/search?q=住民票", "/search.csv?q=住民票"])
def test_restricted_records_in_a_result_for_programs_are_told_too(manager: TestClient, archive: Archive, address: str) -> None:
    manager.app.state.house.finds = Views()  # type: ignore[attr-defined]
    before = len(told(archive, "viewed"))
    manager.get(address)
    assert [one["numbers"] for one in told(archive, "viewed")[before:]] == [[archive.numbers[3]]]


def test_the_fuzzy_search_is_a_button(clerk: TestClient, archive: Archive) -> None:
    page = clerk.get("/search?q=占用許何申請").text
    assert not _numbers(page)
    button = re.search(r'class="button" href="(/search\?[^"]*fuzzy=1)"', page)
    assert button and _numbers(clerk.get(button[1].replace("&amp;", "&")).text) == [archive.numbers[1]]


def test_searches_are_saved_by_name_and_removed(client: TestClient, archive: Archive) -> None:
    csrf = come(client, archive, "clerk")
    saved = client.post("/search/save", data={"csrf": csrf, "name": "毎月の<b>", "query": "q=報告&department=0101&evil=1"})
    assert saved.status_code == 303 and "evil" not in saved.headers["location"]
    page = client.get(saved.headers["location"]).text
    assert "毎月の&lt;b&gt;" in page and "The search was saved" in page
    come(client, archive, "other")
    assert "毎月の" not in client.get("/search").text
    csrf = come(client, archive, "clerk")
    assert client.post("/search/forget", data={"csrf": csrf, "name": "毎月の<b>"}).status_code == 303
    assert "毎月の" not in client.get("/search").text
    assert client.post("/search/save", data={"name": "x", "query": "q=報告"}).status_code == 403


def test_the_csv_has_all_hits_marks_its_encoding_and_runs_no_formula(manager: TestClient, archive: Archive) -> None:
    answer = manager.get("/search.csv?q=報告")
    assert answer.headers["content-type"].startswith("text/csv") and answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 26 and rows[0][0] == "Number"
    rows = list(csv.reader(io.StringIO(manager.get("/search.csv?q=攻撃").content.decode("utf-8-sig"))))
    assert not any(cell[:1] in "=+-@\t\r＝＋－＠" for row in rows for cell in row if cell)


def test_the_csv_goes_on_past_its_first_slice(manager: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_SLICE", 10)
    for more in ("", "&order=relevance", "&fuzzy=1"):
        rows = list(csv.reader(io.StringIO(manager.get(f"/search.csv?q=定例報告{more}").content.decode("utf-8-sig"))))
        assert len({row[0] for row in rows[1:]}) == len(rows) - 1 == 25


def test_who_took_a_result_away_stands_in_the_journal(clerk: TestClient, archive: Archive) -> None:
    clerk.get("/search.csv?q=報告")
    last = told(archive, "exported")[-1]
    assert last["who"] == "clerk" and "q=" in last["query"]


def test_the_csv_holds_no_more_than_the_page(clerk: TestClient) -> None:
    text = clerk.get("/search.csv?q=住民票").content.decode("utf-8-sig")
    assert "保護" not in text and "市税" not in text and "住民票の写し" in text


def test_what_scans_and_people_write_is_shown_and_never_run(clerk: TestClient) -> None:
    page = clerk.get("/search", params={"q": "攻撃"}).text
    assert len(_numbers(page)) == len(PAYLOADS)
    for payload in PAYLOADS:
        if set('<>"') & set(payload):
            assert payload not in page and payload not in clerk.get("/search", params={"q": f"攻撃 {payload}"}).text
    assert "49" not in re.sub(r"[0-9]{4}-[0-9]{6}|v=[0-9a-f]+", "", re.sub(r"<[^>]+>", "", page))
    assert " style=" not in page and "<script>" not in page


def test_the_sixty_first_search_in_a_minute_is_told_to_wait(archive: Archive) -> None:
    with opened(archive) as client:
        come(client, archive, "other")
        answers = [client.get("/search?q=税").status_code for _ in range(61)]
        assert answers == [200] * 60 + [429]
        assert client.get("/search").status_code == 200  # the box alone is no search
        come(client, archive, "clerk")
        assert client.get("/search?q=税").status_code == 200


def test_who_sees_no_records_has_no_search(client: TestClient, archive: Archive) -> None:
    come(client, archive, "statistics")
    assert client.get("/search?q=報告").status_code == 403
    assert client.get("/search.csv?q=報告").status_code == 403
    assert 'action="/search"' not in client.get("/campaign").text  # nor a box that would lead to a refusal
    client.cookies.clear()
    answer = client.get("/search?q=報告")
    assert answer.status_code == 303 and urlsplit(answer.headers["location"]).path == "/login"
    assert GENERAL == "0101"
