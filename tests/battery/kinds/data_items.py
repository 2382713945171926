"""Kinds of data that are samples in a list, and those with several inputs a sample."""

import numpy as np
import tensorflow as tf
import torch

from .data_parts import COLUMNS, INPUTS, LABELS, ONE_HOT, OTHER, PAIRS, WEIGHTS, Data, labelled, unlabelled
from .kind import Kinds

items, several = Kinds("Lists of samples"), Kinds("Several inputs")


@items.taken("a list of (input, label)")
def pairs():
    return labelled(PAIRS)


@items.taken("a list of (input, label, weight)")
def triples():
    return labelled(list(zip(INPUTS, LABELS, WEIGHTS, strict=True)))


@items.taken("a list of (input, None)")
def pairs_without_labels():
    return unlabelled([(row, None) for row in INPUTS])


@items.taken("a list of inputs")
def list_of_inputs():
    return unlabelled(list(INPUTS))


@items.taken("a list of dicts")
def list_of_dicts():
    return labelled(COLUMNS)


@items.taken("a generator of (input, label)")
def generator():
    return labelled(pair for pair in PAIRS)


@items.taken("what `zip` gives")
def zipped():
    return labelled(zip(INPUTS, LABELS, strict=True))


@items.refused("a list of batches, or of samples: it could be either", "samples or batches?")
def list_of_batches():
    return Data([(INPUTS[:4], LABELS[:4]), (INPUTS[4:], LABELS[4:])])


@items.taken("a list of batches with the answer `batched=True`")
def list_of_batches_answered():
    return labelled([(INPUTS[:4], LABELS[:4]), (INPUTS[4:], LABELS[4:])], batched=True)


@items.refused("images alone in a list: samples or batches", "samples or batches?")
def images_alone():
    return Data(list(np.ones((6, 8, 8), np.float32)))


@items.refused("samples of different shapes", "inputs: samples differ")
def ragged():
    return Data([(np.ones(3), 0), (np.ones(4), 1)])


@items.refused("samples of which some have no label", "labels: item 1 has no label")
def some_without_label():
    return Data([(INPUTS[0], 0), (INPUTS[1], None)])


@items.refused("dicts without inputs", "dataset: no inputs")
def no_inputs():
    return Data([{"label": 0}])


@items.refused("dicts with several columns of labels", "dataset: several columns of labels")
def several_labels():
    return Data([{"x": 1, "label": 0, "y": 0}])


@items.refused("samples of four parts", "dataset: a bad sample")
def four_parts():
    return Data([(INPUTS[0], 0, 1, 2)])


@items.refused("an empty list", "no samples")
def empty():
    return Data([])


@several.taken("a dict of arrays, with labels beside it")
def dict_of_inputs():
    return Data(({"left": INPUTS, "right": OTHER}, LABELS), {"left": INPUTS, "right": OTHER}, LABELS)


@several.taken("a dict of columns, one of them the labels")
def dict_with_labels():
    data = {"left": INPUTS, "right": OTHER, "label": LABELS}
    return Data(data, {"left": INPUTS, "right": OTHER}, LABELS)


@several.taken("a tuple of arrays, with labels beside it")
def tuple_of_inputs():
    return Data(((INPUTS, OTHER), LABELS), (INPUTS, OTHER), LABELS)


@several.taken("a list of samples that are dicts or tuples")
def list_of_tuples():
    data = [((a, b), c) for a, b, c in zip(INPUTS, OTHER, LABELS, strict=True)]
    return Data(data, (INPUTS, OTHER), LABELS)


@several.taken("a `tf.data.Dataset` of dicts")
def pipeline_of_dicts():
    data = tf.data.Dataset.from_tensor_slices(({"left": INPUTS, "right": OTHER}, LABELS)).batch(5)
    return Data(data, {"left": INPUTS, "right": OTHER}, LABELS)


@several.taken("a `DataLoader` of tuples")
def loader_of_tuples():
    data = [((a, b), c) for a, b, c in zip(INPUTS, OTHER, LABELS, strict=True)]
    return Data(torch.utils.data.DataLoader(data, batch_size=6), (INPUTS, OTHER), LABELS)


@several.refused("inputs of different lengths", "inputs differ in length")
def different_lengths():
    return Data(((INPUTS, OTHER[:5]), LABELS))


@several.refused("several kinds of labels in a dict", "labels: a dict where one array belongs")
def dict_of_labels():
    return Data((INPUTS, {"age": LABELS, "kind": ONE_HOT}))
