"""Calls of a function in several processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, as_completed
from typing import Any, TypeVar

import torch

from pgdl_eval.runner.processes import begin_worker, worker_pool

Call = TypeVar("Call", bound=tuple[Any, ...])
Result = TypeVar("Result")


def in_processes(
    function: Callable[..., Result], calls: Sequence[Call], workers: int
) -> Generator[tuple[Call, Result | None, BaseException | None], None, None]:
    """Call a function with each of these arguments, in several processes.

    Parameters
    ----------
    workers : processes, each with one thread; on a GPU they share the device. They end with this one, however it ends,
        and when the iterator is closed: where that may come early, as by Ctrl-C, let `contextlib.closing` do it.

    Returns
    -------
    The arguments of each call as it ends, with what it returned or what went wrong.
    """
    with worker_pool(workers, _begin_worker) as pool:
        futures: dict[Future[Result], Call] = {pool.submit(function, *call): call for call in calls}
        for future in as_completed(futures):
            error = future.exception()
            yield futures[future], None if error else future.result(), error


def _begin_worker() -> None:
    begin_worker()
    torch.set_num_threads(1)
