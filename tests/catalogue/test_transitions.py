"""Each step of the line is one line of the journal and one transaction: fact, state and event, or none of them. A step that was cut off is applied again, once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scanpipe import storage
from scanpipe.catalogue import journal
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.catalogue.writing import CatalogueFault, JournalLost, Superseded
from scanpipe.core.model import Accession, Credit, Filing, Page, Recognition, State
from scanpipe.errors import PlaceError, ScanError

NOW = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
ID = "01JQZK3V5N0000000000000001"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = open_catalogue(tmp_path)
    yield opened
    opened.close()


def open_catalogue(folder: Path) -> Catalogue:
    return Catalogue(folder / "catalogue.db", folder / "journal", Clock(), lambda vault_path: None)


def accession_fields(id: str = ID, **other: Any) -> dict[str, Any]:
    fields = {"id": id, "department": "0101", "name": "scan.pdf", "sha256": "a" * 64, "bytes": 1000, "media_type": "application/pdf"}
    return {**fields, "duplex": None, "declared": {}, **other}


def accept(catalogue: Catalogue, id: str = ID, at: datetime = NOW, **other: Any) -> Accession:
    return catalogue.accessioned(accession_fields(id, **other), f"key of {id}", at)


def recognition(id: str = ID) -> Recognition:
    page = Page(number=1, width=1654, height=2339, dpi=200.0, engine="ppocr", text="通知", confidence=98.0)
    return Recognition(accession_id=id, pages=(page,), engine="ppocr", settings="s", access_sha256=None)


def state(catalogue: Catalogue, id: str = ID) -> str:
    return str(catalogue.db.conn.execute("SELECT state FROM accession WHERE id = ?", [id]).fetchone()["state"])


def kinds(catalogue: Catalogue) -> list[str]:
    """Of the events in the journal, which are those in the catalogue."""
    told = [(event.seq, event.kind, event.hash) for event in journal.chain(catalogue.journal.folder)]
    assert told == [tuple(row) for row in catalogue.db.conn.execute("SELECT seq, kind, hash FROM event ORDER BY seq")]
    return [kind for _, kind, _ in told]


def cut_off_at_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next transaction fails after the journal's line is written."""

    def fail(call: str, path: Path) -> None:
        if call == "commit":
            monkeypatch.undo()
            raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(storage, "before", fail)


# --- numbers ---


def test_numbers_run_within_the_fiscal_year_of_receipt(catalogue: Catalogue) -> None:
    last_of_2025 = accept(catalogue, "01A", datetime(2026, 3, 31, 12, tzinfo=UTC))
    first_of_2026 = accept(catalogue, "01B", datetime(2026, 4, 1, 12, tzinfo=UTC))
    late = accept(catalogue, "01C", datetime(2026, 3, 31, 13, tzinfo=UTC))
    assert [each.number for each in (last_of_2025, first_of_2026, late)] == ["2025-000001", "2026-000001", "2025-000002"]
    assert [each.serial for each in (last_of_2025, first_of_2026, late)] == [1, 2, 3]


