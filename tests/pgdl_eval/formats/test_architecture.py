"""config.json: what is taken, what is translated, and what is an error that names its place."""

import json

import pytest

from complexity.errors import InputError
from pgdl_eval.formats.architecture import (
    LayerConfig,
    ModelConfig,
    parse_model_config,
    read_model_config,
    write_model_config,
)


@pytest.fixture
def read(tmp_path):
    """Read a configuration with these layers, given as (name, arguments)."""

    def from_layers(*layers, input_shape=(8, 8, 3)):
        path = tmp_path / "config.json"
        content = [{"layer_name": kind, **arguments} for kind, arguments in layers]
        path.write_text(json.dumps({"model_config": content, "input_shape": list(input_shape)}))
        return read_model_config(path)

    return from_layers


def dense(**arguments):
    return "Dense", {"units": 4, **arguments}


def conv(**arguments):
    return "Conv2D", {"filters": 6, "kernel_size": [3, 3], **arguments}


def shapes(config):
    """The shapes of all weights, layer by layer."""
    return [list(layer.values()) for layer in config.weight_shapes()]


def test_the_competitions_own_file_is_read(shared_data):
    config = read_model_config(shared_data / "pgdl" / "sample_data" / "toy_data" / "model_0" / "config.json")
    layers = LayerConfig("Dense", {"activation": "relu", "units": 64}), LayerConfig("Dense", {"units": 2})
    assert config == ModelConfig((3,), layers)
    assert config.weight_shapes() == [{"kernel": (3, 64), "bias": (64,)}, {"kernel": (64, 2), "bias": (2,)}]


def test_floats_that_mean_whole_numbers_are_such_also_in_lists(read):
    config = read(
        conv(filters=6.0, kernel_size=[3.0, 3], strides=2.0), ("Flatten", {}), dense(units=4.0), input_shape=(8.0, 8, 3)
    )
    assert config == read(conv(strides=[2, 2]), ("Flatten", {}), dense())
    first = config.layers[0].arguments
    numbers = (*config.input_shape, first["filters"], *first["kernel_size"], *first["strides"])
    assert {type(number) for number in numbers} == {int}


def test_arguments_of_older_keras_versions_are_translated(read):
    older = [
        ("Conv2D", {"batch_input_shape": [None, 8, 8, 3], "filters": 6, "kernel_size": 3, "dtype": "float32"}),
        ("BatchNormalization", {"axis": [3], "fused": True, "renorm": False, "virtual_batch_size": None}),
        ("Flatten", {"data_format": "channels_last", "batch_input_shape": None}),
    ]
    layers = [dict(layer.arguments) for layer in read(*older).layers]
    assert layers == [{"filters": 6, "kernel_size": (3, 3)}, {"axis": 3}, {"data_format": "channels_last"}]


def test_what_only_matters_to_training_is_read_past(read):
    arguments = {
        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
        "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.001}},
        "bias_constraint": None,
        "activity_regularizer": None,
    }
    assert read(dense(**arguments)) == read(dense())


def test_a_configuration_survives_writing(read, tmp_path):
    config = read(
        conv(padding="SAME", dilation_rate=2, groups=3, use_bias=False, name="first"),
        ("BatchNormalization", {"epsilon": 1e-5, "momentum": 0.9}),
        ("ReLU", {"max_value": 6}),
        ("MaxPooling2D", {"strides": None}),
        ("Dropout", {"rate": 0.25, "seed": 3}),
        ("GlobalAveragePooling2D", {"keepdims": True}),
        ("Flatten", {}),
        dense(activation=None, trainable=False),
        ("Activation", {"activation": "softmax"}),
    )
    write_model_config(tmp_path / "again.json", config)
    assert read_model_config(tmp_path / "again.json") == config


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([conv(), ("Flatten", {}), dense()], [[(3, 3, 3, 6), (6,)], [], [(216, 4), (4,)]]),
        ([conv(padding="same", strides=3), ("Flatten", {}), dense()], [[(3, 3, 3, 6), (6,)], [], [(54, 4), (4,)]]),
        ([conv(groups=3, dilation_rate=[3, 1]), ("Flatten", {}), dense()], [[(3, 3, 1, 6), (6,)], [], [(72, 4), (4,)]]),
        ([("MaxPooling2D", {"pool_size": 3}), ("Flatten", {}), dense()], [[], [], [(12, 4), (4,)]]),
        (
            [("AveragePooling2D", {"padding": "same", "strides": 3}), ("Flatten", {}), dense()],
            [[], [], [(27, 4), (4,)]],
        ),
        ([("GlobalAveragePooling2D", {}), dense(use_bias=False)], [[], [(3, 4)]]),
        ([("BatchNormalization", {"scale": False, "axis": 1}), dense()], [[(8,)] * 3, [(3, 4), (4,)]]),
    ],
)
def test_shapes_of_weights_follow_from_the_layers(read, layers, expected):
    assert shapes(read(*layers)) == expected


