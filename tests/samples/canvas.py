"""A sheet of paper: text and rules at millimetres, drawn at 300 dpi, with a log of every line in reading order.

Truth: one printed line per line; cells of a table row, and parts of a line that stand far apart, are separated by a tab.
Seals and receipt stamps are drawn but not logged: they are marks over the text, not text of the page.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal

from PIL import Image, ImageChops, ImageDraw, ImageFont

DPI = 300
FONTS = {  # our name: (file, Debian package)
    "mincho": ("ipaexm.ttf", "fonts-ipaexfont-mincho"),
    "gothic": ("ipaexg.ttf", "fonts-ipaexfont-gothic"),
    "udmincho": ("BIZUDPMincho-Regular.ttf", "fonts-morisawa-bizud-mincho"),
    "udgothic": ("BIZUDPGothic-Regular.ttf", "fonts-morisawa-bizud-gothic"),
    "bold": ("BIZUDPGothic-Bold.ttf", "fonts-morisawa-bizud-gothic"),
    "hand": ("KleeOne-SemiBold.ttf", "fonts-klee"),
}
BLACK = (28, 28, 30)
PEN = (34, 38, 82)
NO_START = frozenset("、。，．）」』】〕〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々？！)]%％：・")
NO_END = frozenset("（「『【〔〈《([￥¥第")
HANGING = frozenset("、。")
_WORD = re.compile(r"[A-Za-z0-9@./:_,+#%¥\-−]+|.", re.DOTALL)

Colour = tuple[int, int, int]
Align = Literal["l", "c", "r"]
Font = ImageFont.FreeTypeFont
C: Final = "c"
R: Final = "r"


def px(mm: float) -> int:
    """Millimetres to pixels of the drawing."""
    return round(mm * DPI / 25.4)


def em(points: float) -> float:
    """Height of a full-width character in millimetres."""
    return points * 25.4 / 72


@cache
def font_file(name: str) -> Path:
    """The file of a font by our name; SystemExit names the Debian package if it is not installed."""
    file, package = FONTS[name]
    found = sorted(Path("/usr/share/fonts").rglob(file))
    if not found:
        raise SystemExit(f"The font {file} is missing. Install it: apt-get install {package}")
    return found[0]


@cache
def font(name: str, points: float) -> Font:
    return ImageFont.truetype(str(font_file(name)), round(points * DPI / 72))


def _broken(line: list[str], word: str) -> tuple[str, list[str]]:
    """Ends a line before `word`: the text that stays, and the words that go down with it so that no sign stands where it must not."""
    carried: list[str] = []
    following = word
    while len(line) > 2 and (following[0] in NO_START or line[-1] in NO_END):
        following = line.pop()
        carried.insert(0, following)
    return "".join(line), ["", *carried]


@dataclass(frozen=True, slots=True)
class Placed:
    """A run of text for a born-digital page: left and baseline in millimetres."""

    x: float
    baseline: float
    text: str
    face: str
    points: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table row. hand: filled in with a pen. points: overrides the row's size."""

    text: str = ""
    align: Align = "l"
    hand: bool = False
    shade: bool = False
    face: str = ""
    points: float = 0.0


