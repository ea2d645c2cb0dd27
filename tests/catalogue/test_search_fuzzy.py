"""あいまい検索, other spellings, and pages of a result that stay right while records arrive."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe.catalogue.search import Access, SearchEntry, SearchIndex, SearchReader
from scanpipe.catalogue.search_fuzzy import closeness, other_spellings, pieces, slips
from scanpipe.core.finding.query import Word

ALL = Access()


class Shelf:
    def __init__(self, path: Path) -> None:
        self.texts: dict[tuple[int, int], str] = {}
        self.index = SearchIndex(path)
        self.reader = SearchReader(path, lambda serial, page: self.texts.get((serial, page), ""))

    def put(self, serial: int, *pages: str, title: str | None = None, department: str = "1105", restricted: bool = False) -> None:
        self.texts.update({(serial, number): text for number, text in enumerate(pages, 1)})
        self.index.put(
            SearchEntry(
                accession_id=f"id{serial}", serial=serial, number=f"2025-{serial:06d}", department=department, category="TAX", fiscal_year=2025,
                date=date(2025, 4, 1), title=title, pages=pages, restricted=restricted,
            )
        )  # fmt: skip

    def fuzzy(self, query: str, **filters: object) -> list[int]:
        return [hit.serial for hit in self.reader.search(query, fuzzy=True, **filters).hits]  # type: ignore[arg-type]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "search.db")
    yield made
    made.reader.close()
    made.index.close()


def test_a_misread_sign_in_a_longer_word_is_found_by_the_fuzzy_search_alone(shelf: Shelf) -> None:
    shelf.put(1, "道路占用許司申請書を提出します。")
    shelf.put(2, "道路占用許可申請書を提出します。")
    shelf.put(3, "公園の使用料について")
    assert [hit.serial for hit in shelf.reader.search("占用許可").hits] == [2]
    assert shelf.fuzzy("占用許可") == [2, 1]


def test_missing_and_added_signs_are_found_too(shelf: Shelf) -> None:
    shelf.put(1, "固定資産評価審査員会の議事録")
    shelf.put(2, "固定資産評価審査委員 員会の議事録")
    assert shelf.fuzzy("固定資産評価審査委員会") == [2, 1] or shelf.fuzzy("固定資産評価審査委員会") == [1, 2]


def test_words_of_up_to_three_signs_are_never_taken_loosely(shelf: Shelf) -> None:
    shelf.put(1, "住民税の通知")
    assert shelf.fuzzy("住民票") == []


def test_what_is_excluded_is_excluded_as_typed(shelf: Shelf) -> None:
    shelf.put(1, "道路占用許可申請書、取下げ")
    shelf.put(2, "道路占用許司申請書")
    assert shelf.fuzzy("道路占用許可 -取下げ") == [2]


def test_the_fuzzy_hit_is_marked_where_it_stands(shelf: Shelf) -> None:
    shelf.put(1, "はじめに", "このたびの道路占用許司申請書について")
    hit = shelf.reader.search("道路占用許可申請書", fuzzy=True).hits[0]
    assert hit.page == 2
    assert "道路占用許司申請書" in "".join(part for part, is_hit in hit.snippet if is_hit)
    assert shelf.reader.pages(1, "道路占用許可申請書", fuzzy=True) == (2,)
    assert shelf.reader.pages(1, "道路占用許可申請書") == ()


def test_another_spelling_is_what_most_records_write(shelf: Shelf) -> None:
    for serial in (1, 2):
        shelf.put(serial, "住民票の写しの交付を請求する。")
    shelf.put(3, "住民税の申告", "市民の方へ、る住民")
    assert shelf.reader.nearest(Word("住民表"), ALL) == ("住民票", "住民税")
    assert shelf.reader.nearest(Word("税"), ALL) == ()


def test_spellings_and_fuzzy_hits_come_only_from_records_that_may_be_seen(shelf: Shelf) -> None:
    shelf.put(1, "生活保護受給証明書", department="1602")
    shelf.put(2, "生活保護受給証明書", restricted=True)
    for seen in (Access(departments=frozenset({"1105"}), restricted=frozenset()), Access(departments=frozenset())):
        assert shelf.reader.nearest(Word("生活保護受結証明書"), seen) == ()
        assert shelf.fuzzy("生活保護受結証明書", allowed=seen) == []


@given(word=st.text("契約書道路占用許可申請税カー1a", min_size=4, max_size=20), at=st.integers(0, 19), sign=st.sampled_from("約路9x亜"))
def test_one_wrong_sign_leaves_a_piece_whole_and_the_word_close(word: str, at: int, sign: str) -> None:
    wrong = slips(len(word))
    read = word[: at % len(word)] + sign + word[at % len(word) + 1 :]
    text = f"前文{read}後文"
    assert any(piece in text for piece in pieces(word, wrong))
    assert closeness(word, text, wrong)[0] > 0


@given(st.text(max_size=40), st.text("契約書 道路a1", min_size=3, max_size=12), st.integers(1, 2))
@settings(max_examples=200)
def test_other_spellings_lie_in_the_text_and_are_others(text: str, form: str, wrong: int) -> None:
    for start, end in other_spellings(form, text, wrong):
        assert 0 <= start < end <= len(text) and text[start:end] != form


# --- pages ---


def _walk(shelf: Shelf, query: str, limit: int, **more: object) -> list[list[int]]:
    """All pages from the first to the last, by `older`."""
    pages, before = [], None
    while True:
        result = shelf.reader.search(query, limit=limit, before=before, **more)  # type: ignore[arg-type]
        pages.append([hit.serial for hit in result.hits])
        if result.older is None:
            return pages
        before = result.older


@pytest.mark.parametrize("query", ["契約", "契約書類", "契約 OR 別の長い語"])
def test_pages_follow_each_other_without_gap_or_repetition(shelf: Shelf, query: str) -> None:
    for serial in range(1, 12):
        shelf.put(serial, "契約書類の一覧" if serial % 4 else "別件")
    wanted = [serial for serial in range(11, 0, -1) if serial % 4]
    assert list(chain.from_iterable(_walk(shelf, query, 3))) == wanted


def test_the_next_page_stays_right_while_records_arrive(shelf: Shelf) -> None:
    for serial in range(1, 7):
        shelf.put(serial, "契約書")
    first = shelf.reader.search("契約", limit=2)
    shelf.put(7, "契約書")
    second = shelf.reader.search("契約", limit=2, before=first.older)
    assert [hit.serial for hit in second.hits] == [4, 3]
    back = shelf.reader.search("契約", limit=2, after=second.newer)
    assert [hit.serial for hit in back.hits] == [6, 5]
    newest = shelf.reader.search("契約", limit=2, after=back.newer)
    assert [hit.serial for hit in newest.hits] == [7, 6] and newest.newer is None  # not a page of one record: the first page


def test_the_last_page_has_no_next_one(shelf: Shelf) -> None:
    for serial in (1, 2):
        shelf.put(serial, "契約書")
    result = shelf.reader.search("契約", limit=2)
    assert (result.older, result.newer, result.more) == (None, None, False)
    assert shelf.reader.search("契約", limit=1, order="relevance").more


def test_the_count_is_of_all_pages(shelf: Shelf) -> None:
    for serial in range(1, 6):
        shelf.put(serial, "契約書類")
    for query in ("契約", "契約書類"):
        assert shelf.reader.search(query, limit=2, before=3).total == 5
