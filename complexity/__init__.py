"""P-vectors of deep networks and the complexity measures made of them.

complexity : the submitted measure of a model and a data set; by default the angle between their P-vectors.
p_vectors : the top left singular vectors of a matrix, with bounds on their errors; `PVectors` is what it returns.
layers : the layers of a network as they run, and which one the measures take.
singular_values : all singular values of a matrix.
angle : degrees between two lines, or the largest between two subspaces.
principal_angles : all principal angles between two subspaces, in degrees.
Measured : a measure's value, a float with details.
InputError, InputWarning : what bad input raises, and what doubtful input gives.
"""

import sys
import types
from typing import Any

from .entry import complexity
from .errors import InputError, InputWarning
from .inspection import layers
from .measures.measured import Measured
from .pvectors.angles import angle, principal_angles
from .pvectors.pvector import PVectors, p_vectors, singular_values

__all__ = [
    "InputError",
    "InputWarning",
    "Measured",
    "PVectors",
    "angle",
    "complexity",
    "layers",
    "p_vectors",
    "principal_angles",
    "singular_values",
]


class _Package(types.ModuleType):
    """So that `import complexity; complexity(model, data)` is the function, too, of the same name."""

    def __call__(self, *args: Any, **settings: Any) -> Measured:
        return complexity(*args, **settings)


sys.modules[__name__].__class__ = _Package

for _function in (angle, complexity, layers, p_vectors, principal_angles, singular_values):
    _function.__module__ = __name__  # so that `help` shows the public name
