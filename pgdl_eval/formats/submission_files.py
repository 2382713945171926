"""The files of a stranger's submission, from its folder or zip into a folder of ours; nothing of them is run here."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from complexity.errors import InputError, check_printable
from complexity.regular_files import open_regular, size_of

from .reference import IGNORED

ENTRIES = ("complexity.py", "complexity/__init__.py")  # of which the kit imports `complexity`
MOST_BYTES = 2**30  # of all files together, and of a zip itself
MOST_FILES = 10_000
MOST_DIRECTORY = 2**24  # bytes of a zip's list of its files, all of which are read at once
PIECE = 2**20
LEFT_OUT = (*IGNORED, "__pycache__")  # parts of paths that are no part of a submission
# A zip ends with a record: signature, numbers of disks and files, size and place of the list, length of a comment.
END, END_BYTES, LONGEST_COMMENT = b"PK\5\6", 22, 2**16 - 1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1  # a bit of an entry's flags

Files = Iterator[tuple[str, BinaryIO]]


def copy_submission(path: Path, folder: Path) -> str:
    """Copy the files of a submission, a folder or a zip, into an empty folder.

    Returns
    -------
    What tells these files from others: their number and the SHA-256 of their names and contents, the same for a folder
    and for a zip of it.

    Raises
    ------
    InputError
        If there is no `complexity.py` and no package `complexity` at its top; for links, entries of a zip that lead out
        of it or twice to one place, more than 10,000 files or 1 GiB, and what cannot be read.
    """
    sha, left, count = hashlib.sha256(), MOST_BYTES, 0
    with _files_of(path) as files:
        for name, file in files:
            count += 1
            digest, size = _copy(file, name, folder, path, left)
            left -= size
            sha.update(f"{name}\0{size}\0{digest}\n".encode())
    if not any((folder / entry).is_file() for entry in ENTRIES):
        raise _no_entry(path, folder)
    return f"{count} files, sha256 {sha.hexdigest()}"


@contextmanager
def _files_of(path: Path) -> Iterator[Files]:
    """Names, with slashes and sorted, and contents of all files."""
    if path.is_dir():
        yield _of_folder(path)
        return
    with open_regular(path) as file:
        _check_size(file, path)
        try:
            with zipfile.ZipFile(file) as archive:
                yield _of_zip(archive, path)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error) as error:
            raise InputError(f"the zip is damaged: {error}", file=path) from error
        except (ValueError, OSError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"the zip cannot be read: {error}", file=path) from error


def _of_folder(path: Path) -> Files:
    found = []
    for place, folders, files in os.walk(path):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in (*folders, *files):
            inside = Path(place, name)
            if inside.is_symlink():
                raise InputError("a link in a submission", file=path, field=inside.relative_to(path).as_posix())
        found += [Path(place, name) for name in files if name not in LEFT_OUT]
        _check_count(len(found), path)
    for name, file in sorted((file.relative_to(path).as_posix(), file) for file in found):
        _check_name(name, path)
        with open_regular(file) as opened:
            yield name, opened


def _of_zip(archive: zipfile.ZipFile, path: Path) -> Files:
    entries: dict[str, zipfile.ZipInfo] = {}
    _check_count(len(archive.infolist()), path)
    for entry in archive.infolist():
        name = _check_name(entry.filename.rstrip("/") if entry.is_dir() else entry.filename, path)
        _check_entry(entry, path)
        if entry.is_dir() or any(part in LEFT_OUT for part in name.split("/")):
            continue
        if name in entries:
            raise InputError("two entries of a zip for one file", file=path, field=name)
        entries[name] = entry
    total = sum(entry.file_size for entry in entries.values())
    if total > MOST_BYTES:
        raise _too_large(path, f"{total} bytes once it is unpacked")
    for name, entry in sorted(entries.items()):
        with archive.open(entry) as opened:
            yield name, opened  # type: ignore[misc]


def _check_name(name: str, path: Path) -> str:
    """The name of a file, if it stays inside."""
    try:
        check_printable(name, None)
    except InputError as error:
        raise error.at(file=path) from error
    parts = name.split("/")
    if not name or "\\" in name or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        problem, expected = "an entry that leads out of the submission", "a relative path without .. and backslashes"
        raise InputError(problem, file=path, field=name, expected=expected)
    return name


def _check_entry(entry: zipfile.ZipInfo, path: Path) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        found = "a link" if kind == stat.S_IFLNK else "a special file"
        raise InputError("no regular file in a zip", file=path, field=entry.filename, found=found)
    if entry.flag_bits & ENCRYPTED:
        raise InputError("an encrypted entry of a zip", file=path, field=entry.filename)
    if entry.compress_type not in METHODS:
        expected = "stored or deflated"
        raise InputError("a kind of compression that is not read", file=path, field=entry.filename, expected=expected)


def _check_size(file: BinaryIO, path: Path) -> None:
    """Raise an InputError for a zip that is too large, or whose list of files is."""
    size = size_of(file)
    if size > MOST_BYTES:
        raise _too_large(path, f"{size} bytes")
    file.seek(max(0, size - END_BYTES - LONGEST_COMMENT))
    tail = file.read()
    last = tail[-END_BYTES:]  # where zipfile looks for the record, and in the same order
    place = len(tail) - END_BYTES if last[:4] == END and last[-2:] == b"\0\0" else tail.rfind(END)
    record = tail[place : place + END_BYTES] if place >= 0 else b""
    if len(record) < END_BYTES:
        expected = "a folder or a zip with complexity.py"
        raise InputError("neither a folder nor a zip", file=path, expected=expected)
    directory = int.from_bytes(record[12:16], "little")
    if directory > MOST_DIRECTORY:  # also 2**32 - 1, by which a zip says that a larger number stands elsewhere
        raise InputError("the zip lists too many files", file=path, expected=f"at most {MOST_FILES}")


def _check_count(count: int, path: Path) -> None:
    if count > MOST_FILES:
        raise InputError("too many files in a submission", file=path, expected=f"at most {MOST_FILES}", found=count)


def _copy(file: BinaryIO, name: str, folder: Path, path: Path, left: int) -> tuple[str, int]:
    """Copy one file; the SHA-256 of its content, and its size."""
    target, sha, size = folder / name, hashlib.sha256(), 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as copy:
            while piece := file.read(PIECE):
                size += len(piece)
                if size > left:
                    raise _too_large(path, "more")
                sha.update(piece)
                copy.write(piece)
    except OSError as error:
        raise InputError(f"the file cannot be copied: {error.strerror}", file=path, field=name) from error
    return sha.hexdigest(), size


def _too_large(path: Path, found: str) -> InputError:
    return InputError("the submission is too large", file=path, expected=f"at most {MOST_BYTES} bytes", found=found)


def _no_entry(path: Path, folder: Path) -> InputError:
    inside = [
        name for name in sorted(os.listdir(folder)) if any((folder / name / entry).is_file() for entry in ENTRIES)
    ]
    found = f"it in the folder {inside[0]}" if inside else ", ".join(sorted(os.listdir(folder))[:5]) or "no file"
    expected = "complexity.py, or a package complexity, at the top of the folder or zip"
    return InputError("no submission", file=path, expected=expected, found=found)
