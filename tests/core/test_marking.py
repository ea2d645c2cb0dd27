"""Hits as boxes on the picture of a page."""

from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.finding.marking import boxes_of, parts
from scanpipe.core.model import Line, Page


def _page(*lines: Line) -> Page:
    return Page(number=1, width=1000, height=1400, dpi=200, lines=lines, text="\n".join(line.text for line in lines))


def test_a_part_of_a_line_is_marked_by_the_width_of_its_signs() -> None:
    page = _page(Line(text="契約書AB", box=(100, 200, 900, 240)))
    assert boxes_of(page, [(0, 2)]) == [(100, 200, 500, 240)]  # two of four full widths: letters count half
    assert boxes_of(page, [(3, 5)]) == [(700, 200, 900, 240)]


def test_a_vertical_line_is_marked_from_top_to_bottom() -> None:
    page = _page(Line(text="縦書き文", box=(800, 100, 840, 500), direction="v"))
    assert boxes_of(page, [(1, 3)]) == [(800, 200, 840, 400)]


def test_a_hit_across_a_line_end_has_a_box_on_each_line() -> None:
    page = _page(Line(text="道路占", box=(0, 0, 300, 30)), Line(text="用許可", box=(0, 40, 300, 70)))
    assert boxes_of(page, [(2, 5)]) == [(200, 0, 300, 30), (0, 40, 100, 70)]


def test_the_same_words_on_two_lines_keep_their_own_places() -> None:
    page = _page(Line(text="通知", box=(0, 0, 100, 20)), Line(text="通知", box=(0, 50, 100, 70)))
    assert boxes_of(page, [(3, 5)]) == [(0, 50, 100, 70)]


def test_a_page_without_lines_has_no_boxes() -> None:
    assert boxes_of(Page(number=1, width=10, height=10, dpi=200, text="通知"), [(0, 2)]) == []


@given(st.lists(st.text(min_size=0, max_size=8), max_size=5), st.data())
def test_boxes_lie_within_their_lines_and_parts_make_up_the_text(texts: list[str], data: st.DataObject) -> None:
    lines = [Line(text=text, box=(10, 20 * n, 210, 20 * n + 15)) for n, text in enumerate(texts)]
    page = _page(*lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(page.text)), min_size=2, max_size=4, unique=True))) if len(page.text) > 1 else []
    spans = [(cuts[at], cuts[at + 1]) for at in range(0, len(cuts) - 1, 2)]
    for left, top, right, bottom in boxes_of(page, spans):
        assert 10 <= left <= right <= 210 and bottom - top == 15
    assert "".join(part for part, _is_hit in parts(page.text, spans)) == page.text
    assert [part for part, is_hit in parts(page.text, spans) if is_hit] == [page.text[start:end] for start, end in spans]
