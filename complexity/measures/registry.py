"""What a measure declares, and the registry by which every program finds it."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from ..errors import InputError, collected_warnings, pointing_to_check, unknown_name
from ..progress import shown
from ..samples import read_as
from .measured import Measured, check_number
from .settings import check_settings, without_numpy_scalars

Direction = Literal["larger gap", "smaller gap"]
Function = TypeVar("Function", bound=Callable[..., float])
NEEDS = ("gradients", "images", "initial weights", "labels")
OF_EVERY_CALL = ("batched", "progress")  # settings that a call takes for every measure


@dataclass(frozen=True)
class Measure:
    """A complexity measure and what it declares of itself.

    Calling it computes the value of one model: `measure(model, dataset, **settings) -> Measured`. Beside the measure's
    own settings every call takes `batched` (see `read_samples`) and `progress` (see `complexity.progress.shown`).

    Attributes
    ----------
    name : the name by which programs and files know it.
    function : the plain function (model, dataset, **settings) -> float.
    higher_means : "larger gap" if higher values mean a larger expected generalization gap, else "smaller gap".
    bounds : the least and the largest value it can take; infinite where there is none.
    needs : what it needs beside a model and its inputs; a subset of `NEEDS`.
    order_free : whether the value is the same for any order of the samples.
    source : the paper, section or equation that defines it.
    unit : of its values, "degrees" or "share"; empty for a number without one.
    cost : what computing it takes, in words; empty where nobody said it.
    uses_samples : whether the value depends on the samples; not where it is one of the weights alone.
    packages : what must be installed beside NumPy, SciPy and the model's framework, by the names of import.
    """

    name: str
    function: Callable[..., float]
    higher_means: Direction
    bounds: tuple[float, float]
    needs: frozenset[str]
    order_free: bool
    source: str
    unit: str = field(default="", kw_only=True)
    cost: str = field(default="", kw_only=True)
    uses_samples: bool = field(default=True, kw_only=True)
    packages: tuple[str, ...] = field(default=(), kw_only=True)

    def __call__(
        self, model: Any, dataset: Any, *, batched: bool | None = None, progress: bool | None = None, **settings: Any
    ) -> Measured:
        given = {"batched": batched, "progress": progress}  # a measure that has such a setting itself is told as well
        settings |= {name: one for name, one in given.items() if one is not None and name in self.settings}
        self.check(settings, shared=OF_EVERY_CALL)
        with pointing_to_check(), read_as(batched), shown(progress, self.name), collected_warnings() as warnings:
            value = check_number(self.function(model, dataset, **without_numpy_scalars(settings)), self.name)
        own = value.own_details if isinstance(value, Measured) else {}
        declared = {"measure": self.name, "unit": self.unit, "direction": f"larger means a {self.gap_if_larger}"}
        return Measured(value, {**declared, **own, "warnings": warnings})

    def check(self, settings: Mapping[str, Any], *, shared: Sequence[str] = ()) -> None:
        """Raise an InputError for settings by names or of types that the function does not take.

        Parameters
        ----------
        shared : names of settings that the caller takes himself, for the message.
        """
        check_settings(self.name, self.function, settings, shared=shared)

    @property
    def gap_if_larger(self) -> str:
        """What a larger value tells: "larger expected gap" or "smaller expected gap"."""
        return self.higher_means.replace("gap", "expected gap")

    @property
    def needs_in_words(self) -> str:
        """What it needs beside a model and its inputs, packages too; empty for nothing."""
        return ", ".join([*sorted(self.needs), *(f"the package {one}" for one in self.packages)])

    @property
    def settings(self) -> dict[str, Any]:
        """The keyword-only arguments of the function with their defaults."""
        parameters = inspect.signature(self.function).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}

    @property
    def dotted_name(self) -> str:
        """`package.module:function` of the plain function."""
        return f"{self.function.__module__}:{self.function.__qualname__}"

    def orient(self, value: float) -> float:
        """A value of this measure, turned so that larger means a larger expected gap."""
        return value if self.higher_means == "larger gap" else -value


_registry: dict[str, Measure] = {}


def measure(
    name: str,
    *,
    higher_means: Direction,
    bounds: tuple[float, float] = (0.0, math.inf),
    needs: Iterable[str] = (),
    order_free: bool = True,
    source: str,
    unit: str = "",
    cost: str = "",
    uses_samples: bool = True,
    packages: Sequence[str] = (),
) -> Callable[[Function], Function]:
    """Register the decorated function (model, dataset, **settings) -> float as the measure `name`.

    The function itself comes back as it was; its settings are its keyword-only arguments.
    """
    unknown = set(needs) - set(NEEDS)
    if unknown:
        raise InputError("unknown needs", field=name, expected=f"some of {NEEDS}", found=sorted(unknown))
    if higher_means not in ("larger gap", "smaller gap"):
        raise InputError("unknown direction", field=name, expected="'larger gap' or 'smaller gap'", found=higher_means)

    def register(function: Function) -> Function:
        known = _registry.get(name)
        declared = Measure(
            name, function, higher_means, bounds, frozenset(needs), order_free, source, unit=unit, cost=cost,
            uses_samples=uses_samples, packages=tuple(packages),
        )  # fmt: skip
        if known is not None and known.dotted_name != declared.dotted_name:
            raise InputError(f"two measures are named {name!r}", found=[known.dotted_name, declared.dotted_name])
        _registry[name] = declared
        return function

    return register


def registered() -> dict[str, Measure]:
    """All registered measures by name, in the order of registration."""
    return dict(_registry)


def import_measures(package: str) -> None:
    """Import the modules of a package, which registers the measures that they define."""
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        if not module.ispkg:
            importlib.import_module(module.name)


def find(name: str) -> Measure:
    """The measure of that name, or the one at `package.module:function`.

    Those of this package are always known, others once their modules are imported.

    Raises
    ------
    InputError
        If there is none; the nearest known names are suggested.
    """
    if ":" in name and name not in _registry:
        return load(name)
    if name not in _registry:
        import_measures(__package__)
    if name in _registry:
        return _registry[name]
    raise unknown_name("measure", name, _registry)


def load(dotted_name: str) -> Measure:
    """The measure at `package.module:function`; a plain function is taken as it is (higher = larger gap).

    Raises
    ------
    InputError
        If the module or the function is not there.
    """
    module_name, _, attribute = dotted_name.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"no measure at {dotted_name!r}: {error}", expected="package.module:function") from error
    for known in _registry.values():
        if known.function is found:
            return known
    if not callable(found):
        raise InputError(f"{dotted_name!r} is not a function", found=type(found).__name__)
    try:
        inspect.signature(found)
    except (TypeError, ValueError) as error:
        expected = "a function (model, dataset, *, settings) of Python"
        raise InputError(f"no measure at {dotted_name!r}: {error}", expected=expected) from error
    return Measure(dotted_name, found, "larger gap", (-math.inf, math.inf), frozenset(), False, dotted_name)
