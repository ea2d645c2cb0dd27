"""Assembles the parts and runs them: the store's lock, recovery, the watcher, the line, the timetable, people's wishes, an orderly stop."""

import functools
import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sdnotify
import structlog

from scanpipe import config, storage
from scanpipe.catalogue.database import integrity_check, remove_database
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.reader import CatalogueReader, NoRecord
from scanpipe.catalogue.requests import Answer, Answerer, Requests, Wish
from scanpipe.catalogue.search import SearchIndex
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Department, Settings
from scanpipe.confinement import Reach
from scanpipe.core.model import Accession
from scanpipe.core.scans.batches import Part
from scanpipe.core.scans.readiness import RECEIPT_FOLDER
from scanpipe.core.scans.sequences import Run
from scanpipe.custody import Custody, recover
from scanpipe.errors import ConfigError, Damaged, PlaceError, ScanpipeError, UsageError
from scanpipe.i18n import N_, _, words_missing
from scanpipe.inbox import display_name
from scanpipe.lock import Lock
from scanpipe.pipeline import House, Line, described, index_record
from scanpipe.recognition.lane import warm_up, warm_up_aside
from scanpipe.stages.admit import admit
from scanpipe.stages.file import adopt, tidy
from scanpipe.stages.intake import Intake, Outcome, Taken, purge_taken
from scanpipe.stages.recognise import Reader, reading_settings
from scanpipe.storage import FileIdentity
from scanpipe.upkeep.campaign.ledger_a import terms_of
from scanpipe.upkeep.copying.reindex import disposed_in_search, missing_from_search, records_of
from scanpipe.upkeep.deciding.partings import Partings
from scanpipe.upkeep.deciding.wishes import WISHES, Decide
from scanpipe.upkeep.disposal.destruction import Destruction
from scanpipe.upkeep.machine import nightly
from scanpipe.upkeep.machine.places import Grade, check_places
from scanpipe.upkeep.machine.site import add_drop_folders, make_web_folder
from scanpipe.upkeep.machine.timetable import Timetable
from scanpipe.upkeep.proving.rounds import Rounds
from scanpipe.upkeep.reports import ReceiptLists
from scanpipe.upkeep.sending import outgoing
from scanpipe.upkeep.teaching.learning_apart import learn_apart
from scanpipe.watch import Folder, Watcher
from scanpipe.workbench import Workbench
from scanpipe.workers import LocalLanes, Workers

log = structlog.get_logger()

TICK_SECONDS = 0.5
_BULK = 100


class Unfit(ScanpipeError):
    """The ground is such that bytes could be lost: scanpipe does not start."""

    template = N_("scanpipe cannot start here:\n{faults}")
    exit_code = os.EX_CONFIG


class CatalogueGone(PlaceError):
    template = N_("{path} was removed while scanpipe was running. Start scanpipe again: it is made again from the archive and the journal. Nothing is lost.")


def lane_count(settings: Settings) -> int:
    """As configured; "auto" = one a core."""
    return len(os.sched_getaffinity(0)) if settings.workers.lanes == "auto" else int(settings.workers.lanes)


def _lanes(settings: Settings) -> Workers:
    """Of this machine, or of the cluster that the configuration names. Raises ConfigError if this installation has no Dask."""
    if settings.workers.scheduler:
        return _cluster(settings)
    reading, idle = reading_settings(settings), settings.workers.idle_minutes * 60
    warm_args = (reading.engine, reading.runtime)
    memory, layout = settings.workers.memory_mib, settings.layout
    reach = Reach(readable=(layout.spool_new, layout.vault), writable=(layout.work,))
    return LocalLanes(lane_count(settings), memory_mib=memory, idle_seconds=idle, warm_up=warm_up, warm_args=warm_args, aside=warm_up_aside, reach=reach)


