"""From a data set to fixed rows: read once, and the same rows in the same order for every model."""

from .counts import check_counts
from .in_memory import Samples
from .reading import MAX_SAMPLES, _remembered_samples, read_as, read_samples

__all__ = ["MAX_SAMPLES", "Samples", "_remembered_samples", "check_counts", "read_as", "read_samples"]
