"""A record split into several, or several merged into one, after they were filed: people's wishes that need a lane before they can be answered.

The pages are cut or joined aside, from the vault's originals, while the loop goes on; then, in one go: the new records into custody, the holds widened, the
old ones made proof of what was delivered. Keys of the new records follow from the wish: one that is answered again, after a crash, adds what is missing.
"""

import hashlib
import os
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from scanpipe import container, storage, vault
from scanpipe.catalogue.related import Reading
from scanpipe.catalogue.requests import Answer, NotYet, Wish
from scanpipe.core import partings, review
from scanpipe.core.model import Accession, PageFile
from scanpipe.core.partings import MERGED_INTO, SPLIT_INTO, BadParting
from scanpipe.core.scans.fairness import Turn
from scanpipe.core.scans.sequences import JOINED
from scanpipe.core.scans.structure import HEAD, PDF, sniff
from scanpipe.core.sheets import fronts
from scanpipe.custody import Custody, Scan
from scanpipe.errors import ScanError, ScanpipeError
from scanpipe.i18n import N_
from scanpipe.recognition import lane
from scanpipe.recognition.facts import Inspection, Joined, ReadingSettings
from scanpipe.stages.admit import part_name, take_in
from scanpipe.upkeep.deciding import pages_held
from scanpipe.upkeep.deciding.reversals import proof
from scanpipe.upkeep.deciding.rulings import answered, correctable, record_all
from scanpipe.workbench import Workbench
from scanpipe.workers import Stopped, Workers

T = TypeVar("T")
Changed = Callable[[Accession], None]

SIGNED = N_("{number} carries an electronic signature, which holds for the file as a whole: it cannot be split or merged.")
LOCKED = N_("{number} is locked with a password: its pages cannot be reached. Scan the paper again, then: scanpipe replace {number} NEW")
UNREAD = N_("Nothing of {number} could be read, so its pages cannot be told apart. Scan the paper again, then: scanpipe replace {number} NEW")
NOT_CUT = N_("{number} cannot be split: {reason}")
NOT_JOINED = N_("These records cannot be merged: {reason}")
ONE_RECORD = N_("Name at least two different records to merge.")
TWO_SECTIONS = N_("{number} belongs to another section ({department}). Correct the section first: scanpipe correct {number} --department {wanted}")
TWO_BOXES = N_("The paper of these records lies in different boxes ({boxes}). Put it into one box first: scanpipe paper-status box")
UNOPENED = N_("a file of it cannot be opened")
_SECONDS, _SECONDS_PER_PAGE, _BYTES_PER_SECOND, _LONGEST = 60.0, 1.0, 100_000, 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file made of a record's pages, in work/: the original of a new record. files: what it holds, where it is a container. pages: how many it has."""

    path: Path
    sha256: str
    pages: int
    files: tuple[PageFile, ...] = ()


