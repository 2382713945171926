"""P-vectors of deep networks and the complexity measures made of them.

complexity : the submitted measure of a model and a data set; by default the angle between their P-vectors.
p_vectors : the top left singular vectors of a matrix, with bounds on their errors; `PVectors` is what it returns.
check : what the measures make of a model and its data, as advice; `Check` is what it returns.
layers : the layers of a network as they run, and which one the measures take.
singular_values : all singular values of a matrix.
angle : degrees between two lines, or the largest between two subspaces.
principal_angles : all principal angles between two subspaces, in degrees.
Measured : a measure's value, a float with details.
InputError, InputWarning : what bad input raises, and what doubtful input gives.
"""

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .advice import Check, check
    from .entry import complexity
    from .errors import InputError, InputWarning
    from .inspection import layers
    from .measures.measured import Measured
    from .pvectors.angles import angle, principal_angles
    from .pvectors.pvector import PVectors, p_vectors, singular_values

__all__ = [
    "Check",
    "InputError",
    "InputWarning",
    "Measured",
    "PVectors",
    "angle",
    "check",
    "complexity",
    "layers",
    "p_vectors",
    "principal_angles",
    "singular_values",
]
_MODULES = {
    "Check": "advice",
    "InputError": "errors",
    "InputWarning": "errors",
    "Measured": "measures.measured",
    "PVectors": "pvectors.pvector",
    "angle": "pvectors.angles",
    "check": "advice",
    "complexity": "entry",
    "layers": "inspection",
    "p_vectors": "pvectors.pvector",
    "principal_angles": "pvectors.angles",
    "singular_values": "pvectors.pvector",
}  # loaded when one of its names is used first


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    if isinstance(found, types.FunctionType):
        found.__module__ = __name__  # so that `help` shows the public name
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(types.ModuleType):
    """So that `import complexity; complexity(model, data)` is the function, too, of the same name."""

    def __call__(self, *args: Any, **settings: Any) -> "Measured":
        return self.complexity(*args, **settings)  # type: ignore[no-any-return]


sys.modules[__name__].__class__ = _Package
