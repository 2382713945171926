"""ONNX models as they are handed over: files, bytes or a `ModelProto`, checked before anything is run."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.inliner
from google.protobuf.message import DecodeError

from ..errors import InputError, check_printable, first_line
from ..regular_files import open_regular, size_of

MOST_OPERATORS, DEEPEST = 100_000, 64  # of a graph without functions; of functions that call functions
CLASSICAL = "ai.onnx.ml"  # trees, labels and the like
DOMAINS = ("", "ai.onnx", "com.microsoft", CLASSICAL)  # operators that ONNX Runtime brings by itself
# What onnx and protobuf raise for damaged messages; text that is no UTF-8 comes as bytes, or as a ValueError.
REFUSALS = (
    *(OverflowError, RuntimeError, TypeError, AttributeError, KeyError, ValueError),
    *(DecodeError, onnx.checker.ValidationError),
)
CONTROL = ("If", "Loop", "Scan")


def read_model(source: Any) -> Any:
    """The checked `ModelProto` of a file's path, of bytes, or of a `ModelProto`, weights in it.

    Raises
    ------
    InputError
        For what is no ONNX model or damaged, of an unknown operator set, with operators that ONNX Runtime lacks,
        with data outside the model's own folder, larger than memory, or with weights that are not finite.
    """
    path = Path(source) if isinstance(source, (str, os.PathLike)) else None
    try:
        model = source if isinstance(source, onnx.ModelProto) else _parsed(source if path is None else _bytes_of(path))
        _check_sizes(model)
        if path is not None:
            _load_external(model, path)
        if model.functions:
            _check_functions(model)
            model = onnx.inliner.inline_local_functions(model)
        _check(model)
    except InputError as error:
        raise (error.at(file=path) if path is not None else error) from error.__cause__
    except REFUSALS as error:
        raise InputError(f"not a valid ONNX model: {first_line(error)}", file=path) from error
    return model


def name_of(source: Any, model: Any) -> str:
    """How messages call a model: the name of its file, else that of its graph."""
    return Path(source).name if isinstance(source, (str, os.PathLike)) else model.graph.name or "the graph"


def _bytes_of(path: Path) -> bytes:
    if not path.exists():
        raise InputError("no such file")
    with open_regular(path) as file:
        size = size_of(file)
        _check_memory(size)
        return file.read(size)


def _check_memory(size: int) -> None:
    available = _free_memory()
    if size > available // 3:  # the file, its message, and ONNX Runtime's own copy of the weights
        expected = f"at most a third of the {available / 1e9:.1f} GB of free memory"
        raise InputError("the model is too large", expected=expected, found=f"{size / 1e9:.1f} GB")


def _free_memory() -> int:
    """Bytes that a process can still have, what the system only keeps of files included where it says so."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _parsed(content: bytes) -> Any:
    try:
        model = onnx.ModelProto.FromString(content)
    except DecodeError as error:
        raise InputError("not an ONNX model, or cut off", found=f"{len(content)} bytes") from error
    if not model.graph.node:
        raise InputError("not an ONNX model: no graph with operators", found=f"{len(content)} bytes")
    return model


def _check_sizes(model: Any) -> None:
    """Hold tensors against the bytes that they come with: those of a message, of their type, and of memory."""
    total = 0
    for tensor in _tensors(model.graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:  # held against its file when that is read
            continue
        total += _size(tensor.dims, tensor.name)
        if tensor.HasField("raw_data"):
            kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
            needed, held = _size(tensor.dims, tensor.name) * kind.itemsize, len(tensor.raw_data)
            if (needed > 2 * held and kind.itemsize > 1) or needed > 8 * held:  # several small numbers share a byte
                problem = "the content does not fill the shape"
                raise InputError(problem, field=tensor.name, expected=f"{needed} bytes", found=f"{held} bytes")
    for sparse in model.graph.sparse_initializer:
        total += _size(sparse.dims, sparse.values.name)
    _check_memory(4 * total)


def _size(dims: Any, name: str) -> int:
    """How many numbers a tensor has."""
    if any(side < 0 for side in dims):
        raise InputError("a tensor of unknown shape", field=name, found=list(dims))
    return math.prod(dims)


def _tensors(graph: Any) -> Iterator[Any]:
    """Stored tensors, and those in attributes of operators."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _check_functions(model: Any) -> None:
    """Hold what functions that call functions become, all put in their places, against a bound."""
    bodies = {(one.domain, one.name): [(node.domain, node.op_type) for node in one.node] for one in model.functions}
    sizes: dict[tuple[str, str], int] = {}

    def size(call: tuple[str, str], above: tuple[tuple[str, str], ...]) -> int:
        if call not in bodies:
            return 1
        if call in above or len(above) > DEEPEST:
            raise InputError("functions that call each other without an end", field=call[1])
        if call not in sizes:
            sizes[call] = sum(size(inner, (*above, call)) for inner in bodies[call])
        return sizes[call]

    total = sum(size((node.domain, node.op_type), ()) for node in model.graph.node)
    if total > MOST_OPERATORS:
        problem = "too many operators, once functions are put in their places"
        raise InputError(problem, field="functions", expected=f"at most {MOST_OPERATORS}", found=total)


def _load_external(model: Any, path: Path) -> None:
    """Read weights that are kept in other files of the model's folder."""
    folder = path.resolve().parent
    size = 0
    for tensor in model.graph.initializer:
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
        file = (folder / location).resolve()
        if not location or folder not in file.parents:
            problem = "weights outside the model's own folder are not read"
            raise InputError(problem, field=tensor.name, expected=f"a file in {folder}", found=repr(location))
        if not file.is_file():
            raise InputError("a file of weights is missing", field=tensor.name, expected=str(file))
        kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        needed = _size(tensor.dims, tensor.name) * kind.itemsize
        if needed > 8 * file.stat().st_size:
            problem, found = "the file of weights is smaller than the shape needs", f"{file.stat().st_size} bytes"
            raise InputError(problem, field=tensor.name, expected=f"{needed} bytes", found=found)
        size += needed
    _check_memory(size)
    try:
        onnx.load_external_data_for_model(model, str(folder))
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise InputError(f"weights in another file cannot be read: {error}") from error


def _check(model: Any) -> None:
    newest = onnx.defs.onnx_opset_version()
    for opset in model.opset_import:
        if opset.domain in ("", "ai.onnx") and not 0 < opset.version <= newest:
            problem = "an operator set that the installed onnx does not know"
            raise InputError(problem, field="opset_import", expected=f"at most {newest}", found=opset.version)
    for node in model.graph.node:
        where = node.name or next(iter(node.output), "")
        for name in (node.name, node.domain, node.op_type, *node.input, *node.output):
            if not isinstance(name, str):
                raise InputError("a name that is no text", field="graph.node", expected="UTF-8", found=repr(name))
            check_printable(name, "graph.node")
        if node.domain not in DOMAINS:
            problem = f"a custom operator: ONNX Runtime has no {node.domain}.{node.op_type}"
            raise InputError(problem, field=where, expected="operators of ONNX itself")
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise InputError(f"not a valid ONNX model: {first_line(error)}") from error
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise InputError("weights are NaN or infinite", field=tensor.name)
