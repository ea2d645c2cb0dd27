from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanpipe.core.finding.query import And, DateRange, Field, Node, Not, Or, QueryError, Word, parse, positive_words
from scanpipe.core.text import fold

PIECES = [
    "契約",
    "税",
    " ",
    "　",
    "(",
    ")",
    "（",
    "）",
    '"',
    "「",
    "」",
    "“",
    "-",
    "－",
    "OR",
    "または",
    "ＯＲ",
    "NOT",
    "AND",
    "課:",
    "課：1105",
    "日付:",
    "2025-04-01",
    "..",
    "年度:",
    "件名:",
    "、",
    "*",
    "^",
    "\0",
    "\ud800",
]
typed = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("契約", Word("契約")),
        ("契約 税", And((Word("契約"), Word("税")))),
        ("契約　AND　税", And((Word("契約"), Word("税")))),
        ("契約 OR 税 請求", Or((Word("契約"), And((Word("税"), Word("請求")))))),
        ("契約　または　税 ＯＲ 印", Or((Word("契約"), Word("税"), Word("印")))),
        ("契約 -税", And((Word("契約"), Not(Word("税"))))),
        ("契約 －税 NOT 印", And((Word("契約"), Not(Word("税")), Not(Word("印"))))),
        ("NOT（契約 OR 税）", Not(Or((Word("契約"), Word("税"))))),
        ('"道路 占用"', Word("道路 占用")),
        ("「道路占用」許可", And((Word("道路占用"), Word("許可")))),
        ('"OR"', Word("OR")),
        ("or", Word("or")),
        ("金総第123号", Word("金総第123号")),
        ("2025-000123", Word("2025-000123")),
        ("税務 - 契約", And((Word("税務"), Word("契約")))),
        ("契約 、 税", And((Word("契約"), Word("税")))),
        ("契約 OR 、", Word("契約")),
        ("(株)山田", And((Word("株"), Word("山田")))),
        ("10:30", Word("10:30")),
        ("課:1105", Field("department", "1105")),
        ("ｄｅｐａｒｔｍｅｎｔ：１１０５", Field("department", "1105")),
        ("分類:CONTRACT 契約", And((Field("category", "CONTRACT"), Word("契約")))),
        ("年度:2025", Field("fiscal_year", "2025")),
        ("年度:令和7年度", Field("fiscal_year", "2025")),
        ("番号:2025-000123", Word("2025-000123", "names")),
        ("件名：「道路 占用」", Word("道路 占用", "title")),
        ("日付:2025-04-01..2025-06-30", DateRange(date(2025, 4, 1), date(2025, 6, 30))),
        ("日付：２０２５－０４～", DateRange(date(2025, 4, 1), None)),
        ("日付:..2025", DateRange(None, date(2025, 12, 31))),
        ("日付:2024-02", DateRange(date(2024, 2, 1), date(2024, 2, 29))),
        ("日付:令和7年4月1日", DateRange(date(2025, 4, 1), date(2025, 4, 1))),
        ("日付:令和7年4月", DateRange(date(2025, 4, 1), date(2025, 4, 30))),
        ("日付:平成三十一年二月", DateRange(date(2019, 2, 1), date(2019, 2, 28))),
        ("日付:Ｒ７．４..R7.6", DateRange(date(2025, 4, 1), date(2025, 6, 30))),
        ("日付:令和元年", DateRange(date(2019, 1, 1), date(2019, 12, 31))),
        ("日付:令和7年度", DateRange(date(2025, 4, 1), date(2026, 3, 31))),
        ("日付:2025年度", DateRange(date(2025, 4, 1), date(2026, 3, 31))),
    ],
)
def test_a_query_is_understood(query: str, tree: Node) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "There is nothing to look for. Type at least one word, for example 契約 or 税."),
        ("、 。", "There is nothing to look for. Type at least one word, for example 契約 or 税."),
        ("契約 (税", 'The bracket ( at character 4 is never closed. Close it, or put the words in "…".'),
        ("契約）税", 'The bracket ) at character 3 closes nothing. Remove it, or put the words in "…".'),
        (")", 'There is nothing before the bracket ) at character 1. Remove it, or put the words in "…".'),
        ("契約「税", "The quotation mark 「 at character 3 is never closed. Close it, or remove it."),
        ("契約 または", 'または at character 4 needs a word on each side. To look for または itself, write "または".'),
        ("OR 契約", 'OR at character 1 needs a word on each side. To look for OR itself, write "OR".'),
        ("契約 NOT", 'NOT at character 4 needs a word after it. To look for NOT itself, write "NOT".'),
        ("課： 契約", "課： at character 1 has no value. Write for example 課:1105."),
        ("年度:来年", "来年 at character 1 is not a fiscal year. Write for example 年度:2025 or 年度:令和7."),
        ("日付:2025-02-30", "2025-02-30 at character 1 is not a date or a range of dates. Write for example 日付:2025-04-01..2025-06-30."),
        ("日付:令和7年13月", "令和7年13月 at character 1 is not a date or a range of dates. Write for example 日付:2025-04-01..2025-06-30."),
        ("日付:2025-04..2024", "2025-04..2024 at character 1 ends before it begins. Put the earlier date first."),
        ("あ い う え お か き く け", "The query has 9 words; at most 8 are looked for at once. Leave out the commonest."),
        ("税" * 33, "“税税税税税税税税税税…” at character 1 has 33 characters; at most 32 are looked for. Shorten it to the part that tells most."),
        ("税" * 1001, "The query has 1001 characters; at most 1000 are read. Keep the words that tell most."),
        ("課:1 " * 17, "The query has 17 conditions such as 課: or 年度:; at most 16 are read."),
        ("(" * 17 + "税" + ")" * 17, "The brackets and NOTs at character 17 are nested too deeply. Write the query more simply."),
    ],
)
def test_a_fault_is_explained_with_its_place_and_a_remedy(query: str, sentence: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert str(caught.value) == sentence
    assert caught.value.exit_code == 64


@given(typed)
@example("日付:9999-12..")
@example('課:""')
@example("-" * 999 + "税")
def test_nothing_that_can_be_typed_is_worse_than_a_query_error(query: str) -> None:
    try:
        tree = parse(query)
    except QueryError as error:
        assert str(error)
    else:
        assert all(form.strip() for word in positive_words(tree) for form in word.forms)


def test_words_to_mark_leave_out_what_is_not_wanted() -> None:
    assert positive_words(parse("契約 (税 OR 契約) -印 課:1105")) == (Word("契約"), Word("税"))


def test_a_word_is_looked_for_as_read_and_as_meant() -> None:
    assert Word("努カ").forms == ("努力", "努カ")
    assert Word("髙﨑").forms == ("高崎",)


@pytest.mark.parametrize(
    ("typed", "forms"),
    [
        ("792000", ("792000", "792 000")),
        ("７９２，０００円", ("792 000円", "792000円")),
        ("1500", ("1500", "1 500")),
        ("2025", ("2025",)),  # a year
        ("2,025", ("2 025", "2025")),
        ("2025-000123", ("2025ー000123",)),
        ("0792000", ("0792000",)),
        ("12,34", ("12 34",)),
        ("3.14159", ("3 14159",)),
    ],
)
def test_an_amount_is_looked_for_with_commas_and_without(typed: str, forms: tuple[str, ...]) -> None:
    assert Word(typed).forms == forms


@given(st.text(st.sampled_from("0123456789,，.円金年-１２"), min_size=1, max_size=12))
def test_other_ways_to_write_a_number_never_leave_out_the_one_typed(typed: str) -> None:
    assert {fold(typed, 4), fold(typed, 3)} <= {*Word(typed).forms}
