"""verify: one flipped bit, a swapped folder, an edited journal line or catalogue row is found and named; a sound archive says expected = checked."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from custody import GENERAL, TAX, copy_site, pdf, two_sections

from scanpipe import vault
from scanpipe.catalogue.database import open_writer
from scanpipe.catalogue.journal import files
from scanpipe.config import Settings
from scanpipe.daemon import Daemon
from scanpipe.upkeep.proving.fixity import Report, verify


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = two_sections(tmp_path_factory.mktemp("fixity") / "site")
    for section, words in ((GENERAL, "一"), (GENERAL, "二"), (TAX, "三")):
        (settings.inbox(section) / f"{words}.pdf").write_bytes(pdf(words))
    with Daemon(settings, timetable=False) as daemon:
        while not daemon.settled():
            daemon.turn(0.05)
    return settings


@pytest.fixture
def archive(filed: Settings, tmp_path: Path) -> Settings:
    return copy_site(filed, tmp_path / "site")


def folders(settings: Settings) -> list[Path]:
    return list(vault.folders(settings.layout.vault))


def writable(path: Path) -> Path:
    path.chmod(0o640)
    return path


def flip_a_bit(settings: Settings) -> str:
    path = writable(folders(settings)[1] / "access.pdf")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return "access.pdf"


def remove_a_file(settings: Settings) -> str:
    (folders(settings)[0] / "text.json").unlink()
    return "text.json"


def add_a_file(settings: Settings) -> str:
    (folders(settings)[0] / "extra.txt").write_text("x")
    return "extra.txt"


def lose_a_folder(settings: Settings) -> str:
    shutil.rmtree(folders(settings)[2])
    return "000003"


def swap_two_records(settings: Settings) -> str:
    first, second, _ = folders(settings)
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
    return first.name


def rewrite_file_and_manifest(settings: Settings) -> str:
    folder = folders(settings)[0]
    writable(folder / "text.json").write_text("{}")
    manifest = writable(folder / vault.MANIFEST)
    digest = hashlib.sha256(b"{}").hexdigest()
    lines = [f"{digest}  text.json" if line.endswith("text.json") else line for line in manifest.read_text().splitlines()]
    manifest.write_text("\n".join(lines) + "\n")
    return folder.name


def plant_a_folder(settings: Settings) -> str:
    shutil.copytree(folders(settings)[0], folders(settings)[0].with_name("2099-000001"))
    return "2099-000001"


def edit_a_journal_line(settings: Settings) -> str:
    path = files(settings.layout.journal)[-1]
    path.write_bytes(path.read_bytes().replace(b'"actor":"scanpipe"', b'"actor":"somebody"', 1))
    return path.name


def drop_a_journal_line(settings: Settings) -> str:
    path = files(settings.layout.journal)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    return path.name


def edit_an_event_row(settings: Settings) -> str:
    db = open_writer(settings.layout.catalogue_db)
    db.conn.execute("UPDATE event SET data = ? WHERE seq = 2", [json.dumps({"forged": True})])
    db.conn.close()
    return "2"


def drop_an_event_row(settings: Settings) -> str:
    db = open_writer(settings.layout.catalogue_db)
    db.conn.execute("DELETE FROM event WHERE seq = 4")
    db.conn.close()
    return "4"


def drop_the_last_event_row(settings: Settings) -> str:
    db = open_writer(settings.layout.catalogue_db)
    db.conn.execute("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)")
    db.conn.close()
    return "reindex"


def edit_who_did_it_in_an_event_row(settings: Settings) -> str:
    db = open_writer(settings.layout.catalogue_db)
    db.conn.execute("UPDATE event SET actor = 'somebody' WHERE seq = 3")
    db.conn.close()
    return "3"


def drop_the_last_journal_line(settings: Settings) -> str:
    path = files(settings.layout.journal)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    return f"{len(lines)}"


def tear_the_last_journal_line(settings: Settings) -> str:
    path = files(settings.layout.journal)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(path.read_bytes()[:-7])
    return f"{len(lines)}"


def spoil_a_scan_that_waits(settings: Settings) -> str:
    waiting = settings.layout.spool_new / "01JQZK3V5N0000000000000001"
    waiting.mkdir()
    (waiting / "original").write_bytes(b"other bytes")
    (waiting / "receipt.json").write_text(json.dumps({"sha256": "0" * 64, "end": True}))
    return waiting.name


def test_a_sound_archive_says_expected_equals_checked(archive: Settings) -> None:
    report = verify(archive.layout)
    assert (report.expected, report.checked, report.deviations, report.sound) == (3, 3, [], True)


@pytest.mark.parametrize(
    "harm",
    [
        flip_a_bit, remove_a_file, add_a_file, lose_a_folder, swap_two_records, rewrite_file_and_manifest, plant_a_folder,
        edit_a_journal_line, drop_a_journal_line, edit_an_event_row, drop_an_event_row, drop_the_last_event_row,
        edit_who_did_it_in_an_event_row, drop_the_last_journal_line, tear_the_last_journal_line, spoil_a_scan_that_waits,
    ],
)  # fmt: skip
def test_every_harm_is_found_and_named(archive: Settings, harm: Callable[[Settings], str]) -> None:
    named = harm(archive)
    report: Report = verify(archive.layout)
    assert not report.sound
    assert any(named in str(found) for found in report.deviations), [str(found) for found in report.deviations]


def test_a_broken_journal_hides_no_other_harm(archive: Settings) -> None:
    named = [harm(archive) for harm in (edit_a_journal_line, flip_a_bit, lose_a_folder)]
    report = verify(archive.layout)
    said = "\n".join(str(found) for found in report.deviations)
    assert (report.expected, report.checked) == (3, 2)
    assert all(name in said for name in named), said


def test_the_catalogue_is_not_needed(archive: Settings) -> None:
    shutil.rmtree(archive.layout.catalogue_db.parent)
    assert verify(archive.layout).sound
