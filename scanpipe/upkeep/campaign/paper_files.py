"""An office's file of paper -> what is understood of it. Neither clock nor catalogue: for files that were sent to a page it runs in a lane."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from scanpipe.config_schema import Department
from scanpipe.core.campaign.paper_reading import Reading, Said, read_paper
from scanpipe.core.campaign.paper_words import Sections
from scanpipe.core.serial import as_json
from scanpipe.errors import ScanError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.schedule.schedule_files import MOST, Bounds, bytes_of, grids_in


class NothingUnderstood(ScanError):
    """The file was read, but no row of it is a figure of paper."""

    template = N_("{file}: no figure was understood, so nothing was changed. {reason}")


def read_file(path: Path, departments: Sequence[Department], said: Said) -> tuple[Reading, str]:
    """What the file says, and its sha256. Raises NotATable, NothingUnderstood."""
    raw = bytes_of(path)
    return understood(read_bytes(raw, path.name, departments, said), path.name), hashlib.sha256(raw).hexdigest()


def read_bytes(raw: bytes, name: str, departments: Sequence[Department], said: Said, most: Bounds = MOST) -> Reading:
    """The same of bytes, also where nothing was understood. name: of the file, which may say the year. Raises NotATable."""
    return read_paper(grids_in(raw, name, most), Sections(departments), PurePath(name).stem, said)


def understood(reading: Reading, name: str) -> Reading:
    """The same, if there is a figure in it. Raises NothingUnderstood with the first reason why not."""
    if not reading.understood:
        first = next(iter(reading.problems), None)
        raise NothingUnderstood(file=name, reason=_(first.says) if first else "")
    return reading


def told(name: str, reading: Reading, change: Mapping[str, Any], *, dry_run: bool) -> dict[str, Any]:
    """As JSON: what was understood, what a person should look at, what changes. change: of paper_imports.plan or the answer of `bring`."""
    rows = [{**as_json(each.row), "sheet": each.sheet, "raw": each.raw, "doubts": [_(says) for says in each.doubts]} for each in reading.understood]
    remarks = [{**as_json(remark), "says": _(remark.says)} for remark in reading.remarks]
    counts = {key: change[key] for key in ("new", "same", "changed", "doubts")}
    return {"file": name, "dry_run": dry_run, "rows": rows, "remarks": remarks, "left_out": len(reading.problems), **counts}
