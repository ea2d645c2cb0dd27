"""A clerk's day in a real browser, while a daemon files real scans: they come in by themselves, the doubtful ones are decided by keyboard, a stack is split."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from browsing import chromium, findings, fits, served, window
from custody import GENERAL, TAX, two_sections
from peopled import PASSWORD, cheap_accounts
from playwright.sync_api import Browser, Page, expect

from scanpipe import lock
from scanpipe.config import Settings
from scanpipe.core.rights import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAMPLES = Path(__file__).resolve().parents[2] / "sample_scans"
LOCKED, STACK, LETTER = "20250630170512_001.pdf", "SKM_C25825040112345.pdf", "20251120101233_001.pdf"
SECONDS = 90_000  # ms: reading a few pages on a busy machine


@dataclass(frozen=True)
class Office:
    settings: Settings
    at: str

    def session(self, name: str = "sato") -> str:
        accounts = cheap_accounts(self.settings)
        person = accounts.person(name, "session")
        assert person is not None
        session, _csrf = accounts.open_session(person, datetime.now(self.settings.timezone))
        accounts.close()
        return session

    def scan(self, name: str, section: str = GENERAL) -> None:
        """What the section's scanner does."""
        folder = self.settings.inbox(section)
        part = folder / f"{name}.tmp"
        part.write_bytes((SAMPLES / name).read_bytes())
        part.rename(folder / name)


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """A daemon of its own process."""
    command = [sys.executable, "-m", "scanpipe", "--config", str(settings.file), "run", "--no-web"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (lock.is_running(settings) and settings.layout.catalogue_db.exists()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    yield
    process.terminate()
    process.wait(60)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    settings = two_sections(tmp_path_factory.mktemp("office") / "site", language="en")
    accounts = cheap_accounts(settings)
    now = datetime.now(settings.timezone)
    accounts.add("sato", "佐藤", [Role.CLERK], [GENERAL], [], PASSWORD, "test", now)
    accounts.add("tanaka", "田中", [Role.CLERK], [TAX], [], PASSWORD, "test", now)
    accounts.close()
    with working(settings), served(settings) as at:
        yield Office(settings, at)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def test_a_clerks_day(office: Office, browser: Browser) -> None:
    with window(browser, office.at, "nobody") as page:
        _log_in_by_keyboard(page)
        _scans_come_in(page, office)
        _decide_by_keyboard(page)
        _split_the_stack(page)
        _send_from_the_browser(page, office)
    with window(browser, office.at, office.session("tanaka")) as page:
        page.goto("/")
        expect(page.locator("#no-scans")).to_be_visible()


def _log_in_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.keyboard.type("sato")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Scans of today")
    expect(page.locator("#no-scans")).to_be_visible()


def _scans_come_in(page: Page, office: Office) -> None:
    """No page is loaded again here."""
    expect(page.locator(".live")).to_have_text("Shown as it happens")
    page.evaluate("window.same = true")
    for name in (LOCKED, STACK, LETTER):
        office.scan(name)
    rows = page.locator("#scans tr")
    expect(rows).to_have_count(3, timeout=SECONDS)
    expect(rows.filter(has_text=LOCKED)).to_contain_text("Please check", timeout=SECONDS)
    for name in (STACK, LETTER):
        expect(rows.filter(has_text=name).locator(".tag")).to_have_text(re.compile("Filed away|Please check"), timeout=SECONDS)
    expect(page.locator(".totals")).to_contain_text(re.compile(r"Came in\s*3"))
    assert page.evaluate("window.same") is True and findings(page) == []


def _decide_by_keyboard(page: Page) -> None:
    """Not a click: the first suggestion is taken, a category typed, a decision taken back."""
    page.goto("/review")
    assert findings(page) == []
    left = int(re.findall(r"\d+", page.locator(".left").inner_text())[0])
    for n in range(left):
        number = page.locator("h1 a").inner_text()
        if page.locator("input[name=category]").count():
            page.keyboard.press("1")
        else:  # nothing is suggested: the field is waiting
            page.keyboard.type("TEMP")
        page.keyboard.press("Enter")
        expect(page.locator(".last")).to_contain_text("Saved:")
        if n == 0:
            page.keyboard.press("Escape")
            page.keyboard.press("u")
            expect(page.locator(".last")).to_contain_text("taken back")
            assert page.locator("h1 a").inner_text() == number
            page.keyboard.press("Escape")  # out of the field, if one is waiting
            page.keyboard.press("c")
            page.keyboard.type("軽易")
            page.keyboard.press("Enter")
            expect(page.locator(".last")).to_contain_text("Category: 軽易")
    expect(page.locator("main")).to_contain_text("Nothing waits for you")


def _split_the_stack(page: Page) -> None:
    page.goto("/")
    row = page.locator("#scans tr").filter(has_text=STACK)
    number = row.locator("a").first.get_attribute("href")
    page.goto(f"{number}/split")
    assert findings(page) == []
    page.get_by_label(re.compile("Page 2")).check()
    page.get_by_role("button", name="On: see the parts").click()
    page.get_by_label("Title").nth(1).fill("別紙")
    assert findings(page) == []
    page.get_by_role("button", name="Split now").click()
    parts = page.locator(".notice.good li")
    expect(parts).to_have_count(2, timeout=SECONDS)
    page.goto("/")
    expect(page.locator("#scans tr").filter(has_text="part 2/2")).to_contain_text("別紙", timeout=SECONDS)


def _send_from_the_browser(page: Page, office: Office) -> None:
    page.goto("/upload")
    assert findings(page) == []
    page.set_input_files("#files", [SAMPLES / LETTER, SAMPLES / "MANIFEST.toml"])
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".sent .good")).to_have_count(1)
    expect(page.locator(".sent .bad")).to_contain_text("MANIFEST.toml is not sent")
    page.get_by_role("link", name="To the scans of today").click()
    expect(page.locator("#scans tr").filter(has_text="Came twice")).to_have_count(1, timeout=SECONDS)


def test_without_scripts_the_day_and_the_review_work_too(office: Office, browser: Browser) -> None:
    office.scan("FAX20251114154702.pdf")
    with window(browser, office.at, office.session(), script=False, narrow=True) as page:
        deadline = time.monotonic() + SECONDS / 1000
        page.goto("/")
        while not page.locator("tr.good, tr.doubt").filter(has_text="FAX20251114154702").count():
            assert time.monotonic() < deadline
            time.sleep(0.3)
            page.get_by_role("link", name="Show the state of now").click()
        assert fits(page)
        number = page.locator("#scans tr").filter(has_text="FAX20251114154702").locator("a").first.get_attribute("href")
        page.goto(f"{number}/correct")
        assert fits(page)
        page.locator("#title").fill("支柱の在庫")
        page.get_by_role("button", name=re.compile("^Save")).click()
        expect(page.locator("h1")).to_contain_text("支柱の在庫")


def test_the_wall_shows_the_section_to_whoever_has_its_link(office: Office, browser: Browser) -> None:
    accounts = cheap_accounts(office.settings)
    now = datetime.now(office.settings.timezone)
    token = accounts.add_wall("wall", GENERAL, False, "test", now)
    with browser.new_context(base_url=office.at, viewport={"width": 1920, "height": 1080}).new_page() as page:
        page.goto(f"/wall/{token}")
        expect(page.locator(".live")).to_have_text("Shown as it happens")
        assert findings(page) == [] and page.locator("a").count() == 0
    accounts.revoke_token("wall", "test", now)
    accounts.close()
