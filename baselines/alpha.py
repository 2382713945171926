"""The power-law exponent of the spectra of a network's kernels."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError, warn
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.measures.spectra import slices
from complexity.models import adapt
from complexity.progress import counted


@measure(
    "alpha",
    higher_means="larger gap",
    bounds=(1.0, float("inf")),
    packages=("powerlaw",),
    cost="the singular values of each kernel, and a fit for each; seconds for kernels of a thousand rows",
    source="Martin and Mahoney, Implicit Self-Regularization in Deep Neural Networks, JMLR 2021, arXiv:1810.01075; "
    "Martin, Peng and Mahoney, Nature Communications 2021, arXiv:2002.06716 (the mean over layers)",
)
def complexity(model: Any, dataset: Any, *, least: int = 50) -> Measured:
    """Mean over kernels of the exponent a of a power law, density ~ l^-a, fitted to their squared singular values l.

    The eigenvalues of a filter are those of the matrices (outputs, inputs) of all places of its window, together. The
    exponent and the value from which on the law holds (the one with the least Kolmogorov-Smirnov distance) are found by
    the package powerlaw (Clauset, Shalizi and Newman, 2009). The data set is not used.

    Parameters
    ----------
    least : kernels with fewer eigenvalues are left out; where all have fewer, the one with the most is taken, with a
        warning, for a fit to so few says little.

    Raises
    ------
    InputError
        If the package powerlaw is not installed (the extra [spectra]), or no kernel has enough eigenvalues.
    """
    network = adapt(model)
    spectra = [eigenvalues(kernel) for kernel in network.oriented_kernels()]
    usable = [one for one in spectra if len(np.unique(one)) > 2]
    if not usable:
        raise InputError("no kernel has three different eigenvalues", model=network.name, field="kernels")
    large = [one for one in usable if len(one) >= least]
    if not large:
        large = [max(usable, key=len)]
        warn(f"{network.name}: the power law is fitted to {len(large[0])} eigenvalues: no kernel has {least} or more")
    fits = [exponent(one) for one in counted(large, "kernels", len(large))]
    details = {"alphas": fits, "kernels": len(spectra), "fitted": len(fits)}
    return Measured(float(np.mean(fits)), details)


def eigenvalues(kernel: NDArray[np.floating]) -> NDArray[np.float64]:
    """The squared singular values of the matrices of a kernel (outputs, inputs, ...), those that are not zero."""
    squared = np.linalg.svd(slices(kernel), compute_uv=False).ravel() ** 2
    return np.asarray(np.sort(squared[squared > squared.max(initial=0.0) * 1e-12]))


def exponent(values: NDArray[np.float64]) -> float:
    """That of the power law which fits positive values (n,) best.

    Raises
    ------
    InputError
        If the package powerlaw is not installed, or finds no law.
    """
    try:
        import powerlaw
    except ImportError as error:
        problem, expected = "alpha needs the package powerlaw", "the extra [spectra]: pip install 'pvector[spectra]'"
        raise InputError(problem, field="alpha", expected=expected) from error
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # of its own doubts about fits
        try:
            return float(powerlaw.Fit(values, verbose=False).power_law.alpha)
        except ValueError as error:
            problem = "no power law fits so few eigenvalues"
            raise InputError(problem, field="kernels", expected="some more", found=len(values)) from error
