"""Batches and samples are told apart by what the data set says; where it does not say, it is asked."""

import numpy as np
import pytest
import tensorflow as tf
import torch
from keras.utils import PyDataset
from torch.utils.data import BatchSampler, DataLoader, Dataset, IterableDataset, SequentialSampler, TensorDataset

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


class IterableOfBatches(IterableDataset):
    def __iter__(self):
        return (Batches()[place] for place in range(5))


class Prepared:
    """A wrapped loader, as accelerate makes them: no size, but a sampler of batches."""

    def __init__(self, loader):
        self.loader, self.batch_size = loader, None
        self.dataset, self.batch_sampler = loader.dataset, loader.batch_sampler

    def __iter__(self):
        return iter(self.loader)


def sliced(inputs=INPUTS, labels=LABELS):
    return tf.data.Dataset.from_tensor_slices((inputs, labels))


@pytest.mark.parametrize(
    "dataset",
    [
        DataLoader(TENSORS, batch_size=6),
        DataLoader(TENSORS, batch_sampler=BatchSampler(SequentialSampler(TENSORS), 2, False)),
        DataLoader(TENSORS, sampler=BatchSampler(SequentialSampler(TENSORS), 2, False), batch_size=None),
        DataLoader(TENSORS, batch_size=None),
        Prepared(DataLoader(TENSORS, batch_size=4)),
        TENSORS,
        Batches(),
        sliced(),
        sliced().batch(4),
        sliced().batch(4, drop_remainder=True).prefetch(1),
        sliced().batch(4, drop_remainder=True).map(lambda x, y: (x, y)).cache(),
        sliced().batch(4).unbatch(),
        sliced(labels=LABELS[:, None]).batch(8),
        sliced(labels=ONE_HOT).batch(4, drop_remainder=True),
    ],
)
def test_a_data_set_that_says_what_it_is_gives_its_samples(dataset):
    samples = read_samples(dataset)
    assert np.array_equal(samples.inputs, INPUTS)
    assert np.array_equal(samples.class_numbers(), LABELS)


def test_sequences_with_one_hot_labels_are_samples_though_their_shapes_are_those_of_a_batch():
    sequences, labels = np.ones((ROWS, 10, 8), np.float32), np.eye(10)[np.arange(ROWS) % 10]
    samples = read_samples(sliced(sequences, labels))
    assert samples.inputs.shape == (ROWS, 10, 8)
    assert np.array_equal(samples.class_numbers(), np.arange(ROWS) % 10)


@pytest.mark.parametrize("mode", ["int", "binary", "categorical", None])
def test_images_from_a_directory_are_read_with_every_label_mode(mode, tmp_path):
    import keras

    for number in range(6):
        path = tmp_path / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        keras.utils.save_img(path, np.full((8, 8, 3), number), scale=False)
    dataset = keras.utils.image_dataset_from_directory(
        tmp_path, label_mode=mode, image_size=(8, 8), batch_size=4, shuffle=False, verbose=False
    )
    samples = read_samples(dataset)
    assert samples.inputs[:, 0, 0, 0].tolist() == [0, 2, 4, 1, 3, 5]
    assert mode is None or samples.class_numbers().tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    "make",
    [
        lambda: list(DataLoader(TENSORS, batch_size=4)),
        lambda: (batch for batch in DataLoader(TENSORS, batch_size=4)),
        lambda: DataLoader(IterableOfBatches(), batch_size=None),
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


def test_inputs_alone_with_two_axes_are_asked_for_as_well():
    images = list(np.ones((6, 8, 8), np.float32))
    with pytest.raises(InputError, match=r"samples or batches\? inputs of shape \(8, 8\) with no labels"):
        read_samples(images)
    assert read_samples(images, batched=False).inputs.shape == (6, 8, 8)
    assert read_samples(list(INPUTS)).inputs.shape == (ROWS, 4)


class Wrapping(Dataset):
    """A data set that begins again behind its end."""

    def __len__(self):
        return ROWS

    def __getitem__(self, place):
        return INPUTS[place % ROWS], LABELS[place % ROWS]


class Failing(Wrapping):
    """A data set whose end is no IndexError."""

    def __getitem__(self, place):
        return dict(enumerate(INPUTS))[place], LABELS[place]


@pytest.mark.parametrize("kind", [Wrapping, Failing])
def test_the_length_of_a_data_set_is_believed(kind):
    assert np.array_equal(read_samples(kind()).inputs, INPUTS)


def test_a_list_of_unlabelled_samples_is_no_batch_of_inputs_and_labels():
    loader = DataLoader(torch.rand(20, 2, 5), batch_size=2, collate_fn=list)
    with pytest.raises(InputError, match="the loader's batches are lists of samples"):
        read_samples(loader)


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
