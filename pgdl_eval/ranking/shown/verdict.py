"""How far a ranking is to be trusted, in one sentence with its reasons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...metrics.correlation import spearman
from ..order.doubts import EXPECTED
from ..order.result import Ranking

Array = NDArray[np.float64]
FEW_MODELS = 8  # of fewer, half-samples of models have no order to speak of
AGREEING = 0.5  # Kendall's W from which measures are said to agree
BY_SIZE = 0.9  # rank correlation with the number of parameters from which an order is said to be that of size
REACHING = 1 / 3  # share of the other models that may be as good as the first
LEVELS = ("with caution", "little", "hardly at all")


def verdict(ranking: Ranking) -> str:
    """One sentence: which model is first, how far to trust it, and why."""
    agreed = ranking.agreed
    if agreed is None:
        if len(ranking.models) == 1 and ranking.values.get(ranking.models[0]):
            return "One model alone is ranked with nothing: hold its values against their references."
        if not any(ranking.values.get(model) for model in ranking.models):
            return "Nothing could be ranked: no measure could be computed of any model."
        return "Nothing could be ranked: no measure tells two models apart."
    reasons = doubts(ranking)
    level = LEVELS[min(len(reasons), len(LEVELS) - 1)]
    because = ", ".join(reasons) or "even measures that agree have failed on other models (docs/zoo.md)"
    best = [ranking.ranked[one] for one in np.flatnonzero(agreed.places == agreed.places.min()).tolist()]
    many = f"{', '.join(best[:3])}{' and others' if len(best) > 3 else ''}"
    verb = "is" if len(best) == 1 else "are"
    said = f"{many} {verb} ranked best of {len(ranking.ranked)} models; trust this order {level}: {because}"
    return f"{said}{_truth(ranking)}."


def _truth(ranking: Ranking) -> str:
    """What the true gaps say, where there are some."""
    if not ranking.truths or np.isnan(ranking.truths[0].spearman.value):
        return ""
    found = ranking.truths[0]
    return f"; held against true gaps, its rank correlation is {found.spearman.value:+.2f}"


def doubts(ranking: Ranking) -> list[str]:
    """What speaks against a ranking, each as part of a sentence."""
    agreed = ranking.agreed
    assert agreed is not None
    found, models = [], len(ranking.ranked)
    if models < FEW_MODELS:
        found.append(f"there are only {models} models")
    if len(ranking.counted) == 1:
        found.append(f"{ranking.counted[0].name} is the only measure")
    elif agreed.agreement is not None and agreed.agreement.w < AGREEING:
        found.append(f"the measures disagree (Kendall's W {agreed.agreement.w:.2f})")
    elif agreed.agreement is not None and agreed.agreement.p_value > 0.05:
        found.append(f"the measures agree no more than by chance (p {agreed.agreement.p_value:.2f})")
    reaching = as_good_as_the_first(ranking)
    if np.isnan(agreed.low).all():
        found.append("there are no intervals over samples")
    elif reaching > REACHING * (models - 1):
        found.append(f"the intervals of {reaching} others overlap that of the first")
    accuracies = [ranking.facts[one].training_accuracy for one in ranking.ranked if one in ranking.facts]
    low = sum(one is not None and one < EXPECTED for one in accuracies)
    if low:
        found.insert(0, f"{low} of them get too few of their training samples right")
    if by_size(ranking):
        found.append("the order is that of size and tells nothing beyond it")
    return found


def as_good_as_the_first(ranking: Ranking) -> int:
    """How many other models have an interval that overlaps that of the first."""
    agreed = ranking.agreed
    assert agreed is not None
    first = int(np.argmin(agreed.places))
    return int(np.sum(agreed.low <= agreed.high[first])) - 1


def by_size(ranking: Ranking) -> bool:
    """Whether the places follow, or turn round, the numbers of parameters."""
    sizes = [ranking.facts[one].parameters for one in ranking.ranked if one in ranking.facts]
    if ranking.agreed is None or len(sizes) != len(ranking.ranked) or None in sizes or len(set(sizes)) < 3:
        return False
    correlation = spearman(np.asarray(sizes, np.float64), ranking.agreed.places).value
    return abs(correlation) >= BY_SIZE
