"""Daemon and pages as two users, as their units have them: a day's work goes through, and who takes over the pages can alter nothing that is in custody."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from custody import GENERAL, files_in, two_sections
from sites import set_keys
from two_users import DAEMON, WEB, User, skip_unless_possible

from scanpipe import config, lock
from scanpipe.accounts import Accounts
from scanpipe.catalogue.journal import chain
from scanpipe.config import Settings
from scanpipe.core.rights import Role

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).resolve().parents[2] / "sample_scans"
PASSWORD = "midori no oka 2026"
SCAN, WORD = "進捗報告_20251020.pdf", "デジタル化推進計画"  # born digital: nothing need be read from its picture
_WRITABLE = """
import json, os, sys
top = sys.argv[1]
found = [os.path.join(where, name) for where, folders, files in os.walk(top) for name in (*folders, *files, ".")]
print(json.dumps(sorted({os.path.relpath(path, top) for path in found if not os.path.islink(path) and os.access(path, os.W_OK)})))
"""
_PLANTED = """
import sys
from pathlib import Path
done = []
for path in map(Path, sys.argv[1:]):
    for name, harm in {"write": lambda: path.open("ab").close(), "remove": path.unlink, "beside": lambda: (path.parent / "planted").write_bytes(b"x")}.items():
        try:
            harm()
        except OSError:
            continue
        done.append(f"{name} {path}")
print(done)
"""


@dataclass(frozen=True)
class Office:
    """site: its folder."""

    settings: Settings
    site: Path

    def said(self, user: User) -> str:
        """By its process, last."""
        return (self.site.parent / f"{user.number}.log").read_text("utf-8", "replace")[-2000:]

    def writable(self, user: User) -> set[str]:
        """What the rights of files alone let this user write, without the unit's mounts: paths below the site."""
        return set(json.loads(user.ran(self.site, sys.executable, "-c", _WRITABLE, str(self.site))))


@pytest.fixture(scope="module")
def daemon() -> User:
    return User.of("scanpipe.service")


@pytest.fixture(scope="module")
def web() -> User:
    return User.of("scanpipe-web.service")


@pytest.fixture(scope="module")
def office(daemon: User) -> Iterator[Office]:
    """Made by the daemon's user, then opened to the other as tmpfiles.d does it; an account made by root, as administrators do."""
    skip_unless_possible()
    place = Path(tempfile.mkdtemp(prefix="scanpipe-two-users-"))
    place.chmod(0o755)
    try:
        settings = two_sections(place / "site", language="en")
        set_keys(settings.file, engine="tesseract", host=str(settings.layout.web / "pages.sock"))
        settings = config.load(settings.file)
        for path in (place / "site", *(place / "site").rglob("*")):
            os.chown(path, DAEMON, DAEMON, follow_symlinks=False)
        for section in settings.departments:
            for folder in (inbox := settings.inbox(section), *(one for one in inbox.iterdir() if one.is_dir())):
                folder.chmod(0o2770)  # chown took the bit away
        accounts = Accounts(settings.layout.accounts_db)
        accounts.add("sato", "佐藤", [Role.CLERK, Role.STATISTICS], [GENERAL], [], PASSWORD, "root", datetime.now(UTC))
        accounts.close()
        opened(settings.layout.web)  # as each start of the daemon's unit does it, here after the first account was made
        yield Office(settings, place / "site")
    finally:
        shutil.rmtree(place)


def opened(folder: Path) -> None:
    """What the line of systemd/scanpipe.tmpfiles does."""
    (line,) = [
        one.split() for one in (Path(__file__).resolve().parents[2] / "systemd" / "scanpipe.tmpfiles").read_text("utf-8").splitlines() if "/store/web" in one
    ]
    _kind, _path, mode, user, group = line[:5]
    shutil.chown(folder, *({"scanpipe": DAEMON, "scanpipe-web": WEB}[name] for name in (user, group)))
    folder.chmod(int(mode, 8))


def until(found: Callable[[], object], seconds: float = 120.0) -> None:
    ends = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.1)


@contextmanager
def pages(office: Office, web: User) -> Iterator[httpx.Client]:
    """The web's process, and a browser at it."""
    with web.running(office.site, "web") as process:
        transport = httpx.HTTPTransport(uds=office.settings.web.host)
        with httpx.Client(transport=transport, base_url="http://midori", timeout=60, headers={"sec-fetch-site": "same-origin"}) as client:
            until(lambda: answers(office, web, client, process))
            yield client


