"""The samples on which models are ranked: the user's, or those of the models' task, scaled as in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from complexity.errors import InputError
from complexity.samples import Samples, read_samples

from ..models.model_files import Source, TaskModel
from .data_files import KINDS, read_data
from .normalization import normalization


@dataclass(frozen=True)
class Place:
    """Where samples are and how they come to the models.

    Attributes
    ----------
    data : what `read_data` takes, or a data set of Python; None for what the models' task brings.
    x, y : as for `read_data`.
    normalize : as for `normalization`; empty for inputs as they are.
    channels_first : whether images (n, h, w, c) are brought to (n, c, h, w).
    most : samples that are needed.
    batched : as for `read_samples`.
    """

    data: Any = None
    x: str = ""
    y: str = ""
    normalize: str | tuple[ArrayLike, ArrayLike] = ""
    channels_first: bool = False
    most: int | None = None
    batched: bool | None = None


def samples_for(sources: Sequence[Source], place: Place) -> Samples:
    """The samples for these models.

    Raises
    ------
    InputError
        If there are none, or the models bring different ones; as for `read_data`, and where the scale does not fit.
    """
    samples = _read(sources, place)
    if place.channels_first:
        images = samples.one_input()
        if images.ndim != 4:
            expected, found = "images (n, h, w, c)", str(images.shape)
            raise InputError("no channels to bring first", field="channels_first", expected=expected, found=found)
        samples = Samples(np.ascontiguousarray(np.moveaxis(images, -1, 1)), samples.targets, samples.truncated)
    return normalization(place.normalize)(samples) if place.normalize else samples


def _read(sources: Sequence[Source], place: Place) -> Samples:
    if isinstance(place.data, str):
        return read_data(place.data, place.x, place.y, place.most)
    if place.data is not None:
        return read_samples(place.data, None, place.batched)
    tasks = {one.task.folder: one.task for one in sources if isinstance(one, TaskModel)}
    if len(tasks) != 1 or not all(isinstance(one, TaskModel) for one in sources):
        problem = "the models bring samples of different tasks" if len(tasks) > 1 else "no samples to rank models on"
        raise InputError(problem, field="data", expected=KINDS)
    return Samples(*next(iter(tasks.values())).training_samples())
