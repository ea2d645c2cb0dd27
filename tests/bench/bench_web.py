"""The web beside the daemon: python tests/bench/bench_web.py [--users 50] [--seconds 20]

The time from `scanpipe web` to its first answer, what it holds in memory, and how long people wait for search and record pages while so many of them click
and the daemon reads a batch; then how much longer the same batch takes than alone. Users are httpx clients in a process of their own that think for a while between
two clicks, as people do. Last, when the first page of a record is seen in Chromium, each record's for the first time.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from figures import Row, Target, show
from playwright.sync_api import sync_playwright
from running import SECTION, RunningSite, as_one_file, one_page_scans, running
from truth import ROOT

from scanpipe.accounts import Accounts
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search_result import Access
from scanpipe.catalogue.visible import narrow
from scanpipe.core.rights import Role

START, MEMORY, WAIT, SLOWER = Target(most=1.5), Target(most=0.2), Target(most=300.0), Target(most=1.10)
_STARTS = 4
THINK = (0.5, 1.5)  # seconds between two clicks of one person
WORDS = ("税", "契約", "住民票", "通知", "令和7年度", "工事請負契約", "会議録", "報告書", "請求", "課:1202", "要綱 OR 条例", "市長 NOT 議会")
FILED, BATCH = 24, 60  # records to look at; pages of the batch


def rows(users: int = 50, seconds: float = 20.0, filed: int = FILED, batch: int = BATCH) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as temporary:
        folder = Path(temporary)
        with running(folder) as site:
            _file(site, one_page_scans(folder / "filed", filed))
            alone = _batch(site, folder / "alone", batch)
            starts = []
            for _ in range(_STARTS):  # the first one writes bytecode, as an installer does
                with served(site) as (_base, _process, began):
                    starts.append(began)
            yield Row(what="start of the web process, to its first answer", figure=statistics.median(starts[1:]), unit="s", target=START)
            with served(site) as (base, process, _began):
                waits, beside = _beside(site, folder, base, users, seconds, batch)
                held, lane = process.memory_info().rss / 1e9, sum(one.memory_full_info().pss for one in process.children(recursive=True)) / 1e9
                seen = _first_pages(site, base)
                yield Row(
                    what="memory of the web process (RSS)", figure=held, unit="GB", target=MEMORY, note=f"after {users} users; its lane beside: {lane:.2f} GB"
                )
        for page, times in waits["times"].items():
            yield _wait(page, times, users, waits["faults"])
        for what, times in seen.items():
            note = f"p50 {statistics.median(times):.0f}; {len(times)} records, in Chromium, since the click"
            yield Row(what=f"first page of a record, {what} (p95)", figure=statistics.quantiles(times, n=20)[18], unit="ms", target=WAIT, note=note)
        yield Row(
            what="a batch read while people click, against alone",
            figure=beside / alone,
            unit="x",
            target=SLOWER,
            note=f"{alone:.1f} s, {beside:.1f} s, {batch} pages",
        )


def _wait(page: str, times: Sequence[float], users: int, faults: int) -> Row:
    marks = statistics.quantiles(times, n=100)
    note = f"p50 {marks[49] * 1000:.0f}, p99 {marks[98] * 1000:.0f}; {len(times)} requests, {faults} faults"
    return Row(what=f"{page} page, {users} users while the daemon reads (p95)", figure=marks[94] * 1000, unit="ms", target=WAIT, note=note)


def _file(site: RunningSite, scans: Sequence[Path]) -> None:
    site.drop(list(scans))
    _until(lambda: _records(site) >= len(scans))


def _records(site: RunningSite) -> int:
    reader = CatalogueReader(site.settings.layout.catalogue_db)
    try:
        return int(reader.status()["records"])
    finally:
        reader.close()


def _until(done: Any, seconds: float = 900.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the daemon is not done")
        time.sleep(0.1)


def _batch(site: RunningSite, folder: Path, pages: int) -> float:
    """Seconds from the first page read to the last, of a file of so many pages."""
    whole = as_one_file(one_page_scans(folder, pages), folder / "batch.pdf")
    read = len(site.pages_read())
    site.drop([whole])
    _until(lambda: len(site.pages_read()) > read)
    began = time.monotonic()
    _until(lambda: len(site.pages_read()) >= read + pages)
    return time.monotonic() - began


@contextmanager
def served(site: RunningSite) -> Iterator[tuple[str, psutil.Process, float]]:
    """(address, process, seconds to the first answer) of the site's web process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site.config.write_text(re.sub(r"(?m)^port = \d+", f"port = {port}", site.config.read_text("utf-8"), count=1), "utf-8")
    environment = _with_bytecode(site.config.parent / "bytecode")
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "scanpipe", "--config", str(site.config), "web"], cwd=ROOT, env=environment)
    try:
        base = f"http://127.0.0.1:{port}"
        while True:
            try:
                httpx.get(f"{base}/login")
                break
            except httpx.TransportError:
                time.sleep(0.01)
        yield base, psutil.Process(process.pid), time.monotonic() - began
    finally:
        process.terminate()
        process.wait(20)


