"""What random networks are made of, and what must come of them: a graph of steps, told apart from any framework.

A generator notes each step as it composes a network. From the graph alone follows which dense or convolutional step is
the last that acts on the output, and which weights act after it: nothing here asks a gradient or a hook.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SAMPLES = "b"  # the axis of the samples among the sizes of a layout
Layout = tuple[tuple[Any, ...], ...]  # the axes of a tensor, each a group of sizes folded into one; one holds SAMPLES


@dataclass(eq=False)
class Step:
    """A step of a network.

    Attributes
    ----------
    parents : the steps whose values it takes; the first is what a layer is given.
    layout : of its value.
    matrices, vectors : keys of the weights that act in it: those of products, and those of scales and shifts.
    layer : what runs in it, if this is a layer.
    main : whether that is a dense or convolutional layer.
    softmax, reshapes : whether it is a softmax, or something behind which a softmax is still left out.
    number : its place in the order of running.
    """

    parents: tuple[Step, ...]
    layout: Layout
    matrices: frozenset[int] = frozenset()
    vectors: frozenset[int] = frozenset()
    layer: Any = None
    main: bool = False
    softmax: bool = False
    reshapes: bool = False
    number: int = 0
    run: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class Expected:
    """What must come of a network.

    Attributes
    ----------
    refused : True where only an error is right, False where only the value is, None where both are.
    chosen : the dense or convolutional step whose input is the features; None where there is none.
    beside : whether an earlier step acts on the output past the chosen one too; None where either word is right.
    logits : the step whose value are the logits; None where they must be refused.
    why : in words, for a failure.
    """

    refused: bool | None
    chosen: Step | None
    beside: bool | None
    logits: Step | None
    why: str


def ancestors(steps: Iterable[Step], without: Step | None = None) -> set[Step]:
    """These steps and all that act on them; on paths that do not lead through one of them."""
    found: set[Step] = set()
    waiting = [step for step in steps if step is not without]
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting += [parent for parent in step.parents if parent is not without]
    return found


def expect(output: Step) -> Expected:
    """What must come of a network with this output."""
    logits = logits_of(output)
    mains = [step for step in ancestors([output]) if step.main]
    if not mains:
        return Expected(True, None, None, logits, "no dense or convolutional layer acts on the output")
    chosen = max(mains, key=lambda step: step.number)
    given, past = ancestors(chosen.parents[:1]), ancestors([output], without=chosen)
    known = frozenset().union(*(step.matrices for step in given), chosen.matrices)
    required, allowed = [], []
    for step in past - given:
        if not step.matrices:
            continue
        new = not step.matrices <= known
        (required if new or step.number > chosen.number else allowed).append(step)
    beside = any(step.matrices or step.vectors for step in past & given)
    vectors = frozenset().union(*(step.vectors for step in given))
    unclear = bool(allowed) or any(step.vectors & (vectors | chosen.vectors) for step in past - given)
    if required:
        numbers = sorted(step.number for step in required)
        return Expected(True, chosen, None, logits, f"weights act after or beside {chosen.number}: {numbers}")
    refused = None if allowed else False
    return Expected(refused, chosen, None if unclear else beside, logits, f"the input of step {chosen.number}")


def none_chosen() -> Expected:
    """What must come of a network with several outputs where none is chosen."""
    return Expected(True, None, None, None, "several outputs")


def logits_of(output: Step) -> Step:
    """What the softmax was given that ends the network, but for reshaping; the output where it has none."""
    step = output
    while step.reshapes:
        step = step.parents[0]
    return step.parents[0] if step.softmax else output


def size(group: Sequence[Any]) -> int:
    """Entries of a group of axes, those of the samples left out."""
    return int(np.prod([one for one in group if one != SAMPLES], dtype=int))


def holds_samples(group: Sequence[Any]) -> bool:
    return SAMPLES in group


def rows(value: Any, layout: Layout, samples: int) -> Any:
    """A value as one row a sample; its other axes in their order."""
    axes = [one for group in layout for one in group]
    value = np.asarray(value).reshape([samples if one == SAMPLES else one for one in axes])
    return np.moveaxis(value, axes.index(SAMPLES), 0).reshape(samples, -1)


def same_rows(found: Any, wanted: Any, tolerance: float = 1e-4) -> bool:
    """Whether two matrices hold the same rows but for the order of their columns."""
    if found.shape != wanted.shape or not np.all(np.isfinite(found)):
        return False
    scale = max(1e-6, float(np.max(np.abs(wanted), initial=0)))
    if np.allclose(found, wanted, rtol=tolerance, atol=tolerance * scale):
        return True
    return all(
        np.allclose(np.sort(one), np.sort(other), rtol=tolerance, atol=tolerance * scale)
        for one, other in zip(found, wanted, strict=True)
    ) and np.allclose(found @ found.T, wanted @ wanted.T, rtol=tolerance, atol=tolerance * scale**2 * found.shape[1])
