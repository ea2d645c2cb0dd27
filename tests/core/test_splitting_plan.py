"""Where a batch is cut."""

from dataclasses import replace

from scanpipe.core.model import PageCode
from scanpipe.core.scans.batches import Part, Plan, plan

A = PageCode(kind="cover", department="0101", sheets=2)
B = PageCode(kind="cover", department="0103")
CUT = PageCode(kind="separator", source="patch-t")


def backed(code: PageCode) -> PageCode:
    return replace(code, blank_back=True)


def test_each_cover_begins_a_record_and_is_in_none() -> None:
    found = plan([A, None, None, B, None], duplex=False)
    assert found == Plan(parts=(Part(pages=(2, 3), cover=A), Part(pages=(5,), cover=B)), empty_cover=False, duplex=False)


def test_what_lies_before_the_first_sheet_is_a_record_too() -> None:
    assert plan([None, CUT, None], duplex=None).parts == (Part(pages=(1,), cover=None), Part(pages=(3,), cover=None))


def test_the_blank_back_of_a_cover_goes_with_it_where_both_sides_were_scanned() -> None:
    found = plan([backed(A), None, None, None, backed(B), None, None, None], duplex=None)
    assert [part.pages for part in found.parts] == [(3, 4), (7, 8)]
    assert found.duplex is True


def test_a_blank_page_behind_a_cover_stays_where_only_fronts_were_scanned() -> None:
    assert [part.pages for part in plan([backed(A), None, None], duplex=False).parts] == [(2, 3)]


def test_a_written_back_of_a_cover_is_never_dropped() -> None:
    assert [part.pages for part in plan([A, None, None, None], duplex=True).parts] == [(2, 3, 4)]


def test_one_blank_page_by_chance_does_not_make_a_batch_two_sided() -> None:
    found = plan([backed(A), None, None, B, None, None], duplex=None)
    assert [part.pages for part in found.parts] == [(2, 3), (5, 6)]
    assert found.duplex is None


def test_a_cover_printed_on_both_sides_cuts_once() -> None:
    found = plan([A, A, None, None], duplex=None)
    assert (found.parts, found.empty_cover) == ((Part(pages=(3, 4), cover=A),), False)


def test_a_cover_without_pages_is_told() -> None:
    assert plan([A, B, None], duplex=None).empty_cover
    assert plan([None, A], duplex=None).empty_cover
    assert plan([A], duplex=None) == Plan(parts=(), empty_cover=True, duplex=None)


def test_separators_side_by_side_make_no_empty_record() -> None:
    assert plan([CUT, CUT, None, CUT], duplex=None) == Plan(parts=(Part(pages=(3,), cover=None),), empty_cover=False, duplex=None)
