"""The sample scans go through `scanpipe drain` and become what their manifest says, found again by the words on them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from htrvx.schemas import Validator
from lxml import etree
from sample_expectations import Difference, Sample, closed_up, differences, samples
from sites import QUICK, copy_samples, make_sample_site

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.cli import main
from scanpipe.config import Settings
from scanpipe.core.alto import SCHEMA

FILED = [sample for sample in samples() if sample.outcome == "filed"]


def scanpipe(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scanpipe", "--config", str(settings.file), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"})


@pytest.fixture(scope="session")
def drained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, subprocess.CompletedProcess[str]]:
    """A site that has taken all samples, and how `drain --json` ended."""
    settings = make_sample_site(tmp_path_factory.mktemp("samples") / "site", **QUICK)
    copy_samples(settings)
    return settings, scanpipe(settings, "drain", "--json")


@pytest.fixture(scope="session")
def found(drained: tuple[Settings, Any]) -> list[Difference]:
    return differences(drained[0])


def test_a_filed_record_is_exported_as_alto(drained: tuple[Settings, Any], tmp_path: Path) -> None:
    settings, ended = drained
    number = next(row["number"] for row in json.loads(ended.stdout) if row["name"] == "20250612091502_001.pdf")
    out = tmp_path / "record.xml"
    assert (scanpipe(settings, "export", "--alto", number, "--out", str(out)).returncode, b"CONTENT=" in out.read_bytes()) == (0, True)
    assert scanpipe(settings, "export", "--alto", number).stdout.encode() == out.read_bytes()
    assert scanpipe(settings, "export", "--alto", "1999-000001").returncode == os.EX_NOINPUT


def test_an_access_copy_names_its_record_title_category_and_original(drained: tuple[Settings, Any]) -> None:
    settings, _ = drained
    reader, decided = CatalogueReader(settings.layout.catalogue_db), 0
    for number in sorted(folder.name for folder in settings.layout.vault.glob("*/*")):
        record = reader.record(number)
        copy = settings.layout.archive / record["vault_path"] / "access.pdf"
        if not copy.exists():
            continue
        with pikepdf.open(copy) as pdf, pdf.open_metadata() as metadata:
            said = metadata["dc:identifier"], metadata["dc:title"], metadata.get("dc:subject"), metadata["dc:source"]
        category = {f"{record['category']} {record['category_name']}"} if record["category_name"] else None
        assert said == (number, record["title"] or record["original"]["name"], category, f"urn:sha256:{record['original']['sha256']}")
        decided += category is not None
    reader.close()
    assert decided > 10


def test_every_record_that_was_read_is_exported_as_valid_alto(drained: tuple[Settings, Any], tmp_path: Path) -> None:
    """Horizontal, vertical and born-digital pages, tables and blank sides, as they were really read."""
    schema = Validator(Validator.cache_xsd_path(SCHEMA)).xmlschema
    kinds = set()
    for record in sorted(drained[0].layout.vault.glob("*/*/text.json")):
        out = tmp_path / f"{record.parent.name}.xml"
        if main(["--config", str(drained[0].file), "export", "--alto", record.parent.name, "--out", str(out)]) == os.EX_OK:
            exported = etree.parse(out)
            schema.assertValid(exported)
            kinds |= {*exported.xpath("//@BASEDIRECTION"), *exported.xpath("//@PAGECLASS")}
    assert kinds == {"ttb", "blank"}


def test_drain_says_that_some_need_a_person_and_lists_every_delivery(drained: tuple[Settings, subprocess.CompletedProcess[str]]) -> None:
    _, ended = drained
    assert (ended.returncode, ended.stderr) == (1, "")
    assert sorted(row["name"] for row in json.loads(ended.stdout)) == sorted(sample.file for sample in samples())


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.file)
def test_a_sample_becomes_what_its_manifest_says(sample: Sample, found: list[Difference]) -> None:
    assert [str(wrong) for wrong in found if wrong.file == sample.file and not wrong.later] == []


def test_every_delivery_is_accounted_for(drained: tuple[Settings, Any]) -> None:
    facts = json.loads(scanpipe(drained[0], "status", "--json").stdout)
    outcomes = [sample.outcome for sample in samples()]
    assert {name: facts[name] for name in ("deliveries", "records", "duplicates", "rejected", "waiting")} == {
        "deliveries": len(outcomes),
        "records": outcomes.count("filed") + outcomes.count("original-only"),
        "duplicates": outcomes.count("duplicate"),
        "rejected": outcomes.count("rejected"),
        "waiting": 0,
    }


def test_the_sheets_of_all_samples_are_counted_once(drained: tuple[Settings, Any], found: list[Difference]) -> None:
    expected = sum(float(str(sample.facts["a4_sheets"])) for sample in FILED)
    later = sum(float(str(wrong.found)) - float(str(wrong.expected)) for wrong in found if wrong.field == "a4_sheets")
    stats = json.loads(scanpipe(drained[0], "stats", "--json").stdout)
    assert stats["city"]["ledger_b"] == {"digitised": expected + later, "cleared": 0, "removed": 0}


def test_what_was_refused_lies_beside_its_reason_in_japanese(drained: tuple[Settings, Any]) -> None:
    settings, _ = drained
    for sample in samples():
        aside = settings.inbox(sample.department) / "要確認"
        if sample.outcome == "rejected":
            assert (aside / sample.file).read_bytes() == sample.path.read_bytes()
            assert "スキャン" in (aside / f"{sample.file}.理由.txt").read_text("utf-8-sig")


def test_the_record_as_json_says_what_the_list_says(drained: tuple[Settings, subprocess.CompletedProcess[str]]) -> None:
    settings, ended = drained
    row = next(row for row in json.loads(ended.stdout) if row["outcome"] == "accession" and row["title"])
    record = json.loads(scanpipe(settings, "show", row["number"], "--json").stdout)
    assert {name: record[name] for name in ("number", "title", "category", "date", "sheets")} == {
        name: row[name] for name in ("number", "title", "category", "date", "sheets")
    }


def test_the_vault_is_sound_and_a_catalogue_made_again_says_the_same(drained: tuple[Settings, Any]) -> None:
    settings, _ = drained
    assert json.loads(scanpipe(settings, "verify", "--json").stdout)["sound"] is True
    before = [str(wrong) for wrong in differences(settings)]
    assert scanpipe(settings, "reindex").returncode == 0
    assert [str(wrong) for wrong in differences(settings)] == before


def test_titles_are_compared_without_width_and_blanks() -> None:
    assert closed_up("起　案 書（Ａ）") == "起案書(A)"
