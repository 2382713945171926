"""What measures of strangers printed, in a file beside their predictions."""

from __future__ import annotations

from pathlib import Path

from complexity.errors import InputError, escaped


def log_file(predictions: Path) -> Path:
    """`TASK.log` beside `TASK.predict`."""
    return predictions.with_name(predictions.stem + ".log")


def append_output(path: Path, model: str, output: str) -> None:
    """Add what was printed on a model, as a terminal may show it.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    end = "" if output.endswith("\n") else "\n"
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"== {model}\n{escaped(output)}{end}")
    except OSError as error:
        raise InputError(f"the output of a measure cannot be written: {error.strerror}", file=path) from error
