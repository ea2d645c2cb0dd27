"""A served site and a real browser, for tests of what only a browser does."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from scanpipe.config import Settings
from scanpipe.web.application import create

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """The site's pages on a free port of this machine; where they are."""
    server = uvicorn.Server(uvicorn.Config(create(settings), host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's own; the test is skipped where there is none."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, at: str, session: str, *, script: bool = True, narrow: bool = False, **more: object) -> Iterator[Page]:
    """A page of somebody who has logged in. Fails at the end if a script failed, a dialog opened or the content policy was broken."""
    context = browser.new_context(base_url=at, viewport=NARROW if narrow else WIDE, java_script_enabled=script, locale="ja-JP", **more)  # type: ignore[arg-type]
    context.add_cookies([{"name": "scanpipe_session", "value": session, "url": at}])
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert wrong == []


def findings(page: Page) -> list[str]:
    """What axe has to say against the page as it is."""
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:120]}" for one in Axe().run(page).response["violations"]]


def fits(page: Page) -> bool:
    """Whether nothing makes the whole page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
