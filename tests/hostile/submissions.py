"""Zips of submissions that lead out of their folder, are too large, or hold no submission."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable

from hostile.cases import content

GOOD = {"complexity.py": b"def complexity(model, dataset):\n    return 1.0\n"}
Entry = str | zipfile.ZipInfo


def zipped(*entries: tuple[Entry, bytes], good: bool = True, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these entries, behind a good submission."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two entries of one name
        for name, data in (*GOOD.items(), *entries) if good else entries:
            archive.writestr(name, data, method)
    return held.getvalue()


def special(name: str, mode: int, data: bytes = b"/etc/passwd") -> tuple[Entry, bytes]:
    """An entry that is no regular file."""
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, mode << 16
    return entry, data


def outside(name: str) -> None:
    """List an entry of this name as a case."""
    out = "an entry that leads out of the submission"
    content("submission", f"an entry {name!r}", zipped((name, b"x")), "submission.zip", out)


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    """The bytes with the last such piece replaced by another of the same length."""
    head, found, tail = data.rpartition(old)
    assert found
    assert len(old) == len(new)
    return head + new + tail


def bomb(megabytes: int) -> Callable[[], bytes]:
    """A zip that says that it unpacks to so many megabytes of zeros; 1,000 of them are packed."""

    def make() -> bytes:
        held, piece = io.BytesIO(), bytes(10**6)
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(*next(iter(GOOD.items())))
            with archive.open("zeros", "w") as file:
                for _ in range(100):
                    file.write(piece)
        return changed(held.getvalue(), struct.pack("<I", 10**8), struct.pack("<I", megabytes * 10**6))

    return make


def ending(**numbers: int) -> bytes:
    """The good zip with other numbers in the record at its end."""
    good = bytearray(zipped())
    for name, value in numbers.items():
        place, form = {"files": (8, "<HH"), "bytes": (12, "<I"), "start": (16, "<I")}[name]
        struct.pack_into(form, good, len(good) - 22 + place, *([value] * (2 if name == "files" else 1)))
    return bytes(good)


for one in ("../out.py", "/etc/cron.d/x", "a/../../out.py", "..\\out.py", "C:/out.py", "a//b.py", "./a.py", ".."):
    outside(one)
content("submission", "an entry with a control character", zipped(("a\x1b[2J.py", b"x")), "control characters")
content("submission", "a link", zipped(special("link", stat.S_IFLNK | 0o777)), "link", "found a link")
content("submission", "a device", zipped(special("null", stat.S_IFCHR | 0o666)), "null", "found a special file")
content("submission", "a pipe in a zip", zipped(special("pipe", stat.S_IFIFO | 0o666)), "pipe", "found a special file")
content(
    "submission", "a file twice", zipped(("a.py", b"1"), ("a.py", b"2")), "a.py", "two entries of a zip for one file"
)
content(
    "submission", "a file that is a folder, too", zipped(("a", b"1"), ("a/b.py", b"2")), "a/b.py", "cannot be copied"
)
content("submission", "no complexity.py", zipped(("a.py", b"1"), good=False), "expected complexity.py", "found a.py")
content("submission", "complexity.py in a folder", zipped(("mine/complexity.py", b"1"), good=False), "folder mine")
content("submission", "an empty zip", zipped(good=False), "no submission", "found no file")
content("submission", "four gigabytes of zeros", bomb(4000), "too large", "4000", "1073741824")
content("submission", "zeros, of which fewer are said", bomb(1), "damaged")
content("submission", "20,000 files", lambda: zipped(*((f"{n}", b"") for n in range(20_000))), "too many files")
content("submission", "a name of 300 letters", zipped(("a" * 300, b"")), "cannot be copied", "name too long")
content(
    "submission", "the method LZMA", zipped(("a", b"1" * 99), method=zipfile.ZIP_LZMA), "expected stored or deflated"
)
content("submission", "no zip", b"PK", "neither a folder nor a zip")
content("submission", "nothing", b"", "neither a folder nor a zip")
content("submission", "a zip cut in half", lambda: zipped()[: len(zipped()) // 2], "neither a folder nor a zip")
content("submission", "a list of files of 4 GB", ending(bytes=2**32 - 2), "lists too many files")
content("submission", "a list of files elsewhere (ZIP64)", ending(bytes=2**32 - 1), "lists too many files")
content("submission", "a list of files before the file", ending(start=2**31), "cannot be read")
content("submission", "65,535 files in the record", ending(files=2**16 - 1))  # the list itself counts
content(
    "submission",
    "an encrypted entry",
    changed(zipped(), b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"),
    "encrypted",
)
content(
    "submission", "a damaged file", changed(zipped(method=zipfile.ZIP_STORED), b"1.0\nPK", b"9.0\nPK"), "damaged", "CRC"
)
