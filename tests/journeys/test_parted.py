"""A person splits a filed record, merges several, takes either back: once, wherever the process is killed, and vault and journal alone tell of it afterwards."""

import csv
import io
import json
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, answers, copy_site, deliver, dump, files_in, pdf, sha256, two_sections
from cut_short import Runs

from scanpipe import cli, config
from scanpipe.catalogue.disposal_lists import disposal
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.catalogue.search import SearchReader
from scanpipe.config import Settings
from scanpipe.upkeep.disposal.disposals_shown import lists
from scanpipe.upkeep.disposal.transfer import Wanted, register_csv
from scanpipe.upkeep.proving.fixity import verify

STACK = ("通知\n令和7年6月2日\n花鳥風月の件について", "別紙 一覧", "請求書\n令和7年5月20日\n請求金額 ¥120,000\n雪月花", "内訳 松竹梅")
LETTER = ("みどり市企第17号\n令和7年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\n鶴亀算",)
ANNEX = ("別紙 図面集\n蓬莱山", "別紙 その二\n長寿")
WHOLE, FIRST, SECOND = "2026-000001", "2026-000002", "2026-000003"
SPLIT = {"number": WHOLE, "pages": ["1-2", "３〜"], "titles": ["花鳥風月の件", ""], "reason": "仕切り紙の入れ忘れ"}
MERGE = {"numbers": [FIRST, SECOND], "reason": "一つの文書を二回に分けてスキャンしたため"}


@pytest.fixture(scope="module")
def filed(quick_place: Path, runs: Runs) -> Settings:
    settings = two_sections(quick_place / "parted", language="en")
    files = {"a-stack.pdf": STACK, "b-letter.pdf": LETTER, "c-annex.pdf": ANNEX}
    texts = {sha256(pdf(*pages)): pages for pages in files.values()}
    (settings.file.parent / "prepared.json").write_text(json.dumps(texts), "utf-8")
    deliver(settings, {(GENERAL, name): pdf(*pages) for name, pages in files.items()})
    assert runs(settings.file)["error"] is None
    return settings


@pytest.fixture
def site(filed: Settings, tmp_path: Path) -> Settings:
    return copy_site(filed, tmp_path / "site")


def wish(settings: Settings, verb: str, **wants: Any) -> None:
    requests = Requests(settings.layout.requests_db)
    requests.ask(verb, "佐藤", datetime.now(UTC), **wants)
    requests.close()


def done(settings: Settings, runs: Runs, verb: str, **wants: Any) -> dict[str, Any]:
    """The answer to this wish."""
    wish(settings, verb, **wants)
    assert runs(settings.file)["error"] is None
    state, answer = answers(settings)[-1]
    assert state == "done", answer
    return answer


def refused(settings: Settings, runs: Runs, verb: str, **wants: Any) -> str:
    """Why this wish was refused; nothing has changed then."""
    before = dump(settings)
    wish(settings, verb, **wants)
    assert runs(settings.file)["error"] is None
    state, answer = answers(settings)[-1]
    assert state == "refused", answer
    assert dump(settings) == before
    return str(answer["reason"])


def record(settings: Settings, number: str) -> dict[str, Any]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return reader.record(number, text=True)
    finally:
        reader.close()


def found(settings: Settings, query: str) -> list[str]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    index = SearchReader(settings.layout.search_db, reader.text_of)
    try:
        return sorted(hit.number for hit in index.search(query).hits)
    finally:
        index.close()
        reader.close()


def digitised(settings: Settings) -> dict[str, float]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return {row["department"]: row["digitised"] for row in reader.sheets("department")}
    finally:
        reader.close()


def assert_books(settings: Settings, deliveries: int, *proofs: str) -> None:
    """All adds up; these records only prove: not in the cabinet, not counted, nothing to review."""
    reader = CatalogueReader(settings.layout.catalogue_db)
    facts = reader.status()
    bodies = {number: reader.record(number) for row in reader.outcomes() if (number := row["number"])}
    reader.close()
    assert (facts["deliveries"], facts["records"], facts["duplicates"], facts["rejected"], facts["waiting"]) == (deliveries, deliveries, 0, 0, 0)
    assert {number for number, body in bodies.items() if "batch" in body["flags"]} == set(proofs)
    shown = {body["path"] for body in bodies.values() if body["path"]}
    assert len(shown) == len(bodies) - len(proofs)
    assert {str(path.relative_to(settings.layout.archive)) for path in files_in(settings.layout.cabinet)} == shown
    for number in proofs:
        body = bodies[number]
        assert (body["path"], body["sheets"], body["pages"], body["category"], body["needs_review"]) == (None, 0, 0, "unclassified", False)
        assert body["retention"]["expires"] is None and (settings.layout.archive / body["vault_path"] / "record.json").exists()
    assert digitised(settings) == {GENERAL: 7.0}
    assert not list(settings.layout.spool_new.iterdir()) and not files_in(settings.layout.work)
    report = verify(settings.layout)
    assert report.sound, [str(one) for one in report.deviations]


