"""kill -9 before every system call by which scanpipe changes the disk, a fault of the disk at every one of them, and a second kill during recovery."""

import json
import os
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from custody import GENERAL, TAX, assert_kept, copy_site, deliver, pdf, sha256, two_sections
from cut_short import Runs

from scanpipe.config import Settings
from scanpipe.upkeep.proving.fixity import verify

LETTER = "みどり市企第17号\n令和7年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\nこのことについて、下記のとおり通知します。\n鶴亀算"
BILL = "請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事\n松竹梅"
FORM = "住民異動届\n令和7年4月1日\n届出人\n花鳥風月"  # of a restricted category: not linked into the cabinet
PAGES = {(GENERAL, "letter.pdf"): (LETTER, "別紙 鶴亀算の二"), (GENERAL, "form.pdf"): (FORM,), (TAX, "bill.pdf"): (BILL,)}
WORDS = {(GENERAL, "letter.pdf"): "鶴亀算", (GENERAL, "form.pdf"): "花鳥風月", (TAX, "bill.pdf"): "松竹梅"}
DELIVERED = {key: pdf(*pages) for key, pages in PAGES.items()}
ERRORS = ("ENOSPC", "EIO", "EACCES", "EROFS")
MORE_ERRORS = ("EDQUOT", "EMFILE")
FULL = bool(os.environ.get("SCANPIPE_FULL"))


@pytest.fixture(scope="module")
def delivered(quick_place: Path, runs: Runs) -> Settings:
    """A site in use, with three scans in its drop folders."""
    settings = two_sections(quick_place / "start", language="en")
    prepared = {sha256(DELIVERED[key]): pages for key, pages in PAGES.items()}
    (settings.file.parent / "prepared.json").write_text(json.dumps(prepared), "utf-8")
    assert runs(settings.file)["error"] is None
    deliver(settings, DELIVERED)
    return settings


@contextmanager
def copied(settings: Settings) -> Iterator[Settings]:
    folder = settings.file.parents[2] / "run"
    try:
        yield copy_site(settings, folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def calls(delivered: Settings, runs: Runs) -> int:
    """How many system calls change the disk while three scans are taken and filed."""
    with copied(delivered) as settings:
        answer = runs(settings.file)
        assert answer["error"] is None
        assert_kept(settings, DELIVERED, WORDS)
    return int(answer["calls"])


def faults_after(settings: Settings, runs: Runs, words: Mapping[tuple[str, str], str] = WORDS) -> str | None:
    """Starts scanpipe again after what was done to it; says what is wrong then."""
    answer = runs(settings.file)
    if answer["error"]:
        return str(answer["error"])[-2000:]
    try:
        assert_kept(settings, DELIVERED, words)
    except AssertionError as wrong:
        return str(wrong)
    return None


def killed(settings: Settings, runs: Runs, *points: int, words: Mapping[tuple[str, str], str] = WORDS) -> str | None:
    """Kills one run after another at these points, then starts scanpipe once more."""
    with copied(settings) as copy:
        for at in points:
            runs(copy.file, at)
        return faults_after(copy, runs, words)


PARTS = 4  # one of them with every run of the tests, the others with the slow ones


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, PARTS))])
def test_killed_before_any_system_call_it_loses_doubles_and_tears_nothing(delivered: Settings, calls: int, runs: Runs, part: int) -> None:
    points = range(1 + part, calls + 1, PARTS)
    assert {at: says for at in points if (says := killed(delivered, runs, at))} == {}
    assert calls > 200


def test_killed_again_during_its_recovery_it_recovers_from_both(delivered: Settings, calls: int, runs: Runs) -> None:
    pairs = random.Random(1).sample([(first, second) for first in range(1, calls + 1) for second in range(1, 40)], 6)
    assert {pair: says for pair in pairs if (says := killed(delivered, runs, *pair))} == {}


@pytest.mark.slow
def test_killed_three_times_over_it_recovers_from_all(delivered: Settings, calls: int, runs: Runs) -> None:
    """A scan that was being read all three times is under suspicion: it is filed as its original alone, so its words may not be found."""
    chance = random.Random(2)
    points = [(chance.randint(1, calls), chance.randint(1, 60), chance.randint(1, 60)) for _ in range(400 if FULL else 150)]
    assert {each: says for each in points if (says := killed(delivered, runs, *each, words={}))} == {}


