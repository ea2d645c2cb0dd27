"""A person corrects a filed record: once, wherever the process is killed, and vault and journal alone tell of it afterwards."""

import json
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX, answers, copy_site, deliver, dump, files_in, pdf, sha256, two_sections
from cut_short import Runs, killed_all_over

from scanpipe import cli
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.catalogue.search import SearchReader
from scanpipe.config import Settings
from scanpipe.upkeep.proving.fixity import verify
from scanpipe.upkeep.teaching.learning import decisions

PAGES = {
    (GENERAL, "letter.pdf"): ("みどり市企第17号\n令和7年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\n本文",),
    (TAX, "bill.pdf"): ("請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事",),
}
BILL = "2026-000002"
CHANGES = {"category": "CONTRACT", "title": "庁舎清掃の請求", "department": GENERAL, "event": "2025-09-30"}


@pytest.fixture(scope="module")
def filed(quick_place: Path, runs: Runs) -> Settings:
    settings = two_sections(quick_place / "corrected", language="en")
    texts = {sha256(pdf(*pages)): pages for pages in PAGES.values()}
    (settings.file.parent / "prepared.json").write_text(json.dumps(texts), "utf-8")
    deliver(settings, {key: pdf(*pages) for key, pages in PAGES.items()})
    assert runs(settings.file)["error"] is None
    return settings


def wish(settings: Settings, **wants: Any) -> None:
    requests = Requests(settings.layout.requests_db)
    requests.ask("correct", "佐藤", datetime.now(UTC), **wants)
    requests.close()


def record(settings: Settings, number: str = BILL) -> dict[str, Any]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return reader.record(number)
    finally:
        reader.close()


def found(settings: Settings, query: str, **filters: str) -> list[str]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    index = SearchReader(settings.layout.search_db, reader.text_of)
    try:
        return [hit.number for hit in index.search(query, **filters).hits]
    finally:
        index.close()
        reader.close()


def faults(settings: Settings) -> str | None:
    """What is wrong about the site after the bill was corrected as CHANGES say; None if nothing is."""
    try:
        body = record(settings)
        told = {"category": body["category"], "title": body["title"], "department": body["department"], "state": body["state"]}
        assert told == {"category": "CONTRACT", "title": "庁舎清掃の請求", "department": GENERAL, "state": "accounted"}, told
        assert (body["retention"]["starts"], body["retention"]["expires"]) == ("2026-04-01", "2036-03-31"), body["retention"]
        shown = sorted(str(path.relative_to(settings.layout.archive)) for path in files_in(settings.layout.cabinet))
        assert len(shown) == 2 and body["path"] in shown, shown
        assert found(settings, "請求", category="CONTRACT") == [BILL] and found(settings, "請求", category="ACCOUNT") == []
        assert [path.name for path in files_in(settings.layout.archive / body["vault_path"] / "meta")] == ["0001.json"]
        assert Counter(event.kind for event in chain(settings.layout.journal))["corrected"] == 1
        report = verify(settings.layout)
        assert report.sound, [str(one) for one in report.deviations]
    except AssertionError as wrong:
        return str(wrong)
    return None