@dataclass
class Sheet:
    """One side of a sheet. width, height in millimetres; lines: the truth so far; runs, rules: the same page for a born-digital file."""

    width: float = 210.0
    height: float = 297.0
    face: str = "mincho"
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    lines: list[str] = field(default_factory=list)
    runs: list[Placed] = field(default_factory=list)
    rules: list[tuple[float, float, float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (px(self.width), px(self.height)), (255, 255, 255))
        self.pen = ImageDraw.Draw(self.image)

    @property
    def truth(self) -> str:
        return "\n".join(self.lines)

    def measure(self, text: str, points: float, face: str = "") -> float:
        """Width of a line in millimetres."""
        return font(face or self.face, points).getlength(text) * 25.4 / DPI

    def log(self, *parts: str) -> None:
        """Write down what stands on one line; parts far apart are given separately."""
        self.lines.append("\t".join(part for part in parts if part.strip()))

    def put(self, x: float, y: float, text: str, points: float = 10.5, *, face: str = "", align: Align = "l", colour: Colour = BLACK) -> None:
        """Draw one line whose em box begins at (x, y), without logging it. align says what x is: left, centre or right."""
        used = face or self.face
        left = x - {"l": 0.0, "c": 0.5, "r": 1.0}[align] * self.measure(text, points, used)
        baseline = y + em(points) * 0.86
        if used == "hand":
            self._write(left, baseline, text, points)
        else:
            self.pen.text((px(left), px(baseline)), text, font=font(used, points), fill=colour, anchor="ls")
        self.runs.append(Placed(left, baseline, text, used, points))

    def _write(self, left: float, baseline: float, text: str, points: float) -> None:
        """A hand is never quite level nor quite even."""
        x = float(px(left))
        for sign in text:
            drop = self.rng.gauss(0, em(points) * 0.025)
            self.pen.text((x, px(baseline + drop)), sign, font=font("hand", points * self.rng.uniform(0.97, 1.03)), fill=PEN, anchor="ls")
            x += font("hand", points).getlength(sign)

    def text(self, x: float, y: float, text: str, points: float = 10.5, *, face: str = "", align: Align = "l", colour: Colour = BLACK) -> None:
        """Draw one line and log it."""
        self.put(x, y, text, points, face=face, align=align, colour=colour)
        self.log(text)

    def spread(self, x: float, y: float, width: float, text: str, points: float = 10.5, *, face: str = "") -> None:
        """均等割付: the characters evenly over a width. Not logged."""
        step = (width - em(points)) / max(1, len(text) - 1)
        for i, sign in enumerate(text):
            self.put(x + i * step, y, sign, points, face=face)

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        points: float = 10.5,
        *,
        leading: float = 1.75,
        indent: float = 1.0,
        face: str = "",
        hang: float = 0.0,
    ) -> float:
        """Wrapped text, each line logged; `indent` (first line) and `hang` (the others) in characters. Returns the y below it."""
        for line, offset in self.wrapped(text, width, points, face, indent, hang):
            self.text(x + offset, y, line, points, face=face)
            y += em(points) * leading
        return y

    def wrapped(self, text: str, width: float, points: float, face: str = "", indent: float = 0.0, hang: float = 0.0) -> list[tuple[str, float]]:
        """Lines with their offsets in millimetres. No line begins with a closing sign or a small kana; Latin words stay whole."""
        lines: list[tuple[str, float]] = []
        for part in text.split("\n"):
            offset, line = indent * em(points), [""]
            for word in _WORD.findall(part):
                fits = self.measure("".join(line) + word, points, face) <= width - offset + 0.01
                if not fits and word not in HANGING:
                    stays, line = _broken(line, word)
                    lines.append((stays, offset))
                    offset = hang * em(points)
                line.append(word)
            lines.append(("".join(line), offset))
        return lines

    def rule(self, x1: float, y1: float, x2: float, y2: float, width: float = 0.2, colour: Colour = BLACK) -> None:
        """A line of `width` millimetres."""
        self.pen.line((px(x1), px(y1), px(x2), px(y2)), fill=colour, width=max(1, px(width)))
        self.rules.append((x1, y1, x2, y2, width))

    def dashes(self, x1: float, y1: float, x2: float, y2: float, colour: Colour = BLACK) -> None:
        """A broken line, 3 mm on and 1.5 mm off."""
        length = max(0.1, ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5)
        for i in range(int(length / 4.5) + 1):
            a, b = min(1.0, i * 4.5 / length), min(1.0, (i * 4.5 + 3) / length)
            self.pen.line((px(x1 + (x2 - x1) * a), px(y1 + (y2 - y1) * a), px(x1 + (x2 - x1) * b), px(y1 + (y2 - y1) * b)), fill=colour, width=2)

    def frame(self, x: float, y: float, width: float, height: float, line: float = 0.2, *, shade: bool = False) -> None:
        """A rectangle, grey inside if `shade`."""
        if shade:
            self.pen.rectangle((px(x), px(y), px(x + width), px(y + height)), fill=(228, 230, 232))
        for x1, y1, x2, y2 in ((x, y, x + width, y), (x, y + height, x + width, y + height), (x, y, x, y + height), (x + width, y, x + width, y + height)):
            self.rule(x1, y1, x2, y2, line)

    def cell(self, x: float, y: float, width: float, height: float, cell: Cell | str, points: float = 10.0) -> str:
        """A framed cell, its text centred in height. Returns the lines drawn, joined by newlines; does not log."""
        cell = Cell(cell) if isinstance(cell, str) else cell
        points, pad = cell.points or points, 1.6
        face = "hand" if cell.hand else cell.face or self.face
        self.frame(x, y, width, height, shade=cell.shade)
        lines = [line for line, _ in self.wrapped(cell.text, width - 2 * pad, points, face)] if cell.text else []
        step = em(points) * 1.32
        top = y + (height - step * len(lines)) / 2 + (step - em(points)) / 2
        at = {"l": x + pad, "c": x + width / 2, "r": x + width - pad}[cell.align]
        for i, line in enumerate(lines):
            self.put(at, top + i * step, line, points, face=face, align=cell.align)
        return "\n".join(lines)

    def row(self, x: float, y: float, widths: Sequence[float], cells: Sequence[Cell | str], height: float = 9.0, points: float = 10.0) -> float:
        """Cells side by side, logged as one row; returns the y below it. Grows in height where a text needs it."""
        for width, cell in zip(widths, cells, strict=True):
            content = Cell(cell) if isinstance(cell, str) else cell
            size = content.points or points
            count = len(self.wrapped(content.text, width - 3.2, size, "hand" if content.hand else content.face)) if content.text else 0
            height = max(height, count * em(size) * 1.32 + 1.6)
        drawn = []
        for width, cell in zip(widths, cells, strict=True):
            drawn.append(self.cell(x, y, width, height, cell, points))
            x += width
        if any(part.strip() for part in drawn):
            self.log(*drawn)
        return y + height

    def column(self, x: float, y: float, text: str, points: float = 12.0, *, colour: Colour = BLACK, spacing: float = 0.0) -> float:
        """One vertical column whose right edge is x, logged; returns the y below it. spacing: extra per character in ems."""
        centre, used = px(x - em(points) / 2), font(self.face, points)
        runs = list(text) if spacing else [text]
        for run in runs:
            if run.strip():
                self.pen.text((centre, px(y)), run, font=used, fill=colour, direction="ttb", features=["vert"], anchor="mt")
            y += em(points) * len(run) * (1 + spacing)
        if text.strip():
            self.log(text.strip())
        return y

    def paste(self, mark: Image.Image, x: float, y: float) -> None:
        """Print a coloured mark over the page as ink does: what is dark stays dark. (x, y) is its centre; white is no ink."""
        box = (px(x) - mark.width // 2, px(y) - mark.height // 2)
        under = self.image.crop((box[0], box[1], box[0] + mark.width, box[1] + mark.height))
        self.image.paste(ImageChops.multiply(under, mark), box)
