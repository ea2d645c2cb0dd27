"""Size: python tests/bench/bench_size.py [--burst 10000] [--records 100000] [--folders 300000]

A burst of files dropped at once into one folder, each of them synced into custody while the lanes read what they can; how long the daemon needs to start and
`scanpipe status` to answer with a catalogue of many records; what publishing and verifying a record cost in a year of the vault that holds many folders, against
one that holds few.
"""

import argparse
import hashlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pikepdf
import psutil
from figures import Row, Target, show
from running import SECTION, RunningSite, running
from truth import ROOT

from scanpipe import config, vault
from scanpipe.catalogue.database import open_reader, open_writer, transaction
from scanpipe.catalogue.search import SearchIndex
from scanpipe.config import Settings
from scanpipe.core.model import Accession, Description, Page, Recognition
from scanpipe.stages.file import file
from scanpipe.upkeep.machine.site import init
from scanpipe.workbench import Workbench

sys.path.insert(0, str(ROOT / "tests"))
from kept_records import shelf

RATE, HELD, START, STATUS, SLOWER = Target(least=20.0), Target(most=0.3), Target(most=5.0), Target(most=0.5), Target(most=1.5)
FEW, SAMPLE = 1_000, 60  # folders of the year that is compared with; records that are published for a figure
_TIMES = 5


def rows(burst: int = 10_000, records: int = 100_000, folders: int = 300_000) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as temporary:
        yield from _burst(Path(temporary), burst)
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as temporary:
        yield from _many_records(Path(temporary), records)
    with tempfile.TemporaryDirectory(prefix="scanpipe-bench-") as temporary:
        yield from _many_folders(Path(temporary), folders)


# --- a burst ---


def _burst(folder: Path, count: int) -> Iterator[Row]:
    scans = folder / "scans"
    scans.mkdir()
    for n in range(count):
        _scan(scans / f"burst_{n:06}.pdf", n)
    with running(folder) as site:
        daemon = psutil.Process(site.daemon.pid)
        began = time.perf_counter()
        for path in scans.iterdir():  # a rename a file: all are whole at once, as the worst burst is
            path.rename(site.settings.inbox(site.settings.department(SECTION)) / path.name)
        most = 0
        while (taken := _taken(site)) < count:
            most = max(most, daemon.memory_info().rss)
            if time.perf_counter() - began > 60 + count:
                raise TimeoutError(f"{taken} of {count} were in custody")
            time.sleep(0.25)
        seconds = time.perf_counter() - began - site.quiet
    yield Row(what=f"burst of {count} files, into custody", figure=count / seconds, unit="/s", target=RATE, note=f"{seconds:.0f} s, lanes at work beside it")
    yield Row(what=f"memory of the daemon in a burst of {count} files (RSS)", figure=most / 1e9, unit="GB", target=HELD)


def _scan(path: Path, number: int) -> None:
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        document.docinfo["/Scan"] = str(number)
        document.save(path)


def _taken(site: RunningSite) -> int:
    db = open_reader(site.settings.layout.catalogue_db)
    try:
        return int(db.execute("SELECT count(*) FROM accession").fetchone()[0])
    finally:
        db.conn.close()


# --- many records ---


def _many_records(folder: Path, count: int) -> Iterator[Row]:
    settings = _site(folder)
    _filled(settings, count)
    command = [sys.executable, "-m", "scanpipe", "--config", str(settings.file)]
    starts = [_seconds_to(command, settings) for _ in range(_TIMES)]
    yield Row(what=f"start of the daemon, {count} records", figure=statistics.median(starts), unit="s", target=START, note="from the command to the ready line")
    answers = [_seconds_of(lambda: subprocess.run([*command, "status", "--json"], check=True, capture_output=True, cwd=ROOT)) for _ in range(_TIMES)]
    empty = [_seconds_of(lambda: subprocess.run([*command, "--version"], check=True, capture_output=True, cwd=ROOT)) for _ in range(_TIMES)]
    figure, began = statistics.median(answers), statistics.median(empty)
    note = f"less the {began:.2f} s in which the program starts"
    yield Row(what=f"scanpipe status, {count} records", figure=max(0.0, figure - began), unit="s", target=STATUS, note=note)


def _site(folder: Path) -> Settings:
    return config.load(init(folder / "site", size="small"))


def _filled(settings: Settings, count: int) -> None:
    """One record as it is filed, and its rows again and again under other names."""
    with shelf(settings) as kept:
        kept.record(settings.departments[0].code, "CORRESP", date(2026, 4, 1))
    SearchIndex(settings.layout.search_db).close()
    db = open_writer(settings.layout.catalogue_db)
    with transaction(db):
        for table in ("delivery", "accession", "recognition", "page", "description", "filing", "fixity", "tally_mark", "event"):
            _multiplied(db, table, count)
        db.execute("UPDATE sequence SET last = ?", [count])
    rows = [(row["serial"], row["id"], row["number"]) for row in db.conn.execute("SELECT serial, id, number FROM accession")]
    db.conn.close()
    index = open_writer(settings.layout.search_db)
    with transaction(index):
        index.conn.executemany("INSERT INTO record_face VALUES (?, ?, ?, '件名', '', '2026-04-01', 1, x'00')", rows)
    index.conn.close()


