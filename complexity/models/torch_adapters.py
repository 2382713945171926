"""Adapters of the package peft around layers of a PyTorch network: what they add, and what they have put aside."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import torch

nn = torch.nn


def wrapped(part: Any) -> Any:
    """The layer inside an adapter; None for other modules."""
    inner = getattr(part, "base_layer", None)
    return inner if isinstance(inner, nn.Module) else None


def adapted_weight(part: Any) -> Any:
    """The weight of the layer inside an adapter with what the active adapters add to it, such as those of LoRA.

    None for adapters that do not say what they add, or do more than adding.
    """
    weight = getattr(wrapped(part), "weight", None)
    if not isinstance(weight, torch.Tensor):
        return None
    if getattr(part, "merged", False) or getattr(part, "disable_adapters", False):
        return weight
    scales = any(getattr(part, "use_dora", {}).values()) or len(getattr(part, "lora_variant", {}))
    if scales or not hasattr(part, "get_delta_weight"):
        return None
    with torch.no_grad():
        for name in part.active_adapters:
            with suppress(KeyError):  # an active adapter that leaves this layer alone
                weight = weight + part.get_delta_weight(name)
    return weight


def put_aside(module: Any) -> list[str]:
    """Paths of modules that are kept beside a copy that runs in their place: `modules_to_save` of peft."""
    return [
        f"{path}.original_module".lstrip(".")
        for path, part in module.named_modules()
        if hasattr(part, "modules_to_save") and hasattr(part, "original_module") and _runs_copy(part)
    ]


def _runs_copy(part: Any) -> bool:
    if getattr(part, "disable_adapters", False):
        return False
    return any(name in part.modules_to_save for name in getattr(part, "active_adapters", []))
