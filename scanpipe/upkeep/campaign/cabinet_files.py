"""A list of cabinets in CSV or Excel, a whole floor at once -> what is to be entered; and the empty list to fill in."""

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from scanpipe.config import Settings
from scanpipe.core.campaign.cabinets import MOST_WIDTH, Cabinet, label
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.campaign.office_tables import BadTable, Row, read, section_of

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "department": ("課", "課コード", "課名", "所属", "所属コード", "所属名", "部署", "担当課", "section"),
    "id": ("番号", "キャビネット番号", "書庫番号", "管理番号", "ラベル", "キャビネット", "No", "No.", "label"),
    "place": ("場所", "設置場所", "設置場所・階", "階", "部屋", "執務室"),
    "tiers": ("段数", "段"),
    "width_m": ("幅", "横幅", "間口", "width"),
    "fm": ("文書量", "1台の文書量", "現在の文書量", "ファイルメーター", "現在量"),
    "count": ("台数", "数量", "本数"),
}
MOST_ALIKE: Final = 500  # cabinets in one row
_NUMBER: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(mm|cm|m|fm|ミリ|センチ|メートル|段|台|本)?", re.IGNORECASE)
_METRE: Final = {"mm": 0.001, "ミリ": 0.001, "cm": 0.01, "センチ": 0.01, "m": 1.0, "fm": 1.0, "メートル": 1.0}

NOT_A_NUMBER: Final = N_("{column} {value} is not a number; write for example 5 or 0.8")
TOO_MANY: Final = N_("{value} cabinets in one row are too many; write up to {most}")
NO_DEPARTMENT: Final = N_("the section is missing; write its code or name")
TAKEN_AS: Final = N_("{where}: width {written} was taken as {metres:g} m")
TWICE: Final = N_("the label {id} stands there twice; write another one, or leave it empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cabinet as the list has it. id: its label; a new one where the list has none. None: not said. fm: of this one cabinet."""

    id: str
    department: str
    place: str | None = None
    tiers: int | None = None
    width_m: float | None = None
    fm: float | None = None


@dataclass(frozen=True, slots=True)
class CabinetList:
    """remarks: what was understood in a way that somebody should look at; rows of totals were left out."""

    entries: tuple[Entry, ...]
    remarks: tuple[str, ...]


def entries_of(path: Path, known: Iterable[Cabinet], settings: Settings, day: date, *, prefix: bool = False) -> CabinetList:
    """The cabinets of the list. known: those of the register: a row without a label is the one that stands there already, as often as the list has it.

    prefix: the section's code goes before every label, where sections number their cabinets from 1. Raises NotATable, BadTable with every wrong row.
    """
    table = read(path, COLUMNS, ("department",), settings)
    remarks = [_("{where}: a row of totals, left out").format(where=place) for place in table.totals]
    faults: list[str] = []
    found: list[tuple[Row, Entry]] = []
    for row in table.rows:
        try:
            found += [(row, entry) for entry in _entries(row, settings, day, prefix, remarks)]
        except UsageError as error:
            faults.append(f"{row.where}: {error}")
    faults += _twice(found)
    if faults:
        raise BadTable(faults)
    return CabinetList(tuple(_labelled([entry for _row, entry in found], list(known))), tuple(remarks))


def _entries(row: Row, settings: Settings, day: date, prefix: bool, remarks: list[str]) -> list[Entry]:
    """One row: one cabinet, or as many alike as it counts. Raises UsageError."""
    if "department" not in row.cells:
        raise UsageError(NO_DEPARTMENT)
    code = section_of(row.cells["department"], settings, day)
    count = int(_number(row, "count") or 1)
    if not 1 <= count <= MOST_ALIKE:
        raise UsageError(TOO_MANY, value=count, most=MOST_ALIKE)
    tiers = _number(row, "tiers")
    written = row.cells.get("id", "")
    name = label(f"{code}-{written}" if prefix else written) if written else ""
    entry = Entry(
        id=name, department=code, place=row.cells.get("place"), tiers=None if tiers is None else round(tiers), width_m=_width(row, remarks), fm=_number(row, "fm")
    )  # fmt: skip
    return [entry] if count == 1 else [replace(entry, id=label(f"{name}-{n}") if name else "") for n in range(1, count + 1)]


def _number(row: Row, key: str) -> float | None:
    """The number in a cell, its unit aside. Raises UsageError."""
    written = row.cells.get(key)
    if written is None:
        return None
    found = _NUMBER.fullmatch(_narrow(written))
    if found is None:
        raise UsageError(NOT_A_NUMBER, column=row.headings.get(key, key), value=written)
    return float(found[1])


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", "").strip()


def _width(row: Row, remarks: list[str]) -> float | None:
    """In metres: by the unit in the cell or in the heading; a bare number above what a cabinet can be in metres is cm or mm, and a remark says so."""
    number = _number(row, "width_m")
    if number is None:
        return None
    written = row.cells["width_m"]
    said = _NUMBER.fullmatch(_narrow(written))
    unit = said[2].lower() if said and said[2] else None
    titled = re.search(r"\((mm|cm|m)\)", row.headings.get("width_m", "").lower())
    unit = unit or (titled[1] if titled else None)
    if unit in _METRE:
        return round(number * _METRE[unit], 3)
    metres = number if number <= min(10.0, MOST_WIDTH) else number / 100 if number <= 300 else number / 1000
    if metres != number:
        remarks.append(_(TAKEN_AS).format(where=row.where, written=written, metres=metres))
    return round(metres, 3)


def _twice(found: Iterable[tuple[Row, Entry]]) -> list[str]:
    seen: set[str] = set()
    faults = []
    for row, entry in found:
        if entry.id and entry.id in seen:
            faults.append(f"{row.where}: {_(TWICE).format(id=entry.id)}")
        seen.add(entry.id)
    return faults


def _labelled(entries: list[Entry], known: list[Cabinet]) -> list[Entry]:
    """Rows without a label get that of the cabinet that stands there already, else the section's next one: 1105-001."""
    taken = {entry.id for entry in entries} | {cabinet.id for cabinet in known}
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for cabinet in sorted(known, key=lambda one: one.id, reverse=True):
        if re.fullmatch(rf"{re.escape(cabinet.department.upper())}-[0-9]{{3,}}", cabinet.id):
            alike[cabinet.department, cabinet.place, cabinet.tiers, cabinet.width_m].append(cabinet.id)
    done = []
    for entry in entries:
        waiting = alike[entry.department, entry.place or "", entry.tiers, entry.width_m]
        name = entry.id or (waiting.pop() if waiting else next_label(entry.department, taken))
        taken.add(name)
        done.append(replace(entry, id=name))
    return done


def next_label(department: str, taken: Iterable[str]) -> str:
    """The first free label of a section: 1105-001."""
    used = set(taken)
    n = 1
    while (name := f"{department.upper()}-{n:03d}") in used:
        n += 1
    return name


def template(settings: Settings) -> bytes:
    """The empty list as CSV that Excel opens: headings, and three rows as an example to write over."""
    section = settings.departments[0]
    headings = ("課", "番号", "場所", "段数", "幅(mm)", "1台の文書量(m)", "台数")
    rows = [
        (section.code, "", "3階執務室", "5", "800", "", "4"),
        (section.name, "3F-12", "3階執務室", "3", "900", "2.1", "1"),
        (section.name, "書庫-A", "地下書庫", "6", "1800", "", "1"),
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([headings, *rows])
    return text.getvalue().encode("utf-8-sig")
