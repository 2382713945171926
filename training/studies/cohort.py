"""Runs on the same samples in the same order, so that their P-vectors can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from pgdl_eval.formats.npz import StoredArrays

from ..runs.kept_epochs import StackedEpoch
from ..runs.run_folder import RunFolder

GROUPS = {
    "supervised": "supervised",
    "reconstruction": "reconstruction",
    "simclr": "contrastive",
    "supcon": "contrastive",
}
SHUFFLED = "shuffled labels"
MAX_BYTES = 2**30  # of records that all studies share

Record = StoredArrays | StackedEpoch


class Missing(Exception):
    """The runs do not allow a study; the message says which runs it needs."""


class Records:
    """Records of epochs, each of which is read once for all studies, as long as they fit into `MAX_BYTES`.

    Those that come later are read for each study anew: they come in the same order each time, so that to forget the
    earlier ones for them would help none.
    """

    def __init__(self) -> None:
        self._kept: dict[Path, Record] = {}
        self._nbytes = 0

    def read(self, run: RunFolder, epoch: int) -> Record:
        file = run.epoch_file(epoch)
        if file in self._kept:
            return self._kept[file]
        record = run.epoch(epoch)
        if self._nbytes + record.nbytes <= MAX_BYTES:
            self._kept[file] = record
            self._nbytes += record.nbytes
        return record


@dataclass(frozen=True)
class Member:
    """A finished run with what the studies ask of it.

    Attributes
    ----------
    records : shared by the members of a cohort.
    """

    run: RunFolder
    records: Records = field(default_factory=Records, compare=False, repr=False)

    @property
    def recipe(self) -> str:
        return str(self.run.config["recipe"])

    @property
    def seed(self) -> int:
        return int(self.run.config["seed"])

    @property
    def paradigm(self) -> str:
        return str(self.run.config["settings"]["paradigm"])

    @property
    def shuffled(self) -> bool:
        """Whether the run is a reference, trained on shuffled labels."""
        return bool(self.run.config["settings"]["shuffled_labels"])

    @property
    def group(self) -> str:
        """The paradigm as the papers group them; runs on shuffled labels are a group of their own."""
        return SHUFFLED if self.shuffled else GROUPS[self.paradigm]

    def rows(self, matrix: str) -> int:
        """How many rows the matrices of a record had when they were decomposed."""
        data, settings = self.run.config["data"], self.run.config["settings"]
        of_part = {part: int(data[f"{part}_rows"]) for part in ("train", "test")}
        return of_part.get(matrix.split("/")[0], min(int(settings["subset_rows"]), of_part["train"]))

    @property
    def facts(self) -> dict[str, Any]:
        """What every row of a table says of its run."""
        return {"recipe": self.recipe, "seed": self.seed}

    @cached_property
    def epochs(self) -> list[int]:
        return self.run.epochs()

    def epoch(self, epoch: int) -> Record:
        """The record of an epoch."""
        return self.records.read(self.run, epoch)

    @cached_property
    def trained(self) -> Record:
        """The record of the last epoch."""
        return self.epoch(self.epochs[-1])

    @cached_property
    def untrained(self) -> Record:
        """The record before the first step."""
        return self.epoch(0)

    @cached_property
    def first_epoch(self) -> StoredArrays:
        """The record within the first epoch."""
        return self.run.first_epoch()

    @cached_property
    def data(self) -> StoredArrays:
        return self.run.data()


@dataclass(frozen=True)
class Cohort:
    """Finished runs on the same samples.

    Attributes
    ----------
    name : of the data set; with the number of training rows where the runs hold several cohorts of that name.
    members : the finished runs.
    unfinished : the others, which no study counts.
    data_dir : folder of data sets, from which the labels of kept runs come.
    """

    name: str
    members: tuple[Member, ...]
    unfinished: tuple[RunFolder, ...] = ()
    data_dir: Path | None = None

    def at_least(self, count: int, what: str = "finished runs") -> tuple[Member, ...]:
        """The members, if they are so many.

        Raises
        ------
        Missing
            If they are fewer.
        """
        if len(self.members) < count:
            raise Missing(f"needs at least {count} {what}, found {len(self.members)}")
        return self.members

    def labels(self, part: str) -> NDArray[np.integer]:
        """The labels (rows,) of `train` or `test`; kept runs hold none, and theirs are read from the data set.

        Raises
        ------
        Missing
            If the runs are kept ones, and no folder of data sets is given.
        InputError
            If the data set is missing there or has other content.
        """
        member = self.members[0]
        if f"{part}/labels" in member.data:
            return np.asarray(member.data[f"{part}/labels"])
        if self.data_dir is None:
            raise Missing("kept runs hold no labels: give the folder of the data set by --data-dir")
        from ..data.image_set import read_image_set  # PyTorch comes with it, which takes seconds

        data, settings = member.run.config["data"], member.run.config["settings"]
        limits = {limit: settings[limit] for limit in ("train_limit", "test_limit")}
        images = read_image_set(data["name"], self.data_dir, **limits)
        if images.digest != data["sha256"]:
            problem = "the data set is not the one that the runs were trained on"
            where = f"SHA-256 of {data['name']}"
            raise InputError(problem, file=self.data_dir, field=where, expected=data["sha256"], found=images.digest)
        rows = member.run.config["kept"]["rows"][part]
        return (images.train if part == "train" else images.test).class_numbers()[:rows]


def distinct_untrained(members: Iterable[Member]) -> list[Member]:
    """One member for each untrained network; recipes that differ in paradigm or shuffled labels start as the same."""
    found: dict[bytes, Member] = {}
    for member in members:
        found.setdefault(member.untrained["train/uncentered/vectors"].tobytes(), member)
    return list(found.values())


def cohorts(runs: Iterable[RunFolder], data_dir: Path | None = None) -> list[Cohort]:
    """Runs by what they were trained on: equal content of the data and equal order of the samples.

    Kept runs (see `runs.keeping`) and runs as they were made hold different rows, and are not compared.
    """
    groups: dict[tuple[str, str, str, str], list[RunFolder]] = {}
    for run in runs:
        data = run.config["data"]
        rows = "" if "kept" not in run.config else str(run.config["kept"]["rows"])
        groups.setdefault((data["name"], data["sha256"], data["order_sha256"], rows), []).append(run)
    names = [name for name, *_ in groups]
    found = []
    for (name, *_, kept), group in groups.items():
        rows = group[0].config["data"]["train_rows"]
        title = name if names.count(name) == 1 else f"{name}_{rows}{'_kept' if kept else ''}"
        records = Records()
        done = tuple(Member(run, records) for run in group if run.finished())
        found.append(Cohort(title, done, tuple(run for run in group if not run.finished()), data_dir))
    return found
