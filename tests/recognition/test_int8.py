"""The int8 models are made from rapidocr's files and the measured ranges, and read as the exact ones do."""

import importlib.util
import json
import unicodedata
from importlib import resources

import numpy as np
import pytest
from conftest import LINES, grey
from PIL import Image

from scanpipe.recognition import ppocr, quantised, runtimes, selftest

NAMES = (ppocr.DETECTOR, ppocr.RECOGNISER)
openvino_only = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="openvino, an extra, is not installed")
vnni_only = pytest.mark.skipif(not selftest._multiplies_in("int8"), reason="this processor does not multiply in int8")


@pytest.mark.parametrize("name", NAMES)
def test_the_ranges_are_those_of_the_installed_models(name: str) -> None:
    ranges = quantised.ranges(name, ppocr.model_file(name))
    assert len(ranges) > 40
    for layer, (least, most) in ranges.items():
        step = (most - least) / 255
        assert least <= 0 < most, layer
        assert abs(least / step - round(least / step)) < 0.01, f"{layer}: zero is not one of the 256 values"


@pytest.mark.parametrize("name", NAMES)
def test_ranges_of_another_model_are_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match="measured"):
        quantised.ranges(name, ppocr.model_file(name) + b"\0")


def test_the_ranges_hold_nothing_else() -> None:
    assert set(json.loads(resources.files("scanpipe.recognition").joinpath(quantised.FILE).read_bytes())) == set(NAMES)


@openvino_only
def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(RuntimeError, match="layers measured but not in the model"):
        runtimes.load(ppocr.detector_model(), "openvino-int8", ranges={"Conv.999": (0.0, 1.0)})


@openvino_only
def test_weights_are_rounded_output_by_output_and_inputs_to_256_steps() -> None:
    import openvino
    from openvino import opset13

    image = opset13.parameter([1, 2, 1, 3], np.float32)
    weights = np.array([[1.0, 0.013], [100.0, 0.6]], np.float32).reshape(2, 2, 1, 1)
    layer = opset13.convolution(image, opset13.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1])
    layer.set_friendly_name("Conv.0")
    model = openvino.Model([opset13.result(layer)], [image])
    quantised.quantise(model, {"Conv.0": (0.0, 255.0)})
    given = np.array([[0.0, 7.4, 300.0], [0.0, 2.0, 0.0]], np.float32).reshape(1, 2, 1, 3)
    answer = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([given])[0]
    rounded = np.array([[1.0, 2 / 127], [100.0, 100 / 127]])
    assert np.allclose(answer[0, :, 0], rounded @ np.array([[0, 7, 255], [0, 2, 0]]), rtol=1e-4)


@openvino_only
def test_pages_of_changing_sizes_are_answered_as_each_by_itself() -> None:
    fixed, free = (runtimes.load(ppocr.detector_model(), "openvino", one_size=one_size) for one_size in (True, False))
    for rows, columns in ((96, 64), (64, 128), (96, 64)):
        page = np.random.default_rng(rows).uniform(-1, 1, (1, 3, rows, columns)).astype(np.float32)
        assert np.allclose(fixed(page), free(page), atol=1e-4)


@openvino_only
@vnni_only
def test_a_letter_is_read_alike_in_int8(letter: Image.Image) -> None:
    exact, rounded = ppocr.PpOcr("openvino"), ppocr.PpOcr("openvino-int8")
    assert rounded.name.endswith("/int8")
    lines = [sorted(engine.read(grey(letter)), key=lambda line: line.box[1]) for engine in (exact, rounded)]
    assert len(lines[1]) == len(LINES)
    for one, other in zip(*lines, strict=True):
        assert unicodedata.normalize("NFKC", one.text) == unicodedata.normalize("NFKC", other.text)
        assert other.confidence > 0.8
        assert np.allclose(one.quad, other.quad, atol=6)


@openvino_only
@vnni_only
def test_the_page_is_read_right_in_int8() -> None:
    assert selftest._read("openvino-int8")
