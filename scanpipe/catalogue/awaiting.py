"""Records whose period begins with an event that nobody has entered yet: the end of a contract, the close of a case."""

from collections.abc import Iterator

from scanpipe.catalogue.reader import CatalogueReader, JsonObject

_WAITING = """
  FROM description d JOIN accession a ON a.id = d.accession_id JOIN filing f ON f.accession_id = a.id
 WHERE d.expires IS NULL AND d.period GLOB '[0-9]*' AND d.fact ->> '$.retention.start_rule' LIKE 'event%' AND d.fact ->> '$.retention.starts' IS NULL
   AND d.proof_only = 0 AND a.state <> 'disposed'
"""


def counts(reader: CatalogueReader) -> list[JsonObject]:
    """{category, category_name, records, oldest}: how many wait in each category, those with the most first; oldest: the first day of completion."""
    sql = f"SELECT d.category, max(d.category_name) AS category_name, count(*) AS records, min(d.completed) AS oldest {_WAITING} GROUP BY d.category"
    return [dict(row) for row in reader.db.conn.execute(f"{sql} ORDER BY records DESC, d.category")]


def records(reader: CatalogueReader, category: str, department: str | None = None, *, most: int, after: str = "") -> Iterator[JsonObject]:
    """{number, department, title, category, category_name, completed, period, sheets}, those completed first first. department: of one section.

    after: only those behind this key, `completed number` of the last one shown.
    """
    sql = f"""
SELECT a.number, a.department, d.title, d.category, d.category_name, d.completed, d.period, d.sheets {_WAITING}
   AND d.category = :category AND (:department IS NULL OR a.department = :department) AND d.completed || ' ' || a.number > :after
 ORDER BY d.completed, a.number LIMIT :most"""
    for row in reader.db.conn.execute(sql, {"category": category, "department": department, "after": after, "most": most}):
        yield dict(row)
