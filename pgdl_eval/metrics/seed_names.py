"""The names of tasks that are seeds of one grid: TASK, TASK.seed_1, TASK.seed_2 and so on."""

from __future__ import annotations

import re
from collections.abc import Sequence

SEED_NAME = re.compile(r"(?P<grid>.+)\.seed_(?P<seed>[1-9]\d*)")


def seed_name(task: str, seed: int) -> str:
    """The name of the task that holds the models of a seed: TASK itself of the first, number 0."""
    return f"{task}.seed_{seed}" if seed else task


def grid_and_seed(name: str) -> tuple[str, int]:
    """The first seed's task, which names the grid, and the number of the seed."""
    match = SEED_NAME.fullmatch(name)
    return (match["grid"], int(match["seed"])) if match else (name, 0)


def seeds_of_tasks(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The names of the seeds' tasks by task, the seeds in order; one name where there is one."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        grid, seed = grid_and_seed(name)
        found.setdefault(grid, []).append((seed, name))
    return {grid: tuple(name for _, name in sorted(seeds)) for grid, seeds in found.items()}
