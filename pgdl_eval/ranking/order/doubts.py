"""What makes a ranking doubtful: training accuracies, outputs and spectra of the models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from complexity.errors import InputError
from complexity.samples import Samples

from .result import NARROW, Facts

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


def label_warnings(samples: Samples) -> list[str]:
    """Labels that are no classes, so that no accuracy is known and no measure can use them."""
    try:
        _ = samples.labels
    except InputError as error:
        return [f"the labels are not used, and training accuracies are not known: {error}"]
    return []


def output_warnings(names: Sequence[str], facts: Mapping[str, Facts]) -> list[str]:
    """Models with other numbers of outputs than the rest, which can hardly have been trained for the same."""
    outputs = {model: facts[model].details.get("outputs") for model in names if model in facts}
    kinds = {one for one in outputs.values() if one is not None}
    if len(kinds) < 2:
        return []
    some = ", ".join(f"{next(m for m, n in outputs.items() if n == kind)} {kind}" for kind in sorted(kinds))
    return [f"the models have different numbers of outputs ({some}): were they trained for the same classes?"]


def spectrum_warnings(names: Sequence[str], facts: Mapping[str, Facts]) -> list[str]:
    """Models whose features have no one direction above the others, so that a P-vector of them says little."""
    narrow = [model for model in names if model in facts and facts[model].narrow]
    if not narrow:
        return []
    some = ", ".join(narrow[:3]) + (" and others" if len(narrow) > 3 else "")
    text = f"the two largest singular values of the features of {some} are closer than {NARROW:.0%}"
    return [f"{text}: their P-vector is not well determined"]


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
