"""Trained models ranked by their expected generalization gaps."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.measures.combination import Combination
from complexity.measures.registry import Measure
from complexity.samples import Samples, read_samples

from ..formats.file_names import file_name
from ..formats.folder_lock import locked
from ..measures import chosen_settings, find_measure
from ..runner.computing import BESIDE
from ..runner.ingestion import Outcome, TaskRun, processes_of
from ..sheet import Say, Sheet, open_sheet
from .data_files import at_most, read_data
from .default_measures import Chosen, default_measures, lacks
from .facts import facts
from .frame import RankTable, frame
from .handed_over import handed_over
from .input_check import accuracy_warnings
from .model_files import Options, Source, TaskModel
from .references import References
from .result import Facts, Ranking, Value, agreed_on, counted_models

VALUES = "values"  # the folder, within that of the output, where values are kept
TASK = "models"
MAX_SAMPLES, HALVES = 10_000, 8
FACTS = Measure("facts", facts, "larger gap", (0.0, np.inf), frozenset(), True, "pgdl_eval.ranking.facts")

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

    def read_model(self, name: str) -> Any:
        source = self.sources[name]
        return source.open() if isinstance(source, TaskModel) else source

    def training_samples(self) -> tuple[Any, Any]:
        assert self.samples is not None
        return self.samples.inputs, self.samples.targets

    def __reduce__(self) -> Any:
        return Models, (self.name, self.folder, self.sources)


@dataclass(frozen=True)
class Request:
    """What is asked for, apart from models and data.

    Attributes
    ----------
    measures : names; those of `default_measures` where there are none.
    settings : of measures, as for `ingest`.
    max_samples : so many samples are drawn at most.
    halves : half-samples for the spread of each value, an even number; 0 for no spreads.
    seed : of all that is drawn.
    out : keeps the values; a later call goes on from there. None to keep nothing.
    workers : processes that compute models.
    """

    measures: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    max_samples: int = MAX_SAMPLES
    halves: int = HALVES
    seed: int = 0
    out: Path | None = None
    workers: int = 1


def rank_sources(
    sources: Sequence[Source], samples: Samples, request: Request, *, say: Say = lambda text: None,
    step: Step = lambda task, model, number, models: None,
) -> Ranking:  # fmt: skip
    """Rank models on samples.

    Raises
    ------
    InputError
        For settings that cannot be used, and where no measure can be computed. What is wrong with one model stands in
        the result.
    """
    check_request(request)
    whole, samples = len(samples), at_most(samples, request.max_samples, request.seed)
    sources_by_name = by_name(sources)
    chosen = _chosen(request, samples, sources)
    settings = chosen_settings(chosen.measures, request.settings)
    models = Models(TASK, request.out or Path(), sources_by_name, samples)
    notes = [f"{len(samples)} of {whole} samples are used, drawn at random"] if len(samples) < whole else []
    with _folder(request.out) as folder, locked(folder, say), processes_of(request.workers, False) as processes:
        identities = {name: one.identity() for name, one in sources_by_name.items()}
        beside = References(request.halves // 2, request.seed)
        noted = {BESIDE: {"halves": request.halves, "seed": request.seed}}
        sheets = {
            one.name: open_sheet(
                folder / VALUES / f"{file_name(one.name)}.predict", one, {**settings.get(one.name, {}), **extra}, TASK,
                samples.digest, say, identities,
            )
            for one, extra in ((FACTS, {}), *((measure, noted) for measure in chosen.measures))
        }  # fmt: skip
        run = TaskRun(models, samples, identities, np.inf, Outcome(), say, step, processes, beside)
        run.compute(list(sheets.values()))
    return ranking_of(models, chosen, sheets, notes)


def ranking_of(models: Models, chosen: Chosen, sheets: Mapping[str, Sheet], notes: Sequence[str]) -> Ranking:
    """What the sheets amount to."""
    assert models.samples is not None
    names, found = list(models.models), dict(sheets)
    known = found.pop(FACTS.name)
    facts_of = {
        model: Facts(int(value), known.provenance.details.get(model, {}))
        for model, value in known.values.items() if isinstance(value, float)
    }  # fmt: skip
    values = {model: _values(model, found) for model in names}
    failures = {model: why for model in names if (why := _failures(model, sheets, values[model]))}
    ranked, counted, uncounted = counted_models(names, chosen.measures, values)
    ranking = Ranking(
        names, chosen.measures, values, facts_of, failures, {**chosen.left_out, **uncounted},
        [*accuracy_warnings(names, facts_of, models.samples), *notes], len(models.samples), ranked, counted,
    )  # fmt: skip
    return replace(ranking, agreed=agreed_on(ranked, counted, values))


def _values(model: str, sheets: Mapping[str, Sheet]) -> dict[str, Value]:
    found = {}
    for name, sheet in sheets.items():
        value, noted = sheet.values.get(model), sheet.provenance
        if isinstance(value, float):
            details = dict(noted.details.get(model, {}))
            beside = details.pop(BESIDE, {})
            found[name] = Value(value, beside, details, noted.warnings.get(model, []), noted.seconds.get(model, 0.0))
    return found


def _failures(model: str, sheets: Mapping[str, Sheet], values: Mapping[str, Value]) -> dict[str, str]:
    """Why a model has no value, by measure; once, without a name, where none has."""
    found = {
        name: sheet.provenance.failures[model] for name, sheet in sheets.items() if model in sheet.provenance.failures
    }
    return {"": next(iter(found.values()))} if found and not values else found


def _chosen(request: Request, samples: Samples, sources: Sequence[Source]) -> Chosen:
    engines = sorted({one.engine for one in sources})
    if not request.measures:
        chosen = default_measures(samples, engines)
        if not chosen.measures:
            raise InputError("no measure can be computed", field="measures", found=str(chosen.left_out))
        return chosen
    measures = [find_measure(name) for name in dict.fromkeys(request.measures)]
    for one in measures:
        if isinstance(one, Combination):
            problem = "rank combines the measures itself; name those that it is made of"
            raise InputError(problem, field="measures", expected=one.name.replace("+", ", "), found=one.name)
        if lack := lacks(one, samples, engines):
            raise InputError(f"{one.name} {lack}", field="measures")
    return Chosen(measures, {})


def by_name(sources: Sequence[Source]) -> dict[str, Source]:
    """The models by name.

    Raises
    ------
    InputError
        For no models, and two of one name.
    """
    found: dict[str, Source] = {}
    for one in sources:
        if one.name in found:
            raise InputError("two models of one name", model=one.name, expected="a name of its own for each")
        found[one.name] = one
    if not found:
        raise InputError("no models", field="models", expected="at least one")
    return found


def check_request(request: Request) -> None:
    """Raise an InputError for numbers that cannot be."""
    if request.halves < 0 or request.halves % 2:
        raise InputError("no number of half-samples", field="halves", expected="0, 2, 4, ...", found=request.halves)
    for name in ("max_samples", "workers"):
        if getattr(request, name) < 1:
            raise InputError("bad setting", field=name, expected="at least 1", found=getattr(request, name))


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """Where values are kept: the folder of the output, or one for as long as they are needed."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="pvector-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def rank(
    models: Any, data: Any = None, *, measures: Sequence[str] = (), out: str | os.PathLike[str] | None = None,
    factory: str = "", trust: bool = False, x: str = "", y: str = "", max_samples: int = MAX_SAMPLES,
    halves: int = HALVES, seed: int = 0, workers: int = 1, batched: bool | None = None, **settings: Any,
) -> RankTable:  # fmt: skip
    """Rank trained models by how well they should generalize, on the samples that they were trained on.

    Parameters
    ----------
    models : paths of models, with wildcards, or of folders; or models by name in a dict, or a list of models.
    data : samples as `complexity.complexity` takes them, or a path as for `pvector rank --data`.

    Returns
    -------
    A table, best first.
    """
    sources = handed_over(models, Options(factory, trust))
    is_path = isinstance(data, str | os.PathLike)
    samples = read_data([str(data)], x, y) if is_path else read_samples(data, None, batched)
    request = Request(measures, settings, max_samples, halves, seed, None if out is None else Path(out), workers)
    return frame(rank_sources(sources, samples, request))
