"""From paths to models that can be opened: which kind each file is, what it is called, which belong together."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from complexity.errors import InputError, escaped
from complexity.models import adapt

from ...engines import KERAS, ONNX, TORCH
from ...formats.checksums import file_checksum
from ...formats.portable import Portable
from ...formats.stored_files import Identity, identities
from ...formats.task import StoredModel, Task, find_tasks, has_models
from .keras_files import SAVED_MODEL, open_keras
from .options import Options
from .torch_files import open_torch

EPOCH = re.compile(r"^(.*?)[-_./ ]?(?:epoch|ep|step|checkpoint|ckpt)[-_=]?(\d+)$", re.IGNORECASE)
SKIPPED = ("__pycache__", "__MACOSX")
SHOWN_KINDS = ".onnx, .keras, .h5, .safetensors, .pt, .pth, .pt2, a SavedModel or task folder"


@dataclass(frozen=True)
class ModelFile:
    """A model in a file or folder.

    Attributes
    ----------
    name, path : how it is called, and where it is.
    engine : what runs it.
    opener : makes the model of path and options.
    """

    name: str
    path: Path
    engine: str
    opener: Callable[[Path, Options], Any]
    options: Options

    def open(self) -> Any:
        """The model.

        Raises
        ------
        InputError
            If it is refused.
        """
        try:
            return self.opener(self.path, self.options)
        except InputError as error:
            raise error.at(file=self.path, model=self.name) from error

    @property
    def folder(self) -> Path:
        """Where its files are: the folder that it is, or lies in."""
        return self.path if self.path.is_dir() else self.path.parent

    def identity(self) -> Identity:
        """What tells whether the model's files are those that a value was computed from."""
        inside, folder = self.path.is_dir(), self.folder
        pattern = f"{glob.escape(self.path.name)}*"
        files = sorted(self.path.rglob("*") if inside else folder.glob(pattern))
        found = {str(one.relative_to(folder)): file_checksum(one) for one in files if not one.is_dir()}
        factory, colon, _ = self.options.factory.rpartition(":")
        if self.engine == TORCH and colon:  # which makes the network of these weights
            found["factory"] = f"{self.options.factory} {file_checksum(Path(factory)) or ''}".strip()
        return {name: text for name, text in found.items() if text}

    def portable(self, identity: Mapping[str, str]) -> Portable:
        """The model as plain data, with what tells its files; those of a factory must be where they are here."""
        place, colon, function = self.options.factory.rpartition(":")
        factory, files = self.options.factory, {name: text for name, text in identity.items() if name != "factory"}
        if Path(place).is_file():
            place = os.path.abspath(place)
            factory, files[place] = f"{place}{colon}{function}", file_checksum(Path(place)) or ""
        told = {"name": self.name, "file": "" if self.path.is_dir() else self.path.name, "factory": factory,
                "trust": self.options.trust}  # fmt: skip
        return Portable(file_in, told, os.path.abspath(self.folder), str(self.folder), files)


def file_in(folder: Path, name: str, file: str, factory: str, trust: bool) -> ModelFile:
    """The model of this name that a file of the folder holds, or the folder itself."""
    found = _of_file(folder / file, Options(factory, trust))(name)
    assert isinstance(found, ModelFile)
    return found


@dataclass(frozen=True)
class TaskModel:
    """A model of a task of the competition, run by the engine that a measure needs."""

    name: str
    task: Task
    model: str
    engine: str = ""

    def open(self) -> StoredModel:
        """The model as it is stored."""
        return self.task.read_model(self.model)

    def identity(self) -> Identity:
        """As of `ModelFile`."""
        return identities(Task(self.task.name, self.task.folder, (self.model,)))[self.model]

    def portable(self, identity: Mapping[str, str]) -> Portable:
        """As of `ModelFile`."""
        found = self.task.portable(self.model, identity)
        return replace(found, make=model_in, told={"name": self.name, "task": self.task.name})


def model_in(folder: Path, name: str, task: str) -> TaskModel:
    """The model of a task that lies in this folder."""
    return TaskModel(name, Task(task, folder.parent, (folder.name,)), folder.name)


@dataclass(frozen=True)
class HandedOver:
    """A model object of Python."""

    name: str
    model: Any
    engine: str

    def open(self) -> Any:
        """The model itself."""
        return self.model

    def identity(self) -> Identity:
        """As of `ModelFile`, by the weights."""
        sha = hashlib.sha256()
        try:
            for array in adapt(self.model).weights():
                sha.update(repr((array.shape, array.dtype.str)).encode())
                sha.update(np.ascontiguousarray(array).data)
        except InputError:  # which is said when it is measured
            return {}
        return {"weights": f"sha256 {sha.hexdigest()}"}


