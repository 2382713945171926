"""What is asked of a ranking, apart from models and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from complexity.errors import InputError

MAX_SAMPLES, HALVES = 10_000, 8


@dataclass(frozen=True)
class Request:
    """What is asked of a ranking, apart from models and data.

    Attributes
    ----------
    measures : names; those of `default_measures` where there are none.
    settings : of measures, as for `ingest`.
    max_samples : so many samples are drawn at most.
    halves : half-samples for the spread of each value, an even number; 0 for no spreads.
    seed : of all that is drawn.
    budget : a time into which the measures are to fit; empty for no limit.
    out : keeps the values; a later call goes on from there. None to keep nothing.
    workers, cluster : processes that compute models, or a cluster that does, as for `ingest`.

    Raises
    ------
    InputError
        For numbers that cannot be.
    """

    measures: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    max_samples: int = MAX_SAMPLES
    halves: int = HALVES
    seed: int = 0
    budget: str = ""
    out: Path | None = None
    workers: int = 1
    cluster: str = ""

    def __post_init__(self) -> None:
        if self.halves < 0 or self.halves % 2:
            raise InputError("no number of half-samples", field="halves", expected="0, 2, 4, ...", found=self.halves)
        for name, least in (("max_samples", 2), ("workers", 1)):
            if getattr(self, name) < least:
                problem, expected = "bad setting", f"at least {least}"
                raise InputError(problem, field=name, expected=expected, found=getattr(self, name))
