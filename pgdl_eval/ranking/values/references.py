"""What stands beside the value of a measure: its spread over half-samples, an untrained network, random features."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from complexity.errors import InputError
from complexity.measures.measured import Measured
from complexity.measures.registry import Measure
from complexity.models import adapt
from complexity.samples import Samples

from ..data.data_files import rows_of
from .facts import facts
from .random_features import RandomFeatures
from .untrained import untrained

WEIGHTS_ALONE = "weights alone"
FEWEST = 8  # samples that are split into halves


@dataclass(frozen=True)
class References:
    """Computed beside each value, as plain data.

    `halves` (a pair of values a split), `used` (samples used of a half and of all), `untrained` and `random` (a value),
    and for each of these that there is not, why in `why`.

    Attributes
    ----------
    splits : how often the samples are split into two halves.
    seed : of splits, weights and features.
    """

    splits: int
    seed: int = 0

    def __call__(
        self, measure: Measure, value: Measured, network: Any, samples: Samples, **settings: Any
    ) -> dict[str, Any]:
        if measure.function is facts:  # which is no value to be judged
            return {}

        def of(model: Any, rows: Samples = samples) -> Measured:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # doubts of a reference are none of the value
                return _finite(measure(model, rows, progress=False, **settings))

        found: dict[str, Any] = {"halves": [], "used": [0, 0], "why": {}}
        self._try(found, "halves", lambda: self._halves(of, measure, network, samples, found))
        self._try(found, "untrained", lambda: _untrained(of, measure, network, self.seed))
        self._try(found, "random", lambda: _random(of, measure, network, samples, self.seed))
        found["used"] = [found["used"][0], _used(value, samples)]
        return found

    def _try(self, found: dict[str, Any], name: str, compute: Callable[[], Any]) -> None:
        try:
            found[name] = compute()
        except InputError as error:
            found["why"][name] = str(error)
        except Exception as error:  # a reference that cannot be had takes no value away
            found["why"][name] = f"{type(error).__name__}: {error}"

    def _halves(
        self, of: Callable[..., Measured], measure: Measure, network: Any, samples: Samples, found: dict[str, Any]
    ) -> list[list[float]]:
        if not measure.uses_samples:
            raise InputError(WEIGHTS_ALONE)
        if not self.splits:
            raise InputError("not asked for")
        if len(samples) < FEWEST:
            raise InputError("too few samples", expected=f"at least {FEWEST}", found=len(samples))
        pairs = []
        for halves in samples.remembered(("halves", self.splits, self.seed), self._split):
            values = [of(network, half) for half in halves]
            found["used"] = [_used(values[0], halves[0]), 0]
            pairs.append([float(one) for one in values])
        return pairs

    def _split(self, samples: Samples) -> list[tuple[Samples, Samples]]:
        """Two halves without a common sample, rows in their order, for each split."""
        generator, half = np.random.default_rng(self.seed), len(samples) // 2
        orders = [generator.permutation(len(samples)) for _ in range(self.splits)]
        return [(rows_of(samples, np.sort(o[:half])), rows_of(samples, np.sort(o[half : 2 * half]))) for o in orders]


def _used(value: Measured, samples: Samples) -> int:
    """How many samples a measure says that it used."""
    used = value.details.get("samples") if isinstance(value, Measured) else None
    return used if isinstance(used, int) and used > 0 else len(samples)


def _untrained(of: Callable[..., Measured], measure: Measure, network: Any, seed: int) -> float:
    if "initial weights" in measure.needs:
        raise InputError("a value of what training changed")
    return float(of(untrained(network, seed)))


def _random(of: Callable[..., Measured], measure: Measure, network: Any, samples: Samples, seed: int) -> float:
    if not measure.uses_samples or "initial weights" in measure.needs:
        raise InputError(WEIGHTS_ALONE)
    if "gradients" in measure.needs:
        raise InputError("random features have no gradients")
    return float(of(RandomFeatures(adapt(network), samples.inputs, seed)))


def _finite(value: Measured) -> Measured:
    if not np.isfinite(value):
        raise InputError("not a finite number", found=float(value))
    return value
