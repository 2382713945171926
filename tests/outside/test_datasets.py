"""Data sets of the package datasets, made of arrays, in all their formats."""

import numpy as np
import pytest
import torch
from outside_kinds import LABELS, ROWS, check_error, rows
from reference_angle import reference
from torch import nn
from torch.utils.data import DataLoader

from complexity import complexity
from complexity.samples import read_samples

datasets = pytest.importorskip("datasets")
datasets.disable_progress_bars()

X = np.random.default_rng(0).random((ROWS, 4), dtype=np.float32)
IMAGES = np.random.default_rng(1).integers(0, 256, (ROWS, 8, 8, 3), dtype=np.uint8)


def of(**columns):
    return datasets.Dataset.from_dict(columns)


def plain():
    return of(x=X, label=LABELS)


def pictures():
    """Images as files of the data set, which it decodes."""
    image = pytest.importorskip("PIL.Image")
    kinds = datasets.Features(image=datasets.Image(), label=datasets.Value("int64"))
    return datasets.Dataset.from_dict({"image": list(map(image.fromarray, IMAGES)), "label": LABELS}, features=kinds)


def flat(batch):
    return {"x": [np.asarray(row, np.float32)[::-1] for row in batch["x"]], "label": batch["label"]}


DATA = {
    "a Dataset": plain,
    "a Dataset without labels": lambda: of(x=X),
    "a Dataset with a ClassLabel": lambda: plain().cast_column("label", datasets.ClassLabel(names=list("abc"))),
    "with_format('torch')": lambda: plain().with_format("torch"),
    "with_format('numpy')": lambda: plain().with_format("numpy"),
    "with_format('pandas')": lambda: plain().with_format("pandas"),
    "with_format('arrow')": lambda: plain().with_format("arrow"),
    "set_format with columns": lambda: of(x=X, label=LABELS, text=["a"] * ROWS).with_format(
        "torch", columns=["x", "label"]
    ),
    "with_transform": lambda: of(x=X[:, ::-1], label=LABELS).with_transform(flat),
    "a slice": lambda: plain()[:],
    "a pair of columns": lambda: (plain()["x"], plain()["label"]),
    "a pair of columns of tensors": lambda: (plain().with_format("torch")["x"], plain().with_format("torch")["label"]),
    "in a DataLoader": lambda: DataLoader(plain().with_format("torch"), batch_size=5),
    "an IterableDataset": lambda: plain().to_iterable_dataset(),
    "an IterableDataset in a DataLoader": lambda: DataLoader(
        plain().to_iterable_dataset().with_format("torch"), batch_size=5
    ),
    "a DatasetDict": lambda: datasets.DatasetDict(train=plain(), test=plain()),
    "batch()": lambda: plain().batch(4),
    "a column of text": lambda: of(text=["a"] * ROWS, label=LABELS),
    "a column of text beside others": lambda: of(x=X, text=["a"] * ROWS, label=LABELS),
    "a column of one number a row": lambda: of(x=X, idx=range(ROWS), label=LABELS),
    "two columns of labels": lambda: of(x=X, label=LABELS, labels=LABELS),
    "rows of different lengths": lambda: of(x=[row[: 2 + place % 3] for place, row in enumerate(X)], label=LABELS),
}


def test_every_kind_has_a_row():
    assert set(DATA) == set(rows("datasets", "data"))


@pytest.mark.parametrize("kind", DATA)
def test_data(kind):
    row, dataset = rows("datasets", "data")[kind], DATA[kind]()
    network = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    if row["comes"] == "error":
        check_error(row, lambda: complexity(network, dataset))
        return
    with torch.no_grad():
        hidden = network[:2](torch.tensor(X))
    assert float(complexity(network, dataset)) == pytest.approx(reference(hidden, X), abs=1e-4)
    labels = read_samples(dataset).labels
    assert labels is None if kind.endswith("without labels") else labels.tolist() == LABELS.tolist()


def test_pictures_are_read_as_they_are_stored():
    samples = read_samples(pictures())
    assert np.array_equal(samples.inputs, IMAGES)
    assert samples.class_numbers().tolist() == LABELS.tolist()


def test_rows_that_were_chosen_or_shuffled_stay_so():
    assert np.array_equal(read_samples(plain().select([3, 1, 2])).inputs, X[[3, 1, 2]])
    shuffled = plain().shuffle(seed=0)
    order = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in np.asarray(shuffled["x"][:], np.float32)]
    assert order != list(range(ROWS))
    assert np.array_equal(read_samples(shuffled).inputs, X[order])