def _cluster(settings: Settings) -> Workers:
    try:
        from scanpipe.cluster import ClusterLanes
        from scanpipe.cluster_machine import Tls
    except ImportError as error:
        raise ConfigError(
            [_("[workers] scheduler needs Dask, which is not installed: pip install 'scanpipe[cluster]' ({reason})").format(reason=error)]
        ) from error
    workers = settings.workers
    files = (str(settings.file.parent / name) if name else "" for name in (workers.tls_ca_file, workers.tls_cert, workers.tls_key))
    return ClusterLanes(workers.scheduler, Tls(*files))


class Daemon:
    """All parts of a running scanpipe. Use as a context: entering takes the lock and recovers, leaving stops in order."""

    def __init__(self, settings: Settings, *, incomplete_seconds: float | None = None, timetable: bool = True) -> None:
        """incomplete_seconds: how long an unfinished file is waited for; None = as configured. timetable: whether nightly jobs run here."""
        self.settings = settings
        self._incomplete_seconds = incomplete_seconds or settings.intake.incomplete_after_minutes * 60
        self._with_timetable = timetable
        self.stopping = threading.Event()

    def clock(self) -> datetime:
        return datetime.now(self.settings.timezone)

    # --- start and stop ---

    def __enter__(self) -> "Daemon":
        signal.signal(signal.SIGIO, signal.SIG_IGN)  # a broken lease must not end us
        layout = self.settings.layout
        if not layout.store_id.is_file():  # its disk is not mounted: nothing may be written below the mount point
            raise storage.PlaceGone(path=str(layout.store))
        with storage.place(layout.store):
            for folder in (
                layout.spool_tmp,
                layout.spool_new,
                layout.work,
                layout.archive_tmp,
                layout.vault,
                layout.cabinet,
                layout.photos,
                layout.journal,
                layout.catalogue_db.parent,
            ):
                storage.make_folder(folder)
            make_web_folder(layout)
        self._lock = Lock(layout.lock_file)
        try:
            self._check_ground()
            self._open()
        except BaseException:
            self._lock.close()
            raise
        return self

    def _check_ground(self) -> None:
        if says := words_missing(self.settings.site.language):
            raise ConfigError([says])
        add_drop_folders(self.settings)
        faults = check_places(self.settings)
        for fault in faults:
            log.warning("place", says=str(fault))
        refusals = [str(fault) for fault in faults if fault.grade is Grade.REFUSE]
        if refusals:
            raise Unfit(faults="\n".join(refusals))

    def _open(self) -> None:
        settings, layout = self.settings, self.settings.layout
        self.catalogue = Catalogue(layout.catalogue_db, layout.journal, self.clock, records_of(layout.archive))
        self.requests = Requests(layout.requests_db)
        search, bench = SearchIndex(layout.search_db), Workbench(layout.work)
        self.lanes = _lanes(settings)
        self.custody = Custody(settings, self.catalogue)
        self.intake = Intake(settings, self.custody, self.clock)
        reader = Reader(settings, self.lanes, bench, self._admit, lambda accession, recognition: described(accession, recognition, settings))
        self.house = House(settings=settings, catalogue=self.catalogue, bench=bench, workers=self.lanes, search=search, reader=reader, clock=self.clock)
        self.partings = Partings(self.custody, self.lanes, bench, reader.reading, lambda: self.line.wake(), self._changed)
        self.disposing = Destruction(settings, self.catalogue, search, self.house.search_lock, bench, self.clock)
        self._recover()
        self.receipts = ReceiptLists(settings, lambda: CatalogueReader(layout.catalogue_db))
        for code, day in self.catalogue.days_since(self.clock().date() - timedelta(days=1)):
            self.receipts.changed(code, day)  # what the last process could not write any more
        self.line = Line(self.house)
        self.line.on_step = self._stepped
        self.disposing.wake = self.line.wake
        self.watcher = self._watcher()
        self.timetable = Timetable(self.catalogue, self._jobs(), settings.timezone, self.clock, language=settings.site.language)
        self.rounds = Rounds(settings, self.catalogue, self.clock)
        self.senders = outgoing.senders(settings, self.clock) if self._with_timetable else None
        self.watcher.start()
        if self._with_timetable:
            self.timetable.start()
            self.rounds.start()
        if self.senders is not None:
            self.senders.start()

    def _recover(self) -> None:
        """Total over what a crash can leave (reliability §5): torn spool entries, custody without a row, filed records still in the spool, an old index."""
        layout = self.settings.layout
        try:
            storage.sync_filesystem(layout.store)  # what is found now stays: a folder that is there is not synced again
        except OSError as error:
            log.error("the disk could not be synced at the start", reason=str(storage.place_error(error, layout.store)))
        let_in = recover(layout, self.catalogue)
        with storage.place(layout.archive_tmp):
            for entry in list(os.scandir(layout.archive_tmp)):
                storage.remove_tree(Path(entry.path))
        self._adopt()
        unfiled = self.catalogue.unfiled()
        ids = {accession.id for accession in unfiled}
        for id in sorted(entry.name for entry in os.scandir(layout.spool_new)):
            if id not in ids and self.catalogue.has(id):
                tidy(self.catalogue.accession(id), layout, self.house.bench)
        self.house.bench.sweep(ids, {accession.sha256 for accession in unfiled})
        self.catalogue.counted_by(terms_of(self.settings))
        self.catalogue.begin_anew()
        self.disposing.recover()
        missing = self._mend_search()
        if let_in or missing:
            log.info("recovered", custody=let_in, indexed_again=missing)

    def _adopt(self) -> None:
        """Records that were published in the vault before the catalogue could be told. A damaged one waits, and `verify` names it."""
        for accession in self.catalogue.unfiled():
            if self.catalogue.corrections(accession.id):
                continue  # filed once already: the line files it anew
            try:
                filing = adopt(accession, self.settings, self.house.bench)
            except Damaged as damage:
                log.error("damaged in the vault", says=str(damage))
                continue
            if filing is not None:
                self.catalogue.adopted(filing)

    def _mend_search(self) -> int:
        """Indexes what the catalogue says is findable and the index does not hold; returns how many."""
        with self.house.search_lock:
            indexed = self.house.search.indexed()
            missing = missing_from_search(self.catalogue, indexed)
            for serial in disposed_in_search(self.catalogue, indexed):
                self.house.search.remove(serial)
        with self.house.search.bulk() if len(missing) > _BULK else nullcontext():
            for id in missing:
                index_record(self.house, self.catalogue.accession(id))
        return len(missing)

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        self.watcher.stop()
        self.rounds.stop()
        if self.senders is not None:
            self.senders.stop()
        if self._with_timetable:
            self.timetable.stop()
        self.line.stop()
        self.partings.close()
        self.disposing.close()
        with suppress(PlaceError):
            self.receipts.write(now=True)
        self.receipts.close()
        self.house.search.close()
        self.requests.close()
        self.catalogue.close()
        self._lock.close()

    # --- the loop ---

    def turn(self, seconds: float = TICK_SECONDS) -> None:
        """Does what is due, then waits until something happens or for so long."""
        self.watcher.check()
        self._check_databases()
        try:
            self.requests.answer(self._answerers, self.clock)
            self.line.advance()
        except PlaceError as error:
            log.error("the loop waits", reason=str(error))
            time.sleep(seconds)
        self._dispose()
        self.receipts.write()
        self.lanes.rest()
        self.line.wait(seconds)

    def _dispose(self) -> None:
        """A piece of the disposal lists that were begun; a fault stops these alone."""
        try:
            if self.disposing.advance():
                self.line.wake()
        except ScanpipeError as error:
            log.error("disposal waits", reason=str(error))

    def _check_databases(self) -> None:
        """A removed catalogue is still written to, but nobody could read it: better a new start, which makes it again from the journal."""
        path = self.settings.layout.catalogue_db
        if not path.exists():
            raise CatalogueGone(path=str(path))

    def finish(self) -> None:
        """Advances until records that a person's decision changed or made are filed and lists that were begun are carried out as far as they can be, or a place
        is at fault; drop folders are not looked into."""
        while True:
            more = self.disposing.advance()
            if not (more or self.disposing.busy() or (self.catalogue.refiling() and not self.line.paused_for())):
                return
            self.line.advance()
            self.line.wait(0 if more else TICK_SECONDS)

    def settled(self) -> bool:
        """Nothing lies in the drop folders that could be taken, and every scan is at the end of the line."""
        return self.watcher.pending() == 0 and not self.line.busy() and self.catalogue.unfinished() == 0

    # --- what the parts tell each other ---

    def _watcher(self) -> Watcher[Department]:
        days = self.clock().date()
        folders = [
            Folder(
                key=department,
                path=self.settings.inbox(department),
                quiet_seconds=self.settings.intake.appending_quiet_seconds if department.appending else self.settings.intake.quiet_seconds,
                incomplete_seconds=self._incomplete_seconds,
                join_seconds=self.settings.intake.sequence_quiet_seconds if department.assemble == "sequence" else None,
            )
            for department in self.settings.departments
            if department.valid_to is None or department.valid_to >= days
        ]
        callbacks: dict[str, Any] = {"on_sight": self.lanes.warm, "on_lying": self._lying, "on_place": self._place}
        return Watcher(folders, self.settings.intake.poll_seconds, self._take, self._take_run, **callbacks)

    def _take(self, key: Department, name: str, seen: FileIdentity, *, overdue: bool) -> str | None:
        return self._told(key, name, self.intake.take(key, name, seen, overdue=overdue))

    def _take_run(self, key: Department, run: Run, seen: Mapping[str, FileIdentity], *, overdue: Collection[str]) -> str | None:
        return self._told(key, run.label, self.intake.take_run(key, run, seen, overdue))

    def _told(self, key: Department, name: str, taken: Taken) -> str | None:
        if taken.outcome is Outcome.LATER:
            return taken.reason
        log.info("intake", department=key.code, name=display_name(name), outcome=taken.outcome, number=taken.number)
        self.receipts.changed(key.code, self.clock().date())
        self.line.wake()
        return None

    def _admit(self, batch: Accession, number: int, count: int, part: Part, path: Path, sha256: str, duplex: bool | None) -> None:
        section = admit(self.custody, batch, number, count, part, path, sha256, duplex)
        self.receipts.changed(section, batch.received.astimezone(self.settings.timezone).date())

    def _lying(self, key: Department, found: Mapping[str, str]) -> None:
        self.catalogue.lies(key.code, {display_name(name): reason for name, reason in found.items()})

    def _place(self, key: Department, error: PlaceError | None) -> None:
        stage = f"intake {key.code}"
        if error is None:
            self.catalogue.resume(stage)
        else:
            self.catalogue.pause(stage, error)

    def _changed(self, accession: Accession) -> None:
        """A record was split or merged: its section's list of that day says so, and the line has work."""
        self._stepped(accession)
        self.line.wake()

    def _stepped(self, accession: Accession) -> None:
        self.receipts.changed(accession.department, accession.received.astimezone(self.settings.timezone).date())

    # --- wishes ---

    @property
    def _answerers(self) -> Mapping[str, Answerer]:
        own = {"retry": self._retry, "expect": self._expect, "split": self.partings.split, "merge": self.partings.merge}
        return own | {verb: functools.partial(self._decided, decide) for verb, decide in WISHES.items()}

    def _retry(self, wish: Wish) -> Mapping[str, Any]:
        """{number} or {} for all that wait: tried again now, with all attempts."""
        numbers = [wish.wants["number"]] if wish.wants.get("number") else None
        sql = "SELECT id, number FROM accession WHERE state <> 'accounted' AND state <> 'disposed' ORDER BY serial"
        rows = [row for row in self.catalogue.db.conn.execute(sql) if numbers is None or row["number"] in numbers]
        done = [row["number"] for row in rows if self.catalogue.retry(row["id"], wish.who)]
        self.line.wake()
        if numbers and not rows:
            raise self._not_waiting(numbers[0])
        return {"retried": done}

    def _not_waiting(self, number: str) -> ScanpipeError:
        known = self.catalogue.db.conn.execute("SELECT 1 FROM accession WHERE number = ?", [number]).fetchone()
        finished = UsageError(N_("{number} is finished: there is nothing to try again."), number=number)
        return finished if known else NoRecord(number=number)

    def _decided(self, decide: Decide, wish: Wish) -> Answer:
        answer = decide(wish, self.catalogue, self.settings)
        self.line.wake()
        return answer

    def _expect(self, wish: Wish) -> Mapping[str, Any]:
        """{department, names}: files that are known to be complete; they need no quiet time."""
        self.watcher.expect(self.settings.department(wish.wants["department"]), wish.wants["names"])
        return {}

    # --- the timetable ---

    def _jobs(self) -> dict[str, Any]:
        times = self.settings.timetable
        return {
            "prove": (times.prove, lambda: nightly.prove(self.settings, self.clock().date())),
            "purge_taken": (times.purge_taken, self._purge),
            "roll_over_receipts": (times.roll_over_receipts, self._roll_over),
            "check_catalogue": (times.check_catalogue, self._check_catalogue),
            "learn": (times.learn, lambda: learn_apart(self.settings)),
            "back_up": (times.back_up, lambda: nightly.back_up_apart(self.settings, self.stopping)),
            "look_at_shares": (times.look_at_shares, self._look_at_shares),
            "report": (times.report, lambda: nightly.report_apart(self.settings, self.clock().date(), self.stopping)),
        }

    def _purge(self) -> str:
        return _("{n} files removed").format(n=purge_taken(self.settings, self.catalogue, self.clock()))

    def _roll_over(self) -> str:
        """Yesterday's lists get their final form; today's begin, so that a clerk finds one also before the first scan."""
        today = self.clock().date()
        for department in self.settings.departments:
            self.receipts.changed(department.code, today)
            if (self.settings.inbox(department) / RECEIPT_FOLDER / f"{today - timedelta(days=1)}.html").exists():
                self.receipts.changed(department.code, today - timedelta(days=1))
        return _("{n} sections").format(n=len(self.settings.departments))

    def _check_catalogue(self) -> str:
        integrity_check(self.settings.layout.catalogue_db)
        for _event in chain(self.settings.layout.journal):  # raises JournalBroken, which the timetable shows
            pass
        return _("sound; {n} records indexed again").format(n=self._mend_search())

    def _look_at_shares(self) -> str:
        faults = check_places(self.settings)
        self.watcher.hint()
        return "; ".join(str(fault) for fault in faults) or _("ok")


