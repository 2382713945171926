"""Checkpoints: a folder an epoch, which appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from complexity.errors import InputError


def save_checkpoint(folder: Path, epoch: int, network: nn.Module, optimizer: torch.optim.Optimizer) -> Path:
    """Write `FOLDER/EPOCH/{weights.safetensors, optimizer.pt}` and remove older ones."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{epoch:04d}"
    draft = Path(tempfile.mkdtemp(dir=folder, prefix=".draft."))
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(weights, draft / "weights.safetensors", metadata={"epoch": str(epoch)})
    torch.save(optimizer.state_dict(), draft / "optimizer.pt")
    draft.chmod(0o755)  # mkdtemp's folders are for their owner alone
    os.replace(draft, target)
    for other in folder.iterdir():
        if other != target:
            shutil.rmtree(other)
    return target


def last_checkpoint(folder: Path) -> int | None:
    """The epoch of the last checkpoint; None if there is none."""
    return max((int(one.name) for one in folder.glob("[0-9]*")), default=None)


def load_checkpoint(folder: Path, epoch: int, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Bring network and optimizer to where a checkpoint left them.

    Raises
    ------
    InputError
        If a file is missing or damaged, or belongs to another network.
    """
    weights_file, optimizer_file = (folder / f"{epoch:04d}" / name for name in ("weights.safetensors", "optimizer.pt"))
    load_weights(weights_file, network)
    try:
        state = torch.load(optimizer_file, map_location="cpu", weights_only=True)
        optimizer.load_state_dict(state)
    except Exception as error:  # torch.load raises nearly anything on a damaged file
        raise InputError(f"no optimizer's state can be read: {_first_line(error)}", file=optimizer_file) from error


def load_weights(file: Path, network: nn.Module) -> None:
    """Fill a network with the weights of a file.

    Raises
    ------
    InputError
        If the file is missing or damaged, or holds the weights of another network.
    """
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise InputError(f"no weights can be read: {_first_line(error)}", file=file) from error
    wanted = network.state_dict()
    odd = sorted(set(wanted) ^ set(weights))
    if odd:
        where = "the file" if odd[0] in weights else "the network"
        raise InputError(f"weights of another network: only {where} has this one", file=file, field=odd[0])
    for name, tensor in wanted.items():
        if tensor.shape != weights[name].shape:
            shapes = tuple(tensor.shape), tuple(weights[name].shape)
            raise InputError("weights of another network", file=file, field=name, expected=shapes[0], found=shapes[1])
    network.load_state_dict(weights)


def _first_line(error: Any) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
