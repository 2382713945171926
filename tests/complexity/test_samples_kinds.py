"""The kinds of data that are taken, each with its truth, and those that are refused, with the words."""

import warnings
from collections import UserList

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
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
        (INPUTS, LABELS),
        [INPUTS, LABELS],
        (INPUTS, LABELS, WEIGHTS),
        (INPUTS.tolist(), LABELS.tolist()),
        (list(INPUTS), list(LABELS)),
        (list(TENSOR), LABELS),
        ((INPUTS,), LABELS),
        ({"x": INPUTS}, LABELS),
        {"x": INPUTS, "y": LABELS},
        (FRAME, pd.Series(LABELS)),
        (FRAME, pd.Categorical(LABELS)),
        FRAME.assign(label=LABELS),
        (INPUTS.astype(object), LABELS),
        (INPUTS.astype(">f4"), LABELS.astype(">i8")),
        (TENSOR.clone().requires_grad_(), torch.tensor(LABELS)),
        (TENSOR.to_sparse(), LABELS),
        (scipy.sparse.csr_array(INPUTS), LABELS),
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


@pytest.mark.parametrize(
    "dataset",
    [
        INPUTS,
        TENSOR,
        FRAME,
        (INPUTS,),
        (INPUTS, None),
        list(INPUTS),
        [(row, None) for row in INPUTS],
        TensorDataset(TENSOR),
        DataLoader(TENSOR, batch_size=5),
        DataLoader(TensorDataset(TENSOR), batch_size=5),
        tf.data.Dataset.from_tensor_slices(INPUTS).batch(5),
    ],
)
def test_inputs_alone_are_samples_without_labels(dataset):
    samples = read_samples(dataset)
    assert np.array_equal(samples.inputs, INPUTS)
    assert samples.labels is None


def test_bfloat16_becomes_float32():
    for tensor in (TENSOR.bfloat16(), tf.cast(INPUTS, tf.bfloat16)):
        inputs = read_samples((tensor, LABELS)).inputs
        assert inputs.dtype == np.float32
        assert np.array_equal(inputs, TENSOR.bfloat16().float().numpy())


def test_token_ids_stay_integers():
    ids = np.array([[2**53 + 1, 5], [7, 2**24 + 1]])
    for dataset in ((ids, None), TensorDataset(torch.tensor(ids)), list(zip(ids, [0, 1], strict=True))):
        assert np.array_equal(read_samples(dataset).inputs, ids)
        assert read_samples(dataset).inputs.dtype == np.int64


OTHER = np.random.default_rng(1).random((ROWS, 2, 3))
SEVERAL = [
    ({"left": INPUTS, "right": OTHER}, LABELS),
    {"left": INPUTS, "right": OTHER, "label": LABELS},
    [({"left": a, "right": b}, c) for a, b, c in zip(INPUTS, OTHER, LABELS, strict=True)],
    tf.data.Dataset.from_tensor_slices(({"left": INPUTS, "right": OTHER}, LABELS)).batch(5),
    ((INPUTS, OTHER), LABELS),
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
        (MASKED, "inputs: a masked array"),
        ((MASKED, LABELS), "inputs: a masked array"),
        ((INPUTS, np.ma.masked_array(LABELS)), "labels: a masked array"),
        ([(row, 0) for row in MASKED], "inputs: a masked array"),
        ({"x": MASKED, "y": LABELS}, "inputs['x']: a masked array"),
        ((torch.empty(4, 3, device="meta"), None), "inputs: a tensor on the device 'meta' holds no data"),
        ((scipy.sparse.csr_array((10**6, 10**6)), None), "inputs: a sparse array too large"),
        ((INPUTS.astype("c8"), None), "inputs: inputs are no numbers"),
        ((["a", "b"], [0, 1]), "inputs: inputs are no numbers (expected numbers (text: encode"),
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
        ("images.npz", "dataset: not a data set"),
        (np.float32(3), "dataset: not a data set"),
        ((INPUTS, {"age": LABELS, "kind": LABELS}), "labels: a dict where one array belongs"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(dataset, message):
    with pytest.raises(InputError) as caught:
        read_samples(dataset)
    assert str(caught.value).startswith(message)


def test_tensors_of_different_lengths_in_one_are_refused_in_words():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a prototype of PyTorch
        nested = torch.nested.nested_tensor([torch.rand(2), torch.rand(3)])
    with pytest.raises(InputError, match=r"inputs: a nested tensor \(expected one shape for all samples"):
        read_samples((nested, [0, 1]))


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
