"""What each verb does: parse nothing, decide nothing; ask the parts and hand the facts to `shown`."""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scanpipe import config, storage, vault
from scanpipe.catalogue.compared import fixity_state
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.cli import shown, web_verbs
from scanpipe.cli.asking import ask, number
from scanpipe.config import Settings
from scanpipe.config_schema import is_in_the_clear
from scanpipe.core.alto import alto
from scanpipe.core.covers import MOST_TITLE
from scanpipe.core.model import UNCLASSIFIED, PageCode, State
from scanpipe.core.papers import box_number
from scanpipe.core.retention import Category
from scanpipe.errors import ConfigError, NotFound, PlaceError, ScanpipeError, UsageError
from scanpipe.i18n import N_, _, speak
from scanpipe.inbox import display_name
from scanpipe.upkeep.disposal import boxes
from scanpipe.watch import IGNORED
from scanpipe.workbench import Workbench

_COUNTED_STATES = (State.ACCOUNTED, State.DISPOSED)
_FOUND_STATES = (State.INDEXED, *_COUNTED_STATES)
_STUCK_SECONDS = 60.0


def _settings(options: argparse.Namespace) -> Settings:
    return config.load(config.find_config(options.config))


@contextlib.contextmanager
def _reader(settings: Settings) -> Iterator[CatalogueReader]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        yield reader
    finally:
        reader.close()


# --- a site, the daemon ---


def init(options: argparse.Namespace) -> int:
    from scanpipe.upkeep.machine.site import init

    made = init(options.directory, size=options.size, departments_csv=options.departments)
    settings = config.load(made)
    shown.say(_("A site with {n} sections is ready in {folder}.").format(n=len(settings.departments), folder=options.directory))
    shown.say(_("Share the folders in {shares}, then start: scanpipe --config {file} run").format(shares=settings.layout.shares, file=made))
    return os.EX_OK


def run(options: argparse.Namespace) -> int:
    from scanpipe import daemon

    settings = _settings(options)
    speak(settings.site.language)
    with contextlib.nullcontext() if options.no_web else web_verbs.beside(settings):
        daemon.run(settings)
    return os.EX_OK


def worker(options: argparse.Namespace) -> int:
    """Reads for others until SIGTERM. No site, no catalogue: bytes in, text out."""
    from scanpipe.recognition.facts import ReadingSettings
    from scanpipe.recognition.lane import warm_up

    if not options.unencrypted and is_in_the_clear(options.scheduler):
        raise UsageError(
            N_("{address} is not encrypted. Write tls://HOST:PORT, or accept that scans travel unencrypted: --unencrypted"), address=options.scheduler
        )
    try:
        from scanpipe.cluster_machine import Machine, Tls, work
    except ImportError as error:
        raise UsageError(N_("scanpipe worker needs Dask, which is not installed: pip install 'scanpipe[cluster]' ({reason})"), reason=error) from error
    usual = ReadingSettings()
    work(
        Machine(
            address=options.scheduler,
            lanes=options.lanes or len(os.sched_getaffinity(0)),
            name=options.name,
            memory_mib=options.memory_mib,
            tls=Tls(options.tls_ca_file or "", options.tls_cert or "", options.tls_key or ""),
            warm_up=warm_up,
            warm_args=(usual.engine, "auto"),  # as a page from a cluster asks for it: each machine chooses its own
        )
    )
    return os.EX_OK


def reindex(options: argparse.Namespace) -> int:
    from scanpipe import daemon

    settings = _settings(options)
    with daemon.reindex(settings):
        pass
    with _reader(settings) as reader:
        facts = reader.status()
    if options.json:
        return shown.as_json({name: facts[name] for name in ("deliveries", "records", "duplicates", "rejected", "waiting")})
    shown.say(_("Rebuilt: {records} records, {waiting} waiting.").format(**facts))
    return os.EX_OK


# --- taking in ---


