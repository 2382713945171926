"""What labels are: class numbers, or something else that has a name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

EXPECTED = "a class number (0, 1, 2, ...) or a one-hot row for each sample"


def class_numbers(labels: NDArray[Any]) -> NDArray[np.integer]:
    """Class numbers (n,) of labels as a data set delivers them.

    Parameters
    ----------
    labels : (n,) or (n, 1) whole numbers from 0 on, of any type, or (n, classes) one-hot rows: 0 and 1 that sum to one.

    Raises
    ------
    InputError
        For text, NaN, negative numbers, several labels a sample, soft labels, regression targets, masks and labels per
        time step: each is named.
    """
    if labels.dtype.kind not in "fiub":
        raise _not_classes(*_no_numbers(labels))
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    finite = np.isfinite(labels)
    if not finite.all():
        place = np.unravel_index(int(np.argmin(finite)), labels.shape)
        raise _not_classes(f"the label of sample {int(place[0])} is {labels[place]}", None)
    if labels.ndim > 2:
        raise _not_classes("labels are masks, or several a sample", f"shape {labels.shape}")
    return _one_hot(labels) if labels.ndim == 2 else _whole(labels)


def _one_hot(labels: NDArray[Any]) -> NDArray[np.integer]:
    """(n, classes) -> (n,)."""
    sums = labels.sum(axis=1, dtype=np.float64)
    if np.all((labels == 0) | (labels == 1)):
        if np.all(sums == 1):
            classes: NDArray[np.integer] = labels.argmax(axis=1)
            return classes
        row = int(np.argmax(sums != 1))
        problem = (
            f"label rows are not one-hot: that of sample {row} holds {int(sums[row])} ones; several labels a sample"
        )
        raise _not_classes(problem + " (multi-label data) have no class number", f"shape {labels.shape}")
    if np.all(labels >= 0) and np.allclose(sums, 1, atol=1e-3):
        problem = (
            "labels are soft: rows of probabilities (smoothed or mixed labels); labels.argmax(axis=1) if that is meant"
        )
        raise _not_classes(problem, f"shape {labels.shape}")
    whole = np.array_equal(labels, np.round(labels))
    kind = (
        "labels are several a sample, such as one for each time step" if whole else "labels are targets of a regression"
    )
    raise _not_classes(kind, f"shape {labels.shape}")


def _whole(labels: NDArray[Any]) -> NDArray[np.integer]:
    """(n,) -> (n,)."""
    if labels.dtype.kind == "f":
        uneven = (labels != np.round(labels)) | (np.abs(labels) > 2**53)
        if uneven.any():
            row = int(np.argmax(uneven))
            raise _not_classes("labels are targets of a regression", f"{labels[row]} at sample {row}")
    negative = labels < 0
    if negative.any():
        row = int(np.argmax(negative))
        text = "a label is negative, which often marks samples without a label: leave those out"
        raise _not_classes(text, f"{int(labels[row])} at sample {row}")
    return labels.astype(np.int64)


def _no_numbers(labels: NDArray[Any]) -> tuple[str, str]:
    if labels.dtype.kind in "US" or all(isinstance(label, (str, bytes)) for label in labels.ravel()):
        names = sorted({str(label) for label in labels.ravel()[:1000]})
        text = "labels are text; np.unique(labels, return_inverse=True)[1] makes class numbers of it"
        return text, ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return "labels are no numbers", str(labels.dtype)


def _not_classes(problem: str, found: str | None) -> InputError:
    return InputError(problem, field="labels", expected=EXPECTED, found=found)
