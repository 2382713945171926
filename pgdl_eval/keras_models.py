"""Keras models from their stored form, on whatever Keras is installed."""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import Any

from complexity.errors import InputError

from .formats.task import StoredModel


def build(stored: StoredModel) -> Any:
    """A Keras model with these weights; the attribute `initial_weights` where they are stored, as the kit does.

    Raises
    ------
    InputError
        If no Keras is installed or Keras refuses the architecture.
    """
    keras = keras_package()
    try:
        layers = [getattr(keras.layers, layer.kind)(**layer.arguments) for layer in stored.config.layers]
        model = keras.Sequential(layers, name=stored.name)
        model.build((None, *stored.config.input_shape))
        model.set_weights(stored.weights)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Keras refuses the model: {error}", file=stored.folder / "config.json", model=stored.name
        ) from error
    if stored.initial_weights is not None:
        model.initial_weights = stored.initial_weights
    return model


def clear_session() -> None:
    """Let Keras forget the models before; as the kit does before each model."""
    keras_package().backend.clear_session()


@cache
def keras_package() -> Any:
    """The Keras to build with: tf_keras if TF_USE_LEGACY_KERAS is set, else `keras`.

    Where neither variable nor file names a backend and TensorFlow is absent, Keras runs on PyTorch.
    """
    if os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true"):
        import tf_keras

        return tf_keras
    if importlib.util.find_spec("keras") is None:
        raise InputError("Keras is not installed", expected="pip install '.[keras]'")
    chosen = "KERAS_BACKEND" in os.environ or (Path.home() / ".keras" / "keras.json").exists()
    if not chosen and importlib.util.find_spec("tensorflow") is None and importlib.util.find_spec("torch") is not None:
        os.environ["KERAS_BACKEND"] = "torch"
    import keras

    return keras