def drain(options: argparse.Namespace) -> int:
    """0 all filed, 1 some need a person or were refused."""
    from scanpipe import daemon, lock

    settings = _settings(options)
    faults: list[PlaceError] = []
    if lock.is_running(settings):
        mark = _mark(settings)
        with shown.progress(options.json) as bar:
            _watch_others_drain(settings, mark.last, bar)
    else:
        with daemon.Daemon(settings, incomplete_seconds=settings.intake.drain_incomplete_seconds, timetable=False) as own, shown.progress(options.json) as bar:
            mark = _mark(settings)  # after recovery: what was known before this run, also where the databases had to be made again
            _turn_until(own, settings, lambda: own.settled(), mark.last, bar)
            faults = own.watcher.faults()
    code = _report(settings, mark.since(_outcomes(settings, mark.first)), options.json)
    lying = _lying(settings)
    if not options.json:
        shown.lying(lying, settings)
    if faults:
        raise faults[0]  # what lies there was not taken
    return 1 if any(row["reason"] != IGNORED for row in lying) else code


def _lying(settings: Settings) -> list[dict[str, Any]]:
    with _reader(settings) as reader:
        found: list[dict[str, Any]] = reader.status()["lying"]
    return found


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a section's deliveries had come when a run began. last: id of the newest. unfinished: ids of those still on their way."""

    last: str
    unfinished: frozenset[str]

    @property
    def first(self) -> str:
        """An id before all that this run may finish."""
        return min((id[:-1] for id in self.unfinished), default=self.last)

    def since(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in found if row["id"] > self.last or row["id"] in self.unfinished]


def _mark(settings: Settings) -> _Mark:
    with contextlib.suppress(NotFound), _reader(settings) as reader:
        return _Mark(*reader.mark())
    return _Mark("", frozenset())


def ingest(options: argparse.Namespace) -> int:
    """Delivers copies and returns when each is searchable, a duplicate or in 要確認. Exit as drain."""
    from scanpipe import daemon, lock

    settings = _settings(options)
    department = settings.department(options.department)
    files = list(_files(options.paths))
    before = _mark(settings).last
    with shown.progress(options.json) as bar:
        if lock.is_running(settings):
            names = _deliver(files, settings.inbox(department))
            ask(settings, "expect", "ingest", department=department.code, names=names)
            _wait_for_daemon(settings, names, department.code, before, bar)
        else:
            with daemon.Daemon(settings, incomplete_seconds=settings.intake.quiet_seconds, timetable=False) as own:
                names = _deliver(files, settings.inbox(department))
                own.watcher.expect(department, names)
                _turn_until(own, settings, lambda: _all_done(settings, names, department.code, before, _COUNTED_STATES), before, bar)
    return _report(settings, _delivered(settings, names, department.code, before), options.json)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.iterdir() if found.is_file())
        elif path.is_file():
            yield path
        else:
            raise NotFound(N_("There is no file {path}."), path=str(path))


def _deliver(files: list[Path], inbox: Path) -> list[str]:
    """Copies files into the drop folder, each under a temporary name first; returns the names they got."""
    names: list[str] = []
    with storage.place(inbox):
        for file in files:
            name = _free_name(inbox, file.name, names)
            staged = inbox / f".scanpipe-ingest-{os.getpid()}-{len(names)}.tmp"
            source = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            try:
                storage.copy_in(source, staged, os.fstat(source).st_size)
            finally:
                os.close(source)
            storage.rename(staged, inbox / name)
            names.append(name)
    return names


def _free_name(inbox: Path, name: str, taken: list[str]) -> str:
    path, n = Path(name), 1
    while name in taken or os.path.lexists(inbox / name):
        n += 1
        name = f"{path.stem}.{n}{path.suffix}"
    return name


def _outcomes(settings: Settings, after: str) -> list[dict[str, Any]]:
    with _reader(settings) as reader:
        return reader.outcomes(after)


