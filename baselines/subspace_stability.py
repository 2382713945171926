"""How far the principal subspace of a network's outputs or features stays where it is when samples are perturbed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError, warn
from complexity.images.drawn_images import Change, Drawn, draw
from complexity.images.perturbation import GEOMETRIC, Augmentation, mixing
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import TrainedModel, adapt
from complexity.models.features import layer_output, warn_of_probabilities
from complexity.models.outputs import LOGITS, check_classes
from complexity.models.tensors import Array
from complexity.progress import counted
from complexity.pvectors.principal_subspace import Frame, overlap, principal_subspace
from complexity.samples import MAX_SAMPLES, check_counts, read_samples
from complexity.timing import DECOMPOSITION, phase

PERTURBATIONS = ("augmentation", "mixing")


@measure(
    "subspace_stability",
    higher_means="smaller gap",
    bounds=(0.0, 1.0),
    needs=("images", "labels"),
    unit="share",
    cost="forward passes over 5 times the samples, 1,000 by default",
    source="of this project, after the P-vectors of sections 3 and 5 of the paper",
)
def subspace_stability(
    model: Any,
    dataset: Any,
    *,
    layer: str = "logits",
    perturbation: str = "both",
    k: int | None = None,
    rounds: int = 2,
    max_samples: int | None = 1000,
    seed: int = 0,
    center: bool = True,
    augmentations: str | Sequence[str] = GEOMETRIC,
    output: str | int | None = None,
) -> Measured:
    """(1/k) sum of cos^2 of the principal angles between the top k P-vectors of clean and of perturbed samples.

    1 where the subspace stays, about k/n where nothing is left of it. Row i of both matrices belongs to one sample, so
    the two subspaces of R^n compare as they are, and neither rotations nor the scale of the features matter.

    A direction that the features do not have counts 0: with rank r below k the value is at most r/k (a warning says
    so), and a dead network, the same features for every sample, has 0.

    Parameters
    ----------
    model : a Keras model or a `torch.nn.Module`.
    dataset : what `complexity.samples.read_samples` takes: labelled images as for `pseudo_validation`.
    layer : "logits", or "features" (section 3 of the paper). The default was chosen on one zoo of models: docs/zoo.md.
    perturbation : "augmentation"; "mixing", each image becomes its mean with another one of its class; or "both", the
        mean of the two values.
    k : how many P-vectors; None for one less than there are classes in the data set.
    rounds : how often the samples are perturbed, at least 2. The network sees (1 + rounds) times the samples, with
        "both" (1 + 2 rounds) times.
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000). Time grows with its square.
    seed : of the draw and of the perturbations.
    center : subtract column means of the features first.
    augmentations : some of `complexity.images.augmentation.AUGMENTATIONS`, "auto" or "geometric" (crop, and flip where
        the classes look the same in a mirror): see `complexity.images.perturbation.Augmentation`.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    The mean over rounds; its details hold the standard error over rounds, the value of each round and its mean for
    k = 1 by perturbation, the settings in use and the rank that was found, k at most.

    Raises
    ------
    InputError
        For inputs that are no images, no labels or such as fit no output, one class alone with no k, no two samples of
        a class where they are to be mixed, features that are not finite, and settings out of range.
    """
    check_counts(rounds=rounds, max_samples=max_samples)
    network, samples = adapt(model, output), read_samples(dataset, MAX_SAMPLES)
    drawn = draw(samples, max_samples, seed)
    k = number_of_vectors(k, samples.class_numbers(), len(drawn))
    augmentation = Augmentation(drawn, augmentations)
    changes = {"augmentation": augmentation.changes(rounds), "mixing": mixing(drawn, rounds, seed)}
    frames = Frames(network, drawn, layer, k, center)
    features = frames.features(drawn.unchanged)
    warn_of_probabilities(layer, features, network.name)
    if (outputs := features.shape[1] if layer == LOGITS else drawn.outputs(network)) > 1:  # one serves as any other
        check_classes(drawn.labels, outputs, network.name)
    clean = frames.space(features)
    perturbed = {
        name: [frames.of(change) for change in counted(changes[name], f"rounds of {name}", rounds)]
        for name in names_of(perturbation)
    }
    by_name = {name: [overlap(clean, one, k) for one in found] for name, found in perturbed.items()}
    first = [overlap(clean[:, :1], one[:, :1], 1) for found in perturbed.values() for one in found]
    of_rounds = np.mean(list(by_name.values()), axis=0)
    if clean.shape[1] < k:
        text = f"{network.name}: the {layer} have rank {clean.shape[1]}, and k = {k}: what is missing counts 0"
        warn(text)
    details = {
        "standard_error": float(of_rounds.std(ddof=1)) / math.sqrt(rounds),
        "values_of_rounds": by_name,
        "value_for_k_1": float(np.mean(first)),
        "k": k,
        "rank": clean.shape[1],
        "layer": layer,
        "layer_width": features.shape[1],
        "center": center,
        "samples": len(drawn),
        "available": drawn.available,
        "rounds": rounds,
        **(augmentation.details if "augmentation" in by_name else {}),
    }
    return Measured(float(of_rounds.mean()), details)


@dataclass(frozen=True)
class Frames:
    """The principal subspaces of what a network makes of drawn images.

    Attributes
    ----------
    layer, k, center : as for the measure.
    """

    network: TrainedModel
    drawn: Drawn
    layer: str
    k: int
    center: bool

    def of(self, change: Change) -> Frame:
        """The principal subspace of the changed images: see `features` and `space`."""
        return self.space(self.features(change))

    def space(self, features: Array) -> Frame:
        """The principal subspace of features: (n, r), r at most k."""
        with phase(DECOMPOSITION):
            return principal_subspace(features, self.k, center=self.center)

    def features(self, change: Change) -> Array:
        """The layer's values of the changed images: (n, d).

        Raises
        ------
        InputError
            For another layer than there is, and features that are not finite.
        """
        matrix = self.drawn.through(layer_output(self.network, self.layer), change)
        if not np.isfinite(matrix).all():
            raise InputError("an entry is NaN or infinite", model=self.network.name, field=self.layer)
        return matrix


def names_of(perturbation: str) -> tuple[str, ...]:
    """The perturbations that the setting stands for.

    Raises
    ------
    InputError
        If it is not one of "augmentation", "mixing" and "both".
    """
    names = {**{one: (one,) for one in PERTURBATIONS}, "both": PERTURBATIONS}
    if perturbation not in names:
        expected = f"one of {', '.join(names)}"
        raise InputError("no such perturbation", field="perturbation", expected=expected, found=perturbation)
    return names[perturbation]


def number_of_vectors(k: int | None, labels: NDArray[np.integer], samples: int) -> int:
    """k, or one less than there are classes; such that so many samples can have so many P-vectors.

    Raises
    ------
    InputError
        If it is out of range.
    """
    count = len(np.unique(labels)) - 1 if k is None else k
    if not isinstance(count, int) or not 1 <= count < samples:
        problem = "out of range" + (", as one less than there are classes" if k is None else "")
        raise InputError(problem, field="k", expected=f"1 to {samples - 1}", found=count)
    return count
