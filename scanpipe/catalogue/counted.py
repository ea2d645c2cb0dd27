"""Ledger B counted from its marks: A4 sheets beside what the scanners saw of the same records (images, blank ones, sides, sheets and their sizes), also by device.

Counts name no record: they are of all sections for everybody who may see the sheets, so they look past what narrows a reader (catalogue/visible.py).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlite_utils import Database

from scanpipe.core.campaign.figures import LEDGERS
from scanpipe.core.scans.sidecar import DEVICES
from scanpipe.core.sheets import OTHER_SIZES, STANDARD_SIZES

JsonObject = dict[str, Any]
RAW: Final = ("records", "pages", "blank_pages", "sides", "sheets")
SIZES: Final = (*STANDARD_SIZES, OTHER_SIZES)
INBOX: Final = "inbox:"  # before the code of the section through whose drop folder a scan came whose scanner said no name

_NAMED: Final = ", ".join(f"""a.declared ->> '$."{name}"'""" for name in DEVICES)
_DEVICE: Final = f"coalesce({_NAMED}, '{INBOX}' || r.department)"
_KEYS: Final[Mapping[str, str]] = {
    "department": "m.department",
    "month": "substr(m.day, 1, 7)",
    "fiscal_year": "CAST(substr(m.day, 1, 4) AS INTEGER) - (substr(m.day, 6, 2) < '04')",
    "category": "m.category",
    "device": _DEVICE,
}
_COUNTED: Final = (
    "SELECT {key} AS key, m.ledger, d.sizes, sum(m.sheets) AS a4, count(*) AS records, sum(d.pages) AS pages, sum(d.blank_pages) AS blank_pages,"
    " sum(d.sides) AS sides, sum(d.sheets) AS sheets FROM main.tally_mark m JOIN main.description d ON d.accession_id = m.accession_id"
    " JOIN main.accession a ON a.id = m.accession_id JOIN main.delivery r ON r.id = m.accession_id"
    " WHERE m.sheets <> 0 AND m.day BETWEEN ? AND ? AND (? = '' OR m.department = ?) GROUP BY 1, 2, 3 ORDER BY 1"
)


def counted(db: Database, by: str, fiscal_year: int | None = None, *, department: str = "", month: str = "") -> list[JsonObject]:
    """[{by: key, digitised, cleared, removed, raw: {digitised: {records, pages, blank_pages, sides, sheets, sizes}, cleared, removed}}], by key.

    by: "department", "month", "fiscal_year", "category" or "device": as its companion file names it, else INBOX and the section's code. The three are in A4
    sheets; raw is as scanned, of the records that count: pages are images, blank ones too, sides those with content, sheets pieces of paper of any size.
    sizes: sheets by STANDARD_SIZES and OTHER_SIZES; fewer than sheets where records of an earlier version said nothing of size. department, month
    ("2026-04"): only of these, "" = all.
    """
    found: dict[Any, JsonObject] = {}
    for row in db.conn.execute(_COUNTED.format(key=_KEYS[by]), (*_days(fiscal_year, month), department, department)):
        one = found.setdefault(row["key"], {by: row["key"], **dict.fromkeys(LEDGERS, 0.0), "raw": {name: _nothing() for name in LEDGERS}})
        one[row["ledger"]] += row["a4"]
        sizes = json.loads(row["sizes"])  # of each of these records
        _add(one["raw"][row["ledger"]], row, {size: sheets * row["records"] for size, sheets in sizes.items()})
    return list(found.values())


def sizes_of(raw: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Of one or many `raw`s' sizes: those that occur, the standard ones first."""
    return [(name, raw["sizes"][name]) for name in SIZES if raw["sizes"].get(name)]


def together(raws: Iterable[Mapping[str, Any]]) -> JsonObject:
    """Several counts as scanned, as one."""
    total = _nothing()
    for raw in raws:
        _add(total, raw, raw["sizes"])
    return total


def _days(fiscal_year: int | None, month: str) -> tuple[str, str]:
    if month:
        return f"{month}-01", f"{month}-31"
    return ("", "9999") if fiscal_year is None else (f"{fiscal_year}-04-01", f"{fiscal_year + 1}-03-31")


def _nothing() -> JsonObject:
    return {**dict.fromkeys(RAW, 0), "sizes": {}}


def _add(total: JsonObject, more: Any, sizes: Mapping[str, int]) -> None:
    for name in RAW:
        total[name] += more[name]
    for size, sheets in sizes.items():
        known = size if size in STANDARD_SIZES else OTHER_SIZES
        total["sizes"][known] = total["sizes"].get(known, 0) + sheets