def faults_of_disk(settings: Settings, runs: Runs, at: int, how: str) -> str | None:
    """What is wrong after this error at this call: in the process that met it, and after its next start."""
    with copied(settings) as copy:
        answer = runs(copy.file, at, how)
        return str(answer["error"])[-2000:] if answer["error"] else faults_after(copy, runs)


@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_of_the_disk_ends_by_itself_when_the_disk_is_well_again(delivered: Settings, calls: int, runs: Runs, error: str) -> None:
    """The process lives on, and its next tries end what the fault cut off."""
    points = range(1 + ERRORS.index(error), calls + 1, 60)
    assert {at: says for at in points if (says := faults_of_disk(delivered, runs, at, error))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_of_the_disk_at_any_system_call_ends_by_itself(delivered: Settings, calls: int, runs: Runs, error: str) -> None:
    """The errors share the calls; each meets every one with SCANPIPE_FULL=1."""
    points = range(1, calls + 1) if FULL else range(1 + ERRORS.index(error), calls + 1, len(ERRORS))
    assert {at: says for at in points if (says := faults_of_disk(delivered, runs, at, error))} == {}


@pytest.mark.slow
def test_a_disk_that_stays_full_from_any_system_call_on_loses_nothing(delivered: Settings, calls: int, runs: Runs) -> None:
    """From every third with SCANPIPE_FULL unset."""
    found = {}
    for at in range(1, calls + 1, 1 if FULL else 3):
        with copied(delivered) as copy:
            assert not runs(copy.file, at, "ENOSPC forever")["died"]
            found[at] = faults_after(copy, runs)
    assert {at: says for at, says in found.items() if says} == {}


def test_a_disk_that_takes_half_of_what_it_is_given_gets_all_the_same_all_of_it(delivered: Settings, runs: Runs) -> None:
    assert faults_of_disk(delivered, runs, 1, "short") is None


@pytest.mark.slow
@pytest.mark.parametrize("error", MORE_ERRORS)
def test_a_quota_or_too_many_open_files_at_system_calls_all_over_the_work_end_by_themselves(delivered: Settings, calls: int, runs: Runs, error: str) -> None:
    """At any system call with SCANPIPE_FULL=1."""
    points = range(1 + MORE_ERRORS.index(error), calls + 1, 1 if FULL else 60)
    assert {at: says for at in points if (says := faults_of_disk(delivered, runs, at, error))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("error", [*ERRORS[1:], *MORE_ERRORS])
def test_a_fault_that_stays_from_some_system_call_on_loses_nothing(delivered: Settings, calls: int, runs: Runs, error: str) -> None:
    """From any with SCANPIPE_FULL=1."""
    found = {}
    for at in range(3, calls + 1, 1 if FULL else 80):
        with copied(delivered) as copy:
            assert not runs(copy.file, at, f"{error} forever")["died"]
            found[at] = faults_after(copy, runs)
    assert {at: says for at, says in found.items() if says} == {}


# --- the tests here can fail: faults of others' programs, planted into ours (planted.py), are found ---


@pytest.mark.slow
def test_a_scanpipe_that_takes_the_source_before_its_copy_is_safe_is_found_out(delivered: Settings, calls: int, runs: Runs) -> None:
    """Undisturbed, nobody would see it."""
    plant = "source taken early"
    with copied(delivered) as copy:
        assert runs(copy.file, plant=plant)["error"] is None
        assert_kept(copy, DELIVERED, WORDS)
    found = None
    for at in range(8, calls):
        with copied(delivered) as copy:
            runs(copy.file, at, plant=plant)
            found = faults_after(copy, runs)
        if found:
            break
    assert found and "originals in the vault" in found


@pytest.mark.slow
def test_a_scanpipe_that_deletes_what_came_twice_is_found_out(delivered: Settings, runs: Runs) -> None:
    for plant, sound in (("", True), ("duplicates deleted", False)):
        with copied(delivered) as copy:
            assert runs(copy.file)["error"] is None
            deliver(copy, {(GENERAL, "again.pdf"): DELIVERED[GENERAL, "letter.pdf"]})
            assert runs(copy.file, plant=plant)["error"] is None
            assert verify(copy.layout).sound is sound
