"""Finished runs in small form: what the studies need of them, about a megabyte each, for where runs would be too large.

A kept run has the files of a run (see `run_folder`) but for checkpoints; these are made smaller:

* **Rows.** Of `train` and `test` the first `ROWS` are kept; the order of the rows is random, so this is a random sample
  of them. An angle t between normally distributed vectors moves by sin(t) / sqrt(rows) radians (one standard
  deviation): 0.9 degrees at most on training rows, 1.3 on test rows. What is recorded of the subset alone is kept
  whole.
* **Digits.** Vectors are float16, in steps of a 64th to a 128th of the deviation of their entries: a vector is turned
  by 0.26 degrees at most, where its entries have mean zero, and two that are 3 degrees apart by 0.03 from each other.
  Singular values are float32.
* **Numbers.** The 2nd to 6th left singular vectors are kept of `train` at the first and the last epoch and of
  `train/raw`, else the P-vector alone. Between the first and the last epoch all singular values of `train` are kept, of
  `test` and `subset` the first two.
* **Labels.** None, since they are the data set's; the studies that ask for them read them there.
* **Epochs.** At most `MOST_EPOCHS`, evenly spread, 0, 1 and the last among them; those between the first and the last
  are stacked in `between.npz`.

`config.json` says under `kept` how many rows there are, and holds the SHA-256 of the weights and of each file that was
made smaller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from pgdl_eval.formats.atomic import write_json, write_text
from pgdl_eval.formats.npz import Arrays, write_arrays

from .kept_epochs import BETWEEN, stack
from .run_folder import RunFolder, find_runs

ROWS = {"train": 4000, "test": 2000}
STEPS = 64  # in a deviation of a vector's entries, at least
MOST_EPOCHS = 21


@dataclass(frozen=True)
class Kept:
    """What became of one run.

    Attributes
    ----------
    bytes : of the kept run; 0 where the run is not finished and was left out.
    """

    run: Path
    bytes: int


def keep_runs(folder: Path, out: Path) -> Iterator[Kept]:
    """Write every finished run below a folder in small form, to the same place below `out`.

    Raises
    ------
    InputError
        If there are no runs, or another run lies where one is to be kept.
    """
    for run in find_runs(folder):
        yield Kept(run.path, keep(run, out / run.path.relative_to(folder)) if run.finished() else 0)


def keep(run: RunFolder, out: Path) -> int:
    """Write one finished run in small form; the bytes that it takes.

    Raises
    ------
    InputError
        If another run lies there, it is this run's own folder, or the run is itself a kept one.
    """
    if out.resolve() == run.path.resolve():
        raise InputError("a run cannot be kept in its own folder", file=out)
    if "kept" in run.config:
        raise InputError("the run is a kept one already", file=run.path)
    kept = RunFolder(out)
    kept.claim(run.config)
    _write_records(run, kept)
    write_text(out / "metrics.jsonl", (run.path / "metrics.jsonl").read_text(encoding="utf-8"))
    write_json(out / "config.json", {**run.config, "kept": _described(run)})
    return sum(file.stat().st_size for file in out.rglob("*") if file.is_file())


def _write_records(run: RunFolder, kept: RunFolder) -> None:
    first, *between, last = _spread(run.epochs())
    for epoch in (first, last):
        write_arrays(kept.epoch_file(epoch), _smaller(run.epoch(epoch)), compressed=True)
    if between:
        records = {epoch: _smaller(run.epoch(epoch), between=True) for epoch in between}
        write_arrays(kept.path / BETWEEN, stack(records), compressed=True)
    for name, arrays in (("first_epoch.npz", run.first_epoch()), ("data.npz", run.data())):
        write_arrays(kept.path / name, _smaller(arrays), compressed=True)


def _spread(epochs: list[int]) -> list[int]:
    """At most `MOST_EPOCHS`; 0, 1 and the last among them."""
    first, rest = epochs[:1], epochs[1:]
    chosen = np.unique(np.linspace(0, len(rest) - 1, min(MOST_EPOCHS - 1, len(rest))).round().astype(int))
    return [*first, *(rest[position] for position in chosen)]


def _smaller(arrays: Mapping[str, NDArray[Any]], *, between: bool = False) -> Arrays:
    """The arrays of one file, with fewer rows and digits.

    Parameters
    ----------
    between : whether this is an epoch between the first and the last.
    """
    found: Arrays = {}
    for name, array in arrays.items():
        part, field = name.split("/")[0], name.rsplit("/")[-1]
        if field == "labels":
            continue
        if field == "vectors":
            rows = ROWS.get(part, array.shape[-2])
            every = part == "train" and not between and "/standardized/" not in name
            found[name] = rounded(array[..., :rows, : None if every else 1])
        elif field == "singular_values":
            found[name] = array[..., : 2 if between and part != "train" else None].astype(np.float32)
        elif field == "rows":
            found[name] = array[: ROWS[part]].astype(np.int32)
        else:
            found[name] = array.astype(np.float32) if array.dtype == np.float64 else array
    return found


def rounded(vectors: NDArray[Any]) -> NDArray[np.float16]:
    """Vectors (..., n, k) of unit length, their entries in steps as the top of this module says; NaN stays."""
    vectors = np.asarray(vectors, np.float64)
    vectors = vectors / np.linalg.norm(vectors, axis=-2, keepdims=True)
    deviation = np.maximum(vectors.std(axis=-2, keepdims=True), np.finfo(np.float16).tiny)
    step = 2.0 ** np.floor(np.log2(deviation / STEPS))
    return np.asarray(np.round(vectors / step) * step, np.float16)


def _described(run: RunFolder) -> dict[str, Any]:
    """What `config.json` says under `kept`."""
    data = run.config["data"]
    rows = {part: min(most, data[f"{part}_rows"]) for part, most in ROWS.items()}
    records = [file for file in sorted(run.path.rglob("*.npz")) if file.is_file()]
    weights = sorted((run.path / "checkpoints").rglob("weights.safetensors"))[-1:]
    hashes = {file.relative_to(run.path).as_posix(): _sha256(file) for file in (*records, *weights)}
    return {"rows": rows, "sha256": hashes}


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        digest = hashlib.sha256()
        while block := content.read(2**20):
            digest.update(block)
    return digest.hexdigest()
