"""Changes of good inputs: of bytes, of JSON values, of messages with lengths in them."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

NUMBERS = [0, 1, -1, 2, 3, 127, 128, 255, 2**15, 2**16, 2**31 - 1, 2**31, 2**32, 2**53 + 1,
           2**63, 2**64 - 1, 10**30, 10**400]  # fmt: skip
VALUES: list[Any] = [
    *NUMBERS, -5, 0.5, 3.0, 1e-300, 1e308, -1e308, float("nan"), float("inf"), True, False, None, "", "a", "relu",
    "Dense", "\x1b[2J", "\ud800", "x" * 300, "../..", "EXCEEDED", [], {}, [1, 2], [[1]], {"a": 1}, [3.0, 3.0],
    "model_0", "same",
]  # fmt: skip


def changed_bytes(data: bytes, rng: Random) -> bytes:
    """A few small changes: bits, bytes, pieces cut, doubled, moved, numbers put in."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        _change(found, rng)
    return bytes(found)


def _change(data: bytearray, rng: Random) -> None:
    place = rng.randrange(len(data) + 1)
    length = min(rng.choice((1, 1, 2, 4, 8, 16, 64)), len(data) - place)
    kind = rng.randrange(8)
    if kind == 0 and length:
        data[place] ^= 1 << rng.randrange(8)
    elif kind == 1 and length:
        data[place] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    elif kind == 2:
        del data[place : place + length]
    elif kind == 3:
        data[place:place] = data[place : place + length]
    elif kind == 4:
        data[place:place] = rng.randbytes(rng.choice((1, 2, 4, 8)))
    elif kind == 5:
        number, size = rng.choice(NUMBERS[:-2]), rng.choice((1, 2, 4, 8))
        data[place : place + size] = (number % 256**size).to_bytes(size, rng.choice(("little", "big")))  # type: ignore[arg-type]
    elif kind == 6 and len(data) > 1:
        other = rng.randrange(len(data))
        data[place : place + length] = data[other : other + length]
    elif kind == 7:
        del data[max(place, 1) :]


def changed_json(data: bytes, rng: Random) -> bytes:
    """A document in which values, keys and entries are changed; now and then its bytes."""
    if rng.random() < 0.2:
        return changed_bytes(data, rng)
    content = json.loads(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        content = _changed_value(content, rng)
    return json.dumps(content).encode()


def _changed_value(content: Any, rng: Random) -> Any:
    places = list(_places(content))
    if not places or rng.random() < 0.02:
        return copy.deepcopy(rng.choice(VALUES))
    holder, key = rng.choice(places)
    kind = rng.randrange(6)
    if kind <= 2:
        holder[key] = copy.deepcopy(rng.choice(VALUES))
    elif kind == 3:
        del holder[key]
    elif kind == 4:
        other, other_key = rng.choice(places)
        holder[key] = copy.deepcopy(other[other_key])
    elif isinstance(holder, dict):
        holder[rng.choice([one for one in VALUES if isinstance(one, str)])] = holder.pop(key)
    else:
        holder.insert(key, copy.deepcopy(holder[key]))
    return content


def _places(content: Any) -> Any:
    """Every (object or list, key or number) in a document."""
    waiting = [content] if isinstance(content, (dict, list)) else []
    while waiting:
        holder = waiting.pop()
        for key, value in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            yield holder, key
            if isinstance(value, (dict, list)):
                waiting.append(value)


def changed_message(data: bytes, rng: Random) -> bytes:
    """A protocol buffer message in which one of its messages is changed, the lengths around it made to fit."""
    if rng.random() < 0.3:
        return changed_bytes(data, rng)
    return _rewritten(data, rng, rng.choice((1, 2, 3, 4, 6, 8)))


def _rewritten(data: bytes, rng: Random, depth: int) -> bytes:
    fields = _split(data)
    if not fields or depth == 0:
        return changed_bytes(data, rng)
    chosen = rng.randrange(len(fields))
    tag, content, delimited = fields[chosen]
    if delimited and rng.random() < 0.85:
        fields[chosen] = (tag, _rewritten(content, rng, depth - 1), True)
    else:
        kind = rng.randrange(5)
        if kind == 0:
            del fields[chosen]
        elif kind == 1:
            fields.insert(rng.randrange(len(fields) + 1), fields[chosen])
        elif kind == 2:
            rng.shuffle(fields)
        elif kind == 3:
            fields[chosen] = (tag ^ 1 << rng.randrange(6), content, delimited)
        elif not delimited:
            fields[chosen] = (tag, _varint(rng.choice(NUMBERS[:-2])), False)
    return b"".join(_varint(tag) + (_varint(len(body)) if whole else b"") + body for tag, body, whole in fields)


def _split(data: bytes) -> list[tuple[int, bytes, bool]]:
    """Tag, content, and whether a length stands before it, of each field; none where it is no message."""
    found, place = [], 0
    try:
        while place < len(data):
            tag, place = _read_varint(data, place)
            begin = place
            if tag & 7 == 0:
                _, place = _read_varint(data, place)
            elif tag & 7 == 2:
                length, begin = _read_varint(data, place)
                place = begin + length
            elif tag & 7 in (1, 5):
                place += 8 if tag & 7 == 1 else 4
            else:
                return []
            if place > len(data) or not tag >> 3:
                return []
            found.append((tag, data[begin:place], tag & 7 == 2))
    except IndexError:
        return []
    return found


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[place] & 127) << shift
        shift, place = shift + 7, place + 1
        if data[place - 1] < 128:
            return value, place


def _varint(value: int) -> bytes:
    found, value = bytearray(), value % 2**64
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