def _all_done(settings: Settings, names: list[str], department: str, after: str, states: tuple[State, ...] = _FOUND_STATES) -> bool:
    rows = _delivered(settings, names, department, after)
    whole = {name for row in rows if row["batch"] is None for name in row["names"]} >= set(map(display_name, names))
    return whole and all(row["outcome"] != "accession" or row["state"] in states for row in rows)


def _delivered(settings: Settings, names: list[str], department: str, after: str) -> list[dict[str, Any]]:
    """What became of these files since then, the parts of batches included, in whichever section."""
    wanted, found = set(map(display_name, names)), _outcomes(settings, after)
    whole = [row for row in found if not wanted.isdisjoint(row["names"]) and row["department"] == department and row["batch"] is None]
    numbers = {row["number"] for row in whole if row["number"]}
    return [*whole, *(row for row in found if row["batch"] in numbers)]


def _turn_until(own: Any, settings: Settings, done: Any, before: str, bar: "shown.Bar") -> None:
    stuck_since: float | None = None
    while not done():
        own.turn(0.2)
        bar.show(own.catalogue, own.watcher.pending(), before)
        with _reader(settings) as reader:
            paused = reader.status()["paused"]
        stuck_since = (stuck_since or time.monotonic()) if paused and not own.line.busy() else None
        _raise_if_stuck(stuck_since, paused)


def _raise_if_stuck(since: float | None, paused: list[dict[str, Any]]) -> None:
    if since is not None and time.monotonic() - since > _STUCK_SECONDS:
        raise PlaceError(paused[0]["reason"], **paused[0]["params"])


def _watch_others_drain(settings: Settings, before: str, bar: "shown.Bar") -> None:
    """A daemon has the store: wait until nothing that can be taken lies in the folders and nothing waits."""
    from scanpipe.core.readiness import OUR_FOLDERS, ignored

    def lying() -> int:
        folders = [settings.inbox(department) for department in settings.departments]
        return sum(
            1 for folder in folders if folder.is_dir() for e in os.scandir(folder) if e.name not in OUR_FOLDERS and not ignored(e.name) and not e.is_dir()
        )

    stuck_since: float | None = None
    while True:
        with _reader(settings) as reader:
            facts = reader.status()
        waiting, left = facts["waiting"], lying()
        bar.show(None, left + waiting, before)
        if not left and not waiting:
            return
        stuck_since = (stuck_since or time.monotonic()) if facts["paused"] else None
        _raise_if_stuck(stuck_since, facts["paused"])
        time.sleep(0.3)


def _wait_for_daemon(settings: Settings, names: list[str], department: str, before: str, bar: "shown.Bar") -> None:
    while not _all_done(settings, names, department, before):
        bar.show(None, len(names), before)
        time.sleep(0.2)


def _report(settings: Settings, found: list[dict[str, Any]], as_json: bool) -> int:
    numbers = [row["number"] for row in found if row["outcome"] == "accession"]
    with _reader(settings) as reader:
        records = {number: reader.record(number) for number in numbers}
    if as_json:
        shown.as_json([shown.outcome_json(row, records.get(row["number"]), settings) for row in found])
    else:
        shown.outcomes(found, records, settings)
    return 1 if any(row["outcome"] == "rejected" or row["needs_review"] for row in found) else os.EX_OK


# --- asking ---


def explain(options: argparse.Namespace) -> int:
    from scanpipe.upkeep.teaching.explain import explain

    settings = _settings(options)
    body = explain(options.file, settings, options.department, sys.stdin.buffer)
    return shown.as_json(body) if options.json else shown.explained(body, settings)


