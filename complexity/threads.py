"""Threads of the engine's own, one a processor, each of which multiplies with one thread of BLAS.

BLAS starts all its threads for tables of a few hundred rows and for blocks that fit into a cache, and they wait for
each other: beside other work on the machine that took a hundred times as long as one thread does.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST_THREADS = 8  # more of them wait for Python's lock, and for memory
# Kernels of OpenBLAS that multiply a small block with a few vectors without rearranging it first.
THIN_PRODUCTS = ("SkylakeX", "Cooperlake", "SapphireRapids")

_lock = threading.Lock()
_inside = 0
_before: list[tuple[Any, int]] = []


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """Hold BLAS to one thread, in the whole process, and give the number of threads that it had.

    Calls may lie within each other or side by side: the last one to end gives the threads back. Without `threadpoolctl`
    BLAS keeps its threads, and the number is 1.
    """
    global _inside
    with _lock:
        if _inside == 0:
            _before[:] = [
                (library, library.get_num_threads() or 1) for library in _libraries("scipy.linalg" in sys.modules)
            ]
            for library, count in _before:
                if count > 1:
                    library.set_num_threads(1)
        _inside += 1
        threads = max((count for _, count in _before), default=1)
    try:
        yield min(threads, MOST_THREADS, _processors())
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                for library, count in _before:
                    if count > 1:
                        library.set_num_threads(count)


@cache
def thin_products() -> bool:
    """Whether NumPy's BLAS multiplies a block with two or three vectors faster than with one after the other."""
    return any(getattr(library, "architecture", None) in THIN_PRODUCTS for library in _libraries(False))


def in_order(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """The results of `work` in the items' order, made by so many threads; few more items are taken than are at work."""
    if threads == 1:
        yield from map(work, items)
        return
    running: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                running.append(pool.submit(work, item))
                if len(running) > 2 * threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()


@cache
def _libraries(scipy_too: bool) -> tuple[Any, ...]:
    """The BLAS libraries of the process, as `threadpoolctl` finds them; SciPy brings its own when it is imported."""
    import numpy as np  # noqa: F401, before it is loaded its BLAS would not be found

    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:  # a submission runs without it
        return ()
    return tuple(library for library in ThreadpoolController().lib_controllers if library.user_api == "blas")


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
