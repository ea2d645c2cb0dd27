"""kill -9 before every system call while page files are joined into one record, and while a batch is split into several."""

import json
import os
import random
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from child import SEPARATOR
from custody import GENERAL, Delivered, assert_kept, contained, copy_site, deliver, dump, joins_pages, pdf, sha256, two_sections
from cut_short import Runs

from scanpipe import cli
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.recognition.splitting import split

LETTER = ("みどり市企第17号\n令和7年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\n鶴亀算", "別紙 一覧", "別紙 図面", "別紙 松竹梅")
RUN = {f"scan_{number:04}.pdf": pdf(text) for number, text in zip((1, 2, 4, 5), LETTER, strict=True)}  # the third was never delivered
BATCH = ("通知\n令和7年6月2日\n花鳥風月", SEPARATOR, "請求書\n令和7年5月20日\n雪月花", "内訳")
FULL = bool(os.environ.get("SCANPIPE_FULL"))
EVERY = 11  # of the calls in the quick test; all are cut in the slow one


@dataclass(frozen=True)
class Case:
    """A site with files in its drop folder, and what shall come of them."""

    settings: Settings
    records: Delivered
    words: Mapping[tuple[str, str], str]
    written: Collection[bytes]


@pytest.fixture(scope="module")
def cases(quick_place: Path, runs: Runs) -> dict[str, Case]:
    return {"joined": joined_case(quick_place / "joined", runs), "split": split_case(quick_place / "split", runs)}


def site(folder: Path, runs: Runs, files: Delivered) -> Settings:
    """A site in use, with these files in its drop folders."""
    folder.mkdir()
    settings = joins_pages(two_sections(folder / "start", language="en"), GENERAL)
    (settings.file.parent / "prepared.json").write_text("{}", "utf-8")  # each page says itself what is on it
    assert runs(settings.file)["error"] is None
    deliver(settings, files)
    return settings


def joined_case(folder: Path, runs: Runs) -> Case:
    settings = site(folder, runs, {(GENERAL, name): data for name, data in RUN.items()})
    key = GENERAL, "scan_0001.pdf – scan_0005.pdf"
    return Case(settings, {key: contained(folder, *RUN.values())}, {key: "松竹梅"}, list(RUN.values()))


def split_case(folder: Path, runs: Runs) -> Case:
    whole = pdf(*BATCH)
    settings = site(folder, runs, {(GENERAL, "batch.pdf"): whole})
    (folder / "whole.pdf").write_bytes(whole)
    records = {(GENERAL, "batch.pdf"): whole}
    for number, pages in enumerate(((1,), (3, 4)), 1):
        part = folder / f"part-{number}.pdf"
        split(folder / "whole.pdf", "application/pdf", pages, part)
        records[GENERAL, f"batch_{number:03}.pdf"] = part.read_bytes()
    words = {(GENERAL, "batch.pdf"): "Batch scan", (GENERAL, "batch_001.pdf"): "花鳥風月", (GENERAL, "batch_002.pdf"): "雪月花"}
    return Case(settings, records, words, [whole])