_OTHER = {  # what is another for each record; {n} counts from 2
    "id": "printf('01J%023d', {n})", "accession_id": "printf('01J%023d', {n})", "key": "printf('key %d', {n})", "number": "printf('2026-%06d', {n})",
    "sha256": "printf('%064x', {n})", "serial": "{n} * 6", "seq": "-({n} * 6 + seq)", "vault_path": "printf('vault/2026/2026-%06d', {n})",
}  # fmt: skip


def _multiplied(db: object, table: str, count: int) -> None:
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]  # type: ignore[attr-defined]
    other = {**_OTHER, **({"number": "number"} if table == "page" else {})}
    values = ", ".join(other.get(name, name).replace("{n}", "many.n") for name in names)
    several = f"WITH RECURSIVE many(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM many WHERE n < {count})"
    db.execute(f"{several} INSERT INTO {table} SELECT {values} FROM {table}, many")  # type: ignore[attr-defined]


def _seconds_to(command: list[str], settings: Settings) -> float:
    began = time.perf_counter()
    daemon = subprocess.Popen([*command, "run", "--no-web"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    try:
        assert daemon.stdout
        said = ""
        for line in daemon.stdout:
            said = line
            if '"ready"' in line or " ready " in line:
                return time.perf_counter() - began
        raise RuntimeError(f"the daemon ended with {daemon.wait()}: {said}")
    finally:
        daemon.terminate()
        daemon.communicate()


def _seconds_of(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


# --- many folders ---


def _many_folders(folder: Path, count: int) -> Iterator[Row]:
    settings = _site(folder)
    with shelf(settings) as kept:
        kept.record(settings.departments[0].code, "CORRESP", date(2026, 4, 1))
        id = f"01J{1:023d}"
        accession, description = kept.catalogue.accession(id), kept.catalogue.description(id)
    year = settings.layout.vault / str(accession.fiscal_year)
    found = {}
    for folders in (FEW, count):
        for n in range(len(list(year.iterdir())) if year.is_dir() else 0, folders):
            (year / f"{accession.fiscal_year}-x{n:07}").mkdir(parents=True)
        found[folders] = _published(settings, accession, description, folders)
    for place, what in enumerate(("publish", "verify")):
        few, many = found[FEW][place], found[count][place]
        note = f"{few * 1000:.1f} ms in a year of {FEW}, {many * 1000:.1f} ms in one of {count}; {SAMPLE} records each"
        yield Row(what=f"to {what} a record, year of {count} folders to {FEW}", figure=many / few, unit="x", target=SLOWER, note=note)


def _published(settings: Settings, accession: Accession, description: Description, first: int) -> tuple[float, float]:
    """Median seconds to publish one record, and to compare it with its manifest."""
    layout, bench = settings.layout, Workbench(settings.layout.work)
    for place in (layout.spool_new, layout.archive_tmp, layout.vault):
        place.mkdir(parents=True, exist_ok=True)
    publishing, verifying = [], []
    for n in range(first, first + SAMPLE):
        one = replace(accession, id=f"01K{n:023d}", number=f"{accession.fiscal_year}-{n:06d}")
        original = layout.spool_new / one.id / "original"
        original.parent.mkdir()
        original.write_bytes(f"%PDF {n}".encode())
        one = replace(one, sha256=hashlib.sha256(original.read_bytes()).hexdigest())
        page = Page(number=1, width=1654, height=2339, dpi=200.0, engine="none", text="通知", confidence=98.0)
        read = Recognition(accession_id=one.id, pages=(page,), engine="none", settings="s", access_sha256=None)
        told = replace(description, accession_id=one.id, name=f"{n}.pdf")
        publishing.append(_seconds_of(lambda one=one, read=read, told=told: file(one, read, told, settings, bench)))  # type: ignore[misc]
        record = layout.archive / vault.relative_folder(one)
        verifying.append(_seconds_of(lambda record=record: list(vault.deviations(record))))  # type: ignore[misc]
        shutil.rmtree(original.parent)
    return statistics.median(publishing), statistics.median(verifying)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--burst", type=int, default=10_000)
    options.add_argument("--records", type=int, default=100_000)
    options.add_argument("--folders", type=int, default=300_000)
    chosen = options.parse_args()
    show(list(rows(chosen.burst, chosen.records, chosen.folders)))


if __name__ == "__main__":
    main()
