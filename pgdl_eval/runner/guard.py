"""What a stranger's measure may not change for those after it: the model, the samples, the working directory."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from complexity.samples import Samples
from complexity.samples.in_memory import content

from ..engines import Networks, OneNetwork


@dataclass
class Guard:
    """What a measure changed, in words, and whether that was the model."""

    changes: list[str] = field(default_factory=list)
    model_changed: bool = False


@contextmanager
def guarded(
    networks: Networks | OneNetwork, network: Any, samples: Samples, read_samples: Callable[[], tuple[Any, Any]]
) -> Iterator[Guard]:
    """See what a measure changes within the context; directory and samples are put back, a model is for the caller.

    What is compared are checksums of the weights, those before training included, and of the samples.
    """
    guard, directory = Guard(), os.getcwd()
    model_before, samples_before = _of_model(networks, network), _of_samples(samples)
    yield guard
    if _directory() != directory:
        os.chdir(directory)
        guard.changes.append("the measure changed the working directory, which has been changed back")
    if _of_model(networks, network) != model_before:
        guard.model_changed = True
        guard.changes.append("the measure changed the model; those after it get the model as it is stored")
    if _of_samples(samples) != samples_before:
        _restore(samples, read_samples)
        guard.changes.append("the measure changed the samples; those after it get the samples as they are stored")


def _directory() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it has been removed since
        return None


def _of_model(networks: Networks | OneNetwork, network: Any) -> int | None:
    """A checksum of the weights; None where they cannot be had any more."""
    try:
        own = network.get_weights() if hasattr(network, "get_weights") else []
        arrays = [*networks.weights(), *own]
    except Exception:  # whatever is left of a model that a stranger had
        return None
    return _checksum(arrays)


def _of_samples(samples: Samples) -> int | None:
    return _checksum([samples.inputs, samples.targets])


def _checksum(arrays: list[Any]) -> int | None:
    total = 0
    try:
        for array in map(np.asarray, arrays):
            total = zlib.crc32(repr((array.shape, array.dtype.str)).encode(), total)
            total = zlib.crc32(content(array), total)
    except Exception:
        return None
    return total


def _restore(samples: Samples, read: Callable[[], tuple[Any, Any]]) -> None:
    """Put samples back as they were read, in place where that can be done: others may hold the very arrays."""
    samples._remembered.clear()
    for name, array in zip(("inputs", "targets"), read(), strict=True):
        held = getattr(samples, name)
        if isinstance(held, np.ndarray) and (held.shape, held.dtype) == (array.shape, array.dtype):
            held.setflags(write=True)
            np.copyto(held, array)
        else:
            object.__setattr__(samples, name, array)
