"""ONNX models as they are handed over: files, bytes or a `ModelProto`, checked before anything is run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.inliner
from google.protobuf.message import DecodeError

from ..errors import InputError

DOMAINS = ("", "ai.onnx", "com.microsoft")  # operators that ONNX Runtime brings by itself
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
        if path is not None:
            _load_external(model, path)
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
        _check(model)
    except InputError as error:
        raise (error.at(file=path) if path is not None else error) from error.__cause__
    return model


def name_of(source: Any, model: Any) -> str:
    """How messages call a model: the name of its file, else that of its graph."""
    return Path(source).name if isinstance(source, (str, os.PathLike)) else model.graph.name or "the graph"


def _bytes_of(path: Path) -> bytes:
    if not path.exists():
        raise InputError("no such file")
    if not path.is_file():
        raise InputError("not a regular file")
    _check_memory(path.stat().st_size)
    return path.read_bytes()


def _check_memory(size: int) -> None:
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if size > available // 3:  # the file, its message, and ONNX Runtime's own copy of the weights
        expected = f"at most a third of the {available / 1e9:.1f} GB of free memory"
        raise InputError("the model is too large", expected=expected, found=f"{size / 1e9:.1f} GB")


def _parsed(content: bytes) -> Any:
    try:
        model = onnx.ModelProto.FromString(content)
    except DecodeError as error:
        raise InputError("not an ONNX model, or cut off", found=f"{len(content)} bytes") from error
    if not model.graph.node:
        raise InputError("not an ONNX model: no graph with operators", found=f"{len(content)} bytes")
    return model


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
        size += 4 * int(np.prod(tensor.dims, dtype=np.float64))
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
        if node.domain not in DOMAINS:
            problem = f"a custom operator: ONNX Runtime has no {node.domain}.{node.op_type}"
            raise InputError(problem, field=where, expected="operators of ONNX itself")
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise InputError(f"not a valid ONNX model: {str(error).strip().splitlines()[0]}") from error
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise InputError("weights are NaN or infinite", field=tensor.name)
