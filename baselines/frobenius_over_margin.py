"""The product of the layers' Frobenius norms over the margin, in logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from complexity.errors import InputError, warn
from complexity.measures.classification import classified
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.measures.spectra import kernel_matrices
from complexity.models import adapt
from complexity.samples import MAX_SAMPLES, read_samples

SHARE = 10  # the margin is that of the sample at one part in so many


@measure(
    "frobenius_over_margin",
    higher_means="larger gap",
    bounds=(-math.inf, math.inf),
    needs=("labels",),
    cost="a forward pass over all samples",
    source="Jiang et al., Fantastic Generalization Measures and Where to Find Them, arXiv:1912.02178, appendix C: "
    "product of Frobenius norms over the margin",
)
def complexity(
    model: Any, dataset: Any, *, max_samples: int | None = MAX_SAMPLES, output: str | int | None = None
) -> Measured:
    """Sum over kernels of ln |W|_F^2, less ln g^2 for the margin g: the logarithm of prod |W|_F^2 / g^2.

    The margin is the tenth part's: of the samples' own logit less the largest other, in order, the one that a tenth of
    them do not exceed. Where more than a tenth of the samples get another class it is negative; as in published code
    (github.com/nitarshan/robust-generalization-measures) its magnitude is taken, and a warning given, since a network
    that is far wrong then looks like one that is far right. Scales of normalization layers are not folded in.

    Parameters
    ----------
    model : with one output a class.
    dataset : what `complexity.samples.read_samples` takes, with labels; samples may have several inputs.
    max_samples : only the first so many samples are used; None for all.
    output : which of several outputs of the network is meant: its name or position.

    Raises
    ------
    InputError
        For no labels or such as fit no output, outputs that are not finite, a margin of 0, and a kernel that is zero.
    """
    network = adapt(model, output)
    margins = np.sort(classified(network, read_samples(dataset, max_samples)).margins())
    margin = float(margins[max(0, len(margins) // SHARE - 1)])
    if margin == 0:
        raise InputError("the margin is 0: nothing to divide by", model=network.name, field="logits")
    if margin < 0:
        warn(f"{network.name}: a tenth of the samples or more get another class: the margin's magnitude is taken")
    norms = [float(np.linalg.norm(matrix)) for matrix in kernel_matrices(network)]
    details = {"margin": margin, "frobenius_norms": norms, "samples": len(margins)}
    return Measured(2 * (sum(map(math.log, norms)) - math.log(abs(margin))), details)
