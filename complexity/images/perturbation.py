"""Changes of drawn images: augmentations that fit them, and mixing within a class, which keep it; mixing across."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .augmentation import AUGMENTATIONS, Images, augment, mirror_asymmetry
from .drawn_images import Change, Drawn

# Largest mirror asymmetry at which images are flipped. In draws of 1,000 training images it is at most 0.06 for
# photographs (CIFAR-10, CIFAR-100, Tiny-ImageNet), 0.12 to 0.14 for Fashion-MNIST, 0.21 to 0.25 for MNIST.
SYMMETRIC = 0.1
AUTO, GEOMETRIC = "auto", "geometric"


@dataclass(frozen=True)
class Augmentation:
    """Augmentations of drawn images.

    Attributes
    ----------
    drawn : the images.
    wanted : some of `AUGMENTATIONS`, or "auto" for all that fit, "geometric" for those of them that leave the colours;
        see `fitting_augmentations`.
    """

    drawn: Drawn
    wanted: str | Sequence[str]

    @cached_property
    def asymmetry(self) -> float:
        """How far the classes look otherwise in a mirror; NaN where that is not known."""
        return mirror_asymmetry(self.drawn.images, self.drawn.labels, np.arange(len(self.drawn)) % 2 == 0)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The augmentations that are applied.

        Raises
        ------
        InputError
            For others than there are, or such as do not fit the number of channels.
        """
        if self.wanted in (AUTO, GEOMETRIC):
            fitting = fitting_augmentations(self.drawn.images, self.asymmetry)
            return tuple(name for name in fitting if name != "colour" or self.wanted == AUTO)
        channels = self.drawn.images.shape[3]
        possible = [name for name in AUGMENTATIONS if name != "colour" or channels == 3]
        if isinstance(self.wanted, str) or not self.wanted or not set(self.wanted) <= set(possible):
            expected = f'"{AUTO}", "{GEOMETRIC}", or some of {", ".join(possible)} for {channels}-channel images'
            raise InputError("bad augmentations", field="augmentations", expected=expected, found=self.wanted)
        return tuple(self.wanted)

    @property
    def details(self) -> dict[str, object]:
        """What a measure says of them."""
        asymmetry = None if math.isnan(self.asymmetry) else self.asymmetry
        return {"augmentations": list(self.names), "mirror_asymmetry": asymmetry}

    def changes(self, rounds: int) -> Iterator[Change]:
        """One change a round; each image is changed by random numbers of its own."""
        images = self.drawn.images
        low, high = images.min(axis=(0, 1, 2)), images.max(axis=(0, 1, 2))
        augmented = partial(augment, names=self.names, low=low, high=high)
        for uniforms in self.drawn.uniforms(rounds):
            yield partial(_row_by_row, augmented, images, uniforms)


def fitting_augmentations(images: Images, asymmetry: float) -> tuple[str, ...]:
    """What fits images (n, h, w, c) of which nothing is known but the arrays.

    "crop" always; "colour" where there are three channels; "flip" where the classes look the same in a mirror, to
    `SYMMETRIC`: photographs are flipped, digits in grey or colour are not. Fashion-MNIST is not either: its shoes all
    point to one side, so that no unseen sample looks like a mirrored one. "vertical_flip" has to be asked for by name.
    """
    fits = {"flip": asymmetry <= SYMMETRIC, "crop": True, "colour": images.shape[3] == 3}
    return tuple(name for name, fit in fits.items() if fit)


def mixing(drawn: Drawn, rounds: int, seed: int) -> Iterator[Change]:
    """One change a round: each image becomes its mean with another one of its class, drawn anew each round.

    An image that is alone in its class stays as it is.

    Raises
    ------
    InputError
        If no two samples are of one class.
    """
    for number in range(rounds):
        others = partners(drawn.labels, np.random.default_rng((seed, number)))
        yield partial(_row_by_row, _mean, drawn.images, drawn.images[others])


def partners(labels: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.intp]:
    """For each sample another one of its class, all with the same chance; itself where there is no other: (n,).

    Raises
    ------
    InputError
        If no two samples are of one class.
    """
    found = np.arange(len(labels))
    for one in np.unique(labels):
        members = np.flatnonzero(labels == one)
        if len(members) > 1:
            steps = rng.integers(1, len(members), len(members))
            found[members] = members[(np.arange(len(members)) + steps) % len(members)]
    if np.array_equal(found, np.arange(len(labels))):
        raise InputError("no two samples are of one class", field="labels", expected="classes of 2 or more samples")
    return found


@dataclass(frozen=True)
class Mixture:
    """Each sample mixed with another one.

    Attributes
    ----------
    others : (n,) which one.
    shares : (n,) the share s that each sample keeps of itself; the other one has 1 - s.
    """

    others: NDArray[np.intp]
    shares: NDArray[np.float32]

    def of(self, values: NDArray[Any], rows: slice = slice(None)) -> NDArray[Any]:
        """s v_i + (1 - s) v_j of some rows i of values v (n, ...)."""
        shares = self.shares[rows].reshape(-1, *(1,) * (values.ndim - 1))
        return np.asarray(shares * values[rows] + (1 - shares) * values[self.others[rows]])


def mixing_across(labels: NDArray[np.integer], rounds: int, seed: int) -> Iterator[Mixture]:
    """One mixture a round of each of n samples with one of another class, drawn anew each round.

    Each other sample has the same chance, and the own share is uniform in [1/2, 1], so that the own label keeps the
    larger part: mixup (Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018) with uniform shares, of pairs
    of different labels.

    Raises
    ------
    InputError
        If all samples are of one class.
    """
    for number in range(rounds):
        rng = np.random.default_rng((seed, number))
        others = strangers(labels, rng)
        yield Mixture(others, rng.uniform(0.5, 1, len(labels)).astype(np.float32))


def strangers(labels: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.intp]:
    """For each sample one of another class, all with the same chance: (n,).

    Raises
    ------
    InputError
        If all samples are of one class.
    """
    found = np.empty(len(labels), np.intp)
    for one in np.unique(labels):
        other = np.flatnonzero(labels != one)
        if not len(other):
            raise InputError("all samples are of one class", field="labels", expected="samples of 2 classes or more")
        members = labels == one
        found[members] = rng.choice(other, np.count_nonzero(members))
    return found


def _mean(first: Images, second: Images) -> Images:
    return (first + second) * np.float32(0.5)


def _row_by_row(
    combine: Callable[[Images, NDArray[Any]], Images], images: Images, numbers: NDArray[Any], rows: slice
) -> Images:
    return combine(images[rows], numbers[rows])
