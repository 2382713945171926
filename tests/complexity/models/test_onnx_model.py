"""ONNX graphs: exported ones give what their framework gives; every other form of the same operators too."""

import logging
import warnings

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from reference_angle import reference
from torch import nn

from baselines.vc_dimension import complexity as vc_dimension
from complexity import complexity, layers
from complexity.errors import InputError, InputWarning
from complexity.models import adapt

EQUAL = 1e-5  # of the largest value
RNG = np.random.default_rng(0)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.second, self.head = nn.Conv2d(8, 8, 3, padding=1), nn.Linear(8, 5)

    def forward(self, x):
        hidden = torch.relu(self.norm(self.first(x)))
        return torch.softmax(self.head((hidden + torch.relu(self.second(hidden))).mean((2, 3))), -1)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.embed, self.head = nn.Linear(6, 16), nn.Linear(16, 4)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x)).mean(1))


def vgg():
    blocks = [nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU()]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(32, 9), nn.ReLU(), nn.Linear(9, 5))


NETWORKS = {
    "mlp": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(48, 16), nn.ReLU(), nn.Linear(16, 5)), (3, 4, 4)),
    "vgg": (vgg, (3, 10, 10)),
    "residual": (Residual, (3, 8, 8)),
    "encoder": (Encoder, (5, 6)),
    "convolutional head": (
        lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 5, 1), nn.AdaptiveAvgPool2d(1)),
        (3, 6, 6),
    ),
}


def network(name):
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    return make().eval(), RNG.standard_normal((7, *shape)).astype(np.float32)


def exported(module, samples, path, *, dynamo=False, fixed=None):
    """The file of a module exported with batches of any size, or of a fixed one."""
    given = torch.from_numpy(samples if fixed is None else samples[:fixed])
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            shapes = None if fixed else ({0: torch.export.Dim("n")},)
            torch.onnx.export(module, (given,), path, dynamo=True, dynamic_shapes=shapes, verbose=False)
        else:
            axes = None if fixed else {"x": {0: "n"}}
            torch.onnx.export(module, (given,), path, dynamo=False, input_names=["x"], dynamic_axes=axes)
    return path


def assert_equal(found, wanted):
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= EQUAL * np.abs(wanted).max()


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_an_exported_network_gives_what_pytorch_gives(tmp_path, name, dynamo):
    if dynamo:
        pytest.importorskip("onnxscript")
    module, samples = network(name)
    graph, wanted = adapt(exported(module, samples, tmp_path / "m.onnx", dynamo=dynamo)), adapt(module)
    for layer in ("features", "logits"):
        assert_equal(graph.values_at(layer, samples), wanted.values_at(layer, samples))
    assert sorted(k.size for k in graph.kernels()) == sorted(k.size for k in wanted.kernels())
    assert vc_dimension(tmp_path / "m.onnx", samples) == vc_dimension(module, samples)
    angle = complexity(tmp_path / "m.onnx", samples)
    assert angle == pytest.approx(complexity(module, samples), abs=1e-4)
    assert angle.details["layer_kind"] in ("Gemm", "Conv")


@pytest.mark.parametrize("fixed", [1, 2, 5])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_graph_that_takes_batches_of_one_size_gets_such(tmp_path, name, fixed):
    module, samples = network(name)
    graph, wanted = adapt(exported(module, samples, tmp_path / "m.onnx", fixed=fixed)), adapt(module)
    for layer in ("features", "logits"):
        assert_equal(graph.values_at(layer, samples), wanted.values_at(layer, samples))
    assert_equal(graph.first_layer(samples), wanted.first_layer(samples))


def test_paths_bytes_and_protos_are_the_same_model(tmp_path):
    module, samples = network("mlp")
    path = exported(module, samples, tmp_path / "m.onnx")
    values = {float(complexity(one, samples)) for one in (path, str(path), path.read_bytes(), onnx.load(path))}
    assert len(values) == 1


# Graphs written by hand.


def dense_graph(nodes=(), initializers=(), *, outputs=("y",), inputs=None, opset=17, functions=(), **more):
    """x (n, 6) -> relu(x A) B = y (n, 3), with more operators and tensors."""
    own = {"A": weight(6, 4), "B": weight(4, 3), **dict(initializers)}
    basic = [
        helper.make_node("MatMul", ["x", "A"], ["h"], name="hidden"),
        helper.make_node("Relu", ["h"], ["r"], name="relu"),
        helper.make_node("MatMul", ["r", "B"], ["y"], name="head"),
    ]
    graph = helper.make_graph(
        [*basic, *nodes],
        "by hand",
        inputs or [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 6])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", "k"]) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in own.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), *functions], ir_version=8, **more)