class Partings:
    """The answers to `split` and `merge`. One per daemon; asked by its loop alone."""

    def __init__(self, custody: Custody, workers: Workers, bench: Workbench, reading: ReadingSettings, wake: Callable[[], None], changed: Changed) -> None:
        """wake: called, from any thread, when the wish should be asked again. changed: told of each record that from now on only proves."""
        self.custody, self.workers, self.bench, self.reading, self.wake, self.changed = custody, workers, bench, reading, wake, changed
        self.catalogue, self.settings = custody.catalogue, custody.settings
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="parting")
        self._made: dict[str, Future[tuple[Made, ...]]] = {}

    def busy(self) -> bool:
        """Whether an answer is under way."""
        return bool(self._made)

    def close(self) -> None:
        """After the lanes were closed, so that nothing waits for them. A wish under way stays waiting."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    # --- the wishes ---

    def split(self, wish: Wish) -> Answer:
        """{number, pages: [ranges of each part], titles, reason, dry_run}: each part a record of its own. Raises UsageError, NoRecord; NotYet while it is cut."""
        number, texts, titles = wish.wants["number"], wish.wants["pages"], wish.wants.get("titles") or []
        done = answered(number, wish, self.catalogue)
        if done is not None:
            numbers = partings.numbers(done[1].changes.get(SPLIT_INTO))
            return _split_answer(number, texts, titles, numbers, self._held([done[0]], wish), dry_run=False)
        whole = correctable(number, self.catalogue)
        parts = partings.parts_of(texts, titles, len(self._readable(whole).sides))
        made = self._aside(wish, lambda: self._cut(wish, whole, parts))
        numbers = () if wish.wants.get("dry_run") else self._split_in_books(wish, whole, parts, titles, made)
        self._tidy(wish)
        return _split_answer(number, texts, titles, numbers, self._held([whole], wish), dry_run=not numbers)

    def merge(self, wish: Wish) -> Answer:
        """{numbers, reason, dry_run}: one record of all their pages, in this order. Raises UsageError, NoRecord; NotYet while they are joined."""
        numbers = list(dict.fromkeys(wish.wants["numbers"]))
        known = self.catalogue.delivery_by_key(_key(wish, 1))
        if known is None:
            sources = self._mergeable([correctable(number, self.catalogue) for number in numbers])
        else:  # answered before the process was cut off, or half so: the new record is there already
            sources = [done[0] if (done := answered(number, wish, self.catalogue)) else correctable(number, self.catalogue) for number in numbers]
        made = self._aside(wish, lambda: self._joined(wish, sources)) if known is None else ()
        into = None if wish.wants.get("dry_run") else self._merge_in_books(wish, sources, made)
        self._tidy(wish)
        pages = sum(len(self.catalogue.reading(one.id).sides) for one in sources)
        return {"number": into, "merged": numbers, "pages": pages, "held_by": self._held(sources, wish), "dry_run": into is None}

    # --- what can be ---

    def _readable(self, accession: Accession) -> Reading:
        """How it was read. Raises BadParting where its pages cannot be reached."""
        reading = self.catalogue.reading(accession.id)
        for flag, says in ((review.SIGNED, SIGNED), (review.ENCRYPTED, LOCKED)):
            if flag in reading.flags:
                raise BadParting(says, number=accession.number)
        if not reading.sides:
            raise BadParting(UNREAD, number=accession.number)
        return reading

    def _mergeable(self, sources: list[Accession]) -> list[Accession]:
        if len(sources) < 2:
            raise BadParting(ONE_RECORD)
        for one in sources:
            self._readable(one)
            if one.department != sources[0].department:
                raise BadParting(TWO_SECTIONS, number=one.number, department=one.department, wanted=sources[0].department)
        boxes = {box.number for one in sources if (box := self.catalogue.box_of(one.id))}
        if len(boxes) > 1:
            raise BadParting(TWO_BOXES, boxes=", ".join(sorted(boxes)))
        return sources

    def _held(self, records: Sequence[Accession], wish: Wish) -> list[str]:
        return pages_held.holds_on(records, wish, self.catalogue)

    # --- aside ---

    def _aside(self, wish: Wish, make: Callable[[], tuple[Made, ...]]) -> tuple[Made, ...]:
        """What `make` gives, in a thread of its own. Raises NotYet until it is done, then what it raised."""
        future = self._made.get(wish.id)
        if future is None:
            future = self._made[wish.id] = self._threads.submit(make)
            future.add_done_callback(lambda _done: self.wake())
        if not future.done():
            raise NotYet
        del self._made[wish.id]
        try:
            return future.result()
        except Stopped:
            raise NotYet from None
        except ScanpipeError:
            self._tidy(wish)
            raise

    def _tidy(self, wish: Wish) -> None:
        with storage.place(self.bench.folder):
            storage.remove_tree(self.bench.folder / wish.id)

    def _cut(self, wish: Wish, whole: Accession, parts: Sequence[Sequence[int]]) -> tuple[Made, ...]:
        folder = self.bench.clear(wish.id)
        original, media_type = self._source(whole, folder)
        files = [folder / f"part-{n:03}.pdf" for n in range(1, len(parts) + 1)]
        tasks = [
            self.workers.submit(lane.split, original, media_type, tuple(pages), file, timeout=_seconds(whole, len(pages)), turn=_turn(whole, n))
            for n, (pages, file) in enumerate(zip(parts, files, strict=True))
        ]
        wait(tasks)
        digests = [_or_refused(task, NOT_CUT, number=whole.number) for task in tasks]
        return tuple(Made(path=file, sha256=sha256, pages=len(pages)) for file, sha256, pages in zip(files, digests, parts, strict=True))

    def _source(self, accession: Accession, folder: Path) -> tuple[Path, str]:
        """The original to cut from, its bytes proven, and its media type; of a container all its files as one PDF."""
        original = self._original(accession)
        if accession.media_type != JOINED:
            return original, accession.media_type
        out = folder / "joined.pdf"
        self._join(accession, original, accession.files, out, NOT_CUT)
        return out, PDF

    def _original(self, accession: Accession) -> Path:
        path = self.settings.layout.archive / vault.relative_folder(accession) / vault.original_name(accession.media_type)
        storage.verify(path, accession.sha256)
        return path

    def _join(self, accession: Accession, original: Path, files: Sequence[PageFile], out: Path, template: str) -> Joined:
        digests = tuple(file.sha256 for file in files)
        seconds = min(_LONGEST, _SECONDS + original.stat().st_size / _BYTES_PER_SECOND)
        task = self.workers.submit(lane.join, original, digests, out, self.reading, timeout=seconds, turn=_turn(accession, 0))
        joined = _or_refused(task, template, number=accession.number)
        with storage.place(out):
            storage.verify(out, joined.sha256)
        return joined

    def _joined(self, wish: Wish, sources: Sequence[Accession]) -> tuple[Made, ...]:
        """The container of all their originals, which a lane has opened and counted: what is in custody is also read."""
        folder = self.bench.clear(wish.id)
        paths, files = folder / "container", self._contained(sources, folder)
        descriptors = [(os.open(path, os.O_RDONLY | os.O_CLOEXEC), media_type) for path, _file, media_type in files]
        try:
            digests = list(container.write(paths, descriptors))
        finally:
            for descriptor, _media_type in descriptors:
                os.close(descriptor)
        facts = tuple(replace(file, sha256=digest) for (_path, file, _type), digest in zip(files, digests, strict=True))
        joined = self._join(sources[0], paths, facts, folder / "joined.pdf", NOT_JOINED)
        seconds = min(_LONGEST, _SECONDS + paths.stat().st_size / _BYTES_PER_SECOND)
        task = self.workers.submit(lane.inspect, folder / "joined.pdf", self.reading, timeout=seconds, turn=_turn(sources[0], 0))
        inspected: Inspection = _or_refused(task, NOT_JOINED)
        wanted = sum(len(self.catalogue.reading(one.id).sides) for one in sources)
        if joined.unread or not joined.pages == inspected.pages == wanted:
            raise BadParting(NOT_JOINED, reason=UNOPENED)
        return (Made(path=paths, sha256=storage.digest(paths), pages=joined.pages, files=facts),)

    def _contained(self, sources: Sequence[Accession], folder: Path) -> list[tuple[Path, PageFile, str]]:
        """(path, name and size, media type) of every file, in order; those of containers are taken out of them."""
        found: list[tuple[Path, PageFile, str]] = []
        for one in sources:
            original = self._original(one)
            if one.media_type != JOINED:
                found.append((original, PageFile(name=one.name, sha256=one.sha256, bytes=one.bytes), one.media_type))
                continue
            try:
                for file, data in zip(one.files, container.entries(original), strict=True):
                    path = folder / f"file-{len(found):05}"
                    path.write_bytes(data)
                    found.append((path, file, sniff(data[:HEAD]) or PDF))
            except (zipfile.BadZipFile, ValueError) as error:
                raise BadParting(NOT_JOINED, reason=str(error)) from error
        return found

    # --- in the books ---

    def _split_in_books(self, wish: Wish, whole: Accession, parts: Sequence[Sequence[int]], titles: Sequence[str], made: Sequence[Made]) -> tuple[str, ...]:
        inherited = self._inherited(whole)
        begin = set(self._fronts(whole))
        for n, (pages, one) in enumerate(zip(parts, made, strict=True), 1):
            values = inherited | ({"title": titles[n - 1]} if n <= len(titles) and titles[n - 1].strip() else {})
            told = partings.inherited(
                values,
                by=wish.who,
                restricted=self.catalogue.description(whole.id).restricted,
                fronts=[place for place, page in enumerate(pages, 1) if page in begin],
            )
            declared = {partings.BATCH: whole.number, partings.PART: f"{n}/{len(parts)}", **told}
            self._take_in(wish, n, whole, one, declared, name=part_name(whole.name, n), pages=partings.ranges(pages))
        numbers = tuple(self._number(wish, n) for n in range(1, len(parts) + 1))
        self._give_up(wish, [whole], numbers, {SPLIT_INTO: ",".join(numbers)})
        return numbers

    def _merge_in_books(self, wish: Wish, sources: Sequence[Accession], made: Sequence[Made]) -> str:
        if made:  # else it is in custody since before the process was cut off
            declared = {partings.MERGED: ",".join(one.number for one in sources), **self._box(sources), **self._merged(wish, sources)}
            self._take_in(wish, 1, sources[0], made[0], declared, name=_label(sources), received=min(one.received for one in sources))
        number = self._number(wish, 1)
        self._give_up(wish, sources, [number], {MERGED_INTO: number})
        return number

    def _inherited(self, whole: Accession) -> dict[str, str | None]:
        """A category that a person decided; what else was decided spoke of the whole."""
        found = partings.decided(self.catalogue.description(whole.id), whole.department, self.catalogue.corrections(whole.id), whole.declared)
        return {name: value for name, value in found.items() if name == "category"}

    def _merged(self, wish: Wish, sources: Sequence[Accession]) -> dict[str, str]:
        first = sources[0]
        values = partings.decided(self.catalogue.description(first.id), first.department, self.catalogue.corrections(first.id), first.declared)
        begin: list[int] = []
        before = 0
        for one in sources:
            begin += [before + page for page in self._fronts(one)]
            before += len(self.catalogue.reading(one.id).sides)
        restricted = any(self.catalogue.description(one.id).restricted for one in sources)
        return partings.inherited(values, by=wish.who, restricted=restricted, fronts=begin)

    def _box(self, sources: Sequence[Accession]) -> dict[str, str]:
        box = next((box for one in sources if (box := self.catalogue.box_of(one.id))), None)
        return {"box": box.number} if box else {}

    def _fronts(self, accession: Accession) -> Sequence[int]:
        """The pages that begin a sheet, as the record was counted: the sheets are the same ones wherever they go."""
        reading = self.catalogue.reading(accession.id)
        known = partings.fronts_in(accession.declared)
        return () if reading.born_digital else fronts(reading.sides, accession.duplex) if known is None else known

    def _take_in(self, wish: Wish, n: int, source: Accession, made: Made, declared: Mapping[str, str], **facts: Any) -> None:
        received = facts.pop("received", source.received)
        name, key = facts.pop("name"), _key(wish, n)
        with storage.place(made.path):
            size = made.path.stat().st_size
        scan = Scan(
            department=source.department,
            name=name,
            sha256=made.sha256,
            bytes=size,
            media_type=JOINED if made.files else PDF,
            key=key,
            received=received,
            duplex=None,
            declared=declared,
            origin={"source": {"wish": wish.id, "record": source.id, **facts}},
            files=made.files,
            file_keys=tuple(_digest(key, str(place)) for place in range(1, len(made.files) + 1)),
            afresh=True,
        )
        take_in(self.custody, made.path, scan)

    def _number(self, wish: Wish, n: int) -> str:
        row = self.catalogue.delivery_by_key(_key(wish, n))
        assert row is not None
        return self.catalogue.accession(row["id"]).number

    def _give_up(self, wish: Wish, records: Sequence[Accession], numbers: Sequence[str], told: Mapping[str, str]) -> None:
        """The holds go with the pages; then the old records only prove what was delivered."""
        pages_held.go_with(records, numbers, wish, self.catalogue)
        decided = [answered(one.number, wish, self.catalogue) or proof(one, told, wish, self.catalogue, self.settings) for one in records]
        record_all(decided, self.catalogue)
        for one in records:
            self.changed(one)


def _split_answer(number: str, texts: Sequence[str], titles: Sequence[str], numbers: Sequence[str], held: list[str], *, dry_run: bool) -> dict[str, Any]:
    parts = [
        {"number": numbers[n] if numbers else None, "pages": pages, "title": titles[n] if n < len(titles) and titles[n] else None}
        for n, pages in enumerate(texts)
    ]
    return {"number": number, "parts": parts, "held_by": held, "dry_run": dry_run}


def _or_refused(task: "Future[T]", template: str, **params: object) -> T:
    """What a lane made. Raises BadParting with the lane's reason where the file is at fault."""
    try:
        return task.result()
    except Stopped:
        raise
    except ScanError as error:
        raise BadParting(template, **params, reason=str(error)) from error


def _label(sources: Sequence[Accession]) -> str:
    """The first one's name with the number of the others, for display: `scan.pdf` of three is `scan_1-3`."""
    return f"{PurePosixPath(sources[0].name).stem}_1-{len(sources)}"


def _key(wish: Wish, n: int) -> str:
    """The same wish makes the same records, however often it is answered. n: of the record, from 1."""
    return _digest(wish.id, "record", str(n))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _seconds(accession: Accession, pages: int) -> float:
    return min(_LONGEST, _SECONDS + _SECONDS_PER_PAGE * pages + accession.bytes / _BYTES_PER_SECOND)


def _turn(accession: Accession, page: int) -> Turn:
    return Turn(department=accession.department, left=1, since=time.monotonic(), serial=accession.serial, page=page, brief=True)
