"""Search and record page in a real browser: keys, hits on the picture, no script from a scan, nothing for axe to find."""

import re
from collections.abc import Iterator

import pytest
from browsing import chromium, findings, fits, served, window
from found_records import Archive, found_archive, session_of
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAYLOADS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<svg onload=alert(1)>", "</template><script>alert(1)</script>", "{{7*7}}", "'-alert(1)-'",
    "</title><script>alert(1)</script>", '" autofocus onfocus=alert(1) x="', "<iframe srcdoc='<script>alert(1)</script>'>", "javascript:alert(1)",
)  # fmt: skip


def _fill(archive: Archive) -> None:
    archive.file("物品購入契約書", ["物品購入契約書", "発注者"], ["契約金額", "金792,000円"], ["以上"])
    for payload in PAYLOADS:
        archive.file(payload, [f"攻撃 {payload}"], [payload], name=f"{payload}.pdf", sender=payload)
    archive.file("保護の決定", ["生活保護の決定通知"], category="WELFARE", restricted=True)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return found_archive(tmp_path_factory.mktemp("looking") / "site", _fill)


@pytest.fixture(scope="module")
def at(archive: Archive) -> Iterator[str]:
    with served(archive.settings) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def session(archive: Archive) -> str:
    return session_of(archive, "manager")[0]


def test_from_the_search_box_to_the_hit_on_the_page(browser: Browser, at: str, session: str) -> None:
    with window(browser, at, session) as page:
        page.goto("/search")
        page.locator("#q").fill("792000")
        page.keyboard.press("Enter")
        expect(page.locator(".snippet mark")).to_have_text("792,000")
        page.locator(".hits h3 a").click()
        expect(page.locator(".place")).to_have_text("Page 2 of 3")
        mark, sheet = page.locator(".marks .hit"), page.locator(".sheet")
        expect(mark).to_have_count(1)
        box, whole = mark.bounding_box(), sheet.bounding_box()
        assert box and whole
        left = (box["x"] - whole["x"]) / whole["width"] * 1654
        assert 200 < left < 330 and (box["y"] - whole["y"]) / whole["height"] * 2339 == pytest.approx(300, abs=12)


def test_keys_turn_zoom_and_rotate(browser: Browser, at: str, session: str, archive: Archive) -> None:
    with window(browser, at, session) as page:
        page.goto(f"/records/{archive.numbers[0]}")
        sheet = page.locator(".sheet")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".words")).to_contain_text("金792,000円")
        expect(page.locator(".place")).to_have_text("Page 2 of 3")
        assert page.url.endswith("?page=2")
        page.keyboard.press("End")
        expect(page.locator(".words")).to_contain_text("以上")
        page.keyboard.press("ArrowRight")  # there is no page after the last
        page.keyboard.press("PageUp")
        expect(page.locator(".place")).to_have_text("Page 2 of 3")
        before = sheet.bounding_box()
        page.keyboard.press("+")
        larger = sheet.bounding_box()
        page.keyboard.press("0")
        page.keyboard.press("r")
        turned = sheet.bounding_box()
        assert before and larger and turned
        assert larger["width"] == pytest.approx(before["width"] * 1.25, rel=0.02)
        assert turned["width"] > turned["height"]
        page.keyboard.press("?")
        expect(page.locator("dialog.key-list")).to_be_visible()
        assert findings(page) == []
        page.keyboard.press("Escape")
        page.locator("#find").fill("?r")
        assert page.locator("#find").input_value() == "?r"


def test_who_switches_single_keys_off_keeps_the_arrows(browser: Browser, at: str, session: str, archive: Archive) -> None:
    with window(browser, at, session) as page:
        page.goto(f"/records/{archive.numbers[0]}")
        page.keyboard.press("?")
        page.get_by_label("Use single keys").uncheck()
        page.keyboard.press("Escape")
        before = page.locator(".sheet").bounding_box()
        page.keyboard.press("r")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".place")).to_have_text("Page 2 of 3")
        assert page.locator(".sheet").bounding_box() == before
        page.reload()
        page.keyboard.press("?")
        expect(page.locator("dialog.key-list")).to_be_hidden()


