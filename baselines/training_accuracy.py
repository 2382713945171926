"""The training accuracy: a control, which every measure should beat."""

from __future__ import annotations

from typing import Any

from complexity.measures.classification import classified
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.samples import MAX_SAMPLES, read_samples


@measure(
    "training_accuracy",
    higher_means="smaller gap",
    bounds=(0.0, 1.0),
    needs=("labels",),
    unit="share",
    cost="a forward pass over all samples",
    source="a control",
)
def complexity(
    model: Any, dataset: Any, *, max_samples: int | None = MAX_SAMPLES, output: str | int | None = None
) -> Measured:
    """Share of the training samples that get their own class, by the largest logit.

    The gap holds it, as training accuracy less test accuracy; where all models are trained to the same accuracy it
    ties and tells nothing. Declared as a user would read it: who fits the training set badly fits the test set worse.

    Parameters
    ----------
    model : with one output a class.
    dataset : what `complexity.samples.read_samples` takes, with labels; samples may have several inputs.
    max_samples : only the first so many samples are used; None for all.
    output : which of several outputs of the network is meant: its name or position.

    Raises
    ------
    InputError
        For no labels or such as fit no output, and outputs that are not finite.
    """
    right = classified(adapt(model, output), read_samples(dataset, max_samples)).right()
    return Measured(float(right.mean()), {"right": int(right.sum()), "samples": len(right)})
