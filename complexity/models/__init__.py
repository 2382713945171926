"""One small interface over trained networks; one file a framework."""

from .adapt import adapt
from .interface import TrainedModel, batches, counted_batches

__all__ = ["TrainedModel", "adapt", "batches", "counted_batches"]
