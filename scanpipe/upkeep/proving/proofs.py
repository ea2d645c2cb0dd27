"""The daily root: one value for all that the journal told until the end of a day, and for each record a short proof that its line is under it.

store/proof/YYYY-MM-DD.txt: lines `key: value` in this order, comments begin with #.
    store, date       whose; the day at whose end the journal was read
    events            how many lines the journal had then; seq: those of the day, "-" if there were none
    head              the last line's own hash
    root              of the Merkle tree (core/merkle.py) whose leaves are the lines' hashes, 32 bytes each, in their order
    previous          the day before and its root; "-" on the first
store/proof/YYYY-MM-DD.tsr: what a time-stamping authority said of these bytes (upkeep/proving/timestamps.py).

Who wants to alter a line must alter all roots since: also those on paper, in others' hands, and signed by others.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from pathlib import Path

from scanpipe import storage
from scanpipe.catalogue.journal import Event, chain
from scanpipe.config import Layout
from scanpipe.core.merkle import Tree
from scanpipe.errors import Damaged, ScanpipeError
from scanpipe.i18n import N_, _, speaking

_READ_ONLY = 0o440
DAY = timedelta(days=1)
_HEX = "[0-9a-f]{64}"
_FORM = {
    "store": r"\S+",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "events": "[0-9]{1,15}",
    "seq": "-|[0-9]+-[0-9]+",
    "head": _HEX,
    "root": _HEX,
    "previous": f"-|[0-9-]{{10}} {_HEX}",
}
_WHAT = N_(
    "The root stands for every line of the journal until the end of this day: nobody can alter, add or remove one without changing it.\n"
    "Keep it on paper or with others. `scanpipe verify` compares it with the journal; `scanpipe proof NUMBER` shows that a record is under it."
)


class BadRoot(Damaged):
    """A daily root that is not what it was, or does not fit the journal."""


UNREADABLE = N_("{path} is not a daily root that this version can read.")
OTHER_ROOT = N_("{path}: the journal's first {events} lines have another root today. A line was altered, added or removed; compare with a backup.")
TOO_SHORT = N_("{path} was made of {events} lines, but the journal has only {found}. Its end was cut off, or an old copy was put back.")
OTHER_PREVIOUS = N_("{path} names another root for the day before than that day's own file.")
DAY_MISSING = N_("{path} is missing between other days' roots.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The root at the end of `day`. events: lines it is made of. previous: the root of the day before, None on the first. root, head, previous: 64 hex digits."""

    store: str
    day: date
    events: int
    head: str
    root: str
    previous: str | None
    path: Path


def file_of(day: date, layout: Layout) -> Path:
    return layout.proof / f"{day.isoformat()}.txt"


def days(layout: Layout) -> list[date]:
    """Those that have a root, the oldest first."""
    names = (path.stem for path in layout.proof.glob("*.txt")) if layout.proof.is_dir() else ()
    return sorted(date.fromisoformat(name) for name in names if re.fullmatch(_FORM["date"], name) and _is_day(name))


