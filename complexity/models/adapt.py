"""From a framework's model to the interface that the measures use."""

from __future__ import annotations

import os
from typing import Any

from ..errors import InputError
from .interface import TrainedModel

KERAS_PACKAGES = ("keras", "tf_keras", "tensorflow")


def adapt(model: Any, output: str | int | None = None) -> TrainedModel:
    """The interface over a Keras model (any version and backend), a `torch.nn.Module`, or an ONNX model.

    `output` says which of several outputs is meant, by name or position.

    Frameworks are told by the packages that the model's classes come from, so that none is imported here.

    Raises
    ------
    InputError
        If it is neither.
    """
    if isinstance(model, TrainedModel):
        return model
    packages = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    # Keras first: on the PyTorch backend a Keras model is a torch.nn.Module too.
    if packages & set(KERAS_PACKAGES) and hasattr(model, "layers"):
        from .keras_model import KerasModel

        return KerasModel(model, output)
    if "torch" in packages and hasattr(model, "parameters"):
        from .torch_model import TorchModel

        return TorchModel(model, output)
    if isinstance(model, (str, bytes, os.PathLike)) or "onnx" in packages:
        from .onnx_model import OnnxModel

        return OnnxModel(model, output)
    expected = "a Keras model, a torch.nn.Module, or an ONNX model (its path, bytes or ModelProto)"
    if not isinstance(model, type) and hasattr(model, "model"):  # such as a trainer or a pipeline
        expected += "; perhaps its attribute .model is one"
    raise InputError("not a trained model", expected=expected, found=type(model).__name__)
