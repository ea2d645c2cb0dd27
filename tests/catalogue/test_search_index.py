import multiprocessing
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanpipe.catalogue.search import Access, SearchEntry, SearchFault, SearchIndex, SearchReader, SearchUnavailable
from scanpipe.catalogue.search_match import day_tokens, range_tokens
from scanpipe.core.finding.query import DateRange, QueryError
from scanpipe.core.text import fold

SIGNS = "契約書税務課のはがガヘりリカ力ー一ロ口エ工二ニ〇Oo0Il1|-國国﨑ｶﾞﾟ㈱、。・「」（） 　\n２５Ab\u3099\ud800\U000f0000"


class Archive:
    """A search index with the texts that a catalogue would hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.texts: dict[tuple[int, int], str] = {}
        self.index = SearchIndex(path)
        self.reader = SearchReader(path, lambda serial, page: self.texts.get((serial, page), ""), {"department": {"税務課": "1105"}})

    def put(self, serial: int, *pages: str, **facts: object) -> None:
        given: dict[str, object] = {
            "department": "1105",
            "category": "TAX",
            "fiscal_year": 2025,
            "date": date(2025, 4, 1),
            "title": None,
            "number": f"2025-{serial:06d}",
        }
        entry = SearchEntry(accession_id=f"id{serial}", serial=serial, pages=pages, **(given | facts))  # type: ignore[arg-type]
        self.texts.update({(serial, number): text for number, text in enumerate(pages, 1)})
        self.index.put(entry)

    def found(self, query: str, **filters: object) -> list[int]:
        return [hit.serial for hit in self.reader.search(query, limit=100, **filters).hits]  # type: ignore[arg-type]

    def close(self) -> None:
        self.reader.close()
        self.index.close()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "search.db")
    yield archive
    archive.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    archive = Archive(tmp_path_factory.mktemp("shared") / "search.db")
    yield archive
    archive.close()


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=st.lists(st.text(alphabet=st.sampled_from(SIGNS), max_size=40), min_size=1, max_size=3), data=st.data())
def test_every_part_of_every_page_finds_its_record(shared: Archive, pages: list[str], data: st.DataObject) -> None:
    shared.put(1, *pages)
    for run in fold("\n".join(pages), 3).split():
        start = data.draw(st.integers(0, len(run) - 1))
        part = run[start : start + data.draw(st.integers(1, 8))]
        assert shared.found(f'"{part}"') == [1]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(["税務", "課", " ", "(", ")", '"', "-", "OR", "NOT", "*", "^", "NEAR(", "a:b", "課:1", "'", ";", "\0", "\ud800"]), max_size=12
    ).map("".join)
)
def test_whatever_is_typed_gives_an_answer_or_a_query_error(shared: Archive, query: str) -> None:
    shared.put(2, "税務課の契約書 a:b NEAR(税)")
    try:
        shared.reader.search(query, facets=True, order="relevance")
    except QueryError as error:
        assert str(error)


def oracle(record: dict[str, bool], tree: tuple[object, ...] | str) -> bool:
    if isinstance(tree, str):
        return record[tree]
    operator, *parts = tree
    truths = [oracle(record, part) for part in parts]  # type: ignore[arg-type]
    return {"AND": all(truths), "OR": any(truths), "NOT": not truths[0]}[str(operator)]


def written(tree: tuple[object, ...] | str) -> str:
    if isinstance(tree, str):
        return tree
    operator, *parts = tree
    return f"NOT ({written(parts[0])})" if operator == "NOT" else "(" + f" {operator} ".join(map(written, parts)) + ")"  # type: ignore[arg-type]


WORDS = ["税", "契約", "納付書", "道路占用許可", "甲、乙"]
trees = st.recursive(
    st.sampled_from(WORDS), lambda inner: st.tuples(st.just("NOT"), inner) | st.tuples(st.sampled_from(["AND", "OR"]), inner, inner), max_leaves=6
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees)
def test_and_or_not_hold_over_all_pages_of_a_record(truth_table: Archive, tree: tuple[object, ...] | str) -> None:
    assert truth_table.found(written(tree)) == [serial for serial in range(64, 0, -1) if oracle(truths(serial), tree)]


def truths(serial: int) -> dict[str, bool]:
    return {word: bool((serial - 1) >> bit & 1) for bit, word in enumerate(WORDS)}


@pytest.fixture(scope="module")
def truth_table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Each combination of words twice: on one page, and spread over pages beside decoys that have the same trigrams."""
    archive = Archive(tmp_path_factory.mktemp("table") / "search.db")
    for serial in range(1, 65):
        had = [word for word, has in truths(serial).items() if has]
        decoys = ["甲", "道路占", "路占用", "占用許", "用許可", "乙"]
        archive.put(serial, *([*decoys, *had] if serial > 32 else ["。".join(decoys + had)]))
    yield archive
    archive.close()


