"""Layers of random PyTorch networks, called in many ways, and what else holds weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from random_networks import Layout, Step, holds_samples, size
from random_torch_program import Adapted, Scope, Wrapper
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm, weight_norm


class Layers:
    """Composes steps with layers from a seed; every method that makes steps goes on from one and gives the next."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        self.scopes: list[Scope] = []
        self.count = 0
        self.depth = 0
        self.hidden = False  # whether something goes on without any way for a gradient
        self.joined = False  # whether branches were put side by side
        self.storage: dict[Step, int | None] = {}  # which memory a value lies in; None where that is not sure
        self.written: dict[int | None, list[Step]] = {}  # what was added to such memory in place
        self.layers: list[tuple[Any, Layout]] = []  # dense layers to be used again, with what they take

    # Steps

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def hold(self, part: Any) -> Any:
        """A module or parameter that the network will hold, where the steps are composed now."""
        self.scopes[-1].parts.append(part)
        return part

    def seen(self, step: Step) -> Step:
        """A step with what was written into its memory since."""
        extra = [one for one in self.written.get(self.storage[step], []) if one is not step]
        return self.new((step, *extra), step.layout) if extra else step

    def new(self, parents: tuple[Step, ...], layout: Layout, **told: Any) -> Step:
        self.count += 1
        return Step(parents, layout, number=self.count, **told)

    def step(
        self,
        run: Callable[..., Any],
        parents: tuple[Step, ...],
        layout: Layout,
        acting: tuple[Step, ...] | None = None,
        memory: Step | None = None,
        sure: bool = True,
        **told: Any,
    ) -> Step:
        """A step that runs; of its parents `acting` act on it, and it keeps the memory of `memory`."""
        graph = tuple(self.seen(one) for one in (parents if acting is None else acting))
        found = self.new(graph, layout, **told)
        self.storage[found] = (self.storage[memory] if memory else self.count) if sure else None
        self.scopes[-1].program.items.append((found, parents, run))
        return found

    def layer(
        self, step: Step, module: nn.Module, layout: Layout, *, main: bool, run: Any = None, memory: Step | None = None
    ) -> Step:
        """A layer on the input of a step, called in one of many ways."""
        weights = list(module.parameters())
        matrices = frozenset(id(one) for one in weights if sum(side > 1 for side in one.shape) > 1)
        if main:
            matrices |= {id(one) for one in weights if one.ndim > 1}
        called = self.hold(module) if self.chance(0.8) else self.hold(Wrapper(module))
        keyword = isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.LayerNorm, Adapted)) and self.chance(0.2)
        plain = (lambda x: called(input=x)) if keyword else called
        vectors = frozenset(map(id, weights)) - matrices
        told = {"layer": module, "main": main, "matrices": matrices, "vectors": vectors}
        return self.step(run(called) if run else plain, (step,), layout, memory=memory, **told)

    def function(self, step: Step, run: Any, layout: Layout, parameter: nn.Parameter, product: bool) -> Step:
        """A function with a parameter that the network holds itself; `product` for that of a matrix."""
        keys = frozenset({id(parameter)})
        told = {"matrices": keys} if product else {"vectors": keys}
        return self.step(run, (step,), layout, **told)

    # Layers

    def width(self) -> int:
        return int(self.pick([3, 4, 6]))

    def dense(self, step: Step, out: int | None = None) -> Step | None:
        *front, last = step.layout
        if holds_samples(last):
            return None
        width, out = size(last), out or self.width()
        layout = (*front, (out,))
        again = [one for one, given in self.layers if given == (width, out)]
        kind = self.rng.random()
        if again and kind < 0.25:
            return self.layer(step, self.pick(again), layout, main=True)
        module: nn.Module = Adapted(width, out) if kind > 0.95 else nn.Linear(width, out, bias=self.chance(0.7))
        if again and kind < 0.35 and not isinstance(module, Adapted):
            tied = self.pick([one for one in again if not isinstance(one, Adapted)] or [module])
            if "weight" in dict(tied.named_parameters()):
                module.weight = tied.weight
        elif kind < 0.45:
            module = self.pick([weight_norm, spectral_norm])(module)
        self.layers.append((module, (width, out)))
        return self.layer(step, module, layout, main=True)

    def functional(self, step: Step) -> Step | None:
        """A matrix product without a layer: with a parameter, or with that of a layer."""
        *front, last = step.layout
        if holds_samples(last):
            return None
        width = size(last)
        own = [one for one, (given, _) in self.layers if given == width and type(one) is nn.Linear]
        turned = [one for one, (_, out) in self.layers if out == width and type(one) is nn.Linear]
        own, turned = ([one for one in some if "weight" in dict(one.named_parameters())] for some in (own, turned))
        kind = self.rng.random()
        if own and kind < 0.3:
            module = self.pick(own)
            return self.function(
                step,
                lambda x: functional.linear(x, module.weight),
                (*front, (len(module.weight),)),
                module.weight,
                True,
            )
        if turned and kind < 0.6:
            module = self.pick(turned)
            layout = (*front, (module.weight.shape[1],))
            return self.function(step, lambda x: x @ module.weight, layout, module.weight, True)
        out = int(self.pick([1, 3, 4]))
        matrix = self.hold(nn.Parameter(torch.randn(width, out)))
        runs = [
            lambda x: x @ matrix,
            lambda x: functional.linear(x, matrix.t()),
            lambda x: torch.einsum("...i,ij->...j", x, matrix),
        ]
        return self.function(step, self.pick(runs), (*front, (out,)), matrix, True)

    def convolution(self, step: Step) -> Step | None:
        layout = step.layout
        if len(layout) not in (3, 4) or holds_samples(layout[1]):
            return None
        dimensions, channels = len(layout) - 2, size(layout[1])
        moved = not holds_samples(layout[0])  # samples on an axis over which the filter moves
        plain = [nn.Conv1d, nn.Conv2d][dimensions - 1]
        if moved or self.chance(0.2):
            module, lengths = plain(channels, self.width(), 1), [group for group in layout[2:]]
            return self.layer(step, module, (layout[0], (module.out_channels,), *lengths), main=True)
        sizes, kind = [size(group) for group in layout[2:]], int(self.rng.integers(5))
        if kind == 0:
            module = plain(channels, 2 * channels, 3, padding=1, groups=channels)
        elif kind == 1:
            module = [nn.ConvTranspose1d, nn.ConvTranspose2d][dimensions - 1](channels, self.width(), 2)
            sizes = [one + 1 for one in sizes]
        elif kind == 2 and min(sizes) > 2:
            module = plain(channels, self.width(), 3, stride=2, padding=1)
            sizes = [(one + 1) // 2 for one in sizes]
        else:
            module = plain(channels, self.width(), 3, padding=1)
        found = self.layer(step, module, (layout[0], (module.out_channels,), *((one,) for one in sizes)), main=True)
        if kind == 0 and self.chance(0.7):
            module = plain(2 * channels, self.width(), 1)
            return self.layer(found, module, (layout[0], (module.out_channels,), *found.layout[2:]), main=True)
        return found

    def normalization(self, step: Step) -> Step | None:
        layout, affine = step.layout, self.chance(0.8)
        choices: list[Callable[[], nn.Module]] = []
        if not holds_samples(layout[-1]):
            choices.append(lambda: nn.LayerNorm(size(layout[-1]), elementwise_affine=affine))
        if holds_samples(layout[0]) and len(layout) > 1:
            channels = size(layout[1])
            batch = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}.get(len(layout))
            choices += [lambda: batch(channels, affine=affine)] if batch else []
            choices += (
                [lambda: nn.GroupNorm(1 if channels % 2 else 2, channels, affine=affine)] if len(layout) > 2 else []
            )
        if not choices:
            return None
        module = self.pick(choices)()
        with torch.no_grad():
            for one in [*module.parameters(), *module.buffers()]:
                if one.is_floating_point():
                    one.add_(torch.rand(one.shape))
        return self.layer(step, module, layout, main=False)

    def scale(self, step: Step) -> Step | None:
        """A scale, or a shift by place, that is a parameter of the network."""
        if holds_samples(step.layout[-1]):
            return None
        vector = self.hold(nn.Parameter(torch.rand(size(step.layout[-1])) + 0.5))
        return self.function(step, self.pick([lambda x: x * vector, lambda x: x + vector]), step.layout, vector, False)

    def recurrent(self, step: Step) -> Step | None:
        where = self._sequence(step.layout)
        if where is None:
            return None
        first, width, out = where == 0, size(step.layout[2]), self.width()
        module = self.pick([nn.LSTM, nn.GRU, nn.RNN])(width, out, batch_first=first, bidirectional=self.chance(0.2))
        out *= 2 if module.bidirectional else 1
        if self.chance(0.3):
            run = lambda called: lambda x: called(x)[0][:, -1] if first else called(x)[0][-1]  # noqa: E731
            return self.layer(step, module, (step.layout[where], (out,)), main=False, run=run)
        return self.layer(
            step, module, (*step.layout[:2], (out,)), main=False, run=lambda called: lambda x: called(x)[0]
        )

    def attention(self, step: Step) -> Step | None:
        where = self._sequence(step.layout)
        if where is None:
            return None
        width = size(step.layout[2])
        module = nn.MultiheadAttention(width, 1 if width % 2 else 2, batch_first=where == 0)
        called = self.hold(module) if self.chance(0.8) else self.hold(Wrapper(module))
        layout = (*step.layout[:2], (width,))
        # The module computes both steps; what its last product is given is computed beside it.
        told = {"matrices": frozenset({id(module.in_proj_weight)}), "vectors": frozenset({id(module.in_proj_bias)})}
        mixed = self.step(lambda x: attended(x, module), (step,), layout, **told)
        last = module.out_proj
        told = {"matrices": frozenset({id(last.weight)}), "vectors": frozenset({id(last.bias)})}
        run = lambda _, x: called(x, x, x, need_weights=False)[0]  # noqa: E731
        return self.step(run, (mixed, step), layout, (mixed,), layer=last, main=True, **told)

    def _sequence(self, layout: Layout) -> int | None:
        """On which of the first two axes of a sequence the samples stand."""
        if len(layout) != 3 or holds_samples(layout[2]):
            return None
        return 0 if holds_samples(layout[0]) else 1


def attended(x: torch.Tensor, module: nn.MultiheadAttention) -> torch.Tensor:
    """What the last product of self-attention is given."""
    packed = functional.linear(x, module.in_proj_weight, module.in_proj_bias)
    packed = packed if module.batch_first else packed.transpose(0, 1)
    heads = (part.unflatten(-1, (module.num_heads, -1)).transpose(1, 2) for part in packed.chunk(3, dim=-1))
    query, key, value = heads
    weights = (query @ key.mT / query.shape[-1] ** 0.5).softmax(-1)
    found = (weights @ value).transpose(1, 2).flatten(2)
    return found if module.batch_first else found.transpose(0, 1)
