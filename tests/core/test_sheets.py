"""core/sheets.py: sheets, sides and A4 equivalents (domain §5)."""

import pytest

from scanpipe.core.model import Page
from scanpipe.core.sheets import SheetCount, a4_equivalents, count_sheets, paper_name


def pages(signs: str, width: int = 1654, height: int = 2339) -> list[Page]:
    """One page a sign at 200 dpi, A4 by default; "-" is blank."""
    return [Page(number=n, width=width, height=height, dpi=200, blank=sign == "-") for n, sign in enumerate(signs, 1)]


@pytest.mark.parametrize(
    ("width", "height", "name", "a4"),
    [
        (210, 297, "A4", 1.0),
        (297, 210, "A4", 1.0),
        (420, 297, "A3", 2.0),
        (257, 364, "B4", 1.5),
        (182, 257, "B5", 0.75),
        (148, 210, "A5", 0.5),
        (212, 300, "A4", 1.0),
    ],
)
def test_paper_is_known_by_its_size(width: float, height: float, name: str, a4: float) -> None:
    assert (paper_name(width, height), a4_equivalents(width, height)) == (name, a4)


def test_other_paper_counts_by_its_area_in_quarters() -> None:
    assert a4_equivalents(210, 594) == 2.0
    assert a4_equivalents(80, 200) == 0.25
    assert paper_name(80, 200) == "80x200"


def test_a_size_that_cannot_be_paper_counts_as_one_sheet() -> None:
    assert a4_equivalents(210_000, 297_000) == 1.0
    assert a4_equivalents(0, 0) == 1.0


@pytest.mark.parametrize(
    ("signs", "duplex", "sheets", "sides"),
    [
        ("xx", False, 2, 2),
        ("xx", True, 1, 2),
        ("xxx", True, 2, 3),
        ("x-x-", True, 2, 2),
        ("x-x-", None, 2, 2),
        ("xxx-", None, 2, 3),
        ("xxxx", None, 4, 4),
        ("-x", None, 2, 1),
        ("x-x", None, 3, 2),
    ],
)
def test_sheets_follow_from_images_and_the_scanner(signs: str, duplex: bool | None, sheets: int, sides: int) -> None:
    counted = count_sheets(pages(signs), duplex)
    assert (counted.sheets, counted.sides, counted.blank_pages) == (sheets, sides, signs.count("-"))


def test_an_a3_sheet_scanned_on_both_sides_counts_two_a4() -> None:
    assert count_sheets(pages("xx", 3307, 2339), True) == SheetCount(pages=2, blank_pages=0, sides=2, sheets=1, a4_sheets=2.0, sizes={"A3": 1})


def test_nothing_scanned_is_no_sheet() -> None:
    assert count_sheets([], None) == SheetCount(pages=0, blank_pages=0, sides=0, sheets=0, a4_sheets=0)
