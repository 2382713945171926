"""Plain PyTorch modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch

from ..errors import InputError
from .inputs import Inputs, first_rows, map_parts, named_parts, parts_of
from .interface import Gradients, TrainedModel
from .layers import Acts, Change, LayerRun, Trace
from .locks import lock_of
from .outputs import one_output
from .tensors import Array, LayerCall, Seen, tensors_in, to_numpy
from .torch_attention import attention_around, noting_projection
from .torch_gradients import TorchGradients
from .torch_hints import hint
from .torch_layers import PARAMETRIZATIONS, check_open, has_zero_weights, kernels, leaves, main_layers, unwrapped
from .torch_passes import (
    Flow,
    SoftmaxNotes,
    all_require_gradients,
    connected,
    gives_gradients,
    requiring_gradients,
    saved_as_they_are,
    undisturbed,
)


class TorchModel(TrainedModel):
    """A `torch.nn.Module`; modules are watched by forward hooks, and left as they were.

    Weights are the floating-point entries of the state dictionary, in its order. One pass at a time runs through a
    module, whichever thread asks.

    Raises
    ------
    InputError
        For a module that cannot be looked into, without weights, or without a dense or convolutional layer.
    """

    def __init__(self, module: Any, output: str | int | None = None) -> None:
        self.module, self.output, self._handed_over = unwrapped(module), output, module
        self.name = type(self.module).__name__
        check_open(self.module, self.name)
        self.layers = list(leaves(self.module))
        self.main = main_layers(self.module)
        self._integers: bool | None = None
        self._refused = ""  # what the network said to integers
        if not self.main:
            raise InputError("the model has no dense or convolutional layer", model=self.name, field="modules")
        if not any(True for _ in self.module.parameters()):
            problem = "the model has no parameters: nothing in it is trained, or its weights were made buffers"
            expected = "weights that are parameters, as before it was prepared for inference"
            raise InputError(problem, model=self.name, field="weights", expected=expected)

    def weights(self) -> list[Array]:
        return [to_numpy(t) for t in self.module.state_dict().values() if t.is_floating_point()]

    def trainable_weights(self) -> list[Array]:
        return [to_numpy(parameter) for parameter in self._trainable_parameters()]

    def kernels(self) -> list[Array]:
        return [to_numpy(kernel) for kernel in kernels(self.module)[0]]

    def other_matrices(self) -> list[str]:
        return kernels(self.module)[1]

    def _stored_initial_weights(self) -> list[Array]:
        found = getattr(self.module, "initial_weights", getattr(self._handed_over, "initial_weights", None))
        if isinstance(found, Mapping):
            found = [t for t in found.values() if t.is_floating_point()]
        return [] if found is None else [to_numpy(array) for array in found]

    def _trainable_parameters(self) -> list[Any]:
        return [parameter for parameter in self.module.parameters() if parameter.requires_grad]

    def _set_trainable_weights(self, weights: Sequence[Array]) -> None:
        with torch.no_grad():
            for parameter, array in zip(self._trainable_parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(array))

    def integer_inputs(self, inputs: Inputs) -> list[str]:
        parts = zip(named_parts(inputs), tensors_in(self.tensors(first_rows(inputs, 1))), strict=True)
        return [name for (name, _), tensor in parts if not tensor.is_floating_point()]

    def squared_jacobians(self, inputs: Inputs) -> Array:
        # Frozen weights take part, so that what follows an embedding of tokens depends on something.
        parameters = [one for one in self.module.parameters() if one.is_floating_point()]
        with lock_of(self.module), all_require_gradients(parameters):
            return super().squared_jacobians(inputs)

    def logit_gradients(self, inputs: Inputs, coefficients: Array, layer: str | None = None) -> Array:
        with lock_of(self.module):
            return super().logit_gradients(inputs, coefficients, layer)

    def _layer_object(self, name: str) -> Any:
        return self.module.get_submodule(name)

    def _gradients(self, inputs: Inputs) -> Gradients:
        return TorchGradients(self._differentiable, self._trainable_parameters(), self.tensors)

    def _differentiable(self, inputs: Any) -> tuple[Any, Seen]:
        """Logits of a tensor in its graph, and what all leaves were given and returned."""
        seen: Seen = []
        with self._quiet(gradients=True), ExitStack() as hooks:
            for layer in self.layers:
                before, after = _noting(seen)
                hooks.enter_context(layer.register_forward_pre_hook(before, with_kwargs=True))
                hooks.enter_context(layer.register_forward_hook(after))
            return self._call(inputs, softmax=True), seen

    def _pass(self, inputs: Inputs, watch: str | None = None) -> Trace:
        runs: list[LayerRun] = []
        with self._quiet(gradients=False):
            tensors = self.tensors(inputs)
            with self._watched([] if watch is None else [watch], runs, copies=True):
                return Trace(self._call(tensors, softmax=watch is None), runs)

    def _trace(self, inputs: Inputs, change: Change | None = None) -> Trace:
        try:
            return self._traced(inputs, change, Flow(change), free=True)
        except InputError:  # of a network that needs its gradients to stop
            try:
                return self._traced(inputs, change, Flow(change))
            except InputError:  # of one that bears no gradients
                return self._traced(inputs, change, Flow(change), gradients=False)

    def _traced(
        self, inputs: Inputs, change: Change | None, flow: Flow, *, free: bool = False, gradients: bool = True
    ) -> Trace:
        """A trace; gradients are free to go from the inputs on, whatever the network does, or go where it lets them."""
        runs: list[LayerRun] = []
        parameters = [(name, one) for name, one in self._named_weights() if one.is_floating_point()]
        names = [name for name, _ in self.module.named_modules() if name and PARAMETRIZATIONS not in name.split(".")]
        with self._quiet(gradients=gradients), all_require_gradients([one for _, one in parameters] * gradients):
            tensors = map_parts(requiring_gradients, self.tensors(inputs)) if free else self.tensors(inputs)
            watched = self._watched(names or [""], runs, copies=False, passed_on=flow.passed_on)
            with watched, saved_as_they_are(), flow if free else nullcontext():
                output = self._call(tensors, softmax=False)
            told = change is not None or gives_gradients(output, [one for _, one in parameters])
        later, products = (frozenset(n for n, one in parameters if id(one) in ids) for ids in (flow.used, flow.factors))
        zeros, connection = has_zero_weights(parameters), self._connected if told else None
        return Trace(output, runs, parameters, connection, zeros, later, products)

    def _connected(self, target: Any, tensors: Sequence[Any]) -> list[Acts]:
        with lock_of(self.module), torch.inference_mode(False), torch.enable_grad():
            return connected(target, tensors)

    def _named_weights(self) -> list[tuple[str, Any]]:
        """The parameters, and the buffers that are matrices: fixed weights, which can act after a layer as well."""
        buffers = [(name, one) for name, one in self.module.named_buffers() if one.ndim > 1 and not one.is_inference()]
        return [*self.module.named_parameters(), *buffers]

    def _channels_last(self, name: str, output: Array) -> Array:
        layer = self.module.get_submodule(name)
        return np.moveaxis(output, 1, -1) if isinstance(layer, torch.nn.modules.conv._ConvNd) else output

    def tensors(self, inputs: Inputs) -> Any:
        """Copies of arrays on the network's device: floats in its precision, integers as they are if it takes them."""
        weight = self._weight()
        integers = any(part.dtype.kind in "iu" for part in parts_of(inputs))
        if integers and self._integers is None:
            self._integers = self._takes_integers(inputs)

        def tensor(array: Any) -> Any:
            array = np.array(array, copy=True)  # the network gets no memory of anyone else
            found = torch.from_numpy(
                array if array.dtype.kind != "u" or array.itemsize == 1 else array.astype(np.int64)
            )
            keep = array.dtype.kind in "iu" and self._integers
            return found.to(weight.device) if keep else found.to(weight.device, weight.dtype)

        return map_parts(tensor, inputs)

    def _takes_integers(self, inputs: Inputs) -> bool:
        """Whether the network takes integers, such as token numbers, as they are: tried on the first sample."""
        self._integers = True
        try:
            with self._quiet(gradients=False):
                self._run(self.tensors(first_rows(inputs, 1)))
        except Exception as error:
            self._refused = _first_line(error.__cause__ or error)
            return False
        finally:
            self._integers = None
        return True

    def _weight(self) -> Any:
        """A tensor that tells device and precision: one of the type that most weights have."""
        tensors = [*self.module.parameters(), *self.module.buffers()]
        floating = [one for one in tensors if one.is_floating_point()]
        if not floating:
            return torch.zeros(0)
        sizes: dict[Any, int] = {}
        for one in floating:
            sizes[one.dtype] = sizes.get(one.dtype, 0) + one.numel()
        most = max(sizes, key=lambda dtype: sizes[dtype])
        return next(one for one in floating if one.dtype == most)

    @contextmanager
    def _quiet(self, *, gradients: bool) -> Iterator[None]:
        """One pass at a time, undisturbed."""
        with lock_of(self.module), undisturbed(self.module, gradients=gradients):
            yield

    @contextmanager
    def _watched(
        self,
        names: Sequence[str],
        runs: list[LayerRun],
        *,
        copies: bool,
        passed_on: Callable[[int, Any], Any] | None = None,
    ) -> Iterator[None]:
        """While the context lasts, runs of the modules of these names are noted, in the order in which they begin."""
        with ExitStack() as hooks:
            for name in names:
                attention = attention_around(self.module, name)
                if attention is not None:
                    noting = noting_projection(name, runs, copies, passed_on)
                    hooks.enter_context(attention.register_forward_hook(noting, with_kwargs=True))
                    continue
                layer = self.module.get_submodule(name)
                before, after = _noting_runs(name, layer, name in self.main, runs, copies, passed_on)
                hooks.enter_context(layer.register_forward_pre_hook(before, with_kwargs=True))
                hooks.enter_context(layer.register_forward_hook(after))
            yield

    def _call(self, inputs: Any, *, softmax: bool) -> Any:
        """The output that is meant; with `softmax` what its softmax was given."""
        if not softmax:
            return one_output(self._run(inputs), self.output, self.name)
        with SoftmaxNotes() as notes:
            output = one_output(self._run(inputs), self.output, self.name)
        given = notes.given(output)
        return output if given is None else given

    def _run(self, inputs: Any) -> Any:
        inputs = _no_leaves(inputs)
        try:
            if isinstance(inputs, Mapping):
                return self.module(**inputs)
            return self.module(*inputs) if isinstance(inputs, tuple) else self.module(inputs)
        except MemoryError:
            raise
        except Exception as error:
            if isinstance(error, InputError) or _lacks_memory(error):
                raise
            shapes = [tuple(one.shape[1:]) for one in parts_of(inputs)]
            said = _first_line(error)
            if self._integers is False and said != self._refused:  # which of the two says what is wrong cannot be told
                said = f"as integers: {self._refused}; as floats: {said}"
            problem = f"the model does not take these inputs: {said}{hint(self.module, inputs, error)}"
            found = f"samples of shape {shapes[0] if len(shapes) == 1 else shapes}"
            raise InputError(problem, model=self.name, field="inputs", found=found) from error


