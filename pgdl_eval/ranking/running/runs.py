"""The runs behind a ranking: every measure on every model, kept on sheets, and what the sheets amount to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from complexity.errors import InputError, check_printable
from complexity.measures.combination import Combination
from complexity.samples import Samples

from ...formats.folder_lock import locked
from ...measures import find_measure
from ...runner.computing import BESIDE
from ...runner.ingestion import processes_of
from ...runner.isolation import Isolation, Limits
from ...sheet import Say, Sheet
from ..data.data_files import at_most
from ..models.model_files import HandedOver, Source
from ..order.doubts import accuracy_warnings, label_warnings, output_warnings, spectrum_warnings
from ..order.gaps import Gaps
from ..order.result import Facts, Ranking, Value, agreed_on, counted_models
from ..order.truth import truths
from ..values.references import References
from .default_measures import Chosen, default_measures, lacks
from .request import Request
from .trials import within
from .work import FACTS, Step, Work, sheets_of

VALUES, TEST = "values", "test"  # folders, within that of the output, where values are kept


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
            chosen = within(request, chosen, work, samples)
        sheets = sheets_of(request, chosen.measures, work, samples)
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
    doubts = [
        *label_warnings(samples),
        *accuracy_warnings(names, facts_of, samples),
        *output_warnings(names, facts_of),
        *spectrum_warnings(names, facts_of),
    ]
    return Ranking(
        names, chosen.measures, values, facts_of, failures, {**chosen.left_out, **uncounted}, [*doubts, *notes],
        len(samples), ranked, counted, agreed_on(ranked, counted, values),
    )  # fmt: skip


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
