"""Arrays of every kind as NumPy arrays."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

ONE_LENGTH = "one length for all samples; pad them, as tokenizers do by padding=True"
MAX_DENSE_BYTES = 2**30  # a sparse array is made dense up to this size


def is_array(value: Any) -> bool:
    """Whether something is an array of any library, with at least one axis; tables and images count."""
    if isinstance(value, (str, bytes, list, tuple, dict, type)):
        return False
    if getattr(value, "is_nested", False):  # of PyTorch; it has no shape
        return True
    shape = getattr(value, "shape", None)
    if shape is None:
        return hasattr(value, "__array_interface__") or (hasattr(value, "__array__") and not hasattr(value, "numpy"))
    try:
        return len(shape) > 0
    except (TypeError, ValueError):  # a tensor of unknown rank
        return False


def is_number(value: Any) -> bool:
    """Whether something is one number: of Python, of NumPy, or a tensor without axes."""
    return isinstance(value, (numbers.Number, np.generic)) or getattr(value, "shape", None) == ()


def as_array(value: Any, field: str) -> NDArray[Any]:
    """A NumPy array of an array, tensor (on any device), table, image, number or nested list.

    Integers stay integers; bfloat16, which NumPy lacks, becomes float32; sparse arrays become dense.

    Raises
    ------
    InputError
        For masked arrays, lists of different lengths, tensors without data and sparse arrays of more than 1 GiB.
    """
    if isinstance(value, np.ma.MaskedArray):
        expected = "an ordinary array, such as array.filled(0)"
        raise InputError("a masked array: what its masked entries count as is unknown", field=field, expected=expected)
    if isinstance(value, Mapping):
        names = ", ".join(map(str, value))
        raise InputError("a dict where one array belongs", field=field, expected="one array", found=f"keys {names}")
    if isinstance(value, (list, tuple)) and any(hasattr(part, "shape") for part in value):
        value = _stacked([as_array(part, field) for part in value], field)
    try:
        array = np.asarray(_on_the_host(value, field))
    except InputError:
        raise
    except (TypeError, ValueError, RuntimeError) as error:
        if "inhomogeneous" in str(error):  # of NumPy
            raise InputError("lists differ in length", field=field, expected=ONE_LENGTH) from error
        raise InputError(f"cannot be read as an array: {error}", field=field, found=type(value).__name__) from error
    if array.dtype.kind == "V" and array.dtype.name.startswith(("bfloat16", "float8", "float4", "float6")):
        return array.astype(np.float32)
    return _unboxed(array) if array.dtype.kind == "O" else _native(array)


def _stacked(arrays: list[NDArray[Any]], field: str) -> NDArray[Any]:
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        raise InputError("samples differ in shape", field=field, expected="one shape", found=shapes)
    return np.stack(arrays)


def _on_the_host(value: Any, field: str) -> Any:
    """What NumPy can read: dense, in this process's memory, without a gradient."""
    if hasattr(value, "to_numpy"):
        return value.to_numpy()
    if hasattr(value, "dense_shape") and hasattr(value, "indices"):  # of TensorFlow
        shape = tuple(int(side) for side in value.dense_shape)
        values = np.asarray(value.values)
        dense = np.zeros(_small(shape, values.dtype.itemsize, field), values.dtype)
        dense[tuple(np.asarray(value.indices).T)] = values
        return dense
    if hasattr(value, "toarray") and hasattr(value, "nnz"):  # of SciPy
        _small(value.shape, value.dtype.itemsize, field)
        return value.toarray()
    return _torch_tensor(value, field) if hasattr(value, "detach") else value


def _torch_tensor(tensor: Any, field: str) -> Any:
    if getattr(tensor, "is_meta", False):
        raise InputError("a tensor on the device 'meta' holds no data", field=field, expected="a tensor with data")
    if getattr(tensor, "is_nested", False):
        expected = "one shape for all samples, such as tensor.to_padded_tensor(0)"
        raise InputError("a nested tensor", field=field, expected=expected)
    tensor = tensor.detach().cpu()
    if str(tensor.layout) != "torch.strided":
        _small(tensor.shape, tensor.element_size(), field)
        tensor = tensor.to_dense()
    tensor = tensor.dequantize() if getattr(tensor, "is_quantized", False) else tensor
    return tensor.float() if str(tensor.dtype).startswith(("torch.bfloat16", "torch.float8")) else tensor


def _small(shape: Any, itemsize: int, field: str) -> tuple[int, ...]:
    sides = tuple(int(side) for side in shape)
    size = itemsize * math.prod(sides)
    if size > MAX_DENSE_BYTES:
        expected = f"at most {MAX_DENSE_BYTES:,} bytes as a dense array; take fewer samples or columns"
        raise InputError("a sparse array too large to be made dense", field=field, expected=expected, found=f"{size:,}")
    return sides


def _unboxed(array: NDArray[Any]) -> NDArray[Any]:
    """Numbers or text out of an array of Python objects; that array itself for anything else."""
    try:
        plain = np.asarray(array.tolist())
    except ValueError:
        return array
    return plain if plain.shape == array.shape and plain.dtype.kind in "fiubUS" else array


def _native(array: NDArray[Any]) -> NDArray[Any]:
    """In the byte order and with the precision that frameworks take: float64 at most."""
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return (
        array if array.dtype.isnative or array.dtype.kind not in "fiu" else array.astype(array.dtype.newbyteorder("="))
    )
