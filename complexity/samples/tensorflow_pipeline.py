"""What a `tf.data.Dataset` says of itself; TensorFlow is not imported."""

from __future__ import annotations

from typing import Any

from ..errors import InputError

# Steps of a pipeline that hand on samples as samples and batches as batches, by the names of their classes.
HANDING_ON = {
    "Prefetch",
    "Shuffle",
    "Take",
    "Skip",
    "Repeat",
    "Cache",
    "Options",
    "Shard",
    "Filter",
    "Concatenate",
    "Zip",
    "TakeWhile",
    "Snapshot",
    "IgnoreErrors",
    "AssertCardinality",
    "Model",
    "MaxIntraOpParallelism",
    "PrivateThreadPool",
}
UNREADABLE = {"RaggedTensorSpec": "ragged tensors", "DatasetSpec": "data sets inside the data set"}


def is_pipeline(dataset: Any) -> bool:
    """Whether something is a `tf.data.Dataset`."""
    return hasattr(dataset, "element_spec") and hasattr(dataset, "as_numpy_iterator")


def says_batched(dataset: Any) -> bool | None:
    """Whether the steps of a pipeline make batches; None where they do not tell, as for a generator.

    Shapes do not tell: sequences (10, 8) with one-hot labels (10,) look like a batch of 10.

    Raises
    ------
    InputError
        For batches of batches.
    """
    name = type(dataset).__name__.strip("_").removesuffix("V2").removesuffix("Dataset").removesuffix("V1")
    if name == "TensorSlice":
        return False
    if "Unbatch" in name:
        return False
    found = [says_batched(part) for part in _sources(dataset)]
    if name == "Rebatch":
        return True
    if "Batch" in name:
        if found == [True]:
            expected = "one call of .batch(), or batched=True where the first makes one sample"
            raise InputError("batches of batches", field="dataset", expected=expected, found="two calls of .batch()")
        return True
    if name in HANDING_ON:
        return found[0] if found and len(set(found)) == 1 else None
    # A function can make a batch of one sample (such as of a number), but hardly one sample of a batch.
    return True if name in ("Map", "ParallelMap") and found == [True] else None


def check_readable(element_spec: Any) -> None:
    """Raise an InputError, in words, for parts that NumPy has no arrays for."""
    parts = element_spec.values() if isinstance(element_spec, dict) else element_spec
    if isinstance(element_spec, (tuple, list, dict)):
        for part in parts:
            check_readable(part)
    elif type(element_spec).__name__ in UNREADABLE:
        expected = "tensors of one shape for all samples, such as by .to_tensor() or .padded_batch()"
        raise InputError(UNREADABLE[type(element_spec).__name__], field="dataset", expected=expected)


def _sources(dataset: Any) -> list[Any]:
    sources = getattr(dataset, "_inputs", None)  # private, and None is the answer wherever it is missing
    return list(sources()) if callable(sources) else []
