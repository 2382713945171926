"""Shards of samples: TFRecord files of `tf.train.Example`, read and written without TensorFlow.

A record is a length (u64), its checksum, the payload and its checksum; checksums are masked CRC32C. The payload is an
`Example` with the bytes features `inputs` and `output`, each a serialized `TensorProto`. Only the parts of Protocol
Buffers that these messages use are read; TensorFlow, which has them all, would have to be installed for nothing else.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError

FLOAT32, INT32 = 1, 3  # numbers of tensorflow.DataType
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types of Protocol Buffers
HEADER = struct.Struct("<QI")
CHECKSUM = struct.Struct("<I")

Field = tuple[int, Any]


def read_shards(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """All samples of a folder of `shard_K.tfrecord`, in numeric order of K.

    Returns
    -------
    Inputs (n, ...) and labels (n,).

    Raises
    ------
    InputError
        If there is no shard, a record is cut short or damaged, or samples differ in shape.
    """
    shards = sorted(folder.glob("shard_*.tfrecord"), key=_shard_number)
    if not shards:
        raise InputError("no shards", file=folder, expected="files shard_0.tfrecord, shard_1.tfrecord, ...")
    counts = [sum(1 for _ in _payloads(shard.read_bytes(), shard)) for shard in shards]
    inputs: NDArray[np.float32] | None = None
    labels = np.empty(sum(counts), np.int32)
    row = 0
    for shard in shards:
        for number, payload in enumerate(_payloads(shard.read_bytes(), shard)):
            sample, labels[row] = _parse_example(payload, shard, number)
            if inputs is None:
                inputs = np.empty((len(labels), *sample.shape), np.float32)
            if sample.shape != inputs.shape[1:]:
                raise InputError(
                    "samples differ in shape",
                    file=shard,
                    field=f"record {number}: inputs",
                    expected=inputs.shape[1:],
                    found=sample.shape,
                )
            inputs[row] = sample
            row += 1
    if inputs is None:
        raise InputError("the shards hold no records", file=folder)
    return inputs, labels


def write_shard(path: Path, inputs: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
    """Write samples (n, ...) with labels (n,) as one shard."""
    with open(path, "wb") as file:
        for sample, label in zip(np.asarray(inputs, np.float32), np.asarray(labels, np.int32), strict=True):
            payload = _example(_tensor(sample, FLOAT32), _tensor(label, INT32))
            head = struct.pack("<Q", len(payload))
            file.write(head + CHECKSUM.pack(_masked_crc(head)) + payload + CHECKSUM.pack(_masked_crc(payload)))


def _shard_number(path: Path) -> int:
    found = re.fullmatch(r"shard_(\d+)", path.stem)
    if not found:
        raise InputError("a shard without a number", file=path, expected="shard_K.tfrecord")
    return int(found.group(1))


def _masked_crc(data: bytes) -> int:
    crc = int(google_crc32c.value(data))
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _payloads(data: bytes, file: Path) -> Iterator[bytes]:
    at = number = 0
    while at < len(data):
        where = f"record {number}"
        if at + HEADER.size > len(data):
            raise InputError("the shard is cut short", file=file, field=where)
        length, checksum = HEADER.unpack_from(data, at)
        if _masked_crc(data[at : at + 8]) != checksum:
            raise InputError("the length's checksum is wrong: the shard is damaged", file=file, field=where)
        at += HEADER.size
        if at + length + CHECKSUM.size > len(data):
            raise InputError(
                "the shard is cut short", file=file, field=where, expected=f"{length} bytes", found=len(data) - at
            )
        payload = data[at : at + length]
        at += length
        if _masked_crc(payload) != CHECKSUM.unpack_from(data, at)[0]:
            raise InputError("the checksum is wrong: the shard is damaged", file=file, field=where)
        at += CHECKSUM.size
        yield payload
        number += 1


def _parse_example(payload: bytes, file: Path, number: int) -> tuple[NDArray[np.float32], int]:
    try:
        features = dict(_feature(entry) for entry in _messages(_only(payload, 1)))
        missing = {"inputs", "output"} - set(features)
        if missing:
            raise ValueError(f"no feature {' or '.join(sorted(missing))}")
        sample, label = _parse_tensor(features["inputs"], FLOAT32), _parse_tensor(features["output"], INT32)
        if label.size != 1:
            raise ValueError(f"the output has shape {label.shape}, expected one number")
    except (ValueError, IndexError, KeyError, struct.error) as error:
        raise InputError(f"no sample can be read: {error}", file=file, field=f"record {number}") from error
    return np.asarray(sample, np.float32), int(label.reshape(()))


def _messages(features: bytes) -> list[bytes]:
    return [value for tag, value in _fields(features) if tag == 1]


def _feature(entry: bytes) -> tuple[str, bytes]:
    """A map entry of `Features`: its name, and its only bytes value."""
    fields = dict(_fields(entry))
    return fields[1].decode(), _only(_only(fields[2], 1), 1)


def _parse_tensor(message: bytes, expected_type: int) -> NDArray[Any]:
    """A `TensorProto` of float32 or int32, with its numbers in `tensor_content` or one by one."""
    fields = list(_fields(message))
    found_type = next((value for tag, value in fields if tag == 1), None)
    if found_type != expected_type:
        raise ValueError(f"a tensor of type {found_type}, expected {expected_type}")
    sizes = [dict(_fields(dim)).get(1, 0) for tag, shape in fields if tag == 2 for _, dim in _fields(shape)]
    content = b"".join(value for tag, value in fields if tag == 4)
    if content:
        return np.frombuffer(content, "<f4" if expected_type == FLOAT32 else "<i4").reshape(sizes)
    values = [number for tag, value in fields if tag in (5, 7) for number in _repeated(value, expected_type)]
    # A single number stands for a whole tensor of it; no number at all for zeros.
    count = int(np.prod(sizes)) if sizes else 1
    return np.resize(np.asarray(values or [0], np.float32 if expected_type == FLOAT32 else np.int32), count).reshape(sizes)


def _repeated(value: Any, kind: int) -> list[Any]:
    """A repeated number, packed (bytes) or single."""
    if not isinstance(value, bytes):
        return [value]
    if kind == FLOAT32:
        return list(np.frombuffer(value, "<f4"))
    numbers, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        numbers.append(number - (1 << 64) if number >> 63 else number)
    return numbers


def _only(message: bytes, tag: int) -> bytes:
    found = [value for number, value in _fields(message) if number == tag]
    if len(found) != 1 or not isinstance(found[0], bytes):
        raise ValueError(f"{len(found)} entries {tag} where one is expected")
    return found[0]


def _fields(message: bytes) -> Iterator[Field]:
    """The fields of a message: number and value (an int, a float for 32 bits, or bytes)."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
        elif kind == BYTES:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("a message is cut short")
            yield key >> 3, message[at : at + length]
            at += length
        elif kind == FIXED32:
            yield key >> 3, struct.unpack_from("<f", message, at)[0]
            at += 4
        elif kind == FIXED64:
            yield key >> 3, message[at : at + 8]
            at += 8
        else:
            raise ValueError(f"unknown wire type {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if not byte & 0x80:
            return value, at
        shift += 7


def _tag(number: int, kind: int) -> bytes:
    return _encoded(number << 3 | kind)


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _nested(number: int, message: bytes) -> bytes:
    return _tag(number, BYTES) + _encoded(len(message)) + message


def _tensor(array: NDArray[Any], kind: int) -> bytes:
    shape = b"".join(_nested(2, _tag(1, VARINT) + _encoded(size)) for size in np.shape(array))
    content = np.asarray(array).astype("<f4" if kind == FLOAT32 else "<i4").tobytes()
    return _tag(1, VARINT) + _encoded(kind) + _nested(2, shape) + _nested(4, content)


def _example(inputs: bytes, output: bytes) -> bytes:
    entries = [
        _nested(1, _nested(1, name.encode()) + _nested(2, _nested(1, _nested(1, value))))
        for name, value in (("inputs", inputs), ("output", output))
    ]
    return _nested(1, b"".join(entries))
