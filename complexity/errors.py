"""The one kind of error for bad input (where it is, what was expected and found), and the one kind of warning."""

from __future__ import annotations

import difflib
import sys
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from os import PathLike
from typing import Any

LONGEST = 2000  # characters that a message shows of one of its parts
HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode's categories of what a terminal acts on, or cannot show


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
        where = [shortened(part).replace("\n", "\\n") for part in (self.file, self.model, self.field) if part]
        contrast = [
            f"{word} {shortened(value)}"
            for word, value in (("expected", self.expected), ("found", self.found))
            if value is not None
        ]
        text = ": ".join([*where, shortened(self.problem)])
        return escaped(f"{text} ({', '.join(contrast)})" if contrast else text)

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


CHECK = "complexity.check(model, data) says which layer is taken and why, and what does not fit; so does pvector check"


@contextmanager
def pointing_to_check() -> Iterator[None]:
    """Let errors within the context that concern a model carry a note on what says more (from Python 3.11 on)."""
    try:
        yield
    except InputError as error:
        if error.model and hasattr(error, "add_note") and CHECK not in getattr(error, "__notes__", ()):
            error.add_note(CHECK)
        raise


def first_line(error: BaseException) -> str:
    """The first line of what an error says; the name of its kind where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def escaped(text: str) -> str:
    """The text as a terminal may show it: control characters, lone surrogates and reversals of direction as \\xNN.

    Line breaks and tabs stay.
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def check_printable(text: str, field: str | None) -> None:
    """Raise an InputError for text with control characters, line breaks included, or lone surrogates."""
    if not text.isprintable() and any(unicodedata.category(letter) in HIDDEN for letter in text):
        raise InputError("text with control characters or half a character", field=field, found=ascii(text))


def shortened(value: Any) -> str:
    """A value as text, its middle left out where it is long."""
    text = str(value)
    left_out = len(text) - LONGEST
    half = LONGEST // 2
    return text if left_out <= 0 else f"{text[:half]} ... ({left_out} characters) ... {text[-half:]}"


def _visible(letter: str) -> str:
    kept = letter in "\n\t" or unicodedata.category(letter) not in HIDDEN
    return letter if kept else letter.encode("unicode_escape").decode("ascii")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """The error for a name of this kind that is not among those known; it suggests the nearest ones."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return InputError(f"no such {kind}{hint}", field=kind, expected=f"one of {', '.join(known)}", found=name)


class InputWarning(UserWarning):
    """Input that gives a value which should not be trusted without a second look."""


OWN_PACKAGES = frozenset({"complexity", "baselines", "pgdl_eval", "training"})
_collections: ContextVar[tuple[list[str], ...]] = ContextVar("collections", default=())


def warn(text: str) -> None:
    """Give an `InputWarning` that points to the line of the caller outside this project's packages."""
    text = escaped(text)
    for collection in _collections.get():
        collection.append(text)
    warnings.warn(text, InputWarning, stacklevel=_frames_inside() + 1)


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """The texts that `warn` gives within the context, in order and in this thread; they are given all the same."""
    texts: list[str] = []
    token = _collections.set((*_collections.get(), texts))
    try:
        yield texts
    finally:
        _collections.reset(token)


def _frames_inside() -> int:
    """How many frames, from that of `warn` up, lie before the first one outside the project's packages."""
    frame, frames = sys._getframe(1), 0
    while frame.f_back is not None and _is_inside(frame.f_globals.get("__name__", "")):
        frame, frames = frame.f_back, frames + 1
    return frames


def _is_inside(module: str) -> bool:
    return module.partition(".")[0] in OWN_PACKAGES
