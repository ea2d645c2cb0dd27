"""Ledger B counted from its marks: A4 sheets beside what the scanners saw of the same records (images, blank ones, sides, sheets), also by device.

Counts name no record: they are of all sections for everybody who may see the sheets, so they look past what narrows a reader (catalogue/visible.py).
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlite_utils import Database

from scanpipe.core.campaign.figures import LEDGERS
from scanpipe.core.scans.sidecar import DEVICES

JsonObject = dict[str, Any]
RAW: Final = ("records", "pages", "blank_pages", "sides", "sheets")
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
    "SELECT {key} AS key, m.ledger, sum(m.sheets) AS a4, count(*) AS records, sum(d.pages) AS pages, sum(d.blank_pages) AS blank_pages, sum(d.sides) AS sides,"
    " sum(d.sheets) AS sheets FROM main.tally_mark m JOIN main.description d ON d.accession_id = m.accession_id"
    " JOIN main.accession a ON a.id = m.accession_id JOIN main.delivery r ON r.id = m.accession_id"
    " WHERE m.sheets <> 0 AND m.day BETWEEN ? AND ? GROUP BY 1, 2 ORDER BY 1"
)


def counted(db: Database, by: str, fiscal_year: int | None = None) -> list[JsonObject]:
    """[{by: key, digitised, cleared, removed, raw: {digitised: {records, pages, blank_pages, sides, sheets}, cleared, removed}}], by key.

    by: "department", "month", "fiscal_year", "category" or "device": as its companion file names it, else INBOX and the section's code. The three are in A4
    sheets; raw is as scanned, of the records that count: pages are images, blank ones too, sides those with content, sheets pieces of paper of any size.
    """
    days = ("", "9999") if fiscal_year is None else (f"{fiscal_year}-04-01", f"{fiscal_year + 1}-03-31")
    found: dict[Any, JsonObject] = {}
    for row in db.conn.execute(_COUNTED.format(key=_KEYS[by]), days):
        nothing = {by: row["key"], **dict.fromkeys(LEDGERS, 0.0), "raw": {name: dict.fromkeys(RAW, 0) for name in LEDGERS}}
        one = found.setdefault(row["key"], nothing)
        one[row["ledger"]] = row["a4"]
        one["raw"][row["ledger"]] = {name: row[name] for name in RAW}
    return list(found.values())
