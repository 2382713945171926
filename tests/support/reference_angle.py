"""The angle by its definition, with NumPy alone."""

import numpy as np


def reference(features, inputs):
    """Degrees between the top left singular vectors of two matrices of one row a sample, in float64."""
    matrices = (np.asarray(one, np.float64).reshape(len(one), -1) for one in (features, inputs))
    u, v = (np.linalg.svd(matrix, full_matrices=False)[0][:, 0] for matrix in matrices)
    return float(np.degrees(np.arccos(min(1.0, abs(u @ v)))))
