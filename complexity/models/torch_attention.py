"""What the last product of PyTorch's attention is given: the attention computes it itself and runs no layer for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from .layers import LayerRun

nn = torch.nn
PROJECTION = "out_proj"


def attention_around(module: Any, name: str) -> Any:
    """The attention whose last product has this name in a network; None for any other layer."""
    outer, _, own = name.rpartition(".")
    attention = module.get_submodule(outer)
    by_itself = getattr(type(attention), "forward", None) is nn.MultiheadAttention.forward
    return attention if own == PROJECTION and by_itself else None


def before_projection(attention: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What the last product is given: what the attention returns where that product changes nothing."""
    layers, projection = attention._modules, attention._modules[PROJECTION]
    layers[PROJECTION] = _Unchanged(projection)
    try:
        return attention.forward(*args, **kwargs)[0]
    finally:
        layers[PROJECTION] = projection


def noting_projection(
    name: str, runs: list[LayerRun], copies: bool, passed_on: Callable[[int, Any], Any] | None
) -> Callable[..., Any]:
    """A hook of the attention that notes a run of its last product; `copies` and `passed_on` as for all layers."""

    def hook(attention: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        if not isinstance(output, tuple):  # of a hook of the user's
            return output
        returned, *others = output
        noted = returned.clone() if copies else returned
        kind, position = type(attention.out_proj).__name__, len(runs)
        runs.append(LayerRun(name, kind, True, before_projection(attention, args, kwargs), noted))
        if not copies:  # what is noted is not written into
            returned = returned.clone()
        return (returned if passed_on is None else passed_on(position, returned), *others)

    return hook


class _Unchanged(nn.Module):
    """Weights of a product that gives back what it is given."""

    def __init__(self, projection: Any) -> None:
        super().__init__()
        like = projection.weight
        self.weight = nn.Parameter(torch.eye(len(like), dtype=like.dtype, device=like.device), requires_grad=False)
        self.bias = None
