"""Bad files that a reader must survive: what each is, who reads it, and the words of its one error.

A case is a function that makes the file in an empty folder and gives what reads it; `bad` lists it. Those that were
found by trying to break an earlier version lie in `files/`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = Path(__file__).parent / "files"

Read = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """A bad input.

    Attributes
    ----------
    name : what it is.
    kind : the file, as in `NAMES`.
    make : makes the file in an empty folder and gives the function that reads it.
    words : that the error must have; no word means that the input is read.
    """

    name: str
    kind: str
    make: Callable[[Path], Read]
    words: tuple[str, ...]


CASES: dict[str, Case] = {}


def bad(kind: str, name: str, *words: str) -> Callable[[Callable[[Path], Read]], Callable[[Path], Read]]:
    """List a case."""

    def note(make: Callable[[Path], Read]) -> Callable[[Path], Read]:
        key = f"{kind}: {name}"
        assert key not in CASES, key
        CASES[key] = Case(name, kind, make, words)
        return make

    return note


def reader(kind: str, path: Path) -> Read:
    """What the software does with a file of that kind."""
    if kind == "config.json":
        from pgdl_eval.formats.architecture import read_model_config

        return lambda: read_model_config(path)
    if kind == "model_configs.json":
        from pgdl_eval.formats.reference import check_grid, read_reference

        return lambda: check_grid(read_reference(path))
    if kind == ".predict":
        from pgdl_eval.formats.predictions import read_predictions

        return lambda: read_predictions(path, [f"model_{number}" for number in range(4)])
    if kind == "shards":
        return lambda: _shards(path.parent)
    if kind == "weights":
        from pgdl_eval.formats.weights import read_weights

        return lambda: read_weights(path)
    if kind == "ONNX":
        from complexity.models.onnx_files import read_model

        return lambda: read_model(str(path))
    if kind == "arrays":
        from pgdl_eval.formats.npz import read_arrays

        return lambda: read_arrays(path)
    if kind == "submission":
        from pgdl_eval.formats.submission_files import copy_submission

        return lambda: copy_submission(path, Path(tempfile.mkdtemp(dir=path.parent)))
    assert kind == "provenance"
    from pgdl_eval.scoreboard import prediction_folders

    return lambda: prediction_folders(path.parent, ["t"])


NAMES = {
    "config.json": "config.json",
    "model_configs.json": "model_configs.json",
    ".predict": "t.predict",
    "shards": "shard_0.tfrecord",
    "weights": "weights.hdf5",
    "ONNX": "model.onnx",
    "provenance": "t.provenance.json",
    "arrays": "arrays.npz",
    "submission": "submission.zip",
}


def stored(kind: str, file: str, *words: str, name: str = "") -> None:
    """List a file of `files/` as a case."""

    def make(folder: Path) -> Read:
        path = folder / NAMES[kind]
        shutil.copyfile(FILES / file, path)
        if kind == "provenance":
            (folder / "t.predict").write_text('{"model_0": 1.0}')
        return reader(kind, path)

    bad(kind, name or file, *words)(make)


def content(kind: str, name: str, data: bytes | str | Callable[[], bytes | str], *words: str) -> None:
    """List a file with this content as a case; a function makes what is large when it is wanted."""

    def make(folder: Path) -> Read:
        path, made = folder / NAMES[kind], data() if callable(data) else data
        path.write_bytes(made.encode("utf-8", "surrogatepass") if isinstance(made, str) else made)
        if kind == "provenance":
            (folder / "t.predict").write_text('{"model_0": 1.0}')
        return reader(kind, path)

    bad(kind, name, *words)(make)


def config(layers: Any, input_shape: Any = (4, 4, 1)) -> str:
    """The text of a config.json."""
    return json.dumps({"model_config": layers, "input_shape": list(input_shape)})


def _shards(folder: Path) -> Any:
    from pgdl_eval.formats.tfrecord import read_shards

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_shards(folder)


def load() -> dict[str, Case]:
    """All cases, by kind and name."""
    from hostile import (  # noqa: F401  # which list theirs
        arrays,
        onnx_graphs,
        packed_arrays,
        places,
        records,
        submissions,
        texts,
    )  # fmt: skip

    return CASES
