"""The campaign's pages: figures, filters, the rows behind each figure, advice, and what the public may see of it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from custody import GENERAL, TAX
from figured_office import BASE, YEAR, bring, months, office
from kept_records import shelf
from peopled import cheap_accounts
from starlette.testclient import TestClient

from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings
from scanpipe.core.paper_counts import Unit
from scanpipe.core.rights import Role
from scanpipe.web.application import create

PEOPLE = {"manager": (Role.RECORDS_MANAGER, ()), "toukei": (Role.STATISTICS, ()), "clerk": (Role.CLERK, (GENERAL,)), "leader": (Role.LEADER, (TAX,))}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An office, and the figures that Kanazawa and Asahikawa published as those of its two sections."""
    settings = office(tmp_path_factory.mktemp("campaign") / "site")
    with shelf(settings) as kept:
        kept._last = 3
        bring(kept, tuple((month, GENERAL, Unit.SHEET, 2_500_000.0) for month in months(2022)))
        bring(kept, tuple((month, GENERAL, Unit.SHEET, 2_500_000.0 - 427_500.0) for month in months(2023)))
        bring(kept, (("2021-04", TAX, Unit.BOX, 11_691.0), ("2023-04", TAX, Unit.BOX, 7_599.0)))
    accounts = cheap_accounts(settings)
    for name, (role, sections) in PEOPLE.items():
        accounts.add(name, "", [role], sections, [], None, "test", datetime.now(settings.timezone))
    accounts.close()
    return settings


@pytest.fixture(scope="module")
def client(site: Settings) -> Iterator[TestClient]:
    with TestClient(create(site), base_url="http://127.0.0.1", follow_redirects=False) as made:
        yield made


def come(client: TestClient, site: Settings, name: str) -> str:
    """As this person; what their forms carry."""
    accounts = cheap_accounts(site)
    person = accounts.person(name, "session")
    assert person
    session, csrf = accounts.open_session(person, datetime.now(site.timezone))
    accounts.close()
    client.cookies.clear()
    client.cookies.set("scanpipe_session", session)
    return csrf


def page(client: TestClient, path: str, **query: Any) -> str:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    return re.sub(r"<[^>]+>", "", answer.text)


def order(client: TestClient, **query: Any) -> list[str]:
    html = client.get("/campaign", params={"fiscal_year": YEAR, **query}).text
    ranking = html[html.index('id="ranking"') :]
    return re.findall(r"/campaign/sections/(\d+)", ranking[: ranking.index("</table>")])


def test_the_cities_own_figures_stand_on_the_pages(client: TestClient, site: Settings) -> None:
    come(client, site, "toukei")
    kanazawa = page(client, "/campaign", fiscal_year=2023, base_year=2022)
    assert "5,130,000 sheets (17.1%) fewer" in kanazawa
    asahikawa = page(client, f"/campaign/sections/{TAX}", fiscal_year=2023, base_year=2021)
    assert "4,092 (provisional) boxes" in asahikawa and "35.0%" in asahikawa
    assert "62.39%" in page(client, "/campaign", fiscal_year=YEAR) and "94,840 of 152,000" in page(client, "/campaign", fiscal_year=YEAR)


def test_sections_are_sorted_by_rate_or_volume_either_way(client: TestClient, site: Settings) -> None:
    come(client, site, "toukei")
    assert order(client, sort="saved") == [GENERAL, TAX] and order(client, sort="saved", up=1) == [TAX, GENERAL]
    assert order(client, sort="digitised") == [GENERAL, TAX] and order(client, sort="nonsense") == order(client, sort="rate")


def test_a_rate_of_a_small_section_is_hidden_and_its_sheets_are_shown(client: TestClient, site: Settings) -> None:
    come(client, site, "toukei")
    text = page(client, f"/campaign/sections/{TAX}", fiscal_year=YEAR)
    assert "too little paper" in text and "30.0%" not in text and "180" in text


