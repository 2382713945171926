"""What is recorded of a network is what a float64 SVD finds in its features."""

import numpy as np
import pytest
import torch
from training_runs import experiment, restored, standardized

from complexity.models.torch_model import TorchModel
from training.runs.decompose import decompose
from training.runs.evaluation import StreamedFeatures
from training.runs.experiment import Place
from training.runs.run import train
from training.runs.run_folder import CENTERING, decomposition


@pytest.mark.parametrize("convention", sorted(CENTERING))
def test_records_are_the_singular_vectors_of_the_features(finished, blobs, convention):
    network, data = restored(finished, blobs)
    record, center = finished.epoch(2), CENTERING[convention]
    for name, samples in (("train", data.train), ("test", data.test), ("subset", data.train.first(24))):
        # The plug-in finds the input of the last dense layer by itself.
        features = TorchModel(network).features(standardized(samples, data).numpy()).astype(float)
        u, s, _ = np.linalg.svd(features - center * features.mean(axis=0), full_matrices=False)
        found = decomposition(record, name, center=center)
        assert found.singular_values == pytest.approx(s, rel=1e-5, abs=1e-5 * s[0])
        assert np.abs((u[:, :3] * found.vectors[:, :3]).sum(axis=0)) == pytest.approx(np.ones(3), abs=1e-4)
        assert found.explained_variance_ratio == pytest.approx(s[:6] ** 2 / (s**2).sum(), rel=1e-4)
        assert found.vectors.shape == (len(samples), 6)


def test_other_conventions_and_blocks_stand_beside(finished, blobs):
    network, data = restored(finished, blobs)
    record = finished.epoch(2)
    inputs = standardized(data.train.first(24), data)
    with torch.no_grad():
        logits = network(inputs)
        outputs, x = [], network.encoder.stem(inputs)
        for block in network.encoder.blocks():
            x = block(x)
            outputs.append(x.flatten(1))
        network.train()
        by_batch = network.features(inputs)
    matrices = {"logits": logits, "batch_statistics": by_batch}
    matrices |= {f"block_{number}": output for number, output in enumerate(outputs, start=1)}
    assert len(outputs) == 8
    for name, expected in matrices.items():
        u = np.linalg.svd(expected.double().numpy())[0][:, 0]
        assert abs(u @ decomposition(record, name).vectors[:, 0]) == pytest.approx(1, abs=1e-5), name
    plain, augmented = (decomposition(record, name).vectors[:, 0] for name in ("subset", "augmented"))
    assert 0.5 < abs(plain @ augmented) < 1 - 1e-6


def test_within_the_first_epoch_the_untrained_and_the_last_iteration_are_those_of_the_epochs(finished):
    within = finished.first_epoch()
    assert list(within["iterations"]) == [0, 1, 2, 3, 4]
    for position, epoch in ((0, 0), (-1, 1)):
        vectors = within["subset/uncentered/vectors"][position, :, 0]
        expected = decomposition(finished.epoch(epoch), "subset").vectors[:, 0]
        assert vectors == pytest.approx(expected, abs=1e-5)


def test_data_p_vectors_are_those_of_the_inputs(finished, blobs):
    _, data = restored(finished, blobs)
    arrays = finished.data()
    assert np.array_equal(arrays["train/labels"], data.train.labels)
    for name, inputs in (("raw", data.train.matrix()), ("standardized", standardized(data.train, data))):
        flat = np.asarray(inputs, float).reshape(60, -1)
        for center in (False, True):
            u = np.linalg.svd(flat - center * flat.mean(axis=0))[0][:, 0]
            found = decomposition(arrays, f"train/{name}", center=center).vectors[:, 0]
            assert abs(u @ found) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("recipe", ["mlp", "simclr"])
def test_features_above_the_bound_are_streamed_with_the_same_records(tmp_path, blobs, monkeypatch, recipe):
    kept = train(experiment(recipe, epochs=1), Place(blobs, tmp_path / "kept", "cpu"))
    read, readings = StreamedFeatures.__iter__, []
    monkeypatch.setattr(StreamedFeatures, "__iter__", lambda self: readings.append(len(self)) or read(self))
    monkeypatch.setattr("training.runs.evaluation.MAX_BYTES", 0)
    streamed = train(experiment(recipe, epochs=1), Place(blobs, tmp_path / "streamed", "cpu"))
    assert set(readings) >= {60, 30, 24}  # train, test and subset
    for name in ("train_accuracy", "test_accuracy", "loss"):
        assert streamed.metrics()[1][name] == pytest.approx(kept.metrics()[1][name], rel=1e-6)
    expected, found = kept.epoch(1), streamed.epoch(1)
    assert set(expected) == set(found)
    for name in expected:
        assert found[name].shape == expected[name].shape, name
        if name.endswith(("singular_values", "vectors")):
            size = float(np.nanmax(np.abs(expected[name])))
            assert found[name] == pytest.approx(expected[name], abs=1e-4 * size, nan_ok=True), name


@pytest.mark.parametrize("every_value", [True, False])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_collapsed_network_has_no_p_vector_and_is_no_error(every_value, level):
    found = decompose("train", torch.full((10, 4), level), 1, every_value=every_value)
    for convention, center in CENTERING.items():
        part = decomposition(found, "train", center=center)
        assert len(part.singular_values) == (4 if every_value else 2)
        constant = level and not center
        assert part.converged.tolist() == [bool(constant)], convention
        assert part.singular_values[0] == pytest.approx(40**0.5 if constant else 0)
        assert np.isnan(part.vectors).all() == (not constant)


@pytest.mark.parametrize("every_value", [True, False])
def test_of_features_with_a_rank_below_k_as_many_vectors_are_kept_as_there_are(every_value):
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(400, 2, generator=generator) @ torch.randn(2, 30, generator=generator)
    part = decomposition(decompose("train", matrix, 4, every_value=every_value), "train", center=False)
    true = np.linalg.svd(matrix.double().numpy(), compute_uv=False)
    assert part.singular_values[:2] == pytest.approx(true[:2], rel=1e-5)
    assert part.converged.tolist() == [True, True, False, False]
    assert np.isnan(part.vectors).all(axis=0).tolist() == [False, False, True, True]
    assert len(part.singular_values) == (30 if every_value else 5)
