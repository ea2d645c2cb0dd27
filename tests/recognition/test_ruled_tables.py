"""Ruled tables and forms: what stands in one cell is read together, cell by cell, row by row."""

from collections.abc import Callable

import pytest
from conftest import DPI, grey, scanned, sheet
from PIL import Image, ImageDraw, ImageFont

from scanpipe.recognition.layout import in_reading_order
from scanpipe.recognition.lines import RecognisedLine
from scanpipe.recognition.tables import tables

Font = Callable[[int], ImageFont.FreeTypeFont]
Cell = tuple[int, int, int, int, tuple[str, ...]]  # left, top, right, bottom, lines of text
SIZE = 34
# A label that spans two rows, a cell of three lines, short cells beside it.
FORM: list[Cell] = [
    (100, 100, 300, 340, ("申請者",)),
    (300, 100, 480, 220, ("住所",)),
    (480, 100, 1100, 220, ("若葉県みどり野市本町一丁目", "十一番四号")),
    (300, 220, 480, 340, ("氏名",)),
    (480, 220, 1100, 340, ("白石敬太",)),
    (100, 340, 480, 500, ("公文書の名称",)),
    (480, 340, 1100, 500, ("緑橋耐震補強工事の設計変更に", "関する協議書及び変更契約書の", "一切")),
]


def drawn(font: Font, cells: list[Cell], *, rules: int = 40) -> tuple[Image.Image, list[RecognisedLine]]:
    """The form as a scan, 200 dpi, and its lines where they stand, shuffled."""
    paper = sheet(160, 90)
    draw = ImageDraw.Draw(paper)
    lines = []
    for left, top, right, bottom, texts in cells:
        draw.rectangle((left, top, right, bottom), outline=rules, width=2)
        first = (top + bottom) // 2 - len(texts) * 21
        for row, text in enumerate(texts):
            at = left + 14, first + row * 42
            draw.text(at, text, font=font(SIZE), fill=20)
            lines.append(line(text, *at, SIZE * len(text), SIZE + 4))
    return scanned(paper), lines[::-1]


def line(text: str, left: float, top: float, width: float, height: float) -> RecognisedLine:
    quad = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    return RecognisedLine(text=text, quad=quad, confidence=0.9)


def words(cells: list[Cell]) -> list[str]:
    return [text for *_, texts in cells for text in texts]


def test_a_form_is_read_cell_by_cell(font: Font) -> None:
    image, lines = drawn(font, FORM)
    found = in_reading_order(lines, *image.size, tables=tables(grey(image), DPI, lines))
    assert [one.text for one in found] == words(FORM)
    assert len({one.block for one in found}) == len(FORM)  # cell boundaries are kept


@pytest.mark.parametrize("rules", [40, 150, 205])
def test_faint_rules_are_seen(font: Font, rules: int) -> None:
    image, lines = drawn(font, FORM, rules=rules)
    assert [len(cells) for cells in tables(grey(image), DPI, lines)] == [len(FORM)]


@pytest.mark.parametrize("degrees", [-4, 3])
def test_a_form_askew_has_the_same_cells(font: Font, degrees: float) -> None:
    image, lines = drawn(font, FORM)
    turned = image.rotate(-degrees, resample=Image.Resampling.BICUBIC, fillcolor=250)
    askew = [_turned(one, degrees, image) for one in lines]
    found = in_reading_order(askew, *image.size, tables=tables(grey(turned), DPI, askew))
    assert [one.text for one in found] == words(FORM)


def _turned(one: RecognisedLine, degrees: float, image: Image.Image) -> RecognisedLine:
    from math import cos, radians, sin

    angle, middle = radians(degrees), (image.width / 2, image.height / 2)
    quad = tuple(
        (
            middle[0] + (x - middle[0]) * cos(angle) - (y - middle[1]) * sin(angle),
            middle[1] + (x - middle[0]) * sin(angle) + (y - middle[1]) * cos(angle),
        )
        for x, y in one.quad
    )
    return RecognisedLine(text=one.text, quad=quad, confidence=one.confidence)  # type: ignore[arg-type]


def test_a_table_without_rules_between_its_rows_is_read_row_by_row(font: Font) -> None:
    columns = [
        (100, 100, 400, 420, ("課名", "総務課", "税務課", "市民課", "福祉課", "会計課")),
        (400, 100, 700, 420, ("枚数", "一二〇", "三四〇", "九八〇", "七六〇", "五五〇")),
    ]
    image, lines = drawn(font, columns)
    found = in_reading_order(lines, *image.size, tables=tables(grey(image), DPI, lines))
    assert [one.text for one in found] == [text for row in zip(*(texts for *_, texts in columns), strict=True) for text in row]


def test_a_frame_around_a_paragraph_is_no_table(font: Font) -> None:
    image, lines = drawn(font, [(100, 100, 1100, 400, ("下記のとおり通知します。", "期日は四月一日です。", "担当は総務課です。"))])
    assert tables(grey(image), DPI, lines) == []


def test_text_alone_has_no_cells(letter: Image.Image) -> None:
    assert tables(grey(letter), DPI, []) == []
