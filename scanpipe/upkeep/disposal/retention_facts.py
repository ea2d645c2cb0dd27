"""What a records manager looks at first: what is due, which lists are open, what is held, which boxes wait; and the due list for spreadsheets."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from scanpipe import named
from scanpipe.catalogue import awaiting
from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.dates import fiscal_year
from scanpipe.core.disposing.papers import FINAL, Status
from scanpipe.i18n import N_, _
from scanpipe.upkeep.deciding import holds
from scanpipe.upkeep.disposal import disposals_shown
from scanpipe.upkeep.reports import harmless

JsonObject = dict[str, Any]

_HEADINGS = (
    N_("Record number"), N_("Title"), N_("Section"), N_("Category"), N_("Completed"), N_("Retention period"), N_("End of period"), N_("Disposal from"),
    N_("Disposition at the end"), N_("Sheets"), N_("Kept by a hold"),
)  # fmt: skip


def overview(reader: CatalogueReader, settings: Settings, today: date) -> JsonObject:
    """{fiscal_year, due: by section, blocked, lists: that are open, holds, boxes: how many wait for which step, awaiting: records without their event}."""
    year = fiscal_year(today)
    due = holds.due(reader, settings, date(year + 1, 3, 31), today)
    return {
        "fiscal_year": year,
        "due": [summed(code, records) for code, records in holds.by_section(due["due"])],
        "blocked": len(due["blocked"]),
        "lists": list(disposals_shown.lists(reader)),
        "holds": holds.listed(reader, today),
        "boxes": _boxes(reader),
        "awaiting": sum(one["records"] for one in awaiting.counts(reader)),
    }


def summed(department: str, records: Iterable[Mapping[str, Any]]) -> JsonObject:
    """{department, records, sheets} of a section's records."""
    several = list(records)
    return {"department": department, "records": len(several), "sheets": sum(one["sheets"] or 0 for one in several)}


def _boxes(reader: CatalogueReader) -> dict[str, int]:
    """How many boxes are so far, by status; empty ones and those whose paper is gone are left away."""
    found: Counter[str] = Counter()
    for row in reader.db.conn.execute(SQL["boxes"], {"department": None, "number": None}):
        if row["records"] and row["status"] not in FINAL:
            found["registered" if row["status"] == Status.DIGITISED and row["unfiled"] else row["status"]] += 1
    return dict(found)


def due_csv(found: Mapping[str, Any], names: Mapping[str, str]) -> bytes:
    """The due list with those that are held, as UTF-8 with its mark. found: of holds.due. names: of sections, by code."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_(heading) for heading in _HEADINGS])
    for one in (*found["due"], *found["blocked"]):
        writer.writerow([harmless(str(cell)) for cell in _due_row(one, names)])
    return text.getvalue().encode("utf-8-sig")


def _due_row(one: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[object]:
    kept = one["retention"]
    yield from (one["number"], one["title"] or "", f"{one['department']} {names.get(one['department'], '')}".strip())
    yield from (f"{one['category']} {one['category_name'] or ''}".strip(), one["completed"], named.period(kept["period"]), kept["expires"] or "")
    yield from (one["disposable_from"] or "", named.disposition(kept["disposition"]), one["sheets"] or 0)
    yield "; ".join(f"{named.hold_kind(hold['kind'])} {hold['reference']}".strip() for hold in kept["holds"])
