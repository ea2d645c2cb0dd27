"""A line of text as an engine found it, before reading order is known."""

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedLine:
    """What an engine read in one place of the page image.

    text: as read, with the engine's spaces. quad: corners clockwise from the line's top left, in pixels of the image given.
    confidence: 0-1, mean over signs. direction: "v" when read top to bottom.
    """

    text: str
    quad: tuple[Point, Point, Point, Point]
    confidence: float
    direction: Literal["h", "v"] = "h"

    @property
    def box(self) -> Box:
        """(left, top, right, bottom) around the corners."""
        xs, ys = zip(*self.quad, strict=True)
        return min(xs), min(ys), max(xs), max(ys)
