"""`scanpipe paper`, `scanpipe device` and ledger A in `scanpipe stats`, from files as offices have them."""

import codecs
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from custody import GENERAL, TAX, dump
from typed import Run, did

from scanpipe import config
from scanpipe.catalogue.journal import chain
from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings

PLAIN = "month,department,source,unit,quantity,note\n2022-04,総務課,purchase,box,4,\n2022-04,0103,purchase,sheet,3000,\n2025-04,総務課,purchase,box,3,\n2025-04,0103,purchase,sheet,3600,増刷\n"


def written(tmp_path: Path, text: str, *, name: str = "plain.csv", encoding: str = "utf-8") -> str:
    (tmp_path / name).write_bytes(text.encode(encoding))
    return str(tmp_path / name)


def workbook(tmp_path: Path, name: str, *rows: tuple[object, ...]) -> str:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / name)
    return str(tmp_path / name)


def figures(run: Run, *more: str) -> list[tuple[Any, ...]]:
    return [(row["month"], row["department"], row["source"], row["unit"], row["quantity"]) for row in did(run, "paper", "list", *more)]


def test_the_ledgers_stand_apart_for_the_city_and_each_section(run: Run, tmp_path: Path) -> None:
    assert did(run, "paper", "import", written(tmp_path, PLAIN), "--by", "佐藤")["new"] == 4
    body = did(run, "stats", "--base-year", "2022")
    assert body["city"]["ledger_a"] == {"base": 13000.0, "current": 11100.0, "saved": 1900.0, "rate": 0.146154}
    assert body["city"]["ledger_b"] == {"digitised": 0, "cleared": 0, "removed": 0}
    assert body["departments"][GENERAL]["ledger_a"] == {"base": 10000.0, "current": 7500.0, "saved": 2500.0, "rate": 0.25}
    assert body["departments"][TAX]["ledger_a"] == {"base": 3000.0, "current": 3600.0, "saved": -600.0, "rate": -0.2}
    assert body["departments"][GENERAL]["paper"]["provisional"] == ["sheets_per_box"]
    assert (body["base_year"], body["ledger_a_year"]) == (2022, 2025)
    text = run("stats", "--base-year", "2022")[1]
    assert "10,000 仮" in text and "25.0%" in text and "Ledger B" in text
    nothing = did(run, "stats")["city"]["ledger_a"]
    assert nothing == {"base": None, "current": 11100.0, "saved": None, "rate": None}


def test_importing_the_same_file_again_changes_nothing_even_after_a_correction(settings: Settings, run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, PLAIN)
    did(run, "paper", "import", file, "--by", "佐藤")
    did(
        run,
        "paper",
        "correct",
        "2025-04",
        "--department",
        GENERAL,
        "--source",
        "purchase",
        "--quantity",
        "5",
        "--unit",
        "box",
        "--by",
        "鈴木",
        "--reason",
        "誤記",
    )
    events = sum(1 for _event in chain(settings.layout.journal))
    again = did(run, "paper", "import", file, "--by", "佐藤")
    assert (again["new"], again["same"], again["changed"]) == (0, 4, [])
    assert sum(1 for _event in chain(settings.layout.journal)) == events
    assert ("2025-04", GENERAL, "purchase", "box", 5.0) in figures(run)


def test_changed_figures_supersede_and_the_old_ones_stay_in_the_history(run: Run, tmp_path: Path) -> None:
    did(run, "paper", "import", written(tmp_path, PLAIN), "--by", "佐藤")
    changed = written(tmp_path, PLAIN.replace("box,3,", "box,2,"), name="changed.csv")
    before = figures(run)
    assert did(run, "paper", "import", changed, "--dry-run")["changed"][0]["before"][0]["quantity"] == 3.0
    assert figures(run) == before
    answer = did(run, "paper", "import", changed, "--by", "佐藤")
    assert (answer["new"], answer["same"], len(answer["changed"])) == (0, 3, 1)
    assert figures(run, "--department", GENERAL, "--from", "2025-01") == [("2025-04", GENERAL, "purchase", "box", 2.0)]
    history = did(run, "paper", "list", "--all", "--department", GENERAL, "--from", "2025-04", "--to", "2025-04")
    assert [(row["quantity"], row["file"], row["superseded_by"] is None) for row in history] == [(3.0, "plain.csv", False), (2.0, "changed.csv", True)]