def answers(office: Office, web: User, client: httpx.Client, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, office.said(web)
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def works(office: Office, daemon: User) -> Iterator[None]:
    with daemon.running(office.site, "run", "--no-web") as process:
        until(lambda: process.poll() is not None or (lock.is_running(office.settings) and office.settings.layout.catalogue_db.exists()))
        assert process.poll() is None, office.said(daemon)
        yield


def found(client: httpx.Client, word: str) -> list[str]:
    """Numbers of the records with this word."""
    answer = client.get("/api/v1/search", params={"q": word})
    return [one["number"] for one in answer.json()["hits"]] if answer.status_code == 200 else []


def logged_in(client: httpx.Client) -> str:
    """Over the form of the login; what forms must carry from now on."""
    assert client.get("/").headers["location"].startswith("/login")
    assert client.post("/login", data={"name": "sato", "password": PASSWORD}).status_code == 303
    form = client.get("/upload")
    assert form.status_code == 200
    return re.findall(r'name="csrf" value="([^"]+)"', form.text)[0]


def test_a_days_work_goes_through_daemon_and_pages_of_two_users(office: Office, daemon: User, web: User) -> None:
    original = (SAMPLES / SCAN).read_bytes()
    with works(office, daemon), pages(office, web) as client:
        csrf = logged_in(client)
        sent = client.post("/upload", data={"csrf": csrf, "department": GENERAL}, files={"files": (SCAN, original)})
        assert sent.status_code == 303, sent.text
        until(lambda: found(client, WORD))
        (number,) = found(client, WORD)
        decided = client.post(f"/api/v1/records/{number}/corrections", json={"changes": {"title": "直した件名"}}, headers={"x-csrf-token": csrf})
        assert decided.status_code == 200, decided.text
        until(lambda: found(client, "直した件名") == [number])
        assert client.get(f"/records/{number}/pages/1.jpg", params={"width": 240}).headers["content-type"] == "image/jpeg"
        assert client.get(f"/api/v1/records/{number}/original").content == original
        assert client.get("/campaign/vega.js").status_code == 200  # made once, in a process of its own, and kept in store/web
        assert client.get("/campaign/figures.xlsx").content[:2] == b"PK"
    with pages(office, web) as client:  # no daemon: what is filed is found all the same
        logged_in(client)
        assert found(client, WORD) == [number] and client.get(f"/records/{number}").status_code == 200
    kinds = [(event.kind, event.actor) for event in chain(office.settings.layout.journal)]
    assert ("corrected", "sato") in kinds and ("uploaded", "sato") in kinds


def test_who_takes_over_the_pages_alters_nothing_in_custody(office: Office, daemon: User, web: User) -> None:
    """By the rights of files alone, as if the unit shut nothing; after a day's work, with all that it leaves."""
    layout = office.settings.layout
    assert files_in(layout.vault) and files_in(layout.journal) and layout.catalogue_db.exists() and files_in(layout.taken)
    mine, theirs = office.writable(web), office.writable(daemon)
    shares = str(layout.shares.relative_to(office.site))
    sent = {str(path.relative_to(office.site)) for path in files_in(layout.taken)}  # its own upload's source, until it is purged: compared before that
    others = {path for path in mine if not path.startswith(("store/web", f"{shares}/"))} - sent
    assert others == set(), "the user of the pages writes more than wishes, accounts and drop folders"
    assert {"store/journal", "store/db/catalogue.db", "store/archive/vault"} <= {path.removesuffix("/.") for path in theirs}
    assert {"store/web/accounts.db", "store/web/requests.db"} <= mine & theirs


def test_the_unit_shuts_custody_even_from_what_its_user_owns(office: Office, daemon: User, web: User) -> None:
    layout = office.settings.layout
    kept = [next(iter(files_in(folder))) for folder in (layout.vault, layout.journal, layout.taken, layout.proof.parent / "db", office.settings.file.parent)]
    assert web.ran(office.site, sys.executable, "-c", _PLANTED, *map(str, kept), shut=True).strip() == "[]"
    scrap = layout.web / "upload" / "scrap"
    scrap.write_bytes(b"x")
    shutil.chown(scrap, WEB, WEB)
    assert len(eval(web.ran(office.site, sys.executable, "-c", _PLANTED, str(scrap), shut=True))) == 3  # else the probes would prove nothing
