"""Which measures rank models where the user names none: by what is there, and by what they were worth on three zoos."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from complexity.errors import InputError
from complexity.images.drawn_images import draw
from complexity.measures.registry import Measure
from complexity.samples import Samples

from ...engines import ONNX
from ...measures import find_measure

# Best first. The numbers are Spearman's correlations with the gap on the three zoos of docs/zoo.md.
EVIDENCE = {
    "mixup_davies_bouldin": "+0.62, +0.65, +0.68: the only one that held on all three",
    "pseudo_validation": "-0.64, -0.03, -0.53: in its direction on all three, nothing on one",
    "jacobian_norm": "+0.64, +0.22, +0.05: in its direction on all three, nothing on one",
    "subspace_stability": "-0.82, -0.06, -0.20: in its direction on all three, chosen on the first",
    "angle": "+0.14, +0.18, +0.39: weak, in its direction on all three, and it needs no labels",
}
# In their direction on all three zoos, too, but at fifteen times the price of the others.
WITH_TIME = {"sharpness": "-0.35, -0.21, -0.77: in its direction on all three, strong on one"}
# Not among them: distance changed its sign between the zoos; vc_dimension knows the architecture alone.


@dataclass(frozen=True)
class Chosen:
    """The measures that rank, and why each of the others that might have does not."""

    measures: list[Measure]
    left_out: dict[str, str]


def default_measures(samples: Samples, engines: Sequence[str], *, with_time: bool = False) -> Chosen:
    """The measures of `EVIDENCE` that can be computed for all models, best first.

    Parameters
    ----------
    engines : what runs the models, or "" where every measure gets the engine that it needs.
    with_time : whether there is a budget, by which dear ones are left out: then those of `WITH_TIME` may come, too.
    """
    chosen = Chosen([], {})
    for name in (*EVIDENCE, *(WITH_TIME if with_time else ())):
        measure = find_measure(name)
        if lack := lacks(measure, samples, engines):
            chosen.left_out[name] = lack
        else:
            chosen.measures.append(measure)
    if not with_time:
        chosen.left_out.update(dict.fromkeys(WITH_TIME, "takes long; name it by --measure, or give a --budget"))
    return chosen


def lacks(measure: Measure, samples: Samples, engines: Sequence[str]) -> str:
    """What a measure needs and does not get, in words; empty where nothing is lacking that can be told beforehand."""
    missing = [one for one in measure.packages if importlib.util.find_spec(one) is None]
    if missing:
        return f"needs the package {missing[0]}, which is not installed"
    if "labels" in measure.needs:
        try:
            samples.class_numbers()
        except InputError as error:
            return f"needs labels: {error.problem}"
    if "images" in measure.needs:
        try:
            draw(Samples(few_images(samples), np.zeros(2, np.int64)), 1, 0)
        except InputError as error:
            return f"needs images: {error.problem}"
    if "gradients" in measure.needs and ONNX in engines:
        return "needs gradients, which ONNX models do not give"
    return ""


def few_images(samples: Samples) -> np.ndarray:
    """The first two inputs, by which one sees whether they are images; an error for several inputs."""
    return np.concatenate([samples.one_input()[:1]] * 2)
