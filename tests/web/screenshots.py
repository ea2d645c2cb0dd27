"""`make screenshots`: every page at 1280 and 360 px, light and dark, Japanese and English, into var/screenshots. To be looked at.

python tests/web/screenshots.py [--out FOLDER] [PATH …]: of a demo site (make demo makes it) that is copied, served and thrown away. Exit 1 where axe finds something,
a page does not fit its width, or a browser complains.
"""

import argparse
import hashlib
import io
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "web")]

from axe_playwright_python.sync_playwright import Axe  # noqa: E402
from browsing import served  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import BrowserContext, Page, sync_playwright  # noqa: E402
from sites import set_keys  # noqa: E402

from scanpipe import config  # noqa: E402
from scanpipe.accounts import Accounts  # noqa: E402
from scanpipe.catalogue.reader import CatalogueReader  # noqa: E402
from scanpipe.catalogue.requests import Requests  # noqa: E402
from scanpipe.config import Settings  # noqa: E402
from scanpipe.core.campaign.paper_reading import Said  # noqa: E402
from scanpipe.core.rights import Role  # noqa: E402
from scanpipe.core.serial import as_json, canonical  # noqa: E402
from scanpipe.daemon import Daemon  # noqa: E402
from scanpipe.upkeep.campaign import paper_files  # noqa: E402
from scanpipe.web.application import create  # noqa: E402
from scanpipe.web.paper_sent import SentPaper  # noqa: E402
from scanpipe.web.previews import Previews  # noqa: E402

PASSWORD = "midori no oka 2026"
LOOKS = [(width, scheme, language) for width in (1280, 360) for scheme in ("light", "dark") for language in ("ja", "en")]
PAGES = (
    "/", "/search", "/search?q=契約", "/search?q=(契約", "/search?q=存在しない語句", "{record}", "{record}?q=契約", "{record}/correct", "{record}/split", "{record}/split?pages=1",
    "{record}/merge", "{record}/replace", "{record}/parted?what=split", "/review", "/retention", "/retention/due", "/retention/disposals", "/retention/disposals/{list}",
    "/retention/withdraw", "/retention/holds", "/retention/holds/new", "/retention/register", "/retention/binders", "/retention/boxes", "/retention/boxes/{box}",
    "/retention/events", "/retention/events?category=HR", "/retention/schedule", "/retention/schedule/changes", "/retention/schedule/changes?category=PERMIT",
    "/retention/schedule/changes/accept", "/campaign", "/campaign/sections/{section}", "/campaign/rows/paper", "/campaign/rows/sheets/digitised", "/campaign/rows/cabinets",
    "/campaign/paper", "/campaign/paper/{preview}", "/campaign/cabinets/{cabinet}",
    "/password", "/admin", "/admin/sections", "/admin/categories", "/admin/users", "/admin/users/one?name=kanri", "/admin/tokens",
    "/admin/configuration", "/admin/events", "/api/docs", "/nothing",
)  # fmt: skip
CLERKS_PAGES = ("/upload",)  # for who has sections of their own
OPEN_PAGES = ("/login", "{wall}")
NO_PICTURE = re.compile(
    r"/api/v1|/api/openapi|/events/|/healthz|/language|/metrics|/campaign/reports/|/wall/.*/events|/review/\{|.*\.(csv|json|jpg|js|pdf|xlsx)\Z|.*/original\Z"
)
README = {"search": "/search?q=契約", "record": "{record}?q=研修"}  # pictures that the README shows


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--site", type=Path, default=ROOT / "var" / "demo", help="a site with some records; it is copied")
    options.add_argument("--out", type=Path, default=ROOT / "var" / "screenshots")
    options.add_argument("--readme", type=Path, metavar="FOLDER", help="only the README's pictures, small, into this folder")
    options.add_argument("paths", nargs="*", metavar="PATH")
    chosen = options.parse_args()
    if not (chosen.site / "config" / "scanpipe.toml").exists():
        options.error(f"there is no site in {chosen.site}; make one first: make demo")
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scanpipe-screenshots-") as temporary:
        settings = copied(chosen.site, Path(temporary) / "site")
        if chosen.readme:
            return for_readme(settings, chosen.readme)
        found = [*missing(settings), *drawn(settings, chosen.out, chosen.paths)]
    print("\n".join(found) or "Nothing found.", f"{len(list(chosen.out.glob('*.png')))} pictures in {chosen.out}", sep="\n")
    return 1 if found else 0


