"""`scanpipe cabinet`, `campaign`, `target` and `indicator` at the command line, from an office's own lists to the certificate on the wall."""

import csv
import io
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pdfplumber
import pytest
from custody import GENERAL, TAX, dump, two_sections
from typed import Run, did

from scanpipe.catalogue.requests import Requests
from scanpipe.config import Settings
from scanpipe.upkeep.machine import fonts


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return two_sections(tmp_path / "site", language="ja")


def refused(run: Run, *arguments: str) -> str:
    code, _out, err = run(*arguments)
    assert code in (os.EX_USAGE, os.EX_NOINPUT, os.EX_DATAERR), (code, err)
    return err


def floor(path: Path, rows: list[list[object]], encoding: str = "cp932") -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def cabinets(run: Run) -> dict[str, tuple[str, float, str]]:
    return {one["id"]: (one["department"], one["fm"], one["basis"]) for one in did(run, "cabinet", "list")["cabinets"]}


FLOOR: list[list[object]] = [
    ["３階のキャビネット一覧", "", "", "", "", "", ""],
    ["所属", "管理番号", "設置場所", "段数", "幅(mm)", "文書量", "台数"],
    ["総務課", "", "３階東", "５段", "８００", "", "３"],
    ["0103 税務課", "税-1", "3階西", "3", "90cm", "2.1m", ""],
    ["税務課", "税-2", "3階西", "3", "", "", ""],
    ["合計", "", "", "", "", "", "5"],
    ["", "", "総計", "", "", "", "5"],
]


def test_a_whole_floor_comes_from_the_offices_own_list(run: Run, tmp_path: Path) -> None:
    file = floor(tmp_path / "floor.csv", FLOOR)
    before = did(run, "cabinet", "import", str(file), "--by", "佐藤", "--dry-run")
    assert (before["new"], len(before["remarks"])) == (5, 2)
    assert did(run, "cabinet", "list")["cabinets"] == []
    assert did(run, "cabinet", "import", str(file), "--by", "佐藤")["new"] == 5
    assert cabinets(run) == {
        "0101-001": (GENERAL, 4.0, "computed"),
        "0101-002": (GENERAL, 4.0, "computed"),
        "0101-003": (GENERAL, 4.0, "computed"),
        "税-1": (TAX, 2.1, "measured"),
        "税-2": (TAX, 4.0, "assumed"),
    }


def test_the_same_list_again_changes_nothing_and_a_corrected_one_only_what_it_says(run: Run, tmp_path: Path, settings: Settings) -> None:
    file = floor(tmp_path / "floor.csv", FLOOR)
    did(run, "cabinet", "import", str(file), "--by", "佐藤")
    before = dump(settings)
    again = did(run, "cabinet", "import", str(file), "--by", "佐藤")
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 5)
    assert dump(settings) == before
    changed = did(run, "cabinet", "import", str(floor(tmp_path / "later.csv", [*FLOOR[:3], [*FLOOR[3][:5], "1.5", ""], *FLOOR[4:]])), "--by", "佐藤")
    assert (changed["new"], changed["changed"]) == (0, 1)
    assert cabinets(run)["税-1"] == (TAX, 1.5, "measured")
    more = floor(tmp_path / "more.csv", [*FLOOR[:3], ["総務課", "", "４階", "5", "800", "", "1"]])
    assert did(run, "cabinet", "import", str(more), "--by", "佐藤")["new"] == 1
    assert "0101-004" in cabinets(run)


