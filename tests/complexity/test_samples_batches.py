"""Where a data set does not say whether its items are batches, it is asked; kinds of data are in tests/battery."""

import numpy as np
import pytest
import tensorflow as tf
import torch
from keras.utils import PyDataset
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from complexity.errors import InputError
from complexity.samples import read_samples

ROWS = 20
INPUTS = np.random.default_rng(0).random((ROWS, 4), dtype=np.float32)
LABELS = np.arange(ROWS) % 3
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
TENSORS = TensorDataset(torch.tensor(INPUTS), torch.tensor(LABELS))


class Batches(PyDataset):
    """The documented form: nothing is raised behind the last batch."""

    def __len__(self):
        return 5

    def __getitem__(self, place):
        return INPUTS[4 * place : 4 * place + 4], LABELS[4 * place : 4 * place + 4]


class Stream(IterableDataset):
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)


def sliced(inputs=INPUTS, labels=LABELS):
    return tf.data.Dataset.from_tensor_slices((inputs, labels))


@pytest.mark.parametrize(
    "make",
    [
        lambda: list(DataLoader(TENSORS, batch_size=4)),
        lambda: (batch for batch in DataLoader(TENSORS, batch_size=4)),
        lambda: iter(sliced().batch(4)),
        lambda: sliced().batch(4).as_numpy_iterator(),
    ],
)
def test_where_it_cannot_be_known_it_is_asked_and_the_answer_is_taken(make):
    with pytest.raises(InputError) as caught:
        read_samples(make())
    assert str(caught.value) == (
        "dataset: samples or batches? inputs of shape (4, 4) with labels of shape (4,) can be one sample or a batch of "
        "4 (expected the setting batched=True in the call if each item is a batch, batched=False if it is one sample)"
    )
    assert np.array_equal(read_samples(make(), batched=True).inputs, INPUTS)
    assert read_samples(make(), batched=False).inputs.shape == (5, 4, 4)


@pytest.mark.parametrize("size", [2, 4])
def test_a_stream_without_a_size_yields_what_the_network_is_given(size):
    labels = np.arange(ROWS) % 2
    batches = [(INPUTS[at : at + size], labels[at : at + size]) for at in range(0, ROWS, size)]
    samples = read_samples(DataLoader(Stream(batches), batch_size=None))
    assert np.array_equal(samples.inputs, INPUTS)
    assert samples.labels.tolist() == labels.tolist()
    alone = DataLoader(Stream(list(zip(INPUTS, labels, strict=True))), batch_size=None)
    assert np.array_equal(read_samples(alone).inputs, INPUTS)


@pytest.mark.parametrize("labels", [ONE_HOT[:5], ONE_HOT[:5].astype(int), [None] * 5])
def test_samples_of_such_a_stream_that_look_like_batches_are_asked_for(labels):
    images = np.ones((5, 3, 8), np.float32)
    items = list(zip(images, labels, strict=True)) if labels[0] is not None else list(images)
    with pytest.raises(InputError, match=r"samples or batches\? inputs of shape \(3, 8\)"):
        read_samples(DataLoader(Stream(items), batch_size=None))


def test_inputs_alone_with_two_axes_are_asked_for_as_well():
    images = list(np.ones((6, 8, 8), np.float32))
    with pytest.raises(InputError, match=r"samples or batches\? inputs of shape \(8, 8\) with no labels"):
        read_samples(images)
    assert read_samples(images, batched=False).inputs.shape == (6, 8, 8)
    assert read_samples(list(INPUTS)).inputs.shape == (ROWS, 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sliced().batch(4).batch(2), "batches of batches"),
        (lambda: sliced(tf.ragged.constant([[1.0], [1.0, 2.0]] * 10)), "ragged tensors"),
        (lambda: sliced().take(0), "the data set has no samples"),
        (lambda: DataLoader([1, 2], batch_size=2, collate_fn=lambda _: (np.ones((2, 3)), np.ones(3))), "differ in len"),
        (lambda: DataLoader([1], batch_size=1, collate_fn=lambda _: (np.ones((2, 3)), np.ones(2))), "larger than the"),
    ],
)
def test_batches_that_cannot_be_right_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        read_samples(make())
