"""A submission in the process of its own: it is called as the starter kit calls it."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from complexity.errors import OWN_PACKAGES, InputError
from complexity.samples import Samples

MODULE = "complexity"  # of which the kit takes the function of the same name
DIRECTORY = "program_dir"  # a parameter by which a submission asks for its folder


@dataclass
class Submitted:
    """The function of a submission, imported; its modules may have the names of ours, `complexity` first of all.

    Attributes
    ----------
    folder : the files of the submission.

    Raises
    ------
    InputError
        If there is no such function; what the import raises passes.
    """

    folder: Path
    _modules: dict[str, ModuleType] = field(default_factory=dict)
    _dataset: tuple[Samples, Any] | None = None

    def __post_init__(self) -> None:
        with self._own_modules():
            self._function: Any = getattr(importlib.import_module(MODULE), MODULE, None)
            if not callable(self._function):
                found = type(self._function).__name__
                raise InputError("no function in the submission", field=MODULE, expected=MODULE, found=found)
            self._asks = DIRECTORY in inspect.signature(self._function).parameters

    def __call__(self, model: Any, samples: Samples) -> Any:
        """What the function gives for a model, whatever that is."""
        dataset, model = self._as_dataset(samples), as_in_kit(model)
        with self._own_modules():
            return self._function(model, dataset, **({DIRECTORY: str(self.folder)} if self._asks else {}))

    def _as_dataset(self, samples: Samples) -> Any:
        """One data set for all models, as in the kit."""
        if self._dataset is None or self._dataset[0] is not samples:
            self._dataset = samples, as_dataset(samples)
        return self._dataset[1]

    @contextmanager
    def _own_modules(self) -> Iterator[None]:
        """Within the context the submission's modules are imported, and this project's are not."""
        ours = _taken_out(sys.modules)
        sys.modules.update(self._modules)
        sys.path.insert(0, str(self.folder))
        try:
            yield
        finally:
            if str(self.folder) in sys.path:
                sys.path.remove(str(self.folder))
            self._modules = _taken_out(sys.modules)
            sys.modules.update(ours)


def _taken_out(modules: dict[str, ModuleType]) -> dict[str, ModuleType]:
    names = [name for name in modules if name.partition(".")[0] in OWN_PACKAGES]
    return {name: modules.pop(name) for name in names}


def as_dataset(samples: Samples) -> Any:
    """A `tf.data.Dataset` of (input, label), not batched.

    Raises
    ------
    InputError
        If TensorFlow is not installed.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        problem = "a submission gets its data as a tf.data.Dataset, and TensorFlow is not installed"
        raise InputError(problem, expected="the extra [keras]") from error
    return tf.data.Dataset.from_tensor_slices((samples.inputs, samples.targets))


def as_in_kit(model: Any) -> Any:
    """A Keras model whose layers remember their last input as `_last_seen_input`, and which takes `tape=`."""
    for layer in model.layers:
        layer.__class__ = _noting(type(layer))
    model.__class__ = _taking_tape(type(model))
    return model


def _noting(layer_class: type) -> type:
    def call(self: Any, x: Any, *more: Any, **options: Any) -> Any:
        self._last_seen_input = x
        return layer_class.__call__(self, x, *more, **options)

    return type(layer_class.__name__, (layer_class,), {"__call__": call, "__module__": layer_class.__module__})


def _taking_tape(model_class: type) -> type:
    def call(self: Any, x: Any, *more: Any, tape: Any = None, **options: Any) -> Any:
        if tape is not None:
            tape.watch(x)
        return model_class.__call__(self, x, *more, **options)

    return type(model_class.__name__, (model_class,), {"__call__": call, "__module__": model_class.__module__})
