"""Complexity measures of trained networks, by name.

rank : trained models by their expected gaps, without test data.
list_measures : a table of all measures that are installed, combinations included.
Tracker : measures of a network while it is trained.
compute : the value of any of them for a model and a data set.

Commands: `python -m pgdl_eval --help`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .face import compute, list_measures
    from .ranking.rank import rank
    from .tracker import Tracker

__all__ = ["Tracker", "compute", "list_measures", "rank"]


def __getattr__(name: str) -> Any:
    """What the face offers, loaded when it is used first."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "rank":
        from .ranking.rank import rank

        return rank
    if name == "Tracker":
        from .tracker import Tracker

        return Tracker
    from . import face

    return getattr(face, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