def weight(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


X = RNG.standard_normal((9, 6)).astype(np.float32)
HIDDEN = np.maximum(X @ weight(6, 4), 0)
LOGITS = HIDDEN @ weight(4, 3)


def test_the_angle_is_that_of_numpy():
    assert complexity(dense_graph(), X) == pytest.approx(reference(HIDDEN, X), abs=1e-4)


def test_a_softmax_at_the_end_is_left_out_through_reshaping():
    nodes = [
        helper.make_node("Softmax", ["y"], ["s"]),
        helper.make_node("Clip", ["s", "low"], ["c"]),
        helper.make_node("Identity", ["c"], ["p"]),
    ]
    graph = adapt(dense_graph(nodes, {"low": np.float32(1e-7)}, outputs=["p"]))
    assert_equal(graph.logits(X), LOGITS)
    assert_equal(graph.features(X), HIDDEN)


def test_of_several_outputs_one_is_picked():
    model = dense_graph([helper.make_node("Tanh", ["h"], ["t"])], outputs=["y", "t"])
    with pytest.raises(InputError, match=r"several outputs; .* output=NAME .*y .*, t "):
        adapt(model)
    assert_equal(adapt(model, "y").features(X), HIDDEN)
    assert_equal(adapt(model, 1).features(X), X)


def test_layers_are_listed_and_taken_by_name():
    listed = layers(dense_graph(), X)
    assert [(one.name, one.kind, one.default) for one in listed] == [
        ("hidden", "MatMul", False),
        ("relu", "Relu", False),
        ("head", "MatMul", True),
    ]
    graph = adapt(dense_graph())
    assert_equal(graph.values_at("relu", X), X @ weight(6, 4))
    assert_equal(graph.values_at("relu:output", X), HIDDEN)
    with pytest.raises(InputError, match="did you mean hidden"):
        graph.values_at("hiden", X)


def test_a_product_of_data_with_data_or_of_shapes_is_no_layer():
    nodes = [
        helper.make_node("Transpose", ["y"], ["yt"], perm=[1, 0]),
        helper.make_node("MatMul", ["yt", "y"], ["gram"]),
        helper.make_node("MatMul", ["y", "gram"], ["z"]),
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Cast", ["s"], ["sf"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["sf", "C"], ["c"]),
        helper.make_node("Add", ["z", "c"], ["out"]),
    ]
    graph = adapt(dense_graph(nodes, {"C": weight(2, 3)}, outputs=["out"]))
    assert graph.look("features", X).place.layer == "head"
    assert_equal(graph.features(X), HIDDEN)


def test_weights_that_act_after_the_last_layer_are_named():
    nodes = [helper.make_node("Mul", ["y", "C"], ["z"], name="scaled")]
    fine = adapt(dense_graph(nodes, {"C": weight(1, 3)}, outputs=["z"]))
    assert fine.look("features", X).details["acts_after_layer"] == ["C"]
    nodes = [helper.make_node("Einsum", ["y", "C", "y"], ["z"], equation="ni,ij,nj->n", name="form")]
    graph = adapt(dense_graph(nodes, {"C": weight(3, 3)}, outputs=["z"]))
    assert_equal(graph.features(X), LOGITS)
    nodes = [helper.make_node("LSTM", ["steps", "W", "R"], ["z"], hidden_size=2, name="lstm")]
    nodes = [helper.make_node("Unsqueeze", ["y", "zero"], ["steps"]), *nodes]
    own = {"zero": np.array([0]), "W": weight(1, 8, 3), "R": weight(1, 8, 2)}
    graph = adapt(dense_graph(nodes, own, outputs=["z"]))
    with pytest.raises(InputError, match=r"weights act after or beside head, .*: [WR], [WR]; name the layer"):
        graph.features(X)
    assert [kernel.shape for kernel in graph.kernels()[-2:]] == [(1, 8, 3), (1, 8, 2)]


def test_a_graph_whose_output_depends_on_the_batch_is_told():
    nodes = [helper.make_node("ReduceMean", ["y"], ["m"], axes=[0]), helper.make_node("Sub", ["y", "m"], ["out"])]
    with pytest.warns(InputWarning, match="depends on the other samples of a batch"):
        complexity(dense_graph(nodes, outputs=["out"]), X)


def test_a_random_graph_is_told():
    nodes = [helper.make_node("RandomNormalLike", ["y"], ["e"]), helper.make_node("Add", ["y", "e"], ["out"])]
    with pytest.warns(InputWarning, match="the network is random"):
        complexity(dense_graph(nodes, outputs=["out"]), X)


def test_samples_on_another_axis_are_put_back():
    nodes = [
        helper.make_node("Transpose", ["y"], ["yt"], perm=[1, 0]),
        helper.make_node("MatMul", ["C", "yt"], ["zt"], name="last"),
        helper.make_node("Transpose", ["zt"], ["z"], perm=[1, 0]),
    ]
    graph = adapt(dense_graph(nodes, {"C": weight(2, 3)}, outputs=["z"]))
    assert_equal(graph.features(X), LOGITS)


def test_weights_stored_as_constants_or_computed_from_such():
    nodes = [
        helper.make_node("Constant", [], ["K"], value=numpy_helper.from_array(weight(2, 3), "K")),
        helper.make_node("Transpose", ["K"], ["Kt"], perm=[1, 0]),
        helper.make_node("MatMul", ["y", "Kt"], ["z"], name="last"),
    ]
    graph = adapt(dense_graph(nodes, outputs=["z"]))
    assert_equal(graph.features(X), LOGITS)
    assert_equal(graph.kernels()[-1], weight(2, 3).T)
    assert len(graph.weights()) == 3


def test_quantized_and_dequantized_weights():
    stored = np.round(weight(3, 2) * 20).astype(np.int8)
    nodes = [
        helper.make_node("DequantizeLinear", ["Q", "scale", "zero"], ["W"]),
        helper.make_node("MatMul", ["y", "W"], ["z"], name="last"),
    ]
    graph = adapt(dense_graph(nodes, {"Q": stored, "scale": np.float32(0.05), "zero": np.int8(3)}, outputs=["z"]))
    assert_equal(graph.kernels()[-1], (stored - np.float32(3)) * np.float32(0.05))
    assert_equal(graph.features(X), LOGITS)


def test_a_dynamically_quantized_layer_has_its_features_before_rounding():
    stored = np.round(weight(3, 2) * 20).astype(np.int8)
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["y"], ["q", "qs", "qz"]),
        helper.make_node("MatMulInteger", ["q", "Q", "qz", "zero"], ["i"], name="last"),
        helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["qs", "scale"], ["both"]),
        helper.make_node("Mul", ["f", "both"], ["z"]),
    ]
    extra = {"Q": stored, "scale": np.float32(0.05), "zero": np.int8(1)}
    graph = adapt(dense_graph(nodes, extra, outputs=["z"]))
    assert_equal(graph.features(X), LOGITS)
    assert_equal(graph.kernels()[-1], (stored - np.float32(1)) * np.float32(0.05))
    with pytest.raises(InputError, match="units of its own"):
        graph.values_at("last:output", X)


