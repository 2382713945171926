"""Numbers of the report in few characters, for tables and pictures."""

from __future__ import annotations

import math
import textwrap

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
