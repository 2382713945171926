"""Samples from every kind of file, equal to the arrays that were written; what is none is named."""

import json

import numpy as np
import pandas as pd
import pytest

from complexity.errors import InputError
from complexity.samples import Samples
from pgdl_eval.formats.tfrecord import write_shard
from pgdl_eval.ranking.data.data_files import at_most, read_data
from pgdl_eval.ranking.data.normalization import normalization
from pgdl_eval.ranking.data.samples import Place, samples_for

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 9, 3), dtype=np.uint8)
LABELS = np.arange(12) % 3


def write_images(folder, images=IMAGES):
    image = pytest.importorskip("PIL.Image")
    for number, (one, label) in enumerate(zip(images, LABELS, strict=True)):
        place = folder / f"class_{label}" / f"{number:02d}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        image.fromarray(one).save(place)


def write(kind, folder):
    """Samples as a file of this kind, what `--data` says for it, and the inputs and labels that should come back."""
    flat = IMAGES.reshape(12, -1)[:, :5].astype(np.float32)
    if kind == "npz":
        np.savez(folder / "a.npz", x_train=IMAGES, y_train=LABELS)
        return folder / "a.npz", IMAGES, LABELS
    if kind == "npy":
        np.save(folder / "x.npy", IMAGES)
        np.save(folder / "y.npy", LABELS)
        return f"{folder / 'x.npy'},{folder / 'y.npy'}", IMAGES, LABELS
    if kind in ("csv", "parquet"):
        table = pd.DataFrame(flat, columns=list("abcde")).assign(label=[f"kind {one}" for one in LABELS])
        file = folder / f"t.{kind}"
        if kind == "csv":
            table.to_csv(file, index=False)
        else:
            pytest.importorskip("pyarrow")
            table.to_parquet(file)
        return file, flat, LABELS
    if kind == "shards":
        write_shard(folder / "shard_0.tfrecord", IMAGES, LABELS)
        return folder, IMAGES, LABELS
    if kind == "images":
        write_images(folder)
        order = np.argsort(LABELS, kind="stable")
        return folder, IMAGES[order], LABELS[order]
    (folder / "mine.py").write_text(
        "import numpy as np\n\n\ndef data():\n    return np.ones((6, 4)), np.arange(6) % 2\n"
    )
    return f"{folder / 'mine.py'}:data", np.ones((6, 4)), np.arange(6) % 2


@pytest.mark.parametrize("kind", ["npz", "npy", "csv", "parquet", "shards", "images", "function"])
def test_what_is_written_is_read(kind, tmp_path):
    place, inputs, labels = write(kind, tmp_path)
    found = read_data(str(place))
    np.testing.assert_array_equal(found.inputs, inputs)
    np.testing.assert_array_equal(found.labels, labels)


def test_names_choose_arrays_and_columns(tmp_path):
    np.savez(tmp_path / "a.npz", pictures=IMAGES, other=LABELS)
    assert read_data(str(tmp_path / "a.npz"), x="pictures").labels is None
    np.testing.assert_array_equal(read_data(str(tmp_path / "a.npz"), "pictures", "other").labels, LABELS)
    pd.DataFrame({"a": [1.0, 2], "b": [3.0, 4], "c": [0, 1]}).to_csv(tmp_path / "t.csv", index=False)
    np.testing.assert_array_equal(read_data(str(tmp_path / "t.csv"), "b,a", "c").inputs, [[3, 1], [4, 2]])


def bad(name, folder):
    """A file that is refused, and words of the refusal."""
    if name == "keys":
        np.savez(folder / "a.npz", pictures=IMAGES)
        return folder / "a.npz", "no such array .*or say which by --x NAME, found pictures"
    if name == "objects":
        np.savez(folder / "a.npz", x=np.array([{}, 1], object), y=LABELS[:2])
        return folder / "a.npz", "a.npz: no arrays can be read: Object arrays cannot be loaded"
    if name == "object array":
        np.save(folder / "a.npy", np.array([{}, 1], object))
        return folder / "a.npy", "no arrays can be read: Object arrays cannot be loaded"
    if name == "sizes":
        write_images(folder)
        pytest.importorskip("PIL.Image").fromarray(IMAGES[0][:, :8]).save(folder / "class_1" / "odd.png")
        return folder, "odd.png: images of different sizes .expected 9 x 8 pixels as of 00.png, found 8 x 8 pixels"
    if name == "damaged image":
        write_images(folder)
        (folder / "class_1" / "z.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        return folder, "z.png: the image cannot be read"
    if name == "empty folder":
        return folder, "no images"
    if name == "text":
        pd.DataFrame({"a": ["red", "blue"], "y": [0, 1]}).to_csv(folder / "t.csv", index=False)
        return folder / "t.csv", "t.csv: a: a column of inputs that is no numbers"
    if name == "lengths":
        np.savez(folder / "a.npz", x=IMAGES, y=LABELS[:5])
        return folder / "a.npz", "labels do not fit the inputs"
    if name == "kind":
        (folder / "a.pkl").write_bytes(b"")
        return folder / "a.pkl", "no kind of data that is known"
    if name == "huge":
        np.save(folder / "a.npy", np.zeros(3))
        content = (folder / "a.npy").read_bytes().replace(b"(3,), }", b"(3000000000,), }"[:16])
        (folder / "a.npy").write_bytes(content)
        return folder / "a.npy", "a.npy"
    return folder / "nothing.npz", "the file cannot be read|no such file"


NAMES = [
    *("keys", "objects", "object array", "sizes", "damaged image", "empty folder", "text", "lengths", "kind", "huge"),
    "nothing",
]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_data_is_named(name, tmp_path):
    place, words = bad(name, tmp_path)
    with pytest.raises(InputError, match=words):
        read_data(str(place))


def test_a_failing_function_of_data_is_named(tmp_path):
    (tmp_path / "mine.py").write_text("def data():\n    raise OSError('gone')\n")
    with pytest.raises(InputError, match="the function of the data fails: OSError: gone"):
        read_data(f"{tmp_path / 'mine.py'}:data")


@pytest.mark.parametrize("first", [False, True])
def test_means_and_deviations_of_channels_go_to_the_channels(first, tmp_path):
    file = tmp_path / "scale.json"
    file.write_text(json.dumps({"mean": [1, 2, 3], "std": [2, 4, 5]}))
    images = np.moveaxis(IMAGES, -1, 1) if first else IMAGES
    found = normalization(str(file))(Samples(images, LABELS)).inputs
    expected = (IMAGES - np.array([1, 2, 3])) / [2, 4, 5]
    np.testing.assert_allclose(np.moveaxis(found, 1, -1) if first else found, expected, rtol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("text", "words"),
    [("1", "no mean and deviation"), ("0,0", "positive deviations"), ("a,b", "no mean and deviation")],
)
def test_scales_that_are_none_are_refused(text, words):
    with pytest.raises(InputError, match=words):
        normalization(text)


def test_a_scale_of_other_channels_is_refused():
    with pytest.raises(InputError, match="does not fit the samples"):
        normalization((np.ones(5), np.ones(5)))(Samples(IMAGES, LABELS))


def test_channels_are_brought_first_and_samples_drawn_in_order():
    found = samples_for([], Place((IMAGES, LABELS), channels_first=True))
    np.testing.assert_array_equal(found.inputs, np.moveaxis(IMAGES, -1, 1))
    some = at_most(Samples(np.arange(100)[:, None], np.arange(100)), 10)
    assert len(some) == 10
    assert list(some.targets) == sorted(some.targets)
    with pytest.raises(InputError, match="no samples to rank models on"):
        samples_for([], Place())
