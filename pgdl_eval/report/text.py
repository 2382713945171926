"""Numbers of the report in few characters, for tables and pictures."""

from __future__ import annotations

import math
import textwrap

from ..metrics.half_samples import Interval

UNDEFINED = "-"


def percent(score: float) -> str:
    """A score in [0, 1] as the competition shows it."""
    return f"{100 * score:.2f}"


def p_text(p: float) -> str:
    """A p-value in three digits at most."""
    if math.isnan(p):
        return UNDEFINED
    return "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 0.9995 else "1"


def number(value: float) -> str:
    """A correlation in two decimals, with its sign."""
    return UNDEFINED if math.isnan(value) else f"{value:+.2f}"


def verdict_text(verdict: str) -> str:
    """A verdict in lines of 14 characters at most."""
    return textwrap.fill(verdict, 14)


def limits(interval: Interval, form: str = "{:+.2f}", *, unit: float = 1) -> str:
    """Both limits in brackets."""
    if math.isnan(interval.low):
        return UNDEFINED
    return f"[{form.format(unit * interval.low)}, {form.format(unit * interval.high)}]"


def with_limits(value: str, interval: Interval, form: str = "{:+.2f}", *, unit: float = 1) -> str:
    """A value with both limits, or alone where it has none."""
    return value if math.isnan(interval.low) else f"{value} {limits(interval, form, unit=unit)}"


def by_number(value: str) -> tuple[int, float, str]:
    """A key that sorts texts: those that are numbers first, by their size."""
    try:
        return (0, float(value), value)
    except ValueError:
        return (1, 0.0, value)
