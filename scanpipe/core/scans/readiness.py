"""When a file in a drop folder may be taken: decided from what successive looks saw. Times are monotonic seconds."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Identity = TypeVar("Identity")

LOOKS_NEEDED = 3

_IGNORED_PREFIXES = (".", "~$", "@")
_IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini"})
_IGNORED_SUFFIXES = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".lck")
RECEIPT_FOLDER = "受付簿"  # in every drop folder: the receipt lists
ATTENTION_FOLDER = "要確認"  # in every drop folder: what could not be taken, and why
SENTINEL = ".scanpipe-share"  # in every drop folder: without it the share counts as not mounted
OUR_FOLDERS = frozenset({RECEIPT_FOLDER, ATTENTION_FOLDER})


def ignored(name: str) -> bool:
    """Names that scanners, Windows, macOS and NAS boxes leave lying or use while they write (domain §4.2)."""
    low = name.casefold()
    return low.startswith(_IGNORED_PREFIXES) or low in _IGNORED_NAMES or low.endswith(_IGNORED_SUFFIXES)


def is_lock(name: str) -> bool:
    """Lock names of scanners (XEROX-LOCK, scan.lock): while one is there, the folder is being written (reliability §1)."""
    low = name.casefold()
    return low.endswith(("-lock", ".lock", "_lock")) or low == "lock"


@dataclass(frozen=True, slots=True)
class Watched(Generic[Identity]):
    """One file over several looks. since: when it was last seen to change. looks: how often it was seen as it is now. first: when it was first seen."""

    identity: Identity
    first: float
    since: float
    looks: int

    def quiet_for(self, now: float) -> float:
        return now - self.since


def look(before: "Watched[Identity] | None", identity: Identity, now: float) -> "Watched[Identity]":
    """What we know after one more look."""
    if before is None:
        return Watched(identity, now, now, 1)
    if before.identity != identity:
        return Watched(identity, before.first, now, 1)
    return Watched(identity, before.first, before.since, before.looks + 1)


def is_quiet(watched: "Watched[Identity]", now: float, quiet_seconds: float) -> bool:
    """Unchanged over at least three looks and the quiet time."""
    return watched.looks >= LOOKS_NEEDED and watched.quiet_for(now) >= quiet_seconds


def next_look_in(watched: "Watched[Identity]", now: float, quiet_seconds: float, poll_seconds: float) -> float:
    """Seconds until looking again makes a difference: the end of the quiet time, with the looks before it spread evenly."""
    left = quiet_seconds - watched.quiet_for(now)
    looks_left = max(1, LOOKS_NEEDED - watched.looks)
    if left <= 0:
        return poll_seconds if watched.looks >= LOOKS_NEEDED else 0.02
    return min(poll_seconds, left / looks_left + 0.005)
