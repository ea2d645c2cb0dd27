"""What makes a side blank, and what does not."""

from collections.abc import Callable

import numpy as np
import pytest
from conftest import DPI, grey, scanned, sheet
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from scanpipe.recognition.blank import looks_blank

Draw = Callable[[Image.Image], None]


def punch_holes(paper: Image.Image) -> None:
    draw = ImageDraw.Draw(paper)
    for y in (paper.height // 2 - 315, paper.height // 2 + 315):  # 80 mm apart
        draw.ellipse((70, y - 22, 114, y + 22), fill=70)


def staple(paper: Image.Image) -> None:
    ImageDraw.Draw(paper).line((30, 40, 110, 30), fill=120, width=4)


def lid_shadow(paper: Image.Image) -> None:
    ImageDraw.Draw(paper).rectangle((0, 0, 14, paper.height), fill=90)
    ImageDraw.Draw(paper).rectangle((0, paper.height - 10, paper.width, paper.height), fill=60)


def dust(paper: Image.Image) -> None:
    for x, y in ((500, 300), (900, 1500), (1200, 800)):
        ImageDraw.Draw(paper).point([(x, y), (x + 1, y), (x, y + 1)], fill=60)


def shading(paper: Image.Image) -> None:
    ramp = np.linspace(0, 60, paper.width)[None, :].repeat(paper.height, 0)
    paper.paste(Image.fromarray(np.clip(np.asarray(paper) - ramp, 0, 255).astype(np.uint8)))


def pencil_line(paper: Image.Image) -> None:
    ImageDraw.Draw(paper).line((400, 900, 900, 930), fill=200, width=3)


def page_number(paper: Image.Image) -> None:
    ImageDraw.Draw(paper).text((800, 2100), "- 12 -", fill=40, font_size=30)


def seal(paper: Image.Image) -> None:
    ImageDraw.Draw(paper).ellipse((1200, 300, 1330, 430), outline=130, width=6)


@pytest.mark.parametrize("drawn", [None, punch_holes, staple, lid_shadow, dust, shading])
@pytest.mark.parametrize("noise", [6])
def test_paper_holes_shadows_and_dust_are_no_content(drawn: Draw | None, noise: int) -> None:
    paper = sheet()
    if drawn:
        drawn(paper)
    assert looks_blank(grey(scanned(paper, noise)), DPI)


def test_print_shining_through_is_no_content(font: Callable[[int], ImageFont.FreeTypeFont]) -> None:
    back = sheet()
    for row in range(30):
        ImageDraw.Draw(back).text((160, 150 + 60 * row), "裏面の文字が透けて見えるだけの紙", font=font(42), fill=20)
    through = np.asarray(back.transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(3)), np.float64)
    assert looks_blank(grey(scanned(Image.fromarray((250 - (250 - through) * 0.06).astype(np.uint8)))), DPI)


@pytest.mark.parametrize("drawn", [pencil_line, page_number, seal])
@pytest.mark.parametrize("noise", [6])
def test_the_least_mark_is_content(drawn: Draw, noise: int) -> None:
    paper = sheet()
    drawn(paper)
    assert not looks_blank(grey(scanned(paper, noise)), DPI)


def test_a_fax_page_without_print_is_blank() -> None:
    assert looks_blank(grey(scanned(sheet(), 0).convert("1")), DPI)


def test_print_is_content(letter: Image.Image) -> None:
    assert not looks_blank(grey(letter), DPI)
