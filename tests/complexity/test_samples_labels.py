"""Labels are kept as they come; what asks for class numbers is told what they are."""

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.samples import read_samples

INPUTS = np.random.default_rng(0).random((4, 5), dtype=np.float32)
SMOOTHED = np.eye(3)[[0, 1, 2, 0]] * 0.9 + 0.1 / 3


@pytest.mark.parametrize(
    "labels",
    [
        [0.0, 1.0, 2.0, 1.0],
        [[0], [1], [2], [1]],
        np.eye(3)[[0, 1, 2, 1]],
        np.eye(3, dtype=bool)[[0, 1, 2, 1]],
        np.array([0, 1, 2, 1], np.uint8),
        np.array([0, 1, 2, 1], object),
    ],
)
def test_whole_numbers_and_one_hot_rows_are_class_numbers(labels):
    numbers = read_samples((INPUTS, labels)).class_numbers()
    assert numbers.tolist() == [0, 1, 2, 1]
    assert numbers.dtype == np.int64


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            np.array([[1, 0, 0], [0, 0, 0], [0, 1, 1], [1, 0, 1]]),
            "label rows are not one-hot: that of sample 1 holds 0 ",
        ),
        (SMOOTHED, "labels are soft: rows of probabilities"),
        ([0, -1, 1, 2], r"a label is negative.*found -1 at sample 1\)"),
        ([0, np.nan, 1, 2], "the label of sample 1 is nan"),
        (["cat", "dog", "cat", "dog"], r"labels are text.*found cat, dog\)"),
        ([0.25, 1.0, 2.0, 3.0], r"labels are targets of a regression.*found 0.25 at sample 0\)"),
        (np.full((4, 2), 0.7), "labels are targets of a regression"),
        (np.full((4, 6), 2), "labels are several a sample, such as one for each time step"),
        (np.zeros((4, 8, 8), int), "labels are masks, or several a sample"),
        (np.zeros(4, "M8[D]"), "labels are no numbers"),
    ],
)
def test_other_labels_are_kept_and_named_where_classes_are_asked_for(labels, message):
    samples = read_samples((INPUTS, labels))
    assert samples.labels.shape == np.shape(labels)
    with pytest.raises(InputError, match=f"^labels: {message}"):
        samples.class_numbers()


def test_the_digest_tells_labels_apart():
    digests = {
        read_samples((INPUTS, labels)).digest
        for labels in (None, [0, 1, 2, 1], [0, 1, 2, 2], ["a", "b", "c", "a"], np.array(["a", None, "c", "a"]))
    }
    assert len(digests) == 5


@pytest.mark.parametrize("labels", [[0, 1], 3, np.zeros((5, 2))])
def test_labels_of_another_length_are_refused_at_once(labels):
    with pytest.raises(InputError, match=r"^labels: labels do not fit the inputs"):
        read_samples((INPUTS, np.asarray(labels)))


def test_inputs_and_labels_that_are_swapped_are_noticed():
    for dataset in ((np.arange(4), INPUTS), [(label, row) for row, label in zip(INPUTS, range(4), strict=True)]):
        with pytest.raises(InputError, match="inputs and labels seem to be swapped"):
            read_samples(dataset)
