"""The layers of a PyTorch network: which they are, and which weights they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from ..errors import InputError
from .torch_adapters import adapted_weight, put_aside, wrapped

nn = torch.nn
DENSE_OR_CONVOLUTIONAL = nn.modules.conv._ConvNd, nn.Linear, nn.Bilinear
RECURRENT = nn.RNNBase, nn.RNNCellBase
WITH_KERNELS = (*DENSE_OR_CONVOLUTIONAL, *RECURRENT, nn.MultiheadAttention)
EMBEDDING = nn.Embedding, nn.EmbeddingBag
PARAMETRIZATIONS = "parametrizations"  # the name under which PyTorch keeps what a weight is made of


def unwrapped(module: Any) -> Any:
    """The network in what compiles it or spreads it over devices.

    Raises
    ------
    InputError
        For a network that cannot be looked into: TorchScript, an exported program, quantized or unbuilt layers.
    """
    while True:
        if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            module = module.module
        elif hasattr(module, "_orig_mod") and isinstance(module._orig_mod, nn.Module):
            module = module._orig_mod
        else:
            return module


def check_open(module: Any, name: str) -> None:
    """Raise an InputError for layers that cannot be looked into, or that have no weights yet."""
    exported = not isinstance(module, nn.Module) or (
        isinstance(module, torch.fx.GraphModule) and not main_layers(module)
    )
    if exported:
        problem = "a program of torch.export cannot be looked into; hand over the module that it was made of"
        raise InputError(problem, model=name, found=type(module).__name__)
    for path, part in module.named_modules():
        where, kind = path or None, type(part)
        if isinstance(part, torch.jit.ScriptModule):
            problem = "TorchScript cannot be looked into; hand over the module that it was made of"
            raise InputError(problem, model=name, field=where, found=kind.__name__)
        if ".quantized" in kind.__module__ and not isinstance(part, nn.Identity):
            problem = "quantized layers hide their weights; hand over the network before quantization"
            raise InputError(problem, model=name, field=where, found=f"{kind.__module__}.{kind.__name__}")
    for path, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if isinstance(tensor, (nn.parameter.UninitializedParameter, nn.parameter.UninitializedBuffer)):
            problem = "the model has no weights yet: run it once on a batch, then load or train its weights"
            raise InputError(problem, model=name, field=path, found="a lazy layer")
        if tensor.is_meta and any(hasattr(part, "_hf_hook") for part in module.modules()):
            problem = "the model's weights are kept elsewhere, offloaded by accelerate: load it without offloading"
            raise InputError(problem, model=name, field=path, expected="weights on a device", found="meta")
        if tensor.is_meta:
            problem = "the model has no weights: they are on the meta device"
            raise InputError(problem, model=name, field=path, expected="weights on a device", found="meta")


def has_zero_weights(parameters: Sequence[tuple[str, Any]]) -> bool:
    """Whether a weight that is no bias is zero throughout."""
    weights = [one for name, one in parameters if "bias" not in name.rpartition(".")[2]]
    return any(one.numel() > 0 and not bool(one.any()) for one in weights)


def leaves(module: Any) -> Iterator[Any]:
    """The modules that hold no others, but for what a weight is made of."""
    for path, part in module.named_modules():
        made_of = PARAMETRIZATIONS in path.split(".")
        if not made_of and not [name for name, _ in part.named_children() if name != PARAMETRIZATIONS]:
            yield part


def main_layers(module: Any) -> dict[str, Any]:
    """The dense and convolutional layers by their paths; an adapter counts as the layer that it wraps."""
    found: dict[str, Any] = {}
    for path, part in module.named_modules():
        inside = any(path.startswith(f"{outer}.") for outer in found)
        if not inside and is_main(part):
            found[path] = part
    return found


def is_main(part: Any) -> bool:
    """Whether a module is dense or convolutional, or an adapter around such a one."""
    if isinstance(part, DENSE_OR_CONVOLUTIONAL) or _is_transformers_dense(part):
        return True
    inner = wrapped(part)
    return inner is not None and is_main(inner)


def kernels(module: Any) -> tuple[list[Any], list[str]]:
    """Weight matrices and filters of all dense, convolutional, recurrent and attention layers; names of other ones.

    An adapter and the layer that it wraps have one, where the adapter says what it adds. What has been put aside for a
    copy that runs in its place has none.
    """
    found, left_out, passed_over = [], [], put_aside(module)
    for path, part in module.named_modules():
        if PARAMETRIZATIONS in path.split(".") or _is_within(path, passed_over):
            continue
        adapted = adapted_weight(part) if is_main(part) else None
        if adapted is not None:
            found.append(adapted)
            passed_over.append(path)
            continue
        matrices = [(name, getattr(part, name)) for name in _weight_names(part) if name not in ("bias_k", "bias_v")]
        for name, tensor in matrices:
            if not isinstance(tensor, torch.Tensor) or tensor.ndim < 2:
                continue
            if isinstance(part, WITH_KERNELS) or _is_transformers_dense(part):
                found.append(tensor)
            else:
                left_out.append(f"{path}.{name}".lstrip("."))
    return found, left_out


def _is_within(path: str, outer: Sequence[str]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in outer)


def _weight_names(part: Any) -> list[str]:
    """Names of the weights that act in a module, whatever they are made of."""
    names = [name for name, _ in part.named_parameters(recurse=False)]
    names += [name for name, _ in part.named_buffers(recurse=False) if name == "weight"]
    names += list(getattr(part, PARAMETRIZATIONS, {}))
    made = {name.rpartition("_")[0] for name in names if name.endswith("_g")}  # weight_norm as it was before
    return [one for one in dict.fromkeys([*names, *made]) if not any(one in (f"{m}_g", f"{m}_v") for m in made)]


def _is_transformers_dense(part: Any) -> bool:
    """The `Conv1D` of the transformers package is a dense layer."""
    return type(part).__name__ == "Conv1D" and type(part).__module__.startswith("transformers") and hasattr(part, "nf")
