"""The family of P-vector measures: `python tests/evidence/family.py [CLASSES]` prints its settings, a line each.

As `pvector ingest` takes them:

    mapfile -t family < <(python tests/evidence/family.py)
    pvector ingest ZOO PREDICTIONS "${family[@]/#/--measure=}"
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product

MEASURES = ("angle", "subspace_stability", "subspace_agreement")
LAYERS = ("features", "logits", "first layer")
PERTURBATIONS = ("augmentation", "mixing", "across")


def family(classes: int) -> list[str]:
    """The texts of all measures, NAME[SETTING=VALUE,...], for data of so many classes."""
    return [*angles(), *stabilities(classes), *stabilities_by_class(), *agreements(classes)]


def angles() -> Iterator[str]:
    """The paper's angle and its centred form, at each layer."""
    for layer, center in product(LAYERS, ("false", "true")):
        yield f"angle[layer={layer},center_features={center},center_data={center}]"


def stabilities(classes: int) -> Iterator[str]:
    """Subspaces of all samples."""
    for layer, perturbation, center in product(LAYERS, PERTURBATIONS, ("false", "true")):
        for k in numbers_of_vectors(layer, classes):
            yield f"subspace_stability[layer={layer},perturbation={perturbation},center={center},k={k}]"


def stabilities_by_class() -> Iterator[str]:
    """Each class by itself: its P-vector, which is nearly its mean, and three directions around the mean."""
    for layer, perturbation, (center, k) in product(LAYERS, PERTURBATIONS, (("false", 1), ("true", 3))):
        yield f"subspace_stability[layer={layer},perturbation={perturbation},by_class=true,center={center},k={k}]"


def agreements(classes: int) -> Iterator[str]:
    """With the data, centred or not; with labels and between halves centred, without the mean that all share."""
    references = (("data", "false"), ("data", "true"), ("labels", "true"), ("halves", "true"))
    for layer, (reference, center) in product(LAYERS, references):
        for k in numbers_of_vectors(layer, classes):
            yield f"subspace_agreement[reference={reference},layer={layer},center={center},k={k}]"


def numbers_of_vectors(layer: str, classes: int) -> tuple[int, ...]:
    """One, as many as classes, and three times as many; logits have no more than classes."""
    return (1, classes) if layer == "logits" else (1, classes, 3 * classes)


if __name__ == "__main__":
    print("\n".join(family(int(sys.argv[1]) if len(sys.argv) > 1 else 10)))
