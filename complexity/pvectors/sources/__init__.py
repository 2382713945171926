"""One way to read a matrix: array, tensor, memory map, stream of blocks, Dask array; one file a kind."""

from __future__ import annotations

from typing import Any

from .blocks import ArraySource, BlockSource, StreamSource
from .source import Source, Vectors, check_matrix

__all__ = ["BlockSource", "Source", "Vectors", "open_source"]


def open_source(matrix: Any) -> Source:
    """The source of a matrix of any kind that `p_vectors` takes.

    Raises
    ------
    InputError
        For what is no matrix of numbers, an empty matrix, or a stream that can be read once only.
    """
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
