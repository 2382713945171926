"""The networks of a zoo compute in Keras what they compute in PyTorch."""

import io
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pgdl_eval.formats.task_writer import write_model
from training.zoo.architectures import ARCHITECTURES
from training.zoo.keras_network import keras_weights
from training.zoo.model_training import initial_network
from training.zoo.tasks import zoo_task

# Keras 3 on PyTorch converts tensors in a way that NumPy 2 will not take one day; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def changed_statistics(network):
    """Biases and normalization as after training, where a wrong order or epsilon shows."""
    draws = torch.Generator().manual_seed(1)
    for module in network:
        for name in ("bias", "running_mean"):
            if getattr(module, name, None) is not None:
                getattr(module, name).data = 0.2 * torch.rand(getattr(module, name).shape, generator=draws) - 0.1
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                tensor.data = 0.5 + torch.rand(tensor.shape, generator=draws)


@pytest.mark.parametrize("keras_name", ["keras", "tf_keras"])
@pytest.mark.parametrize(("name", "side"), [("task1", 16), ("task8", 28), ("task9", 16)])
def test_every_keras_computes_what_pytorch_does(shared_data, tmp_path, keras_name, name, side):
    keras = pytest.importorskip(keras_name)
    images = real_images(shared_data, side)
    task = zoo_task(name, "mini")
    config = ARCHITECTURES[task.architecture]({**task.constants, **task.grid()[-1]}, images.shape[1:], 10)
    network = initial_network(config, 0).eval()
    changed_statistics(network)
    write_model(tmp_path, config, keras_weights(network))
    model = loaded_as_by_the_kit(keras, tmp_path)
    with torch.no_grad():
        ours = network(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()
    theirs = np.asarray(model(images))
    assert np.ptp(ours, axis=0).min() > 1e-2
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=3e-6 * np.abs(ours).max())


def loaded_as_by_the_kit(keras, folder: Path):
    """A model out of its files, in as many lines as the starter kit needs."""
    content = json.loads((folder / "config.json").read_text())
    model = keras.Sequential(
        [getattr(keras.layers, layer.pop("layer_name"))(**layer) for layer in content["model_config"]]
    )
    model.build((None, *content["input_shape"]))
    model.load_weights(str(folder / "weights.hdf5"))
    return model


def real_images(shared_data: Path, side: int) -> np.ndarray:
    """Sixteen photographs (16, side, side, 3), standardized."""
    folder = shared_data / "tiny_imagenet"
    content, offsets = (folder / "jpeg_00.bin").read_bytes(), np.load(folder / "offsets.npy")
    found = []
    for start, end in itertools.pairwise(offsets[:17]):
        with Image.open(io.BytesIO(content[start:end])) as image:
            found.append(image.convert("RGB").resize((side, side), Image.Resampling.BOX))
    pixels = np.stack([np.asarray(image, np.float32) for image in found])
    return (pixels - pixels.mean()) / pixels.std()
