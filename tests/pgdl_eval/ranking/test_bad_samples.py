"""Samples that do not fit the models, or whose labels are no classes: said plainly, with the right status."""

import numpy as np
import pytest
from command_line import invoke

from pgdl_eval.__main__ import commands


@pytest.fixture
def rank(zoo, tmp_path):
    """Rank the models of the zoo by their angles on these samples."""

    def ranked(**arrays):
        np.savez(tmp_path / "samples.npz", **arrays)
        data = ("--data", tmp_path / "samples.npz", "--measure", "angle", "--halves", "0", "--out", tmp_path / "out")
        result = invoke(commands, "rank", zoo.folder / "onnx", *data)
        return result.exit_code, " ".join(result.stdout.split())

    return ranked


def test_inputs_that_fit_no_model_are_said_once_for_all(rank, zoo):
    x, y = zoo.train
    status, text = rank(x=x[:, :, :6, :6], y=y)
    assert status == 1
    assert text.startswith("Nothing could be ranked: no measure could be computed of any model.")
    assert text.count("does not take these inputs") == 1
    assert f"failed {len(zoo.networks)} models (" in text
    for noise in ("Values:", "values/", "0 of 0"):
        assert noise not in text


@pytest.mark.parametrize("labels", [lambda y: y.astype(str), lambda y: y + 0.5, lambda y: y - 1])
def test_labels_that_are_no_classes_are_said_first(rank, zoo, labels):
    x, y = zoo.train
    status, text = rank(x=x, y=labels(y))
    assert status == 0
    assert text.startswith("the labels are not used, and training accuracies are not known: ")


def test_labels_beyond_the_outputs_are_doubted_first(rank, zoo):
    x, y = zoo.train
    status, text = rank(x=x, y=y + 20)
    assert status == 0
    assert text.startswith("training accuracy of 8 of 8 models is down to 0% on these samples")


def test_samples_without_labels_are_ranked_without_a_word(rank, zoo):
    status, text = rank(x=zoo.train[0])
    assert status == 0
    assert " is ranked best of 8 models" in text[:40]
