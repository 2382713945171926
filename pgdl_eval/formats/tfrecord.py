"""Shards of samples in TensorFlow's record format, read and written without TensorFlow.

A record: length (uint64, little-endian), masked CRC32C of the length, payload, masked CRC32C of the payload.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import google_crc32c
import numpy as np
from numpy.typing import ArrayLike, NDArray

from complexity.errors import InputError, warn

from .tensor_proto import parse_example, serialize_example

_LENGTH = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_SHARD = re.compile(r"shard_(\d+)\.tfrecord")

Span = tuple[int, int]


def read_shards(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """All samples of a folder of shards, in numeric order of the shards.

    Returns
    -------
    inputs : float32, (n, *shape of one sample).
    labels : int32, (n,).

    Raises
    ------
    InputError
        If there is no shard, one is damaged or cut short, the samples differ in shape, or an input is not finite.
    """
    shards = find_shards(folder)
    spans = [_record_spans(shard) for shard in shards]
    total = sum(map(len, spans))
    labels = np.empty(total, np.int32)
    inputs: NDArray[np.float32] | None = None
    row = 0
    for shard, places in zip(shards, spans, strict=True):
        for number, (sample, label) in enumerate(_samples(shard, places)):
            if inputs is None:
                inputs = np.empty((total, *sample.shape), np.float32)
            elif sample.shape != inputs.shape[1:]:
                raise InputError(
                    "samples of different shapes",
                    file=shard,
                    field=f"record {number}: inputs",
                    expected=inputs.shape[1:],
                    found=sample.shape,
                )
            inputs[row], labels[row] = sample, label
            row += 1
    assert inputs is not None  # no shard is empty
    return inputs, labels


def find_shards(folder: Path) -> list[Path]:
    """The files shard_K.tfrecord of a folder, in the order of the numbers K."""
    if not folder.is_dir():
        raise InputError("no such folder of samples", file=folder, expected="shard_0.tfrecord, ...")
    numbered = {int(m[1]): path for path in folder.iterdir() if (m := _SHARD.fullmatch(path.name))}
    if not numbered:
        raise InputError("no shard of samples", file=folder, expected="shard_0.tfrecord, ...", found="none")
    absent = sorted(set(range(max(numbered))) - set(numbered))
    if absent:
        text = f"{folder}: shard {', '.join(map(str, absent))} of 0 to {max(numbered)} is absent"
        warn(text)
    return [numbered[number] for number in sorted(numbered)]


def write_shard(path: Path, inputs: ArrayLike, labels: ArrayLike) -> None:
    """Write samples as one shard.

    Parameters
    ----------
    path : the file, by the competition's naming shard_K.tfrecord.
    inputs : numbers, (n, *shape of one sample), written as float32.
    labels : integers, (n,), written as int32.
    """
    samples, numbers = np.asarray(inputs, np.float32), np.asarray(labels, np.int32)
    if samples.ndim < 1 or numbers.shape != samples.shape[:1]:
        expected, found = f"labels of shape {samples.shape[:1]}", numbers.shape
        raise InputError("inputs and labels do not match", file=path, expected=expected, found=found)
    write_records(path, (serialize_example(*pair) for pair in zip(samples, numbers.tolist(), strict=True)))


def write_records(path: Path, payloads: Iterable[bytes]) -> None:
    """Write each payload as one record."""
    with path.open("wb") as file:
        for payload in payloads:
            length = struct.pack("<Q", len(payload))
            file.write(length + _CHECKSUM.pack(masked_crc(length)))
            file.write(payload + _CHECKSUM.pack(masked_crc(payload)))


def masked_crc(content: bytes) -> int:
    """CRC32C as the format stores it: rotated right by 15 bits, plus a constant, modulo 2^32."""
    crc: int = google_crc32c.value(content)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _record_spans(shard: Path) -> list[Span]:
    """The place of every payload, lengths checked: the number of samples is known before any is read."""
    spans: list[Span] = []
    position, size = 0, shard.stat().st_size
    with shard.open("rb") as file:
        while position < size:
            file.seek(position)
            head = file.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                raise _cut_short(shard, len(spans))
            length, checksum = _LENGTH.unpack(head)
            if masked_crc(head[:8]) != checksum:
                raise InputError("damaged: the checksum does not fit", file=shard, field=f"record {len(spans)}: length")
            start = position + _LENGTH.size
            position = start + length + _CHECKSUM.size
            if position > size:
                raise _cut_short(shard, len(spans))
            spans.append((start, start + length))
    if not spans:
        raise InputError("the shard is empty", file=shard, expected="at least one record", found="0 bytes")
    return spans


def _cut_short(shard: Path, number: int) -> InputError:
    return InputError("cut short: the file ends inside a record", file=shard, field=f"record {number}")


def _samples(shard: Path, spans: list[Span]) -> Iterator[tuple[NDArray[np.float32], int]]:
    with _mapped(shard) as content:
        for number, (start, end) in enumerate(spans):
            payload = content[start:end]
            place = f"record {number}"
            if masked_crc(payload) != _CHECKSUM.unpack(content[end : end + _CHECKSUM.size])[0]:
                raise InputError("damaged: the checksum does not fit", file=shard, field=f"{place}: payload")
            try:
                sample, label = parse_example(payload)
            except InputError as error:
                field = ": ".join(part for part in (place, error.field) if part)
                raise InputError(
                    error.problem, file=shard, field=field, expected=error.expected, found=error.found
                ) from error
            if not np.isfinite(sample).all():
                raise InputError("NaN or infinite inputs", file=shard, field=f"{place}: inputs")
            yield sample, label


@contextmanager
def _mapped(shard: Path) -> Iterator[mmap.mmap]:
    with shard.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content
