"""A disk that is pulled out or fills up while scans come: not a byte beside it, a sentence that says so, and the work goes on by itself (reliability §6, tests 8 and 15)."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from custody import GENERAL, TAX, assert_kept, copy_site, deliver, pdf, sha256, two_sections
from cut_short import Runs
from prepared_office import Office, at_work, originals, prepared, runs_into
from sites import set_keys
from small_disks import SmallDisk

from scanpipe import cli, config
from scanpipe.catalogue.requests import Requests, RequestsFault
from scanpipe.config import Settings
from scanpipe.daemon import Daemon
from scanpipe.errors import PlaceError
from scanpipe.upkeep.proving.fixity import verify

FULL = bool(os.environ.get("SCANPIPE_FULL"))
STAGES = 20 if FULL else 5
SCANS = {(GENERAL, f"{n}.pdf"): pdf(f"総務 {n}") for n in range(12)}
OTHERS = {(TAX, f"{n}.pdf"): pdf(f"税務 {n}") for n in range(3)}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    made = SmallDisk(tmp_path / "own")
    yield made
    made.close()


def with_place_on(disk: SmallDisk, site: Settings, *names: str) -> Settings:
    """The site with these of its folders on the disk itself, so that its mount point is where they are."""
    for name in names:
        folder = site.file.parents[1] / name
        if len(names) == 1:
            shutil.copytree(folder, disk.place, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copytree(folder, disk.place / name, symlinks=True)
        shutil.rmtree(folder)
        set_keys(site.file, **{name: str(disk.place if len(names) == 1 else disk.place / name)})
    return config.load(site.file)


def expected(*several: dict[tuple[str, str], bytes]) -> Counter[str]:
    return Counter(sha256(data) for each in several for data in each.values())


@pytest.mark.parametrize("times", [1, pytest.param(50 if FULL else 3, marks=pytest.mark.slow)])
def test_a_share_that_is_unmounted_under_load_gets_not_a_byte_and_goes_on_when_it_is_back(tmp_path: Path, disk: SmallDisk, times: int) -> None:
    """Again and again with times > 1."""
    site = two_sections(tmp_path / "site")
    (site.file.parents[1] / "taken").mkdir(exist_ok=True)
    settings = with_place_on(disk, site, "shares", "taken")
    delivered: list[dict[tuple[str, str], bytes]] = []
    with at_work(settings) as office:
        for time in range(times):
            pull_the_share_out(office, disk, scans_of(time))
            delivered.append(scans_of(time))
            assert office.filed() == expected(*delivered)
    assert disk.mounted and verify(settings.layout).sound


def scans_of(time: int) -> dict[tuple[str, str], bytes]:
    return {(GENERAL, f"{time}-{n}.pdf"): pdf(f"総務 {time} の {n}") for n in range(12)}


def pull_the_share_out(office: Office, disk: SmallDisk, scans: dict[tuple[str, str], bytes]) -> None:
    before = sum(office.filed().values())
    deliver(office.settings, scans)
    office.until(lambda: sum(office.filed().values()) > before)
    disk.pull_out()
    office.until(lambda: len(office.daemon.watcher.faults()) == 2 and len(office.resting()) == 2)
    assert all("見つかりません" in said and str(disk.place) in said for said in office.resting()), office.resting()
    for _ in range(20):
        office.daemon.turn(0.02)
    assert disk.below() == []
    disk.mount()
    office.settle()
    office.until(lambda: not office.resting())


@pytest.mark.slow
def test_a_store_that_is_unmounted_under_load_gets_not_a_byte_and_the_next_start_finds_all(tmp_path: Path, disk: SmallDisk) -> None:
    """The daemon ends with the code at which its unit starts it again; as long as the disk is away, so does each start."""
    settings = with_place_on(disk, two_sections(tmp_path / "site"), "store")
    with at_work(settings) as office:
        deliver(settings, SCANS)
        office.until(lambda: bool(office.filed()))
        disk.pull_out()
        assert runs_into(office).exit_code == os.EX_TEMPFAIL
    assert disk.below() == []
    with prepared(), pytest.raises(PlaceError) as caught, Daemon(settings, timetable=False):
        pass
    assert (caught.value.exit_code, disk.below()) == (os.EX_TEMPFAIL, [])
    assert cli.main(["--config", str(settings.file), "status"]) != 0 and disk.below() == []
    disk.mount()
    with at_work(settings) as office:
        office.settle()
        assert office.filed() == expected(SCANS)
    assert verify(settings.layout).sound


@pytest.mark.slow
def test_a_store_that_runs_out_of_room_is_said_and_goes_on_by_itself(tmp_path: Path, disk: SmallDisk, capsys: pytest.CaptureFixture[str]) -> None:
    site = two_sections(tmp_path / "site", minimum_free_gib=0.03)
    settings = with_place_on(disk, site, "store")
    with at_work(settings) as office:
        deliver(settings, OTHERS)
        office.settle()
        disk.fill(leave=20 << 20)
        deliver(settings, SCANS)
        office.until(lambda: bool(office.resting()))
        (said,) = office.resting()
        assert "のディスクがいっぱいです" in said and str(disk.place) in said
        os.environ["LANGUAGE"] = "ja"
        assert cli.main(["--config", str(settings.file), "status", "--json"]) == 0
        assert [one["stage"] for one in json.loads(capsys.readouterr().out)["paused"]] == [f"intake {GENERAL}"]
        disk.free()
        office.settle()
        office.until(lambda: not office.resting())
    assert originals(settings) == expected(SCANS, OTHERS)


@pytest.mark.slow
def test_a_wish_that_cannot_be_answered_for_want_of_room_ends_nobody_and_is_answered_later(tmp_path: Path, disk: SmallDisk) -> None:
    settings = with_place_on(disk, two_sections(tmp_path / "site", language="en"), "store")
    with at_work(settings) as office:
        requests = Requests(settings.layout.requests_db)
        wishes = [requests.ask("expect", "佐藤", office.daemon.clock(), department=GENERAL, names=[f"{n}.pdf"]) for n in range(40)]
        disk.fill()
        for _ in range(3):
            office.daemon.turn(0.02)
        assert requests.db.execute("SELECT count(*) FROM request WHERE state = 'waiting'").fetchone()[0]
        with pytest.raises(RequestsFault, match="full"):
            requests.ask("expect", "佐藤", office.daemon.clock(), department=GENERAL, names=["y" * 100_000])
        disk.free()
        office.daemon.turn(0.02)
        assert all(requests.wait_for(wish, 1) == {} for wish in wishes)
        requests.close()


@pytest.mark.slow
def test_a_disk_that_fills_up_at_any_stage_of_the_work_and_is_freed_again_loses_nothing(tmp_path: Path, runs: Runs) -> None:
    """Really full, to the last block; the same process goes on. Twenty stages with SCANPIPE_FULL=1."""
    disk = SmallDisk(tmp_path / "own")
    try:
        settings = two_sections(disk.place / "start", language="en")
        (settings.file.parent / "prepared.json").write_text(json.dumps({sha256(data): [f"通知 {key[1]}"] for key, data in OTHERS.items()}), "utf-8")
        assert runs(settings.file)["error"] is None
        deliver(settings, OTHERS)
        wrong: dict[int, str] = {}
        for stage in range(STAGES):
            copy = copy_site(settings, disk.place / "run")
            answer = runs(copy.file, 4 + stage * 220 // STAGES, "full")
            try:
                assert answer["error"] is None, answer["error"]
                assert originals(copy) == expected(OTHERS)
                assert runs(copy.file)["error"] is None  # what could not be tidied away then is now
                assert_kept(copy, OTHERS)
            except AssertionError as error:
                wrong[stage] = str(error)[-600:]
            shutil.rmtree(copy.file.parents[1])
        assert wrong == {}
    finally:
        disk.close()
