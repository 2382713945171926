"""What is seen in a figure, in words made of its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .palette import COLOURS, group_of


def last_of_each_run(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of each run's last epoch; references, which have none, are left out."""
    known = frame.dropna(subset=["epoch"])
    return known[known["epoch"] == known.groupby(["recipe", "seed"])["epoch"].transform("max")]


def group_means(frame: pd.DataFrame, value: str = "degrees") -> dict[str, float]:
    """The mean of a value over the runs of each paradigm."""
    groups = frame["recipe"].map(group_of)
    means = frame.groupby(groups)[value].mean()
    return {name: float(means[name]) for name in COLOURS if name in means}


def numbers(found: dict[str, float], scale: float = 1.0, unit: str = "") -> str:
    """Names with whole numbers, as in "supervised 12, contrastive 30"."""
    return ", ".join(f"{name} {whole(value * scale)}{unit}" for name, value in found.items())


def beside_chance(frame: pd.DataFrame) -> str:
    """The mean angle of some rows with what it is for permuted rows and untrained networks."""
    told = [f"chance {whole(frame['chance'].mean())}"]
    if "untrained" in frame and frame["untrained"].notna().any():
        told.append(f"untrained {whole(frame['untrained'].mean())}")
    return f"{whole(frame['degrees'].mean())} ({', '.join(told)})"


def in_words(parts: Sequence[str]) -> str:
    """Parts of a sentence, joined by semicolons."""
    return "; ".join(part for part in parts if part)


def whole(value: float) -> str:
    """A number without decimals; "unknown" where there is none."""
    return f"{value:.0f}" if np.isfinite(value) else "unknown"
