"""What uses torchvision: its files of data sets, here small ones that the tests write, and its ResNet-50.

TensorFlow cannot be loaded beside the PyTorch that torchvision needs: see `.ci/run` for how these tests are run.
"""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import savemat
from training_runs import experiment

from complexity.errors import InputError
from training.data import read_image_set
from training.networks import make_encoder
from training.runs.experiment import Place
from training.runs.run import train
from training.runs.run_folder import decomposition

datasets = pytest.importorskip("torchvision.datasets")


def images(rows, shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (rows, *shape), dtype=np.uint8)


def md5(file):
    return hashlib.md5(file.read_bytes()).hexdigest()


def pickled(file, content):
    """Write a file as those of CIFAR are; its name and checksum."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(content, protocol=2))
    return file.name, md5(file)


@pytest.mark.parametrize(("name", "inner"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
def test_files_of_mnist_come_before_an_array_file(tmp_path, name, inner):
    parts = {"train": images(5, (28, 28)), "t10k": images(4, (28, 28), 1)}
    folder = tmp_path / inner / "raw"
    folder.mkdir(parents=True)
    for part, pixels in parts.items():  # a big-endian header, then bytes
        rows = len(pixels)
        header = np.array([2051, rows, 28, 28], ">i4").tobytes()
        (folder / f"{part}-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(np.array([2049, rows], ">i4").tobytes() + bytes(range(rows)))
    (tmp_path / f"{name}.npz").write_bytes(b"is not read")
    found = read_image_set(name, tmp_path)
    assert (found.source, found.shape) == (f"torchvision.datasets.{inner}", (1, 28, 28))
    for samples, rows, pixels in (
        (found.train, found.train_rows, parts["train"]),
        (found.test, found.test_rows, parts["t10k"]),
    ):
        assert np.array_equal(samples.inputs[..., 0], pixels[rows])
        assert np.array_equal(samples.labels, rows)


@pytest.fixture
def cifar10(tmp_path, monkeypatch):
    """Files of CIFAR-10 with five images for training and three for test, whose checksums torchvision is told."""
    pixels, labels = images(8, (32, 32, 3)), np.arange(8) % 4
    planes = pixels.transpose(0, 3, 1, 2).reshape(8, -1)  # red, green, blue
    folder = tmp_path / "cifar-10-batches-py"
    rows = {f"data_batch_{number}": slice(number - 1, number) for number in range(1, 6)} | {"test_batch": slice(5, 8)}
    written = [
        pickled(folder / name, {"data": planes[part], "labels": labels[part].tolist()}) for name, part in rows.items()
    ]
    meta, checksum = pickled(folder / "batches.meta", {"label_names": list("abcd")})
    monkeypatch.setattr(datasets.CIFAR10, "train_list", written[:5])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", written[5:])
    monkeypatch.setattr(datasets.CIFAR10, "meta", {"filename": meta, "key": "label_names", "md5": checksum})
    return tmp_path, pixels, labels


def test_files_of_cifar10_are_read_in_their_order(cifar10):
    folder, pixels, labels = cifar10
    found = read_image_set("cifar10", folder)
    assert (found.source, found.shape, found.classes) == ("torchvision.datasets.CIFAR10", (3, 32, 32), 4)
    assert np.array_equal(found.train.inputs, pixels[:5][found.train_rows])
    assert np.array_equal(found.test.inputs, pixels[5:][found.test_rows])
    assert np.array_equal(found.test.labels, labels[5:][found.test_rows])


class Trap:
    """What leaves a mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def test_a_pickle_that_is_not_the_published_one_is_not_opened(cifar10, tmp_path):
    folder, _, _ = cifar10
    mark = tmp_path / "opened"
    pickled(folder / "cifar-10-batches-py" / "data_batch_1", Trap(mark))
    with pytest.raises(
        InputError, match=r"data cifar10: no data found at .*unaltered files of torchvision.datasets.CI"
    ):
        read_image_set("cifar10", folder)
    assert not mark.exists()
    pickle.loads((folder / "cifar-10-batches-py" / "data_batch_1").read_bytes())
    assert mark.exists()


def test_files_of_cifar100_give_the_hundred_fine_classes(tmp_path, monkeypatch):
    pixels, fine = images(2, (32, 32, 3)), [99, 4]
    planes = pixels.transpose(0, 3, 1, 2).reshape(2, -1)
    folder = tmp_path / "cifar-100-python"
    content = {"data": planes, "fine_labels": fine, "coarse_labels": [1, 0]}
    for part in ("train", "test"):
        monkeypatch.setattr(datasets.CIFAR100, f"{part}_list", [pickled(folder / part, content)])
    meta, checksum = pickled(folder / "meta", {"fine_label_names": list("ab")})
    monkeypatch.setattr(datasets.CIFAR100, "meta", {"filename": meta, "key": "fine_label_names", "md5": checksum})
    found = read_image_set("cifar100", tmp_path)
    assert found.classes == 100
    assert np.array_equal(found.train.inputs, pixels[found.train_rows])
    assert np.array_equal(found.train.labels, np.array(fine)[found.train_rows])


def test_files_of_svhn_have_their_ten_as_zero(tmp_path, monkeypatch):
    pixels, labels = images(6, (32, 32, 3)), np.array([10, 1, 2, 3, 9, 10])
    known = {}
    for part, rows in (("train", slice(0, 4)), ("test", slice(4, 6))):
        file = tmp_path / f"{part}_32x32.mat"
        savemat(file, {"X": pixels[rows].transpose(1, 2, 3, 0), "y": labels[rows, None].astype(np.uint8)})
        known[part] = ["not asked", file.name, md5(file)]
    monkeypatch.setattr(datasets.SVHN, "split_list", known)
    found = read_image_set("svhn", tmp_path)
    assert (found.source, found.shape, found.classes) == ("torchvision.datasets.SVHN", (3, 32, 32), 10)
    assert np.array_equal(found.train.inputs, pixels[:4][found.train_rows])
    assert np.array_equal(found.train.labels, np.array([0, 1, 2, 3])[found.train_rows])
    assert np.array_equal(found.test.labels, np.array([9, 0])[found.test_rows])


@pytest.mark.parametrize(("shape", "small_stem"), [((3, 32, 32), True), ((1, 28, 28), True), ((1, 64, 64), False)])
def test_resnet50_gives_2048_features_and_learns(shape, small_stem):
    torch.manual_seed(0)
    encoder = make_encoder("torchvision_resnet50", shape, {"small_stem": small_stem})
    assert encoder.feature_size == 2048
    inputs = torch.randn(4, *shape)
    optimizer = torch.optim.SGD(encoder.parameters(), 1e-4)
    losses = []
    for _ in range(2):
        features = encoder(inputs)
        assert features.shape == (4, 2048)
        losses.append((features - 1).square().mean())
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert losses[1] < losses[0]


def test_resnet50_has_the_parameters_that_its_paper_implies():
    count = sum(weight.numel() for weight in make_encoder("torchvision_resnet50", (3, 32, 32), {}).parameters())
    assert round(count / 1e6, 1) == 23.5


def test_a_run_of_resnet50_records_its_features(tmp_path, blobs):
    run = train(experiment("torchvision_resnet50", epochs=1), Place(blobs, tmp_path, "cpu"))
    assert run.finished()
    before, after = (decomposition(run.epoch(epoch), "train") for epoch in (0, 1))
    assert after.vectors.shape == (60, 6)
    assert after.singular_values.shape == (60,)
    assert not np.allclose(before.vectors[:, 0], after.vectors[:, 0], atol=1e-3)
