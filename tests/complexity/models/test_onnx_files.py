"""ONNX files that are no model, or none that can be run: one clear error each."""

import numpy as np
import onnx
import pytest
from exported_graphs import RNG, dense_graph, exported, network, weight
from onnx import TensorProto, helper

from complexity import complexity
from complexity.errors import InputError
from complexity.models import adapt

X = RNG.standard_normal((9, 6)).astype(np.float32)


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
