"""The state of the random generators that a data set draws from, to read it in the same order again."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

Setter = Callable[[], None]


def random_state(dataset: Any) -> list[Setter]:
    """What sets Python's, NumPy's and PyTorch's generators, and a loader's own ones, back to where they are now."""
    torch = sys.modules.get("torch")
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 (data sets of users draw from it)
    setters: list[Setter] = [
        lambda: random.setstate(python),
        lambda: np.random.set_state(numpy),  # noqa: NPY002
    ]
    if torch is not None:
        setters.append(_setter(torch.set_rng_state, torch.get_rng_state()))
    sampler = getattr(dataset, "sampler", None)
    own: list[Any] = [getattr(dataset, "generator", None), getattr(sampler, "generator", None)]
    for generator in own:
        if hasattr(generator, "get_state") and hasattr(generator, "set_state"):
            setters.append(_setter(generator.set_state, generator.get_state()))
    return setters


@contextmanager
def replayed(dataset: Any, then: list[Setter]) -> Iterator[None]:
    """The generators as they were then; afterwards as they are now."""
    now = random_state(dataset)
    for set_back in then:
        set_back()
    try:
        yield
    finally:
        for set_back in now:
            set_back()


def _setter(set_state: Callable[[Any], Any], state: Any) -> Setter:
    return lambda: set_state(state)
