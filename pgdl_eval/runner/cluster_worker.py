"""What a worker of a cluster does: it opens a model where its files are, or were sent, and answers what is asked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from complexity.samples import Samples

from ..formats.portable import Contents, Portable, write_contents
from ..provenance import installed_versions
from .asked import Asked, answered
from .samples_on_disk import samples_on_disk

COMPARED = ("pvector", "numpy")  # packages of which client and workers have the same version

# What a worker answers in place of results.
OTHER_VERSIONS, UNSEEN, UNSEEN_DATA = "other versions", "unseen", "unseen data"

Data = tuple[Any, Any, bool] | str

_one_at_a_time = Lock()
_known: dict[str, Samples] = {}  # the samples of the task at work, by their digest


@dataclass(frozen=True)
class Question:
    """What is asked about one model: plain data.

    Attributes
    ----------
    model : its name in the set that `portable` makes.
    contents : its files, where they are sent.
    digest : of the samples.
    versions : those of who asks.
    """

    model: str
    portable: Portable
    wanted: Asked
    digest: str
    profiled: bool
    versions: Mapping[str, str]
    contents: Contents | None = None


@cache
def compared_versions() -> dict[str, str]:
    """Versions here of what must be the same everywhere."""
    found = installed_versions()
    return {name: found.get(name, "not installed") for name in COMPARED}


def received(data: Data) -> Data:
    """The samples, as `answer` takes them: the task that brings them to workers."""
    return data


def answer(question: Mapping[str, Any], data: Data) -> dict[str, Any]:
    """What comes of the measures, by name and as plain data; or why nothing can, under a word of its own.

    Parameters
    ----------
    question : the fields of a `Question`.
    data : inputs, labels, and whether there were more; or the folder of shards from which they are read.
    """
    asked = Question(**question)
    if (here := compared_versions()) != asked.versions:
        return {OTHER_VERSIONS: here}
    with _one_at_a_time, _folder(asked) as folder:
        if missing := asked.portable.missing(folder):
            return {UNSEEN: missing}
        if isinstance(data, str) and not Path(data).is_dir():
            return {UNSEEN_DATA: [data]}
        samples = _samples(asked.digest, data)
        if samples.digest != asked.digest:
            return {UNSEEN_DATA: [str(data)]}
        models = asked.portable.make(folder, **asked.portable.told)
        found = answered(
            models, asked.model, samples, lambda: (samples.inputs, samples.targets), asked.wanted, asked.profiled
        )
        return {name: _as_there(asdict(one), folder, asked.portable.shown) for name, one in found.items()}


def _samples(digest: str, data: Data) -> Samples:
    """The samples, the same object for all models: what is remembered of them is computed once."""
    if digest not in _known:
        _known.clear()
        _known[digest] = samples_on_disk(Path(data)) if isinstance(data, str) else Samples(*data)
    return _known[digest]


@contextmanager
def _folder(asked: Question) -> Iterator[Path]:
    """Where the model's files are: in their own folder, or in one for what was sent."""
    if asked.contents is None:
        yield Path(asked.portable.folder)
        return
    with tempfile.TemporaryDirectory(prefix="pvector-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch, Path(asked.portable.folder).name)
        folder.mkdir()
        write_contents(asked.contents, folder)
        yield folder


def _as_there(found: dict[str, Any], folder: Path, shown: str) -> dict[str, Any]:
    """An answer whose words call the folder as who asked does."""
    beginning = "" if shown == os.curdir else f"{shown}{os.sep}"

    def said(text: str) -> str:
        return text.replace(f"{folder}{os.sep}", beginning).replace(str(folder), shown)

    return {**found, "failure": said(found["failure"]), "doubts": [said(one) for one in found["doubts"]]}
