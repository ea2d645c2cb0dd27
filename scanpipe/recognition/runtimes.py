"""Runs the ONNX models: onnxruntime, or OpenVINO where it is installed; selftest.py chooses. One thread per model: one lane works one page."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scanpipe.recognition.selftest import precision

Infer = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def load(model: bytes, runtime: str, *, keep_memory: bool = False) -> Infer:
    """A model ready to answer.

    runtime: "onnxruntime", "openvino" (f32) or "openvino-bf16". keep_memory: hold on to working memory between pages (onnxruntime): a fifth
    faster where every input has about the same size, a leak in effect where sizes differ.
    """
    if runtime == "onnxruntime":
        return _load_onnxruntime(model, keep_memory)
    return _load_openvino(model, precision(runtime))


def _load_onnxruntime(model: bytes, keep_memory: bool) -> Infer:
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = keep_memory
    options.enable_mem_pattern = False  # a pattern a shape, each with memory of its own: 0.25 GB more after five paper sizes
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tensor: np.asarray(session.run(None, {name: tensor})[0])


def _load_openvino(model: bytes, precision: str) -> Infer:
    import openvino

    settings: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": precision,  # never left open: OpenVINO takes bf16 by itself on some CPUs
        "ENABLE_CPU_PINNING": False,
    }
    core = openvino.Core()
    request = core.compile_model(core.read_model(model, b""), "CPU", settings).create_infer_request()
    return lambda tensor: request.infer([tensor])[0].copy()
