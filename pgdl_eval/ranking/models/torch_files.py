"""PyTorch models in files: weights for a module that a factory makes, and stored programs for who trusts them."""

from __future__ import annotations

import inspect
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from complexity.errors import InputError, first_line
from complexity.regular_files import open_regular

from .functions import find_function
from .options import Options

NESTED = ("state_dict", "model_state_dict", "model", "module", "net", "weights")  # where training loops keep weights
CONVERT = (
    "where you trust the file: torch.save(model.state_dict(), 'weights.pt'), then --factory with what makes the model"
)
TRUST = "a program is stored in the file, and none is run; --trust runs it"


def open_torch(path: Path, options: Options) -> Any:
    """The module of a file, in evaluation mode.

    A file of weights (safetensors, or a state dictionary that `torch.load(weights_only=True)` reads) goes into the
    module that the factory makes: `factory()`, or `factory(path)` where it takes an argument. Of TorchScript the
    weights alone are taken; a program of `torch.export` becomes an ONNX graph where there is no factory.

    Raises
    ------
    InputError
        If PyTorch is not installed, the file is damaged, holds pickled code, or stored programs without trust, or the
        weights do not fit the module.
    """
    try:
        import torch
    except ImportError as error:
        raise InputError("PyTorch is not installed", expected="the extra [torch]") from error
    with open_regular(path):
        pass
    kind = kind_of(path)
    if kind == "export" and not options.factory:
        return _exported(path, options)
    weights = _weights(path, kind, options)
    if not options.factory:
        raise InputError("a file of weights does not say what network it is of", field="factory",
                         expected="--factory package.module:function or file.py:function that makes it")  # fmt: skip
    module = _made(path, options)
    if not isinstance(module, torch.nn.Module):
        raise InputError("the factory makes no torch.nn.Module", field=options.factory, found=type(module).__name__)
    _load(module, weights)
    return module.eval()


def kind_of(path: Path) -> str:
    """ "safetensors", "script", "export" or "weights", by what lies in the file."""
    if path.suffix.lower() == ".safetensors":
        return "safetensors"
    with suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if any(name.endswith(("archive_format", "serialized_exported_program.json")) for name in names):
            return "export"
        if any("/code/" in name or name.endswith("/constants.pkl") for name in names):
            return "script"
    return "weights"


def _weights(path: Path, kind: str, options: Options) -> Mapping[str, Any]:
    import torch

    if kind in ("script", "export"):
        if not options.trust:
            raise InputError(TRUST, expected=f"--trust, or {CONVERT}")
        load: Any = torch.jit.load if kind == "script" else torch.export.load
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch calls TorchScript deprecated
            found = load(str(path))
        state: Any = found.state_dict
        return state() if callable(state) else state  # type: ignore[no-any-return]
    if kind == "safetensors":
        return _safetensors(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle's, of damaged zips and of PyTorch's own
        told = first_line(error)
        if "weights_only" in str(error) or "Unsupported" in str(error) or "WeightsUnpickler" in str(error):
            raise InputError(
                "pickled Python objects are not read, since reading them runs code", expected=CONVERT
            ) from error
        raise InputError(f"no weights can be read: {told[:200]}") from error
    return _state_of(content)


def _safetensors(path: Path) -> Mapping[str, Any]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise InputError("safetensors is not installed", expected="the extra [torch]") from error
    try:
        return load_file(path)  # type: ignore[no-any-return]
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"no weights can be read: {error}") from error


def _state_of(content: Any) -> Mapping[str, Any]:
    """The state dictionary of a file, which training loops keep beside other things."""
    import torch

    for one in (content, *(content[name] for name in NESTED if isinstance(content, Mapping) and name in content)):
        if isinstance(one, Mapping) and one and all(torch.is_tensor(part) for part in one.values()):
            return one
    found = ", ".join(map(str, list(content)[:8])) if isinstance(content, Mapping) else type(content).__name__
    raise InputError(
        "no state dictionary", expected=f"tensors by name, or these under {', '.join(NESTED)}", found=found
    )


def _made(path: Path, options: Options) -> Any:
    factory = find_function(options.factory, "factory")
    try:
        needed = [
            one for one in inspect.signature(factory).parameters.values()
            if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        ]  # fmt: skip
        return factory(str(path)) if needed else factory()
    except Exception as error:  # of the user's own function
        raise InputError(f"the factory fails: {type(error).__name__}: {error}", field=options.factory) from error


def _load(module: Any, weights: Mapping[str, Any]) -> None:
    for prefix in ("module.", "_orig_mod."):  # of DataParallel and torch.compile
        if weights and all(name.startswith(prefix) for name in weights):
            weights = {name.removeprefix(prefix): one for name, one in weights.items()}
    try:
        module.load_state_dict(dict(weights))
    except (RuntimeError, TypeError) as error:
        lines = [line.strip() for line in str(error).splitlines()[1:4]] or [str(error)]
        raise InputError(
            "the weights do not fit the module of the factory", field="factory", found="; ".join(lines)
        ) from error


def _exported(path: Path, options: Options) -> Any:
    """A program of `torch.export` as an ONNX graph: it cannot be looked into otherwise."""
    if not options.trust:
        raise InputError(TRUST, expected="--trust, or the module that it was made of: its state_dict and --factory")
    import torch

    from complexity.models.onnx_model import OnnxModel

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(torch.export.load(str(path)), dynamo=True, verbose=False)
    except Exception as error:  # of what the exporter does not know
        problem = f"no ONNX graph can be made of the program: {type(error).__name__}: {error}"
        raise InputError(problem, expected="the state_dict of its module, and --factory") from error
    return OnnxModel(program.model_proto)  # type: ignore[union-attr]