@contextmanager
def copied(case: Case) -> Iterator[Settings]:
    folder = case.settings.file.parents[2] / "run"
    try:
        yield copy_site(case.settings, folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def calls(cases: dict[str, Case], runs: Runs) -> dict[str, int]:
    """How many system calls change the disk while all is taken and filed."""
    found = {}
    for name, case in cases.items():
        with copied(case) as settings:
            answer = runs(settings.file)
            assert answer["error"] is None
            assert_kept(settings, case.records, case.words, written=case.written)
        found[name] = int(answer["calls"])
    return found


def faults_after(case: Case, runs: Runs, *points: tuple[int, str]) -> str | None:
    """Cuts one run after another off, then starts scanpipe once more; says what is wrong then."""
    with copied(case) as settings:
        for at, how in points:
            answer = runs(settings.file, at, how)
            if answer["error"]:
                return str(answer["error"])[-2000:]
        answer = runs(settings.file)
        if answer["error"]:
            return str(answer["error"])[-2000:]
        try:
            assert_kept(settings, case.records, case.words, written=case.written)
        except AssertionError as wrong:
            return str(wrong)
    return None


@pytest.mark.parametrize("name", ["joined", "split"])
def test_killed_before_system_calls_all_over_the_work_it_loses_doubles_and_tears_nothing(
    cases: dict[str, Case], calls: dict[str, int], runs: Runs, name: str
) -> None:
    points = range(1, calls[name] + 1, EVERY)
    assert {at: says for at in points if (says := faults_after(cases[name], runs, (at, "kill")))} == {}
    assert calls[name] > 120


@pytest.mark.slow
@pytest.mark.parametrize("name", ["joined", "split"])
def test_killed_before_any_system_call_it_loses_doubles_and_tears_nothing(cases: dict[str, Case], calls: dict[str, int], runs: Runs, name: str) -> None:
    points = range(1, calls[name] + 1)
    assert {at: says for at in points if (says := faults_after(cases[name], runs, (at, "kill")))} == {}


@pytest.mark.parametrize("name", ["joined", "split"])
def test_killed_again_during_its_recovery_it_recovers_from_both(cases: dict[str, Case], calls: dict[str, int], runs: Runs, name: str) -> None:
    pairs = random.Random(3).sample([(first, second) for first in range(1, calls[name] + 1) for second in range(1, 40)], 4)
    assert {pair: says for pair in pairs if (says := faults_after(cases[name], runs, *((at, "kill") for at in pair)))} == {}


@pytest.mark.parametrize("error", ["ENOSPC", "EACCES"])
@pytest.mark.parametrize("name", ["joined", "split"])
def test_a_fault_of_the_disk_ends_by_itself_when_the_disk_is_well_again(
    cases: dict[str, Case], calls: dict[str, int], runs: Runs, name: str, error: str
) -> None:
    """The process lives on, and its next tries end what the fault cut off."""
    points = range(1 + len(error) % 2, calls[name] + 1, 40)
    assert {at: says for at in points if (says := faults_after(cases[name], runs, (at, error)))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["joined", "split"])
def test_a_fault_of_the_disk_at_any_system_call_ends_by_itself(cases: dict[str, Case], calls: dict[str, int], runs: Runs, name: str) -> None:
    """The errors take turns at the calls; each meets every one with SCANPIPE_FULL=1."""
    errors = ("ENOSPC", "EIO", "EACCES")
    points = [(at, error) for at in range(1, calls[name] + 1) for turn, error in enumerate(errors) if FULL or at % len(errors) == turn]
    assert {point: says for point in points if (says := faults_after(cases[name], runs, point))} == {}


@pytest.mark.parametrize("name", ["joined", "split"])
def test_reindex_makes_the_same_rows(cases: dict[str, Case], runs: Runs, name: str) -> None:
    with copied(cases[name]) as settings:
        assert runs(settings.file)["error"] is None
        before = dump(settings)
        shutil.rmtree(settings.layout.catalogue_db.parent)
        assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
        assert dump(settings) == before
        assert len(before["page_file"]) == (4 if name == "joined" else 0)


def test_a_run_in_custody_is_still_waiting_after_a_reindex_and_is_then_filed(cases: dict[str, Case], runs: Runs) -> None:
    case = cases["joined"]
    with copied(case) as settings:
        assert runs(settings.file, line=False)["error"] is None
        before = dump(settings)
        shutil.rmtree(settings.layout.catalogue_db.parent)
        assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
        assert dump(settings) == before
        assert runs(settings.file)["error"] is None
        assert_kept(settings, case.records, case.words, written=case.written)


def test_the_record_of_a_run_names_every_file_and_the_number_that_is_missing(cases: dict[str, Case], runs: Runs) -> None:
    with copied(cases["joined"]) as settings:
        assert runs(settings.file)["error"] is None
        reader = CatalogueReader(settings.layout.catalogue_db)
        (row,) = reader.outcomes()
        body = reader.record(row["number"])
        reader.close()
        told = json.loads((settings.layout.archive / body["vault_path"] / "record.json").read_bytes())["files"]
    assert body["files"] == told == [{"name": name, "sha256": sha256(data), "bytes": len(data)} for name, data in RUN.items()]
    assert (body["pages"], body["original"]["media_type"], body["needs_review"]) == (4, "application/zip", True)
    assert "pages-missing" in body["flags"]
    assert [one["quote"] for one in body["evidence"] if one["about"] == "pages"] == ["3"]


def test_a_separator_between_page_files_parts_them_into_records(quick_place: Path, runs: Runs) -> None:
    folder = quick_place / "parted"
    files = {f"p{number}.pdf": pdf(text) for number, text in enumerate(("一枚目 花鳥風月", SEPARATOR, "二枚目 雪月花"), 1)}
    settings = site(folder, runs, {(GENERAL, name): data for name, data in files.items()})
    assert runs(settings.file)["error"] is None
    reader = CatalogueReader(settings.layout.catalogue_db)
    bodies = [reader.record(row["number"], text=True) for row in reader.outcomes()]
    reader.close()
    assert [(body["pages"], body["flags"][:1], body["text"]) for body in bodies] == [
        (0, ["batch"], ""), (1, ["no-title"], "一枚目 花鳥風月"), (1, ["no-title"], "二枚目 雪月花"),
    ]  # fmt: skip
    original = settings.layout.archive / bodies[0]["vault_path"] / "original.zip"
    assert original.read_bytes() == contained(folder, *files.values())
    assert [body["declared"]["batch"] for body in bodies[1:]] == [bodies[0]["number"]] * 2
