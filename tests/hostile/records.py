"""Bad shards: records and the messages in them."""

from __future__ import annotations

import struct

from hostile.cases import FILES, content, stored

KIND = "shards"
SAMPLE = "shard_0.tfrecord"

stored(KIND, "tf_content_as_varint.tfrecord", SAMPLE, "record 0", "not a serialized tf.train.Example")
stored(KIND, "tf_float_val_3bytes.tfrecord", SAMPLE, "record 0: inputs", "half a number")
stored(KIND, "tf_shape_0x2_31_1x100.tfrecord", SAMPLE, "record 0: inputs", "without an end")
stored(KIND, "tf_shape_bomb_500M_no_values.tfrecord", SAMPLE, "record 0: inputs", "does not fill its shape")


def field(number: int, data: bytes) -> bytes:
    """A field of bytes of a message."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """A whole number as messages have it."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def example(inputs: bytes, output: bytes) -> bytes:
    """The payload of a record."""
    pairs = ((b"inputs", inputs), (b"output", output))
    return field(1, b"".join(field(1, field(1, name) + field(2, field(1, field(1, one)))) for name, one in pairs))


def shape(*sides: int) -> bytes:
    """A tensor's shape as a field of it."""
    return field(2, b"".join(field(2, b"\x08" + varint(side)) for side in sides))


LABEL = b"\x08\x03\x12\x00" + field(4, struct.pack("<i", 5))
PAIR = b"\x08\x01" + shape(2) + field(4, bytes(8))


def records(*payloads: bytes) -> bytes:
    """A shard of these payloads."""
    from pgdl_eval.formats.tfrecord import masked_crc

    found = []
    for payload in payloads:
        length = struct.pack("<Q", len(payload))
        found += [length, struct.pack("<I", masked_crc(length)), payload, struct.pack("<I", masked_crc(payload))]
    return b"".join(found)


def record(name: str, payload: bytes, *words: str) -> None:
    """A shard of one record."""
    content(KIND, name, lambda: records(payload), SAMPLE, "record 0", *words)


for file in ("example_tuple_expected.bin", "example_buffer_size.bin"):
    record(f"the payload {file}", (FILES / file).read_bytes())
record("nothing in a record", b"", "inputs", "lacks a feature")
record("no message", b"no message", "not a serialized")
record("no label", field(1, field(1, field(1, b"inputs") + field(2, field(1, field(1, PAIR))))), "output", "lacks")
record("a feature twice", example(PAIR, LABEL) + example(PAIR, LABEL), "twice")
record("float64", example(b"\x08\x02" + shape(2) + field(4, bytes(16)), LABEL), "inputs", "another type")
record("a label of int64", example(PAIR, b"\x08\x09\x12\x00"), "output", "another type")
record("a vector of labels", example(PAIR, b"\x08\x03" + shape(2)), "output", "no scalar")
record("a label of 4 x 10^9 in shape", example(PAIR, b"\x08\x03" + shape(2**16, 2**14)), "output", "no scalar")
# Found by the fuzzer: the label's content under the number of another field made it 0.
record(
    "a label under another field",
    example(PAIR, b"\x08\x03\x12\x00" + field(12, bytes([7, 0, 0, 0]))),
    "output",
    "another type",
)
record("a label beyond 32 bits", example(PAIR, b"\x08\x03\x12\x00\x38" + varint(2**40)), "output", "32 bits")
record("two numbers for a label", example(PAIR, b"\x08\x03\x12\x00\x38\x01\x38\x02"), "output", "fill its shape")
record("a million numbers for a label", example(PAIR, b"\x08\x03\x12\x00" + field(7, b"\x01" * 10**6)), "output")
record("a side of 2^40", example(b"\x08\x01" + shape(2**40), LABEL), "inputs", "unknown shape")
record("a side of -1", example(b"\x08\x01" + shape(2**64 - 1), LABEL), "inputs", "unknown shape")
record("20 axes", example(b"\x08\x01" + shape(*[1] * 20), LABEL), "inputs", "unknown shape")
record("100,000 axes", example(b"\x08\x01" + shape(*[1] * 100_000), LABEL), "not a serialized")
record("a shape of unknown rank", example(b"\x08\x01" + field(2, b"\x18\x01"), LABEL), "inputs", "unknown shape")
record("more content than the shape", example(b"\x08\x01" + shape(1) + field(4, bytes(8)), LABEL), "inputs", "fill")
record("less content than the shape", example(b"\x08\x01" + shape(3) + field(4, bytes(8)), LABEL), "inputs", "fill")
record("NaN", example(b"\x08\x01" + shape(1) + field(4, struct.pack("<f", float("nan"))), LABEL), "inputs", "NaN")
record("infinity", example(b"\x08\x01" + shape(1) + field(4, struct.pack("<f", float("inf"))), LABEL), "NaN")
record("a varint of 11 bytes", b"\x08" + b"\xff" * 11, "not a serialized")
record("a group", b"\x0b\x0c", "not a serialized")
record("a field of number 0", b"\x02\x00", "not a serialized")
record("a length past the end", b"\x0a\x7f", "not a serialized")
# Found by the fuzzer: TensorFlow drops an entry with a field that entries do not have.
LABEL_ENTRY = field(1, b"output") + field(2, field(1, field(1, LABEL))) + field(4, b"more")
record("an unknown field in an entry", field(1, field(1, LABEL_ENTRY)), "not a serialized")
record("a million fields", example(PAIR, LABEL) + b"\x10\x01" * 10**6, "not a serialized")
record("a name that is no UTF-8", field(1, field(1, field(1, b"\xff") + field(2, b""))), "not a serialized")
FLOATS = b"".join(field(1, field(1, name) + field(2, field(2, b""))) for name in (b"inputs", b"output"))
record("a list of floats", field(1, FLOATS), "not one bytes feature")

content(KIND, "an empty file", b"", SAMPLE, "empty")
content(KIND, "half a length", b"\x01\x02", SAMPLE, "cut short")
content(KIND, "a flipped bit", lambda: _flipped(records(example(PAIR, LABEL))), SAMPLE, "checksum")
content(KIND, "an incomplete last record", lambda: records(example(PAIR, LABEL))[:-2], SAMPLE, "cut short")
content(KIND, "a length of 2^63", lambda: _length(2**63), SAMPLE, "cut short")
content(KIND, "a million empty records", lambda: records(b"") * 10**6, SAMPLE, "record 0")
content(KIND, "samples of two shapes", lambda: records(example(PAIR, LABEL), example(b"\x08\x01" + shape(1), LABEL)),
        SAMPLE, "record 1: inputs", "different shapes")  # fmt: skip
content(KIND, "10,000 records of 4 million numbers left out",
        lambda: records(example(b"\x08\x01" + shape(2**22), LABEL)) * 10_000, SAMPLE, "far larger")  # fmt: skip
content(KIND, "text", "shard " * 100, SAMPLE, "checksum")


def _flipped(whole: bytes) -> bytes:
    return whole[:40] + bytes([whole[40] ^ 4]) + whole[41:]


def _length(value: int) -> bytes:
    from pgdl_eval.formats.tfrecord import masked_crc

    head = struct.pack("<Q", value)
    return head + struct.pack("<I", masked_crc(head))
