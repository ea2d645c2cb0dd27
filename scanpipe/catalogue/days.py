"""What sections scanned on one day, row by row: for the pages that show it while it happens."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlite_utils import Database

from scanpipe.catalogue.database import Row
from scanpipe.core import partings
from scanpipe.core.describing.my_number import masked

MOST: Final = 200  # rows of a day that are shown; its counts are of all
_OF_DAY: Final = (
    " FROM delivery d LEFT JOIN accession a ON a.id = d.id LEFT JOIN accession t ON t.id = d.duplicate_of"
    " LEFT JOIN description x ON x.accession_id = d.id LEFT JOIN filing f ON f.accession_id = d.id"
    " WHERE d.department IN (SELECT value FROM json_each(:departments)) AND d.received >= :first AND d.received < :after"
)
_ROWS: Final = (
    "SELECT d.id, d.department, d.received, d.name, d.sha256, d.outcome, d.reason, d.params, coalesce(a.number, t.number) AS number,"
    " coalesce(a.state, t.state) AS state, a.not_before, a.attempts, a.last_error, a.declared, x.pages, x.sheets, x.title, x.category, x.category_name,"
    " x.needs_review, x.proof_only, x.fact ->> '$.restricted' AS restricted, x.fact -> '$.flags' AS flags, f.path"
    f"{_OF_DAY} ORDER BY d.received DESC, d.id DESC LIMIT :most"
)
_COUNTS: Final = (
    "SELECT count(*) AS deliveries, coalesce(sum(d.outcome = 'rejected'), 0) AS rejected, coalesce(sum(d.outcome = 'duplicate'), 0) AS duplicates,"
    " coalesce(sum(d.outcome = 'accession' AND a.state IN ('filed', 'indexed', 'accounted', 'disposed')), 0) AS filed,"
    " coalesce(sum(d.outcome = 'accession' AND a.state IN ('accessioned', 'recognised', 'described')), 0) AS waiting,"
    " coalesce(sum(coalesce(x.needs_review, 0) AND a.state IN ('filed', 'indexed', 'accounted')), 0) AS needs_review,"
    f" coalesce(sum(CASE WHEN x.proof_only THEN 0 ELSE x.sheets END), 0) AS sheets{_OF_DAY}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One delivery of the day and how far it is.

    outcome: accession, duplicate or rejected. number, state: of its record, of a duplicate those of the record that has the bytes; None if there is none, or it may
    not be seen. not_before: when it is tried again, None = now. error: why it failed the last time. batch: number of the batch that it is a part of, with
    part, "2/5". pages, sheets, title, category, path: None until known. proof: its pages are in other records. reason, params: of a refusal.
    """

    id: str
    department: str
    received: datetime
    name: str
    sha256: str | None
    outcome: str
    number: str | None
    state: str | None
    not_before: datetime | None
    attempts: int
    error: str | None
    batch: str | None
    part: str | None
    pages: int | None
    sheets: int | None
    title: str | None
    category: str | None
    category_name: str | None
    path: str | None
    needs_review: bool
    restricted: bool
    proof: bool
    flags: tuple[str, ...]
    reason: str | None
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """Of a day: deliveries, and what became of them. sheets: paper as it is counted, without what only proves others."""

    deliveries: int
    filed: int
    waiting: int
    needs_review: int
    duplicates: int
    rejected: int
    sheets: int


def rows_of(db: Database, departments: Collection[str], day: date, most: int = MOST) -> list[DayRow]:
    """What came on that day, the newest first, at most so many. departments: codes of sections."""
    return [_row(row) for row in db.conn.execute(_ROWS, {**_wanted(departments, day), "most": most})]


def counts_of(db: Database, departments: Collection[str], day: date) -> DayCounts:
    return DayCounts(**dict(db.conn.execute(_COUNTS, _wanted(departments, day)).fetchone()))


def lying_in(db: Database, departments: Collection[str]) -> list[Row]:
    """What lies in the drop folders of these sections and is not taken: department, name, since, reason (a message id)."""
    sql = "SELECT * FROM lying WHERE department IN (SELECT value FROM json_each(?)) ORDER BY department, name"
    return [dict(row) for row in db.conn.execute(sql, [json.dumps(sorted(departments))])]


def paused(db: Database) -> list[tuple[str, str, Mapping[str, Any]]]:
    """(stage, message id, its parameters) of what rests because a place is at fault."""
    return [(row["stage"], row["reason"], json.loads(row["params"])) for row in db.conn.execute("SELECT * FROM paused ORDER BY since")]


def _wanted(departments: Collection[str], day: date) -> dict[str, object]:
    return {"departments": json.dumps(sorted(departments)), "first": day.isoformat(), "after": (day + timedelta(days=1)).isoformat()}


def _row(row: Row) -> DayRow:
    declared = json.loads(row["declared"] or "{}")
    plain = ("id", "department", "sha256", "outcome", "number", "state", "pages", "sheets", "title", "category", "category_name", "path", "reason")
    return DayRow(
        **{name: row[name] for name in plain},
        received=datetime.fromisoformat(row["received"]),
        name=masked(row["name"]),
        not_before=datetime.fromisoformat(row["not_before"]) if row["not_before"] else None,
        attempts=row["attempts"] or 0,
        error=row["last_error"],
        batch=declared.get(partings.BATCH),
        part=declared.get(partings.PART),
        needs_review=bool(row["needs_review"]),
        restricted=bool(row["restricted"]),
        proof=bool(row["proof_only"]),
        flags=tuple(json.loads(row["flags"] or "[]")),
        params=json.loads(row["params"] or "{}"),
    )
