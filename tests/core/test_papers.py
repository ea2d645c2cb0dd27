"""What is found on papers of other offices (core_papers.toml), as printed and as a poor scan is read. The shares are issue 4's."""

from collections import Counter
from collections.abc import Callable

import pytest
from core_papers import Paper, noisy, papers, wrong

from scanpipe.core.describing.extraction import extract
from scanpipe.core.model import Page

PAPERS = papers()


def shares(read: Callable[[Paper], Page]) -> dict[str, float]:
    """Share of the papers with the fact on which it is exactly right."""
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for paper in PAPERS:
        differing = wrong(paper, extract([read(paper)]))
        for name in paper.expected.keys() & {"title", "kind", "document_number", "date", "amount", "sender", "addressee"}:
            asked[name] += 1
            right[name] += name not in differing
    return {name: right[name] / asked[name] for name in asked}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_a_well_read_paper_gives_what_a_records_manager_writes_down(paper: Paper) -> None:
    differing = wrong(paper, extract([paper.page()]))
    assert {name: pair for name, pair in differing.items() if name not in ("sender", "partner")} == {}


def test_most_senders_are_found() -> None:
    assert shares(Paper.page)["sender"] >= 0.9


@pytest.mark.parametrize("seed", range(4))
def test_poorly_read_papers_still_give_title_date_and_number(seed: int) -> None:
    found = shares(lambda paper: noisy(paper, seed))
    assert found["title"] >= 0.9 and found["date"] >= 0.95 and found["document_number"] >= 0.92 and found["amount"] >= 0.9, found


def test_text_without_boxes_gives_them_too() -> None:
    found = shares(Paper.text)
    assert found["title"] >= 0.9 and found["date"] >= 0.95 and found["document_number"] >= 0.95 and found["amount"] >= 0.9, found


def test_the_noise_is_noise() -> None:
    changed = sum(noisy(paper, 1).text != paper.page().text for paper in PAPERS)
    assert changed > 0.9 * len(PAPERS)


def test_each_fact_tells_where_it_stands_and_how_sure_it_is() -> None:
    for paper in PAPERS:
        page = paper.page()
        for one in extract([page]).fields:
            assert 0 < one.confidence <= 1 and one.page == 1 and one.box is not None
            left, top, right, bottom = one.box
            assert any(left <= line.box[0] and top <= line.box[1] and line.box[2] <= right and line.box[3] <= bottom for line in page.lines)