def _noting_runs(
    name: str, layer: Any, main: bool, runs: list[LayerRun], copies: bool, passed_on: Callable[[int, Any], Any] | None
) -> tuple[Callable[..., None], Callable[..., Any]]:
    """Hooks that note each run of a module: before it what it is given, afterwards what it returns."""
    open_runs: list[int] = []

    def before(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = next((one for one in (*args, *kwargs.values()) if isinstance(one, torch.Tensor)), None)
        open_runs.append(len(runs))
        # A clone: what works in place afterwards must not write into it. The layer gets the original.
        runs.append(LayerRun(name, type(layer).__name__, main, None if given is None else given.clone(), None))

    def after(_: Any, args: tuple[Any, ...], output: Any) -> Any:
        position = open_runs.pop()
        returned = output[0] if isinstance(output, (tuple, list)) and output else output
        if isinstance(returned, torch.Tensor):
            run = runs[position]
            noted = returned.clone() if copies else returned
            runs[position] = LayerRun(run.name, run.kind, run.main, run.given, noted)
        if main and isinstance(output, torch.Tensor) and not copies:  # what is noted is not written into
            output = output.clone()
        return output if passed_on is None else passed_on(position, output)

    return before, after


def _noting(seen: Seen) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Hooks that note the tensors that a module is given, and what it returns."""

    def before(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        tensors = [one for one in (*args, *kwargs.values()) if isinstance(one, torch.Tensor)]
        seen.append(LayerCall(layer, tensors))
        # The layer gets clones: what works in place must not write into what is differentiated.
        return tuple(map(_cloned, args)), {name: _cloned(one) for name, one in kwargs.items()}

    def after(layer: Any, args: tuple[Any, ...], output: Any) -> Any:
        next(call for call in reversed(seen) if call.layer is layer).returned = output
        return _cloned(output)  # for the same reason

    return before, after


def _cloned(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else value


def _no_leaves(inputs: Any) -> Any:
    """The inputs, copied where they are differentiated: nothing may work in place on what a graph begins with."""
    return map_parts(lambda one: one.clone() if one.requires_grad and one.is_leaf else one, inputs)


def _lacks_memory(error: BaseException) -> bool:
    return any(sign in str(error) for sign in ("can't allocate memory", "out of memory", "ALLOC_FAILED"))


def _first_line(error: BaseException) -> str:
    text = str(error).splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
