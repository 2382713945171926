"""Worker processes that end with the one that began them, and at once where it is interrupted."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from threading import Thread
from typing import Any

# What the libraries that compute here read when they are loaded: NumPy and ONNX Runtime, PyTorch, TensorFlow.
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def begin_worker() -> None:
    """What a worker does first: leave Ctrl-C to its parent, and end when that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the parent ends its workers
    Thread(target=_end_with_parent, daemon=True).start()


@contextmanager
def worker_pool(workers: int, begin: Callable[[], None] = begin_worker) -> Iterator[ProcessPoolExecutor]:
    """A pool of so many new processes, which share the cores unless OMP_NUM_THREADS says how many threads each has.

    When the context ends, calls that still run end with it.

    Parameters
    ----------
    begin : what a worker does first, `begin_worker` included.
    """
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with _threads_of_each(workers), _Pool(workers, mp_context=context, initializer=begin) as pool:
        try:
            yield pool
        finally:
            for worker in set(multiprocessing.active_children()) - before:
                worker.terminate()  # the pool waits for their end


class _Pool(ProcessPoolExecutor):
    """A pool whose workers are deaf to Ctrl-C from their first moment on, while they import, which takes seconds."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes begin here, and inherit this
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _threads_of_each(workers: int) -> Iterator[None]:
    """Processes that begin within the context have their share of the cores; what is set already stays."""
    share = str(max(1, len(os.sched_getaffinity(0)) // workers))
    added = [name for name in THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, share))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _end_with_parent() -> None:
    """End this worker with its parent: if that was killed, it would go on beside those that resume the work."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
