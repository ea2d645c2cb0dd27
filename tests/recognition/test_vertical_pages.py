"""Pages of vertical writing as they are printed: tiers close to each other, headings across them, lines among columns, laid askew on the glass."""

from collections.abc import Callable

import pytest
from conftest import grey, scanned, sheet
from PIL import Image, ImageDraw, ImageFont

from scanpipe.core.model import Line
from scanpipe.recognition import engines
from scanpipe.recognition.layout import in_reading_order
from scanpipe.recognition.orientation import read_upright

SIZE = 34
PITCH, ADVANCE = 52, 36  # from column to column, from sign to sign
TEXT = "村内にある無人駅の魅力を見出し地域の資源として利用するため民間の視点から価値を評価し新しい発想で事業を進めている人材を任用して観光の拠点を整備することとなり住民の参加を得て計画を立て関係する団体と協議を重ねてきた結果来年度から駅前の広場を改修し案内所を設ける方針が決まり議会の議決を経て工事を始める予定である"


def column(draw: ImageDraw.ImageDraw, text: str, right: int, top: int, font: ImageFont.FreeTypeFont, advance: int = ADVANCE) -> None:
    for place, sign in enumerate(text):
        draw.text((right - font.size, top + place * advance), sign, font=font, fill=20)


def tiers(draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, right: int, top: int, *, signs: int = 10, columns: int = 5, gap: int = ADVANCE) -> list[str]:
    """Three tiers of running text, a white band of `gap` between them; its columns in reading order."""
    texts = [TEXT[start : start + signs] for start in range(0, 3 * columns * signs, signs)]
    for number, text in enumerate(texts):
        tier, place = divmod(number, columns)
        column(draw, text, right - place * PITCH, top + tier * (signs * ADVANCE + gap), font)
    return texts


def read(image: Image.Image) -> list[Line]:
    found = read_upright(engines.engine("ppocr"), grey(image), "auto")
    assert found.rotation == 0
    return list(in_reading_order(found.lines, *image.size))


def printed(lines: list[Line]) -> str:
    return "".join(line.text for line in lines)


Font = Callable[[int], ImageFont.FreeTypeFont]


def test_tiers_a_sign_apart_are_read_one_after_the_other(font: Font) -> None:
    paper = sheet(120, 200)
    texts = tiers(ImageDraw.Draw(paper), font(SIZE), 700, 120)
    assert printed(read(scanned(paper))) == "".join(texts)


def test_a_heading_across_two_tiers_comes_before_them(font: Font) -> None:
    paper = sheet(120, 200)
    draw = ImageDraw.Draw(paper)
    column(draw, "無人駅の利用計画", 800, 160, font(56), 64)
    texts = tiers(draw, font(SIZE), 660, 120)
    assert printed(read(scanned(paper))) == "無人駅の利用計画" + "".join(texts)


def test_a_list_with_a_blank_after_each_label_is_not_cut(font: Font) -> None:
    paper = sheet(120, 200)
    draw = ImageDraw.Draw(paper)
    entries = ["議案第一号　庁舎管理条例の一部改正", "議案第二号　駐車場条例の一部改正", "議案第三号　一般会計の補正予算", "議案第四号　工事請負契約の締結"]
    for place, entry in enumerate(entries):
        column(draw, entry, 600 - place * 2 * PITCH, 120, font(SIZE))
    assert printed(read(scanned(paper))) == "".join(entries).replace("　", "")


def test_lines_above_columns_are_read_as_they_stand(font: Font) -> None:
    paper = sheet(160, 200)
    draw = ImageDraw.Draw(paper)
    rows = ["地域おこし協力隊の活動報告", "今月は旧中学校の校舎で展示会を開き", "村の内外から多くの方に来ていただいた"]
    for place, row in enumerate(rows):
        draw.text((120, 100 + 60 * place), row, font=font(SIZE), fill=20)
    texts = [TEXT[start : start + 16] for start in range(0, 96, 16)]
    for place, text in enumerate(texts):
        column(draw, text, 900 - place * 2 * PITCH, 420, font(SIZE))
    assert printed(read(scanned(paper))) == "".join(rows) + "".join(texts)


@pytest.mark.parametrize("degrees", [-5, 5])
def test_columns_askew_on_the_glass_are_read_as_upright_ones(font: Font, degrees: int) -> None:
    paper = sheet(160, 200)
    texts = tiers(ImageDraw.Draw(paper), font(SIZE), 800, 140)
    turned = scanned(paper).rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=250)
    assert printed(read(turned)) == "".join(texts)


def test_columns_in_the_other_direction_stay_whole(font: Font) -> None:
    """The tiers' bands are looked for in columns only: rows with aligned gaps are a table."""
    paper = sheet(160, 120)
    draw = ImageDraw.Draw(paper)
    rows = [("件名", "庁舎管理規則の改正"), ("期日", "令和七年四月一日"), ("担当", "総務課庶務係")]
    for place, row in enumerate(rows):
        draw.text((120, 120 + 70 * place), row[0], font=font(SIZE), fill=20)
        draw.text((320, 120 + 70 * place), row[1], font=font(SIZE), fill=20)
    assert [line.text for line in read(scanned(paper))] == [cell for row in rows for cell in row]
