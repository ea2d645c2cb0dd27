"""A model of what a loss of power may leave of a store: any subset of the bytes and names that nobody had synced (reliability §6, test 5).

`Recording` looks at the whole disk ahead of each system call of a real run (child.py). `crashes` follows the recorded run and says what is uncertain at each
of its calls; a `Crash` with a choice among that is one state of the disk, `Found`. The filesystem of this model is as weak as POSIX allows and weaker than ext4
and XFS, which hide a folder that was not synced:

- bytes that were not synced are there, or as they were before, or half, or zeros;
- each name that was added, removed or moved since its folder was synced is there or not, each for itself: a moved folder may be found at both places or at none;
- only a file that was moved and of whose two folders neither was synced is at one of them at least.

The catalogue is taken to have kept every commit, which SQLite promises (WAL, synchronous = FULL) and test_power_cut.py proves: it is never behind what it said.
"""

import linecache
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from random import Random

from scanpipe.catalogue.database import open_reader
from scanpipe.core.scans.readiness import RECEIPT_FOLDER

LOOKED_AT = ("shares", "taken", "store/spool", "store/archive", "store/journal")  # not work/, which may be deleted at any time, nor the catalogue
STAGING = ("store/spool/tmp", "store/archive/.tmp")  # recovery empties them before it does anything else
EMPTY = 0  # index of no bytes

Name = tuple[int, str]  # (folder, name in it)
Choice = Mapping[Name | int, int | None]  # what a name means, None = it is not there; which bytes a file has


@dataclass(frozen=True, slots=True)
class Call:
    """A call of storage.before. path: below the site. asked_by: the line of the program, so that each place that syncs is known by itself."""

    name: str
    path: str
    asked_by: str


@dataclass(frozen=True, slots=True)
class Look:
    """The disk as programs see it. Files and folders are numbers, whatever their names become. events: how many the catalogue has committed."""

    tops: Mapping[str, int]
    folders: Mapping[int, Mapping[str, int]]
    files: Mapping[int, int]
    events: int


@dataclass(slots=True, repr=False)
class Recorded:
    """looks[n] is what the disk was ahead of calls[n]; the last one is the end. contents: the bytes that looks name by their place."""

    calls: list[Call] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=lambda: [b""])


class Recording:
    """storage.before of a run that is recorded."""

    def __init__(self, site: Path) -> None:
        self.site, self.recorded = site, Recorded()
        self._known: dict[bytes, int] = {b"": EMPTY}
        self._nodes: dict[int, int] = {}
        self._made = 0
        self.calls = 0

    def __call__(self, call: str, path: Path) -> None:
        self.calls += 1
        name = str(path.relative_to(self.site)) if path.is_relative_to(self.site) else str(path)
        self.recorded.calls.append(Call(call, name, _asked_by()))
        self.recorded.looks.append(self._look())

    def save(self, file: Path) -> None:
        self.recorded.looks.append(self._look())
        file.write_bytes(pickle.dumps(self.recorded))

    def _look(self) -> Look:
        folders: dict[int, Mapping[str, int]] = {}
        files: dict[int, int] = {}
        seen: dict[int, int] = {}
        tops = {top: self._walk(self.site / top, folders, files, seen) for top in LOOKED_AT if (self.site / top).is_dir()}
        self._nodes = seen  # a number of the disk that nobody uses any more may come to mean another file
        return Look(tops, folders, files, self._events())

    def _walk(self, path: Path, folders: dict[int, Mapping[str, int]], files: dict[int, int], seen: dict[int, int]) -> int:
        node = self._node(path.lstat().st_ino, seen)
        if path.is_dir():
            folders[node] = {one.name: self._walk(one, folders, files, seen) for one in sorted(path.iterdir()) if one.name != RECEIPT_FOLDER}
        else:
            files[node] = self._content(path.read_bytes())
        return node

    def _node(self, number: int, seen: dict[int, int]) -> int:
        if number not in seen:
            if number not in self._nodes:
                self._made += 1
            seen[number] = self._nodes.get(number, self._made)
        return seen[number]

    def _content(self, data: bytes) -> int:
        if data not in self._known:
            self._known[data] = len(self.recorded.contents)
            self.recorded.contents.append(data)
        return self._known[data]

    def _events(self) -> int:
        db = open_reader(self.site / "store" / "db" / "catalogue.db")
        try:
            return int(db.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0])
        finally:
            db.conn.close()


