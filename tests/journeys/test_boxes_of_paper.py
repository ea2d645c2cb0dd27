"""A box of paper is checked, cleared, approved and destroyed: once each, wherever the process is killed, and the journal alone tells of it afterwards."""

import json
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, TAX, answers, copy_site, deliver, dump, pdf, sha256, two_sections
from cut_short import Runs, killed_all_over

from scanpipe import cli
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings

PAGES = {
    (GENERAL, "letter.pdf"): ("みどり市企第17号\n令和7年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\n本文",),
    (GENERAL, "plan.pdf"): ("令和7年6月3日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\n別の本文",),
    (TAX, "bill.pdf"): ("請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事",),
}
COMPANIONS = {
    (GENERAL, "letter.pdf.json"): {"箱番号": "ｂ－12", "分類": "CORRESP"},
    (GENERAL, "plan.pdf.json"): {"箱番号": "B-12", "分類": "CORRESP"},
    (TAX, "bill.pdf.json"): {"箱番号": "B-12", "分類": "ACCOUNT"},
}
STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("paper_sample", "鈴木", {}),
    ("paper_check", "鈴木", {"failed": []}),
    ("paper_clear", "佐藤", {}),
    ("paper_approve", "山本", {}),
    ("paper_remove", "佐藤", {"how": "destroy", "method": "溶解", "on": "2026-07-01", "reference": "第7号"}),
)
KINDS = ("box_sampled", "box_passed", "box_cleared", "box_approved", "box_destroyed")


@pytest.fixture(scope="module")
def filed(quick_place: Path, runs: Runs) -> Settings:
    settings = two_sections(quick_place / "boxes", language="en", paper_keep="until_verified")
    texts = {sha256(pdf(*pages)): pages for pages in PAGES.values()}
    (settings.file.parent / "prepared.json").write_text(json.dumps(texts), "utf-8")
    deliver(settings, {key: json.dumps(said).encode() for key, said in COMPANIONS.items()} | {key: pdf(*pages) for key, pages in PAGES.items()})
    assert runs(settings.file)["error"] is None
    wish(settings, "paper_box", "高橋", box="Z-1", numbers=[numbers(settings, TAX)[0]])
    assert runs(settings.file)["error"] is None
    return settings


def wish(settings: Settings, verb: str, who: str, **wants: Any) -> None:
    requests = Requests(settings.layout.requests_db)
    requests.ask(verb, who, datetime(2026, 7, 1, tzinfo=UTC), **wants)
    requests.close()


def all_steps(settings: Settings) -> None:
    for verb, who, wants in STEPS:
        wish(settings, verb, who, box="B-12", **wants)


def numbers(settings: Settings, section: str) -> list[str]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    found = [row["number"] for row in reader.outcomes() if row["department"] == section]
    reader.close()
    return found


def faults(settings: Settings) -> str | None:
    """What is wrong about the site after its box was destroyed; None if nothing is."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        of_box = [reader.record(number) for number in numbers(settings, GENERAL)]
        assert [(record["box"], record["paper_status"]) for record in of_box] == [("B-12", "destroyed")] * 2
        assert [(row["digitised"], row["cleared"], row["removed"]) for row in reader.sheets("department")] == [(2.0, 2.0, 2.0), (1.0, 0.0, 0.0)]
        kinds = Counter(event.kind for event in chain(settings.layout.journal))
        assert [kinds[kind] for kind in KINDS] == [1] * 5, kinds
        assert [state for state, _ in answers(settings)] == ["done"] * 6, answers(settings)
    except AssertionError as wrong:
        return str(wrong)
    finally:
        reader.close()
    return None


def test_what_a_companion_file_says_lays_the_paper_into_its_sections_box(filed: Settings) -> None:
    reader = CatalogueReader(filed.layout.catalogue_db)
    boxes = {number: reader.record(number)["box"] for section in (GENERAL, TAX) for number in numbers(filed, section)}
    reader.close()
    assert sorted(boxes.values()) == ["B-12", "B-12", "Z-1"], boxes


def test_reindex_knows_every_step(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    all_steps(settings)
    assert runs(settings.file)["error"] is None
    assert faults(settings) is None
    before = dump(settings)
    assert [len(before[table]) for table in ("box", "box_record", "box_step")] == [2, 3, 6]
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
    assert dump(settings) == before


def test_wishes_that_are_answered_twice_act_once(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    all_steps(settings)
    assert runs(settings.file)["error"] is None
    before = dump(settings)
    requests = Requests(settings.layout.requests_db)
    requests.db.conn.execute("UPDATE request SET state = 'waiting', answer = NULL")  # the power failed before the answers were kept
    requests.close()
    assert runs(settings.file)["error"] is None
    assert dump(settings) == before
    assert faults(settings) is None


def test_a_corrected_record_takes_its_cleared_and_removed_sheets_along(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    all_steps(settings)
    wish(settings, "correct", "佐藤", numbers=[numbers(settings, GENERAL)[0]], changes={"category": "PLAN"}, reason="計画だった")
    assert runs(settings.file)["error"] is None
    reader = CatalogueReader(settings.layout.catalogue_db)
    found = {row["category"]: (row["digitised"], row["cleared"], row["removed"]) for row in reader.sheets("category")}
    reader.close()
    assert found == {"PLAN": (1.0, 1.0, 1.0), "CORRESP": (1.0, 1.0, 1.0), "ACCOUNT": (1.0, 0.0, 0.0)}
    before = dump(settings)
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
    assert dump(settings) == before


@pytest.mark.slow
def test_killed_at_any_system_call_every_step_is_done_once(filed: Settings, runs: Runs) -> None:
    wanted = copy_site(filed, filed.file.parents[2] / "boxes-wish")
    all_steps(wanted)
    wrong, calls = killed_all_over(wanted, runs, faults)
    assert wrong == {} and calls > 10
