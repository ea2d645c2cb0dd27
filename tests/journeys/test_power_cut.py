"""Loss of power at the steps of custody, for real: a filesystem of its own is shut down without a flush, mounted again, and scanpipe started on what is left.

On ext4 and on XFS; "plain", where all that was not synced is gone, and "names first", where names reached the disk and bytes did not (the cruel one).
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from custody import GENERAL, TAX, assert_kept, deliver, pdf, sha256, two_sections
from cut_short import Runs

from scanpipe import config
from scanpipe.config import Settings

PAGES = {
    (GENERAL, "letter.pdf"): ("みどり市企第17号\n令和7年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\n鶴亀算", "別紙"),
    (TAX, "bill.pdf"): ("請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事\n松竹梅",),
}
WORDS = {(GENERAL, "letter.pdf"): "鶴亀算", (TAX, "bill.pdf"): "松竹梅"}
DELIVERED = {key: pdf(*pages) for key, pages in PAGES.items()}
FULL = bool(os.environ.get("SCANPIPE_FULL"))
MAKE = {"ext4": ["mkfs.ext4", "-q", "-m", "0"], "xfs": ["mkfs.xfs", "-q", "-f"]}
SMALL_XFS = {"TEST_DIR": "x", "TEST_DEV": "x", "QA_CHECK_FS": "x"}  # by which mkfs.xfs makes filesystems below 300 MB, for tests alone
NAMES_FIRST, PLAIN = "power", "power plain"
Disks = Callable[[str], "Disk"]


@dataclass(frozen=True)
class Disk:
    """An image of a filesystem with a site on it, and where it is mounted."""

    image: Path
    place: Path
    calls: int


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture(scope="module")
def disks(quick_place: Path, runs: Runs) -> Disks:
    """By filesystem, made when first asked for."""
    made: dict[str, Disk] = {}

    def disk_of(filesystem: str) -> Disk:
        if filesystem not in made:
            made[filesystem] = made_disk(filesystem, quick_place / filesystem, runs)
        return made[filesystem]

    return disk_of


def made_disk(filesystem: str, folder: Path, runs: Runs) -> Disk:
    """A site in use with two scans in its drop folders, on a filesystem of its own."""
    if os.geteuid() != 0:
        pytest.skip("a filesystem can only be mounted by root")
    if shutil.which(MAKE[filesystem][0]) is None:
        pytest.skip(f"{MAKE[filesystem][0]} is not installed: apt-get install xfsprogs")
    image, place = folder / "start.img", folder / "disk"
    place.mkdir(parents=True, exist_ok=True)
    with image.open("wb") as file:
        file.truncate(48 << 20)
    subprocess.run([*MAKE[filesystem], str(image)], check=True, env={**os.environ, **SMALL_XFS})
    try:
        with mounted(image, place):
            settings = two_sections(place / "site")
            (settings.file.parent / "prepared.json").write_text(json.dumps({sha256(DELIVERED[key]): pages for key, pages in PAGES.items()}), "utf-8")
            assert runs(settings.file)["error"] is None
            deliver(settings, DELIVERED)
    except subprocess.CalledProcessError:
        pytest.skip(f"this machine mounts no {filesystem}: it has no loop devices, or its kernel has no such filesystem")
    copy = folder / "run.img"
    shutil.copyfile(image, copy)
    with mounted(copy, place):
        answer = runs(place / "site" / "config" / "scanpipe.toml")
        assert answer["error"] is None
        assert_kept(site_on(place), DELIVERED, WORDS)
    return Disk(image, place, int(answer["calls"]))


def site_on(place: Path) -> Settings:
    return config.load(place / "site" / "config" / "scanpipe.toml")


def cut(disk: Disk, runs: Runs, *points: int, how: str = NAMES_FIRST, sync: bool = True) -> str | None:
    """Cuts the power of one run after another at these points; says what is wrong after the next start."""
    file, copy = disk.place / "site" / "config" / "scanpipe.toml", disk.image.with_name("run.img")
    shutil.copyfile(disk.image, copy)
    for at in points:
        with mounted(copy, disk.place):
            runs(file, at, how, sync=sync)
    with mounted(copy, disk.place):
        answer = runs(file)
        if answer["error"]:
            return str(answer["error"])[-2000:]
        try:
            assert_kept(site_on(disk.place), DELIVERED, WORDS)
        except AssertionError as wrong:
            return str(wrong)
    return None


def test_power_lost_at_steps_spread_over_the_work_loses_nothing(disks: Disks, runs: Runs) -> None:
    disk = disks("ext4")
    assert {at: says for at in range(5, disk.calls + 1, 12) if (says := cut(disk, runs, at))} == {}


@pytest.mark.parametrize("filesystem", ["ext4", pytest.param("xfs", marks=pytest.mark.slow)])
def test_a_scanpipe_that_never_syncs_is_found_out(disks: Disks, runs: Runs, filesystem: str) -> None:
    """The tests here can fail: else they would prove nothing."""
    disk = disks(filesystem)
    assert any(cut(disk, runs, at, sync=False) for at in range(disk.calls // 2, disk.calls, 20))


@pytest.mark.slow
def test_power_lost_at_any_step_loses_nothing(disks: Disks, runs: Runs) -> None:
    disk = disks("ext4")
    assert {at: says for at in range(1, disk.calls + 1) if (says := cut(disk, runs, at))} == {}


@pytest.mark.slow
@pytest.mark.parametrize(("filesystem", "how"), [("ext4", PLAIN), ("xfs", NAMES_FIRST), ("xfs", PLAIN)])
def test_power_lost_at_steps_on_either_filesystem_loses_nothing(disks: Disks, runs: Runs, filesystem: str, how: str) -> None:
    """At every step with SCANPIPE_FULL=1."""
    disk = disks(filesystem)
    points = range(1, disk.calls + 1) if FULL else range(7, disk.calls + 1, 47)
    assert {at: says for at in points if (says := cut(disk, runs, at, how=how))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("filesystem", ["ext4", "xfs"])
def test_power_lost_again_during_recovery_loses_nothing(disks: Disks, runs: Runs, filesystem: str) -> None:
    disk = disks(filesystem)
    every = 1 if FULL else 3 if filesystem == "ext4" else 61
    pairs = [(at, 1 + at % 40) for at in range(1, disk.calls + 1, every)]
    assert {pair: says for pair in pairs if (says := cut(disk, runs, *pair))} == {}
