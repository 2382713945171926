"""P-vectors of deep networks and the complexity measures made of them."""

from .angles import angle
from .entry import complexity
from .pvector import p_vectors, singular_values

__all__ = ["angle", "complexity", "p_vectors", "singular_values"]
