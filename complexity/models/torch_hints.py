"""What to write where a PyTorch network does not take inputs because of a usual mistake."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from .inputs import channel_hint, count_hint, parts_of
from .torch_layers import EMBEDDING, main_layers


def hint(module: Any, inputs: Any, error: Exception) -> str:
    """The end of a message, such as "; add the channel axis: inputs[:, None]"; empty where nothing is known.

    Parameters
    ----------
    inputs : tensors that the network was given.
    error : what it raised.
    """
    parts = parts_of(inputs)
    if isinstance(error, TypeError):
        return count_hint(_names_of_inputs(module), len(parts))
    if len(parts) > 1:
        return ""
    if isinstance(error, IndexError):
        return _numbers_hint(module, parts[0])
    first = next(iter(main_layers(module).values()))
    if not isinstance(first, torch.nn.modules.conv._ConvNd):
        return ""
    return channel_hint(tuple(parts[0].shape[1:]), (first.in_channels, *[None] * len(first.kernel_size)))


def _names_of_inputs(module: Any) -> list[str]:
    """The inputs that a network cannot do without."""
    wanted = inspect.signature(module.forward).parameters.values()
    return [one.name for one in wanted if one.default is one.empty and one.kind == one.POSITIONAL_OR_KEYWORD]


def _numbers_hint(module: Any, tokens: Any) -> str:
    """What is said of numbers, such as those of tokens, that an embedding does not have."""
    for path, table in module.named_modules():
        if isinstance(table, EMBEDDING) and tokens.numel() and tokens.max() >= table.num_embeddings:
            taken = f"the embedding {path or 'itself'} takes 0 to {table.num_embeddings - 1}"
            return f"; numbers up to {int(tokens.max())} came, and {taken}"
    return ""
