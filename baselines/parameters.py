"""The number of weights: a control, which every measure should beat."""

from __future__ import annotations

from typing import Any

from complexity.measures.registry import measure
from complexity.models import adapt


@measure(
    "parameters",
    higher_means="larger gap",
    cost="none but reading the weights",
    source="a control; Jiang et al., Fantastic Generalization Measures, arXiv:1912.02178, appendix C: "
    "number of parameters",
)
def complexity(model: Any, dataset: Any) -> float:
    """How many weights the network has, those of normalization statistics included; the data set is not used.

    Equation 20 counts the entries of kernels and biases; statistics are counted here because a graph does not tell
    them from other weights. Larger networks often generalize better: the direction is that of classical bounds.
    """
    return float(sum(array.size for array in adapt(model).weights()))
