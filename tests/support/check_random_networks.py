"""Random networks against what must come of them: `python tests/support/check_random_networks.py torch 0 20000`."""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from random_networks import SAMPLES, Expected, Layout, rows, same_rows

from complexity import InputError
from complexity.models import adapt
from complexity.models.features import feature_matrix, look


def check_torch(seed: int) -> str:
    """Nothing if the library does with the network of this seed what it must, and else what is wrong."""
    from random_torch_networks import compose
    from random_torch_program import take_notes

    network, x, expected, asked = compose(seed)
    dtype = next(iter(network.parameters()), torch.zeros(1)).dtype
    notes = take_notes(compose(seed)[0], torch.tensor(x).to(dtype))
    return _check(network, x, expected, asked, notes, _torch_state)


def check_keras(seed: int) -> str:
    """The same for a Keras model."""
    from random_keras_networks import compose

    model, x, expected, asked, notes = compose(seed)
    return _check(model, x, expected, asked, notes, _keras_state)


def _check(network: Any, x: Any, expected: Expected, asked: Any, noted: Any, state: Callable[[Any], list[str]]) -> str:
    before, given = state(network), x.copy()
    wrong = _features(network, given, expected, asked, noted) or _logits(network, given, expected, asked, noted)
    if not wrong and not np.array_equal(given, x):
        wrong = "the inputs were written into"
    return wrong or ("" if before == state(network) else "the network or the random state was changed")


def _features(network: Any, x: Any, expected: Expected, asked: Any, noted: Any) -> str:
    try:
        model = adapt(network, **asked)
        found = feature_matrix(model, x)
    except InputError as error:
        right = expected.refused is not False or _between(expected.chosen.parents[0].layout)
        return "" if right else f"refused: {error}; expected {expected.why}"
    findings = look(model, "features", x)
    taken = f"taken: {findings.place.layer}; expected {expected.why}"
    if expected.refused:
        return taken
    chosen = expected.chosen
    wanted = rows(noted[chosen.number, "input"], chosen.parents[0].layout, len(x))
    if not same_rows(found, wanted):
        return f"other features {found.shape}, {wanted.shape}: {taken}"
    if expected.beside is not None and findings.beside != expected.beside:
        return f"beside is {findings.beside}: {taken}"
    if expected.refused is None and not findings.doubts:
        return f"no doubt: {taken}"
    return f"spread {findings.spread}, {findings.batch_spread}" if findings.spread or findings.batch_spread else ""


def _logits(network: Any, x: Any, expected: Expected, asked: Any, noted: Any) -> str:
    if expected.logits is not None and (expected.logits.number, "output") not in noted:
        return ""  # of a network without steps
    try:
        found = feature_matrix(adapt(network, **asked), x, layer="logits")
    except InputError as error:
        right = (
            expected.logits is None
            or _between(expected.logits.layout)
            or "the model has no dense or convolutional layer" in str(error)
        )
        return "" if right else f"logits are refused: {error}"
    if expected.logits is None:
        return "logits of none of several outputs"
    wanted = rows(noted[expected.logits.number, "output"], expected.logits.layout, len(x))
    return "" if same_rows(found, wanted) else f"other logits {found.shape}, {wanted.shape}"


def _between(layout: Layout) -> bool:
    """Whether samples are folded between other axes, so that an error is right."""
    return any(group.index(SAMPLES) not in (0, len(group) - 1) for group in layout if SAMPLES in group)


def _torch_state(network: Any) -> list[str]:
    """What a look must leave as it was: weights, flags, hooks, random states."""
    flags = [part.training for part in network.modules()]
    weights = [(one.requires_grad, one.grad is None) for one in network.parameters()]
    hooks = [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in network.modules()]
    arrays = [*network.state_dict().values(), torch.get_rng_state()]
    return [str((flags, weights, hooks)), *_digests(arrays), str(np.random.get_state())]  # noqa: NPY002


def _keras_state(model: Any) -> list[str]:
    layers = model._flatten_layers()
    attributes = [sorted(vars(layer)) for layer in layers]
    return [str(attributes), *_digests(model.get_weights()), str(np.random.get_state())]  # noqa: NPY002


def _digests(arrays: Any) -> list[str]:
    return [hashlib.sha256(np.ascontiguousarray(one).tobytes()).hexdigest() for one in arrays]


def failures(check: Any, seeds: Any) -> dict[int, str]:
    """What is wrong, by seed; a foreign exception with its last lines."""
    found = {}
    for seed in seeds:
        try:
            wrong = check(seed)
        except Exception:
            wrong = "".join(traceback.format_exc().splitlines(keepends=True)[-40:])
        if wrong:
            found[seed] = wrong
    return found


def main() -> None:
    check = {"torch": check_torch, "keras": check_keras}[sys.argv[1]]
    first, last = int(sys.argv[2]), int(sys.argv[3])
    wrong: Counter[str] = Counter()
    for seed in range(first, last):
        for text in failures(check, [seed]).values():
            print(f"--- {seed}: {text}", flush=True)
            wrong[text.partition(" ")[0]] += 1
    print(f"{last - first} networks, {sum(wrong.values())} wrong: {dict(wrong)}")


if __name__ == "__main__":
    main()
