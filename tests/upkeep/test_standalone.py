"""A vault by itself, on any machine: whole and free of contradictions, or what is wrong is named; with the journal, that none is missing and none made up."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from custody import GENERAL, TAX, copy_site, pdf, two_sections

from scanpipe import cli, vault
from scanpipe.config import Layout, Settings
from scanpipe.daemon import Daemon
from scanpipe.upkeep.proving.fixity import verify
from scanpipe.upkeep.proving.standalone import NoJournal, NoVault, find, verify_alone


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = two_sections(tmp_path_factory.mktemp("standalone") / "site")
    for section, words in ((GENERAL, "一"), (GENERAL, "二"), (TAX, "三")):
        (settings.inbox(section) / f"{words}.pdf").write_bytes(pdf(words))
    with Daemon(settings, timetable=False) as daemon:
        while not daemon.settled():
            daemon.turn(0.05)
    return settings


@pytest.fixture
def store(filed: Settings, tmp_path: Path) -> Path:
    """Of a site without its catalogue and configuration."""
    settings = copy_site(filed, tmp_path / "site")
    for folder in (settings.file.parent, settings.layout.catalogue_db.parent):
        shutil.rmtree(folder)
    return settings.layout.store


def folders(store: Path) -> list[Path]:
    return list(vault.folders(store / "archive" / "vault"))


def rewritten(folder: Path, name: str, data: bytes) -> None:
    """A file and the manifest with it: by the manifest alone all is well."""
    for path in (folder / name, folder / vault.MANIFEST):
        path.chmod(0o640)
    (folder / name).write_bytes(data)
    lines = (folder / vault.MANIFEST).read_text().splitlines()
    digest = hashlib.sha256(data).hexdigest()
    (folder / vault.MANIFEST).write_text("\n".join(f"{digest}  {name}" if line.endswith(f"  {name}") else line for line in lines) + "\n")


def flip_a_bit(store: Path) -> None:
    path = folders(store)[1] / "text.json"
    path.chmod(0o640)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def change_the_number(store: Path) -> None:
    folder = folders(store)[1]
    body = json.loads((folder / vault.RECORD).read_bytes())
    rewritten(folder, vault.RECORD, json.dumps({**body, "number": "2026-000009"}).encode())


def put_in_other_text(store: Path) -> None:
    one, other = folders(store)[1:3]
    rewritten(one, vault.TEXT, (other / vault.TEXT).read_bytes())


def put_in_another_original(store: Path) -> None:
    one = folders(store)[1]
    rewritten(one, "original.pdf", pdf("四"))


def swap_two_folders(store: Path) -> None:
    first, second = folders(store)[1:3]
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


def add_a_correction(store: Path) -> None:
    meta = folders(store)[1] / vault.META
    meta.mkdir()
    (meta / "0001.json").write_text('{"schema": 1}')


def lose_a_correction(store: Path) -> None:
    meta = folders(store)[1] / vault.META
    meta.mkdir()
    (meta / "0002.json").write_text('{"schema": 1}')


def leave_a_page_beside_a_tombstone(store: Path) -> None:
    folder = folders(store)[1]
    manifest = hashlib.sha256((folder / vault.MANIFEST).read_bytes()).hexdigest()
    (folder / "tombstone.json").write_text(json.dumps({"number": folder.name, "manifest_sha256": manifest}))


HARMS = (
    flip_a_bit, change_the_number, put_in_other_text, put_in_another_original, swap_two_folders, add_a_correction, lose_a_correction,
    leave_a_page_beside_a_tombstone,
)  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("with_journal", [False, True], ids=["alone", "journal"])
def test_every_harm_is_found_and_named(store: Path, harm: Callable[[Path], None], with_journal: bool) -> None:
    place = find(store / "archive" / "vault", store / "journal" if with_journal else None)
    assert verify_alone(place).sound
    harm(store)
    report = verify_alone(place)
    assert not report.sound
    assert any("2026-000002" in str(found) for found in report.deviations), [str(found) for found in report.deviations]


def test_only_the_journal_tells_that_a_whole_record_is_missing_or_was_added(store: Path) -> None:
    alone, compared = find(store / "archive" / "vault"), find(store)
    shutil.rmtree(folders(store)[2])
    assert verify_alone(alone).sound
    report = verify_alone(compared)
    assert (report.expected, report.checked, ["2026-000003" in str(found) for found in report.deviations]) == (3, 2, [True])


def test_a_vault_is_found_from_above_and_nothing_else_is_taken_for_one(store: Path, tmp_path: Path) -> None:
    for folder in (store, store.parent, store / "archive", store / "archive" / "vault"):
        assert find(folder).vault == store / "archive" / "vault"
    assert find(store).journal == store / "journal" and find(store / "archive").journal is None
    with pytest.raises(NoVault):
        find(store / "journal")
    with pytest.raises(NoJournal):
        find(store, tmp_path / "nothing")


def test_the_verb_needs_no_site(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", "--standalone", str(store / "archive" / "vault"), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["expected"], body["checked"], body["journal"]) == (3, 3, None)
    flip_a_bit(store)
    assert cli.main(["verify", "--standalone", str(store), "--json"]) == 65
    assert json.loads(capsys.readouterr().out)["events"] > 0


def test_one_flipped_bit_among_ten_thousand_files_is_found_and_only_that(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from scanpipe.catalogue.journal import Journal

    layout = Layout.of(tmp_path / "store", tmp_path / "shares", tmp_path / "taken")
    writing = Journal(layout.journal)
    told = [(f"A{number}", many_files(layout.vault / "2026" / f"2026-{number:06d}")) for number in range(1, 2501)]
    writing.append_together("filed", told, at=datetime(2026, 4, 1, tzinfo=UTC), actor="scanpipe")
    writing.close()
    report = verify(layout)
    assert (report.expected, report.checked, report.files, report.sound) == (2500, 2500, 10_000, True)
    harmed = layout.vault / "2026" / "2026-001234" / "original.pdf"
    harmed.write_bytes(bytes([harmed.read_bytes()[0] ^ 1]) + harmed.read_bytes()[1:])
    report = verify(layout)
    assert ([str(found) for found in report.deviations], report.checked) == ([f"{harmed.parent}: original.pdf does not have the bytes that its manifest promises."], 2500)  # fmt: skip


def many_files(folder: Path) -> dict[str, str]:
    """A record folder of four files; what the journal tells of it."""
    folder.mkdir(parents=True)
    contents = {"original.pdf": f"%PDF {folder.name}", "record.json": json.dumps({"number": folder.name}), "text.json": folder.name}
    for name, text in contents.items():
        (folder / name).write_text(text)
    manifest = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(contents.items()))
    (folder / vault.MANIFEST).write_text(manifest)
    return {"vault_path": f"vault/2026/{folder.name}", "manifest_sha256": hashlib.sha256(manifest.encode()).hexdigest()}
