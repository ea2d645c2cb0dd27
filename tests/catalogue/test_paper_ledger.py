"""Ledger A in the catalogue: the journal alone gives every row again, a crash between its line and the commit included, and the public view agrees with the core."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe import storage
from scanpipe.catalogue import paper_rows
from scanpipe.catalogue.paper_ledger import Brought
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.core.campaign import devices
from scanpipe.core.campaign.devices import Device, Placement
from scanpipe.core.campaign.ledger_a import city_months, months_of, total
from scanpipe.core.campaign.paper_counts import Division, PaperRow, Source, Terms, Unit, sheets_of
from scanpipe.upkeep.campaign.ledger_a import PaperYears

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
TABLES = ("paper_import", "paper_row", "device", "device_step", "month_note", "paper_terms", "paper_month", "event")
FACTORS = dict.fromkeys(("a3_sheets", "b4_sheets", "b5_sheets", "a5_sheets"), 1.5) | {
    "sheets_per_box": 2500.0, "sheets_per_a3_box": 1500.0, "sheets_per_ream": 500.0, "duplex_share": 0.5,
}  # fmt: skip
TERMS = Terms(
    factors=FACTORS, base_year=2022, divisions=(Division(code="A"), Division(code="B"), Division(code="C", valid_to=date(2025, 5, 31), successor="A"))
)


@contextmanager
def catalogue_in(folder: Path) -> Iterator[Catalogue]:
    opened = Catalogue(folder / "catalogue.db", folder / "journal", lambda: AT, lambda vault_path: None)
    try:
        yield opened
    finally:
        opened.close()


def rows(catalogue: Catalogue) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted((tuple(row) for row in catalogue.db.conn.execute(f"SELECT * FROM {table}")), key=repr) for table in TABLES}


def again(folder: Path) -> None:
    for file in folder.glob("catalogue.db*"):
        file.unlink()


def bring(catalogue: Catalogue, id: str, *brought: PaperRow, terms: Terms = TERMS) -> None:
    catalogue.paper_brought(Brought(id=id, by="佐藤", name="a.csv", sha256=id), brought, terms)


MONTHS = st.sampled_from(["2022-04", "2022-05", "2025-04", "2025-05", "2025-06"])
ROWS = st.builds(
    PaperRow, month=MONTHS, department=st.sampled_from("ABC*"), source=st.sampled_from(Source), unit=st.sampled_from(Unit),
    quantity=st.integers(0, 5000).map(float), device=st.sampled_from(["", "M1"]), size=st.sampled_from(["A4", "A3", "B5"]),
)  # fmt: skip
ACTS = st.one_of(
    st.tuples(st.just("bring"), st.lists(ROWS, min_size=1, max_size=5)),
    st.tuples(st.just("device"), st.sampled_from("AB")),
    st.tuples(st.just("note"), MONTHS),
    st.tuples(st.just("terms"), st.sampled_from([2022, 2025, None])),
)


def act(catalogue: Catalogue, number: int, what: str, value: Any) -> None:
    id = f"w{number:03d}"
    if what == "bring":
        bring(catalogue, id, *value, terms=paper_rows.terms(catalogue.db) or TERMS)
    elif what == "note":
        catalogue.month_noted(id, "佐藤", {"month": value, "department": "A", "text": "選挙", "sheets": None})
    elif what == "terms":
        catalogue.counted_by(replace(TERMS, base_year=value, factors={**FACTORS, "sheets_per_box": float(number + 1)}))
    else:
        known = paper_rows.devices(catalogue.db).get("M1")
        fresh = Device(id="M1", places=(Placement(date(2021, 4, 1), value),), duplex=0.5)
        catalogue.device_stepped(id, "佐藤", [("moved", devices.moved(known, value, date(2025, 5, 1))) if known else ("added", fresh)])


def assert_agrees(catalogue: Catalogue) -> None:
    """What is derived is what the core makes of the rows that hold."""
    terms = paper_rows.terms(catalogue.db)
    if terms is None:
        return
    known = paper_rows.devices(catalogue.db)
    for row in catalogue.db.conn.execute("SELECT * FROM paper_row"):
        assert row["sheets"] == sheets_of(paper_rows.row_of(row), terms, known.get(row["device"])).count
    base = paper_rows.in_force(catalogue.db, terms.base_year)
    wanted = {}
    for year in paper_rows.years(catalogue.db):
        months = months_of(year, paper_rows.in_force(catalogue.db, year), base, known, terms)
        for month in months:
            figure = total([month], terms)
            if month.current is not None:
                wanted[month.month, month.department] = (month.base, month.current, figure.saved, figure.rate)
        assert PaperYears(catalogue.db, terms).of_city(year) == total(city_months(months), terms)  # from the sums, and from the rows
    found = {(row["month"], row["department"]): tuple(row)[3:] for row in catalogue.db.conn.execute("SELECT * FROM paper_month")}
    assert found == wanted


@settings(max_examples=25)
@given(st.lists(ACTS, max_size=10))
def test_whatever_people_bring_the_journal_gives_the_same_rows_and_the_core_the_same_figures(acts: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with catalogue_in(folder) as catalogue:
            for number, (what, value) in enumerate(acts):
                act(catalogue, number, what, value)
                assert_agrees(catalogue)
            before = rows(catalogue)
        again(folder)
        with catalogue_in(folder) as catalogue:
            assert rows(catalogue) == before


class PowerCut(BaseException):
    pass


@pytest.mark.parametrize("what", ["bring", "device", "note", "terms"])
def test_killed_between_the_journal_and_the_commit_everything_is_done_once(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = PaperRow(month="2025-04", department="A", source=Source.PURCHASE, unit=Unit.BOX, quantity=2)
    value: Any = {"bring": [replace(row, month="2025-05")], "device": "A", "note": "2025-04", "terms": 2025}[what]
    for folder in (tmp_path / "whole", tmp_path / "cut"):
        folder.mkdir()
        with catalogue_in(folder) as catalogue:
            bring(catalogue, "first", row)
    with catalogue_in(tmp_path / "whole") as catalogue:
        act(catalogue, 1, what, value)
        wanted = rows(catalogue)

    def cut(step: str, *_more: object) -> None:
        if step == "commit":
            raise PowerCut

    with catalogue_in(tmp_path / "cut") as catalogue, monkeypatch.context() as patched:
        patched.setattr(storage, "before", cut)
        with pytest.raises(PowerCut):
            act(catalogue, 1, what, value)
    with catalogue_in(tmp_path / "cut") as catalogue:
        act(catalogue, 1, what, value)  # the wish is answered again
        assert rows(catalogue) == wanted


def test_the_public_view_is_apart_from_ledger_b_and_its_sums_hold_beside_a_figure_of_the_whole_city(tmp_path: Path) -> None:
    with catalogue_in(tmp_path) as catalogue:
        base = PaperRow(month="2022-04", department="A", source=Source.PURCHASE, unit=Unit.SHEET, quantity=2000)
        figures = [replace(base, month=month, department=code, quantity=quantity) for month, code, quantity in (
            ("2025-04", "A", 1500.0), ("2022-04", "*", 9000.0), ("2025-04", "*", 8000.0), ("2025-06", "*", 100.0))]  # fmt: skip
        bring(catalogue, "first", base, *figures)
        view = [tuple(row) for row in catalogue.db.conn.execute("SELECT * FROM paper_saved_monthly ORDER BY month, department")]
        assert view == [
            ("2022-04", 2022, "A", 2000.0, 2000.0, 0.0, 0.0), ("2025-04", 2025, "A", 2000.0, 1500.0, 500.0, 0.25),
            ("2025-05", 2025, "*", None, 0.0, None, None), ("2025-06", 2025, "*", None, 100.0, None, None),
        ]  # fmt: skip
        columns = [row["name"] for row in catalogue.db.conn.execute("PRAGMA table_info(paper_saved_monthly)")]
        assert columns == ["month", "fiscal_year", "department", "base", "current", "saved", "rate"]
        for name in ("sheets_saved_daily", "sheets_saved_monthly"):
            assert [*catalogue.db.conn.execute(f"SELECT * FROM {name}")] == []


def test_a_factor_that_turns_out_otherwise_changes_every_figure_made_from_it(tmp_path: Path) -> None:
    with catalogue_in(tmp_path) as catalogue:
        bring(catalogue, "first", PaperRow(month="2025-04", department="A", source=Source.PURCHASE, unit=Unit.BOX, quantity=2))
        catalogue.counted_by(replace(TERMS, factors={**FACTORS, "sheets_per_box": 5000.0}))
        assert [row["current"] for row in catalogue.db.conn.execute("SELECT current FROM paper_month")] == [10_000.0]
        events = catalogue.journal.seq
        catalogue.counted_by(replace(TERMS, factors={**FACTORS, "sheets_per_box": 5000.0}))
        assert catalogue.journal.seq == events


def test_an_empty_ledger_writes_nothing_into_the_journal(tmp_path: Path) -> None:
    with catalogue_in(tmp_path) as catalogue:
        catalogue.counted_by(TERMS)
        bring(catalogue, "nothing")
        assert catalogue.journal.seq == 0