def test_an_excel_list_with_a_sheet_a_floor_is_read_whole(run: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet, section in ((book.active, "総務課"), (book.create_sheet("4階"), "税務課")):
        assert sheet is not None
        for row in (["課", "番号", "段", "幅"], [section, "1", 5, 800], [section, "2", 4, 0.9]):
            sheet.append(row)
    book.save(tmp_path / "floors.xlsx")
    refused_ = refused(run, "cabinet", "import", str(tmp_path / "floors.xlsx"), "--by", "佐藤")
    assert "stands there twice" in refused_ and "4階 row 2" in refused_
    answer = did(run, "cabinet", "import", str(tmp_path / "floors.xlsx"), "--by", "佐藤", "--prefix")
    assert [(one["id"], one["fm"]) for one in answer["cabinets"]] == [("0101-1", 4.0), ("0101-2", 3.6), ("0103-1", 4.0), ("0103-2", 3.6)]
    assert len(answer["remarks"]) == 2  # widths that were taken as millimetres


def test_every_wrong_row_is_told_at_once_and_nothing_is_taken(run: Run, tmp_path: Path) -> None:
    rows: list[list[object]] = [["課", "番号", "段数"], ["総務科", "A-1", "5"], ["税務課", "A-2", "たくさん"], ["", "A-3", "5"], ["総務課", "A-4", "5"]]
    err = refused(run, "cabinet", "import", str(floor(tmp_path / "wrong.csv", rows)), "--by", "佐藤")
    assert "0101 総務課" in err and "たくさん" in err and "the section is missing" in err
    assert [f"row {n}" in err for n in (2, 3, 4, 5)] == [True, True, True, False]
    did(run, "cabinet", "add", "B-1", "--department", GENERAL, "--by", "佐藤")
    assert list(cabinets(run)) == ["B-1"]
    assert "there is no row with the headings" in refused(run, "cabinet", "import", str(floor(tmp_path / "none.csv", [["名前"], ["x"]])), "--by", "佐藤")


def test_the_empty_list_can_be_taken_in_as_it_is(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "empty.csv"
    assert did(run, "cabinet", "import", "--template", str(file)) == {"file": str(file)}
    assert did(run, "cabinet", "import", str(file), "--by", "佐藤")["new"] == 6


def test_from_full_to_the_certificate(run: Run, settings: Settings, tmp_path: Path) -> None:
    did(run, "cabinet", "add", "--department", GENERAL, "--tiers", "5", "--width", "0.8", "--place", "3階", "--by", "佐藤")
    assert "already" in refused(run, "cabinet", "add", "0101-001", "--department", TAX, "--by", "佐藤")
    did(run, "cabinet", "add", "３ｆ－２", "--department", GENERAL, "--by", "佐藤")
    did(run, "cabinet", "set", "3F-2", "--fm", "2.5", "--correction", "--by", "佐藤")
    assert "of 2 cabinets not emptied" in refused(run, "cabinet", "certificate", "--department", GENERAL)
    did(run, "cabinet", "empty", "0101-001", "3f-2", "--by", "佐藤")
    assert "Another person" in refused(run, "cabinet", "sign-off", "3F-2", "--by", "佐　藤")
    did(run, "cabinet", "sign-off", "0101-001", "3F-2", "--by", "山本")
    body = did(run, "stats")
    counts = {"fm_start": 6.5, "fm_now": 0.0, "cabinets": 2, "emptied": 2, "signed_off": 2}
    assert body["city"]["cabinets"] == counts and body["departments"][GENERAL]["cabinets"] == counts
    out = tmp_path / "zero.pdf"
    made = did(run, "cabinet", "certificate", "--department", GENERAL, "--presented-by", "市長 金沢 一郎", "--out", str(out))
    assert (made["cabinets"], made["fm"]) == (2, 6.5)
    with pdfplumber.open(out) as pdf:
        (page,) = pdf.pages
        text = "".join((page.extract_text() or "").split())
    assert page.width > page.height
    if fonts.japanese_font():
        assert all(words in text for words in ("総務課", "市長金沢一郎", "山本", "6.5", "令和"))
    did(run, "cabinet", "set", "3F-2", "--fm", "0.3", "--by", "佐藤")
    assert "not at zero" in refused(run, "cabinet", "certificate", "--department", GENERAL)


def test_a_cabinet_that_was_entered_by_mistake_leaves_the_register(run: Run) -> None:
    did(run, "cabinet", "add", "A-1", "--department", GENERAL, "--by", "佐藤")
    assert "Say why" in refused(run, "cabinet", "void", "A-1", "--by", "佐藤")
    did(run, "cabinet", "void", "A-1", "--by", "佐藤", "--reason", "重複")
    assert cabinets(run) == {} and did(run, "stats")["city"]["cabinets"]["cabinets"] == 0
    assert "by mistake" in refused(run, "cabinet", "set", "A-1", "--fm", "1", "--by", "佐藤")


def test_a_step_refused_for_one_cabinet_is_done_to_none(run: Run) -> None:
    for name in ("A-1", "A-2"):
        did(run, "cabinet", "add", name, "--department", GENERAL, "--by", "佐藤")
    did(run, "cabinet", "empty", "A-2", "--by", "佐藤")
    refused(run, "cabinet", "empty", "A-1", "A-2", "--by", "佐藤")
    assert did(run, "stats")["city"]["cabinets"]["emptied"] == 1


def test_a_campaign_with_targets_lagging_sections_and_advice(run: Run, settings: Settings) -> None:
    today = datetime.now(settings.timezone).date()
    did(run, "cabinet", "add", "--department", TAX, "--by", "佐藤")
    assert "No campaign runs" in refused(run, "campaign", "show")
    first, last = (today - timedelta(days=40)).isoformat(), (today + timedelta(days=40)).isoformat()
    assert did(run, "campaign", "add", "ゼロ作戦", "--from", first, "--to", last, "--by", "佐藤")["number"] == 1
    did(run, "target", "set", "--department", GENERAL, "--rate", "30%", "--scans-week", "20", "--by", "佐藤")
    target = did(run, "target", "set", "--department", GENERAL, "--cap", "120000", "--fm", "0", "--by", "佐藤")
    assert [target[name] for name in ("rate", "cap", "fm", "scans_week")] == [0.3, 120_000, 0.0, 20]
    assert len(did(run, "target", "list")) == 1
    body = did(run, "campaign", "show")
    assert body["departments"][GENERAL]["reasons"] == ["no scans yet", "0.0 scans a week instead of 20"]
    assert body["departments"][TAX]["reasons"] == ["no scans yet"]
    refused(run, "campaign", "advice", "--text", "まず古い綴りから")
    did(run, "campaign", "advice", "--department", GENERAL, "--text", "まず古い綴りから", "--by", "山本")
    assert [(one["text"], one["campaign"]) for one in did(run, "campaign", "advice")] == [("まず古い綴りから", 1)]
    assert did(run, "campaign", "advice", "--department", TAX) == []
    code, out, _err = run("campaign", "show")
    assert code == os.EX_OK and "Lagging section" in out
    assert did(run, "campaign", "end", "--by", "佐藤", "--reason", "終了")["ended"] == today.isoformat()
    assert [one["runs"] for one in did(run, "campaign", "list")] == [True]  # to the end of this day


def test_benchmarks_go_out_and_come_back(run: Run, settings: Settings, tmp_path: Path) -> None:
    did(run, "cabinet", "add", "--department", GENERAL, "--by", "佐藤")
    file = tmp_path / "own.json"
    did(run, "campaign", "export-benchmark", str(file), "--population", "43000")
    assert json.loads(file.read_text("utf-8"))["population"] == "30000-50000"
    rows = {row["ratio"]: row for row in did(run, "campaign", "compare", str(file))}
    assert (rows["zero_sections"]["own"], rows["zero_sections"]["median"], rows["rate"]["offices"]) == (0.0, 0.0, 0)
    (tmp_path / "other.json").write_text('{"schema": 1, "kind": "x"}', "utf-8")
    assert "no benchmark file" in refused(run, "campaign", "compare", str(tmp_path / "other.json"))


INDICATORS: list[list[object]] = [
    ["年月", "指標", "課", "分子", "分母", "値", "出典", "備考"],
    ["令和4年1月", "電子決裁率", "", "９４，８４０", "152,000", "", "文書管理システム", ""],
    ["R5.3", "文書電子化率", "全庁", "", "", "77%", "", ""],
    ["2025/06", "ペーパーレス会議", "総務課", "8", "10", "", "", ""],
    ["2025-06", "ペーパーレス会議", "税務課", "5", "10", "", "", ""],
    ["2025-06", "削減した時間", "", "", "", "20,114", "", ""],
]


def test_indicators_have_their_own_panel_and_never_touch_the_sheets(run: Run, settings: Settings, tmp_path: Path) -> None:
    before = did(run, "cabinet", "add", "--department", GENERAL, "--by", "佐藤") and did(run, "stats")
    file = floor(tmp_path / "indicators.csv", INDICATORS)
    assert did(run, "indicator", "import", str(file), "--by", "佐藤", "--source", "調査")["new"] == 5
    again = did(run, "indicator", "import", str(file), "--by", "佐藤", "--source", "調査")
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 5)
    found = did(run, "indicator", "list")
    approved = found["e_approval"]["fiscal_years"]["2021"]
    assert (approved["numerator"], approved["denominator"], f"{approved['value']:.2%}") == (94_840, 152_000, "62.39%")
    assert found["digitised_share"]["fiscal_years"]["2022"]["value"] == pytest.approx(0.77)
    assert [one["value"] for one in found["paperless_meetings"]["months"]] == [0.5]  # one of two sections meets without paper
    assert found["hours_saved"]["fiscal_years"]["2025"]["value"] == 20_114
    assert found["e_approval"]["months"][0]["source"] == "文書管理システム" and found["hours_saved"]["months"][0]["source"] == "調査"
    assert did(run, "stats") == before


def test_a_newer_figure_supersedes_and_wrong_rows_are_told(run: Run, settings: Settings, tmp_path: Path) -> None:
    did(run, "indicator", "import", str(floor(tmp_path / "a.csv", INDICATORS)), "--by", "佐藤")
    answer = did(run, "indicator", "import", str(floor(tmp_path / "b.csv", [INDICATORS[0], [*INDICATORS[1][:3], "94,841", "152,000"]])), "--by", "山本")
    assert (answer["new"], answer["changed"]) == (0, 1)
    rows = dump(settings)["indicator"]
    assert len(rows) == 6 and sum(row[-1] is not None for row in rows) == 1
    wrong = [
        INDICATORS[0],
        ["13月", "電子決裁率", "", "1", "2"],
        ["2025-04", "残業率", "", "1", "2"],
        ["2025-04", "電子決裁率", "総務", "3", "2"],
        INDICATORS[1],
        INDICATORS[1],
    ]
    err = refused(run, "indicator", "import", str(floor(tmp_path / "c.csv", wrong)), "--by", "佐藤")
    assert all(words in err for words in ("13月", "残業率", "総務課", "the same figure stands at"))
    assert (
        did(run, "indicator", "import", "--template", str(tmp_path / "d.csv"))
        and did(run, "indicator", "import", str(tmp_path / "d.csv"), "--by", "佐藤")["new"] == 5
    )


def test_answered_twice_and_made_again_it_is_all_the_same(run: Run, settings: Settings, tmp_path: Path) -> None:
    today = datetime.now(settings.timezone).date()
    did(run, "cabinet", "import", str(floor(tmp_path / "floor.csv", FLOOR)), "--by", "佐藤")
    did(run, "cabinet", "move", "税-2", "--department", GENERAL, "--place", "倉庫", "--by", "佐藤")
    did(run, "cabinet", "empty", "税-1", "--by", "佐藤")
    did(run, "cabinet", "sign-off", "税-1", "--by", "山本")
    did(run, "campaign", "add", "作戦", "--from", today.isoformat(), "--to", (today + timedelta(days=9)).isoformat(), "--by", "佐藤")
    did(run, "target", "set", "--rate", "0.3", "--by", "佐藤")
    did(run, "campaign", "advice", "--department", TAX, "--text", "助言", "--by", "佐藤")
    did(run, "indicator", "import", str(floor(tmp_path / "i.csv", INDICATORS)), "--by", "佐藤")
    before = dump(settings)
    assert [len(before[table]) for table in ("cabinet", "cabinet_step", "campaign", "target", "advice", "indicator")] == [5, 8, 1, 1, 1, 5]
    requests = Requests(settings.layout.requests_db)
    requests.db.conn.execute("UPDATE request SET state = 'waiting', answer = NULL")
    requests.close()
    did(run, "reindex")
    assert dump(settings) == before
    refused(run, "cabinet", "set", "A-9", "--fm", "1", "--by", "佐藤")  # whoever answers answers all that waits
    requests = Requests(settings.layout.requests_db)
    states = [row["state"] for row in requests.db.conn.execute("SELECT state FROM request ORDER BY id")]
    requests.close()
    assert states == ["done"] * 8 + ["refused"]
    assert dump(settings) == before
