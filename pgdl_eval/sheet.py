"""The values of one measure on one task, how they came about, and the files in which both are kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from complexity.errors import InputError
from complexity.measures.registry import Measure

from .formats.atomic import json_text, remove_leftovers, write_text
from .formats.file_names import file_name
from .formats.journal import Journal, Line, begin_journal, read_journal
from .formats.json_files import read_json
from .formats.predictions import EXCEEDED, predictions_text, read_values
from .formats.stored_files import Identity
from .provenance import Provenance, provenance_file, read_provenance

HEADER = ("measure", "settings", "task", "data_sha256", "versions")  # what a journal says of all its values
OF_A_VALUE = ("seconds", "engines", "details", "warnings", "files")  # what is noted by model beside values

Say = Callable[[str], None]


@dataclass
class Sheet:
    """The values of one measure on one task, with the file that keeps them; the provenance stands beside it.

    While a run works on a sheet, a journal holds all of it, a line a model; from that both files are written when the
    run leaves the sheet, however it ends, or when it is opened again after a crash.
    """

    measure: Measure
    settings: Mapping[str, Any]
    file: Path
    values: dict[str, float | str]
    provenance: Provenance
    journal: Journal | None = None
    spent: float = field(init=False)

    def __post_init__(self) -> None:
        self.spent = sum(self.provenance.seconds.values())

    def done(self, model: str) -> bool:
        """Whether the model has a value."""
        return isinstance(self.values.get(model), float)

    def seconds(self) -> float:
        """What all models took together, earlier runs included."""
        return self.spent

    def begin(self) -> None:
        """Begin the journal, with what the sheet holds already.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        header = {name: getattr(self.provenance, name) for name in HEADER}
        models = {**self.values, **self.provenance.failures}
        self.journal = begin_journal(journal_file(self.file), header, map(self._line, models))

    def keep(self, model: str, value: float | str | None, **noted: Any) -> None:
        """Note what came of a model, in the journal too: what was noted of it before is forgotten.

        Parameters
        ----------
        value : None where there is none; then `failure` says why.
        noted : `failure`, or what the provenance says by model (`OF_A_VALUE`), each only where there is something.
        """
        self.forget(model)
        if value is None:
            self.provenance.failures[model] = noted["failure"]
        else:
            self.values[model] = value
            for name in OF_A_VALUE:
                if noted.get(name):
                    getattr(self.provenance, name)[model] = noted[name]
            self.spent += noted.get("seconds", 0.0)
        if self.journal is not None:
            self.journal.append(self._line(model))

    def forget(self, model: str) -> None:
        """Drop all that is known of a model."""
        self.values.pop(model, None)
        self.provenance.failures.pop(model, None)
        self.spent -= self.provenance.seconds.get(model, 0.0)
        for name in OF_A_VALUE:
            getattr(self.provenance, name).pop(model, None)

    def close(self) -> None:
        """Write both files from what the journal holds too, and end the journal."""
        self.write()
        if self.journal is not None:
            self.journal.remove()
            self.journal = None

    def write(self) -> None:
        """Write both files, each of which appears whole, if they are not there as they should be.

        Values never stand beside a provenance that is not theirs: in between there are no values.
        """
        beside = provenance_file(self.file)
        values, provenance = predictions_text(self.values), json_text(asdict(self.provenance))
        if _holds(self.file, values) and _holds(beside, provenance):
            return
        with suppress(OSError):  # where the folder cannot be written, the next line says so
            self.file.unlink(missing_ok=True)
        write_text(beside, provenance, durable=True)
        write_text(self.file, values, durable=True)

    def _line(self, model: str) -> Line:
        """What the journal says of a model."""
        if model not in self.values:
            return {"model": model, "failure": self.provenance.failures[model]}
        noted = {name: getattr(self.provenance, name) for name in OF_A_VALUE}
        return {"model": model, "value": self.values[model]} | {
            name: by_model[model] for name, by_model in noted.items() if model in by_model
        }


def prediction_file(output_dir: Path, measure: Measure, task: str, measures: int) -> Path:
    """Where the values of a measure on a task are kept."""
    folder = output_dir if measures == 1 else output_dir / file_name(measure.name)
    return folder / f"{task}.predict"


