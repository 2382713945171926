"""Arrays in `.npz` files come back as they were, or the error names the file."""

import numpy as np
import pytest

from complexity.errors import InputError
from pgdl_eval.formats.npz import StoredArrays, read_arrays, write_arrays


def test_arrays_come_back_as_they_were(tmp_path):
    arrays = {"train/raw": np.arange(6, dtype=np.float32).reshape(2, 3), "known": np.array([True]), "none": np.zeros(0)}
    write_arrays(tmp_path / "new" / "arrays.npz", arrays)
    found = read_arrays(tmp_path / "new" / "arrays.npz")
    assert {name: (array.dtype, array.tolist()) for name, array in found.items()} == {
        name: (array.dtype, array.tolist()) for name, array in arrays.items()
    }


@pytest.mark.parametrize("left", [0, 99, None], ids=["empty", "cut off", "missing"])
def test_a_missing_or_damaged_file_is_named(tmp_path, left):
    file = tmp_path / "arrays.npz"
    write_arrays(file, {"x": np.arange(9)})
    content = file.read_bytes()
    file.unlink()
    if left is not None:
        file.write_bytes(content[:left])
    with pytest.raises(InputError) as caught:
        read_arrays(file)
    problem = "the file cannot be read: No such" if left is None else "no arrays can be read: "
    assert str(caught.value).startswith(f"{file}: {problem}")


def test_a_pickle_is_not_opened(tmp_path):
    np.savez(tmp_path / "objects.npz", x=np.array([{}], dtype=object))
    with pytest.raises(InputError, match=r"objects.npz: no arrays can be read: Object arrays cannot be loaded"):
        read_arrays(tmp_path / "objects.npz")


def test_stored_arrays_are_unpacked_one_by_one(tmp_path):
    file = tmp_path / "arrays.npz"
    write_arrays(file, {"a": np.arange(3.0), "b": np.array([True])})
    found = StoredArrays(file)
    assert list(found) == ["a", "b"]
    assert found["a"].tolist() == [0, 1, 2]
    assert found["a"] is found["a"]
    assert "c" not in found
    content = bytearray(file.read_bytes())
    content[content.index(np.arange(3.0).tobytes()) + 15] ^= 1  # which its check sum shows
    file.write_bytes(content)
    damaged = StoredArrays(file)
    assert damaged["b"].tolist() == [True]
    with pytest.raises(InputError, match=r"arrays.npz: no arrays can be read: Bad CRC-32"):
        damaged["a"]
    file.write_bytes(content[:99])
    with pytest.raises(InputError, match=r"arrays.npz: no arrays can be read: "):
        StoredArrays(file)
