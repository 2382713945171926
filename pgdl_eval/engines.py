"""Which engine computes a measure of a stored model: ONNX Runtime, PyTorch or Keras."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Protocol

from complexity.errors import InputError
from complexity.measures.registry import Measure
from complexity.models import adapt
from complexity.timing import BUILDING, phase

from .formats.task import StoredModel

ONNX, TORCH, KERAS = "onnxruntime", "torch", "keras"
GRADIENTS_EXTRA, KERAS_EXTRA = "the extra [torch] or [keras]", "the extra [keras] or [keras-torch]"
OWN_PACKAGES = ("complexity", "baselines", "pgdl_eval.ranking")


@dataclass
class Networks:
    """A stored model in the forms that measures need, each made when it is first asked for.

    Attributes
    ----------
    stored : the model.
    made : the networks by engine, each with the seconds that it took.
    """

    stored: StoredModel
    made: dict[str, tuple[Any, float]] = field(default_factory=dict)

    def engine_for(self, measure: Measure) -> str:
        """See the function of this name."""
        return engine_for(measure)

    def weights(self) -> list[Any]:
        """All weights as they are stored, those before training included."""
        return [*self.stored.weights, *(self.stored.initial_weights or [])]

    def on(self, engine: str) -> tuple[Any, float]:
        """The model on an engine, and the seconds that it took to make it.

        Raises
        ------
        InputError
            If the engine refuses the model, or is not installed.
        """
        if engine not in self.made:
            began = time.perf_counter()
            with phase(BUILDING):
                network = MAKERS[engine](self.stored)
            self.made[engine] = network, time.perf_counter() - began
        return self.made[engine]


class OpenedModel(Protocol):
    """A model that comes in a form of its own, which every measure gets.

    `name`, `engine` : how messages call it, and what runs it; `open` : makes it.
    """

    @property
    def name(self) -> str: ...

    @property
    def engine(self) -> str: ...

    def open(self) -> Any: ...


@dataclass
class OneNetwork:
    """A model in the form that it comes in, made when it is first asked for; `made` as of `Networks`."""

    model: OpenedModel
    made: dict[str, tuple[Any, float]] = field(default_factory=dict)
    refused: Exception | None = None

    def engine_for(self, measure: Measure) -> str:
        """What runs the model, whatever the measure."""
        return self.model.engine

    def weights(self) -> list[Any]:
        """All weights."""
        return adapt(self.on(self.model.engine)[0]).weights()

    def on(self, engine: str) -> tuple[Any, float]:
        """The model, and the seconds that it took to make it; one that is refused is tried once."""
        if self.refused is not None:
            raise self.refused
        if engine not in self.made:
            began = time.perf_counter()
            try:
                with phase(BUILDING):
                    network = self.model.open()
            except Exception as error:
                self.refused = error
                raise
            self.made[engine] = network, time.perf_counter() - began
        return self.made[engine]


def networks_of(model: StoredModel | OpenedModel) -> Networks | OneNetwork:
    """What gives the measures their model."""
    return Networks(model) if isinstance(model, StoredModel) else OneNetwork(model)


def engine_for(measure: Measure) -> str:
    """The engine on which a measure gets its models.

    Measures of strangers get the model that the competition promised them, a Keras model; ours a network on ONNX
    Runtime, or where they need gradients on PyTorch, or on Keras where PyTorch is not installed.

    Raises
    ------
    InputError
        If what is needed is not installed.
    """
    own = is_own(measure)
    if own and "gradients" not in measure.needs:
        return ONNX
    if own and find_spec("torch") is not None:
        return TORCH
    if find_spec("keras") is not None or find_spec("tf_keras") is not None:
        return KERAS
    if not own:
        raise InputError("it gets Keras models, and Keras is not installed", field=measure.name, expected=KERAS_EXTRA)
    problem = "it needs gradients, and neither PyTorch nor Keras is installed"
    raise InputError(problem, field=measure.name, expected=GRADIENTS_EXTRA)


def is_own(measure: Measure) -> bool:
    """Whether a measure is of this project."""
    function: Any = measure.function
    while isinstance(function, partial):
        function = function.func
    return f"{function.__module__}.".startswith(tuple(f"{package}." for package in OWN_PACKAGES))


def engine_version(engine: str) -> str:
    """An engine with its version, as "onnxruntime 1.20.1"."""
    if engine == KERAS:
        from .keras_models import keras_package

        return f"{keras_package().__name__} {keras_package().__version__}"
    return f"{engine} {version(engine)}"


def _on_onnxruntime(stored: StoredModel) -> Any:
    from .stored_network import StoredNetwork

    return StoredNetwork(stored)


def _on_torch(stored: StoredModel) -> Any:
    from .torch_models import TorchStoredNetwork

    return TorchStoredNetwork(stored)


def _on_keras(stored: StoredModel) -> Any:
    from .keras_models import build, clear_session

    clear_session()
    return build(stored)


MAKERS: dict[str, Callable[[StoredModel], Any]] = {ONNX: _on_onnxruntime, TORCH: _on_torch, KERAS: _on_keras}