def test_a_corrected_record_is_filed_indexed_and_counted_anew(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    before = record(settings)
    wish(settings, numbers=[BILL], changes=CHANGES, reason="契約の変更に伴う請求のため")
    assert runs(settings.file)["error"] is None
    assert faults(settings) is None
    after = record(settings)
    assert after["original"] == before["original"] and not (settings.layout.archive / before["path"]).exists()
    reader = CatalogueReader(settings.layout.catalogue_db)
    assert {row["category"]: row["digitised"] for row in reader.sheets("category")} == {"unclassified": 1.0, "CONTRACT": 1.0}
    (correction,) = reader.corrections(after["id"])
    reader.close()
    assert (correction["by"], correction["reason"], correction["changes"]) == ("佐藤", "契約の変更に伴う請求のため", CHANGES)


def test_reindex_knows_every_correction(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    for changes in (CHANGES, {"title": "別の件名"}):
        wish(settings, numbers=[BILL], changes=changes)
        assert runs(settings.file)["error"] is None
    wish(settings, numbers=[BILL], undo=True)
    assert runs(settings.file)["error"] is None
    before = dump(settings)
    assert len(before["correction"]) == 3
    lines = json.dumps([event.data for event in chain(settings.layout.journal) if event.kind == "corrected"], ensure_ascii=False)
    metas = [json.loads(path.read_bytes()) for path in files_in(settings.layout.archive / record(settings)["vault_path"] / "meta")]
    quotes = [one["quote"] for meta in metas for one in meta["description"]["evidence"] if not one["rule"].startswith("person:")]
    assert any(quotes) and not any(f'"{quote}"' in lines for quote in quotes if quote)  # a line stays for ever; words of the pages do not
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
    assert dump(settings) == before
    assert record(settings)["title"] == "庁舎清掃の請求"


def test_taking_all_back_makes_the_record_what_was_filed(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    before = record(settings)
    wish(settings, numbers=[BILL], changes=CHANGES)
    wish(settings, numbers=["2026-000001"], changes={"date": "2025-06-03"})
    assert runs(settings.file)["error"] is None
    wish(settings, numbers=[BILL], undo=True)
    assert runs(settings.file)["error"] is None
    assert {name: value for name, value in record(settings).items() if name != "filed"} == {name: value for name, value in before.items() if name != "filed"}
    wish(settings, numbers=[BILL], undo=True)
    assert runs(settings.file)["error"] is None
    assert [state for state, _ in answers(settings)] == ["done", "done", "done", "refused"]


@pytest.mark.parametrize(
    ("wants", "says"),
    [
        ({"numbers": ["2026-000099"], "changes": {"title": "x"}}, "2026-000099"),
        ({"numbers": [BILL], "changes": {"category": "NOSUCH"}}, "NOSUCH"),
        ({"numbers": [BILL], "changes": {"date": "令和7年"}}, "令和7年"),
        ({"numbers": [BILL], "changes": {"sheets": "3"}}, "sheets"),
        ({"numbers": [BILL], "changes": {"extended": "2020-01-01"}}, "2020-01-01"),
        ({"numbers": [BILL], "changes": {"title": "請求書"}}, "Nothing would change"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(filed: Settings, runs: Runs, tmp_path: Path, wants: dict[str, Any], says: str) -> None:
    settings = copy_site(filed, tmp_path / "site")
    before = dump(settings)
    wish(settings, **wants)
    assert runs(settings.file)["error"] is None
    ((state, answer),) = answers(settings)
    assert state == "refused" and says in answer["reason"]
    assert dump(settings) == before


def test_naming_the_category_that_a_record_has_confirms_it_and_twice_is_once(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    for _time in range(2):
        wish(settings, numbers=[BILL], changes={"category": "ACCOUNT"})
        assert runs(settings.file)["error"] is None
    (first, answer), (second, refusal) = answers(settings)
    assert (first, answer["records"][0]["number"], second) == ("done", BILL, "refused")
    assert "Nothing would change" in refusal["reason"]
    body = record(settings)
    assert (body["category"], body["confidence"], body["needs_review"]) == ("ACCOUNT", 1.0, False)
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        assert [one.category for one in decisions(reader)] == ["ACCOUNT"]
    finally:
        reader.close()


def test_one_wrong_record_of_many_changes_none(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    before = dump(settings)
    wish(settings, numbers=["2026-000001", "2026-000099"], changes={"category": "TAX"})
    assert runs(settings.file)["error"] is None
    assert dump(settings) == before


def test_killed_at_any_system_call_it_is_corrected_once(filed: Settings, runs: Runs) -> None:
    wanted = copy_site(filed, filed.file.parents[2] / "corrected-wish")
    wish(wanted, numbers=[BILL], changes=CHANGES)
    wrong, calls = killed_all_over(wanted, runs, faults)
    assert wrong == {} and calls > 10


def test_of_many_those_that_need_nothing_are_told_and_the_others_are_changed(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    for _ in range(2):
        wish(settings, numbers=[BILL], changes={"category": "CONTRACT"})
        assert runs(settings.file)["error"] is None
    wish(settings, numbers=["2026-000001", BILL], changes={"category": "CONTRACT"})
    assert runs(settings.file)["error"] is None
    (first, _answer), (again, _refusal), (state, answer) = answers(settings)
    assert (first, again, state) == ("done", "refused", "done")
    assert ([one["number"] for one in answer["records"]], answer["unchanged"]) == (["2026-000001"], [BILL])
    assert [record(settings, number)["category"] for number in ("2026-000001", BILL)] == ["CONTRACT"] * 2
