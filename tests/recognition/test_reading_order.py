"""The order in which a person reads a page."""

from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.model import Line
from scanpipe.recognition.layout import in_reading_order, tidy
from scanpipe.recognition.lines import RecognisedLine
from scanpipe.recognition.lookalikes import mended

SIZE = 1000, 1400


def line(text: str, left: float, top: float, width: float, height: float, direction: str = "h", skew: float = 0.0) -> RecognisedLine:
    def at(x: float, y: float) -> tuple[float, float]:
        return x - skew * y, y + skew * x

    quad = (at(left, top), at(left + width, top), at(left + width, top + height), at(left, top + height))
    return RecognisedLine(text=text, quad=quad, confidence=0.9, direction="v" if direction == "v" else "h")


def read(*lines: RecognisedLine) -> list[str]:
    return [found.text for found in in_reading_order(lines, *SIZE)]


def test_a_table_is_read_row_by_row() -> None:
    cells = [line(f"{row}の{column}", 100 + 250 * column, 100 + 50 * row, 90, 30) for column in range(3) for row in range(4)]
    assert read(*cells) == [f"{row}の{column}" for row in range(4) for column in range(3)]


def test_columns_of_running_text_are_read_one_after_the_other() -> None:
    left = [line(f"左段の本文{row}", 60, 100 + 40 * row, 400, 26) for row in range(8)]
    right = [line(f"右段の本文{row}", 530, 100 + 40 * row, 400, 26) for row in range(8)]
    headline = line("見出し", 60, 20, 800, 40)
    mixed = [*right, headline, *left]
    assert read(*mixed) == ["見出し", *(f"左段の本文{row}" for row in range(8)), *(f"右段の本文{row}" for row in range(8))]


def test_the_date_and_the_addressee_of_a_letter_are_no_columns() -> None:
    number = [line("令和7年緑総第212号の3", 560, 100, 300, 30), line("令和7年6月18日", 620, 140, 240, 30)]
    addressee = [line(f"宛先の行{row}を書いたところ", 60, 200 + 40 * row, 350, 30) for row in range(3)]
    sender = [line("みどり野市長高瀬恒一", 560, 340, 300, 30)]
    mixed = [*addressee, *sender, *number]
    assert read(*mixed) == ["令和7年緑総第212号の3", "令和7年6月18日", *(f"宛先の行{row}を書いたところ" for row in range(3)), "みどり野市長高瀬恒一"]


def test_a_skewed_page_keeps_its_rows() -> None:
    cells = [line(f"{row}の{column}", 80 + 300 * column, 100 + 45 * row, 120, 28, skew=0.03) for row in range(5) for column in range(3)]
    assert read(*reversed(cells)) == [f"{row}の{column}" for row in range(5) for column in range(3)]


def test_vertical_writing_is_read_from_the_right_and_tier_by_tier() -> None:
    tiers = [line(f"段{tier}行{column}", 900 - 60 * column, 100 + 600 * tier, 40, 520, "v") for column in range(6) for tier in range(2)]
    assert read(*tiers) == [f"段{tier}行{column}" for tier in range(2) for column in range(6)]


def test_pieces_of_one_printed_line_become_one_line() -> None:
    found = in_reading_order([line("条例の一部を", 360, 100, 240, 40), line("庁舎管理", 200, 102, 155, 40)], *SIZE)
    assert found == (Line(text="庁舎管理条例の一部を", box=(200, 100, 600, 142), confidence=90.0),)


def test_cells_beside_each_other_stay_apart() -> None:
    assert read(line("氏名", 100, 100, 80, 40), line("山田太郎", 400, 100, 160, 40)) == ["氏名", "山田太郎"]


def test_a_label_before_two_rows_is_read_before_both() -> None:
    form = [line("占用の場所", 100, 125, 150, 30), line("路線名", 300, 100, 90, 30), line("市道", 450, 100, 60, 30)]
    form += [line("場所", 300, 150, 60, 30), line("本町二丁目", 450, 150, 150, 30)]
    assert read(*form) == ["占用の場所", "路線名", "市道", "場所", "本町二丁目"]


def test_furigana_stands_before_the_name_under_it() -> None:
    row = [
        line("早川亮介", 349, 146, 234, 78),
        line("ハヤカワリョウスケ", 353, 89, 460, 66),
        line("平成元年8月3日", 945, 123, 342, 71),
        line("1", 265, 117, 46, 63),
    ]
    assert read(*row) == ["1", "ハヤカワリョウスケ", "早川亮介", "平成元年8月3日"]


def test_katakana_taken_for_kanji_are_set_right() -> None:
    assert mended("在留力ード、ア二メ、ス口ープ、サ一ビス") == "在留カード、アニメ、スロープ、サービス"
    assert mended("良.普通、v1.2、別表.PDF、歩・走") == "良・普通、v1.2、別表.PDF、歩・走"
    assert mended("人口、能力、第二ア、一部、工事") == "人口、能力、第二ア、一部、工事"


def test_blocks_are_numbered_in_reading_order() -> None:
    lines = [line("題名", 300, 50, 300, 40), line("本文一", 100, 300, 600, 30), line("本文二", 100, 340, 600, 30), line("以上", 700, 700, 80, 30)]
    blocks = [found.block for found in in_reading_order(lines, *SIZE)]
    assert blocks == sorted(blocks) and blocks[0] == 0 and len(set(blocks)) == 3


def test_no_blanks_stay_between_japanese_signs() -> None:
    assert tidy("運営 に つき　まし て") == "運営につきまして"
    assert tidy(" PDF  file の 例 ") == "PDF file の例"
    assert tidy("か\u3099") == "が"


@given(
    st.lists(
        st.builds(
            line,
            st.text(max_size=4),
            st.floats(-100, 2000),
            st.floats(-100, 2000),
            st.floats(0, 900),
            st.floats(0, 900),
            st.sampled_from("hv"),
            st.floats(-0.5, 0.5),
        ),
        max_size=25,
    )
)
def test_every_line_comes_out_once_and_on_the_page(lines: list[RecognisedLine]) -> None:
    found = in_reading_order(lines, *SIZE)
    given_signs = sorted("".join(tidy(one.text) for one in lines).replace(" ", ""))
    assert sorted("".join(one.text for one in found).replace(" ", "")) == given_signs
    assert all(0 <= one.box[0] <= one.box[2] <= SIZE[0] and 0 <= one.box[1] <= one.box[3] <= SIZE[1] for one in found)
