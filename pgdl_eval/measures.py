"""From the words on the command line to measures with their settings."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import click
import numpy as np

from complexity.errors import InputError
from complexity.measures.combination import Combination, resolve
from complexity.measures.registry import Measure, import_measures, registered

from .metrics.rank_aggregation import aggregate

COMBINATIONS = ("distance+angle", "pseudo_validation+angle")  # of the paper's Table 1
# Score (100 x conditional mutual information) of the paper's Table 1, the mean of the competition's public tasks.
PAPER = {
    "vc_dimension": 0.020,
    "jacobian_norm": 2.061,
    "angle": 3.325,
    "distance": 4.921,
    "distance+angle": 4.971,
    "sharpness": 10.667,
    "pseudo_validation": 13.531,
    "pseudo_validation+angle": 15.618,
}


@dataclass(frozen=True)
class Variant(Measure):
    """A measure some of whose settings are fixed; its name, NAME[SETTING=VALUE,...], says which."""

    fixed: Mapping[str, Any]


def all_measures() -> dict[str, Measure]:
    """Every registered measure by name, those of `complexity/` and `baselines/`, and the paper's combinations."""
    for package in ("complexity.measures", "baselines"):
        import_measures(package)
    return {**registered(), **{name: resolve(name) for name in COMBINATIONS}}


def find_measure(name: str) -> Measure:
    """The measure of that name or at `package.module:function`, or several joined by "+": see `resolve`.

    NAME[SETTING=VALUE,...] is the measure under these settings: see `variant`.
    """
    all_measures()
    found = resolve(base_name(name))
    return found if name == base_name(name) else variant(found, name)


def base_name(name: str) -> str:
    """The name of the measure that a variant is of; any other name as it is."""
    return name.partition("[")[0]


def variant(measure: Measure, name: str) -> Variant:
    """The measure under the settings that the name holds in brackets, values written as for `--set`.

    Raises
    ------
    InputError
        For a combination, no closing bracket, a setting without a value, and one that the measure does not take.
    """
    _, _, inside = name.partition("[")
    if isinstance(measure, Combination) or not inside.endswith("]"):
        raise InputError("no variant of a measure", field=name, expected="NAME[SETTING=VALUE,...] of a single measure")
    fixed = dict(read_setting(text) for text in re.split(r",(?=\w+=)", inside[:-1]))
    try:
        measure.check(fixed)
    except InputError as error:
        raise error.at(model=name) from error
    declared = {one.name: getattr(measure, one.name) for one in fields(Measure)}
    return Variant(**{**declared, "name": name, "function": partial(measure.function, **fixed)}, fixed=fixed)


def address(measure: Measure) -> str:
    """The name by which another process finds this measure: `package.module:function`, with the settings of a variant.

    Raises
    ------
    InputError
        If it cannot be found by that.
    """
    base = base_name(measure.name)
    function = _function(measure)
    dotted = f"{function.__module__}:{getattr(function, '__qualname__', '')}"
    name = (base if ":" in base else dotted) + measure.name.removeprefix(base)
    try:
        found = find_measure(name)
    except InputError:
        found = None
    if found is None or _function(found) is not function or found.needs != measure.needs:
        problem = "no other process finds this measure: it can be computed in one process alone"
        raise InputError(problem, field=measure.name, expected="a function at package.module:function", found=name)
    return name


def _function(measure: Measure) -> Any:
    """The function of a measure, without the settings that a variant adds."""
    bound: Any = measure.function
    return bound.func if isinstance(measure, Variant) else bound


def read_setting(text: str) -> tuple[str, Any]:
    """The name and the value of NAME=VALUE.

    Raises
    ------
    InputError
        For a value that is neither JSON nor words in small letters.
    """
    name, equals, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError as error:
        if re.fullmatch("[a-z_]+( [a-z_]+)*", value):
            return name, value
        expected = "NAME=VALUE with VALUE as in JSON, or words in small letters"
        raise InputError("a setting without a value", field=text, expected=expected, found=value or equals) from error


def chosen_settings(measures: Sequence[Measure], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """All settings of each measure by its name; those of a combination hold the ones of its components.

    Parameters
    ----------
    measures : the components of a combination are among them.
    given : NAME, for every measure that has such a setting, or MEASURE.NAME, for this one alone.

    Raises
    ------
    InputError
        For a setting that no measure has or of a wrong type, and method and weights of a combination that cannot be.
    """
    defaults = {one.name: _defaults(one) for one in measures}
    known = {name for names in defaults.values() for name in names}
    scoped = {f"{measure}.{name}" for measure, names in defaults.items() for name in names}
    unknown = sorted(set(given) - known - scoped)
    if unknown:
        raise InputError(
            "no chosen measure has this setting", field=unknown[0], expected=f"one of {sorted(known)}", found=unknown[0]
        )
    chosen = {
        measure: {name: given.get(f"{measure}.{name}", given.get(name, default)) for name, default in names.items()}
        for measure, names in defaults.items()
    }
    for one in measures:
        if isinstance(one, Variant):
            chosen[one.name] |= one.fixed
        if isinstance(one, Combination):  # method and weights fail before anything is computed
            aggregate(np.zeros((len(one.components), 1)), chosen[one.name]["weights"], chosen[one.name]["method"])
            chosen[one.name]["components"] = {part.name: chosen[part.name] for part in one.components}
        else:
            one.check(chosen[one.name])
    return chosen


def _defaults(measure: Measure) -> dict[str, Any]:
    """The settings of a measure; a combination over a list has the method of its aggregation too."""
    return {"method": "mean_rank", **measure.settings} if isinstance(measure, Combination) else measure.settings


@click.command("measures")
@click.option("--json", "as_json", is_flag=True, help="Print what they declare as JSON, settings and bounds included.")
def measures_command(as_json: bool) -> None:
    """List the registered measures, the paper's own first: direction, needs and source of each.

    \b
    pvector measures
    pvector measures --json
    """
    measures = all_measures()
    if as_json:
        click.echo(json.dumps([_declared(measure) for measure in measures.values()], indent=1))
    else:
        click.echo(listing(measures, shutil.get_terminal_size().columns))


def listing(measures: Mapping[str, Measure], width: int) -> str:
    """What measures declare, in lines of at most `width`: those of the paper's Table 1, then the others by name."""
    groups = {
        "Of the paper's Table 1": [one for name in PAPER if (one := measures.get(name)) is not None],
        "Others": [measures[name] for name in sorted(measures) if name not in PAPER],
    }
    return "\n\n".join("\n".join([title, *(_lines(one, width) for one in group)]) for title, group in groups.items())


def _lines(measure: Measure, width: int) -> str:
    """A line with the name and what it declares, then its source."""
    needs = f"; needs {measure.needs_in_words}" if measure.needs_in_words else ""
    declared = f"  {measure.name}: higher means a {measure.higher_means}{needs}"
    parts = (declared, "      " + measure.source)
    wrapped = [textwrap.wrap(part, max(width, 40), subsequent_indent="      ") for part in parts]
    return "\n".join(line for part in wrapped for line in part)


def _declared(measure: Measure) -> dict[str, Any]:
    """What a measure declares, as JSON has it; a bound that is not there is null."""
    return {
        "name": measure.name,
        "higher_means": measure.higher_means,
        "unit": measure.unit,
        "bounds": [bound if np.isfinite(bound) else None for bound in measure.bounds],
        "needs": sorted(measure.needs),
        "packages": list(measure.packages),
        "order_free": measure.order_free,
        "settings": _defaults(measure),
        "cost": measure.cost,
        "source": measure.source,
    }
