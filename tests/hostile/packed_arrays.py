"""Bad `.npz` files."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from hostile.cases import content

KIND, FILE = "arrays", "arrays.npz"


def packed(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip file of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def array(values: Any) -> bytes:
    """An array in NumPy's format; objects are pickled."""
    import numpy as np

    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(values), allow_pickle=True)
    return file.getvalue()


def head(shape: str, kind: str = "<f4") -> bytes:
    """The head of an array alone."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def objects() -> bytes:
    import numpy as np

    values = np.empty(1, object)
    values[0] = {"a": 1}
    return packed({"a.npy": array(values)})


content(KIND, "a pickled object", objects, FILE, "no arrays can be read")
content(
    KIND,
    "10^9 numbers that are not there",
    packed({"a.npy": head("(1000000000,)")}),
    FILE,
    "a: an array",
    "fewer bytes",
)
content(KIND, "a side of -1", packed({"a.npy": head("(-1,)")}), FILE)
content(
    KIND, "a head that is an expression", packed({"a.npy": head("__import__('os').system('true')")}), FILE, "no arr"
)
content(KIND, "a head without an end", packed({"a.npy": b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b"{" * 100}), FILE)
content(KIND, "500 MB of zeros, compressed",
        lambda: packed({"a.npy": head("(500000000,)", "|u1") + bytes(500_000_000)}, zipfile.ZIP_DEFLATED),
        FILE, "larger than the file can hold")  # fmt: skip
content(KIND, "20,000 arrays", lambda: packed({f"{n}.npy": b"" for n in range(20_000)}), FILE, "larger than the file")
content(KIND, "no array in it", packed({"a.txt": b"text"}), FILE, "no arrays can be read")
content(KIND, "nothing", b"", FILE, "no arrays can be read")
content(KIND, "text", b"arrays" * 100, FILE, "no arrays can be read")
content(KIND, "cut off", lambda: packed({"a.npy": array([1.0, 2.0])})[:-10], FILE, "no arrays can be read")
content(
    KIND, "a flipped bit", lambda: packed({"a.npy": array([1.5])}).replace(b"\xf8\x3f", b"\xf9\x3f"), FILE, "no arr"
)
