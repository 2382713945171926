"""What is no regular file in the place of a file, and shards by name."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from hostile.cases import NAMES, Read, bad, reader


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _circle(path: Path) -> None:
    path.symlink_to(path.name)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _socket(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


PLACES = {
    "a pipe": (_pipe, "not a regular file"),
    "a folder": (_folder, "not a regular file"),
    "a link to nothing": (_dangling, ""),
    "a link to itself": (_circle, ""),
    "a link to a device without an end": (_device, "not a regular file"),
    "a socket": (_socket, "not a regular file"),
}


def _list(kind: str, name: str) -> None:
    put, words = PLACES[name]

    def make(folder: Path) -> Read:
        put(folder / NAMES[kind])
        return reader(kind, folder / NAMES[kind])

    bad(kind, name, NAMES[kind], words)(make)


for kind in ("config.json", "model_configs.json", ".predict", "shards", "weights", "ONNX", "arrays", "submission"):
    for name in PLACES:
        if (kind, name) != ("submission", "a folder"):  # which may be one
            _list(kind, name)


def _shards(name: str, files: dict[str, int], *words: str) -> None:
    """Shards of these names, with so many samples each."""

    def make(folder: Path) -> Read:
        import numpy as np

        from pgdl_eval.formats.tfrecord import write_shard

        for file, count in files.items():
            write_shard(folder / file, np.zeros((count, 2)), [0] * count)
        return reader("shards", folder / NAMES["shards"])

    bad("shards", name, *words)(make)


_shards("shard_1 beside shard_01", {"shard_1.tfrecord": 1, "shard_01.tfrecord": 1}, "shard_1.tfrecord", "same number")
_shards("shard_1000000000 alone", {"shard_1000000000.tfrecord": 1})  # read, with a warning
_shards("a number of 200 digits", {f"shard_{'9' * 200}.tfrecord": 1})
_shards("other digits than 0 to 9", {"shard_\u0661.tfrecord": 1}, "no shard of samples")
_shards("a name in capitals", {"SHARD_0.TFRECORD": 1}, "no shard of samples")
