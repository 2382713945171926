"""CPU time of score and evaluation: `python tests/benchmarks/score.py [MODEL_CONFIGS_JSON]`.

The score stands beside a plain loop over ordered pairs of models for each ordered pair of hyper-parameters, as the
competition's scorer does it; the evaluation is everything that the report says of one measure on one task. Without a
file a grid of 96 models over six hyper-parameters is drawn, the shape of the competition's first task.
"""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from pgdl_eval.formats.reference import Reference, read_reference
from pgdl_eval.metrics.evaluation import evaluate, task_statistics
from pgdl_eval.metrics.mutual_information import conditional_mutual_information
from pgdl_eval.metrics.pairing import pairing

SIZES = (2, 2, 2, 3, 2, 2)
BATCH = 1000


def loop_score(measure: Sequence[float], gap: Sequence[float], hyperparameters: Mapping[str, Sequence[str]]) -> float:
    """The score of one measure, one ordered pair of models after the other."""
    return min(
        _loop_ratio(measure, gap, hyperparameters[first], hyperparameters[second])
        for first, second in itertools.permutations(hyperparameters, 2)
    )


def _loop_ratio(measure: Sequence[float], gap: Sequence[float], first: Sequence[str], second: Sequence[str]) -> float:
    counts: dict[str, Counter[tuple[bool, bool]]] = {}
    for i in range(len(gap)):
        for j in range(len(gap)):
            key = f"{first[i]} {first[j]} {second[i]} {second[j]}"
            counts.setdefault(key, Counter())[gap[i] > gap[j], measure[i] > measure[j]] += 1
    information = entropy = 0.0
    for table in counts.values():
        total = sum(table.values())
        of_gap = [sum(table[g, m] for m in (True, False)) / total for g in (True, False)]
        of_measure = [sum(table[g, m] for g in (True, False)) / total for m in (True, False)]
        for (g, m), count in table.items():
            share = count / total
            information += share * math.log2(share / (of_gap[1 - g] * of_measure[1 - m]))
        entropy -= sum(p * math.log2(p + 1e-12) for p in of_gap)
    return information / entropy


def median_cpu_seconds(call: Callable[[], object], repeats: int) -> float:
    """The median CPU time of a call, after one that is not counted."""
    call()
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        seconds.append(time.process_time() - began)
    return float(np.median(seconds))


def drawn_reference() -> Reference:
    """A task of the shape of the competition's first with random gaps."""
    cells = list(itertools.product(*map(range, SIZES)))
    names = {f"h{axis}": tuple(str(cell[axis]) for cell in cells) for axis in range(len(SIZES))}
    possible = {name: tuple(sorted(set(values))) for name, values in names.items()}
    models = tuple(f"model_{i}" for i in range(len(cells)))
    test_accuracy = np.random.default_rng(0).random(len(cells))
    return Reference(Path("drawn"), models, names, possible, np.ones(len(cells)), test_accuracy)


def print_score(reference: Reference, console: Console) -> None:
    """The score alone, against the loop."""
    rng, gap, names = np.random.default_rng(1), reference.gap, reference.hyperparameters
    models = pairing(gap, names)
    one, many = rng.random(len(gap)), rng.random((BATCH, len(gap)))
    slow = median_cpu_seconds(lambda: loop_score(one.tolist(), gap.tolist(), names), 3)
    fast = median_cpu_seconds(lambda: conditional_mutual_information(one, models), 50)
    batch = median_cpu_seconds(lambda: conditional_mutual_information(many, models), 3) / BATCH
    difference = abs(loop_score(one.tolist(), gap.tolist(), names) - float(conditional_mutual_information(one, models)))
    table = Table(title=f"CPU time of the score, {len(gap)} models, {len(names)} hyper-parameters")
    for name in ("route", "ms a measure", "times faster"):
        table.add_column(name, justify="right")
    for route, seconds in (("plain loop", slow), ("one measure", fast), (f"{BATCH} in a batch", batch)):
        table.add_row(route, f"{1000 * seconds:.3f}", f"{slow / seconds:.0f}")
    console.print(table)
    console.print(f"the two routes differ by {difference:.1e}")


def print_evaluation(reference: Reference, console: Console) -> None:
    """The whole evaluation of one measure: every statistic, 1,000 random measures, 1,000 half-samples."""
    statistics = task_statistics(reference.models, reference.gap, reference.hyperparameters)
    free = np.random.default_rng(2).random(len(reference.models))
    prepared = median_cpu_seconds(
        lambda: task_statistics(reference.models, reference.gap, reference.hyperparameters), 5
    )
    console.print(f"preparing a task with its random measures and half-samples: {prepared:.3f} s")
    for kind, values in (("without ties", free), ("with ties, permuted by itself", np.round(free, 1))):
        seconds = median_cpu_seconds(lambda v=values: evaluate("task", "measure", v, statistics), 5)
        console.print(f"evaluating a measure {kind}: {seconds:.3f} s")


def main() -> None:
    """Measure and print."""
    reference = read_reference(Path(sys.argv[1])) if len(sys.argv) > 1 else drawn_reference()
    console = Console()
    print_score(reference, console)
    print_evaluation(reference, console)


if __name__ == "__main__":
    main()
