"""Shards of samples: what TensorFlow writes ours reads, the other way round, and no damage goes unseen."""

import struct

import numpy as np
import pytest

from complexity.errors import InputError
from pgdl_eval.formats.tensor_proto import parse_example, serialize_example
from pgdl_eval.formats.tfrecord import find_shards, masked_crc, read_shards, write_records, write_shard


@pytest.fixture
def samples():
    """Seven images and labels."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((7, 4, 5, 3)).astype(np.float32), np.array([0, 9, 2, 2, -1, 127, 128], np.int32)


def read(path):
    """The samples of the one shard in its folder."""
    return read_shards(path.parent)


def field(number, content):
    """A field of bytes in a protocol buffer message."""
    return bytes([number << 3 | 2, len(content)]) + content


def example(**tensors):
    """A `tf.train.Example` of serialized tensors, all shorter than 128 bytes."""
    entries = (field(1, name.encode()) + field(2, field(1, field(1, tensor))) for name, tensor in tensors.items())
    return field(1, b"".join(field(1, entry) for entry in entries))


LABEL = b"\x08\x03\x12\x00" + field(4, struct.pack("<i", 5))  # int32, shape (), 5
PAIR = b"\x08\x01" + field(2, field(2, b"\x08\x02"))  # float32, shape (2,), no content yet


def test_the_checksum_is_masked_crc32c():
    # RFC 3720, B.4: CRC32C of 32 zero bytes is 0x8a9136aa.
    rotated = (0x8A9136AA >> 15) | (0x8A9136AA << 17) & 0xFFFFFFFF
    assert masked_crc(bytes(32)) == (rotated + 0xA282EAD8) % 2**32


@pytest.mark.parametrize("shape", [(), (1,), (3,), (200,), (8, 8, 1), (32, 32, 3), (0,)])
def test_what_is_written_is_read(tmp_path, shape):
    rng = np.random.default_rng(1)
    inputs, labels = rng.standard_normal((6, *shape)).astype(np.float32), rng.integers(-3, 1000, 6).astype(np.int32)
    write_shard(tmp_path / "shard_0.tfrecord", inputs, labels)
    found, found_labels = read_shards(tmp_path)
    np.testing.assert_array_equal(found, inputs, strict=True)
    np.testing.assert_array_equal(found_labels, labels, strict=True)


def test_shards_follow_in_numeric_order(tmp_path):
    for number in range(12):
        write_shard(tmp_path / f"shard_{number}.tfrecord", np.full((2, 1), number), [number, number])
    (tmp_path / ".DS_Store").touch()
    assert [path.name for path in find_shards(tmp_path)] == [f"shard_{number}.tfrecord" for number in range(12)]
    assert read_shards(tmp_path)[1].tolist() == sorted([*range(12), *range(12)])


def test_every_flipped_bit_is_found(tmp_path):
    shard = tmp_path / "shard_0.tfrecord"
    write_shard(shard, np.ones((2, 1)), [3, 4])
    whole = shard.read_bytes()
    for position in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[position // 8] ^= 1 << position % 8
        shard.write_bytes(damaged)
        with pytest.raises(InputError, match=r"shard_0\.tfrecord: record [01].*: (damaged|cut short)"):
            read(shard)


def test_every_cut_inside_a_record_is_found(tmp_path):
    shard = tmp_path / "shard_0.tfrecord"
    write_shard(shard, np.ones((2, 1)), [3, 4])
    whole = shard.read_bytes()
    for length in range(1, len(whole)):
        shard.write_bytes(whole[:length])
        if length == len(whole) // 2:  # the end of the first record
            assert read(shard)[1].tolist() == [3]
            continue
        with pytest.raises(InputError, match=rf"record {2 * length // len(whole)}: cut short: the file ends inside"):
            read(shard)


def test_the_error_of_a_damaged_record_says_which(tmp_path, samples):
    shard = tmp_path / "shard_0.tfrecord"
    write_shard(shard, *samples)
    damaged = bytearray(shard.read_bytes())
    damaged[4 * len(damaged) // 7 + 100] ^= 1
    shard.write_bytes(damaged)
    with pytest.raises(InputError) as caught:
        read(shard)
    assert str(caught.value) == f"{shard}: record 4: payload: damaged: the checksum does not fit"


BAD_RECORDS = {
    "another type of inputs": (
        example(inputs=b"\x08\x02\x12\x00", output=LABEL),
        "record 0: inputs: a tensor of another type (expected float32, found float64)",
    ),
    "another type of label": (
        example(inputs=PAIR, output=b"\x08\x09\x12\x00"),
        "record 0: output: a tensor of another type (expected int32, found int64)",
    ),
    "no label": (
        example(inputs=PAIR),
        "record 0: output: the record lacks a feature (expected inputs, output, found ['inputs'])",
    ),
    "a vector of labels": (
        example(inputs=PAIR, output=b"\x08\x03" + field(2, field(2, b"\x08\x02"))),
        "record 0: output: the label is no scalar (expected shape (), found shape (2,))",
    ),
    "too little content": (
        example(inputs=PAIR + field(4, bytes(7)), output=LABEL),
        "record 0: inputs: the tensor's content does not fill its shape "
        "(expected 2 numbers for shape (2,), found 7 bytes)",
    ),
    "NaN": (
        example(inputs=PAIR + field(4, struct.pack("<2f", 1, np.nan)), output=LABEL),
        "record 0: inputs: NaN or infinite inputs",
    ),
    "something else": (b"no message", "record 0: not a serialized tf.train.Example"),
    "nothing": (
        b"",
        "record 0: inputs: the record lacks a feature (expected inputs, output, found [])",
    ),
}


@pytest.mark.parametrize("case", BAD_RECORDS)
def test_a_record_of_another_kind_is_an_error(tmp_path, case):
    payload, message = BAD_RECORDS[case]
    shard = tmp_path / "shard_0.tfrecord"
    write_records(shard, [payload])
    with pytest.raises(InputError) as caught:
        read(shard)
    assert str(caught.value) == f"{shard}: {message}"


def test_any_cut_of_a_payload_is_an_error(samples):
    payload = serialize_example(samples[0][0], 3)
    for length in range(1, len(payload)):
        with pytest.raises(InputError):
            parse_example(payload[:length])


def test_samples_of_different_shapes_are_an_error(tmp_path):
    shard = tmp_path / "shard_3.tfrecord"
    write_records(shard, [serialize_example(np.zeros(size, np.float32), 0) for size in (2, 3)])
    with (
        pytest.warns(match="shard 0, 1, 2 of 0 to 3 is absent"),
        pytest.raises(InputError, match=r"record 1: inputs: samples of different shapes \(expected \(2,\), found \(3,"),
    ):
        read(shard)


def test_an_empty_shard_is_an_error(tmp_path, samples):
    write_shard(tmp_path / "shard_0.tfrecord", *samples)
    (tmp_path / "shard_1.tfrecord").touch()
    with pytest.raises(InputError, match=r"shard_1\.tfrecord: the shard is empty \(expected at least one record"):
        read_shards(tmp_path)


def test_inputs_and_labels_must_match_to_be_written(tmp_path):
    with pytest.raises(InputError, match=r"do not match \(expected labels of shape \(3,\), found \(2,\)\)"):
        write_shard(tmp_path / "shard_0.tfrecord", np.zeros((3, 2)), [0, 1])


def test_numbers_outside_tensor_content_are_read():
    floats = field(5, struct.pack("<f", 2.5))  # packed; TensorFlow leaves out repetitions of the last number
    inputs, label = parse_example(example(output=b"\x08\x03\x12\x00\x3a\x01\x07", inputs=PAIR + floats))
    assert (inputs.tolist(), label) == ([2.5, 2.5], 7)
    unpacked = b"\x2d" + struct.pack("<f", 1) + b"\x2d" + struct.pack("<f", 2)
    minus_one = b"\x38" + b"\xff" * 9 + b"\x01"
    inputs, label = parse_example(example(inputs=PAIR + unpacked, output=b"\x08\x03\x12\x00" + minus_one))
    assert (inputs.tolist(), label) == ([1, 2], -1)
    inputs, label = parse_example(example(inputs=PAIR, output=b"\x08\x03\x12\x00"))
    assert (inputs.tolist(), label) == ([0, 0], 0)


def tensorflow_reads(tf, paths):
    """What the kit's own way of reading gives."""
    features = {name: tf.io.FixedLenFeature([], tf.string) for name in ("inputs", "output")}

    def parse(record):
        parsed = tf.io.parse_single_example(record, features)
        return tf.io.parse_tensor(parsed["inputs"], tf.float32), tf.io.parse_tensor(parsed["output"], tf.int32)

    pairs = list(tf.data.TFRecordDataset([str(path) for path in paths]).map(parse).as_numpy_iterator())
    return np.stack([x for x, _ in pairs]), np.stack([y for _, y in pairs])


