"""Small generated pages: paper as a scanner sees it, with Japanese print on it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

_FONTS = (
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
    "/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf",
)
DPI = 200


def sheet(width_mm: float = 210, height_mm: float = 297, dpi: int = DPI) -> Image.Image:
    """White paper, nothing on it."""
    return Image.new("L", (round(width_mm / 25.4 * dpi), round(height_mm / 25.4 * dpi)), 250)


def scanned(paper: Image.Image, noise: float = 4, seed: int = 1) -> Image.Image:
    """As it comes out of a scanner: a little soft and grainy."""
    soft = np.asarray(paper.filter(ImageFilter.GaussianBlur(0.6)), np.float64)
    grain = np.random.default_rng(seed).normal(0, noise, soft.shape)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def grey(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.convert("L"), np.uint8)


@pytest.fixture(scope="session")
def font() -> Callable[[int], ImageFont.FreeTypeFont]:
    """A Japanese font by its size in pixels."""
    path = next((path for path in _FONTS if Path(path).exists()), None)
    if path is None:
        pytest.skip("no Japanese font here: install fonts-ipaexfont")
    return lambda size: ImageFont.truetype(path, size)


LINES = ("令和７年度予算について", "防災課長　山田太郎", "下記のとおり通知します。", "庁舎管理規則の一部を改正する", "窓口で申請書を受け取ること")


@pytest.fixture(scope="session")
def letter(font: Callable[[int], ImageFont.FreeTypeFont]) -> Image.Image:
    """Half a sheet of rows, 200 dpi."""
    paper = sheet(210, 120)
    draw = ImageDraw.Draw(paper)
    for row, line in enumerate(LINES):
        draw.text((160, 120 + row * 90), line, font=font(42), fill=20)
    return scanned(paper)


@pytest.fixture(scope="session")
def columns(font: Callable[[int], ImageFont.FreeTypeFont]) -> Image.Image:
    """Half a sheet of vertical writing, 200 dpi: the same lines as columns from the right."""
    paper = sheet(150, 120)
    draw = ImageDraw.Draw(paper)
    for column, line in enumerate(LINES):
        for place, sign in enumerate(line.replace("。", "").replace("　", "")):
            draw.text((paper.width - 180 - column * 100, 100 + place * 46), sign, font=font(42), fill=20)
    return scanned(paper)