def test_words_of_one_sign_are_found(archive: Archive) -> None:
    archive.put(1, "税")
    archive.put(2, "契約")
    assert (archive.found("税"), archive.found("約")) == ([1], [2])


def test_words_across_line_ends_blanks_and_page_ends_are_found_where_they_begin(archive: Archive) -> None:
    archive.put(1, "表紙", "この契\n約 書は道路占", "　", "用許可の申請に係る。")
    for word, highlight in (("契約書", "契\n約 書"), ("約書", "約 書"), ("道路占用許可", "道路占"), ("占用", "占")):
        hit = archive.reader.search(word).hits[0]
        start, end = hit.highlights[0]
        assert (hit.page, archive.texts[1, hit.page][start:end]) == (2, highlight)
    assert archive.reader.search("用許可").hits[0].page == 4


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("ＡＢＣ２５ ガス料金", ["abc25", "ＡＢＣ２５", "ｶﾞｽ", "ガス"]),
        ("國民健康保險 髙﨑 渡邉", ["国民健康保険", "國民", "高崎", "渡辺", "渡邊"]),
        ("のカード利用", ["の力ード", "カード", "力ード"]),
        ("の力ード利用", ["カード", "の力ード", "カ", "力"]),
        ("人ロ統計 第ー条", ["人口統計", "人ロ統計", "第一条", "第ー条"]),
        ("番号2025−000123", ["2025-000123", "２０２５－０００１２３", "2025ー000123", "000123"]),
        ("金総第123号", ["金総第123号", "金総第１２３号", "第123", "123"]),
        ("㈱山田商店", ["㈱山田", "(株)山田", "株"]),
        ("住 民 票 の 写 し", ["住民票の写し", "住民票"]),
        ("請求金額 ¥792,000円", ["792000", "792,000", "792000円", "７９２，０００", "¥792,000"]),
        ("合計 1234567 円", ["1,234,567", "1234567円"]),
    ],
)
def test_other_spellings_of_the_same_are_found(archive: Archive, text: str, queries: list[str]) -> None:
    archive.put(1, text)
    archive.put(2, "関係のない文")
    assert [archive.found(query) for query in queries] == [[1]] * len(queries)


def test_long_words_are_verified_on_the_text(archive: Archive) -> None:
    archive.put(1, "道路占用許可申請書")
    archive.put(2, "道路占、路占用、占用許、用許可、許可申、可申請、申請書")
    result = archive.reader.search("道路占用許可申請書")
    assert ([hit.serial for hit in result.hits], result.total, result.exact) == ([1], 1, True)


def test_title_and_names_are_found_and_can_be_asked_for_apart(archive: Archive) -> None:
    archive.put(1, "本文", title="道路占用の許可について", name_words="金総第123号 山田商店")
    archive.put(2, "道路占用の許可について、金総第123号、2025-000001")
    assert archive.found("道路占用の許可について") == [2, 1]
    assert archive.found("件名:道路占用の許可について") == [1]
    assert archive.found("番号:金総第123号") == [1]
    assert archive.found("番号:2025-000001") == [1]
    assert archive.reader.search("山田商店").hits[0].snippet == (("本文", False),)


def test_filters_narrow_by_every_fact(archive: Archive) -> None:
    archive.put(1, "税", date=date(2024, 12, 31), fiscal_year=2024)
    archive.put(2, "税", department="A-01", category="CONTRACT", date=date(2025, 5, 7))
    archive.put(3, "税", date=None)
    assert archive.found("税 課:1105") == archive.found("税", department="1105") == archive.found("課:税務課") == [3, 1]
    assert archive.found("税 課:ａ－０１") == archive.found("", department="A-01") == [2]
    assert archive.found("分類:contract") == archive.found("", category="CONTRACT") == [2]
    assert archive.found("年度:令和6") == archive.found("税", fiscal_year=2024) == [1]
    assert archive.found("税 日付:2025-01..2025-12") == archive.found("税", date_from=date(2025, 1, 1)) == [2]
    assert archive.found("日付:..2024-12-31") == archive.found("", date_to=date(2025, 5, 6)) == [1]
    assert archive.found("日付:1990..2030") == [2, 1]
    assert archive.found("税 -日付:2025") == [3, 1]


