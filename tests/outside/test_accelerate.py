"""Models and loaders that the package accelerate has prepared."""

import numpy as np
import pytest
import torch
from outside_kinds import LABELS, ROWS, check_error, rows
from reference_angle import reference
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from complexity import complexity

accelerate = pytest.importorskip("accelerate")

X = np.random.default_rng(0).random((ROWS, 4), dtype=np.float32)


@pytest.fixture(autouse=True)
def alone():
    """Its settings belong to the whole process."""
    yield
    accelerate.state.AcceleratorState._reset_state(True)
    accelerate.state.GradientState._reset_state()


class Pairs(IterableDataset):
    def __iter__(self):
        return iter(zip(torch.tensor(X), torch.tensor(LABELS), strict=True))


def loader(**settings):
    return DataLoader(TensorDataset(torch.tensor(X), torch.tensor(LABELS)), **{"batch_size": 5, **settings})


def prepared(*parts, **settings):
    return accelerate.Accelerator(cpu=True, **settings).prepare(*parts)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def on_no_device():
    with accelerate.init_empty_weights():
        return network()


NETWORKS = {
    "prepared": lambda: prepared(network()),
    "prepared and compiled": lambda: prepared(torch.compile(network(), backend="eager")),
    "prepared with mixed_precision='bf16'": lambda: prepared(network(), mixed_precision="bf16"),
    "unwrap_model": lambda: accelerate.Accelerator(cpu=True).unwrap_model(prepared(network())),
    "init_empty_weights": on_no_device,
    "cpu_offload": lambda: accelerate.cpu_offload(network(), execution_device="cpu"),
}
DATA = {
    "a prepared DataLoader": lambda: prepared(loader()),
    "a prepared DataLoader of an iterable data set": lambda: prepared(DataLoader(Pairs(), batch_size=5)),
    "a prepared DataLoader with one sample a batch": lambda: prepared(loader(batch_size=1)),
}


def test_every_kind_has_a_row():
    assert set(NETWORKS) == set(rows("accelerate", "networks"))
    assert set(DATA) == set(rows("accelerate", "data"))


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks(kind):
    row, made = rows("accelerate", "networks")[kind], NETWORKS[kind]()
    if row["comes"] == "error":
        check_error(row, lambda: complexity(made, (X, LABELS)))
        return
    given = []
    hook = getattr(made, "_orig_mod", made)[2].register_forward_pre_hook(lambda _, args: given.append(args[0]))
    with torch.no_grad():
        made(torch.tensor(X))
    hook.remove()
    assert float(complexity(made, (X, LABELS))) == pytest.approx(reference(given[0].float(), X), abs=1e-4)


@pytest.mark.parametrize("kind", DATA)
def test_data(kind):
    assert rows("accelerate", "data")[kind]["comes"] == "taken"
    model, dataset = network(), DATA[kind]()
    with torch.no_grad():
        hidden = model[:2](torch.tensor(X))
    found = complexity(model, dataset)
    assert float(found) == pytest.approx(reference(hidden, X), abs=1e-4)
    assert found.details["samples"] == ROWS


def test_loaders_without_their_first_batches_are_read_from_there():
    found = complexity(network(), accelerate.skip_first_batches(loader(), 1))
    assert float(found) == float(complexity(network(), (X[5:], LABELS[5:])))
