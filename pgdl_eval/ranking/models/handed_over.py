"""Models as Python hands them over: paths, objects, or both, with or without names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from complexity.errors import InputError
from complexity.models.adapt import KERAS_PACKAGES

from ...engines import KERAS, ONNX, TORCH
from .model_files import HandedOver, Source, find_models
from .options import Options


def handed_over(models: Any, options: Options) -> list[Source]:
    """The models of a path, a model, a list of either, or a mapping from names to either.

    Models without a name are called by their position and class, as "0 Sequential".

    Raises
    ------
    InputError
        As for `find_models`; for what is no model, and a path of several under one name.
    """
    if isinstance(models, Mapping):
        return [_named(str(name), one, options) for name, one in models.items()]
    if _is_path(models) or not isinstance(models, list | tuple):
        models = [models]
    paths = [one for one in models if _is_path(one)]
    objects = [_object(f"{number} {type(one).__name__}", one) for number, one in enumerate(models) if not _is_path(one)]
    return [*(find_models(paths, options) if paths else []), *objects]


def _named(name: str, model: Any, options: Options) -> Source:
    if not _is_path(model):
        return _object(name, model)
    found = find_models([model], options)
    if len(found) != 1:
        raise InputError("one name for several models", model=name, expected="the path of one", found=len(found))
    return replace(found[0], name=name)


def _object(name: str, model: Any) -> HandedOver:
    packages = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    if packages & set(KERAS_PACKAGES) and hasattr(model, "layers"):
        return HandedOver(name, model, KERAS)
    if "torch" in packages and hasattr(model, "parameters"):
        return HandedOver(name, model, TORCH)
    if isinstance(model, bytes) or "onnx" in packages:
        return HandedOver(name, model, ONNX)
    expected = "a Keras model, a torch.nn.Module, an ONNX model or the path of a model"
    raise InputError("not a trained model", model=name, expected=expected, found=type(model).__name__)


def _is_path(model: Any) -> bool:
    return isinstance(model, str | os.PathLike)
