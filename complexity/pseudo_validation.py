"""Pseudo validation accuracy: training samples, changed at random, stand in for unseen ones."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import features
from .augmentation import AUGMENTATIONS, UNIFORMS, Array, Images, augment, mirror_asymmetry
from .errors import InputError
from .measures import Measured, measure
from .model_data_angle import MAX_SAMPLES as MAX_ROWS
from .models import TrainedModel, adapt, batches
from .samples import Samples, read_samples

Change = Callable[[Images, Array], Images]
SMALLEST_SIDE = 8  # a shift by an eighth of it is one pixel; an axis below it holds the channels
AUGMENTED_IMAGES = 2000  # so many go through a network by default, or a little more
# Largest mirror asymmetry at which images are flipped. In draws of 1,000 training images it is at most 0.06 for
# photographs (CIFAR-10, CIFAR-100, Tiny-ImageNet), 0.12 to 0.14 for Fashion-MNIST, 0.21 to 0.25 for MNIST.
SYMMETRIC = 0.1


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


@measure(
    "pseudo_validation",
    higher_means="smaller gap",
    bounds=(0.0, 1.0),
    needs=("images", "labels"),
    source="Table 1 of the paper",
)
def pseudo_validation_accuracy(
    model: Any,
    dataset: Any,
    *,
    seed: int = 0,
    rounds: int | None = None,
    max_samples: int | None = 1000,
    augmentations: str | Sequence[str] = "auto",
) -> Measured:
    """Accuracy on training samples that are augmented at random, in [0, 1].

    Which samples are drawn, and how each is changed, follows from the seed and from the image itself: all models of a
    task meet the same images, in whatever order the data set delivers them.

    Parameters
    ----------
    model : a Keras model or a `torch.nn.Module` with one output a class.
    dataset : what `complexity.samples.read_samples` takes: labelled images of any range of values, (n, h, w, c) or
        (n, c, h, w) as the model takes them, with sides of at least 8 pixels and fewer than 8 channels.
    seed : of the draw and of the augmentations.
    rounds : how often each sample is augmented, at least 2; None for as often as gives 2,000 images.
    max_samples : so many are drawn, at least 2; None for all (of the first 100,000).
    augmentations : some of `complexity.augmentation.AUGMENTATIONS`, or "auto": see `fitting_augmentations`.

    Returns
    -------
    The mean over rounds; its details hold the standard error, the accuracy of each round and that without
    augmentation, the numbers of samples and rounds, the augmentations and the mirror asymmetry of the classes.

    Raises
    ------
    InputError
        For inputs that are no images, no labels or such as fit no output, and settings out of range.
    """
    for name, number in (("rounds", rounds), ("max_samples", max_samples)):
        if number is not None and (not isinstance(number, int) or number < 2):
            raise InputError("out of range", field=name, expected="a whole number from 2 on, or None", found=number)
    network = adapt(model)
    drawn = draw(read_samples(dataset, MAX_ROWS), max_samples, seed)
    asymmetry = mirror_asymmetry(drawn.images, drawn.labels, np.arange(len(drawn)) % 2 == 0)
    names = fitting_augmentations(drawn.images, asymmetry) if augmentations == "auto" else augmentations
    _check_names(names, drawn.images.shape[3])
    low, high = drawn.images.min(axis=(0, 1, 2)), drawn.images.max(axis=(0, 1, 2))
    augmented = partial(augment, names=names, low=low, high=high)
    uniforms = drawn.uniforms(rounds or max(2, AUGMENTED_IMAGES // len(drawn)))
    hits = [_hits(network, drawn, augmented, numbers) for numbers in uniforms]
    clean = _hits(network, drawn, lambda images, numbers: images, uniforms[0])
    details = {
        "standard_error": standard_error(np.array(hits), drawn.available),
        "accuracy_of_rounds": [float(one.mean()) for one in hits],
        "clean_accuracy": float(clean.mean()),
        "samples": len(drawn),
        "available": drawn.available,
        "rounds": len(hits),
        "augmentations": list(names),
        "mirror_asymmetry": None if math.isnan(asymmetry) else asymmetry,
    }
    return Measured(float(np.mean(hits)), details)


def draw(samples: Samples, count: int | None, seed: int) -> Drawn:
    """Samples chosen by a hash of seed and content: those with the least hashes, which also seed their augmentations.

    Raises
    ------
    InputError
        For inputs that are no images, or without labels.
    """
    inputs, labels = samples.inputs, samples.class_numbers()
    channels_first = inputs.ndim == 4 and inputs.shape[1] < SMALLEST_SIDE
    images = np.moveaxis(inputs, 1, -1) if channels_first else inputs
    sides, channels = images.shape[1:3], images.shape[3:]
    if len(images) < 2 or len(channels) != 1 or channels[0] >= SMALLEST_SIDE or min(sides) < SMALLEST_SIDE:
        expected = f"shape (n, h, w, c) or (n, c, h, w): 2 or more, sides from {SMALLEST_SIDE} on, fewer channels"
        raise InputError("the inputs are no images", field="inputs", expected=expected, found=inputs.shape)
    seeded = hashlib.blake2b(str(seed).encode(), digest_size=16)
    hashes = [_hash(seeded, image) for image in images]
    chosen = sorted(range(len(images)), key=hashes.__getitem__)[:count]
    keys = np.frombuffer(b"".join(hashes[i] for i in chosen), np.uint64).reshape(-1, 2)
    return Drawn(images[chosen].astype(np.float32), labels[chosen], keys, len(images), channels_first)


def fitting_augmentations(images: Images, asymmetry: float) -> tuple[str, ...]:
    """What fits images (n, h, w, c) of which nothing is known but the arrays.

    "crop" always; "colour" where there are three channels; "flip" where the classes look the same in a mirror, to
    `SYMMETRIC`: photographs are flipped, digits in grey or colour are not. Fashion-MNIST is not either: its shoes all
    point to one side, so that no unseen sample looks like a mirrored one. "vertical_flip" has to be asked for by name.
    """
    fits = {"flip": asymmetry <= SYMMETRIC, "crop": True, "colour": images.shape[3] == 3}
    return tuple(name for name, fit in fits.items() if fit)


def standard_error(hits: NDArray[np.bool_], available: int) -> float:
    """Standard error of the mean of hits (rounds, n) for n samples out of `available`.

    Two-stage sampling: samples without repetition, then augmentations out of infinitely many (Cochran, Sampling
    Techniques, third edition, chapter 10). Where all samples are used only the augmentations are left to chance.
    """
    rounds, n = hits.shape
    between = np.var(hits.mean(axis=0), ddof=1)
    within = np.mean(np.var(hits, axis=0, ddof=1))
    share = n / available
    return math.sqrt((1 - share) * between / n + share * within / (n * rounds))


def _hits(network: TrainedModel, drawn: Drawn, change: Change, uniforms: Array) -> NDArray[np.bool_]:
    """Which images, each changed by its row of random numbers, get their own class: (n,)."""
    found = [
        _classes(network, change(drawn.images[rows], uniforms[rows]), drawn)
        for rows in batches(len(drawn), features.batch_size(drawn.images))
    ]
    return np.asarray(np.concatenate(found) == drawn.labels)


def _classes(network: TrainedModel, images: Images, drawn: Drawn) -> NDArray[np.integer]:
    """The class of each image, by the largest output."""
    logits = network.logits(np.moveaxis(images, -1, 1) if drawn.channels_first else images)
    outputs = max(2, int(drawn.labels.max()) + 1)
    if logits.shape[1] < outputs:
        expected = f"at least {outputs}, one a class"
        raise InputError(
            "too few outputs", model=network.name, field="logits", expected=expected, found=logits.shape[1]
        )
    if not np.isfinite(logits).all():
        raise InputError("an output is NaN or infinite", model=network.name, field="logits")
    return np.asarray(logits.argmax(axis=1))


def _hash(seeded: Any, image: NDArray[Any]) -> bytes:
    one = seeded.copy()
    one.update(np.ascontiguousarray(image, dtype=np.float32).data)
    return bytes(one.digest())


def _check_names(names: Sequence[str], channels: int) -> None:
    possible = [name for name in AUGMENTATIONS if name != "colour" or channels == 3]
    if isinstance(names, str) or not names or not set(names) <= set(possible):
        expected = f'"auto", or some of {", ".join(possible)} for {channels}-channel images'
        raise InputError("bad augmentations", field="augmentations", expected=expected, found=names)
