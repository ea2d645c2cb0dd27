"""The engines read Japanese print, whichever way up it lies."""

import shutil
import socket
import unicodedata

import numpy as np
import pytest
from conftest import LINES, grey
from PIL import Image

from scanpipe.recognition import engines, ppocr, weights
from scanpipe.recognition.errors import EngineMissing
from scanpipe.recognition.layout import in_reading_order
from scanpipe.recognition.orientation import read_upright


def text_of(engine: engines.Engine, image: Image.Image, vertical: str = "auto") -> tuple[str, int]:
    reading = read_upright(engine, grey(image), vertical)
    text = "".join(line.text for line in in_reading_order(reading.lines, 9999, 9999))
    return unicodedata.normalize("NFKC", text), reading.rotation


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_letter_is_read_and_turned_upright(letter: Image.Image, turned: int) -> None:
    assert text_of(engines.engine("ppocr"), letter.rotate(turned, expand=True)) == (unicodedata.normalize("NFKC", "".join(LINES)).replace(" ", ""), turned)


@pytest.mark.parametrize("turned", [0, 90])
def test_vertical_writing_is_not_taken_for_a_turned_page(columns: Image.Image, turned: int) -> None:
    text, rotation = text_of(engines.engine("ppocr"), columns.rotate(turned, expand=True))
    assert rotation == turned
    assert "防災課長山田太郎" in text and "令和7年度予算について" in text


def test_an_empty_page_has_no_lines() -> None:
    assert engines.engine("ppocr").read(np.full((900, 700), 250, np.uint8)) == []


def test_the_models_are_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert ppocr.PpOcr("onnxruntime").read(np.full((64, 64), 255, np.uint8)) == []


def test_only_signs_of_japanese_offices_can_be_answered() -> None:
    signs = set(engines.engine("ppocr").recogniser._signs)  # type: ignore[attr-defined]
    assert {"総", "髙", "々", "〜", "①", " "} <= signs
    assert not {"总", "为", "决", "•"} & signs


def test_cutting_the_signs_leaves_the_chosen_columns() -> None:
    name = weights._message(8, b"w")
    numbers = np.arange(12, dtype=np.float32).reshape(3, 4)
    tensor = b"".join([b"\x08\x03\x08\x04\x10\x01", name, weights._message(9, numbers.tobytes())])
    model = weights._message(7, weights._message(5, tensor))
    cut = weights.cut_signs(model, 4, np.array([0, 2]))
    assert numbers[:, [0, 2]].tobytes() in cut and name in cut


def test_denormal_weights_become_zero() -> None:
    numbers = np.array([1.0, 1e-40, -1e-42], np.float32)
    model = weights._message(7, weights._message(5, b"\x08\x03\x10\x01" + weights._message(9, numbers.tobytes())))
    assert np.array([1, 0, 0], np.float32).tobytes() in weights.without_denormals(model)


def test_bytes_that_are_no_model_are_refused() -> None:
    with pytest.raises(ValueError, match="protobuf"):
        weights.without_denormals(b"\xff" * 12)


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_tesseract_reads_without_blanks_between_signs(letter: Image.Image) -> None:
    text, rotation = text_of(engines.engine("tesseract"), letter)
    assert rotation == 0 and "庁舎管理規則の一部を改正する" in text


def test_a_missing_tesseract_names_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    engines._tesseract.cache_clear()
    with pytest.raises(EngineMissing) as caught:
        engines.engine("tesseract")
    assert "tesseract-ocr-jpn" in str(caught.value)
