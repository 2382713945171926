"""What stands in place of a model or of data by mistake, and what to write instead."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from ..errors import InputError
from ..models import TrainedModel

SAVED_MODELS = ("TFSMLayer", "_UserObject", "AutoTrackable")  # as Keras and TensorFlow load them
BASES = {
    ("torch", "Module"),
    ("onnx", "ModelProto"),
    *((package, "Model") for package in ("keras", "tf_keras", "tensorflow")),
}


def check_arguments(call: str, model: Any, dataset: Any, more: Sequence[Any] = ()) -> None:
    """Raise an InputError for arguments that cannot be a model and its data; it says what to write.

    Only what is surely a mistake: everything else is left to those who read models and data.

    Parameters
    ----------
    call : how the caller writes a right call, as "complexity(model, data)".
    more : positional arguments after the data.
    """
    with_pair = call.replace("data", "(inputs, labels)")
    if more:
        came = ", ".join(_kind(one) for one in (model, dataset, *more))
        raise InputError("inputs and labels are one argument", field="dataset", expected=with_pair, found=came)
    if is_model(dataset) and not is_model(model):
        raise InputError("model and data are swapped", expected=call, found=f"{_kind(model)}, {_kind(dataset)}")
    mistake = _no_model(model)
    if mistake is not None:
        problem, instead = mistake
        raise InputError(problem, field="model", expected=f"{instead}: {call}", found=_kind(model))
    if dataset is None:
        expected = f"{with_pair}, or a loader in place of the pair"
        raise InputError("the data on which the model was trained are missing", field="dataset", expected=expected)
    if isinstance(dataset, str | PathLike):
        expected = f"what is read from it, arrays or a loader: {with_pair}"
        raise InputError("a name or a path is no data", field="dataset", expected=expected, found=repr(dataset))


def is_model(value: Any) -> bool:
    """Whether a value is a Keras model, a `torch.nn.Module` or an ONNX model; no framework is imported for that."""
    bases = {(base.__module__.partition(".")[0], base.__name__) for base in type(value).__mro__}
    return isinstance(value, TrainedModel) or bool(bases & BASES)


def _no_model(value: Any) -> tuple[str, str] | None:
    """What is wrong with a value as a model, and what to hand over; None where nothing is surely wrong."""
    if value is None:
        return "the model is missing", "a Keras model or a torch.nn.Module"
    if isinstance(value, type):
        return (
            "a class is no trained model",
            f"an object of it that holds trained weights, as {value.__name__}(...)",
        )
    if isinstance(value, str | PathLike) and not str(value).lower().endswith(".onnx"):
        return "a path is no model", "the model that was loaded from it, by torch.load or keras.models.load_model"
    if type(value).__name__ in SAVED_MODELS and type(value).__module__.startswith(("keras", "tensorflow", "tf_keras")):
        instead = "the Keras model that it was exported from, or an ONNX file made from it by tf2onnx"
        return "a SavedModel cannot be looked into", instead
    if isinstance(value, Mapping):
        return "weights alone are no model", "the model after model.load_state_dict(weights)"
    if isinstance(value, list | tuple) and any(is_model(one) for one in value):
        return "several models at once", "one model a call"
    if isinstance(value, types.MethodType) and is_model(value.__self__):
        return "a method of a model is no model", f"the model itself, without .{value.__name__}"
    if isinstance(value, types.FunctionType):
        return "a function is no model", "a Keras model or a torch.nn.Module, whose layers can be seen"
    if any(base.__module__.startswith("sklearn.") for base in type(value).__mro__):
        return "a scikit-learn model is not read", "a Keras model or a torch.nn.Module"
    return None


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
