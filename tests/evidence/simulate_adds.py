"""How often a measure is said to add to the hyper-parameters: `nice python tests/evidence/simulate_adds.py`.

Tasks are complete grids whose gaps are effects of the hyper-parameters, drawn anew for each task, and a rest of its own
for each model. What a measure adds is computed on three scales: normal scores, which is what the reports show, plain
ranks, and the values as they are. Writes docs/measures/adds.json; some five minutes of one core.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from evidence_records import write
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from pgdl_eval.metrics.additive_model import additive_basis
from pgdl_eval.metrics.evaluation import evaluate, task_statistics
from pgdl_eval.metrics.partial_correlation import SIGNIFICANT, partial_of_scores, unexplained_scores
from pgdl_eval.metrics.ranks import normal_scores

Array = NDArray[np.float64]
GRIDS = {32: (2, 2, 2, 2, 2), 96: (2, 2, 2, 2, 2, 3)}
EXPLAINED = (0.5, 0.9)  # the share of the gap's variance that the hyper-parameters explain
SCALES: Mapping[str, Callable[[Array], Array]] = {
    "normal scores": normal_scores,
    "ranks": lambda values: np.asarray(rankdata(values), dtype=np.float64),
    "values": lambda values: values,
}
TRUE = 0.5  # partial correlation of the measures that add something
TASKS, SCORED = 3000, 150  # tasks of each grid and share; those of them on which scores and verdicts are taken, too
BENT = 500  # of each, with bent gaps


class Simulated:
    """One grid of models; draws tasks and measures on it."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.sizes, self.cells = sizes, np.array(list(itertools.product(*map(range, sizes))))
        self.names = {f"h{axis}": tuple(map(str, self.cells[:, axis])) for axis in range(len(sizes))}
        self.basis = additive_basis(self.names)

    def effects(self, rng: np.random.Generator) -> Array:
        """(n,) with a variance of 1: a normal effect of each value of each hyper-parameter."""
        drawn = sum(rng.normal(size=size)[self.cells[:, axis]] for axis, size in enumerate(self.sizes))
        return np.asarray((drawn - np.mean(drawn)) / np.std(drawn))

    def task(self, explained: float, rng: np.random.Generator) -> tuple[Array, dict[str, Array]]:
        """Gaps (n,), and measures (n,) by what they are."""
        effects, models = self.effects(rng), len(self.cells)
        rest, noise = rng.normal(size=models), rng.normal(size=models)
        axis = int(rng.integers(len(self.sizes)))
        one = rng.normal(size=self.sizes[axis])[self.cells[:, axis]]
        telling = TRUE * rest + np.sqrt(1 - TRUE**2) * noise
        return np.sqrt(explained) * effects + np.sqrt(1 - explained) * rest, {
            "noise": noise,
            "one hyper-parameter": one + 1e-3 * noise,
            "one hyper-parameter and noise": one + 0.3 * noise,
            "the gap's own effects": effects + 1e-2 * noise,
            "the gap's own effects, bent": np.exp(1.5 * effects) * (1 + 1e-2 * noise),
            "other effects and noise": self.effects(rng) + 0.3 * noise,
            f"partial correlation {TRUE}": np.sqrt(explained) * effects + np.sqrt(1 - explained) * telling,
        }


def simulate(models: int, explained: float, seed: int, *, tasks: int = TASKS, scored: int = SCORED) -> dict[str, Any]:
    """Shares of tasks, by measure: significant on each scale and by Spearman, intervals that hold, verdicts."""
    simulated, rng = Simulated(GRIDS[models]), np.random.default_rng([seed, models, round(100 * explained)])
    counts: dict[str, dict[str, float]] = {}
    for number in range(tasks):
        gap, measures = simulated.task(explained, rng)
        left = {name: unexplained_scores(scale(gap), simulated.basis, seed=number) for name, scale in SCALES.items()}
        names = [f"model_{i}" for i in range(models)]
        statistics = task_statistics(names, gap, simulated.names) if number < scored else None
        for kind, values in measures.items():
            of_kind = counts.setdefault(kind, {})
            found = {name: partial_of_scores(scale(values), left[name]).found for name, scale in SCALES.items()}
            for name, one in found.items():
                _count(of_kind, name, one.p_value < SIGNIFICANT, tasks)
            interval, truth = found["normal scores"].interval, TRUE if kind.startswith("partial") else 0.0
            _count(of_kind, "interval holds", interval.low <= truth <= interval.high, tasks)
            _count(of_kind, "Spearman", spearmanr(values, gap).pvalue < SIGNIFICANT, tasks)
            if statistics is not None:
                row = evaluate("task", kind, values, statistics)
                _count(of_kind, "score above noise", row.score > row.noise.percentile_95, scored)
                _count(of_kind, "verdict above noise or reversed", row.verdict in ("above noise", "reversed"), scored)
    return {"models": models, "explained": explained, "tasks": tasks, "scored": scored, "shares": counts}


def simulate_bent(models: int, explained: float, seed: int, *, tasks: int = BENT) -> dict[str, Any]:
    """Shares of tasks that are significant on the values as they are, where gaps are exponentials of additive ones.

    Scales that depend on the order alone are not changed by it.
    """
    simulated, rng = Simulated(GRIDS[models]), np.random.default_rng([seed, models, round(100 * explained), 1])
    counts: dict[str, float] = {}
    for number in range(tasks):
        gap, measures = simulated.task(explained, rng)
        left = unexplained_scores(np.exp(1.5 * gap), simulated.basis, seed=number)
        for kind, values in measures.items():
            _count(counts, kind, partial_of_scores(values, left).found.p_value < SIGNIFICANT, tasks)
    return {"models": models, "explained": explained, "tasks": tasks, "shares": counts}


def _count(counts: dict[str, float], name: str, true: bool, of: int) -> None:
    counts[name] = counts.get(name, 0.0) + bool(true) / of


def main(seed: int = 1) -> None:
    blocks = list(itertools.product(GRIDS, EXPLAINED))
    rows = [simulate(models, explained, seed) for models, explained in blocks]
    for row in rows:
        row["shares"] = {kind: {n: round(v, 5) for n, v in of.items()} for kind, of in row["shares"].items()}
    bent = [simulate_bent(models, explained, seed) for models, explained in blocks]
    for row in bent:
        row["shares"] = {kind: round(v, 5) for kind, v in row["shares"].items()}
    write("adds", {"seed": seed, "true_partial_correlation": TRUE, "rows": rows, "bent_gaps": bent})


if __name__ == "__main__":
    main()
