"""All that changes the outcome of a run, beside its seed and its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from complexity.errors import InputError, unknown_name

from .optimization import Optimization

PRECISIONS = ("float32", "bfloat16")
OPTIONAL = ("train_limit", "test_limit", "iteration_records")


@dataclass(frozen=True)
class Settings:
    """Settings of a run.

    Attributes
    ----------
    network, network_arguments : a name and arguments of `networks.NETWORKS`.
    paradigm, paradigm_arguments : a name and arguments of `paradigms.PARADIGMS`.
    optimization : optimizer and learning rate.
    epochs, batch_size : length and grain of the run.
    train_limit, test_limit : so many rows of the data set; all for None.
    subset_rows : rows of what is recorded within the first epoch and layer by layer.
    iteration_records : how many iterations of the first epoch are recorded, spread evenly in the logarithm; all for 0;
        None means all on a GPU and 30 on the processor.
    p_vectors : k.
    block_records : whether each residual block's P-vector is recorded.
    shuffled_labels : whether the training labels are shuffled once, as a reference that has nothing to generalize.
    image_size : side of the images read from a folder of image files.
    precision : `float32` or `bfloat16`, of products in training on the processor; records are made in float32, and a
        GPU trains in bfloat16 whatever this says.
    """

    network: str
    paradigm: str
    optimization: Optimization
    epochs: int
    network_arguments: Mapping[str, Any] = field(default_factory=dict)
    paradigm_arguments: Mapping[str, Any] = field(default_factory=dict)
    batch_size: int = 128
    train_limit: int | None = None
    test_limit: int | None = None
    subset_rows: int = 5000
    iteration_records: int | None = None
    p_vectors: int = 6
    block_records: bool = False
    shuffled_labels: bool = False
    image_size: int = 64
    precision: str = "float32"


def changed(settings: Any, name: str, value: Any) -> Any:
    """Settings with one field changed; a dot leads into a field's own fields, as in `optimization.learning_rate`.

    Raises
    ------
    InputError
        If there is no such field, or it holds values of another type.
    """
    head, _, rest = name.partition(".")
    if head not in {one.name for one in fields(settings)}:
        raise unknown_name("setting", head, [one.name for one in fields(settings)])
    old = getattr(settings, head)
    if rest:
        if not is_dataclass(old):
            raise InputError("the setting has no parts", field=head, found=name)
        return replace(settings, **{head: changed(old, rest, value)})
    kinds: tuple[type, ...] = (int, type(None)) if name in OPTIONAL else (type(old),)
    value = float(value) if kinds == (float,) and type(value) is int else value
    if type(value) not in kinds or is_dataclass(old):
        raise InputError("a setting of another type", field=name, expected=kinds[0].__name__, found=repr(value))
    if name == "precision" and value not in PRECISIONS:
        raise unknown_name("precision", value, PRECISIONS)
    return replace(settings, **{head: value})
