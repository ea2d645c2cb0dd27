"""What a scanner does to a sheet: fewer dots, skew, uneven light, ink of the other side, holes, dust, noise. Same seed, same image."""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samples.canvas import DPI, Sheet

Pixels = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A scanner and its settings.

    dpi: 200 or 300. quality: of JPEG, 1-100. skew: degrees, clockwise, about which pages vary by 30 %. blur: sigma in pixels. noise: sigma of 0-255.
    paper: colour of the paper, R G B. ink: level of full black. bleed: share of the other side's ink that shines through, 0-1.
    holes: punch holes at the binding edge, 0, 2 or 3. dust: vertical streaks. fax: coarse and speckled.
    """

    dpi: int = 200
    mode: Literal["grey", "colour", "mono"] = "grey"
    quality: int = 62
    skew: float = 0.4
    blur: float = 0.55
    noise: float = 1.6
    paper: tuple[int, int, int] = (249, 248, 245)
    ink: int = 26
    bleed: float = 0.0
    holes: int = 0
    dust: int = 0
    fax: bool = False


def scan(sheet: Sheet, device: Device, rng: np.random.Generator, *, back: Sheet | None = None, is_back: bool = False, turn: int = 0) -> Image.Image:
    """The image of one side as the device delivers it: mode L, RGB or 1.

    back: what is printed on the other side, where it shines through. turn: clockwise degrees by which the sheet lay wrong, 0, 90, 180, 270.
    """
    page = _sampled(sheet, device)
    if back is not None and device.bleed:
        page = np.minimum(page, _shining_through(back, device, page.shape))
    page = _holes(page, device, is_back, rng)
    page = _skewed(page, device.skew * rng.choice([-1.0, 1.0]) * rng.uniform(0.7, 1.3))
    page = _light(page, device, rng)
    page = _dust(page, device, rng)
    page = cv2.GaussianBlur(page, (0, 0), device.blur)
    page = page + rng.normal(0, device.noise, page.shape).astype(np.float32)
    page = np.rot90(np.clip(page, 0, 255).astype(np.uint8), k=-turn // 90)
    return _bilevel(page, device, rng) if device.mode == "mono" else Image.fromarray(np.ascontiguousarray(page))


def _sampled(sheet: Sheet, device: Device) -> Pixels:
    page = np.asarray(sheet.image if device.mode == "colour" else sheet.image.convert("L"), dtype=np.float32)
    factor = device.dpi / DPI
    if factor == 1:
        return page.copy()
    return cv2.resize(page, (round(page.shape[1] * factor), round(page.shape[0] * factor)), interpolation=cv2.INTER_AREA)


def _shining_through(back: Sheet, device: Device, shape: tuple[int, ...]) -> Pixels:
    """The other side, mirrored, blurred by the paper, pale."""
    other = cv2.GaussianBlur(_sampled(back, device)[:, ::-1], (0, 0), device.dpi / 130)
    other = 255 - (255 - other) * device.bleed
    return cv2.resize(other, (shape[1], shape[0]))


def _holes(page: Pixels, device: Device, is_back: bool, rng: np.random.Generator) -> Pixels:
    """Punch holes show the dark lid: 6 mm wide, 12 mm from the left edge (right edge on a back), 80 or 108 mm apart."""
    mm = device.dpi / 25.4
    middle, gap = page.shape[0] / 2 / mm, 80.0 if device.holes == 2 else 108.0
    for i in range(device.holes):
        y = middle + (i - (device.holes - 1) / 2) * gap
        x = 12.0 if not is_back else page.shape[1] / mm - 12.0
        level = float(rng.uniform(70, 120))
        centre = (round((x + rng.uniform(-0.6, 0.6)) * mm), round(y * mm))
        cv2.circle(page, centre, round(3.0 * mm), (level,) * 3, -1, cv2.LINE_AA)
        cv2.circle(page, centre, round(3.0 * mm), (level - 40,) * 3, max(1, round(0.25 * mm)), cv2.LINE_AA)
    return page


def _skewed(page: Pixels, degrees: float) -> Pixels:
    rows, columns = page.shape[:2]
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1.0)
    return cv2.warpAffine(page, turn, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=(250,) * 3)


def _light(page: Pixels, device: Device, rng: np.random.Generator) -> Pixels:
    """Paper and ink of the device; a slope of light, and a shadow at one edge where the sheet lifts."""
    rows, columns = page.shape[:2]
    paper = np.array(device.paper if page.ndim == 3 else [sum(device.paper) / 3], dtype=np.float32)
    page = device.ink + page * (paper - device.ink) / 255 if page.ndim == 3 else device.ink + page * (float(paper[0]) - device.ink) / 255
    slope = 1 - rng.uniform(0.004, 0.02) * np.linspace(0, 1, rows, dtype=np.float32)[:, None] * np.ones((1, columns), np.float32)
    reach = round(columns * 0.012) + 1
    slope[:, :reach] *= np.linspace(rng.uniform(0.72, 0.93), 1, reach, dtype=np.float32)
    return page * (slope[:, :, None] if page.ndim == 3 else slope)


def _dust(page: Pixels, device: Device, rng: np.random.Generator) -> Pixels:
    """Dust on the glass of the feeder draws a thin line down the page."""
    for _ in range(device.dust):
        x = int(rng.integers(page.shape[1] // 10, page.shape[1] * 9 // 10))
        page[:, x : x + 1] -= float(rng.uniform(18, 45))
    return page


def _bilevel(page: Pixels, device: Device, rng: np.random.Generator) -> Image.Image:
    """Black or white; a fax adds specks and now and then a disturbed line."""
    rough = page.astype(np.float32) + (rng.normal(0, 17, page.shape) if device.fax else 0)
    bits = rough > 158
    if device.fax:
        for y, x in rng.integers(0, (page.shape[0] - 3, page.shape[1] - 3), (90, 2)):
            bits[y : y + rng.integers(1, 3), x : x + rng.integers(1, 3)] = False
        for y in rng.integers(60, page.shape[0] - 4, 3):
            bits[y] = bits[y - 1]
    return Image.fromarray(np.where(bits, 255, 0).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)
