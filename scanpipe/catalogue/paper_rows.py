"""What the catalogue holds of ledger A, as facts: rows, devices, notes, terms. For the writer and for readers alike."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scanpipe.catalogue.database import SQL, Row
from scanpipe.core.campaign.devices import Device
from scanpipe.core.campaign.ledger_a import Note
from scanpipe.core.campaign.paper_counts import PaperRow, Source, Terms, Unit
from scanpipe.core.serial import from_text

_COLUMNS: Final = ("month", "department", "source", "unit", "quantity", "size", "duplex", "device", "note", "line")
_IN_FORCE: Final = (
    "SELECT month, department, source, unit, quantity, size, duplex, device, note, line FROM paper_row"
    " WHERE superseded_by IS NULL AND fiscal_year = ? ORDER BY month, department, import_id, place"
)
_SOURCES: Final = {one.value: one for one in Source}
_UNITS: Final = {one.value: one for one in Unit}


def row_of(row: Row) -> PaperRow:
    """The fact in a row of table `paper_row`."""
    return _fact(*(row[name] for name in _COLUMNS))


def in_force(db: Any, fiscal_year: int | None) -> list[PaperRow]:
    """The rows of this fiscal year that hold; None = of no year."""
    return [_fact(*row) for row in db.conn.execute(_IN_FORCE, [fiscal_year])]  # thousands of them: no column is looked up by its name


def _fact(month: str, department: str, source: str, unit: str, quantity: float, size: str, duplex: float | None, device: str, note: str, line: int) -> PaperRow:
    """In the order of _COLUMNS."""
    return PaperRow(
        month=month,
        department=department,
        source=_SOURCES[source],
        unit=_UNITS[unit],
        quantity=quantity,
        size=size,
        duplex=duplex,
        device=device,
        note=note,
        line=line,
    )


def years(db: Any) -> list[int]:
    """The fiscal years with rows that hold, oldest first."""
    return [row["fiscal_year"] for row in db.conn.execute("SELECT DISTINCT fiscal_year FROM paper_row WHERE superseded_by IS NULL ORDER BY 1")]


def devices(db: Any) -> dict[str, Device]:
    """The device register by id."""
    return {row["id"]: from_text(Device, row["fact"]) for row in db.conn.execute("SELECT id, fact FROM device ORDER BY id")}


def notes(db: Any) -> list[Note]:
    """Notes that hold, oldest month first."""
    sql = "SELECT * FROM month_note WHERE superseded_by IS NULL AND text <> '' ORDER BY month, department"
    return [Note(**{name: row[name] for name in ("month", "department", "text", "sheets")}) for row in db.conn.execute(sql)]


def terms(db: Any) -> Terms | None:
    """The terms that the tables were made with, None before the first row."""
    row = db.conn.execute("SELECT fact FROM paper_terms").fetchone()
    return from_text(Terms, row["fact"]) if row else None


def by_year(db: Any) -> dict[int, Row]:
    """Sums of table `paper_month`: whole (any month is of the whole city), both (months with a base), base, compared and current."""
    return {row["fiscal_year"]: row for row in db.conn.execute(SQL["paper_by_year"])}


def earlier(db: Any, rows: list[PaperRow], sha256: str | None) -> tuple[dict[tuple[str, str, str, str], list[PaperRow]], set[PaperRow]]:
    """What holds now under the keys of these rows, whatever device they name, and all that this very file ever brought."""
    wanted = {row.key[:-1] for row in rows}
    holding: dict[tuple[str, str, str, str], list[PaperRow]] = {}
    for year in sorted({row.fiscal_year for row in rows}):
        for row in in_force(db, year):
            if row.key[:-1] in wanted:
                holding.setdefault(row.key, []).append(row)
    sql = "SELECT r.* FROM paper_row r JOIN paper_import i ON i.id = r.import_id WHERE i.sha256 = ?"
    return holding, {row_of(row) for row in db.conn.execute(sql, [sha256])} if sha256 else set()


def listed(db: Any, department: str | None, first: str | None, last: str | None, *, superseded: bool) -> Iterator[Mapping[str, Any]]:
    """Rows with the import they came by, by month, section and source. first, last: months, both included."""
    sql = (
        "SELECT r.*, i.name AS file, i.at, i.by, i.reason FROM paper_row r JOIN paper_import i ON i.id = r.import_id"
        " WHERE (?1 IS NULL OR r.department = ?1) AND (?2 IS NULL OR r.month >= ?2) AND (?3 IS NULL OR r.month <= ?3) AND (?4 OR r.superseded_by IS NULL)"
        " ORDER BY r.month, r.department, r.source, r.device, r.import_id, r.place"
    )
    yield from (dict(row) for row in db.conn.execute(sql, [department, first, last, superseded]))