def test_a_layer_of_quantized_operators_has_its_features_as_floats():
    stored = np.round(weight(3, 2) * 20).astype(np.int8)
    names = ["q", "ys", "yz", "Q", "scale", "zero", "zs", "zz"]
    nodes = [
        helper.make_node("QuantizeLinear", ["y", "ys", "yz"], ["q"]),
        helper.make_node("QLinearMatMul", names, ["zq"], name="last"),
        helper.make_node("DequantizeLinear", ["zq", "zs", "zz"], ["z"]),
    ]
    extra = {
        "ys": np.float32(0.05), "yz": np.uint8(128), "Q": stored, "scale": np.float32(0.05), "zero": np.int8(0),
        "zs": np.float32(0.1), "zz": np.uint8(128),
    }  # fmt: skip
    graph = adapt(dense_graph(nodes, extra, outputs=["z"]))
    rounded = (np.clip(np.rint(LOGITS / np.float32(0.05)) + 128, 0, 255) - 128) * np.float32(0.05)
    assert_equal(graph.features(X), rounded)
    assert_equal(graph.kernels()[-1], stored * np.float32(0.05))


def test_several_inputs_are_taken_as_a_dict_or_tuple():
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 6]) for name in ("x", "other")]
    nodes = [helper.make_node("MatMul", ["other", "A"], ["o"]), helper.make_node("Add", ["h", "o"], ["sum"])]
    nodes += [helper.make_node("MatMul", ["sum", "B"], ["z"], name="last")]
    model = dense_graph(nodes, inputs=inputs, outputs=["z"])
    for samples in ({"other": X[::-1], "x": X}, (X, X[::-1])):
        assert_equal(adapt(model).features(samples), X @ weight(6, 4) + X[::-1] @ weight(6, 4))
    with pytest.raises(InputError, match=r"other inputs than the samples \(expected x, other, found 1 a sample\)"):
        complexity(model, X)


def test_images_with_channels_last_are_moved_to_a_graph_with_channels_first(tmp_path):
    module, samples = network("vgg")
    path = exported(module, samples, tmp_path / "m.onnx")
    with pytest.warns(InputWarning, match="takes channels first"):
        found = adapt(path).features(np.moveaxis(samples, 1, -1))
    assert_equal(found, adapt(module).features(samples))


