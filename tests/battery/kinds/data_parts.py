"""What the kinds of data share: the samples that each should give."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import TensorDataset

ROWS = 20
_rng = np.random.default_rng(0)
INPUTS = _rng.random((ROWS, 4), dtype=np.float32)
OTHER = _rng.random((ROWS, 2, 3), dtype=np.float32)
LABELS = np.arange(ROWS) % 3
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
WEIGHTS = np.ones(ROWS, np.float32)
TENSOR, LABEL_TENSOR = torch.tensor(INPUTS), torch.tensor(LABELS)
PAIRS = list(zip(INPUTS, LABELS, strict=True))
COLUMNS = [{"image": row, "label": label} for row, label in PAIRS]
TENSORS = TensorDataset(TENSOR, LABEL_TENSOR)


@dataclass(frozen=True)
class Data:
    """A data set, and the samples that it should give.

    Attributes
    ----------
    data : as a user has it.
    inputs, labels : what should be read; labels are None where there are none.
    batched : the answer to whether its items are batches; None where it is not given.
    """

    data: Any
    inputs: Any = None
    labels: Any = None
    batched: bool | None = None


def labelled(data, batched=None):
    """Data that should give the usual samples with their labels."""
    return Data(data, INPUTS, LABELS, batched)


def unlabelled(data):
    """Data that should give the usual samples without labels."""
    return Data(data, INPUTS)
