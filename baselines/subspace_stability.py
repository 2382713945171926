"""How far the principal subspace of a network's outputs or features stays where it is when samples are perturbed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.images.drawn_images import Change, Drawn, draw
from complexity.images.perturbation import GEOMETRIC, Augmentation, Mixture, mixing, mixing_across
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.measures.subspaces import clean_values, number_of_vectors, values_of, warn_of_rank
from complexity.models import TrainedModel, adapt
from complexity.models.tensors import Array
from complexity.progress import counted
from complexity.pvectors.principal_subspace import Frame, overlap, principal_subspace
from complexity.samples import MAX_SAMPLES, check_counts, read_samples
from complexity.timing import DECOMPOSITION, phase

PERTURBATIONS = ("augmentation", "mixing", "across")
BOTH = PERTURBATIONS[:2]  # those that keep a sample's class


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
    by_class: bool = False,
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
    layer : "logits", "features" (section 3 of the paper), "first layer", the name of a layer for its input, or
        "NAME:output". The default was chosen on one zoo of models: docs/zoo.md. A wide layer costs memory: the samples'
        values there are held in float64.
    perturbation : "augmentation"; "mixing", each image becomes its mean with another one of its class; "both", the
        mean of these two values; or "across", each image x_i becomes s x_i + (1 - s) x_j with one of another class, s
        uniform in [1/2, 1], and the clean samples are mixed likewise at the layer, s f_i + (1 - s) f_j: 1 where the
        network is linear between classes.
    k : how many P-vectors; None for one less than there are classes in the data set, or 1 by class.
    rounds : how often the samples are perturbed, at least 2. The network sees (1 + rounds) times the samples, with
        "both" (1 + 2 rounds) times.
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000). Time grows with its square.
    seed : of the draw and of the perturbations.
    center : subtract column means of the features first.
    by_class : the mean over classes of the value of this class's samples alone, in place of the value of all samples.
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
        For inputs that are no images, no labels or such as fit no output, one class alone with no k or where samples
        of two are to be mixed, no two samples of a class where these are, features that are not finite, and settings
        out of range.
    """
    check_counts(rounds=rounds, max_samples=max_samples)
    network, samples = adapt(model, output), read_samples(dataset, MAX_SAMPLES)
    drawn = draw(samples, max_samples, seed)
    groups = [drawn.labels == one for one in np.unique(drawn.labels)] if by_class else [slice(None)]
    smallest = min(len(drawn.labels[rows]) for rows in groups)
    k = number_of_vectors(1 if by_class and k is None else k, samples.class_numbers(), smallest)
    augmentation = Augmentation(drawn, augmentations)
    spaces = Spaces(network, drawn, layer, k, center, groups)
    features = clean_values(network, drawn, layer)
    clean = spaces.of(features)
    changes = {
        "augmentation": ((change, clean) for change in augmentation.changes(rounds)),
        "mixing": ((change, clean) for change in mixing(drawn, rounds, seed)),
        "across": (spaces.mixed(one, features) for one in mixing_across(drawn.labels, rounds, seed)),
    }
    pairs = {
        name: [(before, spaces.changed(one)) for one, before in counted(changes[name], f"rounds of {name}", rounds)]
        for name in names_of(perturbation)
    }
    by_name = {name: [mean_overlap(*pair, k) for pair in found] for name, found in pairs.items()}
    first = [mean_overlap(*pair, 1) for found in pairs.values() for pair in found]
    of_rounds, rank = np.mean(list(by_name.values()), axis=0), min(frame.shape[1] for frame in clean)
    warn_of_rank(network, f"the {layer}{' of a class' if by_class else ''}", rank, k)
    details = {
        "standard_error": float(of_rounds.std(ddof=1)) / math.sqrt(rounds),
        "values_of_rounds": by_name,
        "value_for_k_1": float(np.mean(first)),
        "k": k,
        "rank": rank,
        "layer": layer,
        "layer_width": features.shape[1],
        "center": center,
        "by_class": by_class,
        "samples": len(drawn),
        "available": drawn.available,
        "rounds": rounds,
        **(augmentation.details if "augmentation" in by_name else {}),
    }
    return Measured(float(of_rounds.mean()), details)


@dataclass(frozen=True)
class Spaces:
    """The principal subspaces of what a network makes of drawn images.

    Attributes
    ----------
    layer, k, center : as for the measure.
    groups : the rows of each group of samples that has subspaces of its own.
    """

    network: TrainedModel
    drawn: Drawn
    layer: str
    k: int
    center: bool
    groups: Sequence[Any]

    def of(self, features: Array) -> list[Frame]:
        """The principal subspace of each group's rows of features (n, d): (n of the group, r), r at most k."""
        with phase(DECOMPOSITION):
            return [principal_subspace(features[rows], self.k, center=self.center) for rows in self.groups]

    def changed(self, change: Change) -> list[Frame]:
        """Those of the changed images: see `of`."""
        return self.of(values_of(self.network, self.drawn, self.layer, change))

    def mixed(self, mixture: Mixture, features: Array) -> tuple[Change, list[Frame]]:
        """Images mixed, and the subspaces of their features (n, d) mixed likewise."""
        return partial(mixture.of, self.drawn.images), self.of(mixture.of(features))


def mean_overlap(clean: Sequence[Frame], perturbed: Sequence[Frame], k: int) -> float:
    """The overlap of the first k directions of each group's two subspaces, in the mean over groups."""
    pairs = zip(clean, perturbed, strict=True)
    return float(np.mean([overlap(one[:, :k], other[:, :k], k) for one, other in pairs]))


def names_of(perturbation: str) -> tuple[str, ...]:
    """The perturbations that the setting stands for.

    Raises
    ------
    InputError
        If it is not one of "augmentation", "mixing", "across" and "both".
    """
    names = {**{one: (one,) for one in PERTURBATIONS}, "both": BOTH}
    if perturbation not in names:
        expected = f"one of {', '.join(names)}"
        raise InputError("no such perturbation", field="perturbation", expected=expected, found=perturbation)
    return names[perturbation]
