"""The payload of a record: a `tf.train.Example` whose two features are serialized `TensorProto` messages.

Written here because the reader of these two messages is short, while TensorFlow or protobuf with compiled
descriptors would be a heavy dependency of everything that only scores or ranks.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5
# Field numbers of TensorProto.
DTYPE, TENSOR_SHAPE, TENSOR_CONTENT, FLOAT_VAL, INT_VAL = 1, 2, 4, 5, 7
# TensorProto's number of a type, the name of the type, its NumPy form in files.
FLOAT32 = (1, "float32", np.dtype("<f4"))
INT32 = (3, "int32", np.dtype("<i4"))
_TYPE_NAMES = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 6: "int8", 7: "string", 9: "int64", 10: "bool"}

Span = tuple[int, int]


def parse_example(payload: bytes) -> tuple[NDArray[np.float32], int]:
    """The inputs (float32, any shape) and the label of one serialized `tf.train.Example`.

    The inputs are a read-only view of the payload wherever the file's encoding allows it.

    Raises
    ------
    InputError
        If the payload is no such message, lacks a feature, or one is of another type.
    """
    try:
        features = dict(_features(payload))
        inputs = _tensor(payload, _feature(features, "inputs"), FLOAT32, "inputs")
        label = _tensor(payload, _feature(features, "output"), INT32, "output")
    except (IndexError, struct.error, UnicodeDecodeError, OverflowError) as error:
        raise InputError("not a serialized tf.train.Example") from error
    if label.ndim:
        raise InputError("the label is no scalar", field="output", expected="shape ()", found=f"shape {label.shape}")
    return inputs, int(label)


def serialize_example(inputs: NDArray[np.float32], label: int) -> bytes:
    """One `tf.train.Example`: `inputs` as a float32 tensor, `output` as an int32 scalar, both in `tensor_content`."""
    tensors = {
        b"inputs": _serialize_tensor(np.asarray(inputs, dtype=FLOAT32[2]), FLOAT32[0]),
        b"output": _serialize_tensor(np.asarray(label, dtype=INT32[2]), INT32[0]),
    }
    entries = (
        _delimited(1, name) + _delimited(2, _delimited(1, _delimited(1, tensor))) for name, tensor in tensors.items()
    )
    return _delimited(1, b"".join(_delimited(1, entry) for entry in entries))


def _features(payload: bytes) -> Iterator[tuple[str, Span]]:
    """Name and place of each bytes feature: Example.features (1) > feature (1) > key (1), value (2)."""
    for number, features in _fields(payload, (0, len(payload))):
        for _, entry in _fields(payload, _submessage(features)) if number == 1 else ():
            parts = dict(_fields(payload, _submessage(entry)))
            name, value = (_submessage(parts.get(key, (0, 0))) for key in (1, 2))
            yield payload[slice(*name)].decode(), value


def _feature(features: dict[str, Span], name: str) -> Span:
    if name not in features:
        raise InputError("the record lacks a feature", field=name, expected="inputs, output", found=sorted(features))
    return features[name]


def _tensor(payload: bytes, feature: Span, kind: tuple[int, str, np.dtype[Any]], name: str) -> NDArray[Any]:
    """The tensor inside Feature.bytes_list (1) > value (1)."""
    fields: dict[int, Any] = {}
    for part in _path(payload, feature, name):
        for number, value in _fields(payload, part):
            fields.setdefault(number, []).append(value)
    number, type_name, dtype = kind
    found = fields.get(DTYPE, [0])[-1]
    if found != number:
        found_name = _TYPE_NAMES.get(found, f"TensorFlow type {found}")
        raise InputError("a tensor of another type", field=name, expected=type_name, found=found_name)
    shape = _shape(payload, fields.get(TENSOR_SHAPE, []), name)
    size = math.prod(shape)
    if TENSOR_CONTENT in fields:
        start, end = fields[TENSOR_CONTENT][-1]
        if end - start != size * dtype.itemsize:
            expected, held = f"{size} numbers for shape {shape}", f"{end - start} bytes"
            raise InputError("the tensor's content does not fill its shape", field=name, expected=expected, found=held)
        return np.frombuffer(payload, dtype, size, start).reshape(shape)
    values = _float_values(payload, fields) if dtype.kind == "f" else _int_values(payload, fields)
    return _filled(values, shape, dtype, name)


def _path(payload: bytes, feature: Span, name: str) -> list[Span]:
    lists = [_submessage(value) for number, value in _fields(payload, feature) if number == 1]
    tensors = [_submessage(value) for part in lists for number, value in _fields(payload, part) if number == 1]
    if len(tensors) != 1:
        raise InputError("not one bytes feature", field=name, expected="1 value", found=f"{len(tensors)} values")
    return tensors


def _shape(payload: bytes, spans: list[Span], name: str) -> tuple[int, ...]:
    """TensorShapeProto: dim (2) > size (1)."""
    shape = []
    for span in spans:
        for number, dim in _fields(payload, span):
            if number == 2:
                size = dict(_fields(payload, _submessage(dim))).get(1, 0)
                shape.append(size if isinstance(size, int) else -1)
    if any(size < 0 or size >= 2**31 for size in shape):
        raise InputError("a tensor of unknown shape", field=name, found=shape)
    return tuple(shape)


def _float_values(payload: bytes, fields: dict[int, Any]) -> list[float]:
    values: list[float] = []
    for start, end in fields.get(FLOAT_VAL, []):
        values += np.frombuffer(payload[start:end], FLOAT32[2]).tolist()
    return values


def _int_values(payload: bytes, fields: dict[int, Any]) -> list[int]:
    values: list[int] = []
    for value in fields.get(INT_VAL, []):
        if isinstance(value, int):
            values.append(value)
            continue
        position, end = value
        while position < end:
            number, position = _varint(payload, position)
            values.append(number)
    # Negative numbers come as 64-bit two's complement.
    return [value - 2**64 if value >= 2**63 else value for value in values]


def _filled(values: list[Any], shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    """TensorFlow leaves out trailing values equal to the last one, and all of them where all are zero."""
    size = math.prod(shape)
    if len(values) > size:
        expected, found = f"{size} numbers for shape {shape}", len(values)
        raise InputError("the tensor's content does not fill its shape", field=name, expected=expected, found=found)
    content = np.full(size, values[-1] if values else 0, dtype)
    content[: len(values)] = values
    return content.reshape(shape)


def _fields(payload: bytes, span: Span) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of the message at `span`: an int, or the span of the bytes."""
    position, end = span
    while position < end:
        tag, position = _varint(payload, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == VARINT:
            value, position = _varint(payload, position)
            yield number, value
            continue
        if wire_type == DELIMITED:
            length, position = _varint(payload, position)
        elif wire_type in (FIXED32, FIXED64):
            length = 4 if wire_type == FIXED32 else 8
        else:
            raise IndexError
        if position + length > end:
            raise IndexError
        yield number, (position, position + length)
        position += length
    if position != end:
        raise IndexError


def _submessage(value: Any) -> Span:
    if isinstance(value, int):
        raise IndexError
    start, end = value
    return start, end


def _varint(payload: bytes, position: int) -> tuple[int, int]:
    byte = payload[position]
    if byte < 128:
        return byte, position + 1
    value, shift = byte & 127, 7
    while True:
        position += 1
        byte = payload[position]
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position + 1
        shift += 7
        if shift > 63:
            raise IndexError


def _serialize_tensor(array: NDArray[Any], type_number: int) -> bytes:
    dims = b"".join(_delimited(2, _tag(1, VARINT) + _encode_varint(size) if size else b"") for size in array.shape)
    content = _delimited(TENSOR_CONTENT, array.tobytes())
    return _tag(DTYPE, VARINT) + _encode_varint(type_number) + _delimited(TENSOR_SHAPE, dims) + content


def _delimited(number: int, content: bytes) -> bytes:
    return _tag(number, DELIMITED) + _encode_varint(len(content)) + content


def _tag(number: int, wire_type: int) -> bytes:
    return _encode_varint(number << 3 | wire_type)


def _encode_varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
