"""Trims the models: the recogniser's last layer to the signs that Japanese offices print, and weights that only cost time.

The model knows 18,708 signs, most of them simplified Chinese. Its last MatMul has one column per sign, so that leaving columns out makes
it both faster and unable to answer 总 for 総. A quarter of a million of the detector's weights are denormal numbers, which a CPU multiplies a
hundred times slower than zero: as zeros they halve the time of a page's detection. An ONNX file is a protobuf message; the few fields touched here are rewritten at wire level,
since nothing else needs the onnx package.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

# Field numbers of onnx.proto3: ModelProto.graph; GraphProto.initializer, .output, .value_info; TensorProto.dims, .data_type, .raw_data.
_GRAPH, _INITIALIZER, _OUTPUT, _VALUE_INFO, _DIMS, _TYPE, _RAW = 7, 5, 12, 13, 1, 2, 9
_FLOAT = 1  # TensorProto.DataType
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def without_denormals(model: bytes) -> bytes:
    """The same model with every float weight below 1.2e-38 set to zero. Raises ValueError if the bytes are not a protobuf message."""
    return _rewritten(model, lambda graph: _each_tensor(graph, _flush))


def cut_signs(model: bytes, signs: int, keep: NDArray[np.intp]) -> bytes:
    """The same model with only the columns `keep` of its last layer, in that order.

    signs: number of columns now, blank and space included; every initializer with that last dimension is cut.
    keep: indices 0..signs-1. Raises ValueError if the bytes are not a protobuf message.
    """
    return _rewritten(model, lambda graph: _cut_graph(graph, signs, keep))


def _rewritten(model: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return b"".join(_message(_GRAPH, change(value)) if (field, wire) == (_GRAPH, _BYTES) else raw for field, wire, value, raw in _fields(model))


def _each_tensor(graph: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return b"".join(_message(_INITIALIZER, change(value)) if field == _INITIALIZER else raw for field, _, value, raw in _fields(graph))


def _cut_graph(graph: bytes, signs: int, keep: NDArray[np.intp]) -> bytes:
    parts: list[bytes] = []
    for field, _, _, raw in _fields(_each_tensor(graph, lambda tensor: _cut_tensor(tensor, signs, keep))):
        if field == _OUTPUT:
            parts.append(raw.replace(_padded_varint(signs), _padded_varint(len(keep))))
        elif field != _VALUE_INFO:  # inferred shapes would contradict the cut ones; the runtime infers them anew
            parts.append(raw)
    return b"".join(parts)


def _flush(tensor: bytes) -> bytes:
    fields = list(_fields(tensor))
    if not any((field, int.from_bytes(value, "little")) == (_TYPE, _FLOAT) for field, wire, value, _ in fields if wire == _VARINT):
        return tensor
    return b"".join(_message(_RAW, _flushed(value)) if field == _RAW else raw for field, _, value, raw in fields)


def _flushed(weights: bytes) -> bytes:
    numbers = np.frombuffer(weights, np.float32)
    return np.where(np.abs(numbers) < np.finfo(np.float32).tiny, np.float32(0), numbers).tobytes()


def _cut_tensor(tensor: bytes, signs: int, keep: NDArray[np.intp]) -> bytes:
    fields = list(_fields(tensor))
    dims = [int.from_bytes(value, "little") for field, wire, value, _ in fields if (field, wire) == (_DIMS, _VARINT)]
    if not dims or dims[-1] != signs:
        return tensor
    weights = next(value for field, _, value, _ in fields if field == _RAW)
    cut = np.ascontiguousarray(np.frombuffer(weights, np.float32).reshape(dims)[..., keep])
    kept = b"".join(raw for field, _, _, raw in fields if field not in (_DIMS, _RAW))
    return b"".join(bytes([_DIMS << 3]) + _varint(n) for n in cut.shape) + kept + _message(_RAW, cut.tobytes())


def _fields(message: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """(field number, wire type, value, the field's own bytes) of one protobuf message; varints as little-endian bytes."""
    at = 0
    while at < len(message):
        start = at
        key, at = _read_varint(message, at)
        wire = key & 7
        if wire == _VARINT:
            number, at = _read_varint(message, at)
            value = number.to_bytes(10, "little")
        else:
            size, at = _read_varint(message, at) if wire == _BYTES else ({_FIXED64: 8, _FIXED32: 4}[wire], at)
            value = message[at : at + size]
            at += size
        yield key >> 3, wire, value, message[start:at]


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("not a protobuf message")
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _padded_varint(number: int) -> bytes:
    """Three bytes, so that a shape can be overwritten in place: valid for 0..2,097,151."""
    return bytes([number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14])


def _message(field: int, value: bytes) -> bytes:
    return bytes([field << 3 | _BYTES]) + _varint(len(value)) + value
