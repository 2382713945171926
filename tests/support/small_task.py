"""A task of a few models of the sample, for tests that need it whole and small."""

import json
import shutil

from pgdl_eval.formats.task import TRAIN, find_tasks
from pgdl_eval.formats.task_writer import write_samples
from pgdl_eval.sample.run import FOLDER


def write_four_models(folder):
    """Write a task of four models of the sample and 40 of its training images; their grid is complete."""
    inputs, labels = find_tasks(FOLDER)[0].training_samples()
    write_samples(folder / "digits" / TRAIN, inputs[:40], labels[:40], 1)
    configs = json.loads((FOLDER / "digits" / "model_configs.json").read_text())
    kept = {}
    for number in range(4):
        shutil.copytree(FOLDER / "digits" / f"model_{number}", folder / "digits" / f"model_{number}")
        kept[str(number)] = entry = configs[str(number)]
        entry["hparams"] = {
            "first": {"possible_values": [0, 1], "current_value": number % 2},
            "second": {"possible_values": [0, 1], "current_value": number // 2},
        }
    (folder / "digits" / "model_configs.json").write_text(json.dumps(kept))
