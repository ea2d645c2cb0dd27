"""Carries out disposal lists that were begun, a few records at a time: each is looked at once more, then it ends in the catalogue, and its folder becomes a tombstone.

The order for one record: event and catalogue; tombstone durable; bytes removed; cabinet link, what was left of its intake, search index. Everything after the
event is repeated after a crash. When no record of a list is left, its words leave the databases for good, and the list is closed with its certificate;
while it waits, for the archives or for what keeps a record back, an interim certificate tells of those that are gone.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import structlog

from scanpipe import storage, tombstone, vault
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.search import SearchIndex
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.disposing import disposals
from scanpipe.core.disposing.disposals import Act, Disposal, Entry
from scanpipe.core.disposing.obstacles import BATCH_NOT_LISTED, BATCH_STAYS, DAMAGED, Obstacle, in_words
from scanpipe.core.disposing.tombstones import what_stays
from scanpipe.core.model import Accession
from scanpipe.core.serial import as_json
from scanpipe.errors import ScanpipeError
from scanpipe.stages.file import tidy, unlink_from_cabinet
from scanpipe.stages.intake import purge_deliveries
from scanpipe.upkeep.disposal import certificates, transfer
from scanpipe.upkeep.disposal.certified import FACTS, folder_of, interim_name
from scanpipe.workbench import Workbench

log = structlog.get_logger()

AT_ONCE = 20  # records in one turn of the loop: a clerk's scan does not wait for a list of thousands
_AGAIN_SECONDS = 5.0  # after a reader held a database's log
SCANPIPE = "scanpipe"


class Destruction:
    """Of a store whose lock this process holds. All but `close` is called by one loop."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, search: SearchIndex, search_lock: threading.Lock, bench: Workbench, clock: Callable[[], datetime]
    ) -> None:
        self.settings, self.catalogue, self.bench, self.clock = settings, catalogue, bench, clock
        self._search, self._search_lock = search, search_lock
        self._half: list[str] = []  # ended in the catalogue, not yet on the disk
        self._apart = ThreadPoolExecutor(1, thread_name_prefix="disposal")  # bags and indexes take minutes; the loop does not wait for them
        self._work: Future[Any] | None = None
        self._after: Callable[[Any], None] = lambda result: None
        self._not_before = 0.0
        self._interim: dict[str, tuple[int, int]] = {}  # by list: how many interim certificates, and of how many records; the journal is not asked each turn
        self.wake: Callable[[], None] = lambda: None

    # --- the loop ---

    def recover(self) -> None:
        """Completes what a crash cut off: records of lists that are not closed, ended in the catalogue and still on the disk."""
        for disposal in self.catalogue.disposals_begun():
            for entry in self.catalogue.disposal(disposal.id).entries:
                if entry.state == disposals.DISPOSED and (known := self.catalogue.by_number(entry.number)):
                    self._clear(known[0])

    def advance(self) -> bool:
        """A bounded piece of what is begun. True if there is more to do at once. Raises ScanpipeError; it is called again and goes on some seconds later."""
        if time.monotonic() < self._not_before:
            return False
        try:
            return self._advance_all()
        except ScanpipeError:
            self._not_before = time.monotonic() + _AGAIN_SECONDS
            raise

    def _advance_all(self) -> bool:
        while self._half:  # a fault of the disk was in the way
            self._clear(self.catalogue.accession(self._half[0]))
            self._half.pop(0)
        if self._work is not None:
            return self._finished_apart()
        return any(self._advance(disposal) for disposal in self.catalogue.disposals_begun())

    def busy(self) -> bool:
        """Whether something is done apart, or is to be tried again soon."""
        return self._work is not None or self._not_before > time.monotonic()

    def close(self) -> None:
        """Waits for what is done apart."""
        self._apart.shutdown(wait=True, cancel_futures=True)

    def _advance(self, disposal: Disposal) -> bool:
        nexts = self.catalogue.disposal_next(disposal, AT_ONCE)
        for _id, entry in nexts:
            self._dispose_of(disposal, entry.number)
        if nexts:
            return True
        if disposal.bagged is None and self.catalogue.disposal_to_bag(disposal):
            return self._bag(disposal)
        if not self.catalogue.entries_left(disposal):
            self._begin_apart(lambda: self._wind_up(disposal), lambda certified: self._close(disposal, certified))
            return True
        return self._certify_so_far(disposal)

    def _begin_apart(self, work: Callable[[], Any], after: Callable[[Any], None]) -> None:
        self._work, self._after = self._apart.submit(work), after
        self._work.add_done_callback(lambda done: self.wake())

    def _finished_apart(self) -> bool:
        assert self._work is not None
        if not self._work.done():
            return False
        done, self._work = self._work, None
        self._after(done.result())
        return True

    # --- one record ---

    def _dispose_of(self, disposal: Disposal, number: str) -> None:
        """Once more: may it go? Then it is gone, and with it what holds its pages only as a proof of delivery; else it stays on the list with the reason."""
        id, entry = self.catalogue.disposal_entry(disposal, number) or ("", None)
        if entry is None or entry.state != disposals.OPEN:
            return  # gone meanwhile, with another record of the list
        proofs = self.catalogue.proofs_of(number)
        obstacle = self._in_the_way(disposal, id, entry) or self._proofs_in_the_way(disposal, number, proofs)
        if obstacle is not None:
            self._keep_back(disposal, obstacle)
            return
        self._end(disposal, id, entry)
        for one in proofs:
            self._dispose_of(disposal, one)

    def _keep_back(self, disposal: Disposal, obstacle: Obstacle) -> None:
        log.warning("kept back", list=disposal.number, number=obstacle.params["number"], reason=in_words(obstacle))
        self.catalogue.kept_back(disposal, obstacle)

    def _in_the_way(self, disposal: Disposal, id: str, entry: Entry) -> Obstacle | None:
        condition = self.catalogue.condition(id, entry.number, disposal)
        return disposals.obstacle(entry, disposal, condition, self.clock().date()) or self._damage(entry)

    def _proofs_in_the_way(self, disposal: Disposal, number: str, proofs: Sequence[str]) -> Obstacle | None:
        """Of the records that go with this one the first that cannot; it is kept back, too, with its own reason."""
        for proof in proofs:
            id, entry = self.catalogue.disposal_entry(disposal, proof) or ("", None)
            if entry is None:
                return Obstacle(template=BATCH_NOT_LISTED, params={"number": number, "batch": proof})
            own = self._in_the_way(disposal, id, entry) if entry.state == disposals.OPEN else entry.obstacle
            if own is not None:
                if entry.state == disposals.OPEN:
                    self._keep_back(disposal, own)
                return Obstacle(template=BATCH_STAYS, params={"number": number, "batch": proof})
        return None

    def _end(self, disposal: Disposal, id: str, entry: Entry) -> None:
        condition = self.catalogue.condition(id, entry.number, disposal)
        waits = bool(entry.heirs) and len(self.catalogue.there(entry.heirs)) == len(entry.heirs)
        if not disposals.may_go(disposal, entry, condition, self.clock().date(), waits=waits):
            raise AssertionError(f"{entry.number} was offered for disposal and may not go")
        accession = self.catalogue.accession(id)
        self._half.append(id)
        self.catalogue.disposed(id, self._told(accession, disposal, entry))
        log.info("disposed", number=entry.number, list=disposal.number, action=entry.action)
        self._clear(accession)
        self._half.remove(id)

    def _damage(self, entry: Entry) -> Obstacle | None:
        """A folder that is not what was filed is looked at by a person first."""
        accession, _state = self.catalogue.by_number(entry.number) or (None, None)
        assert accession is not None
        folder = self.settings.layout.archive / vault.relative_folder(accession)
        filed = self.catalogue.filing_of(accession.id)
        with storage.place(self.settings.layout.vault):
            sound = (folder / vault.MANIFEST).is_file() and storage.digest(folder / vault.MANIFEST) == filed["manifest_sha256"]
        return None if sound else Obstacle(template=DAMAGED, params={"number": entry.number})

    def _told(self, accession: Accession, disposal: Disposal, entry: Entry) -> dict[str, Any]:
        """All that stays known of a record, for its event and its tombstone (schema in tombstone.py)."""
        filed = self.catalogue.filing_of(accession.id)
        answer = disposal.answers.get(entry.department)
        agreed = [{"department": entry.department, "by": answer.by, "at": as_json(answer)["at"]}] if answer else []
        return {
            "number": accession.number,
            "id": accession.id,
            "pages_in": list(entry.heirs),
            "department": entry.department,
            "record": what_stays(self.catalogue.description(accession.id)),
            "original": {name: getattr(accession, name) for name in ("sha256", "bytes", "media_type")},
            "received": accession.received.isoformat(),
            **{name: filed[name] for name in ("filed", "vault_path", "manifest_sha256")},
            "born_digital": self.catalogue.born_digital(accession.id),
            "disposal": disposal.id,
            "list": disposal.number,
            "kind": disposal.kind,
            "action": entry.action,
            "reason": disposal.reason,
            "proposed": {"by": disposal.by, "at": disposal.at.isoformat()},
            "agreed": agreed,
            "approved": [{"by": one.by, "at": as_json(one)["at"]} for one in disposal.approvals],
            "reference": disposal.handed_over.text if disposal.handed_over and entry.action == disposals.TRANSFER else None,
            "replaced_by": disposal.replaced_by,
        }

    def _clear(self, accession: Accession) -> None:
        """What the event promised: the bytes go wherever they lie. Repeating it changes nothing."""
        event, layout = self.catalogue.disposed_event(accession.id), self.settings.layout
        if event is None:
            return  # the journal could not be written: nothing has happened
        folder = layout.archive / vault.relative_folder(accession)
        if folder.is_dir() and not tombstone.is_put(folder, event):
            tombstone.put(folder, event)
        with storage.place(layout.cabinet):
            for path in self.catalogue.shown_at(accession.id):
                unlink_from_cabinet(layout, PurePosixPath(path))
        tidy(accession, layout, self.bench)
        since = self.clock() - timedelta(days=self.settings.intake.taken_days + 2)
        purge_deliveries(self.settings, self.catalogue, set(self.catalogue.later_deliveries(accession.id, accession.department, since.isoformat())))
        with self._search_lock:
            self._search.remove(accession.serial)

    # --- what is done apart ---

    def _bag(self, disposal: Disposal) -> bool:
        """The bag for the archives, of what may go there today; the rest is kept back."""
        whole = self.catalogue.disposal(disposal.id)
        numbers = list(self._ready_for_the_bag(whole))
        if not numbers:
            return True
        wanted = transfer.Wanted(disposal=whole, numbers=tuple(numbers), day=self.clock().date())

        def after(made: transfer.Made) -> None:
            for number in made.damaged:
                self.catalogue.kept_back(disposal, Obstacle(template=DAMAGED, params={"number": number}))
            if made.numbers:
                self.catalogue.bagged(disposal, Act(by=SCANPIPE, at=self.clock(), text=made.digest), made.numbers)
            log.info("bagged", list=disposal.number, records=len(made.numbers))

        self._begin_apart(lambda: transfer.make_bag(wanted, self.settings), after)
        return True

    def _ready_for_the_bag(self, disposal: Disposal) -> Iterator[str]:
        for number in self.catalogue.disposal_to_bag(disposal):
            entry, known = disposal.entry(number), self.catalogue.by_number(number)
            assert known is not None
            obstacle = self._in_the_way(disposal, known[0].id, entry)
            if obstacle is None:
                yield number
            else:
                self.catalogue.kept_back(disposal, obstacle)

    def _wind_up(self, disposal: Disposal) -> tuple[datetime, dict[str, str]] | None:
        """Words leave the databases, the bag that the archives have is removed, and the certificate is written. None while a reader holds a database."""
        if not self._forget_words():
            return None
        at, folder = self.clock(), folder_of(disposal.number, self.settings.layout)
        whole = self.catalogue.disposal(disposal.id)
        transfer.remove_payload(folder)
        return at, certificates.write(whole, self._events(whole), at, folder, self.settings)

    def _certify_so_far(self, disposal: Disposal) -> bool:
        """The list waits for the archives, or for records that were kept back: what is gone has its certificate meanwhile. False if all of it has one."""
        gone = self.catalogue.entries_disposed(disposal)
        if disposal.id not in self._interim:
            self._interim[disposal.id] = self.catalogue.interim_certificates(disposal)
        issues, certified = self._interim[disposal.id]
        if gone == certified:
            return False
        self._begin_apart(lambda: self._write_interim(disposal, issues + 1), lambda done: self._note_interim(disposal, issues + 1, gone, done))
        return True

    def _write_interim(self, disposal: Disposal, issue: int) -> tuple[datetime, dict[str, str]] | None:
        """As `_wind_up`, in a folder of its own, and the list goes on."""
        if not self._forget_words():
            return None
        at, whole, name = self.clock(), self.catalogue.disposal(disposal.id), interim_name(issue)
        folder = folder_of(disposal.number, self.settings.layout)
        with storage.place(folder):
            storage.make_folder(folder)
        files = certificates.write(whole, self._events(whole), at, folder / name, self.settings, issue=issue)
        with storage.place(folder):
            storage.sync_folder(folder)
        return at, {f"{name}/{file}": sha256 for file, sha256 in files.items()}

    def _note_interim(self, disposal: Disposal, issue: int, gone: int, certified: tuple[datetime, dict[str, str]] | None) -> None:
        if certified is None:
            self._not_before = time.monotonic() + _AGAIN_SECONDS
            return
        at, files = certified
        act = Act(by=SCANPIPE, at=at, text=files[f"{interim_name(issue)}/{FACTS}"])
        self.catalogue.certified(disposal, act, issue, gone, files)
        self._interim[disposal.id] = (issue, gone)
        log.info("interim certificate", list=disposal.number, issue=issue, records=gone)

    def _forget_words(self) -> bool:
        """Terms leave search.db and texts leave catalogue.db, their logs too. False while a reader holds one of them."""
        with self._search_lock:
            forgotten = not self._search.purge_due or self._search.optimise()
        return forgotten and self.catalogue.truncate()

    def _close(self, disposal: Disposal, certified: tuple[datetime, dict[str, str]] | None) -> None:
        """The list is done; tried again later where it could not be wound up."""
        if certified is None:
            self._not_before = time.monotonic() + _AGAIN_SECONDS
            return
        at, files = certified
        self.catalogue.list_done(disposal, Act(by=SCANPIPE, at=at, text=files[FACTS]), files)
        log.info("list done", list=disposal.number)

    def _events(self, disposal: Disposal) -> list[Event]:
        found = (self.catalogue.by_number(one.number) for one in disposal.entries)
        return [event for known in found if known and (event := self.catalogue.disposed_event(known[0].id))]
