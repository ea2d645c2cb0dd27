"""One file: its paper through its scanner into its container, and its table in the manifest."""

import random
import shutil
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np

from samples import containers
from samples.canvas import Sheet
from samples.scanner import Device, scan

PLAIN = Device()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One file and what is expected of it: the fields of MANIFEST.toml, but for those that are counted from the paper.

    draw: draws the sides in the order of the file. container: how they are written. turns: clockwise degrees by side (from 1) that lay wrong.
    damage: what befell the file afterwards. password: its user password. of: the file that this one repeats byte for byte.
    """

    file: str
    department: str
    draw: Callable[[random.Random], list[Sheet]] | None = None
    device: Device = PLAIN
    container: Literal["scan", "digital"] = "scan"
    duplex: bool = False
    deliver: Literal["in-place", "rename"] = "in-place"
    outcome: Literal["filed", "original-only", "rejected", "duplicate"] = "filed"
    category: str = ""
    title: str = ""
    kind: str = ""
    number: str = ""
    day: date | None = None
    words: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    note: str = ""
    turns: Mapping[int, int] = field(default_factory=dict)
    damage: Literal["", "truncated", "empty"] = ""
    password: str = ""
    of: str = ""

    @property
    def seed(self) -> int:
        """Of its own name, so that one file can be made again without the others."""
        return zlib.crc32((self.of or self.file).encode())

    def sheets(self) -> list[Sheet]:
        """The sides as printed; empty if nothing was ever on the paper."""
        return self.draw(random.Random(self.seed)) if self.draw else []


def make(entry: Scan, target: Path) -> list[Sheet]:
    """Write one file into the folder `target` and return its sides. A duplicate is copied from the file it repeats, which must be there."""
    file, sheets = target / entry.file, entry.sheets()
    if entry.of:
        shutil.copyfile(target / entry.of, file)
    elif entry.damage == "empty":
        file.write_bytes(b"")
    elif entry.container == "digital":
        containers.write_digital(file, sheets, entry.title)
    else:
        _write_scan(entry, file, sheets)
    if entry.damage == "truncated":
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) * 6 // 10])
    return sheets


def _write_scan(entry: Scan, file: Path, sheets: list[Sheet]) -> None:
    rng = np.random.default_rng(entry.seed)
    images = []
    for i, sheet in enumerate(sheets):
        is_back = entry.duplex and i % 2 == 1
        back = sheets[i ^ 1] if entry.duplex and (i ^ 1) < len(sheets) else None
        images.append(scan(sheet, entry.device, rng, back=back, is_back=is_back, turn=entry.turns.get(i + 1, 0)))
    suffix = file.suffix.lower()
    if suffix == ".pdf":
        containers.write_pdf(file, images, entry.device, password=entry.password)
    elif suffix == ".tif":
        containers.write_tiff(file, images, entry.device)
    else:
        file.write_bytes(containers.jpeg(images[0], entry.device))


def manifest_entry(entry: Scan, sheets: list[Sheet]) -> str:
    """The table of one file in MANIFEST.toml."""
    facts: dict[str, object] = {"file": entry.file, "department": entry.department, "deliver": entry.deliver, "outcome": entry.outcome, "duplex": entry.duplex}
    known = {"category": entry.category, "title": entry.title, "kind": entry.kind, "document_number": entry.number, "date": entry.day}
    known |= {"password": entry.password, "duplicate_of": entry.of}
    facts |= {key: value for key, value in known.items() if value}
    if entry.outcome in ("filed", "duplicate"):
        facts |= _counts(entry, sheets)
    facts |= {"words": entry.words, "later": entry.later, "note": entry.note}
    return "[[scan]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in facts.items())


def _counts(entry: Scan, sheets: list[Sheet]) -> dict[str, object]:
    """Images and the sheets of paper behind them; A3 counts 2 A4 sheets, B5 0.75 (domain §5)."""
    papers = sheets[::2] if entry.duplex else sheets
    no_paper = entry.container == "digital" or entry.outcome == "duplicate"
    facts: dict[str, object] = {
        "pages": len(sheets),
        "blank_pages": sum(not sheet.lines for sheet in sheets),
        "sheets": 0 if no_paper else len(papers),
        "a4_sheets": 0.0 if no_paper else sum(_a4(sheet) for sheet in papers),
    }
    return facts | ({"born_digital": True} if entry.container == "digital" else {})


def _a4(sheet: Sheet) -> float:
    return {420: 2.0, 297: 1.0, 257: 0.75}[round(max(sheet.width, sheet.height))]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    return value.isoformat() if isinstance(value, date) else str(value)
