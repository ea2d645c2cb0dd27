"""Both databases are caches: thrown away, `reindex` makes them again from vault and journal alone, row by row and hit by hit."""

import json
import shutil
from pathlib import Path

import pytest
from custody import GENERAL, TAX, deliver, dump, pdf, sha256, two_sections
from cut_short import Runs

from scanpipe import cli
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search import SearchReader
from scanpipe.config import Settings

FILED = {
    (GENERAL, "letter.pdf"): ("みどり市企第17号\n令和7年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\n本文", "別紙 一覧"),
    (GENERAL, "form.pdf"): ("住民異動届\n令和7年4月1日\n届出人",),
    (TAX, "bill.pdf"): ("請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事",),
}
LATE = {(TAX, "late.pdf"): ("契約書\n令和7年7月1日\n甲と乙は次のとおり契約を締結する",)}
QUERIES = ("通知", "一覧", "請求金額", "令和", "契約", "2026", "届")


def scan(key: tuple[str, str]) -> bytes:
    return pdf(*(FILED | LATE)[key])


@pytest.fixture
def used(tmp_path: Path, runs: Runs) -> Settings:
    """A site with three records, a duplicate and a refusal."""
    settings = two_sections(tmp_path / "site", language="en")
    texts = {sha256(scan(key)): pages for key, pages in (FILED | LATE).items()}
    (settings.file.parent / "prepared.json").write_text(json.dumps(texts), "utf-8")
    deliver(settings, {key: scan(key) for key in FILED} | {(GENERAL, "notes.txt"): "会議のメモ".encode()})
    assert runs(settings.file)["error"] is None
    deliver(settings, {(GENERAL, "letter again.pdf"): scan((GENERAL, "letter.pdf"))})
    assert runs(settings.file)["error"] is None
    return settings


def hits(settings: Settings) -> dict[str, list[object]]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    index = SearchReader(settings.layout.search_db, reader.text_of)
    try:
        return {query: list(index.search(query).hits) for query in QUERIES}
    finally:
        index.close()
        reader.close()


def reindex(settings: Settings) -> int:
    return cli.main(["--config", str(settings.file), "reindex", "--json"])


def test_reindex_makes_the_same_rows_and_the_same_hits(used: Settings) -> None:
    before, found = dump(used), hits(used)
    assert [len(before[table]) for table in ("delivery", "accession", "filing", "tally_mark")] == [5, 3, 3, 3]
    assert all(found[query] for query in ("通知", "一覧", "請求金額"))
    shutil.rmtree(used.layout.catalogue_db.parent)
    assert reindex(used) == 0
    assert dump(used) == before
    assert hits(used) == found


def test_reindex_over_databases_that_are_there_makes_the_same(used: Settings) -> None:
    before, found = dump(used), hits(used)
    assert reindex(used) == 0
    assert (dump(used), hits(used)) == (before, found)


def test_a_scan_that_waits_in_custody_is_still_waiting_after_a_reindex_and_is_then_filed(used: Settings, runs: Runs) -> None:
    deliver(used, {key: scan(key) for key in LATE})
    assert runs(used.file, line=False)["error"] is None
    before = dump(used)
    assert "accessioned" in repr(before["accession"])
    shutil.rmtree(used.layout.catalogue_db.parent)
    assert reindex(used) == 0
    assert dump(used) == before
    assert runs(used.file)["error"] is None
    assert len(dump(used)["filing"]) == 4


def test_without_databases_the_next_start_makes_them_by_itself(used: Settings, runs: Runs) -> None:
    before, found = dump(used), hits(used)
    shutil.rmtree(used.layout.catalogue_db.parent)
    assert runs(used.file)["error"] is None
    assert (dump(used), hits(used)) == (before, found)


def test_a_journal_that_is_not_whole_leaves_the_databases_as_they_are(used: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    before = dump(used)
    journal = next(used.layout.journal.glob("*/*.jsonl"))
    journal.write_bytes(journal.read_bytes().replace(b'"filed"', b'"fired"', 1))
    assert reindex(used) == 65
    assert str(journal) in capsys.readouterr().err
    assert dump(used) == before


def test_a_filed_record_that_was_lost_keeps_its_number_and_the_others_are_found(used: Settings) -> None:
    lost = min(used.layout.vault.glob("*/*"))
    shutil.rmtree(lost)
    assert reindex(used) == 0
    after = dump(used)
    assert len(after["accession"]) == 3 and len(after["filing"]) == 2
    assert lost.name in repr(after["accession"])
