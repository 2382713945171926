"""The memory of a process and of those that it began, as Linux counts it."""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress

PROC = "/proc"


def memory_of(process: int) -> int:
    """Bytes that a process and its descendants take, what they share counted once; 0 where that cannot be seen."""
    begun = _begun_by()
    total, waiting = 0, [process]
    while waiting:
        one = waiting.pop()
        total += _proportional_share(one)
        waiting += begun.get(one, [])
    return total


def _begun_by() -> dict[int, list[int]]:
    """The processes that each has begun."""
    found: dict[int, list[int]] = defaultdict(list)
    with suppress(OSError):
        for name in filter(str.isdigit, os.listdir(PROC)):
            with suppress(OSError, ValueError, IndexError), open(f"{PROC}/{name}/stat", encoding="latin-1") as file:
                after_name = file.read().rpartition(")")[2].split()  # the name may hold anything
                found[int(after_name[1])].append(int(name))
    return found


def _proportional_share(process: int) -> int:
    with suppress(OSError, ValueError), open(f"{PROC}/{process}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    return 0
