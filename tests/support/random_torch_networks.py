"""Random small PyTorch networks of all kinds, with what must come of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from random_networks import SAMPLES, Expected, Layout, Step, expect, holds_samples, none_chosen, size
from random_torch_layers import Layers
from random_torch_program import Program, Scope, shape_of
from torch import nn
from torch.nn import functional

STARTS: list[Layout] = [
    ((SAMPLES,), (5,)),
    ((SAMPLES,), (4,), (6,)),
    ((SAMPLES,), (3,), (4,), (4,)),
]
ACTIVATIONS = [nn.ReLU, nn.Tanh, nn.GELU, nn.Sigmoid, nn.LeakyReLU, nn.Softplus]
FUNCTIONS = [torch.relu, torch.tanh, functional.gelu, torch.sigmoid, functional.silu, lambda x: x * 0.5 + 0.1]
IN_PLACE = [
    functional.relu_,
    torch.tanh_,
    torch.sigmoid_,
    lambda x: x.mul_(0.7),
    lambda x: x.clamp_(-2, 2),
]
LARGEST = 150  # entries of a sample's value


class Builder(Layers):
    """Layers with what stands between and around them."""

    # What has no weights

    def activation(self, step: Step) -> Step:
        kind = self.rng.random()
        if kind < 0.3:
            if self.chance(0.3):
                return self.layer(step, nn.ReLU(inplace=True), step.layout, main=False, memory=step)
            return self.step(self.pick(IN_PLACE), (step,), step.layout, memory=step)
        if kind < 0.6:
            return self.layer(step, self.pick(ACTIVATIONS)(), step.layout, main=False)
        if kind < 0.7:
            return self.layer(step, nn.Dropout(0.5), step.layout, main=False)
        return self.step(self.pick(FUNCTIONS), (step,), step.layout)

    def permute(self, step: Step) -> Step | None:
        if len(step.layout) < 2:
            return None
        order = [int(one) for one in self.rng.permutation(len(step.layout))]
        layout = tuple(step.layout[one] for one in order)
        return self.step(lambda x: x.permute(order), (step,), layout, memory=step)

    def fold(self, step: Step) -> Step | None:
        if len(step.layout) < 2:
            return None
        at = int(self.rng.integers(len(step.layout) - 1))
        layout = (*step.layout[:at], (*step.layout[at], *step.layout[at + 1]), *step.layout[at + 2 :])
        return self._reshaped(step, layout)

    def unfold(self, step: Step) -> Step | None:
        folded = [at for at, group in enumerate(step.layout) if len(group) > 1 or size(group) in (4, 6)]
        if not folded:
            return None
        at = self.pick(folded)
        group = step.layout[at]
        if len(group) == 1 and holds_samples(group):
            return None
        parts = tuple((one,) for one in group) if len(group) > 1 else ((2,), (size(group) // 2,))
        return self._reshaped(step, (*step.layout[:at], *parts, *step.layout[at + 1 :]))

    def _reshaped(self, step: Step, layout: Layout) -> Step:
        shape = shape_of(layout)
        return self.step(lambda x: x.reshape(shape), (step,), layout, sure=False)

    def pool(self, step: Step) -> Step | None:
        axes = [at for at, group in enumerate(step.layout) if not holds_samples(group)]
        if len(axes) < 2:
            return None
        at = self.pick(axes)
        layout = (*step.layout[:at], *step.layout[at + 1 :])
        if self.chance(0.5) and not self.joined:  # of what was joined, a branch may be passed over
            run = self.pick([lambda x: x.select(at, 0), lambda x: x.amax(at)])
            return self.step(run, (step,), layout, sure=False)
        return self.step(lambda x: x.mean(at), (step,), layout)

    def stopped(self, step: Step) -> Step:
        """Where no gradient goes on."""
        kind = self.rng.random()
        if kind < 0.5:
            return self.step(self.pick([lambda x: x.detach(), lambda x: x.data]), (step,), step.layout, memory=step)
        if kind < 0.9:
            return self.step(torch.no_grad()(lambda x: x * 0.9), (step,), step.layout)
        inferred, self.hidden = torch.inference_mode()(lambda x: x * 0.9), True
        return self.step(lambda x: inferred(x).clone(), (step,), step.layout)

    # Branches

    def residual(self, step: Step) -> Step | None:
        inner = self.body(step, 3)
        if inner.layout != step.layout:
            inner = self._brought_to(inner, step.layout)
        if inner is None:
            return None
        kind = self.rng.random()
        if kind < 0.2 and self.storage[step] is not None and inner is not step:
            found = self.step(lambda x, y: x.add_(y), (step, inner), step.layout, memory=step)
            self.written.setdefault(self.storage[step], []).append(found)
            return found
        runs = [lambda x, y: x + y, lambda x, y: y + 0.5 * x, lambda x, y: torch.sigmoid(y) * x]
        return self.step(self.pick(runs), (step, inner), step.layout)

    def concatenation(self, step: Step) -> Step | None:
        branches = [self.body(step, 2) for _ in range(2)]
        axes = [at for at, group in enumerate(branches[0].layout) if not holds_samples(group)]
        one, other = (branch.layout for branch in branches)
        if len(one) != len(other) or not axes:
            return None
        at = self.pick(axes)
        if any(mine != theirs for place, (mine, theirs) in enumerate(zip(one, other, strict=True)) if place != at):
            return None
        if holds_samples(other[at]):
            return None
        layout = (*one[:at], (size(one[at]) + size(other[at]),), *one[at + 1 :])
        self.joined = True
        return self.step(lambda x, y: torch.cat([x, y], at), tuple(branches), layout)

    def _brought_to(self, step: Step, layout: Layout) -> Step | None:
        """The step by a dense layer in another last size, where this is all that differs."""
        if len(step.layout) == len(layout) and step.layout[:-1] == layout[:-1] and len(layout[-1]) == 1:
            return self.dense(step, size(layout[-1]))
        return None

    def auxiliary(self, step: Step) -> Step:
        """A head whose output is not used, or stands beside what is used."""
        side = self.dense(step, 3)
        if side is not None and self.chance(0.3):
            run = lambda x, y: torch.cat([x.flatten(), y.flatten()])[: x.numel()].reshape(x.shape)  # noqa: E731
            return self.step(run, (step, side), step.layout, (step,))
        return step

    def block(self, step: Step) -> Step:
        """Steps inside a module of their own."""
        entry = self.new((self.seen(step),), step.layout)
        self.storage[entry] = self.storage[step]
        with self.scope(entry) as scope:
            result = self.body(entry, 3)
            program = scope.close(result)
        self.hold(program)
        self.scopes[-1].program.items.append((result, (step,), program))
        return result

    @contextmanager
    def scope(self, entry: Step) -> Iterator[Scope]:
        self.scopes.append(Scope(self, entry))
        try:
            yield self.scopes[-1]
        finally:
            self.scopes.pop()

    def body(self, step: Step, most: int) -> Step:
        """Up to this many random steps."""
        self.depth += 1
        likely = [self.dense, self.convolution, self.activation, self.normalization]
        rare = [self.functional, self.recurrent, self.attention, self.scale, self.pool, self.auxiliary, self.stopped]
        shapes = [self.permute, self.fold, self.unfold]
        branches = [self.residual, self.concatenation, self.block] if self.depth < 4 else []
        for _ in range(int(self.rng.integers(1, most + 1))):
            kinds = [likely, likely, rare, shapes, branches or likely]
            found = self.pick(self.pick(kinds))(step)
            step = step if found is None else found
            while size([one for group in step.layout for one in group]) > LARGEST:
                smaller = self.pool(step)
                if smaller is None:
                    break
                step = smaller
        self.depth -= 1
        return step


def compose(seed: int) -> tuple[Program, Any, Expected, dict[str, Any]]:
    """A network, inputs (9, ...), what must come of it, and the arguments with which it is asked."""
    from random_torch_endings import end

    builder = Builder(seed)
    layout = builder.pick(STARTS)
    entry = builder.new((), layout)
    builder.storage[entry] = entry.number
    with builder.scope(entry) as scope:
        step = builder.body(entry, 8)
        output, arguments = end(builder, step)
        for _ in range(int(builder.rng.integers(2))):
            builder.hold(builder.pick([nn.Linear(3, 4), nn.LSTM(3, 4), nn.Conv2d(3, 4, 1), nn.BatchNorm1d(3)]))
        network = scope.close(output)
    x = builder.rng.standard_normal((9, *(size(group) for group in layout[1:]))).astype(np.float32)
    for part in network.modules():
        part.training = builder.chance(0.5)
    for one in network.parameters():
        one.requires_grad_(builder.chance(0.7))
    if builder.chance(0.1):
        network.double()
    final = builder.seen(output)
    expected = expect(final) if final is output else replace(expect(final), logits=output)
    if builder.hidden and expected.chosen is not None:  # what acts behind it need not be found, but the doubt is said
        expected = replace(expected, refused=None if expected.refused else False, beside=None)
    if "output" in arguments and arguments["output"] is None:
        expected = none_chosen()
    return network, x, expected, arguments
