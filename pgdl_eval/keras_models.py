"""Keras models from their stored form, on whatever Keras is installed."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from complexity.errors import InputError

from .formats.architecture import ModelConfig
from .formats.task import CONFIG, StoredModel

STANDARD_ERROR = 2  # the file descriptor, to which libraries in C++ write


def build(stored: StoredModel) -> Any:
    """A Keras model with these weights; the attribute `initial_weights` where they are stored, as the kit does.

    Raises
    ------
    InputError
        If no Keras is installed or it refuses the architecture.
    """
    try:
        model = build_untrained(stored.config, stored.name)
        model.set_weights(stored.weights)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        file = stored.folder / CONFIG
        raise InputError(f"Keras refuses the model: {error}", file=file, model=stored.name) from error
    if stored.initial_weights is not None:
        model.initial_weights = stored.initial_weights
    return model


def build_untrained(config: ModelConfig, name: str | None = None) -> Any:
    """A Keras model of this architecture with weights as Keras draws them."""
    keras = keras_package()
    layers = [getattr(keras.layers, layer.kind)(**layer.arguments) for layer in config.layers]
    model = keras.Sequential(layers, name=name)
    model.build((None, *config.input_shape))
    return model


def clear_session() -> None:
    """Let Keras forget the models before, as the kit does before each model, and free what they held."""
    keras = keras_package()
    keras.backend.clear_session()
    if keras.__name__ == "tf_keras":  # Keras 3 does it by itself
        gc.collect()


@cache
def keras_package() -> Any:
    """The Keras to build with: tf_keras if TF_USE_LEGACY_KERAS asks for it, else `keras`.

    Raises
    ------
    InputError
        If it is not installed.
    """
    legacy = os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true")
    name = "tf_keras" if legacy else "keras"
    if not _installed(name):
        raise InputError(f"{name} is not installed", expected="the extra [keras] or [keras-torch]")
    if not legacy:
        _choose_backend()
    with _quiet():
        keras = importlib.import_module(name)
        if legacy or keras.backend.backend() == "tensorflow":
            importlib.import_module("tensorflow").constant(0.0)  # which looks for devices, and says what it finds
    return keras


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what libraries write to the standard error while they start; it is shown where that fails."""
    sys.stderr.flush()
    own = os.dup(STANDARD_ERROR)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), STANDARD_ERROR)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(own, held.read())
            raise
        finally:
            os.dup2(own, STANDARD_ERROR)
            os.close(own)


def _choose_backend() -> None:
    """Let Keras 3 run on PyTorch where it would ask for TensorFlow, its default, and only PyTorch is installed."""
    undecided = "KERAS_BACKEND" not in os.environ and "keras" not in sys.modules
    if undecided and configured_backend() == "tensorflow" and not _installed("tensorflow") and _installed("torch"):
        os.environ["KERAS_BACKEND"] = "torch"


def configured_backend() -> str:
    """The backend in Keras' own configuration file, which its first import writes by itself."""
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        return str(json.loads((home / "keras.json").read_text(encoding="utf-8"))["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
