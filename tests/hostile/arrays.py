"""Bad weights: HDF5 that leads elsewhere, holds more than it has, or is something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hostile.cases import Read, bad, config, content, reader, stored

KIND, FILE = "weights", "weights.hdf5"

stored(KIND, "shape_bomb_1e9_chunked_unallocated.hdf5", FILE, "fewer bytes are stored")
stored(
    KIND,
    "fuzz_heap_without_an_end.hdf5",
    FILE,
    "a heap of texts is damaged",
    name="texts that never end (found by the fuzzer)",
)


def weights(name: str, *words: str, against: str = "") -> Callable[[Callable[[Any, Path], None]], None]:
    """A file that a function spoils: it is given the open file of one dense layer, and its folder.

    Parameters
    ----------
    against : the text of a config.json that the weights are held against.
    """

    def note(spoil: Callable[[Any, Path], None]) -> None:
        def make(folder: Path) -> Read:
            import h5py
            import numpy as np

            with h5py.File(folder / FILE, "w") as file:
                file.attrs["layer_names"] = np.array([b"dense"])
                layer = file.create_group("dense")
                layer.attrs["weight_names"] = np.array([b"dense/kernel:0"])
                layer["dense/kernel:0"] = np.ones((2, 3), np.float32)
                spoil(file, folder)
            return _against(folder, against) if against else reader(KIND, folder / FILE)

        bad(KIND, name, FILE, *words)(make)

    return note


def _against(folder: Path, text: str) -> Read:
    from pgdl_eval.formats.architecture import read_model_config
    from pgdl_eval.formats.task import read_model_weights

    (folder / "config.json").write_text(text)
    return lambda: read_model_weights(folder / FILE, read_model_config(folder / "config.json"))


def names(file: Any, group: str, attribute: str, values: Any) -> None:
    import numpy as np

    file[group].attrs[attribute] = np.array(values)


@weights("an external link", "dense/kernel:0", "links are not followed", "another file")
def _(file: Any, folder: Path) -> None:
    import h5py

    with h5py.File(folder / "other.hdf5", "w") as other:
        other["kernel"] = [1.0]
    del file["dense/dense/kernel:0"]
    file["dense/dense/kernel:0"] = h5py.ExternalLink("other.hdf5", "kernel")


@weights("an external link in place of a layer", "/dense", "links are not followed")
def _(file: Any, folder: Path) -> None:
    import h5py

    del file["dense"]
    file["dense"] = h5py.ExternalLink("other.hdf5", "/")


@weights("an external link to a pipe", "links are not followed")
def _(file: Any, folder: Path) -> None:
    import os

    import h5py

    os.mkfifo(folder / "pipe")
    del file.attrs["layer_names"]
    file["model_weights"] = h5py.ExternalLink("pipe", "/")


@weights("a soft link", "dense/kernel:0", "links are not followed", "by name")
def _(file: Any, folder: Path) -> None:
    import h5py

    file["elsewhere"] = [1.0]
    del file["dense/dense/kernel:0"]
    file["dense/dense/kernel:0"] = h5py.SoftLink("/elsewhere")


@weights("a soft link to itself", "dense/kernel:0", "links are not followed")
def _(file: Any, folder: Path) -> None:
    import h5py

    del file["dense/dense/kernel:0"]
    file["dense/dense/kernel:0"] = h5py.SoftLink("/dense/dense/kernel:0")


@weights("external raw storage", "dense/kernel:0", "other places", "external raw storage")
def _(file: Any, folder: Path) -> None:
    (folder / "secret.bin").write_bytes(bytes(24))
    del file["dense/dense/kernel:0"]
    file["dense"].create_dataset("dense/kernel:0", (2, 3), "f4", external=[(str(folder / "secret.bin"), 0, 24)])


@weights("external raw storage of /etc/passwd", "dense/kernel:0", "other places")
def _(file: Any, folder: Path) -> None:
    del file["dense/dense/kernel:0"]
    file["dense"].create_dataset("dense/kernel:0", (2, 3), "f4", external=[("/etc/passwd", 0, 24)])


@weights("a virtual data set", "dense/kernel:0", "other places", "virtual")
def _(file: Any, folder: Path) -> None:
    import h5py

    with h5py.File(folder / "other.hdf5", "w") as other:
        other["kernel"] = [[1.0, 2.0, 3.0]] * 2
    layout = h5py.VirtualLayout((2, 3), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.hdf5"), "kernel", (2, 3))
    del file["dense/dense/kernel:0"]
    file["dense"].create_virtual_dataset("dense/kernel:0", layout)


@weights("one array under 1,000 names", "larger than the file")
def _(file: Any, folder: Path) -> None:
    import numpy as np

    file["dense"].create_dataset("a0", data=np.ones(1_400_000, np.float32))
    for number in range(1, 1000):
        file["dense"][f"a{number}"] = file["dense/a0"]
    names(file, "dense", "weight_names", [f"a{number}".encode() for number in range(1000)])


@weights("one layer under 1,000 names", "larger than the file")
def _(file: Any, folder: Path) -> None:
    import numpy as np

    del file["dense/dense/kernel:0"]
    file["dense"].create_dataset("dense/kernel:0", data=np.ones(1_400_000, np.float32))
    names(file, "/", "layer_names", [b"dense"] * 1000)


@weights("a circle of groups", "no floating-point numbers", "a group")
def _(file: Any, folder: Path) -> None:
    file["dense/again"] = file["dense"]
    names(file, "dense", "weight_names", [b"again/again/again/again"])


@weights("10^9 numbers, compressed", "fewer bytes are stored")
def _(file: Any, folder: Path) -> None:
    del file["dense/dense/kernel:0"]
    file["dense"].create_dataset("dense/kernel:0", (10**9,), "f4", chunks=(10**6,), compression="gzip")


@weights("zeros that gzip makes small", "fewer bytes are stored")
def _(file: Any, folder: Path) -> None:
    import numpy as np

    del file["dense/dense/kernel:0"]
    file["dense"].create_dataset("dense/kernel:0", data=np.zeros(10**6, np.float32), compression="gzip")


@weights("10^9 numbers, never written", "fewer bytes are stored")
def _(file: Any, folder: Path) -> None:
    del file["dense/dense/kernel:0"]
    file["dense"].create_dataset("dense/kernel:0", (10**9,), "f4")


@weights("another shape than in config.json", "dense/kernel:0", "another shape", "expected (2, 5)",
         against=config([{"layer_name": "Dense", "units": 5, "use_bias": False}], [2]))  # fmt: skip
def _(file: Any, folder: Path) -> None:
    pass


@weights("more layers than in config.json", "layer_names", "another number of layers",
         against=config([{"layer_name": "Flatten"}], [2]))  # fmt: skip
def _(file: Any, folder: Path) -> None:
    pass


@weights("moving mean and variance in another order", "another order",
         against=config([{"layer_name": "BatchNormalization"}], [3]))  # fmt: skip
def _(file: Any, folder: Path) -> None:
    found = [f"dense/{name}:0" for name in ("gamma", "beta", "moving_variance", "moving_mean")]
    for name in found:
        file["dense"][name] = [1.0, 2.0, 3.0]
    names(file, "dense", "weight_names", [name.encode() for name in found])


@weights("weights of no layer (top_level_model_weights)", "top_level_model_weights", "belong to no layer")
def _(file: Any, folder: Path) -> None:
    file.create_group("top_level_model_weights")["scale:0"] = [2.0]
    names(file, "top_level_model_weights", "weight_names", [b"scale:0"])


@weights("the newest layout of Keras", "layer_names", "no legacy Keras weights")
def _(file: Any, folder: Path) -> None:
    del file.attrs["layer_names"], file["dense"]
    file["layers/dense/vars/0"] = [1.0]


@weights("integers", "dense/kernel:0", "no floating-point numbers")
def _(file: Any, folder: Path) -> None:
    del file["dense/dense/kernel:0"]
    file["dense/dense/kernel:0"] = [1, 2]


@weights("text for an array", "dense/kernel:0", "no floating-point numbers")
def _(file: Any, folder: Path) -> None:
    del file["dense/dense/kernel:0"]
    file["dense/dense/kernel:0"] = "weights"


@weights("no values at all", "dense/kernel:0", "no floating-point numbers")
def _(file: Any, folder: Path) -> None:
    import h5py

    del file["dense/dense/kernel:0"]
    file["dense/dense/kernel:0"] = h5py.Empty("f4")


@weights("NaN", "dense/kernel:0", "NaN or infinite")
def _(file: Any, folder: Path) -> None:
    file["dense/dense/kernel:0"][0, 0] = float("nan")


@weights("1e300 in float64", "dense/kernel:0", "NaN or infinite")
def _(file: Any, folder: Path) -> None:
    del file["dense/dense/kernel:0"]
    file["dense/dense/kernel:0"] = [1e300]


@weights("no names of weights", "/dense: weight_names", "no legacy Keras weights")
def _(file: Any, folder: Path) -> None:
    del file["dense"].attrs["weight_names"]


@weights("a number for names", "layer_names", "no list of names")
def _(file: Any, folder: Path) -> None:
    file.attrs["layer_names"] = 7


@weights("numbers for names", "layer_names", "no list of names")
def _(file: Any, folder: Path) -> None:
    names(file, "/", "layer_names", [1, 2])


@weights("a table of names", "layer_names", "no list of names")
def _(file: Any, folder: Path) -> None:
    names(file, "/", "layer_names", [[b"dense"]])


@weights("an array in place of a layer", "weight_names", "an array")
def _(file: Any, folder: Path) -> None:
    del file["dense"]
    file["dense"] = [1.0]


@weights("a layer's name with an escape", "layer_names", r"\x1b", "control characters")
def _(file: Any, folder: Path) -> None:
    names(file, "/", "layer_names", [b"\x1b[2J"])


@weights("a layer's name that is no UTF-8", "no legacy Keras weights can be read")
def _(file: Any, folder: Path) -> None:
    names(file, "/", "layer_names", [b"\xff\xfe"])


@weights("a layer's name with a path", "no name of a layer")
def _(file: Any, folder: Path) -> None:
    names(file, "/", "layer_names", [b"/dense"])


@weights("an empty name", "no name of a layer")
def _(file: Any, folder: Path) -> None:
    names(file, "/", "layer_names", [b"", b"dense"])


@weights("30,000 names", "layer_names", "too many names")
def _(file: Any, folder: Path) -> None:
    for part in range(10):
        names(file, "/", f"layer_names{part}", [b"dense"] * 3000)
    del file.attrs["layer_names"]


@weights("one long text for 3,000 names", "layer_names", "longer names")
def _(file: Any, folder: Path) -> None:
    import h5py
    import numpy as np

    text = np.empty(3, h5py.string_dtype())
    text[:] = ["x" * 60_000] * 3
    file.attrs["long"] = text
    one = np.empty(3000, h5py.string_dtype())
    one[:] = "dense"
    file.attrs["layer_names"] = one


content(KIND, "nothing", b"", FILE, "no legacy Keras weights can be read")
content(KIND, "text", b"weights" * 1000, FILE, "no legacy Keras weights can be read")
content(KIND, "the signature alone", b"\x89HDF\r\n\x1a\n", FILE, "no legacy Keras weights can be read")


def _cut(folder: Path) -> Read:
    import numpy as np

    from pgdl_eval.formats.weights import LayerWeights, write_weights

    path = folder / FILE
    write_weights(path, [LayerWeights("dense", ("dense/kernel:0",), (np.ones((64, 9)),))])
    path.write_bytes(path.read_bytes()[:-1000])
    return reader(KIND, path)


bad(KIND, "cut off", FILE, "no legacy Keras weights can be read")(_cut)
