"""Which measures fit into a time that the user gives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from complexity.errors import InputError
from complexity.measures.registry import Measure

UNITS = {"s": 1, "m": 60, "h": 3600}
EXPECTED = "a time such as 90s, 10m or 1h30m"


def seconds_of(text: str) -> float:
    """The seconds of "90s", "10m", "1h30m"; a number alone counts seconds.

    Raises
    ------
    InputError
        For any other text, and no time at all.
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", text)
    whole = "".join(number + unit for number, unit in parts)
    if re.fullmatch(r"\d+(\.\d+)?", text):
        parts, whole = [(text, "s")], text
    total = sum(float(number) * UNITS[unit] for number, unit in parts)
    if whole != text or total <= 0:
        raise InputError("no time", field="budget", expected=EXPECTED, found=text)
    return total


def in_words(seconds: float) -> str:
    """Seconds as "45 s", "12 min" or "3.4 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def fitting(
    measures: Sequence[Measure], needed: Mapping[str, float], budget: float
) -> tuple[list[Measure], dict[str, str]]:
    """The measures that fit, taken in their order, and why each other one is left out.

    Parameters
    ----------
    needed : seconds that each takes for what is not computed yet; those without a number are too dear to have been
        tried.
    """
    chosen, left_out, left = [], {}, max(budget, 0.0)
    for one in measures:
        if one.name not in needed:
            left_out[one.name] = "the budget was spent before it could be tried"
        elif needed[one.name] > left:
            left_out[one.name] = f"would take {in_words(needed[one.name])}, and {in_words(left)} are left"
        else:
            chosen.append(one)
            left -= needed[one.name]
    return chosen, left_out
