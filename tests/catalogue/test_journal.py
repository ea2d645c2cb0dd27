"""The event log: append-only, chained, torn lines cut off, every tampering named."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe.catalogue import journal
from scanpipe.catalogue.journal import GENESIS, Journal, JournalBroken, chain, read

TOKYO = ZoneInfo("Asia/Tokyo")
NOON = datetime(2025, 4, 1, 12, tzinfo=TOKYO)


def written(folder: Path, count: int, at: datetime = NOON) -> list[str]:
    log = Journal(folder)
    hashes = [log.append("told", at=at + timedelta(minutes=n), number=n).hash for n in range(count)]
    log.close()
    return hashes


def test_lines_are_kept_by_fiscal_year_and_month(tmp_path: Path) -> None:
    log = Journal(tmp_path)
    log.append("told", at=datetime(2025, 3, 31, 23, 59, tzinfo=TOKYO))
    log.append("told", at=datetime(2025, 4, 1, 0, 0, tzinfo=TOKYO))
    log.close()
    assert sorted(str(path.relative_to(tmp_path)) for path in journal.files(tmp_path)) == ["2024/2025-03.jsonl", "2025/2025-04.jsonl"]
    assert [event.seq for event in chain(tmp_path)] == [1, 2]


def test_each_line_holds_the_hash_of_the_one_before(tmp_path: Path) -> None:
    hashes = written(tmp_path, 3)
    assert [event.prev for event in chain(tmp_path)] == [GENESIS, *hashes[:2]]


def test_a_new_process_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    hashes = written(tmp_path, 2)
    log = Journal(tmp_path)
    assert (log.seq, log.head) == (2, hashes[-1])
    assert log.append("told", at=NOON).seq == 3
    log.close()
    assert len(list(chain(tmp_path))) == 3


def test_events_that_are_written_together_are_a_chain_like_any_and_after_a_crash_the_first_of_them_stand(tmp_path: Path) -> None:
    log = Journal(tmp_path / "together")
    events = log.append_together("told", [(f"id{n}", {"number": n}) for n in range(3)], at=NOON, actor="佐藤")
    assert (log.seq, log.head, log.append_together("told", [], at=NOON, actor="佐藤")) == (3, events[-1].hash, [])
    log.close()
    apart = Journal(tmp_path / "apart")
    assert [apart.append("told", at=NOON, accession_id=f"id{n}", actor="佐藤", number=n) for n in range(3)] == events == list(chain(tmp_path / "together"))
    apart.close()
    (path,) = journal.files(tmp_path / "together")
    path.write_bytes(path.read_bytes()[:-9])
    assert [event.seq for event in chain(tmp_path / "together")] == [1, 2]
    log = Journal(tmp_path / "together")
    assert log.append("told", at=NOON).seq == 3
    log.close()


def test_a_torn_last_line_was_never_acknowledged_and_is_cut_off(tmp_path: Path) -> None:
    written(tmp_path, 2)
    (path,) = journal.files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq":3,"at":"2025-')
    log = Journal(tmp_path)
    assert log.append("told", at=NOON).seq == 3
    log.close()
    assert path.read_bytes().startswith(whole)
    assert [event.seq for event in chain(tmp_path)] == [1, 2, 3]


def test_a_clock_set_back_by_months_loses_nothing(tmp_path: Path) -> None:
    written(tmp_path, 2)
    written(tmp_path, 2, at=NOON - timedelta(days=90))
    written(tmp_path, 2, at=NOON + timedelta(days=1))
    assert [event.seq for event in chain(tmp_path)] == [1, 2, 3, 4, 5, 6]
    assert [event.seq for event in read(tmp_path, after=4)] == [5, 6]


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (lambda lines: [lines[0], lines[1].replace(b'"number":1', b'"number":7'), lines[2]], "hash"),
        (lambda lines: [lines[0], lines[2]], "seq 3 after 1"),
        (lambda lines: [lines[0], lines[2], lines[1]], "seq"),
        (lambda lines: [lines[0], b"nonsense\n", lines[2]], "JSON"),
    ],
)
def test_tampering_is_named_with_file_and_line(tmp_path: Path, tamper: object, reason: str) -> None:
    written(tmp_path, 3)
    (path,) = journal.files(tmp_path)
    path.write_bytes(b"".join(tamper(path.read_bytes().splitlines(keepends=True))))  # type: ignore[operator]
    with pytest.raises(JournalBroken) as caught:
        list(chain(tmp_path))
    assert str(path) in str(caught.value)
    assert reason in str(caught.value)


def test_a_line_rewritten_with_a_fitting_hash_breaks_the_next_one(tmp_path: Path) -> None:
    written(tmp_path, 2)
    (path,) = journal.files(tmp_path)
    first, second = path.read_bytes().splitlines(keepends=True)
    body = json.loads(first)
    del body["hash"]
    body["data"]["number"] = 99
    forged = journal.canonical({**body, "hash": journal._hash(body)}) + b"\n"
    path.write_bytes(forged + second)
    with pytest.raises(JournalBroken, match="prev"):
        list(chain(tmp_path))


@settings(max_examples=30)
@given(
    data=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(lambda key: key not in ("at", "accession_id", "actor", "self", "kind")),
        st.text(st.characters(codec="utf-8"), max_size=40),
        max_size=4,
    )
)
def test_any_text_comes_back_as_it_was_told(tmp_path_factory: pytest.TempPathFactory, data: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("journal")
    log = Journal(folder)
    log.append("told", at=NOON, **data)
    log.close()
    (event,) = chain(folder)
    assert event.data == data
