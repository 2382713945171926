"""The runs behind a ranking: every measure on every model, kept on sheets, and what the sheets amount to."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from complexity.errors import InputError, check_printable
from complexity.measures.combination import Combination
from complexity.measures.registry import Measure
from complexity.samples import Samples

from ..formats.file_names import file_name
from ..formats.folder_lock import locked
from ..formats.portable import Portable
from ..formats.stored_files import Identity
from ..measures import chosen_settings, find_measure
from ..runner.computing import BESIDE, Beside
from ..runner.ingestion import Outcome, TaskRun, processes_of
from ..runner.isolation import Isolation, Limits
from ..runner.workers import Processes
from ..sheet import Say, Sheet, open_sheet
from .budget import fitting, seconds_of
from .data_files import at_most
from .default_measures import Chosen, default_measures, lacks
from .facts import facts
from .gaps import Gaps
from .input_check import accuracy_warnings
from .model_files import HandedOver, Source, TaskModel
from .references import References
from .request import Request
from .result import Facts, Ranking, Value, agreed_on, counted_models
from .truth import truths

VALUES, TEST = "values", "test"  # folders, within that of the output, where values are kept
NAME = "models"  # of the run
NARROW = 0.02  # spectral gap below which a P-vector is called ill-determined
FACTS = Measure("facts", facts, "larger gap", (0.0, math.inf), frozenset(), True, "pgdl_eval.ranking.facts")

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

    def portable(self, model: str, identity: Mapping[str, str]) -> Portable:
        source = self.sources[model]
        assert not isinstance(source, HandedOver)
        found = source.portable(identity)
        told = {"name": self.name, "shown": str(self.folder), "make": found.make, "told": found.told}
        return replace(found, make=models_in, told=told)

    def __reduce__(self) -> Any:
        return Models, (self.name, self.folder, self.sources)


def models_in(folder: Path, name: str, shown: str, make: Callable[..., Source], told: Mapping[str, Any]) -> Models:
    """The one model that a folder holds, as another machine gets it."""
    source = make(folder, **told)
    return Models(name, Path(shown), {source.name: source})


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


def rank_sources(
    sources: Sequence[Source], samples: Samples, request: Request, *, test: Samples | None = None,
    gaps: Gaps | None = None, say: Say = lambda text: None,
    step: Step = lambda task, model, number, models: None,
) -> Ranking:  # fmt: skip
    """Rank models on samples; the arguments are those of `pgdl_eval.rank`, read.

    Raises
    ------
    InputError
        For settings that cannot be used, and where no measure can be computed. What is wrong with one model stands in
        the result.
    """
    known = by_name(sources)
    if (request.workers > 1 or request.cluster) and any(isinstance(one, HandedOver) for one in sources):
        problem, expected = "models of this process cannot go to others", "models in files, or workers=1"
        raise InputError(problem, field="workers", expected=expected, found=request.workers)
    whole, samples = len(samples), at_most(samples, request.max_samples, request.seed)
    chosen = _chosen(request, samples, sources)
    notes = [f"{len(samples)} of {whole} samples are used, drawn at random"] if len(samples) < whole else []
    computing = processes_of(request.workers, request.cluster, False, Isolation(Limits()))
    with _folder(request.out) as out, locked(out, say), computing as processes:
        identities = {name: one.identity() for name, one in known.items()}
        work = Work(known, identities, out / VALUES, processes, say, step)
        if request.budget:
            chosen = _within(request, chosen, work, samples)
        sheets = _sheets(request, chosen.measures, work, samples)
        work.compute(list(sheets.values()), samples, References(request.halves // 2, request.seed))
        tested = None if test is None else _test_accuracies(replace(work, folder=out / VALUES / TEST), test)
    ranking = ranking_of(list(known), samples, chosen, sheets, notes)
    return _held_against(ranking, gaps or (None if tested is None else _gaps_of(ranking, tested)))


def ranking_of(
    names: Sequence[str], samples: Samples, chosen: Chosen, sheets: Mapping[str, Sheet], notes: Sequence[str]
) -> Ranking:
    """What the sheets amount to."""
    found = dict(sheets)
    facts_of = _facts(found.pop(FACTS.name))
    values = {model: _values(model, found) for model in names}
    failures = {model: why for model in names if (why := _failures(model, sheets, values[model]))}
    ranked, counted, uncounted = counted_models(names, chosen.measures, values)
    doubts = [*accuracy_warnings(names, facts_of, samples), *_outputs(names, facts_of), *_spectra(names, facts_of)]
    return Ranking(
        names, chosen.measures, values, facts_of, failures, {**chosen.left_out, **uncounted}, [*doubts, *notes],
        len(samples), ranked, counted, agreed_on(ranked, counted, values),
    )  # fmt: skip


def _sheets(request: Request, measures: Sequence[Measure], work: Work, samples: Samples) -> dict[str, Sheet]:
    settings = chosen_settings(measures, request.settings)
    beside = {"halves": request.halves, "seed": request.seed}
    found = [*work.sheets([FACTS], {}, samples), *work.sheets(measures, settings, samples, beside)]
    return {one.measure.name: one for one in found}


def _within(request: Request, chosen: Chosen, work: Work, samples: Samples) -> Chosen:
    """The measures that fit into the budget: each is tried on the first model, which shows what all would take."""
    budget, began = seconds_of(request.budget), time.monotonic()
    first, needed = next(iter(work.sources)), {}
    references = References(request.halves // 2, request.seed)
    for measure in chosen.measures:
        sheet = _sheets(request, [measure], work, samples)[measure.name]
        if not all(map(sheet.done, work.sources)):
            if time.monotonic() - began >= budget:
                continue
            work.compute([sheet], samples, references, only=[first])
        of_one = sheet.seconds() / max(1, sum(map(sheet.done, work.sources)))
        waiting = sum(not sheet.done(name) for name in work.sources)
        needed[measure.name] = of_one * waiting / min(request.workers, len(work.sources))
    measures, left_out = fitting(chosen.measures, needed, budget - (time.monotonic() - began))
    if not measures:
        raise InputError("no measure fits into the budget", field="budget", found=f"{request.budget}: {left_out}")
    return Chosen(measures, {**chosen.left_out, **left_out})


def _chosen(request: Request, samples: Samples, sources: Sequence[Source]) -> Chosen:
    engines = sorted({one.engine for one in sources})
    if not request.measures:
        chosen = default_measures(samples, engines, with_time=bool(request.budget))
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


def _test_accuracies(work: Work, test: Samples) -> dict[str, Facts]:
    (sheet,) = work.sheets([FACTS], {}, test)
    work.compute([sheet], test)
    return _facts(sheet)


def _gaps_of(ranking: Ranking, tested: Mapping[str, Facts]) -> Gaps:
    """Training accuracy less that on other samples."""
    accuracies = {
        model: (ranking.facts[model].training_accuracy, tested[model].training_accuracy)
        for model in ranking.models if model in ranking.facts and model in tested
    }  # fmt: skip
    known = {
        model: train - test for model, (train, test) in accuracies.items() if train is not None and test is not None
    }
    if not known:
        raise InputError("no accuracies, so no gaps", field="test", expected="labels of both parts")
    return Gaps(known, file="the test samples")


def _held_against(ranking: Ranking, gaps: Gaps | None) -> Ranking:
    if gaps is None:
        return ranking
    found, notes = truths(ranking, gaps)
    return replace(ranking, truths=found, gaps=dict(gaps.gaps), notes=[*ranking.notes, *notes])


def _facts(sheet: Sheet) -> dict[str, Facts]:
    return {
        model: Facts(int(value), sheet.provenance.details.get(model, {}))
        for model, value in sheet.values.items() if isinstance(value, float)
    }  # fmt: skip


def _values(model: str, sheets: Mapping[str, Sheet]) -> dict[str, Value]:
    found = {}
    for name, sheet in sheets.items():
        value, noted = sheet.values.get(model), sheet.provenance
        if isinstance(value, float):
            details = dict(noted.details.get(model, {}))
            beside = details.pop(BESIDE, {})
            doubts, seconds = noted.warnings.get(model, []), noted.seconds.get(model, 0.0)
            found[name] = Value(value, beside, details, doubts, seconds)
    return found


def _failures(model: str, sheets: Mapping[str, Sheet], values: Mapping[str, Value]) -> dict[str, str]:
    """Why a model has no value, by measure; once, without a name, where none has."""
    found = {
        name: sheet.provenance.failures[model] for name, sheet in sheets.items() if model in sheet.provenance.failures
    }
    return {"": next(iter(found.values()))} if found and not values else found


def _outputs(names: Sequence[str], facts_of: Mapping[str, Facts]) -> list[str]:
    """Models with other numbers of outputs than the rest, which can hardly have been trained for the same."""
    outputs = {model: facts_of[model].details.get("outputs") for model in names if model in facts_of}
    kinds = {one for one in outputs.values() if one is not None}
    if len(kinds) < 2:
        return []
    some = ", ".join(f"{next(m for m, n in outputs.items() if n == kind)} {kind}" for kind in sorted(kinds))
    return [f"the models have different numbers of outputs ({some}): were they trained for the same classes?"]


def _spectra(names: Sequence[str], facts_of: Mapping[str, Facts]) -> list[str]:
    """Models whose features have no one direction above the others, so that a P-vector of them says little."""
    gaps = {model: facts_of[model].details.get("spectral_gap") for model in names if model in facts_of}
    narrow = [model for model, gap in gaps.items() if gap is not None and gap < NARROW]
    if not narrow:
        return []
    some = ", ".join(narrow[:3]) + (" and others" if len(narrow) > 3 else "")
    text = f"the two largest singular values of the features of {some} are closer than {NARROW:.0%}"
    return [f"{text}: their P-vector is not well determined"]


def by_name(sources: Sequence[Source]) -> dict[str, Source]:
    """The models by name.

    Raises
    ------
    InputError
        For no models, and two of one name.
    """
    found: dict[str, Source] = {}
    for one in sources:
        check_printable(one.name, "name of a model")
        if one.name in found:
            raise InputError("two models of one name", model=one.name, expected="a name of its own for each")
        found[one.name] = one
    if not found:
        raise InputError("no models", field="models", expected="at least one")
    return found


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """Where values are kept: the folder of the output, or one for as long as they are needed."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="pvector-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
