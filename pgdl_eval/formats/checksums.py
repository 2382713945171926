"""What tells whether a file still holds the bytes that it once held: its size and their SHA-256."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

PIECE = 2**20  # bytes that are hashed at a time


def checksum(content: bytes) -> str:
    """Size and hash of these bytes."""
    return _words(len(content), hashlib.sha256(content).hexdigest())


def file_checksum(path: Path) -> str | None:
    """Size and hash of a file's bytes.

    None where there is no such file; empty where it cannot be read, or is no regular file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO would wait for its writer
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    with os.fdopen(handle, "rb", buffering=0) as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return ""
        sha, size = hashlib.sha256(), 0
        try:
            while piece := file.read(PIECE):
                sha.update(piece)
                size += len(piece)
        except OSError:
            return ""
        return _words(size, sha.hexdigest())


def _words(size: int, sha256: str) -> str:
    return f"{size} bytes, sha256 {sha256}"
