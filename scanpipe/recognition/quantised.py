"""The models in 8-bit whole numbers: a page in a little over half the time where a processor multiplies them (VNNI), for less than a tenth of a point of g4.

A layer's weights need nothing but themselves to be rounded, a scale for each of its outputs. What comes into a layer has to be measured: int8.json
has its range over the sample scans, written by `python tests/make_int8_ranges.py`. So the package carries a few kB of numbers and no
weights, and the int8 model is made from rapidocr's own file whenever it is loaded. Layers that are not in int8.json stay in f32: they are small and
sensitive. OpenVINO fuses the roundings placed here into the layers around them; onnxruntime's int8 was as slow as its f32.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ranges = Mapping[str, tuple[float, float]]  # by layer, named as in the ONNX file: least and greatest number that comes in

FILE = "int8.json"
_LEVELS, _WEIGHT_LEVELS = 256, 255  # of unsigned numbers with a zero point; of weights, -127..127
_OUTPUTS = {"Convolution": 0, "ConvolutionBackpropData": 1, "MatMul": 1}  # the weights' axis that counts a layer's outputs
_LEAST = 1e-8  # the scale of weights that are all zero


def ranges(name: str, model: bytes) -> Ranges:
    """What was measured for this model file of rapidocr. Raises RuntimeError if it is another file than the one that was measured."""
    measured = json.loads(resources.files("scanpipe.recognition").joinpath(FILE).read_bytes())[name]
    if hashlib.sha256(model).hexdigest() != measured["sha256"]:
        raise RuntimeError(f"{name} is not the one that {FILE} was measured for")
    return {layer: (float(least), float(most)) for layer, (least, most) in measured["ranges"].items()}


def layers(model: Any) -> Iterator[Any]:
    """The layers of an OpenVINO model that can be computed in int8: those that multiply by constants, but for convolutions of single channels."""
    for node in model.get_ordered_ops():
        if node.get_type_name() in _OUTPUTS and node.input_value(1).get_node().get_type_name() == "Constant":
            yield node


def quantise(model: Any, measured: Ranges) -> None:
    """Round inputs and weights of each measured layer of an OpenVINO model, in place. Raises RuntimeError if a measured layer is not there."""
    found = {node.get_friendly_name(): node for node in layers(model)}
    if missing := set(measured) - set(found):
        raise RuntimeError(f"layers measured but not in the model: {', '.join(sorted(missing))}")
    rounded: dict[tuple[str, int], Any] = {}  # layers that share an input share its rounding
    for name, bounds in measured.items():
        node = found[name]
        source = node.input_value(0)
        place = source.get_node().get_name(), source.get_index()
        if place not in rounded:
            rounded[place] = _rounded(source, np.float32(bounds[0]), np.float32(bounds[1]), _LEVELS)
        node.input(0).replace_source_output(rounded[place])
        most = _greatest(node)
        node.input(1).replace_source_output(_rounded(node.input_value(1), -most, most, _WEIGHT_LEVELS))
    model.validate_nodes_and_infer_types()


def _greatest(node: Any) -> NDArray[np.float32]:
    """The greatest weight of each output, shaped to be spread over the weights."""
    weights: NDArray[np.float32] = np.abs(np.asarray(node.input_value(1).get_node().data, np.float32))
    own = _OUTPUTS[node.get_type_name()]
    greatest = weights.max(axis=tuple(axis for axis in range(weights.ndim) if axis != own), keepdims=True)
    return np.asarray(np.maximum(greatest, _LEAST), np.float32)


def _rounded(source: Any, least: "NDArray[np.float32] | np.float32", most: "NDArray[np.float32] | np.float32", levels: int) -> Any:
    from openvino import opset13

    bounds = [opset13.constant(np.asarray(bound, np.float32)) for bound in (least, most, least, most)]
    return opset13.fake_quantize(source, *bounds, levels).output(0)
