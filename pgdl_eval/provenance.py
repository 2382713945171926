"""What stands beside each prediction file: how its values came about."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from complexity.errors import InputError

from .formats.atomic import write_json

PACKAGES = ("pvector", "numpy", "scipy", "h5py", "keras", "tensorflow", "tf_keras", "torch")


@dataclass
class Provenance:
    """Of one measure on one task: settings, versions, data, and per model seconds, details, warnings and failures.

    Attributes
    ----------
    measure, settings : which measure, with all its settings.
    task, data_sha256 : which task, and the hash of its training samples.
    seconds : per model, for building it and computing the measure; they add up over resumed runs.
    details : per model, what the measure says of its value.
    warnings : per model, doubts about its value.
    failures : per model without a value, why.
    aggregation : of a combination, how its components' values were put together; empty for any other measure.
    """

    measure: str
    settings: Mapping[str, Any]
    task: str
    data_sha256: str
    versions: Mapping[str, str] = field(default_factory=lambda: installed_versions())
    seconds: dict[str, float] = field(default_factory=dict)
    details: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    aggregation: dict[str, Any] = field(default_factory=dict)

    def same_run(self, other: Provenance) -> bool:
        """Whether values of the one may stand beside values of the other."""
        return (self.measure, dict(self.settings), self.data_sha256) == (
            other.measure,
            dict(other.settings),
            other.data_sha256,
        )

    def write(self, path: Path) -> None:
        """Write it atomically as JSON."""
        write_json(path, asdict(self))


def provenance_file(predictions: Path) -> Path:
    """`TASK.provenance.json` beside `TASK.predict`."""
    return predictions.with_name(predictions.stem + ".provenance.json")


def read_provenance(path: Path) -> Provenance:
    """Read what `Provenance.write` wrote.

    Raises
    ------
    InputError
        If it is no such file.
    """
    try:
        return Provenance(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"no provenance can be read: {error}", file=path) from error


def installed_versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
