"""The one question that the iteration asks of a matrix: A v and A^T A v for a few vectors v, in one reading."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError

Result = TypeVar("Result")
Vectors = Any  # (b, n) or (b, d): rows of an array of the source's own kind
# A sum of squares between these is neither overflow nor underflow of float32; beyond them the matrix is scaled.
SAFE_SQUARES = (1e-25, 1e30)
SINGLE = ("float32", "float16", "bfloat16", "int16", "int8", "uint16", "uint8", "bool")  # all numbers exact in float32


class Source(ABC):
    """A matrix A (n, d) that can be read as often as needed; with `center` its columns less their means.

    Vectors stand in rows, in float64, where the matrix is: NumPy arrays, or tensors of its device.

    Attributes
    ----------
    xp : the package of the vectors: NumPy, or PyTorch.
    shape : (n, d); n is -1 for a stream that was not read yet.
    single : whether all entries are exact in float32.
    passes : how often the matrix was read.
    squares : the sum of squared entries, centred if asked for; known after the first reading.
    raw_squares : the sum of squared entries of the matrix as it is stored.
    scale : a power of two by which entries are divided; all else is said of the scaled matrix.
    """

    xp: Any = np
    shape: tuple[int, int]
    single: bool

    def __init__(self) -> None:
        self.passes = 0
        self.scale = 1.0
        self.squares = self.raw_squares = np.nan
        self.mean: Vectors | None = None

    @abstractmethod
    def sample(self, entries: int) -> tuple[Any, bool]:
        """At most so many entries of the matrix in whole rows (at least one), and whether they are all rows."""

    @abstractmethod
    def _read(self, right: Vectors, shift: NDArray[np.float64], precision: Any) -> tuple[Vectors, Vectors, float]:
        """A v - shift (b, n) in `precision`, A^T of it (b, d) in float64, and the sum of squares, in one pass."""

    @abstractmethod
    def largest(self) -> float:
        """The largest magnitude of an entry; an InputError that names the place of NaN or infinity."""

    @abstractmethod
    def _read_means(self, precision: Any) -> tuple[Vectors, float]:
        """Column means (d,) and the sum of squares about them, in one pass."""

    @abstractmethod
    def singular_values(self) -> NDArray[np.float64]:
        """All min(n, d) singular values of the matrix as it is."""

    def singular_values_by_gram_matrix(self) -> NDArray[np.float64]:
        """All min(n, d) singular values, with an error of about 1e-7 of the largest where that is faster."""
        return self.singular_values()

    def _roots(self, gram: Vectors) -> NDArray[np.float64]:
        """Singular values from the Gram matrix of rows or columns."""
        squares = self.host(self.xp.linalg.eigvalsh(gram))[::-1]
        return np.asarray(np.maximum(squares, 0.0) ** 0.5 * self.scale)

    def center(self, precision: Any) -> None:
        """From now on the matrix is the one with columns centred to this precision.

        Raises
        ------
        InputError
            If every column is constant.
        """
        mean, squares = self.rescaled(lambda: self._counted_means(precision))
        if squares <= self.raw_squares * np.finfo(np.float32 if self.single else np.float64).eps ** 2:
            raise InputError("every column is constant: centred, it has no P-vector", field="matrix")
        self.mean, self.squares = mean, squares

    def products(self, right: Vectors, precision: Any) -> tuple[Vectors, Vectors]:
        """A v (b, n) in `precision` and A^T A v (b, d) in float64 for the rows v of right (b, d).

        Raises
        ------
        InputError
            For NaN or infinity, a zero matrix, or a stream that cannot be read again.
        """
        left, image = self.rescaled(lambda: self._counted(right, precision))
        if not np.isfinite(self.squares):
            self.squares = self.raw_squares
        if self.mean is not None:
            image = self._recentred(self.float64(left), image)
        return left, image

    def _counted(self, right: Vectors, precision: Any) -> tuple[Vectors, Vectors]:
        self.passes += 1
        # Centring is a correction of rank one: blocks are used as they are read.
        shift = np.zeros(len(right)) if self.mean is None else self._shifts(right)
        with np.errstate(over="ignore", invalid="ignore"):  # seen in the sum of squares
            left, image, squares = self._read(right, shift, precision)
        if not np.isfinite(self.squares):
            self.raw_squares = squares
        return left, image

    def _shifts(self, right: Vectors) -> NDArray[np.float64]:
        """What centring takes from each A v, for the rows v of right: (b,)."""
        return self.host(right @ self.mean)

    def _recentred(self, left: Vectors, image: Vectors) -> Vectors:
        """A^T of the centred left vectors, with the columns of A centred as well."""
        return image - left.sum(-1)[:, None] * self.mean

    def _samples(self) -> int:
        """How many entries each mean is taken over."""
        return self.shape[0]

    def _counted_means(self, precision: Any) -> tuple[Vectors, float]:
        self.passes += 1
        with np.errstate(over="ignore", invalid="ignore"):  # seen in the sum of squares
            mean, squares = self._read_means(precision)
            self.raw_squares = squares + self._samples() * float((mean * mean).sum())
        return mean, squares

    def rescaled(self, read: Callable[[], Result]) -> Result:
        """What `read` gives, which sets `raw_squares`: read again, and scaled, where these leave the safe range.

        Then all entries are divided by their largest magnitude: see `divide_by`.

        Raises
        ------
        InputError
            If all entries are zero, or one is NaN or infinite.
        """
        found = read()
        if SAFE_SQUARES[0] < self.raw_squares < SAFE_SQUARES[1]:
            return found
        self.passes += 1
        largest = self.largest()
        if largest == 0:
            raise InputError("every entry of the matrix is zero: it has no P-vector", field="matrix")
        self.divide_by(largest)
        return read()

    def divide_by(self, largest: float) -> None:
        """From now on entries are divided by this magnitude, to a power of two, so that scaling changes no digit."""
        self.scale = 2.0 ** math.floor(math.log2(largest))

    def adopt(self, sample: Source) -> None:
        """Scale and centre a sample of this matrix as the matrix itself."""
        sample.scale, sample.mean = self.scale, self.mean

    def array(self, values: NDArray[np.float64]) -> Vectors:
        """A NumPy array as vectors of this source."""
        return values

    def float64(self, values: Any) -> Vectors:
        """An array of the source's kind in float64."""
        return np.asarray(values, np.float64)

    def host(self, values: Vectors) -> NDArray[np.float64]:
        """A small table of this source as a NumPy array."""
        return np.asarray(values)

    def random(self, count: int, rng: np.random.Generator) -> Vectors:
        """Seeded random directions (count, d)."""
        return self.array(rng.standard_normal((count, self.shape[1])))


def check_matrix(matrix: Any) -> None:
    """Raise an InputError unless it has rows and columns of real numbers."""
    shape = matrix.shape
    if len(shape) != 2 or not _is_real(matrix.dtype):
        found = f"shape {tuple(shape)} of {_name(matrix.dtype)}"
        raise InputError("not a matrix", field="matrix", expected="rows and columns of numbers", found=found)
    if 0 in shape:
        raise InputError("the matrix is empty", field="matrix", found=f"shape {tuple(shape)}")


@cache
def _is_real(dtype: Any) -> bool:
    return _name(dtype).startswith(("float", "bfloat", "int", "uint", "bool"))


@cache
def is_single(dtype: Any) -> bool:
    """Whether every number of a type is exact in float32."""
    return _name(dtype) in SINGLE


def _name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")
