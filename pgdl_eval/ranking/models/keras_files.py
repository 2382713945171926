"""Keras models in files, held against what may stand in them before Keras reads them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py

from complexity.errors import InputError, first_line
from complexity.regular_files import open_regular, size_of

from ...formats.hdf5_files import longest_string
from ...formats.json_files import MOST_BYTES
from ...formats.npz import LARGEST_RATIO, SMALL
from ...keras_models import keras_package
from .options import Options

SAVED_MODEL, METADATA = "saved_model.pb", "keras_metadata.pb"
CONFIG = "config.json"
CODE = ("Lambda", "__lambda__")
PASSED_OVER = ("compile_config", "build_config")  # which are not read, since the model is not compiled
PLACES = (
    *("layers", "models", "initializers", "regularizers", "constraints", "activations", "dtype_policies", "random"),
    *("optimizers", "losses", "metrics", "quantizers"),
)
LIBRARY = tuple(f"{root}.{place}" for root in ("keras", "keras.src", "tf_keras", "tf_keras.src") for place in PLACES)
IN_PYTHON = (
    "pgdl_eval.rank({NAME: keras.models.load_model(FILE, custom_objects=...)}, data) hands it over with its classes"
)


def open_keras(path: Path, options: Options) -> Any:
    """The model of a `.keras` or legacy `.h5` file, or of a SavedModel folder.

    Raises
    ------
    InputError
        If Keras is not installed, the file is damaged or refused by Keras, holds weights alone, or code or classes
        that are not of Keras where these are not trusted.
    """
    if path.is_dir():
        return _saved_model(path, options)
    config = _zip_config(path) if zipfile.is_zipfile(path) else _hdf5_config(path)
    if not options.trust:
        check_config(config)
    try:
        return keras_package().models.load_model(str(path), compile=False, **_safe(options))
    except InputError:
        raise
    except Exception as error:  # whatever Keras says of a file
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(f"Keras refuses the model: {told[:300]}", expected=f"classes of Keras; {IN_PYTHON}") from error


def check_config(config: Any) -> None:
    """Raise an InputError for stored code, and for classes and functions that are not of Keras itself."""
    for part in _objects(config):
        kind, module, registered = (part.get(name) for name in ("class_name", "module", "registered_name"))
        name = part.get("config", {}).get("name", kind) if isinstance(part.get("config"), dict) else kind
        if kind in CODE:
            expected = "--trust runs it; or the model without it, saved anew"
            raise InputError(
                "a Lambda layer is stored Python code, which is not run", field=str(name), expected=expected
            )
        own = (
            module is None or module == "keras" or any(module == o or str(module).startswith(f"{o}.") for o in LIBRARY)
        )
        if not own or ">" in str(registered or ""):
            problem = "a class or function that is not of Keras"
            found = f"{module}.{kind}" if module else str(registered or kind)
            raise InputError(problem, field=str(name), expected=f"classes of Keras; {IN_PYTHON}", found=found)


def _objects(config: Any) -> Iterator[Mapping[str, Any]]:
    """All objects of a configuration, by whatever they are nested in."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config
        for name, part in config.items():
            if name not in PASSED_OVER:
                yield from _objects(part)
    elif isinstance(config, list):
        for part in config:
            yield from _objects(part)


def _zip_config(path: Path) -> Any:
    with open_regular(path) as file:
        size = size_of(file)
        try:
            archive = zipfile.ZipFile(file)
            member, total = archive.getinfo(CONFIG), sum(one.file_size for one in archive.infolist())
            if total > LARGEST_RATIO * size + SMALL or member.file_size > MOST_BYTES:
                raise InputError("the file unpacks to far more than it can hold", found=f"{total} bytes of {size}")
            return _parsed(archive.read(member))
        except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError) as error:
            raise InputError(f"no Keras model: {error}", expected=f"{CONFIG} in a zip") from error


def _hdf5_config(path: Path) -> Any:
    longest_string(path)
    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
    except OSError as error:
        raise InputError(f"no HDF5 file: {error}") from error
    if text is None:
        problem = "weights alone do not say what network they are of"
        raise InputError(problem, field="model_config", expected="a whole model, by model.save('model.keras')")
    try:
        return _parsed(text.encode() if isinstance(text, str) else bytes(text))
    except TypeError as error:
        raise InputError(f"no configuration of a model: {error}", field="model_config") from error


def _parsed(content: bytes) -> Any:
    """A configuration; stored code in it is no printable text, as that of other files here must be."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"no configuration of a model: {error}", field=CONFIG) from error


def _safe(options: Options) -> dict[str, bool]:
    return {} if keras_package().__name__ == "tf_keras" else {"safe_mode": not options.trust}


def _saved_model(path: Path, options: Options) -> Any:
    """A folder that Keras 2 saved, by tf_keras; the programs of TensorFlow in it are run by reading it."""
    if not options.trust:
        expected = "--trust; or model.save('model.keras') where the model is trusted"
        raise InputError("a SavedModel is a stored program, and none is run", field=SAVED_MODEL, expected=expected)
    if not (path / METADATA).exists():
        problem = "a SavedModel without its layers (an inference graph), which cannot be looked into"
        raise InputError(problem, field=METADATA, expected="model.save('model.keras')")
    try:
        import tf_keras
    except ImportError as error:
        raise InputError(
            "tf_keras is not installed, and only it reads SavedModels", expected="pip install tf_keras"
        ) from error
    try:
        return tf_keras.models.load_model(str(path), compile=False)
    except Exception as error:  # whatever TensorFlow says of a folder
        raise InputError(f"TensorFlow refuses the model: {first_line(error)[:300]}") from error