def _with_bytecode(folder: Path) -> dict[str, str]:
    """As every installed package has it, whatever the one who measures forbids Python to write."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPYCACHEPREFIX": str(folder)}


def _beside(site: RunningSite, folder: Path, base: str, users: int, seconds: float, batch: int) -> tuple[dict[str, Any], float]:
    """What the users waited for, and the seconds of the batch meanwhile."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"base": base, "sessions": _sessions(site, users), "numbers": _numbers(site), "seconds": seconds}), "utf-8")
    clicking = subprocess.Popen([sys.executable, __file__, "--click", str(plan)], stdout=subprocess.PIPE, text=True)
    took = _batch(site, folder / "beside", batch)
    told, _nothing = clicking.communicate()
    return json.loads(told), took


def _sessions(site: RunningSite, users: int, name: str = "user") -> list[str]:
    accounts = Accounts(site.settings.layout.accounts_db)
    now = datetime.now(site.settings.timezone)
    found = []
    for user in range(users):
        accounts.add(f"{name}{user}", "", [Role.CLERK], [SECTION], [], None, "bench", now)
        person = accounts.person(f"{name}{user}", "session")
        assert person
        found.append(accounts.open_session(person, now)[0])
    accounts.close()
    return found


def _numbers(site: RunningSite) -> list[str]:
    """The records that a clerk of the section may see: those of restricted categories are not among them."""
    settings, clerk = site.settings, Access(departments=frozenset({SECTION}), restricted=frozenset())
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        narrow(reader.db, clerk, settings.schedule.restricted)
        return [row["number"] for row in reader.db.conn.execute("SELECT number FROM accession WHERE state = 'accounted' ORDER BY serial")]
    finally:
        reader.close()


def _first_pages(site: RunningSite, base: str) -> dict[str, list[float]]:
    """Milliseconds from the click to a first look at the page, and to the page as sharp as it is shown: when its picture is there."""
    (session,) = _sessions(site, 1, "looker")
    found: dict[str, list[float]] = {"at first sight": [], "sharp": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "scanpipe_session", "value": session, "url": base}])
        page = context.new_page()
        page.goto(f"{base}/")  # style sheet and pictures' lane are there, as for everybody who has looked at today
        for number in _numbers(site):
            page.goto(f"{base}/records/{number}", wait_until="load")
            for name, times in zip(("img.quick", "img.sharp"), found.values(), strict=True):
                times.append(page.evaluate(_ARRIVED, name))
        browser.close()
    return found


_ARRIVED = "name => performance.getEntriesByName(document.querySelector(name).currentSrc)[0].responseEnd"  # ms since the navigation began


# --- the users: a process of their own, so that their work is not counted as the server's ---


async def _all_click(plan: dict[str, Any]) -> dict[str, Any]:
    times: dict[str, list[float]] = {"search": [], "record": [], "today": []}
    faults: list[int] = []
    async with AsyncExitStack() as stack:  # all clients first: making one keeps the others from hearing their answers
        made = [httpx.AsyncClient(base_url=plan["base"], cookies={"scanpipe_session": each}, timeout=30, verify=False) for each in plan["sessions"]]
        clients = [await stack.enter_async_context(client) for client in made]
        end = time.monotonic() + plan["seconds"]
        await asyncio.gather(*(_clicks(client, plan["numbers"], seed, times, faults, end) for seed, client in enumerate(clients)))
    return {"times": times, "faults": len(faults)}


async def _clicks(client: httpx.AsyncClient, numbers: Sequence[str], seed: int, times: dict[str, list[float]], faults: list[int], end: float) -> None:
    """One person: searches, opens two of the records, looks at today, until the end."""
    chosen = random.Random(seed)
    await asyncio.sleep(chosen.uniform(0, THINK[1]))
    for kind in itertools.cycle(("search", "record", "record", "today")):
        if time.monotonic() > end:
            return
        path = {"search": "/search", "record": f"/records/{chosen.choice(numbers)}", "today": "/"}[kind]
        began = time.monotonic()
        said = await client.get(path, params={"q": chosen.choice(WORDS)} if kind == "search" else None)
        times[kind].append(time.monotonic() - began)
        if said.status_code != 200:
            faults.append(said.status_code)
        await asyncio.sleep(chosen.uniform(*THINK))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--users", type=int, default=50)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--filed", type=int, default=FILED)
    options.add_argument("--batch", type=int, default=BATCH)
    options.add_argument("--click", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.click:
        print(json.dumps(asyncio.run(_all_click(json.loads(chosen.click.read_text("utf-8"))))))
        return
    show(list(rows(chosen.users, chosen.seconds, chosen.filed, chosen.batch)))


if __name__ == "__main__":
    main()
