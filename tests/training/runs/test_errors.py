"""A run that cannot go on stops with an error that says what is wrong, and keeps what it has."""

import re
import shutil

import numpy as np
import pytest
import torch
from training_runs import experiment, restored

import training.runs.recording
from complexity.errors import InputError
from pgdl_eval.formats.folder_lock import locked
from training.machine.checkpoint import load_weights
from training.networks import Network, make_encoder
from training.runs.experiment import Place
from training.runs.run import train


def test_a_folder_of_another_config_is_refused(finished, blobs):
    out = finished.path.parents[2]
    with pytest.raises(InputError) as caught:
        train(experiment("resnet18", epochs=2, batch_size=8), Place(blobs, out, "cpu"))
    assert str(caught.value) == (
        f"{finished.path}/config.json: settings.batch_size: the folder holds a run of another config; "
        "choose another --out (expected 8, found 16)"
    )


def test_a_second_command_in_the_folder_of_a_run_is_refused(tmp_path, blobs):
    run = train(experiment("mlp"), Place(blobs, tmp_path, "cpu"), until=1)
    with (
        locked(run.path, file=run.path / "lock"),
        pytest.raises(InputError, match=f"{run.path}: another command is at work in this folder"),
    ):
        train(experiment("mlp"), Place(blobs, tmp_path, "cpu"))
    assert train(experiment("mlp"), Place(blobs, tmp_path, "cpu"), until=2).finished() is False


def test_a_citation_alone_makes_no_other_config(finished, blobs, tmp_path):
    out = shutil.copytree(finished.path.parents[2], tmp_path / "runs")
    file = experiment("resnet18").folder(out).path / "config.json"
    text = file.read_text()
    file.write_text(text.replace("He, Zhang, Ren and Sun 2016", "He et al. 2016"))
    assert file.read_text() != text
    assert train(experiment("resnet18", epochs=2), Place(blobs, out, "cpu")).finished()


def test_a_checkpoint_of_another_network_is_refused(finished, blobs):
    network, _ = restored(finished, blobs)
    wider = make_encoder("resnet18", (3, 12, 12), {"width": 16})
    file = finished.path / "checkpoints" / "0002" / "weights.safetensors"
    with pytest.raises(InputError) as caught:
        load_weights(file, network.encoder)
    assert str(caught.value) == (
        f"{file}: encoder.stages.0.convolutions.0.weight: weights of another network: only the file has this one"
    )
    with pytest.raises(InputError) as caught:
        load_weights(file, Network(wider, network.head))
    assert str(caught.value) == (
        f"{file}: encoder.stem.0.weight: weights of another network (expected (16, 3, 3, 3), found (8, 3, 3, 3))"
    )


@pytest.mark.parametrize(
    ("recipe", "changes", "problem"),
    [
        ("denoising_autoencoder", {"paradigm_arguments": {"noise": 1e38}}, "the loss became nan"),
        ("resnet20", {"optimization.learning_rate": 1e30}, "subset: features hold NaN or infinity"),
    ],
)
def test_a_network_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(
    tmp_path, blobs, recipe, changes, problem
):
    with pytest.raises(InputError) as caught:
        train(experiment(recipe, **changes), Place(blobs, tmp_path, "cpu"))
    folder = experiment(recipe).folder(tmp_path).path
    assert str(caught.value) == f"{folder}: {problem} in epoch 1; the checkpoint of epoch 0 is kept"
    assert (folder / "checkpoints" / "0000" / "weights.safetensors").exists()


def allocate_on_the_processor(*arguments):
    torch.empty(2**50)


def allocate_in_numpy(*arguments):
    np.empty(2**50)


def allocate_on_a_gpu(*arguments):
    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB\nmore lines")


def allocate_in_a_library(*arguments):
    raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")


@pytest.mark.parametrize(
    ("allocate", "said"),
    [
        (allocate_on_the_processor, r"\[enforce fail at .*can't allocate memory: you tried to allocate \d+ bytes.*"),
        (allocate_in_numpy, r"Unable to allocate 8\.00 PiB for an array with shape \(1125899906842624,\) .*"),
        (allocate_on_a_gpu, r"CUDA out of memory\. Tried to allocate 9 GiB"),
        (allocate_in_a_library, r"CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate\(handle\)`"),
    ],
)
def test_lack_of_memory_says_sizes_and_what_to_lower(tmp_path, blobs, monkeypatch, allocate, said):
    monkeypatch.setattr(training.runs.recording, "evaluate", allocate)
    with pytest.raises(InputError) as caught:
        train(experiment("mlp"), Place(blobs, tmp_path, "cpu"))
    assert re.fullmatch(
        r"device: out of memory with 60 \+ 30 images of shape \(3, 12, 12\), batches of 16 and 24 subset rows: "
        + said + r"; lower batch_size, subset_rows, train_limit or test_limit by --set",
        str(caught.value),
    )  # fmt: skip


def test_other_errors_are_not_taken_for_a_lack_of_memory(tmp_path, blobs, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(training.runs.recording, "evaluate", fail)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        train(experiment("mlp"), Place(blobs, tmp_path, "cpu"))
