"""Paper tables as offices keep them: months, units and sections are read as they are written, and what is not certain is told."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.campaign.paper_counts import PaperRow, Source, Unit
from scanpipe.core.campaign.paper_headings import MORE_IN_ALL, NOT_USE, UNCLEAR, UNREAD
from scanpipe.core.campaign.paper_reading import (
    CARRIED,
    EMPTY,
    NO_SECTION,
    NO_TABLE,
    NO_UNIT,
    NO_YEAR,
    NOT_A_MONTH,
    NOT_A_NUMBER,
    NOT_A_SECTION,
    NOT_PAPER,
    OTHER_UNIT,
    PACKED,
    READINGS,
    RETURNED,
    ROUGH,
    SAME,
    SIDES,
    SPREAD,
    TOTAL,
    TWICE,
    Reading,
    Said,
    read_paper,
)
from scanpipe.core.campaign.paper_words import Calendar, Sections, amounts_of, calendar_of, is_month, is_total, month_of
from scanpipe.core.schedules.schedule_facts import Grid


@dataclass(frozen=True)
class Section:
    code: str
    name: str
    bureau: str = ""


SECTIONS = Sections(
    [
        Section("0101", "総務課", "総務部"),
        Section("0103", "税務課", "総務部"),
        Section("0201", "会計課"),
        Section("0301", "髙齢福祉課"),
        Section("0302", "統計課"),
    ]
)


def grid(text: str, name: str = "") -> Grid:
    return Grid(name, list(enumerate((line.split(",") for line in text.strip().splitlines()), 1)))


def read(*texts: str, name: str = "", said: Said | None = None) -> Reading:
    return read_paper([grid(text, f"Sheet{n}" if len(texts) > 1 else "") for n, text in enumerate(texts, 1)], SECTIONS, name, said)


def short(reading: Reading) -> list[tuple[object, ...]]:
    return [(row.month, row.department, row.source.value, row.unit.value, row.quantity) for row in reading.rows]


def says(reading: Reading, *, problems: bool = True) -> list[tuple[str, str]]:
    return [(remark.value, remark.says) for remark in reading.remarks if remark.problem or not problems]


def test_the_plain_form_of_the_contract() -> None:
    reading = read(
        "month,department,source,unit,quantity,note\n2025-04,0101,purchase,box,12,\n2025-05,税務課,counter,side,1200,選挙\n2025-05,税務課,counter,sheet,10,"
    )
    assert short(reading) == [
        ("2025-04", "0101", "purchase", "box", 12.0),
        ("2025-05", "0103", "counter", "side", 1200.0),
        ("2025-05", "0103", "counter", "sheet", 10.0),
    ]
    assert reading.remarks == ()
    assert reading.rows[1] == PaperRow(month="2025-05", department="0103", source=Source.COUNTER, unit=Unit.SIDE, quantity=1200, note="選挙", line=3)


def test_months_across_with_a_fiscal_year_in_the_title_totals_and_empty_cells() -> None:
    reading = read(
        "令和７年度　コピー用紙購入実績（単位：箱）\n部局,課名,４月,５月,１月,合計\n総務部,総務課,１２,3,5,20\n総務部,税務課,4,－,2,6\n,会計課,1,1,1,3\n,合計,17,4,8,29"
    )
    assert short(reading) == [
        ("2025-04", "0101", "purchase", "box", 12.0), ("2025-05", "0101", "purchase", "box", 3.0), ("2026-01", "0101", "purchase", "box", 5.0),
        ("2025-04", "0103", "purchase", "box", 4.0), ("2026-01", "0103", "purchase", "box", 2.0),
        ("2025-04", "0201", "purchase", "box", 1.0), ("2025-05", "0201", "purchase", "box", 1.0), ("2026-01", "0201", "purchase", "box", 1.0),
    ]  # fmt: skip
    assert says(reading) == []
    assert set(says(reading, problems=False)) == {("合計", TOTAL), ("1", EMPTY)}


def test_sections_across_and_months_down() -> None:
    reading = read("複合機カウンター\n年月,総務課,税務課,計\n令和7年4月,1000,2000,3000\nR7.5,1100,2100,3200\n2025/06,1200,2200,3400\n計,3300,6300,9600")
    assert short(reading) == [
        (f"2025-{month:02d}", code, "counter", "side", float(1000 * place + 100 * (month - 4)))
        for month in (4, 5, 6)
        for place, code in ((1, "0101"), (2, "0103"))
    ]
    assert all(each.doubts == (SIDES,) for each in reading.understood)


def test_sheets_of_a_counter_are_sides() -> None:
    reading = read('令和7年4月分 カウンター使用枚数\n課名,枚数\n総務課,"1234"\n税務課,1200枚'.replace('"', ""))
    assert short(reading) == [("2025-04", "0101", "counter", "side", 1234.0), ("2025-04", "0103", "counter", "side", 1200.0)]


def test_a_wrong_name_is_told_with_those_that_may_be_meant_and_never_taken() -> None:
    reading = read(
        "month,department,source,unit,quantity\n2025-04,総努課,purchase,box,1\n2025-04,高齢福祉課,purchase,box,2\n2025-04,総務部総務課,purchase,box,3"
    )
    assert short(reading) == [("2025-04", "0301", "purchase", "box", 2.0), ("2025-04", "0101", "purchase", "box", 3.0)]
    (problem,) = reading.problems
    assert (problem.value, problem.says, problem.line, problem.like[0]) == ("総努課", NOT_A_SECTION, 2, "0101 総務課")


def test_a_section_whose_name_ends_like_a_total_is_a_section() -> None:
    assert short(read("令和7年度 用紙発注\n課名,4月,5月\n統計課,1箱,2箱\n総務部計,1箱,2箱")) == [
        ("2025-04", "0302", "purchase", "box", 1.0),
        ("2025-05", "0302", "purchase", "box", 2.0),
    ]


def test_two_rows_of_headings() -> None:
    reading = read("令和6年度\n課名,4月,,5月,\n,箱,冊,箱,冊\n総務課,2,3,1,\n税務課,1,,1,4")
    assert short(reading) == [
        ("2024-04", "0101", "purchase", "box", 2.0), ("2024-04", "0101", "purchase", "ream", 3.0), ("2024-05", "0101", "purchase", "box", 1.0),
        ("2024-04", "0103", "purchase", "box", 1.0), ("2024-05", "0103", "purchase", "box", 1.0), ("2024-05", "0103", "purchase", "ream", 4.0),
    ]  # fmt: skip


def test_boxes_and_sheets_of_the_same_paper_count_once() -> None:
    reading = read("年月,課名,箱数,枚数\n2025-04,総務課,2,5000", said=Said(source=Source.PURCHASE))
    assert short(reading) == [("2025-04", "0101", "purchase", "sheet", 5000.0)]
    assert reading.understood[0].doubts == (OTHER_UNIT,)


def test_a_summary_sheet_counts_no_second_time() -> None:
    reading = read("令和7年度 購入\n課名,4月,5月\n総務課,2箱,3箱", "年間集計 令和7年度 購入\n課名,4月,5月\n総務課,2箱,3箱")
    assert len(reading.rows) == 2
    assert TWICE in {remark.says for remark in reading.remarks}


def test_the_whole_city_is_a_row_of_its_own_only_where_no_section_stands() -> None:
    yearly = read("コピー用紙発注箱数\n所属,令和3年度,令和5年度\n全庁,11691,7599")
    assert {row.department for row in yearly.rows} == {"*"} and len(yearly.rows) == 24
    assert round(sum(row.quantity for row in yearly.rows if row.fiscal_year == 2021), 6) == 11691
    assert all(SPREAD in each.doubts for each in yearly.understood)
    assert {row.department for row in read("令和7年度 購入\n所属,4月,5月\n総務課,1箱,1箱\n全庁,1箱,1箱").rows} == {"0101"}


def test_what_is_missing_is_asked_for_and_a_person_can_say_it() -> None:
    plain = "課名,4月,5月\n総務課,10,20"
    assert says(read(plain)) == [("4月", NO_YEAR), ("5月", NO_YEAR)]
    assert says(read(plain, said=Said(fiscal_year=2025))) == [("10", NO_UNIT), ("20", NO_UNIT)]
    reading = read(plain, said=Said(fiscal_year=2025, unit=Unit.BOX))
    assert short(reading) == [("2025-04", "0101", "purchase", "box", 10.0), ("2025-05", "0101", "purchase", "box", 20.0)]
    assert short(read(plain, name="R7年度_用紙購入", said=Said(unit=Unit.REAM)))[0] == ("2025-04", "0101", "purchase", "ream", 10.0)


def test_bad_cells_are_told_one_by_one_and_the_rest_is_taken() -> None:
    reading = read("年月,課名,区分,数量,単位\nR7.4,総務課,購入,約3箱,\n,,購入,2箱１冊,\nR7.5,総務課,購入,▲2箱,\nR7.5,税務課,カウンター,千五百,面")
    assert short(reading) == [
        ("2025-04", "0101", "purchase", "box", 3.0), ("2025-04", "0101", "purchase", "box", 2.0), ("2025-04", "0101", "purchase", "ream", 1.0),
    ]  # fmt: skip
    assert [each.doubts for each in reading.understood] == [(ROUGH,), (CARRIED,), (CARRIED,)]
    assert says(reading) == [("▲2箱", RETURNED), ("千五百", NOT_A_NUMBER)]
    assert says(read("これは表ではない\n別の行")) == [("", NO_TABLE)]


def test_paper_sizes_devices_and_both_sides_are_read_where_they_stand() -> None:
    reading = read("年月,課名,機器番号,A3片面,両面\n2025-04,総務課,MFP-1,10面,20面")
    assert [(row.size, row.duplex, row.device, row.quantity) for row in reading.rows] == [("A3", 0.0, "MFP-1", 10.0), ("A4", 1.0, "MFP-1", 20.0)]


@given(st.integers(2019, 2060), st.integers(1, 12))
def test_every_way_of_writing_a_month_means_the_same(year: int, month: int) -> None:
    era = "元" if year == 2019 else str(year - 2018)
    ways = [
        f"{year}-{month:02d}",
        f"{year}/{month}",
        f"{year}年{month}月",
        f"{year}{month:02d}",
        f"令和{era}年{month}月",
        f"R{year - 2018}.{month}",
        f"令{era}.{month}",
    ]
    ways += [f"{year}年{month}月分", f"{year}/{month}/1", f"{year}年{month}月1日"]
    wanted = f"{year:04d}-{month:02d}"
    assert {way: month_of(way, Calendar()) for way in ways} == dict.fromkeys(ways, wanted)
    assert {month_of(way.translate(str.maketrans("0123456789", "０１２３４５６７８９")), Calendar()) for way in ways} == {wanted}
    fiscal = year if month >= 4 else year - 1
    assert month_of(f"{month}月", calendar_of(f"{fiscal}年度 実績")) == wanted


@given(
    st.floats(0, 1e6).map(lambda number: round(number, 1)),
    st.sampled_from([("箱", Unit.BOX), ("冊", Unit.REAM), ("枚", Unit.SHEET), ("面", Unit.SIDE), ("", None)]),
)
def test_quantities_are_read_with_separators_and_full_width_digits(number: float, unit: tuple[str, Unit | None]) -> None:
    for text in (f"{number:,}{unit[0]}", f"{number}{unit[0]}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))):
        (amount,) = amounts_of(text)
        assert (amount.quantity, amount.unit) == (number, unit[1])


@given(st.text(max_size=12))
def test_no_cell_whatever_it_holds_breaks_the_reading(text: str) -> None:
    amounts_of(text), is_month(text), month_of(text, Calendar(2025))
    reading = read_paper([Grid("", [(1, ["課名", "4月", "5月"]), (2, ["総務課", text, "1箱"]), (3, [text, "2箱", text])])], SECTIONS, "令和7年度")
    assert all(row.quantity >= 0 and row.department in ("0101", "0103", "0201", "0301", "0302", "*") for row in reading.rows)


BUREAUS = """部局,課名,4月,5月
総務部,総務課,10,20
,税務課,30,40
総務部計,,40,60
,会計課,5,6
議会,,1,2
合計,,46,68
,,46,68"""


def test_a_sum_beside_an_empty_section_is_no_figure_of_the_section_above() -> None:
    for table in (BUREAUS, BUREAUS.replace("部局,課名", ",")):  # also where nothing says which column has the sections
        reading = read(f"複合機カウンター 令和7年度\n{table}")
        assert [(month, section, sheets) for month, section, _source, _unit, sheets in short(reading)] == [
            ("2025-04", "0101", 10.0), ("2025-05", "0101", 20.0), ("2025-04", "0103", 30.0), ("2025-05", "0103", 40.0), ("2025-04", "0201", 5.0), ("2025-05", "0201", 6.0),
        ]  # fmt: skip
        assert [one for one in says(reading, problems=False) if one[1] == TOTAL] == [("総務部計", TOTAL), ("合計", TOTAL)]
        assert {one[1] for one in says(reading)} == {NOT_A_SECTION, NO_SECTION}  # 議会, and the sums that nothing stands beside


def test_a_section_that_stands_in_the_column_of_its_bureau_is_that_section() -> None:
    reading = read("複合機カウンター 令和7年度\n部局,課名,4月,5月\n総務部,税務課,10,20\n会計課,,30,40")
    assert [row[1] for row in short(reading)] == ["0103", "0103", "0201", "0201"]


def test_colours_below_a_section_belong_to_it() -> None:
    reading = read("複合機カウンター 令和7年度\n課名,種類,4月,5月\n総務課,モノクロ,10,20\n,カラー,1,2\n税務課,モノクロ,3,4")
    assert [(row[1], row[4]) for row in short(reading)] == [("0101", 10.0), ("0101", 20.0), ("0101", 1.0), ("0101", 2.0), ("0103", 3.0), ("0103", 4.0)]


def test_sums_in_a_list_of_one_figure_a_row_are_left_out_also_where_nothing_stands_beside_them() -> None:
    reading = read("年月,部局,課名,購入箱数\nR7.4,総務部,総務課,3\nR7.4,総務部,税務課,4\n,総務部計,,7\nR7.4,会計課,,2\n,,,9")
    assert [(row[1], row[4]) for row in short(reading)] == [("0101", 3.0), ("0103", 4.0), ("0201", 2.0)]
    assert [one for one in says(reading, problems=False) if one[1] == TOTAL] == [("総務部計", TOTAL), ("合計", TOTAL)]


@given(
    st.sampled_from(["合計", "小計", "総計", "月計", "課計", "上期計", "月平均", "差引", "総務部小計", "一人当たり", "1人あたり"]),
    st.sampled_from(["{}", "【{}】", "{}(A)", "　{}", "{} (枚)"]),
)
def test_totals_are_known_however_they_are_decorated(word: str, decoration: str) -> None:
    assert is_total(decoration.format(word))


def test_no_section_of_the_shipped_list_is_taken_for_a_total() -> None:
    names = [one["name"] for one in tomllib.loads((Path(__file__).parents[2] / "config" / "departments.toml").read_text("utf-8"))["department"]]
    assert [name for name in names if is_total(name)] == []


def test_a_column_that_sums_the_others_is_no_paper_of_its_own() -> None:
    reading = read("複合機カウンター 令和7年4月分\n課名,モノクロ枚数,カラー枚数,総枚数\n総務課,10,2,12\n税務課,20,0,20")
    assert [(row[1], row[4]) for row in short(reading)] == [("0101", 10.0), ("0101", 2.0), ("0103", 20.0), ("0103", 0.0)]
    assert ("合計(総枚数)", TOTAL) in says(reading, problems=False)
    part = read("複合機カウンター 令和7年4月分\n課名,カラー枚数,総枚数\n総務課,2,12\n税務課,3,23")
    assert [(row[1], row[4]) for row in short(part)] == [("0101", 12.0), ("0103", 23.0)] and ("合計(カラー枚数)", TOTAL) in says(part, problems=False)
    apart = read("複合機カウンター 令和7年4月分\n課名,モノクロ枚数,カラー枚数,両面枚数\n総務課,10,2,9\n税務課,20,3,23")
    assert len(short(apart)) == 6  # once is chance


def test_what_was_bought_tells_its_size_and_what_is_no_copy_paper_is_left_out_and_told() -> None:
    reading = read(
        "コピー用紙購入台帳\n購入日,課名,品名,数量,単位\n2025年4月3日,総務課,コピー用紙A4,5,箱\n2025年4月3日,総務課,PPC用紙 A3,2,箱\n2025年4月3日,総務課,封筒 長3,100,枚"
    )
    assert [(row.size, row.quantity) for row in reading.rows] == [("A4", 5.0), ("A3", 2.0)]
    assert says(reading, problems=False) == [("封筒 長3", NOT_PAPER)] and not reading.problems


MONO_COLOUR = "複合機カウンター 令和7年度\n課名,4月,,,5月,,\n,{}\n総務課,10,2,12,20,3,23\n税務課,1,0,1,4,1,5\n合計,11,2,13,24,4,28"


def test_black_and_colour_below_the_months_both_count_and_their_sum_does_not() -> None:
    for names in ("モノクロ,カラー,計", "白黒,フルカラー,合計", "モノクロ枚数,カラー枚数,総枚数"):
        reading = read(MONO_COLOUR.format(f"{names},{names}"))
        assert [(row[0], row[1], row[4]) for row in short(reading)] == [
            ("2025-04", "0101", 10.0), ("2025-04", "0101", 2.0), ("2025-05", "0101", 20.0), ("2025-05", "0101", 3.0),
            ("2025-04", "0103", 1.0), ("2025-04", "0103", 0.0), ("2025-05", "0103", 4.0), ("2025-05", "0103", 1.0),
        ], names  # fmt: skip
        total = names.split(",")[2]
        assert not reading.problems and (f"合計({total})" if total.startswith("総") else total, TOTAL) in says(reading, problems=False)


def test_black_and_colour_across_below_sections_both_count() -> None:
    reading = read("複合機カウンター 令和7年度\n月,総務課,,,税務課,,\n,モノクロ,カラー,計,モノクロ,カラー,計\n4月,10,1,11,20,2,22\n5月,0,0,0,0,0,0")
    assert [(row[1], row[4]) for row in short(reading) if row[4]] == [("0101", 10.0), ("0101", 1.0), ("0103", 20.0), ("0103", 2.0)]


def test_both_sides_and_one_below_the_months_are_told_apart() -> None:
    reading = read("複合機カウンター 令和7年度\n課名,4月,\n,片面,両面\n総務課,10,20")
    assert [(row.quantity, row.duplex) for row in reading.rows] == [(10.0, 0.0), (20.0, 1.0)]


def test_kinds_of_a_counter_are_no_sources() -> None:
    reading = read("複合機カウンター 令和7年度\n課名,種別,4月,5月\n総務課,モノクロ,10,20\n,カラー,1,2\n,計,11,22\n税務課,両面,5,6")
    assert [(row.department, row.quantity, row.duplex) for row in reading.rows] == [
        ("0101", 10.0, None), ("0101", 20.0, None), ("0101", 1.0, None), ("0101", 2.0, None), ("0103", 5.0, 1.0), ("0103", 6.0, 1.0),
    ]  # fmt: skip
    assert not reading.problems


def test_years_above_months_stand_for_the_months_below_them() -> None:
    reading = read("複合機カウンター実績\n課名,令和6年度,,,令和7年度,,\n,4月,1月,計,4月,1月,前年比\n総務課,1,2,3,4,5,167%\n税務課,6,7,13,8,9,131%")
    assert [(row[0], row[1], row[4]) for row in short(reading)] == [
        ("2024-04", "0101", 1.0), ("2025-01", "0101", 2.0), ("2025-04", "0101", 4.0), ("2026-01", "0101", 5.0),
        ("2024-04", "0103", 6.0), ("2025-01", "0103", 7.0), ("2025-04", "0103", 8.0), ("2026-01", "0103", 9.0),
    ]  # fmt: skip
    assert not reading.problems and {one[0] for one in says(reading, problems=False)} == {"計", "前年比"}


def test_the_months_of_each_row_follow_each_other_and_not_those_of_the_row_above() -> None:
    assert [row.month for row in read("令和6年 購入(箱)\n課名,11月,12月,1月\n総務課,1,2,3\n税務課,4,-,6").rows] == [
        "2024-11",
        "2024-12",
        "2025-01",
        "2024-11",
        "2025-01",
    ]
    listed = read("令和6年 購入\n月,課名,箱数\n11月,総務課,1\n1月,総務課,3\n11月,税務課,4\n1月,税務課,5")
    assert [row.month for row in listed.rows] == ["2024-11", "2025-01", "2024-11", "2025-01"]


def test_what_stands_below_the_months_is_told_apart_and_only_what_was_used_counts() -> None:
    assert short(read("令和6年度(箱)\n課名,4月,,5月,\n,計画,実績,計画,実績\n総務課,5,4,6,3")) == [("2024-04", "0101", "purchase", "box", 4.0), ("2024-05", "0101", "purchase", "box", 3.0)]  # fmt: skip
    money = read("令和6年度\n課名,4月,4月,合計,合計\n課名,数量(箱),金額(円),数量,金額\n総務課,3,6300,3,6300")
    assert short(money) == [("2024-04", "0101", "purchase", "box", 3.0)]
    assert ("金額(円)", NOT_USE) in says(money, problems=False)
    sums = read("令和6年度(箱)\n月,総務課,総務課,税務課,税務課\n月,当月,累計,当月,累計\n4月,1,1,2,2\n5月,3,4,5,7")
    assert [(row.department, row.quantity) for row in sums.rows] == [("0101", 1), ("0103", 2), ("0101", 3), ("0103", 5)]
    years = read("購入(箱)\n課名,4月,4月,5月,5月\n課名,R6,R7,R6,R7\n総務課,5,4,6,3")
    assert [(row.month, row.quantity) for row in years.rows] == [("2024-04", 5), ("2025-04", 4), ("2024-05", 6), ("2025-05", 3)]
    unclear = read("令和6年度(箱)\n課名,4月,4月\n課名,甲,乙\n総務課,5,4")
    assert (short(unclear), says(unclear)) == ([], [("甲", UNCLEAR), ("乙", UNCLEAR)])


def test_a_merged_cell_counts_once_and_two_columns_of_one_month_are_asked_about() -> None:
    reading = read("令和6年度(箱)\n課名,4月,4月,5月\n総務課,1,1,2\n税務課,3,4,5")
    assert [(row.department, row.month, row.quantity) for row in reading.rows] == [("0101", "2024-04", 1), ("0101", "2024-05", 2), ("0103", "2024-05", 5)]
    assert says(reading) == [("3 / 4", UNCLEAR)]


def test_sums_are_known_in_the_column_of_sizes_and_of_devices_too() -> None:
    sizes = read("令和7年度(冊)\n課名,用紙,4月\n総務課,A4,10\n,A3,2\n,計,12\n税務課,A4,5")
    assert [(row.department, row.size, row.quantity) for row in sizes.rows] == [("0101", "A4", 10), ("0101", "A3", 2), ("0103", "A4", 5)]
    machines = read("令和7年4月分\n機器番号,設置課,前月指針,今月指針,使用枚数\nM-1,総務課,100,300,200\nM-2,税務課,10,40,30\n合計,,,,230")
    assert [(row.department, row.device, row.quantity) for row in machines.rows] == [("0101", "M-1", 200), ("0103", "M-2", 30)]


def test_readings_of_a_meter_are_no_figures_but_what_was_counted_between_two_is() -> None:
    two = read("令和7年5月分 検針\n設置場所,前月指針,今月指針\n総務課,134567,140567\n税務課,90,80")
    assert short(two) == [("2025-05", "0101", "counter", "side", 6000.0)]
    grows = read("令和7年度 カウンター指針(月末)\n課名,4月,5月\n総務課,140567,150000")
    assert (short(grows), {what for _value, what in says(grows)}) == ([], {READINGS})


def test_thousands_in_a_heading_count_as_thousands() -> None:
    for title, cell in (
        ("令和6年度 購入（単位：千枚）", "12.5"),
        ("令和6年度 購入（千枚）", "12.5"),
        ("令和6年度 購入（単位：百枚）", "125"),
        ("令和6年度 購入（千枚）", "12500枚"),
    ):
        assert [row.quantity for row in read(f"{title}\n課名,4月,5月\n総務課,{cell},-").rows] == [12_500]


def test_a_row_that_says_what_is_in_a_box_is_counted_so_and_its_size_is_read_beside_a_number() -> None:
    reading = read("納品日,納品先,品名,規格,数量,単位,金額\nR6.5.10,総務課,PPC用紙,A3 500枚×3冊,2,箱,5000\nR6.5.10,税務課,PPC用紙,A4,2,箱,5000")
    assert [(row.department, row.size, row.unit, row.quantity) for row in reading.rows] == [("0101", "A3", Unit.SHEET, 3000), ("0103", "A4", Unit.BOX, 2)]
    assert reading.understood[0].doubts == (PACKED,)


def test_a_row_that_says_more_in_all_than_was_read_is_left_out_and_told() -> None:
    reading = read("使用部署,検針日,白黒コピー,カラーコピー,大判,合計\n総務課,2025/06/30,100,20,7,127\n税務課,2025/06/30,50,5,0,55")
    assert short(reading) == [("2025-06", "0103", "counter", "side", 50.0), ("2025-06", "0103", "counter", "side", 5.0)]
    assert {what for _value, what in says(reading)} == {MORE_IN_ALL}


def test_kinds_of_a_counter_stand_below_black_and_colour_in_a_list_too() -> None:
    reading = read("2025年7月 出力\n部門,モノクロ,,フルカラー,,合計\n,コピー,プリント,コピー,小計,\n総務課,500,2500,700,700,3700")
    assert [(row.month, row.quantity) for row in reading.rows] == [("2025-07", 500), ("2025-07", 2500), ("2025-07", 700)]


def test_a_section_twice_in_one_table_is_doubted() -> None:
    reading = read("令和7年度(箱)\n課名,4月,5月\n総務課,3,4\n総務課,9,9\n税務課,1,2")
    assert [each.doubts for each in reading.understood] == [(SAME,)] * 4 + [()] * 2


def test_years_in_a_column_of_their_own_and_alone_in_a_name_are_read() -> None:
    assert [row.month for row in read("年度,月,課名,箱数\n令和6,12,総務課,2\n令和6,1,総務課,3\nR7,4月,総務課,4").rows] == ["2024-12", "2025-01", "2025-04"]
    assert [row.month for row in read("年,月,課名,箱数\n2024,12,総務課,2\n2025,1,総務課,3").rows] == ["2024-12", "2025-01"]
    for name, year in (("H31", 2019), ("R2", 2020), ("令和元", 2019)):
        assert [row.month for row in read("購入(箱)\n課名,4月,3月\n総務課,1,2", name=name).rows] == [f"{year}-04", f"{year + 1}-03"]
    assert says(read("年,月,課名,箱数\n6,12,総務課,2")) == [("12", NOT_A_MONTH)]


def test_units_behind_the_names_of_sections_across_belong_to_them() -> None:
    assert short(read("令和6年度用紙 購入\n,総務課(箱),税務課（冊）,備考\n4月,1,2,増刷\n5月,3,4,"))[:2] == [("2024-04", "0101", "purchase", "box", 1.0), ("2024-04", "0103", "purchase", "ream", 2.0)]  # fmt: skip


@given(st.text("0123456789,", min_size=1, max_size=9))
def test_a_number_with_separators_in_other_places_is_asked_about(text: str) -> None:
    found = amounts_of(text)
    assert bool(found) == (text.isdigit() or (bool(re.fullmatch("[0-9]{1,3}(,[0-9]{3})+", text))))


def test_a_second_table_on_a_sheet_has_its_own_words_above_it() -> None:
    text = "令和7年度 コピー用紙\n購入数(箱)\n課名,4月,5月\n総務課,3,4\n\n購入金額(円)\n課名,4月,5月\n総務課,6300,8400"
    for told in (None, Said(unit=Unit.BOX)):
        assert short(read(text, said=told)) == [("2025-04", "0101", "purchase", "box", 3.0), ("2025-05", "0101", "purchase", "box", 4.0)]
    assert says(read(text)) == [("6300", NO_UNIT), ("8400", NO_UNIT)]
    both = read("令和7年度 購入(箱)\n本庁\n課名,4月,5月\n総務課,3,4\n計,3,4\n\n出先\n所属,4月,5月\n税務課,1,2\n計,1,2")
    assert ([(row.department, row.quantity) for row in both.rows], says(both)) == ([("0101", 3), ("0101", 4), ("0103", 1), ("0103", 2)], [])


def test_words_beside_a_row_say_whether_it_counts_and_of_which_year_it_is() -> None:
    for head in ("", "区分"):
        rows = f"令和7年度(箱)\n課名,{head},4月,5月\n総務課,計画,5,6\n,実績,4,3\n税務課,今年度,1,2\n,前年度,8,9\n,増減,-7,-7"
        assert [(row.department, row.quantity) for row in read(rows).rows] == [("0101", 4), ("0101", 3), ("0103", 1), ("0103", 2)]
    years = read("令和7年度 購入(箱)\n課名,年度,4月,5月\n総務課,R6,3,4\n,R7,2,1")
    assert [(row.month, row.quantity) for row in years.rows] == [("2024-04", 3), ("2024-05", 4), ("2025-04", 2), ("2025-05", 1)]


def test_a_size_that_happens_to_be_the_sum_of_the_others_is_no_sum() -> None:
    assert [(row.size, row.quantity) for row in read("年月,課名,A4（箱）,A3（箱）,B5（箱）\nR7.4,総務課,3,1,2").rows] == [("A4", 3), ("A3", 1), ("B5", 2)]


def test_days_of_the_week_hours_and_a_sheet_named_for_its_month_say_the_month() -> None:
    listed = read("発注日,所属,数量\n2025/04/30 10:15,0101 総務課,10箱\n令和7年5月2日(金),０１０３：税務課,2箱")
    assert short(listed) == [("2025-04", "0101", "purchase", "box", 10.0), ("2025-05", "0103", "purchase", "box", 2.0)]
    sheet = Grid("6月", grid("用紙払出数\n課名,箱数\n総務課,2\n税務課,3").rows)
    assert [row.month for row in read_paper([sheet], SECTIONS, "", Said(fiscal_year=2025)).rows] == ["2025-06"] * 2


def test_months_that_go_on_in_a_second_block_belong_to_it() -> None:
    reading = read("令和6年度 購入(箱)\n課名,4月,5月\n総務課,1,2\n\n課名,6月,7月\n総務課,7,8")
    assert ([(row.month, row.quantity) for row in reading.rows], says(reading)) == ([("2024-04", 1), ("2024-05", 2), ("2024-06", 7), ("2024-07", 8)], [])
    dates = read("発注日,納品日,課名,箱数\n2025/04/03,2025/04/05,総務課,1\n2025/04/30,2025/05/02,税務課,2\n2025/04/30,2025/05/02,総務課,2")
    assert [(row.month, row.quantity) for row in dates.rows] == [("2025-04", 1), ("2025-04", 2), ("2025-04", 2)]


def test_a_list_over_two_pages_with_a_sum_below_each_counts_its_rows_once() -> None:
    reading = read("年月,課名,箱数\nR7.4,総務課,3\nR7.4,税務課,2\n,小計,5\n年月,課名,箱数\nR7.5,総務課,4\n,,4\n,総計,9")
    assert ([row.quantity for row in reading.rows], says(reading)) == ([3, 2, 4], [])


def test_paper_bought_and_then_used_counts_once_when_it_is_used() -> None:
    for text in (
        "令和7年度 用紙(冊)\n課名,4月,,\n,購入,使用,在庫\n総務課,10,8,2",
        "令和7年度 用紙(冊)\n月,課名,購入冊数,使用冊数,在庫\n4月,総務課,10,8,2",
    ):
        reading = read(text)
        assert [row.quantity for row in reading.rows] == [8]
        assert NOT_USE in {what for _value, what in says(reading, problems=False)}


def test_columns_of_a_list_that_were_not_read_are_told_and_parts_of_another_do_not_count() -> None:
    reading = read("年月,部署,コピー枚数,FAX受信枚数,スキャン枚数,うちカラー枚数,金額\n2025-04,総務課,100,30,5000,70,900")
    assert [row.quantity for row in reading.rows] == [100, 30]
    assert says(reading, problems=False) == [("スキャン枚数", UNREAD)]
    parts = read("令和7年度 複合機使用面数\n課名,4月,4月\n課名,総数,うちカラー\n総務課,1000,300")
    assert ([row.quantity for row in parts.rows], says(parts)) == ([1000], [])
