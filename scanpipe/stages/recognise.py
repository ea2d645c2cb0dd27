"""recognise: ACCESSIONED -> RECOGNISED. Page by page in the lanes, memoised; then the access copy.

A page that cannot be read in three attempts is marked as unread and the rest goes on; a scan of which nothing can be read is
filed as its original alone. Neither stops the line.

A joined scan (one file for each page) is first made into a PDF, in a lane; from there it is read like any other.

A batch with cover or separator sheets is split before any page is read: each part goes into custody as a record of its own, and of the batch
itself only its bytes are kept. Done again after a crash, the parts that are in custody are known and the rest is added.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import structlog

from scanpipe import storage
from scanpipe.config import Settings
from scanpipe.core import review
from scanpipe.core.describing.my_number import masked
from scanpipe.core.model import Accession, Description, Page, Recognition
from scanpipe.core.scans import batches
from scanpipe.core.scans.fairness import Turn
from scanpipe.core.scans.sequences import JOINED
from scanpipe.core.scans.structure import PDF
from scanpipe.errors import Fault, ScanError, ScanpipeError
from scanpipe.recognition import lane, selftest
from scanpipe.recognition.errors import Encrypted, TooLarge
from scanpipe.recognition.facts import AccessCopy, Heading, Inspection, Joined, ReadingSettings
from scanpipe.workbench import Workbench
from scanpipe.workers import LaneDied, LaneTimeout, Stopped, Workers

log = structlog.get_logger()

T = TypeVar("T")

PAGE_ATTEMPTS = 3
_FILE_SECONDS = 60.0
_COPY_SECONDS_PER_PAGE = 10.0
_BYTES_PER_SECOND = 100_000  # of a file that is inspected; 30 pages of G4 are a megabyte and take some seconds
_LONGEST_INSPECTION = 3600.0

Admit = Callable[[Accession, int, int, batches.Part, Path, str, bool | None], None]
"""Takes a part of a batch into custody: the batch, the part's number from 1 and how many there are, the part, its PDF and its sha256, whether both
sides were scanned. Known parts are left as they are. Raises PlaceError."""


Foresee = Callable[[Accession, Recognition], Description]
"""What the next stage will say of the record, so that its access copy can say it, too. The scan's pages alone are known."""


def reading_settings(settings: Settings) -> ReadingSettings:
    """The part of the configuration that a page's reading depends on. The first time on a machine, runtimes are tried: a few seconds."""
    ocr = settings.ocr
    engine: str = ocr.engine
    runtime: str = ocr.runtime
    if not settings.workers.scheduler:  # else each machine chooses for itself
        engine, runtime = selftest.chosen(engine, runtime, settings.layout.work / "runtime.json")
    vertical = {True: "yes", False: "no"}.get(ocr.vertical, "auto") if isinstance(ocr.vertical, bool) else "auto"
    return ReadingSettings(engine=engine, vertical=vertical, max_pixels=ocr.max_pixels, max_pages=ocr.max_pages, dpi=ocr.dpi, runtime=runtime)