def copied(site: Path, folder: Path) -> Settings:
    """With two people in it, and with something on each page."""
    shutil.copytree(site, folder, symlinks=True)
    for file in (folder / "config").glob("*.toml"):
        file.write_text(file.read_text("utf-8").replace(str(site), str(folder)), "utf-8")
    set_keys(folder / "config" / "scanpipe.toml", host="127.0.0.1")
    schedule = folder / "config" / "retention.toml"
    head, tail = schedule.read_text("utf-8").split('code = "PERMIT"', 1)
    schedule.write_text(f'{head}code = "PERMIT"{re.sub("period = [0-9]+", "period = 10", tail, count=1)}', "utf-8")
    settings = config.load(folder / "config" / "scanpipe.toml")
    with Daemon(settings, timetable=False) as daemon:  # a catalogue of another version is made again
        furnished(settings, daemon)
    settings.layout.accounts_db.unlink(missing_ok=True)
    accounts, now = Accounts(settings.layout.accounts_db), datetime.now(settings.timezone)
    codes = [one.code for one in settings.departments[:2]]
    accounts.add("kanri", "管理者", [Role.ADMINISTRATOR, Role.RECORDS_MANAGER], [], ["*"], PASSWORD, "screenshots", now)
    accounts.add("sato", "佐藤 花子", [Role.CLERK], codes, [], PASSWORD, "screenshots", now)
    accounts.add_token("月次報告", "sato", ["statistics"], "kanri", now)
    accounts.close()
    return settings


def furnished(settings: Settings, daemon: Daemon) -> None:
    """A record that is due, on a list; one that is held; a box with paper."""
    requests = Requests(settings.layout.requests_db)

    def ask(verb: str, **wants: Any) -> None:
        wish = requests.ask(verb, "鈴木 一郎", datetime.now(settings.timezone), **wants)
        daemon.turn(0.05)
        requests.wait_for(wish, seconds=1)

    *boxed, held, old = _numbers(settings)
    ask("correct", numbers=[old], changes={"category": "ACCOUNT", "completed": "2015-05-01"}, reason="")
    ask("hold", kind="disclosure", reason="開示請求の対象文書", reference="情公第3号", numbers=[held])
    ask("paper_box", box="A-0012", numbers=boxed[:3], reason="")
    described = {"id": "C-0001", "department": settings.departments[0].code, "place": "2階 執務室 北", "tiers": 5, "width_m": 0.8}
    ask("cabinet_set", cabinets=[described], only="new")
    ask("dispose", fiscal_year=None, department=None, reason="")
    ask("dispose_select", list=_list(settings), numbers=[old], action="transfer", reason="庁舎の建設に関わるもの")
    requests.close()


