"""What is remembered of a data set, and for how long."""

import gc
import weakref

import numpy as np
import pytest

from complexity.errors import InputError
from complexity.samples import check_counts, read_samples


class Dataset(list):
    """A list that can be watched by weak references."""


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return rng.random((30, 4, 4), dtype=np.float32), rng.integers(0, 3, 30)


def count_computations(datasets, **settings):
    """How often a value is computed for data sets that are read one after the other."""
    computed = []
    for dataset in datasets:
        samples = read_samples(dataset, **settings)
        samples.remembered("sum", lambda read: computed.append(read.inputs.sum()))
    return len(computed)


def test_a_value_is_computed_once_for_a_data_set(arrays):
    pairs = Dataset(zip(*arrays, strict=True))
    assert count_computations([pairs, pairs, read_samples(pairs)]) == 1
    assert count_computations([arrays, tuple(arrays), arrays]) == 1
    assert count_computations([arrays, tuple(map(np.copy, arrays))]) == 1  # the copy; that of the arrays is known


def test_a_value_is_computed_again_for_another_key_or_other_rows(arrays):
    samples = read_samples(arrays)
    computations = {"first": len, "second": lambda read: read.inputs.ndim}
    assert [samples.remembered(key, computations[key]) for key in ("first", "second", "first")] == [30, 3, 30]
    assert count_computations([arrays, (arrays[0], None)]) == 2
    assert count_computations([arrays, arrays], max_samples=9) == 1


def test_arrays_that_were_written_to_are_computed_anew(arrays):
    assert count_computations([arrays]) == 1
    arrays[0][3] += 1
    assert count_computations([arrays, arrays]) == 1


def test_nothing_is_remembered_of_arrays_that_are_gone(arrays):
    inputs = arrays[0].copy()
    alive = weakref.ref(read_samples((inputs, None)).remembered("result", lambda read: Dataset()))
    gc.collect()
    assert alive() is not None
    del inputs
    gc.collect()
    assert alive() is None


def test_a_value_that_cannot_be_computed_is_not_remembered(arrays):
    samples = read_samples(arrays)

    def fail(read):
        raise InputError("no value")

    with pytest.raises(InputError, match="no value"):
        samples.remembered("value", fail)
    assert samples.remembered("value", len) == 30


@pytest.mark.parametrize(
    ("bounds", "good", "bad", "expected"),
    [
        ({}, (2, 9, None), (1, 0, -3, 2.5), "a whole number from 2 on, or None"),
        ({"least": 1, "optional": False}, (1, 2), (0, None, 1.0), "a whole number from 1 on"),
    ],
)
def test_a_count_is_a_whole_number_within_its_bounds(bounds, good, bad, expected):
    for number in good:
        check_counts(**bounds, rounds=number)
    for number in bad:
        with pytest.raises(InputError) as caught:
            check_counts(**bounds, starts=2, rounds=number)
        found = "" if number is None else f", found {number}"
        assert str(caught.value) == f"rounds: out of range (expected {expected}{found})"