class Reader:
    """Reads scans through the workers. Called from several threads, one scan each."""

    def __init__(self, settings: Settings, workers: Workers, bench: Workbench, admit: Admit | None = None, foresee: Foresee | None = None) -> None:
        """admit: lets the parts of a batch in; None = batches are read as they are. foresee: None = the access copy tells title and category of nothing."""
        self.settings, self.workers, self.bench, self.admit, self.foresee = settings, workers, bench, admit, foresee
        self.reading = reading_settings(settings)

    def recognise(self, accession: Accession, original: Path) -> Recognition:
        """Reads the scan and leaves access copy and layout in work/. Raises PlaceError only; a scan at fault is told by its flags."""
        storage.verify(original, accession.sha256)
        self.bench.clear(accession.id)
        return self._leave(accession, self._read(accession, original))

    def _read(self, accession: Accession, original: Path) -> Recognition:
        since = time.monotonic()
        unread: tuple[int, ...] = ()
        try:
            if accession.media_type == JOINED:
                joined = self._join(accession, original, since)
                accession, original, unread = replace(accession, media_type=PDF), self.bench.joined(accession.id), joined.unread
            inspection = self._inspect(accession, original, since)
            if self.admit is not None and any(inspection.codes):
                batch = self._split(accession, original, inspection, since, self.admit)
                if batch is not None:
                    return replace(batch, flags=(*batch.flags, *([review.PAGES_UNREAD] if unread else [])))
                inspection = replace(inspection, flags=(*inspection.flags, review.BATCH_WHOLE))
            pages = self._pages(accession, original, inspection, unread, since)
        except ScanpipeError as error:
            if error.fault is Fault.PLACE or isinstance(error, Stopped):
                raise
            log.warning("not read", number=accession.number, error=repr(error))
            return self._original_alone(accession, _flag(error))
        return self._with_access_copy(accession, original, inspection, pages, since)

    def give_up(self, accession: Accession) -> Recognition:
        """Its attempts are spent: the original alone, flagged for a person."""
        return self._leave(accession, self._original_alone(accession, review.UNREADABLE))

    # --- steps ---

    def _join(self, accession: Accession, original: Path, since: float) -> Joined:
        out, digests = self.bench.joined(accession.id), tuple(file.sha256 for file in accession.files)
        task = lane.join, original, digests, out, self.reading
        joined = self._attempts(lambda: self.workers.submit(*task, timeout=_seconds_for(accession), turn=_turn(accession, 1, 0, since, brief=True)))
        with storage.place(out):
            storage.verify(out, joined.sha256)  # a lane's word is checked
        return joined

    def _inspect(self, accession: Accession, original: Path, since: float) -> Inspection:
        name = f"inspection-{self.reading.digest()}"
        known = self.bench.recall(Inspection, accession.sha256, name)
        if known is not None:
            return known
        seconds = _seconds_for(accession)
        found = self._attempts(
            lambda: self.workers.submit(lane.inspect, original, self.reading, timeout=seconds, turn=_turn(accession, 1, 0, since, brief=True))
        )
        self.bench.remember(found, accession.sha256, name)
        return found

    def _split(self, accession: Accession, original: Path, inspection: Inspection, since: float, admit: Admit) -> Recognition | None:
        """The batch as a record of its bytes, its parts in custody; None if it cannot be split: locked, signed, or a page does not come out whole."""
        if inspection.encrypted or inspection.signed:
            return None
        plan = batches.plan(inspection.codes, accession.duplex)
        folder = self.bench.folder / accession.id
        files = [folder / f"part-{n:03}.pdf" for n in range(1, len(plan.parts) + 1)]
        try:
            digests = self._cut(accession, original, plan, files, since)
        except Stopped:
            raise
        except ScanError as error:
            log.warning("not split", number=accession.number, error=repr(error))
            return None
        for n, (part, file, sha256) in enumerate(zip(plan.parts, files, digests, strict=True), 1):
            admit(accession, n, len(files), part, file, sha256, plan.duplex)
        flags = (review.BATCH, *([review.EMPTY_COVER] if plan.empty_cover else []))
        return replace(self._original_alone(accession, review.BATCH), flags=flags, parts=len(files))

    def _cut(self, accession: Accession, original: Path, plan: batches.Plan, files: list[Path], since: float) -> list[str]:
        """Writes the parts; returns their digests."""
        seconds = _FILE_SECONDS + _COPY_SECONDS_PER_PAGE + accession.bytes / _BYTES_PER_SECOND
        tasks = [
            self.workers.submit(
                lane.split, original, accession.media_type, part.pages, file, timeout=seconds, turn=_turn(accession, len(files), n, since, brief=True)
            )
            for n, (part, file) in enumerate(zip(plan.parts, files, strict=True))
        ]
        wait(tasks)
        return [task.result() for task in tasks]

    def _pages(self, accession: Accession, original: Path, inspection: Inspection, unread: Iterable[int], since: float) -> list[Page]:
        """All pages in order. Those in the memo are not read again; each is remembered as soon as it is read. unread: numbers of pages that hold nothing."""
        digest = self.reading.digest()
        pages = {n: page for n in range(1, inspection.pages + 1) if (page := self.bench.recall(Page, accession.sha256, f"{n}-{digest}"))}
        pages |= {n: unread_page(n) for n in unread}
        missing = [n for n in range(1, inspection.pages + 1) if n not in pages]

        def submit(n: int) -> "Future[Page]":
            turn = _turn(accession, len(missing), n, since)
            return self.workers.submit(lane.read_page, original, n, self.reading, timeout=self.settings.ocr.page_seconds, turn=turn)

        faults: list[ScanError] = []
        for n, page in self._each(missing, submit, faults):
            pages[n] = page
            if page.source != "none":
                self.bench.remember(page, accession.sha256, f"{n}-{digest}")
        if faults and all(page.source == "none" for page in pages.values()):
            raise faults[0]
        return [pages[n] for n in sorted(pages)]

    def _each(self, numbers: Iterable[int], submit: Callable[[int], "Future[Page]"], faults: list[ScanError]) -> Iterable[tuple[int, Page]]:
        """Pages as they are read; one that cannot be read is marked so, and why is added to `faults`."""
        running = {submit(n): (n, 1) for n in numbers}
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                n, attempt = running.pop(future)
                error = future.exception()
                if error is None:
                    yield n, future.result()
                elif isinstance(error, ScanError) and attempt < PAGE_ATTEMPTS and _worth_another(error):
                    running[submit(n)] = (n, attempt + 1)
                elif isinstance(error, ScanError) and not isinstance(error, Stopped):
                    log.warning("page not read", page=n, error=repr(error))
                    faults.append(error)
                    yield n, unread_page(n)
                else:
                    for other in running:
                        other.cancel()
                    raise error

    def _attempts(self, submit: Callable[[], "Future[T]"]) -> T:
        for attempt in range(1, PAGE_ATTEMPTS + 1):
            try:
                return submit().result()
            except ScanError as error:
                if attempt == PAGE_ATTEMPTS or not _worth_another(error):
                    raise
        raise AssertionError("unreachable")

    def _with_access_copy(self, accession: Accession, original: Path, inspection: Inspection, pages: list[Page], since: float) -> Recognition:
        flags = [*inspection.flags, *([review.PAGES_UNREAD] if any(page.source == "none" for page in pages) else [])]
        copy = None
        try:
            copy = self._assemble(accession, original, pages, since)
        except Stopped:
            raise
        except ScanError as error:
            log.warning("no access copy", number=accession.number, error=repr(error))
            if not (inspection.signed or inspection.encrypted):  # these never get a copy: their own flag says it
                flags.append(review.ACCESS_COPY_DIFFERS)
        return Recognition(
            accession_id=accession.id,
            pages=tuple(pages),
            engine=next((page.engine for page in pages if page.engine), "none"),
            settings=self.reading.digest(),
            access_sha256=copy.sha256 if copy else None,
            born_digital=bool(pages) and all(page.source == "digital" for page in pages),
            flags=tuple(flags),
        )

    def _assemble(self, accession: Accession, original: Path, pages: list[Page], since: float) -> AccessCopy:
        out = self.bench.access_copy(accession.id)
        seconds = _FILE_SECONDS + _COPY_SECONDS_PER_PAGE * len(pages)
        said = self.foresee(accession, self._read_so_far(accession, pages)) if self.foresee else None
        heading = Heading(
            title=(said.title if said else None) or masked(accession.name),
            category=f"{said.category} {said.category_name}" if said and said.category_name else None,
            number=accession.number,
            created=accession.received,
            sha256=accession.sha256,
            name=masked(accession.name),
        )
        task = lane.assemble, original, accession.media_type, tuple(pages), out, heading
        copy = self.workers.submit(*task, timeout=seconds, turn=_turn(accession, 1, len(pages) + 1, since, brief=True)).result()
        with storage.place(out):
            storage.verify(out, copy.sha256)  # a lane's word is checked
        return copy

    def _read_so_far(self, accession: Accession, pages: list[Page]) -> Recognition:
        return Recognition(accession_id=accession.id, pages=tuple(pages), engine="", settings=self.reading.digest(), access_sha256=None)

    def _original_alone(self, accession: Accession, flag: str) -> Recognition:
        return Recognition(accession_id=accession.id, pages=(), engine="none", settings=self.reading.digest(), access_sha256=None, flags=(flag,))

    def _leave(self, accession: Accession, recognition: Recognition) -> Recognition:
        if accession.declared.get("missing"):
            recognition = replace(recognition, flags=(*recognition.flags, review.PAGES_MISSING))
        if recognition.access_sha256 is None:
            self.bench.clear(recognition.accession_id)
        self.bench.leave(recognition)
        return recognition


def _worth_another(error: ScanError) -> bool:
    return isinstance(error, LaneDied | LaneTimeout)


def _flag(error: ScanpipeError) -> str:
    return review.ENCRYPTED if isinstance(error, Encrypted) else review.TOO_LARGE if isinstance(error, TooLarge) else review.UNREADABLE


def _seconds_for(accession: Accession) -> float:
    return min(_LONGEST_INSPECTION, _FILE_SECONDS + accession.bytes / _BYTES_PER_SECOND)


def _turn(accession: Accession, left: int, page: int, since: float, *, brief: bool = False) -> Turn:
    return Turn(department=accession.department, left=left, since=since, serial=accession.serial, page=page, brief=brief)


def unread_page(number: int) -> Page:
    """A page whose place is kept though nothing of it is known; its paper counts as A4."""
    return Page(number=number, width=1654, height=2339, dpi=200.0, source="none")