def _numbers(settings: Settings) -> list[str]:
    """Of all records that came on paper, the section with most of them first, those of many pages first."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        sql = (
            "SELECT a.number FROM accession a JOIN description d ON d.accession_id = a.id WHERE NOT d.proof_only AND a.state = 'accounted' AND d.sheets > 0"
            " ORDER BY count(*) OVER (PARTITION BY a.department) DESC, a.department, d.pages DESC"
        )
        return [row["number"] for row in reader.db.conn.execute(sql)]
    finally:
        reader.close()


def missing(settings: Settings) -> Iterator[str]:
    """Pages of the application that are not drawn."""
    held = [route for one in create(settings).routes for route in (one.original_router.routes if hasattr(one, "original_router") else [one])]
    pages = {route.path for route in held if "GET" in (getattr(route, "methods", None) or ()) and not NO_PICTURE.match(route.path)}
    shown = [path.partition("?")[0].replace("{record}", "/records/x").replace("{wall}", "/wall/x") for path in (*PAGES, *CLERKS_PAGES, *OPEN_PAGES)]
    for path in sorted(pages):
        if not any(re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)), one) for one in shown):
            yield f"{path}: no picture is made of it"


def for_readme(settings: Settings, folder: Path) -> int:
    """1280 x 800 in Japanese, light, with 256 colours."""
    folder.mkdir(parents=True, exist_ok=True)
    places = {"record": f"/records/{_numbers(settings)[0]}"}
    with served(settings) as base, sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1280, "height": 800}, locale="ja-JP").new_page()
        _log_in(page, base)
        for name, path in README.items():
            page.goto(base + path.format(**places), wait_until="networkidle")
            with Image.open(io.BytesIO(page.screenshot())) as picture:
                picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT).save(folder / f"{name}.png", optimize=True)
        browser.close()
    return 0


def _log_in(page: Page, base: str, name: str = "kanri") -> None:
    page.goto(f"{base}/login")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button.main")


def drawn(settings: Settings, out: Path, paths: Sequence[str]) -> Iterator[str]:
    """Draws them; what is wrong with them, in sentences."""
    places = {
        "record": f"/records/{_numbers(settings)[0]}",
        "wall": f"/wall/{_wall(settings)}",
        "list": _list(settings),
        "box": "A-0012",
        "cabinet": "C-0001",
        "preview": _preview(settings),
        "section": settings.departments[0].code,
    }
    with served(settings) as base, sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for width, scheme, language in LOOKS:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language)  # type: ignore[arg-type]
            context.add_cookies([{"name": "scanpipe_language", "value": language, "url": base}])
            look = f"{width}-{scheme}-{language}"
            with _page(context) as (page, said):
                for path in paths or OPEN_PAGES:
                    yield from _one(page, base, path.format(**places), out, look, said)
                for name, seen in (("sato", CLERKS_PAGES), ("kanri", PAGES)):
                    context.clear_cookies(name="scanpipe_session")
                    _log_in(page, base, name)
                    for path in paths or seen:
                        yield from _one(page, base, path.format(**places), out, look, said)
            context.close()
        browser.close()


def _preview(settings: Settings) -> str:
    """A file of paper that kanri has sent and not yet brought."""
    first, second = (one.name for one in settings.departments[:2])
    raw = f"年月,課,区分,単位,数量\n2026-04,{first},購入,箱,4\n2026-04,{second},購入,箱,3\n2026-04,{second[:-1]},購入,箱,2\n".encode()
    reading = paper_files.read_bytes(raw, "用紙購入.csv", settings.departments, Said())
    paper = SentPaper(name="用紙購入.csv", sha256=hashlib.sha256(raw).hexdigest(), reason="", reading=reading)
    return Previews(settings.layout.web / "previews").keep("kanri", canonical(as_json(paper)))


@contextmanager
def _page(context: BrowserContext) -> Iterator[tuple[Page, list[str]]]:
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page, said


def _one(page: Page, base: str, path: str, out: Path, look: str, said: list[str]) -> Iterator[str]:
    said.clear()
    answer = page.goto(base + path)
    page.wait_for_timeout(250)
    name = "".join(sign if sign.isalnum() else "-" for sign in path.strip("/")) or "today"
    page.screenshot(path=out / f"{name[:60]}-{look}.png", full_page=True)
    where = f"{path} ({look})"
    status = answer.status if answer else 0
    if status >= 500:
        yield f"{where}: answers {status}"
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        yield f"{where}: {wide} px too wide"
    yield from (f"{where}: {message}" for message in said if f"status of {status}" not in message)
    yield from (f"{where}: {finding}" for finding in _axe(page))


def _axe(page: Page) -> Iterator[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    for one in found:
        yield f"{one['id']}: {one['nodes'][0]['html'][:120]}"


def _list(settings: Settings) -> str:
    """The number of the newest disposal list."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        row = reader.db.conn.execute("SELECT number FROM disposal ORDER BY number DESC LIMIT 1").fetchone()
        return str(row["number"]) if row else "none"
    finally:
        reader.close()


def _wall(settings: Settings) -> str:
    accounts = Accounts(settings.layout.accounts_db)
    text = accounts.add_wall("玄関", settings.departments[0].code, True, "screenshots", datetime.now(settings.timezone))
    accounts.close()
    return text


if __name__ == "__main__":
    sys.exit(main())
