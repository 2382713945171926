"""How far clusters are apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError


def davies_bouldin(points: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Mean over classes of the largest (s_i + s_j) / |c_i - c_j|: s the mean distance to the class's centroid c.

    Own, since a submission has NumPy and SciPy alone; scikit-learn's `davies_bouldin_score` is the same. Centroids
    that coincide are passed over, as there (Davies and Bouldin, "A cluster separation measure", 1979).

    Parameters
    ----------
    points, labels : (n, d) and (n,).

    Raises
    ------
    InputError
        For fewer than two classes.
    """
    from scipy.spatial.distance import cdist

    classes = [points[labels == one].astype(np.float64) for one in np.unique(labels)]
    if len(classes) < 2:
        raise InputError("one class alone has no neighbour", field="labels", expected="2 classes", found=len(classes))
    centroids = np.stack([members.mean(axis=0) for members in classes])
    pairs = zip(classes, centroids, strict=True)
    spread = np.array([np.linalg.norm(members - centroid, axis=1).mean() for members, centroid in pairs])
    distances = cdist(centroids, centroids)
    distances[distances == 0] = np.inf
    return float(np.max((spread[:, None] + spread) / distances, axis=1).mean())
