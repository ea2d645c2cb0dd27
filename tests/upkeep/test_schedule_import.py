"""upkeep/schedule/schedule_import.py, schedule_files.py: files as offices have them become retention.toml; files that are none are refused with the remedy."""

import io
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

from scanpipe import config
from scanpipe.core.retention import Override, Schedule
from scanpipe.errors import ConfigError
from scanpipe.upkeep.machine.site import init
from scanpipe.upkeep.schedule.schedule_files import Bounds, NotATable, grids_in, grids_of
from scanpipe.upkeep.schedule.schedule_import import Import, NothingUnderstood, WouldShorten, import_schedule

AT = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
HEADINGS = ("分類記号", "大分類", "中分類", "件名", "保存期間", "満了時の措置")
ROWS = (
    ("A-01", "総務", "文書", "文書収発簿", "５年", "廃棄"),
    ("", "", "", "髙﨑町史原稿", "永年", "移管"),
    ("B-01", "税務", "課税", "課税台帳", "7年", "廃棄"),
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """scanpipe.toml of a new small town."""
    return init(tmp_path / "town", size="small")


@pytest.fixture
def take(site: Path) -> Callable[..., Import]:
    return lambda table, **said: import_schedule(site, table, **{"replace": False, "dry_run": False, "at": AT, **said})


def csv(path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8", separator: str = ",") -> Path:
    path.write_bytes("\r\n".join(separator.join(row) for row in rows).encode(encoding))
    return path


def schedule_of(site: Path) -> dict[str, tuple[str, int | str, str, tuple[str, ...]]]:
    found = config.load(site).schedule.categories
    return {code: (one.name, one.period, one.disposition, one.titles) for code, one in found.items()}


def retention_toml(site: Path) -> Path:
    return site.with_name("retention.toml")


@pytest.mark.parametrize(("encoding", "separator"), [("cp932", ","), ("utf-8", ","), ("utf-8-sig", ","), ("utf-16", "\t"), ("cp932", "\t"), ("utf-8", ";")])
def test_text_of_any_usual_kind_becomes_the_schedule(site: Path, take: Callable[..., Import], tmp_path: Path, encoding: str, separator: str) -> None:
    take(csv(tmp_path / "分類表.csv", [HEADINGS, *ROWS], encoding, separator), replace=True)
    assert schedule_of(site) == {
        "A-01": ("文書", "永年", "transfer", ("髙﨑町史原稿",)),
        "A-01_5Y": ("文書（5年）", 5, "dispose", ("文書収発簿",)),
        "B-01": ("課税", 7, "dispose", ("課税台帳",)),
    }


def test_a_workbook_with_merged_cells_titles_notes_and_several_sheets(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "共通"
    sheet["A1"] = "令和7年度 ファイル基準表"
    sheet.merge_cells("A1:E1")
    for place, text in {"A3": "分類", "D3": "簿冊名", "E3": "保存期間", "A4": "大", "B4": "中", "C4": "小"}.items():
        sheet[place] = text
    for area in ("A3:C3", "D3:D4", "E3:E4", "A5:A7", "B5:B7", "C5:C6", "E5:E6"):
        sheet.merge_cells(area)
    for place, value in {
        "A5": "総務",
        "B5": "文書",
        "C5": "収発",
        "D5": "収受簿",
        "E5": 5,
        "D6": "発送簿",
        "C7": "公印",
        "D7": "公印台帳",
        "E7": "永年",
    }.items():
        sheet[place] = value
    sheet["A9"] = "備考"
    sheet["B9"] = "この表は毎年見直す。"
    other = book.create_sheet("税務課")
    other.append(["簿冊名", "年限"])
    other.append(["課税台帳", 7.0])
    hidden = book.create_sheet("下書き")
    hidden.append(["簿冊名", "年限"])
    hidden.append(["捨てる", 1])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "基準表.xlsx")
    done = take(tmp_path / "基準表.xlsx", replace=True)
    assert [(one.path, one.period, one.titles) for one in done.categories] == [
        (("総務", "文書", "収発"), 5, ("収受簿", "発送簿")),
        (("総務", "文書", "公印"), "永年", ("公印台帳",)),
        ((), 7, ("課税台帳",)),
    ]
    assert not done.reading.remarks
    assert len(schedule_of(site)) == 3


def test_classes_are_taken_over_for_the_register(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    rows = [("01 総務", "02 文書", "収発", "収受簿", "5年"), ("", "", "公印", "公印台帳", "永年"), ("02 税務", "", "", "課税台帳", "7年")]
    table = csv(tmp_path / "基準表.csv", [("大分類", "中分類", "小分類", "簿冊名", "保存期間"), *rows])
    done = take(table, replace=True)
    schedule = config.load(site).schedule.categories
    assert [schedule[one.code].classes for one in done.categories] == [("総務", "文書"), ("総務", "文書"), ("税務",)]
    assert config.load(site).schedule.digest == Schedule.of(replace(one, classes=()) for one in schedule.values()).digest  # no record is affected


def test_a_class_that_has_another_name_now_is_a_change(take: Callable[..., Import], tmp_path: Path) -> None:
    before, after = ([HEADINGS[:-1], ("A-01", major, "文書", "収受簿", "5年")] for major in ("総務", "企画"))
    take(csv(tmp_path / "a.csv", before))
    assert take(csv(tmp_path / "b.csv", after)).changed == {"A-01": {"classes": (["総務", "文書"], ["企画", "文書"])}}


def test_a_table_without_a_major_class_gives_none(take: Callable[..., Import], tmp_path: Path) -> None:
    assert [one.classes for one in take(csv(tmp_path / "a.csv", [("中分類", "簿冊名", "保存期間"), ("文書", "収受簿", "5年")])).categories] == [()]
    assert [one.classes for one in take(csv(tmp_path / "b.csv", [("業務区分", "簿冊名", "保存期間"), ("文書", "収受簿", "5年")])).categories] == [("文書",)]


def test_an_old_workbook_is_read_too(take: Callable[..., Import], tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("年限表")
    for at, (title, years) in enumerate([("文書の種類", "保存年限"), ("契約書", "十年"), ("領収書", 5)]):
        sheet.write(at, 0, title)
        sheet.write(at, 1, years)
    book.save(str(tmp_path / "年限表.xls"))
    assert [(one.titles, one.period) for one in take(tmp_path / "年限表.xls").categories] == [(("契約書",), 10), (("領収書",), 5)]


def test_merging_leaves_what_people_have_written(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    before = retention_toml(site).read_text("utf-8")
    table = csv(tmp_path / "merge.csv", [("コード", "文書の種類", "保存年限"), ("CONTRACT", "物品購入契約書", "15年"), ("ZZ-1", "号外", "永年")])
    done = take(table)
    assert (done.added, dict(done.changed), done.removed) == (
        ("ZZ-1",),
        {"CONTRACT": {"period": (10, 15), "titles": (None, 1)}},
        (),
    )
    after = retention_toml(site).read_text("utf-8")
    lines = set(before.splitlines()) - set(after.splitlines())
    assert len(lines) <= 2 and all(line.startswith(("period =", "titles =")) for line in lines)
    contract = config.load(site).schedule.categories["CONTRACT"]
    assert contract.words and contract.patterns and contract.start == "event_fy_next_apr1"
    assert contract.period == 15 and contract.titles[-1] == "物品購入契約書"


def test_a_class_without_a_code_is_known_by_its_name(take: Callable[..., Import], tmp_path: Path) -> None:
    done = take(csv(tmp_path / "names.csv", [("分類", "件名", "保存期間"), ("例規", "規則台帳", "永年"), ("新しい分類", "新台帳", "5年")]))
    assert set(done.changed) == {"REG"}
    assert len(done.added) == 1 and done.added[0].startswith("K")


def test_sub_rules_of_a_category_survive_a_merge(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    retention_toml(site).write_text(
        '[[category]]\ncode = "X"\nname = "例"\nperiod = 5  # 規程第3条\n\n[[category.override]]\ntitle = "原本"\nperiod = 30\n\n'
        '[[category]]\ncode = "Y"\nperiod = 1\n',
        "utf-8",
    )
    take(csv(tmp_path / "sub.csv", [("記号", "件名", "年限"), ("X", "例", "10年")]))
    category = config.load(site).schedule.categories["X"]
    assert (category.period, category.overrides) == (10, (Override(title="原本", period=30),))
    assert "# 規程第3条" in retention_toml(site).read_text("utf-8")


def test_importing_twice_changes_nothing_the_second_time(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    table = csv(tmp_path / "twice.csv", [HEADINGS, *ROWS])
    take(table)
    first = retention_toml(site).read_bytes()
    again = take(table, at=AT.replace(hour=10))
    assert (again.added, dict(again.changed), again.removed, again.backup) == ((), {}, (), None)
    assert retention_toml(site).read_bytes() == first


def test_the_old_schedule_is_kept_beside_the_new_one(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    file = retention_toml(site)
    file.chmod(0o640)
    before = file.read_bytes()
    done = take(csv(tmp_path / "backup.csv", [HEADINGS, *ROWS]), replace=True)
    assert done.backup == file.with_name("retention.toml.2026-04-01T093000.bak")
    assert done.backup.read_bytes() == before
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_text("utf-8").startswith("# 保存期間表")  # what the keys mean stays at the top
    assert sorted(path.name for path in file.parent.glob(".*")) == []


def test_a_dry_run_writes_nothing(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in site.parent.iterdir()}
    done = take(csv(tmp_path / "dry.csv", [HEADINGS, *ROWS]), replace=True, dry_run=True)
    assert len(done.added) == 3 and "CONTRACT" in done.removed
    assert {path.name: path.read_bytes() for path in site.parent.iterdir()} == before


def test_a_section_that_names_a_category_which_would_go_stops_the_import(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    sections = site.with_name("departments.toml")
    sections.write_text(sections.read_text("utf-8").replace("duplex =", 'default_category = "TAX"\nduplex =', 1), "utf-8")
    before = retention_toml(site).read_bytes()
    with pytest.raises(ConfigError, match="default_category"):
        take(csv(tmp_path / "gone.csv", [HEADINGS, *ROWS]), replace=True)
    assert retention_toml(site).read_bytes() == before


def test_a_schedule_with_faults_can_be_replaced_but_not_merged_into(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    retention_toml(site).write_text('[[category]]\ncode = "X"\nperiod = -7\n', "utf-8")
    table = csv(tmp_path / "faulty.csv", [HEADINGS, *ROWS])
    with pytest.raises(ConfigError, match="category X: period"):
        take(table)
    take(table, replace=True)
    assert set(schedule_of(site)) == {"A-01", "A-01_5Y", "B-01"}


def test_quotes_backslashes_and_line_ends_in_cells_do_not_break_the_file(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    rows = [("分類", "件名", "保存期間", "備考"), ('"a""b\\c"', "\"引用'符'の\\台帳\"", "5年", '"一行目\n[[category]]\n二行目"')]
    take(csv(tmp_path / "quotes.csv", rows), replace=True)
    ((name, period, _disposition, titles),) = schedule_of(site).values()
    assert (name, period, titles) == ('a"b\\c', 5, ("引用'符'の\\台帳",))
    again = take(tmp_path / "quotes.csv")
    assert (again.added, dict(again.changed)) == ((), {})


# --- what is no table ---


def workbook(rows: Sequence[Sequence[str]]) -> bytes:
    book, written = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    book.save(written)
    return written.getvalue()


def locked(content: bytes) -> bytes:
    written = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt("秘密", written)
    return written.getvalue()


def far_away() -> bytes:
    book, written = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "件名", "迷子"
    book.save(written)
    return written.getvalue()


def other_zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as parts:
        parts.writestr("a.txt", "x")
    return written.getvalue()


LARGE = (2 << 20) + 1
OPEN_TABLE = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="表">{rows}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)
CELL = '<table:table-cell office:value-type="string"{often}><text:p>{text}</text:p></table:table-cell>'
ENDLESS = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'


def open_table(rows: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        parts.writestr("META-INF/manifest.xml", "<manifest/>")
        parts.writestr("content.xml", OPEN_TABLE.format(rows=rows))
    return written.getvalue()


def repeated() -> bytes:
    """A few hundred bytes that would be a thousand million cells."""
    cell = CELL.format(often=' table:number-columns-repeated="16000"', text="迷子")
    return open_table(f'<table:table-row table:number-rows-repeated="100000">{cell}</table:table-row>{ENDLESS}')


def understated() -> bytes:
    """An archive that says of itself that it is small."""
    said = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([HEADINGS, *ROWS]))) as old, zipfile.ZipFile(said, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for one in old.namelist():
            new.writestr(one, b" " * LARGE if one == "xl/styles.xml" else old.read(one))
    return said.getvalue().replace(LARGE.to_bytes(4, "little"), (99).to_bytes(4, "little"))


def test_a_table_of_libreoffice_is_read_and_its_endless_empty_rows_are_no_table(tmp_path: Path) -> None:
    row = "".join(CELL.format(often="", text=text) for text in ("件名", "年限"))
    (tmp_path / "list.ods").write_bytes(open_table(f"<table:table-row>{row}</table:table-row>{ENDLESS}"))
    (grid,) = grids_of(tmp_path / "list.ods")
    assert (grid.name, grid.rows[0]) == ("表", (1, ["件名", "年限"]))


def test_what_an_archive_says_of_its_own_size_is_not_believed() -> None:
    with pytest.raises(NotATable, match=r"small.xlsx unpacks to more than 1 MiB"):
        grids_in(understated(), "small.xlsx", Bounds(bytes=1 << 20, unpacked=1 << 20, cells=1000))
    with pytest.raises(NotATable, match="larger than 1 MiB"):
        grids_in(b"a" * LARGE, "large.csv", Bounds(bytes=1 << 20, unpacked=1 << 20, cells=1000))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("photo.csv", lambda: bytes.fromhex("ffd8ffe000104a46494600") + os.urandom(5000), "neither"),
        ("empty.csv", bytes, "empty"),
        ("half.xlsx", lambda: workbook([HEADINGS, *ROWS])[:2000], "damaged"),
        ("locked.xlsx", lambda: locked(workbook([HEADINGS, *ROWS])), "password"),
        ("far.xlsx", far_away, "row 1048576, column 16384"),
        ("often.ods", repeated, "row 100000, column 16000"),
        ("zip.xlsx", other_zip, "cannot be opened"),
    ],
)
def test_a_file_that_is_no_table_is_named_with_the_remedy(tmp_path: Path, name: str, content: Callable[[], bytes], says: str) -> None:
    (tmp_path / name).write_bytes(content())
    with pytest.raises(NotATable, match=says) as caught:
        grids_of(tmp_path / name)
    assert name in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotATable, match=r"absent\.csv"):
        grids_of(tmp_path / "absent.csv")


def test_prose_changes_nothing(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    before = retention_toml(site).read_bytes()
    (tmp_path / "prose.csv").write_text("これは表ではありません。\n", "utf-8")
    with pytest.raises(NothingUnderstood, match="Name the columns"):
        take(tmp_path / "prose.csv", replace=True)
    assert retention_toml(site).read_bytes() == before


def test_a_code_that_excel_has_made_a_day_is_not_taken_for_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["記号", "件名", "年限"])
    sheet.append([date(2001, 2, 3), "台帳", "5年"])
    book.save(tmp_path / "day.xlsx")
    assert grids_of(tmp_path / "day.xlsx")[0].rows[1][1][0] == "2001年2月3日"


@pytest.mark.slow
def test_fifty_thousand_rows_become_a_thousand_categories(take: Callable[..., Import], tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("全庁")
    sheet.append(["分類記号", "大分類", "中分類", "件名", "保存期間"])
    for n in range(50_000):
        sheet.append([f"A-{n // 50:04d}", f"大{n // 5000}", f"中{n // 500}", f"第{n}号台帳", "5年"])
    book.save(tmp_path / "全庁.xlsx")
    done = take(tmp_path / "全庁.xlsx", replace=True)
    assert (len(done.categories), sum(len(one.titles) for one in done.categories), done.reading.remarks) == (1000, 50_000, [])


# --- what is never done unasked, and what is done once ---


def test_an_import_that_would_shorten_a_period_names_it_and_changes_nothing(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    take(csv(tmp_path / "before.csv", [HEADINGS, *ROWS]), replace=True)
    first = retention_toml(site).read_bytes()
    table = csv(tmp_path / "shorter.csv", [("分類記号", "件名", "保存期間"), ("B-01", "課税台帳", "1年"), ("C-01", "号外", "1年")])
    with pytest.raises(WouldShorten, match=r"B-01 \(period 7 → 1\).*--yes"):
        take(table)
    assert retention_toml(site).read_bytes() == first
    assert take(table, dry_run=True).shortened == ("B-01",)
    assert take(table, may_shorten=True).shortened == ("B-01",)
    assert schedule_of(site)["B-01"][1] == 1


def test_an_import_that_keeps_records_as_long_or_longer_asks_nothing(take: Callable[..., Import], tmp_path: Path) -> None:
    take(csv(tmp_path / "before.csv", [HEADINGS, *ROWS]), replace=True)
    assert take(csv(tmp_path / "longer.csv", [("分類記号", "件名", "保存期間"), ("B-01", "課税台帳", "永年"), ("A-01_5Y", "収受簿", "6年")])).shortened == ()


def test_running_numbers_of_another_table_change_no_category_of_that_name(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    retention_toml(site).write_text('[[category]]\ncode = "1"\nname = "総務"\nperiod = 5\n', "utf-8")
    done = take(csv(tmp_path / "list.csv", [("番号", "ファイル名", "保存期間"), ("1", "総務雑件", "1年")]))
    assert (dict(done.changed), config.load(site).schedule.categories["1"].period) == ({}, 5)


def test_replacing_twice_by_the_same_table_changes_nothing_the_second_time(site: Path, take: Callable[..., Import], tmp_path: Path) -> None:
    table = csv(tmp_path / "twice.csv", [HEADINGS, *ROWS])
    take(table, replace=True)
    first = retention_toml(site).read_bytes()
    again = take(table, replace=True, at=AT.replace(hour=10))
    assert (again.added, dict(again.changed), again.removed, again.backup) == ((), {}, (), None)
    assert retention_toml(site).read_bytes() == first
    assert len(list(site.parent.glob("*.bak"))) == 1


def test_replacing_tells_what_is_otherwise_in_categories_that_stay(take: Callable[..., Import], tmp_path: Path) -> None:
    take(csv(tmp_path / "a.csv", [HEADINGS, *ROWS]), replace=True)
    done = take(csv(tmp_path / "b.csv", [HEADINGS, ROWS[0], ROWS[1], ("B-01", "税務", "課税", "課税台帳", "10年", "廃棄")]), replace=True)
    assert dict(done.changed) == {"B-01": {"period": (7, 10)}}


def test_a_kind_in_brackets_stays_whole_in_a_workbook(take: Callable[..., Import], tmp_path: Path) -> None:
    (tmp_path / "recipe.xlsx").write_bytes(workbook([("件名", "保存期間"), ("診療報酬明細書（レセプト）", "5年")]))
    assert [one.titles for one in take(tmp_path / "recipe.xlsx").categories] == [("診療報酬明細書（レセプト）",)]
