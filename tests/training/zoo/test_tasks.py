"""The grids of the zoos and their architectures are those of the competition."""

import json
import math

import pytest

from pgdl_eval.formats.reference import read_reference
from training.zoo.architectures import ARCHITECTURES
from training.zoo.tasks import SCALES, zoo_task


@pytest.mark.parametrize(("name", "published"), [("task1", "task1_v4"), ("task2", "task2_v1")])
def test_the_full_grids_have_the_published_vc_bounds(shared_data, name, published):
    public = shared_data / "pgdl" / "public"
    bounds = json.loads((public / "predictions" / "vc_dimension" / f"{published}.predict").read_text())
    reference = read_reference(public / "reference_data" / published / "model_configs.json")
    task = zoo_task(name, "full")
    found = {}
    for values in task.grid():
        config = ARCHITECTURES[task.architecture]({**task.constants, **values}, (32, 32, 3), 10)
        kernels = [layer["kernel"] for layer in config.weight_shapes() if "kernel" in layer]
        depth, entries = len(kernels), sum(map(math.prod, kernels))
        found[tuple(str(values[h]) for h in reference.hyperparameters)] = (
            depth + 2 * depth * math.log(22 * depth * 32**2) * entries
        )
    settings = zip(*reference.hyperparameters.values(), strict=True)
    expected = {cell: bounds[model] for cell, model in zip(settings, reference.models, strict=True)}
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    ("name", "models", "mini"), [("task1", 96, 64), ("task2", 54, 48), ("task8", 32, 64), ("task9", 32, 48)]
)
def test_every_grid_is_that_of_the_competition_in_shape(scale, name, models, mini):
    """The mini grids have other values; every architecture fits its images."""
    task, full = zoo_task(name, scale), zoo_task(name, "full")
    assert set(task.axes) | set(task.constants) == set(full.axes) | set(full.constants)
    assert len(task.grid()) == (mini if scale == "mini" else models)
    side = task.image_side or 28
    for values in task.grid():
        shapes = ARCHITECTURES[task.architecture]({**task.constants, **values}, (side, side, 1), 10).weight_shapes()
        assert [shape for shape in shapes if shape][-1]["bias"] == (10,)