def test_figures_with_and_without_a_device_and_paper_of_another_size_are_told_before_they_count(run: Run, tmp_path: Path) -> None:
    head = "年月,課,区分,単位,数量,機器,用紙\n"
    did(run, "device", "add", "MFP1", "--department", GENERAL, "--by", "佐藤")
    did(run, "paper", "import", written(tmp_path, f"{head}2026-04,{GENERAL},counter,side,5000,,\n2026-05,{GENERAL},purchase,box,4,,A4\n"))
    more = written(tmp_path, f"{head}2026-04,{GENERAL},counter,side,5000,MFP1,\n2026-05,{GENERAL},purchase,ream,3,,A3\n", name="more.csv")
    for look in (["--dry-run"], []):
        told = did(run, "paper", "import", more, *look)["doubts"]
        assert [(one["about"], one["month"], one["source"]) for one in told] == [("devices", "2026-04", "counter"), ("sizes", "2026-05", "purchase")]
    assert did(run, "paper", "import", more)["doubts"] == []  # known already


def test_a_dry_run_needs_no_catalogue_and_writes_nothing(settings: Settings, run: Run, tmp_path: Path) -> None:
    assert did(run, "paper", "import", written(tmp_path, PLAIN), "--dry-run")["new"] == 4
    assert not settings.layout.catalogue_db.exists()


WIDE = "令和７年度　コピー用紙購入数（単位：箱）,,,\n課名,４月,５月,合計\n総務課,１２,3,15\n税務課,－,４,4\n合計,12,7,19\n"
ODD: dict[str, Callable[[Path], str]] = {
    "Shift_JIS": lambda folder: written(folder, WIDE, encoding="cp932"),
    "UTF-8 with a mark": lambda folder: written(folder, codecs.BOM_UTF8.decode("utf-8") + WIDE),
    "UTF-16 with tabs": lambda folder: written(folder, WIDE.replace(",", "\t"), encoding="utf-16"),
    "workbook": lambda folder: workbook(
        folder, "wide.xlsx", ("令和７年度 コピー用紙購入数(箱)",), ("課名", "4月", "5月", "計"), ("総務課", 12, 3, 15), ("税務課", None, "４箱", 4)
    ),
    "workbook with dates": lambda folder: workbook(
        folder, "dates.xlsx", ("所属", date(2025, 4, 1), date(2025, 5, 1)), ("0101 総務課", "12箱", "3箱"), ("0103 税務課", "", "4箱")
    ),
    "workbook with codes": lambda folder: workbook(
        folder, "codes.xlsx", ("コード", "課名", "R7.4", "R7.5"), ("0101", "総務課", "12箱", "3箱"), ("0103", "税務課", "-", "4箱")
    ),
    "sections across": lambda folder: written(folder, "用紙の発注箱数\n年月,総務課,税務課,計\n令和7年4月,12,,12\n令和7年5月,3,4,7\n"),
    "one figure a row": lambda folder: written(folder, "発注日,所属,数量,単位,金額\nR7.4.10,総務課,12,箱,30000\nR7.5.1,総務課,3,箱,7500\n,税務課,4,箱,10000\n"),
    "one month a file": lambda folder: written(folder, "購入 2025年度\n対象月,部署,箱数\n4月,総務課,12\n5月,総務課,3\n5月,税務課,4\n小計,,19\n"),
    "two rows of headings": lambda folder: written(folder, "令和7年度\n課名,4月,,5月,\n,箱,冊,箱,冊\n総務課,12,,3,\n税務課,,,4,\n"),
}


@pytest.mark.parametrize("form", list(ODD))
def test_offices_own_forms_say_the_same(form: str, run: Run, tmp_path: Path) -> None:
    code, body, err = run("paper", "import", ODD[form](tmp_path), "--dry-run", "--json")
    assert (code, err) == (os.EX_OK, ""), body
    found = sorted((row["month"], row["department"], row["source"], row["unit"], row["quantity"]) for row in body["rows"])
    assert found == [
        ("2025-04", GENERAL, "purchase", "box", 12.0), ("2025-05", GENERAL, "purchase", "box", 3.0), ("2025-05", TAX, "purchase", "box", 4.0),
    ], body["remarks"]  # fmt: skip


