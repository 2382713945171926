"""The device that a run uses, and what is done differently on a GPU."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from complexity.errors import InputError, first_line

# In the messages of PyTorch's RuntimeErrors: on the processor, on a GPU, in one of its libraries.
LACK_OF_MEMORY = ("can't allocate memory", "out of memory", "ALLOC_FAILED")
ADVICE = "lower batch_size, subset_rows, train_limit or test_limit by --set"


@dataclass(frozen=True)
class Device:
    """A device of PyTorch. Networks lie in memory with channels last; on CUDA training runs compiled, in bfloat16.

    Attributes
    ----------
    bfloat16 : whether it is so on the processor too, but for the compilation: about twice as fast where the processor
        multiplies in this precision.
    """

    torch: torch.device
    bfloat16: bool = False

    @property
    def fast(self) -> bool:
        return self.torch.type == "cuda"

    def place(self, network: nn.Module) -> nn.Module:
        """The network on the device, its convolutions with channels last: what they are given and give lies so as well.

        Shapes, and the order of flattened features, stay what they are.
        """
        network.to(self.torch)
        # The types of some releases of PyTorch do not know this argument.
        cast(Any, network).to(memory_format=torch.channels_last)
        if self.fast:
            torch.backends.cudnn.benchmark = True
        return network

    def forward(self, network: nn.Module) -> Callable[[Tensor], Any]:
        """The network as a function for training."""
        if not (self.fast or self.bfloat16):
            return network
        # Two sizes of batches occur, that of all and that of the last: one compilation each.
        called: Callable[[Tensor], Any] = torch.compile(network, dynamic=False) if self.fast else network

        def run(images: Tensor) -> Any:
            with torch.autocast(self.torch.type, dtype=torch.bfloat16):
                found = called(images.contiguous(memory_format=torch.channels_last))
            return found.float()

        return run

    def clock(self) -> float:
        """Seconds, once all work given to the device is done."""
        if self.fast:
            torch.cuda.synchronize(self.torch)
        return time.perf_counter()

    def describe(self) -> dict[str, Any]:
        """What a config says of the device."""
        name = torch.cuda.get_device_name(self.torch) if self.fast else self.torch.type
        half = "bfloat16, channels last" if self.bfloat16 else "float32, channels last"
        precision = "bfloat16, compiled, channels last" if self.fast else half
        return {"type": self.torch.type, "name": name, "threads": torch.get_num_threads(), "training": precision}


def find_device(name: str, *, bfloat16: bool = False) -> Device:
    """The device of a name such as `cpu`, `cuda` or `cuda:1`; `auto` takes a GPU where there is one.

    Parameters
    ----------
    bfloat16 : see `Device`.

    Raises
    ------
    InputError
        If there is no such device.
    """
    if name == "auto":
        return Device(torch.device("cuda" if torch.cuda.is_available() else "cpu"), bfloat16)
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"no such device: {first_line(error)}", field="device", found=name) from error
    return Device(device, bfloat16)


@contextmanager
def memory_errors(sizes: str, advice: str = ADVICE) -> Iterator[None]:
    """Turn the device's lack of memory into an error that says sizes and what to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(sign in str(error) for sign in LACK_OF_MEMORY):
            raise
        first = str(error).splitlines()[0] if str(error) else "no memory left"
        problem = f"out of memory with {sizes}: {first}; {advice}"
        raise InputError(problem, field="device") from error
