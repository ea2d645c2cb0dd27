"""Records in lists, page by page, and the pages of one record: on a connection that sees only what may be seen (visible.py)."""

from dataclasses import dataclass
from typing import Any, Final

from sqlite_utils import Database

from scanpipe.core.describing.my_number import masked
from scanpipe.core.model import State

JsonObject = dict[str, Any]

_RECORDS: Final = """
SELECT a.serial, a.number, a.id, a.state, a.department, d.category, d.category_name, d.needs_review, d.fact ->> '$.restricted' AS restricted, d.title, d.kind,
       d.document_number, d.date, d.fiscal_year, d.expires, d.pages, d.sheets, d.a4_sheets, a.name, a.received, f.filed
  FROM accession a LEFT JOIN description d ON d.accession_id = a.id LEFT JOIN filing f ON f.accession_id = a.id
 WHERE (:before IS NULL OR a.serial < :before) AND (:department IS NULL OR a.department = :department) AND (:state IS NULL OR a.state = :state)
   AND (:category IS NULL OR d.category = :category) AND (:fiscal_year IS NULL OR d.fiscal_year = :fiscal_year)
   AND (:needs_review IS NULL OR d.needs_review = :needs_review)
 ORDER BY a.serial DESC LIMIT :most
"""
_PAGES: Final = (
    "SELECT p.number AS page, p.width, p.height, p.dpi, p.rotation, p.blank, p.engine, p.confidence, p.text FROM page p"
    " JOIN accession a ON a.serial = p.serial WHERE a.id = ? ORDER BY p.number"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records a list holds. department, category: codes. fiscal_year: of the document. None = any."""

    department: str | None = None
    category: str | None = None
    fiscal_year: int | None = None
    state: State | None = None
    needs_review: bool | None = None


def records(db: Database, wanted: Wanted, before: int | None, most: int) -> list[JsonObject]:
    """Records that came before the one with this serial, the newest first, at most so many. Each has its serial, for the next page."""
    values = {name: getattr(wanted, name) for name in ("department", "category", "fiscal_year", "state", "needs_review")}
    return [_brief(dict(row)) for row in db.conn.execute(_RECORDS, {**values, "before": before, "most": most})]


def _brief(row: JsonObject) -> JsonObject:
    flags = {name: None if row[name] is None else bool(row[name]) for name in ("needs_review", "restricted")}
    return row | flags | {"name": masked(row["name"])}


def pages(db: Database, id: str) -> list[JsonObject]:
    """What was read of a record, page by page."""
    return [{**dict(row), "blank": bool(row["blank"]), "text": masked(row["text"])} for row in db.conn.execute(_PAGES, [id])]