def journal_file(predictions: Path) -> Path:
    """`TASK.journal.jsonl` beside `TASK.predict`, while a run works on it or after a crash."""
    return predictions.with_name(predictions.stem + ".journal.jsonl")


def open_sheet(
    file: Path, measure: Measure, settings: Mapping[str, Any], task: str, data_sha256: str, say: Say,
    files: Mapping[str, Identity] | None = None,
) -> Sheet:  # fmt: skip
    """The sheet of a measure with the values that earlier runs left, the journal of a crashed one included.

    Parameters
    ----------
    files : what tells the models' files now, by model: values of models that are gone, or whose files are others than
        they were, are left out; None for a sheet whose values do not come from the models themselves.

    Raises
    ------
    InputError
        If the file holds values of another measure, or values of unknown origin.
    """
    for path in (file, provenance_file(file), journal_file(file)):
        remove_leftovers(path)
    wanted = Provenance(measure.name, json.loads(json.dumps(settings)), task, data_sha256)
    found = [sheet for sheet in (_of_journal(file, measure), _of_files(file, measure)) if sheet is not None]
    for other in found:
        if other.provenance.measure != measure.name:
            problem = "predictions of another measure lie there; choose another output folder"
            raise InputError(problem, file=file, expected=measure.name, found=other.provenance.measure)
    sheet = next((one for one in found if one.provenance.same_run(wanted)), None)
    if sheet is None:
        if found:
            say(f"{file}: settings or data have changed since; {measure.name} is computed anew")
        return Sheet(measure, settings, file, {}, Provenance(measure.name, dict(settings), task, data_sha256))
    sheet.settings = settings
    sheet.provenance.failures.clear()
    if files is not None:
        _compare_files(sheet, files, say)
    return sheet


def _of_files(file: Path, measure: Measure) -> Sheet | None:
    """What `Sheet.write` left."""
    if not file.exists():
        return None
    provenance = read_provenance(file)
    if provenance is None:
        problem, beside = "predictions of unknown origin lie there; choose another output folder", provenance_file(file)
        raise InputError(problem, file=file, expected=f"{beside.name} beside it")
    values = {} if read_json(file) == {} else dict(read_values(file))
    return Sheet(measure, provenance.settings, file, values, provenance)


def _of_journal(file: Path, measure: Measure) -> Sheet | None:
    """What a crash left in a journal."""
    found = read_journal(journal_file(file), _is_line)
    if found is None or not _is_header(found[0]):
        return None
    header, lines = found
    provenance = Provenance(**{name: header[name] for name in HEADER})
    sheet = Sheet(measure, provenance.settings, file, {}, provenance)
    for line in lines:
        sheet.keep(line["model"], line.get("value"), **{n: line[n] for n in (*OF_A_VALUE, "failure") if n in line})
    return sheet


def _is_header(line: Line) -> bool:
    words = all(isinstance(line.get(name), str) for name in ("measure", "task", "data_sha256"))
    return words and all(isinstance(line.get(name), dict) for name in ("settings", "versions"))


def _is_line(line: Line) -> bool:
    """Whether a line says what came of a model."""
    value, seconds = line.get("value"), line.get("seconds", 0.0)
    known = (
        (isinstance(value, float) and math.isfinite(value)) or value == EXCEEDED or isinstance(line.get("failure"), str)
    )
    return isinstance(line.get("model"), str) and known and isinstance(seconds, float)


def _compare_files(sheet: Sheet, files: Mapping[str, Identity], say: Say) -> None:
    """Drop values of models that are gone or whose files have changed, and say it."""
    name, known = sheet.measure.name, sheet.provenance.files
    gone = [model for model in sheet.values if model not in files]
    changed = [model for model in sheet.values if model in known and model in files and known[model] != files[model]]
    for model in (*gone, *changed):
        sheet.forget(model)
    if gone:
        say(f"{sheet.file}: {_listed(gone)} gone since; {name} has no value for them any more")
    if changed:
        say(f"{sheet.file}: the files of {_listed(changed)} have changed since; {name} is computed anew for them")
    unknown = [model for model in sheet.values if sheet.done(model) and model not in known]
    if unknown:  # by a version that did not note them
        known.update({model: files[model] for model in unknown})
        say(
            f"{sheet.file}: {len(unknown)} values of an earlier version are kept as those of the models as they are now"
        )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False
