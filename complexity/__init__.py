"""P-vectors of deep networks and the complexity measures made of them."""

from .entry import complexity
from .pvectors.angles import angle
from .pvectors.pvector import p_vectors, singular_values

__all__ = ["angle", "complexity", "p_vectors", "singular_values"]
