"""Sharpness: how far the weights may be moved before the training accuracy falls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from complexity.errors import InputError
from complexity.measures.measured import Measured
from complexity.measures.registry import measure
from complexity.models import TrainedModel, adapt, counted_batches
from complexity.models.inputs import Inputs, take
from complexity.models.outputs import check_classes
from complexity.models.tensors import Array
from complexity.progress import counted
from complexity.samples import check_counts, read_samples

LARGEST = 2.0


@measure(
    "sharpness",
    higher_means="smaller gap",
    bounds=(0.0, LARGEST),
    needs=("gradients", "labels"),
    order_free=False,
    unit="relative width",
    cost="up to 225 gradients over 512 samples",
    source="the starter kit's baseline, with a seed and steps that go up; Table 1 of the paper",
)
def complexity(
    model: Any,
    dataset: Any,
    *,
    max_samples: int | None = 512,
    starts: int = 3,
    steps: int = 5,
    halvings: int = 15,
    seed: int = 0,
    batch_size: int = 128,
    output: str | int | None = None,
) -> Measured:
    """The largest relative width m of a perturbation of the trainable weights that keeps the training accuracy.

    A perturbation starts as uniform noise of width m |w| and climbs the cross-entropy within |w' - w| <= m |w|, in
    steps along the sign of the gradient, the steepest way within such bounds. It loses the accuracy where, at any
    step, it costs a tenth of the samples: a model that gets all right falls to 0.9, as in the kit. The bounds of m
    hold those of every smaller m, so what loses the accuracy at m does so at every larger one: m is found by bisection
    of [0, 2], in which a start goes on from the perturbation that lost last. A flat minimum has a large m.

    The cost: at most 2 starts (halvings + 1) (steps + 1) gradients over `max_samples` samples. A climb ends as soon
    as it loses, and a start as soon as it is no worse than one before it: a quarter of that is usual.

    Parameters
    ----------
    dataset : what `complexity.samples.read_samples` takes, with labels; samples may have several inputs.
    max_samples : only the first so many samples are used; None for all.
    starts : seeded starts, of which the worst counts.
    steps : of a climb at one width.
    halvings : of [0, 2]; 15 leave a width of 6e-5.
    batch_size : samples that are differentiated at a time; bounds the memory and does not change the value beyond
        rounding.
    output : which of several outputs of the network is meant: its name or position.

    Returns
    -------
    m; its details hold `reached` (false where even 2 keeps the accuracy: the value is then 2), the number of samples
    and the accuracy of the model as it is.

    Raises
    ------
    InputError
        For a data set without labels, labels that are no outputs of the model, outputs that are not finite, a model
        without trainable weights, or one whose framework gives no gradients here (Keras on JAX).
    """
    check_counts(least=1, optional=False, starts=starts, steps=steps, halvings=halvings)
    samples = read_samples(dataset, max_samples)
    task = Classification(adapt(model, output), samples.inputs, samples.class_numbers(), batch_size)
    weights, correct = task.network.trainable_weights(), task.correct()
    if not weights:
        raise InputError("the model has no trainable weights", model=task.network.name, field="weights")
    with task.network.replaced_weights() as replace:
        climbs = [Climb(task, weights, replace, steps, correct, noise(weights, (seed, k))) for k in range(starts)]
        width = LARGEST
        for climb in counted(climbs, "starts", starts):
            width = min(width, largest_kept(climb.keeps, halvings, enough=width))
    details = {"reached": width < LARGEST, "samples": len(samples), "accuracy": correct / len(samples)}
    return Measured(width, details)


def largest_kept(keeps: Callable[[float], bool], halvings: int, enough: float = LARGEST) -> float:
    """The largest width of [0, 2] that keeps, 2 if that does; or any that keeps and is `enough`.

    What keeps for one perturbation may lose for one that is found later, so the result is tried once more, and the
    part below it searched where it loses after all.
    """
    if keeps(LARGEST):
        return LARGEST
    width = bisection(keeps, LARGEST, halvings, enough)
    return width if width >= enough or keeps(width) else bisection(keeps, width, halvings, enough)


def bisection(keeps: Callable[[float], bool], lost: float, halvings: int, enough: float) -> float:
    """The largest width found to keep, below one that does not; or the first that is `enough`."""
    kept = 0.0
    for _ in counted(range(halvings), "halvings", halvings):
        if kept >= enough:
            break
        middle = (kept + lost) / 2
        kept, lost = (middle, lost) if keeps(middle) else (kept, middle)
    return kept


@dataclass(frozen=True)
class Classification:
    """A network and the samples that it classifies, in batches."""

    network: TrainedModel
    inputs: Inputs
    labels: NDArray[np.integer]
    batch_size: int

    def correct(self) -> int:
        """How many samples the network gets right.

        Raises
        ------
        InputError
            If its outputs are not finite or do not fit the labels.
        """
        logits = np.concatenate([self.network.logits(take(self.inputs, rows)) for rows in self._batches()])
        name = self.network.name
        if not np.isfinite(logits).all():
            raise InputError("an output is NaN or infinite", model=name, field="outputs")
        check_classes(self.labels, logits.shape[1], name)
        return _right(logits, self.labels)

    def keeps(self, more_than: float) -> bool:
        """Whether the network gets more than so many samples right."""
        return self._count((self.network.logits(take(self.inputs, rows)) for rows in self._batches()), more_than)

    def gradient(self, more_than: float) -> list[Array] | None:
        """The gradient of the summed cross-entropy; None where the network gets no more than so many samples right."""
        total: list[Array] = []

        def passes() -> Iterator[Array]:
            for rows in self._batches():
                logits, gradient = self.network.loss_gradient(take(self.inputs, rows), self.labels[rows])
                total[:] = [a + b for a, b in zip(total, gradient, strict=True)] if total else gradient
                yield logits

        return total if self._count(passes(), more_than) else None

    def _count(self, logits_of_batches: Iterator[Array], more_than: float) -> bool:
        """Whether more than so many samples are right; no more batches are taken than it takes to say no."""
        possible = len(self.labels)
        for rows, logits in zip(self._batches(), logits_of_batches, strict=True):
            possible -= len(logits) - _right(logits, self.labels[rows])
            if possible <= more_than:
                return False
        return True

    def _batches(self) -> Iterator[slice]:
        return counted_batches(len(self.labels), self.batch_size)


@dataclass
class Climb:
    """A perturbation of the weights, in units of its width, that climbs the loss.

    Attributes
    ----------
    correct : samples that the unperturbed network gets right.
    place : in [-1, 1], shaped like the weights.
    """

    task: Classification
    weights: Sequence[Array]
    replace: Callable[[Sequence[Array]], None]
    steps: int
    correct: int
    place: list[Array]

    def keeps(self, width: float) -> bool:
        """Whether the accuracy is kept all the way; where it is not, the next climb starts there."""
        place = self.place
        step = np.float32(2 / self.steps)  # all steps together lead from anywhere to any corner
        lost = self.correct - len(self.task.labels) / 10
        for _ in counted(range(self.steps), "steps", self.steps):
            self._go_to(place, width)
            gradient = self.task.gradient(more_than=lost)
            if gradient is None:
                self.place = place
                return False
            place = [np.clip(p + step * np.sign(g), -1, 1) for p, g in zip(place, gradient, strict=True)]
        self._go_to(place, width)
        kept = self.task.keeps(more_than=lost)
        if not kept:
            self.place = place
        return kept

    def _go_to(self, place: Sequence[Array], width: float) -> None:
        self.replace([w + np.float32(width) * np.abs(w) * p for w, p in zip(self.weights, place, strict=True)])


def noise(weights: Sequence[Array], seed: tuple[int, int]) -> list[Array]:
    """Uniform in [-1/2, 1/2], shaped like the weights."""
    generator = np.random.default_rng(seed)
    return [generator.random(w.shape, dtype=np.float32) - np.float32(0.5) for w in weights]


def _right(logits: Array, labels: NDArray[np.integer]) -> int:
    return int(np.sum((logits.argmax(axis=1) == labels) & np.isfinite(logits).all(axis=1)))
