"""Settings that count something."""

from __future__ import annotations

from ..errors import InputError


def check_counts(*, least: int = 2, optional: bool = True, **counts: int | None) -> None:
    """Raise an InputError for a setting, by its name, that is no whole number from `least` on, nor None if optional."""
    expected = f"a whole number from {least} on" + (", or None" if optional else "")
    for name, number in counts.items():
        whole = isinstance(number, int) and not isinstance(number, bool)
        if not (whole and number >= least) and not (optional and number is None):  # type: ignore[operator]
            raise InputError("out of range", field=name, expected=expected, found=number)
