"""Ledger B follows boxes and corrections alike: of no set of records was ever more cleared than digitised or more removed than cleared, and the journal tells it all."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe.catalogue.transitions import Catalogue
from scanpipe.core.disposing.papers import FINAL, Kind, Step
from scanpipe.core.model import Credit, State

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
RECORDS, BOXES, CATEGORIES = 4, ("B-1", "B-2"), ("TAX", "PLAN")
ADVANCE, ENDS = (Kind.PASSED, Kind.CLEARED, Kind.APPROVED), (Kind.DESTROYED, Kind.TRANSFERRED, Kind.RETURNED)
LEDGERS = ("digitised", "cleared", "removed")
TABLES = ("tally", "tally_mark", "box", "box_record", "box_step")

which, where = st.integers(0, RECORDS - 1), st.sampled_from(BOXES)
ACTS = st.one_of(
    st.tuples(st.just("put"), which, where),
    st.tuples(st.just("out"), which, where),
    st.tuples(st.just("advance"), st.integers(0, 2), where),
    st.tuples(st.just("advance"), st.integers(0, 2), st.just("B-1")),
    st.tuples(st.just("back"), st.just(0), where),
    st.tuples(st.just("correct"), which, st.sampled_from(CATEGORIES)),
    st.tuples(st.just("split"), which, st.just("")),
    st.tuples(st.just("late"), st.just(0), where),
)


@contextmanager
def catalogue_in(folder: Path) -> Iterator[Catalogue]:
    opened = Catalogue(folder / "catalogue.db", folder / "journal", lambda: AT, lambda vault_path: None)
    try:
        yield opened
    finally:
        opened.close()


class Office:
    """Does what it is told as far as it can be done, as the verbs would."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.ids, self.number = catalogue, list[str](), 0
        for n in range(RECORDS):
            self.arrive({"box": "B-1"} if n < 3 else {}, sheets=float(n))  # the first never was on paper

    def arrive(self, declared: dict[str, str], sheets: float = 2.0) -> None:
        id = f"01J{len(self.ids):023d}"
        fields = {"id": id, "department": "0101", "name": "s", "sha256": f"{len(self.ids):064x}", "bytes": 1, "media_type": "application/pdf"}
        self.catalogue.accessioned({**fields, "duplex": None, "declared": declared}, f"key of {id}", AT)
        self.ids.append(id)
        self.count(id, "TAX", sheets)

    def count(self, id: str, category: str, sheets: float) -> None:
        """As account does, also of a record that was corrected."""
        self.catalogue.db.conn.execute("UPDATE accession SET state = ? WHERE id = ?", [State.INDEXED, id])
        credit = Credit(accession_id=id, day=AT.date(), fiscal_year=2026, department="0101", category=category, digitised=sheets)
        self.catalogue.accounted(credit)

    def step(self, box: str, kind: Kind, **said: Any) -> None:
        self.number += 1
        facts = {"department": "0101", "day": date(2026, 4, 1 + min(self.number, 28)), "at": AT, "by": "佐藤", **said}
        self.catalogue.stepped(Step(id=f"w{self.number}", box=box, kind=kind, **facts))

    def do(self, act: str, what: Any, where: str) -> None:
        getattr(self, f"_{act}")(what, where)

    def _put(self, n: int, box: str) -> None:
        lying, known = self.catalogue.box_of(self.ids[n]), self.catalogue.box(box)
        if not (lying and (lying.is_final or lying.number == box)) and not (known and known.done):
            if lying:
                self.step(lying.number, Kind.UNBOXED, records=(self.ids[n],))
            self.step(box, Kind.BOXED, records=(self.ids[n],))

    def _out(self, n: int, _box: str) -> None:
        lying = self.catalogue.box_of(self.ids[n])
        if lying and not lying.is_final:
            self.step(lying.number, Kind.UNBOXED, records=(self.ids[n],))

    def _advance(self, end: int, number: str) -> None:
        """The next step; end: which of the last ones."""
        box = self.catalogue.box(number)
        if box and not box.is_final:
            self.step(number, (*ADVANCE, ENDS[end])[len(box.done)])

    def _back(self, _n: int, number: str) -> None:
        box = self.catalogue.box(number)
        if box and box.done and not box.is_final:
            self.step(number, Kind.BACK, reason="誤り")

    def _correct(self, n: int, category: str) -> None:
        self.count(self.ids[n], category, float(n))

    def _split(self, n: int, _box: str) -> None:
        """Its paper counts as that of its part from now on."""
        row = self.catalogue.db.conn.execute("SELECT number FROM accession WHERE id = ?", [self.ids[n]]).fetchone()
        self.count(self.ids[n], "TAX", 0.0)
        self.arrive({"batch": row["number"], "part": "1/1"}, sheets=float(n))

    def _late(self, _n: int, box: str) -> None:
        self.arrive({"box": box})