def test_a_number_is_not_given_again_when_its_commit_was_cut_off(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off_at_commit(monkeypatch)
    with pytest.raises(OSError):
        accept(catalogue, "01A")
    assert accept(catalogue, "01B").number == "2025-000002"
    assert catalogue.accession("01A").number == "2025-000001"
    assert kinds(catalogue) == ["accessioned", "accessioned"]


# --- steps ---


def test_a_step_moves_the_state_and_tells_it_once(catalogue: Catalogue) -> None:
    accept(catalogue)
    catalogue.recognised(recognition())
    assert state(catalogue) == State.RECOGNISED
    assert catalogue.pages_text(1) == ["通知"]
    assert kinds(catalogue) == ["accessioned", "recognised"]


def test_a_step_from_another_state_changes_nothing_and_tells_nothing(catalogue: Catalogue) -> None:
    accept(catalogue)
    with pytest.raises(Superseded):
        catalogue.indexed(ID)
    with pytest.raises(Superseded):
        catalogue.filed(Filing(accession_id=ID, path=None, vault_path="vault/2025/2025-000001", manifest_sha256="b" * 64))
    assert (state(catalogue), kinds(catalogue)) == (State.ACCESSIONED, ["accessioned"])


def test_a_delivery_whose_commit_was_cut_off_is_known_when_it_is_seen_again(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off_at_commit(monkeypatch)
    with pytest.raises(OSError):
        accept(catalogue)
    known, twin = catalogue.delivery_by_key(f"key of {ID}"), catalogue.same_bytes("0101", "a" * 64)
    assert known is not None and known["id"] == ID
    assert twin is not None and twin["id"] == ID


def test_a_cut_off_credit_is_counted_once_though_it_is_tried_again(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    accept(catalogue)
    catalogue.db.conn.execute("UPDATE accession SET state = 'indexed'")
    credit = Credit(accession_id=ID, day=NOW.date(), fiscal_year=2025, department="0101", category="CORRESP", digitised=3.0)
    cut_off_at_commit(monkeypatch)
    with pytest.raises(OSError):
        catalogue.accounted(credit)
    with pytest.raises(Superseded):  # it has happened, as the journal tells
        catalogue.accounted(credit)
    assert [row["digitised"] for row in catalogue.db.conn.execute("SELECT digitised FROM tally")] == [3.0]
    assert kinds(catalogue) == ["accessioned", "accounted"]


def test_a_journal_that_cannot_be_written_changes_nothing(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(call: str, path: Path) -> None:
        if call == "fsync" and path.suffix == ".jsonl":
            raise OSError(5, "Input/output error", str(path))

    accept(catalogue, "01A")
    monkeypatch.setattr(storage, "before", fail)
    with pytest.raises(PlaceError):
        accept(catalogue, "01B")
    monkeypatch.undo()
    assert catalogue.delivery_by_key("key of 01B") is None
    assert accept(catalogue, "01C").number == "2025-000002"
    assert kinds(catalogue) == ["accessioned", "accessioned"]


def test_what_the_catalogue_cannot_hold_is_the_fault_of_its_place(catalogue: Catalogue) -> None:
    catalogue.db.conn.execute("PRAGMA query_only = ON")
    with pytest.raises(CatalogueFault) as caught:
        catalogue.begin_anew()
    assert str(catalogue.path) in str(caught.value)


# --- starting again ---


def test_a_new_process_applies_what_the_last_one_only_told_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_catalogue(tmp_path)
    cut_off_at_commit(monkeypatch)
    with pytest.raises(OSError):
        accept(first)
    first.close()
    again = open_catalogue(tmp_path)
    assert again.accession(ID).number == "2025-000001"
    assert kinds(again) == ["accessioned"]
    again.close()


def test_an_older_journal_than_the_catalogue_is_refused(tmp_path: Path) -> None:
    first = open_catalogue(tmp_path)
    accept(first, "01A")
    accept(first, "01B")
    first.close()
    file = next((tmp_path / "journal").glob("*/*.jsonl"))
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(JournalLost):
        open_catalogue(tmp_path)


def test_a_record_found_in_the_vault_is_filed_with_what_the_vault_says(catalogue: Catalogue) -> None:
    accept(catalogue)
    catalogue.adopted(Filing(accession_id=ID, path=None, vault_path="vault/2025/2025-000001", manifest_sha256="b" * 64))
    assert (state(catalogue), kinds(catalogue)) == (State.FILED, ["accessioned", "filed"])
    with pytest.raises(Superseded):
        catalogue.adopted(Filing(accession_id=ID, path=None, vault_path="vault/2025/2025-000001", manifest_sha256="b" * 64))


def test_what_the_last_process_showed_of_places_is_forgotten(catalogue: Catalogue) -> None:
    catalogue.pause("intake 0101", storage.DiskFull(path="/store"))
    catalogue.lies("0101", {"4月分": "This is a folder."})
    catalogue.begin_anew()
    assert [catalogue.db.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("paused", "lying")] == [0, 0]


# --- the queue ---


def due(catalogue: Catalogue, most: int = 64) -> list[str]:
    return [row["id"] for row in catalogue.due(State.ACCESSIONED, most, timedelta(minutes=10))]


def test_sections_take_turns_and_small_scans_go_before_large_ones(catalogue: Catalogue) -> None:
    for id, department, size in [("01A", "0101", 900), ("01B", "0101", 100), ("01C", "0103", 5000), ("01D", "0101", 500)]:
        accept(catalogue, id, department=department, bytes=size, sha256=id)
    assert due(catalogue) == ["01B", "01C", "01D", "01A"]
    assert due(catalogue, most=1) == ["01B", "01C"]


def test_what_waits_long_keeps_its_order_of_arrival_before_the_small_ones(catalogue: Catalogue) -> None:
    accept(catalogue, "01A", NOW - timedelta(minutes=20), bytes=9000, sha256="1")
    accept(catalogue, "01B", NOW, bytes=10, sha256="2")
    assert due(catalogue) == ["01A", "01B"]


def test_a_failed_attempt_counts_and_a_place_at_fault_does_not(catalogue: Catalogue) -> None:
    accept(catalogue)
    catalogue.begin_work(ID, State.ACCESSIONED)
    catalogue.failed(ID, State.ACCESSIONED, ScanError("torn"), timedelta(seconds=2))
    assert due(catalogue) == []
    catalogue.failed(ID, State.ACCESSIONED, PlaceError("full"), timedelta(0))
    (row,) = catalogue.due(State.ACCESSIONED, 1, timedelta(0))
    assert (row["attempts"], row["started"]) == (1, 0)
    assert catalogue.retry(ID, "総務 花子")
    (row,) = catalogue.due(State.ACCESSIONED, 1, timedelta(0))
    assert row["attempts"] == 0
    assert kinds(catalogue) == ["accessioned", "retried"]


def test_days_of_deliveries_are_known_by_section(catalogue: Catalogue) -> None:
    accept(catalogue, "01A", sha256="1")
    accept(catalogue, "01B", NOW - timedelta(days=3), department="0103", sha256="2")
    assert catalogue.days_since(date(2026, 3, 30)) == [("0101", date(2026, 3, 31))]


def test_a_catalogue_of_another_version_is_made_again_from_the_journal(tmp_path: Path) -> None:
    first = open_catalogue(tmp_path)
    accept(first)
    first.db.conn.execute("ALTER TABLE accession DROP COLUMN last_error")
    first.db.conn.execute("PRAGMA user_version = 1")
    first.close()
    again = open_catalogue(tmp_path)
    assert again.accession(ID).number == "2025-000001" and "last_error" in again.db["accession"].columns_dict
    again.close()


def test_a_catalogue_of_another_version_stays_where_the_journal_is_older(tmp_path: Path) -> None:
    first = open_catalogue(tmp_path)
    accept(first)
    first.db.conn.execute("PRAGMA user_version = 1")
    first.close()
    path, folder = first.path, first.journal.folder
    kept = path.read_bytes()
    for file in journal.files(folder):
        file.unlink()
    with pytest.raises(JournalLost):
        open_catalogue(tmp_path)
    assert path.read_bytes() == kept
