"""admit: a part of a batch -> custody -> ACCESSIONED. The other way in: what recognise cut out of a scan becomes a record of its own."""

import hashlib
import os
from pathlib import Path, PurePosixPath

from scanpipe import storage
from scanpipe.core.model import Accession
from scanpipe.core.scans.batches import Part
from scanpipe.core.scans.structure import PDF
from scanpipe.custody import Custody, Scan
from scanpipe.errors import Damaged
from scanpipe.i18n import N_


def admit(custody: Custody, batch: Accession, number: int, count: int, part: Part, path: Path, sha256: str, duplex: bool | None) -> str:
    """Takes a part of a batch into custody, as a delivery of the section that its cover names. number: from 1, of `count`. sha256: of the file at `path`.

    A part that is known is left as it is: harmless after a crash. Bytes that the section has already are a duplicate, as with any delivery.
    duplex: whether both sides were scanned, None = judge by page pairs. Returns the section's code. Raises PlaceError, or Damaged if the file has other bytes.
    """
    section = _section_of(custody, part, batch)
    with storage.place(path):
        size = path.stat().st_size
    scan = Scan(
        department=section,
        name=part_name(batch.name, number),
        sha256=sha256,
        bytes=size,
        media_type=PDF,
        key=part_key(batch.id, number),
        received=batch.received,
        duplex=duplex,
        declared=declared_of(batch, number, count, part),
        origin={"source": {"batch": batch.id, "pages": part.pages}},
    )
    take_in(custody, path, scan)
    return section


def take_in(custody: Custody, path: Path, scan: Scan) -> None:
    """A file that was made here goes into custody, as `scan` tells of it. One whose key is known is left as it is. Raises PlaceError, or Damaged."""
    with custody.lock:
        custody.let_in_late()
        if custody.catalogue.delivery_by_key(scan.key) is not None:
            return
        with custody.staging(scan.bytes) as staged:
            _copy(path, staged / "original", scan.bytes, scan.sha256)
            custody.keep(staged, scan)


def _copy(path: Path, target: Path, size: int, sha256: str) -> None:
    source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found, _copied = storage.copy_in(source, target, size)
    finally:
        os.close(source)
    if found != sha256:
        raise Damaged(N_("{path} does not hold the bytes that were taken: expected {expected}, found {found}."), path=str(path), expected=sha256, found=found)


def _section_of(custody: Custody, part: Part, batch: Accession) -> str:
    wanted = part.cover.department if part.cover else None
    return wanted if wanted and any(section.code == wanted for section in custody.settings.departments) else batch.department


def part_key(batch: str, number: int) -> str:
    """The same part of the same batch has the same key, however often the batch is split. batch: its id. 64 hex digits."""
    return hashlib.sha256(f"{batch}\0part\0{number}".encode()).hexdigest()


def part_name(name: str, number: int) -> str:
    """`scan.pdf` -> `scan_002.pdf`: the batch's name with the part's number, for display."""
    return f"{PurePosixPath(name).stem}_{number:03}.pdf"


def declared_of(batch: Accession, number: int, count: int, part: Part) -> dict[str, str]:
    """What is known of a part before it is read: the batch's number, "2/5", and what its cover says."""
    cover = part.cover
    said = {"sheets": str(cover.sheets) if cover.sheets else None, "category": cover.category, "title": cover.title, "box": cover.box} if cover else {}
    return {"batch": batch.number, "part": f"{number}/{count}", **{name: value for name, value in said.items() if value}}