def rows(catalogue: Catalogue, *tables: str) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted((tuple(row) for row in catalogue.db.conn.execute(f"SELECT * FROM {table}")), key=repr) for table in tables}


def totals(catalogue: Catalogue, table: str, column: str, sums: str) -> dict[str, tuple[float, ...]]:
    """A sum of nothing may have a row or none."""
    found = {row[0]: tuple(row)[1:] for row in catalogue.db.conn.execute(f"SELECT {column}, {sums} FROM {table} GROUP BY 1")}
    return {key: value for key, value in found.items() if any(value)}


def assert_sound(catalogue: Catalogue) -> None:
    sums = ", ".join(f"sum({ledger})" for ledger in LEDGERS)
    marked = ", ".join(f"total(iif(ledger = '{ledger}', sheets, 0))" for ledger in LEDGERS)
    for column in ("department", "category"):
        counted = totals(catalogue, "tally", column, sums)
        assert counted == totals(catalogue, "tally_mark", column, marked)
        assert all(digitised >= cleared >= removed >= 0 for digitised, cleared, removed in counted.values()), counted
    for row in catalogue.db.conn.execute("SELECT r.accession_id AS id, b.status, b.removed FROM box_record r JOIN box b ON b.number = r.box"):
        found = {mark["ledger"]: mark["sheets"] for mark in catalogue._marks(row["id"]) if mark["sheets"]}
        gone = row["status"] in FINAL
        assert ("cleared" in found) == (bool(found) and (gone or row["status"] in ("cleared", "approved")))
        assert ("removed" in found) == (bool(found) and row["removed"] is not None)


@settings(max_examples=40)
@given(st.lists(ACTS, max_size=25))
def test_sums_hold_whatever_people_do_and_the_journal_gives_the_same_rows(acts: list[tuple[str, Any, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with catalogue_in(folder) as catalogue:
            office = Office(catalogue)
            for act in acts:
                office.do(*act)
                assert_sound(catalogue)
            before = rows(catalogue, *TABLES)
        for file in folder.glob("catalogue.db*"):
            file.unlink()
        with catalogue_in(folder) as catalogue:
            assert rows(catalogue, *TABLES) == before


def test_the_paper_of_a_part_has_the_fate_of_what_it_was_cut_out_of(tmp_path: Path) -> None:
    with catalogue_in(tmp_path) as catalogue:
        office = Office(catalogue)
        for n in (1, 2):
            office.do("put", n, "B-2")
        office.do("put", 3, "B-1")
        for _ in range(4):
            office.do("advance", 0, "B-1")
        assert [row["removed"] for row in catalogue.db.conn.execute("SELECT sum(removed) AS removed FROM tally")] == [3.0]
        office.do("split", 3, "")
        assert catalogue.box_of(office.ids[-1]) == catalogue.box("B-1")
        assert [tuple(row) for row in catalogue.db.conn.execute("SELECT sum(digitised), sum(removed) FROM tally")] == [(6.0, 3.0)]
