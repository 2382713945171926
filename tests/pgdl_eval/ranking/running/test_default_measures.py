"""What a measure lacks, said before it is computed."""

from dataclasses import replace

import numpy as np

from complexity.samples import read_samples
from pgdl_eval.engines import ONNX, TORCH
from pgdl_eval.measures import find_measure
from pgdl_eval.ranking.running.default_measures import lacks

ROWS = read_samples((np.random.default_rng(0).random((20, 5), np.float32), np.arange(20) % 3))


def test_a_package_that_is_not_installed_is_named():
    measure = replace(find_measure("vc_dimension"), packages=("no_such_package",))
    assert lacks(measure, ROWS, [TORCH]) == "needs the package no_such_package, which is not installed"
    assert lacks(replace(measure, packages=("numpy",)), ROWS, [TORCH]) == ""


def test_images_labels_and_gradients_are_named():
    assert lacks(find_measure("pseudo_validation"), ROWS, [TORCH]).startswith("needs images: ")
    assert lacks(find_measure("class_separation"), read_samples(ROWS.inputs), [TORCH]).startswith("needs labels: ")
    assert lacks(find_measure("jacobian_norm"), ROWS, [ONNX]) == "needs gradients, which ONNX models do not give"
    assert lacks(find_measure("angle"), ROWS, [ONNX]) == ""
