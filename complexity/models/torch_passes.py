"""Passes through a PyTorch network: with every trace of what the user has switched on taken away, and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from .layers import Acts, Change

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


# Functions whose factors are weights like those of a layer.
PRODUCTS = frozenset(
    (
        *("linear", "matmul", "__matmul__", "__rmatmul__", "mm", "bmm", "mv", "dot", "inner", "addmm", "addmv"),
        *("einsum", "tensordot", "bilinear", "conv1d", "conv2d", "conv3d", "baddbmm", "addbmm"),
    )
)


DATA = torch.Tensor.data.__get__  # type: ignore[attr-defined]


class Flow(TorchFunctionMode):
    """While it is entered, gradients go wherever values go: nothing that the network does stops them.

    Parameters
    ----------
    change : what is made of the output of a run.

    Attributes
    ----------
    used, factors : ids of the tensors that functions were given after that run, themselves or as views; and of those
        that were factors of a product, whenever.
    """

    def __init__(self, change: Change | None = None) -> None:
        super().__init__()
        self.change, self.changed, self._changing = change, False, False
        self.used: set[int] = set()
        self.factors: set[int] = set()

    def passed_on(self, position: int, output: Any) -> Any:
        """The output of the run at this position, as the network goes on with it."""
        if self.change is None or position != self.change.position:
            return output
        self.changed = self._changing = True
        try:
            return self._made_of(output, self.change)
        finally:
            self._changing = False

    def _made_of(self, output: Any, change: Change) -> Any:
        if isinstance(output, (tuple, list)):
            return type(output)(self._made_of(one, change) for one in output)
        if not isinstance(output, torch.Tensor) or not output.is_floating_point():
            return output
        if change.how == "shift":
            return output + torch.from_numpy(change.shift(output.shape, float(output.detach().abs().max()))).to(output)
        return output.detach()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if self._changing:
            return func(*args, **(kwargs or {}))
        if func is torch._C._set_grad_enabled:
            return None
        if name == "detach" or func == DATA:
            return args[0].view_as(args[0])
        given = {id(one if one._base is None else one._base) for one in _tensors([*args, *(kwargs or {}).values()])}
        self.used |= given if self.changed else set()
        self.factors |= given if name in PRODUCTS else set()
        return func(*args, **(kwargs or {}))


def _tensors(values: Any) -> Iterator[Any]:
    for one in values:
        if isinstance(one, torch.Tensor):
            yield one
        elif isinstance(one, (tuple, list)):
            yield from _tensors(one)


def requiring_gradients(tensor: Any) -> Any:
    """An input whose gradient is asked for, if it is of numbers."""
    return tensor.requires_grad_(True) if tensor.is_floating_point() else tensor


def saved_as_they_are() -> Any:
    """A context in which what gradients need is kept as it is, whatever is written into it afterwards."""

    def kept(tensor: Any) -> Any:
        weight = tensor if tensor._base is None else tensor._base
        return tensor if weight.is_leaf and weight.requires_grad else tensor.clone()

    return torch.autograd.graph.saved_tensors_hooks(kept, lambda tensor: tensor)


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


def connected(target: Any, tensors: Sequence[Any]) -> list[Acts]:
    """Whether each tensor acts on the target: by the gradient of a random sum of its entries."""
    if not isinstance(target, torch.Tensor) or not target.requires_grad:
        return [Acts.NO] * len(tensors)
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(target.shape, generator=generator, dtype=torch.float32, device="cpu").to(target)
    known = [one for one in tensors if isinstance(one, torch.Tensor)]
    # Frozen weights took part in the pass, and must again where their gradient is asked for.
    with all_require_gradients([one for one in known if one.is_leaf and not one.is_inference()]):
        asked = [one for one in known if one.requires_grad]
        total = (target * mixed).sum()
        found = torch.autograd.grad(total, asked, retain_graph=True, allow_unused=True) if asked else ()
    acts = {id(one): _acts(gradient) for one, gradient in zip(asked, found, strict=True)}
    return [acts.get(id(one), Acts.NO) for one in tensors]


def _acts(gradient: Any) -> Acts:
    if gradient is None:
        return Acts.NO
    return Acts.YES if bool((gradient != 0).any()) else Acts.UNSEEN


def gives_gradients(target: Any, parameters: Sequence[Any]) -> bool:
    """Whether the gradient of a tensor in these weights can be had."""
    if not isinstance(target, torch.Tensor) or not target.requires_grad:
        return False
    try:
        connected(target, parameters)
    except RuntimeError:  # of a function without one, or where what it needs is no longer there
        return False
    return True


def _is_compiled(part: Any) -> bool:
    return vars(part).get("_compiled_call_impl") is not None