def status(options: argparse.Namespace) -> int:
    from scanpipe.lock import is_running
    from scanpipe.upkeep import progress
    from scanpipe.upkeep.sending import outgoing

    settings = _settings(options)
    bench = Workbench(settings.layout.work)
    with _reader(settings) as reader:
        facts = reader.status()
        facts["fixity"] = fixity_state(reader.db, datetime.now(settings.timezone))
        facts["outgoing"] = outgoing.standings(settings, reader)
        facts["reading"] = [
            {
                "number": a.number,
                "department": a.department,
                "name": a.name,
                "pages_read": bench.pages_read(a.sha256),
                "pages": progress.pages_of(bench, a.sha256),
            }
            for a in reader.reading()
        ]
    facts["running"] = is_running(settings)
    return shown.as_json(facts) if options.json else shown.status(facts, settings)


def show(options: argparse.Namespace) -> int:
    settings = _settings(options)
    with _reader(settings) as reader:
        body = reader.record(number(options.number), text=options.text)
        body["department_name"] = _name_of(settings, body["department"])
        body["events"] = reader.events(body["id"])
        body["corrections"] = reader.corrections(body["id"])
    return shown.as_json(body) if options.json else shown.record(body)


def export(options: argparse.Namespace) -> int:
    """The layout of a filed record as ALTO 4, to a file or to standard output."""
    if options.json and options.out is None:
        raise UsageError(N_("With --json say where to write the layout: --out FILE"))
    settings = _settings(options)
    with _reader(settings) as reader:
        body = reader.record(options.alto)
    place = body["vault_path"]
    if body["disposal"]:
        gone = N_("Record {number} was disposed of by the list {list}; nothing of its pages is left.")
        raise NotFound(gone, number=options.alto, list=body["disposal"]["list"])
    if place is None:
        raise NotFound(N_("Record {number} is not filed yet. Try again when scanpipe status shows nothing waiting."), number=options.alto)
    folder = settings.layout.archive / place
    record = vault.read(folder)
    if storage.digest(folder / vault.TEXT) != vault.manifest(folder).get(vault.TEXT):
        raise vault.RecordDamaged(vault.ALTERED, folder=str(folder), name=vault.TEXT)
    if not record.recognition.pages:
        raise NotFound(N_("Nothing was read from record {number}, so it has no layout to export."), number=options.alto)
    written = alto(record.recognition, number=options.alto, name=record.accession.name)
    if options.out is None:
        sys.stdout.buffer.write(written)
        return os.EX_OK
    with storage.place(options.out):
        options.out.write_bytes(written)
    return shown.as_json({"path": str(options.out), "kind": "alto", "media_type": "application/xml"}) if options.json else os.EX_OK


def search(options: argparse.Namespace) -> int:
    from scanpipe.catalogue.search import SearchReader

    settings = _settings(options)
    _check_filters(options, settings)
    with _reader(settings) as reader:
        index = SearchReader(settings.layout.search_db, reader.text_of, settings.codes_by_name)
        result = index.search(
            options.query,
            department=options.department,
            category=options.category,
            fiscal_year=options.fiscal_year,
            date_from=options.date_from,
            date_to=options.date_to,
            limit=options.limit,
            offset=options.offset,
        )
        index.close()
    return shown.as_json([shown.hit_json(hit) for hit in result.hits]) if options.json else shown.hits(result, options.query, settings)


def _check_filters(options: argparse.Namespace, settings: Settings) -> None:
    """A filter that can match nothing is a slip, not an empty answer."""
    with _reader(settings) as reader:
        sections, categories = reader.codes()
    if options.department is not None and options.department not in sections:
        settings.department(options.department)
    if options.category is not None and options.category not in {*categories, *settings.schedule.categories, UNCLASSIFIED}:
        raise _no_category(options.category, settings)
    if options.date_from and options.date_to and options.date_from > options.date_to:
        raise UsageError(N_("--from {start} is after --to {end}."), start=options.date_from, end=options.date_to)


def _no_category(code: str, settings: Settings) -> NotFound:
    return NotFound(N_("There is no category {code} in retention.toml. Its codes are: {codes}"), code=code, codes=", ".join(settings.schedule.categories))


