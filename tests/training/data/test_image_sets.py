"""Image sets are found where the documentation says, in one fixed order, or the error says where they were sought."""

import numpy as np
import pytest
import torch
from PIL import Image

from complexity.errors import InputError
from training.data import read_image_set, standardization, tensors


def images(rows, seed=0, side=8):
    return np.random.default_rng(seed).integers(0, 256, (rows, side, side, 3), dtype=np.uint8)


@pytest.fixture
def arrays():
    return {"x_train": images(40), "y_train": np.arange(40) % 4, "x_test": images(12, 1), "y_test": np.arange(12) % 4}


def test_rows_of_a_smaller_limit_are_the_first_of_a_larger_one(tmp_path, arrays):
    np.savez(tmp_path / "blobs.npz", **arrays)
    whole = read_image_set("blobs", tmp_path)
    part = read_image_set("blobs", tmp_path, train_limit=15, test_limit=5)
    assert (whole.classes, whole.shape, len(whole.train), len(part.test)) == (4, (3, 8, 8), 40, 5)
    assert np.array_equal(part.train_rows, whole.train_rows[:15])
    assert sorted(whole.train_rows) == list(range(40))
    assert np.array_equal(part.train.inputs, arrays["x_train"][part.train_rows])
    assert np.array_equal(part.test.labels, arrays["y_test"][part.test_rows])
    assert part.order_digest != whole.order_digest
    assert read_image_set("blobs", tmp_path, train_limit=15, test_limit=5).digest == part.digest


def test_a_folder_laid_out_as_imagenet_is_read(tmp_path, arrays):
    for part, key in (("train", "train"), ("val", "test")):
        for number, (image, label) in enumerate(zip(arrays[f"x_{key}"], arrays[f"y_{key}"], strict=True)):
            file = tmp_path / "pictures" / part / f"class_{label}" / f"{number:02d}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.pad(image, [(0, 0), (3, 3), (0, 0)])).save(file)
    found = read_image_set("pictures", tmp_path, image_size=8)
    assert (found.source, found.classes, found.shape, len(found.train)) == ("pictures/", 4, (3, 8, 8), 40)
    in_order = [row for label in range(4) for row in range(40) if row % 4 == label]
    assert np.array_equal(found.train.inputs, arrays["x_train"][in_order][found.train_rows])
    (tmp_path / "pictures" / "train" / "class_2" / "02.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"train/class_2/02.png: the image cannot be read: cannot identify image file"):
        read_image_set("pictures", tmp_path)


def test_missing_data_says_where_it_was_sought_and_how_to_get_it(tmp_path):
    with pytest.raises(InputError) as caught:
        read_image_set("svhn", tmp_path)
    assert str(caught.value) == (
        f"data svhn: no data found at {tmp_path}/ (unaltered files of torchvision.datasets.SVHN), "
        f"{tmp_path}/svhn.npz, {tmp_path}/svhn/train/CLASS/; give another folder by --data-dir, "
        "add --download to let torchvision fetch it, or write that file with the uint8 arrays x_train (n, h, w, c), "
        "x_test and the labels y_train, y_test"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"y_test": None},
            "{file}: y_test: an array is missing (expected ('x_train', 'y_train', 'x_test', 'y_test'), "
            "found ('x_test', 'x_train', 'y_train'))",
        ),
        (
            {"x_train": np.zeros((40, 8, 8, 3))},
            "{file}: no images (expected shape (n, h, w, c) of uint8, found shape (40, 8, 8, 3) of float64)",
        ),
        (
            {"y_train": np.zeros(39, int)},
            "{file}: no class numbers (expected (40,) whole numbers >= 0, found shape (39,) of int64)",
        ),
    ],
)
def test_a_damaged_file_is_named(tmp_path, arrays, change, message):
    file = tmp_path / "blobs.npz"
    np.savez(file, **{name: array for name, array in {**arrays, **change}.items() if array is not None})
    with pytest.raises(InputError) as caught:
        read_image_set("blobs", tmp_path)
    assert str(caught.value) == message.format(file=file)


def test_standardized_training_images_have_mean_zero_and_deviation_one(tmp_path, arrays):
    np.savez(tmp_path / "blobs.npz", **arrays)
    found = read_image_set("blobs", tmp_path)
    inputs = standardization(found.train.inputs, torch.device("cpu"))(tensors(found.train, torch.device("cpu")).images)
    assert inputs.mean(dim=(0, 2, 3)).numpy() == pytest.approx(np.zeros(3), abs=1e-5)
    assert inputs.std(dim=(0, 2, 3), correction=0).numpy() == pytest.approx(np.ones(3), abs=1e-5)
