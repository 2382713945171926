"""A cache whose keys are living objects, told apart by identity."""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class IdentityCache(Generic[Value]):
    """Values remembered for objects as long as every one of these objects lives.

    An entry goes with the first of its objects that dies, so that an id which another object gets later never finds
    it. Objects that cannot be watched (lists, tuples) are not remembered.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[int, ...], dict[Hashable, Value]] = {}
        self._references: dict[tuple[int, ...], list[weakref.ref[Any]]] = {}

    def get(self, objects: Sequence[Any], detail: Hashable) -> Value | None:
        """The value remembered for these very objects and this detail, if any."""
        return self._entries.get(tuple(map(id, objects)), {}).get(detail)

    def put(self, objects: Sequence[Any], detail: Hashable, value: Value) -> None:
        """Remember a value; only the last one of each detail is kept."""
        key = tuple(map(id, objects))
        if key not in self._entries:
            try:
                self._references[key] = [weakref.ref(thing, lambda _: self._forget(key)) for thing in objects]
            except TypeError:
                return
        self._entries.setdefault(key, {})[detail] = value

    def _forget(self, key: tuple[int, ...]) -> None:
        self._references.pop(key, None)
        self._entries.pop(key, None)