def test_tensorflow_reads_what_is_written(tmp_path, samples):
    tf = pytest.importorskip("tensorflow")
    write_shard(tmp_path / "shard_0.tfrecord", *samples)
    for ours, theirs in zip(samples, tensorflow_reads(tf, [tmp_path / "shard_0.tfrecord"]), strict=True):
        np.testing.assert_array_equal(theirs, ours, strict=True)


@pytest.mark.parametrize("order", [("inputs", "output"), ("output", "inputs")])
def test_what_tensorflow_writes_is_read(tmp_path, samples, order):
    tf = pytest.importorskip("tensorflow")
    path = tmp_path / "shard_0.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for x, y in zip(*samples, strict=True):
            tensors = {"inputs": tf.io.serialize_tensor(x).numpy(), "output": tf.io.serialize_tensor(y).numpy()}
            record = tf.train.Example()
            for name in order:
                record.features.feature[name].bytes_list.value.append(tensors[name])
            writer.write(record.SerializeToString())
    for ours, theirs in zip(read(path), samples, strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


@pytest.mark.parametrize("values", [[1.5, 1.5, 1.5], [0, 0, 0], [1, 2, 2], [-0.0, 3, 1]])
@pytest.mark.parametrize("label", [0, 3, -1, 2**31 - 1])
def test_tensorflows_other_encodings_are_read(values, label):
    tf = pytest.importorskip("tensorflow")
    proto = tf.make_tensor_proto(tf.constant(values, tf.float32))
    compressed = type(proto)(dtype=proto.dtype, tensor_shape=proto.tensor_shape)
    kept = len(values) - (values[-1] == values[-2]) if any(values) else 0
    compressed.float_val.extend(values[:kept])
    scalar = tf.make_tensor_proto(np.int32(label)).SerializeToString()
    for encoded in (proto, compressed):
        inputs, found = parse_example(example(inputs=encoded.SerializeToString(), output=scalar))
        np.testing.assert_array_equal(inputs, tf.make_ndarray(encoded), strict=True)
        assert (inputs.tolist(), found) == (values, label)


def test_a_record_is_byte_for_byte_that_of_tensorflow(samples):
    tf = pytest.importorskip("tensorflow")
    x, y = samples[0][0], samples[1][0]
    record = tf.train.Example()
    for name, value in (("inputs", x), ("output", y)):
        record.features.feature[name].bytes_list.value.append(tf.io.serialize_tensor(value).numpy())
    assert serialize_example(x, int(y)) == record.SerializeToString(deterministic=True)


def test_the_competitions_own_shards_are_read_as_tensorflow_reads_them(shared_data):
    tf = pytest.importorskip("tensorflow")
    for part, count in (("train", 200), ("test", 100)):
        folder = shared_data / "pgdl" / "sample_data" / "toy_data" / "dataset_1" / part
        theirs = tensorflow_reads(tf, sorted(folder.glob("*.tfrecord")))
        for array, expected in zip(read_shards(folder), theirs, strict=True):
            np.testing.assert_array_equal(array, expected, strict=True)
            assert len(array) == count


def test_of_two_shards_of_one_number_none_is_dropped(tmp_path):
    for name in ("shard_1", "shard_01"):
        write_shard(tmp_path / f"{name}.tfrecord", np.zeros((1, 2)), [0])
    with pytest.raises(InputError, match=r"shard_1\.tfrecord: 1: two shards have the same number \(found shard_01\."):
        find_shards(tmp_path)


def test_a_large_number_of_a_shard_takes_no_time(tmp_path):
    write_shard(tmp_path / "shard_1000000000.tfrecord", np.zeros((1, 2)), [0])
    with pytest.warns(match="shard 0, 1, 2, 3, 4, 5, 6, 7 and 999999992 more of 0 to 1000000000 is absent"):
        assert len(find_shards(tmp_path)) == 1


@pytest.mark.parametrize("counts", [(5, 5, 5), (5, 4, 5), (5, 5, 1), (3,)])
def test_shards_of_even_length_are_whole_as_far_as_can_be_known(tmp_path, counts):
    for number, count in enumerate(counts):
        write_shard(tmp_path / f"shard_{number}.tfrecord", np.zeros((count, 2)), [0] * count)
    assert len(read_shards(tmp_path)[0]) == sum(counts)


def test_a_shard_that_was_cut_between_records_is_told_by_the_others(tmp_path):
    for number in range(3):
        write_shard(tmp_path / f"shard_{number}.tfrecord", np.zeros((6, 2)), [0] * 6)
    cut = tmp_path / "shard_1.tfrecord"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    with pytest.warns(
        match=r"shard_1\.tfrecord: fewer records than in other shards \(6, 3, 6\): some may have been cut"
    ):
        assert len(read_shards(tmp_path)[0]) == 15


def test_numbers_that_are_left_out_are_bounded_over_all_records(tmp_path):
    pair = b"\x08\x01" + field(2, field(2, b"\x08\x80\x80\x40"))  # 2^20 zeros, none of them in the file
    write_records(tmp_path / "shard_0.tfrecord", [example(inputs=pair, output=LABEL)])
    assert read_shards(tmp_path)[0].shape == (1, 2**20)
    write_records(tmp_path / "shard_0.tfrecord", [example(inputs=pair, output=LABEL)] * 9)
    with pytest.raises(InputError, match="record 0: inputs: the samples are far larger than the files that hold them"):
        read_shards(tmp_path)
