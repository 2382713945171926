"""Whether a model and its data go together, and which of its layers is taken: advice in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import InputError
from .inspection import Layer, layers
from .models import TrainedModel, adapt
from .models.features import look
from .models.inputs import LOOKED_AT, first_rows, named_parts
from .models.layers import FEATURES
from .samples import Samples, read_samples

SAMPLES = 1000  # of which the training accuracy is taken
TRUSTED = 0.6  # training accuracy from which inputs are believed to be scaled as in training


@dataclass(frozen=True)
class Check:
    """What a look at a model and its data says; `print` shows it as advice.

    Attributes
    ----------
    model : how messages call the model.
    expected, given : its inputs as it declares them, and as they came, a line each.
    layer, kind, width : the layer whose input is taken, its class, how many features that is; empty and 0 for none.
    why : why it is this layer, or why it is none.
    outputs : how many there are; 0 where they could not be had.
    training_accuracy : on the first 1,000 samples; None without labels, or where labels are no classes.
    layers : all that run, in order; see `complexity.layers`.
    problems : what must be mended before measures can be computed.
    doubts : what is to be known of their values.
    """

    model: str
    expected: Sequence[str]
    given: Sequence[str]
    layer: str
    kind: str
    width: int
    why: str
    outputs: int
    training_accuracy: float | None
    layers: Sequence[Layer]
    problems: Sequence[str]
    doubts: Sequence[str]

    @property
    def fine(self) -> bool:
        """Whether measures can be computed."""
        return not self.problems

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def check(model: Any, data: Any, *, batched: bool | None = None, output: str | int | None = None) -> Check:
    """What the measures make of a model and its data, before any is computed.

    Parameters
    ----------
    model : what `complexity.complexity` takes.
    data : a data set as the measures take it, or inputs alone.
    batched, output : see `complexity.complexity`.

    Raises
    ------
    InputError
        For what is no model or no data at all. What does not fit between them stands in the result.

    Examples
    --------
    >>> import numpy as np, torch
    >>> network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    >>> found = check(network, (np.eye(4, dtype=np.float32), np.array([0, 1, 2, 0])))
    >>> found.layer, found.width, found.outputs, found.fine
    ('2', 8, 3, True)
    """
    network, samples = adapt(model, output), read_samples(data, SAMPLES, batched)
    given = [f"{name} {part.shape[1:]} {part.dtype}{_range(part)}" for name, part in named_parts(samples.inputs)]
    problems: list[str] = []
    try:
        network.weights()
    except InputError as error:
        problems.append(str(error))
    outputs, accuracy, doubts = _outputs(network, samples, problems)
    if not outputs:  # it does not run on these inputs: there is no layer to be found
        return Check(network.name, network.declared_inputs(), given, "", "", 0, "", 0, None, (), problems, doubts)
    try:
        runs: Sequence[Layer] = layers(network, samples)
    except InputError:
        runs = ()
    layer, kind, width, why = _layer(network, samples, problems, doubts)
    if network.left_out:
        doubts.append(f"left out, since operators for classical models make it: {', '.join(network.left_out)}")
    return Check(
        network.name,
        network.declared_inputs(),
        given,
        layer,
        kind,
        width,
        why,
        outputs,
        accuracy,
        runs,
        problems,
        doubts,
    )


def _outputs(network: TrainedModel, samples: Samples, problems: list[str]) -> tuple[int, float | None, list[str]]:
    try:
        logits = network.logits(samples.inputs)
    except InputError as error:
        problems.append(str(error))
        return 0, None, []
    if not np.isfinite(logits).all():
        problems.append("the outputs are NaN or infinite")
    try:
        labels = samples.labels
    except InputError as error:
        return logits.shape[1], None, [str(error)]
    if labels is None:
        return logits.shape[1], None, ["there are no labels: measures that need them are left out"]
    if logits.shape[1] > 1 and labels.max() >= logits.shape[1]:
        problems.append(f"labels go up to {labels.max()}, and there are {logits.shape[1]} outputs")
        return logits.shape[1], None, []
    if logits.shape[1] == 1:
        return 1, None, []
    accuracy = float(np.mean(logits.argmax(axis=1) == labels))
    text = f"only {accuracy:.0%} of these samples get their class: are the inputs scaled as in training?"
    return logits.shape[1], accuracy, [text] if accuracy < TRUSTED else []


def _layer(
    network: TrainedModel, samples: Samples, problems: list[str], doubts: list[str]
) -> tuple[str, str, int, str]:
    """The layer that is taken, its class and width, and why it is this one."""
    few = first_rows(samples.inputs, LOOKED_AT)
    try:
        found = look(network, FEATURES, few)
        width = network.features(few).shape[1]
    except InputError as error:
        problems.append(str(error))
        return "", "", 0, error.problem
    if found is None:
        return FEATURES, "", width, "the model says itself what its features are"
    doubts += found.doubts
    why = "it is the last dense or convolutional layer that acts on the output"
    if found.after:
        why += f"; after it act only weights that change no direction ({', '.join(found.after[:3])})"
    return found.place.layer, found.place.kind, width, why


def _range(part: Any) -> str:
    return f", from {part.min():.4g} to {part.max():.4g}" if part.dtype.kind in "fiu" else ""


def _lines(found: Check) -> list[str]:
    expected = f"; the model declares {', '.join(found.expected)}" if found.expected else ""
    lines = [f"{found.model}: {'measures can be computed.' if found.fine else 'something must be mended first.'}"]
    lines += [f"  to mend: {one}" for one in found.problems]
    lines += [f"  to know: {one}" for one in found.doubts]
    lines.append(f"Inputs: given {'; '.join(found.given)}{expected}.")
    if found.layer:
        kind = f" ({found.kind})" if found.kind else ""
        lines.append(f"Features: the {found.width} inputs of {found.layer}{kind}, since {found.why}.")
    if found.outputs:
        accuracy = "" if found.training_accuracy is None else f"; training accuracy {found.training_accuracy:.3f}"
        lines.append(f"Outputs: {found.outputs}{accuracy}.")
    if found.layers:
        lines.append("Layers, any of which layer=NAME takes (its input) and layer=NAME:output:")
        lines += [_line_of(one) for one in found.layers]
    return lines


def _line_of(layer: Layer) -> str:
    shapes = " -> ".join("?" if one is None else str(one[1:]) for one in (layer.input_shape, layer.output_shape))
    often = f", runs {layer.runs} times" if layer.runs > 1 else ""
    return f"  {'*' if layer.default else ' '} {layer.name}  {layer.kind}  {shapes}{often}"
