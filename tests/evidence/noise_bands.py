"""The noise bands of the competition's tasks: `nice python tests/evidence/noise_bands.py [REFERENCE_DATA]`.

The grids of all tasks are published, the gaps of the first two alone. For each grid gaps are drawn at random:
independent ones, and ones of which additive effects of the hyper-parameters explain nine tenths; on each the scores of
1,000 random measures are taken. Where the folder with the model_configs.json of tasks 1 and 2 is given, the true gaps
serve as well. Writes docs/measures/noise_bands.json.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from evidence_records import read, write
from numpy.typing import NDArray

from pgdl_eval.formats.reference import read_reference
from pgdl_eval.metrics.noise_band import random_scores
from pgdl_eval.metrics.pairing import pairing

Array = NDArray[np.float64]
DRAWS = 8  # of gaps, of either kind
EXPLAINED = 0.9
KNOWN = {"1": "task1_v4", "2": "task2_v1"}


def full_grid(axes: Mapping[str, Sequence[Any]]) -> dict[str, tuple[str, ...]]:
    """The values of each hyper-parameter for every model of a complete grid, as text."""
    cells = itertools.product(*axes.values())
    return dict(zip(axes, zip(*(map(str, cell) for cell in cells), strict=True), strict=True))


def drawn_gaps(names: Mapping[str, Sequence[str]], explained: float, rng: np.random.Generator) -> Array:
    """Normal gaps (n,) of which additive effects of the hyper-parameters explain a share."""
    levels = [np.unique(np.array(values), return_inverse=True)[1] for values in names.values()]
    effects = np.sum([rng.normal(size=level.max() + 1)[level] for level in levels], axis=0)
    rest = rng.normal(size=len(effects))
    return np.asarray(np.sqrt(explained) * (effects - effects.mean()) / effects.std() + np.sqrt(1 - explained) * rest)


def band(gap: Array, names: Mapping[str, Sequence[str]], seed: int) -> dict[str, float]:
    """Mean and 95th percentile of the scores of random measures, in percent."""
    scores = 100 * random_scores(pairing(gap, names), seed=seed)
    return {"mean": float(scores.mean()), "percentile_95": float(np.quantile(scores, 0.95))}


def bands(names: Mapping[str, Sequence[str]], rng: np.random.Generator) -> dict[str, Any]:
    """Of either kind of gaps the mean, the least and the largest over draws."""
    found: dict[str, Any] = {"models": len(next(iter(names.values())))}
    for kind, explained in (("independent gaps", 0.0), ("gaps that follow the grid", EXPLAINED)):
        drawn = [band(drawn_gaps(names, explained, rng), names, seed) for seed in range(DRAWS)]
        found[kind] = {
            part: [round(float(f([one[part] for one in drawn])), 3) for f in (np.mean, np.min, np.max)]
            for part in ("mean", "percentile_95")
        }
    return found


def main(reference_data: Path | None, seed: int = 1) -> None:
    rng, grids = np.random.default_rng(seed), read("published_grids")["tasks"]
    tasks = {task: bands(full_grid(axes), rng) for task, axes in grids.items()}
    for task, name in KNOWN.items() if reference_data else ():
        reference = read_reference(reference_data / name / "model_configs.json")
        found = band(reference.gap, reference.hyperparameters, 0)
        tasks[task]["true gaps"] = {part: round(value, 3) for part, value in found.items()}
    write("noise_bands", {"seed": seed, "draws": DRAWS, "explained": EXPLAINED, "tasks": tasks})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