def test_a_wrong_section_is_left_out_with_a_suggestion_and_the_exit_code_says_so(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, "month,department,source,unit,quantity\n2025-04,税努課,purchase,box,1\n2025-04,総務課,purchase,box,2\n")
    code, text, _err = run("paper", "import", file, "--by", "佐藤")
    assert code == 1 and "税努課" in text and "0103 税務課" in text
    assert figures(run) == [("2025-04", GENERAL, "purchase", "box", 2.0)]
    code, _out, err = run("paper", "import", written(tmp_path, "課名,4月\n税努課,1\n"), "--by", "佐藤")
    assert code == os.EX_DATAERR and "nothing was changed" in err


def test_a_source_that_does_not_count_is_shown_as_such(run: Run, tmp_path: Path) -> None:
    did(run, "paper", "import", written(tmp_path, PLAIN + "2025-04,総務課,counter,side,9000,\n"), "--by", "佐藤")
    rows = did(run, "paper", "list", "--department", GENERAL, "--from", "2025-04")
    assert [(row["source"], row["counts"], row["provisional"]) for row in rows] == [
        ("counter", False, ["duplex_share"]),
        ("purchase", True, ["sheets_per_box"]),
    ]
    assert did(run, "stats", "--base-year", "2022")["departments"][GENERAL]["ledger_a"]["current"] == 7500.0


def test_special_months_are_shown_raw_and_adjusted(run: Run, tmp_path: Path) -> None:
    did(run, "paper", "import", written(tmp_path, PLAIN), "--by", "佐藤")
    did(run, "paper", "note", "2025-04", "--department", TAX, "--text", "給付金", "--sheets", "600", "--by", "佐藤")
    paper = did(run, "stats", "--base-year", "2022")["departments"][TAX]
    assert (paper["ledger_a"]["saved"], paper["paper"]["adjusted"]["saved"]) == (-600.0, 0.0)
    assert [note["text"] for note in paper["paper"]["notes"]] == ["給付金"]
    assert "給付金" in run("stats", "--base-year", "2022")[1]
    did(run, "paper", "note", "2025-04", "--department", TAX, "--take-back", "--by", "佐藤")
    assert did(run, "stats", "--base-year", "2022")["departments"][TAX]["paper"]["adjusted"] is None


def test_a_device_moves_with_its_base_and_is_replaced(run: Run, tmp_path: Path) -> None:
    did(run, "device", "add", "MFP-1", "--department", GENERAL, "--from", "2020-04-01", "--duplex", "0.5", "--by", "佐藤")
    counters = "month,department,source,unit,quantity,device\n2022-05,総務課,counter,side,4000,MFP-1\n2025-05,税務課,counter,side,2000,MFP-1\n"
    did(run, "paper", "import", written(tmp_path, counters), "--by", "佐藤")
    did(run, "device", "move", "MFP-1", "--department", TAX, "--from", "2025-05-01", "--by", "佐藤")
    assert did(run, "stats", "--base-year", "2022")["departments"][TAX]["ledger_a"] == {"base": 3000.0, "current": 1500.0, "saved": 1500.0, "rate": 0.5}
    (new, old) = sorted(
        did(run, "device", "replace", "MFP-1", "--with", "MFP-2", "--from", "2026-04-01", "--by", "佐藤")["devices"], key=lambda one: one["id"] == "MFP-1"
    )
    assert (new["id"], new["places"], old["until"], old["replaced_by"]) == ("MFP-2", [{"since": "2026-04-01", "department": TAX}], "2026-03-31", "MFP-2")
    assert [one["id"] for one in did(run, "device", "list")] == ["MFP-2"]
    listed = {one["id"]: [step["kind"] for step in one["steps"]] for one in did(run, "device", "list", "--all")}
    assert listed == {"MFP-1": ["added", "moved", "replaced"], "MFP-2": ["added"]}
    assert run("device", "end", "MFP-1", "--by", "佐藤")[0] == os.EX_USAGE
    assert run("device", "end", "MFP-9", "--by", "佐藤")[0] == os.EX_NOINPUT
    assert "MFP-2" in run("device", "list")[1]


