"""Small signs of vertical writing that the recogniser passes over are put back; nothing else is."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanpipe.recognition.smallsigns import restored

PITCH, HEIGHT = 40, 56
TEXT = "条例を改正する日"


def column(drawn: str | None, signs: int = 8, gap_after: int = 3) -> tuple[NDArray[np.uint8], list[float]]:
    """A column on its left side: blocks for signs, one free cell with this in it; the places of the blocks."""
    line = np.full((HEIGHT, PITCH * (signs + 1)), 240, np.uint8)
    cells = [cell for cell in range(signs + 1) if cell != gap_after]
    for cell in cells:
        cv2.rectangle(line, (cell * PITCH + 4, 12), (cell * PITCH + 35, 43), 20, 3)
    left = gap_after * PITCH
    if drawn == "。":
        cv2.circle(line, (left + 9, 16), 5, 20, 2)
    elif drawn == "、":
        cv2.line(line, (left + 5, 18), (left + 13, 13), 20, 5)
    elif drawn == "・":
        cv2.circle(line, (left + 20, 28), 4, 20, -1)
    elif drawn == "ー":
        cv2.line(line, (left + 6, 28), (left + 34, 28), 20, 3)
    elif drawn == "「":
        cv2.polylines(line, [np.array([[left + 24, 34], [left + 24, 14], [left + 36, 14]], np.int32)], False, 20, 2)
    elif drawn == "stroke of the sign before":
        cv2.line(line, (left - 8, 16), (left + 4, 16), 20, 3)
    elif drawn == "speck":
        line[20:22, left + 10 : left + 12] = 20
    return line, [cell * PITCH + PITCH / 2 for cell in cells]


@pytest.mark.parametrize("sign", ["。", "、", "・", "「"])
def test_a_small_sign_in_a_gap_is_put_back(sign: str) -> None:
    line, places = column(sign)
    assert restored(line, TEXT, places) == f"条例を{sign}改正する日"
    assert restored(255 - line, TEXT, places) == f"条例を{sign}改正する日"  # white print on black


def test_the_last_full_stop_is_put_back() -> None:
    line, places = column("。", gap_after=8)
    assert restored(line, TEXT, places) == TEXT + "。"


def test_a_long_vowel_follows_katakana_alone() -> None:
    line, places = column("ー")
    assert restored(line, TEXT, places) == TEXT
    assert restored(line, "センタは市役所内", places) == "センターは市役所内"


@pytest.mark.parametrize("drawn", [None, "speck", "stroke of the sign before"])
def test_an_empty_gap_stays_empty(drawn: str | None) -> None:
    line, places = column(drawn)
    assert restored(line, TEXT, places) == TEXT


def test_too_few_signs_give_no_measure() -> None:
    assert restored(np.full((48, 200), 240, np.uint8), "三枝", [20.0, 160.0]) == "三枝"
