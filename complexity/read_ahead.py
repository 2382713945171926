"""Reading ahead by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def read_ahead(calls: Iterable[Callable[[], Item]]) -> Iterator[Future[Item]]:
    """The results of calls in their order; the following call runs in the background while one result is used.

    `result()` waits for the item, or raises the error of its own call; the calls behind it are made all the same. Two
    items are in memory at most, if the caller holds neither a used one nor its future.
    """
    with ThreadPoolExecutor(max_workers=1) as reader:  # one call at a time, in order
        following: Future[Item] | None = None
        for call in calls:
            current, following = following, reader.submit(call)
            if current is not None:
                yield current
            del current
        if following is not None:
            yield following