def test_on_a_record_of_one_page_the_keys_scroll(browser: Browser, at: str, session: str, archive: Archive) -> None:
    with window(browser, at, session, narrow=True) as page:
        page.goto(f"/records/{archive.numbers[-1]}")
        expect(page.locator(".lively")).to_be_visible()
        expect(page.locator(".part summary").last).not_to_be_in_viewport()
        page.keyboard.press("End")
        expect(page.locator(".part summary").last).to_be_in_viewport()


def test_without_javascript_pages_are_read_and_turned(browser: Browser, at: str, session: str, archive: Archive) -> None:
    with window(browser, at, session, script=False) as page:
        page.goto(f"/records/{archive.numbers[0]}?q=金額")
        expect(page.locator(".words mark")).to_have_text("金額")
        page.locator('[rel="next"]').click()
        expect(page.locator(".words")).to_contain_text("以上")
        expect(page.locator(".sharp")).to_be_visible()


def test_no_title_text_or_name_of_a_scan_runs(browser: Browser, at: str, session: str, archive: Archive) -> None:
    with window(browser, at, session) as page:
        page.goto("/search?q=攻撃")
        expect(page.locator(".hits > li")).to_have_count(len(PAYLOADS))
        for number, payload in zip(archive.numbers[1:], PAYLOADS, strict=False):
            page.goto(f"/records/{number}")
            expect(page.locator("h1 bdi").first).to_have_text(payload)
            page.keyboard.press("ArrowRight")
            expect(page.locator(".words")).to_have_text(payload)


def test_who_mistypes_the_password_is_told_and_comes_to_the_page_that_was_wanted(browser: Browser, at: str) -> None:
    with window(browser, at, "nobody") as page:
        page.goto("/retention")
        expect(page).to_have_url(re.compile(r"/login\?next=%2Fretention"))
        page.keyboard.type("clerk")
        page.keyboard.press("Tab")
        page.keyboard.type("midori no oka 2025")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.locator("#password")).to_be_focused()
        expect(page.locator("#name")).to_have_value("clerk")
        assert findings(page) == []
        page.keyboard.type("midori no oka 2026")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/retention$"))


def test_who_goes_on_guessing_has_to_wait_even_with_the_right_password(browser: Browser, at: str) -> None:
    with window(browser, at, "nobody") as page:
        page.goto("/login")
        said = ""
        for password in (*["wrong wrong wrong"] * 5, "midori no oka 2026"):
            page.locator("#name").fill("other")
            page.locator("#password").fill(password)
            with page.expect_navigation() as came:
                page.keyboard.press("Enter")
            said = page.get_by_role("alert").inner_text()
        assert came.value.status == 429 and re.search(r"\d", said)  # how long


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Browser, at: str, session: str, archive: Archive, narrow: bool, scheme: str) -> None:
    with window(browser, at, session, narrow=narrow, color_scheme=scheme) as page:
        for address in (
            "/search",
            "/search?q=契約",
            "/search?q=水族館",
            "/search?q=(",
            f"/records/{archive.numbers[0]}?q=契約",
            f"/records/{archive.numbers[-1]}",
        ):
            page.goto(address)
            page.wait_for_load_state("networkidle")
            assert (address, findings(page), fits(page)) == (address, [], True)


def test_the_words_in_the_head_of_a_page_stand_on_one_line(browser: Browser, at: str, session: str) -> None:
    middles = """() => [...document.querySelectorAll('.top nav a, .person summary, .language button')].map((one) => {
        const words = document.createRange(); words.selectNodeContents(one);
        const box = words.getBoundingClientRect(); return (box.top + box.bottom) / 2; })"""
    with window(browser, at, session) as page:
        page.goto("/")
        found = page.evaluate(middles)
        assert len(found) > 3 and max(found) - min(found) < 0.6
