"""Calls of a function in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from typing import Any, TypeVar

import torch

from pgdl_eval.runner.processes import begin_worker

Call = TypeVar("Call", bound=tuple[Any, ...])
Result = TypeVar("Result")


def in_processes(
    function: Callable[..., Result], calls: Sequence[Call], workers: int
) -> Iterator[tuple[Call, Result | None, BaseException | None]]:
    """Call a function with each of these arguments, in several processes.

    Parameters
    ----------
    workers : processes, each with one thread; on a GPU they share the device. They end with this one, however it ends,
        and at once where Ctrl-C ends the calls.

    Returns
    -------
    The arguments of each call as it ends, with what it returned or what went wrong.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker) as pool:
        futures: dict[Future[Result], Call] = {pool.submit(function, *call): call for call in calls}
        try:
            for future in as_completed(futures):
                error = future.exception()
                yield futures[future], None if error else future.result(), error
        except (KeyboardInterrupt, GeneratorExit):
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _begin_worker() -> None:
    begin_worker()
    torch.set_num_threads(1)
