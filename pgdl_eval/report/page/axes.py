"""Numbers to places on a drawing: axes with round ticks.

Matplotlib's, which are the same, take longer to import than the whole page takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MOST_TICKS = 5
LOGARITHMIC = 1000.0  # positive values that span more than this factor are drawn by their logarithms
FREE = 0.05  # of an axis, at both ends


@dataclass(frozen=True)
class Axis:
    """A line from `low` to `high`, both finite, low < high; of positive numbers by their logarithms if so."""

    low: float
    high: float
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Where a value stands, from 0 at the low end to 1 at the high one; what is beyond stands at the end."""
        low, high, value = (math.log(v) if self.logarithmic else v / 2 for v in (self.low, self.high, value))
        return min(max((value - low) / (high - low), 0.0), 1.0)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and labels of a few round numbers."""
        if self.logarithmic:
            return _powers(self.low, self.high, self)
        step = _round_step((self.high / 2 - self.low / 2) / MOST_TICKS * 2)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        if not 0 <= last - first <= 2 * MOST_TICKS:  # a step that rounding swallows
            return [(0.0, f"{self.low:.4g}"), (1.0, f"{self.high:.4g}")]
        values = [number * step for number in range(first, last + 1)]
        return list(zip(map(self.share, values), _labels(values, step), strict=True))


def axis_of(values: Sequence[float]) -> Axis:
    """An axis on which all these finite values have room."""
    if not values:
        return Axis(0.0, 1.0)
    low, high = min(values), max(values)
    if low > 0 and high / low > LOGARITHMIC:
        free = (high / low) ** FREE
        return Axis(max(low / free, 5e-324), min(high * free, 1.7e308), logarithmic=True)
    free = FREE * 2 * (high / 2 - low / 2) or abs(low) / 10 or 1.0
    low, high = max(low - free, -1.7e308), min(high + free, 1.7e308)
    return Axis(low, high) if low < high else Axis(math.nextafter(low, -math.inf), math.nextafter(high, math.inf))


def _powers(low: float, high: float, axis: Axis) -> list[tuple[float, str]]:
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    every = (last - first) // MOST_TICKS + 1
    return [(axis.share(10.0**power), f"{10.0**power:.0e}") for power in range(first, last + 1, every)]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not less."""
    power = 10.0 ** math.floor(math.log10(least)) if least > 1e-300 else 1e-300
    return next((factor * power for factor in (1, 2, 5) if factor * power >= least * (1 - 1e-9)), 10 * power)


def _labels(values: Sequence[float], step: float) -> list[str]:
    largest = max(map(abs, values), default=0.0)
    if largest >= 1e5 or largest < 1e-3:
        for digits in range(9):
            labels = [f"{value:.{digits}e}" if value else "0" for value in values]
            if all(abs(float(label) - value) < step / 100 for label, value in zip(labels, values, strict=True)):
                break
        return labels
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [f"{value:.{decimals}f}" for value in values]
