"""Where the time of `ingest` went, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.markup import escape
from rich.table import Table

from complexity.timing import PHASES


def profile_table(profile: Mapping[str, Mapping[str, float]]) -> Table:
    """Seconds of each measure by phase, and of all; what measures share counts for the first that needs it.

    Parameters
    ----------
    profile : seconds by measure and phase, summed over models and processes.
    """
    caption = "what measures share counts for the first; what workers do at once is added"
    table = Table(title="Seconds by measure", box=box.SIMPLE, caption=caption)
    table.add_column("measure")
    for name in (*PHASES, "all"):
        table.add_column(name, justify="right")
    sums = {name: sum(phases.get(name, 0.0) for phases in profile.values()) for name in PHASES}
    for measure, phases in profile.items():
        table.add_row(escape(measure), *_cells(phases))
    table.add_section()
    table.add_row("all measures", *_cells(sums))
    return table


def _cells(phases: Mapping[str, float]) -> list[str]:
    seconds = [phases.get(name, 0.0) for name in PHASES]
    return [f"{one:.2f}" for one in (*seconds, sum(seconds))]