def split_faults(settings: Settings) -> str | None:
    """What is wrong after SPLIT; None if nothing is."""
    try:
        assert_books(settings, 5, WHOLE)
        whole, first, second = record(settings, WHOLE), record(settings, "2026-000004"), record(settings, "2026-000005")
        assert (whole["parts"], first["batch"], second["batch"]) == (["2026-000004", "2026-000005"], WHOLE, WHOLE)
        assert (first["title"], first["pages"], second["pages"]) == ("花鳥風月の件", 2, 2)
        assert (first["received"], first["department"]) == (whole["received"], GENERAL)
        assert "花鳥風月" in first["text"] and "松竹梅" in second["text"]
        assert found(settings, "花鳥風月") == ["2026-000004"] and found(settings, "松竹梅") == ["2026-000005"]
        kinds = Counter(event.kind for event in chain(settings.layout.journal))
        assert (kinds["accessioned"], kinds["corrected"]) == (5, 1), kinds
    except AssertionError as wrong:
        return str(wrong)
    return None


def merge_faults(settings: Settings) -> str | None:
    """What is wrong after MERGE; None if nothing is."""
    try:
        assert_books(settings, 4, FIRST, SECOND)
        made = record(settings, "2026-000004")
        assert (made["merged"], made["pages"], made["department"]) == ([FIRST, SECOND], 3, GENERAL)
        assert [record(settings, number)["merged_into"] for number in (FIRST, SECOND)] == ["2026-000004"] * 2
        assert [file["name"] for file in made["files"]] == ["b-letter.pdf", "c-annex.pdf"]
        assert found(settings, "鶴亀算") == found(settings, "長寿") == ["2026-000004"]
        kinds = Counter(event.kind for event in chain(settings.layout.journal))
        assert (kinds["accessioned"], kinds["corrected"]) == (4, 2), kinds
    except AssertionError as wrong:
        return str(wrong)
    return None


def test_a_record_is_split_into_records_of_their_own(site: Settings, runs: Runs) -> None:
    before = record(site, WHOLE)
    answer = done(site, runs, "split", **SPLIT)
    assert [part["number"] for part in answer["parts"]] == ["2026-000004", "2026-000005"]
    assert split_faults(site) is None
    after = record(site, WHOLE)
    assert (after["original"], after["vault_path"], after["title"]) == (before["original"], before["vault_path"], before["title"])
    reader = CatalogueReader(site.layout.catalogue_db)
    (decided,) = reader.corrections(after["id"])
    reader.close()
    assert (decided["by"], decided["reason"], decided["changes"]) == ("佐藤", SPLIT["reason"], {"split_into": "2026-000004,2026-000005"})


def test_several_records_are_merged_into_one_whose_original_holds_theirs(site: Settings, runs: Runs) -> None:
    assert done(site, runs, "merge", **MERGE)["number"] == "2026-000004"
    assert merge_faults(site) is None
    folder = site.layout.archive / record(site, "2026-000004")["vault_path"]
    shutil.unpack_archive(folder / "original.zip", folder.parents[3] / "unpacked")
    assert [path.read_bytes() for path in sorted((folder.parents[3] / "unpacked").iterdir())] == [pdf(*LETTER), pdf(*ANNEX)]


def test_a_dry_run_only_says_what_would_come(site: Settings, runs: Runs) -> None:
    before = dump(site)
    assert done(site, runs, "split", **SPLIT, dry_run=True)["parts"][1] == {"number": None, "pages": "３〜", "title": None}
    assert done(site, runs, "merge", **MERGE, dry_run=True) | {"held_by": []} == {
        "number": None, "merged": [FIRST, SECOND], "pages": 3, "held_by": [], "dry_run": True,
    }  # fmt: skip
    assert dump(site) == before and not files_in(site.layout.work)


