"""A backup is brought up to date while scanpipe works, wherever it is cut off; on an empty machine it becomes the same site again."""

import contextlib
import errno
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from custody import GENERAL, TAX, answers, copy_site, deliver, dump, files_in, pdf, sha256, two_sections
from cut_short import Runs
from prepared_office import at_work
from sites import set_keys

from scanpipe import cli, config, storage, tombstone, vault
from scanpipe.accounts.store import Store
from scanpipe.catalogue import journal
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.catalogue.search import SearchReader
from scanpipe.config import Settings
from scanpipe.daemon import Daemon
from scanpipe.errors import ConfigError, PlaceError
from scanpipe.upkeep.copying import backup, copies
from scanpipe.upkeep.copying.backup import AnothersBackup, BackupFolderInUse, BackupInside, NotABackup, Report, back_up
from scanpipe.upkeep.copying.journal_copy import JournalNotContinued
from scanpipe.upkeep.copying.restore import NotEmpty, restore
from scanpipe.upkeep.copying.second_copy import compare
from scanpipe.upkeep.machine import nightly
from scanpipe.upkeep.machine.nightly import NotBackedUp
from scanpipe.upkeep.machine.timetable import CutOff, Timetable
from scanpipe.upkeep.proving import standalone
from scanpipe.upkeep.proving.fixity import verify
from scanpipe.upkeep.proving.promised import Promised
from scanpipe.upkeep.proving.standalone import find, verify_alone

FULL = bool(os.environ.get("SCANPIPE_FULL"))
LETTER = "みどり市企第17号\n令和元年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\n鶴亀算"
BILL = "請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事\n松竹梅"
LATER = "契約書\n令和7年7月1日\n甲と乙は次のとおり契約を締結する"
FILED = {(GENERAL, "letter.pdf"): pdf(LETTER), (TAX, "bill.pdf"): pdf(BILL)}
FIRST, SECOND = "2026-000001", "2026-000002"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def used(quick_place: Path, runs: Runs) -> Settings:
    """Two records, one of them corrected, an account, and a scan in custody that waits to be read."""
    settings = two_sections(quick_place / "used", language="en")
    texts = {sha256(pdf(each)): [each] for each in (LETTER, BILL, LATER)}
    (settings.file.parent / "prepared.json").write_text(json.dumps(texts), "utf-8")
    deliver(settings, FILED)
    assert runs(settings.file)["error"] is None
    decide(settings, runs, "correct", "佐藤", numbers=[FIRST], changes={"category": "CORRESP", "completed": "2010-06-01"}, reason="")
    Store(settings.layout.accounts_db).close()
    deliver(settings, {(TAX, "later.pdf"): pdf(LATER)})
    assert runs(settings.file, line=False)["error"] is None
    return settings


def decide(settings: Settings, runs: Runs, verb: str, who: str, **wants: object) -> None:
    requests = Requests(settings.layout.requests_db)
    requests.ask(verb, who, datetime.now(UTC), **wants)
    requests.close()
    assert runs(settings.file)["error"] is None
    state, answer = answers(settings)[-1]
    assert state == "done", answer


def dispose(settings: Settings, runs: Runs) -> None:
    """The first record, its period long over."""
    decide(settings, runs, "dispose", "佐藤")
    decide(settings, runs, "dispose_answer", "課長", list="D2026-001", department=GENERAL)
    for who in ("鈴木", "高橋"):
        decide(settings, runs, "dispose_approve", who, list="D2026-001")
    decide(settings, runs, "dispose_carry_out", "佐藤", list="D2026-001")


@pytest.fixture
def place(quick_place: Path) -> Iterator[Path]:
    folder = quick_place / "place"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def site(used: Settings, place: Path) -> Settings:
    return copy_site(used, place / "site")


def brought_up(settings: Settings, folder: Path, *, thoroughly: bool = False) -> Report:
    return back_up(settings, folder, NOW, thoroughly=thoroughly)


