"""ONNX graphs: exported ones give what their framework gives; every other form of the same operators too."""

import numpy as np
import onnx
import pytest
from exported_graphs import NETWORKS, RNG, dense_graph, exported, network, weight
from onnx import TensorProto, helper, numpy_helper
from reference_angle import reference

from baselines.vc_dimension import complexity as vc_dimension
from complexity import complexity, layers
from complexity.errors import InputError, InputWarning
from complexity.models import adapt

EQUAL = 1e-5  # of the largest value


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
    for layer in ("features", "logits", "first layer"):
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
    for layer in ("features", "logits", "first layer"):
        assert_equal(graph.values_at(layer, samples), wanted.values_at(layer, samples))
    assert_equal(graph.first_layer(samples), wanted.first_layer(samples))


def test_paths_bytes_and_protos_are_the_same_model(tmp_path):
    module, samples = network("mlp")
    path = exported(module, samples, tmp_path / "m.onnx")
    values = {float(complexity(one, samples)) for one in (path, str(path), path.read_bytes(), onnx.load(path))}
    assert len(values) == 1


# Graphs written by hand.


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


def test_gradients_are_not_to_be_had():
    from baselines.jacobian_norm import complexity as jacobian_norm

    with pytest.raises(InputError, match="no gradients here"):
        jacobian_norm(dense_graph(), X)
