"""The same network with weights as they were, or might have been, before training."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from complexity.errors import InputError
from complexity.models.adapt import KERAS_PACKAGES

from ...stored_network import StoredNetwork


def untrained(network: Any, seed: int) -> Any:
    """A network of the same architecture that has not been trained; the given one stays as it is.

    A stored model of the competition brings its weights before training. A Keras model is made again by its
    configuration, whose initializers draw. Of a PyTorch module each part that holds weights draws by its
    `reset_parameters`.

    Raises
    ------
    InputError
        If the model does not say how its weights are drawn.
    """
    if isinstance(network, StoredNetwork):
        return _stored(network)
    packages = {base.__module__.partition(".")[0] for base in type(network).__mro__}
    if packages & set(KERAS_PACKAGES) and hasattr(network, "get_config"):
        return _keras(network, seed)
    if "torch" in packages:
        return _torch(network, seed)
    raise InputError("a graph does not say how its weights were drawn")


def _stored(network: StoredNetwork) -> StoredNetwork:
    stored = network.stored
    if stored.initial_weights is None:
        raise InputError("the task has no weights before training", expected="weights_init.hdf5")
    return type(network)(replace(stored, weights=stored.initial_weights))


def _keras(model: Any, seed: int) -> Any:
    import importlib

    package = "tf_keras" if any(base.__module__.startswith("tf_keras") for base in type(model).__mro__) else "keras"
    keras = importlib.import_module(package)
    try:
        keras.utils.set_random_seed(seed)
        fresh = keras.models.clone_model(model)
        if not fresh.built:
            fresh.build(model.input_shape)
    except (TypeError, ValueError, NotImplementedError, AttributeError, RuntimeError) as error:
        raise InputError(f"Keras cannot make the model again: {error}") from error
    return fresh


def _torch(module: Any, seed: int) -> Any:
    import torch

    fresh = copy.deepcopy(module)
    for name, part in fresh.named_modules():
        own = [name for name, _ in part.named_parameters(recurse=False)]
        if own and not hasattr(part, "reset_parameters"):
            raise InputError(f"{name or 'the module'} ({type(part).__name__}) has no reset_parameters")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for part in fresh.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
    return fresh
