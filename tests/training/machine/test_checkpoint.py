"""A checkpoint is taken as it was written, or not at all."""

import random
import shutil

import pytest
import torch

from complexity.errors import InputWarning
from training.machine.checkpoint import load_checkpoint, resume, save_checkpoint
from training.machine.checkpoint_files import DamagedFile


def make():
    """A small network with an optimizer that has a state."""
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.SGD(network.parameters(), 0.1, 0.9)
    network(torch.randn(5, 3)).square().sum().backward()
    optimizer.step()
    return network, optimizer


def bits(network):
    return [tensor.clone() for tensor in network.state_dict().values()]


def same(first, second):
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.fixture
def saved(tmp_path):
    """Checkpoints of four epochs, and the weights of each."""
    weights = {}
    for epoch in range(4):
        network, optimizer = make()
        save_checkpoint(tmp_path, epoch, network, optimizer, {"seconds": 0.5 + epoch})
        weights[epoch] = bits(network)
    return tmp_path, weights


def test_the_last_two_checkpoints_are_kept_and_the_last_is_taken(saved):
    folder, weights = saved
    assert sorted(path.name for path in folder.iterdir()) == ["0002", "0003"]
    network, optimizer = make()
    assert resume(folder, network, optimizer) == (3, {"seconds": 3.5})
    assert same(bits(network), weights[3])


def test_each_of_3000_flipped_bits_is_noticed_and_nothing_of_that_checkpoint_is_taken(saved):
    folder, _ = saved
    draws, files = random.Random(0), sorted((folder / "0003").iterdir())
    assert len(files) == 4
    network, optimizer = make()
    before, state = bits(network), str(optimizer.state_dict())
    taken = []
    for _ in range(3000):
        file = draws.choice(files)
        whole = file.read_bytes()
        place = draws.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        file.write_bytes(damaged)
        try:
            load_checkpoint(folder, 3, network, optimizer)
            taken.append((file.name, place))
        except DamagedFile as damage:
            taken += [] if str(damage).startswith(str(folder / "0003")) else [(file.name, place)]
        file.write_bytes(whole)
    assert taken == []
    assert same(bits(network), before)
    assert str(optimizer.state_dict()) == state
    load_checkpoint(folder, 3, network, optimizer)


def test_where_the_last_is_damaged_the_one_before_is_taken_and_where_all_are_none(saved):
    folder, weights = saved
    network, optimizer = make()
    untouched = bits(network)
    (folder / "0003" / "optimizer.pt").write_bytes(b"damaged")
    with pytest.warns(InputWarning, match=r"0003/optimizer.pt: not what was written .*; training goes on from epoch 2"):
        assert resume(folder, network, optimizer) == (2, {"seconds": 2.5})
    assert same(bits(network), weights[2])
    assert sorted(path.name for path in folder.iterdir()) == ["0002"]
    (folder / "0002" / "weights.safetensors").unlink()
    network.load_state_dict(dict(zip(network.state_dict(), untouched, strict=True)))
    with pytest.warns(InputWarning, match=r"0002/weights.safetensors: .*; training goes on from its start"):
        assert resume(folder, network, optimizer) is None
    assert same(bits(network), untouched)
    assert list(folder.iterdir()) == []


def test_the_checkpoint_of_another_epoch_under_this_ones_name_is_noticed(saved):
    folder, _ = saved
    shutil.rmtree(folder / "0003")
    (folder / "0002").rename(folder / "0003")
    with pytest.raises(DamagedFile, match=r"0003/checksums.json: the checksums of another checkpoint"):
        load_checkpoint(folder, 3, *make())


def test_a_checkpoint_of_a_version_without_checksums_is_taken_and_that_is_said(saved):
    folder, weights = saved
    (folder / "0003" / "checksums.json").unlink()
    network, optimizer = make()
    with pytest.warns(InputWarning, match="0003: a checkpoint of an earlier version, without checksums"):
        assert resume(folder, network, optimizer) == (3, {"seconds": 3.5})
    assert same(bits(network), weights[3])


def test_what_a_crash_left_of_a_checkpoint_is_replaced(saved):
    folder, _ = saved
    (folder / ".draft").mkdir()
    (folder / ".draft" / "weights.safetensors").write_bytes(b"half")
    (folder / "0004").mkdir()
    (folder / "0004" / "weights.safetensors").write_bytes(b"half")
    network, optimizer = make()
    save_checkpoint(folder, 4, network, optimizer)
    assert sorted(path.name for path in folder.iterdir()) == ["0003", "0004"]
    assert resume(folder, network, optimizer) == (4, {})
