"""Loss of power at the steps of custody, for real: a filesystem of its own is shut down without a flush, mounted again, and scanpipe started on what is left."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
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
def disk(quick_place: Path, runs: Runs) -> Disk:
    """A site in use with two scans in its drop folders, on an ext4 of its own."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("a filesystem can only be mounted by root")
    image, place = quick_place / "start.img", quick_place / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(48 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
    try:
        with mounted(image, place):
            settings = two_sections(place / "site")
            (settings.file.parent / "prepared.json").write_text(json.dumps({sha256(DELIVERED[key]): pages for key, pages in PAGES.items()}), "utf-8")
            assert runs(settings.file)["error"] is None
            deliver(settings, DELIVERED)
    except subprocess.CalledProcessError:
        pytest.skip("this machine has no loop devices to mount")
    copy = quick_place / "run.img"
    shutil.copyfile(image, copy)
    with mounted(copy, place):
        answer = runs(place / "site" / "config" / "scanpipe.toml")
        assert answer["error"] is None
        assert_kept(site_on(place), DELIVERED, WORDS)
    return Disk(image, place, int(answer["calls"]))


def site_on(place: Path) -> Settings:
    return config.load(place / "site" / "config" / "scanpipe.toml")


def cut(disk: Disk, runs: Runs, *points: int, sync: bool = True) -> str | None:
    """Cuts the power of one run after another at these points; says what is wrong after the next start."""
    file, copy = disk.place / "site" / "config" / "scanpipe.toml", disk.image.with_name("run.img")
    shutil.copyfile(disk.image, copy)
    for at in points:
        with mounted(copy, disk.place):
            runs(file, at, "power", sync=sync)
    with mounted(copy, disk.place):
        answer = runs(file)
        if answer["error"]:
            return str(answer["error"])[-2000:]
        try:
            assert_kept(site_on(disk.place), DELIVERED, WORDS)
        except AssertionError as wrong:
            return str(wrong)
    return None


def test_power_lost_at_steps_spread_over_the_work_loses_nothing(disk: Disk, runs: Runs) -> None:
    assert {at: says for at in range(5, disk.calls + 1, 12) if (says := cut(disk, runs, at))} == {}


def test_a_scanpipe_that_never_syncs_is_found_out(disk: Disk, runs: Runs) -> None:
    """The test above can fail: else it would prove nothing."""
    assert any(cut(disk, runs, at, sync=False) for at in range(disk.calls // 2, disk.calls, 20))


@pytest.mark.slow
def test_power_lost_at_any_step_loses_nothing(disk: Disk, runs: Runs) -> None:
    assert {at: says for at in range(1, disk.calls + 1) if (says := cut(disk, runs, at))} == {}


@pytest.mark.slow
def test_power_lost_again_during_recovery_loses_nothing(disk: Disk, runs: Runs) -> None:
    pairs = [(at, 1 + at % 40) for at in range(1, disk.calls + 1, 3)]
    assert {pair: says for pair in pairs if (says := cut(disk, runs, *pair))} == {}