@pytest.mark.parametrize("verb", ["split", "merge"])
def test_undo_restores_what_was_and_undone_again_it_is_parted_anew(site: Settings, runs: Runs, verb: str) -> None:
    split = verb == "split"
    wants, old, new = (SPLIT, [WHOLE], ["2026-000004", "2026-000005"]) if split else (MERGE, [FIRST, SECOND], ["2026-000004"])
    before = {number: {name: value for name, value in record(site, number).items() if name != "filed"} for number in old}
    done(site, runs, verb, **wants)
    done(site, runs, "correct", numbers=[old[-1]], undo=True, reason="誤り")
    assert_books(site, 3 + len(new), *new)
    assert {number: {name: value for name, value in record(site, number).items() if name != "filed"} for number in old} == before
    assert found(site, "松竹梅") == [WHOLE] and found(site, "鶴亀算") == [FIRST]
    relation = {record(site, number)["merged_into"] for number in new} if split else {tuple(record(site, number)["parts"]) for number in new}
    assert relation == ({WHOLE} if split else {(FIRST, SECOND)})
    done(site, runs, "correct", numbers=[new[-1]], undo=True)
    assert_books(site, 3 + len(new), *old)
    assert found(site, "松竹梅") == (["2026-000005"] if split else [WHOLE])
    assert found(site, "鶴亀算") == ([FIRST] if split else ["2026-000004"])


def test_a_merger_is_taken_back_by_the_number_of_the_merged_record(site: Settings, runs: Runs) -> None:
    done(site, runs, "merge", **MERGE)
    done(site, runs, "correct", numbers=["2026-000004"], changes={"title": "合本"})
    done(site, runs, "correct", numbers=["2026-000004"], undo=True)
    assert merge_faults_but_for_corrections(site) is None
    done(site, runs, "correct", numbers=["2026-000004"], undo=True)
    assert_books(site, 4, "2026-000004")


def merge_faults_but_for_corrections(settings: Settings) -> str | None:
    says = merge_faults(settings)
    return None if says is None or "'corrected'" in says else says


def test_split_again_after_undo_it_becomes_new_records(site: Settings, runs: Runs) -> None:
    done(site, runs, "split", **SPLIT)
    done(site, runs, "correct", numbers=[WHOLE], undo=True)
    answer = done(site, runs, "split", **SPLIT)
    assert [part["number"] for part in answer["parts"]] == ["2026-000006", "2026-000007"]
    assert_books(site, 7, WHOLE, "2026-000004", "2026-000005")
    assert "2026-000001" in refused(site, runs, "correct", numbers=["2026-000004"], undo=True)


def test_parts_of_a_split_can_be_merged_with_others_and_split_again(site: Settings, runs: Runs) -> None:
    done(site, runs, "split", **SPLIT)
    done(site, runs, "merge", numbers=["2026-000005", SECOND])
    assert_books(site, 6, WHOLE, "2026-000005", SECOND)
    assert "2026-000005" in refused(site, runs, "correct", numbers=[WHOLE], undo=True)
    done(site, runs, "split", number="2026-000006", pages=["1-3", "4"])
    assert_books(site, 8, WHOLE, "2026-000005", SECOND, "2026-000006")
    assert found(site, "長寿") == ["2026-000008"]


def test_what_a_person_had_decided_goes_with_the_pages(site: Settings, runs: Runs) -> None:
    done(site, runs, "correct", numbers=[WHOLE, FIRST], changes={"category": "CONTRACT", "event": "2025-09-30"})
    done(site, runs, "split", **SPLIT)
    done(site, runs, "merge", **MERGE)
    part, made = record(site, "2026-000004"), record(site, "2026-000006")
    assert (part["category"], part["needs_review"], part["retention"]["starts"]) == ("CONTRACT", False, None)
    assert (made["category"], made["retention"]["starts"]) == ("CONTRACT", "2026-04-01")
    assert ("category", "person:佐藤") in {(one["about"], one["rule"]) for one in made["evidence"]}


