"""`scanpipe retention show|import|changes` at the command line."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from custody import GENERAL, pdf, two_sections

from scanpipe import named
from scanpipe.accounts import Accounts
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.cli import main
from scanpipe.cli.retention_verbs import letters
from scanpipe.config import Settings
from scanpipe.core.rights import Role
from scanpipe.daemon import Daemon

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return two_sections(tmp_path / "site")


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    monkeypatch.setenv("LANGUAGE", "en")

    def retention(*arguments: str) -> tuple[int, str, str]:
        code = main(["--config", str(settings.file), "retention", *arguments])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return retention


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "保存期間表.csv"
    path.write_bytes("記号,大分類,文書の種類,保存年限,措置\nA-1,総務,号外台帳,五年,廃棄\nA-2,総務,謎の台帳,むげん,\nA-3,総務,町史,法定,移管\n".encode("cp932"))
    return path


def test_show_says_start_and_expiry_by_the_sub_rule_for_the_title(run: Run) -> None:
    code, out, _err = run("show", "SERVICE", "--completed", "2026-01-20", "--title", "年次休暇簿", "--json")
    body = json.loads(out)
    assert code == os.EX_OK
    assert (body["override"], body["retention"]["start"], body["retention"]["starts"]) == ("休暇簿", "cy_next_apr1", "2027-04-01")
    plain = json.loads(run("show", "SERVICE", "--completed", "2026-01-20", "--json")[1])
    assert (plain["retention"]["starts"], plain["classes"]) == ("2026-04-01", ["総務", "服務"])
    assert "(総務 > 服務)" in run("show", "SERVICE", "--completed", "2026-01-20")[1]


@pytest.mark.parametrize(
    ("arguments", "starts", "expires"),
    [
        (("CONTRACT", "--completed", "2025-04-01"), None, None),
        (("CONTRACT", "--completed", "2025-04-01", "--event", "2028-09-30"), "2029-04-01", "2039-03-31"),
        (("ACCOUNT", "--completed", "2025-05-20", "--accounting-year", "2024"), "2025-04-01", "2030-03-31"),
        (("ACCOUNT", "--completed", "2025-05-20"), "2026-04-01", "2031-03-31"),
    ],
)
def test_show_takes_events_and_accounting_years(run: Run, arguments: tuple[str, ...], starts: str | None, expires: str | None) -> None:
    kept = json.loads(run("show", *arguments, "--json")[1])["retention"]
    assert (kept["starts"], kept["expires"]) == (starts, expires)


def test_a_dry_run_reports_columns_problems_and_guesses(run: Run, table: Path, settings: Settings) -> None:
    before = settings.file.with_name("retention.toml").read_bytes()
    code, out, _err = run("import", str(table), "--dry-run", "--json")
    body = json.loads(out)
    assert code == 1  # a row was not understood
    assert [(one["column"], one["as"]) for one in body["tables"][0]["columns"]] == [
        ("A", "code"),
        ("B", "class"),
        ("C", "title"),
        ("D", "period"),
        ("E", "disposition"),
    ]
    assert [(one["row"], one["column"], one["value"]) for one in body["problems"]] == [(3, "保存年限", "むげん")]
    assert [(one["row"], one["value"]) for one in body["guesses"]] == [(4, "法定")]
    assert (body["rows"], body["rows_used"], body["added"], body["written"], body["backup"]) == (4, 2, ["A-1", "A-3"], False, None)
    assert settings.file.with_name("retention.toml").read_bytes() == before


def test_an_import_tells_each_row_and_what_to_do_next(run: Run, table: Path) -> None:
    code, out, _err = run("import", str(table))
    assert code == 1
    assert "保存期間表.csv row 3 保存年限 「むげん」" in out
    assert "This is not a period." in out and "systemctl reload scanpipe" in out
    assert "2 categories new, 0 changed, 0 taken out" in out


def test_the_report_is_in_japanese_for_japanese_users(run: Run, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "ja")
    out = run("import", str(table), "--dry-run")[1]
    assert "保存期間として読めません" in out and "3 行目" in out


def test_imported_titles_classify_at_once(run: Run, table: Path, settings: Settings, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    run("import", str(table), "--replace")
    letter = tmp_path / "letter.txt"
    letter.write_text("号外台帳\n令和7年4月1日\n総務課長\n号外台帳は次のとおり。\n", "utf-8")
    assert main(["--config", str(settings.file), "explain", str(letter), "--json"]) == os.EX_OK
    assert json.loads(capfdbinary.readouterr().out)["suggestions"][0]["category"] == "A-1"


def test_marks_can_be_explained_on_the_command_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("種別,文書\n甲,条例\n乙,契約\n", "utf-8")
    body = json.loads(run("import", str(path), "--legend", "甲=永年、乙＝10年", "--dry-run", "--json")[1])
    assert [one["period"] for one in body["categories"]] == ["永年", 10]
    assert run("import", str(path), "--legend", "甲")[0] == os.EX_USAGE


def test_nothing_understood_is_an_error_with_the_remedy(run: Run, tmp_path: Path) -> None:
    (tmp_path / "photo.csv").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    code, out, err = run("import", str(tmp_path / "photo.csv"))
    assert (code, out) == (os.EX_DATAERR, "")
    assert "photo.csv" in err and "CSV UTF-8" in err


def test_changes_lists_what_the_schedule_would_shorten_and_applies_nothing(
    run: Run, settings: Settings, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (settings.inbox(GENERAL) / "scan.pdf").write_bytes(pdf("契約"))
    main(["--config", str(settings.file), "drain"])
    (number,) = record_numbers(settings)
    keep(settings, number, {"period": "10", "start_rule": "fy_next_apr1", "starts": "2026-04-01", "expires": "2036-03-31", "disposition": "dispose"})
    capfdbinary.readouterr()
    body = json.loads(run("changes", "--json")[1])
    assert body == {"counts": {"CORRESP": {"shorter": 1}}}
    listed = json.loads(run("changes", "--list", "--json")[1])["records"]
    assert [(one["number"], one["effect"], one["before"]["expires"]) for one in listed] == [(number, "shorter", "2036-03-31")]
    assert "shorter" in run("changes", "--list")[1]
    assert json.loads(run("changes", "--json")[1]) == body


def test_a_changed_schedule_is_applied_when_a_person_says_so_and_shortens_only_with_a_reason(
    run: Run, settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (settings.inbox(GENERAL) / "scan.pdf").write_bytes(pdf("契約"))
    main(["--config", str(settings.file), "drain"])
    (number,) = record_numbers(settings)
    longer, shorter = ({"period": str(years), "start_rule": "fy_next_apr1", "starts": "2026-04-01", "disposition": "dispose"} for years in (1, 10))
    keep(settings, number, longer | {"expires": "2027-03-31"})
    capfdbinary.readouterr()
    apply = ("changes", "--apply", "--by", "佐藤")
    assert "Of these, to be kept as the schedule says now: 1 records" in run(*apply, "--dry-run")[1]
    assert json.loads(run("changes", "--json")[1]) == {"counts": {"CORRESP": {"longer": 1}}}
    assert json.loads(run("changes", "--category", "ACCOUNT", "--json")[1]) == {"counts": {}}
    assert run(*apply)[0] == os.EX_USAGE  # nobody sits at a terminal
    assert run("changes", "--apply", "--yes")[0] == os.EX_USAGE  # who?
    done = json.loads(run(*apply, "--yes", "--json")[1])
    assert [(one["number"], one["before"]["expires"]) for one in done["records"]] == [(number, "2027-03-31")]
    assert json.loads(run("changes", "--json")[1]) == {"counts": {}}
    expires = done["records"][0]["after"]["expires"]
    keep(settings, number, shorter | {"expires": "2036-03-31"})
    assert "1 records would be kept less long" in run(*apply, "--yes")[1]
    assert json.loads(run("changes", "--json")[1]) == {"counts": {"CORRESP": {"shorter": 1}}}
    assert run(*apply, "--shorten", "--yes")[0] == os.EX_USAGE  # why?
    code, out, _err = run(*apply, "--shorten", "--reason", "規程の改正", "--yes")
    assert code == os.EX_OK and "1 records are now kept as the schedule says" in out
    reader = CatalogueReader(settings.layout.catalogue_db)
    body = reader.record(number)
    reader.close()
    assert (body["retention"]["expires"], body["state"]) == (expires, "accounted")


def record_numbers(settings: Settings) -> list[str]:
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        return [row["number"] for row in reader.db.conn.execute("SELECT number FROM accession WHERE number IS NOT NULL")]
    finally:
        reader.close()


def keep(settings: Settings, number: str, retention: dict[str, Any]) -> None:
    """The record was classified long ago under another schedule."""
    from scanpipe.catalogue.database import sqlite3

    db = sqlite3.connect(settings.layout.catalogue_db)
    with db:
        db.execute(
            "UPDATE description SET category = 'CORRESP', period = ?, completed = '2025-05-20',"
            " fact = json_set(fact, '$.retention', json(?), '$.category', 'CORRESP', '$.completed', '2025-05-20')"
            " WHERE accession_id = (SELECT id FROM accession WHERE number = ?)",
            [retention["period"], json.dumps(retention), number],
        )
    db.close()


def test_columns_have_the_letters_of_excel() -> None:
    assert [letters(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize(
    "wrong",
    [("--completed", "9999-12-31"), ("--completed", "1867-12-31"), ("--completed", "2025-04-01", "--accounting-year", "20255"),
     ("--completed", "2025-04-01", "--event", "2201-01-01")],
)  # fmt: skip
def test_days_and_years_that_cannot_be_are_refused_with_their_range(run: Run, wrong: tuple[str, ...]) -> None:
    code, out, err = run("show", "ACCOUNT", *wrong)
    assert (code, out) == (os.EX_USAGE, "") and "1868" in err and "2200" in err and "Traceback" not in err


def test_an_event_before_the_completion_is_pointed_out(run: Run) -> None:
    early = ("show", "CONTRACT", "--completed", "2025-04-01", "--event", "2025-03-31")
    assert "the event (2025-03-31) lies before the completion (2025-04-01)" in run(*early)[1]
    assert len(json.loads(run(*early, "--json")[1])["remarks"]) == 1
    assert json.loads(run(*early[:-1], "2025-04-01", "--json")[1])["remarks"] == []


def test_shorter_periods_are_taken_only_with_a_yes(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("コード,文書,保存年限\nCONTRACT,物品購入契約書,1年\n", "utf-8")
    code, _out, err = run("import", str(path))
    assert code == os.EX_USAGE and "CONTRACT (period 10 → 1)" in err and "--yes" in err
    assert "CONTRACT" in run("import", str(path), "--dry-run")[1]
    assert json.loads(run("import", str(path), "--yes", "--json")[1])["shortened"] == ["CONTRACT"]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"period": 0, "start": "fy_next_apr1", "starts": "2025-04-01", "expires": "2025-03-31"}, "less than one year, until 2025-03-31; then: destroy"),
        ({"period": 0, "start": "none", "starts": None, "expires": None}, "less than one year; then: destroy"),
        ({"period": 5, "start": "fy_next_apr1", "starts": "2025-04-01", "expires": "2030-03-31"}, "5 years, from 2025-04-01 to 2030-03-31; then: destroy"),
        ({"period": 5, "start": "event_next_day", "starts": None, "expires": None}, "5 years, not begun yet; then: destroy"),
        ({"period": "永年", "start": "none", "starts": None, "expires": None}, "for ever"),
        ({"period": "常用", "start": "none", "starts": None, "expires": None}, "as long as in use"),
        ({"period": None}, "-"),
    ],
)
def test_a_retention_is_told_without_ends_that_it_does_not_have(facts: dict[str, Any], said: str) -> None:
    assert named.retention({"disposition": "dispose", **facts}) == said


def test_who_imported_a_schedule_is_told_to_the_journal_and_must_have_the_right_where_there_are_accounts(settings: Settings, run: Run, table: Path) -> None:
    assert run("import", str(table), "--by", "佐藤", "--reason", "規程改正", "--json")[0] == 1  # one row was not understood
    with Daemon(settings, timetable=False) as daemon:  # it hears of it when it runs
        daemon.turn(0)
    (event,) = [one for one in chain(settings.layout.journal) if one.kind == "schedule"]
    assert (event.actor, event.data["file"], event.data["reason"]) == ("佐藤", table.name, "規程改正") and "A-1" in event.data["added"]
    accounts = Accounts(settings.layout.accounts_db)
    accounts.add("clerk", "clerk", {Role.CLERK}, frozenset({GENERAL}), frozenset(), None, by="root", at=datetime(2026, 4, 1, tzinfo=UTC))
    accounts.close()
    for who in ((), ("--by", "clerk"), ("--by", "nobody")):
        assert run("import", str(table), *who)[0] == os.EX_USAGE
    assert run("import", str(table), "--dry-run")[0] == 1
