"""What a terminal shows of the layers that were taken, and which models have warnings."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase

from ..order.result import NARROW, Ranking

NARROW_MARK, WARNING_MARK = "~", "!"
NOTHING = "-"
MOST_LAYERS = 8  # with a letter of their own


def widths(ranking: Ranking) -> dict[str, str]:
    """How many features each model has, with the letter of its layer where there are several; empty where all agree."""
    known = {model: one for model in ranking.models if (one := _taken(ranking, model)) is not None}
    if len(set(known.values())) < 2:
        return {}
    letters = _letters(ranking)
    cells = {model: f"{width} {letters[layer]}".rstrip() for model, (layer, width) in known.items()}
    return dict.fromkeys(ranking.models, NOTHING) | cells


def taken_line(ranking: Ranking) -> str:
    """The layers whose inputs are the features, by their letters where there are several, and how many these are."""
    known = [one for model in ranking.models if (one := _taken(ranking, model)) is not None]
    if not known:
        return "features: none could be had"
    low, high = min(width for _, width in known), max(width for _, width in known)
    width, letters = str(low) if low == high else f"{low} to {high}", _letters(ranking)
    layers = [f"{letter} {layer}".lstrip() for layer, letter in list(letters.items())[:MOST_LAYERS]]
    if len(letters) > MOST_LAYERS:
        layers.append(f"{ascii_lowercase[MOST_LAYERS]} others")
    return f"features: the {width} inputs of {', '.join(layers)}{', in all models' * (len(layers) == 1 < len(known))}"


def marks(ranking: Ranking, model: str) -> str:
    """A mark for features without one direction above the others, and one for warnings and failures."""
    facts = ranking.facts.get(model)
    doubts = any(one.doubts for one in ranking.values.get(model, {}).values())
    return NARROW_MARK * bool(facts and facts.narrow) + WARNING_MARK * bool(doubts or ranking.failures.get(model))


def marks_explained(ranking: Ranking) -> Iterator[str]:
    """What the marks mean that are there."""
    there = "".join(marks(ranking, model) for model in ranking.models)
    if NARROW_MARK in there:
        text = f"the two largest singular values of the features are closer than {NARROW:.0%}"
        yield f"{NARROW_MARK} {text}: their P-vector is not well determined"
    if WARNING_MARK in there:
        yield f"{WARNING_MARK} there are warnings, which ranking.csv and report.html have"


def left_out_line(ranking: Ranking) -> str:
    """Outputs of graphs that are no part of their networks; empty where there are none."""
    names = (one for facts in ranking.facts.values() for one in facts.details.get("outputs_left_out", ()))
    found = ", ".join(dict.fromkeys(names))
    return f"left out, since operators for classical models make it: {found}" if found else ""


def _letters(ranking: Ranking) -> dict[str, str]:
    """A letter for each layer that was taken, none where there is one alone; "others" share one beyond the eighth."""
    layers = list(dict.fromkeys(one[0] for model in ranking.models if (one := _taken(ranking, model)) is not None))
    if len(layers) < 2:
        return dict.fromkeys(layers, "")
    return {layer: ascii_lowercase[min(number, MOST_LAYERS)] for number, layer in enumerate(layers)}


def _taken(ranking: Ranking, model: str) -> tuple[str, int] | None:
    details = ranking.facts[model].details if model in ranking.facts else {}
    return (str(details["layer"]), int(details["layer_width"])) if "layer_width" in details else None
