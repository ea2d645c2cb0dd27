"""A body's own list of sections, as its personnel system or Excel writes it -> departments.toml."""

import codecs
import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from scanpipe.config_faults import fault, shown, validated
from scanpipe.config_schema import Department, default_inbox
from scanpipe.errors import ConfigError
from scanpipe.i18n import _

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("コード", "課コード", "所属コード", "部署コード", "組織コード", "課所コード"),
    "name": ("課名", "所属名", "部署名", "名称", "課", "所属", "部署", "課室名"),
    "bureau": ("部局", "部局名", "部", "部名", "局", "局名"),
    "symbol": ("記号", "文書記号"),
    "inbox": ("投入フォルダ", "フォルダ", "フォルダ名"),
    "staff": ("職員数", "人数", "職員"),
    "duplex": ("両面",),
    "base_sheets": ("基準枚数", "基準年枚数"),
    "group": ("グループ",),
    "valid_from": ("開始日", "有効開始日", "設置日"),
    "valid_to": ("終了日", "有効終了日", "廃止日"),
    "successor": ("引継先", "後継課", "後継コード"),
    "appending": (),
    "assemble": (),
    "taken": (),
    "default_category": (),
}
_KEYS = {heading: key for key, headings in COLUMNS.items() for heading in (key, *headings)}
_WHOLE = frozenset(("staff", "base_sheets"))
_DAYS = frozenset(("valid_from", "valid_to"))
_SWITCHES = {"true": True, "両面": True, "○": True, "〇": True, "1": True, "false": False, "片面": False, "×": False, "0": False}


def departments_from_csv(path: Path) -> list[Department]:
    """The sections of a CSV or tab-separated file in UTF-8, UTF-16 or Shift_JIS (CP932), with English or Japanese headings.

    Full-width digits, thousands separators and empty rows are understood; columns of other names are left alone.
    Raises ConfigError naming every wrong row (the heading is row 1).
    """
    table = _rows(_text(path), path.name)
    heading = [_KEYS.get(_plain(cell).lower(), "") for cell in table[0][1]]
    missing = [key for key in ("code", "name") if key not in heading]
    if missing:
        says = _("there is no column {column}; name the columns in the first row, for example {example}")
        raise ConfigError(
            [
                fault(path.name, _("row {row}").format(row=table[0][0]), says.format(column=shown(each), example="課コード,課名,部局名,職員数"))
                for each in missing
            ]
        )
    sections: list[Department] = []
    faults: list[str] = []
    for number, cells in table[1:]:
        section, wrong = _section(heading, table[0][1], cells, path.name, number)
        if section and any(section.code.casefold() == other.code.casefold() for other in sections):
            wrong = [
                fault(
                    path.name, _("row {row}").format(row=number), _("code {value} is there twice; give each section its own").format(value=shown(section.code))
                )
            ]
        faults += wrong
        sections += [section] if section else []
    if not sections and not faults:
        faults = [fault(path.name, "", _("there is no section below the headings; write one section a row"))]
    if faults:
        raise ConfigError(faults)
    return sections


def departments_toml(sections: Iterable[Department], heading: str) -> str:
    """departments.toml with these sections. heading: the comment at its top."""
    parts = [heading.rstrip("\n") + "\n"]
    bureau = None
    for section in sections:
        if section.bureau and section.bureau != bureau:
            bureau = section.bureau
            parts.append(f"\n# ---- {bureau}\n")
        filled = section.model_copy(update={"inbox": section.inbox or default_inbox(section.code, section.name)})
        lines = [f"{key} = {_toml(value)}" for key, value in filled if key in _ALWAYS or value != Department.model_fields[key].default]
        parts.append("\n".join(("\n[[department]]", *lines)) + "\n")
    return "".join(parts)


_ALWAYS = frozenset(("code", "name", "bureau", "symbol", "inbox", "duplex", "staff"))


def _toml(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError([fault(path.name, "", _("{path} cannot be read ({reason}); correct the path").format(path=path, reason=error.strerror))]) from None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError([fault(path.name, "", _('this is neither UTF-8 nor Shift_JIS; save it from Excel as "CSV UTF-8"'))])


def _rows(text: str, file: str) -> list[tuple[int, list[str]]]:
    """The rows that hold anything, with their numbers as Excel shows them."""
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    separator = max(",\t;", key=first.count)
    rows = [(number, row) for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1) if any(cell.strip() for cell in row)]
    if not rows:
        raise ConfigError([fault(file, "", _("the file is empty; write the headings and one section a row"))])
    return rows


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip()


def _section(heading: list[str], headings: list[str], cells: list[str], file: str, number: int) -> tuple[Department | None, list[str]]:
    values = {key: _value(key, cell) for key, cell in zip(heading, cells, strict=False) if key and cell.strip()}
    section, faults = validated(Department, values, file, _("row {row}: ").format(row=number))
    for key, title in zip(heading, headings, strict=False):  # people know their own headings, not our keys
        faults = [line.replace(f": {key}: ", f": {title.strip()}: ", 1) for line in faults] if key else faults
    return section, faults


def _value(key: str, cell: str) -> Any:
    """The cell as TOML would give it; what cannot be read stays text, for the model to complain about."""
    text = _plain(cell)
    if key in _WHOLE:
        digits = re.fullmatch(r"([0-9][0-9,]*)\s*(?:人|名|枚)?", text)
        return int(digits[1].replace(",", "")) if digits else text
    if key in _DAYS:
        return _day(text)
    if key in ("duplex", "appending"):
        return _SWITCHES.get(text.lower(), text.lower())
    return text if key in ("code", "successor", "default_category") else unicodedata.normalize("NFC", cell).strip()


def _day(text: str) -> date | str:
    found = re.fullmatch(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else text
    except ValueError:
        return text
