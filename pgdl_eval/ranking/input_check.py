"""Whether the samples come to the models as in training: what the training accuracy says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from complexity.samples import Samples

from .result import Facts

EXPECTED, BETTER = 0.6, 0.2  # of trained models at least; how much a scale must add to be named


def accuracy_warnings(models: Sequence[str], facts: Mapping[str, Facts], samples: Samples) -> list[str]:
    """What to say at the top of a ranking; nothing where the training accuracies are what one would expect.

    A trained network gets most of its training samples right. Where one does not, the inputs are most often scaled
    otherwise than in training; a scale that helps is named.
    """
    known = {model: accuracy for model in models if (accuracy := _accuracy(facts, model)) is not None}
    low = {model: accuracy for model, accuracy in known.items() if accuracy < EXPECTED}
    if not low:
        return []
    worst = min(low.values())
    which = next(iter(low)) if len(low) == 1 else f"{len(low)} of {len(known)} models"
    text = f"training accuracy of {which} is {'' if len(low) == 1 else 'down to '}{worst:.0%} on these samples"
    helpful = Counter(how for model in low if (how := _helpful(facts[model])))
    if helpful:
        how, times = helpful.most_common(1)[0]
        reached = [facts[model].details["other_scales"][how] for model in low if _helpful(facts[model]) == how]
        return [
            f"{text}: the inputs are not scaled as in training. With --normalize {how} it is {np.median(reached):.0%} "
            f"for {times} of them. What stands below is worth nothing until that is right."
        ]
    return [
        f"{text}, where trained models have most of them right. Are these the samples and labels of the training, "
        f"scaled and ordered alike ({_range(samples)})? What stands below is worth little until that is right."
    ]


def _accuracy(facts: Mapping[str, Facts], model: str) -> float | None:
    return facts[model].training_accuracy if model in facts else None


def _helpful(found: Facts) -> str:
    """The scale that makes the accuracy much better; empty where none does."""
    scales: Mapping[str, float] = found.details.get("other_scales", {})
    best = max(scales, key=lambda one: scales[one], default="")
    return best if best and scales[best] >= (found.training_accuracy or 0.0) + BETTER else ""


def _range(samples: Samples) -> str:
    if not isinstance(samples.inputs, np.ndarray):
        return "several inputs"
    return f"inputs from {samples.inputs.min():.4g} to {samples.inputs.max():.4g}, mean {samples.inputs.mean():.4g}"
