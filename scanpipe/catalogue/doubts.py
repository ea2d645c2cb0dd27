"""The queue of records that ask for a person, one after the other."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlite_utils import Database

_READY: Final = "x.needs_review = 1 AND a.state IN ('filed', 'indexed', 'accounted')"
_FROM: Final = " FROM description x JOIN accession a ON a.id = x.accession_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A record that asks for a person. serial: its place in the queue, which is that of its arrival. pages: 0 where its file could not be opened."""

    serial: int
    number: str
    department: str
    restricted: bool
    pages: int


def queue(db: Database, departments: Collection[str], after: int = 0, most: int = 2) -> list[Doubt]:
    """The next records that came after the one with this serial, oldest first. departments: codes of sections."""
    sql = (
        f"SELECT a.serial, a.number, a.department, coalesce(x.restricted, 0) AS restricted, x.pages{_FROM} WHERE {_READY} AND a.serial > ?"  # noqa: S608 (texts of ours)
        " AND a.department IN (SELECT value FROM json_each(?)) ORDER BY a.serial LIMIT ?"
    )
    rows = db.conn.execute(sql, [after, json.dumps(sorted(departments)), most])
    return [Doubt(**dict(row) | {"restricted": bool(row["restricted"])}) for row in rows]


def by_section(db: Database) -> dict[str, int]:
    """How many each section has; those without any are not in it."""
    rows = db.conn.execute(f"SELECT a.department, count(*) AS n{_FROM} WHERE {_READY} GROUP BY a.department ORDER BY a.department")
    return {row["department"]: row["n"] for row in rows}


def serial_of(db: Database, number: str) -> int:
    """The place of a record in the queue; 0 where there is none, or it may not be seen."""
    row = db.conn.execute("SELECT serial FROM accession WHERE number = ?", [number]).fetchone()
    return int(row["serial"]) if row else 0


def state_of(db: Database, number: str) -> str | None:
    """How far a record is; None where there is none, or it may not be seen."""
    row = db.conn.execute("SELECT state FROM accession WHERE number = ?", [number]).fetchone()
    return str(row["state"]) if row else None


def page_sizes(db: Database, id: str) -> dict[int, tuple[int, int]]:
    """Width and height of each page's upright image, in the pixels that the boxes of its facts are given in."""
    sql = "SELECT p.number, p.width, p.height FROM page p JOIN accession a ON a.serial = p.serial WHERE a.id = ? ORDER BY p.number"
    return {row["number"]: (row["width"], row["height"]) for row in db.conn.execute(sql, [id])}


def heirs_of(db: Database, number: str) -> list[str]:
    """The records that were made of the pages of this one when a person split or merged it, as far as they may be seen."""
    rows = db.conn.execute(
        "SELECT number FROM accession WHERE declared ->> '$.batch' = :number AND declared ->> '$.by' IS NOT NULL"
        " UNION SELECT number FROM accession WHERE declared ->> '$.merged' IS NOT NULL AND instr(',' || (declared ->> '$.merged') || ',', ',' || :number || ',')"
        " ORDER BY number",
        {"number": number},
    )
    return [row["number"] for row in rows]
