"""How random PyTorch networks end: heads, softmaxes, several outputs."""

from __future__ import annotations

from typing import Any

import torch
from random_networks import SAMPLES, Step, holds_samples, size
from torch import nn
from torch.nn import functional

RESHAPES = [
    lambda x: x.unsqueeze(-1),
    lambda x: x.float(),
    lambda x: x.clamp(-20, 1),
    lambda x: x.contiguous(),
    lambda x: torch.flatten(x, 1),
    lambda x: x.reshape(len(x), -1),
    lambda x: torch.clamp(x, min=-10),
]
SOFTMAXES = [
    lambda x: functional.softmax(x, -1),
    lambda x: x.softmax(-1),
    lambda x: functional.log_softmax(x, -1),
    lambda x: torch.softmax(x, dim=-1),
    nn.Softmax(-1),
]


def end(builder: Any, step: Step) -> tuple[Step, dict[str, Any]]:
    """The step whose value is the output that is meant, and the arguments that say so."""
    kinds = [_nothing, _head, _head, _head, _softmax, _softmax, _in_time, _several, _several]
    return builder.pick(kinds)(builder, step)


def _nothing(builder: Any, step: Step) -> tuple[Step, dict[str, Any]]:
    return step, {}


def _head(builder: Any, step: Step) -> tuple[Step, dict[str, Any]]:
    """Samples first, then a dense layer or what stands for one; perhaps a function behind it."""
    step = _samples_first(builder, step)
    heads = [builder.dense, builder.dense, builder.functional, builder.attention, builder.recurrent]
    step = builder.pick(heads)(step) or builder.dense(step) or step
    for kind in (builder.activation, builder.normalization, builder.pool, builder.auxiliary, builder.stopped):
        if builder.chance(0.15):
            step = kind(step) or step
    return step, {}


def _softmax(builder: Any, step: Step) -> tuple[Step, dict[str, Any]]:
    step, _ = _head(builder, step)
    if holds_samples(step.layout[-1]) or size(step.layout[-1]) == 1:
        return step, {}
    step, run = builder.step(builder.pick(SOFTMAXES), (step,), step.layout, softmax=True), None
    for _ in range(int(builder.rng.integers(3))):
        if builder.chance(0.3) and run is not RESHAPES[1]:
            step = builder.auxiliary(step)
        if holds_samples(step.layout[0]) and step.layout[0] == (SAMPLES,):
            run = builder.pick(RESHAPES)
            layout = step.layout
            if run is RESHAPES[0]:
                layout = (*layout, ())
            elif run in (RESHAPES[4], RESHAPES[5]):
                layout = (layout[0], tuple(one for group in layout[1:] for one in group))
            step = builder.step(run, (step,), layout, sure=False, reshapes=True)
    return step, {}


def _in_time(builder: Any, step: Step) -> tuple[Step, dict[str, Any]]:
    """One layer that runs at each place of an axis, the outputs side by side."""
    step = _samples_first(builder, step)
    if len(step.layout) < 3 or step.layout[0] != (SAMPLES,):
        return _head(builder, step)
    places = step.layout[1]
    length, module = size(places), nn.Linear(size(step.layout[-1]), 3)
    rest = (step.layout[0], *step.layout[2:])
    parts = []
    for place in range(length):
        part = builder.step(lambda x, place=place: x[:, place], (step,), rest, sure=False)
        parts.append(builder.layer(part, module, (*rest[:-1], (3,)), main=True))
    layout = (step.layout[0], places, *rest[1:-1], (3,))
    return builder.step(lambda *all: torch.stack(all, 1), tuple(parts), layout), {}


def _several(builder: Any, step: Step) -> tuple[Step, dict[str, Any]]:
    """Several outputs, of which one is chosen by name or position, or is called logits."""
    first, _ = _head(builder, step)
    second, _ = builder.pick([_head, _softmax])(builder, step)
    pair = [first, second]
    builder.rng.shuffle(pair)
    chosen = int(builder.rng.integers(2))
    kind = int(builder.rng.integers(4))
    names = ["classes", "side"]
    if kind == 0:
        names[chosen] = "logits"
    make = {
        0: lambda values: dict(zip(names, values, strict=True)),
        1: lambda values: tuple(values),
        2: lambda values: {"classes": values[0], "side": [values[1], values[1] * 0]},
        3: lambda values: dict(zip(names, values, strict=True)),
    }[kind]
    builder.scopes[-1].program.finish = lambda values: make([values[one] for one in pair])
    asked = {0: {}, 1: {"output": chosen}, 2: {"output": ["classes", "side.0"][chosen]}, 3: {"output": None}}[kind]
    return pair[chosen], asked


def _samples_first(builder: Any, step: Step) -> Step:
    """The samples on the first axis, unless chance leaves them where they are."""
    if builder.chance(0.8):
        while any(len(group) > 1 and holds_samples(group) for group in step.layout):
            at = next(at for at, group in enumerate(step.layout) if len(group) > 1 and holds_samples(group))
            layout = (*step.layout[:at], *((one,) for one in step.layout[at]), *step.layout[at + 1 :])
            step = builder._reshaped(step, layout)
        at = next(at for at, group in enumerate(step.layout) if holds_samples(group))
        if at:
            layout = (step.layout[at], *step.layout[:at], *step.layout[at + 1 :])
            step = builder.step(lambda x: x.movedim(at, 0), (step,), layout, memory=step)
    return step
