"""A task of a few models of the sample, for tests that need it whole and small."""

import json
import shutil

from pgdl_eval.formats.task import TRAIN, find_tasks
from pgdl_eval.formats.task_writer import write_samples
from pgdl_eval.sample.run import FOLDER


def write_four_models(folder):
    """Write a task of four models of the sample and 40 of its training images; their grid is complete."""
    write_models(folder / "digits", range(4), images=40)


def write_models(task, numbers, images):
    """Write a task of 2^h models of the sample, a complete grid, and some of its training images."""
    inputs, labels = find_tasks(FOLDER)[0].training_samples()
    write_samples(task / TRAIN, inputs[:images], labels[:images], 1)
    configs = json.loads((FOLDER / "digits" / "model_configs.json").read_text())
    kept, axes = {}, ("first", "second", "third")[: len(numbers).bit_length() - 1]
    for place, number in enumerate(numbers):
        shutil.copytree(FOLDER / "digits" / f"model_{number}", task / f"model_{place}")
        kept[str(place)] = entry = configs[str(number)]
        entry["hparams"] = {
            name: {"possible_values": [0, 1], "current_value": place >> axis & 1} for axis, name in enumerate(axes)
        }
    (task / "model_configs.json").write_text(json.dumps(kept))