def _is_day(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True


def read(path: Path) -> Root:
    """Raises BadRoot."""
    try:
        told = fields(path.read_text("utf-8"))
        if not all(re.fullmatch(form, told.get(key, "")) for key, form in _FORM.items()) or told["date"] != path.stem:
            raise BadRoot(UNREADABLE, path=str(path))
    except (OSError, ValueError) as error:
        raise BadRoot(UNREADABLE, path=str(path)) from error
    previous = None if told["previous"] == "-" else told["previous"].split()[1]
    return Root(
        store=told["store"], day=date.fromisoformat(told["date"]), events=int(told["events"]), head=told["head"], root=told["root"], previous=previous, path=path
    )  # fmt: skip


def fields(text: str) -> dict[str, str]:
    """`key: value` of every line that is not a comment."""
    lines = (line.partition(": ") for line in text.splitlines() if line and not line.startswith("#"))
    return {key: value for key, _colon, value in lines}


def newest(layout: Layout) -> Root | None:
    """The root of the last day that has one and can be read."""
    for day in reversed(days(layout)):
        try:
            return read(file_of(day, layout))
        except BadRoot:
            continue
    return None


# --- writing ---


def write_missing(layout: Layout, today: date, zone: tzinfo, language: str) -> list[date]:
    """Writes the roots of all days that have ended and have none, also of those on which no daemon ran; returns them.

    A day's tree ends before the first line of a later day. Raises JournalBroken, BadRoot if the last file cannot be read, PlaceError.
    """
    known = days(layout)
    last = read(file_of(known[-1], layout)) if known else None
    if last is not None and last.day >= today - DAY:
        return []
    written = []
    with storage.place(layout.proof):
        storage.make_folder(layout.proof)
        store = layout.store_id.read_text("ascii").strip()
        for root in _roots(layout, last, today, zone, store):
            with speaking(language):
                storage.put(root.path, _text(root, last).encode(), _READ_ONLY)
            last = root
            written.append(root.day)
    return written


def _roots(layout: Layout, last: Root | None, today: date, zone: tzinfo, store: str) -> Iterator[Root]:
    tree, head, day = Tree(), "", last.day + DAY if last else None
    previous = last.root if last else None

    def ended(day: date) -> Root:
        return Root(
            store=store, day=day, events=tree.size, head=head, root=tree.root().hex(), previous=previous, path=file_of(day, layout)
        )  # fmt: skip

    for event in chain(layout.journal):
        told = event.at.astimezone(zone).date()
        day = day or told
        while day < min(told, today):
            yield (root := ended(day))
            previous, day = root.root, day + DAY
        tree.add(bytes.fromhex(event.hash))
        head = event.hash
    while day is not None and day < today:
        yield (root := ended(day))
        previous, day = root.root, day + DAY


def _text(root: Root, last: Root | None) -> str:
    before = last.events if last else 0
    comment = "".join(f"# {line}\n" for line in _(_WHAT).splitlines())
    told = {
        "store": root.store,
        "date": root.day.isoformat(),
        "events": root.events,
        "seq": f"{before + 1}-{root.events}" if root.events > before else "-",
        "head": root.head,
        "root": root.root,
        "previous": f"{last.day.isoformat()} {last.root}" if last else "-",
    }
    return comment + "".join(f"{key}: {value}\n" for key, value in told.items())


# --- checking ---


class RootsChecked:
    """Hears every event of the journal once, then says which roots do not fit."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.roots: list[Root] = []
        self._faults: list[ScanpipeError] = []
        self._tree, self._found = Tree(), dict[int, str]()
        for day in days(layout):
            try:
                self.roots.append(read(file_of(day, layout)))
            except BadRoot as fault:
                self._faults.append(fault)
        self._wanted = {root.events for root in self.roots}

    def hear(self, event: Event) -> None:
        self._tree.add(bytes.fromhex(event.hash) if re.fullmatch(_HEX, event.hash) else b"")
        if self._tree.size in self._wanted:
            self._found[self._tree.size] = self._tree.root().hex()

    def deviations(self) -> Iterator[ScanpipeError]:
        """After all events were heard."""
        yield from self._faults
        for root in self.roots:
            if root.events > self._tree.size:
                yield BadRoot(TOO_SHORT, path=str(root.path), events=root.events, found=self._tree.size)
            elif self._found[root.events] != root.root:
                yield BadRoot(OTHER_ROOT, path=str(root.path), events=root.events)
        by_day = {root.day: root for root in self.roots}
        for root in self.roots[1:]:
            before = by_day.get(root.day - DAY)
            if before is not None and before.root != root.previous:
                yield BadRoot(OTHER_PREVIOUS, path=str(root.path))
        known = days(self.layout)
        for day, following in itertools.pairwise(known):
            if following - day != DAY:
                yield BadRoot(DAY_MISSING, path=str(file_of(following - DAY, self.layout)))
