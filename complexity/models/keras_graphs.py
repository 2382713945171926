"""Which tensors act on which, by the gradients of a Keras backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np


class Graph(Protocol):
    """What a backend tells of a pass that it records."""

    def recording(self, parameters: Sequence[Any]) -> Any:
        """A context in which a pass is recorded."""

    def detached(self, output: Any) -> Any:
        """An output through which nothing acts."""

    @property
    def connected(self) -> Any:
        """See `layers.Trace`; None where the backend cannot tell."""


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

    def connected(self, target: Any, tensors: Sequence[Any]) -> list[bool]:
        import tensorflow as tf

        if target is None or not target.dtype.is_floating:
            return [False] * len(tensors)
        mixed = tf.cast(np.random.default_rng(0).standard_normal(target.shape), target.dtype)
        asked = [one for one in tensors if one is not None]
        found = self.tape.gradient(target, asked, mixed)
        acts = {id(one): gradient is not None and _any(gradient) for one, gradient in zip(asked, found, strict=True)}
        return [one is not None and acts[id(one)] for one in tensors]


class TorchGraph:
    """The graph that PyTorch makes by itself."""

    def recording(self, parameters: Sequence[Any]) -> Any:
        from .torch_passes import all_require_gradients

        return all_require_gradients(parameters)

    def detached(self, output: Any) -> Any:
        if isinstance(output, (tuple, list)):
            return type(output)(self.detached(one) for one in output)
        return output.detach() if hasattr(output, "detach") else output

    def connected(self, target: Any, tensors: Sequence[Any]) -> list[bool]:
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


def _any(gradient: Any) -> bool:
    import tensorflow as tf

    return bool(tf.reduce_any(tf.not_equal(tf.convert_to_tensor(gradient), 0)))
