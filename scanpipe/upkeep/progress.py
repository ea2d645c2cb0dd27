"""How far the scans are that are being read right now: what the workbench has of their pages."""

from collections.abc import Collection
from dataclasses import dataclass

from scanpipe.recognition.facts import Inspection
from scanpipe.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Progress:
    """read: pages whose text is known. pages: of the whole scan, None until it was looked into."""

    read: int
    pages: int | None


def progress_of(bench: Workbench, sha256: str) -> Progress:
    """Of the scan with these bytes."""
    return Progress(bench.pages_read(sha256), pages_of(bench, sha256))


def pages_of(bench: Workbench, sha256: str) -> int | None:
    """How many pages the scan with these bytes has; None until it was looked into."""
    folder = bench.folder / "memo" / sha256
    names = [path.stem for path in folder.glob("inspection-*.json")] if folder.is_dir() else []
    found = bench.recall(Inspection, sha256, names[0]) if names else None
    return found.pages if found else None


def begun(bench: Workbench, digests: Collection[str]) -> dict[str, Progress]:
    """Of those among these scans of which something is known already."""
    memo = bench.folder / "memo"
    known = {entry.name for entry in memo.iterdir()} if memo.is_dir() else set()
    return {sha256: progress_of(bench, sha256) for sha256 in known.intersection(digests)}