def _asked_by() -> str:
    frame = sys._getframe(2)
    while frame.f_code.co_filename.endswith("scanpipe/storage.py") and frame.f_back is not None:
        frame = frame.f_back
    module = Path(frame.f_code.co_filename).stem
    return f"{module}.{frame.f_code.co_name}: {linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()}"


# --- what is uncertain ---


@dataclass(frozen=True, slots=True, repr=False)
class Crash:
    """The power is lost ahead of call `at` (the number of calls = after the last). names, data: what each may be found as, the newest last.

    moves: (name before, name after, file) of files of whose two folders neither was synced since.
    """

    at: int
    look: Look
    folders: Mapping[int, Mapping[str, int]]
    files: Mapping[int, int]
    names: Mapping[Name, Sequence[int | None]]
    data: Mapping[int, Sequence[int]]
    moves: Sequence[tuple[Name, Name, int]]
    contents: Sequence[bytes]

    def systematic(self) -> Iterator[Choice]:
        """Nothing lost; all lost; each thing alone; all but each thing; any two things."""
        oldest: dict[Name | int, int | None] = {key: found[0] for key, found in self._uncertain()}
        yield {}
        yield oldest
        alone: list[tuple[Name | int, int | None]] = []
        for key, found in self._uncertain():
            alone += [(key, one) for one in found[:-1]]
            yield {name: one for name, one in oldest.items() if name != key}
        yield from ({key: one} for key, one in alone)
        yield from (dict(pair) for pair in combinations(alone, 2) if pair[0][0] != pair[1][0])

    def any(self, chance: Random) -> Choice:
        return {key: chance.choice(found) for key, found in self._uncertain()}

    def _uncertain(self) -> Iterator[tuple[Name | int, Sequence[int | None]]]:
        yield from self.names.items()
        yield from self.data.items()

    def found(self, choice: Choice) -> "Found":
        """The disk as recovery finds it, once it has emptied what was only staged."""
        chosen = dict(choice)
        for before, after, file in self.moves:
            if self._meant(before, chosen) != file != self._meant(after, chosen):
                chosen[after] = file
        emptied: set[int] = set()
        for place in STAGING:
            self._gather(self._top(place, chosen), chosen, emptied)
        found = Found(self.contents, {}, set())
        for top, node in self.look.tops.items():
            self._lay_out(node, top, chosen, emptied, found)
        return found

    def _meant(self, name: Name, chosen: Choice) -> int | None:
        return chosen[name] if name in chosen else self.folders[name[0]].get(name[1])

    def _entries(self, folder: int, chosen: Choice) -> dict[str, int]:
        entries = dict(self.folders[folder])
        for key, node in chosen.items():
            if isinstance(key, tuple) and key[0] == folder:
                entries.pop(key[1], None)
                if node is not None:
                    entries[key[1]] = node
        return entries

    def _top(self, place: str, chosen: Choice) -> int | None:
        top = next(top for top in LOOKED_AT if place.startswith(f"{top}/"))
        return self._entries(self.look.tops[top], chosen).get(place.removeprefix(f"{top}/"))

    def _gather(self, staging: int | None, chosen: Choice, into: set[int]) -> None:
        for node in self._entries(staging, chosen).values() if staging is not None else ():
            if node in self.folders:
                into.add(node)
                self._gather(node, chosen, into)

    def _lay_out(self, folder: int, path: str, chosen: Choice, emptied: set[int], found: "Found") -> None:
        found.folders.add(path)
        if path in STAGING:
            return
        for name, node in self._entries(folder, chosen).items() if folder not in emptied else ():
            if node in self.folders:
                self._lay_out(node, f"{path}/{name}", chosen, emptied, found)
            else:
                found.files[f"{path}/{name}"] = chosen.get(node, self.files[node]) or EMPTY


@dataclass(slots=True)
class Found:
    """files: path below the site -> which bytes."""

    contents: Sequence[bytes]
    files: dict[str, int]
    folders: set[str]

    def read(self, path: str) -> bytes | None:
        content = self.files.get(path)
        return None if content is None else self.contents[content]

    def below(self, path: str) -> dict[str, bytes]:
        """name -> bytes of all files in a folder and its folders."""
        return {name[len(path) + 1 :]: self.contents[content] for name, content in self.files.items() if name.startswith(f"{path}/")}

    def within(self, path: str) -> list[str]:
        """The folders in a folder."""
        return sorted(name for name in self.folders if name.startswith(f"{path}/") and "/" not in name[len(path) + 1 :])


