"""Bad ONNX files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hostile.cases import Read, bad, content, reader

KIND, FILE = "ONNX", "model.onnx"


def model() -> Any:
    """A good model: one dense layer."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    kernel = numpy_helper.from_array(np.ones((3, 2), np.float32), "kernel")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["inputs", "kernel"], ["outputs"], name="dense")],
        "graph",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, [None, 3])],
        [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, [None, 2])],
        [kernel],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def graph(name: str, *words: str) -> Callable[[Callable[[Any, Path], None]], None]:
    """A file that a function spoils: it is given the good model, and the folder."""

    def note(spoil: Callable[[Any, Path], None]) -> None:
        def make(folder: Path) -> Read:
            one = model()
            spoil(one, folder)
            (folder / FILE).write_bytes(one.SerializeToString())
            return reader(KIND, folder / FILE)

        bad(KIND, name, FILE, *words)(make)

    return note


def external(tensor: Any, **entries: str) -> None:
    """Say that a tensor's numbers lie in another file."""
    tensor.ClearField("raw_data")
    tensor.data_location = 1
    for key, value in entries.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value


@graph("weights in a file above", "kernel", "outside the model's own folder")
def _(one: Any, folder: Path) -> None:
    external(one.graph.initializer[0], location="../secret")


@graph("weights in /etc/passwd", "kernel", "outside the model's own folder")
def _(one: Any, folder: Path) -> None:
    external(one.graph.initializer[0], location="/etc/passwd")


@graph("weights behind a link out of the folder", "kernel", "outside the model's own folder")
def _(one: Any, folder: Path) -> None:
    (folder / "inside").symlink_to("/etc/passwd")
    external(one.graph.initializer[0], location="inside")


@graph("weights in a pipe", "kernel", "a file of weights is missing")
def _(one: Any, folder: Path) -> None:
    import os

    os.mkfifo(folder / "pipe")
    external(one.graph.initializer[0], location="pipe")


@graph("weights that are missing", "kernel", "missing")
def _(one: Any, folder: Path) -> None:
    external(one.graph.initializer[0], location="nowhere")


@graph("10^9 weights in a file of 4 bytes", "kernel", "smaller than the shape needs")
def _(one: Any, folder: Path) -> None:
    (folder / "small").write_bytes(bytes(4))
    external(one.graph.initializer[0], location="small")
    one.graph.initializer[0].dims[:] = [10**5, 10**4]


@graph("weights from the middle of nowhere", "")
def _(one: Any, folder: Path) -> None:
    (folder / "small").write_bytes(bytes(24))
    external(one.graph.initializer[0], location="small", offset="100", length="1000000000000")


@graph("10^18 weights in 24 bytes", "kernel", "does not fill the shape")
def _(one: Any, folder: Path) -> None:
    one.graph.initializer[0].dims[:] = [10**9, 10**9]


@graph("10^6 weights in 24 bytes", "kernel", "does not fill the shape")
def _(one: Any, folder: Path) -> None:
    one.graph.initializer[0].dims[:] = [10**3, 10**3]


@graph("a side of -3", "kernel", "unknown shape")
def _(one: Any, folder: Path) -> None:
    one.graph.initializer[0].dims[:] = [-3, -2]


@graph("a sparse tensor of 10^18 numbers", "memory")
def _(one: Any, folder: Path) -> None:
    sparse = one.graph.sparse_initializer.add()
    sparse.dims[:] = [10**9, 10**9]
    sparse.values.name = "more"


@graph("NaN weights", "kernel", "NaN or infinite")
def _(one: Any, folder: Path) -> None:
    import numpy as np

    one.graph.initializer[0].raw_data = np.full(6, np.nan, np.float32).tobytes()


@graph("functions that double 40 times", "too many operators")
def _(one: Any, folder: Path) -> None:
    from onnx import helper

    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    for number in range(40):
        inner = ("Relu", "") if number == 0 else (f"f{number - 1}", "own")
        nodes = [helper.make_node(inner[0], [a], [b], domain=inner[1]) for a, b in (("x", "y"), ("y", "z"))]
        one.functions.append(helper.make_function("own", f"f{number}", ["x"], ["z"], nodes, opsets))
    one.opset_import.append(helper.make_opsetid("own", 1))
    one.graph.node.append(helper.make_node("f39", ["outputs"], ["more"], domain="own"))


@graph("a function that calls itself", "without an end")
def _(one: Any, folder: Path) -> None:
    from onnx import helper

    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    nodes = [helper.make_node("f", ["x"], ["y"], domain="own")]
    one.functions.append(helper.make_function("own", "f", ["x"], ["y"], nodes, opsets))
    one.opset_import.append(helper.make_opsetid("own", 1))
    one.graph.node.append(helper.make_node("f", ["outputs"], ["more"], domain="own"))


@graph("an operator of one's own", "a custom operator")
def _(one: Any, folder: Path) -> None:
    one.graph.node[0].domain = "evil"


@graph("an operator's name with an escape", "control characters", r"\x1b")
def _(one: Any, folder: Path) -> None:
    one.graph.node[0].name = "\x1b[2Jdense"


@graph("an unknown set of operators", "opset_import")
def _(one: Any, folder: Path) -> None:
    one.opset_import[0].version = 10**6


@graph("an operator whose input is missing", "not a valid ONNX model")
def _(one: Any, folder: Path) -> None:
    one.graph.node[0].input[0] = "nowhere"


@graph("a graph that is a circle", "not a valid ONNX model")
def _(one: Any, folder: Path) -> None:
    one.graph.node[0].input[0] = "outputs"


# Found by the fuzzer: a bare KeyError, and a ValidationError of the step that puts functions in their places.
@graph("a tensor of an unknown type", "not a valid ONNX model")
def _(one: Any, folder: Path) -> None:
    one.graph.initializer[0].data_type = 0


@graph("a function twice", "not a valid ONNX model", "same implementation")
def _(one: Any, folder: Path) -> None:
    from onnx import helper

    opsets = [helper.make_opsetid("", 17)]
    for _ in range(2):
        nodes = [helper.make_node("Tanh", ["x"], ["y"])]
        one.functions.append(helper.make_function("com.microsoft", "f", ["x"], ["y"], nodes, opsets))
    one.opset_import.append(helper.make_opsetid("com.microsoft", 1))


content(KIND, "nothing", b"", FILE, "not an ONNX model")
content(KIND, "text", b"weights" * 1000, FILE, "not an ONNX model")
content(KIND, "cut off", lambda: model().SerializeToString()[:-20], FILE, "not an ONNX model")
content(KIND, "a name that is no UTF-8", lambda: model().SerializeToString().replace(b"dense", b"\xff\xfe\xfd\xfc\xfb"),
        FILE)  # fmt: skip
content(KIND, "graphs in graphs, 1,000 deep", lambda: _nested(1000), FILE, "not an ONNX model")


def _nested(depth: int) -> bytes:
    """A message in which a graph lies in an attribute of an operator of a graph, and so on."""
    from hostile.records import field

    inner = b""
    for _ in range(depth):
        inner = field(1, field(5, field(6, inner)))
    return field(7, inner)


@graph("an operator's domain with a line break", "graph.node", "control characters", r"com.micr\nosoft")
def _(one: Any, folder: Path) -> None:
    one.graph.node[0].domain = "com.micr\nosoft"
