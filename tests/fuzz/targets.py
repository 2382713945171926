"""What is fuzzed: good inputs of each reader, how they are changed, and what a value must be equal to."""

from __future__ import annotations

import importlib.util
import json
import struct
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from fuzz.mutators import changed_bytes, changed_json, changed_message


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes
    ----------
    file : the name of the file that it reads.
    seeds : good inputs.
    change : makes another input of one.
    read : reads the file; what it gives is handed to `compare`.
    compare : given the value and the bytes, raises an AssertionError where a reference reader gives another value.
    """

    file: str
    seeds: Callable[[], list[bytes]]
    change: Callable[[bytes, Random], bytes]
    read: Callable[[Path], Any]
    compare: Callable[[Any, bytes], None] = lambda value, data: None


LAYERS: list[dict[str, Any]] = [
    {
        "layer_name": "Conv2D",
        "filters": 4,
        "kernel_size": [3, 3],
        "padding": "same",
        "activation": "relu",
        "strides": 2,
    },
    {"layer_name": "BatchNormalization", "axis": [3], "epsilon": 1e-3, "scale": False},
    {"layer_name": "MaxPooling2D", "pool_size": 2, "data_format": "channels_last"},
    {"layer_name": "Flatten"},
    {"layer_name": "Dropout", "rate": 0.5, "seed": 3},
    {"layer_name": "Dense", "units": 3.0, "activation": "softmax", "name": "last", "use_bias": True},
]
CONFIG = {"model_config": LAYERS, "input_shape": [8, 8, 2]}


def _configs() -> list[bytes]:
    plain = {"model_config": [{"layer_name": "Dense", "units": 2}], "input_shape": [4]}
    return [json.dumps(one).encode() for one in (CONFIG, plain)]


def _read_config(path: Path) -> Any:
    from pgdl_eval.formats.architecture import read_model_config

    config = read_model_config(path)
    return config, config.multiply_adds()


def _references() -> list[bytes]:
    grid = [(a, b) for a in (1, 2) for b in ("x", "y")]
    models = {
        str(number): {
            "hparams": {
                "a": {"possible_values": [1, 2], "current_value": a},
                "b": {"possible_values": ["x", "y"], "current_value": b},
            },
            "metrics": {"train_acc": 1.0, "test_acc": 0.1 * number},
        }
        for number, (a, b) in enumerate(grid)
    }
    return [json.dumps(models).encode()]


def _read_reference(path: Path) -> Any:
    from pgdl_eval.formats.reference import check_grid, read_reference

    reference = read_reference(path)
    check_grid(reference)
    return reference


def _compare_reference(reference: Any, data: bytes) -> None:
    content = json.loads(data)
    accuracies = [[one["metrics"][name] for one in content.values()] for name in ("train_acc", "test_acc")]
    assert [reference.train_accuracy.tolist(), reference.test_accuracy.tolist()] == accuracies
    assert all(0 <= value <= 1 for one in accuracies for value in one)


def _predictions() -> list[bytes]:
    return [b'{"model_0": 0.5, "model_1": 3, "model_2": -1e-3}', b'{"model_0": 1, "model_1": "EXCEEDED", "model_2": 2}']


def _read_predictions(path: Path) -> Any:
    from complexity.errors import InputError
    from pgdl_eval.formats.predictions import read_predictions, read_values

    with suppress(InputError):
        read_predictions(path, ["model_0", "model_1", "model_2"])
    return read_values(path)


def _compare_predictions(values: Any, data: bytes) -> None:
    assert values == json.loads(data)


def _payloads() -> list[bytes]:
    from pgdl_eval.formats.tensor_proto import serialize_example

    rng = np.random.default_rng(0)
    found = [serialize_example(rng.random(shape).astype(np.float32), 7) for shape in ((3,), (2, 2, 1), ())]
    # The same numbers in the other encodings: float_val, packed and not, and int_val.
    pair = b"\x08\x01\x12\x04\x12\x02\x08\x02"
    label = b"\x08\x03\x12\x00"
    for numbers in (b"\x2a\x08" + struct.pack("<2f", 1, 2), b"\x2d" + struct.pack("<f", 1), b""):
        for number in (b"\x3a\x01\x07", b"\x38\x07", b""):
            entries = [(b"inputs", pair + numbers), (b"output", label + number)]
            found.append(_field(1, b"".join(_field(1, _entry(*one)) for one in entries)))
    return found


def _entry(name: bytes, tensor: bytes) -> bytes:
    return _field(1, name) + _field(2, _field(1, _field(1, tensor)))


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def _read_payload(path: Path) -> Any:
    from pgdl_eval.formats.tensor_proto import parse_example

    return parse_example(path.read_bytes())


@cache
def _tensorflow() -> Any:
    """TensorFlow, or None where it is not installed."""
    if importlib.util.find_spec("tensorflow") is None:
        return None
    import tensorflow

    return tensorflow


def _compare_payload(value: Any, data: bytes) -> None:
    """TensorFlow's own reader must give the same numbers."""
    tf = _tensorflow()
    if tf is None:
        return
    features = tf.train.Example.FromString(data).features.feature
    for name, ours, kind in (("inputs", value[0], tf.float32), ("output", np.int32(value[1]), tf.int32)):
        (serialized,) = features[name].bytes_list.value
        theirs = tf.io.parse_tensor(serialized, kind).numpy()
        np.testing.assert_array_equal(np.asarray(ours), theirs, strict=True)


def _shards() -> list[bytes]:
    return [_shard(_payloads()[:1] * 2), _shard(_payloads()[2:3])]


def _shard(payloads: list[bytes]) -> bytes:
    from pgdl_eval.formats.tfrecord import masked_crc

    found = []
    for payload in payloads:
        length = struct.pack("<Q", len(payload))
        found += [length, struct.pack("<I", masked_crc(length)), payload, struct.pack("<I", masked_crc(payload))]
    return b"".join(found)


