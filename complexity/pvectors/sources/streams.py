"""Streams of row blocks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np

from ...errors import InputError
from ...read_ahead import read_ahead
from .blocks import Block, BlockSource
from .source import check_matrix, is_single

SLICE_ENTRIES = 2**20  # of a block that one thread multiplies


class StreamSource(BlockSource):
    """A re-iterable stream of row blocks; the next block is read while the last one is multiplied."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        try:
            first = next(iter(stream), None)
        except TypeError as error:
            raise InputError(
                "not a matrix",
                field="matrix",
                expected="an array or a stream of row blocks",
                found=type(stream).__name__,
            ) from error
        if first is None:
            raise InputError("the matrix is empty", field="matrix")
        if iter(stream) is stream:
            raise InputError(
                "the stream can be read once only, and more passes are needed",
                field="matrix",
                expected="an iterable that starts anew each time, such as a list of blocks",
                found=type(stream).__name__,
            )
        self.stream, first = stream, _block(first)
        self.shape, self.single = (-1, first.shape[1]), is_single(first.dtype)

    def blocks(self) -> Iterator[Block]:
        blocks = map(_block, self.stream)
        for read in read_ahead(repeat(partial(next, blocks, None))):
            block = read.result()
            del read  # which would hold the block
            if block is None:
                return
            if block.shape[1] != self.shape[1]:
                raise InputError("blocks differ in width", field="matrix", expected=self.shape[1], found=block.shape[1])
            step = max(1, SLICE_ENTRIES // self.shape[1])
            for start in range(0, len(block), step):
                yield block[start : start + step]

    def sample(self, entries: int) -> tuple[Block, bool]:
        parts, rows, most = [], 0, max(1, entries // self.shape[1])
        for block in self.blocks():
            parts.append(block[: most - rows])
            rows += len(block)
            if rows > most:
                return np.concatenate(parts), False
        self.shape = (rows, self.shape[1])
        return np.concatenate(parts), True


def _block(block: Any) -> Block:
    check_matrix(block)
    return np.asarray(block.detach().cpu().float() if hasattr(block, "detach") else block)
