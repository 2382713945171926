"""Kinds of data that lie in memory: arrays, tensors, tables."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse
import tensorflow as tf
import torch

from .data_parts import (
    INPUTS,
    LABEL_TENSOR,
    LABELS,
    ROWS,
    TENSOR,
    TENSORS,
    WEIGHTS,
    Data,
    labelled,
    unlabelled,
)
from .kind import Kinds

arrays = Kinds("Arrays and tables")
FRAME = pd.DataFrame(INPUTS, columns=list("abcd"))
MASKED = np.ma.masked_array(INPUTS, INPUTS > 0.9)


@arrays.taken("a pair of arrays")
def pair():
    return labelled((INPUTS, LABELS))


@arrays.taken("a pair as a list")
def pair_as_list():
    return labelled([INPUTS, LABELS])


@arrays.taken("inputs, labels and weights of the samples, which are left out")
def triple():
    return labelled((INPUTS, LABELS, WEIGHTS))


@arrays.taken("inputs without labels")
def inputs_alone():
    return unlabelled(INPUTS)


@arrays.taken("inputs, and None as the labels")
def none_as_labels():
    return unlabelled((INPUTS, None))


@arrays.taken("inputs alone in a tuple")
def inputs_in_a_tuple():
    return unlabelled((INPUTS,))


@arrays.taken("one array in a tuple, with labels beside it")
def one_in_a_tuple():
    return labelled(((INPUTS,), LABELS))


@arrays.taken("one array in a dict, with labels beside it")
def one_in_a_dict():
    return labelled(({"x": INPUTS}, LABELS))


@arrays.taken("nested lists of numbers")
def nested_lists():
    return labelled((INPUTS.tolist(), LABELS.tolist()))


@arrays.taken("a list of arrays and a list of labels")
def lists_of_arrays():
    return labelled((list(INPUTS), list(LABELS)))


@arrays.taken("a list of tensors")
def lists_of_tensors():
    return labelled((list(TENSOR), LABELS))


@arrays.taken("arrays of Python objects that are numbers")
def objects():
    return labelled((INPUTS.astype(object), LABELS))


@arrays.taken("arrays in the other order of bytes")
def other_bytes():
    return labelled((INPUTS.astype(">f4"), LABELS.astype(">i8")))


@arrays.taken("arrays that are read-only")
def read_only():
    inputs = INPUTS.copy()
    inputs.setflags(write=False)
    return labelled((inputs, LABELS))


@arrays.taken("a file that is mapped to memory")
def mapped():
    path = Path(tempfile.mkdtemp()) / "inputs.npy"
    np.save(path, INPUTS)
    mapped_inputs = np.load(path, mmap_mode="r+")
    path.unlink()
    path.parent.rmdir()
    return labelled((mapped_inputs, LABELS))


@arrays.taken("tensors of PyTorch, with gradients")
def torch_tensors():
    return labelled((TENSOR.clone().requires_grad_(), LABEL_TENSOR))


@arrays.taken("tensors of TensorFlow")
def tensorflow_tensors():
    return labelled((tf.constant(INPUTS), tf.constant(LABELS)))


@arrays.taken("bfloat16 of PyTorch, read as float32")
def bfloat16():
    return Data((TENSOR.bfloat16(), LABELS), TENSOR.bfloat16().float().numpy(), LABELS)


@arrays.taken("bfloat16 of TensorFlow, read as float32")
def tensorflow_bfloat16():
    return Data((tf.cast(INPUTS, tf.bfloat16), LABELS), TENSOR.bfloat16().float().numpy(), LABELS)


@arrays.taken("sparse matrices of SciPy")
def scipy_sparse():
    return labelled((scipy.sparse.csr_array(INPUTS), LABELS))


@arrays.taken("sparse tensors of PyTorch")
def torch_sparse():
    return labelled((TENSOR.to_sparse(), LABELS))


@arrays.taken("sparse tensors of TensorFlow")
def tensorflow_sparse():
    return labelled((tf.sparse.from_dense(INPUTS), LABELS))


@arrays.taken("whole numbers, such as token ids, with all their digits")
def token_ids():
    ids = np.arange(2**24, 2**24 + 2 * ROWS).reshape(ROWS, 2)
    return Data((ids, LABELS), ids, LABELS)


@arrays.taken("a data frame and a series")
def frame_and_series():
    return labelled((FRAME, pd.Series(LABELS)))


@arrays.taken("a data frame and categories of pandas")
def frame_and_categories():
    return labelled((FRAME, pd.Categorical(LABELS)))


@arrays.taken("a data frame with a column of labels")
def frame_with_labels():
    return labelled(FRAME.assign(label=LABELS))


@arrays.taken("a data frame of inputs alone")
def frame_alone():
    return unlabelled(FRAME)


@arrays.taken("a dict of columns")
def columns():
    return labelled({"x": INPUTS, "y": LABELS})


@arrays.refused("a masked array", "a masked array")
def masked():
    return Data((MASKED, LABELS))


@arrays.refused("masked labels", "labels: a masked array")
def masked_labels():
    return Data((INPUTS, np.ma.masked_array(LABELS)))


@arrays.refused("inputs that are not finite", "inputs: sample 3 holds nan")
def not_finite():
    inputs = INPUTS.copy()
    inputs[3, 1] = np.nan
    return Data((inputs, LABELS))


@arrays.refused("complex numbers", "inputs: inputs are no numbers")
def complex_numbers():
    return Data((INPUTS.astype("c8"), LABELS))


@arrays.refused("text", "inputs: inputs are no numbers")
def text():
    return Data((["a", "b"], [0, 1]))


@arrays.refused("one number a sample without an axis for it", "inputs: no samples")
def one_axis():
    return Data((INPUTS[:, 0], LABELS))


@arrays.refused("labels of another length", "labels: labels do not fit the inputs")
def other_length():
    return Data((INPUTS, LABELS[:5]))


@arrays.refused("inputs and labels that are swapped", "inputs and labels seem to be swapped")
def swapped():
    return Data((LABELS, INPUTS))


@arrays.refused("a tensor on the device `meta`", "inputs: a tensor on the device 'meta' holds no data")
def meta():
    return Data((torch.empty(4, 3, device="meta"), None))


@arrays.refused("a nested tensor of PyTorch", "inputs: a nested tensor ")
def nested_tensor():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a prototype of PyTorch
        return Data((torch.nested.nested_tensor([torch.rand(2), torch.rand(3)]), [0, 1]))


@arrays.refused("a sparse matrix too large to be made dense", "inputs: a sparse array too large")
def large_sparse():
    return Data((scipy.sparse.csr_array((10**6, 10**6)), None))


@arrays.refused("two lists in a list", "dataset: two lists in a list")
def two_lists():
    return Data([[1.0, 2.0], [0.0, 1.0]])


@arrays.refused("several data sets in a dict", "dataset: several data sets")
def several_data_sets():
    return Data({"train": TENSORS, "test": TENSORS})


@arrays.refused("the path of a file", "dataset: not a data set")
def path():
    return Data("images.npz")


@arrays.refused("a single number", "dataset: not a data set")
def number():
    return Data(np.float32(3))