def test_a_hold_goes_with_the_pages_and_comes_back_with_them(site: Settings, runs: Runs) -> None:
    hold = {"kind": "audit", "reason": "会計検査", "reference": "検第1号"}
    done(site, runs, "hold", **hold, numbers=[WHOLE])
    answer = done(site, runs, "split", **SPLIT)
    assert len(answer["held_by"]) == 1
    held = {number: [one["reference"] for one in record(site, number)["retention"]["holds"]] for number in ("2026-000004", "2026-000005", FIRST)}
    assert held == {"2026-000004": ["検第1号"], "2026-000005": ["検第1号"], FIRST: []}
    done(site, runs, "hold", **hold | {"reference": "検第2号"}, numbers=["2026-000005"])
    done(site, runs, "correct", numbers=[WHOLE], undo=True)
    assert [one["reference"] for one in record(site, WHOLE)["retention"]["holds"]] == ["検第1号", "検第2号"]
    before = dump(site)
    shutil.rmtree(site.layout.catalogue_db.parent)
    assert cli.main(["--config", str(site.file), "reindex", "--json"]) == 0
    assert dump(site) == before


def test_a_restricted_record_gives_its_parts_no_more_freedom(site: Settings, runs: Runs) -> None:
    schedule = site.file.with_name("retention.toml")
    code = next(line.split('"')[1] for line in schedule.read_text("utf-8").splitlines() if line.startswith('code = "CONTRACT"'))
    schedule.write_text(schedule.read_text("utf-8").replace(f'code = "{code}"', f'code = "{code}"\nrestricted = true', 1), "utf-8")
    done(site, runs, "correct", numbers=[SECOND], changes={"category": "CONTRACT"})
    done(site, runs, "merge", **MERGE)
    made = record(site, "2026-000004")
    assert (made["restricted"], made["path"]) == (True, None)


