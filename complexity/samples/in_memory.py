"""Training samples in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .class_labels import class_numbers
from .inputs import Inputs, each, mapped, rows

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Samples:
    """Training samples in memory.

    Attributes
    ----------
    inputs : (n, ...) as the data set delivers them; a dict or tuple of such arrays where it has several inputs.
    targets : the labels (n, ...) as the data set delivers them, or None where it has none; nothing looks at them but
        `labels` and the digest.
    truncated : whether the data set holds more rows than these.
    """

    inputs: Any  # of the type Inputs, which would have to be taken apart wherever there is one array
    targets: NDArray[Any] | None
    truncated: bool = False
    _remembered: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return rows(self.inputs)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over shape, type and bytes of inputs and labels, in hexadecimal."""
        sha = hashlib.sha256()
        for name, array in [*each(self.inputs), ("labels", self.targets)]:
            if name not in ("inputs", "labels"):
                sha.update(name.encode())
            if array is not None:
                sha.update(repr((array.shape, array.dtype.str)).encode())
                sha.update(content(array))
        return sha.hexdigest()

    def matrix(self) -> NDArray[Any]:
        """The inputs as a matrix with one row a sample, (n, h w c); several inputs are flattened side by side."""
        flat = [array.reshape(len(self), -1) for _, array in each(self.inputs)]
        return flat[0] if len(flat) == 1 else np.hstack(flat)

    def one_input(self, problem: str = "the samples have several inputs", expected: str = "one array") -> NDArray[Any]:
        """The inputs, for those who take one array.

        Parameters
        ----------
        problem, expected : what the error says.

        Raises
        ------
        InputError
            If there are several.
        """
        if isinstance(self.inputs, np.ndarray):
            return self.inputs
        found = ", ".join(f"{name} of shape {array.shape}" for name, array in each(self.inputs))
        raise InputError(problem, field="inputs", expected=expected, found=found)

    def first(self, count: int | None) -> Samples:
        """The first rows; this very object where it has no more."""
        if count is None or count >= len(self):
            return self
        targets = None if self.targets is None else self.targets[:count]
        inputs: Inputs = mapped(lambda array: array[:count], self.inputs)
        return Samples(inputs, targets, truncated=True)

    def remembered(self, key: Hashable, compute: Callable[[Samples], Value]) -> Value:
        """What `compute` makes of these samples, computed once as long as they are remembered themselves.

        Parameters
        ----------
        key : tells values apart; two computations need two keys.
        """
        if key not in self._remembered:
            self._remembered[key] = compute(self)
        value: Value = self._remembered[key]
        return value

    @cached_property
    def labels(self) -> NDArray[np.integer] | None:
        """The labels as class numbers (n,), or None where the data set has none.

        Raises
        ------
        InputError
            If they are something else than class numbers or one-hot rows.
        """
        return None if self.targets is None else class_numbers(self.targets)

    def class_numbers(self) -> NDArray[np.integer]:
        """The labels as class numbers (n,), for measures that cannot do without.

        Raises
        ------
        InputError
            If there are none, or if they are something else than class numbers or one-hot rows.
        """
        if self.labels is None:
            raise InputError("the data set has no labels", field="labels", expected="a class number for each sample")
        return self.labels


def content(array: NDArray[Any]) -> bytes | memoryview:
    """What tells an array's content: its bytes, or the text of its objects."""
    if array.dtype.kind == "O":
        return repr(array.tolist()).encode()
    if array.dtype.kind in "mM":
        array = array.view(np.int64)
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
