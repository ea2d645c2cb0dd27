"""`scanpipe paper-status` and what a box says at the command line."""

import io
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pdfplumber
import pypdfium2
import pytest
import zxingcpp
from custody import GENERAL, TAX, dump, two_sections
from kept_records import Shelf, shelf

from scanpipe import named
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.cli import main
from scanpipe.config import Settings
from scanpipe.upkeep.machine import fonts

Run = Callable[..., tuple[int, Any, str]]
BOX = {"box": "B-0012"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return two_sections(tmp_path / "site", language="en", paper_keep="days:30")


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    monkeypatch.setenv("LANGUAGE", "en")

    def verb(*arguments: str) -> tuple[int, Any, str]:
        code = main(["--config", str(settings.file), "paper-status", *arguments])
        out, err = capfdbinary.readouterr()
        text = out.decode("utf-8-sig")
        return code, json.loads(text) if "--json" in arguments and code == os.EX_OK else text, err.decode()

    return verb


def fill(kept: Shelf, count: int = 3, **said: Any) -> list[str]:
    return [kept.record(GENERAL, "CORRESP", date(2026, 2, 1), declared=BOX, **said) for _ in range(count)]


def did(run: Run, *arguments: str) -> Any:
    """The box after a step that must not be refused."""
    code, body, err = run(*arguments, "--json")
    assert (code, err) == (os.EX_OK, "")
    return body


def refused(run: Run, *arguments: str) -> str:
    code, _out, err = run(*arguments)
    assert code in (os.EX_USAGE, os.EX_NOINPUT), (code, err)
    return err


def verify(run: Run, box: str = "B-0012") -> None:
    did(run, "check", box, "--by", "鈴木")
    did(run, "check", box, "--passed", "--by", "鈴木")


def sheets(settings: Settings, by: str = "department") -> dict[str, tuple[float, float, float]]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    rows = reader.sheets(by)
    reader.close()
    return {row[by]: (row["digitised"], row["cleared"], row["removed"]) for row in rows}


def tallies(settings: Settings) -> dict[str, Any]:
    return {table: rows for table, rows in dump(settings).items() if table.startswith("tally")}


def record(settings: Settings, number: str) -> dict[str, Any]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return reader.record(number)
    finally:
        reader.close()


def test_a_box_goes_from_its_covers_to_destruction_and_only_then_counts_as_removed(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        numbers = fill(kept)
        kept.record(GENERAL, "CORRESP", date(2026, 2, 1))
        kept.record(TAX, "ACCOUNT", date(2026, 2, 1), born_digital=True, sheets=0, a4_sheets=0.0)
    listed = did(run, "list")
    assert [(one["box"], one["department"], one["status"], one["records"], one["sheets"]) for one in listed["boxes"]] == [
        ("B-0012", GENERAL, "digitised", 3, 6)
    ]
    assert listed["loose"] == [{"department": GENERAL, "records": 1, "sheets": 2}]
    drawn = did(run, "check", "ｂー0012", "--by", "鈴木")
    assert (len(drawn["sample"]), drawn["sampled_by"]) == (2, "鈴木")
    assert did(run, "check", "B-0012", "--by", "田中")["sample"] == drawn["sample"]
    assert did(run, "check", "B-0012", "--passed", "--by", "鈴木")["status"] == "verified"
    assert record(settings, numbers[0])["paper_status"] == "verified"
    assert did(run, "clear", "B-0012", "--by", "佐藤", "--dry-run")["status"] == "verified"
    assert did(run, "clear", "B-0012", "--by", "佐藤")["status"] == "cleared"
    assert sheets(settings)[GENERAL] == (8.0, 6.0, 0.0)
    assert "佐　藤" in refused(run, "approve", "B-0012", "--by", "佐　藤")
    assert did(run, "approve", "B-0012", "--by", "山本")["next"] == {"step": "destroy", "not_by": []}
    assert "has not come yet" in refused(run, "destroy", "B-0012", "--by", "山本", "--method", "溶解", "--on", "2099-01-01")
    today = datetime.now(settings.timezone).date()
    gone = did(run, "destroy", "B-0012", "--by", "山本", "--method", "溶解", "--on", today.isoformat(), "--certificate", "第7号")
    assert (gone["status"], gone["next"], gone["reasons"]) == ("destroyed", None, [])
    assert (gone["steps"][-1]["method"], gone["steps"][-1]["reference"], gone["steps"][-1]["records"]) == ("溶解", "第7号", numbers)
    assert sheets(settings) == {GENERAL: (8.0, 6.0, 6.0), TAX: (0.0, 0.0, 0.0)}
    assert sheets(settings, "month")[f"{today:%Y-%m}"] == (0.0, 6.0, 6.0)
    assert record(settings, numbers[0])["paper_status"] == "destroyed"
    assert named.paper(record(settings, numbers[0])) == "destroyed, in box B-0012"
    assert "destroyed" in refused(run, "back", "B-0012", "--by", "山本", "--reason", "誤り")
    assert "溶解" in run("show", "B-0012")[1]
    before = tallies(settings)
    assert main(["--config", str(settings.file), "stats", "recount"]) == 0 and tallies(settings) == before  # thrown away, made again from the log: the same
    with shelf(settings) as kept:
        kept.catalogue.db.execute("UPDATE tally_month SET removed = removed + 1000")
    assert main(["--config", str(settings.file), "stats", "recount"]) == 1 and tallies(settings) == before


def test_what_never_was_paper_has_no_paper_status(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        digital = kept.record(GENERAL, "CORRESP", date(2026, 2, 1), born_digital=True, sheets=0, a4_sheets=0.0, declared=BOX)
        batch = kept.record(GENERAL, "CORRESP", date(2026, 2, 1), flags=("batch",), sheets=0, a4_sheets=0.0)
        paper = kept.record(GENERAL, "CORRESP", date(2026, 2, 1))
    assert [record(settings, one)["paper_status"] for one in (digital, batch, paper)] == [None, None, "digitised"]
    assert did(run, "show", "B-0012")["records"] == 0
    for number in (digital, batch):
        assert "never was on paper" in refused(run, "box", "B-1", number, "--by", "佐藤")


def test_who_put_records_into_a_box_by_hand_does_not_check_it(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        numbers = [kept.record(GENERAL, "CORRESP", date(2026, 2, 1)) for _ in range(2)]
    did(run, "box", "b-7", *numbers, "--by", "Ｓato Hanako")
    assert "put records into" in refused(run, "check", "B-7", "--by", "satohanako")
    assert did(run, "show", "B-7")["next"] == {"step": "check", "not_by": ["Ｓato Hanako"]}
    did(run, "check", "B-7", "--by", "鈴木")
    assert "put records into" in refused(run, "check", "B-7", "--passed", "--by", "Sato Hanako")
    did(run, "check", "B-7", "--passed", "--by", "鈴木")


def test_a_record_lies_in_one_box_and_a_box_belongs_to_one_section(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        one, other = fill(kept, 2)
        foreign = kept.record(TAX, "TAX", date(2026, 2, 1))
        astray = kept.record(TAX, "TAX", date(2026, 2, 1), declared=BOX)
    did(run, "box", "B-2", one, "--by", "佐藤")
    assert [entry["number"] for entry in did(run, "show", "B-0012")["contents"]] == [other]
    assert [entry["number"] for entry in did(run, "show", "B-2")["contents"]] == [one]
    assert TAX in refused(run, "box", "B-2", foreign, "--by", "佐藤")
    assert did(run, "show", "B-0012")["left_out"] == [{"number": astray, "department": TAX, "box": "B-0012"}]
    verify(run)
    assert astray in refused(run, "clear", "B-0012", "--by", "佐藤")
    did(run, "box", "Z-1", astray, "--by", "佐藤")
    did(run, "clear", "B-0012", "--by", "佐藤")
    assert "cleared" in refused(run, "box", "B-0012", one, "--by", "佐藤")
    assert run("box", "--out", one, "--by", "佐藤", "--json")[1]["boxes"][0]["records"] == 0
    assert "lies in no box" in refused(run, "box", "--out", one, "--by", "佐藤")
    assert "empty" in refused(run, "check", "B-2", "--by", "鈴木")


def test_a_dry_run_says_what_would_lie_where_and_changes_nothing(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        (one,) = fill(kept, 1)
    before = dump(settings)
    code, told, _err = run("box", "B-0013", "--by", "佐藤", one, "--dry-run")  # a box that is not known yet, and a number behind an option
    assert code == os.EX_OK and f"{one} would leave box B-0012" in told and "Only shown" in told
    code, told, _err = run("check", "B-0012", "--by", "鈴木", "--dry-run")
    assert code == os.EX_OK and one in told
    assert dump(settings) == before
    code, told, _err = run("box", "B-0013", one, "--by", "佐藤")
    assert f"{one} was taken out of box B-0012" in told
    assert did(run, "show", "B-0012")["earliest"] is None  # nothing in it waits for a day
    did(run, "check", "B-0013", "--by", "鈴木")
    before = dump(settings)
    assert did(run, "check", "B-0013", "--passed", "--by", "鈴木", "--dry-run")["dry_run"]
    did(run, "box", "--out", one, "--by", "佐藤", "--reason", "誤り", "--dry-run")
    assert dump(settings) == before


def test_records_that_fail_must_leave_or_pass_again(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        numbers = fill(kept, 12)
    assert "Draw it first" in refused(run, "check", "B-0012", "--passed", "--by", "鈴木")
    drawn = did(run, "check", "B-0012", "--by", "鈴木")
    assert len(drawn["sample"]) == 3 and set(drawn["items"]) == {"pages", "readable", "straight", "orientation", "streaks", "profile"}
    wrong = drawn["sample"][0]
    assert "--reason" in refused(run, "check", "B-0012", "--failed", wrong, "--by", "鈴木")
    body = did(run, "check", "B-0012", "--failed", wrong, "--reason", "2枚目が欠けている", "--by", "鈴木")
    assert (body["status"], body["attempts"], body["sample"]) == ("digitised", 1, [])
    assert [entry["number"] for entry in body["contents"] if entry["failed"]] == [wrong]
    assert any("2枚目" in reason for reason in body["reasons"])
    assert "is digitised" in refused(run, "clear", "B-0012", "--by", "佐藤")
    again = did(run, "check", "B-0012", "--by", "鈴木")
    assert wrong in again["sample"] and len(again["sample"]) == 4
    did(run, "box", "--out", wrong, "--by", "佐藤")
    assert "Draw it first" in refused(run, "check", "B-0012", "--passed", "--by", "鈴木")
    verify(run)
    assert did(run, "show", "B-0012")["records"] == len(numbers) - 1
    step = next(step for step in did(run, "show", "B-0012")["steps"] if step["kind"] == "box_failed")
    assert (step["failed"], step["sample"], step["reason"], len(step["items"])) == ([wrong], drawn["sample"], "2枚目が欠けている", 6)


def test_a_scan_that_comes_later_makes_its_box_be_checked_again_and_a_box_that_is_gone_takes_none(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        fill(kept, 2)
    verify(run)
    did(run, "clear", "B-0012", "--by", "佐藤")
    assert sheets(settings)[GENERAL] == (4.0, 4.0, 0.0)
    with shelf(settings) as kept:
        kept._last = 2
        fill(kept, 1)
    body = did(run, "show", "B-0012")
    assert (body["status"], body["records"], body["steps"][-1]["kind"]) == ("digitised", 3, "box_joined")
    assert sheets(settings)[GENERAL] == (6.0, 0.0, 0.0)
    verify(run)
    did(run, "clear", "B-0012", "--by", "佐藤")
    did(run, "approve", "B-0012", "--by", "山本")
    did(run, "transfer", "B-0012", "--to", "市史編さん室", "--by", "山本")
    with shelf(settings) as kept:
        kept._last = 3
        (late,) = fill(kept, 1)
    assert sheets(settings)[GENERAL] == (8.0, 6.0, 6.0)
    assert (record(settings, late)["paper_status"], record(settings, late)["box"]) == ("digitised", None)
    assert did(run, "list")["left_out"] == [{"number": late, "department": GENERAL, "box": "B-0012"}]


@pytest.mark.parametrize(("more", "removed"), [((), 0.0), (("--left-office",), 4.0)])
def test_paper_that_is_given_back_saves_only_what_left_the_office(settings: Settings, run: Run, more: tuple[str, ...], removed: float) -> None:
    with shelf(settings) as kept:
        fill(kept, 2)
    verify(run)
    did(run, "clear", "B-0012", "--by", "佐藤")
    did(run, "approve", "B-0012", "--by", "山本")
    assert did(run, "return", "B-0012", "--to", "申請者", "--by", "山本", *more)["status"] == "returned"
    assert sheets(settings)[GENERAL] == (4.0, 4.0, removed)


def test_one_step_at_a_time_is_taken_back_with_its_sheets(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        fill(kept, 2)
    assert "no step" in refused(run, "back", "B-0012", "--by", "佐藤", "--reason", "誤り")
    verify(run)
    did(run, "clear", "B-0012", "--by", "佐藤")
    did(run, "approve", "B-0012", "--by", "山本")
    assert "--reason" in refused(run, "back", "B-0012", "--by", "佐藤")
    assert did(run, "back", "B-0012", "--by", "佐藤", "--reason", "誤り")["status"] == "cleared"
    assert sheets(settings)[GENERAL] == (4.0, 4.0, 0.0)
    assert did(run, "back", "B-0012", "--by", "佐藤", "--reason", "誤り")["status"] == "verified"
    assert sheets(settings) == {GENERAL: (4.0, 0.0, 0.0)}
    assert did(run, "back", "B-0012", "--by", "佐藤", "--reason", "誤り")["status"] == "digitised"


def test_what_keeps_the_paper_is_named_with_record_and_reason(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        fine, held, stays, unknown, doubtful, waits = (
            *fill(kept, 2),
            kept.record(GENERAL, "RESIDENT", date(2026, 2, 1), title="出生届", declared=BOX),
            kept.record(GENERAL, "NONE", date(2026, 2, 1), declared=BOX, flags=("category-unclear",)),
            kept.record(GENERAL, "CORRESP", date(2026, 2, 1), declared=BOX, flags=("no-title",)),
            kept.record(GENERAL, "PERMIT", date(2026, 2, 1), declared=BOX),
        )
        kept.hold(held)
    verify(run)
    code, _out, err = run("clear", "B-0012", "--by", "佐藤")
    assert code == os.EX_USAGE
    assert fine not in err
    for number, why in ((held, "会計検査"), (stays, "kept on paper"), (unknown, "no category"), (doubtful, "review")):
        assert number in err and why in err
    assert f"{waits}: its paper may go from 2026-07-31 on" not in err  # 30 days and 90 more have passed
    assert did(run, "show", "B-0012")["earliest"] is None
    run("box", "--out", held, stays, unknown, doubtful, "--by", "佐藤")
    body = did(run, "clear", "B-0012", "--by", "佐藤")
    assert (body["status"], body["records"]) == ("cleared", 2)
    assert [(entry["number"], entry["free"]) for entry in body["contents"]] == [(fine, "2026-05-02"), (waits, "2026-07-31")]


def test_the_paper_waits_for_the_end_of_the_fiscal_year_of_receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, settings: Settings) -> None:
    file = settings.file
    file.write_text(file.read_text("utf-8").replace('paper_keep = "days:30"', 'paper_keep = "fy_end_of_receipt"', 1), "utf-8")
    with shelf(settings) as kept:
        (number,) = fill(kept, 1)
    verify(run)
    if datetime.now(UTC).date() < date(2027, 4, 1):
        assert f"{number}: its paper may go from 2027-04-01 on" in refused(run, "clear", "B-0012", "--by", "佐藤")
    assert did(run, "show", "B-0012")["contents"][0]["free"] == "2027-04-01"


def test_a_hold_or_a_correction_after_clearing_stops_the_box(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        one, other = fill(kept, 2)
    verify(run)
    did(run, "clear", "B-0012", "--by", "佐藤")
    with shelf(settings) as kept:
        hold = kept.hold(one)
    assert one in refused(run, "approve", "B-0012", "--by", "山本")
    main(["--config", str(settings.file), "hold", "end", hold.id, "--by", "佐藤", "--on", "2026-05-01"])
    run("list")  # reads what that printed
    did(run, "approve", "B-0012", "--by", "山本")
    to_paper_only(settings, other)
    err = refused(run, "destroy", "B-0012", "--by", "山本", "--method", "裁断")
    assert other in err and "kept on paper" in err
    run("box", "--out", other, "--by", "佐藤")
    did(run, "destroy", "B-0012", "--by", "山本", "--method", "裁断")
    assert sheets(settings, "category") == {"CORRESP": (2.0, 2.0, 2.0), "RESIDENT": (2.0, 0.0, 0.0)}


def to_paper_only(settings: Settings, number: str) -> None:
    """As a person's decision leaves it once the line has filed it anew."""
    with shelf(settings) as kept:
        accession, _state = kept.catalogue.by_number(number) or pytest.fail(number)
        kept.catalogue.db.conn.execute("UPDATE accession SET state = 'indexed' WHERE id = ?", [accession.id])
        kept.catalogue.db.conn.execute("UPDATE description SET category = 'RESIDENT', title = '婚姻届' WHERE accession_id = ?", [accession.id])
        kept.count(accession.id, GENERAL, "RESIDENT")


def test_a_correction_after_destruction_moves_all_three_figures_together(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        one, _other = fill(kept, 2)
    verify(run)
    did(run, "clear", "B-0012", "--by", "佐藤")
    did(run, "approve", "B-0012", "--by", "山本")
    did(run, "destroy", "B-0012", "--by", "山本", "--method", "裁断")
    to_paper_only(settings, one)
    assert sheets(settings, "category") == {"CORRESP": (2.0, 2.0, 2.0), "RESIDENT": (2.0, 2.0, 2.0)}
    with shelf(settings) as kept:
        id = (kept.catalogue.by_number(one) or pytest.fail(one))[0].id
        kept.catalogue._forget_sheets(id)
    assert sheets(settings, "category") == {"CORRESP": (2.0, 2.0, 2.0)}


def test_a_withdrawn_scan_keeps_its_paper_and_a_record_whose_period_ended_does_not(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        wrong, expired, _third = fill(kept, 3)
    verify(run)
    with shelf(settings) as kept:
        for number in (wrong, expired):
            id = (kept.catalogue.by_number(number) or pytest.fail(number))[0].id
            kept.catalogue.db.conn.execute("UPDATE accession SET state = 'disposed' WHERE id = ?", [id])
            if number == wrong:
                kept.catalogue._forget_sheets(id)
        kept.catalogue.db.conn.execute("DELETE FROM recognition WHERE accession_id NOT IN (SELECT id FROM accession WHERE state = 'accounted')")
    err = refused(run, "clear", "B-0012", "--by", "佐藤")
    assert f"The scan {wrong} was withdrawn" in err and expired not in err
    run("box", "--out", wrong, "--by", "佐藤")
    assert did(run, "clear", "B-0012", "--by", "佐藤")["records"] == 2
    assert sheets(settings)[GENERAL] == (4.0, 4.0, 0.0)
    did(run, "back", "B-0012", "--by", "佐藤", "--reason", "誤り")
    did(run, "back", "B-0012", "--by", "佐藤", "--reason", "誤り")
    assert expired not in did(run, "check", "B-0012", "--by", "鈴木")["sample"]  # there is nothing left to compare with


def test_all_are_compared_where_the_scan_becomes_the_record(settings: Settings, run: Run) -> None:
    retention = settings.file.with_name("retention.toml")
    head, code, tail = retention.read_text("utf-8").partition('code = "CORRESP"\n')
    retention.write_text(head + code + 'inspect = "all"\n' + tail, "utf-8")
    with shelf(settings) as kept:
        numbers = fill(kept, 9)
        kept.record(GENERAL, "PLAN", date(2026, 2, 1), declared=BOX)
    sample = did(run, "check", "B-0012", "--by", "鈴木")["sample"]
    assert set(numbers) <= set(sample)


def test_a_wish_that_is_answered_twice_acts_once(settings: Settings, run: Run) -> None:
    with shelf(settings) as kept:
        numbers = fill(kept, 2)
    did(run, "box", "B-9", numbers[0], "--by", "佐藤")
    run("box", "--out", numbers[0], "--by", "佐藤")
    verify(run)
    for arguments in (("clear",), ("back", "--reason", "誤り"), ("clear",), ("approve",), ("destroy", "--method", "溶解")):
        did(run, arguments[0], "B-0012", *arguments[1:], "--by", "山本" if arguments[0] == "approve" else "佐藤")
    before = dump(settings)
    requests = Requests(settings.layout.requests_db)
    requests.db.conn.execute("UPDATE request SET state = 'waiting', answer = NULL")
    requests.close()
    run("clear", "B-0012", "--by", "佐藤")  # whoever answers answers all that waits
    assert dump(settings) == before
    requests = Requests(settings.layout.requests_db)
    states = [row["state"] for row in requests.db.conn.execute("SELECT state FROM request ORDER BY id")]
    requests.close()
    assert states == ["done"] * 9 + ["refused"], states


def test_the_list_of_a_box_is_printed_for_people_and_readers(settings: Settings, run: Run, tmp_path: Path) -> None:
    with shelf(settings) as kept:
        fill(kept, 40, title="令和7年度固定資産税に関する照会への回答について(通知)ほか関係書類一式")
        kept.record(GENERAL, "WELFARE", date(2026, 2, 1), title="生活保護のケース記録", declared=BOX, restricted=True)
    out = tmp_path / "box.pdf"
    code, said, _err = run("print", "B-0012", "--out", str(out))
    assert code == os.EX_OK and "box.pdf" in said
    data = out.read_bytes()
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        texts = ["".join((page.extract_text() or "").split()) for page in pdf.pages]
    assert len(texts) == 2 and all("B-0012" in text for text in texts)
    assert "2026-000001" in texts[0] and "2026-000041" in texts[1] and "ケース記録" not in "".join(texts)
    with pypdfium2.PdfDocument(data) as document:
        grey = np.asarray(document[0].render(scale=150 / 72, grayscale=True).to_pil().convert("L"), np.uint8)
    assert [code.text for code in zxingcpp.read_barcodes(grey)] == ["B-0012"]
    if fonts.japanese_font():
        assert "固定資産税" in texts[0]