@pytest.mark.parametrize(
    ("verb", "wants", "says"),
    [
        ("split", {"number": WHOLE, "pages": ["1-2"]}, "two parts"),
        ("split", {"number": WHOLE, "pages": ["1-2", "4"]}, "In no part: page 3"),
        ("split", {"number": WHOLE, "pages": ["1-3", "3-4"]}, "more than one part: page 3"),
        ("split", {"number": WHOLE, "pages": ["1-2", "3-5"]}, "no page 5"),
        ("split", {"number": WHOLE, "pages": ["1-2", "三-四"]}, "三-四"),
        ("split", {"number": WHOLE, "pages": ["1-2", "3-4"], "titles": ["a", "b", "c"]}, "more titles"),
        ("split", {"number": "2026-000099", "pages": ["1", "2"]}, "2026-000099"),
        ("merge", {"numbers": [FIRST, FIRST]}, "two different records"),
        ("merge", {"numbers": [FIRST, "2026-000099"]}, "2026-000099"),
        ("correct", {"numbers": [WHOLE], "undo": True}, "taken back already"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(filed: Settings, runs: Runs, tmp_path: Path, verb: str, wants: dict[str, Any], says: str) -> None:
    assert says in refused(copy_site(filed, tmp_path / "site"), runs, verb, **wants)


def test_a_record_whose_pages_are_elsewhere_is_decided_upon_there(site: Settings, runs: Runs) -> None:
    done(site, runs, "split", **SPLIT)
    for verb, wants in (
        ("correct", {"numbers": [WHOLE], "changes": {"title": "x"}}),
        ("split", {"number": WHOLE, "pages": ["1", "2-"]}),
        ("merge", {"numbers": [FIRST, WHOLE]}),
        ("replace", {"old": WHOLE, "new": FIRST, "reason": "x"}),
    ):
        assert "2026-000004, 2026-000005" in refused(site, runs, verb, **wants)


def test_records_of_two_sections_are_not_merged(site: Settings, runs: Runs) -> None:
    done(site, runs, "correct", numbers=[SECOND], changes={"department": "0103"})
    assert "0103" in refused(site, runs, "merge", **MERGE)


def test_a_rescan_takes_over_what_was_decided_and_the_old_record_is_proposed_for_withdrawal(site: Settings, runs: Runs) -> None:
    done(site, runs, "correct", numbers=[FIRST], changes={"category": "CONTRACT", "title": "庁舎清掃の請求", "event": "2025-09-30"})
    wants = {"old": FIRST, "new": SECOND, "reason": "かすれていたため"}
    planned = done(site, runs, "replace", **wants, dry_run=True)
    answer = done(site, runs, "replace", **wants)
    assert planned["new"]["after"] == answer["new"]["after"]
    assert answer["new"]["after"] | {"department": GENERAL} == {
        "category": "CONTRACT", "title": "庁舎清掃の請求", "event": "2025-09-30", "department": GENERAL, "replaces": FIRST,
    } | {name: value for name, value in answer["new"]["after"].items() if name in ("kind", "document_number", "sender", "addressee", "date")}  # fmt: skip
    old, new = record(site, FIRST), record(site, SECOND)
    assert (old["replaced_by"], new["replaces"], new["category"], new["title"]) == (SECOND, FIRST, "CONTRACT", "庁舎清掃の請求")
    assert old["path"] is not None and answer["disposal"]["kind"] == "withdrawal"
    place = copy_site(site, site.file.parents[2] / "withdrawn")
    undone = done(site, runs, "correct", numbers=[SECOND], undo=True)["records"]
    assert [(one["before"]["replaces"], one["after"]["replaces"]) for one in undone] == [(FIRST, None)]
    assert (record(site, FIRST)["replaced_by"], record(site, SECOND)["replaces"]) == (None, None)
    carried_out(place, runs, answer["disposal"]["number"])
    assert FIRST in refused(place, runs, "correct", numbers=[SECOND], undo=True)
    assert record(place, SECOND)["replaces"] == FIRST


def test_reindex_knows_splits_mergers_and_what_was_taken_back(site: Settings, runs: Runs) -> None:
    done(site, runs, "split", **SPLIT)
    done(site, runs, "merge", **MERGE)
    done(site, runs, "correct", numbers=[WHOLE], undo=True)
    before = dump(site)
    shutil.rmtree(site.layout.catalogue_db.parent)
    assert cli.main(["--config", str(site.file), "reindex", "--json"]) == 0
    assert dump(site) == before
    assert found(site, "松竹梅") == [WHOLE] and found(site, "鶴亀算") == ["2026-000006"]


def test_parts_of_a_split_that_was_taken_back_go_along_with_the_whole_and_are_not_counted(site: Settings, runs: Runs) -> None:
    done(site, runs, "split", **SPLIT)
    done(site, runs, "correct", numbers=[WHOLE], undo=True)
    done(site, runs, "correct", numbers=[WHOLE], changes={"category": "PLAN", "completed": "1980-06-01"})
    body = done(site, runs, "dispose")["disposal"]
    parts = ["2026-000004", "2026-000005"]
    assert {one["number"]: one["batch_of"] for one in body["entries"]} == {WHOLE: [], **{number: [WHOLE] for number in parts}}
    assert body["records"] == 1
    reader = CatalogueReader(site.layout.catalogue_db)
    assert [one["records"] for one in lists(reader)] == [1]
    wanted = Wanted(disposal=disposal(reader.db, body["number"]), numbers=(WHOLE, *parts), day=date(2026, 11, 22))
    _head, *rows = csv.reader(io.StringIO(register_csv(wanted, reader, site).decode("utf-8-sig")))
    reader.close()
    assert len(rows) == 1 and WHOLE in rows[0] and rows[0][-1] == ", ".join(parts)


def test_show_tells_of_the_others_and_of_who_decided_why(
    site: Settings, runs: Runs, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done(site, runs, "split", **SPLIT)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert cli.main(["--config", str(site.file), "show", WHOLE]) == 0
    said = capfd.readouterr().out
    assert "2026-000004, 2026-000005" in said and "佐藤" in said and SPLIT["reason"] in said


# --- killed ---


def faults_when_killed(
    filed: Settings, runs: Runs, verb: str, wants: dict[str, Any], faults: Callable[[Settings], str | None], every: int, *, least: int = 60
) -> dict[int, str]:
    wanted = copy_site(filed, filed.file.parents[2] / f"{verb}-wish")
    wish(wanted, verb, **wants)
    place = filed.file.parents[2] / f"{verb}-run"
    calls = int(runs(copy_site(wanted, place).file)["calls"])
    assert faults(config.load(place / "config" / "scanpipe.toml")) is None
    shutil.rmtree(place)
    assert calls > least
    wrong: dict[int, str] = {}
    for at in range(1, calls + 1, every):
        settings = copy_site(wanted, place)
        runs(settings.file, at)
        answer = runs(settings.file)
        says = answer["error"] or faults(settings) or next((str(answer) for state, answer in answers(settings) if state != "done"), None)
        if says:
            wrong[at] = str(says)[-800:]
        shutil.rmtree(place)
    shutil.rmtree(wanted.file.parents[1])
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "wants", "faults"), [("split", SPLIT, split_faults), ("merge", MERGE, merge_faults)], ids=["split", "merge"])
def test_killed_at_any_system_call_it_is_done_once(
    filed: Settings, runs: Runs, verb: str, wants: dict[str, Any], faults: Callable[[Settings], str | None]
) -> None:
    assert faults_when_killed(filed, runs, verb, wants, faults, 1) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "wants", "numbers", "proofs"),
    [
        ("split", SPLIT, [WHOLE], ["2026-000004", "2026-000005"]),
        ("merge", MERGE, ["2026-000004"], ["2026-000004"]),
        ("merge", MERGE, [SECOND], ["2026-000004"]),
    ],
    ids=["split", "merged record", "merged source"],
)
def test_killed_while_it_is_taken_back_it_is_taken_back_once(
    filed: Settings, runs: Runs, verb: str, wants: dict[str, Any], numbers: list[str], proofs: list[str]
) -> None:
    base = copy_site(filed, filed.file.parents[2] / "undo-base")
    done(base, runs, verb, **wants)

    def faults(settings: Settings) -> str | None:
        try:
            assert_books(settings, 3 + len(proofs), *proofs)
            assert (found(settings, "松竹梅"), found(settings, "鶴亀算")) == ([WHOLE], [FIRST])
        except AssertionError as wrong:
            return str(wrong)
        return None

    assert faults_when_killed(base, runs, "correct", {"numbers": numbers, "undo": True}, faults, 2, least=20) == {}
    shutil.rmtree(base.file.parents[1])


