"""Kinds of data that are read: loaders, data sets and pipelines of the frameworks."""

import tempfile

import numpy as np
import tensorflow as tf
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, IterableDataset, SequentialSampler, TensorDataset

from .data_parts import (
    COLUMNS,
    INPUTS,
    LABELS,
    ONE_HOT,
    PAIRS,
    ROWS,
    TENSOR,
    TENSORS,
    WEIGHTS,
    Data,
    labelled,
    unlabelled,
)
from .kind import Kinds

torch_kinds, keras_kinds = Kinds("Loaders and data sets of PyTorch"), Kinds("TensorFlow and Keras")
others = Kinds("Data sets of other packages")
BATCHES = BatchSampler(SequentialSampler(TENSORS), 6, False)


@torch_kinds.taken("`DataLoader` with `batch_size`")
def loader():
    return labelled(DataLoader(TENSORS, batch_size=6))


@torch_kinds.taken("`DataLoader` with `batch_sampler`")
def loader_with_batch_sampler():
    return labelled(DataLoader(TENSORS, batch_sampler=BATCHES))


@torch_kinds.taken("`DataLoader` with a sampler of batches and `batch_size=None`")
def loader_with_sampler_of_batches():
    return labelled(DataLoader(TENSORS, sampler=BATCHES, batch_size=None))


@torch_kinds.taken("`DataLoader` with `batch_size=None`: samples")
def loader_of_samples():
    return labelled(DataLoader(TENSORS, batch_size=None))


@torch_kinds.taken("`DataLoader` of dicts")
def loader_of_dicts():
    return labelled(DataLoader(COLUMNS, batch_size=6))


@torch_kinds.taken("`DataLoader` of inputs, labels and weights")
def loader_of_triples():
    return labelled(DataLoader(TensorDataset(TENSOR, torch.tensor(LABELS), torch.tensor(WEIGHTS)), batch_size=6))


@torch_kinds.taken("`DataLoader` of inputs alone")
def loader_of_inputs():
    return unlabelled(DataLoader(TensorDataset(TENSOR), batch_size=6))


@torch_kinds.taken("`DataLoader` of a tensor")
def loader_of_a_tensor():
    return unlabelled(DataLoader(TENSOR, batch_size=6))


@torch_kinds.taken("`TensorDataset`")
def tensor_dataset():
    return labelled(TENSORS)


@torch_kinds.taken("`TensorDataset` of inputs alone")
def tensor_dataset_of_inputs():
    return unlabelled(TensorDataset(TENSOR))


@torch_kinds.taken("`Subset` and `ConcatDataset`")
def subsets():
    return labelled(torch.utils.data.ConcatDataset([torch.utils.data.Subset(TENSORS, range(ROWS))]))


@torch_kinds.taken("a data set with `__len__` that begins again behind its end")
def wrapping():
    class Wrapping(Dataset):
        def __len__(self):
            return ROWS

        def __getitem__(self, place):
            return PAIRS[place % ROWS]

    return labelled(Wrapping())


@torch_kinds.taken("a data set with `__len__` whose end is no IndexError")
def failing():
    class Failing(Dataset):
        def __len__(self):
            return ROWS

        def __getitem__(self, place):
            return dict(enumerate(PAIRS))[place]

    return labelled(Failing())


class Items(IterableDataset):
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)


@torch_kinds.taken("an iterable data set of samples")
def iterable():
    return labelled(Items(PAIRS))


@torch_kinds.taken("`DataLoader` with `batch_size=None` of an iterable data set of batches")
def iterable_of_batches():
    return labelled(DataLoader(Items(list(DataLoader(TENSORS, batch_size=6))), batch_size=None))


@torch_kinds.refused("the same of inputs alone: they could be samples", "samples or batches?")
def iterable_of_batches_of_inputs():
    return Data(DataLoader(Items(list(DataLoader(TENSOR, batch_size=6))), batch_size=None))


@torch_kinds.taken("an iterable data set of batches with the answer `batched=True`")
def iterable_of_batches_answered():
    return labelled(DataLoader(Items(list(DataLoader(TENSORS, batch_size=6))), batch_size=None), batched=True)


@torch_kinds.refused("a loader whose batches are lists of samples", "the loader's batches are lists of samples")
def lists_of_samples():
    return Data(DataLoader(torch.rand(20, 2, 5), batch_size=2, collate_fn=list))


@torch_kinds.refused("batches with fewer labels than inputs", "differ in length")
def fewer_labels():
    return Data(DataLoader([1, 2], batch_size=2, collate_fn=lambda _: (np.ones((2, 3)), np.ones(3))))


def sliced(inputs=INPUTS, labels=LABELS):
    return tf.data.Dataset.from_tensor_slices((inputs, labels))