Source = ModelFile | TaskModel | HandedOver


def find_models(paths: Sequence[str | os.PathLike[str]], options: Options) -> list[Source]:
    """The models at these paths, which may have wildcards: files, folders of models, task folders.

    Raises
    ------
    InputError
        For a path at which there is nothing, a file of no kind that is known, and a folder without models.
    """
    found: dict[Path, Callable[[str], Source]] = {}
    for path in (one for text in paths for one in _expanded(str(text))):
        for place, make in _at(path, options):
            found.setdefault(place, make)
    names = [escaped(one) for one in names_of(list(found))]  # sheets hold no control characters
    return [make(name) for name, make in zip(names, found.values(), strict=True)]


def names_of(paths: Sequence[Path]) -> list[str]:
    """The shortest names that tell paths apart: without folders and endings, else with the folders that differ, else
    with the ending, too.
    """
    absolute = [Path(os.path.abspath(one)) for one in paths]
    stems = [_stem(one).name for one in absolute]
    if len(set(stems)) == len(stems):
        return stems
    common = Path(os.path.commonpath([one.parent for one in absolute]))
    relative = [_stem(one).relative_to(common).as_posix() for one in absolute]
    if len(set(relative)) == len(relative):
        return relative
    return [one.relative_to(common).as_posix() for one in absolute]


def family_of(name: str) -> tuple[str, int | None]:
    """The family of a model and its epoch, where its name ends in one, as in `run1/epoch_12`; else the name itself."""
    found = EPOCH.match(name)
    if not found:
        return name, None
    return found[1].rstrip("-_./ ") or "models", int(found[2])


def _stem(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() in KINDS else path


def _expanded(text: str) -> list[Path]:
    """The paths that a text stands for."""
    if not glob.has_magic(text) or os.path.exists(text):
        if not os.path.lexists(text):
            raise InputError("no such file or folder", file=text)
        return [Path(text)]
    found = sorted(glob.glob(text, recursive=True), key=_numbers_as_numbers)
    if not found:
        raise InputError("no file fits this pattern", file=text)
    return [Path(one) for one in found]


def _at(path: Path, options: Options) -> Iterator[tuple[Path, Callable[[str], Source]]]:
    """The models at a path, each with what makes it once its name is known."""
    if not path.is_dir() or (path / SAVED_MODEL).exists():
        yield path, _of_file(path, options)
    elif has_models(path):
        for task in find_tasks(path):
            for model in task.models:
                yield task.folder / model, partial(TaskModel, task=task, model=model)
    else:
        files = [one for one in _files(path) if one.suffix.lower() in KINDS or one.name == SAVED_MODEL]
        if not files:
            raise InputError("no models in this folder", file=path, expected=SHOWN_KINDS)
        for file in files:
            place = file.parent if file.name == SAVED_MODEL else file
            yield place, _of_file(place, options)


def _files(folder: Path) -> list[Path]:
    """The files below a folder, hidden ones left out; numbers in names count as numbers."""
    found: list[Path] = []
    for where, folders, files in os.walk(folder):
        inside = SAVED_MODEL in files
        folders[:] = [one for one in folders if not inside and not one.startswith(".") and one not in SKIPPED]
        found += [Path(where, name) for name in files if not name.startswith(".")]
    return sorted(found, key=lambda one: _numbers_as_numbers(str(one)))


def _numbers_as_numbers(text: str) -> list[Any]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", text)]


def _of_file(path: Path, options: Options) -> Callable[[str], Source]:
    kind = KERAS_FOLDER if path.is_dir() else path.suffix.lower()
    if kind not in KINDS:
        raise InputError("no kind of model that is known", file=path, expected=SHOWN_KINDS)
    engine, opener = KINDS[kind]
    if kind == ".pt2" and not options.factory:  # becomes an ONNX graph
        engine = ONNX
    return partial(ModelFile, path=path, engine=engine, opener=opener, options=options)


def _open_onnx(path: Path, options: Options) -> Any:
    from complexity.models.onnx_model import OnnxModel

    return OnnxModel(path)


KERAS_FOLDER = "saved model"
# By ending: the engine, and what opens such a file.
KINDS: Mapping[str, tuple[str, Callable[[Path, Options], Any]]] = {
    ".onnx": (ONNX, _open_onnx),
    **dict.fromkeys((".keras", ".h5", ".hdf5", KERAS_FOLDER), (KERAS, open_keras)),
    **dict.fromkeys((".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".pt2", ".ts"), (TORCH, open_torch)),
}
