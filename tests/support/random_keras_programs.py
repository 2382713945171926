"""Steps of a random Keras model: as the model runs them, and by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import layers as kl
from random_networks import Step

Notes = dict[tuple[int, str], Any]  # by the number of a step, and "input" or "output"


@dataclass(eq=False)
class Program:
    """Steps in order: as the model runs them, and as they are run by hand, layer by layer."""

    entry: Step
    result: Step | None = None
    items: list[tuple[Step, tuple[Step, ...], Any, Any]] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)  # layers and weights that a custom layer around them holds
    holds_weights: bool = False

    def run(self, x: Any) -> Any:
        values = {self.entry: x}
        for target, parents, run, _ in self.items:
            values[target] = run(*(values[parent] for parent in parents))
        return values

    def by_hand(self, x: Any, notes: Notes) -> Any:
        """The result, with what each step was given and gave."""
        values = {self.entry: x}
        for target, parents, run, hand in self.items:
            given = [values[parent] for parent in parents]
            if isinstance(hand, Program):
                values[target] = hand.by_hand(given[0], notes)
                continue
            values[target] = (hand or run)(*given)
            notes[target.number, "input"] = np.asarray(given[0])
            notes[target.number, "output"] = np.asarray(values[target])
        return values[self.result]


class Block(kl.Layer):
    """A custom layer that holds layers and weights and runs a program."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.run = lambda x: program.run(x)[program.result]
        for number, part in enumerate(program.parts):
            setattr(self, f"part{number}", part)

    def call(self, x):
        return self.run(x)


class Subclassed(keras.Model):
    """A model that is no graph."""

    def __init__(self, program: Program, outputs: Callable[[Any], Any]) -> None:
        super().__init__()
        self.run = lambda x: outputs(program.run(x))
        for number, part in enumerate(program.parts):
            setattr(self, f"part{number}", part)

    def call(self, x):
        return self.run(x)