def test_every_figure_opens_the_rows_it_was_made_from(client: TestClient, site: Settings) -> None:
    come(client, site, "manager")
    html = client.get("/campaign", params={"fiscal_year": YEAR}).text
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/campaign/rows/[^"]+)"', html)}
    assert {link.partition("?")[0].removeprefix("/campaign/rows/") for link in links} == {
        "paper", "cabinets", "sheets/digitised", "sheets/cleared", "sheets/removed",
    }  # fmt: skip
    for link in links:
        assert client.get(link).status_code == 200, link
    paper = page(client, "/campaign/rows/paper", fiscal_year=YEAR, department=GENERAL)
    assert "6,799.5 sheets" in paper and "10,000 sheets" in paper and "購入.csv" in paper and "130 sheets" not in paper
    assert "A-1" in page(client, "/campaign/rows/cabinets", fiscal_year=YEAR) and "B-1" not in page(client, "/campaign/rows/cabinets", department=GENERAL)
    records = client.get("/campaign/rows/sheets/digitised", params={"fiscal_year": YEAR}).text
    assert all(f'/records/{number}"' in records for number in ("2026-000001", "2026-000002", "2026-000003"))
    assert client.get("/campaign/rows/sheets/nonsense").status_code == 404 and client.get("/campaign/rows/paper", params={"month": "x"}).status_code == 404


def test_who_may_see_no_records_sees_the_sheets_and_how_many_are_of_records_not_shown(client: TestClient, site: Settings) -> None:
    come(client, site, "toukei")
    html = client.get("/campaign/rows/sheets/digitised", params={"fiscal_year": YEAR}).text
    assert "/records/2026" not in html and "6.0 of them are of records that your account does not show" in re.sub(r"<[^>]+>", "", html)


def test_charts_tell_no_more_than_the_tables_and_name_no_sections_to_the_public(client: TestClient, site: Settings) -> None:
    come(client, site, "toukei")
    html = client.get("/campaign", params={"fiscal_year": YEAR}).text
    charts = [link.replace("&amp;", "&") for link in re.findall(r'data-chart="([^"]+)"', html)]
    assert {link.partition(".json")[0].rpartition("/")[2] for link in charts} == {"trend", "years", "rates", "volumes", "heat", "stored", "metres"}
    for link in charts:
        spec = client.get(link).json()
        assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert client.get("/campaign/charts/nonsense.json").status_code == 404


def test_advice_is_noted_by_a_form_and_only_for_sections_one_answers_for(client: TestClient, site: Settings) -> None:
    csrf = come(client, site, "leader")
    assert f'value="{TAX}"' in client.get("/campaign").text and f'<option value="{GENERAL}"' not in client.get("/campaign").text
    assert client.post("/campaign/advice", data={"csrf": csrf, "department": GENERAL, "text": "x"}).status_code == 403
    assert client.post("/campaign/advice", data={"csrf": "", "department": TAX, "text": "x"}).status_code == 403
    again = client.post("/campaign/advice", data={"csrf": csrf, "department": TAX, "text": "封筒を数えた", "on": "2026-13-01"})
    assert again.status_code == 409 and "封筒を数えた" in again.text
    requests = Requests(site.layout.requests_db)
    assert requests.db.conn.execute("SELECT count(*) FROM request").fetchone()[0] == 0
    requests.close()


def test_advice_is_shown_to_the_section_it_was_given_and_to_who_sees_all(client: TestClient, site: Settings) -> None:
    for name, sees in (("leader", True), ("manager", True), ("toukei", False)):
        come(client, site, name)
        assert ("両面印刷を勧めた" in client.get("/campaign").text) is sees, name


def test_without_the_right_or_a_login_there_is_no_page(client: TestClient, site: Settings) -> None:
    come(client, site, "clerk")
    assert client.get("/campaign").status_code == 403
    client.cookies.clear()
    assert client.get("/campaign").headers["location"].startswith("/login")
    assert client.get("/campaign/charts/trend.json").status_code == 303


def test_the_public_page_needs_no_login_and_tells_nothing_of_sections(site: Settings) -> None:
    public = replace(site, campaign=site.campaign.model_copy(update={"public": True}))
    with TestClient(create(public), base_url="http://127.0.0.1", follow_redirects=False) as client:
        answer = client.get("/campaign", params={"fiscal_year": YEAR})
        assert answer.status_code == 200 and "19,023 sheets" in answer.text
        for hidden in ("総務課", "税務課", "両面印刷", "/campaign/rows/", "/campaign/sections/", "too many", "csrf"):
            assert hidden not in answer.text, hidden
        for chart in ("trend", "stored", "metres", "years"):
            assert client.get(f"/campaign/charts/{chart}.json", params={"fiscal_year": YEAR}).status_code == 200
        for hidden in ("charts/heat.json", "charts/rates.json", f"charts/trend.json?department={GENERAL}"):
            assert client.get(f"/campaign/{hidden}").status_code == 404, hidden
        for closed in (f"/campaign/sections/{GENERAL}", "/campaign/rows/paper", "/api/v1/stats/campaign"):
            assert client.get(closed).status_code in (303, 401), closed


def test_a_year_or_campaign_that_cannot_be_is_refused_in_words(client: TestClient, site: Settings) -> None:
    come(client, site, "toukei")
    assert client.get("/campaign", params={"fiscal_year": "x"}).status_code == 400
    assert client.get("/campaign", params={"campaign": 99}).status_code == 404
    assert client.get("/campaign/sections/9999").status_code == 404
    assert str(BASE) in client.get("/campaign", params={"fiscal_year": BASE}).text