@pytest.mark.slow
def test_killed_while_a_rescan_replaces_a_record_it_replaces_it_once(filed: Settings, runs: Runs) -> None:
    def faults(settings: Settings) -> str | None:
        try:
            assert (record(settings, FIRST)["replaced_by"], record(settings, SECOND)["replaces"]) == (SECOND, FIRST)
            kinds = Counter(event.kind for event in chain(settings.layout.journal))
            assert (kinds["corrected"], kinds["disposal_proposed"]) == (1, 1), kinds
        except AssertionError as wrong:
            return str(wrong)
        return None

    assert faults_when_killed(filed, runs, "replace", {"old": FIRST, "new": SECOND, "reason": "かすれ"}, faults, 2, least=10) == {}


def carried_out(settings: Settings, runs: Runs, number: str) -> None:
    for verb, who in (("dispose_approve", "鈴木"), ("dispose_carry_out", "佐藤")):
        requests = Requests(settings.layout.requests_db)
        requests.ask(verb, who, datetime.now(UTC), list=number)
        requests.close()
        assert runs(settings.file)["error"] is None
        assert answers(settings)[-1][0] == "done", answers(settings)[-1]


def test_what_was_split_goes_with_the_first_part_and_is_not_put_together_again(site: Settings, runs: Runs) -> None:
    done(site, runs, "split", **SPLIT)
    body = done(site, runs, "withdraw", numbers=["2026-000005"], reason="誤り")["disposal"]
    assert {one["number"] for one in body["entries"]} == {WHOLE, "2026-000005"}
    carried_out(site, runs, body["number"])
    assert [record(site, number)["state"] for number in (WHOLE, "2026-000004", "2026-000005")] == ["disposed", "accounted", "disposed"]
    assert "tombstone" in refused(site, runs, "correct", numbers=[WHOLE], undo=True)
    assert not [path for path in files_in(site.layout.store) if "松竹梅".encode() in path.read_bytes()]
    assert record(site, WHOLE)["parts"] == ["2026-000004", "2026-000005"] and found(site, "花鳥風月") == ["2026-000004"]
    assert verify(site.layout).sound
    before = dump(site)
    shutil.rmtree(site.layout.catalogue_db.parent)
    assert cli.main(["--config", str(site.file), "reindex", "--json"]) == 0
    assert dump(site) == before


def test_what_was_merged_goes_with_it_and_the_merger_stays(site: Settings, runs: Runs) -> None:
    done(site, runs, "merge", **MERGE)
    body = done(site, runs, "withdraw", numbers=["2026-000004"], reason="誤り")["disposal"]
    assert {one["number"] for one in body["entries"]} == {FIRST, SECOND, "2026-000004"}
    carried_out(site, runs, body["number"])
    assert [record(site, number)["state"] for number in (FIRST, SECOND, "2026-000004")] == ["disposed"] * 3
    assert "tombstone" in refused(site, runs, "correct", numbers=["2026-000004"], undo=True) and verify(site.layout).sound
