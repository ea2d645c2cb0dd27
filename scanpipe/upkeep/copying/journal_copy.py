"""The journal copied: only what was added since, and never in the place of one that it does not continue."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from scanpipe import storage
from scanpipe.catalogue import journal
from scanpipe.errors import Damaged
from scanpipe.i18n import N_
from scanpipe.upkeep.copying import copies


class JournalNotContinued(Damaged):
    """One of the two was altered, or an old copy was put back."""

    template = N_("{path} does not continue {copy}: lines are missing or altered. Nothing was overwritten. Find out which of the two is right.")


def check_continues(source: Path, target: Path, lengths: Mapping[Path, int]) -> None:
    """Raises JournalNotContinued unless the journal `source`, so far as lengths says, begins with all that the journal `target` holds."""
    present = journal.files(target) if target.is_dir() else []
    for copy in present:
        path = source / copy.relative_to(target)
        size = copy.stat().st_size
        known = lengths.get(path, 0)
        if size > known or ((size != known or copy == present[-1]) and _begins(path, size) != storage.digest(copy)):
            raise JournalNotContinued(path=str(path), copy=str(copy))


def _begins(path: Path, length: int) -> str:
    """sha256 of the first bytes of a file."""
    digest, left = hashlib.sha256(), length
    with path.open("rb") as file:
        while left and (chunk := file.read(min(left, storage.CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def copy_journal(source: Path, target: Path, lengths: Mapping[Path, int]) -> int:
    """Brings the copy so far as lengths says, the oldest file first; returns how many files changed. `check_continues` comes before."""
    changed = 0
    for path in journal.files(source):
        copy, length = target / path.relative_to(source), lengths.get(path, 0)
        if length and not (copy.is_file() and copy.stat().st_size == length):
            copies.copy_file(path, copy, _begins(path, length), length=length)
            changed += 1
    return changed