def cover(options: argparse.Namespace) -> int:
    """Writes a sheet to print; says where."""
    from scanpipe.upkeep.cover import sheet

    settings = _settings(options)
    code = _cover_code(options, settings)
    category = settings.schedule.categories[code.category].name if code.category else None
    out = options.out or Path("separator.pdf" if options.separator else f"cover-{code.department}.pdf")
    data = sheet(code, section=_name_of(settings, code.department or ""), category=category, language=settings.site.language)
    with storage.place(out):
        out.write_bytes(data)
    if options.json:
        return shown.as_json({"path": str(out), "kind": code.kind, "media_type": "application/pdf"})
    shown.say(_("Print {path} at its full size (100 %) and lay it with the paper.").format(path=out))
    return os.EX_OK


def _cover_code(options: argparse.Namespace, settings: Settings) -> PageCode:
    said = (options.department, options.category, options.title, options.sheets, options.box)
    if options.separator:
        if any(value is not None for value in said):
            raise UsageError(N_("A separator sheet says nothing of what follows: leave the other options away, or leave --separator away."))
        return PageCode(kind="separator")
    if not options.department:
        raise UsageError(N_("Say which section the sheet is for: --department CODE; or --separator for a sheet that only parts."))
    title = " ".join((options.title or "").split()) or None
    if title and len(title) > MOST_TITLE:
        raise UsageError(N_("The title has {length} signs, and at most {most} fit into the code. Shorten it."), length=len(title), most=MOST_TITLE)
    if options.category is not None:
        _category(settings, options.category)
    code = settings.department(options.department).code
    box = _box_for(options.box, code, settings) if options.box else None
    return PageCode(kind="cover", department=code, category=options.category, title=title, sheets=options.sheets, box=box)


def _box_for(typed: str, department: str, settings: Settings) -> str:
    """Its number; refused where the records behind the cover could not go into it. Raises UsageError."""
    number = box_number(typed)
    try:
        with _reader(settings) as reader:
            known = boxes.box_of(reader.db, number)
    except NotFound:  # also the catalogue itself
        return number  # the first cover begins it
    if known.is_final:
        raise UsageError(N_("The paper of box {box} is gone. Give the new box another number."), box=number)
    if known.department != department:
        raise UsageError(N_("Box {box} belongs to section {owner}. Give the box of section {section} another number."), box=number, owner=known.department, section=department)  # fmt: skip
    return number


def _category(settings: Settings, code: str) -> Category:
    """Raises NotFound with the codes that there are."""
    category = settings.schedule.categories.get(code)
    if category is None:
        raise _no_category(code, settings)
    return category


def doctor(options: argparse.Namespace) -> int:
    from scanpipe.upkeep.machine.doctor import examine
    from scanpipe.upkeep.machine.ground import Level

    found: Settings | ConfigError
    try:
        found = _settings(options)
    except ConfigError as error:
        found = error
    findings = examine(found)
    if options.json:
        shown.as_json([{"name": f.name, "level": f.level, "says": f.says, "remedy": f.remedy} for f in findings])
    else:
        shown.findings(findings)
    failed = any(finding.level is Level.FAIL for finding in findings)
    return (os.EX_CONFIG if isinstance(found, ConfigError) else os.EX_UNAVAILABLE) if failed else os.EX_OK


# --- wishes ---


def retry(options: argparse.Namespace) -> int:
    settings = _settings(options)
    answer = ask(settings, "retry", options.by, number=number(options.number) if options.number else None)
    if options.json:
        return shown.as_json(answer)
    done = answer["retried"]
    shown.say(_("Tried again: {numbers}").format(numbers=", ".join(done)) if done else _("Nothing is waiting, so there is nothing to try again."))
    return os.EX_OK


def _name_of(settings: Settings, code: str) -> str | None:
    try:
        return settings.department(code).name
    except ScanpipeError:
        return None
