"""Ledger B, written: what a record counts as digitised, cleared and removed, and on which days (domain §5).

A mark says what of a record is in the tallies, so that nothing counts twice and everything can be taken away again. Section and category are those of
the record when it was last counted, the same for all three: no set of records was ever cleared or removed more than digitised.
"""

from datetime import date
from typing import Any

from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.writing import Writer
from scanpipe.core.dates import fiscal_year
from scanpipe.core.model import Credit
from scanpipe.core.serial import as_json

DIGITISED, CLEARED, REMOVED = "digitised", "cleared", "removed"


class Tallied(Writer):
    """The tallies and their marks; each of these is called inside the transaction of what it belongs to."""

    def _tally(self, credit: Credit) -> None:
        """Counts a record; one that comes again, corrected, is counted as it is now, and so is what was cleared and removed of it."""
        self._forget_sheets(credit.accession_id)
        row = as_json(credit)
        self._mark(credit.accession_id, DIGITISED, row["day"], credit.department, credit.category, credit.digitised)
        self._follow_paper(credit.accession_id)

    def _follow_paper(self, accession_id: str) -> None:
        """What is cleared and removed of a record follows its box. A record that is not counted, or counts nothing, has neither."""
        marks = {mark["ledger"]: mark for mark in self._marks(accession_id)}
        for ledger in (CLEARED, REMOVED):
            if ledger in marks:
                self._unmark(accession_id, marks[ledger])
        counted = marks.get(DIGITISED)
        days = self.db.conn.execute(
            "SELECT b.cleared, b.removed FROM box_record r JOIN box b ON b.number = r.box WHERE r.accession_id = ?", [accession_id]
        ).fetchone()
        if counted is None or days is None or not counted["sheets"]:
            return
        for ledger in (CLEARED, REMOVED):
            if days[ledger] is not None:
                self._mark(accession_id, ledger, days[ledger], counted["department"], counted["category"], counted["sheets"])

    def _forget_sheets(self, accession_id: str) -> None:
        """Nothing of this record counts any more, as if it had never come."""
        for mark in self._marks(accession_id):
            self._unmark(accession_id, mark)

    def sheets_counted_again(self) -> bool:
        """Counts all again from the log. Whether any sum is another than before, because something wrote beside us: then they are thrown away and put right."""
        with self._writing():
            try:
                for name in ("credits_again", "credit_by_record", "marks_again", "tallies_again"):
                    self._execute(name)
                differ = bool(self.db.conn.execute(SQL["tallies_differ"]).fetchone()[0])
                if differ:
                    self._put_tallies_again()
            finally:
                for what in ("TABLE tally_again", "VIEW mark_again", "TABLE credit"):
                    self.db.conn.execute(f"DROP {what.replace(' ', ' IF EXISTS temp.')}")
            return differ

    def _put_tallies_again(self) -> None:
        for table, name in (("tally_mark", "put_marks_again"), ("tally", "put_tallies_again"), ("tally_month", "put_months_again")):
            self.db.conn.execute(f"DELETE FROM {table}")  # noqa: S608 (ours)
            self._execute(name)

    def _marks(self, accession_id: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self.db.conn.execute(SQL["tally_marks"], {"id": accession_id})]

    def _mark(self, accession_id: str, ledger: str, day: str, department: str, category: str, sheets: float) -> None:
        row = {"ledger": ledger, "day": day, "department": department, "category": category, "sheets": sheets}
        self._execute("add_tally_mark", accession_id=accession_id, **row)
        year = fiscal_year(date.fromisoformat(day))
        self._execute("add_tally", fiscal_year=year, **row)
        self._execute("add_tally_month", month=day[:7], fiscal_year=year, department=department, ledger=ledger, sheets=sheets)

    def _unmark(self, accession_id: str, mark: dict[str, Any]) -> None:
        self._execute("drop_tally_mark", id=accession_id, ledger=mark["ledger"])
        place = {name: mark[name] for name in ("day", "department", "category")}
        year = fiscal_year(date.fromisoformat(mark["day"]))
        self._execute("add_tally", fiscal_year=year, ledger=mark["ledger"], sheets=-mark["sheets"], **place)
        self._execute("drop_empty_tally", **place)
        month = {"month": mark["day"][:7], "department": mark["department"]}
        self._execute("add_tally_month", fiscal_year=year, ledger=mark["ledger"], sheets=-mark["sheets"], **month)
        self._execute("drop_empty_tally_month", **month)
