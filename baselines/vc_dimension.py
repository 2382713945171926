"""The bound on the VC dimension of a convolutional network."""

from __future__ import annotations

import math
from typing import Any

from complexity.measures.registry import measure
from complexity.models import adapt

SIDE = 32  # the kit takes images of 32 x 32, whatever the task's are


@measure(
    "vc_dimension",
    higher_means="larger gap",
    cost="none but reading the weights",
    uses_samples=False,
    source="the starter kit's baseline; Table 1 of the paper",
)
def complexity(model: Any, dataset: Any) -> float:
    """D + 2 D ln(22 D 32^2) times the number of kernel entries, for D kernels; the data set is not used."""
    kernels = adapt(model).kernels()
    depth = len(kernels)
    return depth + 2 * depth * math.log(22 * depth * SIDE**2) * sum(kernel.size for kernel in kernels)
