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
