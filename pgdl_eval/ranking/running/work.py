"""What the runs of a ranking share: the models, and the sheets that keep what is computed of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from complexity.measures.registry import Measure
from complexity.samples import Samples

from ...formats.file_names import file_name
from ...formats.portable import Portable
from ...formats.stored_files import Identity
from ...measures import chosen_settings
from ...runner.computing import BESIDE, Beside
from ...runner.ingestion import Outcome, TaskRun
from ...runner.workers import Processes
from ...sheet import Say, Sheet, open_sheet
from ..models.model_files import HandedOver, Source, TaskModel
from ..values.facts import facts
from .request import Request

NAME = "models"  # of the run
FACTS = Measure("facts", facts, "larger gap", (0.0, math.inf), frozenset(), True, "pgdl_eval.ranking.values.facts")

Step = Callable[[str, str, int, int], None]


@dataclass(frozen=True)
class Models:
    """The models that are ranked, with their samples; other processes get the models alone."""

    name: str
    folder: Path
    sources: Mapping[str, Source]
    samples: Samples | None = field(default=None, compare=False)

    @property
    def models(self) -> Sequence[str]:
        return tuple(self.sources)

    def place(self, model: str) -> str:
        source = self.sources[model]
        if isinstance(source, TaskModel):
            return source.task.place(source.model)
        return "" if isinstance(source, HandedOver) else str(source.path)

    def read_model(self, name: str) -> Any:
        source = self.sources[name]
        return source.open() if isinstance(source, TaskModel) else source

    def training_samples(self) -> tuple[Any, Any]:
        assert self.samples is not None
        return self.samples.inputs, self.samples.targets

    def portable(self, model: str, identity: Mapping[str, str]) -> Portable:
        source = self.sources[model]
        assert not isinstance(source, HandedOver)
        found = source.portable(identity)
        told = {"name": self.name, "make": found.make, "told": found.told}
        return replace(found, make=models_in, told=told)

    def __reduce__(self) -> Any:
        return Models, (self.name, self.folder, self.sources)


def models_in(folder: Path, name: str, make: Callable[..., Source], told: Mapping[str, Any]) -> Models:
    """The one model that a folder holds, as another machine gets it."""
    source = make(folder, **told)
    return Models(name, folder, {source.name: source})


@dataclass(frozen=True)
class Work:
    """What all runs of a ranking share."""

    sources: Mapping[str, Source]
    identities: Mapping[str, Identity]
    folder: Path
    processes: Processes
    say: Say
    step: Step

    def sheets(
        self,
        measures: Sequence[Measure],
        settings: Mapping[str, Mapping[str, Any]],
        samples: Samples,
        beside: Any = None,
    ) -> list[Sheet]:
        """The sheets of measures, with what is on them already; `beside` is a setting of each, where there is one."""
        extra = {} if beside is None else {BESIDE: beside}
        return [
            open_sheet(
                self.folder / f"{file_name(one.name)}.predict", one, {**settings.get(one.name, {}), **extra}, NAME,
                samples.digest, self.say, self.identities,
            )
            for one in measures
        ]  # fmt: skip

    def compute(
        self, sheets: Sequence[Sheet], samples: Samples, beside: Beside | None = None, only: Sequence[str] = ()
    ) -> None:
        """Compute what sheets lack; of these models alone, if any are named."""
        sources = {name: one for name, one in self.sources.items() if not only or name in only}
        models = Models(NAME, self.folder, sources, samples)
        identities = {name: self.identities[name] for name in sources}
        TaskRun(
            models, samples, identities, math.inf, Outcome(), self.say, self.step, self.processes, beside
        ).compute(list(sheets))  # fmt: skip


def sheets_of(request: Request, measures: Sequence[Measure], work: Work, samples: Samples) -> dict[str, Sheet]:
    settings = chosen_settings(measures, request.settings)
    beside = {"halves": request.halves, "seed": request.seed}
    found = [*work.sheets([FACTS], {}, samples), *work.sheets(measures, settings, samples, beside)]
    return {one.measure.name: one for one in found}
