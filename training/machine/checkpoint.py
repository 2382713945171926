"""Checkpoints: a folder an epoch, which appears whole or not at all and says by checksums what it holds.

    FOLDER/0012/weights.safetensors, optimizer.pt    the network's and the optimizer's state
    FOLDER/0012/progress.json                        what else its maker wants to find again
    FOLDER/0012/checksums.json                       the epoch, and size and SHA-256 of the files beside it

The last two are kept: where one is damaged, training goes on from the one before.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from complexity.errors import InputError, first_line, warn
from pgdl_eval.formats.atomic import json_text, place_folder, write_bytes

from .checkpoint_files import (
    CHECKSUMS,
    OPTIMIZER,
    PROGRESS,
    WEIGHTS,
    DamagedFile,
    check_files,
    checksums_of,
    files_of,
    read_file,
)  # fmt: skip

KEPT = 2

Progress = Mapping[str, Any]
NO_PROGRESS: Progress = MappingProxyType({})


def save_checkpoint(
    folder: Path, epoch: int, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress = NO_PROGRESS
) -> Path:
    """Write a checkpoint, which is on the disk when this returns, and remove all but the last ones.

    Parameters
    ----------
    progress : is given back by `resume`; JSON.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    state = io.BytesIO()
    torch.save(optimizer.state_dict(), state)
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    files = {WEIGHTS: save(weights, {"epoch": str(epoch)}), OPTIMIZER: state.getvalue()}
    if progress:
        files[PROGRESS] = json_text(dict(progress)).encode()
    files[CHECKSUMS] = json_text(checksums_of(epoch, files)).encode()
    draft, target = folder / ".draft", folder / f"{epoch:04d}"
    shutil.rmtree(draft, ignore_errors=True)
    for name, content in files.items():
        write_bytes(draft / name, content)
    place_folder(draft, target)
    _remove_others(folder, epoch)
    return target


def resume(
    folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer, check: Callable[[int], None] | None = None
) -> tuple[int, Progress] | None:
    """Bring network and optimizer to the last checkpoint that is whole; later ones are removed, with a warning.

    Parameters
    ----------
    check : called with an epoch, raises DamagedFile where something else that belongs to it is damaged.

    Returns
    -------
    The epoch and what was given to `save_checkpoint`; None, with network and optimizer as they were, if there is none.

    Raises
    ------
    InputError
        If the checkpoint is that of another network.
    """
    found, damages = None, []
    for epoch in sorted(_epochs(folder), reverse=True):
        try:
            if check is not None:
                check(epoch)
            found = epoch, load_checkpoint(folder, epoch, network, optimizer)
            break
        except DamagedFile as damage:
            damages.append(str(damage))
    for text in dict.fromkeys(damages):
        warn(f"{text}; training goes on from {f'epoch {found[0]}' if found else 'its start'}")
    _remove_others(folder, found[0] if found else -1)
    return found


def load_checkpoint(folder: Path, epoch: int, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Bring network and optimizer to where a checkpoint left them, or leave both as they are.

    Returns
    -------
    What was given to `save_checkpoint`.

    Raises
    ------
    DamagedFile
        If a file is missing, or not what was written.
    InputError
        If the checkpoint is that of another network.
    """
    checkpoint = folder / f"{epoch:04d}"
    files = files_of(checkpoint)
    if (checkpoint / CHECKSUMS).exists():
        check_files(checkpoint, epoch, files)
    else:
        warn(f"{checkpoint}: a checkpoint of an earlier version, without checksums: that it is whole is not known")
    weights = _weights(checkpoint / WEIGHTS, files[WEIGHTS], network)
    try:
        state = torch.load(io.BytesIO(files[OPTIMIZER]), map_location="cpu", weights_only=True)
        optimizer.load_state_dict(state)
        progress = json.loads(files.get(PROGRESS, b"{}"))
    except Exception as error:  # torch.load raises nearly anything on a damaged file
        file = checkpoint / OPTIMIZER
        raise DamagedFile(f"no optimizer's state can be read: {first_line(error)}", file=file) from error
    network.load_state_dict(weights)
    return dict(progress)


def load_weights(file: Path, network: nn.Module) -> None:
    """Fill a network with the weights of a file.

    Raises
    ------
    InputError
        If the file is missing or damaged, or holds the weights of another network.
    """
    network.load_state_dict(_weights(file, read_file(file), network))


def _weights(file: Path, content: bytes, network: nn.Module) -> dict[str, Tensor]:
    """The weights of a file, which fit the network."""
    try:
        weights: dict[str, Tensor] = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise DamagedFile(f"no weights can be read: {first_line(error)}", file=file) from error
    wanted = network.state_dict()
    odd = sorted(set(wanted) ^ set(weights))
    if odd:
        where = "the file" if odd[0] in weights else "the network"
        raise InputError(f"weights of another network: only {where} has this one", file=file, field=odd[0])
    for name, tensor in wanted.items():
        if tensor.shape != weights[name].shape:
            shapes = tuple(tensor.shape), tuple(weights[name].shape)
            raise InputError("weights of another network", file=file, field=name, expected=shapes[0], found=shapes[1])
    return weights


def _epochs(folder: Path) -> list[int]:
    return sorted(int(one.name) for one in folder.glob("[0-9]*") if one.name.isdecimal())


def _remove_others(folder: Path, last: int) -> None:
    """Remove all but the last checkpoints up to this epoch."""
    kept = {f"{epoch:04d}" for epoch in [one for one in _epochs(folder) if one <= last][-KEPT:]}
    for other in folder.glob("*"):
        if other.name not in kept:
            shutil.rmtree(other)