# --- the processes that use it ---


def run(settings: Settings, *, ready: Callable[[], None] = lambda: None) -> None:
    """The daemon: until SIGTERM or SIGINT. SIGHUP reads the configuration again; a faulty one is told and the old one stays."""
    systemd = sdnotify.SystemdNotifier()
    stop, reload = threading.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, lambda *_: reload.set())
    while not stop.is_set():
        reload.clear()
        with Daemon(settings) as daemon:
            systemd.notify("READY=1")
            ready()
            log.info("ready", store=str(settings.layout.store), sections=len(settings.departments), lanes=daemon.lanes.width)
            while not stop.is_set() and not reload.is_set():
                daemon.turn()
                systemd.notify("WATCHDOG=1")
            systemd.notify("STOPPING=1" if stop.is_set() else "RELOADING=1")
        if reload.is_set() and not stop.is_set():
            settings = _reloaded(settings)
    log.info("stopped")


def _reloaded(settings: Settings) -> Settings:
    try:
        fresh = config.load(settings.file)
    except ConfigError as error:
        log.error("configuration not reloaded: the old one stays", faults=error.faults)
        return settings
    log.info("configuration reloaded", file=str(fresh.file))
    return fresh


def reindex(settings: Settings) -> Daemon:
    """Drops both databases and makes them again by opening them: the journal is applied from its first line. Use as a context.

    Raises JournalBroken, with both still there, if the journal is not whole.
    """
    lock = Lock(settings.layout.lock_file)
    try:
        for _ in chain(settings.layout.journal):
            pass
        for path in (settings.layout.catalogue_db, settings.layout.search_db):
            remove_database(path)
    finally:
        lock.close()
    return Daemon(settings, timetable=False)