@given(st.tuples(st.dates(), st.dates()).map(sorted), st.dates())
@settings(max_examples=200)
def test_date_ranges_hold_exactly_the_days_between(ends: list[date], day: date) -> None:
    tokens = range_tokens(DateRange(ends[0], ends[1]), (date.min, date.max))
    assert (ends[0] <= day <= ends[1]) == bool(set(tokens) & set(day_tokens(day)))


def test_restricted_records_show_only_to_those_allowed(archive: Archive) -> None:
    archive.put(1, "税", department="1105", restricted=True)
    archive.put(2, "税", department="1201", category="WELFARE", restricted=True)
    archive.put(3, "税", department="1201")
    assert archive.found("税") == [3, 2, 1]
    assert archive.found("税", allowed=Access(restricted=frozenset())) == [3]
    assert archive.found("税", allowed=Access(restricted=frozenset({"TAX"}))) == [3, 1]
    assert archive.found("NOT 契", allowed=Access(departments=frozenset({"1201"}), restricted=frozenset())) == [3]
    assert archive.found("税 OR 契", allowed=Access(departments=frozenset())) == []


def test_newest_come_first_and_pages_of_hits_follow_on(archive: Archive) -> None:
    for serial in range(1, 31):
        archive.put(serial, "道路占用許可", "税")
    for query in ("税", "道路占用許可", "道路占用許可 税"):
        pages = [archive.reader.search(query, limit=10, offset=offset) for offset in (0, 10, 20, 30)]
        assert [hit.serial for page in pages for hit in page.hits] == list(range(30, 0, -1))
        assert [(page.total, page.capped, page.exact) for page in pages] == [(30, False, True)] * 4


def test_more_than_a_thousand_hits_are_counted_honestly(archive: Archive) -> None:
    with archive.index.bulk():
        for serial in range(1, 1003):
            archive.put(serial, "道路占用許可")
    short, long = archive.reader.search("占用", facets=True), archive.reader.search("道路占用許可")
    assert (short.total, short.capped, short.exact, len(short.hits)) == (1000, True, True, 20)
    assert (long.total, long.capped, long.exact, len(long.hits)) == (1000, True, False, 20)
    assert short.facets["department"] == (("1105", 1002),)
    assert archive.reader.search("占用", limit=1, offset=1001).hits[0].serial == 1


def test_facets_count_records_by_section_category_and_year(archive: Archive) -> None:
    archive.put(1, "税")
    archive.put(2, "税", department="1201", fiscal_year=2024)
    archive.put(3, "税", "税", category="CONTRACT")
    assert archive.reader.search("税", facets=True).facets == {
        "department": (("1105", 2), ("1201", 1)),
        "category": (("TAX", 2), ("CONTRACT", 1)),
        "fiscal_year": (("2025", 2), ("2024", 1)),
    }


def test_relevance_puts_titles_first_then_frequent_words(archive: Archive) -> None:
    archive.put(1, "契約", title="契約について")
    archive.put(2, "契約、契約、契約、契約")
    archive.put(3, "契約")
    archive.put(4, "契約、契約")
    assert archive.found("契約", order="relevance") == [1, 2, 4, 3]


def test_what_only_holds_the_parts_of_a_word_is_no_hit_in_either_order_and_in_no_facet(archive: Archive) -> None:
    archive.put(1, "観光案内所", title="観光案内所の運営", department="1105")
    archive.put(2, "観光案内、光案内所", title="観光案内、光案内所", department="1202")  # every three signs of 観光案内所, but not the word
    assert archive.found("観光案内所") == archive.found("観光案内所", order="relevance") == [1]
    assert archive.reader.search("観光案内所", facets=True).facets["department"] == (("1105", 1),)


def test_the_snippet_is_raw_text_with_the_hit_marked(archive: Archive) -> None:
    archive.put(1, "前置き。" * 30 + "この契\n約書は ABC\ndef とする。" + "後書き。" * 30)
    snippet = archive.reader.search("契約書").hits[0].snippet
    assert [part for part, hit in snippet if hit] == ["契約書"]
    assert "".join(part for part, _ in snippet).startswith("…き。前置き。")
    assert "契約書は ABC def とする。" in "".join(part for part, _ in snippet)
    assert snippet[-1] == ("…", False)


def test_the_page_shown_has_all_words_if_one_has(archive: Archive) -> None:
    filler = "次のページの始めに続く文章" * 4
    archive.put(1, filler + "税", filler + "契約", filler + "税と契約", filler + "税と契約")
    archive.put(2, "表紙", filler + "契約", filler + "税")
    assert [hit.page for hit in archive.reader.search("税 契約").hits] == [2, 3]