def content(folder: Path) -> dict[str, bytes]:
    """What a backup holds but its report, which has the moment; databases by their rows elsewhere."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in files_in(folder) if path.suffix != ".db" and path.name != backup.REPORT}


def assert_whole(settings: Settings, folder: Path) -> None:
    found = verify_alone(find(folder))
    assert found.sound and found.journal, [str(fault) for fault in found.deviations]
    compared = compare(settings, folder)
    assert compared.sound and compared.newer == 0, [str(fault) for fault in compared.deviations]
    assert not [path for path in files_in(folder) if "scanpipe-part" in path.name or "scanpipe-tmp" in path.name]


def test_a_backup_holds_records_corrections_journal_accounts_wishes_and_what_waits(site: Settings, place: Path) -> None:
    report = brought_up(site, place / "copy")
    assert (report.records, report.copied, report.metas, report.waiting, report.deviations) == (2, 2, 1, 1, [])
    assert_whole(site, place / "copy")
    layout = backup.layout_of(place / "copy")
    assert layout.accounts_db.is_file() and layout.requests_db.is_file() and not layout.catalogue_db.exists()
    assert [path.name for path in layout.spool_new.glob("*/*")] == ["original", "receipt.json"] or len(list(layout.spool_new.glob("*/*"))) == 2


def test_a_second_run_copies_only_what_is_new(site: Settings, place: Path, runs: Runs) -> None:
    brought_up(site, place / "copy")
    again = brought_up(site, place / "copy")
    assert (again.copied, again.metas, again.bytes) == (0, 0, 0)
    assert runs(site.file)["error"] is None  # the scan that waited is filed
    after = brought_up(site, place / "copy")
    assert (after.records, after.copied, after.waiting) == (3, 1, 0)
    assert not list(backup.layout_of(place / "copy").spool_new.iterdir())
    assert_whole(site, place / "copy")


def test_the_restored_site_has_the_same_rows_and_goes_on_where_the_other_was_lost(site: Settings, place: Path, runs: Runs) -> None:
    brought_up(site, place / "copy")
    before = dump(site)
    shown = sorted(str(path.relative_to(site.layout.cabinet)) for path in files_in(site.layout.cabinet))
    shutil.rmtree(site.file.parents[1])
    assert cli.main(["restore", str(place / "copy"), str(place / "new"), "--json"]) == 0
    restored = config.load(place / "new" / "config" / "scanpipe.toml")
    assert dump(restored) == before
    assert sorted(str(path.relative_to(restored.layout.cabinet)) for path in files_in(restored.layout.cabinet)) == shown
    assert not (place / "new" / "RESTORING").exists()
    assert [state for state, _answer in answers(restored)] == ["done"]
    assert runs(restored.file)["error"] is None
    assert (verify(restored.layout).sound, verify(restored.layout).expected) == (True, 3)


@pytest.mark.slow
def test_many_records_come_back_from_their_backup_alone_with_rows_hits_and_chain(quick_place: Path) -> None:
    """A thousand with SCANPIPE_FULL=1."""
    settings = two_sections(quick_place / "many", language="en")
    sent = {((GENERAL, TAX)[n % 2], f"{n}.pdf"): pdf(f"{word_of(n)}の通知") for n in range(1000 if FULL else 60)}
    deliver(settings, sent)
    with at_work(settings, longest=1200.0) as office:
        office.settle()
    brought_up(settings, quick_place / "many-copy")
    before, found = dump(settings), hits(settings, len(sent))
    assert len(found) == len(sent) and all(len(numbers) == 1 for numbers in found.values())
    shutil.rmtree(settings.file.parents[1])
    assert cli.main(["restore", str(quick_place / "many-copy"), str(quick_place / "many-new"), "--json"]) == 0
    restored = config.load(quick_place / "many-new" / "config" / "scanpipe.toml")
    assert dump(restored) == before and hits(restored, len(sent)) == found
    report = verify(restored.layout)
    assert (report.sound, report.expected, report.checked) == (True, len(sent), len(sent))


def word_of(n: int) -> str:
    """Of two signs that stand in no other record."""
    return chr(0x4E00 + n) + chr(0x5E00 + n)


def hits(settings: Settings, count: int) -> dict[str, list[str]]:
    """The numbers of the records that each word finds."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    index = SearchReader(settings.layout.search_db, reader.text_of)
    found = {word: [hit.number for hit in index.search(word).hits] for word in map(word_of, range(count))}
    index.close()
    reader.close()
    return found


def test_what_was_disposed_of_vanishes_from_the_backup_at_the_next_run(site: Settings, place: Path, runs: Runs) -> None:
    brought_up(site, place / "copy")
    assert any(FILED[GENERAL, "letter.pdf"] == path.read_bytes() for path in files_in(place / "copy"))
    dispose(site, runs)
    assert [str(fault) for fault in compare(site, place / "copy").deviations if FIRST in str(fault)]
    report = brought_up(site, place / "copy")
    assert (report.buried, report.deviations) == (1, [])
    assert_whole(site, place / "copy")
    folder = next(backup.layout_of(place / "copy").vault.glob(f"*/{FIRST}"))
    assert sorted(path.name for path in folder.iterdir()) == [vault.MANIFEST, tombstone.NAME]
    held = b"".join(path.read_bytes() for path in files_in(place / "copy"))
    assert FILED[GENERAL, "letter.pdf"] not in held and "鶴亀算".encode() not in held
    assert cli.main(["restore", str(place / "copy"), str(place / "new"), "--json"]) == 0
    assert dump(config.load(place / "new" / "config" / "scanpipe.toml"))["disposal"] == dump(site)["disposal"]