# What cannot be read.


def test_files_that_are_no_model(tmp_path):
    module, samples = network("mlp")
    whole = exported(module, samples, tmp_path / "whole.onnx").read_bytes()
    for content, message in (
        (whole[: len(whole) // 2], "not an ONNX model, or cut off"),
        (b"", "no graph with operators"),
        (b"\x89PNG\r\n\x1a\n" * 40, "not an ONNX model"),
    ):
        path = tmp_path / "bad.onnx"
        path.write_bytes(content)
        with pytest.raises(InputError, match=message) as caught:
            complexity(path, samples)
        assert "bad.onnx" in str(caught.value)
    for path, message in ((tmp_path / "none.onnx", "no such file"), (tmp_path, "a path is no model")):
        with pytest.raises(InputError, match=message):
            complexity(path, samples)


def test_a_model_larger_than_memory_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(10**13)  # a sparse file
    with pytest.raises(InputError, match=r"huge.onnx: .*too large .* found 10000.0 GB"):
        complexity(path, X)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (dense_graph(opset=999), "operator set that the installed onnx does not know"),
        (
            dense_graph(
                [helper.make_node("Sparkle", ["y"], ["z"], domain="my.own", name="sparkle")],
                outputs=["z"],
                functions=[helper.make_opsetid("my.own", 1)],
            ),
            r"sparkle: a custom operator: ONNX Runtime has no my.own.Sparkle",
        ),
        (dense_graph([helper.make_node("Nonsense", ["y"], ["z"])], outputs=["z"]), "not a valid ONNX model"),
        (dense_graph(initializers={"B": np.full((4, 3), np.nan, np.float32)}), "B: weights are NaN or infinite"),
        (dense_graph(initializers={"B": np.full((4, 3), np.inf, np.float32)}), "B: weights are NaN or infinite"),
        (dense_graph(initializers={"B": weight(5, 3)}), "not take the graph|not take these inputs"),
    ],
)
def test_models_that_cannot_be_run(model, message):
    with pytest.raises(InputError, match=message):
        complexity(model, X)


def test_a_graph_without_a_layer():
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "none",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "k"])],
    )
    with pytest.raises(InputError, match="no Gemm, MatMul or Conv"):
        adapt(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))


def test_loops_over_data_are_refused():
    branch = helper.make_graph(
        [helper.make_node("Identity", ["y"], ["b"])], "b", [], [helper.make_tensor_value_info("b", 1, ["n", "k"])]
    )
    nodes = [
        helper.make_node("ReduceSum", ["y"], ["t"], keepdims=0),
        helper.make_node("Cast", ["t"], ["condition"], to=TensorProto.BOOL),
        helper.make_node("If", ["condition"], ["z"], then_branch=branch, else_branch=branch, name="choice"),
    ]
    with pytest.raises(InputError, match=r"choice: a graph with branches or loops over data is not read \(If\)"):
        adapt(dense_graph(nodes, outputs=["z"]))


def test_samples_that_do_not_fit():
    with pytest.raises(
        InputError, match=r"does not take these inputs \(expected samples of shape \(6,\), found \(5,\)"
    ):
        complexity(dense_graph(), X[:, :5])


def test_weights_in_other_files(tmp_path):
    module, samples = network("mlp")
    model = onnx.load(exported(module, samples, tmp_path / "whole.onnx"))
    inside = tmp_path / "inside.onnx"
    onnx.save_model(
        onnx.ModelProto.FromString(model.SerializeToString()), inside, save_as_external_data=True, location="w.bin",
        size_threshold=0,
    )  # fmt: skip
    assert complexity(inside, samples) == complexity(tmp_path / "whole.onnx", samples)
    outside = onnx.load(inside, load_external_data=False)
    secret = tmp_path.parent / "w.bin"
    secret.write_bytes((tmp_path / "w.bin").read_bytes())
    (tmp_path / "link.bin").symlink_to(secret)
    for location in ("../w.bin", str(secret), "link.bin"):
        for tensor in outside.graph.initializer:
            next(entry for entry in tensor.external_data if entry.key == "location").value = location
        (tmp_path / "outside.onnx").write_bytes(outside.SerializeToString())
        with pytest.raises(InputError, match=r"outside.onnx: .*outside the model's own folder"):
            complexity(tmp_path / "outside.onnx", samples)
    (tmp_path / "w.bin").unlink()
    with pytest.raises(InputError, match="a file of weights is missing"):
        complexity(inside, samples)


def test_gradients_are_not_to_be_had():
    from baselines.jacobian_norm import complexity as jacobian_norm

    with pytest.raises(InputError, match="no gradients here"):
        jacobian_norm(dense_graph(), X)
