"""The one kind of error for bad input: where it is, what was expected and what was found."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from os import PathLike
from typing import Any


class InputError(ValueError):
    """Bad input from outside: a file, a model, a data set or an argument.

    Parameters
    ----------
    problem : what is wrong, as a short statement.
    file, model, field : where it is wrong, each only if known.
    expected, found : what was expected there and what came, each only if it helps.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | PathLike[str] | None = None,
        model: str | None = None,
        field: str | None = None,
        expected: Any = None,
        found: Any = None,
    ) -> None:
        self.problem = problem
        self.file = None if file is None else str(file)
        self.model = model
        self.field = field
        self.expected = expected
        self.found = found
        super().__init__(problem)

    def __str__(self) -> str:
        where = [part for part in (self.file, self.model, self.field) if part]
        contrast = [
            f"{word} {value}"
            for word, value in (("expected", self.expected), ("found", self.found))
            if value is not None
        ]
        text = ": ".join([*where, self.problem])
        return f"{text} ({', '.join(contrast)})" if contrast else text

    def at(
        self,
        *,
        file: str | PathLike[str] | None = None,
        model: str | None = None,
        field: str | None = None,
    ) -> InputError:
        """This error with the parts of its place that were not yet known."""
        return type(self)(
            self.problem,
            file=self.file or file,
            model=self.model or model,
            field=self.field or field,
            expected=self.expected,
            found=self.found,
        )

    def replaced(self, *, model: str | None = None, field: str | None = None) -> InputError:
        """This error with another model or field, for a caller who knows the place by a better name."""
        return type(self)(
            self.problem,
            file=self.file,
            model=model or self.model,
            field=field or self.field,
            expected=self.expected,
            found=self.found,
        )


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """The error for a name of this kind that is not among those known; it suggests the nearest ones."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return InputError(f"no such {kind}{hint}", field=kind, expected=f"one of {', '.join(known)}", found=name)


class InputWarning(UserWarning):
    """Input that gives a value which should not be trusted without a second look."""
