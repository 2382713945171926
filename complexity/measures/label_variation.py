"""How much labels vary between neighbours at a layer: graphs of samples, and the labels' variation along edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..models.tensors import Array

Matrix = NDArray[np.float64]
LAYERS_OF = 3  # the last one part in so many of the layers, and one more, are looked at


def unit_rows(values: Array) -> Matrix:
    """Each row divided by its Euclidean norm; rows of zeros as they are: (n, d)."""
    rows = values.reshape(len(values), -1).astype(np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0))


def nearest_neighbours(values: Array) -> Matrix:
    """The graph in which each sample leads to its nearest one by the angle between rows: (n, n) of 0 and 1.

    With ties it leads to all that are equally near.
    """
    from scipy.spatial.distance import cdist

    distances = cdist(unit_rows(values), unit_rows(values), "sqeuclidean")
    np.fill_diagonal(distances, np.inf)
    near = distances <= distances.min(axis=1, keepdims=True) * (1 + 1e-12)
    return np.asarray(near, dtype=np.float64)


def normalized_variation(graph: Matrix, targets: Matrix) -> float:
    """tr(Y^T (I - D^-1/2 A D^-1/2) Y) / 4n for a graph A with the sums D of its rows; no less than 0.

    Parameters
    ----------
    graph, targets : A (n, n) without zero rows, and Y (n, classes), each row a distribution over classes.
    """
    root = 1 / np.sqrt(graph.sum(axis=1))
    agreement = np.sum((root[:, None] * graph * root) * (targets @ targets.T))
    return max(0.0, float(np.sum(targets**2) - agreement) / (4 * len(graph)))


def cosine_graph(values: Array, neighbours: int) -> Matrix:
    """Cosines, cut at 0, between each sample and its nearest ones, in both directions: (n, n), 0 elsewhere."""
    cosines = np.clip(unit_rows(values) @ unit_rows(values).T, 0, 1)
    least = np.sort(cosines, axis=1)[:, -min(neighbours + 1, len(cosines))]
    near = cosines >= least[:, None]
    graph = cosines * (near | near.T)
    np.fill_diagonal(graph, 0)
    return np.asarray(graph)


def weight_between_classes(graph: Matrix, labels: NDArray[np.integer]) -> float:
    """tr(Y^T (D - A) Y) for one-hot Y: the sum of the weights between samples of different classes."""
    return float(np.sum(graph * (labels[:, None] != labels)))


def balanced_rows(labels: NDArray[np.integer], count: int) -> NDArray[np.intp]:
    """The first rows of each class, as many of each as there would be among `count`, one class after the other."""
    numbers = np.unique(labels)
    each = max(1, count // len(numbers))
    return np.concatenate([np.flatnonzero(labels == one)[:each] for one in numbers])
