"""The product of the layers' spectral norms, in logarithms."""

from __future__ import annotations

import math
from typing import Any

from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.measures.spectra import kernel_matrices, spectral_norm
from complexity.models import adapt


@measure(
    "spectral_norms",
    higher_means="larger gap",
    bounds=(-math.inf, math.inf),
    cost="none but the largest singular value of each kernel",
    source="Jiang et al., Fantastic Generalization Measures and Where to Find Them, arXiv:1912.02178, appendix C: "
    "product of spectral norms",
)
def complexity(model: Any, dataset: Any) -> Measured:
    """Sum over kernels of ln |W|_2^2, the logarithm of the product of squared spectral norms; the data are not used.

    A filter is a matrix (outputs, inputs x window), as in Yoshida and Miyato (arXiv:1705.10941, section 3.2). Scales of
    normalization layers are not folded in, so that it says little of networks whose kernels these rescale.

    Raises
    ------
    InputError
        If a kernel is zero or not finite.
    """
    norms = [spectral_norm(matrix) for matrix in kernel_matrices(adapt(model))]
    return Measured(sum(2 * math.log(norm) for norm in norms), {"spectral_norms": norms})