def crashes(recorded: Recorded, *, without: str = "", without_any: bool = False) -> Iterator[Crash]:
    """One for each call, and one for the end. without: syncs that this line asks for do nothing; without_any: none does."""
    contents = [*recorded.contents]
    folders: dict[int, Mapping[str, int]] = {}
    files: dict[int, int] = {}
    names: dict[Name, list[int | None]] = {}
    data: dict[int, list[int]] = {}
    moves: list[tuple[Name, Name, int]] = []
    for at, look in enumerate(recorded.looks):
        if at:
            _follow(recorded.looks[at - 1], look, folders, names, data, moves)
        folders.update(look.folders)
        files.update(look.files)
        broken = {node: _torn(found, contents) for node, found in data.items()}
        yield Crash(at, look, dict(folders), dict(files), {name: tuple(found) for name, found in names.items()}, broken, tuple(moves), contents)
        if at < len(recorded.calls) and recorded.calls[at].name == "syncfs":
            names.clear(), data.clear(), moves.clear()
        if at < len(recorded.calls) and recorded.calls[at].name == "fsync" and not without_any and recorded.calls[at].asked_by != without:
            _sync(_node_at(recorded.calls[at].path, look), names, data, moves)


def _follow(
    before: Look, after: Look, folders: dict[int, Mapping[str, int]], names: dict[Name, list[int | None]], data: dict[int, list[int]],
    moves: list[tuple[Name, Name, int]],
) -> None:  # fmt: skip
    gone: dict[int, Name] = {}
    come: dict[int, Name] = {}
    for folder in before.folders.keys() | after.folders.keys():
        old, new = before.folders.get(folder, {}), after.folders.get(folder, {})
        if folder not in after.folders:
            folders[folder] = {}
        for name in old.keys() | new.keys():
            if old.get(name) != new.get(name):
                names.setdefault((folder, name), [old.get(name)]).append(new.get(name))
                if name in old:
                    gone[old[name]] = folder, name
                if name in new:
                    come[new[name]] = folder, name
    for node, content in after.files.items():
        was = before.files.get(node, EMPTY)
        if content != was:
            data.setdefault(node, [was]).append(content)
    moves += [(gone[node], come[node], node) for node in gone.keys() & come.keys() if node in after.files and gone[node][0] != come[node][0]]


def _torn(found: Sequence[int], contents: list[bytes]) -> Sequence[int]:
    """All that a file may be found as: as it was at any time since it was synced, the newest half written or as zeros; the newest last."""
    first, last = contents[found[0]], contents[found[-1]]
    kept = len(first) if last.startswith(first) else 0
    harmed = []
    for torn in (last[: (kept + len(last)) // 2], last[:kept] + bytes(len(last) - kept)):
        if torn not in contents:
            contents.append(torn)
        harmed.append(contents.index(torn))
    return tuple(dict.fromkeys([*found[:-1], *(one for one in harmed if one != found[-1]), found[-1]]))


def _node_at(path: str, look: Look) -> int | None:
    """What lies at this path; None where the model does not look."""
    top = next((top for top in LOOKED_AT if path == top or path.startswith(f"{top}/")), None)
    node = look.tops.get(top) if top else None
    for name in path.removeprefix(top or "").strip("/").split("/"):
        if name and node is not None:
            node = look.folders.get(node, {}).get(name)
    return node


def _sync(node: int | None, names: dict[Name, list[int | None]], data: dict[int, list[int]], moves: list[tuple[Name, Name, int]]) -> None:
    if node is None:
        return
    data.pop(node, None)
    for name in [name for name in names if name[0] == node]:
        del names[name]
    moves[:] = [move for move in moves if node not in (move[0][0], move[1][0])]


def syncs(recorded: Recorded) -> list[str]:
    """Every line of the program that synced something that the model looks at, in order."""
    looked = zip(recorded.calls, recorded.looks, strict=False)
    return list(dict.fromkeys(call.asked_by for call, look in looked if call.name == "fsync" and _node_at(call.path, look) is not None))