def test_putting_again_replaces_all_that_was_known(archive: Archive) -> None:
    archive.put(1, "契約", "税", department="1105")
    archive.put(1, "契約", department="1201")
    archive.put(1, "契約", department="1201")
    assert (archive.found("税"), archive.found("契約"), archive.found("契約 課:1105")) == ([], [1], [])
    assert archive.index.indexed() == {1}


def test_a_removed_record_leaves_no_term_in_the_file(archive: Archive) -> None:
    for serial in range(1, 40):
        archive.put(serial, "普通の文書", "二枚目の文書")
    archive.put(40, "秘密甲乙丙", "秘密丁戊己", title="極秘要綱")
    archive.reader.search("秘密甲")
    archive.index.remove(40)
    assert (archive.found("秘密甲"), archive.index.purge_due) == ([], True)
    assert archive.index.optimise()
    assert (archive.index.purge_due, len(archive.found("文書"))) == (False, 39)
    held = b"".join(path.read_bytes() for path in archive.path.parent.glob("search.db*"))
    assert [sign for sign in "秘密甲乙丙丁戊己極要綱" if sign.encode() in held] == []
    assert "枚".encode() in held
    archive.index.remove(39)  # now all terms lie in one merged segment
    archive.index.remove(39)
    assert archive.index.optimise()
    assert len(archive.found("枚目")) == 38


def test_an_index_of_another_version_or_a_damaged_one_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(tmp_path / "search.db")
    assert archive.index.fresh
    archive.put(1, "税")
    assert archive.found("税") == [1]
    archive.index.close()
    reopened = SearchIndex(archive.path)
    assert (reopened.fresh, reopened.indexed()) == (False, {1})
    reopened.close()
    monkeypatch.setattr("scanpipe.catalogue.search.INDEX_VERSION", "next")
    renewed = SearchIndex(archive.path)
    assert (renewed.fresh, archive.found("税")) == (True, [])
    renewed.close()
    archive.reader.close()
    for left in archive.path.parent.glob("search.db-*"):  # the write-ahead log alone would still hold all
        left.unlink()
    archive.path.write_bytes(b"this is no database " * 1000)
    with pytest.raises(SearchUnavailable):
        SearchReader(archive.path, lambda serial, page: "").search("税")
    mended = SearchIndex(archive.path)
    assert mended.fresh
    mended.close()


def test_a_missing_index_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SearchUnavailable, match=r"search\.db cannot be read"):
        SearchReader(tmp_path / "search.db", lambda serial, page: "").search("税")


def write_records(path: Path, ready: Callable[[], object]) -> None:
    index = SearchIndex(path)
    for serial in range(1, 61):
        pages = ["道路占用許可と税", f"第{serial}号"]
        index.put(
            SearchEntry(
                accession_id="", serial=serial, number=str(serial), department="1", category="TAX", fiscal_year=2025, date=None, title=None, pages=pages
            )
        )
        if serial == 5:
            ready()
    index.close()


def test_one_process_writes_while_another_asks(tmp_path: Path) -> None:
    path, spawn = tmp_path / "search.db", multiprocessing.get_context("spawn")
    ready = spawn.Event()
    writer = spawn.Process(target=write_records, args=(path, ready.set))
    writer.start()
    assert ready.wait(30)
    reader = SearchReader(path, lambda serial, page: ["道路占用許可と税", f"第{serial}号"][page - 1])
    seen = [len(reader.search("道路占用許可", limit=100).hits) for _ in range(50)]
    writer.join(30)
    assert writer.exitcode == 0
    assert seen == sorted(seen)
    assert reader.search("税").total == 60


def test_a_disk_that_is_full_is_told_as_the_places_fault_and_the_same_record_goes_in_when_there_is_room(archive: Archive) -> None:
    archive.put(1, "契約書")
    room = archive.index._db.execute("PRAGMA page_count").fetchone()[0]
    archive.index._db.execute(f"PRAGMA max_page_count = {room}")  # SQLite says of it what it says of a full disk
    long = "".join(chr(0x4E00 + n % 5000) for n in range(40_000))
    with pytest.raises(SearchFault, match="full"):
        archive.put(2, long)
    assert archive.found("契約書") == [1]
    archive.index._db.execute("PRAGMA max_page_count = 1000000")
    archive.put(2, long + "見積書")
    assert archive.found("見積書") == [2]
