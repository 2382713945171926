"""The images that a run draws from a data set, and what a network makes of them after a change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..models import TrainedModel, counted_batches, features
from ..models.outputs import check_classes
from ..samples import Samples
from .augmentation import UNIFORMS, Array, Images

Change = Callable[[slice], Images]  # some rows of the drawn images -> these images, changed
SEVERAL = (  # what an error says of samples with several inputs: what fails, and what was expected
    "samples with several inputs cannot be augmented or mixed here",
    "one array of images; measures that need no images take several inputs",
)
CHANNEL_AXIS = "images of one channel need an axis for it: images[..., None], or images[:, None] in PyTorch"
REMEMBERED = 2500  # images of a draw that is remembered: 31 MB of 32 x 32 x 3
SMALLEST_SIDE = 8  # a shift by an eighth of it is one pixel; an axis below it holds the channels


@dataclass(frozen=True)
class Drawn:
    """The samples that a run uses, in an order that does not depend on that of the data set.

    Attributes
    ----------
    images : (n, h, w, c).
    labels : (n,).
    keys : (n, 2) the key of each image's random numbers.
    available : how many samples these are drawn from.
    channels_first : whether the data set, and so the network, has them as (n, c, h, w).
    """

    images: Images
    labels: NDArray[np.integer]
    keys: NDArray[np.uint64]
    available: int
    channels_first: bool

    def __len__(self) -> int:
        return len(self.images)

    def uniforms(self, rounds: int) -> NDArray[np.float64]:
        """Numbers in [0, 1): (rounds, n, `UNIFORMS`); further rounds leave the first ones as they are."""
        generators = (np.random.Generator(np.random.Philox(key=key)) for key in self.keys)
        return np.stack([generator.random((rounds, UNIFORMS)) for generator in generators], axis=1)

    def unchanged(self, rows: slice) -> Images:
        """The change that is none."""
        return self.images[rows]

    def through(self, compute: Callable[[Array], Array], change: Change) -> Array:
        """What `compute` makes of the changed images, batch by batch, each in the network's order of axes: (n, ...)."""
        return np.concatenate([compute(images) for _, images in self.batches(change)])

    def batches(self, change: Change) -> Iterator[tuple[slice, Array]]:
        """Rows, and the changed images of these rows in the network's order of axes."""
        for rows in counted_batches(len(self), features.batch_size(self.images)):
            yield rows, self.as_given(change(rows))

    def outputs(self, network: TrainedModel) -> int:
        """How many outputs the network has."""
        return int(network.logits(self.as_given(self.images[:1])).shape[1])

    def as_given(self, images: Images) -> Images:
        """Images in the network's order of axes."""
        return np.moveaxis(images, -1, 1) if self.channels_first else images

    def logits(self, network: TrainedModel, change: Change) -> Array:
        """The network's logits of the changed images: (n, outputs).

        Raises
        ------
        InputError
            For labels that are no numbers of outputs, and outputs that are not finite.
        """
        logits = self.through(network.logits, change)
        check_classes(self.labels, logits.shape[1], network.name)
        if not np.isfinite(logits).all():
            raise InputError("an output is NaN or infinite", model=network.name, field="logits")
        return logits


def draw(samples: Samples, count: int | None, seed: int) -> Drawn:
    """Samples chosen by a hash of seed and content: those with the least hashes, which also seed their augmentations.

    A small draw is remembered as long as the samples are, since other measures, and other models, have the same.

    Raises
    ------
    InputError
        For inputs that are no images, or without labels.
    """
    if min(len(samples), count or len(samples)) > REMEMBERED:
        return _drawn(samples, count, seed)
    return samples.remembered(("draw", count, seed), lambda read: _drawn(read, count, seed))


def _drawn(samples: Samples, count: int | None, seed: int) -> Drawn:
    inputs, labels = samples.one_input(*SEVERAL), samples.class_numbers()
    channels_first = inputs.ndim == 4 and inputs.shape[1] < SMALLEST_SIDE
    images = np.moveaxis(inputs, 1, -1) if channels_first else inputs
    sides, channels = images.shape[1:3], images.shape[3:]
    if len(images) < 2 or len(channels) != 1 or channels[0] >= SMALLEST_SIDE or min(sides) < SMALLEST_SIDE:
        expected = f"shape (n, h, w, c) or (n, c, h, w): 2 or more, sides from {SMALLEST_SIDE} on, fewer channels"
        without = images.ndim == 3 and min(images.shape[1:]) >= SMALLEST_SIDE
        problem = "the inputs are no images" + (f"; {CHANNEL_AXIS}" if without else "")
        raise InputError(problem, field="inputs", expected=expected, found=inputs.shape)
    seeded = hashlib.blake2b(str(seed).encode(), digest_size=16)
    hashes = [_hash(seeded, image) for image in images]
    # The label decides between copies of an image, so that the order of the data set never does.
    chosen = sorted(range(len(images)), key=lambda i: (hashes[i], labels[i]))[:count]
    keys = np.frombuffer(b"".join(hashes[i] for i in chosen), np.uint64).reshape(-1, 2)
    return Drawn(images[chosen].astype(np.float32), labels[chosen], keys, len(images), channels_first)


def _hash(seeded: Any, image: NDArray[Any]) -> bytes:
    one = seeded.copy()
    one.update(np.ascontiguousarray(image, dtype=np.float32).data)
    return bytes(one.digest())
