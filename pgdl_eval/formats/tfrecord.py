"""Shards of samples in TensorFlow's record format, read and written without TensorFlow.

A record: length (uint64, little-endian), masked CRC32C of the length, payload, masked CRC32C of the payload.
"""

from __future__ import annotations

import itertools
import mmap
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import google_crc32c
import numpy as np
from numpy.typing import ArrayLike, NDArray

from complexity.errors import InputError, warn
from complexity.regular_files import open_regular, size_of

from .tensor_proto import MOST_LEFT_OUT, parse_example, serialize_example

_LENGTH = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_SHARD = re.compile(r"shard_([0-9]+)\.tfrecord")
SHORTEST = 38  # bytes of the shortest payload with both features
SHOWN = 8  # of a list in a message

Span = tuple[int, int]
Allocate = Callable[[tuple[int, ...], type], NDArray[np.float32]]


def read_shards(folder: Path, allocate: Allocate = np.empty) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """All samples of a folder of shards, in numeric order of the shards.

    What a shard cannot tell: a file that was cut exactly between two records is a whole shard with fewer of them. Where
    it has fewer than the others have, a warning says so; of the last shard, which may be shorter, nothing can be known.

    Parameters
    ----------
    allocate : makes the array of the inputs, of a shape and a type, where it is not to lie in memory.

    Returns
    -------
    inputs : float32, (n, *shape of one sample).
    labels : int32, (n,).

    Raises
    ------
    InputError
        If there is no shard, one is damaged or cut short, the samples differ in shape or would take far more memory
        than the shards have bytes, or an input is not finite.
    """
    shards = find_shards(folder)
    spans = [_record_spans(shard) for shard in shards]
    _warn_of_short_shards(shards, spans)
    total = sum(map(len, spans))
    bytes_of_all = sum(span[-1][1] for span in spans)
    labels = np.empty(total, np.int32)
    inputs: NDArray[np.float32] | None = None
    row = 0
    for shard, places in zip(shards, spans, strict=True):
        for number, (sample, label) in enumerate(_samples(shard, places)):
            place = f"record {number}: inputs"
            if inputs is None:
                _check_total(total * sample.nbytes, bytes_of_all, shard, place)
                inputs = allocate((total, *sample.shape), np.float32)
            elif sample.shape != inputs.shape[1:]:
                raise InputError(
                    "samples of different shapes",
                    file=shard, field=place, expected=inputs.shape[1:], found=sample.shape,
                )  # fmt: skip
            inputs[row], labels[row] = sample, label
            row += 1
    assert inputs is not None  # no shard is empty
    return inputs, labels


def find_shards(folder: Path) -> list[Path]:
    """The files shard_K.tfrecord of a folder, in the order of the numbers K.

    Raises
    ------
    InputError
        If there is none, or two have the same number, as shard_1 and shard_01.
    """
    if not folder.is_dir():
        raise InputError("no such folder of samples", file=folder, expected="shard_0.tfrecord, ...")
    numbered: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        if not (match := _SHARD.fullmatch(path.name)):
            continue
        other = numbered.setdefault(int(match[1]), path)
        if other is not path:
            raise InputError("two shards have the same number", file=path, field=match[1], found=other.name)
    if not numbered:
        raise InputError("no shard of samples", file=folder, expected="shard_0.tfrecord, ...", found="none")
    last = max(numbered)
    absent = last + 1 - len(numbered)
    if absent:
        some = list(itertools.islice((number for number in range(last) if number not in numbered), SHOWN))
        more = f" and {absent - len(some)} more" if absent > len(some) else ""
        warn(f"{folder}: shard {', '.join(map(str, some))}{more} of 0 to {last} is absent")
    return [numbered[number] for number in sorted(numbered)]


def _warn_of_short_shards(shards: Sequence[Path], spans: Sequence[Sequence[Span]]) -> None:
    """Warn of shards, but for the last, with at least two records fewer than others: writers fill them evenly."""
    most = max(map(len, spans))
    short = [shard for shard, places in zip(shards[:-1], spans[:-1], strict=True) if len(places) < most - 1]
    if short:
        counts = ", ".join(f"{len(places)}" for places in spans[:SHOWN])
        text = f"{short[0]}: fewer records than in other shards ({counts}{', ...' if len(spans) > SHOWN else ''})"
        warn(f"{text}: some may have been cut off, which a shard itself does not show")


def _check_total(needed: int, held: int, shard: Path, place: str) -> None:
    """Hold the memory of all samples against the bytes of all shards; some numbers may be left out in the file."""
    if needed > 2 * held + 4 * MOST_LEFT_OUT:
        problem = "the samples are far larger than the files that hold them"
        expected, found = f"at most {2 * held + 4 * MOST_LEFT_OUT} bytes of all samples", f"{needed} bytes"
        raise InputError(problem, file=shard, field=place, expected=expected, found=found)


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
    position = 0
    with open_regular(shard) as file:
        size = size_of(file)
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
            if length < SHORTEST:  # no sample: a file of millions of these ends here
                _sample(shard, f"record {len(spans)}", file.read(length), file.read(_CHECKSUM.size))
            spans.append((start, start + length))
    if not spans:
        raise InputError("the shard is empty", file=shard, expected="at least one record", found="0 bytes")
    return spans


def _cut_short(shard: Path, number: int) -> InputError:
    return InputError("cut short: the file ends inside a record", file=shard, field=f"record {number}")


def _samples(shard: Path, spans: list[Span]) -> Iterator[tuple[NDArray[np.float32], int]]:
    with _mapped(shard) as content:
        for number, (start, end) in enumerate(spans):
            yield _sample(shard, f"record {number}", content[start:end], content[end : end + _CHECKSUM.size])


def _sample(shard: Path, place: str, payload: bytes, checksum: bytes) -> tuple[NDArray[np.float32], int]:
    """The inputs and the label of one record."""
    if masked_crc(payload) != _CHECKSUM.unpack(checksum)[0]:
        raise InputError("damaged: the checksum does not fit", file=shard, field=f"{place}: payload")
    try:
        sample, label = parse_example(payload)
    except InputError as error:
        field = ": ".join(part for part in (place, error.field) if part)
        raise error.replaced(field=field).at(file=shard) from error
    if not np.isfinite(sample).all():
        raise InputError("NaN or infinite inputs", file=shard, field=f"{place}: inputs")
    return sample, label


@contextmanager
def _mapped(shard: Path) -> Iterator[mmap.mmap]:
    with open_regular(shard) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content
