"""Which measures fit into a budget, by trying each on a model or two."""

from __future__ import annotations

import time

from complexity.errors import InputError
from complexity.samples import Samples

from ...sheet import Sheet
from ..values.references import References
from .budget import fitting, seconds_of
from .default_measures import Chosen
from .request import Request
from .work import Work, sheets_of

LITTLE = 0.05  # of the time that is left, which a second trial of a measure may take


def within(request: Request, chosen: Chosen, work: Work, samples: Samples) -> Chosen:
    """The measures that fit into the budget: each is tried on a model or two, which show what all would take."""
    budget, began = seconds_of(request.budget), time.monotonic()
    needed = {}
    references = References(request.halves // 2, request.seed)
    for measure in chosen.measures:
        sheet = sheets_of(request, [measure], work, samples)[measure.name]
        left = budget - (time.monotonic() - began)
        if not all(map(sheet.done, work.sources)) and left <= 0:
            continue
        needed[measure.name] = _needed(sheet, work, left, min(request.workers, len(work.sources)), samples, references)
    measures, left_out = fitting(chosen.measures, needed, budget - (time.monotonic() - began))
    if not measures:
        raise InputError("no measure fits into the budget", field="budget", found=f"{request.budget}: {left_out}")
    return Chosen(measures, {**chosen.left_out, **left_out})


def _needed(
    sheet: Sheet, work: Work, left: float, workers: int, samples: Samples, references: References
) -> float:  # fmt: skip
    """Seconds that a measure takes for all models that wait, by what the first took.

    Where that is more than is left, and the first took little of it, the second tells: the first pays for what is
    imported but once.
    """

    def waiting() -> int:
        return sum(not sheet.done(name) for name in work.sources)

    if not waiting():
        return 0.0
    first, *others = work.sources
    work.compute([sheet], samples, references, only=[first])
    of_one = sheet.seconds() / max(1, len(work.sources) - waiting())
    if of_one * waiting() / workers > left and of_one < LITTLE * left and others:
        work.compute([sheet], samples, references, only=[others[0]])
        of_one = sheet.provenance.seconds.get(others[0], of_one)
    return of_one * waiting() / workers
