"""A data set that is read a second time: the same rows, the changed rows, or an error."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from complexity.errors import InputError, InputWarning
from complexity.samples import read_samples

INPUTS = np.random.default_rng(0).random((40, 4), dtype=np.float32)


def pairs():
    return zip(INPUTS, range(40), strict=True)


def generator():
    yield from pairs()


@pytest.mark.parametrize("make", [generator, pairs, lambda: iter(list(pairs()))])
def test_an_iterator_that_was_read_in_part_is_not_read_on(make):
    iterator = make()
    assert len(read_samples(iterator, 10)) == 10
    with pytest.raises(InputError, match="can be read once, and this one was"):
        read_samples(iterator)


def test_what_was_read_of_a_generator_serves_as_long_as_it_is_enough():
    complete, part = generator(), generator()
    assert read_samples(complete) is read_samples(complete)
    assert np.array_equal(read_samples(complete, 7).inputs, INPUTS[:7])
    assert read_samples(part, 10) is read_samples(part, 10)
    assert np.array_equal(read_samples(part, 4).inputs, INPUTS[:4])


def test_a_generator_is_not_read_on_after_an_error():
    batches = (batch for batch in [(INPUTS[:20], np.zeros(20)), (INPUTS[20:], np.zeros(20))])
    with pytest.raises(InputError, match=r"samples or batches\?"):
        read_samples(batches)
    with pytest.raises(InputError, match="can be read once"):
        read_samples(batches, batched=True)


def test_an_endless_generator_is_read_as_far_as_it_is_used():
    endless = ((INPUTS[0], 0) for _ in iter(int, 1))
    assert len(read_samples(endless, 30)) == 30


def test_a_shuffling_loader_gives_nested_samples_and_leaves_the_random_state_as_it_would_be():
    loader = DataLoader(TensorDataset(torch.tensor(INPUTS)), 8, shuffle=True)
    few = read_samples(loader, 10)
    state = torch.get_rng_state()
    more = read_samples(loader, 20)
    assert np.array_equal(more.inputs[:10], few.inputs)
    assert np.array_equal(read_samples(loader, 10).inputs, few.inputs)
    assert read_samples(loader, 15) is read_samples(loader, 15)
    assert torch.equal(torch.get_rng_state(), state)


def test_samples_that_cannot_be_nested_are_said():
    class Noise(Dataset):
        rng = np.random.default_rng(0)

        def __len__(self):
            return 40

        def __getitem__(self, place):
            return self.rng.random(4), place

    dataset = Noise()
    read_samples(dataset, 10)
    with pytest.warns(InputWarning, match="gives other samples each time") as given:
        read_samples(dataset, 20)
    assert [one.filename for one in given] == [__file__]


class Scaled(Dataset):
    def __init__(self, inputs, transform):
        self.inputs, self.transform = inputs, transform

    def __len__(self):
        return len(self.inputs)

    def __getitem__(self, place):
        return self.transform(self.inputs[place]), 0


def loaders():
    tensor = torch.tensor(INPUTS)
    yield DataLoader(TensorDataset(tensor), 5), lambda: tensor.mul_(2)
    scaled = Scaled(INPUTS.copy(), np.asarray)
    yield DataLoader(torch.utils.data.Subset(scaled, range(40)), 5), lambda: scaled.inputs.__imul__(2)
    other = Scaled(INPUTS.copy(), np.asarray)
    yield DataLoader(other, 5), lambda: setattr(other, "transform", lambda row: 2 * row)
    factor = np.ones(4, np.float32)
    around = Scaled(INPUTS.copy(), lambda row: factor * row)
    yield around, lambda: factor.__imul__(2)


@pytest.mark.parametrize(("dataset", "change"), list(loaders()))
def test_a_data_set_that_changed_is_read_anew(dataset, change):
    assert read_samples(dataset) is read_samples(dataset)
    assert np.array_equal(read_samples(dataset).inputs, INPUTS)
    change()
    assert np.array_equal(read_samples(dataset).inputs, 2 * INPUTS)


def test_labels_that_were_written_to_are_noticed():
    labels = np.zeros(40, int)
    count = read_samples((INPUTS, labels)).remembered("sum", lambda read: read.labels.sum())
    labels += 1
    assert (count, read_samples((INPUTS, labels)).remembered("sum", lambda read: read.labels.sum())) == (0, 40)


def test_an_error_inside_the_data_set_is_passed_on():
    def broken(row):
        raise OSError("cannot read image 7.png")

    with pytest.raises(OSError, match=r"image 7\.png"):
        read_samples(Scaled(INPUTS, broken))
