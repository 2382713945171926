"""How long the runs of a list still take, told from the epochs that are done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from ..machine.checkpoint_files import DamagedFile
from ..recipes.presets import PRESETS
from .experiment import Experiment

SECONDS = "_seconds"  # the end of the names of an epoch's parts


@dataclass(frozen=True)
class Remaining:
    """What is left of a list of runs.

    Attributes
    ----------
    runs, of : how many are not finished, and how many there are.
    seconds : of work of one process.
    unknown : how many of those left are not in `seconds`, as no epoch of their recipe has been timed.
    """

    runs: int
    of: int
    seconds: float
    unknown: int = 0

    def words(self, workers: int) -> str:
        """One line, with hours for so many runs at once."""
        hours = f", about {self.seconds / 3600 / workers:.1f} hours" if self.runs > self.unknown else ""
        without = f" without {self.unknown} of unknown length" if hours and self.unknown else ""
        return f"left: {self.runs} of {self.of} runs{hours}{without}"


@dataclass(frozen=True)
class _Progress:
    """One run: how many epochs are left of it, and what each of those done took."""

    experiment: Experiment
    left: int
    seconds: list[float]

    @property
    def kind(self) -> tuple[str, str]:
        return self.experiment.data, self.experiment.recipe

    @property
    def expected(self) -> float | None:
        """Seconds an epoch that the preset expects."""
        size = PRESETS[self.experiment.preset].sizes.get(self.experiment.recipe)
        return size.seconds if size else None


def remaining(experiments: Iterable[Experiment], out: Path) -> Remaining:
    """What is left of runs below a folder.

    An epoch takes what those of the same recipe on the same data took on average; where none is done, what the preset
    expects, times the ratio of what was measured to what was expected over all other epochs.
    """
    every = [_progress(one, out) for one in experiments]
    measured: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in every:
        measured[one.kind] += one.seconds
    known = [(seconds, one.expected) for one in every if one.expected for seconds in one.seconds]
    pace = _ratio([(seconds, expected) for seconds, expected in known if expected])
    left = [one for one in every if one.left]
    each = [mean(measured[one.kind]) if measured[one.kind] else (one.expected or 0.0) * pace for one in left]
    total = sum(one.left * seconds for one, seconds in zip(left, each, strict=True))
    return Remaining(len(left), len(every), total, sum(not seconds for seconds in each))


def _ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Measured over expected; 1 where nothing is measured."""
    return sum(seconds for seconds, _ in pairs) / sum(expected for _, expected in pairs) if pairs else 1.0


def _progress(experiment: Experiment, out: Path) -> _Progress:
    run = experiment.folder(out)
    try:
        lines, finished = [line for line in run.metrics() if line["epoch"]], run.finished()
    except DamagedFile:  # which the run itself mends, and says
        lines, finished = [], False
    taken = [sum(value for name, value in line.items() if name.endswith(SECONDS)) for line in lines]
    left = 0 if finished else max(1, experiment.settings().epochs - len(lines))
    return _Progress(experiment, left, taken)
