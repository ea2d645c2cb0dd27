"""Ledger A, written: rows of purchases and counters, the device register, notes on months, and the terms by which they are counted.

Each event tells all that it needs, the factors too: the journal alone gives the same figures, whatever the configuration says by then.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from scanpipe.catalogue import paper_rows
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.writing import Writer
from scanpipe.core.campaign.devices import Device
from scanpipe.core.campaign.ledger_a import months_of, total
from scanpipe.core.campaign.paper_counts import PaperRow, Terms, sheets_of
from scanpipe.core.serial import as_json, canonical, from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Where rows come from. id: of the wish. name, sha256: of the file, None = a person entered them. reason: why, "" = not said."""

    id: str
    by: str
    name: str | None = None
    sha256: str | None = None
    reason: str = ""


class PaperLedger(Writer):
    """Every change is one event; what is derived from it (sheets of a row, table `paper_month`) follows in the same transaction."""

    def paper_brought(self, brought: Brought, rows: Sequence[PaperRow], terms: Terms) -> None:
        """Rows of a file or of a person. Those that hold under the same keys are superseded and stay. Known already (by its id): nothing happens."""
        with self._writing():
            if self._one("paper_import", id=brought.id) is None and rows:
                self._count_by(terms)
                self._record("paper_imported", self._again_brought, None, brought.by, brought=as_json(brought), rows=[as_json(row) for row in rows])

    def has_brought(self, id: str) -> bool:
        """Whether this wish has brought its rows."""
        with self._lock:
            return self._one("paper_import", id=id) is not None

    def device_stepped(self, id: str, by: str, steps: Sequence[tuple[str, Device]], reason: str = "") -> None:
        """What a person did to devices by one wish: (kind, the device after it) for each. Known already: nothing happens."""
        with self._writing():
            if not self.has_stepped_device(id):
                told = [[kind, as_json(device)] for kind, device in steps]
                self._record("device", self._again_device, None, by, id=id, steps=told, reason=reason)

    def has_stepped_device(self, id: str) -> bool:
        with self._lock:
            return self._one("device_stepped", id=id) is not None

    def month_noted(self, id: str, by: str, note: Mapping[str, Any]) -> None:
        """note: month, department or None, text ("" takes the one before back), sheets or None. Known already: nothing happens."""
        with self._writing():
            if self._one("month_note", id=id) is None:
                self._record("month_noted", self._again_noted, None, by, id=id, **note)

    def counted_by(self, terms: Terms) -> None:
        """The configuration may have changed: what is derived follows. Nothing happens while ledger A is empty."""
        with self._writing():
            if paper_rows.terms(self.db) is not None:
                self._count_by(terms)

    def _count_by(self, terms: Terms) -> None:
        told = as_json(terms)
        known = paper_rows.terms(self.db)
        if known is None or as_json(known) != told:
            self._record("paper_terms", self._again_terms, terms=told)

    # --- what an event tells ---

    def _again_brought(self, event: Event) -> None:
        brought, rows = event.data["brought"], [from_json(PaperRow, row) for row in event.data["rows"]]
        fields = {name: brought[name] for name in ("id", "name", "sha256", "reason")}
        self._execute("add_paper_import", **fields, at=event.at.isoformat(), by=event.actor, rows=len(rows))
        terms, devices = self._terms(), paper_rows.devices(self.db)
        for place, row in enumerate(rows, 1):
            month, department, source, device = row.key
            self._execute("supersede_paper", import_id=brought["id"], month=month, department=department, source=source, device=device)
            sheets = sheets_of(row, terms, devices.get(row.device)).count
            self._execute("add_paper_row", import_id=brought["id"], place=place, fiscal_year=row.fiscal_year, sheets=sheets, **as_json(row))
        self._follow({row.fiscal_year for row in rows})

    def _again_device(self, event: Event) -> None:
        for kind, told in event.data["steps"]:
            device = from_json(Device, told)
            fact = canonical(told).decode()
            until = device.until.isoformat() if device.until else None
            last = device.places[-1].department
            since = device.since.isoformat()
            self._execute("put_device", id=device.id, department=last, since=since, until=until, replaced_by=device.replaced_by, fact=fact)
            step = {"id": event.data["id"], "at": event.at.isoformat(), "by": event.actor, "kind": kind, "reason": event.data["reason"], "fact": fact}
            self._execute("add_device_step", device=device.id, **step)
        self._count_again()

    def _again_noted(self, event: Event) -> None:
        note = {name: event.data[name] for name in ("id", "month", "department", "text", "sheets")}
        self._execute("supersede_month_note", **{name: note[name] for name in ("id", "month", "department")})
        self._execute("add_month_note", **note, at=event.at.isoformat(), by=event.actor)

    def _again_terms(self, event: Event) -> None:
        terms = event.data["terms"]
        self._execute("put_paper_terms", base_year=terms["base_year"], fact=canonical(terms).decode())
        self._count_again()

    # --- what is derived ---

    def _terms(self) -> Terms:
        terms = paper_rows.terms(self.db)
        assert terms is not None  # they come before the first row
        return terms

    def _count_again(self) -> None:
        """The sheets of every row, and every month."""
        if paper_rows.terms(self.db) is None:
            return
        terms, devices = self._terms(), paper_rows.devices(self.db)
        for row in list(self.db.conn.execute("SELECT * FROM paper_row")):
            fact = paper_rows.row_of(row)
            sheets = sheets_of(fact, terms, devices.get(fact.device)).count
            if sheets != row["sheets"]:
                self._execute("count_paper_row", import_id=row["import_id"], place=row["place"], sheets=sheets)
        self._follow(paper_rows.years(self.db))

    def _follow(self, years: Iterable[int]) -> None:
        """The months of these fiscal years; of all that are compared with the base year if it is among them."""
        terms, devices, changed = self._terms(), paper_rows.devices(self.db), set(years)
        if terms.base_year in changed:
            changed |= set(paper_rows.years(self.db)) | {row["fiscal_year"] for row in self.db.conn.execute("SELECT DISTINCT fiscal_year FROM paper_month")}
        base = paper_rows.in_force(self.db, terms.base_year)
        for year in sorted(changed):
            self._execute("drop_paper_months", fiscal_year=year)
            for month in months_of(year, paper_rows.in_force(self.db, year), base, devices, terms):
                if month.current is not None:
                    figure = total([month], terms)
                    values = {**as_json(figure), "base": month.base, "current": month.current}  # as they are: sums of them are rounded once
                    self._execute("add_paper_month", month=month.month, fiscal_year=year, department=month.department, **values)

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {
        "paper_imported": _again_brought,
        "device": _again_device,
        "month_noted": _again_noted,
        "paper_terms": _again_terms,
    }
