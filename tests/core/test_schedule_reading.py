"""core/schedule_*.py: other bodies' schedules, each shaped otherwise, become categories; what is not understood is told."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.schedules.schedule_columns import Role, role_of
from scanpipe.core.schedules.schedule_facts import (
    CODE_TWICE,
    MARK_IS_NUMBER,
    NO_NAME,
    NO_PERIOD,
    NO_TABLE,
    NOT_A_PERIOD,
    PERIOD_FROM_ABOVE,
    REMARK_UNUSED,
    TAKEN_AS_HEADING,
    UNKNOWN_MARK,
    Grid,
    Reading,
)
from scanpipe.core.schedules.schedule_grouping import Kept, categories_of, made_code
from scanpipe.core.schedules.schedule_reading import read_schedule
from scanpipe.core.schedules.schedule_terms import (
    LAWFUL,
    MOST_YEARS,
    SEVERAL,
    Term,
    is_legend,
    legend_of,
    length,
    read_disposition,
    read_period,
    read_remark,
    read_start,
)
from scanpipe.core.schedules.schedule_titles import phrases_of, titles_of

Rows = Sequence[Sequence[str]]


def read(*sheets: Rows, legend: dict[str, str] | None = None) -> Reading:
    return read_schedule([Grid(f"表{n}", list(enumerate(rows, 1))) for n, rows in enumerate(sheets, 1)], legend)


def kept(*sheets: Rows) -> list[tuple[str, int | str, tuple[str, ...]]]:
    return [(one.name, one.period, one.titles) for one in categories_of(read(*sheets).entries)]


def categories(*sheets: Rows) -> dict[str, Kept]:
    return {one.code: one for one in categories_of(read(*sheets).entries)}


def remarks(reading: Reading, *, problem: bool) -> list[tuple[int | None, str, str]]:
    return [(one.row, one.value, one.says) for one in reading.remarks if one.problem is problem]


# --- one cell ---


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("5年", 5), ("５年間", 5), ("五年", 5), ("三十年", 30), ("二〇年", 20), ("百五十年", 150), ("10 カ年", 10), ("満5年", 5), ("5", 5), ("5.0", 5), ("3年保存", 3),
        ("1年未満", 0), ("永年", "永年"), ("永 久", "永年"), ("無期限", "永年"), ("長期", "永年"), ("常用", "常用"), ("使用中", "常用"),
        ("30年(法定)", 30), ("法定", "永年"), ("法定（7年）", 7), ("5年又は10年", 10), ("5〜10年", 10), ("永年又は5年", "永年"), ("永年（10年ごとに見直し）", "永年"),
        ("6か月", 1), ("1年6月", 2), ("30日", 1), ("18箇月", 2),
    ],
)  # fmt: skip
def test_a_period_is_read_as_offices_write_it(written: str, period: int | str) -> None:
    term = read_period(written)
    assert term is not None and term.period == period


@pytest.mark.parametrize("written", ["", "―", "別記", "平成30年度", "令和7年4月1日", "2025年度", "保存しない", "9999年", "甲", "第1種", "翌年度"])
def test_what_is_no_period_is_not_guessed(written: str) -> None:
    assert read_period(written) is None


@pytest.mark.parametrize(
    ("written", "start", "event"),
    [
        ("10年（完結の翌年度から）", "fy_next_apr1", ""),
        ("契約終了後10年", "event_fy_next_apr1", "契約終了"),
        ("契約期間満了の日の翌日から5年", "event_next_day", "契約期間満了"),
        ("常用（廃止後5年）", "event_fy_next_apr1", "廃止"),
        ("会計年度終了後5年", None, ""),
        ("3年（暦年）", "cy_next_jan1", ""),
        ("完結した日の属する年の翌年の4月1日から3年", "cy_next_apr1", ""),
        ("出納閉鎖後5年", "account_close_jun1", ""),
        ("作成した日の翌日から3年", "fy_next_apr1", ""),  # later than the day asked for, never earlier
    ],
)
def test_a_period_may_say_when_it_starts(written: str, start: str | None, event: str) -> None:
    term = read_period(written)
    assert term is not None and isinstance(term.period, int)
    assert (term.start, term.event) == (start, event)


def test_a_period_that_only_the_law_knows_is_kept_for_ever_and_told() -> None:
    assert read_period("法定") == Term("永年", doubts=(LAWFUL,))
    assert read_period("5年又は10年") == Term(10, doubts=(SEVERAL,))


@pytest.mark.parametrize(
    ("written", "start"),
    [
        ("完結した日の翌年度の4月1日", ("fy_next_apr1", "")),
        ("翌年1月1日", ("cy_next_jan1", "")),
        ("退職の日", ("event_fy_next_apr1", "退職")),
        ("許可期間満了の翌日", ("event_next_day", "許可期間満了")),
        ("account_fy_apr1", ("account_fy_apr1", "")),
        ("別記のとおり", None),
    ],
)
def test_a_start_is_read(written: str, start: tuple[str, str] | None) -> None:
    assert read_start(written) == start


@pytest.mark.parametrize(
    ("written", "disposition"),
    [("廃棄", "dispose"), ("市公文書館へ移管", "transfer"), ("移管又は廃棄", "review"), ("廃棄（要選別）", "review"), ("dispose", "dispose"), ("紙", None)],
)
def test_a_disposition_is_read(written: str, disposition: str | None) -> None:
    assert read_disposition(written) == disposition


@pytest.mark.parametrize(
    ("note", "legend"),
    [
        ("甲：永年　乙：10年", {"甲": "永年", "乙": "10年"}),
        ("第１種（永年保存）第２種（30年保存）", {"1種": "永年", "2種": "30年"}),
        ("Ａ…永年", {"A": "永年"}),
        ("甲は永年、乙は10年保存とする。", {"甲": "永年", "乙": "10年"}),
        ("A4 5年分", {}),
    ],
)
def test_a_legend_says_what_marks_mean(note: str, legend: dict[str, str]) -> None:
    assert legend_of([note]) == legend


_KANJI = dict(enumerate("〇一二三四五六七八九"))


def in_kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{_KANJI[tens]}十") + (_KANJI[ones] if ones else "")


@given(
    st.integers(1, 99),
    st.sampled_from(["{}年", "{}年間", " {} 年", "{}年保存", "{}カ年", "{}年（廃棄）", "満{}年"]),
    st.sampled_from(["ascii", "wide", "kanji"]),
)
def test_every_number_of_years_is_read_however_it_is_written(years: int, form: str, digits: str) -> None:
    written = {"ascii": str(years), "wide": str(years).translate({48 + n: 0xFF10 + n for n in range(10)}), "kanji": in_kanji(years)}[digits]
    term = read_period(form.format(written))
    assert term is not None and term.period == years


@given(st.integers(0, 150), st.integers(0, 150), st.sampled_from(["又は", "、", "〜", "・", "("]))
def test_of_two_periods_the_longer_one_counts(one: int, other: int, between: str) -> None:
    term = read_period(f"{one}年{between}{other}年")
    assert term is not None and term.period == max(one, other)


@given(st.text(alphabet="0123456789〇一二三十百年月日間未満以上永久常用法定後から翌度退職契約終了（）・又は第種甲 ", max_size=20))
def test_no_cell_stops_the_reading(cell: str) -> None:
    term = read_period(cell)
    assert term is None or term.period in ("永年", "常用") or 0 <= int(term.period) <= MOST_YEARS
    read_start(cell), read_disposition(cell), titles_of(cell), role_of(cell), legend_of([cell])


def test_for_ever_is_longer_than_in_use_and_that_than_any_number() -> None:
    assert length("永年") > length("常用") > length(MOST_YEARS)


# --- titles ---


@pytest.mark.parametrize(
    ("cell", "titles"),
    [
        ("1 条例\n2 規則", ("条例", "規則")),
        ("(1)条例に関するもの (2)議会に関するもの", ("条例に関するもの", "議会に関するもの")),
        ("①契約②協定", ("契約", "協定")),
        ("請求書、領収書、納品書", ("請求書", "領収書", "納品書")),
        ("条例、規則の制定又は改廃に関する文書", ("条例、規則の制定又は改廃に関する文書",)),
        ("条例、規則等の制定改廃\nに関する文書", ("条例、規則等の制定改廃に関する文書",)),
        ("令和７年度　歳出予算書", ("歳出予算書",)),
        ("・議事録\n・調査結果", ("議事録", "調査結果")),
        ("その他これらに類するもの", ()),
        ("3年計画書", ("3年計画書",)),
        ("12345", ()),
        ("診療報酬明細書（レセプト）", ("診療報酬明細書（レセプト）",)),
        ("ガス 使用申込書", ("ガス 使用申込書",)),
        ("支出負担行為書　支出命令書", ("支出負担行為書", "支出命令書")),
        ("戸籍謄本（写し）　住民票　印鑑登録証明書", ("戸籍謄本（写し）", "住民票", "印鑑登録証明書")),
        ("市議会　会議録", ("市議会 会議録",)),
    ],
)
def test_a_cell_names_its_kinds(cell: str, titles: tuple[str, ...]) -> None:
    assert titles_of(cell) == titles


def test_what_stands_only_on_a_binder_is_also_known_without_it() -> None:
    assert phrases_of("支出命令書綴") == ("支出命令書綴", "支出命令書")
    assert phrases_of("市税の減免に関する文書") == ("市税の減免に関する文書", "市税の減免")
    assert phrases_of("課税台帳") == ("課税台帳",)


# --- columns ---


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("分類記号", Role.CODE), ("記 号", Role.CODE), ("番号", Role.SERIAL), ("大分類", Role.CLASS), ("第１分類", Role.CLASS), ("大分類コード", Role.CLASS_CODE),
        ("件　名", Role.TITLE), ("文書の種類", Role.TITLE), ("簿冊名称", Role.TITLE), ("ファイル（簿冊）名", Role.TITLE), ("標準的な文書", Role.TITLE), ("文書名（例）", Role.TITLE),
        ("保存年限", Role.PERIOD), ("保存期間（年）", Role.PERIOD), ("区分", Role.MARK), ("保存種別", Role.MARK), ("起算日", Role.START),
        ("保存期間満了時の措置", Role.DISPOSITION), ("処分", Role.DISPOSITION), ("備考", Role.REMARK), ("根拠法令", Role.REMARK),
        ("廃棄移管の別", Role.DISPOSITION), ("廃棄・移管", Role.DISPOSITION), ("移管又は廃棄の別", Role.DISPOSITION), ("満了時の措置", Role.DISPOSITION),
        ("期間満了後の取扱い", Role.DISPOSITION), ("保存期間終了後の取り扱い", Role.DISPOSITION), ("廃棄等の別", Role.DISPOSITION), ("満了後の措置（移管・廃棄）", Role.DISPOSITION),
        ("移管", Role.TRANSFER), ("廃棄", Role.DESTROY), ("選別", Role.TRANSFER), ("廃棄年月日", Role.OTHER), ("保存", Role.PERIOD),
        ("保存期間満了日", Role.OTHER), ("保存場所", Role.OTHER), ("所管課", Role.OTHER), ("歴史公文書", Role.TRANSFER),
    ],
)  # fmt: skip
def test_headings_are_known_by_their_usual_names(heading: str, role: Role) -> None:
    found = role_of(heading)
    assert found is not None and found[0] is role


# --- whole tables ---


def test_a_classification_table_with_codes_ditto_marks_and_a_title_above() -> None:
    table = [
        ["みどり町文書分類表", "", "", "", "", ""],
        ["分類記号", "大分類", "中分類", "件名", "保存期間", "備考"],
        ["Ａ－０１", "総務", "文書", "文書収発簿", "５年", ""],
        ["", "", "", "公印台帳", "永年", ""],
        ["A-02", "〃", "人事", "辞令", "３０年", "法定"],
        ["", "", "", "年次休暇簿", "3年（暦年）", ""],
        ["B-01", "税務", "課税", "課税台帳", "法定", ""],
        ["", "", "", "督促状", "", ""],
        ["備考 この表で定めのない文書は5年とする。", "", "", "", "", ""],
    ]
    found = categories(table)
    assert {code: (one.name, one.path, one.titles, one.period, one.start) for code, one in found.items()} == {
        "A-01": ("文書", ("総務", "文書"), ("公印台帳",), "永年", None),
        "A-01_5Y": ("文書（5年）", ("総務", "文書"), ("文書収発簿",), 5, None),
        "A-02": ("人事", ("総務", "人事"), ("辞令",), 30, None),
        "A-02_3Y": ("人事（3年）", ("総務", "人事"), ("年次休暇簿",), 3, "cy_next_jan1"),
        "B-01": ("課税", ("税務", "課税"), ("課税台帳",), "永年", None),
    }
    reading = read(table)
    assert remarks(reading, problem=True) == [(8, "督促状", NO_PERIOD)]
    assert remarks(reading, problem=False) == [(5, "法定", REMARK_UNUSED), (7, "法定", LAWFUL)]
    assert (reading.rows, reading.notes) == (9, 3)


def test_a_binder_table_with_two_rows_of_headings_and_no_codes() -> None:
    table = [
        ["分類", "", "", "簿冊名", "保存期間", "満了時の措置"],
        ["大", "中", "小", "", "", ""],
        ["総務", "人事", "服務", "令和7年度 出勤簿綴", "3年", "廃棄"],
        ["", "", "", "人事記録", "退職後30年", "移管"],
    ]
    assert [(one.path, one.titles, one.period, one.event, one.disposition) for one in categories(table).values()] == [
        (("総務", "人事", "服務"), ("人事記録",), 30, "退職", "transfer"),
        (("総務", "人事", "服務"), ("出勤簿綴", "出勤簿"), 3, "", "dispose"),
    ]


def test_a_list_under_headings_that_are_periods() -> None:
    table = [
        ["文書保存期間表"],
        ["第1種 永年保存"],
        ["1 市議会の議決書"],
        ["2 条例原本"],
        ["第2種 10年保存"],
        ["1 契約書、協定書"],
        ["※ 会計文書は別に定める。"],
    ]
    assert kept(table) == [("永年保存文書", "永年", ("市議会の議決書", "条例原本")), ("10年保存文書", 10, ("契約書", "協定書"))]


def test_a_cell_with_the_period_and_the_kinds_beside_it() -> None:
    table = [["文書保存年限表", ""], ["永年", "1 条例原本\n2 議決書"], ["5年", "会計帳票"], ["", "支出命令書"]]
    assert kept(table) == [("永年保存文書", "永年", ("条例原本", "議決書")), ("5年保存文書", 5, ("会計帳票", "支出命令書"))]


def test_one_column_for_each_period_with_circles() -> None:
    table = [
        ["文書の種類", "保存期間", "", "", "廃棄"],
        ["", "永年", "10年", "5年", ""],
        ["条例原本", "○", "", "", ""],
        ["契約書", "－", "◯", "●", "○"],
    ]
    assert kept(table) == [("永年保存文書", "永年", ("条例原本",)), ("10年保存文書", 10, ("契約書",))]
    assert remarks(read(table), problem=False) == [(4, "10", SEVERAL)]
    assert [one.disposition for one in categories(table).values()] == [None, "dispose"]


def test_one_column_for_each_period_with_lists() -> None:
    assert kept([["永年", "10年", "1年未満"], ["1 条例\n2 規則", "契約書", "写し"]]) == [
        ("永年保存文書", "永年", ("条例", "規則")),
        ("10年保存文書", 10, ("契約書",)),
        ("1年未満保存文書", 0, ("写し",)),
    ]


def test_marks_are_explained_on_another_sheet_or_in_a_note() -> None:
    table = [["記号", "文書名", "保存区分"], ["1-1", "条例", "Ａ"], ["1-2", "契約書", "第2種"], ["1-3", "写し", "D"], ["1-4", "控え", "3"]]
    reading = read([["区分", "年限"], ["A", "永年"]], [*table, ["注 第2種：10年", "", ""]])
    assert [(one.code, one.period) for one in categories_of(reading.entries)] == [("1-1", "永年"), ("1-2", 10)]
    assert remarks(reading, problem=True) == [(4, "D", UNKNOWN_MARK), (5, "3", MARK_IS_NUMBER)]


def test_a_mark_can_be_explained_by_whoever_imports() -> None:
    reading = read([["種別", "文書"], ["丙", "照会"]], legend={"丙": "3年"})
    assert [(one.period, one.titles) for one in categories_of(reading.entries)] == [(3, ("照会",))]


def test_headings_among_the_kinds_become_classes() -> None:
    table = [["文書の種類", "保存期間"], ["1 庶務に関する文書", ""], ["(1) 収発簿", "5年"], ["2 契約", ""], ["(1) 契約書", "10年"], ["(2) 印刷物", ""]]
    assert kept(table) == [("庶務に関する文書", 5, ("収発簿",)), ("契約", 10, ("契約書",))]
    reading = read(table)
    assert remarks(reading, problem=False) == [(2, "1 庶務に関する文書", TAKEN_AS_HEADING), (4, "2 契約", TAKEN_AS_HEADING)]
    assert remarks(reading, problem=True) == [(6, "(2) 印刷物", NO_PERIOD)]


def test_a_kind_without_a_period_is_not_taken_for_a_heading() -> None:
    reading = read([["件名", "保存期間"], ["条例", "永年"], ["規則", ""], ["契約書", "10年"]])
    assert remarks(reading, problem=True) == [(3, "規則", NO_PERIOD)]
    assert [(one.path, one.titles) for one in reading.entries] == [((), ("条例",)), ((), ("契約書",))]


def test_the_section_that_has_a_binder_is_no_class() -> None:
    table = [["番号", "課名", "簿冊名", "保存年限"], ["1", "総務課", "収受簿", "5年"], ["2", "税務課", "収受簿控え", "5年"]]
    assert kept(table) == [("5年保存文書", 5, ("収受簿", "収受簿控え"))]


def test_two_tables_side_by_side_and_headings_repeated_on_the_next_page() -> None:
    table = [
        ["件名", "年限", "", "件名", "年限"],
        ["条例", "永年", "", "請求書", "5年"],
        ["件名", "年限", "", "件名", "年限"],
        ["", "", "", "照会", "1年"],
    ]
    assert sorted(kept(table)) == [("1年保存文書", 1, ("照会",)), ("5年保存文書", 5, ("請求書",)), ("永年保存文書", "永年", ("条例",))]


def test_codes_of_each_class_are_joined() -> None:
    table = [["大分類", "", "中分類", "", "年限"], ["コード", "名称", "コード", "名称", ""], ["01", "総務", "02", "文書", "5"], ["", "", "03", "公印", "永年"]]
    assert [(one.code, one.name, one.period) for one in categories(table).values()] == [("01-02", "文書", 5), ("01-03", "公印", "永年")]


def test_a_period_in_front_of_its_kinds_holds_until_the_next() -> None:
    reading = read([["保存期間", "文書の種類"], ["永年", "条例"], ["", "議決書"], ["10年", "契約書"]])
    assert [(one.titles, one.term.period) for one in reading.entries] == [(("条例",), "永年"), (("議決書",), "永年"), (("契約書",), 10)]
    assert remarks(reading, problem=False) == [(3, "永年", PERIOD_FROM_ABOVE)]


def test_columns_for_start_and_event_say_when_the_period_begins() -> None:
    table = [["件名", "保存期間", "起算日", "特定日"], ["契約書", "10年", "", "契約終了日"], ["出勤簿", "3年", "翌年1月1日", ""], ["命令簿", "5年", "別記", ""]]
    reading = read(table)
    assert [(one.term.start, one.term.event) for one in reading.entries] == [("event_fy_next_apr1", "契約終了"), ("cy_next_jan1", ""), (None, "")]
    assert [(row, value) for row, value, _says in remarks(reading, problem=False)] == [(4, "別記")]


def test_nonsense_is_told_and_gives_nothing() -> None:
    reading = read([["これは表ではありません。"], ["ただの文章です。"]])
    assert (reading.entries, [one.says for one in reading.remarks]) == ([], [NO_TABLE])
    wrong = read([["件名", "保存期間"], ["条例", "えいねん"], ["", "5年"]])
    assert remarks(wrong, problem=True) == [(2, "えいねん", NOT_A_PERIOD), (3, "5年", NO_NAME)]


def test_the_same_words_give_the_same_code_wherever_the_row_stands() -> None:
    head, one, two = ["大分類", "中分類", "件名", "保存期間"], ["総務", "文書", "収発簿", "5年"], ["税", "市税", "台帳", "7年"]
    assert set(categories([head, one, two])) == set(categories([head, two, ["福祉", "介護", "認定", "5年"], one])) - {made_code(("path", "福祉", "介護"))}


def test_codes_that_the_configuration_cannot_hold_are_replaced_and_kept_in_sight() -> None:
    table = [["文書記号", "件名", "年限"], ["総－１", "収発簿", "5年"], ["1.2.3", "台帳", "7年"], ["unclassified", "雑書", "1年"]]
    found = list(categories(table).values())
    assert [(one.printed, one.code) for one in found[1:2]] == [("1.2.3", "1-2-3")]
    assert [one.printed for one in found] == ["総-1", "1.2.3", "unclassified"]
    assert all(one.code.isascii() and one.code != "unclassified" for one in found)


@given(
    st.lists(
        st.lists(st.sampled_from(["", "分類記号", "大分類", "件名", "保存期間", "条例", "5年", "〃", "○", "永年", "甲", "備考", "A1", "1"]), max_size=5),
        max_size=8,
    )
)
def test_no_table_stops_the_reading_and_every_row_is_accounted_for(rows: list[list[str]]) -> None:
    reading = read(rows)
    found = categories_of(reading.entries)
    assert len({one.code.casefold() for one in found}) == len(found)
    assert sum(len(one.rows) for one in found) == len(reading.entries)
    assert reading.rows == sum(any(cell.strip() for cell in row) for row in rows)


# --- what is no code, what else a row says ---


@pytest.mark.parametrize("heading", ["番号", "No.", "No", "項番", "ＮＯ", "#"])
@pytest.mark.parametrize("numbers", [("1",), ("1", "2", "3"), ("(1)", "(2)", "(3)"), ("1", "2", "3", "4", "6")])
def test_running_numbers_are_never_codes(heading: str, numbers: Sequence[str]) -> None:
    table = [[heading, "ファイル名", "保存期間"], *([number, f"第{at}台帳", "1年"] for at, number in enumerate(numbers))]
    assert [one.code for one in read(table).entries] == [""] * len(numbers)


def test_running_numbers_that_go_on_below_a_repeated_heading_are_no_codes_either() -> None:
    head = ["番号", "ファイル名", "保存期間"]
    assert {one.code for one in read([head, ["1", "収受簿", "5年"], ["2", "発送簿", "5年"], head, ["3", "台帳", "1年"]]).entries} == {""}


def test_numbers_that_do_more_than_count_are_codes() -> None:
    table = [["番号", "ファイル名", "保存期間"], ["101", "収受簿", "5年"], ["205", "台帳", "1年"]]
    assert [one.code for one in read(table).entries] == ["101", "205"]


@pytest.mark.parametrize("heading", ["廃棄移管の別", "廃棄・移管", "移管又は廃棄の別", "満了時の措置", "期間満了後の取扱い"])
def test_a_column_of_what_then_gives_the_disposition(heading: str) -> None:
    said = {"廃棄": "dispose", "移管": "transfer", "選別": "review", "審査": "review"}
    table = [["件名", "保存期間", heading], *([f"台帳{at}", "5年", word] for at, word in enumerate(said))]
    assert [one.disposition for one in read(table).entries] == list(said.values())


@pytest.mark.parametrize(
    ("remark", "said"),
    [
        ("暦年", ("cy_next_apr1", "", "")),
        ("暦年による", ("cy_next_apr1", "", "")),
        ("出納閉鎖後", ("account_close_jun1", "", "")),
        ("出納閉鎖後に起算", ("account_close_jun1", "", "")),
        ("契約終了後起算", ("event_fy_next_apr1", "契約終了", "")),
        ("退職の日の翌日から", ("event_next_day", "退職", "")),
        ("暦年、地方自治法第2条", ("cy_next_apr1", "", "地方自治法第2条")),
        ("毎年6月1日に提出", (None, "", "毎年6月1日に提出")),
        ("法定", (None, "", "法定")),
        ("", (None, "", "")),
    ],
)
def test_a_remark_may_say_when_the_period_starts_and_the_rest_of_it_is_told(remark: str, said: tuple[str | None, str, str]) -> None:
    assert read_remark(remark) == said


def test_a_remark_gives_the_start_where_no_column_does() -> None:
    head = ["件名", "保存期間", "起算日", "備考"]
    rows = [["出勤簿", "3年", "", "暦年"], ["命令書", "5年", "", "出納閉鎖後 ※注"], ["台帳", "5年", "翌年1月1日", "暦年"], ["条例", "永年", "", "紙で保存"]]
    reading = read([head, *rows])
    assert [one.term.start for one in reading.entries] == ["cy_next_apr1", None, "cy_next_jan1", None]
    assert remarks(reading, problem=False) == [(3, "出納閉鎖後 ※注", REMARK_UNUSED), (4, "暦年", REMARK_UNUSED), (5, "紙で保存", REMARK_UNUSED)]


@pytest.mark.parametrize(
    "row", [["凡例", "甲＝永年", "乙＝10年"], ["甲＝永年", "乙＝10年", ""], ["甲：永年、乙：10年", "", ""], ["注", "甲＝永年、乙＝10年", ""]]
)
def test_a_row_that_explains_marks_is_used_and_not_told_as_unreadable(row: list[str]) -> None:
    reading = read([["件名", "保存期間", "備考"], ["条例", "甲", ""], ["契約書", "乙", ""], row])
    assert [one.term.period for one in reading.entries] == ["永年", 10]
    assert (reading.remarks, reading.notes) == ([], 2)


def test_a_legend_says_nothing_else() -> None:
    assert is_legend("凡例　甲＝永年　乙＝10年保存") and not is_legend("甲は永年、契約書は10年") and not is_legend("契約書")


def test_a_code_given_twice_with_different_periods_is_told() -> None:
    reading = read(
        [["分類記号", "件名", "保存期間"], ["A-1", "契約書", "5年"], ["A-1", "契約台帳", "10年"], ["A-2", "収受簿", "5年"], ["A-2", "発送簿", "5年"]]
    )
    assert remarks(reading, problem=False) == [(3, "A-1: 5 / 10", CODE_TWICE)]


@given(st.text(alphabet="暦年出納閉鎖後翌年度4月1日から退職契約終了起算、。 （）", max_size=20))
def test_no_remark_stops_the_reading(text: str) -> None:
    start, event, _rest = read_remark(text)
    assert start is not None or not event


@pytest.mark.parametrize(
    ("remark", "disposition"),
    [
        ("移管", "transfer"), ("廃 棄", "dispose"), ("廃棄する。", "dispose"), ("歴史公文書として移管", "transfer"),
        ("歴史的公文書として公文書館へ移管する", "transfer"), ("歴史公文書として移管(市史編さん室)", "transfer"), ("廃棄の記録を残す", None), ("紙で保存", None), ("", None),
    ],
)  # fmt: skip
def test_a_remark_that_is_a_disposition_is_one_where_there_is_no_column_for_it(remark: str, disposition: str | None) -> None:
    reading = read([["件名", "保存期間", "備考"], ["条例", "30年", remark], ["台帳", "5年", ""]])
    assert [one.disposition for one in reading.entries] == [disposition, None]
    assert [one.says for one in reading.remarks] == ([REMARK_UNUSED] if remark and disposition is None else [])
    told = read([["件名", "保存期間", "満了時の措置", "備考"], ["条例", "30年", "廃棄", remark]])
    assert [one.disposition for one in told.entries] == ["dispose"]


@pytest.mark.parametrize("row", [["合　計", "", "12"], ["小計", "12件", ""], ["", "計", "1,234"], ["総計", "", ""]])
def test_a_row_of_totals_is_no_record_and_no_problem(row: list[str]) -> None:
    reading = read([["分類", "件名", "保存期間"], ["総務", "条例", "永年"], ["総務", "台帳", "5年"], row])
    assert ([one.titles for one in reading.entries], reading.remarks, reading.notes) == ([("条例",), ("台帳",)], [], 2)


def test_a_title_that_begins_like_a_total_is_kept() -> None:
    reading = read([["分類", "件名", "保存期間"], ["統計", "計", "5年"], ["会計", "合計残高試算表", "10年"]])
    assert len(reading.entries) == 2
