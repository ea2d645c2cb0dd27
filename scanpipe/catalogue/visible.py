"""Rights in SQL, in one place: a reading connection that holds only the rows that the person who asks may see.

SQLite looks names of tables up among a connection's temporary views before the file's own. Whatever is asked on a narrowed connection (lists, counts, texts,
events, exports) sees nothing else, also where it is written long after this module. A table of which nothing is known here is empty.
"""

import json
from collections.abc import Collection
from typing import Any, Final

from sqlite_utils import Database

from scanpipe.catalogue.search_result import Access

# Name no record. What sections use, keep in cabinets and set out to do is there to be compared: everybody may see the sheets of every section
OPEN: Final = frozenset({
    "tally", "tally_month", "sequence", "paused", "upkeep_run",
    "paper_import", "paper_row", "month_note", "paper_terms", "paper_month", "device", "device_step",
    "cabinet", "cabinet_step", "cabinet_photo", "campaign", "target", "indicator_import", "indicator",
})  # fmt: skip
_SECTION: Final = "EXISTS (SELECT 1 FROM temp.visible_all) OR {column} IN (SELECT code FROM temp.visible_section)"
_RULES: Final = {  # by table; else by column, see _rule
    "accession": "({section}) AND NOT EXISTS (SELECT 1 FROM main.description d WHERE d.accession_id = t.id AND {closed})",
    "page": "EXISTS (SELECT 1 FROM accession a WHERE a.serial = t.serial)",
    "box_step": "EXISTS (SELECT 1 FROM box b WHERE b.number = t.box)",
    "disposal": "EXISTS (SELECT 1 FROM temp.visible_all) OR EXISTS (SELECT 1 FROM disposal_entry e WHERE e.disposal_id = t.id)",
    "disposal_approval": "EXISTS (SELECT 1 FROM disposal d WHERE d.id = t.disposal_id)",
    "page_file": "EXISTS (SELECT 1 FROM delivery d WHERE d.id = t.delivery)",
    "delivery": "({section}) AND (outcome <> 'accession' OR EXISTS (SELECT 1 FROM accession a WHERE a.id = t.id))",
    "hold": "EXISTS (SELECT 1 FROM temp.visible_all) OR EXISTS (SELECT 1 FROM main.held_record h JOIN accession a ON a.id = h.accession_id WHERE h.hold_id = t.id)",
    "event": (  # an upload names no record, only a section and a digest
        "CASE WHEN t.accession_id IS NOT NULL THEN {of_record} WHEN t.kind = 'uploaded' THEN EXISTS (SELECT 1 FROM temp.visible_all)"
        " OR t.data ->> '$.department' IN (SELECT code FROM temp.visible_section) ELSE EXISTS (SELECT 1 FROM temp.visible_all) END"
    ),
}
_OF_RECORD: Final = "EXISTS (SELECT 1 FROM accession a WHERE a.id = t.accession_id)"
_CLOSED: Final = (  # a restricted record whose category was not granted; what proves a batch may hold such a one
    "(coalesce(d.restricted, d.category IN (SELECT code FROM temp.restricted_category)) OR d.proof_only)"
    " AND NOT EXISTS (SELECT 1 FROM temp.granted_all) AND (d.proof_only OR d.category NOT IN (SELECT code FROM temp.granted_category))"
)


_CHOICES: Final = """
SELECT data FROM main.event
 WHERE accession_id IS NULL AND kind = 'disposal_changed' AND data ->> '$.id' = :id AND EXISTS (SELECT 1 FROM disposal WHERE id = :id) ORDER BY seq
"""


def narrow(db: Database, access: Access, restricted: Collection[str] = ()) -> None:
    """From now on the connection sees only what `access` allows. db: opened for reading. restricted: codes of the schedule's restricted categories."""
    _put(db, "visible_section", access.departments)
    _put(db, "granted_category", access.restricted)
    _put(db, "restricted_category", frozenset(restricted))
    db.execute(f"CREATE TEMP VIEW visible_all AS SELECT 1 AS yes WHERE {int(access.departments is None)}")
    db.execute(f"CREATE TEMP VIEW granted_all AS SELECT 1 AS yes WHERE {int(access.restricted is None)}")
    objects = [tuple(row) for row in db.execute("SELECT type, name, sql FROM main.sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")]
    for kind, name, _sql in objects:
        if kind == "table" and name not in OPEN:
            db.execute(f'CREATE TEMP VIEW "{name}" AS SELECT t.* FROM main."{name}" t WHERE {_rule(db, name)}')  # noqa: S608 (names of our own tables)
    for kind, _name, sql in objects:
        if kind == "view":  # the file's own views look into the file's own tables: made anew here, they look into the narrowed ones
            db.execute(sql.replace("CREATE VIEW", "CREATE TEMP VIEW", 1))


def unseen_entries(db: Database, disposal_id: str) -> int:
    """How many records of a disposal list this connection does not show. Only for people who see all sections: they approve the list as a whole."""
    sql = "SELECT (SELECT count(*) FROM main.disposal_entry WHERE disposal_id = :id) - (SELECT count(*) FROM disposal_entry WHERE disposal_id = :id)"
    return int(db.conn.execute(sql, {"id": disposal_id}).fetchone()[0])


def choices_on(db: Database, disposal_id: str) -> list[dict[str, Any]]:
    """What persons chose and took off a disposal list, as its events tell it, the first first: {act, actions{number: action}, gone[number], voided[name]}.

    Nothing of a list that this connection does not show; of another one without the records that it does not show.
    """
    told = [json.loads(row["data"]) for row in db.conn.execute(_CHOICES, {"id": disposal_id}).fetchall()]
    named = json.dumps([number for one in told for number in (*one["actions"], *one["gone"])])
    seen = {row["number"] for row in db.conn.execute("SELECT number FROM accession WHERE number IN (SELECT value FROM json_each(?))", [named])}
    shown = [_without_unseen(one, seen) for one in told]
    return [one for one in shown if one["actions"] or one["gone"] or one["voided"]]


def _without_unseen(choice: dict[str, Any], seen: Collection[str]) -> dict[str, Any]:
    """The reason too is kept back where nothing else of it is seen."""
    actions = {number: action for number, action in choice["actions"].items() if number in seen}
    gone = [number for number in choice["gone"] if number in seen]
    act = choice["act"] if actions or gone else choice["act"] | {"text": ""}
    return choice | {"act": act, "actions": actions, "gone": gone}


def unseen_in_box(db: Database, box: str) -> int:
    """How many of the records whose paper lies in this box this connection does not show: who cannot see them cannot compare them."""
    sql = "SELECT (SELECT count(*) FROM main.box_record WHERE box = :box) - (SELECT count(*) FROM box_record WHERE box = :box)"
    return int(db.conn.execute(sql, {"box": box}).fetchone()[0])


def _put(db: Database, table: str, codes: Collection[str] | None) -> None:
    db.execute(f"CREATE TEMP TABLE {table} (code TEXT PRIMARY KEY) WITHOUT ROWID")
    db.conn.executemany(f"INSERT INTO {table} VALUES (?)", [(code,) for code in codes or ()])  # noqa: S608


def _rule(db: Database, table: str) -> str:
    columns = {row[1] for row in db.execute(f'PRAGMA main.table_info("{table}")')}
    section = _SECTION.format(column="t.department")
    if table in _RULES:
        return _RULES[table].format(section=section, closed=_CLOSED, of_record=_OF_RECORD)
    if "accession_id" in columns:
        return _OF_RECORD
    return section if "department" in columns else "0"
