"""Names of tasks and measures as names of files: they come from strangers, and stay inside their folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from complexity.errors import InputError, check_printable

LONGEST = 200  # bytes; file systems take 255, with what a temporary file adds


def file_name(name: str) -> str:
    """The name of a file, without any folder, for a name of any text.

    A colon becomes a dot (`package.module:function`). Path separators, what cannot be printed, a percent sign and a
    dot in front become %NN; of a long name the end becomes a hash.
    """
    letters = [letter if _is_plain(letter) else _encoded(letter) for letter in name.replace(":", ".")]
    if letters[:1] == ["."]:
        letters[0] = _encoded(".")
    found = "".join(letters) or _encoded("\0")
    if len(found.encode()) <= LONGEST:
        return found
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    kept = found.encode()[: LONGEST - 40].decode("utf-8", "ignore")
    return f"{kept}~{digest}{_ending(found)}"


def folder_name(folder: Path) -> str:
    """The name that the user gave a folder, not that of what a link leads to."""
    return Path(os.path.abspath(folder)).name


def check_name(name: Any, *, file: Path, field: str) -> str:
    """The name that a file gives of a measure, a task or a model.

    Raises
    ------
    InputError
        If it is no text, empty, longer than a file's name may be, holds control characters, or would be a path.
    """
    if not isinstance(name, str) or not name:
        raise InputError("no name", file=file, field=field, expected="text", found=repr(name))
    try:
        check_printable(name, field)
    except InputError as error:
        raise error.at(file=file) from error
    if "/" in name or "\\" in name or name.startswith(".") or len(name.encode()) > 4 * LONGEST:
        expected = "a name without separators of folders or a dot in front"
        raise InputError("a name that would be a path", file=file, field=field, expected=expected, found=repr(name))
    return name


def _is_plain(letter: str) -> bool:
    return letter.isprintable() and letter not in "/\\%"


def _encoded(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))


def _ending(name: str) -> str:
    """.predict, .png or the like."""
    stem, dot, ending = name.rpartition(".")
    return f".{ending}" if stem and dot and ending.isalnum() and ending.isascii() and len(ending) < 16 else ""
