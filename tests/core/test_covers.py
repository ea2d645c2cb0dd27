"""What a cover sheet says comes back as it was said, and nothing else is taken for a cover."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.model import PageCode
from scanpipe.core.scans.covers import payload, read_payload

_printable = st.text(st.characters(exclude_categories=("C", "Z", "M")) | st.just(" "), min_size=1, max_size=60)
_titles = _printable.map(lambda text: " ".join(unicodedata.normalize("NFC", text).split())).filter(bool)


def test_a_cover_is_one_readable_line() -> None:
    text = payload(PageCode(kind="cover", department="1202", category="TAX", sheets=12, title="令和7年度; 100%"))
    assert text.startswith("SCANPIPE1;d=1202;c=TAX;s=12;t=令和7年度%3B 100%25;k=")


@given(
    department=st.sampled_from(["1202", "0101"]),
    category=st.none() | st.just("TAX"),
    sheets=st.none() | st.integers(1, 9999),
    box=st.none() | st.sampled_from(["B-0012", "税-1", "R7.3_2"]),
    title=st.none() | _titles,
)
def test_a_cover_says_what_was_put_on_it(department: str, category: str | None, sheets: int | None, box: str | None, title: str | None) -> None:
    code = PageCode(kind="cover", department=department, category=category, sheets=sheets, box=box, title=title)
    assert read_payload(payload(code)) == code


def test_a_separator_says_nothing() -> None:
    assert read_payload(payload(PageCode(kind="separator"))) == PageCode(kind="separator")


@pytest.mark.parametrize("text", ["", "https://example.jp/", "SCANPIPE1", "SCANPIPE1;d=1202", "SCANPIPE1;d=1202;k=00000000", "SCANPIPE2;sep", "sep"])
def test_a_code_of_somebody_else_is_no_cover(text: str) -> None:
    assert read_payload(text) is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    assert read_payload(text) is None or text.startswith("SCANPIPE1;")


def test_a_cover_that_was_cut_off_is_none() -> None:
    text = payload(PageCode(kind="cover", department="1202", title="起案"))
    assert [read_payload(text[:end]) for end in range(len(text))] == [None] * len(text)
