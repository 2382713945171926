"""The training loss: a control, which every measure should beat."""

from __future__ import annotations

from typing import Any

from complexity.measures.classification import classified
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import adapt
from complexity.samples import MAX_SAMPLES, read_samples


@measure(
    "cross_entropy",
    higher_means="larger gap",
    needs=("labels",),
    cost="a forward pass over all samples",
    source="a control",
)
def complexity(
    model: Any, dataset: Any, *, max_samples: int | None = MAX_SAMPLES, output: str | int | None = None
) -> Measured:
    """Mean over the training samples of -ln p of the sample's own class, p the softmax of the logits.

    Networks that were trained up to a given loss, as those of the competition (0.01), differ in it by where they
    happened to stop: a score above noise is then a fact about the stopping rule.

    Parameters
    ----------
    model : with one output a class.
    dataset : what `complexity.samples.read_samples` takes, with labels; samples may have several inputs.
    max_samples : only the first so many samples are used; None for all.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The mean, in nats; its details hold its standard error over samples and their number.

    Raises
    ------
    InputError
        For no labels or such as fit no output, and outputs that are not finite.
    """
    losses = classified(adapt(model, output), read_samples(dataset, max_samples)).cross_entropies()
    error = float(losses.std(ddof=1)) / len(losses) ** 0.5 if len(losses) > 1 else None
    return Measured(float(losses.mean()), {"standard_error": error, "samples": len(losses)})
