"""The values of one measure on one task, and the files they are kept in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from complexity.errors import InputError
from complexity.measures.registry import Measure

from .formats.predictions import read_values, write_predictions
from .provenance import Provenance, provenance_file, read_provenance

Say = Callable[[str], None]


@dataclass
class Sheet:
    """The values of one measure on one task, with the files they are kept in."""

    measure: Measure
    settings: Mapping[str, Any]
    file: Path
    values: dict[str, float | str]
    provenance: Provenance

    def done(self, model: str) -> bool:
        return isinstance(self.values.get(model), float)

    def seconds(self) -> float:
        return sum(self.provenance.seconds.values())

    def write(self) -> None:
        self.provenance.write(provenance_file(self.file))
        write_predictions(self.file, self.values)


def prediction_file(output_dir: Path, measure: Measure, task: str, measures: int) -> Path:
    """Where the values of a measure on a task are kept."""
    folder = output_dir if measures == 1 else output_dir / measure.name.replace(":", ".")
    return folder / f"{task}.predict"


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
    if not provenance_file(file).exists():
        raise InputError(
            "predictions of unknown origin lie there; choose another output folder",
            file=file,
            expected=f"{provenance_file(file).name} beside it",
        )
    earlier = read_provenance(provenance_file(file))
    if earlier.measure != measure.name:
        raise InputError(
            "predictions of another measure lie there; choose another output folder",
            file=file,
            expected=measure.name,
            found=earlier.measure,
        )
    if not earlier.same_run(provenance):
        say(f"{file}: settings or data have changed since; {measure.name} is computed anew")
        return Sheet(measure, settings, file, {}, provenance)
    earlier.failures.clear()
    return Sheet(measure, settings, file, dict(read_values(file)), earlier)
