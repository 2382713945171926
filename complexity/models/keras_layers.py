"""The layers of a Keras model: which they are, and how to watch them while the model runs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

DENSE_OR_CONVOLUTIONAL = ("Dense", "Conv1D", "Conv2D", "Conv3D", "EinsumDense", "DepthwiseConv1D", "DepthwiseConv2D")
NOTE_OF_THE_KIT = "_last_seen_input"  # where a layer that the starter kit has wrapped keeps its input


def leaves(layer: Any) -> Iterator[Any]:
    """The layers that hold no other layers, in the order of the model; wrappers give what they wrap."""
    inner = list(getattr(layer, "layers", None) or ([layer.layer] if hasattr(layer, "layer") else []))
    if not inner:
        yield layer
    for child in inner:
        yield from leaves(child)


def is_dense_or_convolutional(layer: Any) -> bool:
    """Whether it is one of Keras' dense or convolutional layers, or of a class made from them."""
    names = {base.__name__ for base in type(layer).__mro__}
    return bool(names & set(DENSE_OR_CONVOLUTIONAL))


def watched(layers: Sequence[Any], note: Callable[[Any, Any], None]) -> AbstractContextManager[None]:
    """A context in which `note(layer, tensor)` is called with the input of each layer that runs."""

    def noting(layer: Any) -> Callable[..., Any]:
        call = layer.call

        @functools.wraps(call)
        def noted(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            note(layer, tensor)
            return call(tensor, *args, **kwargs)

        return noted

    return shadowed(layers, "call", noting)


def outputs_noted(layer: Any, note: Callable[[Any], None]) -> AbstractContextManager[None]:
    """A context in which `note(tensor)` is called with the output of the layer each time that it runs."""

    def noting(layer: Any) -> Callable[..., Any]:
        call = layer.call

        @functools.wraps(call)
        def noted(*args: Any, **kwargs: Any) -> Any:
            output = call(*args, **kwargs)
            note(output)
            return output

        return noted

    return shadowed([layer], "call", noting)


@contextmanager
def shadowed(layers: Sequence[Any], method: str, make: Callable[[Any], Callable[..., Any]]) -> Iterator[None]:
    """While the context lasts, `make(layer)` stands for this method of each layer.

    It is set past `__setattr__`, which Keras overrides to track state. The kit's own note is put back too, since it
    may be a tensor that lives only while a function is compiled.
    """
    names = method, NOTE_OF_THE_KIT
    before = [{name: vars(layer)[name] for name in names if name in vars(layer)} for layer in layers]
    try:
        for layer in layers:
            vars(layer)[method] = make(layer)
        yield
    finally:
        for layer, held in zip(layers, before, strict=True):
            for name in names:
                vars(layer).pop(name, None)
            vars(layer).update(held)