ERRORS = [
    ([("Lambda", {})], "model_config[0].layer_name: unknown layer (expected one of Dense, Conv2D, MaxPooling2D, "
     "AveragePooling2D, GlobalAveragePooling2D, Flatten, Dropout, BatchNormalization, Activation, ReLU, "
     "found 'Lambda')"),
    ([dense(), ("dense", {"units": 3})], "model_config[1].layer_name: unknown layer; did you mean 'Dense'?"),
    ([("Dense", {"unit": 3})], "model_config[0].unit: unknown argument of Dense; did you mean 'units'?"),
    ([("Dense", {})], "model_config[0].units: Dense lacks an argument"),
    ([("Conv2D", {"filters": 3})], "model_config[0].kernel_size: Conv2D lacks an argument"),
    ([dense(units=2.5)], "model_config[0].units: a value that is not supported "
     "(expected a positive whole number, found 2.5)"),
    ([dense(units=True)], "model_config[0].units: a value that is not supported "
     "(expected a positive whole number, found true)"),
    ([dense(units="64")], "model_config[0].units: a value that is not supported "
     '(expected a positive whole number, found "64")'),
    ([conv(kernel_size=[3, 3, 3])], "model_config[0].kernel_size: a value that is not supported "
     "(expected one or two positive whole numbers, found [3, 3, 3])"),
    ([conv(data_format="channels_first")], "model_config[0].data_format: a value that is not supported "
     '(expected one of channels_last, found "channels_first")'),
    ([dense(activation={"class_name": "function"})], "model_config[0].activation: a value that is not supported"),
    ([dense(use_bias=1)], "model_config[0].use_bias: a value that is not supported (expected true or false, found 1)"),
    ([dense(dtype="float16")], "model_config[0].dtype: a value that is not supported "
     '(expected "float32" or null, found "float16")'),
    ([("BatchNormalization", {"renorm": True})], "model_config[0].renorm: a value that is not supported "
     "(expected false or null, found true)"),
    ([("Dropout", {"rate": 1.5})], "model_config[0].rate: a value that is not supported "
     "(expected a number in [0, 1], found 1.5)"),
    ([dense(name="a/b")], "model_config[0].name: a value that is not supported"),
    ([dense(name="a"), dense(name="a")], "model_config: two layers have the same name (found a)"),
    ([conv(batch_input_shape=[None, 9, 8, 3])], "model_config[0].batch_input_shape: another shape than input_shape "
     "(expected (8, 8, 3), found (9, 8, 3))"),
    ([("Flatten", {}), ("MaxPooling2D", {})], "model_config[1] (MaxPooling2D): the layer does not fit its input "
     "(expected an input (height, width, channels), found (192,))"),
    ([("MaxPooling2D", {"pool_size": 8}), conv()], "model_config[1] (Conv2D): the layer does not fit its input "
     "(expected a window no larger than the image (1, 1), found (3, 3))"),
    ([conv(groups=2)], "model_config[0] (Conv2D): the layer does not fit its input "
     "(expected groups that divide channels and filters, found 2 for 3 channels, 6 filters)"),
    ([conv(strides=2, dilation_rate=2)], "model_config[0] (Conv2D): the layer does not fit its input "
     "(expected strides or dilation_rate of 1, found (2, 2) and (2, 2))"),
    ([("BatchNormalization", {"axis": 0})], "model_config[0] (BatchNormalization): the layer does not fit its input "
     "(expected an axis of the input, other than that of the batch, found axis 0)"),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "message"), ERRORS)
def test_what_is_not_supported_is_an_error_that_names_its_place(read, tmp_path, layers, message):
    with pytest.raises(InputError) as caught:
        read(*layers)
    assert str(caught.value).startswith(f"{tmp_path / 'config.json'}: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"model_config": [', "no JSON: "),
        ("[]", "model_config: the entry is missing or no list (expected a list, found None)"),
        ('{"model_config": [], "input_shape": [3]}', "model_config: the entry is missing or no list"),
        ('{"model_config": [3], "input_shape": [3]}', "model_config[0].layer_name: unknown layer"),
        ('{"model_config": [{"layer_name": "Flatten"}], "input_shape": [0]}', "input_shape: a value that is not supp"),
        ('{"model_config": [{"layer_name": "Flatten"}], "input_shape": [NaN]}', "input_shape[0]: no finite number"),
        ('{"model_config": [{"layer_name": "Dropout", "rate": NaN}], "input_shape": [3]}', "model_config[0].rate: "),
        ('{"input_shape": [3], "input_shape": [4]}', "input_shape: the entry stands there twice"),
    ],
)
def test_a_malformed_file_is_an_error(tmp_path, text, message):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_model_config(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(InputError) as caught:
        read_model_config(tmp_path / "config.json")
    assert str(caught.value) == f"{tmp_path / 'config.json'}: the file cannot be read: No such file or directory"


def test_multiply_adds_of_a_sample():
    convolution = {"layer_name": "Conv2D", "filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}
    layers = [convolution, {"layer_name": "BatchNormalization"}, {"layer_name": "Flatten"}]
    config = parse_model_config(
        {"model_config": [*layers, {"layer_name": "Dense", "units": 5}], "input_shape": [8, 8, 3]}
    )
    assert config.multiply_adds() == 3 * 3 * 3 * 4 * (4 * 4) + 4 * 4 * 4 * 5