def test_records_that_are_disposed_of_or_filed_while_it_runs_do_not_disturb_it(
    site: Settings, place: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, changed = copies.copy_record, []

    def meanwhile(source: Path, target: Path, staging: Path, manifest_sha256: str) -> int:
        if not changed:
            changed.append(True)
            dispose(site, runs)  # what is about to be copied, and the scan that waited is filed
        return copy(source, target, staging, manifest_sha256)

    monkeypatch.setattr(copies, "copy_record", meanwhile)
    report = brought_up(site, place / "copy")
    assert (report.records, report.copied, report.buried, report.waiting, report.deviations) == (3, 2, 1, 0, [])
    assert_whole(site, place / "copy")


# --- whatever cuts it off ---


def cut_off(at: int, settings: Settings, work: Callable[[], object]) -> int:
    """Does `work` in a process that is killed before its call number `at` (0 = never); returns how many calls it came to, or raises what it raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        calls = 0

        def before(call: str, path: Path) -> None:
            nonlocal calls
            calls += 1
            if calls == at:
                os.kill(os.getpid(), signal.SIGKILL)

        storage.before = before
        with contextlib.suppress(BaseException):
            work()
            os.write(writing, str(calls).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = answer.read()
    _, status = os.waitpid(child, 0)
    assert told or os.WIFSIGNALED(status), f"the run at {at} failed by itself"
    return int(told or 0)


def missing(folder: Path) -> list[str]:
    """What the journal of a backup that was cut off tells of and the backup does not hold. What is being buried may be half gone, others may be there too early."""
    found, promised = verify_alone(find(folder)), Promised.by(journal.survey(backup.layout_of(folder).journal))
    early = (standalone.NOT_ENDED, standalone.UNKNOWN, vault.UNLISTED)
    faults = [str(fault) for fault in found.deviations if fault.template not in early]
    return [fault for fault in faults if not (promised.disposed and FIRST in fault) and "D2026-001" not in fault]


@pytest.mark.slow
def test_killed_before_any_system_call_the_next_run_completes_the_backup(site: Settings, place: Path, runs: Runs) -> None:
    folder, older = place / "copy", place / "older"
    brought_up(site, older)
    dispose(site, runs)  # now there is everything to do: a new record, a tombstone, a certificate, a longer journal
    wanted: dict[str, bytes] | None = None
    shutil.copytree(older, folder)
    calls = cut_off(0, site, lambda: brought_up(site, folder))
    wanted = content(folder)
    assert calls > 60
    for at in range(1, calls + 1, 3):
        shutil.rmtree(folder)
        shutil.copytree(older, folder)
        cut_off(at, site, lambda: brought_up(site, folder))
        assert missing(folder) == [], at
        brought_up(site, folder)
        assert content(folder) == wanted, at
    assert_whole(site, folder)


@pytest.mark.slow
def test_a_restore_that_was_killed_is_repeated_and_completes(site: Settings, place: Path) -> None:
    brought_up(site, place / "copy")
    calls = cut_off(0, site, lambda: restore(place / "copy", place / "whole"))
    wanted = {name: data for name, data in content(place / "whole").items() if not name.endswith((".scanpipe-share", "RESTORING"))}
    for at in range(1, calls + 1, 9):
        cut_off(at, site, lambda: restore(place / "copy", place / "new"))
        restore(place / "copy", place / "new")
        found = content(place / "new")
        assert {name: data for name, data in found.items() if not name.endswith((".scanpipe-share", "RESTORING"))} == wanted, at
        shutil.rmtree(place / "new")


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_full_or_faulty_disk_is_told_and_the_next_run_completes(site: Settings, place: Path, error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place / "copy"
    calls = cut_off(0, site, lambda: brought_up(site, place / "measured"))
    for at in range(2, calls, 11):
        count = 0

        def before(call: str, path: Path, at: int = at) -> None:
            nonlocal count
            count += 1
            if count == at:
                raise OSError(getattr(errno, error), os.strerror(getattr(errno, error)), str(path))

        with monkeypatch.context() as patched:
            patched.setattr(storage, "before", before)
            with contextlib.suppress(PlaceError):
                report = brought_up(site, folder)
                assert count < at or not report.deviations, [str(fault) for fault in report.deviations]
        brought_up(site, folder)
        assert_whole(site, folder)
        shutil.rmtree(folder)


# --- nothing good is overwritten by what is not ---


def test_a_damaged_record_does_not_take_the_place_of_its_copy(site: Settings, place: Path) -> None:
    brought_up(site, place / "copy")
    text = next(site.layout.vault.glob(f"*/{SECOND}/text.json"))
    text.chmod(0o640)
    text.write_bytes(text.read_bytes()[:-9])
    report = brought_up(site, place / "copy", thoroughly=True)
    assert report.deviations == []  # the copy is whole
    assert verify_alone(find(place / "copy")).sound
    shutil.rmtree(next(backup.layout_of(place / "copy").vault.glob(f"*/{SECOND}")))
    report = brought_up(site, place / "copy")
    assert [SECOND in str(fault) for fault in report.deviations] == [True]
    assert not list(backup.layout_of(place / "copy").vault.glob(f"*/{SECOND}"))


def test_a_damaged_copy_is_named_and_made_again_by_a_thorough_run(site: Settings, place: Path) -> None:
    brought_up(site, place / "copy")
    text = next(backup.layout_of(place / "copy").vault.glob(f"*/{FIRST}/text.json"))
    text.chmod(0o640)
    data = bytearray(text.read_bytes())
    data[len(data) // 2] ^= 1
    text.write_bytes(data)
    assert any(f"{FIRST}: text.json" in str(fault) for fault in verify_alone(find(place / "copy")).deviations)
    assert brought_up(site, place / "copy", thoroughly=True).copied == 1
    assert_whole(site, place / "copy")


def test_a_journal_that_was_cut_or_altered_does_not_take_the_place_of_its_copy(site: Settings, place: Path) -> None:
    brought_up(site, place / "copy")
    before = content(place / "copy")
    path = journal.files(site.layout.journal)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(JournalNotContinued):
        brought_up(site, place / "copy")
    path.write_bytes(b"".join(lines).replace("佐藤".encode(), "加藤".encode(), 1))
    with pytest.raises(journal.JournalBroken):
        brought_up(site, place / "copy")
    assert content(place / "copy") == before


def test_a_folder_that_is_no_backup_of_this_store_is_left_alone(site: Settings, place: Path) -> None:
    with pytest.raises(NotABackup):
        back_up(site, place / "unmounted", NOW, first=False)
    (place / "other").mkdir()
    (place / "other" / "letter.txt").write_text("x")
    with pytest.raises(BackupFolderInUse):
        brought_up(site, place / "other")
    brought_up(site, place / "copy")
    (place / "copy" / backup.MARK).write_text(json.dumps({"store": "01OTHER"}))
    with pytest.raises(AnothersBackup):
        brought_up(site, place / "copy")
    for inside in (site.layout.store / "copy", site.layout.shares / "copy"):
        with pytest.raises(BackupInside):
            brought_up(site, inside)


def test_restore_refuses_a_folder_that_is_not_empty(site: Settings, place: Path) -> None:
    brought_up(site, place / "copy")
    with pytest.raises(NotEmpty):
        restore(place / "copy", site.file.parents[1])


# --- every night ---


def test_the_nightly_backup_waits_for_the_disk_and_goes_on_where_it_was_cut_off(site: Settings, place: Path) -> None:
    set_keys(site.file, folder=str(place / "copy"))
    settings = config.load(site.file)
    with pytest.raises(NotBackedUp, match="mounted"):
        nightly.back_up_apart(settings, threading.Event())
    assert not (place / "copy").exists()
    assert cli.main(["--config", str(site.file), "backup", str(place / "copy"), "--json"]) == 0
    ending = threading.Event()
    ending.set()
    with pytest.raises(CutOff):
        nightly.back_up_apart(settings, ending)
    assert nightly.back_up_apart(settings, threading.Event()).startswith("2 records are in the backup")
    assert_whole(settings, place / "copy")


def test_a_backup_folder_inside_the_store_is_a_fault_of_the_configuration(site: Settings) -> None:
    set_keys(site.file, folder=str(site.layout.store / "copy"))
    with pytest.raises(ConfigError, match=r"backup\.folder"):
        config.load(site.file)


def test_a_job_that_was_cut_off_is_caught_up_at_the_next_start(site: Settings) -> None:
    def cut() -> str:
        raise CutOff

    with Daemon(site, timetable=False) as daemon:
        timetable = Timetable(daemon.catalogue, {"back_up": (time(0, 0), cut)}, site.timezone, daemon.clock)
        timetable.run("back_up", cut)
        assert timetable._missed("back_up", time(0, 0))
        timetable.run("back_up", lambda: "done")
        assert not timetable._missed("back_up", time(0, 0))
