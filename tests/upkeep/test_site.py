"""`scanpipe init`: what it makes, what it refuses, and whose lists of sections it understands."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanpipe import config
from scanpipe.errors import ConfigError
from scanpipe.upkeep.machine import places, site
from scanpipe.upkeep.machine.sections_csv import departments_from_csv, departments_toml


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_new_site_has_a_store_and_a_drop_folder_for_each_section(tmp_path: Path) -> None:
    settings = config.load(site.init(tmp_path / "site"))
    assert len(settings.departments) == 77
    assert settings.inbox("1105") == tmp_path / "site" / "shares" / "1105_デジタル政策課"
    for section in settings.departments:
        inbox = settings.inbox(section)
        assert {path.name for path in inbox.iterdir()} == {"受付簿", "要確認", ".scanpipe-share"}
        assert mode(inbox) == 0o2770
    assert mode(settings.layout.store) == mode(settings.layout.taken) == 0o750
    assert mode(settings.layout.web) == 0o700  # until the units' tmpfiles.d opens it to a second user
    identities = {(settings.inbox(section) / ".scanpipe-share").read_text() for section in settings.departments} | {settings.layout.store_id.read_text()}
    assert len(identities) == 78
    assert not list((tmp_path / "site" / "config").glob("*.new"))


def test_a_small_town_has_about_thirty_sections(tmp_path: Path) -> None:
    settings = config.load(site.init(tmp_path / "site", size="small"))
    assert len(settings.departments) == 31
    assert settings.inbox("0103").name == "0103_税務課"


IN_COMMENTS = {"threshold", "base_year", "sources"}  # of [describe] and [metrics]: explained there, and unset unless somebody wants them


def test_the_default_files_write_out_exactly_the_defaults(tmp_path: Path) -> None:
    written = config.load(site.init(tmp_path / "site"))
    empty = config.load_text("", source="scanpipe.toml")
    assert isinstance(empty, config.Tables)
    for name in ("site", "intake", "ocr", "workers", "describe", "web", "timetable", "metrics"):
        table = getattr(written, name)
        assert table == getattr(empty, name)
        assert table.model_fields_set | IN_COMMENTS == set(type(table).model_fields) | IN_COMMENTS, f"[{name}] leaves keys unexplained"


def test_the_default_city_has_two_thousand_desk_staff_and_symbols_of_its_own(tmp_path: Path) -> None:
    settings = config.load(site.init(tmp_path / "site"))
    assert sum(section.staff for section in settings.departments) == 2000
    assert len({section.symbol for section in settings.departments}) == 77
    assert len({section.bureau for section in settings.departments}) == 14


def test_a_site_is_not_made_twice_and_nothing_of_it_changes(tmp_path: Path) -> None:
    file = site.init(tmp_path, size="small")
    file.write_text('[site]\nname = "直した町"\n')
    with pytest.raises(site.SiteExists) as caught:
        site.init(tmp_path)
    assert str(caught.value) == f"{tmp_path} is already a site, and nothing of it was changed. Name another folder, or change the files in {tmp_path}/config."
    assert config.load(file).site.name == "直した町"


def test_records_without_a_configuration_are_not_taken_for_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "store" / "archive" / "vault").mkdir(parents=True)
    with pytest.raises(site.SiteExists):
        site.init(tmp_path)


def test_an_init_that_was_cut_off_may_be_repeated(tmp_path: Path) -> None:
    site.init(tmp_path, size="small").unlink()
    before = (tmp_path / "store" / "STORE_ID").read_text()
    site.init(tmp_path, size="small")
    assert (tmp_path / "store" / "STORE_ID").read_text() == before


def test_a_store_on_a_network_filesystem_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "filesystem_type", lambda path, mounts=None: "nfs4")
    with pytest.raises(site.UnfitPlace) as caught:
        site.init(tmp_path / "site")
    assert str(caught.value) == (
        f"The store {tmp_path}/site/store lies on a network filesystem (nfs4), where neither locks nor written bytes are certain."
        " Put the store on a local disk of this machine (ext4 or XFS)."
    )
    assert not (tmp_path / "site").exists()


def test_a_file_is_no_place_for_a_site(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(site.UnfitPlace, match="is a file"):
        site.init(tmp_path / "file")


def test_a_section_added_later_gets_its_folder_only_beside_marked_ones(tmp_path: Path) -> None:
    file = site.init(tmp_path, size="small")
    with (tmp_path / "config" / "departments.toml").open("a") as departments:
        departments.write('[[department]]\ncode = "0999"\nname = "新設課"\n')
    settings = config.load(file)
    assert site.add_drop_folders(settings) == [tmp_path / "shares" / "0999_新設課"]
    shutil.rmtree(tmp_path / "shares")
    (tmp_path / "shares").mkdir()  # as an empty mount point looks
    assert site.add_drop_folders(settings) == []


# A body's own list


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_a_list_from_excel_is_understood_in_every_character_code(tmp_path: Path, encoding: str) -> None:
    table = tmp_path / "課一覧.csv"
    table.write_bytes(
        '部局名,課コード,課名,職員数,両面,備考\r\n総務部,０１０１,総務課,１２人,両面,本庁\r\n\r\n,0102,税務課(徴収),"1,200",,\r\n'.encode(encoding)
    )
    settings = config.load(site.init(tmp_path / "site", departments_csv=table))
    assert [(each.code, each.name, each.bureau, each.staff, each.duplex, each.inbox) for each in settings.departments] == [
        ("0101", "総務課", "総務部", 12, True, "0101_総務課"),
        ("0102", "税務課(徴収)", "", 1200, "auto", "0102_税務課(徴収)"),
    ]


def test_every_wrong_row_of_a_list_is_named_under_its_own_heading(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("コード,課名,職員数,設置日\n101,総務課,約20,\n,税務課,3,\n102,,4,\n101,別課,5,\n103,福祉課,6,令和7年\n")
    with pytest.raises(ConfigError) as caught:
        departments_from_csv(table)
    assert caught.value.faults == [
        'list.csv: row 2: 職員数: "約20" is not a number of people; write a whole number of 0 or more',
        'list.csv: row 3: コード: this key is missing; write for example code = "1105"',
        'list.csv: row 4: 課名: this key is missing; write for example name = "総務課"',
        'list.csv: row 6: 設置日: "令和7年" is not a day; write it without quotes, for example 2025-04-01',
    ]


def test_a_code_that_is_there_twice_is_named(tmp_path: Path) -> None:
    table = tmp_path / "list.tsv"
    table.write_text("code\tname\n101\t総務課\n101\t税務課\n")
    with pytest.raises(ConfigError) as caught:
        departments_from_csv(table)
    assert caught.value.faults == ['list.tsv: row 3: code "101" is there twice; give each section its own']


def test_a_list_without_headings_says_which_are_needed(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("101,総務課\n")
    with pytest.raises(ConfigError) as caught:
        departments_from_csv(table)
    assert caught.value.faults == [
        'list.csv: row 1: there is no column "code"; name the columns in the first row, for example 課コード,課名,部局名,職員数',
        'list.csv: row 1: there is no column "name"; name the columns in the first row, for example 課コード,課名,部局名,職員数',
    ]


def test_nothing_is_made_when_the_list_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("code,name\n")
    with pytest.raises(ConfigError, match="there is no section below the headings"):
        site.init(tmp_path / "site", departments_csv=tmp_path / "list.csv")
    assert not (tmp_path / "site").exists()


def test_sections_written_as_toml_are_read_back_the_same(tmp_path: Path) -> None:
    text = site.defaults().joinpath("departments.toml").read_text("utf-8")
    sections = config.load_text(text, source="departments.toml")
    assert isinstance(sections, tuple)
    assert config.load_text(departments_toml(sections, "# head"), source="departments.toml") == sections


# The places


def made(tmp_path: Path) -> config.Settings:
    return config.load(site.init(tmp_path / "site", size="small"))


def test_a_fresh_site_has_no_faults_on_a_proven_filesystem(tmp_path: Path) -> None:
    mounts = "1 1 0:1 / / rw - ext4 /dev/x rw"
    assert places.check_places(made(tmp_path), mounts=mounts) == []


def test_the_mount_nearest_to_the_store_tells_its_filesystem() -> None:
    mounts = "1 1 8:1 / / rw - ext4 /dev/a rw\n2 1 0:9 / /srv rw shared:1 - nfs4 nas:/srv rw\n3 2 8:2 / /srv/my\\040site rw - xfs /dev/b rw\nbroken\n"
    of = {path: places.filesystem_type(Path(path), mounts) for path in ("/var", "/srv/x", "/srv/my site/store", "/srvx")}
    assert of == {"/var": "ext4", "/srv/x": "nfs4", "/srv/my site/store": "xfs", "/srvx": "ext4"}


@pytest.mark.parametrize(
    ("kind", "grade"),
    [("cifs", "refuse"), ("fuse.sshfs", "refuse"), ("9p", "refuse"), ("vfat", "refuse"), ("btrfs", "warn"), ("overlay", "warn"), ("tmpfs", "warn")],
)
def test_a_store_on_another_filesystem_is_refused_or_warned_of(kind: str, grade: str) -> None:
    faults = places.store_filesystem(Path("/srv/store"), f"1 1 0:1 / / rw - {kind} x rw")
    assert [(fault.grade.value, fault.topic) for fault in faults] == [(grade, "filesystem")]


def test_a_share_without_its_mark_counts_as_not_mounted(tmp_path: Path) -> None:
    settings = made(tmp_path)
    inbox = settings.inbox("0103")
    (inbox / ".scanpipe-share").unlink()
    fault = places.PlaceFault(
        places.Grade.PAUSE,
        "share",
        inbox,
        f"{inbox}/.scanpipe-share is missing, so the drop folder counts as not mounted and nothing is taken from it.",
        f"Mount the share. For a new folder, make the mark: mkdir -p {inbox} && uuidgen > {inbox}/.scanpipe-share",
        "0103",
    )
    assert [each for each in places.check_places(settings) if each.topic != "filesystem"] == [fault]


def test_a_store_whose_disk_is_not_mounted_is_refused(tmp_path: Path) -> None:
    settings = made(tmp_path)
    settings.layout.store_id.unlink()
    assert [str(each) for each in places.check_places(settings) if each.topic == "store"] == [
        f"{settings.layout.store_id} is missing: this is not the store of a site, or its disk is not mounted."
        " Mount the disk, or correct [site] store in scanpipe.toml."
    ]


def test_a_store_of_another_user_is_refused_with_the_command_that_gives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = made(tmp_path)
    store = settings.layout.store
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, how: path != store and allowed(path, how))
    assert [str(each) for each in places.check_places(settings) if each.grade is places.Grade.REFUSE] == [
        f"The user of scanpipe may not write in {store}. Give it to that user: chown -R scanpipe {store}"
    ]


def test_a_drop_folder_on_another_filesystem_needs_a_taken_folder_there(tmp_path: Path, other_disk: Path) -> None:
    file = site.init(tmp_path / "site", size="small")
    inbox = other_disk / "drop"
    inbox.mkdir()
    (inbox / ".scanpipe-share").write_text("x")
    departments = tmp_path / "site" / "config" / "departments.toml"
    departments.write_text(f'[[department]]\ncode = "1"\nname = "遠い課"\ninbox = "{inbox}"\n')
    faults = [each for each in places.check_places(config.load(file)) if each.topic == "taken"]
    assert [(each.grade.value, each.remedy) for each in faults] == [
        ("refuse", 'Name a folder on that filesystem, outside what clerks see, under section 1 in departments.toml: taken = "…"')
    ]
    departments.write_text(departments.read_text() + f'taken = "{other_disk}/taken"\n')
    settings = config.load(file)
    assert settings.taken_of("1") == other_disk / "taken" / "1"
    assert [each for each in places.check_places(settings) if each.topic == "taken"] == []


def test_spool_and_archive_on_two_filesystems_are_refused(tmp_path: Path, other_disk: Path) -> None:
    settings = made(tmp_path)
    (settings.layout.store / "archive").symlink_to(other_disk)
    assert {(each.grade.value, each.topic) for each in places.check_places(settings) if each.topic != "filesystem"} == {("refuse", "devices")}


def test_a_section_that_ended_may_be_without_its_folder(tmp_path: Path) -> None:
    settings = made(tmp_path)
    with (tmp_path / "site" / "config" / "departments.toml").open("a") as departments:
        departments.write('[[department]]\ncode = "0998"\nname = "旧課"\nvalid_to = 2020-03-31\n')
    assert [each for each in places.check_places(config.load(settings.file)) if each.topic != "filesystem"] == []


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another filesystem than tmp_path."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has only one filesystem to write on")
    folder = memory / f"scanpipe-{tmp_path.parent.name}-{tmp_path.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_accounts_of_an_earlier_site_move_into_the_folder_of_the_pages(tmp_path: Path) -> None:
    settings = config.load(site.init(tmp_path / "site"))
    layout = settings.layout
    for path in (layout.accounts_db, layout.requests_db):
        (layout.store / path.name).unlink()
        (layout.store / path.name).write_bytes(b"kept")
    site.make_web_folder(layout)
    site.make_web_folder(layout)
    for path in (layout.accounts_db, layout.requests_db):
        assert path.read_bytes() == b"kept"
        assert os.readlink(layout.store / path.name) == f"web/{path.name}"
