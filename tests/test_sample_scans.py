"""The sample scans are what their manifest says. They are not made again here, but for one in the slow run."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import make_sample_scans
import pdfplumber
import pikepdf
import pytest
from samples import containers
from samples.files import make
from samples.table import SCANS

SAMPLES = Path(__file__).resolve().parent.parent / "sample_scans"
TRUTHS = Path(__file__).resolve().parent / "sample_truth"
CATEGORIES = frozenset(("REG", "COUNCIL", "PLAN", "COMMITTEE", "BUDGET", "ACCOUNT", "CONTRACT", "WORKS", "PROPERTY", "SUBSIDY")) | frozenset(
    ("PERMIT", "LEGAL", "HR", "SERVICE", "DISCLOSE", "TAX", "WELFARE", "RESIDENT", "CORRESP", "TEMP")
)
MANIFEST: list[dict[str, Any]] = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text(encoding="utf-8"))["scan"]
FILED = [entry for entry in MANIFEST if entry["outcome"] == "filed"]


def _named(entry: dict[str, Any]) -> str:
    return str(entry["file"])


def _closed_up(text: str) -> str:
    return "".join(text.split())


def test_the_manifest_lists_exactly_the_files_there() -> None:
    assert sorted(entry["file"] for entry in MANIFEST) == sorted(path.name for path in SAMPLES.iterdir() if path.name != "MANIFEST.toml")


def test_the_samples_are_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 15_000_000
    assert sum(path.stat().st_size for path in TRUTHS.iterdir()) < 150_000


def test_every_category_of_the_schedule_is_there() -> None:
    assert {entry["category"] for entry in FILED} == CATEGORIES


@pytest.mark.parametrize("entry", [e for e in MANIFEST if "pages" in e], ids=_named)
def test_a_file_has_the_pages_it_should_have(entry: dict[str, Any]) -> None:
    assert containers.page_count(SAMPLES / entry["file"]) == entry["pages"]


@pytest.mark.parametrize("entry", FILED, ids=_named)
def test_the_truth_has_a_page_for_each_image_and_an_empty_one_for_each_blank_side(entry: dict[str, Any]) -> None:
    pages = (TRUTHS / f"{entry['file']}.txt").read_text(encoding="utf-8").split("\f")
    assert (len(pages), sum(not page for page in pages)) == (entry["pages"], entry["blank_pages"])


@pytest.mark.parametrize("entry", FILED, ids=_named)
def test_what_must_be_found_is_printed_on_the_page(entry: dict[str, Any]) -> None:
    printed = _closed_up((TRUTHS / f"{entry['file']}.txt").read_text(encoding="utf-8"))
    expected = [*entry["words"], entry["title"], entry.get("document_number", "")]
    assert [word for word in expected if _closed_up(word) not in printed] == []


@pytest.mark.parametrize("entry", FILED, ids=_named)
def test_sheets_follow_from_sides(entry: dict[str, Any]) -> None:
    expected = 0 if entry.get("born_digital") else -(-entry["pages"] // 2) if entry["duplex"] else entry["pages"]
    assert entry["sheets"] == expected
    assert isinstance(entry["date"], date)


def test_the_protected_file_opens_with_its_password_only() -> None:
    (entry,) = (e for e in MANIFEST if e["outcome"] == "original-only")
    with pytest.raises(pikepdf.PasswordError):
        containers.page_count(SAMPLES / entry["file"])
    assert containers.page_count(SAMPLES / entry["file"], entry["password"]) == 1


def test_the_rejected_files_are_cut_off_or_empty() -> None:
    rejected = [(SAMPLES / e["file"]).read_bytes() for e in MANIFEST if e["outcome"] == "rejected"]
    assert sorted(len(content) > 0 for content in rejected) == [False, True]
    cut = max(rejected, key=len)
    assert cut.startswith(b"%PDF-")
    assert b"%%EOF" not in cut


def test_the_duplicate_repeats_a_file_of_its_section_byte_for_byte() -> None:
    (entry,) = (e for e in MANIFEST if e["outcome"] == "duplicate")
    (first,) = (e for e in MANIFEST if e["file"] == entry["duplicate_of"])
    assert (SAMPLES / entry["file"]).read_bytes() == (SAMPLES / first["file"]).read_bytes()
    assert (entry["department"], entry["sheets"]) == (first["department"], 0)


def test_every_file_has_its_truth() -> None:
    assert sorted(path.name for path in TRUTHS.iterdir()) == sorted(f"{entry['file']}.txt" for entry in MANIFEST)


def test_the_born_digital_file_reads_back_as_it_was_written() -> None:
    (entry,) = (e for e in MANIFEST if e.get("born_digital"))
    truth = (TRUTHS / f"{entry['file']}.txt").read_text(encoding="utf-8")
    with pdfplumber.open(SAMPLES / entry["file"]) as pdf:
        read = "\f".join(page.extract_text() for page in pdf.pages)
    assert _closed_up(read) == _closed_up(truth)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["20250630170512_001.pdf", "name0001_001.tif", "進捗報告_20251020.pdf"])
def test_making_a_sample_again_gives_the_same_text_and_the_same_pages(name: str, tmp_path: Path) -> None:
    (entry,) = (scan for scan in SCANS if scan.file == name)
    sheets = make(entry, tmp_path)
    assert make_sample_scans.truth(sheets) == (TRUTHS / f"{name}.txt").read_text(encoding="utf-8")
    assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()
