"""Kinds of labels, and what measures that need classes say of them; the others do not look at them."""

import numpy as np

from .data_parts import INPUTS, LABELS, ONE_HOT, ROWS, Data
from .kind import Kinds

kinds = Kinds("Labels")


def of(labels):
    return Data((INPUTS, labels), INPUTS, LABELS)


@kinds.taken("class numbers, of any type of whole numbers")
def class_numbers():
    return of(LABELS.astype(np.uint8))


@kinds.taken("whole floats")
def whole_floats():
    return of(LABELS.astype(float))


@kinds.taken("class numbers in a column")
def column():
    return of(LABELS[:, None])


@kinds.taken("class numbers as Python objects")
def objects():
    return of(LABELS.astype(object))


@kinds.taken("one-hot rows, of numbers or of truth values")
def one_hot():
    return of(ONE_HOT.astype(bool))


@kinds.refused("several labels a sample (rows that do not sum to one)", "label rows are not one-hot: that of sample 1")
def multi_label():
    rows = ONE_HOT.copy()
    rows[1] = 1
    return Data((INPUTS, rows))


@kinds.refused("soft labels", "labels are soft: rows of probabilities")
def soft():
    return Data((INPUTS, ONE_HOT * 0.9 + 0.1 / 3))


@kinds.refused("-1, for no label", "a label is negative")
def negative():
    return Data((INPUTS, np.where(np.arange(ROWS) == 4, -1, LABELS)))


@kinds.refused("NaN", "the label of sample 4 is nan")
def nan():
    return Data((INPUTS, np.where(np.arange(ROWS) == 4, np.nan, LABELS)))


@kinds.refused("text", "labels are text")
def text():
    return Data((INPUTS, np.array(["cat", "dog"] * (ROWS // 2))))


@kinds.refused("targets of a regression", "labels are targets of a regression")
def targets():
    return Data((INPUTS, LABELS + 0.25))


@kinds.refused("several targets a sample", "labels are targets of a regression")
def several_targets():
    return Data((INPUTS, np.full((ROWS, 2), 0.7)))


@kinds.refused("a label for each time step", "labels are several a sample, such as one for each time step")
def in_time():
    return Data((INPUTS, np.full((ROWS, 6), 2)))


@kinds.refused("masks", "labels are masks, or several a sample")
def masks():
    return Data((INPUTS, np.zeros((ROWS, 8, 8), int)))


@kinds.refused("dates", "labels are no numbers")
def dates():
    return Data((INPUTS, np.zeros(ROWS, "M8[D]")))
