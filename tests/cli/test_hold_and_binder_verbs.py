"""`scanpipe hold`, `binder` and `retention due` at the command line."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from custody import GENERAL, TAX, two_sections
from kept_records import shelf

from scanpipe.accounts import Accounts
from scanpipe.cli import main
from scanpipe.config import Settings
from scanpipe.core.rights import Role

Run = Callable[..., tuple[int, str, str]]
REQUEST = ("--kind", "disclosure", "--reason", "開示請求", "--reference", "情公第3号", "--by", "佐藤")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = two_sections(tmp_path / "site", language="en")
    with shelf(settings) as kept:
        kept.record(GENERAL, "CORRESP", date(2021, 6, 1))
        kept.record(TAX, "ACCOUNT", date(2018, 6, 1))
    return settings


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    monkeypatch.setenv("LANGUAGE", "en")

    def verb(*arguments: str) -> tuple[int, str, str]:
        code = main(["--config", str(settings.file), *arguments])
        out, err = capfdbinary.readouterr()
        return code, out.decode("utf-8-sig"), err.decode()

    return verb


def test_a_record_is_held_listed_shown_and_let_go(run: Run) -> None:
    code, out, err = run("hold", "add", "2026-1", *REQUEST, "--from", "2026-05-01", "--json")
    assert (code, err) == (os.EX_OK, "")
    made = json.loads(out)
    assert (made["records"], made["hold"]["from"], made["hold"]["ends"]) == (1, "2026-05-01", None)
    assert json.loads(run("show", "2026-000001", "--json")[1])["retention"]["holds"] == [made["hold"]]
    assert "disclosure request" in run("show", "2026-000001")[1]
    (listed,) = json.loads(run("hold", "list", "--json")[1])
    assert (listed["id"], listed["numbers"], listed["in_force"], listed["records"]) == (made["hold"]["id"], ["2026-000001"], True, 1)
    assert "until further notice" in run("hold", "list")[1]
    assert json.loads(run("hold", "end", "情公第３号", "--on", "2026-06-30", "--by", "鈴木", "--json")[1])["hold"]["ends"] == "2027-06-30"
    code, out, err = run("hold", "end", made["hold"]["id"], "--by", "鈴木")
    assert code == os.EX_USAGE and "2026-06-30" in err


def test_the_same_matter_is_held_once_and_always_by_somebody(run: Run) -> None:
    made = json.loads(run("hold", "add", "2026-1", *REQUEST, "--json")[1])
    code, told, _err = run("hold", "add", *REQUEST, "2026-1")
    assert code == os.EX_OK and "Held already" in told and made["hold"]["id"] in told
    assert len(json.loads(run("hold", "list", "--all", "--json")[1])) == 1
    for nobody in ("", " ", "　"):
        code, _out, err = run("hold", "add", "2026-2", *REQUEST[:-1], nobody)
        assert code == os.EX_USAGE and "Say who you are" in err
    run("hold", "end", "情公第3号", "--by", "佐藤")
    again = json.loads(run("hold", "add", "2026-1", *REQUEST, "--json")[1])  # the matter came up anew
    assert not again["already"]
    assert json.loads(run("hold", "end", "情公第3号", "--by", "佐藤", "--json")[1])["hold"]["id"] == again["hold"]["id"]
    code, _out, err = run("hold", "end", "情公第3号", "--by", "鈴木")
    assert code == os.EX_USAGE and "already" in err


def test_a_hold_entered_by_mistake_is_void(run: Run) -> None:
    run("hold", "add", "2026-2", *REQUEST)
    run("hold", "end", "情公第3号", "--by", "佐藤")  # would keep for another year
    assert run("hold", "void", "情公第3号", "--by", "鈴木")[0] == os.EX_USAGE  # why?
    mistake = ("hold", "void", "情公第3号", "--by", "鈴木", "--reason", "番号の取り違え")
    assert "Only shown" in run(*mistake, "--dry-run")[1] and len(json.loads(run("hold", "list", "--json")[1])) == 1
    code, out, _err = run(*mistake, "--json")
    assert code == os.EX_OK and json.loads(out)["hold"]["voided"]
    assert json.loads(run("hold", "list", "--json")[1]) == []
    (listed,) = json.loads(run("hold", "list", "--all", "--json")[1])
    assert (listed["in_force"], listed["records"], listed["voided_by"], listed["void_reason"]) == (False, 0, "鈴木", "番号の取り違え")
    assert "void since" in run("hold", "list", "--all")[1]
    assert json.loads(run("show", "2026-2", "--json")[1])["retention"]["holds"] == []
    assert "2026-000002" in [one["number"] for one in json.loads(run("retention", "due", "--fiscal-year", "2026", "--json")[1])["due"]]


def test_a_search_names_the_records_and_a_dry_run_holds_none(run: Run) -> None:
    run("hold", "add", "2026-1", *REQUEST, "--dry-run")  # whoever answers brings the index up to date
    assert json.loads(run("hold", "add", "--query", "通知", *REQUEST, "--dry-run", "--json")[1])["records"] == 2
    assert json.loads(run("hold", "add", "--query", "課:税務課 通知", *REQUEST, "--dry-run", "--json")[1])["records"] == 1  # names as in any search
    assert "No record is held" in run("hold", "list")[1]
    assert run("hold", "add", "--query", "存在しない語", *REQUEST)[0] == os.EX_NOINPUT
    assert run("hold", "add", *REQUEST)[0] == os.EX_USAGE


def test_a_section_is_held_with_what_comes_later(run: Run) -> None:
    assert "Only shown" in run("hold", "add", "--department", TAX, *REQUEST, "--dry-run")[1]
    run("hold", "add", "--department", TAX, "--category", "ACCOUNT", *REQUEST, "--until-event", "決定")
    out = run("hold", "list")[1]
    assert "all of 0103 税務課, ACCOUNT" in out and "until: 決定" in out


def test_the_due_list_shows_sections_and_holds_apart(run: Run) -> None:
    run("hold", "add", "2026-2", *REQUEST)
    body = json.loads(run("retention", "due", "--fiscal-year", "2026", "--json")[1])
    assert (body["fiscal_year"], body["until"]) == (2026, "2027-03-31")
    assert [one["number"] for one in body["due"]] == ["2026-000001"] and [one["number"] for one in body["blocked"]] == ["2026-000002"]
    out = run("retention", "due", "--fiscal-year", "2026")[1]
    assert out.index("0101 総務課: 1 records, 2 sheets") < out.index("2026-000001") < out.index("Held") < out.index("2026-000002") < out.index("開示請求")
    assert json.loads(run("retention", "due", "--fiscal-year", "2000", "--json")[1])["due"] == []
    assert run("retention", "due", "--fiscal-year", "99999")[0] == os.EX_USAGE


def test_binders_are_listed_and_registered(run: Run, tmp_path: Path) -> None:
    assert "2021-0101-CORRESP" in run("binder", "list")[1]
    assert "volume" not in run("binder", "list")[1]
    assert json.loads(run("binder", "list", "--department", TAX, "--json")[1])["binders"][0]["category"] == "ACCOUNT"
    assert len(json.loads(run("binder", "register", "--json")[1])) == 2
    assert run("binder", "register", "--fiscal-year", "2021")[1].count("\r\n") == 2
    for name in ("r.csv", "r.xlsx"):
        code, out, _err = run("binder", "register", "--out", str(tmp_path / name))
        assert code == os.EX_OK and "2 lines" in out
    assert (tmp_path / "r.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames) == 1
    code, _out, err = run("binder", "register", "--out", str(tmp_path / "r.pdf"))
    assert code == os.EX_USAGE and "r.pdf" in err


def test_once_there_are_accounts_a_decider_is_one_of_them_with_the_right(run: Run, settings: Settings) -> None:
    """Until then any name is written down as it is (the tests above)."""
    accounts = Accounts(settings.layout.accounts_db)
    for name, role in (("sato", Role.RECORDS_MANAGER), ("yamada", Role.STATISTICS)):
        accounts.add(name, name, {role}, frozenset(), frozenset(), None, by="root", at=datetime(2026, 4, 1, tzinfo=UTC))
    accounts.close()
    wanted = ("hold", "add", "2026-1", *REQUEST[:-1])
    for name, says in (("佐藤", "There is no account 佐藤"), ("yamada", "none of its roles has the right")):
        code, _out, err = run(*wanted, name)
        assert code == os.EX_USAGE and says in err
    assert json.loads(run(*wanted, " SATO", "--json")[1])["hold"]["by"] == "sato"
