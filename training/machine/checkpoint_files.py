"""The files of a checkpoint, held against their checksums; see `checkpoint` for what they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from complexity.errors import InputError
from complexity.regular_files import open_regular
from pgdl_eval.formats.checksums import checksum

WEIGHTS, OPTIMIZER, PROGRESS, CHECKSUMS = "weights.safetensors", "optimizer.pt", "progress.json", "checksums.json"


class DamagedFile(InputError):
    """A file that is not what was written."""


def check_checkpoint(folder: Path, epoch: int) -> None:
    """See that the checkpoint of an epoch, if there is one with checksums, is what was written.

    Raises
    ------
    DamagedFile
        Naming the first file that is not.
    """
    checkpoint = folder / f"{epoch:04d}"
    if (checkpoint / CHECKSUMS).exists():
        check_files(checkpoint, epoch, files_of(checkpoint))


def check_files(checkpoint: Path, epoch: int, files: Mapping[str, bytes]) -> None:
    """Hold the files of a checkpoint against its checksums."""
    stated, expected = checkpoint / CHECKSUMS, checksums_of(epoch, files)
    content = read_file(stated)
    try:
        found = json.loads(content)
        named = {**found["files"]}
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedFile("no checksums of a checkpoint", file=stated) from error
    for name, one in expected["files"].items():
        wanted = named.get(name)
        if wanted != one:
            raise DamagedFile("not what was written", file=checkpoint / name, expected=wanted, found=one)
    if found != expected:
        raise DamagedFile("the checksums of another checkpoint", file=stated, expected=expected, found=found)


def checksums_of(epoch: int, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {"epoch": epoch, "files": {name: checksum(content) for name, content in files.items()}}


def files_of(checkpoint: Path) -> dict[str, bytes]:
    names = [WEIGHTS, OPTIMIZER, *([PROGRESS] if (checkpoint / PROGRESS).exists() else [])]
    return {name: read_file(checkpoint / name) for name in names}


def read_file(file: Path) -> bytes:
    try:
        with open_regular(file) as opened:
            return opened.read()
    except InputError as error:
        raise DamagedFile(error.problem, file=file) from error
    except OSError as error:
        raise DamagedFile(f"the file cannot be read: {error.strerror}", file=file) from error
