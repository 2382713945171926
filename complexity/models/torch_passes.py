"""Passes through a PyTorch network: with every trace of what the user has switched on taken away, and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

# Functions after a softmax that leave the order of its entries as it is.
RESHAPING = frozenset(
    (
        *(
            "reshape",
            "view",
            "flatten",
            "squeeze",
            "unsqueeze",
            "view_as",
            "reshape_as",
            "contiguous",
            "clone",
            "detach",
        ),
        *("to", "type_as", "float", "double", "half", "bfloat16", "clamp", "clamp_", "clamp_min", "clamp_max"),
        "clip",
    )
)
SOFTMAX = {"softmax", "log_softmax", "_softmax", "special_softmax"}


class SoftmaxNotes(TorchFunctionMode):
    """While it is entered, notes what each softmax was given, also through what only reshapes, casts or clamps."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[tuple[Any, Any]] = []  # output of a softmax, or what was made of it; what that was given

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        first = args[0] if args else (kwargs or {}).get("input")
        if name in SOFTMAX and isinstance(first, torch.Tensor):
            self.notes.append((found, first.clone()))
        elif name in RESHAPING and (given := self.given(first)) is not None:
            self.notes.append((found, given))
        return found

    def given(self, output: Any) -> Any:
        """What the softmax behind this tensor was given; None where none is known."""
        return next((given for after, given in reversed(self.notes) if after is output), None)


@contextmanager
def evaluation_mode(module: Any) -> Iterator[None]:
    """The module with every training flag off; each flag is back afterwards."""
    flags = [(part, part.training) for part in module.modules()]
    try:
        for part, _ in flags:  # not by `eval`, which a module may override
            part.training = False
        yield
    finally:
        for part, flag in flags:
            part.training = flag


@contextmanager
def undisturbed(module: Any, *, gradients: bool) -> Iterator[None]:
    """Evaluation mode, uncompiled, in the module's own precision, layer by layer, with gradients or without.

    Autocast, inference mode, compilation, and the fast path of transformers, which runs several layers as one, are off.
    """
    device = next((tensor.device.type for tensor in [*module.parameters(), *module.buffers()]), "cpu")
    compiled = [(part, vars(part)["_compiled_call_impl"]) for part in module.modules() if _is_compiled(part)]
    fast = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as stack:
        stack.enter_context(evaluation_mode(module))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.set_grad_enabled(gradients))
        if torch.amp.is_autocast_available(device):
            stack.enter_context(torch.autocast(device, enabled=False))
        try:
            torch.backends.mha.set_fastpath_enabled(False)
            for part, _ in compiled:
                part._compiled_call_impl = None
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)
            for part, implementation in compiled:
                part._compiled_call_impl = implementation


@contextmanager
def all_require_gradients(parameters: Sequence[Any]) -> Iterator[None]:
    """Every floating-point parameter takes part in the graph; the flags are back afterwards."""
    flags = [(one, one.requires_grad) for one in parameters if one.is_floating_point() or one.is_complex()]
    try:
        for one, _ in flags:
            one.requires_grad_(True)
        yield
    finally:
        for one, flag in flags:
            one.requires_grad_(flag)


def connected(target: Any, tensors: Sequence[Any], *, now: bool = True) -> list[bool]:
    """Whether each tensor acts on the target: by the gradient of a random sum of its entries.

    The gradient must not vanish, or with `now=False` must only exist: weights that are zero let a path vanish for now.
    """
    if not isinstance(target, torch.Tensor) or not target.requires_grad:
        return [False] * len(tensors)
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(target.shape, generator=generator, dtype=torch.float32, device="cpu").to(target)
    known = [one for one in tensors if isinstance(one, torch.Tensor)]
    # Frozen weights took part in the pass, and must again where their gradient is asked for.
    with all_require_gradients([one for one in known if one.is_leaf and not one.is_inference()]):
        asked = [one for one in known if one.requires_grad]
        try:
            total = (target * mixed).sum()
            found = torch.autograd.grad(total, asked, retain_graph=True, allow_unused=True) if asked else ()
        except RuntimeError:  # something was written into that the gradient needs: nothing can be told
            return [False] * len(tensors)
    acts = {
        id(one): gradient is not None and (not now or bool((gradient != 0).any()))
        for one, gradient in zip(asked, found, strict=True)
    }
    return [acts.get(id(one), False) for one in tensors]


def _is_compiled(part: Any) -> bool:
    return vars(part).get("_compiled_call_impl") is not None