def _changed_shard(data: bytes, rng: Random) -> bytes:
    """Changed bytes, or whole records of changed payloads."""
    if rng.random() < 0.3:
        return changed_bytes(data, rng)
    payloads = [rng.choice(_payloads()) for _ in range(rng.randrange(1, 4))]
    chosen = rng.randrange(len(payloads))
    payloads[chosen] = changed_message(payloads[chosen], rng)
    return _shard(payloads)


def _read_shard(path: Path) -> Any:
    from pgdl_eval.formats.tfrecord import read_shards

    return read_shards(path.parent)


def _compare_shard(value: Any, data: bytes) -> None:
    """TensorFlow must find as many records with the same numbers."""
    place, number = 0, 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        payload = data[place + 12 : place + 12 + length]
        _compare_payload((value[0][number], int(value[1][number])), payload)
        place, number = place + length + 16, number + 1
    assert number == len(value[1])


@cache
def _weight_files() -> list[bytes]:
    import tempfile

    import h5py

    from pgdl_eval.formats.architecture import parse_model_config
    from pgdl_eval.formats.task_writer import write_model_weights

    config = parse_model_config(CONFIG)
    rng = np.random.default_rng(1)
    arrays = [rng.random(shape).astype(np.float32) for layer in config.weight_shapes() for shape in layer.values()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "weights.hdf5")
        write_model_weights(path, config, arrays)
        fixed = path.read_bytes()
        with h5py.File(path, "r+") as file:  # with texts of variable length, as newer versions of Keras write them
            for group, name in ((file, "layer_names"), (file["last"], "weight_names")):
                names = [one.decode() for one in group.attrs[name]]
                del group.attrs[name]
                group.attrs.create(name, names, dtype=h5py.string_dtype())
            file.create_group("top_level_model_weights").attrs["weight_names"] = np.array([], "S1")
        return [fixed, path.read_bytes()]


def _changed_weights(data: bytes, rng: Random) -> bytes:
    """HDF5's own structures lie in a few places among long runs of zeros: those are changed more often."""
    found = bytearray(data)
    filled = _filled(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        place = rng.choice(filled)
        if rng.random() < 0.7:
            found[place] = rng.choice((0, 1, 127, 128, 255, found[place] ^ 1 << rng.randrange(8)))
        else:
            size = rng.choice((1, 2, 4, 8))
            found[place : place + size] = rng.choice((0, 1, 8, 96, 2**31, 2**63, 2**64 - 1)).to_bytes(8, "little")[
                :size
            ]
    return bytes(found) if rng.random() > 0.03 else changed_bytes(data, rng)


@cache
def _filled(data: bytes) -> list[int]:
    return [place for place, one in enumerate(data) if one]


def _read_weights(path: Path) -> Any:
    from pgdl_eval.formats.weights import read_weights

    return read_weights(path)


def _compare_weights(layers: Any, data: bytes) -> None:
    """h5py's own reading of the arrays."""
    import tempfile

    import h5py

    with tempfile.TemporaryDirectory(prefix="fuzz.") as folder:
        path = Path(folder, "weights.hdf5")
        path.write_bytes(data)
        _compare_with_h5py(layers, h5py.File(path, "r"))
    assert sum(array.nbytes for layer in layers for array in layer.arrays) <= 2 * len(data)


def _compare_with_h5py(layers: Any, opened: Any) -> None:
    with opened as file:
        for layer in layers:
            for name, array in zip(layer.names, layer.arrays, strict=True):
                with np.errstate(over="ignore"):
                    np.testing.assert_array_equal(array, file[layer.layer][name][()].astype(np.float32))


@cache
def _graphs() -> list[bytes]:
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(2)
    arrays = [("kernel", (3, 2)), ("bias", (2,)), ("more", (2, 2))]
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["inputs", "kernel", "bias"], ["hidden"], name="dense"),
            helper.make_node("Relu", ["hidden"], ["active"]),
            helper.make_node("MatMul", ["active", "more"], ["outputs"]),
        ],
        "graph",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, [None, 3])],
        [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(rng.random(shape).astype(np.float32), name) for name, shape in arrays],
    )
    found = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    opsets = [helper.make_opsetid("", 17)]
    nodes = [helper.make_node("Tanh", ["x"], ["y"])]
    with_function = type(found).FromString(found.SerializeToString())
    with_function.functions.append(helper.make_function("com.microsoft", "f", ["x"], ["y"], nodes, opsets))
    with_function.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    with_function.graph.node[1].op_type, with_function.graph.node[1].domain = "f", "com.microsoft"
    return [found.SerializeToString(), with_function.SerializeToString()]


def _read_graph(path: Path) -> Any:
    from complexity.models.onnx_files import read_model
    from complexity.models.onnx_graph import Graph

    return Graph(read_model(str(path)))


TARGETS: dict[str, Target] = {
    "config": Target("config.json", _configs, changed_json, _read_config),
    "model_configs": Target("model_configs.json", _references, changed_json, _read_reference, _compare_reference),
    "predict": Target("t.predict", _predictions, changed_json, _read_predictions, _compare_predictions),
    "example": Target("payload", _payloads, changed_message, _read_payload, _compare_payload),
    "tfrecord": Target("shard_0.tfrecord", _shards, _changed_shard, _read_shard, _compare_shard),
    "weights": Target("weights.hdf5", _weight_files, _changed_weights, _read_weights, _compare_weights),
    "onnx": Target("model.onnx", _graphs, changed_message, _read_graph),
}


def read_quietly(target: Target, path: Path) -> Any:
    """What the target reads; its warnings are not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return target.read(path)
