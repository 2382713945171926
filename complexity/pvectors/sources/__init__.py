"""One way to read a matrix: array, tensor, memory map, stream of blocks, Dask array; one file a kind."""

from __future__ import annotations

from typing import Any, TypeAlias

from .arrays import ArraySource, TransposedSource
from .blocks import BlockSource
from .source import Source, Vectors, check_matrix
from .streams import StreamSource
from .tables import readable

__all__ = ["ArraySource", "BlockSource", "Matrix", "Source", "TransposedSource", "Vectors", "open_source"]

# A NumPy array, memory map, PyTorch tensor, Dask array, data frame, sparse matrix of SciPy or list of rows (n, d), or a
# re-iterable stream of row blocks (b, d). Not a union, since the frameworks' types are not at hand.
Matrix: TypeAlias = Any


def open_source(matrix: Matrix) -> Source:
    """The source of a matrix, by the kind of matrix that it is.

    Raises
    ------
    InputError
        For what is no matrix of numbers, an empty matrix, or a stream that can be read once only.
    """
    matrix = readable(matrix)
    if not hasattr(matrix, "shape"):
        return StreamSource(matrix)
    check_matrix(matrix)
    if type(matrix).__module__.partition(".")[0] == "dask":
        from .dask_array import DaskSource

        return DaskSource(matrix)
    if hasattr(matrix, "detach") and matrix.device.type != "cpu":
        from .device import DeviceSource

        return DeviceSource(matrix)
    return ArraySource(matrix)
