"""The layers of a Keras model: which they are, and how to watch them while the model runs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

DENSE_OR_CONVOLUTIONAL = (
    *("Dense", "EinsumDense", "Conv", "BaseConv", "BaseConvTranspose", "BaseSeparableConv", "BaseDepthwiseConv"),
    *("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
    *("SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D", "ConvLSTM"),
)
# After a softmax these change no order of its entries.
RESHAPING = ("Reshape", "Flatten", "Identity", "Dropout", "InputLayer")
KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel", "recurrent_kernel")
NOTE_OF_THE_KIT = "_last_seen_input"  # where a layer that the starter kit has wrapped keeps its input


def children(layer: Any) -> list[Any]:
    """The layers that a layer holds: of a model, of a wrapper, or kept as attributes of a custom layer."""
    if hasattr(layer, "_flatten_layers"):
        return list(layer._flatten_layers(include_self=False, recursive=False))
    return list(getattr(layer, "layers", None) or ([layer.layer] if hasattr(layer, "layer") else []))


def all_layers(model: Any) -> dict[str, Any]:
    """Every layer inside a model once, by its path "outer/inner", in the order of the model."""
    found: dict[str, Any] = {}
    seen: set[int] = set()

    def visit(layer: Any, path: str) -> None:
        for child in children(layer):
            if id(child) in seen:
                continue
            seen.add(id(child))
            name = f"{path}/{child.name}".lstrip("/")
            while name in found:  # names are unique in a model alone
                name += "'"
            found[name] = child
            visit(child, name)

    visit(model, "")
    return found


def leaves(layers: Mapping[str, Any]) -> list[Any]:
    """The layers that hold no others; a recurrent one counts as a whole, since what its cell sees lives in its loop."""
    recurrent = tuple(f"{path}/" for path, layer in layers.items() if hasattr(layer, "cell"))
    outer = {path: layer for path, layer in layers.items() if not path.startswith(recurrent)}
    return [layer for layer in outer.values() if hasattr(layer, "cell") or not children(layer)]


def main_layers(layers: Mapping[str, Any]) -> set[str]:
    """The paths of the dense and convolutional layers; a wrapper counts as the layer in it, which may run in pieces."""
    found: set[str] = set()
    for path, layer in layers.items():
        inside = any(path.startswith(f"{outer}/") for outer in found)
        if not inside and (
            is_dense_or_convolutional(layer) or is_dense_or_convolutional(getattr(layer, "layer", None))
        ):
            found.add(path)
    return found


def is_dense_or_convolutional(layer: Any) -> bool:
    """Whether it is one of Keras' dense or convolutional layers, or of a class made from them."""
    names = {base.__name__ for base in type(layer).__mro__}
    return bool(names & set(DENSE_OR_CONVOLUTIONAL))


@contextmanager
def shadowed(
    layers: Mapping[str, Any], method: Callable[[Any], str], make: Callable[[str, Any], Callable[..., Any]]
) -> Iterator[None]:
    """While the context lasts, `make(name, layer)` stands for the method of each layer that `method(layer)` names.

    It is set past `__setattr__`, which Keras overrides to track state. The kit's own note is put back too, since it
    may be a tensor that lives only while a function is compiled.
    """
    names = {path: (method(layer), NOTE_OF_THE_KIT) for path, layer in layers.items()}
    before = {path: {n: vars(layer)[n] for n in names[path] if n in vars(layer)} for path, layer in layers.items()}
    try:
        for path, layer in layers.items():
            vars(layer)[names[path][0]] = make(path, layer)
        yield
    finally:
        for path, layer in layers.items():
            for name in names[path]:
                vars(layer).pop(name, None)
            vars(layer).update(before[path])


def forward_method(layer: Any) -> str:
    """The method by which a layer computes: a quantized one has its own."""
    quantized = getattr(layer, "quantization_mode", None) is not None and hasattr(layer, "quantized_call")
    return "quantized_call" if quantized else "call"


def noting(layer: Any, before: Callable[[Any], Any], after: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The forward method with `before(input)`, whose result `after(result, output)` gets; it gives the output back."""
    call = getattr(layer, forward_method(layer))

    @functools.wraps(call)
    def noted(*args: Any, **kwargs: Any) -> Any:
        note = before(args[0] if args else next(iter(kwargs.values()), None))
        return after(note, call(*args, **kwargs))

    return noted


def softmax_input(layer: Any, given: Any, output: Any, known: list[tuple[Any, Any]]) -> Any:
    """What the softmax behind a layer's output was given: by Keras' own note, or through a layer that only reshapes."""
    logits = None if _is_sigmoid(layer) else getattr(output, "_keras_logits", None)
    if logits is None and type(layer).__name__ in RESHAPING:
        logits = next((before for after, before in reversed(known) if after is given), None)
    return logits


def _is_sigmoid(layer: Any) -> bool:
    """Whether a layer ends in a sigmoid, of which Keras notes the input as it does of a softmax."""
    return getattr(getattr(layer, "activation", None), "__name__", "") == "sigmoid"
