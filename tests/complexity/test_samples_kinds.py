"""Kinds of data that tests/battery does not have, and what is left of data that is read."""

from collections import UserList

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import torch
from torch.utils.data import DataLoader, TensorDataset

from complexity.errors import InputError
from complexity.samples import read_samples

ROWS = 12
INPUTS = np.random.default_rng(0).random((ROWS, 4), dtype=np.float32)
LABELS = np.arange(ROWS) % 3
WEIGHTS = np.ones(ROWS)
TENSOR = torch.tensor(INPUTS)
FRAME = pd.DataFrame(INPUTS, columns=list("abcd"))
COLUMNS = [{"image": row, "label": label} for row, label in zip(INPUTS, LABELS, strict=True)]


class Table:
    """Rows with names, as those of the package datasets; it has a shape, yet it is no array."""

    column_names = ("x", "label")
    shape = (ROWS, 2)

    def __len__(self):
        return ROWS

    def __iter__(self):
        return ({"x": row.tolist(), "label": int(label)} for row, label in zip(INPUTS, LABELS, strict=True))


class TableOfRows(Table):
    """The same, set to yield tables of one row."""

    def __init__(self, kind):
        self.format = {"type": kind, "columns": ["x", "label"]}

    def __iter__(self):
        rows = super().__iter__()
        return rows if self.format["type"] == "numpy" else (pd.DataFrame([row]) for row in rows)

    def with_format(self, kind, columns):
        assert columns == self.format["columns"]
        return TableOfRows(kind)


@pytest.mark.parametrize(
    "dataset",
    [
        (tf.constant(INPUTS), tf.constant(LABELS)),
        (tf.sparse.from_dense(INPUTS), LABELS),
        COLUMNS,
        Table(),
        TableOfRows("pandas"),
        TableOfRows("arrow"),
        (UserList(INPUTS), UserList(LABELS)),
        ({"x": UserList(TENSOR)}, LABELS),
        DataLoader(COLUMNS, batch_size=5),
        list(zip(INPUTS, LABELS, WEIGHTS, strict=True)),
        DataLoader(TensorDataset(TENSOR, torch.tensor(LABELS), torch.ones(ROWS)), batch_size=5),
        tf.data.Dataset.from_tensor_slices({"image": INPUTS, "label": LABELS}),
        tf.data.Dataset.from_tensor_slices(({"x": INPUTS}, LABELS, WEIGHTS)).batch(5),
    ],
)
def test_inputs_and_labels_are_found_in_data_of_many_kinds(dataset):
    samples = read_samples(dataset)
    assert np.allclose(samples.inputs, INPUTS, atol=1e-7)
    assert samples.class_numbers().tolist() == LABELS.tolist()


OTHER = np.random.default_rng(1).random((ROWS, 2, 3))
SEVERAL = [
    ({"left": INPUTS, "right": OTHER}, LABELS),
    {"left": INPUTS, "right": OTHER, "label": LABELS},
    [({"left": a, "right": b}, c) for a, b, c in zip(INPUTS, OTHER, LABELS, strict=True)],
    tf.data.Dataset.from_tensor_slices(({"left": INPUTS, "right": OTHER}, LABELS)).batch(5),
    ((INPUTS, OTHER), LABELS),
    ([INPUTS, OTHER], LABELS),
    [((a, b), c) for a, b, c in zip(INPUTS, OTHER, LABELS, strict=True)],
    DataLoader([((a, b), c) for a, b, c in zip(INPUTS, OTHER, LABELS, strict=True)], batch_size=5),
]


@pytest.mark.parametrize("dataset", SEVERAL)
def test_several_inputs_are_a_dict_or_a_tuple_and_side_by_side_in_the_matrix(dataset):
    samples = read_samples(dataset, 10)
    assert np.array_equal(samples.matrix(), np.hstack([INPUTS[:10], OTHER[:10].reshape(10, 6)]))
    assert isinstance(samples.inputs, (dict, tuple))
    assert len(samples) == 10
    with pytest.raises(InputError, match="the samples have several inputs"):
        samples.one_input()


MASKED = np.ma.masked_array(INPUTS, INPUTS > 0.9)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ([(row, 0) for row in MASKED], "inputs: a masked array"),
        ({"x": MASKED, "y": LABELS}, "inputs['x']: a masked array"),
        ((INPUTS[:, 0], LABELS), "inputs: no samples (expected an array of (n, ...); .reshape(-1, 1) makes"),
        (((INPUTS, OTHER[:5]), LABELS), "inputs[1]: inputs differ in length (expected 12, found 5)"),
        ([[1.0, 2.0], [0.0, 1.0]], "dataset: two lists in a list"),
        (([[1, 2], [3]], [0, 1]), "inputs: lists differ in length (expected one length for all samples; pad them"),
        (
            {"x": INPUTS, "text": ["a"] * ROWS},
            "inputs['text']: inputs are no numbers (expected numbers (text: encode it",
        ),
        ({"x": INPUTS, "index": LABELS}, "inputs['index']: no samples (expected an array of (n, ...); .reshape(-1, 1)"),
        ({"train": Table(), "test": Table()}, "dataset: several data sets"),
        ([{"x": 1, "label": 0, "y": 0}], "dataset: several columns of labels"),
        ([{"label": 0}], "dataset: no inputs"),
        ([(INPUTS[0], 0, 1, 2)], "dataset: a bad sample"),
        ([(INPUTS[0], INPUTS[0], INPUTS[0][:, None] * INPUTS[0])], "dataset: a bad third part"),
        ([(INPUTS[0], 0), (INPUTS[1], None)], "labels: item 1 has no label"),
        ([({"a": INPUTS[0]}, 0), ({"a": INPUTS[0], "b": INPUTS[0]}, 0)], "inputs: samples differ"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(dataset, message):
    with pytest.raises(InputError) as caught:
        read_samples(dataset)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("number", ["100", 2.5, True, float("nan"), 0, -1, [3]])
def test_a_number_of_samples_is_a_whole_number(number):
    with pytest.raises(InputError, match="max_samples: bad number of samples"):
        read_samples(INPUTS, number)


def test_the_answer_about_batches_is_true_or_false():
    with pytest.raises(InputError, match=r"batched: bad setting \(expected True, False or None, found 'yes'\)"):
        read_samples(INPUTS, batched="yes")


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_a_file_that_is_mapped_to_memory_is_read_and_left_as_it_is(mode, tmp_path):
    np.save(tmp_path / "inputs.npy", INPUTS)
    samples = read_samples((np.load(tmp_path / "inputs.npy", mmap_mode=mode), LABELS))
    assert np.array_equal(samples.inputs, INPUTS)
    assert np.array_equal(np.load(tmp_path / "inputs.npy"), INPUTS)
