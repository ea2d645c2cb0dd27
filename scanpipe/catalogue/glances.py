"""Small questions to the catalogue that pages ask often: what a picture needs, what a row of a result shows. The reader decides what may be seen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from scanpipe.catalogue.reader import CatalogueReader, JsonObject, NoRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """Enough of a record to show its pages. pages: 0 until it was read. vault_path: None until it was filed. restricted: None in facts of an earlier version."""

    id: str
    serial: int
    number: str
    category: str | None
    media_type: str
    state: str
    vault_path: str | None
    pages: int
    restricted: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFace:
    """One page: its number from 1, pixels of the upright image (0 where it could not be read), whether it is blank."""

    number: int
    width: int
    height: int
    blank: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a row of a result shows of a record beside what the index has. restricted: None in facts of an earlier version."""

    number: str
    category: str | None
    category_name: str | None
    kind: str | None
    pages: int
    needs_review: bool
    restricted: bool | None


def glance(reader: CatalogueReader, number: str) -> Glance:
    """Raises NoRecord, also where it may not be seen."""
    row = reader.db.conn.execute(
        "SELECT a.id, a.serial, a.number, d.category, a.media_type, a.state, f.vault_path, coalesce(d.pages, 0) AS pages, d.restricted FROM accession a"
        " LEFT JOIN description d ON d.accession_id = a.id LEFT JOIN filing f ON f.accession_id = a.id WHERE a.number = ?",
        [number],
    ).fetchone()
    if row is None:
        raise NoRecord(number=number)
    return Glance(**dict(row) | {"restricted": _maybe(row["restricted"])})


def pages(reader: CatalogueReader, serial: int) -> list[PageFace]:
    """The pages of a record in order; empty until it was read."""
    rows = reader.db.conn.execute("SELECT number, width, height, blank FROM page WHERE serial = ? ORDER BY number", [serial])
    return [PageFace(**dict(row) | {"blank": bool(row["blank"])}) for row in rows]


def faces(reader: CatalogueReader, numbers: Sequence[str]) -> dict[str, Face]:
    """Those of the records that may be seen, by number."""
    rows = reader.db.conn.execute(
        "SELECT a.number, d.category, d.category_name, d.kind, coalesce(d.pages, 0) AS pages, coalesce(d.needs_review, 0) AS needs_review, d.restricted"
        " FROM accession a LEFT JOIN description d ON d.accession_id = a.id WHERE a.number IN (SELECT value FROM json_each(?))",
        [json.dumps(list(numbers))],
    )
    return {row["number"]: Face(**dict(row) | {"needs_review": bool(row["needs_review"]), "restricted": _maybe(row["restricted"])}) for row in rows}


def open_list(reader: CatalogueReader, id: str) -> JsonObject | None:
    """The disposal list that waits for a decision about a record: its number and day; None if it is on none."""
    row = reader.db.conn.execute(
        "SELECT d.number, d.at FROM disposal_entry e JOIN disposal d ON d.id = e.disposal_id"
        " WHERE e.accession_id = ? AND e.state = 'open' AND d.cancelled IS NULL AND d.done IS NULL ORDER BY d.id DESC LIMIT 1",
        [id],
    ).fetchone()
    return dict(row) if row else None


def titles(reader: CatalogueReader, numbers: Sequence[str]) -> dict[str, str | None]:
    """Titles of those of the records that may be seen."""
    sql = "SELECT a.number, d.title FROM accession a LEFT JOIN description d ON d.accession_id = a.id WHERE a.number IN (SELECT value FROM json_each(?))"
    return {row["number"]: row["title"] for row in reader.db.conn.execute(sql, [json.dumps(list(numbers))])}


def _maybe(value: int | None) -> bool | None:
    return None if value is None else bool(value)
