"""What comes of every kind of one part of the battery, printed as JSON.

Run as `python tests/battery/observe.py PART` by `outcomes.py`, in a process of its own, because the backend of Keras is
chosen when it is imported.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from kinds.kind import Kind

Observed = Iterator[tuple[Kind, Callable[[], dict[str, Any]]]]  # kinds, each with what observes it


def data() -> Observed:
    from kinds import data_in_memory, data_items, data_labels, data_loaders
    from observe_data import observe_data

    memory = data_in_memory.arrays, data_items.items, data_items.several
    loaders = data_loaders.torch_kinds, data_loaders.keras_kinds, data_loaders.others
    for group in (*memory, *loaders, data_labels.kinds):
        for kind in group.all:
            yield kind, lambda kind=kind: observe_data(kind)


def kinds_of_torch() -> Iterator[Kind]:
    from kinds import torch_ends, torch_layers, torch_sequences, torch_structures, torch_wrapped

    layers = torch_layers.kinds, torch_sequences.kinds
    for group in (*layers, torch_structures.kinds, torch_wrapped.kinds, torch_ends.ends, torch_ends.doubtful):
        yield from group.all


def torch_models() -> Observed:
    import torch
    from observe_models import observe_model

    for kind in kinds_of_torch():
        torch.manual_seed(kind.seed)
        yield kind, lambda kind=kind: observe_model(kind.make())


def onnx_graphs() -> Observed:
    from kinds.onnx_exports import exports
    from observe_models import observe_model

    for kind, built in exports(kinds_of_torch()):
        yield kind, lambda built=built: observe_model(built)


def keras_models(k: Any, *more: Any) -> Observed:
    from kinds import keras_ends, keras_layers, keras_structures
    from observe_models import observe_model

    gc.freeze()  # each session that is cleared collects garbage: not in all that was imported
    structures = keras_structures.kinds, keras_structures.wrapped, *more
    for group in (keras_layers.kinds, *structures, keras_ends.ends, keras_ends.doubtful):
        for kind in group.all:
            k.backend.clear_session()
            k.utils.set_random_seed(kind.seed)
            yield kind, lambda kind=kind: observe_model(kind.make(k))


def kinds_of(part: str) -> Observed:
    if part == "data":
        return data()
    if part == "PyTorch":
        return torch_models()
    if part == "ONNX":
        return onnx_graphs()
    if part == "tf_keras":
        import tf_keras

        return keras_models(tf_keras)
    import keras
    from kinds.keras_structures import of_keras_3

    return keras_models(keras, of_keras_3)


def main(part: str) -> None:
    found = []
    for kind, observe in kinds_of(part):
        started = time.process_time()
        expected = {"kind": kind.name, "group": kind.group, "expected": kind.comes, "expected_words": kind.words}
        found.append(expected | observe())
        print(f"{time.process_time() - started:6.2f} s {kind.name}", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
