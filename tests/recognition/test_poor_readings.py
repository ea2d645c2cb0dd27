"""Which readings a person is asked to look at."""

import pytest

from scanpipe.core.model import Page, Recognition
from scanpipe.stages.describe import _poorly_read


def page(number: int, confidence: float | None, signs: int) -> Page:
    return Page(number=number, width=1654, height=2339, dpi=200, text="字" * signs, confidence=confidence)


@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        ([(98, 500), (97, 400)], False),
        ([(98, 500), (60, 20)], True),  # one page among good ones
        ([(98, 500), (40, 5)], False),  # a seal, a page number
        ([(40, 5)], True),  # nothing else was read
        ([(None, 300)], False),  # its own text
        ([], False),
    ],
)
def test_one_page_that_reads_badly_is_enough_to_ask(pages: list[tuple[float | None, int]], asked: bool) -> None:
    read = tuple(page(number, *facts) for number, facts in enumerate(pages, 1))
    assert _poorly_read(Recognition(accession_id="a", pages=read, engine="", settings="", access_sha256=None), 70) is asked
