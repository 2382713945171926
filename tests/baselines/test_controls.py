"""The controls: loss, accuracy and number of weights, beside what NumPy makes of the logits."""

import math

import numpy as np
import pytest

from baselines import cross_entropy, parameters, training_accuracy
from complexity.errors import InputError
from complexity.measures.classification import Classified
from complexity.models.interface import TrainedModel

rng = np.random.default_rng(0)
LOGITS = 3 * rng.standard_normal((40, 4))
LABELS = rng.integers(0, 4, 40)


class Table(TrainedModel):
    """A network that looks its logits up by the number that a sample is."""

    name = "table"

    def __init__(self, logits=LOGITS):
        self.table = logits

    def logits(self, inputs):
        return self.table[inputs[:, 0].astype(int)].astype(np.float32)

    def weights(self):
        return [np.zeros((3, 4)), np.zeros(5)]


DATA = np.arange(40.0)[:, None], LABELS


def test_cross_entropy_is_that_of_each_sample_one_by_one():
    losses = [
        math.log(sum(math.exp(one) for one in row)) - row[label] for row, label in zip(LOGITS, LABELS, strict=True)
    ]
    value = cross_entropy.complexity(Table(), DATA)
    assert value == pytest.approx(sum(losses) / 40, rel=1e-6)
    assert value.details["standard_error"] == pytest.approx(np.std(losses, ddof=1) / math.sqrt(40), rel=1e-5)
    first = cross_entropy.complexity(Table(), DATA, max_samples=7)
    assert (first, first.details["samples"]) == (pytest.approx(sum(losses[:7]) / 7, rel=1e-6), 7)


def test_cross_entropy_of_large_logits_is_finite():
    sure = Table(np.where(np.arange(4) == LABELS[:, None], 5000.0, -5000.0))
    assert cross_entropy.complexity(sure, DATA) == 0
    assert cross_entropy.complexity(Table(-sure.table), DATA) == pytest.approx(10000 + math.log(3), rel=1e-6)


def test_training_accuracy_counts_the_right_ones():
    right = sum(max(range(4), key=row.__getitem__) == label for row, label in zip(LOGITS, LABELS, strict=True))
    value = training_accuracy.complexity(Table(), DATA)
    assert (value, value.details) == (right / 40, {"right": right, "samples": 40})


def test_parameters_counts_all_weights():
    assert parameters.complexity(Table(), None) == 17


def test_margins_are_to_the_largest_other_class():
    found = Classified(LOGITS, LABELS).margins()
    expected = [
        row[label] - max(one for k, one in enumerate(row) if k != label)
        for row, label in zip(LOGITS, LABELS, strict=True)
    ]
    assert found.tolist() == pytest.approx(expected)
    assert ((found > 0) == Classified(LOGITS, LABELS).right()).all()


@pytest.mark.parametrize("control", [cross_entropy, training_accuracy])
def test_an_output_that_is_not_finite_is_an_error(control):
    with pytest.raises(InputError) as caught:
        control.complexity(Table(np.where(np.arange(40)[:, None] == 5, np.nan, LOGITS)), DATA)
    assert str(caught.value) == "table: logits: an output is NaN or infinite"
