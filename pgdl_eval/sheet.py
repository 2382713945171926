"""The values of one measure on one task, how they came about, and the files in which both are kept."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from complexity.errors import InputError
from complexity.measures.registry import Measure

from .formats.atomic import write_json
from .formats.predictions import read_values, write_predictions

PACKAGES = ("pvector", "numpy", "scipy", "h5py", "onnxruntime", "keras", "tensorflow", "tf_keras", "torch")

Say = Callable[[str], None]


def installed_versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


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
    aggregation: dict[str, Any] = field(default_factory=dict)

    def same_run(self, other: Provenance) -> bool:
        """Whether values of the one may stand beside values of the other."""
        mine, theirs = ((one.measure, dict(one.settings), one.data_sha256) for one in (self, other))
        return mine == theirs


@dataclass
class Sheet:
    """The values of one measure on one task, with the file that keeps them; the provenance stands beside it."""

    measure: Measure
    settings: Mapping[str, Any]
    file: Path
    values: dict[str, float | str]
    provenance: Provenance

    def done(self, model: str) -> bool:
        """Whether the model has a value."""
        return isinstance(self.values.get(model), float)

    def seconds(self) -> float:
        """What all models took together, earlier runs included."""
        return sum(self.provenance.seconds.values())

    def write(self) -> None:
        """Write both files, each of which appears whole."""
        write_json(provenance_file(self.file), asdict(self.provenance))
        write_predictions(self.file, self.values)


def prediction_file(output_dir: Path, measure: Measure, task: str, measures: int) -> Path:
    """Where the values of a measure on a task are kept."""
    folder = output_dir if measures == 1 else output_dir / measure.name.replace(":", ".")
    return folder / f"{task}.predict"


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
        return Provenance(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"no provenance can be read: {error}", file=path) from error


def open_sheet(
    file: Path, measure: Measure, settings: Mapping[str, Any], task: str, data_sha256: str, say: Say
) -> Sheet:
    """The sheet of a measure with the values that earlier runs left.

    Raises
    ------
    InputError
        If the file holds values of another measure, or values of unknown origin.
    """
    provenance = Provenance(measure.name, dict(settings), task, data_sha256)
    if not file.exists():
        return Sheet(measure, settings, file, {}, provenance)
    earlier = read_provenance(file)
    if earlier is None:
        problem, beside = "predictions of unknown origin lie there; choose another output folder", provenance_file(file)
        raise InputError(problem, file=file, expected=f"{beside.name} beside it")
    if earlier.measure != measure.name:
        problem = "predictions of another measure lie there; choose another output folder"
        raise InputError(problem, file=file, expected=measure.name, found=earlier.measure)
    if not earlier.same_run(provenance):
        say(f"{file}: settings or data have changed since; {measure.name} is computed anew")
        return Sheet(measure, settings, file, {}, provenance)
    earlier.failures.clear()
    return Sheet(measure, settings, file, dict(read_values(file)), earlier)
