"""PyTorch's products in all digits of their type, whatever the process has switched on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

FULL = ("none", "ieee")  # names of a float32 that loses no digits


@contextmanager
def full_precision(device: str) -> Iterator[None]:
    """Within the context no product is rounded below its type: neither by autocast nor by TensorFloat-32 or bfloat16.

    Autocast is a matter of each thread. The switches of float32 products are those of the process: they are off as long
    as one thread is within, and back where they were when the last one leaves. Products of other threads meanwhile are
    exact too; what these set meanwhile is lost.

    Parameters
    ----------
    device : "cuda", "cpu" or what else a tensor's device is called.
    """
    with ExitStack() as stack:
        if torch.amp.is_autocast_available(device):
            stack.enter_context(torch.autocast(device, enabled=False))
        stack.enter_context(_switches)
        yield


def _nothing() -> None:
    return None


class _Switches:
    """The process's switches of float32 products: off while one thread or more is within."""

    def __init__(self) -> None:
        self.lock, self.within = threading.Lock(), 0
        self.put_back: Callable[[], None] = _nothing

    def __enter__(self) -> None:
        with self.lock:
            if self.within == 0:
                self.put_back = _switched_off()
            self.within += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.within -= 1
            if self.within == 0:
                self.put_back()


_switches = _Switches()


def _switched_off() -> Callable[[], None]:
    """Switch off what rounds float32 products; what puts it back."""
    owners = [one for one in (torch.backends.cuda.matmul, _of_main_memory()) if hasattr(one, "fp32_precision")]
    before = [str(one.fp32_precision) for one in owners]
    if owners and all(value in FULL for value in before):
        return _nothing
    word = _word()
    if not owners and word == "highest":
        return _nothing
    if word is not None:  # first: PyTorch refuses to multiply where its two kinds of switches disagree
        torch.set_float32_matmul_precision("highest")
    for one in owners:
        one.fp32_precision = "ieee"

    def put_back() -> None:
        if word is not None:
            torch.set_float32_matmul_precision(word)
        for one, value in zip(owners, before, strict=True):
            one.fp32_precision = "none"  # where it follows the switch of the backend or of all, it does so again
            if one.fp32_precision != value:
                one.fp32_precision = value

    return put_back


def _word() -> str | None:
    """The switch as it was before PyTorch 2.9, "highest", "high" or "medium"; None where the new ones contradict it."""
    try:
        return torch.get_float32_matmul_precision()
    except RuntimeError:
        return None


def _of_main_memory() -> Any:
    """The switch of oneDNN, from PyTorch 2.9 on."""
    return getattr(torch.backends.mkldnn, "matmul", None)
