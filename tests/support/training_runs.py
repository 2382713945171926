"""What the tests of training share: small runs, and the network and data of one that is finished."""

import torch

from training.data import ImageSet, standardization, tensors
from training.machine.checkpoint import load_weights
from training.networks import Network, make_encoder
from training.paradigms import make_paradigm
from training.runs.experiment import Experiment, Place
from training.runs.run_folder import RunFolder

TINY = {"epochs": 4, "batch_size": 16, "subset_rows": 24}


def experiment(recipe: str, **changes) -> Experiment:
    """A run on the data set of the fixture `blobs`."""
    return Experiment(recipe, "smoke", "blobs", 3, {**TINY, **changes})


def restored(run: RunFolder, blobs) -> tuple[Network, ImageSet]:
    """The trained network and its data, by way of the checkpoint."""
    settings = run.config["settings"]
    data = Place(blobs, run.path).image_set("blobs", experiment("resnet18").settings())
    paradigm = make_paradigm(settings["paradigm"], settings["paradigm_arguments"])
    encoder = make_encoder(settings["network"], data.shape, settings["network_arguments"])
    network = Network(encoder, paradigm.head(encoder, data.classes))
    load_weights(run.path / "checkpoints" / "0002" / "weights.safetensors", network)
    return network.eval(), data


def standardized(samples, data):
    """The samples as inputs, by the mean and deviation of the training images."""
    cpu = torch.device("cpu")
    return standardization(data.train.inputs, cpu)(tensors(samples, cpu).images)
