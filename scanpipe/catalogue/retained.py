"""What the catalogue holds about the retention of records: the reader behind `scanpipe retention changes`."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.core.model import Retention
from scanpipe.core.schedules.schedule_changes import Held

_HELD = """
SELECT a.number, d.category, d.title, d.completed, d.fact ->> '$.retention.period' AS period, d.fact ->> '$.retention.start_rule' AS start_rule,
       d.fact ->> '$.retention.starts' AS starts, d.fact ->> '$.retention.expires' AS expires, d.fact ->> '$.retention.disposition' AS disposition,
       d.fact ->> '$.event' AS event, d.fact ->> '$.accounting_year' AS accounting_year, d.fact ->> '$.extended' AS extended
  FROM description d JOIN accession a ON a.id = d.accession_id
 WHERE d.period IS NOT NULL AND a.number IS NOT NULL AND a.state <> 'disposed'
 ORDER BY a.number
"""


def held(path: Path) -> Iterator[Held]:
    """Every record with a period, by number, as it is read. path: catalogue.db. Raises NoCatalogue."""
    reader = CatalogueReader(path)
    try:
        yield from held_in(reader)
    finally:
        reader.close()


def held_in(reader: CatalogueReader) -> Iterator[Held]:
    """Those that this reader sees."""
    for row in reader.db.conn.execute(_HELD):
        kept = Retention(
            period=row["period"], start_rule=row["start_rule"], starts=_day(row["starts"]), expires=_day(row["expires"]), disposition=row["disposition"]
        )
        yield Held(
            number=row["number"],
            category=row["category"],
            title=row["title"],
            completed=date.fromisoformat(row["completed"]),
            retention=kept,
            event=_day(row["event"]),
            accounting_year=row["accounting_year"],
            extended=_day(row["extended"]),
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
