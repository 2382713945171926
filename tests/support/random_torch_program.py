"""A PyTorch network that runs steps one after the other, and notes by itself what its layers are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from random_networks import Layout, Step, holds_samples, size
from torch import nn

Notes = dict[tuple[int, str], Any]  # by the number of a step, and "input" or "output"


class Program(nn.Module):
    """Steps in order, from what it is given to its result; what a step is given is noted where notes are asked for."""

    def __init__(self, entry: Step) -> None:
        super().__init__()
        self.entry, self.result, self.notes = entry, entry, None
        self.items: list[tuple[Step, tuple[Step, ...], Callable[..., Any]]] = []
        self.finish: Callable[[dict[Step, Any]], Any] | None = None  # several values as the output

    def forward(self, x):
        values = {self.entry: x}
        for target, parents, run in self.items:
            given = [values[parent] for parent in parents]
            if self.notes is not None and not isinstance(run, Program):
                self.notes[target.number, "input"] = given[0].clone()
            values[target] = run(*given)
            if self.notes is not None and not isinstance(run, Program):
                self.notes[target.number, "output"] = values[target].clone()
        if self.notes is not None:  # what was written into in the meantime, but for what a softmax was given before
            given = {step.parents[0] for step, _, _ in self.items if step.softmax}
            self.notes |= {(step.number, "output"): one.clone() for step, one in values.items() if step not in given}
        return values[self.result] if self.finish is None else self.finish(values)


def take_notes(network: Program, x: Any) -> Notes:
    """What each step of a network in evaluation mode is given and gives."""
    notes: Notes = {}
    programs = [part for part in network.modules() if isinstance(part, Program)]
    network.eval()
    # The fast path of attention gives the same numbers in another order of memory, by which it hangs whether reshaping
    # copies, and so what is seen of a later write in place.
    torch.backends.mha.set_fastpath_enabled(False)
    for part in programs:
        part.notes = notes
    try:
        with torch.no_grad():
            network(x)
            return notes
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
        for part in programs:
            part.notes = None


class Wrapper(nn.Module):
    """A custom module around another."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, *args, **kwargs):
        return self.inner(*args, **kwargs)


class Adapted(nn.Module):
    """A dense layer with an adapter of low rank beside it."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.base_layer = nn.Linear(width, out)
        self.down, self.up = nn.Linear(width, 2, bias=False), nn.Linear(2, out, bias=False)

    def forward(self, input):
        return self.base_layer(input) + self.up(self.down(input))


class Scope:
    """A program that is being composed: its steps, and the modules and parameters that it will hold."""

    def __init__(self, builder: Any, entry: Step) -> None:
        self.builder, self.program = builder, Program(entry)
        self.parts: list[Any] = []

    def close(self, result: Step) -> Program:
        """The program, with its parts registered in an order of their own."""
        rng, program = self.builder.rng, self.program
        program.result = result
        parts = list(dict.fromkeys(self.parts))
        rng.shuffle(parts)
        modules = [one for one in parts if isinstance(one, nn.Module)]
        for number, one in enumerate(part for part in parts if isinstance(part, nn.Parameter)):
            program.register_parameter(f"weight{number}", one)
        kept = int(rng.integers(len(modules) + 1))
        for number, one in enumerate(modules[:kept]):
            setattr(program, f"{rng.choice(['layer', 'head', 'block', 'fc'])}{number}", one)
        rest = modules[kept:]
        if rest:
            kind = int(rng.integers(3))
            named = {f"one{number}": one for number, one in enumerate(rest)}
            program.rest = [nn.ModuleList(rest), nn.ModuleDict(named), nn.Sequential(*rest)][kind]
        return program


def shape_of(layout: Layout) -> tuple[int, ...]:
    """The shape of a value of this layout; -1 for the axis of the samples."""
    return tuple(-1 if holds_samples(group) else size(group) for group in layout)
