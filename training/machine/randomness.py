"""Every random draw has its own generator, made of the run's seed and what it is for: so no state is ever saved."""

from __future__ import annotations

import hashlib

import torch


def stream_seed(seed: int, purpose: str, number: int = 0) -> int:
    """A seed of its own for each purpose and number, such as that of an epoch."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(device: torch.device, seed: int, purpose: str, number: int = 0) -> torch.Generator:
    """A generator on a device that starts at `stream_seed`."""
    return torch.Generator(device).manual_seed(stream_seed(seed, purpose, number))
