"""What may be told to other machines: events of the log after a place in it, and records as they are now. No texts; restricted records are marked as such."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlite_utils import Database

from scanpipe.core.describing.my_number import masked
from scanpipe.core.disposing.papers import Status
from scanpipe.core.model import State

JsonObject = dict[str, Any]

_RECORDS: Final = """
SELECT a.id, a.number, a.department, a.state, a.received, d.category, d.category_name, d.title, d.kind, d.document_number, d.date, d.fiscal_year, d.period,
       d.expires, d.pages, d.sheets, d.a4_sheets, d.restricted, d.proof_only, f.filed, b.status AS box_status, o.accession_id IS NOT NULL AS on_paper
  FROM accession a JOIN description d ON d.accession_id = a.id JOIN filing f ON f.accession_id = a.id
  LEFT JOIN box_record r ON r.accession_id = a.id LEFT JOIN box b ON b.number = r.box LEFT JOIN on_paper o ON o.accession_id = a.id
 WHERE a.id IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One event. data: what it tells; kept on this server, whoever sends it picks from it."""

    seq: int
    hash: str
    at: str
    kind: str
    accession_id: str | None
    data: Mapping[str, Any]


def last_seq(db: Database) -> int:
    """Of the newest event; 0 if there is none."""
    return int(db.conn.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0])


def events_after(db: Database, seq: int, most: int) -> list[Told]:
    """The next events in their order."""
    rows = db.conn.execute("SELECT seq, hash, at, kind, accession_id, data FROM event WHERE seq > ? ORDER BY seq LIMIT ?", [seq, most])
    return [Told(row["seq"], row["hash"], row["at"], row["kind"], row["accession_id"], json.loads(row["data"])) for row in rows]


def records(db: Database, ids: Collection[str], closed: Collection[str]) -> dict[str, JsonObject]:
    """Those of these records that are filed, by id, as they are now. closed: codes of restricted categories. `hidden`: nothing of it may leave."""
    return {row["id"]: _record(row, closed) for row in db.conn.execute(_RECORDS, [json.dumps(sorted(ids))])}


def ids_of(db: Database, numbers: Sequence[str]) -> list[str]:
    """The ids of the records with these numbers."""
    return [row["id"] for row in db.conn.execute("SELECT id FROM accession WHERE number IN (SELECT value FROM json_each(?))", [json.dumps(list(numbers))])]


def in_boxes(db: Database, boxes: Collection[str]) -> Iterator[str]:
    """The ids of the records whose paper lies in these boxes."""
    yield from (
        row["accession_id"]
        for row in db.conn.execute("SELECT accession_id FROM box_record WHERE box IN (SELECT value FROM json_each(?))", [json.dumps(sorted(boxes))])
    )


def box_of(db: Database, number: str) -> Mapping[str, Any]:
    """department, status, cleared, removed of a box; empty if it is gone."""
    row = db.conn.execute("SELECT department, status, cleared, removed FROM box WHERE number = ?", [number]).fetchone()
    return dict(row) if row else {}


def cabinet_after(db: Database, seq: int) -> Mapping[str, Any]:
    """department and metres of a cabinet after the step of this event; empty if there is none."""
    row = db.conn.execute("SELECT department, fm FROM cabinet_step WHERE seq = ?", [seq]).fetchone()
    return dict(row) if row else {}


def _record(row: Mapping[str, Any], closed: Collection[str]) -> JsonObject:
    restricted = row["category"] in closed if row["restricted"] is None else bool(row["restricted"])
    body = dict(row)
    status = _paper_status(body.pop("on_paper"), body.pop("box_status"))
    hidden = restricted or bool(body.pop("proof_only"))
    del body["restricted"]
    gone = row["state"] == State.DISPOSED  # only its number and what was decided stay known
    title = None if gone or row["title"] is None else masked(row["title"])
    number = None if gone or row["document_number"] is None else masked(row["document_number"])
    return body | {"title": title, "document_number": number, "paper_status": status, "hidden": hidden}


def _paper_status(on_paper: int, box: str | None) -> str | None:
    if not on_paper:
        return None
    return Status(box).value if box else Status.DIGITISED.value
