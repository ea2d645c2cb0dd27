"""The rows that a figure was made from: what was brought in of paper, which records and boxes of paper, which cabinets. Each figure opens them (design §9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from scanpipe.catalogue import cabinets, paper_rows
from scanpipe.catalogue.reader import CatalogueReader, JsonObject
from scanpipe.config import Settings
from scanpipe.core.campaign.cabinets import Basis, Cabinet
from scanpipe.core.campaign.ledger_a import answering, month_name
from scanpipe.core.campaign.paper_counts import first_day
from scanpipe.core.retention import successor_of
from scanpipe.upkeep.campaign import paper_imports
from scanpipe.upkeep.campaign.cabinets_shown import Shelves
from scanpipe.upkeep.campaign.ledger_a import terms_of

MOST_RECORDS: Final = 500

_TALLIES: Final = (
    "SELECT substr(day, 1, 7) AS month, department, category, sum({ledger}) AS sheets FROM tally"
    " WHERE fiscal_year = :year AND {ledger} <> 0 AND (:department = '' OR department = :department) AND (:month = '' OR substr(day, 1, 7) = :month)"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
_RECORDS: Final = (  # narrowed: of records that the reader may see
    "SELECT a.number, m.day, m.department, m.category, m.sheets, d.fact ->> '$.title' AS title FROM tally_mark m JOIN accession a ON a.id = m.accession_id"
    " LEFT JOIN description d ON d.accession_id = a.id"
    " WHERE m.ledger = :ledger AND m.sheets <> 0 AND m.day BETWEEN :first AND :last AND (:department = '' OR m.department = :department)"
    " ORDER BY m.day, a.number LIMIT :most"
)


def paper(reader: CatalogueReader, settings: Settings, department: str, fiscal_year: int, base_year: int | None, month: str = "") -> list[JsonObject]:
    """Rows of ledger A that hold, of the year and of its base year. department: "" = all, else those that count for it. month: of the year."""
    terms, devices = terms_of(settings), paper_rows.devices(reader.db)
    found: list[JsonObject] = []
    for year in dict.fromkeys((fiscal_year, *([base_year] if base_year else []))):
        first, last = (month_name(year, int(month[5:])),) * 2 if month else (f"{year}-04", f"{year + 1}-03")
        for row in paper_imports.listed(reader.db, settings, None, first, last, superseded=False):
            day = first_day(month_name(fiscal_year, int(row["month"][5:])))
            if not department or answering(paper_rows.row_of(row), day, devices, terms) == department:
                found.append(row | {"fiscal_year": year})
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What stands in ledger B. sums: by month, section and category. records: of them those that the reader may see, at most MOST_RECORDS. unseen: sheets of others."""

    sums: Sequence[JsonObject]
    records: Sequence[JsonObject]
    total: float
    unseen: float
    more: bool


def sheets(reader: CatalogueReader, ledger: str, department: str, fiscal_year: int, month: str = "") -> Counted:
    """The rows of ledger B's digitised, cleared or removed sheets. department: "" = all. month: "" = of the whole year."""
    assert ledger in ("digitised", "cleared", "removed")
    facts: dict[str, Any] = {"year": fiscal_year, "department": department, "month": month}
    sums = [dict(row) for row in reader.db.conn.execute(_TALLIES.format(ledger=ledger), facts)]
    first, last = (f"{month}-01", f"{month}-31") if month else (f"{fiscal_year}-04-01", f"{fiscal_year + 1}-03-31")
    asked = {"ledger": ledger, "first": first, "last": last, "department": department, "most": MOST_RECORDS + 1}
    records = [dict(row) for row in reader.db.conn.execute(_RECORDS, asked)]
    total = sum(row["sheets"] for row in sums)
    more = len(records) > MOST_RECORDS
    seen = sum(row["sheets"] for row in records)
    return Counted(sums=sums, records=records[:MOST_RECORDS], total=total, unseen=0.0 if more else round(total - seen, 3), more=more)


def held(reader: CatalogueReader, settings: Settings, shelves: Shelves, department: str) -> list[tuple[Cabinet, str, bool]]:
    """The cabinets behind metres: each with the section that answers for it on the day and whether its metres are nothing but a factor (仮)."""
    assumed = "file_metres_per_cabinet" not in settings.metrics.confirmed
    found = []
    for one in cabinets.registered(reader.db):
        code = successor_of(settings.departments, one.department, shelves.day)
        if one.id in shelves.now and department in ("", code):
            found.append((one, code, assumed and one.basis is Basis.ASSUMED))
    return found