@keras_kinds.taken("`tf.data.Dataset` of samples")
def pipeline():
    return labelled(sliced())


@keras_kinds.taken("`tf.data.Dataset` of batches")
def batches():
    return labelled(sliced().batch(6))


@keras_kinds.taken("`tf.data.Dataset` of batches of one size, mapped, cached and fetched ahead")
def mapped():
    return labelled(sliced().batch(4, drop_remainder=True).map(lambda x, y: (x, y)).cache().prefetch(1))


@keras_kinds.taken("`tf.data.Dataset` of batches taken apart")
def unbatched():
    return labelled(sliced().batch(6).unbatch())


@keras_kinds.taken("`tf.data.Dataset` of one-hot labels in batches")
def one_hot_batches():
    return labelled(sliced(labels=ONE_HOT).batch(4, drop_remainder=True))


@keras_kinds.taken("`tf.data.Dataset` of sequences with one-hot labels, whose shapes are those of a batch")
def sequences():
    inputs, labels = np.random.default_rng(1).random((ROWS, 10, 8), np.float32), np.arange(ROWS) % 10
    return Data(sliced(inputs, np.eye(10)[labels]), inputs, labels)


@keras_kinds.taken("`tf.data.Dataset` of dicts")
def pipeline_of_dicts():
    return labelled(tf.data.Dataset.from_tensor_slices({"image": INPUTS, "label": LABELS}))


@keras_kinds.taken("`tf.data.Dataset` of inputs, labels and weights")
def pipeline_of_triples():
    return labelled(tf.data.Dataset.from_tensor_slices((INPUTS, LABELS, WEIGHTS)).batch(6))


@keras_kinds.taken("`tf.data.Dataset` of inputs alone")
def pipeline_of_inputs():
    return unlabelled(tf.data.Dataset.from_tensor_slices(INPUTS).batch(6))


@keras_kinds.refused("an iterator over batches of a `tf.data.Dataset`: it says nothing", "samples or batches?")
def iterator():
    return Data(iter(sliced().batch(6)))


@keras_kinds.refused("batches of batches", "batches of batches")
def batches_of_batches():
    return Data(sliced().batch(4).batch(2))


@keras_kinds.refused("ragged tensors", "ragged tensors")
def ragged():
    return Data(sliced(tf.ragged.constant([[1.0], [1.0, 2.0]] * 10)))


@keras_kinds.refused("a `tf.data.Dataset` without samples", "the data set has no samples")
def empty():
    return Data(sliced().take(0))


@keras_kinds.taken("Keras' `PyDataset`")
def py_dataset():
    import keras

    class Batches(keras.utils.PyDataset):
        """The documented form: nothing is raised behind the last batch."""

        def __len__(self):
            return 5

        def __getitem__(self, place):
            return INPUTS[4 * place : 4 * place + 4], LABELS[4 * place : 4 * place + 4]

    return labelled(Batches())


def images_from_directory(mode):
    import keras

    folder = tempfile.mkdtemp()
    for number in range(6):
        path = tf.io.gfile.join(folder, "ab"[number % 2])
        tf.io.gfile.makedirs(path)
        keras.utils.save_img(f"{path}/{number}.png", np.full((8, 8, 3), 20 * number + 1), scale=False)
    data = keras.utils.image_dataset_from_directory(
        folder, label_mode=mode, image_size=(8, 8), batch_size=4, shuffle=False, verbose=False
    ).cache()
    list(data)
    tf.io.gfile.rmtree(folder)
    inputs = np.ones((6, 8, 8, 3), np.float32) * (20 * np.array([0, 2, 4, 1, 3, 5]) + 1).reshape(6, 1, 1, 1)
    return Data(data, inputs.astype(np.float32), None if mode is None else np.array([0, 0, 0, 1, 1, 1]))


for mode in ("int", "binary", "categorical", None):
    keras_kinds.taken(f"`image_dataset_from_directory` with `label_mode={mode!r}`")(
        lambda mode=mode: images_from_directory(mode)
    )


@others.taken("a table of Hugging Face's datasets, with column names")
def hugging_face():
    class Table:
        """As the package has it: it has a shape, yet it is no array."""

        column_names = ("x", "label")
        shape = (ROWS, 2)

        def __len__(self):
            return ROWS

        def __iter__(self):
            return ({"x": row.tolist(), "label": int(label)} for row, label in PAIRS)

    return labelled(Table())


@others.taken("a loader that accelerate prepared")
def accelerate():
    class Prepared:
        """As the package has it: no size, but a sampler of batches."""

        def __init__(self, loader):
            self.loader, self.batch_size = loader, None
            self.dataset, self.batch_sampler = loader.dataset, loader.batch_sampler

        def __iter__(self):
            return iter(self.loader)

    return labelled(Prepared(DataLoader(TENSORS, batch_size=6)))
