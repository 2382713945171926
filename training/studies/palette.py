"""One colour a paradigm, a line for each of its recipes: safe for the colour-blind (Okabe and Ito 2008)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..recipes.recipes import RECIPES
from .cohort import GROUPS, SHUFFLED

BLUE, VERMILION, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"
ORANGE, PURPLE, SKY, GREY = "#E69F00", "#CC79A7", "#56B4E9", "0.45"
COLOURS = {"supervised": BLUE, "contrastive": GREEN, "reconstruction": VERMILION, SHUFFLED: BLACK}
LINES: tuple[Any, ...] = (
    *("-", "--", "-.", ":", (0, (7, 1)), (0, (4, 1, 1, 1)), (0, (1, 0.6)), (0, (7, 1, 1, 1, 1, 1)), (0, (3, 3))),
    *((0, (7, 3)), (0, (4, 3, 1, 3)), (0, (1, 3)), (0, (9, 2, 3, 2))),
)
SHORT = {"denoising_autoencoder": "denoising", "torchvision_resnet50": "torchvision"}


def group_of(recipe: str) -> str | None:
    """The paradigm of a recipe, as the papers group them; None for what is no recipe."""
    if recipe not in RECIPES:
        return None
    return SHUFFLED if RECIPES[recipe].shuffled_labels else GROUPS[RECIPES[recipe].paradigm]


def groups_in_order(groups: Iterable[Any]) -> list[str]:
    """The paradigms among these, each once, in the order of their colours."""
    found = set(groups)
    return [group for group in COLOURS if group in found]


def in_order(recipes: Any) -> list[str]:
    """Recipes by paradigm, and within one as they are listed."""
    named = set(recipes)
    return [name for group in COLOURS for name in RECIPES if name in named and group_of(name) == group]


def style(name: str) -> dict[str, Any]:
    """Colour and line of a recipe, the same in every figure; references are grey and dotted.

    A paradigm as a whole has its colour and a line of its own, so that paradigms are told apart in grey.
    """
    group = group_of(name)
    if name in COLOURS:
        return {"color": COLOURS[name], "linestyle": LINES[[*COLOURS].index(name)]}
    if group is None:
        return {"color": GREY, "linestyle": ":"}
    return {"color": COLOURS[group], "linestyle": LINES[_number(name, group) % len(LINES)]}


def _number(name: str, group: str) -> int:
    return [one for one in RECIPES if group_of(one) == group].index(name)


def short(name: str) -> str:
    """What a figure calls a recipe beside its paradigm's name."""
    return SHORT.get(name, name.removesuffix("_shuffled_labels")).replace("_", " ")
