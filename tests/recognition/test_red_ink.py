"""Seals are read apart from the print that they are pressed over."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import DPI, sheet
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from scanpipe.recognition import redink
from scanpipe.recognition.lines import RecognisedLine
from scanpipe.recognition.pages import ReadingSettings, read_page
from scanpipe.recognition.rendering import render

Font = Callable[[int], ImageFont.FreeTypeFont]
RED = (205, 45, 40)
SETTINGS = ReadingSettings(engine="ppocr")


def sealed(font: Font, seal: str = "若葉電 機株式 会社印", *, at: tuple[int, int] = (560, 300)) -> Image.Image:
    """A letter's foot, 200 dpi: the sender's name in black, a square office seal of 24 mm over its end."""
    paper = sheet(150, 100).convert("RGB")
    draw = ImageDraw.Draw(paper)
    draw.text((120, 120), "令和7年5月30日", font=font(40), fill=(25, 25, 25))
    draw.text((120, 340), "代表取締役　柏原誠一", font=font(44), fill=(25, 25, 25))
    ink = Image.new("RGB", paper.size, "white")
    pen = ImageDraw.Draw(ink)
    left, top = at
    pen.rectangle((left, top, left + 190, top + 190), outline=RED, width=6)
    for column, signs in enumerate(seal.split()):
        for row, sign in enumerate(signs):
            pen.text((left + 130 - column * 58, top + 8 + row * 60), sign, font=font(54), fill=RED)
    both = Image.fromarray(np.minimum(np.asarray(paper), np.asarray(ink)))
    return both.filter(ImageFilter.GaussianBlur(0.6))


def saved(image: Image.Image, path: Path) -> Path:
    image.save(path, dpi=(DPI, DPI), quality=80)
    return path


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.pdf", "a.tif"])
def test_a_name_under_a_seal_is_read_and_the_seal_after_it(font: Font, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    image = sealed(font)
    image.save(file, resolution=DPI) if name == "a.pdf" else saved(image, file)
    page = read_page(file, 1, SETTINGS)
    assert [line.text for line in page.lines if not line.seal] == ["令和7年5月30日", "代表取締役柏原誠一"]
    seal = [line for line in page.lines if line.seal]
    assert "".join(line.text for line in seal) == "若葉電機株式会社印"
    assert {line.block for line in seal}.isdisjoint({line.block for line in page.lines if not line.seal})
    assert all(530 < line.box[0] < line.box[2] < 790 and 280 < line.box[1] < line.box[3] < 520 for line in seal)


@pytest.mark.parametrize("turned", [90, 180])
def test_a_page_lying_on_its_side_has_its_seal_where_it_stands(font: Font, tmp_path: Path, turned: int) -> None:
    page = read_page(saved(sealed(font).rotate(turned, expand=True), tmp_path / "a.jpg"), 1, SETTINGS)
    assert page.rotation == turned
    assert "代表取締役柏原誠一" in page.text
    assert "".join(line.text for line in page.lines if line.seal) == "若葉電機株式会社印"


def test_red_print_stays_in_its_place(font: Font, tmp_path: Path) -> None:
    paper = sheet(150, 80).convert("RGB")
    draw = ImageDraw.Draw(paper)
    draw.text((120, 100), "窓口のご案内", font=font(40), fill=(25, 25, 25))
    draw.text((120, 200), "本日は五時に終了いたします", font=font(44), fill=RED)
    draw.text((120, 320), "市民課　住民係", font=font(40), fill=(25, 25, 25))
    page = read_page(saved(paper, tmp_path / "a.jpg"), 1, SETTINGS)
    assert page.lines and not any(line.seal for line in page.lines)
    assert page.text.split("\n") == ["窓口のご案内", "本日は五時に終了いたします", "市民課住民係"]


def test_a_page_with_nothing_but_a_seal_is_not_blank(font: Font, tmp_path: Path) -> None:
    paper = sheet(100, 100).convert("RGB")
    ImageDraw.Draw(paper).ellipse((300, 300, 420, 420), outline=RED, width=8)
    assert not read_page(saved(paper, tmp_path / "a.jpg"), 1, SETTINGS).blank


@pytest.mark.parametrize("colour", [(250, 250, 250), (240, 225, 200), (120, 80, 60), (60, 60, 200), (20, 20, 20)])
def test_other_colours_are_no_red_ink(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    paper = sheet(100, 100).convert("RGB")
    ImageDraw.Draw(paper).rectangle((200, 200, 500, 500), fill=colour)
    image = render(saved(paper, tmp_path / "a.jpg"), "image/jpeg", 1, dpi=DPI, max_pixels=10**8, red_apart=True)
    assert image.red is None


def test_an_image_is_whole_for_who_does_not_ask_for_its_red_apart(font: Font, tmp_path: Path) -> None:
    image = render(saved(sealed(font), tmp_path / "a.jpg"), "image/jpeg", 1, dpi=DPI, max_pixels=10**8)
    assert image.red is None
    assert int(image.grey[300:306, 600:700].min()) < 150  # the seal's frame


def test_date_stamps_are_read_in_rows(font: Font, tmp_path: Path) -> None:
    paper = sheet(100, 100).convert("RGB")
    draw = ImageDraw.Draw(paper)
    draw.ellipse((200, 200, 440, 440), outline=RED, width=5)
    for row, text in enumerate(["みどり野市", "7.5.21", "収受"]):
        draw.text((320, 250 + row * 62), text, font=font(36), fill=RED, anchor="mt")
    grain = np.random.default_rng(1).normal(0, 3, (*paper.size[::-1], 1))
    grainy = Image.fromarray(np.clip(np.asarray(paper) + grain, 0, 255).astype(np.uint8))
    page = read_page(saved(grainy, tmp_path / "a.jpg"), 1, SETTINGS)
    assert [(line.text, line.seal) for line in page.lines] == [("みどり野市", True), ("7.5.21", True), ("収受", True)]


signs = st.text(st.sampled_from("市長之印課会社若葉"), min_size=2, max_size=4)


@given(st.lists(signs, min_size=3, max_size=4))
def test_turning_rows_into_columns_loses_no_sign(rows: list[str]) -> None:
    lines = tuple(row_of(text, 40 * number) for number, text in enumerate(rows))
    turned = redink.as_columns(lines)
    assert sorted("".join(line.text for line in turned)) == sorted("".join(rows))


def row_of(text: str, top: float) -> RecognisedLine:
    return RecognisedLine(text=text, quad=((0, top), (120, top), (120, top + 36), (0, top + 36)), confidence=0.9)
