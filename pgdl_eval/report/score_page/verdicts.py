"""What a scoreboard says, in sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from ...metrics.evaluation import Evaluation, MeanScore
from ...metrics.hyperparameter_floor import FLOOR
from ...scoreboard import Row, Scoreboard
from ..page.sections import Verdict, Verdicts
from ..text import number, p_text, percent, with_limits
from .scales import best_first, tone

Found = Sequence[tuple[Row, Evaluation | MeanScore]]
MOST = 12  # sentences; the leaderboard has the others


def verdicts(board: Scoreboard) -> Verdicts:
    """A headline, and a sentence a measure: on the only task, or in the mean over all; or for each task."""
    several = len(board.names) > 1
    if not several or board.means():
        task = None if several else board.names[0]
        where = f"in the mean over {len(board.names)} tasks" if several else f"on {board.names[0]}"
        return _verdicts(where, [pair for pair in best_first(board.rows.values(), task) if not pair[1].floor], board)
    found = [(row, one) for row in board.rows.values() for one in row.evaluations.values() if not one.floor]
    return _verdicts("on single tasks", found, board)


def _verdicts(where: str, found: Found, board: Scoreboard) -> Verdicts:
    if not found:
        return Verdicts("Verdicts", "No measure could be scored.")
    headline = _counted(where, found)
    floor = board.rows[FLOOR].overall if FLOOR in board.rows else None
    if floor is not None and where != "on single tasks":
        headline += _beside_floor(found, floor)
    items = [Verdict(row.measure, _sentence(one), tone(one.verdict)) for row, one in found[:MOST]]
    if len(found) > MOST:
        items.append(Verdict(f"{len(found) - MOST} more", "stand in the leaderboard."))
    return Verdicts("Verdicts", headline, tuple(items))


def _counted(where: str, found: Found) -> str:
    """How many measures are above noise, and what the others are."""
    counts = Counter(one.verdict for _, one in found)
    if len(found) == 1:
        return f"The measure is {found[0][1].verdict} {where}."
    above = counts.pop("above noise", 0)
    text = f"{_number(above, len(found))} of {len(found)} measures {'is' if above == 1 else 'are'} above noise {where}"
    others = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    return f"{text}; {others}." if others else f"{text}."


def _number(some: int, everything: int) -> str:
    return {0: "None", 1: "One", everything: "All"}.get(some, str(some))


def _beside_floor(found: Found, floor: Evaluation | MeanScore) -> str:
    better = sum(one.score > floor.score for _, one in found)
    reached = f"the hyper-parameters alone ({percent(floor.score)})"
    if len(found) == 1:
        return f" It scores {'more' if better else 'no more'} than {reached}."
    return f" {_number(better, len(found))} score{'s' if better == 1 else ''} more than {reached}."


def _sentence(one: Evaluation | MeanScore) -> str:
    where = f" on {one.task} (of {one.models} models)" if isinstance(one, Evaluation) else ""
    if one.verdict == "constant":
        return f"has one value for all models{where}: it tells nothing."
    scores = with_limits(f"score {percent(one.score)}", one.score_interval, "{:.1f}", unit=100)
    beside = f"95% of random measures stay below {percent(one.noise.percentile_95)} (p {p_text(one.noise.p_value)})"
    words = {
        "reversed": "is above noise{}, but against the direction that it declares",
        "mixed": "is above noise{}, but in no clear direction",
        "nothing beyond the hyper-parameters": "is above noise{}, but shows nothing beyond the hyper-parameters",
    }  # fmt: skip
    found = f"{words.get(one.verdict, f'is {one.verdict}{{}}').format(where)}: {scores}; {beside}."
    if not math.isnan(one.adds.value):
        adds = with_limits(f"{number(one.adds.value)}", one.adds.interval)
        found += f" Adds {adds} to the hyper-parameters (p {p_text(one.adds.p_value)})."
    if isinstance(one, Evaluation):
        found += f" {with_limits(f'Spearman {number(one.spearman.value)}', one.spearman.interval)}."
    return found