def test_a_baseline_for_who_knows_nothing_is_kept_as_estimate(run: Run) -> None:
    body = did(run, "paper", "baseline", "--invoices", "120")
    assert (body["low"], body["likely"], body["high"]) == (275000, 300000, 650000) and len(body["because"]) == 2
    assert run("paper", "baseline")[0] == os.EX_USAGE
    assert run("paper", "baseline", "--invoices", "120", "--save")[0] == os.EX_USAGE
    counted = did(run, "paper", "baseline", "--counter", "10000", "--month", "2025-06", "--save", "--department", GENERAL, "--year", "2022", "--by", "佐藤")
    assert counted["saved"] and counted["low"] < counted["likely"] == 120000
    rows = did(run, "paper", "list")
    assert len(rows) == 12 and {(row["source"], row["quantity"]) for row in rows} == {("estimate", 10000.0)}


def test_corrections_need_a_figure_and_a_reason(run: Run, tmp_path: Path) -> None:
    said = ("paper", "correct", "2025-04", "--department", GENERAL, "--source", "purchase", "--quantity", "1", "--unit", "box", "--by", "佐藤")
    assert run(*said, "--reason", "誤記")[0] == os.EX_NOINPUT
    did(run, "paper", "import", written(tmp_path, PLAIN), "--by", "佐藤")
    assert run(*said)[0] == os.EX_USAGE
    did(run, *said, "--reason", "誤記")


def test_the_configured_base_year_and_a_confirmed_factor_need_no_option(settings: Settings, run: Run, tmp_path: Path) -> None:
    did(run, "paper", "import", written(tmp_path, PLAIN), "--by", "佐藤")
    text = settings.file.read_text("utf-8").replace("# base_year = 2022", "base_year = 2022").replace("confirmed = []", 'confirmed = ["sheets_per_box"]')
    settings.file.write_text(text, "utf-8")
    assert config.load(settings.file).metrics.base_year == 2022
    body = did(run, "stats")
    assert (body["city"]["ledger_a"]["saved"], body["city"]["paper"]["provisional"]) == (1900.0, [])
    boxes = body["city"]["conversions"][0]
    assert (boxes["name"], boxes["amount"], boxes["provisional"]) == ("boxes", 0.8, False) and "Asahikawa" in boxes["source"]
    assert "仮" not in run("stats")[1].split("Ledger B")[0].split("boxes of paper")[0]
    did(run, "drain")  # a start lets what is derived follow the configuration
    from scanpipe.catalogue.reader import CatalogueReader

    reader = CatalogueReader(settings.layout.catalogue_db)
    saved = [(row["month"], row["department"], row["saved"]) for row in reader.db.conn.execute("SELECT * FROM paper_saved_monthly WHERE fiscal_year = 2025")]
    reader.close()
    assert saved == [("2025-04", GENERAL, 2500.0), ("2025-04", TAX, -600.0)]


def test_wishes_that_are_answered_twice_act_once_and_reindex_gives_the_same_rows(settings: Settings, run: Run, tmp_path: Path) -> None:
    did(run, "paper", "import", written(tmp_path, PLAIN), "--by", "佐藤")
    did(run, "device", "add", "MFP-1", "--department", GENERAL, "--from", "2020-04-01", "--by", "佐藤")
    did(run, "device", "replace", "MFP-1", "--with", "MFP-2", "--from", "2025-04-01", "--by", "佐藤")
    did(run, "paper", "note", "2025-04", "--text", "選挙", "--by", "佐藤")
    did(
        run, "paper", "correct", "2025-04", "--department", TAX, "--source", "purchase", "--quantity", "9", "--unit", "ream", "--by", "鈴木", "--reason", "誤記"
    )
    before = dump(settings)
    assert [len(before[table]) for table in ("paper_row", "paper_import", "device", "device_step", "month_note")] == [5, 2, 2, 3, 1]
    requests = Requests(settings.layout.requests_db)
    requests.db.conn.execute("UPDATE request SET state = 'waiting', answer = NULL")
    requests.close()
    did(run, "drain")
    assert dump(settings) == before
    shutil.rmtree(settings.layout.catalogue_db.parent)
    did(run, "reindex")
    assert dump(settings) == before
