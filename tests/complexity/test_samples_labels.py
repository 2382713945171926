"""Labels belong to their inputs; kinds of labels have tests in tests/battery."""

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.samples import read_samples

INPUTS = np.random.default_rng(0).random((4, 5), dtype=np.float32)


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


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([[1, 1, 0], [0, 0, 0], [0, 1, 1], [1, 0, 1]], "label rows are not one-hot: that of sample 0 holds 2 ones"),
        (
            ["cat", "dog", "cat", "dog"],
            "labels are text; np.unique(labels, return_inverse=True)[1] makes class numbers",
        ),
        (np.eye(3)[[0, 1, 2, 0]] * 0.9 + 0.1 / 3, "labels are soft: rows of probabilities"),
        ([0, np.nan, 1, 2], "the label of sample 1 is nan"),
    ],
)
def test_the_labels_of_samples_are_class_numbers_and_nothing_else(labels, words):
    samples = read_samples((INPUTS, np.array(labels)))
    assert np.array_equal(samples.targets, labels, equal_nan=not isinstance(labels[0], str))
    with pytest.raises(InputError) as caught:
        samples.labels  # noqa: B018
    assert str(caught.value).startswith(f"labels: {words}")
    assert read_samples((INPUTS, np.eye(3)[[0, 1, 2, 0]])).labels.tolist() == [0, 1, 2, 0]
    assert read_samples((INPUTS, None)).labels is None
