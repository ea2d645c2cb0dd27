"""A person holds records and ends the hold: once each, wherever the process is killed, and the journal alone tells of it afterwards."""

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
    (TAX, "bill.pdf"): ("請求書\n令和7年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事",),
}
LETTER, BILL = "2026-000001", "2026-000002"
REQUEST = {"kind": "disclosure", "reason": "開示請求の対象", "reference": "情公第3号", "from": "2026-05-01"}
END = {"hold": "情公第3号", "on": "2026-06-30", "reason": "一部開示を決定"}
HOLDS = ("held", "hold_ended")


@pytest.fixture(scope="module")
def filed(quick_place: Path, runs: Runs) -> Settings:
    settings = two_sections(quick_place / "held", language="en")
    texts = {sha256(pdf(*pages)): pages for pages in PAGES.values()}
    (settings.file.parent / "prepared.json").write_text(json.dumps(texts), "utf-8")
    deliver(settings, {key: pdf(*pages) for key, pages in PAGES.items()})
    assert runs(settings.file)["error"] is None
    return settings


def wish(settings: Settings, verb: str, **wants: Any) -> str:
    requests = Requests(settings.layout.requests_db)
    asked = requests.ask(verb, "佐藤", datetime(2026, 7, 1, tzinfo=UTC), **wants)
    requests.close()
    return asked.id


def holds_on(settings: Settings, number: str) -> list[dict[str, Any]]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        found: list[dict[str, Any]] = reader.record(number)["retention"]["holds"]
        return found
    finally:
        reader.close()


def faults(settings: Settings) -> str | None:
    """What is wrong about the site after the bill was held and the hold ended; None if nothing is."""
    try:
        (hold,) = holds_on(settings, BILL)
        assert (hold["ended"], hold["ends"], hold["by"]) == ("2026-06-30", "2027-06-30", "佐藤"), hold
        assert holds_on(settings, LETTER) == []
        kinds = Counter(event.kind for event in chain(settings.layout.journal))
        assert [kinds[kind] for kind in HOLDS] == [1, 1], kinds
        assert [state for state, _ in answers(settings)] == ["done", "done"], answers(settings)
    except AssertionError as wrong:
        return str(wrong)
    return None


def test_a_held_record_shows_its_hold_and_a_decision_keeps_it_for_another_year(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    id = wish(settings, "hold", numbers=[BILL], **REQUEST)
    assert runs(settings.file)["error"] is None
    said = {"id": id, "kind": "disclosure", "reason": "開示請求の対象", "reference": "情公第3号", "by": "佐藤", "from": "2026-05-01"}
    assert holds_on(settings, BILL) == [said | {"until": None, "until_event": None, "ended": None, "voided": None, "ends": None}]
    wish(settings, "end_hold", **END)
    assert runs(settings.file)["error"] is None
    assert faults(settings) is None


def test_a_standing_hold_catches_records_that_come_later(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    wish(settings, "hold", standing={"department": TAX, "category": None, "fiscal_year": 2025}, **REQUEST)
    assert runs(settings.file)["error"] is None
    late = ("納品書\n令和7年8月1日\n税務課長様\n株式会社さくら商事",)
    (settings.file.parent / "prepared.json").write_text(json.dumps({sha256(pdf(*late)): late}), "utf-8")
    deliver(settings, {(TAX, "late.pdf"): pdf(*late), (GENERAL, "other.pdf"): pdf(*late)})
    assert runs(settings.file)["error"] is None
    reader = CatalogueReader(settings.layout.catalogue_db)
    sections = {row["number"]: row["department"] for row in reader.outcomes()}
    reader.close()
    assert {number for number in sections if holds_on(settings, number)} == {number for number, section in sections.items() if section == TAX}
    assert len(sections) == 4


def test_reindex_knows_every_hold(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    wish(settings, "hold", numbers=[LETTER, BILL], query="請求", until="2027-03-31", **REQUEST)
    wish(settings, "end_hold", **END)
    wish(settings, "hold", standing={"category": "ACCOUNT"}, until_event="判決の確定", kind="litigation", reason="訴訟", reference="(ワ)第5号")
    assert runs(settings.file)["error"] is None
    wish(settings, "void_hold", hold="(ワ)第5号", reason="取り違え")
    assert runs(settings.file)["error"] is None
    before = dump(settings)
    assert (len(before["hold"]), len(before["hold_record"])) == (2, 2)
    assert ["取り違え" in row for row in before["hold"]] == [False, True]
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
    assert dump(settings) == before


@pytest.mark.parametrize(
    ("verb", "wants", "says"),
    [
        ("hold", {**REQUEST, "numbers": ["2026-000099"]}, "2026-000099"),
        ("hold", {**REQUEST, "numbers": [BILL], "kind": "whim"}, "whim"),
        ("hold", {**REQUEST, "numbers": [BILL], "until": "来年"}, "来年"),
        ("hold", {**REQUEST, "numbers": [BILL], "until": "2026-04-30"}, "2026-04-30"),
        ("hold", {**REQUEST, "numbers": []}, "what is held"),
        ("hold", {**REQUEST, "standing": {"department": "9999"}}, "9999"),
        ("hold", {**REQUEST, "standing": {"category": "NOSUCH"}}, "NOSUCH"),
        ("end_hold", END, "情公第3号"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(filed: Settings, runs: Runs, tmp_path: Path, verb: str, wants: dict[str, Any], says: str) -> None:
    settings = copy_site(filed, tmp_path / "site")
    before = dump(settings)
    wish(settings, verb, **wants)
    assert runs(settings.file)["error"] is None
    ((state, answer),) = answers(settings)
    assert state == "refused" and says in answer["reason"]
    assert dump(settings) == before


def test_a_dry_run_says_what_would_be_held_and_holds_nothing(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    before = dump(settings)
    wish(settings, "hold", numbers=[BILL], standing={"department": GENERAL}, dry_run=True, **REQUEST)
    assert runs(settings.file)["error"] is None
    ((state, answer),) = answers(settings)
    assert (state, answer["records"], answer["dry_run"]) == ("done", 2, True)
    assert dump(settings) == before


def test_a_wish_that_is_answered_twice_holds_and_ends_once(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    wish(settings, "hold", numbers=[BILL], **REQUEST)
    wish(settings, "end_hold", **END)
    assert runs(settings.file)["error"] is None
    before = dump(settings)
    requests = Requests(settings.layout.requests_db)
    requests.db.conn.execute("UPDATE request SET state = 'waiting', answer = NULL")  # the power failed before the answer was kept
    requests.close()
    assert runs(settings.file)["error"] is None
    assert dump(settings) == before
    assert faults(settings) is None


def test_a_hold_is_void_once(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    wish(settings, "hold", numbers=[BILL], **REQUEST)
    wish(settings, "void_hold", hold="情公第3号", reason="取り違え")
    assert runs(settings.file)["error"] is None
    assert holds_on(settings, BILL) == []
    before = dump(settings)
    requests = Requests(settings.layout.requests_db)
    requests.db.conn.execute("UPDATE request SET state = 'waiting', answer = NULL")
    requests.close()
    assert runs(settings.file)["error"] is None
    assert dump(settings) == before
    assert [state for state, _ in answers(settings)] == ["done", "done"]


def test_killed_at_any_system_call_it_is_held_and_ended_once(filed: Settings, runs: Runs) -> None:
    wanted = copy_site(filed, filed.file.parents[2] / "held-wish")
    wish(wanted, "hold", numbers=[BILL], **REQUEST)
    wish(wanted, "end_hold", **END)
    wrong, calls = killed_all_over(wanted, runs, faults)
    assert wrong == {} and calls > 4
