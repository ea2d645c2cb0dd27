"""Runs the ONNX models: onnxruntime, or OpenVINO where it is installed; selftest.py chooses. One thread per model: one lane works one page."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scanpipe.recognition.quantised import Ranges, quantise
from scanpipe.recognition.selftest import precision

Infer = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def load(model: bytes, runtime: str, *, one_size: bool = False, ranges: Ranges | None = None) -> Infer:
    """A model ready to answer.

    runtime: "onnxruntime", "openvino" (f32), "openvino-bf16" or "openvino-int8", which needs ranges, as quantised.ranges gives them. one_size: most inputs
    are as large as the one before, as pages are: a tenth to a fifth faster and, with OpenVINO, 0.16 GB less; where sizes differ it costs time and memory.
    """
    if runtime == "onnxruntime":
        return _load_onnxruntime(model, one_size)
    return _load_openvino(model, precision(runtime), ranges, one_size)


def _load_onnxruntime(model: bytes, one_size: bool) -> Infer:
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = one_size
    options.enable_mem_pattern = False  # a pattern a shape, each with memory of its own: 0.25 GB more after five paper sizes
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tensor: np.asarray(session.run(None, {name: tensor})[0])


def _load_openvino(model: bytes, numbers: str, ranges: Ranges | None, one_size: bool) -> Infer:
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # else OpenVINO tells its maker of each import, and writes into $HOME
    import openvino

    core = openvino.Core()
    network = core.read_model(model, b"")
    if numbers == "int8":
        quantise(network, ranges or {})
    if not one_size:
        return _compiled(core, network, numbers)
    held: dict[tuple[int, ...], Infer] = {}

    def infer(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        if tensor.shape not in held:
            held.clear()  # before the next is made: each holds 0.2 GB
            network.reshape(list(tensor.shape))  # a fixed shape lets layers share memory; 0.4 s
            held[tensor.shape] = _compiled(core, network, numbers)
        return held[tensor.shape](tensor)

    return infer


def _compiled(core: Any, network: Any, numbers: str) -> Infer:
    settings = {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32" if numbers == "int8" else numbers,  # never left open: OpenVINO takes bf16 by itself on some CPUs
        "ENABLE_CPU_PINNING": False,
    }
    request = core.compile_model(network, "CPU", settings).create_infer_request()
    return lambda tensor: np.asarray(request.infer([tensor], share_inputs=True, share_outputs=True)[0])
