"""Folders of references and predictions: complete grids, random gaps, measures that follow them more or less."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pgdl_eval.formats.predictions import write_predictions
from pgdl_eval.formats.reference import write_reference

HYPERPARAMETERS = ("depth", "width", "dropout", "batch_norm", "learning_rate")


def write_random_scores(folder: Path, measures: int, sizes: Sequence[int], tasks: Sequence[str] = ("task",)) -> None:
    """ref/TASK/model_configs.json and res/measure_N/TASK.predict.

    The later the measure, the more it follows the gap; the second spans many powers of ten, the third has ties, the
    fourth is constant.

    Parameters
    ----------
    sizes : how many values each hyper-parameter has.
    """
    rng, cells = np.random.default_rng(0), list(itertools.product(*map(range, sizes)))
    models = [f"model_{i}" for i in range(len(cells))]
    grid = {HYPERPARAMETERS[axis]: [2 ** (cell[axis] + 1) for cell in cells] for axis in range(len(sizes))}
    for task in tasks:
        effects = np.array(cells) @ rng.normal(size=len(sizes))
        gap = np.clip(0.2 + 0.03 * effects + 0.05 * rng.normal(size=len(cells)), 0.01, 0.95)
        write_reference(folder / "ref" / task / "model_configs.json", models, grid, np.ones(len(cells)), 1 - gap)
        for number in range(measures):
            values = number / measures * 4 * gap + 0.5 * rng.normal(size=len(cells))
            values = {1: np.exp(8 * values), 2: np.round(values), 3: 0 * values}.get(number, values)
            file = folder / "res" / f"measure_{number:02d}" / f"{task}.predict"
            file.parent.mkdir(parents=True, exist_ok=True)
            write_predictions(file, dict(zip(models, values.tolist(), strict=True)))
