"""How the values of a measure on a task came about, and the file that says it."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from complexity.errors import InputError
from complexity.regular_files import read_regular

if TYPE_CHECKING:  # which reads tasks, with what that needs
    from .formats.stored_files import Identity

MOST_BYTES = 2**28  # of 10,000 models with 20 kB of details each
PACKAGES = ("pvector", "numpy", "scipy", "h5py", "onnxruntime", "keras", "tensorflow", "tf_keras", "torch")


def installed_versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def command_line() -> str:
    """The command of this process, as a shell takes it; an installed program by its name alone."""
    program = Path(sys.argv[0])
    if program.parent == Path(sys.executable).parent:
        return shlex.join([program.name, *sys.argv[1:]])
    return shlex.join([Path(sys.orig_argv[0]).name, *sys.orig_argv[1:]])


@dataclass
class Provenance:
    """How the values of one measure on one task came about.

    Attributes
    ----------
    measure, settings : which measure, with all its settings.
    task, data_sha256 : which task, and the hash of its training samples.
    versions : as of `installed_versions`.
    seconds : per model, for building it and computing the measure; they add up over resumed runs.
    engines : per model, what ran it: a value does not depend on that beyond rounding.
    details : per model, what the measure says of its value.
    warnings : per model, doubts about its value.
    failures : per model without a value, why.
    files : per model, what tells its files as they were then; see `formats.stored_files`.
    aggregation : of a combination, how its components' values were put together; empty for any other measure.
    """

    measure: str
    settings: Mapping[str, Any]
    task: str
    data_sha256: str
    versions: Mapping[str, str] = field(default_factory=installed_versions)
    seconds: dict[str, float] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    details: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    files: dict[str, Identity] = field(default_factory=dict)
    aggregation: dict[str, Any] = field(default_factory=dict)

    def same_run(self, other: Provenance) -> bool:
        """Whether values of the one may stand beside values of the other."""
        mine, theirs = ((one.measure, dict(one.settings), one.data_sha256) for one in (self, other))
        return mine == theirs


def provenance_file(predictions: Path) -> Path:
    """`TASK.provenance.json` beside `TASK.predict`."""
    return predictions.with_name(predictions.stem + ".provenance.json")


def read_provenance(predictions: Path) -> Provenance | None:
    """What `Sheet.write` left beside predictions; None where they stand alone.

    Raises
    ------
    InputError
        If it is no such file.
    """
    path = provenance_file(predictions)
    if not path.exists():
        return None
    try:
        return Provenance(**json.loads(read_regular(path, MOST_BYTES).decode("utf-8")))
    except InputError:
        raise
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"no provenance can be read: {error}", file=path) from error
