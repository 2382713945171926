"""Keras models: Keras 2, tf_keras and Keras 3 on any backend, the starter kit's wrapped layers among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import InputError
from ..timing import FORWARD, phase
from .inputs import (
    LOOKED_AT,
    Inputs,
    channel_hint,
    count_hint,
    first_rows,
    fits,
    kind_of,
    named_parts,
    parts_of,
    rows_of,
)
from .interface import Gradients, TrainedModel
from .keras_graphs import Changes
from .keras_layers import (
    KERNELS,
    all_layers,
    forward_method,
    leaves,
    main_layers,
    noting,
    shadowed,
    softmax_input,
)
from .layers import Acts, Change, LayerRun, Trace, acting_past
from .locks import lock_of
from .outputs import one_output
from .tensors import Array, LayerCall, Seen, outputs_first, tensors_in, to_numpy

COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # Keras writes its errors in bold


class KerasModel(TrainedModel):
    """A Keras model; layers are watched through their `call` while the model runs, and left as they were.

    One pass at a time runs through a model, whichever thread asks.

    Raises
    ------
    InputError
        For a model that has no weights yet, or no dense or convolutional layer.
    """

    def __init__(self, model: Any, output: str | int | None = None) -> None:
        self.model, self.output = model, output
        self.name = str(getattr(model, "name", type(model).__name__))
        self.by_name = all_layers(model)
        self.layers = leaves(self.by_name)
        self.main = main_layers(self.by_name)
        self._gradients_by_kind: dict[tuple[Any, ...], Gradients] = {}
        self._check()

    def _check(self) -> None:
        if not self.main and any(type(layer).__name__ == "TFSMLayer" for layer in self.by_name.values()):
            problem, expected = "a SavedModel cannot be looked into", "the Keras model that it was exported from"
            raise InputError(problem, model=self.name, field="layers", expected=expected, found="TFSMLayer")
        if not getattr(self.model, "built", True) or (self.main and not self.model.weights):
            problem = "the model has no weights yet: call it once on a batch, then load or train its weights"
            raise InputError(problem, model=self.name, field="weights", found="an unbuilt model")
        if not self.main:
            raise InputError("the model has no dense or convolutional layer", model=self.name, field="layers")

    def weights(self) -> list[Array]:
        return [to_numpy(_raw(variable)) for variable in self.model.weights]

    def trainable_weights(self) -> list[Array]:
        return [to_numpy(variable) for variable in self._trainable_variables()]

    def kernels(self) -> list[Array]:
        found = [getattr(layer, attribute, None) for layer in self.by_name.values() for attribute in KERNELS]
        return [to_numpy(_raw(kernel)) for kernel in found if kernel is not None]

    def oriented_kernels(self) -> list[Array]:
        return [outputs_first(kernel) for kernel in self.kernels()]

    def _stored_initial_weights(self) -> list[Array]:
        found = getattr(self.model, "initial_weights", None)
        return [] if found is None else [to_numpy(array) for array in found]

    def _set_trainable_weights(self, weights: Sequence[Array]) -> None:
        for variable, array in zip(self.model.trainable_variables, weights, strict=True):
            variable.assign(array)

    def _trainable_variables(self) -> list[Any]:
        """The backend's own variables."""
        return [_raw(variable) for variable in self.model.trainable_variables]

    def _pass(self, inputs: Inputs, watch: str | None = None) -> Trace:
        runs: list[LayerRun] = []
        known: list[tuple[Any, Any]] = []
        watched = self.by_name if watch is None else {watch: self.by_name[watch]}
        with phase(FORWARD), self._alone(gradients=False), self._noted(watched, runs, known):
            output = self._call(self.arrays(inputs))
        return Trace(next((given for after, given in known if after is output), output), runs)

    def _later(self, few: Inputs, position: int, cut: Trace) -> frozenset[str]:
        """By a pass in which all that ends before is cut off, too."""
        past = acting_past(self._trace(few, Change(position, "direct")), position, lambda _: False)
        return frozenset(name for name, given in past.items() if not given)

    def _trace(self, inputs: Inputs, change: Change | None = None) -> Trace:
        from .keras_graphs import graph_of

        runs: list[LayerRun] = []
        graph = graph_of(self._backend())
        parameters = [(name, one) for name, one in self._named_variables() if "float" in str(one.dtype)]
        noted = self._noted(self.by_name, runs, [], None if change is None else Changes(change, graph))
        with self._alone(gradients=True), graph.recording([one for _, one in parameters]), noted:
            output = self._call(self.arrays(inputs))
        # Scales and shifts of Keras' own layers have one axis.
        products = frozenset(name for name, one in parameters if len(one.shape) == 2)

        def connected(target: Any, tensors: Sequence[Any]) -> list[Acts]:
            with self._alone(gradients=True):
                found: list[Acts] = graph.connected(target, tensors)
                return found

        told = graph.connected is not None and any(connected(output, [one for _, one in parameters]))
        return Trace(output, runs, parameters, connected if told else None, products=products)

    def _named_variables(self) -> list[tuple[str, Any]]:
        """The weights by the path of the layer that holds them: "dense.kernel", those of the model itself first."""
        found: dict[int, tuple[str, Any]] = {}
        for path, layer in {self.name: self.model, **self.by_name}.items():
            for number, variable in enumerate(layer.weights):
                own = str(getattr(variable, "name", number)).rpartition("/")[2].partition(":")[0]
                found[id(variable)] = (f"{path}.{own}", _raw(variable))  # inner layers come later, and so keep theirs
        return list(found.values())

    def arrays(self, inputs: Inputs) -> Any:
        """Copies of the inputs in the types that the model declares; numbers as float32 where it declares none."""
        kinds = [str(getattr(one, "dtype", "")) for one in self._declared()]

        def array(part: Any, number: int) -> Any:
            kind = kinds[number] if number < len(kinds) else ""
            integer = part.dtype.kind in "iu" and ("int" in kind or (not kind and self._starts_with_embedding()))
            return np.array(part, dtype=part.dtype if integer else np.float32, copy=True)

        if isinstance(inputs, Mapping):
            return {name: array(part, number) for number, (name, part) in enumerate(inputs.items())}
        if isinstance(inputs, tuple):
            return [array(part, number) for number, part in enumerate(inputs)]
        return array(inputs, 0)

    def declared_inputs(self) -> list[str]:
        return [f"{one.name} {tuple(one.shape[1:])}" for one in self._declared()]

    def _declared(self) -> list[Any]:
        try:
            return list(getattr(self.model, "inputs", None) or [])
        except (AttributeError, ValueError):  # of models that declare none
            return []

    def _starts_with_embedding(self) -> bool:
        return any(type(layer).__name__ == "Embedding" for layer in self.layers)

    def _channels_last(self, name: str, output: Array) -> Array:
        first = getattr(self.by_name[name], "data_format", None) == "channels_first"
        return np.moveaxis(output, 1, -1) if first else output

    @contextmanager
    def _alone(self, *, gradients: bool) -> Iterator[None]:
        """One pass at a time; on PyTorch with gradients or without."""
        with lock_of(self.model):
            if self._backend() != "torch":
                yield
                return
            import torch

            with torch.inference_mode(False), torch.set_grad_enabled(gradients):
                yield

    def _noted(
        self, layers: Mapping[str, Any], runs: list[LayerRun], known: list[tuple[Any, Any]],
        changes: Changes | None = None,
    ) -> Any:  # fmt: skip
        """A context in which runs of these layers are noted, and what softmaxes were given; one run may be cut off."""

        def make(name: str, layer: Any) -> Callable[..., Any]:
            def before(given: Any) -> tuple[int, Any]:
                if _is_symbolic(given):  # Keras 2 runs layers on placeholders when it builds its graph anew
                    return -1, given
                note = given.clone() if hasattr(given, "clone") else given
                runs.append(LayerRun(name, type(layer).__name__, name in self.main, _tensor(note), None))
                return len(runs) - 1, given

            def after(noted: tuple[int, Any], output: Any) -> Any:
                position, given = noted
                if position < 0:
                    return output
                run = runs[position]
                returned = output[0] if isinstance(output, (tuple, list)) and len(output) else output
                runs[position] = LayerRun(run.name, run.kind, run.main, run.given, _tensor(returned))
                logits = softmax_input(layer, given, output, known)
                if logits is not None:
                    known.append((output, logits))
                return output if changes is None else changes.passed_on(position, output)

            return noting(layer, before, after)

        return shadowed(layers, forward_method, make)

    def _call(self, inputs: Any) -> Any:
        """The output that is meant, of arrays or of the backend's tensors."""
        try:
            output = self.model(inputs, training=False)
        except MemoryError:
            raise
        except Exception as error:
            shapes = [tuple(one.shape[1:]) for one in parts_of(tuple(inputs) if isinstance(inputs, list) else inputs)]
            expected = [tuple(one.shape[1:]) for one in self._declared()]
            right = len(shapes) == len(expected) and all(map(fits, shapes, expected))
            problem, hint = "the model does not take these inputs", self._hint(shapes, expected)
            told = f"{problem}: {type(error).__name__}: {_told(error)}" if right or not expected else problem
            raise InputError(
                told + hint + self._batch_hint(inputs),
                model=self.name,
                field="inputs",
                expected=f"samples of shape {_shown(expected)}" if expected and not right else None,
                found=f"samples of shape {_shown(shapes)}",
            ) from error
        return one_output(output, self.output, self.name)

    def integer_inputs(self, inputs: Inputs) -> list[str]:
        parts = zip(named_parts(inputs), tensors_in(self.arrays(first_rows(inputs, 1))), strict=True)
        return [name for (name, _), array in parts if array.dtype.kind in "iu"]

    def _hint(self, shapes: list[tuple[int, ...]], expected: list[tuple[int | None, ...]]) -> str:
        """What to write where images come without a channel to a model, or a first convolution, of one."""
        first = self.by_name[next(name for name in self.by_name if name in self.main)]
        kernel = tuple(getattr(getattr(first, "kernel", None), "shape", ()))
        if not expected and len(kernel) > 2 and kernel[-2] == 1 and getattr(first, "groups", 1) == 1:
            sides: list[int | None] = [None] * (len(kernel) - 2)
            channels_first = getattr(first, "data_format", None) == "channels_first"
            expected = [(1, *sides) if channels_first else (*sides, 1)]
        if len(shapes) != len(expected):
            return count_hint([str(one.name) for one in self._declared()], len(shapes))
        return channel_hint(shapes[0], expected[0]) if len(shapes) == 1 else ""

    def _batch_hint(self, inputs: Any) -> str:
        """What to do where the model takes batches of another size alone."""
        size = next((one.shape[0] for one in self._declared() if len(one.shape)), None)
        if size is None or size == rows_of(tuple(inputs) if isinstance(inputs, list) else inputs):
            return ""
        hint = f"; the model is made for batches of {size} samples: build it without a batch size (and not stateful)"
        return f"{hint}, and load its weights into that"

    def _gradients(self, inputs: Inputs) -> Gradients:
        kind = kind_of(first_rows(inputs, 1))
        if kind not in self._gradients_by_kind:
            self._gradients_by_kind[kind] = self._new_gradients(inputs)
        return self._gradients_by_kind[kind]

    def squared_jacobians(self, inputs: Inputs) -> Array:
        self._settle(inputs)
        with lock_of(self.model), self._all_weights_take_part():
            return super().squared_jacobians(inputs)

    def logit_gradients(self, inputs: Inputs, coefficients: Array, layer: str | None = None) -> Array:
        self._settle(inputs)
        with lock_of(self.model):
            return super().logit_gradients(inputs, coefficients, layer)

    def _layer_object(self, name: str) -> Any:
        return self.by_name[name]

    def loss_gradient(self, inputs: Inputs, labels: Any) -> tuple[Array, list[Array]]:
        self._settle(inputs)
        with lock_of(self.model):
            return super().loss_gradient(inputs, labels)

    @contextmanager
    def _all_weights_take_part(self) -> Iterator[None]:
        """On PyTorch the frozen weights too, so that what follows an embedding of tokens depends on something."""
        if self._backend() != "torch":
            yield
            return
        from .torch_passes import all_require_gradients

        with all_require_gradients([_raw(variable) for variable in self.model.weights]):
            yield

    def _settle(self, inputs: Inputs) -> None:
        """Let Keras 2 build its graph for batches of any size before one is traced: it does so on the first calls."""
        if kind_of(first_rows(inputs, 1)) not in self._gradients_by_kind:
            for rows in (1, LOOKED_AT):
                self._pass(first_rows(inputs, rows))

    def _new_gradients(self, inputs: Inputs) -> Gradients:
        # All layers are watched, so that a wrapped one keeps none of the tensors that belong to a compiled function.
        weights = self._trainable_variables()
        if self._backend() == "tensorflow":
            from .tensorflow_gradients import TensorFlowGradients

            every = [_raw(variable) for variable in self.model.weights]
            return TensorFlowGradients(self._differentiable, self.layers, weights, every, self.arrays, inputs)
        if self._backend() == "torch":
            from .torch_gradients import TorchGradients

            like = _raw(self.model.weights[0])
            return TorchGradients(self._differentiable, weights, lambda given: _as_tensors(like, self.arrays(given)))
        raise InputError(
            "no gradients on this Keras backend",
            model=self.name,
            field="backend",
            expected="tensorflow or torch",
            found=self._backend(),
        )

    def _differentiable(self, inputs: Any) -> tuple[Any, Seen]:
        """Logits of the backend's tensor in its graph, and what all leaves were given and returned."""
        seen: Seen = []
        known: list[tuple[Any, Any]] = []
        inner = {id(layer) for layer in self.layers}

        def make(name: str, layer: Any) -> Callable[..., Any]:
            def before(given: Any) -> Any:
                if id(layer) in inner:
                    seen.append(LayerCall(layer, given))
                return given

            def after(given: Any, output: Any) -> Any:
                logits = softmax_input(layer, given, output, known)
                known.extend([] if logits is None else [(output, logits)])
                if id(layer) in inner:
                    next(call for call in reversed(seen) if call.layer is layer).returned = output
                return output

            return noting(layer, before, after)

        with shadowed(self.by_name, forward_method, make):
            output = self._call(inputs)
        own = softmax_input(self.layers[-1], None, output, [])
        return next((given for after, given in known if after is output), output if own is None else own), seen

    def _backend(self) -> str:
        """The name of the Keras backend; Keras 2 has one only."""
        if "keras" not in {base.__module__.partition(".")[0] for base in type(self.model).__mro__}:
            return "tensorflow"
        import keras

        return str(keras.backend.backend())


