"""The folder that a run leaves behind: its layout, written and read here alone.

    RUN/config.json        what was run: recipe, preset, seed, settings, data, code, device, versions
    RUN/metrics.jsonl      one JSON object a line, as the run went on: "session", "epoch" and "end" lines
    RUN/data.npz           data P-vectors, labels and the order of the samples
    RUN/first_epoch.npz    P-vectors of the subset at iterations within the first epoch, stacked
    RUN/epochs/0000.npz    P-vectors after each epoch; 0 is the untrained network
    RUN/checkpoints/0012/  weights and optimizer of the last two epochs; see `checkpoint`
    RUN/lock               held by the command that is at work

An epoch's line holds the checksums of the `.npz` files that belong to it ("records"): with the untrained network comes
data.npz, with the first epoch first_epoch.npz. Lines of versions that did not write them are held against files that
can be read.

Arrays of the `.npz` files have names with slashes. A *decomposition* of a feature matrix is a group of arrays under
`MATRIX/uncentered/` and `MATRIX/centered/` (columns centred):

    vectors                   (n, k) float32, the top k left singular vectors; columns beyond the rank are NaN
    singular_values           float64, the largest first: all min(n, d), or the top k + 1 where that says so
    spectral_gap, explained_variance_ratio, residual, angle_error      (k,) float64, as in `complexity.PVectors`
    converged                 (k,) bool, whether the angle error is within `decompose.TOLERANCE`

The matrices of an epoch: `train` and `test` (features of all rows, all singular values), `subset` (features of the
first rows of `train`, all singular values); and, with k = 1 and the top two singular values, the same rows under other
conventions: `augmented` (inputs randomly augmented as in training), `batch_statistics` (batch normalization by the
batch's own statistics), `logits` (supervised networks: the output), `block_1`, ... (ResNet-18: each residual block's
output, flattened).

The first epoch's file holds `iterations` (t,) and `subset/...` with k = 1 and the top two singular values, each array
stacked along a new first axis of length t.

The data's file holds `train/raw`, `train/standardized` (by channel), and both of `test` and `subset`, each uncentered
and centered, with top k + 1 singular values; `train/labels`, `test/labels`; and `train/rows`, `test/rows`, the
positions of the samples in the data set.

A run that `keeping` made smaller has, in place of the checkpoints and of most epochs' files, `between.npz`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from pgdl_eval.formats.atomic import write_all, write_text
from pgdl_eval.formats.checksums import file_checksum
from pgdl_eval.formats.folder_lock import locked
from pgdl_eval.formats.npz import StoredArrays, read_arrays

from ..machine.checkpoint_files import DamagedFile, check_checkpoint
from ..machine.folder import claim
from .kept_epochs import StackedEpoch, stacked_epochs

FORMAT = "p-vector training run"
VERSION = 1
# What makes two runs the same; the rest tells where it ran, and whose settings they are.
IDENTITY = ("data", "preset", "recipe", "seed", "settings")
CITATIONS = ("settings.optimization.source",)
ADDED = {"settings.precision": "float32", "settings.optimization.rise": 0.0}  # runs of 0.1.0 do not say these
DATA, CHECKPOINTS = "data.npz", "checkpoints"
CENTERING = {"uncentered": False, "centered": True}


@dataclass(frozen=True)
class Decomposition:
    """One decomposition read from a file; the fields are described at the top of this module."""

    vectors: NDArray[np.float32]
    singular_values: NDArray[np.float64]
    spectral_gap: NDArray[np.float64]
    explained_variance_ratio: NDArray[np.float64]
    residual: NDArray[np.float64]
    angle_error: NDArray[np.float64]
    converged: NDArray[np.bool_]


FIELDS = tuple(Decomposition.__dataclass_fields__)


def decomposition(arrays: Mapping[str, NDArray[Any]], matrix: str, *, center: bool = False) -> Decomposition:
    """The decomposition of one matrix out of a file's arrays.

    Raises
    ------
    InputError
        If the file holds none of that name.
    """
    prefix = _prefix(arrays, matrix, center)
    return Decomposition(**{field: arrays[f"{prefix}/{field}"] for field in FIELDS})


def field_of(arrays: Mapping[str, NDArray[Any]], matrix: str, field: str, *, center: bool = False) -> NDArray[Any]:
    """One field of a decomposition, the only one that is unpacked; errors as `decomposition`."""
    return arrays[f"{_prefix(arrays, matrix, center)}/{field}"]


def _prefix(arrays: Mapping[str, NDArray[Any]], matrix: str, center: bool) -> str:
    prefix = f"{matrix}/{'centered' if center else 'uncentered'}"
    if f"{prefix}/vectors" not in arrays:
        known = sorted({name.rsplit("/", 2)[0] for name in arrays if name.endswith("/vectors")})
        raise InputError("no such decomposition", field="matrix", expected=f"one of {', '.join(known)}", found=prefix)
    return prefix


@dataclass(frozen=True)
class RunFolder:
    """A run as it lies on the disk, finished or not."""

    path: Path

    def claim(self, config: Mapping[str, Any]) -> None:
        """Write the config of a new run; in the folder of an earlier one, see that it is the same.

        Raises
        ------
        InputError
            Naming the first field that differs.
        """
        content = {"format": FORMAT, "version": VERSION, **config}
        held = "a run of another config"
        claim(self.path / "config.json", content, IDENTITY, lambda: self.config, held, CITATIONS, ADDED)

    def locked(self) -> AbstractContextManager[None]:
        """Keep other commands out, as `folder_lock.locked` does."""
        return locked(self.path, file=self.path / "lock")

    @cached_property
    def config(self) -> dict[str, Any]:
        """What was run; see `experiment.describe` for the fields.

        Raises
        ------
        InputError
            If this is no run's folder.
        """
        file = self.path / "config.json"
        try:
            config = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"no run's config can be read: {error}", file=file) from error
        found = (config.get("format"), config.get("version")) if isinstance(config, dict) else None
        if found != (FORMAT, VERSION):
            raise InputError("not the config of a run", file=file, expected=(FORMAT, VERSION), found=found)
        return dict(config)

    @property
    def metrics_file(self) -> Path:
        return self.path / "metrics.jsonl"

    def lines(self, kind: str) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl of one kind, in order; a line cut off by a crash does not count.

        Raises
        ------
        DamagedFile
            If another line cannot be read.
        """
        found, damage = self._readable_lines()
        if damage is not None:
            raise damage
        return [line for line in found if line["kind"] == kind]

    def _readable_lines(self) -> tuple[list[dict[str, Any]], DamagedFile | None]:
        """All lines before the first one that cannot be read, and an error that names that one."""
        content = self.metrics_file.read_bytes() if self.metrics_file.exists() else b""
        found: list[dict[str, Any]] = []
        for number, text in enumerate(content.split(b"\n")[:-1], 1):
            line = _line(text)
            if line is None:
                return found, DamagedFile("this line cannot be read", file=self.metrics_file, field=f"line {number}")
            found.append(line)
        return found, None

    def metrics(self) -> list[dict[str, Any]]:
        """The lines of all epochs, from epoch 0 on."""
        return self.lines("epoch")

    def finished(self) -> bool:
        """Whether the run came to its end."""
        return bool(self.lines("end"))

    def epochs(self) -> list[int]:
        """The recorded epochs; 0 is the untrained network."""
        return sorted({*self._files_of_epochs(), *self._stacked})

    def _files_of_epochs(self) -> list[int]:
        return [int(file.stem) for file in (self.path / "epochs").glob("[0-9]*.npz")]

    @cached_property
    def _stacked(self) -> dict[int, StackedEpoch]:
        return stacked_epochs(self.path)

    def epoch_file(self, epoch: int) -> Path:
        return self.path / "epochs" / f"{epoch:04d}.npz"

    def epoch(self, epoch: int) -> StoredArrays | StackedEpoch:
        """The record of one epoch."""
        return self._stacked.get(epoch) or StoredArrays(self.epoch_file(epoch))

    def first_epoch(self) -> StoredArrays:
        """The record within the first epoch."""
        return StoredArrays(self.path / "first_epoch.npz")

    def data(self) -> StoredArrays:
        """The data P-vectors, labels and rows."""
        return StoredArrays(self.path / DATA)

    def append(self, kind: str, line: Mapping[str, Any]) -> None:
        """Add a line to metrics.jsonl, which is on the disk when this returns.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        try:
            handle = os.open(self.metrics_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                write_all(handle, (json.dumps({"kind": kind, **line}, allow_nan=False) + "\n").encode())
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise InputError(f"the file cannot be written: {error.strerror}", file=self.metrics_file) from error

    def checksums(self, epoch: int) -> dict[str, str | None]:
        """What the line of an epoch says of its records."""
        names = [f"epochs/{epoch:04d}.npz", *({0: [DATA], 1: ["first_epoch.npz"]}.get(epoch, []))]
        return {name: file_checksum(self.path / name) for name in names}

    def check(self, last: int) -> None:
        """See that the epochs up to this one are recorded whole; data.npz, which can be made again, aside.

        Raises
        ------
        DamagedFile
            Naming the first file that is damaged.
        """
        lines, damage = self._readable_lines()
        recorded = {line["epoch"]: line for line in lines if line["kind"] == "epoch"}
        for epoch in range(last + 1):
            if epoch not in recorded:
                raise damage or DamagedFile("no line of an epoch", file=self.metrics_file, expected=f"epoch {epoch}")
            for name, found in self.checksums(epoch).items():
                if name != DATA:
                    self._check_record(name, found, recorded[epoch])

    def check_data(self) -> None:
        """See that data.npz is whole; errors as `check`."""
        for line in self._readable_lines()[0]:
            if line["kind"] == "epoch" and line["epoch"] == 0:
                self._check_record(DATA, file_checksum(self.path / DATA), line)

    def _check_record(self, name: str, found: str | None, line: Mapping[str, Any]) -> None:
        """Hold a record against its line, or see that it can be read where the line does not say what it was."""
        file, stated = self.path / name, line.get("records")
        if isinstance(stated, dict):
            if stated.get(name) != found:
                raise DamagedFile("not what was written", file=file, expected=stated.get(name), found=found or "none")
            return
        try:
            read_arrays(file)
        except InputError as error:
            raise DamagedFile(error.problem, file=file) from error

    def whole(self) -> bool:
        """Whether the run came to its end and nothing has been damaged since; its checkpoints may have been removed."""
        try:
            ends = self.lines("end")
            if ends:
                self.check(ends[-1]["epoch"])
                self.check_data()
                check_checkpoint(self.path / CHECKPOINTS, ends[-1]["epoch"])
        except DamagedFile:
            return False
        return bool(ends)

    def forget_after(self, epoch: int) -> None:
        """Remove lines and records of later epochs, which belong to no checkpoint; for -1 all of them."""
        kept = [line for line in self._readable_lines()[0] if line["epoch"] <= epoch and line["kind"] != "end"]
        write_text(self.metrics_file, "".join(json.dumps(line) + "\n" for line in kept), durable=True)
        for late in self._files_of_epochs():
            if late > epoch:
                self.epoch_file(late).unlink()


def find_runs(folder: Path) -> list[RunFolder]:
    """All runs at or below a folder, in the order of their paths.

    Raises
    ------
    InputError
        If there is none.
    """
    runs = [RunFolder(file.parent) for file in sorted(folder.rglob("config.json"))]
    runs = [run for run in runs if (run.path / "metrics.jsonl").exists()]
    if not runs:
        raise InputError("no runs lie there", file=folder, expected="folders with config.json and metrics.jsonl")
    return runs


def _line(text: bytes) -> dict[str, Any] | None:
    """A line of metrics.jsonl; None where it is none."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(line, dict) and isinstance(line.get("kind"), str) and type(line.get("epoch")) is int
    return line if whole else None
