"""Records are disposed of by a list: agreed to, approved by others, once each wherever the process is killed; nothing of their pages is left, and the books add up."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bagit
import pytest
from custody import GENERAL, TAX, answers, copy_site, deliver, dump, files_in, pdf, sha256, two_sections
from cut_short import Runs

from scanpipe import cli, tombstone, vault
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.catalogue.search import SearchReader
from scanpipe.config import Settings
from scanpipe.daemon import Daemon
from scanpipe.upkeep.disposal import destruction
from scanpipe.upkeep.proving.fixity import verify

PAGES = {
    (GENERAL, "letter.pdf"): (
        "みどり市企第17号\n令和元年6月2日\n各課長様\n企画財政課長\n行政手続の見直しについて(通知)\n本文は鶴亀算のとおり",
        "別紙 鶴亀算の二",
    ),
    (GENERAL, "plan.pdf"): ("第二次総合計画\n令和元年6月2日\n計画の本文は松竹梅のとおり",),
    (TAX, "bill.pdf"): ("請求書\n令和元年5月20日\n税務課長様\n請求金額 ¥120,000\n株式会社さくら商事\n備考 花鳥風月",),
    (TAX, "kept.pdf"): ("納品書\n令和8年5月20日\n備考 雪月花",),
}
LETTER, PLAN, BILL, KEPT = (f"2026-00000{n}" for n in range(1, 5))
OVER = {"completed": "2010-06-01"}
EXPIRED = {LETTER: {"category": "CORRESP", **OVER}, PLAN: {"category": "PLAN", "completed": "1980-06-01"}, BILL: {"category": "ACCOUNT", **OVER}}
LIST = "D2026-001"
NOW = datetime.now(UTC)


class Clock:
    """Wishes come a second apart."""

    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> datetime:
        self.seconds += 1
        return NOW + timedelta(seconds=self.seconds)


clock = Clock()


def wish(settings: Settings, verb: str, who: str, **wants: Any) -> None:
    requests = Requests(settings.layout.requests_db)
    requests.ask(verb, who, clock(), **wants)
    requests.close()


def decided(settings: Settings, runs: Runs, verb: str, who: str, **wants: Any) -> dict[str, Any]:
    """The wish, answered; it must be done."""
    wish(settings, verb, who, **wants)
    assert runs(settings.file)["error"] is None
    state, answer = answers(settings)[-1]
    assert state == "done", answer
    return answer


def refused(settings: Settings, runs: Runs, verb: str, who: str, **wants: Any) -> str:
    wish(settings, verb, who, **wants)
    assert runs(settings.file)["error"] is None
    state, answer = answers(settings)[-1]
    assert state == "refused", answer
    return str(answer["reason"])


@pytest.fixture(scope="module")
def filed(quick_place: Path, runs: Runs) -> Settings:
    """Four records, the period of three of which has passed."""
    settings = two_sections(quick_place / "disposed", language="en")
    texts = {sha256(pdf(*pages)): pages for pages in PAGES.values()}
    (settings.file.parent / "prepared.json").write_text(json.dumps(texts), "utf-8")
    deliver(settings, {key: pdf(*pages) for key, pages in PAGES.items()})
    assert runs(settings.file)["error"] is None
    for number, changes in EXPIRED.items():
        decided(settings, runs, "correct", "佐藤", numbers=[number], changes=changes, reason="")
    return settings


@pytest.fixture(scope="module")
def approved(filed: Settings, quick_place: Path, runs: Runs) -> Settings:
    """The list of these three, agreed to and approved by two persons."""
    settings = copy_site(filed, quick_place / "approved")
    decided(settings, runs, "dispose", "佐藤")
    for section in (GENERAL, TAX):
        decided(settings, runs, "dispose_answer", "課長", list=LIST, department=section)
    for who in ("鈴木", "高橋"):
        decided(settings, runs, "dispose_approve", who, list=LIST)
    return settings


@pytest.fixture(scope="module")
def done(approved: Settings, quick_place: Path, runs: Runs) -> Settings:
    """The list carried out, the plan handed to the archives."""
    settings = copy_site(approved, quick_place / "done")
    decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)
    decided(settings, runs, "dispose_handed_over", "佐藤", list=LIST, reference="公文書館収第8号")
    return settings


def record(settings: Settings, number: str) -> dict[str, Any]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return reader.record(number)
    finally:
        reader.close()


def status(settings: Settings) -> dict[str, Any]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return reader.status()
    finally:
        reader.close()


def found(settings: Settings, query: str) -> list[str]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    index = SearchReader(settings.layout.search_db, reader.text_of)
    try:
        return [hit.number for hit in index.search(query).hits]
    finally:
        index.close()
        reader.close()


def show(settings: Settings, capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> Any:
    capfdbinary.readouterr()
    assert cli.main(["--config", str(settings.file), *arguments, "--json"]) == 0
    return json.loads(capfdbinary.readouterr().out)


def folder(settings: Settings, number: str) -> Path:
    return settings.layout.archive / record(settings, number)["vault_path"]


def holding(settings: Settings, word: str) -> list[str]:
    """The files of the whole site that hold these bytes, the drop folders and prepared texts apart."""
    store = settings.layout.store
    wanted = word.encode()
    return [str(path.relative_to(store)) for path in [*files_in(store), *files_in(settings.layout.taken)] if wanted in path.read_bytes()]


def faults(settings: Settings, begun: int = 1) -> str | None:
    """What is wrong about the site after letter and bill were destroyed and the plan lies in its bag; None if nothing is. begun: how often a person said so."""
    try:
        for number in (LETTER, BILL):
            body = record(settings, number)
            assert (body["state"], body["path"], body["disposal"]["list"]) == ("disposed", None, LIST), body["state"]
            names = sorted(path.name for path in (settings.layout.archive / body["vault_path"]).iterdir())
            assert names == [vault.MANIFEST, tombstone.NAME], names
        assert record(settings, PLAN)["state"] == "accounted"
        assert len(files_in(settings.layout.cabinet)) == 2
        kinds = Counter(event.kind for event in chain(settings.layout.journal))
        assert (kinds["disposed"], kinds["disposal_bagged"], kinds["disposal_begun"]) == (2, 1, begun), kinds
        bagit.Bag(str(settings.layout.archive / "disposals" / LIST / "bag")).validate()
        assert found(settings, "鶴亀算") == found(settings, "花鳥風月") == [] and found(settings, "松竹梅") == [PLAN]
        assert not list(settings.layout.archive_tmp.iterdir())
        report = verify(settings.layout)
        assert (report.sound, report.expected) == (True, 4), [str(one) for one in report.deviations]
        facts = status(settings)
        assert facts["deliveries"] == facts["records"] + facts["duplicates"] + facts["rejected"] + facts["waiting"] == 4, facts
    except (AssertionError, OSError, bagit.BagError) as wrong:
        return f"{type(wrong).__name__} {wrong}"
    return None


# --- a whole disposal ---


def test_a_list_holds_what_has_expired_and_says_what_is_needed_next(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    before = dump(settings)
    preview = decided(settings, runs, "dispose", "佐藤", dry_run=True)
    assert dump(settings) == before
    body = decided(settings, runs, "dispose", "佐藤")["disposal"]
    assert {one["number"]: one["action"] for one in body["entries"]} == {LETTER: "destroy", PLAN: "transfer", BILL: "destroy"}
    assert [one["number"] for one in preview["disposal"]["entries"]] == [one["number"] for one in body["entries"]]
    assert [(one["what"], one["of"]) for one in body["needs"]] == [("answer", [GENERAL, TAX]), ("approve", ["佐藤"])]
    assert "waiting for a list" in refused(settings, runs, "dispose", "佐藤")  # they are on one


def test_only_two_other_persons_approve_and_nothing_begins_before(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    decided(settings, runs, "dispose", "佐藤 花子")
    assert GENERAL in refused(settings, runs, "dispose_approve", "鈴木", list=LIST)
    for section in (GENERAL, TAX):
        decided(settings, runs, "dispose_answer", "課長", list=LIST, department=section)
    assert "cannot approve" in refused(settings, runs, "dispose_approve", "佐藤花子", list=LIST)
    decided(settings, runs, "dispose_approve", "Suzuki", list=LIST)
    assert "already" in refused(settings, runs, "dispose_approve", "ＳＵＺＵＫＩ", list=LIST)
    assert "1 of 2" in refused(settings, runs, "dispose_carry_out", "佐藤 花子", list=LIST)
    decided(settings, runs, "dispose_select", "鈴木", list=LIST, numbers=[LETTER], action="transfer", reason="歴史資料")
    assert "0 of 2" in refused(settings, runs, "dispose_carry_out", "佐藤 花子", list=LIST)  # the change voided the approval
    assert [record(settings, number)["state"] for number in EXPIRED] == ["accounted"] * 3


def test_what_is_destroyed_is_gone_from_the_whole_store(approved: Settings, done: Settings) -> None:
    for word in ("鶴亀算", "花鳥風月", "松竹梅"):
        assert holding(approved, word), "the test would find it"
        assert holding(done, word) == []
    assert holding(done, "雪月花")
    assert found(done, "鶴亀算") == found(done, "通知") == [] and found(done, "雪月花") == [KEPT]


def test_a_tombstone_says_what_was_destroyed_and_by_whose_leave(done: Settings) -> None:
    body = record(done, LETTER)
    assert body["disposal"] == {
        "list": LIST, "kind": "expired", "action": "destroy", "at": body["disposal"]["at"], "reference": None,
        "reason": "The retention period has ended (in fiscal year 2025 or before, by 2026-03-31).", "replaced_by": None,
        "proposed_by": "佐藤", "approved_by": ["鈴木", "高橋"],
    }  # fmt: skip
    assert (body["title"], body["category"], body["sender"], body["fields"], body["evidence"]) == ("行政手続の見直しについて", "CORRESP", None, [], [])
    told = json.loads((folder(done, LETTER) / tombstone.NAME).read_bytes())
    assert (told["number"], told["original"]["sha256"], told["record"]["sheets"]) == (LETTER, sha256(pdf(*PAGES[GENERAL, "letter.pdf"])), body["sheets"])
    assert [one["by"] for one in told["approved"]] == ["鈴木", "高橋"] and told["agreed"][0]["by"] == "課長"
    assert record(done, PLAN)["disposal"]["reference"] == "公文書館収第8号"
    assert status(done)["disposed"] == 3 and status(done)["waiting"] == 0


def test_the_certificate_lies_beside_and_closes_the_list(done: Settings, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    place = done.layout.archive / "disposals" / LIST
    (event,) = [event for event in chain(done.layout.journal) if event.kind == "disposal_done"]
    assert event.data["files"] == {
        name: hashlib.sha256((place / name).read_bytes()).hexdigest() for name in ("certificate.json", "list.csv", "certificate.pdf")
    }
    rows = list(csv.reader(io.StringIO((place / "list.csv").read_bytes().decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [LETTER, PLAN, BILL]
    told = subprocess.run(["pdftotext", "-layout", str(place / "certificate.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    assert LIST in told and LETTER in told and "鈴木" in told
    assert [path.name for path in (place / "bag").iterdir() if path.is_dir()] == []  # the archives have it
    body = show(done, capfdbinary, "dispose", "show", LIST)
    assert (body["stage"], body["needs"], {one["state"] for one in body["entries"]}) == ("done", [], {"disposed"})
    assert show(done, capfdbinary, "dispose", "list") == [] and len(show(done, capfdbinary, "dispose", "list", "--all")) == 1


def test_reindex_makes_the_same_rows_after_a_disposal(done: Settings, tmp_path: Path) -> None:
    settings = copy_site(done, tmp_path / "site")
    before = dump(settings)
    assert (len(before["disposal_entry"]), len(before["page"]), len(before["recognition"]), len(before["correction"])) == (3, 1, 1, 0)
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
    assert dump(settings) == before
    assert found(settings, "鶴亀算") == [] and found(settings, "雪月花") == [KEPT]


def test_reindex_in_the_middle_of_a_list_makes_the_same_rows(approved: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(approved, tmp_path / "site")
    decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)
    before = dump(settings)
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
    assert dump(settings) == before
    assert faults(settings) is None


def test_the_verbs_lead_from_proposal_to_certificate(
    filed: Settings, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    settings = copy_site(filed, tmp_path / "site")

    def dispose(*arguments: str, code: int = 0) -> str:
        capfdbinary.readouterr()
        got = cli.main(["--config", str(settings.file), "dispose", *arguments])
        out, err = (stream.decode() for stream in capfdbinary.readouterr())
        assert got == code, err
        return out + err

    assert "Only shown" in dispose("propose", "--by", "佐藤", "--dry-run") and "No disposal list" in dispose("list")
    told = dispose("propose", "--by", "佐藤")
    assert "3 records" in told or ("2 records" in told and "have still to agree" in told)
    for section in (GENERAL, TAX):
        dispose("answer", LIST.lower(), "--department", section, "--agree", "--by", "課長")
    assert "Say who you are" in dispose("select", LIST, "2026-2", "--action", "destroy", "--by", "　", code=64)
    assert "Only shown" in dispose("select", LIST, "--action", "destroy", "--by", "館長", "2026-2", "--dry-run")
    assert "chosen: destroy" not in dispose("show", LIST)
    dispose("select", LIST, "--action", "destroy", "--by", "館長", "--reason", "複製がある", "2026-2")  # numbers behind options, too
    chosen = next(line for line in dispose("show", LIST).splitlines() if "chosen: destroy" in line)
    assert all(word in chosen for word in ("館長", "2026-000002", "複製がある"))
    assert "Only shown" in dispose("answer", LIST, "--department", GENERAL, "--extend", "2040-03-31", "2026-1", "--by", "課長", "--dry-run")
    assert "Only shown" in dispose("leave-out", LIST, "--by", "課長", "--reason", "x", "2026-1", "--dry-run")
    assert "Only shown" in dispose("approve", LIST, "--by", "鈴木", "--dry-run")
    assert "cannot approve" in dispose("approve", LIST, "--by", "佐藤", code=64)
    assert "1 more persons must approve it, other than 佐藤, 鈴木" in dispose("approve", LIST, "--by", "鈴木")
    assert "It can be carried out now" in dispose("approve", LIST, "--by", "高橋")
    assert "Only shown" in dispose("carry-out", LIST, "--by", "佐藤", "--dry-run")
    told = dispose("carry-out", LIST, "--by", "佐藤")  # without a daemon the verb does it itself
    assert "carried out" in told and "certificate.pdf" in told
    assert "No disposal list is open" in dispose("list") and LIST in dispose("list", "--all")
    assert "no disposal list" in dispose("show", "D2026-999", code=66)
    assert [record(settings, number)["state"] for number in (LETTER, PLAN, BILL, KEPT)] == ["disposed"] * 3 + ["accounted"]
    assert verify(settings.layout).sound and not list(settings.layout.archive_tmp.iterdir())


def test_a_running_daemon_does_it_turn_by_turn(approved: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = copy_site(approved, tmp_path / "site")
    monkeypatch.setattr(destruction, "AT_ONCE", 1)
    wish(settings, "dispose_carry_out", "佐藤", list=LIST)
    with Daemon(settings, timetable=False) as running:
        gone = []
        for _ in range(200):
            running.turn(0.05)
            gone.append(status(settings)["disposed"])
            if running.catalogue.disposal(LIST).bagged:
                break
        wish(settings, "dispose_handed_over", "佐藤", list=LIST, reference="館収第8号")
        for _ in range(200):
            running.turn(0.05)
            if running.catalogue.disposal(LIST).done:
                break
    assert gone[:2] == [1, 2] and status(settings)["disposed"] == 3
    assert holding(settings, "鶴亀算") == [] and verify(settings.layout).sound


# --- the archives ---


def test_the_bag_is_valid_and_names_what_is_in_it(approved: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(approved, tmp_path / "site")
    original = (folder(settings, PLAN) / "original.pdf").read_bytes()
    body = decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)["disposal"]
    assert body["stage"] == "begun"
    place = settings.layout.archive / "disposals" / LIST / "bag"
    bag = bagit.Bag(str(place))
    bag.validate()
    assert "Source-Organization" not in bag.info and bag.info["Internal-Sender-Description"] == "1 records"  # the sample's name is nobody's
    assert (bag.version_info, bag.algorithms, bag.info["External-Identifier"]) == ((1, 0), ["sha512"], LIST)
    assert (place / "data" / PLAN / "original.pdf").read_bytes() == original
    assert {"record.json", "text.json", "access.pdf", vault.MANIFEST, "meta"} <= {path.name for path in (place / "data" / PLAN).iterdir()}
    head, row = csv.reader(io.StringIO((place / "data" / "register.csv").read_bytes().decode("utf-8-sig")))
    told = dict(zip(head, row, strict=True))
    assert (told["Record"], told["Disposal list"], told["Disposition at the end"]) == (PLAN, LIST, "Transfer")
    assert record(settings, PLAN)["state"] == "accounted" and found(settings, "松竹梅") == [PLAN]  # not before the archives say so
    path = place / "data" / PLAN / "original.pdf"
    path.chmod(0o640)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(bagit.BagValidationError):
        bag.validate()


def test_without_the_archives_receipt_nothing_is_handed_over(filed: Settings, approved: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(approved, tmp_path / "site")
    assert "No bag" in refused(settings, runs, "dispose_handed_over", "佐藤", list=LIST, reference="館収第8号")
    decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)
    assert "--reference" in refused(settings, runs, "dispose_handed_over", "佐藤", list=LIST, reference=" ")
    wants = {"list": LIST, "reference": "館収第8号"}
    assert decided(settings, runs, "dispose_handed_over", "佐藤", **wants, dry_run=True)["dry_run"]
    assert record(settings, PLAN)["state"] == "accounted"


# --- what stands in the way ---

HOLD = {"kind": "audit", "reason": "会計検査", "reference": "検第1号"}


def test_a_hold_entered_after_the_approval_keeps_the_record_until_it_ends(approved: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(approved, tmp_path / "site")
    decided(settings, runs, "hold", "監査", numbers=[LETTER, PLAN], **HOLD)
    decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)
    assert [record(settings, number)["state"] for number in (LETTER, PLAN, BILL)] == ["accounted", "accounted", "disposed"]
    place = settings.layout.archive / "disposals" / LIST
    assert found(settings, "鶴亀算") == [LETTER] and not (place / "bag").exists()
    told = json.loads((place / "interim-1" / "certificate.json").read_bytes())  # what is gone has its certificate while the list waits
    assert (told["interim"], [one["number"] for one in told["records"]]) == (1, [BILL]) and not (place / "certificate.json").exists()
    assert verify(settings.layout).sound
    decided(settings, runs, "void_hold", "監査", hold="検第1号", reason="誤り")
    assert record(settings, LETTER)["state"] == "accounted"  # a person says so again
    decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)
    assert faults(settings, begun=2) is None
    told = json.loads((place / "interim-2" / "certificate.json").read_bytes())
    assert [one["number"] for one in told["records"]] == [LETTER, BILL]
    alter(place / "interim-1" / "certificate.json")
    assert not verify(settings.layout).sound


def test_a_held_or_extended_record_gets_no_approval(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    decided(settings, runs, "hold", "監査", numbers=[BILL], **HOLD)
    answer = decided(settings, runs, "dispose", "佐藤")
    assert [one["number"] for one in answer["held"]] == [BILL]
    assert BILL not in {one["number"] for one in answer["disposal"]["entries"]}
    for day in ("2020-01-01", (NOW + timedelta(days=-1)).date().isoformat()):
        wants = {"list": LIST, "department": GENERAL, "extend": day, "numbers": [LETTER], "reason": "訴訟準備"}
        assert "any longer" in refused(settings, runs, "dispose_answer", "課長", **wants)
    assert LETTER in {one["number"] for one in answer["disposal"]["entries"]}
    body = decided(settings, runs, "dispose_answer", "課長", list=LIST, department=GENERAL, extend="2040-03-31", numbers=[LETTER], reason="訴訟準備")[
        "disposal"
    ]
    assert [one["number"] for one in body["entries"]] == [PLAN]
    assert record(settings, LETTER)["retention"]["expires"] == "2040-03-31"
    decided(settings, runs, "dispose_answer", "課長", list=LIST, department=GENERAL)
    decided(settings, runs, "hold", "監査", numbers=[PLAN], **{**HOLD, "reference": "検第2号"})
    assert "検第2号" in refused(settings, runs, "dispose_approve", "鈴木", list=LIST)


def test_what_was_corrected_after_its_approval_is_kept_back_and_can_be_left_out(approved: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(approved, tmp_path / "site")
    decided(settings, runs, "correct", "佐藤", numbers=[LETTER], changes={"title": "別の件名"}, reason="")
    decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)
    assert record(settings, LETTER)["state"] == "accounted"
    assert "not kept back" in refused(settings, runs, "dispose_leave_out", "佐藤", list=LIST, numbers=[PLAN], reason="x")
    body = decided(settings, runs, "dispose_leave_out", "佐藤", list=LIST, numbers=[LETTER], reason="改めて審査")["disposal"]
    assert LETTER not in {one["number"] for one in body["entries"]}
    decided(settings, runs, "dispose_handed_over", "佐藤", list=LIST, reference="館収第8号")
    assert [record(settings, number)["state"] for number in (LETTER, PLAN, BILL)] == ["accounted", "disposed", "disposed"]
    assert decided(settings, runs, "dispose", "佐藤")["disposal"]["number"] == "D2026-002"


def test_what_is_gone_cannot_be_corrected_held_tried_again_or_exported(
    done: Settings, runs: Runs, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    settings = copy_site(done, tmp_path / "site")
    assert "disposed of" in refused(settings, runs, "correct", "佐藤", numbers=[LETTER], changes={"title": "別"}, reason="")
    assert "disposed of" in refused(settings, runs, "hold", "佐藤", numbers=[LETTER], **HOLD)
    assert "finished" in refused(settings, runs, "retry", "佐藤", number=LETTER)
    assert "disposed of" in refused(settings, runs, "withdraw", "佐藤", numbers=[LETTER], reason="誤り")
    assert cli.main(["--config", str(settings.file), "export", "--alto", LETTER]) != 0
    assert LIST in capfdbinary.readouterr().err.decode()
    assert cli.main(["--config", str(settings.file), "show", LETTER]) == 0
    assert "Destroyed on" in capfdbinary.readouterr().out.decode()


def test_the_same_paper_scanned_again_is_a_new_record(done: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(done, tmp_path / "site")
    deliver(settings, {(GENERAL, "again.pdf"): pdf(*PAGES[GENERAL, "letter.pdf"])})
    assert runs(settings.file)["error"] is None
    facts = status(settings)
    assert (facts["records"], facts["duplicates"], facts["disposed"]) == (5, 0, 3)
    assert found(settings, "鶴亀算") == ["2026-000005"]


# --- wrong scans ---


def test_a_withdrawn_scan_is_gone_and_its_sheets_are_taken_back(filed: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(filed, tmp_path / "site")
    reader = CatalogueReader(settings.layout.catalogue_db)
    before = {row["department"]: row["digitised"] for row in reader.sheets("department")}
    reader.close()
    assert "--reason" in refused(settings, runs, "withdraw", "佐藤", numbers=[KEPT])
    body = decided(settings, runs, "withdraw", "佐藤", numbers=[KEPT], reason="裏表を誤ってスキャン", replaced_by=BILL)["disposal"]
    assert [one["what"] for one in body["needs"]] == ["approve"]
    assert "cannot approve" in refused(settings, runs, "dispose_approve", "佐 藤", list=body["number"])
    decided(settings, runs, "dispose_approve", "鈴木", list=body["number"])
    decided(settings, runs, "dispose_carry_out", "佐藤", list=body["number"])
    told = record(settings, KEPT)["disposal"]
    assert (told["kind"], told["reason"], told["replaced_by"], told["approved_by"]) == ("withdrawal", "裏表を誤ってスキャン", BILL, ["鈴木"])
    assert holding(settings, "雪月花") == []
    reader = CatalogueReader(settings.layout.catalogue_db)
    after = {row["department"]: row["digitised"] for row in reader.sheets("department")}
    reader.close()
    assert after == {GENERAL: before[GENERAL], TAX: before[TAX] - 1}
    assert verify(settings.layout).sound
    rows = dump(settings)
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
    assert dump(settings) == rows


def batch_of_two(place: Path, runs: Runs) -> Settings:
    """A delivered batch, 2026-000001, of two letters."""
    settings = two_sections(place, language="en")
    pages = ("通知\n一枚目 鶴亀算", "---", "通知\n二枚目 松竹梅")
    (settings.file.parent / "prepared.json").write_text(json.dumps({sha256(pdf(*pages)): pages}), "utf-8")
    deliver(settings, {(GENERAL, "batch.pdf"): pdf(*pages)})
    assert runs(settings.file)["error"] is None
    return settings


BATCH, FIRST, SECOND = "2026-000001", "2026-000002", "2026-000003"


def agree_and_approve(settings: Settings, runs: Runs, number: str = LIST) -> None:
    decided(settings, runs, "dispose_answer", "課長", list=number, department=GENERAL)
    for who in ("鈴木", "高橋"):
        decided(settings, runs, "dispose_approve", who, list=number)


def states(settings: Settings) -> list[str]:
    return [record(settings, number)["state"] for number in (BATCH, FIRST, SECOND)]


def test_a_batch_goes_with_the_first_of_its_parts_and_what_is_held_in_it_keeps_all(runs: Runs, tmp_path: Path) -> None:
    settings = batch_of_two(tmp_path / "batch", runs)
    delivered = [path for path in files_in(settings.layout.taken) if path.read_bytes().startswith(b"%PDF")]
    assert delivered and holding(settings, "鶴亀算")
    decided(settings, runs, "correct", "佐藤", numbers=[FIRST], changes={"category": "CORRESP", **OVER}, reason="")
    decided(settings, runs, "hold", "監査", numbers=[SECOND], **HOLD)
    assert "waiting for a list" in refused(settings, runs, "dispose", "佐藤")  # its batch has pages that are held
    assert "検第1号" in refused(settings, runs, "withdraw", "佐藤", numbers=[FIRST], reason="誤り")
    decided(settings, runs, "void_hold", "監査", hold="検第1号", reason="誤り")
    body = decided(settings, runs, "dispose", "佐藤")["disposal"]
    assert ({one["number"] for one in body["entries"]}, body["records"]) == ({BATCH, FIRST}, 1)  # the batch goes along, and is not counted
    assert "as its parts do" in refused(settings, runs, "dispose_leave_out", "佐藤", list=LIST, numbers=[BATCH], reason="x")
    agree_and_approve(settings, runs)
    decided(settings, runs, "hold", "監査", numbers=[SECOND], **{**HOLD, "reference": "検第2号"})
    decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)
    assert states(settings) == ["accounted"] * 3
    decided(settings, runs, "void_hold", "監査", hold="検第2号", reason="誤り")
    decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)
    assert states(settings) == ["disposed", "disposed", "accounted"]
    assert holding(settings, "鶴亀算") == [] and holding(settings, "松竹梅") != [] and found(settings, "松竹梅") == [SECOND]
    assert [path for path in delivered if path.exists()] == []  # what the scanner had written, too
    told = json.loads((folder(settings, BATCH) / tombstone.NAME).read_bytes())
    assert (told["pages_in"], told["list"], len(told["original"]["sha256"])) == ([FIRST, SECOND], LIST, 64)
    place = settings.layout.archive / "disposals" / LIST
    assert {one["number"] for one in json.loads((place / "certificate.json").read_bytes())["records"]} == {BATCH, FIRST}
    assert verify(settings.layout).sound
    before = dump(settings)
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert cli.main(["--config", str(settings.file), "reindex", "--json"]) == 0
    assert dump(settings) == before


def test_withdrawing_a_batch_withdraws_its_parts_and_a_part_its_batch(runs: Runs, tmp_path: Path) -> None:
    settings = batch_of_two(tmp_path / "batch", runs)
    body = decided(settings, runs, "withdraw", "佐藤", numbers=[BATCH], reason="誤り", dry_run=True)["disposal"]
    assert len(body["entries"]) == 3
    one = decided(settings, runs, "withdraw", "佐藤", numbers=[FIRST], reason="誤り")["disposal"]
    assert {entry["number"] for entry in one["entries"]} == {BATCH, FIRST}
    other = decided(settings, runs, "withdraw", "佐藤", numbers=[SECOND], reason="誤り")["disposal"]
    assert {entry["number"] for entry in other["entries"]} == {BATCH, SECOND}  # on both lists, and goes with the one that is first
    for disposal in (one, other):
        decided(settings, runs, "dispose_approve", "鈴木", list=disposal["number"])
    decided(settings, runs, "dispose_carry_out", "佐藤", list=other["number"])
    assert states(settings) == ["disposed", "accounted", "disposed"] and holding(settings, "松竹梅") == []
    decided(settings, runs, "dispose_carry_out", "佐藤", list=one["number"])
    assert states(settings) == ["disposed"] * 3 and holding(settings, "鶴亀算") == []
    kinds = Counter(event.kind for event in chain(settings.layout.journal))
    assert (kinds["disposed"], kinds["disposal_done"]) == (3, 2) and verify(settings.layout).sound


def test_a_part_waits_for_a_batch_that_is_not_as_it_was_filed(runs: Runs, tmp_path: Path) -> None:
    settings = batch_of_two(tmp_path / "batch", runs)
    one = decided(settings, runs, "withdraw", "佐藤", numbers=[FIRST], reason="誤り")["disposal"]
    decided(settings, runs, "dispose_approve", "鈴木", list=one["number"])
    manifest = folder(settings, BATCH) / vault.MANIFEST
    data = manifest.read_bytes()
    manifest.chmod(0o640)
    manifest.write_bytes(data + b"x")
    decided(settings, runs, "dispose_carry_out", "佐藤", list=one["number"])
    assert states(settings) == ["accounted"] * 3
    manifest.write_bytes(data)
    decided(settings, runs, "dispose_carry_out", "佐藤", list=one["number"])
    assert states(settings) == ["disposed", "disposed", "accounted"]


# --- proof ---


def alter(path: Path) -> str:
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace("鈴木".encode(), "佐木".encode()))
    return path.name


def test_verify_finds_an_altered_tombstone_a_risen_original_and_what_is_missing(done: Settings, tmp_path: Path) -> None:
    assert verify(done.layout).sound

    def found_after(change: Any) -> list[str]:
        settings = copy_site(done, tmp_path / "site")
        change(settings)
        report = verify(settings.layout)
        shutil.rmtree(tmp_path / "site")
        assert not report.sound
        return [str(one) for one in report.deviations]

    (altered,) = found_after(lambda settings: alter(folder(settings, LETTER) / tombstone.NAME))
    assert tombstone.NAME in altered
    (risen,) = found_after(lambda settings: (folder(settings, LETTER) / "original.pdf").write_bytes(pdf("x")))
    assert "original.pdf" in risen and LETTER in risen
    (missing,) = found_after(lambda settings: (folder(settings, LETTER) / tombstone.NAME).unlink())
    assert tombstone.NAME in missing
    (gone,) = found_after(lambda settings: shutil.rmtree(folder(settings, LETTER)))
    assert LETTER in gone and "tombstone" in gone
    (manifest,) = found_after(lambda settings: (folder(settings, BILL) / vault.MANIFEST).unlink())
    assert vault.MANIFEST in manifest
    (certificate,) = found_after(lambda settings: alter(settings.layout.archive / "disposals" / LIST / "certificate.json"))
    assert LIST in certificate


def test_a_wish_that_is_answered_twice_does_it_once(approved: Settings, runs: Runs, tmp_path: Path) -> None:
    settings = copy_site(approved, tmp_path / "site")
    decided(settings, runs, "dispose_carry_out", "佐藤", list=LIST)
    before = dump(settings)
    requests = Requests(settings.layout.requests_db)
    requests.db.conn.execute("UPDATE request SET state = 'waiting', answer = NULL")  # the power failed before the answers were kept
    requests.close()
    assert runs(settings.file)["error"] is None
    assert dump(settings) == before


def killed_everywhere(approved: Settings, runs: Runs, step: int, place: str) -> dict[Any, str]:
    """Wrong outcomes by the call at which the process was killed; every `step`-th call, and each kill followed by one in the recovery."""
    wanted = copy_site(approved, approved.file.parents[2] / f"{place}-wish")
    wish(wanted, "dispose_carry_out", "佐藤", list=LIST)
    run = approved.file.parents[2] / f"{place}-run"
    calls = int(runs(copy_site(wanted, run).file)["calls"])
    shutil.rmtree(run)
    assert calls > 60
    wrong: dict[Any, str] = {}
    for at in range(1, calls + 1, step):
        for second in (0, 1 + at % 13):
            settings = copy_site(wanted, run)
            runs(settings.file, at)
            if second:
                runs(settings.file, second)
            answer = runs(settings.file)
            says = answer["error"] or faults(settings)
            if says:
                wrong[at, second] = str(says)[-600:]
            shutil.rmtree(run)
    shutil.rmtree(wanted.file.parents[1])
    return wrong


def test_killed_at_some_system_calls_it_is_disposed_of_once(approved: Settings, runs: Runs) -> None:
    assert killed_everywhere(approved, runs, 31, "thin") == {}


@pytest.mark.slow
def test_killed_at_any_system_call_it_is_disposed_of_once(approved: Settings, runs: Runs) -> None:
    assert killed_everywhere(approved, runs, 1, "full") == {}


@pytest.mark.parametrize("how", ["ENOSPC", "EIO"])
def test_a_fault_of_the_disk_only_delays_it(approved: Settings, runs: Runs, how: str) -> None:
    wanted = copy_site(approved, approved.file.parents[2] / "fault-wish")
    wish(wanted, "dispose_carry_out", "佐藤", list=LIST)
    place = approved.file.parents[2] / "fault-run"
    wrong = {}
    for at in range(3, 90, 17):
        settings = copy_site(wanted, place)
        runs(settings.file, at, how)
        answer = runs(settings.file)
        says = answer["error"] or faults(settings)
        if says:
            wrong[at] = str(says)[-600:]
        shutil.rmtree(place)
    shutil.rmtree(wanted.file.parents[1])
    assert wrong == {}


def test_a_list_tells_in_time_order_what_is_held_before_it_is_approved_and_when_it_is_cancelled(
    filed: Settings, runs: Runs, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    settings = copy_site(filed, tmp_path / "site")

    def shown() -> str:
        capfdbinary.readouterr()
        assert cli.main(["--config", str(settings.file), "dispose", "show", LIST]) == 0
        return capfdbinary.readouterr().out.decode()

    decided(settings, runs, "dispose", "佐藤")
    decided(settings, runs, "dispose_select", "館長", list=LIST, numbers=[LETTER], action="transfer", reason="歴史資料")
    decided(settings, runs, "dispose_answer", "課長", list=LIST, department=GENERAL)
    decided(settings, runs, "hold", "監査", numbers=[BILL], **HOLD)
    said = shown()
    assert said.index("館長") < said.index("課長") and f"! {BILL} is held (検第1号)." in said and "waiting" in said
    decided(settings, runs, "dispose_cancel", "佐藤", list=LIST, reason="改めて提案する")
    assert "waiting" not in shown() and "検第1号" not in shown()


@pytest.mark.slow
def test_killed_between_a_part_and_its_batch_both_are_gone_once(runs: Runs, tmp_path: Path) -> None:
    wanted = batch_of_two(tmp_path / "wish", runs)
    one = decided(wanted, runs, "withdraw", "佐藤", numbers=[FIRST], reason="誤り")["disposal"]
    decided(wanted, runs, "dispose_approve", "鈴木", list=one["number"])
    wish(wanted, "dispose_carry_out", "佐藤", list=one["number"])
    calls = int(runs(copy_site(wanted, tmp_path / "run").file)["calls"])
    shutil.rmtree(tmp_path / "run")
    wrong = {}
    for at in range(5, calls + 1, max(1, calls // 25)):
        settings = copy_site(wanted, tmp_path / "run")
        runs(settings.file, at)
        assert runs(settings.file)["error"] is None
        gone = Counter(event.data["number"] for event in chain(settings.layout.journal) if event.kind == "disposed")
        if gone != Counter([FIRST, BATCH]) or states(settings)[2] != "accounted" or holding(settings, "鶴亀算") or not verify(settings.layout).sound:
            wrong[at] = (gone, states(settings))
        shutil.rmtree(tmp_path / "run")
    assert wrong == {}
