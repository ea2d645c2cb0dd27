"""THE LINE: the table of stages, and the loop  due -> submit -> commit.

The state column is the queue. There is no persisted "running": what is in work is known only to this process, and a restart begins it
again. A scan at fault spends attempts and ends filed as its original alone; a place at fault pauses its stage until it is mended.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from scanpipe import learnt
from scanpipe.catalogue.search import SearchIndex
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.catalogue.writing import Superseded
from scanpipe.config import Settings
from scanpipe.core.model import Accession, Credit, Description, Recognition, State
from scanpipe.errors import Fault, PlaceError, ScanError, ScanpipeError
from scanpipe.stages.account import account
from scanpipe.stages.describe import describe
from scanpipe.stages.file import file, refile, tidy
from scanpipe.stages.index import index
from scanpipe.stages.recognise import Reader
from scanpipe.storage import PlaceGone, place_error
from scanpipe.workbench import Workbench, WorkLost
from scanpipe.workers import Workers

log = structlog.get_logger()

ATTEMPTS = 3
AGING = timedelta(minutes=10)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=60)
_PROBE_SECONDS = 5.0
_LONGEST_PROBE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the stages work with. One per process that holds the store's lock."""

    settings: Settings
    catalogue: Catalogue
    bench: Workbench
    workers: Workers
    search: SearchIndex
    reader: Reader
    clock: Callable[[], datetime]
    search_lock: threading.Lock = field(default_factory=threading.Lock)  # the index has one user at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the line. run: may take its time, in a thread. commit: one short transaction. tidy: after the commit, may be repeated.

    threads: how many scans may be in this stage at once; per_section: how many of one section. give_up: makes the fact when the attempts are spent.
    """

    name: str
    takes: State
    run: Callable[[House, Accession], Any]
    commit: Callable[[House, Accession, Any], None]
    tidy: Callable[[House, Accession], None] | None = None
    give_up: Callable[[House, Accession], Any] | None = None
    threads: int = 2
    per_section: int = 64


def _recognise(house: House, accession: Accession) -> Any:
    return house.reader.recognise(accession, house.settings.layout.spool_new / accession.id / "original")


def described(accession: Accession, recognition: Recognition, settings: Settings) -> Description:
    """What the describe stage says of a scan with these pages, by schedule and model as they are now."""
    return describe(accession, recognition, settings, learnt.current(settings.layout.store))


def _describe(house: House, accession: Accession) -> Any:
    return described(accession, house.bench.recognition(accession.id), house.settings)


def _file(house: House, accession: Accession) -> Any:
    corrections = house.catalogue.corrections(accession.id)
    if corrections:
        return refile(accession, corrections, house.settings)
    return file(accession, house.bench.recognition(accession.id), house.catalogue.description(accession.id), house.settings, house.bench)


def index_record(house: House, accession: Accession) -> None:
    """Puts a record into the search index as the catalogue knows it; one whose pages are in others now is taken out."""
    description = house.catalogue.description(accession.id)
    if description.is_batch and house.catalogue.corrections(accession.id):
        with house.search_lock:
            house.search.remove(accession.serial)
        return
    category = house.settings.schedule.categories.get(description.category)
    pages = house.catalogue.pages_text(accession.serial)
    # a category that was taken out of the schedule since: the record stays as open or closed as it was filed
    closed = category.restricted if category else not (description.is_batch or house.catalogue.in_cabinet(accession.id))
    with house.search_lock:
        index(accession, description, pages, closed or bool(description.restricted), house.search)


def _account(house: House, accession: Accession) -> Credit:
    return account(accession, house.catalogue.description(accession.id), house.catalogue.born_digital(accession.id))


LINE = (
    Stage(
        name="recognise",
        takes=State.ACCESSIONED,
        run=_recognise,
        commit=lambda house, accession, fact: house.catalogue.recognised(fact),
        give_up=lambda house, accession: house.reader.give_up(accession),
        threads=64,
        per_section=4,
    ),
    Stage(name="describe", takes=State.RECOGNISED, run=_describe, commit=lambda house, accession, fact: house.catalogue.described(fact)),
    Stage(
        name="file",
        takes=State.DESCRIBED,
        run=_file,
        commit=lambda house, accession, fact: house.catalogue.filed(fact),
        tidy=lambda house, accession: tidy(accession, house.settings.layout, house.bench),
    ),
    Stage(name="index", takes=State.FILED, run=index_record, commit=lambda house, accession, fact: house.catalogue.indexed(accession.id), threads=1),
    Stage(
        name="account",
        takes=State.INDEXED,
        run=_account,
        commit=lambda house, accession, fact: house.catalogue.accounted(fact),
        threads=1,
    ),
)


@dataclass(slots=True)
class _Desk:
    """A stage at work."""

    stage: Stage
    threads: ThreadPoolExecutor
    busy: dict[str, str] = field(default_factory=dict)  # accession id -> section
    paused_until: float | None = None
    probe_seconds: float = _PROBE_SECONDS


class Line:
    """Runs the stages until stopped. Thread-safe; `advance` is called by one loop."""

    def __init__(self, house: House, stages: tuple[Stage, ...] = LINE) -> None:
        self.house = house
        self._desks = [_Desk(stage, ThreadPoolExecutor(stage.threads, thread_name_prefix=stage.name)) for stage in stages]
        self._lock = threading.Lock()
        self._news = threading.Event()
        self.stopping = False
        self.on_step: Callable[[Accession], None] = lambda accession: None

    # --- the loop ---

    def wake(self) -> None:
        """There may be something to do."""
        self._news.set()

    def wait(self, seconds: float) -> None:
        """Until something happened, or for so long."""
        self._news.wait(seconds)
        self._news.clear()

    def advance(self) -> None:
        """Begins all that is due and has room."""
        for desk in self._desks:
            if not self.stopping and self._has_room(desk):
                self._fill(desk)

    def busy(self) -> bool:
        """Whether anything is in work right now."""
        with self._lock:
            return any(desk.busy for desk in self._desks)

    def paused_for(self) -> float:
        """Seconds since the place that has been at fault longest was last found so; 0 if none is."""
        with self._lock:
            return max((desk.probe_seconds for desk in self._desks if desk.paused_until is not None), default=0.0)

    def stop(self) -> None:
        """Lets nothing new begin and waits for what is in work; the workers are closed before, so reading ends at once."""
        self.stopping = True
        self.house.workers.close()
        for desk in self._desks:
            desk.threads.shutdown(wait=True, cancel_futures=True)

    # --- one desk ---

    def _has_room(self, desk: _Desk) -> bool:
        with self._lock:
            if desk.paused_until is not None and (time.monotonic() < desk.paused_until or desk.busy):
                return False
            return len(desk.busy) < desk.stage.threads

    def _fill(self, desk: _Desk) -> None:
        most = desk.stage.per_section + len(desk.busy) if desk.paused_until is None else 1
        for row in self.house.catalogue.due(desk.stage.takes, most, AGING):
            with self._lock:
                if len(desk.busy) >= desk.stage.threads or (desk.paused_until is not None and desk.busy):
                    return
                if row["id"] in desk.busy or Counter(desk.busy.values())[row["department"]] >= desk.stage.per_section:
                    continue
                desk.busy[row["id"]] = row["department"]
            desk.threads.submit(self._work, desk, row["id"], row["started"], row["attempts"])

    def _work(self, desk: _Desk, id: str, started: int, attempts: int) -> None:
        try:
            self._step(desk, self.house.catalogue.accession(id), started, attempts)
            self._resume(desk)
        except PlaceError as error:
            self._pause(desk, id, error)
        except OSError as error:
            self._pause(desk, id, place_error(error, self.house.settings.layout.store))
        except Superseded:
            log.warning("superseded", id=id, stage=desk.stage.name)
        except Exception:
            log.exception("the loop met an unknown fault", stage=desk.stage.name, id=id)
        finally:
            with self._lock:
                desk.busy.pop(id, None)
            self.wake()

    def _step(self, desk: _Desk, accession: Accession, started: int, attempts: int) -> None:
        stage, house = desk.stage, self.house
        if not house.settings.layout.store_id.is_file():  # unmounted: whatever were written now would lie below the mount point
            raise PlaceGone(path=str(house.settings.layout.store))
        house.catalogue.begin_work(accession.id, stage.takes)
        try:
            # three times the daemon itself ended while this was in work, or three failed attempts: no more of it
            spent = attempts >= ATTEMPTS or started >= ATTEMPTS
            fact = stage.give_up(house, accession) if spent and stage.give_up else stage.run(house, accession)
        except WorkLost:
            house.catalogue.returned(accession.id, stage.takes)
            return
        except ScanpipeError as error:
            self._failed(stage, accession, error, attempts)
            return
        except OSError:
            raise
        except Exception as error:
            log.exception("unexpected", stage=stage.name, number=accession.number)
            self._failed(stage, accession, ScanError("{reason}", reason=f"{type(error).__name__}: {error}"), attempts)
            return
        stage.commit(house, accession, fact)
        log.info(stage.name, number=accession.number, department=accession.department)
        if stage.tidy is not None:
            stage.tidy(house, accession)
        self.on_step(accession)

    def _failed(self, stage: Stage, accession: Accession, error: ScanpipeError, attempts: int) -> None:
        if self.stopping:
            self.house.catalogue.end_work(accession.id)
            return
        if error.fault is Fault.PLACE:
            raise error
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 4**attempts)
        log.warning("attempt failed", stage=stage.name, number=accession.number, error=str(error))
        self.house.catalogue.failed(accession.id, stage.takes, error, wait)

    # --- places at fault ---

    def _pause(self, desk: _Desk, id: str, error: PlaceError) -> None:
        with self._lock:
            if desk.paused_until is not None:
                desk.probe_seconds = min(_LONGEST_PROBE, desk.probe_seconds * 1.5)
            desk.paused_until = time.monotonic() + desk.probe_seconds
        log.error("paused", stage=desk.stage.name, reason=str(error))
        try:
            self.house.catalogue.failed(id, desk.stage.takes, error, timedelta(seconds=desk.probe_seconds))
            self.house.catalogue.pause(desk.stage.name, error)
        except PlaceError as deeper:
            log.error("paused", stage=desk.stage.name, reason=str(deeper))  # the catalogue's own disk: the log is all that is left

    def _resume(self, desk: _Desk) -> None:
        if desk.paused_until is None:
            return
        with self._lock:
            desk.paused_until, desk.probe_seconds = None, _PROBE_SECONDS
        self.house.catalogue.resume(desk.stage.name)
        log.info("resumed", stage=desk.stage.name)