def _raw(variable: Any) -> Any:
    """The backend's variable, which that of Keras 3 holds as its `value`; that of Keras 2 is TensorFlow's itself."""
    value = getattr(variable, "value", None)
    return variable if value is None or callable(value) else value


def _as_tensors(like: Any, arrays: Any) -> Any:
    """Arrays as PyTorch's tensors on the device of a weight, numbers in its precision."""
    import torch

    if isinstance(arrays, Mapping):
        return {name: _as_tensors(like, one) for name, one in arrays.items()}
    if isinstance(arrays, list):
        return [_as_tensors(like, one) for one in arrays]
    tensor = torch.from_numpy(arrays)
    return tensor.to(like.device, like.dtype if tensor.is_floating_point() else tensor.dtype)


def _tensor(value: Any) -> Any:
    """A single tensor; None for several, or none."""
    return value if hasattr(value, "shape") and hasattr(value, "dtype") else None


def _is_symbolic(value: Any) -> bool:
    """Whether it stands for a tensor while a graph is built."""
    kind = type(value).__name__
    return kind in ("KerasTensor", "SymbolicTensor") or (kind == "Tensor" and hasattr(value, "graph"))


def _shown(shapes: Sequence[Any]) -> Any:
    return shapes[0] if len(shapes) == 1 else list(shapes)


def _told(error: BaseException) -> str:
    """The first line of an error that says more than in which layer it came."""
    lines = [line for line in COLOUR.sub("", str(error)).splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith("Exception encountered")), lines[0] if lines else "")
