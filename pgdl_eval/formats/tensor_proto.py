"""The payload of a record: a `tf.train.Example` whose two features are serialized `TensorProto` messages.

Written here because the reader of these two messages is short, while TensorFlow or protobuf with compiled
descriptors would be a heavy dependency of everything that only scores or ranks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5
# Field numbers of TensorProto.
DTYPE, TENSOR_SHAPE, VERSION, TENSOR_CONTENT, FLOAT_VAL, INT_VAL = 1, 2, 3, 4, 5, 7
# TensorProto's number of a type, the name of the type, its NumPy form in files.
FLOAT32 = (1, "float32", np.dtype("<f4"))
INT32 = (3, "int32", np.dtype("<i4"))
_TYPE_NAMES = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 6: "int8", 7: "string", 9: "int64", 10: "bool"}

# No record has so many fields, no sample so many axes; so many numbers may be left out of a tensor of equal ones.
MOST_FIELDS, MOST_AXES, MOST_LEFT_OUT = 10_000, 8, 2**22

Span = tuple[int, int]


def parse_example(payload: bytes) -> tuple[NDArray[np.float32], int]:
    """The inputs (float32, any shape) and the label of one serialized `tf.train.Example`.

    The inputs are a read-only view of the payload wherever the file's encoding allows it.

    Raises
    ------
    InputError
        If the payload is no such message, lacks a feature, or one is of another type, or of a shape that its content
        cannot fill.
    """
    try:
        features = _features(payload)
        inputs = _tensor(payload, _feature(features, "inputs"), FLOAT32, "inputs")
        label = _tensor(payload, _feature(features, "output"), INT32, "output")
    except (IndexError, UnicodeDecodeError) as error:
        raise InputError("not a serialized tf.train.Example") from error
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


def _features(payload: bytes) -> dict[str, Span]:
    """The place of each feature by name: Example.features (1) > feature (1) > key (1), value (2)."""
    found: dict[str, Span] = {}
    for features in _spans(payload, (0, len(payload))):
        for entry in _spans(payload, features):
            parts: dict[int, list[Span]] = {1: [], 2: []}
            for number, wire_type, value in _fields(payload, entry):
                if number not in parts:
                    raise IndexError
                parts[number].append(_submessage((wire_type, value)))
            name = payload[slice(*_one(parts[1]))].decode()
            if name in found:
                raise InputError("the record has a feature twice", field=name)
            found[name] = _one(parts[2])
    return found


def _feature(features: dict[str, Span], name: str) -> Span:
    if name not in features:
        raise InputError("the record lacks a feature", field=name, expected="inputs, output", found=sorted(features))
    return features[name]


def _tensor(payload: bytes, feature: Span, kind: tuple[int, str, np.dtype[Any]], name: str) -> NDArray[Any]:
    """The tensor inside Feature.bytes_list (1) > value (1); the label is a scalar."""
    number, type_name, dtype = kind
    fields: dict[int, list[tuple[int, Any]]] = {}
    for field, wire_type, value in _fields(payload, _only_value(payload, feature, name)):
        fields.setdefault(field, []).append((wire_type, value))
    found = _one(fields.get(DTYPE, [(VARINT, 0)]))[1]
    if found != number:
        found_name = _TYPE_NAMES.get(found, f"TensorFlow type {found}")
        raise InputError("a tensor of another type", field=name, expected=type_name, found=found_name)
    shape = _shape(payload, fields.get(TENSOR_SHAPE, []), name)
    if name == "output" and shape:
        raise InputError("the label is no scalar", field=name, expected="shape ()", found=f"shape {shape}")
    own = FLOAT_VAL if dtype.kind == "f" else INT_VAL
    if others := set(fields) - {DTYPE, TENSOR_SHAPE, VERSION, TENSOR_CONTENT, own}:
        problem = "a tensor with numbers of another type"
        raise InputError(problem, field=name, expected=type_name, found=f"field {min(others)} of a tensor")
    size = math.prod(shape)
    if TENSOR_CONTENT in fields:
        start, end = _submessage(_one(fields[TENSOR_CONTENT]))
        if end - start != size * dtype.itemsize:
            expected, held = f"{size} numbers for shape {shape}", f"{end - start} bytes"
            raise InputError("the tensor's content does not fill its shape", field=name, expected=expected, found=held)
        return np.frombuffer(payload, dtype, size, start).reshape(shape)
    values = _float_values(payload, fields, name) if dtype.kind == "f" else _int_values(payload, fields, name)
    return _filled(values, shape, dtype, name)


def _only_value(payload: bytes, feature: Span, name: str) -> Span:
    """The one value of a feature of bytes."""
    lists = [one for one in _fields(payload, feature) if one[0] == 1]
    values = [value for _, kind, part in lists for value in _spans(payload, _submessage((kind, part)))]
    others = sum(1 for field, _, _ in _fields(payload, feature) if field != 1)
    if len(values) != 1 or others:
        found = f"{len(values)} values" if not others else "another kind of feature"
        raise InputError("not one bytes feature", field=name, expected="1 value", found=found)
    return values[0]


def _shape(payload: bytes, fields: list[tuple[int, Any]], name: str) -> tuple[int, ...]:
    """TensorShapeProto: dim (2) > size (1)."""
    shape: list[int] = []
    for number, wire_type, value in _fields(payload, _submessage(_one(fields))) if fields else ():
        if number != 2:
            raise InputError("a tensor of unknown shape", field=name, found=f"field {number} of a shape")
        sizes = [one for one in _fields(payload, _submessage((wire_type, value))) if one[0] == 1]
        _, size_type, size = _one(sizes) if sizes else (1, VARINT, 0)
        shape.append(size if size_type == VARINT else -1)
    if len(shape) > MOST_AXES or any(size < 0 or size >= 2**31 for size in shape):
        raise InputError("a tensor of unknown shape", field=name, found=shape)
    if math.prod(size for size in shape if size) >= 2**31:  # where a side is 0, too: no array has such a shape
        raise InputError("a tensor without an end", field=name, expected="fewer than 2^31 numbers", found=shape)
    return tuple(shape)


def _float_values(payload: bytes, fields: dict[int, list[tuple[int, Any]]], name: str) -> NDArray[np.float32]:
    parts = [np.empty(0, FLOAT32[2])]
    for wire_type, value in fields.get(FLOAT_VAL, []):
        start, end = _submessage((DELIMITED if wire_type == FIXED32 else wire_type, value))
        if (end - start) % 4:
            raise InputError("half a number", field=name, expected="4 bytes each", found=f"{end - start} bytes")
        parts.append(np.frombuffer(payload, FLOAT32[2], (end - start) // 4, start))
    return np.concatenate(parts)


def _int_values(payload: bytes, fields: dict[int, list[tuple[int, Any]]], name: str) -> list[int]:
    """The label of a scalar tensor, or none."""
    values: list[int] = []
    for wire_type, value in fields.get(INT_VAL, []):
        if wire_type == VARINT:
            values.append(value)
            continue
        position, end = _submessage((wire_type, value))
        while position < end and len(values) < 2:
            number, position = _varint(payload, position)
            values.append(number)
        if position > end:
            raise IndexError
    # Negative numbers come as 64-bit two's complement.
    numbers = [value - 2**64 if value >= 2**63 else value for value in values]
    if any(not -(2**31) <= number < 2**31 for number in numbers):
        raise InputError("no number of 32 bits", field=name, expected="an int32", found=numbers[0])
    return numbers


def _filled(values: Any, shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    """TensorFlow leaves out trailing values equal to the last one, and all of them where all are zero."""
    size = math.prod(shape)
    if len(values) > size or size - len(values) > MOST_LEFT_OUT:
        expected, found = f"{size} numbers for shape {shape}", len(values)
        raise InputError("the tensor's content does not fill its shape", field=name, expected=expected, found=found)
    content = np.full(size, values[-1] if len(values) else 0, dtype)
    content[: len(values)] = values
    return content.reshape(shape)


def _fields(payload: bytes, span: Span) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and value of each field of the message at `span`: an int, or the span of the bytes."""
    position, end = span
    count = 0
    while position < end:
        count += 1
        tag, position = _varint(payload, position)
        number, wire_type = tag >> 3, tag & 7
        if not 0 < number < 2**29 or count > MOST_FIELDS:
            raise IndexError
        if wire_type == VARINT:
            value, position = _varint(payload, position)
            if position > end:
                raise IndexError
            yield number, wire_type, value
            continue
        if wire_type == DELIMITED:
            length, position = _varint(payload, position)
        elif wire_type in (FIXED32, FIXED64):
            length = 4 if wire_type == FIXED32 else 8
        else:
            raise IndexError
        if position + length > end:
            raise IndexError
        yield number, wire_type, (position, position + length)
        position += length


def _spans(payload: bytes, span: Span) -> list[Span]:
    """The places of the messages or bytes in a message that has nothing but its field 1.

    Readers differ over fields that a message does not have (of an entry, some then drop all of it): none is read.
    """
    found = []
    for number, wire_type, value in _fields(payload, span):
        if number != 1:
            raise IndexError
        found.append(_submessage((wire_type, value)))
    return found


def _submessage(field: tuple[int, Any]) -> Span:
    wire_type, value = field
    if wire_type != DELIMITED:
        raise IndexError
    start, end = value
    return start, end


def _one(found: list[Any]) -> Any:
    """The only one; what a message may hold once is not read where it stands there twice."""
    if len(found) != 1:
        raise IndexError
    return found[0]


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
            if value >= 2**64:
                raise IndexError
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
