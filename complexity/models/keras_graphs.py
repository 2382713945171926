"""Which tensors act on which, by the gradients of a Keras backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from .layers import Acts, Change
from .tensors import Array, to_numpy


class Graph(Protocol):
    """What a backend tells of a pass that it records."""

    def recording(self, parameters: Sequence[Any]) -> Any:
        """A context in which a pass is recorded."""

    def detached(self, output: Any) -> Any:
        """An output through which nothing acts."""

    def like(self, output: Any, array: Array) -> Any:
        """An array in the type of an output."""

    @property
    def connected(self) -> Any:
        """See `layers.Trace`; None where the backend cannot tell."""


class Changes:
    """What is made of the outputs of runs in one pass."""

    def __init__(self, change: Change, graph: Graph) -> None:
        self.change, self.graph, self.before = change, graph, change.how == "direct"

    def passed_on(self, position: int, output: Any) -> Any:
        """The output of the run at this position, as the network goes on with it."""
        if position == self.change.position:
            self.before = False
            return self._shifted(output) if self.change.how == "shift" else self.graph.detached(output)
        return self.graph.detached(output) if self.before else output

    def _shifted(self, output: Any) -> Any:
        if isinstance(output, (tuple, list)):
            return type(output)(self._shifted(one) for one in output)
        if "float" not in str(output.dtype):
            return output
        shift = self.change.shift(tuple(output.shape), float(np.max(np.abs(to_numpy(output)))))
        return output + self.graph.like(output, shift)


def graph_of(backend: str) -> Graph:
    """That of a backend; on JAX, which records functions alone, one that cannot tell."""
    if backend == "tensorflow":
        return TensorFlowGraph()
    return TorchGraph() if backend == "torch" else NoGraph()


class TensorFlowGraph:
    """A persistent gradient tape."""

    @contextmanager
    def recording(self, parameters: Sequence[Any]) -> Iterator[None]:
        import tensorflow as tf

        self.tape = tf.GradientTape(persistent=True)
        with self.tape:
            for one in parameters:
                self.tape.watch(one)
            yield

    def detached(self, output: Any) -> Any:
        import tensorflow as tf

        return tf.nest.map_structure(tf.stop_gradient, output)

    def like(self, output: Any, array: Array) -> Any:
        import tensorflow as tf

        return tf.cast(array, output.dtype)

    def connected(self, target: Any, tensors: Sequence[Any]) -> list[Acts]:
        import tensorflow as tf

        if target is None or not target.dtype.is_floating:
            return [Acts.NO] * len(tensors)
        mixed = tf.cast(np.random.default_rng(0).standard_normal(target.shape), target.dtype)
        asked = [one for one in tensors if one is not None]
        found = self.tape.gradient(target, asked, mixed)
        acts = {id(one): _acts(gradient) for one, gradient in zip(asked, found, strict=True)}
        return [Acts.NO if one is None else acts[id(one)] for one in tensors]


class TorchGraph:
    """The graph that PyTorch makes by itself."""

    def recording(self, parameters: Sequence[Any]) -> Any:
        from .torch_passes import all_require_gradients

        return all_require_gradients(parameters)

    def detached(self, output: Any) -> Any:
        if isinstance(output, (tuple, list)):
            return type(output)(self.detached(one) for one in output)
        return output.detach() if hasattr(output, "detach") else output

    def like(self, output: Any, array: Array) -> Any:
        import torch

        return torch.from_numpy(array).to(output)

    def connected(self, target: Any, tensors: Sequence[Any]) -> list[Acts]:
        from .torch_passes import connected

        return connected(target, tensors)


class NoGraph:
    """A backend that cannot tell."""

    connected = None

    @contextmanager
    def recording(self, parameters: Sequence[Any]) -> Iterator[None]:
        yield

    def detached(self, output: Any) -> Any:
        return output

    def like(self, output: Any, array: Array) -> Any:
        return array


def _acts(gradient: Any) -> Acts:
    import tensorflow as tf

    if gradient is None:
        return Acts.NO
    return Acts.YES if tf.reduce_any(tf.not_equal(tf.convert_to_tensor(gradient), 0)) else Acts.UNSEEN
