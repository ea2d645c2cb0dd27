"""A record with an individual number: restricted, flagged, and the number nowhere to be read or found but in the vault."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from custody import GENERAL, two_sections
from sample_expectations import SAMPLES

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search import SearchIndex, SearchReader
from scanpipe.core.model import Accession, Page, Recognition
from scanpipe.daemon import Daemon
from scanpipe.stages.describe import describe
from scanpipe.stages.file import cabinet_path
from scanpipe.stages.index import index

LETTER = "7総務第5号\n令和7年6月4日\n税務課長　様\n総務課長　谷　美咲\n1234 5678 9018\n給与所得の源泉徴収票の作成について（依頼）\n個人番号 1234 5678 9018\n下記のとおり依頼します。"
ACCESSION = Accession(
    id="01JZ0000000000000000000000",
    number="2025-000001",
    serial=1,
    department=GENERAL,
    name="scan.pdf",
    sha256="0" * 64,
    bytes=1,
    media_type="application/pdf",
    received=datetime(2025, 6, 5, tzinfo=UTC),
    fiscal_year=2025,
)


def read_as(text: str) -> Recognition:
    return Recognition(
        accession_id=ACCESSION.id, pages=(Page(number=1, width=1654, height=2339, dpi=200, text=text),), engine="t", settings="", access_sha256="0" * 64
    )


def test_an_individual_number_closes_a_record_of_an_open_category(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    closed = describe(ACCESSION, read_as(LETTER), settings)
    plain = describe(ACCESSION, read_as(LETTER.replace("9018", "9012")), settings)
    assert (closed.restricted, "my-number" in closed.flags, cabinet_path(ACCESSION, closed, settings)) == (True, True, None)
    assert (plain.restricted, "my-number" in plain.flags, cabinet_path(ACCESSION, plain, settings) is None) == (False, False, False)
    assert (closed.title, closed.retention) == (plain.title, plain.retention), "nothing is shortened"
    assert [one.rule for one in closed.evidence if one.about == "disposal"] == ["my-number"]
    assert "5678" not in repr(closed)


def test_a_number_on_the_cover_sheet_is_masked_too(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    covered = describe(replace(ACCESSION, declared={"title": "個人番号 1234 5678 9018 の件"}), read_as(LETTER), settings)
    assert covered.title == "個人番号 ●●●● ●●●● ●●●● の件"
    assert "5678" not in covered.name


def test_nobody_is_found_by_an_individual_number(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    place = tmp_path / "search.db"
    description = describe(ACCESSION, read_as(LETTER), settings)
    written = SearchIndex(place)
    index(ACCESSION, description, [LETTER], True, written)
    written.close()
    search = SearchReader(place, lambda serial, page: LETTER)
    try:
        assert [search.search(query).total for query in ("源泉徴収", "123456789018", "1234", "5678", "9018")] == [1, 0, 0, 0, 0]
    finally:
        search.close()


def test_what_was_read_stays_in_the_vault_and_is_shown_nowhere(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site")
    shutil.copy(SAMPLES / "20250703094410_001.pdf", settings.inbox(GENERAL) / "scan.pdf")
    with Daemon(settings, timetable=False) as daemon:
        while not daemon.settled():
            daemon.turn(0.05)
    reader = CatalogueReader(settings.layout.catalogue_db)
    search = SearchReader(settings.layout.search_db, reader.text_of)
    try:
        record = reader.record(next(row["number"] for row in reader.outcomes()), text=True)
        shown = json.dumps([record, reader.events(record["id"])], ensure_ascii=False, default=str)
        assert "●●●●" in record["text"] and "my-number" in record["flags"] and record["restricted"] is True
        assert "my_number" in {one["name"] for one in record["fields"]}
        assert not any(digits in shown for digits in ("5678", "9018"))
        assert search.search("5678").total == 0
        assert any("●●" in part for hit in search.search("個人番号").hits for part, _ in hit.snippet)
        receipts = next((settings.inbox(GENERAL) / "受付簿").glob("*.csv")).read_text("utf-8-sig")
        assert record["number"] in receipts and record["title"] not in receipts
        kept = (settings.layout.archive / record["vault_path"] / "text.json").read_text("utf-8")
        assert "5678" in kept
    finally:
        search.close()
        reader.close()
