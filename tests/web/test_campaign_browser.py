"""The campaign in a real browser: charts drawn without any script or style of the page's own, tables for who sees none, narrow, dark and on paper."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from browsing import chromium, findings, fits, served, window
from figured_office import YEAR, office
from peopled import cheap_accounts
from playwright.sync_api import Browser

from scanpipe.config import Settings
from scanpipe.core.rights import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = (
    f"/campaign?fiscal_year={YEAR}",
    f"/campaign/sections/0101?fiscal_year={YEAR}",
    f"/campaign/rows/paper?fiscal_year={YEAR}",
    "/campaign/paper",
    "/campaign/cabinets/A-1",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return office(tmp_path_factory.mktemp("drawn") / "site")


@pytest.fixture(scope="module")
def at(site: Settings) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def session(site: Settings) -> str:
    accounts = cheap_accounts(site)
    now = datetime.now(site.timezone)
    accounts.add("manager", "", [Role.RECORDS_MANAGER], [], [], None, "test", now)
    person = accounts.person("manager", "session")
    assert person
    opened = accounts.open_session(person, now)[0]
    accounts.close()
    return opened


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_finding_fit_and_draw_their_charts(browser: Browser, at: str, session: str, narrow: bool, scheme: str) -> None:
    for path in PAGES:
        with window(browser, at, session, narrow=narrow, color_scheme=scheme) as page:
            page.goto(path)
            charts = page.locator("[data-chart]").count()
            for n in range(charts):
                page.locator("[data-chart]").nth(n).locator("svg").wait_for(timeout=60_000)
            assert charts == (9 if path.startswith("/campaign?") else 5 if "sections" in path else 0)
            assert findings(page) == [] and fits(page)


def test_without_scripts_every_chart_has_its_table(browser: Browser, at: str, session: str) -> None:
    with window(browser, at, session, script=False) as page:
        page.goto(PAGES[0])
        assert page.locator("[data-chart] svg").count() == 0
        page.locator("figure.chart + details > summary").first.click()
        assert page.locator("figure.chart + details[open] td").first.is_visible()


def test_the_order_of_sections_is_changed_by_the_keyboard_alone(browser: Browser, at: str, session: str) -> None:
    with window(browser, at, session, script=False) as page:
        page.goto(PAGES[0])
        heading = page.locator("table.ranking thead th").nth(2).locator("a")
        heading.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**sort=saved**")
        assert page.locator('table.ranking thead th[aria-sort="descending"]').count() == 1
